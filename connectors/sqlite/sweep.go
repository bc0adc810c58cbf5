package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"unsafe"

	"modernc.org/libc"
	engine "modernc.org/sqlite/lib"

	"vestige/pii"
)

// sweeper is a second way into the same file, for reading ordinary tables whole: it calls the engine beneath the driver, so that a value goes from
// SQLite's page into the batch and is not made a Go value in between, which costs more than all the rest. It cannot write, and whatever it
// cannot do is left to the driver, which says why.
type sweeper struct {
	tls  *libc.TLS
	db   uintptr
	text string // of stmt
	stmt uintptr
}

// sweeper gives the connection's, opened on first use; nil where there is none.
func (c *conn) sweeper() *sweeper {
	if !c.swept && c.as == reading {
		c.swept = true
		c.sweep = c.d.newSweeper()
	}
	return c.sweep
}

func (d *Driver) newSweeper() *sweeper {
	s := &sweeper{tls: libc.NewTLS()}
	path, err := libc.CString(d.uri(d.path, reading))
	if err != nil {
		s.tls.Close()
		return nil
	}
	defer libc.Xfree(s.tls, path)
	into := libc.Xmalloc(s.tls, libc.Tsize_t(unsafe.Sizeof(s.db)))
	defer libc.Xfree(s.tls, into)
	rc := engine.Xsqlite3_open_v2(s.tls, path, into, engine.SQLITE_OPEN_READONLY|engine.SQLITE_OPEN_NOMUTEX|engine.SQLITE_OPEN_URI, 0)
	s.db = *(*uintptr)(pointer(into))
	ok := rc == engine.SQLITE_OK
	if ok {
		engine.Xsqlite3_extended_result_codes(s.tls, s.db, 1)
		engine.Xsqlite3_busy_timeout(s.tls, s.db, int32(min(d.timeout.Milliseconds(), math.MaxInt32)))
	}
	for _, query := range append(d.attaching(reading), d.settings(reading)...) {
		ok = ok && s.prepare(query) && engine.Xsqlite3_step(s.tls, s.stmt) == engine.SQLITE_DONE
		s.finish()
	}
	if !ok {
		s.close()
		return nil
	}
	return s
}

func (s *sweeper) close() {
	s.finish()
	engine.Xsqlite3_close_v2(s.tls, s.db)
	s.tls.Close()
}

// prepare makes the statement ready, unless it is the last one.
func (s *sweeper) prepare(query string) bool {
	if s.stmt != 0 && s.text == query {
		return true
	}
	s.finish()
	text, err := libc.CString(query)
	if err != nil {
		return false
	}
	defer libc.Xfree(s.tls, text)
	into := libc.Xmalloc(s.tls, libc.Tsize_t(unsafe.Sizeof(s.stmt)))
	defer libc.Xfree(s.tls, into)
	if engine.Xsqlite3_prepare_v2(s.tls, s.db, text, -1, into, 0) != engine.SQLITE_OK {
		return false
	}
	s.text, s.stmt = query, *(*uintptr)(pointer(into))
	return s.stmt != 0
}

func (s *sweeper) finish() {
	if s.stmt != 0 {
		engine.Xsqlite3_finalize(s.tls, s.stmt)
		s.stmt, s.text = 0, ""
	}
}

// sweeps gives the sweeper for a table whose values alone are wanted, in the order of its rowid.
func (r *reader) sweeps() *sweeper {
	if !r.bare || r.l.kind != "table" || r.l.withoutRowid || len(r.ordered) != 1 {
		return nil
	}
	return r.c.sweeper()
}

// sweepOrPass reads the rows of a query into batches, by the sweeper where there is one.
func (r *reader) sweepOrPass(ctx context.Context, query string, args ...driver.Value) (full bool, err error) {
	if s := r.sweeps(); s != nil {
		if full, done, err := r.sweep(ctx, s, query, args); done {
			return full, err
		}
	}
	return r.pass(ctx, query, args...)
}

