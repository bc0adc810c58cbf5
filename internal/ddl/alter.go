package ddl

import (
	"slices"
	"strings"
)

// verbs are what the actions of ALTER TABLE begin with.
var verbs = []string{"ADD", "CHANGE", "MODIFY", "ALTER", "DROP", "RENAME", "SET", "ENABLE", "DISABLE", "OWNER", "VALIDATE", "ENGINE", "AUTO_INCREMENT", "COMMENT", "CONVERT"}

// alter carries out ALTER TABLE; what it does to anything but fields and references is passed over. False where it names no table.
func (r *reader) alter(c *cursor) bool {
	c.take("IF", "EXISTS")
	c.take("ONLY")
	name := c.name()
	if name == "" {
		return false
	}
	c.take("WITH", "CHECK")
	c.take("WITH", "NOCHECK")
	adding := false
	for _, p := range (&cursor{tokens: c.tokens[min(c.i, len(c.tokens)):]}).parts() {
		if adding && !p.is(verbs...) {
			r.add(name, p) // SQL Server says ADD once, before the first of them
			continue
		}
		adding = p.is("ADD")
		name = r.action(name, p)
	}
	return true
}

// action carries out one action, and gives the table's name after it.
func (r *reader) action(name string, c *cursor) string {
	switch {
	case c.take("ADD"):
		r.add(name, c)
	case c.take("CHANGE"):
		c.take("COLUMN")
		r.redeclare(name, c.next().text, c)
	case c.take("MODIFY"):
		c.take("COLUMN")
		r.redeclare(name, c.at(0).text, c)
	case c.take("ALTER"):
		c.take("COLUMN")
		r.retype(name, c)
	case c.take("DROP"):
		r.dropColumn(name, c)
	case c.take("RENAME"):
		return r.rename(name, c)
	case c.take("ATTACH", "PARTITION"):
		r.forget(c.name())
	}
	return name
}

// add reads what is added: a column, several in brackets, or a constraint.
func (r *reader) add(name string, c *cursor) {
	c.take("COLUMN")
	c.take("IF", "NOT", "EXISTS")
	t := r.table(name)
	if t == nil {
		if c.is("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "INDEX", "KEY", "FULLTEXT", "SPATIAL") {
			return
		}
		t = r.known(name)
	}
	parts := []*cursor{c}
	if c.take("(") {
		parts = c.parts()
	}
	for _, p := range parts {
		r.element(t, p)
	}
}

// redeclare puts a new declaration in the place of a field's.
func (r *reader) redeclare(name, old string, c *cursor) {
	t := r.known(name)
	if i := t.field(old); i >= 0 && c.isName() {
		t.rename(i, c.at(0).text)
	}
	r.element(t, c)
}

// retype reads ALTER COLUMN a [SET DATA] TYPE b, and SQL Server's ALTER COLUMN a b.
func (r *reader) retype(name string, c *cursor) {
	t := r.table(name)
	if t == nil || !c.isName() {
		return
	}
	i := t.field(c.next().text)
	if i < 0 || c.is("SET", "DROP", "ADD", "RESTART") && !c.take("SET", "DATA") {
		return
	}
	c.take("TYPE")
	t.Fields[i].Native = c.typ()
}

func (r *reader) dropColumn(name string, c *cursor) {
	if c.is("CONSTRAINT", "PRIMARY", "FOREIGN", "INDEX", "KEY", "CHECK", "PARTITION") {
		return
	}
	c.take("COLUMN")
	c.take("IF", "EXISTS")
	if t := r.table(name); t != nil {
		t.drop(c.next().text)
	}
}

// rename reads RENAME TO b, RENAME [COLUMN] a TO b and what leaves names as they are.
func (r *reader) rename(name string, c *cursor) string {
	t := r.table(name)
	if t == nil || c.is("CONSTRAINT", "INDEX", "KEY") {
		return name
	}
	if c.take("TO") || c.take("AS") {
		schema, _, qualified := strings.Cut(name, ".")
		to := c.name()
		if qualified && !strings.Contains(to, ".") {
			to = schema + "." + to
		}
		if to == "" {
			return name
		}
		r.call(t, to)
		return to
	}
	c.take("COLUMN")
	i := t.field(c.next().text)
	if i >= 0 && c.take("TO") {
		old, now := t.Fields[i].Name, c.next().text
		t.rename(i, now)
		if k := slices.Index(t.Key, old); k >= 0 {
			t.Key = slices.Clone(t.Key)
			t.Key[k] = now
		}
	}
	return name
}
