package mysql

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"
	"time"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// exact is a value in canonical form, as a World has it.
type exact string

// system is a transaction as relational.World sees it. A table's Own is its reader, a column's its *column.
type system struct {
	c    *conn
	lock string // what a SELECT ends with, so that its rows stay as they are
}

var (
	_ relational.System  = (*system)(nil)
	_ relational.Checker = (*system)(nil)
	_ relational.Keyless = (*system)(nil)
)

func readerOf(t *relational.Table) *reader { return t.Own.(*reader) }

// Table gives a dataset's table as it stands now.
func (s *system) Table(ctx context.Context, ds pii.Dataset) (*relational.Table, error) {
	l, err := s.c.layout(ctx, ds.Ref.Dataset)
	if err != nil {
		return nil, err
	}
	if len(ds.Key) > 0 && !slices.ContainsFunc(ds.Key, func(k string) bool { c := l.column(k); return c == nil || c.denied }) {
		l.key = ds.Key
	}
	r, err := s.c.readerOf(l, connectors.Query{Dataset: pii.Dataset{Ref: ds.Ref}})
	if err != nil {
		return nil, err
	}
	t := &relational.Table{Dataset: ds.Ref.Dataset, Key: l.key, Own: r, Hides: r.hides, Moments: time.RFC3339}
	for _, c := range r.cols {
		t.Columns = append(t.Columns, relational.Column{Name: c.name, NotNull: c.notNull, Generated: c.generated, Own: c})
	}
	for _, u := range l.unique {
		t.Unique = append(t.Unique, relational.Unique{Columns: u})
	}
	if l.view {
		t.Refuses = errkind.Coded(errkind.Unsupported, "not-erasable", "records of %s cannot be changed by themselves", t.Dataset)
		return t, nil
	}
	t.References, err = s.references(ctx, "k.table_schema="+text(l.schema)+" AND "+s.c.is("k.table_name", l.table))
	return t, err
}

// Children gives the foreign keys that lead to a table, from every schema.
func (s *system) Children(ctx context.Context, t *relational.Table) ([]relational.Reference, error) {
	l := readerOf(t).l
	return s.references(ctx, "k.referenced_table_schema="+text(l.schema)+" AND "+s.c.is("k.referenced_table_name", l.table))
}

// references reads foreign keys. InnoDB looks at each as soon as a row changes, whether it says RESTRICT or NO ACTION, and keeps an index for each.
func (s *system) references(ctx context.Context, where string) ([]relational.Reference, error) {
	keys, err := s.c.foreignKeys(ctx, where)
	var out []relational.Reference
	for _, k := range keys {
		out = append(out, relational.Reference{Child: s.c.d.display(s.c.d.spelled(k.child)), Parent: s.c.d.display(s.c.d.spelled(k.parent)), From: k.from, To: k.to,
			OnDelete: k.onDelete, OnUpdate: k.onUpdate, Indexed: true})
	}
	return out, err
}

// Keyed gives the rows with these keys.
func (s *system) Keyed(ctx context.Context, t *relational.Table, keys []pii.Key) ([]relational.Row, error) {
	r := readerOf(t)
	var out []relational.Row
	for part := range slices.Chunk(keys, keysPerQuery) {
		found, err := r.keyed(ctx, part, s.lock)
		if err != nil {
			return nil, err
		}
		for _, values := range found {
			out = append(out, r.row(values))
		}
	}
	return out, nil
}

// row makes a World's row of a client's.
func (r *reader) row(values []driver.Value) relational.Row {
	row := relational.Row{Values: make([]relational.Value, len(values)), Digest: r.digest(values), Key: r.keyOf(values)}
	for i, v := range values {
		if v != nil {
			row.Values[i] = exact(r.bytes(i, v))
		}
	}
	if row.Key != nil {
		row.ID = row.Key.ID()
	}
	return row
}

// Where gives the rows whose columns have the values, by the columns' collations.
func (s *system) Where(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value) ([]relational.Row, error) {
	r := readerOf(t)
	lists := r.l.among(columns, tuples)
	var out []relational.Row
	for part := range slices.Chunk(lists, keysPerQuery) {
		got, err := s.c.all(ctx, r.selects+" WHERE ("+r.l.exprs(columns)+") IN ("+strings.Join(part, ", ")+")"+s.lock)
		if err != nil {
			return nil, err
		}
		for _, values := range got {
			out = append(out, r.row(values))
		}
	}
	return out, nil
}

// among writes the tuples that columns can have.
func (l *layout) among(columns []string, tuples [][]relational.Value) (lists []string) {
	for _, tuple := range tuples {
		parts := make([]string, len(tuple))
		whole := true
		for i, v := range tuple {
			lit, ok := l.column(columns[i]).literal(string(v.(exact)))
			parts[i], whole = lit, whole && ok
		}
		if whole {
			lists = append(lists, "("+strings.Join(parts, ", ")+")")
		}
	}
	return lists
}

