package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// part is what the name of a file ends in that a copy is being written to. It takes the target's name when it is whole, so that a copy that was stopped leaves
// nothing that could be taken for one.
const part = ".part"

// entry is an object of the schema.
type entry struct{ kind, name, table, sql string }

// Copy writes a new file, table by table, and gives it its name at the end.
func (d *Driver) Copy(ctx context.Context, to connectors.Driver, m connectors.Mask) error {
	t, ok := to.(*Driver)
	if !ok {
		return errkind.New(errkind.Invalid, "a copy of SQLite is SQLite")
	}
	if len(d.attach) > 0 {
		return errkind.Coded(errkind.Unsupported, "attached-files", "a source with attached files is masked file by file: configure each as a source of its own")
	}
	if err := t.vacant(ctx, d); err != nil {
		return err
	}
	from, err := d.take(ctx, reading)
	if err != nil {
		return err
	}
	defer from.put()
	if _, err := from.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() { _, _ = from.exec(context.WithoutCancel(ctx), "ROLLBACK") }()
	temp := t.path + part
	_ = os.Remove(temp)
	into, err := t.create(temp)
	if err != nil {
		return err
	}
	c := &copying{d: d, from: from, into: into, m: m}
	err = c.all(ctx)
	into.drop()
	if err != nil {
		_ = os.Remove(temp)
		return err
	}
	return errkind.Wrap(errkind.Permission, os.Rename(temp, t.path), "name the target")
}

// vacant tells whether the file is not there, or holds nothing, and is another one than the source's.
func (d *Driver) vacant(ctx context.Context, source *Driver) error {
	info, err := os.Stat(d.path)
	if os.IsNotExist(err) {
		if filepath.Clean(d.path) == filepath.Clean(source.path) {
			return connectors.TargetIsSource()
		}
		return nil
	}
	if err != nil {
		return errkind.Coded(errkind.Permission, "cannot-open", "the target may not be read")
	}
	if own, err := os.Stat(source.path); err == nil && os.SameFile(info, own) {
		return connectors.TargetIsSource()
	}
	if info.Size() == 0 {
		return nil
	}
	c, err := d.take(ctx, reading)
	if err != nil {
		return err
	}
	defer c.drop()
	n, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema")
	if err == nil && n > 0 {
		err = connectors.TargetNotEmpty()
	}
	return err
}

// create opens a new file.
func (d *Driver) create(path string) (*conn, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, errkind.New(errkind.Internal, "SQLite is not there")
	}
	opener := db.Driver()
	_ = db.Close()
	uri, _, _ := strings.Cut(d.uri(path, writing), "?")
	dc, err := opener.Open(uri + "?mode=rwc&_pragma=" + url.QueryEscape("foreign_keys(0)"))
	if err != nil {
		return nil, d.kind(err)
	}
	return &conn{d: d, as: writing, dc: dc}, nil
}

// copying is a copy that is under way.
type copying struct {
	d          *Driver
	from, into *conn
	m          connectors.Mask
}

func (c *copying) all(ctx context.Context) error {
	if err := c.settings(ctx); err != nil {
		return err
	}
	got, err := c.from.all(ctx, "SELECT type, name, tbl_name, coalesce(sql,'') FROM sqlite_schema ORDER BY rowid")
	if err != nil {
		return err
	}
	var entries []entry
	shadows := map[string]bool{}
	for _, g := range got {
		e := entry{asText(g[0]), asText(g[1]), asText(g[2]), asText(g[3])}
		entries = append(entries, e)
	}
	shadow, err := c.from.all(ctx, "SELECT name FROM pragma_table_list WHERE schema='main' AND type='shadow'")
	if err != nil {
		return err
	}
	for _, g := range shadow {
		shadows[asText(g[0])] = true
	}
	entries = slices.DeleteFunc(entries, func(e entry) bool {
		return e.sql == "" || shadows[e.name] || strings.HasPrefix(e.name, "sqlite_")
	})
	if _, err := c.into.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, pass := range []func(context.Context, entry) error{c.table, c.records, c.index, c.rest} {
		for _, e := range entries {
			if err := pass(ctx, e); err != nil {
				return err
			}
		}
	}
	if _, err := c.into.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	return c.whole(ctx)
}

// settings makes the file as the other one is.
func (c *copying) settings(ctx context.Context) error {
	for _, p := range []string{"page_size", "auto_vacuum", "user_version", "application_id"} {
		n, err := c.from.number(ctx, "PRAGMA "+p)
		if err != nil {
			return err
		}
		if _, err := c.into.exec(ctx, fmt.Sprintf("PRAGMA %s=%d", p, n)); err != nil {
			return err
		}
	}
	_, err := c.into.exec(ctx, "PRAGMA journal_mode=DELETE")
	return err
}

// table makes a table. One whose definition holds something of a person is refused by name, since its records could not go anywhere.
func (c *copying) table(ctx context.Context, e entry) error {
	if e.kind != "table" {
		return nil
	}
	if !c.m.Definition(e.sql) {
		return errkind.Coded(errkind.Conflict, "definition-holds-data", "the definition of the table %s holds something of a person (in a default, a rule or a comment)", e.name)
	}
	_, err := c.into.exec(ctx, e.sql)
	return errkind.Wrap(errkind.Of(err), err, "make %s", e.name)
}

