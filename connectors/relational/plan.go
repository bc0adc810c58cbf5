package relational

import (
	"context"
	"maps"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Plan finds an act's rows, compares them with what was found before, and follows what the system will do by itself. What stands in the way is a
// trouble, not an error.
func (w *World) Plan(ctx context.Context, act pii.Act) (Planned, error) {
	w.effects, w.unsure = map[effect]int64{}, false
	p := Planned{Act: act}
	switch act.Method {
	case pii.Refresh, pii.Purge:
		w.touched[act.Dataset.Ref.Dataset] = true
		return p, nil
	}
	var err error
	if p.Table, err = w.Table(ctx, act.Dataset); err != nil {
		return p, err
	}
	if p.Table.Refuses != nil {
		return p, p.Table.Refuses
	}
	switch act.Method {
	case pii.Delete:
		err = w.planDelete(ctx, &p)
	case pii.SoftDelete:
		err = w.planHide(ctx, &p)
	case pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Rewrite:
		err = w.planUpdate(ctx, &p)
	default:
		return p, errkind.Coded(errkind.Unsupported, "unsupported-method", "%s has no method %s", w.title, act.Method)
	}
	if err == nil {
		err = w.pay(ctx, &w.now)
	}
	p.Unsure = w.unsure
	return p, err
}

// aim is a target with the rows that it means.
type aim struct {
	pii.Target
	rows []Row
}

// aims finds the rows of an act's targets, which are none where they are gone already.
func (w *World) aims(ctx context.Context, t *Table, targets []pii.Target) ([]aim, error) {
	if len(t.Key) == 0 {
		return w.digested(ctx, t, targets)
	}
	var keys []pii.Key
	for _, target := range targets {
		if target.Key == nil {
			return nil, errkind.Coded(errkind.Unsupported, "no-key", "a record of %s is named by a key", t.Dataset)
		}
		if len(target.Key) != len(t.Key) {
			return nil, errkind.New(errkind.Invalid, "a key of %s has %d parts", t.Dataset, len(t.Key))
		}
		keys = append(keys, target.Key)
	}
	found := make(map[string]Row, len(keys))
	for part := range slices.Chunk(keys, Portion) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows, err := w.sys.Keyed(ctx, t, part)
		if err != nil {
			return nil, err
		}
		for _, r := range named(rows) {
			if !w.gone[t.Dataset][r.ID] {
				found[r.Key.ID()] = r
			}
		}
	}
	out := make([]aim, len(targets))
	for i, target := range targets {
		out[i].Target = target
		if r, ok := found[target.Key.ID()]; ok {
			out[i].rows = []Row{r}
		}
	}
	return out, nil
}

// digested finds the rows of a table without a key. Several targets of equal records are one.
func (w *World) digested(ctx context.Context, t *Table, targets []pii.Target) ([]aim, error) {
	k, ok := w.sys.(Keyless)
	if !ok {
		return nil, errkind.Coded(errkind.Unsupported, "no-key", "a record of %s is named by a key", t.Dataset)
	}
	want := map[pii.Digest]bool{}
	for _, target := range targets {
		want[target.Digest] = true
	}
	rows, err := k.Digested(ctx, t, want)
	if err != nil {
		return nil, err
	}
	found := map[pii.Digest][]Row{}
	for _, r := range w.still(t, named(rows)) {
		found[r.Digest] = append(found[r.Digest], r)
	}
	var out []aim
	for _, target := range targets {
		if !want[target.Digest] {
			continue
		}
		want[target.Digest] = false
		target.Equals = max(1, target.Equals)
		out = append(out, aim{target, found[target.Digest]})
	}
	return out, nil
}

// fits tells whether the rows of an aim are those that were found: of equal records all or none.
func (w *World) fits(t *Table, a aim) bool {
	if len(t.Key) == 0 {
		return len(a.rows) == a.Equals
	}
	return w.unchanged(t, a.rows[0], a.Target)
}

func (a aim) count() int64 {
	if a.Key == nil {
		return int64(a.Equals)
	}
	return 1
}