// sweep does what pass does. done is false where the statement could not be begun and nothing was read.
func (r *reader) sweep(ctx context.Context, s *sweeper, query string, args []driver.Value) (full, done bool, err error) {
	if !s.prepare(query) {
		return false, false, nil
	}
	defer engine.Xsqlite3_reset(s.tls, s.stmt)
	for i, v := range args {
		engine.Xsqlite3_bind_int64(s.tls, s.stmt, int32(i+1), asInt(v))
	}
	last, n := int64(0), 0
	defer func() {
		if n > 0 {
			r.after = []driver.Value{last}
		}
	}()
	for ; r.more; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return false, true, ctx.Err()
		}
		switch rc := engine.Xsqlite3_step(s.tls, s.stmt); rc {
		case engine.SQLITE_ROW:
		case engine.SQLITE_DONE:
			return false, true, nil
		default:
			return false, true, r.c.d.kindOf(int(rc), libc.GoString(engine.Xsqlite3_errmsg(s.tls, s.db)))
		}
		last = s.record(r)
		switch {
		case r.enough():
			n++
			return false, true, nil
		case r.full() && r.paged:
			n++
			return true, true, nil
		case r.full():
			r.flush()
		}
	}
	return false, true, nil
}

// record moves the row's values into the batch and gives its rowid.
func (s *sweeper) record(r *reader) int64 {
	row := s.row()
	for i, place := range r.fields {
		s.value(r.batch, i, int32(place), &row[place])
	}
	r.batch.EndRecord(nil, pii.Digest{})
	r.given++
	return engine.Xsqlite3_column_int64(s.tls, s.stmt, int32(r.ordered[0]))
}

// row gives the cells of the row that the statement stands at, as the engine holds them until the next step.
func (s *sweeper) row() []engine.TMem {
	machine := (*engine.TVdbe)(pointer(s.stmt))
	return unsafe.Slice((*engine.TMem)(pointer(machine.FpResultRow)), machine.FnResColumn)
}

// kinds are the bits of a cell that say what is in it; a cell that has one of them alone can be read as it lies there.
const kinds = engine.MEM_Null | engine.MEM_Str | engine.MEM_Int | engine.MEM_Real | engine.MEM_Blob | engine.MEM_IntReal | engine.MEM_Zero

// value moves one cell: what is plain from where it lies, and the rest as the engine gives it.
func (s *sweeper) value(b *pii.Batch, i int, place int32, m *engine.TMem) {
	switch kind := int(m.Fflags) & kinds; {
	case kind == engine.MEM_Int:
		b.AppendInt(i, *(*int64)(unsafe.Pointer(&m.Fu)))
	case kind == engine.MEM_Str && m.Fenc == engine.SQLITE_UTF8 && m.Fz != 0:
		b.Append(i, unsafe.Slice((*byte)(pointer(m.Fz)), m.Fn))
	case kind == engine.MEM_Null:
		b.Append(i, nil)
	case kind == engine.MEM_Real:
		appendReal(b, i, *(*float64)(unsafe.Pointer(&m.Fu)))
	default:
		s.given(b, i, place)
	}
}

func appendReal(b *pii.Batch, i int, f float64) {
	if n := int64(f); float64(n) == f && n != 0 && n < 1<<53 && n > -1<<53 {
		b.AppendInt(i, n)
		return
	}
	var buf [32]byte
	b.Append(i, appendFloat(buf[:0], f))
}

// given moves a cell by the engine's own calls: texts in another encoding, blobs, numbers that are kept as another kind.
func (s *sweeper) given(b *pii.Batch, i int, place int32) {
	v := engine.Xsqlite3_column_value(s.tls, s.stmt, place)
	switch engine.Xsqlite3_value_type(s.tls, v) {
	case engine.SQLITE_INTEGER:
		b.AppendInt(i, engine.Xsqlite3_value_int64(s.tls, v))
	case engine.SQLITE_FLOAT:
		appendReal(b, i, engine.Xsqlite3_value_double(s.tls, v))
	case engine.SQLITE_TEXT:
		b.Append(i, s.bytes(engine.Xsqlite3_value_text(s.tls, v), v))
	case engine.SQLITE_BLOB:
		b.Append(i, s.bytes(engine.Xsqlite3_value_blob(s.tls, v), v))
	default:
		b.Append(i, nil)
	}
}

// bytes gives the bytes at an address of the engine, which are its own until the next step.
func (s *sweeper) bytes(at, v uintptr) []byte {
	n := engine.Xsqlite3_value_bytes(s.tls, v)
	if at == 0 || n == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(pointer(at)), n)
}

// pointer makes a pointer of an address in the engine's memory, which is not Go's and does not move.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }
