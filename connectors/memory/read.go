package memory

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"math"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// batchRecords is how many records a batch has unless the query says so.
const batchRecords = 256

// unreadable is the code of the gap that stands for a record.
const unreadable = "unreadable-record"

// Read yields the records in the order in which they were put in.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		t, err := d.open(ctx, "Read", q.Dataset)
		if err != nil {
			d.sys.faults.failed(yield, err)
			return
		}
		d.yieldRows(ctx, t, q, d.sys.faults.once(t, t.chosen(q, d.sys.faults.IgnoreLimit)), yield)
	}
}

// begin is what every method does first.
func (d *Driver) begin(ctx context.Context, method string) error {
	if err := d.sys.faults.ended(ctx); err != nil {
		return err
	}
	return d.sys.faults.next(method)
}

// chosen gives the rows that the query's keys and limit let through.
func (t *table) chosen(q connectors.Query, ignoreLimit bool) []*row {
	rows := t.rows
	if q.Keys != nil {
		wanted := map[string]bool{}
		for _, k := range q.Keys {
			wanted[k.ID()] = true
		}
		rows = nil
		for _, r := range t.rows {
			if wanted[t.key(r).ID()] {
				rows = append(rows, r)
			}
		}
	}
	if q.Limit > 0 && !ignoreLimit && int64(len(rows)) > q.Limit {
		rows = rows[:q.Limit]
	}
	return rows
}

// yieldRows yields rows in batches, and a gap in the place of one that cannot be read.
func (d *Driver) yieldRows(ctx context.Context, t *table, q connectors.Query, rows []*row, yield func(*pii.Batch, error) bool) {
	defer d.sys.faults.leave()
	if err := d.sys.faults.enter(); err != nil {
		yield(nil, err)
		return
	}
	columns, err := t.columns(d.sys.faults.fields(t, q.Fields))
	if err != nil {
		yield(nil, err)
		return
	}
	fields := make([]pii.Field, len(columns))
	for i, c := range columns {
		fields[i] = t.Fields[c]
	}
	batch, size := pii.NewBatch(q.Dataset.Ref, fields), d.sys.faults.size(q, len(rows))
	for len(rows) > 0 {
		if err := d.sys.faults.ended(ctx); err != nil {
			d.sys.faults.failed(yield, err)
			return
		}
		n := min(size, len(rows))
		batch.Reset()
		gap := d.fill(batch, t, q, columns, rows[:n])
		rows = d.sys.faults.after(q, rows, n)
		if !yield(batch, nil) || (gap != nil && !yield(pii.GapBatch(*gap), nil)) {
			d.sys.faults.leak(d.sys.faults.LeakOnBreak)
			return
		}
	}
}

// fill puts rows into a batch, and says what it had to leave out.
func (d *Driver) fill(batch *pii.Batch, t *table, q connectors.Query, columns []int, rows []*row) (gap *pii.Gap) {
	for _, r := range rows {
		if t.unreadable(r) {
			gap = d.sys.faults.gap(&pii.Gap{Code: unreadable, At: batch.Dataset, Text: "a record cannot be read", Records: 1})
			continue
		}
		d.sys.reads.Add(1)
		for i, c := range columns {
			batch.Append(i, d.sys.faults.null(r.values[c]))
		}
		batch.EndRecord(d.sys.faults.key(t, q, t.key(r)), d.sys.faults.digest(t, q, r))
	}
	return gap
}

func (t *table) unreadable(r *row) bool { return t.broken && r == t.rows[len(t.rows)/2] }

// columns gives the indexes of the fields asked for, nil being all.
func (t *table) columns(fields []string) ([]int, error) {
	var out []int
	if fields == nil {
		for i := range t.Fields {
			out = append(out, i)
		}
		return out, nil
	}
	for _, name := range fields {
		i := t.column(name)
		if i < 0 {
			return nil, errkind.Coded(errkind.NotFound, "no-such-field", "the dataset has no such field")
		}
		out = append(out, i)
	}
	return out, nil
}

// digestOf covers each value with its length, NULL apart from the empty one, and leaves out column without.
func digestOf(values [][]byte, without int) pii.Digest {
	h, size := sha256.New(), [8]byte{}
	for i, v := range values {
		if i == without {
			continue
		}
		n := uint64(len(v))
		if v == nil {
			n = math.MaxUint64
		}
		binary.BigEndian.PutUint64(size[:], n)
		h.Write(size[:])
		h.Write(v)
	}
	return pii.Digest(h.Sum(nil))
}
