package ddl

import (
	"slices"
	"strconv"
	"strings"

	"vestige/pii"
)

// create carries out CREATE …; false for a table that is not understood.
func (r *reader) create(c *cursor) bool {
	virtual := false
	for n := 0; !c.take("TABLE"); n++ {
		if n == 4 || c.done() || c.at(0).kind != word || c.is("FUNCTION", "PROCEDURE", "TRIGGER", "TEMP", "TEMPORARY", "VIEW", "INDEX", "TYPE", "DOMAIN") {
			return true // no table, or none that stays
		}
		virtual = c.next().is("VIRTUAL") || virtual
	}
	again := c.take("IF", "NOT", "EXISTS")
	name := c.name()
	if name == "" || strings.HasPrefix(name, "#") {
		return name != ""
	}
	if c.take("PARTITION", "OF") || again && r.table(name) != nil {
		return true // its fields are those of the table that it is a part of; or there is one already
	}
	if virtual {
		return r.virtual(c, name)
	}
	return r.body(c, name)
}

func (c *cursor) is(words ...string) bool { return slices.Contains(words, c.peek()) }

// body reads what a table consists of.
func (r *reader) body(c *cursor, name string) bool {
	var parts []*cursor
	switch {
	case c.take("LIKE"):
		parts = []*cursor{{tokens: append([]token{{kind: word, text: "LIKE"}}, c.tokens[c.i:]...)}}
	case c.take("("):
		parts = c.parts()
	}
	if len(parts) == 0 || parts[0].is("SELECT", "WITH") {
		return false
	}
	r.forget(name)
	t := r.known(name)
	for _, p := range parts {
		r.element(t, p)
	}
	r.options(t, c)
	return len(t.Fields) > 0
}

// options reads what follows the bracket: what the fields come from, and the table's comment.
func (r *reader) options(t *Table, c *cursor) {
	for !c.done() {
		switch {
		case c.take("INHERITS"):
			c.take("(")
			for _, p := range c.parts() {
				if parent := r.table(p.name()); parent != nil && parent != t {
					t.like(parent)
				}
			}
		case c.take("COMMENT"):
			c.take("=")
			t.Comment = c.next().text
		default:
			c.i++
		}
	}
}

// virtual reads a table of a module of SQLite: what it is given without an equals sign are its fields.
func (r *reader) virtual(c *cursor, name string) bool {
	c.take("USING")
	if c.path(); !c.take("(") {
		return false
	}
	r.forget(name)
	t := r.known(name)
	for _, p := range c.parts() {
		if line := p.line(); p.isName() && p.ahead(1) != "=" && !p.is("FOREIGN", "PRIMARY", "UNIQUE", "CHECK") {
			t.put(pii.Field{Name: p.at(0).text, Column: p.at(0).text}, line)
		}
	}
	return len(t.Fields) > 0
}

// element reads a column, a constraint, or the name of a table to be like.
func (r *reader) element(t *Table, c *cursor) {
	if c.take("CONSTRAINT") && !c.is("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "NOT") {
		c.path()
	}
	switch {
	case c.take("PRIMARY", "KEY"):
		t.Key = c.until("(").names()
	case c.is("UNIQUE", "EXCLUDE", "CHECK", "FULLTEXT", "SPATIAL") && !c.typed(), c.take("FOREIGN", "KEY"), c.take("PERIOD", "FOR"), c.is("KEY", "INDEX") && c.indexes():
		r.constraint(t, c)
	case c.take("LIKE"):
		if other := r.table(c.name()); other != nil && other != t {
			t.like(other)
		}
	case c.isName():
		r.column(t, c)
	}
}

// typed tells a column that is called like a keyword: a type that is one word and perhaps a number follows it.
func (c *cursor) typed() bool {
	return c.at(1).kind == word && !slices.Contains([]string{"KEY", "INDEX", "USING", "CLUSTERED", "NONCLUSTERED", "NULLS"}, c.ahead(1)) && (c.at(2).kind != mark || c.numbered(2))
}

// numbered tells whether a bracket that opens ahead has a number in it, as that of a type does and that of an index does not.
func (c *cursor) numbered(n int) bool {
	in := c.at(n + 1).text
	return c.ahead(n) == "(" && in != "" && in[0] >= '0' && in[0] <= '9'
}

// indexes tells an index from a column that is called key or index.
func (c *cursor) indexes() bool {
	for n := 1; n < 5; n++ {
		if c.ahead(n) == "(" {
			return !c.numbered(n)
		}
	}
	return false
}

// until goes to a mark.
func (c *cursor) until(m string) *cursor {
	for !c.done() && c.peek() != m {
		c.i++
	}
	return c
}

// constraint reads the references and unique fields of a table; the others say nothing of what a field holds.
func (r *reader) constraint(t *Table, c *cursor) {
	unique := c.is("UNIQUE")
	fields := c.until("(").names()
	switch {
	case unique && len(fields) > 0:
		t.Unique = append(t.Unique, fields)
	case c.take("REFERENCES"):
		to := c.name()
		r.refer(t, fields, to, c.names())
	}
}

// column reads a column: its name, its type, and what is said of it.
func (r *reader) column(t *Table, c *cursor) {
	line := c.line()
	f := pii.Field{Name: c.next().text}
	f.Column, f.Native = f.Name, c.typ()
	if _, in, ok := strings.Cut(f.Native, "("); ok && strings.Contains(strings.ToLower(f.Native), "char") {
		f.Length, _ = strconv.Atoi(strings.TrimRight(in, ") "))
	}
	for !c.done() {
		r.said(t, &f, c)
	}
	t.put(f, line)
}

// said reads one thing that is said of a column.
func (r *reader) said(t *Table, f *pii.Field, c *cursor) {
	switch {
	case c.take("NOT", "NULL"):
		f.NotNull = true
	case c.take("PRIMARY", "KEY"):
		t.Key = []string{f.Name}
	case c.take("UNIQUE"):
		t.Unique = append(t.Unique, []string{f.Name})
	case c.take("DEFAULT"):
		f.Default = true
	case c.take("COMMENT"):
		f.Comment = c.next().text
	case c.take("REFERENCES"):
		to := c.name()
		r.refer(t, []string{f.Name}, to, c.names())
	case c.take("AS"):
		f.Generated = c.peek() == "("
	case c.peek() == "(":
		c.skip()
	default:
		c.i++
	}
}
