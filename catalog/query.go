package catalog

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"vestige/internal/errkind"
)

// The query language: words and key:value terms beside one another must all hold; OR between them, "-" before one that must not, and
// parentheses around a group. A value with spaces stands in quotes.
//
//	is:pii category:contact source:shop (type:text OR type:json) conf:>0.8 -schema:tmp "birth date"

// The limits of a query.
const (
	maxQuery = 2000 // bytes
	maxTerms = 64
	maxDepth = 16
)

// expr is one node of a parsed query: exactly one of its parts is set. An empty all matches everything.
type expr struct {
	all  []expr
	any  []expr
	not  *expr
	term *term
}

// term is key:value, or free words where key is empty.
type term struct {
	key   string
	op    string   // "", >, >=, <, <=, =
	value string   // in lower case
	words []string // of the value as it was typed
	star  bool     // the value has a wildcard
	at    int      // where it starts, in characters from 1
	owned *owned   // of an owner, once it was looked up
}

// errQuery is a query that cannot be understood, with the place.
func errQuery(at int, format string, args ...any) error {
	return errkind.Coded(errkind.Invalid, "bad-query", "at character %d: %s", at, fmt.Sprintf(format, args...))
}

type parser struct {
	text  string
	at    int // byte offset
	terms int
	depth int
}

// parseQuery reads a query. It never panics, whatever it is given.
func parseQuery(text string) (expr, error) {
	if len(text) > maxQuery {
		return expr{}, errQuery(maxQuery, "a query has at most %d bytes", maxQuery)
	}
	if !utf8.ValidString(text) {
		return expr{}, errQuery(1, "a query is UTF-8 text")
	}
	p := &parser{text: text}
	e, err := p.or()
	if err == nil && p.peek() == ')' {
		err = errQuery(p.pos(), "a parenthesis closes that was not opened")
	}
	return e, err
}

func (p *parser) pos() int { return utf8.RuneCountInString(p.text[:p.at]) + 1 }

// peek skips spaces and gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			return p.text[p.at]
		}
		p.at += n
	}
	return 0
}

// isOr tells whether the word OR stands next, and steps over it.
func (p *parser) isOr() bool {
	if p.peek() != 'O' || !strings.HasPrefix(p.text[p.at:], "OR") {
		return false
	}
	if rest := p.text[p.at+2:]; rest != "" && !strings.ContainsAny(rest[:1], " \t\n()") {
		return false
	}
	p.at += 2
	return true
}

func (p *parser) or() (expr, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return expr{}, errQuery(p.pos(), "groups stand at most %d deep", maxDepth)
	}
	var sides []expr
	for {
		e, err := p.and()
		if err != nil {
			return expr{}, err
		}
		at := p.pos()
		or := p.isOr()
		if or && len(e.all) == 0 || len(sides) > 0 && len(e.all) == 0 {
			return expr{}, errQuery(at, "OR needs something on both sides")
		}
		sides = append(sides, e)
		if !or {
			break
		}
	}
	if len(sides) == 1 {
		return sides[0], nil
	}
	return expr{any: sides}, nil
}

func (p *parser) and() (expr, error) {
	e := expr{all: []expr{}}
	for {
		at := p.at
		switch c := p.peek(); {
		case c == 0 || c == ')':
			return e, nil
		case c == 'O' && p.isOr():
			p.at = at
			return e, nil
		}
		one, err := p.one()
		if err != nil {
			return e, err
		}
		e.all = append(e.all, one)
	}
}

// one reads a term, a group, or either of them negated.
func (p *parser) one() (expr, error) {
	at := p.pos()
	switch p.peek() {
	case '-':
		p.at++
		if c := p.peek(); c == 0 || c == ')' || c == '-' {
			return expr{}, errQuery(at, "a minus stands before what must not hold")
		}
		e, err := p.one()
		return expr{not: &e}, err
	case '(':
		p.at++
		e, err := p.or()
		if err != nil {
			return e, err
		}
		if p.peek() != ')' {
			return e, errQuery(at, "a parenthesis is not closed")
		}
		p.at++
		if e.any == nil && len(e.all) == 0 {
			return e, errQuery(at, "a group is empty")
		}
		return e, nil
	}
	return p.term()
}

func (p *parser) term() (expr, error) {
	t := &term{at: p.pos()}
	if p.terms++; p.terms > maxTerms {
		return expr{}, errQuery(t.at, "a query has at most %d terms", maxTerms)
	}
	if p.peek() != '"' {
		if i := strings.IndexAny(p.text[p.at:], ": \t\n()\""); i > 0 && p.text[p.at+i] == ':' {
			t.key = strings.ToLower(p.text[p.at : p.at+i])
			p.at += i + 1
		}
	}
	if t.key != "" {
		for _, op := range []string{">=", "<=", ">", "<", "="} {
			if strings.HasPrefix(p.text[p.at:], op) {
				t.op = op
				p.at += len(op)
				break
			}
		}
	}
	var err error
	if t.value, err = p.value(); err != nil {
		return expr{}, err
	}
	if t.value == "" {
		return expr{}, errQuery(t.at, "%s", strings.TrimSpace(strings.TrimPrefix(t.key+": needs a value", ": ")))
	}
	t.words = splitWords(t.value)
	return expr{term: t}, t.check()
}

// value reads a quoted or a bare value. A quoted one holds any character; there is no escape.
func (p *parser) value() (string, error) {
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, `"`) {
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return "", errQuery(p.pos(), "a quotation mark is not closed")
		}
		p.at += end + 2
		return rest[1 : end+1], nil
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' })
	if end < 0 {
		end = len(rest)
	}
	p.at += end
	return rest[:end], nil
}
