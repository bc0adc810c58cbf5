package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	batchRecords = 512
	batchBytes   = 1 << 20
	// keysPerQuery bounds the parameters of one statement.
	keysPerQuery = 200
)

// Read yields records in the order of their key, or as they lie where there is none, in one snapshot. A query's From is the Key.ID of the last record
// already read.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		d.with(ctx, q, yield, func(r *reader) error {
			switch {
			case q.Keys != nil:
				return r.byKeys(ctx, q.Keys)
			case q.Bare && q.From == "":
				return r.copy(ctx, "", q.Limit)
			}
			return r.scan(ctx, q)
		})
	}
}

// with opens a session and a reader, runs, and gives what is left. What fails for this dataset alone is a gap.
func (d *Driver) with(ctx context.Context, q connectors.Query, yield func(*pii.Batch, error) bool, run func(*reader) error) {
	c, err := d.take(ctx, reading)
	if err != nil {
		yield(nil, err)
		return
	}
	r, err := d.newReader(ctx, c, q)
	if err == nil {
		r.yield, r.more = yield, true
		if err = run(r); errors.Is(err, errEnough) {
			err = nil
		}
		if err == nil {
			r.flush()
		}
		if r.bare && err == nil {
			c.spare = r.batch
		}
	}
	if c.pc.IsBusy() || c.pc.IsClosed() {
		c.drop()
	} else {
		c.put()
	}
	switch {
	case err == nil || r != nil && !r.more:
	case r != nil && partial(err):
		if r.flush() {
			yield(pii.GapBatch(pii.Gap{Code: errkind.Code(err), At: q.Dataset.Ref, Text: err.Error(), Records: -1}), nil)
		}
	default:
		yield(nil, err)
	}
}

// errEnough ends a statement whose rows nobody wants any more.
var errEnough = errors.New("enough")

// reader turns rows into batches. Unless only values are wanted each row carries every stored column, since the digest covers them.
type reader struct {
	c       *conn
	l       *layout
	selects []string // expressions
	forms   []form
	places  map[string]int // of columns among the values
	keys    []int          // places of the key's parts
	fields  []int          // places of the batch's columns
	hashed  []int          // places of what the digest covers
	hides   *pii.Field     // by which rows are soft-deleted: the digest leaves it out
	ctid    int            // place of the row's own place in the table, -1 where it is not asked for
	batch   *pii.Batch
	size    int
	bare    bool
	more    bool // the consumer wants more
	yield   func(*pii.Batch, error) bool

	buf   []byte
	spans [][2]int // of each value in buf; -1 for NULL
}

func (d *Driver) newReader(ctx context.Context, c *conn, q connectors.Query) (*reader, error) {
	l, err := d.layout(ctx, c, q.Dataset.Ref.Dataset)
	if err != nil {
		return nil, err
	}
	return newReader(c, l.as(&q.Dataset), q)
}

func newReader(c *conn, l *layout, q connectors.Query) (*reader, error) {
	r := &reader{c: c, l: l, size: q.Batch, places: map[string]int{}, ctid: -1, bare: q.Bare && q.From == "" && q.Keys == nil}
	if r.size <= 0 {
		r.size = batchRecords
	}
	r.size = min(r.size, 8192)
	return r, r.choose(q)
}

// choose lays out the columns of the SELECT and of the batch.
func (r *reader) choose(q connectors.Query) error {
	r.hides = r.l.hides()
	names := q.Fields
	if names == nil {
		for i := range r.l.columns {
			names = append(names, r.l.columns[i].name)
		}
	}
	for i := range r.l.columns {
		col := &r.l.columns[i]
		wanted := slices.Contains(names, col.name)
		if r.bare && !wanted || !r.bare && col.computed && !wanted && !slices.Contains(r.l.key, col.name) {
			continue
		}
		r.places[col.name] = len(r.selects)
		if r.covers(col) {
			r.hashed = append(r.hashed, len(r.selects))
		}
		r.selects, r.forms = append(r.selects, col.expr()), append(r.forms, col.t.form)
	}
	if !r.bare {
		for _, k := range r.l.key {
			r.keys = append(r.keys, r.places[k])
		}
	}
	var fields []pii.Field
	for _, name := range names {
		place, ok := r.places[name]
		if !ok {
			return errkind.Coded(errkind.NotFound, "no-such-field", "the table %s has no such column", q.Dataset.Ref.Dataset)
		}
		r.fields = append(r.fields, place)
		fields = append(fields, r.l.field(&q.Dataset, name))
	}
	r.spans = make([][2]int, len(r.selects)+1)
	r.batch = pii.NewBatch(q.Dataset.Ref, fields)
	if r.bare && r.c.spare != nil {
		r.batch.Adopt(r.c.spare)
		r.c.spare = nil
	}
	return nil
}

