package relational

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// moments are the names, without case and joints, by which applications say when a record was deleted while they keep it. Words that also say when a record
// is going to be deleted are none of them.
var moments = words("deleted deletedat deletedon deletedate deleteddate datedeleted deletedtime deletedatetime deletedts deletedtimestamp deletedatutc deletedonutc deletedutc softdeletedat " +
	"discardedat discardedon trashedat removedat removedon destroyedat geloeschtam gelöschtam geloeschtum gelöschtum supprimele suppriméle supprimeele datesupprime " +
	"eliminadoen eliminadoel eliminadaen borradoen borradoel eliminatoil cancellatoil excluidoem excluídoem apagadoem verwijderdop")

// flags are the names by which applications say that a record is deleted.
var flags = words("deleted isdeleted softdeleted issoftdeleted deletedflag isdeletedflag deleteflag deleteflg delflag delflg discarded isdiscarded trashed istrashed " +
	"geloescht gelöscht istgeloescht istgelöscht supprime supprimé estsupprime estsupprimé eliminado estaeliminado borrado eliminato cancellato excluido excluído verwijderd isverwijderd")

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// joints are what names are joined with.
var joints = strings.NewReplacer("_", "", "-", "", " ", "", ".", "", "$", "")

// Marks tells whether a field of that name may be one by which records are hidden.
func Marks(name string) bool {
	w := plain(name)
	return moments[w] || flags[w]
}

func plain(name string) string { return strings.ToLower(joints.Replace(name)) }

// HiddenBy gives the field by which an application hides the records of a table and keeps them: one that says when a record was deleted, else one that says
// that it is. A table without a key has none, since its records are told apart by all of their values.
func HiddenBy(key []string, fields []pii.Field) *pii.Field {
	if len(key) == 0 {
		return nil
	}
	for _, hides := range []func(pii.Field) bool{momentary, flagged} {
		i := slices.IndexFunc(fields, func(f pii.Field) bool {
			return f.Path == "" && !f.Generated && !slices.Contains(key, f.Name) && hides(f)
		})
		if i >= 0 {
			return &fields[i]
		}
	}
	return nil
}

// momentary tells whether a field says when a record was deleted: while it is there, the field is NULL.
func momentary(f pii.Field) bool {
	if f.NotNull || !moments[plain(f.Name)] {
		return false
	}
	switch f.Type {
	case pii.Time:
		native := strings.ToLower(f.Native)
		return strings.Contains(native, "date") || strings.Contains(native, "stamp") // no time of day
	case pii.Text:
		return plain(f.Name) != "deleted" && (f.Length == 0 || f.Length >= len(time.RFC3339))
	}
	return false
}

// flagged tells whether a field says that a record is deleted.
func flagged(f pii.Field) bool {
	return flags[plain(f.Name)] && (f.Type == pii.Bool || f.Type == pii.Int) && (!f.NotNull || f.Default)
}

// Announce notes with a dataset by which field its records are hidden, if by any.
func Announce(d *pii.Dataset, f *pii.Field) {
	if f != nil {
		d.Constraints = append(d.Constraints, pii.Constraint{Kind: pii.Hiding, Fields: []string{f.Name}})
	}
}

// shown tells whether a record with this in its field is there for those who use the system.
func shown(text []byte) bool {
	switch s := string(text); s {
	case "", "0", "false", "f":
		return true
	default:
		return strings.HasPrefix(s, "0000-00-00")
	}
}

// marked gives what the field of a record becomes that is hidden.
func (t *Table) marked(old []byte, at time.Time) string {
	f := t.Hides
	switch native := strings.ToLower(f.Native); {
	case f.Type == pii.Bool, string(old) == "false":
		return "true"
	case f.Type == pii.Int:
		return "1"
	case strings.Contains(native, "date") && !strings.Contains(native, "time"):
		return at.Format(time.DateOnly)
	}
	return at.Format(t.Moments)
}

// planHide finds the rows of a soft delete that are not hidden yet.
func (w *World) planHide(ctx context.Context, p *Planned) error {
	t := p.Table
	if t.Hides == nil {
		return errkind.Coded(errkind.Unsupported, "unsupported-method", "the table %s has no field that hides its records", t.Dataset)
	}
	at := clock.Now().UTC()
	if p.Act.At > 0 {
		at = time.UnixMicro(p.Act.At).UTC()
	}
	c := t.Column(t.Hides.Column)
	aims, err := w.aims(ctx, t, p.Act.Targets)
	if err != nil {
		return err
	}
	stale, seen := int64(0), map[string]bool{}
	for _, a := range aims {
		if len(a.rows) == 0 || seen[a.rows[0].ID] {
			p.Done++
			continue
		}
		r := w.overlay(t, a.rows[0])
		seen[r.ID] = true
		old := r.Values[t.Place(c.Name)]
		switch text := w.sys.Text(c, old); {
		case !shown(text):
			p.Done++
		case !w.fits(t, aim{a.Target, []Row{r}}):
			stale++
		default:
			v, err := w.put(ctx, c, old, []byte(t.marked(text, at)))
			if err != nil {
				return err
			}
			p.Rows, p.Changes = append(p.Rows, r), append(p.Changes, Change{c.Name: v})
		}
	}
	w.stale(t, stale)
	p.Knot = len(p.Rows)
	return w.permitted(ctx, p)
}

