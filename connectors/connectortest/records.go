package connectortest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/pii"
)

// record is a record as the driver gives it, with its row in the order of the fixture's fields.
type record struct {
	row    Row
	key    pii.Key
	digest pii.Digest
}

// read gives the records of a dataset as the driver gives them, and the gaps among them.
func (r *rig) read(name string) (out []record, gaps []pii.Gap) {
	r.Helper()
	return r.records(name, r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: r.dataset(name)}))
}

// records copies what a sequence of batches has.
func (r *rig) records(name string, seq iter.Seq2[*pii.Batch, error]) (out []record, gaps []pii.Gap) {
	r.Helper()
	fixed := r.fixed(name)
	for b, err := range seq {
		if err != nil {
			r.Fatalf("reading %q: %v", name, err)
		}
		if b.Gap != nil {
			gaps = append(gaps, *b.Gap)
			continue
		}
		from := len(out)
		for i := range b.Len() {
			out = append(out, record{make(Row, len(fixed.Fields)), slices.Clone(b.Key(i)), b.Digest(i)})
		}
		for i, f := range fixed.Fields {
			fill(out[from:], b, i, f.Name)
		}
	}
	return out, gaps
}

// fill copies the values of one field of a batch into column i of the rows.
func fill(out []record, b *pii.Batch, i int, field string) {
	c := b.Column(field)
	if c == nil {
		return
	}
	for k := range c.Len() {
		v, at := c.Value(k)
		out[at].row[i] = bytes.Clone(v)
	}
}

// where gives the one record whose field has the value.
func (r *rig) where(name, field, value string) record {
	r.Helper()
	i := r.fixed(name).column(r.named(field))
	all, _ := r.read(name)
	for _, rec := range all {
		if string(rec.row[i]) == value {
			return rec
		}
	}
	r.Fatalf("no record of %q has that value in %q", name, field)
	return record{}
}

// target makes the target of a record.
func (rec record) target(changes ...pii.Change) pii.Target {
	return pii.Target{Key: rec.key, Digest: rec.digest, Equals: 1, Changes: changes}
}

// change makes the change of a whole field; New is NULL without a value.
func (r *rig) change(name, field string, rec record, to ...string) pii.Change {
	r.Helper()
	f := r.field(name, field)
	c := pii.Change{Field: f.Column, Path: f.Path, Old: value(rec.row[r.fixed(name).column(r.named(field))])}
	if len(to) > 0 {
		c.New = pii.NewValue(to[0])
	}
	return c
}

// field gives a field of a dataset as it is discovered.
func (r *rig) field(name, field string) pii.Field {
	r.Helper()
	d := r.dataset(name)
	f := d.Field(r.named(field))
	if f == nil {
		r.Fatalf("the field %q of %q is not discovered", field, name)
		return pii.Field{}
	}
	return *f
}

// fields gives the names of a dataset's fields.
func (d Dataset) fields() (out []string) {
	for _, f := range d.Fields {
		out = append(out, f.Name)
	}
	return out
}

// unit makes a unit of acts.
func unit(acts ...pii.Act) pii.Unit { return pii.Unit{ID: "unit-1", Acts: acts} }

// act makes an act at one of the fixture's datasets.
func (r *rig) act(name string, m pii.Method, targets ...pii.Target) pii.Act {
	r.Helper()
	return pii.Act{Dataset: r.dataset(name), Method: m, Targets: targets}
}

// erase does a unit that is to succeed.
func (r *rig) erase(u pii.Unit) []pii.Receipt {
	r.Helper()
	receipts, err := as[connectors.Eraser](r, connectors.Erase).Erase(context.Background(), u)
	if err != nil {
		r.Fatalf("erasing: %v", err)
	}
	if len(receipts) != len(u.Acts) {
		r.Fatalf("%d acts have %d receipts", len(u.Acts), len(receipts))
	}
	for i, got := range receipts {
		if got.Dataset != u.Acts[i].Dataset.Ref || got.Method != u.Acts[i].Method {
			r.Errorf("receipt %d is of %s at %s, the act is %s at %s", i, got.Method, got.Dataset, u.Acts[i].Method, u.Acts[i].Dataset.Ref)
		}
	}
	return receipts
}

// refused does a unit that is to fail and change nothing, and gives the error.
func (r *rig) refused(what string, u pii.Unit) error {
	r.Helper()
	before := r.Peek(r.real)
	_, err := as[connectors.Eraser](r, connectors.Erase).Erase(context.Background(), u)
	if err == nil {
		r.Errorf("%s: erasing succeeds", what)
	}
	r.unchanged(what, before)
	return err
}

// value makes a Value of bytes.
func value(b []byte) pii.Value {
	if b == nil {
		return pii.Value{}
	}
	return pii.NewValue(string(b))
}

// id gives a string that is equal for equal rows and only for them.
func (row Row) id() string {
	var b strings.Builder
	for _, v := range row {
		if v == nil {
			b.WriteString("NULL ")
			continue
		}
		if len(v) > 1000 {
			fmt.Fprintf(&b, "%d bytes %x ", len(v), sha256.Sum256(v))
			continue
		}
		fmt.Fprintf(&b, "%q ", v)
	}
	return b.String()
}

// ids gives the rows' ids in order, so that two lists of rows can be compared.
func ids(rows []Row) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row.id()
	}
	slices.Sort(out)
	return out
}

// rows gives the rows of records.
func rows(records []record) (out []Row) {
	for _, r := range records {
		out = append(out, r.row)
	}
	return out
}

// equal compares two lists of rows without regard to order, and shows what differs.
func equal(t T, what string, got, want []Row) {
	t.Helper()
	missing, extra := difference(ids(want), ids(got)), difference(ids(got), ids(want))
	if len(missing)+len(extra) > 0 {
		t.Errorf("%s:\nmissing %s\nextra   %s", what, short(missing), short(extra))
	}
}

// difference gives what a has more than b; both are sorted.
func difference(a, b []string) (out []string) {
	for len(a) > 0 {
		switch {
		case len(b) == 0 || a[0] < b[0]:
			out = append(out, a[0])
			a = a[1:]
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		default:
			b = b[1:]
		}
	}
	return out
}

func short(list []string) string {
	text := fmt.Sprintf("%d: %s", len(list), strings.Join(list, " | "))
	if len(text) > 600 {
		text = text[:600] + " …"
	}
	return text
}

// unchanged compares the whole system with what it was.
func (r *rig) unchanged(what string, before Content) {
	r.Helper()
	r.holds(what, before)
}

// holds compares the whole system with what it should be.
func (r *rig) holds(what string, want Content) {
	r.Helper()
	got := r.Peek(r.real)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		equal(r, what+": the system's "+name, got[name], want[name])
	}
}

// edit copies a content and changes the rows of one dataset: a row becomes what to gives, or goes where that is nil.
func (c Content) edit(name string, to func(Row) Row) Content {
	out := maps.Clone(c)
	var rows []Row
	for _, row := range c[name] {
		if next := to(slices.Clone(row)); next != nil {
			rows = append(rows, next)
		}
	}
	out[name] = rows
	return out
}

// drop leaves out the rows whose column has the value.
func drop(column int, value string) func(Row) Row {
	return func(row Row) Row {
		if string(row[column]) == value {
			return nil
		}
		return row
	}
}

// set changes a column of the rows whose other column has the value; no value to set is NULL.
func set(where int, value string, column int, to ...string) func(Row) Row {
	return func(row Row) Row {
		if string(row[where]) == value {
			row[column] = nil
			if len(to) > 0 {
				row[column] = []byte(to[0])
			}
		}
		return row
	}
}
