package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"iter"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	batchRecords = 256
	batchBytes   = 1 << 20
)

// Read yields records in the order of their rowid, or of the primary key of a table WITHOUT ROWID, in one snapshot. A query's From is the
// Key.ID of the last record already read.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		c, err := d.take(ctx, reading)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.put()
		r, err := d.newReader(ctx, c, q)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.close()
		r.run(ctx, q, yield)
	}
}

// reader turns rows into batches. Each row carries every stored column, since the digest covers them, and the rowid where it is the key.
type reader struct {
	c         *conn
	l         *layout
	selects   string
	places    map[string]int // of columns among the values
	keys      []int          // places of the key's parts among the values
	fields    []int          // places of the batch's columns
	ordered   []int          // places of the columns of the order
	hashed    []int          // places of what the digest covers
	inDigest  []int          // by place: which of hashed it is, -1 none
	spans     [][2]int       // of each of hashed: where digest wrote it
	batch     *pii.Batch
	size      int
	limit     int64
	given     int64
	from      string         // skip until the record with this Key.ID has passed
	after     []driver.Value // the last row read: what it has in the columns of the order
	inclusive bool           // the next page begins at after itself
	paged     bool           // each batch is a statement of its own
	room      int            // bytes of a batch
	buf       []byte
	text      []byte
	more      bool // the consumer wants more
	yield     func(*pii.Batch, error) bool
	hides     *pii.Field // by which rows are soft-deleted: the digest leaves it out
	checks    []check    // of a table that is to be changed
	bare      bool       // only values are wanted
	prepared  *prepared
}

func (d *Driver) newReader(ctx context.Context, c *conn, q connectors.Query) (*reader, error) {
	l, err := d.layout(ctx, c, q.Dataset.Ref.Dataset)
	if err != nil {
		return nil, err
	}
	if l.contentless() {
		return nil, errkind.Coded(errkind.Unsupported, "contentless-index", "%s keeps tokens only", q.Dataset.Ref.Dataset)
	}
	l = l.as(&q.Dataset)
	r := &reader{c: c, l: l, size: q.Batch, room: batchBytes, limit: q.Limit, from: q.From, bare: q.Bare && q.From == "" && q.Keys == nil}
	if r.size <= 0 {
		r.size = batchRecords
	}
	return r, r.choose(q)
}

// choose lays out the columns of the SELECT and of the batch.
func (r *reader) choose(q connectors.Query) error {
	var exprs []string
	places := map[string]int{}
	r.places = places
	r.hides = r.l.hides()
	for _, col := range r.l.columns {
		places[col.name] = len(exprs)
		r.inDigest = append(r.inDigest, -1)
		if !col.generated && (r.hides == nil || r.hides.Column != col.name) {
			r.inDigest[len(exprs)] = len(r.hashed)
			r.hashed = append(r.hashed, len(exprs))
		}
		exprs = append(exprs, column2expr(col))
	}
	if alias := r.l.rowidColumn(); alias != "" {
		places[r.l.rowid] = places[alias]
	} else if r.l.rowid != "" {
		places[r.l.rowid] = len(exprs)
		exprs = append(exprs, r.l.rowid)
	}
	for _, k := range r.l.key {
		r.keys = append(r.keys, places[k])
	}
	if r.l.rowid != "" {
		r.ordered = []int{places[r.l.rowid]}
	} else if r.l.withoutRowid {
		for _, k := range r.l.primary() {
			r.ordered = append(r.ordered, places[k])
		}
	}
	r.spans = make([][2]int, len(r.hashed))
	names := q.Fields
	if names == nil {
		for _, f := range r.l.columns {
			names = append(names, f.name)
		}
		if len(r.l.key) == 1 && r.l.column(r.l.key[0]) == nil {
			names = append([]string{r.l.key[0]}, names...)
		}
	}
	var fields []pii.Field
	for _, name := range names {
		place, ok := places[name]
		if !ok {
			return errkind.Coded(errkind.NotFound, "no-such-field", "the table %s has no such column", q.Dataset.Ref.Dataset)
		}
		r.fields = append(r.fields, place)
		fields = append(fields, r.l.field(&q.Dataset, name))
	}
	r.selects = "SELECT " + strings.Join(exprs, ", ") + " FROM " + r.l.name()
	r.batch = pii.NewBatch(q.Dataset.Ref, fields)
	if r.bare && r.c.spare != nil {
		r.batch.Adopt(r.c.spare)
		r.c.spare = nil
	}
	return nil
}

