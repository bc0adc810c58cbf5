package ddl

import (
	"regexp"
	"strings"
)

// The kinds of token; punctuation is a kind by itself.
type kind byte

const (
	word   kind = 'a' // a keyword, a name without quotes or a number
	quoted kind = 'q' // a name in quotes
	text   kind = '\''
	mark   kind = '.'
	stop   kind = ';' // what statements end with
)

// token is one of a statement.
type token struct {
	kind  kind
	text  string // of names and texts what stands in the quotes
	line  int
	first bool // nothing stands before it in its line
	glued bool // nothing stands between it and the token before
}

// lexer cuts a text into tokens.
type lexer struct {
	in        string
	at, line  int
	first, my bool   // my: a backslash escapes in texts
	end       string // what statements end with
	open      int    // the line where something began that is never closed; 0 where all is
}

// backslashes tells a text of MySQL, in which a backslash escapes.
var backslashes = regexp.MustCompile("(?i)\\bENGINE\\s*=|AUTO_INCREMENT|COMMENT\\s*=?\\s*'|(CREATE TABLE|INSERT INTO|EXISTS)\\s+`|/\\*!\\d")

func newLexer(in string) *lexer {
	return &lexer{in: strings.TrimPrefix(in, "\ufeff"), line: 1, first: true, my: backslashes.MatchString(in), end: ";"}
}

// next gives the next token; ok is false at the end.
func (l *lexer) next() (t token, ok bool) {
	from := l.at
	l.blank()
	if l.at >= len(l.in) {
		return t, false
	}
	t = token{line: l.line, first: l.first, glued: from == l.at}
	l.first = false
	switch c := l.in[l.at]; {
	case strings.HasPrefix(l.in[l.at:], l.end):
		t.kind = stop
		l.at += len(l.end)
	case c == '\'':
		t.kind, t.text = text, l.quote('\'', l.my)
	case (c == 'E' || c == 'e' || c == 'N' || c == 'n') && l.ahead(1) == '\'':
		l.at++
		t.kind, t.text = text, l.quote('\'', l.my || c|0x20 == 'e')
	case c == '"', c == '`':
		t.kind, t.text = quoted, l.quote(c, l.my && c == '"')
	case c == '[' && letter(l.ahead(1)) && !t.glued:
		t.kind, t.text = quoted, l.quote(']', false)
	case c == '[' && letter(l.ahead(1)) && l.at > 0 && !letter(l.in[l.at-1]):
		t.kind, t.text = quoted, l.quote(']', false)
	case c == '$' && letter(l.ahead(1)), c == '$' && l.ahead(1) == '$':
		t.kind, t.text = text, l.dollar()
	case letter(c) || c >= '0' && c <= '9' || c == '#' || c == '@':
		t.kind, t.text = word, l.word()
	default:
		t.kind, t.text = mark, string(c)
		l.at++
	}
	return t, true
}

func (l *lexer) ahead(n int) byte {
	if l.at+n < len(l.in) {
		return l.in[l.at+n]
	}
	return 0
}

// blank passes over what says nothing. What MySQL hides from other systems in a comment of /*!40000 … */ is read.
func (l *lexer) blank() {
	for l.at < len(l.in) {
		rest := l.in[l.at:]
		switch {
		case rest[0] == '\n':
			l.at, l.line, l.first = l.at+1, l.line+1, true
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\f' || rest[0] == 0:
			l.at++
		case strings.HasPrefix(rest, "--"), rest[0] == '#' && (l.first || l.my && l.at > 0 && l.in[l.at-1] <= ' '), rest[0] == '\\' && l.first:
			l.skip(strings.IndexByte(rest, '\n'))
		case strings.HasPrefix(rest, "/*!"), strings.HasPrefix(rest, "/*M!"):
			l.at += len(rest) - len(strings.TrimLeft(rest, "/*M!0123456789"))
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			l.closed(end >= 0, l.line)
			l.line += strings.Count(rest[:max(end, 0)], "\n")
			l.skip(plus(end, 2))
		case strings.HasPrefix(rest, "*/"):
			l.at += 2
		default:
			return
		}
	}
}

// plus moves what was found; -1 stays.
func plus(at, n int) int {
	if at < 0 {
		return at
	}
	return at + n
}

// closed notes where something began that is never closed: what follows was not read as it was meant.
func (l *lexer) closed(is bool, line int) {
	if !is && l.open == 0 {
		l.open = line
	}
}

// skip passes over n bytes, to the end with -1.
func (l *lexer) skip(n int) {
	if n < 0 {
		n = len(l.in) - l.at
	}
	l.at += n
}

// quote reads what stands in quotes; a quote within is doubled.
func (l *lexer) quote(end byte, escapes bool) string {
	var b strings.Builder
	began := l.line
	for l.at++; l.at < len(l.in); l.at++ {
		c := l.in[l.at]
		switch {
		case c == '\\' && escapes:
			l.at++
			c = l.ahead(0)
		case c == end && l.ahead(1) == end:
			l.at++
		case c == end:
			l.at++
			return b.String()
		}
		if c == '\n' {
			l.line++
		}
		b.WriteByte(c)
	}
	l.at = min(l.at, len(l.in))
	l.closed(false, began)
	return b.String()
}

// dollar reads a text in dollars, $$ … $$ or $name$ … $name$, in which PostgreSQL writes the bodies of functions.
func (l *lexer) dollar() string {
	rest := l.in[l.at:]
	n := strings.IndexByte(rest[1:], '$') + 2
	if n < 2 || strings.ContainsAny(rest[:n], " \n;") {
		l.at++
		return ""
	}
	body, _, ok := strings.Cut(rest[n:], rest[:n])
	l.closed(ok, l.line)
	l.line += strings.Count(body, "\n")
	l.at = min(l.at+2*n+len(body), len(l.in))
	return body
}

func (l *lexer) word() string {
	from := l.at
	for l.at < len(l.in) && wordly(l.in[l.at]) && (l.end == ";" || !strings.HasPrefix(l.in[l.at:], l.end)) {
		l.at++
	}
	return l.in[from:l.at]
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }

func wordly(c byte) bool {
	return letter(c) || c >= '0' && c <= '9' || c == '$' || c == '#' || c == '@'
}

// lines passes over the lines that follow COPY … FROM stdin.
func (l *lexer) lines() {
	end := strings.Index(l.in[l.at:], "\n\\.")
	l.closed(end >= 0, l.line)
	l.line += strings.Count(l.in[l.at:l.at+max(end, 0)], "\n")
	l.skip(end)
}

// delimiter reads what the client of MySQL ends statements with from here on.
func (l *lexer) delimiter() {
	line, _, _ := strings.Cut(l.in[l.at:], "\n")
	l.at += len(line)
	if l.end = strings.TrimSpace(line); l.end == "" {
		l.end = ";"
	}
}

// alone tells whether nothing but a number follows in the line.
func (l *lexer) alone() bool {
	line, _, _ := strings.Cut(l.in[l.at:], "\n")
	return strings.Trim(line, " \t\r0123456789") == ""
}
