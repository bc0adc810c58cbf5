package ddl

import (
	"slices"
	"strings"
)

// statements cuts a text into statements. They end at a semicolon, or at what DELIMITER says, at GO and / on a line of their own, and where a line begins a
// new one: SQL Server asks for no semicolon.
func (l *lexer) statements() (out []*cursor) {
	var now []token
	cut := func() {
		if len(now) > 0 {
			out = append(out, &cursor{tokens: now})
		}
		now = nil
	}
	for t, ok := l.next(); ok; t, ok = l.next() {
		switch {
		case len(now) == 0 && t.first && t.is("DELIMITER"):
			l.delimiter()
		case t.kind == stop:
			if copies(now) {
				l.lines()
			}
			cut()
		case t.first && (t.is("GO") || t.text == "/") && l.alone():
			cut()
		case t.first && t.is("CREATE") && begins(now):
			cut()
			now = append(now, t)
		case t.is("TABLE") && len(now) > 1 && verb(now[len(now)-1]) && begins(now):
			last := now[len(now)-1]
			now = now[:len(now)-1]
			cut()
			now = []token{last, t}
		default:
			now = append(now, t)
		}
	}
	cut()
	return out
}

// copies tells COPY … FROM stdin, behind which lines of data stand.
func copies(now []token) bool {
	from := slices.IndexFunc(now, func(t token) bool { return t.is("FROM") })
	return len(now) > 0 && now[0].is("COPY") && from > 0 && from+1 < len(now) && now[from+1].is("STDIN")
}

// verb tells what begins a statement about a table when it begins a line and TABLE follows.
func verb(t token) bool { return t.first && (t.is("ALTER") || t.is("DROP")) }

// begins tells whether what stands so far may end before a line that begins a statement about a table: a body of a function or a trigger is no place for that.
func begins(now []token) bool {
	for _, t := range now {
		switch {
		case t.is("FUNCTION"), t.is("PROCEDURE"), t.is("TRIGGER"), t.is("PROC"), t.is("EVENT"):
			return false
		case t.kind == mark && t.text == "(":
			return true
		}
	}
	return true
}

// is tells whether a token is a keyword.
func (t token) is(w string) bool { return t.kind == word && strings.EqualFold(t.text, w) }

// cursor goes along the tokens of a statement.
type cursor struct {
	tokens []token
	i      int
}

func (c *cursor) done() bool { return c.i >= len(c.tokens) }

// line is where the next token stands.
func (c *cursor) line() int { return c.at(0).line }

// at gives a token ahead; the empty one behind the end.
func (c *cursor) at(n int) token {
	if c.i+n < len(c.tokens) {
		return c.tokens[c.i+n]
	}
	return token{}
}

func (c *cursor) next() token {
	t := c.at(0)
	c.i++
	return t
}

// peek gives the next keyword in capitals, or the next mark; "" for names in quotes and texts.
func (c *cursor) peek() string { return c.ahead(0) }

func (c *cursor) ahead(n int) string {
	switch t := c.at(n); t.kind {
	case word, mark:
		return strings.ToUpper(t.text)
	}
	return ""
}

// take goes past keywords or marks if all of them come next.
func (c *cursor) take(words ...string) bool {
	for i, w := range words {
		if c.ahead(i) != w {
			return false
		}
	}
	c.i += len(words)
	return true
}

// isName tells whether the next token can be a name.
func (c *cursor) isName() bool {
	k := c.at(0).kind
	return k == word || k == quoted || k == text
}

// path reads a qualified name. A name may have marks in it that an installer replaces: %PREFIX%_users, {#}users.
func (c *cursor) path() (out []string) {
	for c.isName() || c.is("%", "{", ":", "?", "<") {
		name := c.next().text
		for c.at(0).glued && !c.is("(", ")", ".", ",", ";", "=") && c.at(0).kind != text {
			name += c.next().text
		}
		if out = append(out, name); !c.take(".") {
			break
		}
	}
	return out
}

// name reads the name of a table.
func (c *cursor) name() string { return named(c.path()) }

// names reads a list of names in brackets: the first word of each part, so that (mail(20) DESC) names mail.
func (c *cursor) names() (out []string) {
	if !c.take("(") {
		return nil
	}
	for _, p := range c.parts() {
		if p.isName() {
			out = append(out, p.next().text)
		}
	}
	return out
}

// parts reads what stands in a bracket that was just opened, cut at its commas, and goes behind its end.
func (c *cursor) parts() (out []*cursor) {
	depth, from := 0, c.i
	add := func() {
		if c.i > from {
			out = append(out, &cursor{tokens: c.tokens[from:c.i]})
		}
		from = c.i + 1
	}
	for ; !c.done(); c.i++ {
		switch c.peek() {
		case "(":
			depth++
		case ")":
			if depth == 0 {
				add()
				c.i++
				return out
			}
			depth--
		case ",":
			if depth == 0 {
				add()
			}
		}
	}
	add()
	return out
}

// skip goes behind a bracket, if one opens here.
func (c *cursor) skip() {
	if c.take("(") {
		c.parts()
	}
}
