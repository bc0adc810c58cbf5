package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Band is how sure the machine is of a proposal, in four steps.
type Band int

// The bands, from the least sure on.
const (
	Weak   Band = iota // within text, or under .5
	Likely             // from .5
	Strong             // from .8
	Sure               // from .95
)

var bandFrom = [...]float64{0, .5, .8, .95, 2}

// String gives the band as people read it.
func (b Band) String() string {
	return [...]string{"under .5", ".5 to .8", ".8 to .95", ".95 and more"}[min(max(b, 0), 3)]
}

// Group is fields that are alike: the same name but for its spelling, the same type, the same proposal and about the same evidence.
// Who decides one has mostly decided all.
type Group struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"` // of the fields, in one spelling
	Type       pii.FieldType `json:"type"`
	Category   pii.Category  `json:"category"`
	Band       Band          `json:"band"`
	State      State         `json:"state"`
	Fields     int64         `json:"fields"`
	Sources    []string      `json:"sources"`
	Suppressed string        `json:"suppressed,omitempty"` // why nobody is asked any more
}

// GroupFilter chooses groups. Empty parts choose all.
type GroupFilter struct {
	State      State // proposed, where it is empty
	Source     string
	Category   pii.Category // covers its segments
	Suppressed bool         // those that nobody is asked about, instead of the others
	Reason     string       // of what was put off: those fields alone for a reason that begins so
}

// Groups gives what waits for a decision, in groups: those first that would cost most to leave. Nobody changes what is given.
func (c *Catalog) Groups(ctx context.Context, f GroupFilter) (out []*Group, err error) {
	err = c.read(ctx, func(tx db.Tx) error { out, err = c.groups(ctx, tx, f); return err })
	return out, err
}

func (c *Catalog) groups(ctx context.Context, tx db.Tx, f GroupFilter) (out []*Group, err error) {
	if f.State == "" {
		f.State = Proposed
	}
	look := func() ([]*Group, error) { return c.queue.groups(ctx, tx, f, c.policy.Cost) }
	var all []*Group
	switch {
	case f.Reason != "":
		var off putOff
		off, err = c.putOff(ctx, tx, f)
		all = off.groups
	case f.Source != "": // it is another order, which is worked out once for a revision
		all, err = remembered(ctx, c, tx, strings.Join([]string{"groups:" + string(f.State), f.Source, string(f.Category)}, "\x00"), look)
	default:
		all, err = look()
	}
	if err != nil {
		return nil, err
	}
	rules, err := c.rules(ctx, tx)
	if len(rules) == 0 && !f.Suppressed {
		return all, err
	}
	for _, g := range all {
		reason := rules[g.ID]
		if (reason != "") != f.Suppressed {
			continue
		}
		if f.Suppressed {
			off := *g
			off.Suppressed, g = reason, &off
		}
		out = append(out, g)
	}
	return out, err
}

// groupOf names the group of a field that waits for a decision, "" where it waits for none.
func groupOf(name string, t pii.FieldType, k pii.Category, confidence float64, s State) string {
	if s != Proposed && s != Deferred {
		return ""
	}
	return Group{Name: spelling(name), Type: t, Category: k, Band: bandOf(confidence)}.id()
}

// id names a group by what its fields have in common; the state is no part of it, so that a rule outlives a deferral.
func (g Group) id() string {
	h := sha256.Sum256([]byte(strings.Join([]string{g.Name, string(g.Type), string(g.Category), strconv.Itoa(int(g.Band))}, "\x00")))
	return hex.EncodeToString(h[:8])
}

