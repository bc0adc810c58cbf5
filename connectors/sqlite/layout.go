package sqlite

import (
	"context"
	"slices"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// layout is how a table stands in the live schema. Before every query SQLite is asked whether the schema is still the one that it was read from, so that no
// change goes unseen.
type layout struct {
	schema, table string
	kind          string // table, view, virtual
	sql           string
	withoutRowid  bool
	columns       []column
	rowid         string // a name by which SQL reaches the rowid; "" where there is none
	key           []string
	module        string
	args          map[string]string // of the module
	passing       bool              // the key was chosen by what the table held
}

// seenLayout is a layout with the version of the schema that it was read from.
type seenLayout struct {
	layout
	version int64
}

// mostLayouts bounds how many are remembered, of a kilobyte or so each: more than nearly all databases have, since one that has more is read a table at a time, each
// as often as the others.
const mostLayouts = 16_384

type column struct {
	name      string
	decl      string
	notNull   bool
	dflt      bool
	pk        int
	generated bool
	affinity  affinity
}

// affinity is what SQLite makes of values that are stored in a column.
type affinity byte

const (
	blobAffinity affinity = iota
	textAffinity
	numericAffinity
	integerAffinity
	realAffinity
)

// affinityOf follows the rules of SQLite's documentation, section 3.1 of "Datatypes".
func affinityOf(decl string) affinity {
	decl = strings.ToUpper(decl)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(decl, w) })
	}
	switch {
	case has("INT"):
		return integerAffinity
	case has("CHAR", "CLOB", "TEXT"):
		return textAffinity
	case decl == "" || decl == "ANY" || has("BLOB"):
		return blobAffinity
	case has("REAL", "FLOA", "DOUB"): //nolint:misspell // so begin the types that SQLite takes for REAL
		return realAffinity
	}
	return numericAffinity
}

// fts tells whether the table is a full-text one.
func (l *layout) fts() bool { return strings.HasPrefix(l.module, "fts") }

// contentless tells whether a full-text table keeps tokens only.
func (l *layout) contentless() bool {
	content, set := l.args["content"]
	return l.fts() && set && content == ""
}

// name writes the table for SQL.
func (l *layout) name() string { return quote(l.schema) + "." + quote(l.table) }

func (l *layout) column(name string) *column {
	for i := range l.columns {
		if l.columns[i].name == name {
			return &l.columns[i]
		}
	}
	return nil
}

// byRowid tells whether the key is the rowid, by whatever name.
func (l *layout) byRowid() bool {
	if len(l.key) != 1 || l.rowid == "" {
		return false
	}
	c := l.column(l.key[0])
	return c == nil || l.alias(c)
}

// alias tells whether the column is another name of the rowid.
func (l *layout) alias(c *column) bool {
	return l.kind == "table" && !l.withoutRowid && c.pk == 1 && len(l.primary()) == 1 && strings.EqualFold(c.decl, "INTEGER")
}

// rowidColumn gives the column that is another name of the rowid, "" where there is none.
func (l *layout) rowidColumn() string {
	if p := l.primary(); len(p) == 1 && l.alias(l.column(p[0])) {
		return p[0]
	}
	return ""
}

func (l *layout) primary() []string {
	var out []string
	for n := 1; ; n++ {
		i := slices.IndexFunc(l.columns, func(c column) bool { return c.pk == n })
		if i < 0 {
			return out
		}
		out = append(out, l.columns[i].name)
	}
}

// layout gives how a dataset stands in the schema.
func (d *Driver) layout(ctx context.Context, c *conn, dataset string) (*layout, error) {
	schema, table := d.resolve(dataset)
	if c.as == writing {
		return readLayout(ctx, c, schema, table)
	}
	version, err := c.again(ctx, "PRAGMA "+quote(schema)+".schema_version", nil)
	if err != nil {
		return nil, err
	}
	got, err := version.rest()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	old, ok := d.layouts[dataset]
	d.mu.Unlock()
	if ok && len(got) == 1 && old.version == asInt(got[0][0]) {
		return &old.layout, nil
	}
	l, err := readLayout(ctx, c, schema, table)
	if err == nil && len(got) == 1 && !l.passing {
		d.remember(dataset, seenLayout{*l, asInt(got[0][0])})
	}
	return l, err
}

func (d *Driver) remember(dataset string, l seenLayout) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.layouts) >= mostLayouts {
		for old := range d.layouts { // any one
			delete(d.layouts, old)
			break
		}
	}
	d.layouts[dataset] = l
}