// Digested reads a table without a key, and locks those of its rows that have a wanted digest.
func (s *system) Digested(ctx context.Context, t *relational.Table, want map[pii.Digest]bool) ([]relational.Row, error) {
	r := readerOf(t)
	found, err := s.wanted(ctx, r, want)
	if err != nil {
		return nil, err
	}
	var out []relational.Row
	for _, one := range found {
		got, err := s.c.all(ctx, r.selects+" WHERE "+r.same(one)+s.lock)
		if err != nil {
			return nil, err
		}
		for _, values := range got {
			out = append(out, r.row(values))
		}
	}
	return out, nil
}

// wanted reads the whole table, and keeps one row of each digest.
func (s *system) wanted(ctx context.Context, r *reader, want map[pii.Digest]bool) (map[pii.Digest]relational.Row, error) {
	rs, err := s.c.query(ctx, r.selects)
	if err != nil {
		return nil, err
	}
	defer rs.close()
	found := map[pii.Digest]relational.Row{}
	for {
		ok, err := rs.next()
		if !ok || err != nil {
			return found, err
		}
		if d := r.digest(rs.values); want[d] {
			if _, have := found[d]; !have {
				found[d] = r.row(rs.values)
			}
		}
	}
}

// same gives the condition that a row has exactly these values, byte by byte.
func (r *reader) same(at relational.Row) string {
	var where []string
	for _, place := range r.hashed {
		c, v := r.cols[place], at.Values[place]
		if v == nil {
			where = append(where, quote(c.name)+" IS NULL")
			continue
		}
		switch c.sort {
		case textSort, enumSort, jsonSort, spaceSort:
			where = append(where, "CAST(CONVERT("+c.expr()+" USING utf8mb4) AS BINARY) = CAST("+text(string(v.(exact)))+" AS BINARY)")
		default:
			lit, _ := c.literal(string(v.(exact)))
			where = append(where, c.expr()+" = "+lit)
		}
	}
	return strings.Join(where, " AND ")
}

// pick gives the condition that finds exactly this row: by its key, which no collation takes for another one's, else by all of its values.
func (r *reader) pick(at relational.Row) string {
	if len(r.keys) == 0 {
		return r.same(at)
	}
	where := make([]string, len(r.keys))
	for i, place := range r.keys {
		lit, _ := r.cols[place].literal(string(at.Values[place].(exact)))
		where[i] = r.cols[place].expr() + " = " + lit
	}
	return strings.Join(where, " AND ")
}

// Digest is that of Read.
func (s *system) Digest(t *relational.Table, values []relational.Value) pii.Digest {
	own := make([]driver.Value, len(values))
	for i, v := range values {
		own[i] = v
	}
	return readerOf(t).digest(own)
}

// Text writes a value as Read does.
func (s *system) Text(_ *relational.Column, v relational.Value) []byte {
	if v == nil {
		return nil
	}
	return []byte(v.(exact))
}

// Store refuses what the column cannot hold.
func (s *system) Store(c *relational.Column, _ relational.Value, next []byte) (relational.Value, error) {
	own := c.Own.(*column)
	if _, ok := own.literal(string(next)); !ok {
		return nil, errkind.Coded(errkind.Conflict, "type", "a value does not fit the type of the column %s", own.name)
	}
	return exact(next), nil
}

// Fold is as fine as it can be: which values a collation takes for equal only the server knows.
func (s *system) Fold(_ *relational.Column, v relational.Value) string { return string(v.(exact)) }

// Triggers names a table's triggers.
func (s *system) Triggers(ctx context.Context, t *relational.Table) ([]string, error) {
	l := readerOf(t).l
	got, err := s.c.all(ctx, "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema="+text(l.schema)+" AND "+s.c.is("event_object_table", l.table)+" ORDER BY trigger_name")
	var out []string
	for _, r := range got {
		out = append(out, asText(r[0]))
	}
	return out, err
}

// collated gives a text the column's character set and collation, by which it is compared.
func (c *column) collated(lit string) string {
	charset, _, ok := strings.Cut(c.collation, "_")
	if !ok {
		return lit
	}
	return "CONVERT(" + lit + " USING " + charset + ") COLLATE " + c.collation
}

// Broken computes the CHECK constraints over the rows as they would be; what cannot be computed so is left to the transaction.
func (s *system) Broken(ctx context.Context, t *relational.Table, _, after [][]relational.Value) (int64, error) {
	r := readerOf(t)
	checks, err := s.c.clauses(ctx, r.l.schema, r.l.table)
	if err != nil || len(checks) == 0 {
		return 0, err
	}
	n := int64(0)
	for _, values := range after {
		cols := make([]string, len(values))
		for i, v := range values {
			lit := "NULL"
			if v != nil {
				lit, _ = r.cols[i].literal(string(v.(exact)))
				lit = r.cols[i].collated(lit)
			}
			cols[i] = lit + " AS " + quote(r.cols[i].name)
		}
		for _, k := range checks {
			got, err := s.c.all(ctx, "SELECT ("+strings.ReplaceAll(k.clause, `\'`, "'")+") FROM (SELECT "+strings.Join(cols, ", ")+") AS becomes")
			if ctx.Err() != nil || errkind.Code(err) == "connection" {
				return 0, err
			}
			if err == nil && len(got) == 1 && got[0][0] != nil && asInt(got[0][0]) == 0 {
				n++
				break
			}
		}
	}
	return n, nil
}
