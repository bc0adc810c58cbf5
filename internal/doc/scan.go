package doc

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"vestige/internal/errkind"
)

var errStopped = errors.New("stopped")

// scanner reads tokens; it knows the grammar of JSON and nothing of paths.
type scanner struct {
	doc []byte
	pos int
}

func (s *scanner) fault() error {
	return errkind.Coded(errkind.Invalid, "json-invalid", "not a JSON document at byte %d", s.pos)
}

func (s *scanner) space() {
	for s.pos < len(s.doc) {
		switch s.doc[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.pos < len(s.doc) {
		return s.doc[s.pos]
	}
	return 0
}

func (s *scanner) colon() error {
	s.space()
	if s.peek() != ':' {
		return s.fault()
	}
	s.pos++
	return nil
}

// members calls f behind each name of the object whose brace has been read; f reads colon and value.
func (s *scanner) members(f func(nameStart int) error) error {
	for s.space(); s.peek() != '}'; {
		s.space()
		start := s.pos
		if err := s.str(); err != nil {
			return err
		}
		if err := f(start); err != nil {
			return err
		}
		if more, err := s.next('}'); err != nil || !more {
			return err
		}
	}
	s.pos++
	return nil
}

// elements calls f before each element of the array whose bracket has been read.
func (s *scanner) elements(f func(i int) error) error {
	s.space()
	for i := 0; s.peek() != ']' || i > 0; i++ {
		if err := f(i); err != nil {
			return err
		}
		if more, err := s.next(']'); err != nil || !more {
			return err
		}
	}
	s.pos++
	return nil
}

// next reads a comma, or the end of the container.
func (s *scanner) next(end byte) (more bool, err error) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		s.space()
		if s.peek() == end {
			return false, s.fault()
		}
		return true, nil
	case end:
		s.pos++
		return false, nil
	}
	return false, s.fault()
}

// scalar reads the scalar at hand.
func (s *scanner) scalar() (Kind, error) {
	switch c := s.peek(); c {
	case '"':
		return String, s.str()
	case 't':
		return Bool, s.word("true")
	case 'f':
		return Bool, s.word("false")
	case 'n':
		return Null, s.word("null")
	default:
		n := numberLen(s.doc[s.pos:])
		if n == 0 {
			return Number, s.fault()
		}
		s.pos += n
		return Number, nil
	}
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.doc[s.pos:], []byte(w)) {
		return s.fault()
	}
	s.pos += len(w)
	return nil
}

// str reads a string token and checks its escapes.
func (s *scanner) str() error {
	if s.peek() != '"' {
		return s.fault()
	}
	for i := s.pos + 1; i < len(s.doc); i++ {
		switch c := s.doc[i]; {
		case c == '"':
			s.pos = i + 1
			return nil
		case c < 0x20:
			s.pos = i
			return s.fault()
		case c == '\\':
			n := escapeLen(s.doc[i:])
			if n == 0 {
				s.pos = i
				return s.fault()
			}
			i += n - 1
		}
	}
	s.pos = len(s.doc)
	return s.fault()
}

// escapeLen gives the length of the escape at the front, 0 where it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && hex4(b[2:6]) >= 0 {
			return 6
		}
	}
	return 0
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// decodeAt decodes the character at the front of the inside of a string token: what it stands for and how many bytes it takes.
func decodeAt(dst, b []byte) ([]byte, int) {
	if b[0] != '\\' {
		if b[0] < utf8.RuneSelf {
			return append(dst, b[0]), 1
		}
		r, n := utf8.DecodeRune(b)
		return utf8.AppendRune(dst, r), n
	}
	switch b[1] {
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
		r := hex4(b[2:])
		if utf16.IsSurrogate(r) && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(b[8:])); pair != utf8.RuneError {
				return utf8.AppendRune(dst, pair), 12
			}
		}
		return utf8.AppendRune(dst, r), 6
	}
	return append(dst, b[1]), 2
}

// appendDecoded decodes the inside of a string token.
func appendDecoded(dst, b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return append(dst, b...)
	}
	for n := 0; len(b) > 0; b = b[n:] {
		dst, n = decodeAt(dst, b)
	}
	return dst
}

// appendEncoded writes the inside of a string token with the fewest escapes.
func appendEncoded(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// numberLen gives the length of the JSON number at the front, 0 where there is none.
func numberLen(b []byte) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// appendMember adds a member to a concrete path.
func appendMember(path, member []byte) []byte {
	if len(path) > 0 {
		path = append(path, '.')
	}
	return appendEscaped(path, member)
}

func appendEscaped(dst, member []byte) []byte {
	if len(member) == 0 {
		return append(dst, `\0`...) // an empty name has to be seen
	}
	for _, c := range member {
		switch c {
		case '.', '[', ']', '{', '}', '@', '\\':
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}

func appendIndex(path []byte, i int) []byte {
	return append(strconv.AppendInt(append(path, '['), int64(i), 10), ']')
}
