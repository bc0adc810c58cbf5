package memory

import (
	"context"
	"slices"

	"vestige/connectors"
	"vestige/pii"
)

// remove takes rows out of a table, and does to those that refer to them what their references say.
func (w *work) remove(ctx context.Context, name string, rows []targeted) error {
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.replace(name, r.row, nil)
		w.removed = append(w.removed, removal{name, r.row})
		if err := w.alone(name); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if err := w.cascade(ctx, name, r.row); err != nil {
			return err
		}
	}
	return nil
}

// cascade follows the references to a row that went.
func (w *work) cascade(ctx context.Context, name string, parent *row) error {
	for child, ref := range w.references(name) {
		for _, r := range w.referring(child, ref, name, parent) {
			switch ref.OnDelete {
			case pii.Cascade:
				w.effects[effect{child, pii.Delete}]++
				if w.d.sys.faults.OneGeneration {
					w.replace(child, r, nil)
					continue
				}
				if err := w.remove(ctx, child, []targeted{{row: r}}); err != nil {
					return err
				}
			case pii.SetNull:
				w.effects[effect{child, pii.Nullify}]++
				if err := w.unset(child, ref, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// references yields the references to a table, with the table that has each.
func (w *work) references(to string) func(yield func(string, pii.Reference) bool) {
	return func(yield func(string, pii.Reference) bool) {
		for _, child := range w.d.sys.order {
			for _, ref := range w.tables[child].References {
				if ref.To.Dataset == to && !yield(child, ref) {
					return
				}
			}
		}
	}
}

// referring gives the rows of a child that refer to a row of a parent.
func (w *work) referring(child string, ref pii.Reference, parent string, to *row) (out []*row) {
	c, p := w.tables[child], w.tables[parent]
	for _, r := range c.rows {
		refers := true
		for i, field := range ref.Fields {
			v := r.values[c.column(field)]
			refers = refers && v != nil && same(v, to.values[p.column(ref.ToFields[i])])
		}
		if refers {
			out = append(out, r)
		}
	}
	return out
}

// unset makes a reference's fields NULL.
func (w *work) unset(child string, ref pii.Reference, r *row) error {
	next := &row{id: r.id, values: slices.Clone(r.values)}
	for _, field := range ref.Fields {
		next.values[w.tables[child].column(field)] = nil
	}
	if err := w.lawful(w.tables[child], r, next); err != nil {
		return err
	}
	w.replace(child, r, next)
	return nil
}

// orphans sees that no row refers to one that went. It is asked at the end of a unit, so that acts may come in any order and rows refer to
// one another.
func (w *work) orphans() error {
	for _, gone := range w.removed {
		for child, ref := range w.references(gone.from) {
			if !w.d.sys.faults.leaves(child, gone.from) && len(w.referring(child, ref, gone.from, gone.row)) > 0 {
				return w.conflict(connectors.FindingReferred, "another record refers to one that is to go", w.tables[gone.from].key(gone.row))
			}
		}
	}
	return nil
}