func (c *copying) records(ctx context.Context, e entry) error {
	if e.kind != "table" {
		return nil
	}
	l, err := c.d.layout(ctx, c.from, c.d.display("main", e.name))
	if err != nil {
		return err
	}
	if content := l.args["content"]; l.fts() && (l.contentless() || content != "") {
		if l.contentless() {
			c.m.Left(e.name, "a full-text table that keeps tokens only: its text is nowhere to be had")
			return nil
		}
		return nil // made anew from its content table, once that is filled: rest
	}
	if l.kind != "table" && !l.fts() {
		c.m.Left(e.name, "a virtual table")
		return nil
	}
	n, err := c.fill(ctx, l, e.name)
	if err != nil {
		return errkind.Wrap(errkind.Of(err), err, "fill %s", e.name)
	}
	c.m.Told(c.d.display("main", e.name), n)
	return nil
}

// fill copies the records of a table. The rowid goes along, masked, where it is a full-text table's only key.
func (c *copying) fill(ctx context.Context, l *layout, name string) (n int64, err error) {
	var exprs, targets, fields []string
	for _, col := range l.columns {
		if !col.generated {
			exprs, targets, fields = append(exprs, column2expr(col)), append(targets, quote(col.name)), append(fields, col.name)
		}
	}
	if l.fts() {
		exprs, targets, fields = append(exprs, "rowid"), append(targets, "rowid"), append(fields, "rowid")
	}
	insert, err := c.into.dc.(driver.ConnPrepareContext).PrepareContext(ctx, "INSERT INTO "+quote(name)+"("+strings.Join(targets, ",")+") VALUES(?"+strings.Repeat(",?", len(targets)-1)+")")
	if err != nil {
		return 0, c.d.kindIn(ctx, err)
	}
	defer func() { _ = insert.Close() }()
	rs, err := c.from.query(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+quote(name))
	if err != nil {
		return 0, err
	}
	defer rs.close()
	dataset := c.d.display("main", name)
	was, texts := make([][]byte, len(exprs)), make([][]byte, len(exprs))
	for ; ; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		ok, err := rs.next()
		if !ok || err != nil {
			return n, err
		}
		for i, v := range rs.values {
			was[i], texts[i] = nil, nil
			if v != nil {
				was[i] = appendValue([]byte{}, v)
				texts[i] = was[i]
			}
		}
		if err := c.m.Record(dataset, fields, texts); err != nil {
			return n, err
		}
		args := make([]driver.NamedValue, len(texts))
		for i := range texts {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: carried(rs.values[i], was[i], texts[i])}
		}
		if _, err := insert.(driver.StmtExecContext).ExecContext(ctx, args); err != nil {
			return n, c.d.kindIn(ctx, err)
		}
		if n%1000 == 999 {
			c.m.Told(dataset, n+1)
		}
	}
}

// carried gives a text in the storage class of the value in whose place it comes.
func carried(old driver.Value, was, text []byte) driver.Value {
	if text == nil {
		return nil
	}
	if string(was) == string(text) {
		return old
	}
	all := storage(string(text))
	switch old.(type) {
	case []byte:
		return []byte(string(text))
	case int64, float64:
		return all[len(all)-1]
	}
	return string(text)
}

// index makes an index, after the records, which is quicker and tells where two masked values clash.
func (c *copying) index(ctx context.Context, e entry) error {
	if e.kind != "index" {
		return nil
	}
	return c.made(ctx, e)
}

// rest makes views and triggers, and fills the full-text tables that read another one.
func (c *copying) rest(ctx context.Context, e entry) error {
	switch e.kind {
	case "view", "trigger":
		return c.made(ctx, e)
	case "table":
		if mod, args := module(e.sql); strings.HasPrefix(mod, "fts") && args["content"] != "" {
			_, err := c.into.exec(ctx, "INSERT INTO "+quote(e.name)+"("+quote(e.name)+") VALUES('rebuild')")
			return err
		}
	}
	return nil
}

// made makes an object, unless its definition holds something of a person.
func (c *copying) made(ctx context.Context, e entry) error {
	if !c.m.Definition(e.sql) {
		c.m.Left(e.name, "the "+e.kind+"'s definition holds something of a person")
		return nil
	}
	_, err := c.into.exec(ctx, e.sql)
	if errkind.Of(err) == errkind.Unsupported && err != nil {
		c.m.Left(e.name, "the "+e.kind+" needs what is not available here: "+errkind.Code(err))
		return nil
	}
	return errkind.Wrap(errkind.Of(err), err, "make the %s %s", e.kind, e.name)
}

// whole looks whether as many references lead nowhere as in the source.
func (c *copying) whole(ctx context.Context) error {
	var n [2]int64
	for i, x := range []*conn{c.from, c.into} {
		var err error
		if n[i], err = x.number(ctx, "SELECT count(*) FROM pragma_foreign_key_check"); err != nil {
			return err
		}
	}
	if n[0] != n[1] {
		return errkind.Coded(errkind.Conflict, "references-broken", "%d references of the copy lead nowhere, %d of the source do", n[1], n[0])
	}
	return nil
}

// Plant inserts one record.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	c, err := d.take(ctx, writing)
	if err != nil {
		return err
	}
	defer c.put()
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return err
	}
	var targets []string
	var args []driver.Value
	for _, col := range l.columns {
		v, ok := values[col.name]
		if !ok {
			continue
		}
		targets = append(targets, quote(col.name))
		if v.Null() {
			args = append(args, nil)
			continue
		}
		args = append(args, v.Reveal())
	}
	if len(targets) == 0 {
		return errkind.New(errkind.Invalid, "a record to be planted has no value")
	}
	_, err = c.exec(ctx, "INSERT INTO "+l.name()+"("+strings.Join(targets, ",")+") VALUES(?"+strings.Repeat(",?", len(targets)-1)+")", args...)
	return err
}

var (
	_ connectors.Copier  = (*Driver)(nil)
	_ connectors.Planter = (*Driver)(nil)
)
