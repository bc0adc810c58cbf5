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

	at map[string]int // the fields, by name in small letters
}

// Schema is what a text of statements makes.
type Schema struct {
	Tables []*Table
	Unread []int // the lines of statements about tables that are not understood, and where something begins that is never closed
}

// Read reads a text of statements. The types of the fields are left to who knows the systems' words for them; Native has the word.
func Read(source, text string) *Schema {
	r := &reader{source: source, out: &Schema{}, tables: map[string]*Table{}}
	r.all(newLexer(text), true)
	return r.out
}

// reader carries out statements, one after another.
type reader struct {
	source string
	out    *Schema
	tables map[string]*Table // by name in small letters
}

// all carries out the statements of a text; deep says that the bodies of DO are read too.
func (r *reader) all(l *lexer, deep bool) {
	for _, s := range l.statements() {
		if s.take("DO") && s.at(0).kind == text && deep {
			body := newLexer(s.at(0).text)
			body.line, body.my = s.line(), l.my
			r.all(body, false)
			continue
		}
		r.statement(s)
	}
	if l.open > 0 {
		r.out.Unread = append(r.out.Unread, l.open)
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
	case c.take("RENAME", "TABLE"):
		r.renames(c)
	}
	if !ok {
		r.out.Unread = append(r.out.Unread, line)
	}
}

// table finds a table by its name, in any case; nil where there is none.
func (r *reader) table(name string) *Table { return r.tables[strings.ToLower(name)] }

// known finds a table, or begins one: a migration speaks of tables that another file made.
func (r *reader) known(name string) *Table {
	t := r.table(name)
	if t == nil {
		t = &Table{Dataset: pii.Dataset{Ref: pii.Ref{Source: r.source, Dataset: name}, Kind: pii.Table, Records: -1, Bytes: -1}, at: map[string]int{}}
		r.out.Tables = append(r.out.Tables, t)
		r.tables[strings.ToLower(name)] = t
	}
	return t
}

func (r *reader) forget(name string) {
	if t := r.table(name); t != nil {
		delete(r.tables, strings.ToLower(name))
		r.out.Tables = slices.DeleteFunc(r.out.Tables, func(o *Table) bool { return o == t })
	}
}

// call gives a table another name; one that has it goes.
func (r *reader) call(t *Table, name string) {
	delete(r.tables, strings.ToLower(t.Ref.Dataset))
	r.forget(name)
	t.Ref.Dataset, r.tables[strings.ToLower(name)] = name, t
}

// renames reads RENAME TABLE a TO b, c TO d.
func (r *reader) renames(c *cursor) {
	for !c.done() {
		t := r.table(c.name())
		if !c.take("TO") {
			return
		}
		if name := c.name(); t != nil && name != "" {
			r.call(t, name)
		}
		c.take(",")
	}
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
	if i, ok := t.at[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

// put adds a field, or takes its declaration for that of the field of this name.
func (t *Table) put(f pii.Field, line int) {
	if i := t.field(f.Name); i >= 0 {
		t.Fields[i], t.Lines[i] = f, line
		return
	}
	t.at[strings.ToLower(f.Name)] = len(t.Fields)
	t.Fields, t.Lines = append(t.Fields, f), append(t.Lines, line)
}

func (t *Table) drop(name string) {
	if i := t.field(name); i >= 0 {
		t.Fields, t.Lines = slices.Delete(t.Fields, i, i+1), slices.Delete(t.Lines, i, i+1)
		t.index()
	}
}

// rename gives a field another name.
func (t *Table) rename(i int, name string) {
	t.Fields[i].Name, t.Fields[i].Column = name, name
	t.index()
}

func (t *Table) index() {
	clear(t.at)
	for i, f := range t.Fields {
		t.at[strings.ToLower(f.Name)] = i
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
