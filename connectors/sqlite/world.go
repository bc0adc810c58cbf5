package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// system is a transaction as relational.World sees it. A table's Own is its reader, a column's its *column.
type system struct {
	d         *Driver
	c         *conn
	relations map[string][]relation // by schema
}

// relation is a foreign key with its child's table.
type relation struct {
	schema, child string
	foreignKey
}

var (
	_ relational.System  = (*system)(nil)
	_ relational.Checker = (*system)(nil)
)

func newSystem(d *Driver, c *conn) *system {
	return &system{d: d, c: c, relations: map[string][]relation{}}
}

func readerOf(t *relational.Table) *reader { return t.Own.(*reader) }

// Table gives a dataset's table with what its rows must satisfy.
func (s *system) Table(ctx context.Context, ds pii.Dataset) (*relational.Table, error) {
	r, err := s.d.newReader(ctx, s.c, connectors.Query{Dataset: ds})
	if err != nil {
		return nil, err
	}
	t := &relational.Table{Dataset: ds.Ref.Dataset, Key: r.l.key, Own: r, Hides: r.hides, Moments: time.DateTime}
	for i := range r.l.columns {
		c := &r.l.columns[i]
		t.Columns = append(t.Columns, relational.Column{Name: c.name, NotNull: c.notNull || r.l.alias(c), Generated: c.generated, Own: c})
	}
	if r.l.kind == "view" || len(r.l.key) == 0 || r.l.fts() && r.l.args["content"] != "" {
		t.Refuses = errkind.Coded(errkind.Unsupported, "not-erasable", "records of %s cannot be changed by themselves", t.Dataset)
	}
	if r.l.kind != "table" {
		return t, nil
	}
	sets, err := uniqueSets(ctx, s.c, r.l)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		t.Unique = append(t.Unique, relational.Unique{Columns: set})
	}
	r.checks = define(r.l.sql).checks
	t.References, err = s.own(ctx, r.l, t.Dataset)
	return t, err
}

// own gives the table's own foreign keys. One that leads to no table is left to SQLite, which refuses any change of its columns.
func (s *system) own(ctx context.Context, l *layout, dataset string) ([]relational.Reference, error) {
	keys, err := foreignKeys(ctx, s.c, l.schema, l.table)
	var out []relational.Reference
	for _, k := range keys {
		parent, err := s.d.layout(ctx, s.c, s.d.display(l.schema, k.table))
		if errkind.Of(err) == errkind.NotFound || err == nil && len(k.from) != len(k.to) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s.reference(k, l, dataset, parent, s.d.display(l.schema, parent.table)))
	}
	return out, err
}

// reference says a foreign key in the names that the tables' columns have, whatever case it is declared in. All of them are deferred within a unit.
func (s *system) reference(k foreignKey, child *layout, childName string, parent *layout, parentName string) relational.Reference {
	return relational.Reference{Child: childName, Parent: parentName, From: child.spelled(k.from), To: parent.spelled(k.to),
		OnDelete: k.onDelete, OnUpdate: k.onUpdate, Deferred: true}
}

// spelled gives columns as the table spells them.
func (l *layout) spelled(names []string) []string {
	out := slices.Clone(names)
	for i, name := range names {
		for _, c := range l.columns {
			if strings.EqualFold(c.name, name) {
				out[i] = c.name
			}
		}
	}
	return out
}

// related gives the foreign keys of a schema.
func (s *system) related(ctx context.Context, schema string) ([]relation, error) {
	if have, ok := s.relations[schema]; ok {
		return have, nil
	}
	var list []relation
	got, err := s.c.all(ctx, "SELECT DISTINCT m.name FROM "+quote(schema)+".sqlite_schema m, pragma_foreign_key_list(m.name, ?) WHERE m.type='table'", schema)
	if err != nil {
		return nil, err
	}
	for _, g := range got {
		keys, err := foreignKeys(ctx, s.c, schema, asText(g[0]))
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			list = append(list, relation{schema, asText(g[0]), k})
		}
	}
	s.relations[schema] = list
	return list, nil
}

// Children gives the foreign keys that lead to a table.
func (s *system) Children(ctx context.Context, t *relational.Table) ([]relational.Reference, error) {
	parent := readerOf(t).l
	rels, err := s.related(ctx, parent.schema)
	if err != nil {
		return nil, err
	}
	var out []relational.Reference
	for _, rel := range rels {
		if !strings.EqualFold(rel.table, parent.table) || len(rel.from) != len(rel.to) {
			continue
		}
		name := s.d.display(rel.schema, rel.child)
		child, err := s.d.layout(ctx, s.c, name)
		if err != nil {
			return nil, err
		}
		ref := s.reference(rel.foreignKey, child, name, parent, t.Dataset)
		if ref.Indexed, err = s.indexed(ctx, child, ref.From[0]); err != nil {
			return nil, err
		}
		out = append(out, ref)
	}
	return out, nil
}

// indexed tells whether an index, or the table itself, is in the order of a column.
func (s *system) indexed(ctx context.Context, l *layout, column string) (bool, error) {
	if c := l.column(column); c != nil && l.alias(c) {
		return true, nil
	}
	got, err := s.c.number(ctx, `SELECT count(*) FROM pragma_index_list(?, ?) l, pragma_index_xinfo(l.name, ?) x
		WHERE x.seqno=0 AND l.partial=0 AND lower(x.name)=lower(?)`, l.table, l.schema, l.schema, column)
	return got > 0, err
}

