package forms

import (
	"bytes"
	"encoding/hex"
	"html"
	"unicode/utf16"
	"unicode/utf8"
)

// digests looks for digests of the values: the whole value for Equal, runs of hex or base64 of the right length for Within.
func (s *scratch) digests(p *plan) {
	if set := p.digests[inEqual]; set != nil {
		if _, raw, ok := FromDigest(s.value); ok {
			s.digest(set, raw, 0, len(s.value))
		}
	}
	set := p.digests[inWithin]
	if set == nil || len(s.value) < 32 {
		return
	}
	s.runs(s.value, isHex, func(from, to int) {
		if n := to - from; n == 32 || n == 40 || n == 64 || n == 128 {
			if raw, err := hex.AppendDecode(s.token[:0], s.value[from:to]); err == nil {
				s.digest(set, raw, from, to)
			}
		}
	})
	s.runs(s.value, isBase64, func(from, to int) {
		if n := to - from; n == 43 {
			if raw := unbase64(s.token[:0], s.value[from:to]); len(raw) == 32 {
				s.digest(set, raw, from, padded(s.value, to))
			}
		}
	})
}

func (s *scratch) digest(set map[string][]digested, raw []byte, from, to int) {
	for _, d := range set[string(raw)] {
		if isBase64 := to-from == 43 || to-from == 44; len(raw) != 32 || isBase64 == (d.form == SHA256Base64) {
			s.hit(d.ref, d.form, from, to)
		}
	}
}

// padded gives the end of a run with the padding behind it.
func padded(text []byte, to int) int {
	for n := 0; n < 2 && to < len(text) && text[to] == '='; n++ {
		to++
	}
	return to
}

// runs yields the longest runs of bytes of a class; a run that letters of other kinds touch is none.
func (s *scratch) runs(text []byte, class uint8, yield func(from, to int)) {
	for i := 0; i < len(text); i++ {
		if classes[text[i]]&class == 0 {
			continue
		}
		from := i
		for i < len(text) && classes[text[i]]&class != 0 {
			i++
		}
		if !wordBefore(text, from) && !wordAfter(text, i) {
			yield(from, i)
		}
	}
}

// The classes of bytes, in a table.
const (
	isAlnum uint8 = 1 << iota
	isHex
	isBase64
)

var classes = classTable()

func classTable() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		if alnum(c) {
			t[i] |= isAlnum
		}
		if hexByte(c) {
			t[i] |= isHex
		}
		if alnum(c) || c == '+' || c == '/' || c == '-' || c == '_' {
			t[i] |= isBase64
		}
	}
	return t
}

func hexByte(c byte) bool { return digit(c) || (c|0x20 >= 'a' && c|0x20 <= 'f') }

// layers decodes what the terms ask for and looks again.
func (s *scratch) layers(p *plan) {
	asked := p.layers[inEqual] | p.layers[inWithin]
	if asked == 0 {
		return
	}
	if asked&formBit(URL) != 0 {
		s.unescape(p, URL, '%', percent)
		if p.within[words] != nil || p.equal[words] != nil {
			s.wordsOnly = true // a plus is a space between words, and itself in an address
			s.unescape(p, URL, '+', percentPlus)
			s.wordsOnly = false
		}
	}
	if asked&formBit(JSON) != 0 {
		s.unescape(p, JSON, '\\', backslash)
	}
	if asked&formBit(HTML) != 0 {
		s.unescape(p, HTML, '&', entity)
	}
	if asked&formBit(Hex) != 0 {
		s.packed(p, Hex, isHex, unhex)
	}
	if asked&formBit(Base64) != 0 {
		s.packed(p, Base64, isBase64, unbase64)
		s.packed(p, Base64, isAlnum, unbase64) // between slashes and hyphens
	}
	s.form, s.layer = Plain, nil
}

// look runs the terms over a decoded text.
func (s *scratch) look(p *plan, form string, v *view, whole bool) {
	s.form, s.layer = form, v
	if whole && p.layers[inEqual]&formBit(form) != 0 {
		s.equal(p, v.b)
	}
	if p.layers[inWithin]&formBit(form) != 0 {
		s.within(p, v.b)
	}
}

// reach is how far from an escape a value that holds it is looked for.
const reach = 400

