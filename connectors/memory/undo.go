package memory

import (
	"context"
	"encoding/json"
	"slices"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// mark is a row that a soft delete has hidden; the field was NULL before.
type mark struct {
	Table string `json:"table"`
	Row   uint64 `json:"row"`
}

// hide sets the field of soft deletes, and notes in the receipt what has to be taken back.
func (w *work) hide(ctx context.Context, t *table, rows []targeted, r *pii.Receipt) error {
	column := t.column(t.SoftDelete)
	if column < 0 {
		return errkind.Coded(errkind.Unsupported, "unsupported-method", "the table has no soft delete")
	}
	var marks []mark
	for _, old := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if old.values[column] != nil {
			r.FoundDone++
			continue
		}
		if !w.unchanged(t, old.row, *old.target) {
			return w.conflict("changed-since", "a record has changed since it was found", old.target.Key)
		}
		marks = append(marks, w.mark(t, old.row, column))
		if more := w.d.sys.faults.alsoHidden(t, old.row); more != nil {
			marks = append(marks, w.mark(t, more, column))
		}
		r.Affected++
	}
	image, err := json.Marshal(marks)
	r.Image = pii.NewValue(string(image))
	return err
}

// mark hides a row.
func (w *work) mark(t *table, old *row, column int) mark {
	next := &row{id: old.id, values: slices.Clone(old.values)}
	next.values[column] = clock.Now().AppendFormat(nil, "2006-01-02T15:04:05.999999Z07:00")
	w.replace(t.Name, old, next)
	return mark{t.Name, old.id}
}

// Image hides the rows of a unit on a copy of the tables that is then forgotten, and gives what Undo would need.
func (d *Driver) Image(ctx context.Context, u pii.Unit) (image []byte, err error) {
	if err := d.begin(ctx, "Image"); err != nil {
		return nil, err
	}
	d.sys.change(func(tables map[string]*table) bool {
		var receipts []pii.Receipt
		if receipts, err = d.work(tables).unit(ctx, u); err == nil && len(receipts) == 1 {
			image = []byte(receipts[0].Image.Reveal())
		}
		return false
	})
	return image, err
}

// Undo takes the marks of an image away again. A row that has none, or is gone, is done.
func (d *Driver) Undo(ctx context.Context, u pii.Unit, image []byte) (receipts []pii.Receipt, err error) {
	if err := d.begin(ctx, "Undo"); err != nil {
		return nil, err
	}
	var marks []mark
	if err := json.Unmarshal(image, &marks); err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-image", "the image is not one of this system")
	}
	d.sys.change(func(tables map[string]*table) bool {
		w := d.work(tables)
		for _, a := range u.Acts {
			receipts = append(receipts, w.show(u, a, d.sys.faults.marks(tables, marks)))
		}
		return true
	})
	return receipts, nil
}

// show makes hidden rows of an act's table seen again.
func (w *work) show(u pii.Unit, a pii.Act, marks []mark) pii.Receipt {
	r := pii.Receipt{Unit: u.ID, Dataset: a.Dataset.Ref, Method: a.Method, At: clock.Micros()}
	t := w.tables[a.Dataset.Ref.Dataset]
	for _, m := range marks {
		if t == nil || m.Table != t.Name {
			continue
		}
		column := t.column(t.SoftDelete)
		i := slices.IndexFunc(t.rows, func(r *row) bool { return r.id == m.Row })
		if i < 0 || t.rows[i].values[column] == nil {
			r.FoundDone++
			continue
		}
		next := &row{id: m.Row, values: slices.Clone(t.rows[i].values)}
		next.values[column] = nil
		w.replace(t.Name, t.rows[i], next)
		r.Affected++
	}
	return r
}