// Keyed gives the rows with these keys.
func (s *system) Keyed(ctx context.Context, t *relational.Table, keys []pii.Key) ([]relational.Row, error) {
	var out []relational.Row
	for _, key := range keys {
		where, args := readerOf(t).l.keyed(key)
		rows, err := s.rows(ctx, t, where, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Key.Equal(key) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// Where gives the rows of columns' values, by one look into an index each: nothing is far away here.
func (s *system) Where(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value) ([]relational.Row, error) {
	where := make([]string, len(columns))
	for i, name := range columns {
		where[i] = quote(name) + " = ?"
	}
	var out []relational.Row
	for _, tuple := range tuples {
		args := make([]driver.Value, len(tuple))
		for i, v := range tuple {
			args[i] = v
		}
		rows, err := s.rows(ctx, t, strings.Join(where, " AND "), args...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// rows reads the rows of a condition. Values has the rowid behind the columns where it is not one of them.
func (s *system) rows(ctx context.Context, t *relational.Table, where string, args ...driver.Value) ([]relational.Row, error) {
	r := readerOf(t)
	got, err := s.c.all(ctx, r.selects+" WHERE "+where, args...)
	out := make([]relational.Row, 0, len(got))
	for _, values := range got {
		row := relational.Row{Values: make([]relational.Value, len(values)), Key: r.keyOf(values), Digest: r.digest(values), ID: r.id(values)}
		for i, v := range values {
			row.Values[i] = v
		}
		out = append(out, row)
	}
	return out, err
}

// own gives values as the client takes them.
func own(values []relational.Value) []driver.Value {
	out := make([]driver.Value, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// Digest is that of Read.
func (s *system) Digest(t *relational.Table, values []relational.Value) pii.Digest {
	return readerOf(t).digest(own(values))
}

// Text writes a value as Read does.
func (s *system) Text(_ *relational.Column, v relational.Value) []byte {
	if v == nil {
		return nil
	}
	return appendValue([]byte{}, v)
}

// Store gives a new value the storage class of its column, or of the old one.
func (s *system) Store(c *relational.Column, old relational.Value, text []byte) (relational.Value, error) {
	return stored(c.Own.(*column), old, text), nil
}

// Fold keeps storage classes apart.
func (s *system) Fold(_ *relational.Column, v relational.Value) string {
	return string(appendValue([]byte{class(v)}, v))
}

// Triggers names a table's triggers.
func (s *system) Triggers(ctx context.Context, t *relational.Table) ([]string, error) {
	got, err := s.triggers(ctx, t.Dataset)
	var out []string
	for _, g := range got {
		out = append(out, g.name)
	}
	return out, err
}

// triggers gives the triggers of a dataset's table with their text.
func (s *system) triggers(ctx context.Context, dataset string) ([]trigger, error) {
	schema, table := s.d.resolve(dataset)
	got, err := s.c.all(ctx, "SELECT name, coalesce(sql,'') FROM "+quote(schema)+".sqlite_schema WHERE type='trigger' AND lower(tbl_name)=lower(?) ORDER BY name", table)
	var out []trigger
	for _, r := range got {
		out = append(out, trigger{asText(r[0]), asText(r[1])})
	}
	return out, err
}

// Broken computes the CHECK constraints that name a changed column over the rows as they would be.
func (s *system) Broken(ctx context.Context, t *relational.Table, before, after [][]relational.Value) (int64, error) {
	n := int64(0)
	for i := range after {
		broken, err := s.broken(ctx, readerOf(t), own(before[i]), own(after[i]))
		if err != nil {
			return 0, err
		}
		if broken {
			n++
		}
	}
	return n, nil
}

func (s *system) broken(ctx context.Context, r *reader, before, after []driver.Value) (bool, error) {
	var cols []string
	var args []driver.Value
	for i, c := range r.l.columns {
		if !c.generated {
			cols, args = append(cols, "? AS "+quote(c.name)), append(args, after[i])
		}
	}
	for _, check := range r.checks {
		if !slices.ContainsFunc(check.names, func(n string) bool { p, ok := r.place(n); return ok && !same(before[p], after[p]) }) {
			continue
		}
		got, err := s.c.all(ctx, "SELECT ("+check.text+") FROM (SELECT "+strings.Join(cols, ", ")+")", args...)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err == nil && len(got) == 1 && got[0][0] != nil && asInt(got[0][0]) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// id names a row within its table: by rowid, else by key.
func (r *reader) id(values []driver.Value) string {
	if r.l.rowid != "" {
		return fmt.Sprint(values[r.places[r.l.rowid]])
	}
	return r.keyOf(values).ID()
}

// pick gives the condition that finds exactly this row.
func (r *reader) pick(w relational.Row) (string, []driver.Value) {
	if r.l.rowid != "" {
		return r.l.rowid + " = ?", []driver.Value{w.Values[r.places[r.l.rowid]]}
	}
	var where []string
	var args []driver.Value
	for _, k := range r.l.key {
		where, args = append(where, quote(k)+" IS ?"), append(args, w.Values[r.places[k]])
	}
	return strings.Join(where, " AND "), args
}

// place finds a column without regard to case, as constraints name them.
func (r *reader) place(name string) (int, bool) {
	if p, ok := r.places[name]; ok {
		return p, true
	}
	for have, p := range r.places {
		if strings.EqualFold(have, name) {
			return p, true
		}
	}
	return 0, false
}

// same compares two values with their storage class.
func same(a, b driver.Value) bool {
	return class(a) == class(b) && string(appendValue(nil, a)) == string(appendValue(nil, b))
}

// uniqueSets gives the columns of a table's unique indexes, its primary key included.
func uniqueSets(ctx context.Context, c *conn, l *layout) ([][]string, error) {
	if l.kind != "table" {
		return nil, nil
	}
	got, err := c.all(ctx, "SELECT name FROM pragma_index_list(?, ?) WHERE \"unique\"=1 AND partial=0", l.table, l.schema)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, g := range got {
		parts, err := c.all(ctx, "SELECT name FROM pragma_index_xinfo(?, ?) WHERE key=1 ORDER BY seqno", asText(g[0]), l.schema)
		if err != nil {
			return nil, err
		}
		var set []string
		for _, p := range parts {
			set = append(set, asText(p[0]))
		}
		if !slices.Contains(set, "") {
			out = append(out, set)
		}
	}
	if p := l.primary(); len(p) == 1 && l.alias(l.column(p[0])) {
		out = append(out, p)
	}
	return out, nil
}

// stored gives a new value the storage class that the column gives it, or that the old value had where the column leaves it open.
func stored(c *column, old driver.Value, next []byte) driver.Value {
	if next == nil {
		return nil
	}
	s := string(next)
	if _, blob := old.([]byte); blob || old == nil && strings.Contains(strings.ToUpper(c.decl), "BLOB") {
		return next
	}
	if c.affinity == textAffinity {
		return s
	}
	if _, text := old.(string); text && c.affinity == blobAffinity {
		return s
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s && c.affinity != blobAffinity {
		return n
	}
	switch old.(type) {
	case int64:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
	case float64:
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return s
}