// column2expr names a column so that the driver beneath does not turn its text into a time, which it does by the declared type.
func column2expr(c column) string {
	if up := strings.ToUpper(c.decl); up == "DATE" || up == "DATETIME" || up == "TIMESTAMP" {
		return "+" + quote(c.name)
	}
	return quote(c.name)
}

// field gives the field as it was discovered, else as it stands in the schema.
func (l *layout) field(d *pii.Dataset, name string) pii.Field {
	if f := d.Field(name); f != nil {
		return *f
	}
	if c := l.column(name); c != nil {
		return pii.Field{Name: name, Column: name, Type: fieldType(c.decl), Native: c.decl, NotNull: c.notNull, Generated: c.generated}
	}
	return pii.Field{Name: name, Column: name, Type: pii.Int, Native: "rowid", NotNull: true, Generated: true}
}

// expr names a part of the key for SQL.
func (l *layout) expr(name string) string {
	if l.column(name) == nil && name == l.rowid {
		return l.rowid
	}
	return quote(name)
}

func (r *reader) run(ctx context.Context, q connectors.Query, yield func(*pii.Batch, error) bool) {
	r.yield, r.more = yield, true
	var err error
	if q.Keys != nil {
		err = r.byKeys(ctx, q.Keys)
	} else {
		err = r.scan(ctx)
	}
	if err == nil && r.more {
		r.flush()
	}
	if err != nil && r.more {
		yield(nil, err)
	}
}

// byKeys reads the records with those keys, in the order of the keys; a key that nothing has is left out.
func (r *reader) byKeys(ctx context.Context, keys []pii.Key) error {
	seen := map[string]bool{}
	for _, k := range keys {
		if len(k) != len(r.l.key) || len(k) == 0 {
			return errkind.New(errkind.Invalid, "a key of %s has %d parts", r.batch.Dataset.Dataset, len(r.l.key))
		}
		if id := k.ID(); seen[id] || !r.more {
			continue
		} else {
			seen[id] = true
		}
		where, args := r.l.keyed(k)
		if err := r.passIf(ctx, k, r.selects+" WHERE "+where, args); err != nil {
			return err
		}
		if r.enough() {
			return nil
		}
		if r.full() {
			r.flush()
		}
	}
	return nil
}

// keyed gives the condition that finds a key, whatever storage class its values have, without leaving the index.
func (l *layout) keyed(k pii.Key) (string, []driver.Value) {
	var where []string
	var args []driver.Value
	for i, v := range k {
		cond, a := l.equals(l.key[i], v)
		where, args = append(where, cond), append(args, a...)
	}
	return strings.Join(where, " AND "), args
}

// equals gives the condition that a column holds a value, as whatever storage class can be written so. What it finds is compared once
// more by the caller: collations and affinities find more than what is equal.
func (l *layout) equals(name string, v pii.Value) (string, []driver.Value) {
	if v.Null() {
		return l.expr(name) + " IS NULL", nil
	}
	c := l.column(name)
	args := storage(v.Reveal())
	if c == nil || l.alias(c) {
		if n, ok := args[len(args)-1].(int64); ok {
			return l.expr(name) + " = ?", []driver.Value{n}
		}
		return "0", nil
	}
	return l.expr(name) + " IN (?" + strings.Repeat(",?", len(args)-1) + ")", args
}

func (r *reader) passIf(ctx context.Context, k pii.Key, query string, args []driver.Value) error {
	rs, err := r.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rs.close()
	for {
		ok, err := rs.next()
		if !ok || err != nil {
			return err
		}
		if r.keyOf(rs.values).Equal(k) {
			r.add(rs.values)
		}
	}
}

// query runs a statement, which is kept prepared while the next ones have the same text. Its rows are closed before the next query.
func (r *reader) query(ctx context.Context, query string, args ...driver.Value) (*rows, error) {
	if r.prepared == nil || r.prepared.text != query {
		r.unprepare()
		var err error
		if r.prepared, err = r.c.prepare(ctx, query); err != nil {
			return nil, err
		}
	}
	return r.prepared.query(ctx, args...)
}

func (r *reader) unprepare() {
	if r.prepared != nil {
		r.prepared.close()
		r.prepared = nil
	}
}

// close lets go of the prepared statements, and leaves the memory of a bare read's batch to the next one.
func (r *reader) close() {
	r.unprepare()
	if r.c.sweep != nil {
		r.c.sweep.finish()
	}
	if r.bare {
		r.c.spare = r.batch
	}
}

// pass reads the rows of a query into batches; full tells that it stopped for the batch to be given.
func (r *reader) pass(ctx context.Context, query string, args ...driver.Value) (full bool, err error) {
	rs, err := r.query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rs.close()
	for n := 0; r.more; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		ok, err := rs.next()
		if !ok || err != nil {
			return false, err
		}
		r.add(rs.values)
		r.reached(rs.values)
		switch {
		case r.enough():
			return false, nil
		case r.full() && r.paged:
			return true, nil
		case r.full():
			r.flush()
		}
	}
	return false, nil
}

func (r *reader) full() bool {
	n := r.batch.Len()
	return n >= r.size || n > 0 && n%16 == 0 && r.batch.Size() >= r.room
}

func (r *reader) enough() bool { return r.limit > 0 && r.given >= r.limit }

// add takes one row.
func (r *reader) add(values []driver.Value) {
	if r.bare {
		for i, place := range r.fields {
			r.batch.Append(i, r.bytes(values[place]))
		}
		r.batch.EndRecord(nil, pii.Digest{})
		r.given++
		return
	}
	key := r.keyOf(values)
	if r.from != "" {
		if key.ID() == r.from {
			r.from = ""
		}
		return
	}
	digest := r.digest(values)
	for i, place := range r.fields {
		r.batch.Append(i, r.written(values, place))
	}
	r.batch.EndRecord(key, digest)
	r.given++
}

func (r *reader) flush() bool {
	if r.batch.Len() > 0 && r.more {
		r.more = r.yield(r.batch, nil)
		r.batch.Reset()
	}
	return r.more
}

// bytes writes a value as text; valid until the next call.
func (r *reader) bytes(v driver.Value) []byte {
	r.text = appendValue(r.text[:0], v)
	if v == nil {
		return nil
	}
	if r.text == nil {
		return []byte{}
	}
	return r.text
}

func (r *reader) keyOf(values []driver.Value) pii.Key {
	if len(r.keys) == 0 {
		return nil
	}
	key := make(pii.Key, len(r.keys))
	for i, place := range r.keys {
		if b := r.bytes(values[place]); b != nil {
			key[i] = pii.NewValue(string(b))
		}
	}
	return key
}

// digest covers every stored column, but the mark of a soft delete, with its storage class. It writes each value once, into a buffer from which the batch takes it.
func (r *reader) digest(values []driver.Value) pii.Digest {
	b := r.buf[:0]
	for i, place := range r.hashed {
		at := len(b)
		b = append(b, class(values[place]), 0, 0, 0, 0)
		b = appendValue(b, values[place])
		binary.LittleEndian.PutUint32(b[at+1:], uint32(len(b)-at-5))
		r.spans[i] = [2]int{at + 5, len(b)}
	}
	r.buf = b
	return sha256.Sum256(b)
}

// written gives a value as digest wrote it last; a generated one, the mark of a soft delete and the rowid are not in the digest.
func (r *reader) written(values []driver.Value, place int) []byte {
	if values[place] == nil {
		return nil
	}
	if place < len(r.inDigest) && r.inDigest[place] >= 0 {
		span := r.spans[r.inDigest[place]]
		return r.buf[span[0]:span[1]]
	}
	return r.bytes(values[place])
}
