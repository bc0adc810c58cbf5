package memory

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// edit makes the changes of an act's targets.
func (w *work) edit(ctx context.Context, t *table, a pii.Act, rows []targeted, r *pii.Receipt) error {
	for _, old := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		next, done, err := w.edited(t, old)
		switch {
		case err != nil:
			return err
		case done:
			r.FoundDone++
			continue
		}
		w.d.sys.faults.nullified(a.Method, next)
		if err := w.lawful(w.tables[t.Name], old.row, next); err != nil {
			return err
		}
		w.replace(t.Name, old.row, next)
		r.Affected++
	}
	return nil
}

// edited gives a row with its changes made; done tells that they had been made before. A row that is neither what it was nor what it is
// to be is a conflict.
func (w *work) edited(t *table, old targeted) (next *row, done bool, err error) {
	next = &row{id: old.id, values: slices.Clone(old.values)}
	settled := true
	for column, changes := range byColumn(t, old.target.Changes) {
		if column < 0 {
			return nil, false, errkind.Coded(errkind.NotFound, "no-such-field", "the dataset has no such field")
		}
		v, already, e := changed(old.values[column], changes)
		next.values[column], settled = w.d.sys.faults.edited(old.values[column], v, changes), settled && already
		if e != nil {
			err = e
		}
	}
	switch {
	case settled:
		return next, true, nil
	case err != nil || !(w.unchanged(t, old.row, *old.target) || w.d.sys.faults.AcceptStale):
		return nil, false, w.conflict(connectors.FindingConflict, "a record has changed since it was found", old.target.Key)
	}
	return next, false, nil
}

func byColumn(t *table, changes []pii.Change) map[int][]pii.Change {
	out := map[int][]pii.Change{}
	for _, c := range changes {
		i := t.column(c.Field)
		out[i] = append(out[i], c)
	}
	return out
}

// changed makes the changes of one column; already tells that the value is as they leave it. Every change that does not fit is a conflict.
func changed(v []byte, changes []pii.Change) (next []byte, already bool, err error) {
	switch first := changes[0]; {
	case first.Path != "":
		next, err = doc.Edit(v, changes)
		return next, err == nil && same(next, v), err
	case first.Start == 0 && first.End == 0:
		if same(v, data(first.New)) {
			return v, true, nil
		}
		if !first.Old.Null() && !same(v, data(first.Old)) {
			err = errkind.New(errkind.Conflict, "another value stands there")
		}
		return data(first.New), false, err
	}
	return spliced(v, changes)
}

// spliced replaces spans, which count the bytes of the value as it was before any of them.
func spliced(v []byte, changes []pii.Change) (next []byte, already bool, err error) {
	slices.SortFunc(changes, func(a, b pii.Change) int { return cmp.Compare(a.Start, b.Start) })
	moved, end := 0, 0
	already = true
	for _, c := range changes {
		old, to := data(c.Old), data(c.New)
		at := c.Start + moved
		already = already && at+len(to) <= len(v) && same(v[at:at+len(to)], append([]byte{}, to...))
		moved += len(to) - (c.End - c.Start)
		if c.Start < end || c.End > len(v) || (old != nil && !same(v[c.Start:c.End], old)) {
			err = errkind.New(errkind.Conflict, "another value stands there")
			continue
		}
		next = append(append(next, v[end:c.Start]...), to...)
		end = c.End
	}
	if err != nil {
		return nil, already, err
	}
	return append(next, v[end:]...), false, nil
}

// lawful sees that a row may become another: NOT NULL, unique fields, and references in both directions.
func (w *work) lawful(t *table, old, next *row) error {
	for i, f := range t.Fields {
		if f.NotNull && next.values[i] == nil && !w.d.sys.faults.NullsAnywhere {
			return w.conflict(connectors.FindingConstraint, "a field that may not be NULL would be", t.key(old))
		}
		if v := next.values[i]; f.Type == pii.Int && v != nil && !same(v, old.values[i]) && !number(v) {
			return errkind.Coded(errkind.Conflict, connectors.FindingConstraint, "%s", w.d.sys.faults.quoted("a field of numbers would hold something else", v))
		}
	}
	for _, fields := range append(slices.Clone(t.Unique), t.Key) {
		if moved(t, fields, old, next) && taken(t, fields, old, next) {
			return w.conflict(connectors.FindingConstraint, "another record has the value of a unique field", t.key(old))
		}
	}
	for _, ref := range t.References {
		if moved(t, ref.Fields, old, next) && w.dangling(t, ref, next) {
			return w.conflict(connectors.FindingConstraint, "a reference would lead nowhere", t.key(old))
		}
	}
	for child, ref := range w.references(t.Name) {
		if moved(t, ref.ToFields, old, next) && len(w.referring(child, ref, t.Name, old)) > 0 {
			return w.conflict(connectors.FindingReferred, "another record refers to one that is to change", t.key(old))
		}
	}
	return nil
}

// number tells whether a value is a whole number.
func number(v []byte) bool {
	_, err := strconv.ParseInt(string(v), 10, 64)
	return err == nil
}

// moved tells whether any of the fields differs.
func moved(t *table, fields []string, old, next *row) bool {
	return slices.ContainsFunc(fields, func(f string) bool {
		i := t.column(f)
		return !same(old.values[i], next.values[i])
	})
}

// taken tells whether another row has the same values in all of the fields; NULL is not the same as NULL.
func taken(t *table, fields []string, old, next *row) bool {
	return slices.ContainsFunc(t.rows, func(r *row) bool {
		return r != old && !slices.ContainsFunc(fields, func(f string) bool {
			i := t.column(f)
			return next.values[i] == nil || !same(r.values[i], next.values[i])
		})
	})
}

// dangling tells whether a reference leads to no row.
func (w *work) dangling(t *table, ref pii.Reference, r *row) bool {
	parent := w.tables[ref.To.Dataset]
	for _, f := range ref.Fields {
		if r.values[t.column(f)] == nil {
			return false
		}
	}
	return !slices.ContainsFunc(parent.rows, func(p *row) bool {
		for i, f := range ref.Fields {
			if !same(p.values[parent.column(ref.ToFields[i])], r.values[t.column(f)]) {
				return false
			}
		}
		return true
	})
}
