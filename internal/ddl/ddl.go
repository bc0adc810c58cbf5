// Package ddl reads the statements that make tables, as dumps and migrations of PostgreSQL, MySQL and MariaDB, SQLite, SQL Server and Oracle write
// them, without a server. It knows what a schema says of its fields and keys, and nothing of what is stored.
//
// It is forgiving: what is no statement about a table is passed over, options that it does not know are ignored, and a statement about a table that it
// cannot read is told with its line, so that a gate in CI can say what it has not looked at.
package ddl

import (
	"slices"
	"strings"

	"vestige/pii"
)

// Table is a table as the last statement leaves it.
type Table struct {
	pii.Dataset
	Lines []int // where each field was declared, from 1; in the order of Fields
}

// Schema is what a text of statements makes.
type Schema struct {
	Tables []*Table
	Unread []int // the lines of statements about tables that are not understood
}

// Read reads a text of statements. The types of the fields are left to who knows the systems' words for them; Native has the word.
func Read(source, text string) *Schema {
	r := &reader{source: source, out: &Schema{}}
	r.all(text, 1)
	return r.out
}

// reader carries out statements, one after another.
type reader struct {
	source string
	out    *Schema
}

// all carries out the statements of a text that begins in a line.
func (r *reader) all(text string, line int) {
	for _, s := range statements(text, line) {
		r.statement(s)
	}
}

// statement carries one out.
func (r *reader) statement(c *cursor) {
	line, ok := c.line(), true
	switch {
	case c.take("CREATE"):
		ok = r.create(c)
	case c.take("ALTER", "TABLE"), c.take("ALTER", "FOREIGN", "TABLE"):
		ok = r.alter(c)
	case c.take("DROP", "TABLE"):
		r.drop(c)
	case c.take("COMMENT", "ON"):
		r.comment(c)
	case c.take("DO") && c.at(0).kind == text:
		r.all(c.at(0).text, c.line())
	}
	if !ok {
		r.out.Unread = append(r.out.Unread, line)
	}
}

// table finds a table by its name, in any case; nil where there is none.
func (r *reader) table(name string) *Table {
	i := slices.IndexFunc(r.out.Tables, func(t *Table) bool { return strings.EqualFold(t.Ref.Dataset, name) })
	if i < 0 {
		return nil
	}
	return r.out.Tables[i]
}

// known finds a table, or begins one: a migration speaks of tables that another file made.
func (r *reader) known(name string) *Table {
	t := r.table(name)
	if t == nil {
		t = &Table{Dataset: pii.Dataset{Ref: pii.Ref{Source: r.source, Dataset: name}, Kind: pii.Table, Records: -1, Bytes: -1}}
		r.out.Tables = append(r.out.Tables, t)
	}
	return t
}

func (r *reader) forget(name string) {
	r.out.Tables = slices.DeleteFunc(r.out.Tables, func(t *Table) bool { return strings.EqualFold(t.Ref.Dataset, name) })
}

func (r *reader) drop(c *cursor) {
	for c.take("IF", "EXISTS"); !c.done(); c.i++ {
		r.forget(c.name())
		if c.peek() != "," {
			return
		}
	}
}

// comment reads COMMENT ON TABLE and COMMENT ON COLUMN, of PostgreSQL and Oracle.
func (r *reader) comment(c *cursor) {
	column := c.take("COLUMN")
	if !column && !c.take("TABLE") {
		return
	}
	path := c.path()
	if !c.take("IS") || c.done() || len(path) == 0 {
		return
	}
	text := c.next().text
	if !column {
		if t := r.table(named(path)); t != nil {
			t.Comment = text
		}
		return
	}
	if t := r.table(named(path[:len(path)-1])); t != nil {
		if i := t.field(path[len(path)-1]); i >= 0 {
			t.Fields[i].Comment = text
		}
	}
}

// field finds a field by its name, in any case; -1 where there is none.
func (t *Table) field(name string) int {
	return slices.IndexFunc(t.Fields, func(f pii.Field) bool { return strings.EqualFold(f.Name, name) })
}

// put adds a field, or takes its declaration for that of the field of this name.
func (t *Table) put(f pii.Field, line int) {
	if i := t.field(f.Name); i >= 0 {
		t.Fields[i], t.Lines[i] = f, line
		return
	}
	t.Fields, t.Lines = append(t.Fields, f), append(t.Lines, line)
}

func (t *Table) drop(name string) {
	if i := t.field(name); i >= 0 {
		t.Fields, t.Lines = slices.Delete(t.Fields, i, i+1), slices.Delete(t.Lines, i, i+1)
	}
}

// like takes over the fields of another table.
func (t *Table) like(other *Table) {
	for i, f := range other.Fields {
		t.put(f, other.Lines[i])
	}
}

// refer adds a reference; where it names no fields it means the key of the table that it leads to.
func (r *reader) refer(t *Table, fields []string, to string, toFields []string) {
	if p := r.table(to); len(toFields) == 0 && p != nil {
		toFields = p.Key
	}
	t.References = append(t.References, pii.Reference{From: t.Ref, Fields: fields, To: pii.Ref{Source: r.source, Dataset: to}, ToFields: toFields})
}

// named is the name of a dataset for a qualified name: the schema in which a system puts what names none is left out.
func named(path []string) string {
	for len(path) > 1 && slices.ContainsFunc([]string{"public", "dbo", "main"}, func(s string) bool { return strings.EqualFold(s, path[0]) }) {
		path = path[1:]
	}
	return strings.Join(path, ".")
}
