package pii

import (
	"fmt"
	"log/slog"
	"sort"
	"strconv"
)

// Batch is some records of one dataset, by column: one slab of bytes and offsets per field, so that classifiers run over contiguous
// memory without an allocation per value. It is valid until the next one is yielded. It is as opaque to fmt, slog and JSON as a Value.
//
// Where a Gap is set the batch has no records and says what could not be read in their place.
type Batch struct {
	Dataset Ref
	Gap     *Gap
	Next    string // where a query that is interrupted behind this batch may go on, as its From; it may begin with records already given. "" where only a driver's own order tells
	cols    []Column
	keys    []Key
	digests []Digest
	n       int
}

// Digest is a SHA-256 over a record as its system holds it. It tells whether a record is still what it was; it is kept in memory and in sealed
// parts only, since short records could be guessed from it.
type Digest [32]byte

// Column is the values of one field in a batch. A record has none, one or (a path through an array) many of them.
type Column struct {
	Field Field
	d     *values
}

// values are behind a pointer for the reason that a Value's string is: fmt prints the memory of a struct whose methods it cannot call.
type values struct {
	data  []byte
	ends  []uint32 // value i is data[ends[i-1]:ends[i]]
	recs  []uint32 // the record of value i; nil while value i belongs to record i
	nulls []uint64 // bit i: value i is NULL
	paths []string // the concrete path of value i ("contact[2].mail"); nil where it is Field.Path
}

// NewBatch makes an empty batch of the fields.
func NewBatch(d Ref, fields []Field) *Batch {
	b := &Batch{Dataset: d}
	for _, f := range fields {
		b.cols = append(b.cols, newColumn(f))
	}
	return b
}

// GapBatch makes the batch that stands for what could not be read.
func GapBatch(g Gap) *Batch { return &Batch{Dataset: g.At.Of(), Gap: &g} }

func newColumn(f Field) Column {
	return Column{f, &values{data: []byte{}}} // data is never nil, so that an empty value is not NULL
}

// Reset empties the batch and keeps its memory and columns.
func (b *Batch) Reset() {
	b.n, b.keys, b.digests, b.Next = 0, b.keys[:0], b.digests[:0], ""
	for i := range b.cols {
		c := b.cols[i].d
		c.data, c.ends, c.nulls = c.data[:0], c.ends[:0], c.nulls[:0]
		c.recs, c.paths = nil, nil
	}
}

// Adopt takes the memory of a batch that nobody uses any more, and is begun anew.
func (b *Batch) Adopt(old *Batch) {
	b.keys, b.digests = old.keys, old.digests
	for i := range min(len(b.cols), len(old.cols)) {
		b.cols[i].d, old.cols[i].d = old.cols[i].d, nil
	}
	old.cols = nil
	b.Reset()
}

// Len gives the number of records.
func (b *Batch) Len() int { return b.n }

// Columns gives the columns; the slice is the batch's own.
func (b *Batch) Columns() []Column { return b.cols }

// Column gives the column of that field name, nil where there is none.
func (b *Batch) Column(name string) *Column {
	for i := range b.cols {
		if b.cols[i].Field.Name == name {
			return &b.cols[i]
		}
	}
	return nil
}

// AddColumn adds a column for a field found in documents after the batch was begun, and gives its index. Records so far have no value in it.
func (b *Batch) AddColumn(f Field) int {
	b.cols = append(b.cols, newColumn(f))
	return len(b.cols) - 1
}

// Append adds a value to column i of the record being written; nil is NULL. Bytes are copied.
func (b *Batch) Append(i int, v []byte) {
	c := b.cols[i].d
	if k := len(c.ends); v == nil || k != b.n || c.recs != nil || c.paths != nil {
		b.AppendAt(i, v, "")
		return
	}
	c.data = append(c.data, v...)
	c.end()
}

// AppendInt adds a whole number, written in digits, to column i of the record being written.
func (b *Batch) AppendInt(i int, v int64) {
	c := b.cols[i].d
	if k := len(c.ends); k != b.n || c.recs != nil || c.paths != nil {
		var buf [20]byte
		b.AppendAt(i, strconv.AppendInt(buf[:0], v, 10), "")
		return
	}
	c.data = strconv.AppendInt(c.data, v, 10)
	c.end()
}

// Slot gives the memory behind the values of column i, to which the next value of the record being written is appended; Fill takes it back, longer. So a value is
// written where it stays. ok is false for a column that Append has to be used for.
func (b *Batch) Slot(i int) (behind []byte, ok bool) {
	c := b.cols[i].d
	return c.data, len(c.ends) == b.n && c.recs == nil && c.paths == nil
}

// Fill ends the value that was appended to what Slot gave.
func (b *Batch) Fill(i int, longer []byte) {
	c := b.cols[i].d
	c.data = longer
	c.end()
}

// end finishes a value that is not NULL.
func (c *values) end() {
	if k := len(c.ends); k&63 == 0 {
		c.nulls = append(c.nulls, 0)
	}
	c.ends = append(c.ends, uint32(len(c.data)))
}