// unescape decodes the text around each place where an escape can be. one gives what stands at the front and how many bytes it
// takes, 0 for no escape.
func (s *scratch) unescape(p *plan, form string, mark byte, one func(dst, b []byte) ([]byte, int)) {
	for at := 0; at < len(s.value); {
		i := bytes.IndexByte(s.value[at:], mark)
		if i < 0 {
			return
		}
		from, to := max(at, at+i-reach), at+i+reach
		for to < len(s.value) { // as long as further escapes are in reach
			j := bytes.LastIndexByte(s.value[max(from, to-reach):to], mark)
			if end := max(from, to-reach) + j + reach; j < 0 || end <= to {
				break
			} else {
				to = end
			}
		}
		if len(s.value) <= 4*reach {
			from, to = 0, len(s.value)
		}
		to = min(to, len(s.value))
		s.unescapeRange(p, form, from, to, one)
		at = to
	}
}

func (s *scratch) unescapeRange(p *plan, form string, from, to int, one func(dst, b []byte) ([]byte, int)) {
	v := &s.decoded
	v.reset()
	changed, i := false, from
	for i < to {
		k := len(v.b)
		b, n := one(v.b, s.value[i:])
		if v.b = b; n == 0 {
			v.b, n = append(v.b, s.value[i]), 1
		} else {
			changed = true
		}
		for range v.b[k:] {
			v.off = append(v.off, int32(i))
		}
		i += n
	}
	v.off = append(v.off, int32(i))
	if changed {
		s.look(p, form, v, from == 0 && to == len(s.value))
	}
}

// packed decodes each run that can be an encoded text. What is found in it stands in the value as the whole run.
func (s *scratch) packed(p *plan, form string, class uint8, decode func(dst, b []byte) []byte) {
	shortest := (p.packed*4 + 2) / 3
	if form == Hex {
		shortest = 2 * p.packed
	}

	s.runs(s.value, class, func(from, to int) {
		if to-from < shortest {
			return
		}
		text := decode(s.token[:0], s.value[from:to])
		if len(text) == 0 || !utf8.Valid(text) {
			return
		}
		end := to
		if form == Base64 {
			end = padded(s.value, to)
		}
		v := &s.decoded
		v.reset()
		v.b = append(v.b, text...)
		for range text {
			v.off, v.end = append(v.off, int32(from)), append(v.end, int32(end))
		}
		s.look(p, form, v, len(trim(s.value)) == end-from)
	})
}

func unhex(dst, b []byte) []byte {
	out, err := hex.AppendDecode(dst, b)
	if err != nil {
		return nil
	}
	return out
}

func percent(dst, b []byte) ([]byte, int) {
	if b[0] != '%' || len(b) < 3 || !hexByte(b[1]) || !hexByte(b[2]) {
		return dst, 0
	}
	return append(dst, nibble(b[1])<<4|nibble(b[2])), 3
}

func percentPlus(dst, b []byte) ([]byte, int) {
	if b[0] == '+' {
		return append(dst, ' '), 1
	}
	return percent(dst, b)
}

func nibble(c byte) byte {
	if digit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func backslash(dst, b []byte) ([]byte, int) {
	if b[0] != '\\' || len(b) < 2 {
		return dst, 0
	}
	switch b[1] {
	case '"', '\\', '/', '\'':
		return append(dst, b[1]), 2
	case 'n':
		return append(dst, '\n'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'r':
		return append(dst, '\r'), 2
	}
	r := unicodeEscape(b)
	if r < 0 {
		return dst, 0
	}
	if utf16.IsSurrogate(r) {
		if low := unicodeEscape(b[6:]); low >= 0 {
			return utf8.AppendRune(dst, utf16.DecodeRune(r, low)), 12
		}
	}
	return utf8.AppendRune(dst, r), 6
}

// unicodeEscape reads \u00e9 at the front, -1 where there is none.
func unicodeEscape(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		if !hexByte(c) {
			return -1
		}
		r = r<<4 | rune(nibble(c))
	}
	return r
}

func entity(dst, b []byte) ([]byte, int) {
	if b[0] != '&' {
		return dst, 0
	}
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return dst, 0
	}
	text := html.UnescapeString(string(b[:end+1]))
	if text == string(b[:end+1]) {
		return dst, 0
	}
	return append(dst, text...), end + 1
}