// readLayout reads how a table stands in the schema.
func readLayout(ctx context.Context, c *conn, schema, table string) (*layout, error) {
	l := &layout{schema: schema, table: table}
	got, err := c.all(ctx, "SELECT type, coalesce(sql,'') FROM "+quote(schema)+".sqlite_schema WHERE name=? AND type IN ('table','view')", table)
	if err != nil {
		return nil, err
	}
	if len(got) == 0 {
		return nil, errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no table %s", c.d.display(schema, table))
	}
	l.kind, l.sql = asText(got[0][0]), asText(got[0][1])
	if l.kind == "table" {
		if l.module, l.args = module(l.sql); !strings.Contains(strings.ToUpper(l.sql), "VIRTUAL") {
			l.module = ""
		}
		if l.module != "" {
			l.kind = "virtual"
		}
	}
	if err := l.readColumns(ctx, c); err != nil {
		return nil, err
	}
	return l, l.findKey(ctx, c)
}

func (l *layout) readColumns(ctx context.Context, c *conn) error {
	got, err := c.all(ctx, "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?, ?) ORDER BY cid", l.table, l.schema)
	if err != nil {
		return err
	}
	for _, r := range got {
		hidden := asInt(r[5])
		if hidden == 1 {
			continue
		}
		l.columns = append(l.columns, column{name: asText(r[0]), decl: asText(r[1]), notNull: asInt(r[2]) != 0, dflt: asInt(r[3]) != 0,
			pk: int(asInt(r[4])), generated: hidden > 1, affinity: affinityOf(asText(r[1]))})
	}
	if l.kind != "table" {
		return nil
	}
	without, err := c.number(ctx, "SELECT wr FROM pragma_table_list(?) WHERE schema=?", l.table, l.schema)
	l.withoutRowid = without != 0
	return err
}

// untyped tells whether a column keeps 1, '1' and x'31' apart, which as text are one key.
func untyped(decl string) bool { return decl == "" || strings.EqualFold(decl, "ANY") }

// findKey takes the primary key, unless it is one that can be NULL and is, or whose values are not told apart as text; else the rowid.
func (l *layout) findKey(ctx context.Context, c *conn) error {
	if l.kind == "view" || l.kind == "virtual" && !l.fts() {
		return nil
	}
	if !l.withoutRowid {
		for _, name := range []string{"rowid", "_rowid_", "oid"} {
			if !slices.ContainsFunc(l.columns, func(c column) bool { return strings.EqualFold(c.name, name) }) {
				l.rowid = name
				break
			}
		}
	}
	l.key = l.primary()
	if len(l.key) == 0 || l.withoutRowid || l.alias(l.column(l.key[0])) {
		if len(l.key) == 0 && l.rowid != "" {
			l.key = []string{l.rowid}
		}
		return nil
	}
	if l.rowid != "" && slices.ContainsFunc(l.key, func(k string) bool { return untyped(l.column(k).decl) }) {
		l.key = []string{l.rowid}
		return nil
	}
	var nulls []string
	for _, k := range l.key {
		if !l.column(k).notNull {
			nulls = append(nulls, quote(k)+" IS NULL")
		}
	}
	if len(nulls) == 0 || l.rowid == "" {
		return nil
	}
	l.passing = true
	found, err := c.all(ctx, "SELECT 1 FROM "+l.name()+" WHERE "+strings.Join(nulls, " OR ")+" LIMIT 1")
	if len(found) > 0 {
		l.key = []string{l.rowid}
	}
	return err
}

// as takes the key that the dataset was discovered with, as long as the schema still has its parts.
func (l *layout) as(d *pii.Dataset) *layout {
	if len(d.Key) == 0 || slices.Equal(d.Key, l.key) {
		return l
	}
	for _, k := range d.Key {
		if l.column(k) == nil && k != l.rowid {
			return l
		}
	}
	l.key = d.Key
	return l
}

// hides gives the field by which the table's rows are soft-deleted, nil where there is none.
func (l *layout) hides() *pii.Field {
	var fields []pii.Field
	for i := range l.columns {
		if c := &l.columns[i]; l.kind == "table" && relational.Marks(c.name) {
			f := l.field(&pii.Dataset{}, c.name)
			f.Default = c.dflt
			fields = append(fields, f)
		}
	}
	f := relational.HiddenBy(l.key, fields)
	if f != nil && f.Type == pii.Bool {
		f.Type = pii.Int // as which truth is kept
	}
	return f
}

// fieldType gives the type of fields for a declared one.
func fieldType(decl string) pii.FieldType {
	up := strings.ToUpper(decl)
	switch {
	case strings.Contains(up, "JSON"):
		return pii.JSON
	case strings.Contains(up, "BOOL"):
		return pii.Bool
	case strings.Contains(up, "DATE"), strings.Contains(up, "TIME"):
		return pii.Time
	case up == "" || up == "ANY":
		return pii.AnyOne
	}
	switch affinityOf(decl) {
	case integerAffinity:
		return pii.Int
	case textAffinity:
		return pii.Text
	case blobAffinity:
		return pii.Bytes
	}
	return pii.Float
}