// AppendAt adds a value found at a concrete path of a document ("" where it is the field's own).
func (b *Batch) AppendAt(i int, v []byte, path string) {
	c := b.cols[i].d
	k := len(c.ends)
	if c.recs == nil && k != b.n {
		c.recs = make([]uint32, k)
		for j := range c.recs {
			c.recs[j] = uint32(j)
		}
	}
	if c.recs != nil {
		c.recs = append(c.recs, uint32(b.n))
	}
	if path != "" && c.paths == nil {
		c.paths = make([]string, k)
	}
	if c.paths != nil {
		c.paths = append(c.paths, path)
	}
	c.data = append(c.data, v...)
	c.ends = append(c.ends, uint32(len(c.data)))
	if k/64 >= len(c.nulls) {
		c.nulls = append(c.nulls, 0)
	}
	if v == nil {
		c.nulls[k/64] |= 1 << (k % 64)
	}
}

// EndRecord finishes the record being written. The key may be nil; the digest is that of the record as the system holds it.
func (b *Batch) EndRecord(key Key, digest Digest) {
	b.n++
	b.keys = append(b.keys, key)
	b.digests = append(b.digests, digest)
}

// Key gives the key of record i, nil where the dataset has none.
func (b *Batch) Key(i int) Key { return b.keys[i] }

// Digest gives the digest of record i.
func (b *Batch) Digest(i int) Digest { return b.digests[i] }

// Size gives the bytes of values held.
func (b *Batch) Size() (n int) {
	for i := range b.cols {
		n += len(b.cols[i].d.data)
	}
	return n
}

// Len gives the number of values, NULL included.
func (c *Column) Len() int { return len(c.d.ends) }

// Value gives value i and the record that it belongs to; nil for NULL. The bytes are the batch's own.
func (c *Column) Value(i int) (v []byte, record int) {
	record = i
	if c.d.recs != nil {
		record = int(c.d.recs[i])
	}
	if c.d.nulls[i/64]&(1<<(i%64)) != 0 {
		return nil, record
	}
	start := uint32(0)
	if i > 0 {
		start = c.d.ends[i-1]
	}
	return c.d.data[start:c.d.ends[i]:c.d.ends[i]], record
}

// Path gives the concrete path of value i inside the document, "" for a plain column.
func (c *Column) Path(i int) string {
	if c.d.paths == nil || c.d.paths[i] == "" {
		return c.Field.Path
	}
	return c.d.paths[i]
}

// Slab gives all values one after the other, with the end of each.
func (c *Column) Slab() (data []byte, ends []uint32) { return c.d.data, c.d.ends }

func (b *Batch) redacted() string {
	return fmt.Sprintf("[batch of %s: %d records, %d columns]", b.Dataset, b.n, len(b.cols))
}

// Format, LogValue and MarshalText print the shape of the batch only.
func (b *Batch) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(b.redacted())) }

// LogValue gives the shape only.
func (b *Batch) LogValue() slog.Value { return slog.StringValue(b.redacted()) }

// MarshalText gives the shape only.
func (b *Batch) MarshalText() ([]byte, error) { return []byte(b.redacted()), nil }

// Format prints the shape of the column only.
func (c Column) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "[column %s: %d values]", c.Field.Name, len(c.d.ends))
}

// LogValue gives the shape only.
func (c Column) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("[column of %d values]", len(c.d.ends)))
}

// AppendFor adds a value to column i for a record that is already finished; records of one column come in ascending order. It is for fields
// that are found inside the documents of a batch after its driver has filled it, so the column is one that AddColumn made.
func (b *Batch) AppendFor(i, record int, v []byte, path string) {
	n := b.n
	if c := b.cols[i].d; c.recs == nil {
		c.recs = make([]uint32, 0, n)
	}
	b.n = record
	b.AppendAt(i, v, path)
	b.n = n
}

// Select gives the batch with only the named columns, in that order; a name that it does not have is a column without values. The bytes are shared.
func (b *Batch) Select(names []string) *Batch {
	out := &Batch{Dataset: b.Dataset, Gap: b.Gap, Next: b.Next, keys: b.keys, digests: b.digests, n: b.n}
	for _, name := range names {
		if c := b.Column(name); c != nil {
			out.cols = append(out.cols, *c)
			continue
		}
		out.cols = append(out.cols, newColumn(Field{Name: name}))
	}
	return out
}

// Copy adds record i of another batch, with its key and digest; columns are matched by name and added where they are missing.
func (b *Batch) Copy(from *Batch, i int) {
	for k := range from.cols {
		src := &from.cols[k]
		dst := b.same(k, src)
		for lo, hi := src.Of(i); lo < hi; lo++ {
			v, _ := src.Value(lo)
			if path := src.concrete(lo); path != "" {
				b.AppendAt(dst, v, path)
				continue
			}
			b.Append(dst, v)
		}
	}
	b.EndRecord(from.keys[i], from.digests[i])
}

// same gives the column of the name of another batch's column k, which is begun where it is missing.
func (b *Batch) same(k int, src *Column) int {
	if k < len(b.cols) && b.cols[k].Field.Name == src.Field.Name {
		return k
	}
	for j := range b.cols {
		if b.cols[j].Field.Name == src.Field.Name {
			return j
		}
	}
	return b.AddColumn(src.Field)
}

// Of gives the range of values that belong to record i.
func (c *Column) Of(i int) (from, to int) {
	if c.d.recs == nil {
		return min(i, len(c.d.ends)), min(i+1, len(c.d.ends))
	}
	from = sort.Search(len(c.d.recs), func(k int) bool { return int(c.d.recs[k]) >= i })
	to = from
	for to < len(c.d.recs) && int(c.d.recs[to]) == i {
		to++
	}
	return from, to
}

func (c *Column) concrete(i int) string {
	if c.d.paths == nil {
		return ""
	}
	return c.d.paths[i]
}