func (w *World) planDelete(ctx context.Context, p *Planned) error {
	aims, err := w.aims(ctx, p.Table, p.Act.Targets)
	if err != nil {
		return err
	}
	stale := int64(0)
	for _, a := range aims {
		a.rows = slices.DeleteFunc(a.rows, func(r Row) bool { return w.gone[p.Table.Dataset][r.ID] })
		if len(a.rows) == 0 {
			p.Done += a.count()
			continue
		}
		if len(p.Table.Key) > 0 {
			a.rows[0] = w.overlay(p.Table, a.rows[0])
		}
		if !w.fits(p.Table, a) {
			stale++
			continue
		}
		for _, r := range a.rows {
			w.mark(p.Table, r)
			p.Rows = append(p.Rows, r)
		}
	}
	w.stale(p.Table, stale)
	w.order(p)
	p.Changes = make([]Change, len(p.Rows))
	return w.remove(ctx, p.Table, p.Rows)
}

func (w *World) stale(t *Table, n int64) {
	if n > 0 {
		w.Add(Trouble{connectors.FindingConflict, t.Dataset, "records have changed since they were found", n})
	}
}

func (w *World) planUpdate(ctx context.Context, p *Planned) error {
	aims, err := w.aims(ctx, p.Table, p.Act.Targets)
	if err != nil {
		return err
	}
	stale, pending := int64(0), map[string]Change{}
	for _, a := range aims {
		if len(a.rows) == 0 {
			p.Done += a.count()
			continue
		}
		for _, r := range a.rows {
			r = w.overlay(p.Table, r)
			if ch := pending[r.ID]; ch != nil {
				r.Values = p.Table.become(r.Values, ch)
			}
			ch, fits, err := w.edited(ctx, p.Table, r, a.Changes)
			switch {
			case err != nil:
				return err
			case fits && len(ch) == 0:
				p.Done++
				continue
			case !fits || pending[r.ID] == nil && !w.fits(p.Table, aim{a.Target, append([]Row{r}, a.rows[1:]...)}):
				stale++
				continue
			}
			if pending[r.ID] == nil {
				pending[r.ID] = Change{}
			}
			maps.Copy(pending[r.ID], ch)
			p.Rows, p.Changes = append(p.Rows, r), append(p.Changes, ch)
		}
	}
	w.stale(p.Table, stale)
	p.Knot = len(p.Rows)
	return w.permitted(ctx, p)
}

// order puts rows that refer to others of the act before them, as far as they can be.
func (w *World) order(p *Planned) {
	p.Knot = len(p.Rows)
	var own []Reference
	for _, r := range p.Table.References {
		if r.Parent == p.Table.Dataset {
			own = append(own, r)
		}
	}
	if len(own) == 0 || len(p.Rows) < 2 {
		return
	}
	referrers := w.referrers(p, own)
	children := make([]int, len(p.Rows)) // rows of the act that refer to the row and are not placed yet
	for _, parents := range referrers {
		for _, i := range parents {
			children[i]++
		}
	}
	var placed []int
	for i, n := range children {
		if n == 0 {
			placed = append(placed, i)
		}
	}
	for at := 0; at < len(placed); at++ {
		for _, parent := range referrers[placed[at]] {
			if children[parent]--; children[parent] == 0 {
				placed = append(placed, parent)
			}
		}
	}
	p.Knot = len(placed)
	for i, n := range children {
		if n > 0 {
			placed = append(placed, i)
		}
	}
	rows := make([]Row, len(placed))
	for to, from := range placed {
		rows[to] = p.Rows[from]
	}
	p.Rows = rows
}

// referrers gives for each row of the act the others that it refers to.
func (w *World) referrers(p *Planned, own []Reference) [][]int {
	out := make([][]int, len(p.Rows))
	for _, ref := range own {
		byKey := map[string]int{}
		for i, r := range p.Rows {
			if tuple, ok := p.Table.tuple(r.Values, ref.To); ok {
				byKey[w.fold(p.Table, ref.To, tuple)] = i
			}
		}
		for i, r := range p.Rows {
			tuple, ok := p.Table.tuple(r.Values, ref.From)
			if !ok {
				continue
			}
			if parent, ok := byKey[w.fold(p.Table, ref.To, tuple)]; ok && parent != i {
				out[i] = append(out[i], parent)
			}
		}
	}
	return out
}