// spelling brings a name into one spelling: of a path its last segment, words joined by underlines, numbers at the end left out.
func spelling(name string) string {
	if i := strings.LastIndexByte(strings.TrimRight(name, "[].}"), '.'); i >= 0 {
		name = name[i+1:]
	}
	var b strings.Builder
	low := false
	for _, r := range name {
		switch {
		case unicode.IsUpper(r):
			if low {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0:
			b.WriteByte('_')
		}
		low = unicode.IsLower(r)
	}
	if s := strings.TrimRight(b.String(), "_0123456789"); s != "" {
		return s
	}
	return strings.ToLower(name)
}

// Group gives one group, and its fields behind a place.
func (c *Catalog) Group(ctx context.Context, f GroupFilter, id string, after pii.Ref, limit int) (g *Group, es []Entry, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		all, err := c.groups(ctx, tx, f)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x *Group) bool { return x.ID == id })
		if i < 0 {
			return errkind.Coded(errkind.NotFound, "no-such-group", "nothing of this group waits any more")
		}
		g = all[i]
		es, err = c.fieldsOf(ctx, tx, f, g, after, limit)
		return err
	})
	return g, es, err
}

func (c *Catalog) fieldsOf(ctx context.Context, tx db.Tx, f GroupFilter, g *Group, after pii.Ref, limit int) ([]Entry, error) {
	if f.Reason != "" {
		return c.fieldsPutOff(ctx, tx, f, g, after, limit)
	}
	var w conditions
	w.is("grp", g.ID)
	w.add("grp <> ''") // by which the index is chosen that has these alone
	w.is("state", string(g.State))
	w.is("source", f.Source)
	w.add("(source, dataset, name) > (" + w.arg(after.Source) + ", " + w.arg(after.Dataset) + ", " + w.arg(after.Field) + ")")
	es, err := collect(ctx, tx, scanEntry, selectEntry+w.String()+" ORDER BY source, dataset, name LIMIT "+w.arg(max(1, limit)), w.args...)
	if err != nil {
		return nil, err
	}
	return es, c.attach(ctx, tx, es)
}

func (c *Catalog) rules(ctx context.Context, tx db.Tx) (map[string]string, error) {
	out := map[string]string{}
	_, err := collect(ctx, tx, func(r db.Row) (struct{}, error) {
		var id, reason string
		err := r.Scan(&id, &reason)
		out[id] = reason
		return struct{}{}, err
	}, "SELECT id, reason FROM review_rule")
	return out, err
}

// Suppress takes a group out of the queue: nobody is asked about its fields any more, nor about new ones that are alike. They stay proposed,
// and everything that is done with proposals is done with them. An empty reason puts it back.
func (c *Catalog) Suppress(ctx context.Context, tx db.Tx, group, reason, by string) error {
	if len(group) != 16 || by == "" {
		return errkind.Coded(errkind.Invalid, "no-such-group", "there is no such group")
	}
	if _, err := tx.Exec(ctx, "DELETE FROM review_rule WHERE id = $1", group); err != nil || reason == "" {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO review_rule (id, reason, actor, made) VALUES ($1, $2, $3, $4)", group, reason, by, clock.Micros())
	return err
}

// UndoAll takes back every decision whose ID begins with a batch and a dot. Those over which somebody has decided since stay, and are counted.
func (c *Catalog) UndoAll(ctx context.Context, tx db.Tx, batch, by string) (undone, kept int, err error) {
	if batch == "" || strings.ContainsAny(batch, ".%_") {
		return 0, 0, errkind.Coded(errkind.NotFound, "no-such-decision", "the catalog has no such decision")
	}
	ids, err := collect(ctx, tx, func(r db.Row) (id string, err error) { err = r.Scan(&id); return id, err },
		"SELECT id FROM decision_event WHERE id LIKE $1 AND action = 'decide' ORDER BY seq", batch+".%")
	if err != nil {
		return 0, 0, err
	}
	if len(ids) == 0 {
		return 0, 0, errkind.Coded(errkind.NotFound, "no-such-decision", "the catalog has no such decision")
	}
	for _, id := range ids {
		switch err := c.Undo(ctx, tx, id, by); {
		case errkind.Of(err) == errkind.Conflict:
			kept++
		case err != nil:
			return undone, kept, err
		default:
			undone++
		}
	}
	return undone, kept, nil
}

// Batch names a new batch of decisions; the decision of number n in it has the ID that BatchID gives.
func Batch() string { return newID() }

// BatchID gives the ID of a decision of a batch.
func BatchID(batch string, n int) string {
	s := strconv.Itoa(n)
	return batch + "." + strings.Repeat("0", max(0, 6-len(s))) + s
}
