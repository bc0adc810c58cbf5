package decode

import (
	"bytes"
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"
)

// insert reads the tuples of INSERT … VALUES.
func (s *dump) insert() error {
	p, ok := s.begin("VALUES", "VALUE")
	if !ok || !slices.Contains(p.words, "INTO") {
		return s.unread()
	}
	table, columns := p.target("INTO")
	for {
		n, kind, ok := s.token(p.end)
		if !ok || kind != sqlSpace {
			break
		}
		p.end += n
	}
	if err := s.leave(tagHead, p.end); err != nil {
		return err
	}
	for {
		again, err := s.tuple(table, columns)
		if err != nil || !again {
			return err
		}
	}
}

// value is one value of a tuple, as it is written.
type sqlValue struct {
	start, end int  // of the literal
	kind       byte // of a single token, or 0
	from       int  // of what stands between the commas
}

// tuple reads a tuple and what stands behind it; again tells whether another follows.
func (s *dump) tuple(table string, columns []string) (again bool, err error) {
	values, n, ok := s.scanTuple()
	if !ok {
		return false, s.unread()
	}
	raw := s.w.data()[:n]
	names := s.fieldsOf(table, columns, len(values))
	if len(names) != len(values) {
		err = s.lost(GapRagged, raw)
	} else {
		s.out.begin(s.place(s.w.off), sha256.Sum256(raw), raw, n)
		for i, v := range values {
			kind, text := v.read(raw, s.my)
			s.out.value(names[i], "", kind, text, v.start, v.end)
		}
		err = s.counted(s.out.end())
	}
	s.passed(raw)
	if err != nil {
		return false, err
	}
	return s.behind()
}

// scanTuple finds the values of the tuple at the front.
func (s *dump) scanTuple() (values []sqlValue, n int, ok bool) {
	if k, kind, ok := s.token(0); !ok || kind != '(' || k != 1 {
		return nil, 0, false
	}
	depth := 1
	v := sqlValue{start: -1}
	for n = 1; depth > 0; {
		k, kind, ok := s.token(n)
		if !ok {
			return nil, 0, false
		}
		switch {
		case kind == '(' || kind == '[':
			depth++
		case kind == ')' || kind == ']':
			depth--
		}
		switch {
		case depth == 0 || depth == 1 && kind == ',':
			values = append(values, v)
			v = sqlValue{start: -1}
		case kind != sqlSpace:
			v.token(n, k, kind, s.w.data()[n:n+k])
		}
		n += k
	}
	return values, n, true
}

// token adds a token to a value. A string may have the name of its charset before and a cast behind it; a number may have a sign.
func (v *sqlValue) token(at, n int, kind byte, text []byte) {
	switch {
	case v.start < 0:
		v.start, v.end, v.kind, v.from = at, at+n, kind, at
	case kind == sqlString && v.kind == sqlWord && (text[0] == '\'') && v.end-v.start < 12:
		v.start, v.end, v.kind = at, at+n, kind // _binary '…': what kind it is shows at reading
	case v.kind == '-' && kind == sqlWord:
		v.end, v.kind = at+n, sqlWord
	case v.kind == sqlString && (kind == ':' || kind == 'c'):
		v.kind = 'c'
	case v.kind == 'c' && (kind == sqlWord || kind == ':'):
	default:
		v.start, v.end, v.kind = v.from, at+n, 0
	}
}

var sqlNumber = regexp.MustCompile(`^-?\d+(\.\d*)?([eE][+-]?\d+)?$`)

// read gives a value; what is more than a literal is Fixed.
func (v *sqlValue) read(raw []byte, my bool) (ValueKind, []byte) {
	if v.start < 0 {
		return Fixed, []byte{}
	}
	text := raw[v.start:v.end]
	before := strings.ToUpper(strings.TrimSpace(string(raw[v.from:v.start])))
	switch word := strings.ToUpper(string(text)); {
	case (v.kind == sqlString || v.kind == 'c') && (before == "" || before == "_BINARY" || before == "N" || before == "_UTF8MB4"):
		return Quoted, sqlText(text, my)
	case v.kind != sqlWord:
		return Fixed, text
	case word == "NULL":
		return Text, nil
	case word == "TRUE" || word == "FALSE":
		return Bool, bytes.ToLower(text)
	case sqlNumber.Match(text):
		return Number, text
	}
	return Fixed, text
}

// behind reads what follows a tuple: a comma, or the end of the statement.
func (s *dump) behind() (again bool, err error) {
	at := 0
	for {
		n, kind, ok := s.token(at)
		switch {
		case ok && kind == sqlSpace:
			at += n
			continue
		case ok && kind == ',':
			for at += n; ; at += n {
				if n, kind, ok = s.token(at); !ok || kind != sqlSpace {
					return true, s.leave(tagSeparator, at)
				}
			}
		}
		for ok && !s.ends(at) {
			at += n
			n, _, ok = s.token(at)
		}
		if at = min(at, len(s.w.data())); ok {
			at += len(s.delim)
			for at < len(s.w.data()) && (s.w.data()[at] == '\r' || s.w.data()[at] == '\n') {
				if at++; s.w.data()[at-1] == '\n' {
					break
				}
			}
		}
		return false, s.leave(tagTail, at)
	}
}

// copyFrom reads the lines of COPY … FROM stdin.
func (s *dump) copyFrom() error {
	p, ok := s.begin("STDIN")
	if !ok {
		return s.skip()
	}
	table, columns := p.target("COPY")
	options := false
	for !s.ends(p.end) {
		n, kind, ok := s.token(p.end)
		if !ok {
			return s.skip()
		}
		options = options || kind == '('
		if p.end += n; p.end >= len(s.w.data()) && !s.w.more() {
			return s.skip()
		}
	}
	if err := s.leave(tagGlue, p.end); err != nil {
		return err
	}
	if err := s.line0(); err != nil {
		return err
	}
	if options {
		if err := s.gap(GapSQL, s.w.off); err != nil {
			return err
		}
	}
	for {
		raw, err := s.nextLine()
		if err != nil || raw == nil {
			return err
		}
		s.out.lost = options
		body := bodyOf(raw)
		last := string(raw[:body]) == `\.`
		if last || options {
			err = s.leave(tagGlue, len(raw))
		} else {
			err = s.copied(raw, body, table, columns)
		}
		if err != nil || last {
			return err
		}
	}
}

// copied gives a line of COPY.
func (s *dump) copied(raw []byte, body int, table string, columns []string) error {
	s.cells = splitTabs(s.cells[:0], raw[:body])
	names := s.fieldsOf(table, columns, len(s.cells))
	if len(names) != len(s.cells) {
		err := s.lost(GapRagged, raw)
		s.passed(raw)
		return err
	}
	s.out.begin(s.place(s.w.off), sha256.Sum256(raw[:body]), raw, body)
	for i, c := range s.cells {
		v := raw[c.start:c.end]
		switch {
		case string(v) == noValue:
			v = nil
		case bytes.IndexByte(v, '\\') >= 0:
			s.cell = unescapeTabs(s.cell[:0], v)
			v = s.cell
		}
		s.out.value(names[i], "", Text, v, c.start, c.end)
	}
	err := s.counted(s.out.end())
	s.passed(raw)
	return err
}