// located adds the row's own place to what is selected.
func (r *reader) located() {
	r.ctid = len(r.selects)
	r.selects, r.forms = append(r.selects, "tableoid::pg_catalog.int8::pg_catalog.text||ctid::pg_catalog.text"), append(r.forms, asText)
}

func (r *reader) sql(rest string) string {
	list := strings.Join(r.selects, ", ")
	if list == "" {
		list = "NULL"
	}
	return "SELECT " + list + " FROM " + r.l.name() + rest
}

// field gives the field as it was discovered, else as it stands in the catalog.
func (l *layout) field(d *pii.Dataset, name string) pii.Field {
	if f := d.Field(name); f != nil {
		return *f
	}
	c := l.column(name)
	return pii.Field{Name: name, Column: name, Type: c.t.field(), Native: c.native, NotNull: c.notNull, Generated: c.generated}
}

// byKeys reads the records with those keys; a key that nothing has is left out.
func (r *reader) byKeys(ctx context.Context, keys []pii.Key) error {
	seen := map[string]bool{}
	var wanted []pii.Key
	for _, k := range keys {
		if len(k) != len(r.l.key) || len(k) == 0 {
			return errkind.New(errkind.Invalid, "a key of %s has %d parts", r.batch.Dataset.Dataset, len(r.l.key))
		}
		if id := k.ID(); !seen[id] {
			seen[id] = true
			wanted = append(wanted, k)
		}
	}
	for part := range slices.Chunk(wanted, keysPerQuery) {
		where, args := r.l.keyed(part)
		if where == "" {
			continue
		}
		err := r.rows(ctx, r.sql(" WHERE "+where), args, func() error {
			if !seen[r.key().ID()] {
				return nil
			}
			return r.take()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keyed gives the condition that finds keys; what it finds is compared once more by the caller. It is empty where no value of a key can be one of its column.
func (l *layout) keyed(keys []pii.Key) (string, []param) {
	if len(l.key) == 1 {
		values := make([]pii.Value, len(keys))
		for i, k := range keys {
			values[i] = k[0]
		}
		return l.oneOf(l.column(l.key[0]), values)
	}
	var tuples []string
	var args []param
	for _, k := range keys {
		fits := true
		for i, v := range k {
			fits = fits && l.column(l.key[i]).accepts(v)
		}
		if !fits {
			continue
		}
		var marks []string
		for i, v := range k {
			args = append(args, l.column(l.key[i]).param(v))
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		tuples = append(tuples, "("+strings.Join(marks, ",")+")")
	}
	if len(tuples) == 0 {
		return "", nil
	}
	return "(" + names(l.key) + ") IN (" + strings.Join(tuples, ",") + ")", args
}

// oneOf gives the condition that a column holds one of the values, which travel as one array: a parameter for each costs the server more than the look. It is empty where no value can
// be one of the column.
func (l *layout) oneOf(c *column, values []pii.Value) (string, []param) {
	list, n := []byte{'{'}, 0
	for _, v := range values {
		if !c.accepts(v) {
			continue
		}
		if n++; n > 1 {
			list = append(list, ',')
		}
		list = append(list, '"')
		for _, b := range c.param(v).text {
			if b == '"' || b == '\\' {
				list = append(list, '\\')
			}
			list = append(list, b)
		}
		list = append(list, '"')
	}
	if n == 0 {
		return "", nil
	}
	return quote(c.name) + " = ANY($1::pg_catalog.text[]::" + quote(c.t.schema) + "." + quote(c.t.name) + "[])", []param{{append(list, '}'), 1009}}
}

// scan reads the whole table from where a query begins.
func (r *reader) scan(ctx context.Context, q connectors.Query) error {
	rest, args := "", []param(nil)
	if q.From != "" {
		key, ok := pii.ParseKey(q.From)
		if !ok || len(key) != len(r.l.key) || len(key) == 0 {
			return errkind.New(errkind.Invalid, "the cursor is not one of %s", r.batch.Dataset.Dataset)
		}
		var marks []string
		for i, v := range key {
			args = append(args, r.l.column(r.l.key[i]).param(v))
			marks = append(marks, "$"+strconv.Itoa(i+1))
		}
		rest = " WHERE (" + names(r.l.key) + ") > (" + strings.Join(marks, ",") + ")"
	}
	if len(r.l.key) > 0 {
		rest += " ORDER BY " + names(r.l.key)
	}
	if q.Limit > 0 {
		rest += " LIMIT " + strconv.FormatInt(q.Limit, 10)
	}
	return r.rows(ctx, r.sql(rest), args, r.take)
}

// rows runs a statement and looks at each row, which then stands in buf and spans.
func (r *reader) rows(ctx context.Context, sql string, args []param, look func() error) error {
	values, oids := bind(args)
	rr := r.c.pc.ExecParams(ctx, sql, values, oids, nil, []int16{1})
	for n := 0; rr.NextRow(); n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.decode(rr.Values())
		if err == nil {
			err = look()
		}
		if err != nil {
			return err
		}
	}
	_, err := rr.Close()
	return r.c.kind(ctx, err)
}

// decode writes a row's values into buf, each behind its length, as the digest covers them.
func (r *reader) decode(values [][]byte) (err error) {
	if len(values) != len(r.forms) && len(r.forms) > 0 {
		return garbled()
	}
	b := r.buf[:0]
	for i, f := range r.forms {
		at := len(b)
		b = append(b, 0, 0, 0, 0, 0)
		if values[i] == nil {
			r.spans[i] = [2]int{-1, 0}
			continue
		}
		if b, err = appendValue(b, f, values[i]); err != nil {
			return err
		}
		b[at] = 1
		binary.LittleEndian.PutUint32(b[at+1:], uint32(len(b)-at-5))
		r.spans[i] = [2]int{at + 5, len(b)}
	}
	r.buf = b
	return nil
}

// value gives a decoded value; nil is NULL.
func (r *reader) value(place int) []byte {
	span := r.spans[place]
	if span[0] < 0 {
		return nil
	}
	return r.buf[span[0]:span[1]:span[1]]
}

func (r *reader) key() pii.Key {
	if len(r.keys) == 0 {
		return nil
	}
	key := make(pii.Key, len(r.keys))
	for i, place := range r.keys {
		if b := r.value(place); b != nil {
			key[i] = pii.NewValue(string(b))
		}
	}
	return key
}

// covers tells whether the digest covers a column: every stored one but the mark of a soft delete.
func (r *reader) covers(c *column) bool {
	return !c.computed && (r.hides == nil || r.hides.Column != c.name)
}

// digest covers what covers says.
func (r *reader) digest() pii.Digest {
	if len(r.hashed) == len(r.selects) {
		return sha256.Sum256(r.buf)
	}
	var b []byte
	for _, place := range r.hashed {
		b = appendHashed(b, r.value(place))
	}
	return sha256.Sum256(b)
}

func appendHashed(b, v []byte) []byte {
	if v == nil {
		return append(b, 0, 0, 0, 0, 0)
	}
	b = binary.LittleEndian.AppendUint32(append(b, 1), uint32(len(v)))
	return append(b, v...)
}

// take adds the row to the batch, and gives the batch when it is full.
func (r *reader) take() error {
	for i, place := range r.fields {
		r.batch.Append(i, r.value(place))
	}
	r.batch.EndRecord(r.key(), r.digest())
	return r.filled()
}

func (r *reader) filled() error {
	if n := r.batch.Len(); n >= r.size || n%16 == 0 && r.batch.Size() >= batchBytes {
		if !r.flush() {
			return errEnough
		}
	}
	return nil
}

func (r *reader) flush() bool {
	if r.batch.Len() > 0 && r.more {
		r.more = r.yield(r.batch, nil)
		r.batch.Reset()
	}
	return r.more
}