// hidden is a row of an image: what its field held before, and what it was given.
type hidden struct {
	Dataset string   `json:"dataset"`
	Key     [][]byte `json:"key"`
	Old     []byte   `json:"old"`
	Set     []byte   `json:"set"`
}

// imageOf gives what takes a planned soft delete back; none where it changes nothing.
func (w *World) imageOf(plans ...Planned) ([]byte, error) {
	var out []hidden
	for _, p := range plans {
		for i, r := range p.Rows {
			c := p.Table.Column(p.Table.Hides.Column)
			h := hidden{Dataset: p.Table.Dataset, Old: w.sys.Text(c, r.Values[p.Table.Place(c.Name)]), Set: w.sys.Text(c, p.Changes[i][c.Name])}
			for _, part := range r.Key {
				var b []byte
				if !part.Null() {
					b = []byte(part.Reveal())
				}
				h.Key = append(h.Key, b)
			}
			out = append(out, h)
		}
	}
	if out == nil {
		return nil, nil
	}
	return json.Marshal(out)
}

// Image gives what Undo of a unit of soft deletes needs, and changes nothing.
func (w *World) Image(ctx context.Context, u pii.Unit) ([]byte, error) {
	var plans []Planned
	for _, act := range u.Acts {
		if act.Method != pii.SoftDelete {
			continue
		}
		p, err := w.Plan(ctx, act)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return w.imageOf(plans...)
}

// Undo gives the rows of an image their old values back, where the field still holds what the soft delete put there. Others are done: they are gone, or
// somebody has decided otherwise since.
func (w *World) Undo(ctx context.Context, u pii.Unit, image []byte, h Hands) ([]pii.Receipt, error) {
	var list []hidden
	if err := json.Unmarshal(image, &list); err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-image", "the image is not one of this system")
	}
	var out []pii.Receipt
	for _, act := range u.Acts {
		p, err := w.planShow(ctx, act, list)
		if err == nil {
			err = w.act(ctx, p, h)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, pii.Receipt{Unit: u.ID, Dataset: act.Dataset.Ref, Method: act.Method, Affected: int64(len(p.Rows)), FoundDone: p.Done})
	}
	if err := w.Settle(ctx); err != nil {
		return nil, err
	}
	return out, w.Refused()
}

// planShow finds the rows of an image that are as the soft delete left them.
func (w *World) planShow(ctx context.Context, act pii.Act, list []hidden) (Planned, error) {
	w.effects, w.unsure = map[effect]int64{}, false
	p := Planned{Act: act}
	var err error
	if p.Table, err = w.Table(ctx, act.Dataset); err != nil {
		return p, err
	}
	t := p.Table
	if t.Hides == nil {
		return p, errkind.Coded(errkind.Conflict, "no-undo", "the table %s no longer has the field that hid its records", t.Dataset)
	}
	c := t.Column(t.Hides.Column)
	was := map[string]hidden{}
	var targets []pii.Target
	for _, one := range list {
		if one.Dataset != t.Dataset {
			continue
		}
		key := one.key()
		was[key.ID()] = one
		targets = append(targets, pii.Target{Key: key})
	}
	aims, err := w.aims(ctx, t, targets)
	if err != nil {
		return p, err
	}
	for _, a := range aims {
		one := was[a.Key.ID()]
		if len(a.rows) == 0 {
			p.Done++
			continue
		}
		r := w.overlay(t, a.rows[0])
		now := r.Values[t.Place(c.Name)]
		if now == nil || string(w.sys.Text(c, now)) != string(one.Set) {
			p.Done++
			continue
		}
		var old Value
		if one.Old != nil {
			if old, err = w.put(ctx, c, now, one.Old); err != nil {
				return p, err
			}
		}
		p.Rows, p.Changes = append(p.Rows, r), append(p.Changes, Change{c.Name: old})
	}
	p.Knot, p.Unsure = len(p.Rows), w.unsure
	if err := w.permitted(ctx, &p); err != nil {
		return p, err
	}
	return p, w.pay(ctx, &w.now)
}

func (h hidden) key() pii.Key {
	key := make(pii.Key, len(h.Key))
	for i, b := range h.Key {
		if b != nil {
			key[i] = pii.NewValue(string(b))
		}
	}
	return key
}
