package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"strings"

	"modernc.org/sqlite"

	"vestige/internal/errkind"
	"vestige/pii"
)

// access says what a connection may do.
type access bool

const (
	reading access = false
	writing access = true
)

// conn is one connection to the database with all files attached. It drives SQLite beneath database/sql, so that a row costs no more
// than its values.
type conn struct {
	d     *Driver
	as    access
	dc    driver.Conn
	sweep *sweeper
	swept bool       // whether sweep was tried
	spare *pii.Batch // of the last bare read, for its memory
	short map[string]*prepared
}

// mostIdle is how many connections wait for the next query. A new one reads the whole schema.
const mostIdle = 8

// take gives an idle connection or opens one; put gives it back.
func (d *Driver) take(ctx context.Context, as access) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, errkind.New(errkind.Invalid, "the database is closed")
	}
	if n := len(d.idle[as]); n > 0 {
		c := d.idle[as][n-1]
		d.idle[as] = d.idle[as][:n-1]
		d.mu.Unlock()
		return c, nil
	}
	d.mu.Unlock()
	return d.dial(ctx, as)
}

func (c *conn) put() {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.d.closed || len(c.d.idle[c.as]) >= mostIdle {
		c.drop()
		return
	}
	c.d.idle[c.as] = append(c.d.idle[c.as], c)
}

// drop closes a connection, rather than giving it back.
func (c *conn) drop() {
	if c.sweep != nil {
		c.sweep.close()
	}
	c.forget()
	_ = c.dc.Close()
}

// dial opens a connection and attaches the further files. A file that does not exist is never created.
func (d *Driver) dial(ctx context.Context, as access) (*conn, error) {
	if err := d.present(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, errkind.New(errkind.Internal, "SQLite is not there")
	}
	opener := db.Driver()
	_ = db.Close()
	dc, err := opener.Open(d.uri(d.path, as))
	if err != nil {
		return nil, d.kind(err)
	}
	c := &conn{d: d, as: as, dc: dc}
	for _, s := range append(d.attaching(as), d.settings(as)...) {
		if _, err := c.exec(ctx, s); err != nil {
			_ = dc.Close()
			return nil, err
		}
	}
	return c, nil
}

func (d *Driver) uri(path string, as access) string {
	mode := "ro"
	if as == writing {
		mode = "rw"
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", `\`, "/").Replace(path)
	if strings.HasPrefix(escaped, "//") {
		escaped = "//" + escaped
	}
	return "file:" + escaped + "?mode=" + mode + "&_pragma=" + url.QueryEscape("busy_timeout("+millis(d.timeout)+")")
}

func (d *Driver) attaching(as access) []string {
	var out []string
	for _, schema := range d.schemas()[1:] {
		path, _, _ := strings.Cut(d.uri(d.attach[schema], as), "&")
		out = append(out, "ATTACH '"+strings.ReplaceAll(path, "'", "''")+"' AS "+quote(schema))
	}
	return out
}

func (d *Driver) settings(as access) []string {
	if as == reading {
		return []string{"PRAGMA query_only=ON", "PRAGMA trusted_schema=OFF"}
	}
	out := []string{"PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", "PRAGMA recursive_triggers=OFF"}
	if d.secure {
		for _, schema := range d.schemas() {
			out = append(out, "PRAGMA "+quote(schema)+".secure_delete=ON")
		}
	}
	return out
}

// exec runs a statement and gives the number of rows that it changed by itself, cascades and triggers left out.
func (c *conn) exec(ctx context.Context, query string, args ...driver.Value) (int64, error) {
	r, err := c.dc.(driver.ExecerContext).ExecContext(ctx, query, named(args))
	if err != nil {
		return 0, c.d.kindIn(ctx, err)
	}
	n, err := r.RowsAffected()
	return n, err
}

// rows are what a query gives; values are valid until the next call of next.
type rows struct {
	c      *conn
	r      driver.Rows
	values []driver.Value
}

func (c *conn) query(ctx context.Context, query string, args ...driver.Value) (*rows, error) {
	r, err := c.dc.(driver.QueryerContext).QueryContext(ctx, query, named(args))
	if err != nil {
		return nil, c.d.kindIn(ctx, err)
	}
	return &rows{c: c, r: r, values: make([]driver.Value, len(r.Columns()))}, nil
}

// prepared is a statement that runs more than once. Only the rows of one run are open at a time.
type prepared struct {
	c    *conn
	text string
	s    driver.Stmt
}

func (c *conn) prepare(ctx context.Context, query string) (*prepared, error) {
	s, err := c.dc.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, c.d.kindIn(ctx, err)
	}
	return &prepared{c: c, text: query, s: s}, nil
}

func (p *prepared) query(ctx context.Context, args ...driver.Value) (*rows, error) {
	r, err := p.s.(driver.StmtQueryContext).QueryContext(ctx, named(args))
	if err != nil {
		return nil, p.c.d.kindIn(ctx, err)
	}
	return &rows{c: p.c, r: r, values: make([]driver.Value, len(r.Columns()))}, nil
}

func (p *prepared) close() { _ = p.s.Close() }

