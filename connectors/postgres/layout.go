package postgres

import (
	"context"
	"strconv"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// layout is how a table stands in the live catalog. It is read anew for every query, so that no change of the schema goes unseen.
type layout struct {
	oid           uint32
	schema, table string
	kind          byte // r table, p partitioned, v view, m materialised view, f foreign
	columns       []column
	key           []string
	keyIndex      bool // the key is one of an index
	pages, rows   int64
	comment       string
	hidden        bool // policies would hide records from this role
	usable        bool // the role may use the schema
	readable      bool // the role may read the table
	denied        []string
}

type column struct {
	l         *layout
	name      string
	num       string // attnum
	oid       uint32 // as declared
	native    string
	t         *typ // the base of a domain
	notNull   bool
	dflt      bool
	generated bool // stored by the system, or an identity that is always generated
	computed  bool // from other columns
	folded    bool // a collation that does not tell all texts apart
	length    int
	comment   string
}

// typ is a type of the database.
type typ struct {
	oid      uint32
	schema   string
	name     string
	class    byte // b base, c composite, d domain, e enum, r range, m multirange, p pseudo
	category byte
	base     uint32 // of a domain
	notNull  bool   // a domain that is not null
	form     form
	json     bool   // read as a document
	read     string // how it is selected, with % for the column
}

// types gives a type by oid; the catalog of types is read once, and again when one is met that it has not.
func (d *Driver) typeOf(ctx context.Context, c *conn, oid uint32) (*typ, error) {
	d.mu.Lock()
	t := d.known[oid]
	d.mu.Unlock()
	if t != nil {
		return t, nil
	}
	got, err := c.all(ctx, `SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typnotnull, t.typlen, t.typelem, t.typsend::oid<>0
		FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid=t.typnamespace`)
	if err != nil {
		return nil, err
	}
	known := make(map[uint32]*typ, len(got))
	for _, r := range got {
		t := &typ{oid: number32(r[0]), schema: string(r[1]), name: string(r[2]), class: r[3][0], category: r[4][0], base: number32(r[5]), notNull: is(r[6])}
		t.choose(string(r[7]) == "-1" && string(r[8]) != "0")
		known[t.oid] = t
	}
	d.mu.Lock()
	d.known = known
	d.mu.Unlock()
	if t = known[oid]; t == nil {
		return nil, errkind.Coded(errkind.Transient, "unknown-type", "a type was made while the catalog was read")
	}
	return t, nil
}

// choose decides how values of the type are read.
func (t *typ) choose(array bool) {
	t.read = "%"
	f, own := builtin[t.oid]
	switch {
	case own:
		t.form, t.json = f, t.oid == 114 || t.oid == 3802
	case t.class == 'e', t.name == "citext":
		t.form = asText
	case t.category == 'A' && array && t.oid != 22 && t.oid != 30:
		t.read, t.json = "pg_catalog.array_to_json(%)::pg_catalog.text", true
	case t.class == 'c':
		t.read, t.json = "pg_catalog.row_to_json(%)::pg_catalog.text", true
	case t.name == "hstore":
		t.read, t.json = "%::pg_catalog.json::pg_catalog.text", true
	default:
		t.read = "%::pg_catalog.text"
	}
}

// field gives the type of fields.
func (t *typ) field() pii.FieldType {
	switch {
	case t.json:
		return pii.JSON
	case t.form == asBool:
		return pii.Bool
	case t.form == asInt || t.form == asOID:
		return pii.Int
	case t.form == asFloat4 || t.form == asFloat8 || t.form == asNumeric:
		return pii.Float
	case t.form == asBytes:
		return pii.Bytes
	case t.category == 'D':
		return pii.Time
	}
	return pii.Text
}

// expr selects the column so that its form can be decoded.
func (c *column) expr() string { return strings.Replace(c.t.read, "%", quote(c.name), 1) }

// name writes the table for SQL; tables that others inherit from are read without those, which are datasets of their own.
func (l *layout) name() string {
	if l.kind == 'r' {
		return "ONLY " + l.plain()
	}
	return l.plain()
}

func (l *layout) plain() string { return quote(l.schema) + "." + quote(l.table) }

func (l *layout) column(name string) *column {
	for i := range l.columns {
		if l.columns[i].name == name {
			return &l.columns[i]
		}
	}
	return nil
}

// dataset gives the name in references.
func (l *layout) dataset() string { return display(l.schema, l.table) }

// relations reads relations with their columns, in one query: one row a column. The key is the primary one, else a unique index over columns that are
// never NULL.
const relations = `WITH r AS MATERIALIZED (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpages, c.reltuples::pg_catalog.int8 AS tuples,
  coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') AS said, coalesce(pg_catalog.row_security_active(c.oid), false) AS hidden,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable, coalesce(pg_catalog.has_table_privilege(c.oid, 'SELECT'), false) AS readable,
  (SELECT pg_catalog.array_to_string((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts-1], ' ') FROM pg_catalog.pg_index i
    WHERE i.indrelid=c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      AND (i.indisprimary OR i.indimmediate AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute k WHERE k.attrelid=c.oid AND NOT k.attnotnull
        AND k.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts-1])))
    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) AS key
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace
  WHERE c.relkind IN ('r','p','v','m','f') AND NOT (c.relispartition AND $1) AND %)
SELECT r.oid, r.nspname, r.relname, r.relkind, r.relpages, r.tuples, r.said, r.hidden, r.usable, r.readable, coalesce(r.key, ''),
  a.attnum, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attgenerated, a.attidentity,
  a.atttypmod, coalesce(NOT co.collisdeterministic, false), coalesce(pg_catalog.col_description(r.oid, a.attnum), ''),
  r.readable OR coalesce(pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT'), false)
FROM r LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid=r.oid AND a.attnum>0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_collation co ON co.oid=a.attcollation
ORDER BY r.nspname, r.relname, a.attnum`

// layouts reads how tables stand: those of a condition on pg_class c and pg_namespace n; whole leaves partitions out.
func (d *Driver) layouts(ctx context.Context, c *conn, whole bool, where string, args ...param) ([]*layout, error) {
	ask := c.all
	if len(args) > 0 {
		ask = func(ctx context.Context, sql string, args ...param) ([][][]byte, error) {
			return c.often(ctx, "layout", sql, args...)
		}
	}
	got, err := ask(ctx, strings.Replace(relations, "%", where, 1), append([]param{{[]byte(strconv.FormatBool(whole)), 16}}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []*layout
	var l *layout
	var key []string
	for i, r := range got {
		if oid := number32(r[0]); l == nil || l.oid != oid {
			l = &layout{oid: oid, schema: string(r[1]), table: string(r[2]), kind: r[3][0], pages: number(r[4]), rows: number(r[5]), comment: string(r[6]),
				hidden: is(r[7]), usable: is(r[8]), readable: is(r[9])}
			key = strings.Fields(string(r[10]))
			out = append(out, l)
		}
		if r[11] != nil {
			if err := d.addColumn(ctx, c, l, r); err != nil {
				return nil, err
			}
		}
		if i+1 == len(got) || number32(got[i+1][0]) != l.oid {
			l.setKey(key)
		}
	}
	return out, nil
}

func (d *Driver) addColumn(ctx context.Context, c *conn, l *layout, r [][]byte) error {
	col := column{num: string(r[11]), name: string(r[12]), oid: number32(r[13]), native: string(r[14]), notNull: is(r[15]), dflt: is(r[16]), folded: is(r[20]), comment: string(r[21])}
	t, err := d.typeOf(ctx, c, col.oid)
	for err == nil && t.class == 'd' {
		col.notNull = col.notNull || t.notNull
		t, err = d.typeOf(ctx, c, t.base)
	}
	if err != nil {
		return err
	}
	col.t = t
	col.computed = string(r[17]) != ""
	col.generated = col.computed || string(r[18]) == "a"
	if mod := number(r[19]); mod > 4 && (t.oid == 1042 || t.oid == 1043) {
		col.length = int(mod - 4)
	}
	if !is(r[22]) {
		l.denied = append(l.denied, col.name)
	}
	l.columns = append(l.columns, col)
	return nil
}

// described gives a column's field.
func (l *layout) described(c *column) pii.Field {
	return pii.Field{Name: c.name, Column: c.name, Type: c.t.field(), Native: c.native, NotNull: c.notNull, Generated: c.generated,
		NoCase: c.t.name == "citext" || c.folded, Default: c.dflt, Length: c.length, Comment: c.comment, Stable: strconv.FormatUint(uint64(l.oid), 10) + "." + c.num}
}

// hides gives the field by which the table's rows are soft-deleted, nil where there is none.
func (l *layout) hides() *pii.Field {
	var fields []pii.Field
	for i := range l.columns {
		if c := &l.columns[i]; (l.kind == 'r' || l.kind == 'p') && relational.Marks(c.name) {
			fields = append(fields, l.described(c))
		}
	}
	return relational.HiddenBy(l.key, fields)
}

// setKey names the columns of the key's index; a table that others inherit from has its keys for itself alone, as it is read.
func (l *layout) setKey(nums []string) {
	for i := range l.columns {
		l.columns[i].l = l
	}
	for _, n := range nums {
		for i := range l.columns {
			if l.columns[i].num == n {
				l.key = append(l.key, l.columns[i].name)
			}
		}
	}
	l.keyIndex = len(l.key) > 0
}

// layout reads how one dataset stands.
func (d *Driver) layout(ctx context.Context, c *conn, dataset string) (*layout, error) {
	schema, table := resolve(dataset)
	got, err := d.layouts(ctx, c, false, "n.nspname=$2 AND c.relname=$3", text(schema), text(table))
	if err != nil {
		return nil, err
	}
	if len(got) == 0 {
		return nil, errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no table %s", dataset)
	}
	return got[0], nil
}

// as takes the key that the dataset was discovered with, as long as the table still has its columns.
func (l *layout) as(d *pii.Dataset) *layout {
	if len(d.Fields) == 0 {
		return l
	}
	for _, k := range d.Key {
		if l.column(k) == nil {
			return l
		}
	}
	l.key = d.Key
	return l
}

func is(b []byte) bool { return string(b) == "t" }

func number(b []byte) int64 {
	n, _ := strconv.ParseInt(string(b), 10, 64)
	return n
}

func number32(b []byte) uint32 {
	n, _ := strconv.ParseUint(string(b), 10, 32)
	return uint32(n)
}
