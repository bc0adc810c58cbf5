package relational

import (
	"context"
	"strconv"

	"vestige/pii"
)

// permitted looks whether rows may become what an act makes of them, and follows what other tables' references to them do.
func (w *World) permitted(ctx context.Context, p *Planned) error {
	if len(p.Rows) == 0 {
		return nil
	}
	w.nulls(p)
	for _, look := range []func(context.Context, *Planned) error{w.uniques, w.checks, w.parents} {
		if err := look(ctx, p); err != nil {
			return err
		}
	}
	for i, at := range p.Rows {
		if err := w.dependents(ctx, p.Table, at, p.Changes[i]); err != nil {
			return err
		}
		w.note(p.Table, at, p.Changes[i])
	}
	return nil
}

func (w *World) nulls(p *Planned) {
	n := int64(0)
	for _, ch := range p.Changes {
		for name, v := range ch {
			if c := p.Table.Column(name); v == nil && c.NotNull {
				n++
			}
		}
	}
	w.constraint(p.Table, "a column that may not be NULL would be", n)
}

// uniques looks for other rows with the values of a unique index, in the table and among those that the unit changes.
func (w *World) uniques(ctx context.Context, p *Planned) error {
	for set, u := range p.Table.Unique {
		wants := map[string]string{} // by the values wanted: the row
		var tuples [][]Value
		twice := int64(0)
		for i, at := range p.Rows {
			if !w.moves(p.Table, at, p.Changes[i], u.Columns) {
				continue
			}
			tuple, whole := p.Table.tuple(p.Table.become(at.Values, p.Changes[i]), u.Columns)
			if tuple == nil || !whole && !u.NullsEqual {
				continue
			}
			f := w.fold(p.Table, u.Columns, tuple)
			claim := p.Table.Dataset + "\x00" + strconv.Itoa(set) + "\x00" + f
			if by, taken := w.claims[claim]; taken && by != at.ID && !w.gone[p.Table.Dataset][by] {
				twice++
				continue
			}
			w.claims[claim], wants[f] = at.ID, at.ID
			if whole {
				tuples = append(tuples, tuple)
			}
		}
		w.constraint(p.Table, "two records would get the same value of a unique column", twice)
		n, err := w.holders(ctx, p.Table, u, tuples, wants)
		if err != nil {
			return err
		}
		w.constraint(p.Table, "another record has the value of a unique column", n)
	}
	return nil
}

// holders counts the rows that hold values which others want.
func (w *World) holders(ctx context.Context, t *Table, u Unique, tuples [][]Value, wants map[string]string) (int64, error) {
	rows, err := w.where(ctx, t, u.Columns, tuples)
	if err != nil {
		return 0, err
	}
	movers := map[string]bool{}
	for _, id := range wants {
		movers[id] = true
	}
	n := int64(0)
	for _, r := range rows {
		if w.moves(t, r, w.changed[t.Dataset][r.ID], u.Columns) {
			continue // it had the value before an earlier act
		}
		tuple, _ := t.tuple(r.Values, u.Columns)
		if by, known := wants[w.fold(t, u.Columns, tuple)]; known && by != r.ID || !known && !movers[r.ID] {
			n++
		}
	}
	return n, nil
}

// checks computes the CHECK constraints over the rows as they would be.
func (w *World) checks(ctx context.Context, p *Planned) error {
	c, ok := w.sys.(Checker)
	if !ok {
		return nil
	}
	var before, after [][]Value
	for i, at := range p.Rows {
		before, after = append(before, at.Values), append(after, p.Table.become(at.Values, p.Changes[i]))
	}
	n, err := c.Broken(ctx, p.Table, before, after)
	w.constraint(p.Table, "a CHECK constraint would not hold", n)
	return err
}

// parents looks whether the rows' own references still lead somewhere.
func (w *World) parents(ctx context.Context, p *Planned) error {
	for _, ref := range p.Table.References {
		var tuples [][]Value
		seen := map[string]bool{}
		for i, at := range p.Rows {
			if !w.moves(p.Table, at, p.Changes[i], ref.From) {
				continue
			}
			tuple, ok := p.Table.tuple(p.Table.become(at.Values, p.Changes[i]), ref.From)
			if !ok {
				continue
			}
			if f := w.fold(p.Table, ref.From, tuple); !seen[f] {
				seen[f] = true
				tuples = append(tuples, tuple)
			}
		}
		switch {
		case len(tuples) == 0:
		case ref.Deferred:
			w.expects = append(w.expects, expected{p.Table, ref, tuples})
		default:
			if err := w.lead(ctx, p.Table, ref, tuples); err != nil {
				return err
			}
		}
	}
	return nil
}

// lead counts the keys that no parent has, or gets in this unit. The folds of both sides can differ where the system's comparison does not, so those that are not
// found in one go are asked for one by one.
func (w *World) lead(ctx context.Context, child *Table, ref Reference, tuples [][]Value) error {
	t, err := w.Table(ctx, pii.Dataset{Ref: w.Ref(ref.Parent)})
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, ch := range w.changed[t.Dataset] {
		if tuple, ok := ch.tuple(ref.To); ok {
			have[w.fold(t, ref.To, tuple)] = true
		}
	}
	rows, err := w.where(ctx, t, ref.To, tuples)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if tuple, ok := t.tuple(r.Values, ref.To); ok {
			have[w.fold(t, ref.To, tuple)] = true
		}
	}
	n := int64(0)
	for _, tuple := range tuples {
		if have[w.fold(t, ref.To, tuple)] {
			continue
		}
		rows, err := w.where(ctx, t, ref.To, [][]Value{tuple})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			n++
		}
	}
	w.constraint(child, "a reference would lead nowhere", n)
	return nil
}

// tuple gives the new values of columns, where all of them change and none becomes NULL.
func (ch Change) tuple(names []string) (out []Value, ok bool) {
	for _, name := range names {
		v, changes := ch[name]
		if !changes || v == nil {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}
