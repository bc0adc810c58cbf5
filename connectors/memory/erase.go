package memory

import (
	"context"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Methods says what can be done to a table's records. It may be asked of a nil driver, and looks at the dataset alone.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	out := []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach}
	if ds.Hides() != "" {
		out = append(out, pii.SoftDelete)
	}
	return out
}

// Erase does a unit on a copy of the tables, which takes the place of the system's if all went well.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) (receipts []pii.Receipt, err error) {
	if err := d.begin(ctx, "Erase"); err != nil {
		return nil, err
	}
	d.sys.change(func(tables map[string]*table) bool {
		w := d.work(tables)
		receipts, err = w.unit(ctx, u)
		return err == nil || d.sys.faults.kept(ctx, len(receipts))
	})
	if err != nil {
		return nil, err
	}
	d.logged(u, receipts)
	return receipts, nil
}

// work is a unit being done.
type work struct {
	d       *Driver
	tables  map[string]*table
	effects map[effect]int64
	removed []removal
	image   []mark
	looking bool // for Check: what was predicted is not compared
}

// effect is what the system does by itself.
type effect struct {
	dataset string
	method  pii.Method
}

// removal is a row that went.
type removal struct {
	from string
	row  *row
}

func (d *Driver) work(tables map[string]*table) *work { return &work{d: d, tables: tables} }

// unit does all acts in order, and then sees that nobody refers to what went.
func (w *work) unit(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	var receipts []pii.Receipt
	for _, act := range w.d.sys.faults.order(u.Acts) {
		r, err := w.act(ctx, act)
		if err != nil {
			return receipts, err
		}
		r.Unit = u.ID
		receipts = append(receipts, r)
		if err := w.orphans(); err != nil && w.d.sys.faults.LastActFirst {
			return nil, err
		}
	}
	if err := w.orphans(); err != nil {
		return nil, err
	}
	return w.d.sys.faults.receipts(receipts), nil
}

// act does one act and gives its receipt.
func (w *work) act(ctx context.Context, a pii.Act) (pii.Receipt, error) {
	r := pii.Receipt{Dataset: a.Dataset.Ref, Method: a.Method, Proof: "memory:" + strconv.FormatInt(w.d.sys.changes+1, 10), At: clock.Micros()}
	t := w.tables[a.Dataset.Ref.Dataset]
	if t == nil {
		return r, errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no such dataset")
	}
	if err := w.d.permitted(t.Name); err != nil && !w.d.sys.faults.EraseForbidden {
		return r, err
	}
	w.effects, w.image = map[effect]int64{}, nil
	rows, done, err := w.rows(t, a)
	if err != nil {
		return r, err
	}
	r.FoundDone = done
	switch a.Method {
	case pii.Delete:
		r.Affected = int64(len(rows))
		err = w.remove(ctx, t.Name, rows)
	case pii.SoftDelete:
		err = w.hide(ctx, t, rows, &r)
	case pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach:
		err = w.edit(ctx, t, a, rows, &r)
	default:
		if w.d.sys.faults.AcceptAnyMethod {
			return r, nil
		}
		err = errkind.Coded(errkind.Unsupported, "unsupported-method", "the method %s is not one of a table", a.Method)
	}
	if err == nil {
		err = w.surprised(a)
	}
	w.d.sys.faults.counted(a, &r)
	return r, err
}

// rows gives the rows of an act's targets, each once, and how many targets are done already because they are gone.
func (w *work) rows(t *table, a pii.Act) (rows []targeted, done int64, err error) {
	index := map[string][]*row{}
	for _, r := range t.rows {
		id := w.id(a.Method, t.key(r), t.digest(r))
		index[id] = append(index[id], r)
	}
	for i := range a.Targets {
		target := &a.Targets[i]
		found := index[w.id(a.Method, target.Key, target.Digest)]
		if len(found) == 0 {
			done += int64(max(1, target.Equals))
		}
		if target.Key == nil && len(found) > 0 && len(found) != max(1, target.Equals) {
			return nil, 0, w.conflict(connectors.FindingConflict, "the number of equal records is another", target.Key)
		}
		for _, r := range w.d.sys.faults.equalOnly(target.Key, found) {
			if a.Method == pii.Delete && target.Key.Equal(t.key(r)) && !w.unchanged(t, r, *target) {
				return nil, 0, w.conflict(connectors.FindingConflict, "a record has changed since it was found", target.Key)
			}
			rows = append(rows, targeted{r, target})
		}
	}
	return rows, done, nil
}

// targeted is a row with the target that means it.
type targeted struct {
	*row
	target *pii.Target
}

// id is what a target names its record by.
func (w *work) id(m pii.Method, key pii.Key, digest pii.Digest) string {
	if key == nil {
		return string(digest[:])
	}
	return w.d.sys.faults.fold(m, w.d.sys.faults.join(key))
}

// unchanged tells whether a row is what it was when it was found.
func (w *work) unchanged(t *table, r *row, target pii.Target) bool {
	return target.Digest == (pii.Digest{}) || target.Digest == t.digest(r)
}

func (w *work) conflict(code, text string, key pii.Key) error {
	return errkind.Coded(errkind.Conflict, code, "%s", w.d.sys.faults.text(text, key))
}

// replace puts a row in the place of another, or removes it where it is nil.
func (w *work) replace(name string, old, next *row) {
	t := *w.tables[name]
	t.rows = slices.Clone(t.rows)
	i := slices.Index(t.rows, old)
	if next == nil {
		t.rows = slices.Delete(t.rows, i, i+1)
	} else {
		t.rows[i] = next
	}
	w.tables[name] = &t
}

// surprised compares what the system did by itself with what was predicted.
func (w *work) surprised(a pii.Act) error {
	if w.looking || w.d.sys.faults.IgnoreEffects {
		return nil
	}
	expected := map[effect]int64{}
	for _, e := range a.Effects {
		expected[effect{e.Dataset.Dataset, e.Method}] += e.Records
	}
	for e, n := range w.effects {
		expected[e] -= n
	}
	for _, n := range expected {
		if n != 0 {
			return w.conflict(connectors.FindingConflict, "the system would change other records than was predicted", nil)
		}
	}
	return nil
}