func (r *rows) next() (bool, error) {
	err := r.r.Next(r.values)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil, r.c.d.kind(err)
}

func (r *rows) close() { _ = r.r.Close() }

// all reads a short result. What is asked of every table stays prepared where nothing is written.
func (c *conn) all(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	var r *rows
	var err error
	if c.as == reading && len(args) > 0 {
		r, err = c.again(ctx, query, args)
	} else {
		r, err = c.query(ctx, query, args...)
	}
	if err != nil {
		return nil, err
	}
	return r.rest()
}

// mostShort is how many statements a connection keeps prepared.
const mostShort = 32

// again runs a statement that was run before, or will be.
func (c *conn) again(ctx context.Context, query string, args []driver.Value) (*rows, error) {
	p := c.short[query]
	if p == nil {
		var err error
		if p, err = c.prepare(ctx, query); err != nil {
			return nil, err
		}
		if c.short == nil || len(c.short) == mostShort {
			c.forget()
			c.short = map[string]*prepared{}
		}
		c.short[query] = p
	}
	return p.query(ctx, args...)
}

// forget lets go of the statements that are kept.
func (c *conn) forget() {
	for _, p := range c.short {
		p.close()
	}
	c.short = nil
}

// rest reads what is left, and closes.
func (r *rows) rest() (out [][]driver.Value, err error) {
	defer r.close()
	for {
		ok, err := r.next()
		if !ok || err != nil {
			return out, err
		}
		out = append(out, append([]driver.Value(nil), r.values...))
	}
}

// number reads one whole number; 0 where there is none.
func (c *conn) number(ctx context.Context, query string, args ...driver.Value) (int64, error) {
	got, err := c.all(ctx, query, args...)
	if err != nil || len(got) == 0 {
		return 0, err
	}
	return asInt(got[0][0]), nil
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

func asInt(v driver.Value) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

func asText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (d *Driver) kindIn(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && err != nil {
		return ended
	}
	return d.kind(err)
}

// kind gives an error of SQLite its kind and a text of our own: SQLite's may quote names of values, or values.
func (d *Driver) kind(err error) error {
	var se *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case !errors.As(err, &se):
		return errkind.New(errkind.Internal, "SQLite refuses a call")
	}
	return d.kindOf(se.Code(), se.Error())
}

// kindOf gives a result its kind; what SQLite said is looked at and not passed on.
func (d *Driver) kindOf(code int, said string) error {
	if code == resultError {
		switch {
		case strings.Contains(said, "no such module"):
			return errkind.Coded(errkind.Unsupported, "no-module", "the table's module is not available")
		case strings.Contains(said, "no such table"):
			return errkind.Coded(errkind.NotFound, "no-such-dataset", "a table does not exist")
		case strings.Contains(said, "no such column"):
			return errkind.Coded(errkind.NotFound, "no-such-field", "a column does not exist")
		case strings.Contains(said, "no such function"), strings.Contains(said, "no such collation"):
			return errkind.Coded(errkind.Unsupported, "no-function", "a function or collation of the application is not available")
		}
	}
	for _, r := range results {
		if r.code == code || r.code == code&0xff {
			return errkind.Coded(r.kind, r.name, "%s", r.text)
		}
	}
	return errkind.New(errkind.Internal, "SQLite result %d", code)
}

// resultError is SQLite's code for everything without a code of its own.
const resultError = 1

// results are SQLite's codes, extended ones before those they belong to.
var results = []struct {
	code int
	kind errkind.Kind
	name string
	text string
}{
	{1299, errkind.Conflict, "not-null", "a column may not be NULL"},
	{275, errkind.Conflict, "check", "a CHECK constraint does not hold"},
	{787, errkind.Conflict, "referred-to", "other records refer to the record"},
	{1811, errkind.Conflict, "trigger", "a trigger refuses the change"},
	{2067, errkind.Conflict, "unique", "another record has the same unique values"},
	{1555, errkind.Conflict, "unique", "another record has the same key"},
	{resultError, errkind.Internal, "sql", "SQLite refuses a statement"},
	{3, errkind.Permission, "no-permission", "the file may not be used so"},
	{4, errkind.Transient, "aborted", "SQLite aborted the call"},
	{5, errkind.Transient, "locked", "another connection holds the database's lock"},
	{6, errkind.Transient, "locked", "a table is locked"},
	{8, errkind.Permission, "not-writable", "the database may not be written to"},
	{9, errkind.Canceled, "interrupted", "the call was interrupted"},
	{10, errkind.Transient, "input-output", "the file cannot be read or written"},
	{11, errkind.Invalid, "corrupt", "the database file is damaged"},
	{13, errkind.Transient, "no-space", "the disk is full"},
	{14, errkind.Permission, "cannot-open", "the database file cannot be opened"},
	{17, errkind.Transient, "schema-changed", "the schema has changed"},
	{18, errkind.Invalid, "too-large", "a value is too large"},
	{19, errkind.Conflict, "constraint", "a constraint does not hold"},
	{20, errkind.Conflict, "type", "a value does not fit the column's type"},
	{23, errkind.Permission, "no-permission", "the call is not allowed"},
	{26, errkind.Invalid, "not-a-database", "the file is not a database"},
}
