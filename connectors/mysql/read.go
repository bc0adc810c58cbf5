package mysql

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
	keysPerQuery = 200
)

// Read yields records in the order of their key, in one snapshot. A query's From is the Key.ID of the last record already read.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return d.reading(ctx, q, func(r *reader) error {
		if q.Keys != nil {
			return r.byKeys(ctx, q.Keys)
		}
		return r.scan(ctx)
	})
}

// reading runs what reads in a snapshot of its own, and gives the last batch.
func (d *Driver) reading(ctx context.Context, q connectors.Query, run func(*reader) error) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		c, err := d.take(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		r, err := c.newReader(ctx, q)
		if err == nil {
			err = c.snapshot(ctx)
		}
		if err != nil {
			c.release(ctx, err)
			yield(nil, err)
			return
		}
		r.yield, r.more = yield, true
		if r.unread() {
			err = run(r)
		}
		if err == nil {
			r.flush()
		}
		if r.bare && err == nil {
			c.spare = r.batch
		}
		if !r.cut {
			c.release(ctx, err)
		}
		if err != nil && r.more {
			yield(nil, err)
		}
	}
}

func (c *conn) snapshot(ctx context.Context) error {
	_, err := c.exec(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
	return err
}

// release ends the snapshot and gives the connection back, unless nobody knows how it is.
func (c *conn) release(ctx context.Context, err error) {
	if ctx.Err() != nil || errkind.Code(err) == "connection" {
		c.drop()
		return
	}
	_, err = c.exec(ctx, "ROLLBACK")
	if errkind.Code(err) == "interrupted" { // what was to stop the statement before came after its end
		_, err = c.exec(ctx, "ROLLBACK")
	}
	if err != nil {
		c.drop()
		return
	}
	c.put()
}

// reader turns rows into batches. A row carries every stored column that may be read, since the digest covers them; where only values are wanted, those alone.
type reader struct {
	c       *conn
	l       *layout
	selects string
	places  map[string]int // of columns among the values
	cols    []*column      // by place
	keys    []int          // places of the key's parts
	fields  []int          // places of the batch's columns
	hashed  []int          // places of what the digest covers
	hides   *pii.Field     // by which rows are soft-deleted: the digest leaves it out
	denied  []string       // columns asked for that may not be read
	batch   *pii.Batch
	size    int
	room    int
	limit   int64
	given   int64
	from    string         // skip until the record with this Key.ID has passed
	after   []driver.Value // the key's values of the last row read
	bare    bool
	more    bool // the consumer wants more
	cut     bool // the connection is gone
	yield   func(*pii.Batch, error) bool
	buf     []byte
	text    []byte
}

func (c *conn) newReader(ctx context.Context, q connectors.Query) (*reader, error) {
	l, err := c.known(ctx, &q.Dataset)
	if err != nil {
		return nil, err
	}
	return c.readerOf(l, q)
}

func (c *conn) readerOf(l *layout, q connectors.Query) (*reader, error) {
	r := &reader{c: c, l: l, places: map[string]int{}, size: q.Batch, room: batchBytes, limit: q.Limit, from: q.From, bare: q.Bare && q.From == "" && q.Keys == nil}
	if r.size <= 0 {
		r.size = batchRecords
	}
	if !l.readable() {
		return nil, errkind.Coded(errkind.Permission, "permission", "the credentials do not allow to read %s", q.Dataset.Ref.Dataset)
	}
	return r, r.choose(q)
}

// choose lays out the columns of the SELECT and of the batch.
func (r *reader) choose(q connectors.Query) error {
	r.hides = r.l.hides()
	names := q.Fields
	if names == nil {
		for _, c := range r.l.columns {
			names = append(names, c.name)
		}
	}
	var fields []pii.Field
	var wanted []string
	for _, name := range names {
		c := r.l.column(name)
		switch {
		case c == nil:
			return errkind.Coded(errkind.NotFound, "no-such-field", "the table %s has no such column", q.Dataset.Ref.Dataset)
		case c.denied:
			r.denied = append(r.denied, name)
			continue
		}
		f := r.l.field(c)
		if have := q.Dataset.Field(name); have != nil {
			f = *have
		}
		fields, wanted = append(fields, f), append(wanted, name)
	}
	var exprs []string
	for i := range r.l.columns {
		c := &r.l.columns[i]
		if c.denied || r.bare && !contains(wanted, c.name) {
			continue
		}
		r.places[c.name] = len(exprs)
		r.cols = append(r.cols, c)
		if !c.generated && (r.hides == nil || r.hides.Column != c.name) {
			r.hashed = append(r.hashed, len(exprs))
		}
		exprs = append(exprs, c.expr())
	}
	if len(exprs) == 0 {
		exprs = []string{"1"}
	}
	for _, name := range wanted {
		r.fields = append(r.fields, r.places[name])
	}
	if !r.bare {
		for _, k := range r.l.key {
			r.keys = append(r.keys, r.places[k])
		}
	}
	r.selects = "SELECT " + strings.Join(exprs, ", ") + " FROM " + r.l.name()
	r.batch = pii.NewBatch(q.Dataset.Ref, fields)
	if r.bare && r.c.spare != nil {
		r.batch.Adopt(r.c.spare)
		r.c.spare = nil
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// unread passes on the columns that may not be read, as gaps.
func (r *reader) unread() bool {
	for _, name := range r.denied {
		g := pii.Gap{Code: "permission", At: r.batch.Dataset.In(name), Text: "the credentials do not allow to read the column", Records: -1}
		if r.more = r.yield(pii.GapBatch(g), nil); !r.more {
			return false
		}
	}
	return true
}

// byKeys reads the records with those keys, in the order of the keys; a key that nothing has is left out.
func (r *reader) byKeys(ctx context.Context, keys []pii.Key) error {
	seen := map[string]bool{}
	for len(keys) > 0 && r.more && !r.enough() {
		part := keys[:min(len(keys), keysPerQuery)]
		keys = keys[len(part):]
		found, err := r.keyed(ctx, part, "")
		if err != nil {
			return err
		}
		for _, k := range part {
			id := k.ID()
			if values, ok := found[id]; ok && !seen[id] && !r.enough() && r.more {
				seen[id] = true
				r.add(values)
				if r.full() {
					r.flush()
				}
			}
		}
	}
	return nil
}

// keyed gives the rows with those keys, byte by byte, by Key.ID.
func (r *reader) keyed(ctx context.Context, keys []pii.Key, lock string) (map[string][]driver.Value, error) {
	var tuples []string
	want := map[string]bool{}
	for _, k := range keys {
		if len(k) != len(r.l.key) || len(k) == 0 {
			return nil, errkind.New(errkind.Invalid, "a key of %s has %d parts", r.batch.Dataset.Dataset, len(r.l.key))
		}
		tuple, ok := r.l.tuple(k)
		if id := k.ID(); ok && !want[id] {
			want[id] = true
			tuples = append(tuples, tuple)
		}
	}
	out := map[string][]driver.Value{}
	if len(tuples) == 0 {
		return out, nil
	}
	rs, err := r.c.query(ctx, r.selects+" WHERE ("+r.l.exprs(r.l.key)+") IN ("+strings.Join(tuples, ", ")+")"+lock)
	if err != nil {
		return nil, err
	}
	defer func() { r.cut = !rs.close() || r.cut }()
	for {
		ok, err := rs.next()
		if !ok || err != nil {
			return out, err
		}
		if id := r.keyOf(rs.values).ID(); want[id] {
			out[id] = kept(rs.values)
		}
	}
}

// exprs writes columns for SQL, as they are compared.
func (l *layout) exprs(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = l.column(n).expr()
	}
	return strings.Join(out, ", ")
}

// tuple writes a key for SQL; ok is false where no record can have it.
func (l *layout) tuple(k pii.Key) (string, bool) {
	parts := make([]string, len(k))
	for i, v := range k {
		s, ok := l.column(l.key[i]).literal(v.Reveal())
		if !ok || v.Null() {
			return "", false
		}
		parts[i] = s
	}
	return "(" + strings.Join(parts, ", ") + ")", true
}

// pass reads the rows of a query into batches. It tells whether all of them were read.
func (r *reader) pass(ctx context.Context, query string) (err error) {
	rs, err := r.c.query(ctx, query)
	if err != nil {
		return err
	}
	defer func() { r.cut = !rs.close() || r.cut }()
	for n := 0; r.more; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		ok, err := rs.next()
		if !ok || err != nil {
			return err
		}
		r.add(rs.values)
		if r.enough() {
			return nil
		}
		if r.full() {
			r.reached(rs.values)
			r.flush()
		}
	}
	return nil
}

// reached remembers a row as the last one given.
func (r *reader) reached(values []driver.Value) {
	r.after = r.after[:0]
	for _, place := range r.keys {
		r.after = append(r.after, kept(values[place : place+1])[0])
	}
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
			r.batch.Append(i, r.bytes(place, values[place]))
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
		r.batch.Append(i, r.bytes(place, values[place]))
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

// bytes writes a value in canonical form; valid until the next call.
func (r *reader) bytes(place int, v driver.Value) []byte {
	if v == nil {
		return nil
	}
	if r.text = r.cols[place].sort.append(r.text[:0], v); r.text == nil {
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
		if b := r.bytes(place, values[place]); b != nil {
			key[i] = pii.NewValue(string(b))
		}
	}
	return key
}

// digest covers every stored column that may be read, but the mark of a soft delete.
func (r *reader) digest(values []driver.Value) pii.Digest {
	b := r.buf[:0]
	for _, place := range r.hashed {
		at := len(b)
		b = append(b, class(values[place]), 0, 0, 0, 0)
		b = r.cols[place].sort.append(b, values[place])
		binary.LittleEndian.PutUint32(b[at+1:], uint32(len(b)-at-5))
	}
	r.buf = b
	return sha256.Sum256(b)
}
