package decode

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlKind is what a token of XML is.
type xmlKind byte

const (
	xmlText xmlKind = iota + 1
	xmlOpen
	xmlClose
	xmlEmpty
	xmlComment
	xmlCData
	xmlInstruction
	xmlDoctype
	xmlBad // nothing that XML has
)

// closed are the tokens that have a beginning and an end of their own.
var closed = []struct {
	begin, end string
	kind       xmlKind
}{{"<!--", "-->", xmlComment}, {"<![CDATA[", "]]>", xmlCData}, {"<?", "?>", xmlInstruction}}

// xmlToken gives length and kind of the token at the front of data; ok is false where it does not end there. With last there is no more data.
func xmlToken(data []byte, last bool) (n int, kind xmlKind, ok bool) {
	if data[0] != '<' {
		if n = bytes.IndexByte(data, '<'); n >= 0 {
			return n, xmlText, true
		}
		return len(data), xmlText, last
	}
	for _, c := range closed {
		if bytes.HasPrefix(data, []byte(c.begin)) {
			n = bytes.Index(data[len(c.begin):], []byte(c.end))
			return n + len(c.begin) + len(c.end), c.kind, n >= 0
		}
		if len(data) < len(c.begin) && strings.HasPrefix(c.begin, string(data)) {
			return 0, 0, false
		}
	}
	if bytes.HasPrefix(data, []byte("<!DOCTYPE")) {
		n, ok = doctypeLen(data)
		return n, xmlDoctype, ok
	}
	if len(data) < 9 && strings.HasPrefix("<!DOCTYPE", string(data)) {
		return 0, 0, false
	}
	return tagToken(data)
}

// tagToken gives the token of a tag.
func tagToken(data []byte) (n int, kind xmlKind, ok bool) {
	kind, at := xmlOpen, 1
	if data[1] == '/' {
		kind, at = xmlClose, 2
	}
	if at >= len(data) {
		return 0, 0, false
	}
	if !nameStart(data[at]) {
		return 1, xmlBad, true
	}
	quote := byte(0)
	for i := at; i < len(data); i++ {
		switch c := data[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return 1, xmlBad, true
		case c == '>':
			if data[i-1] == '/' && kind == xmlOpen {
				kind = xmlEmpty
			}
			return i + 1, kind, true
		}
	}
	return 0, 0, false
}

// doctypeLen gives the length of a DOCTYPE, what it declares inside included.
func doctypeLen(data []byte) (n int, ok bool) {
	depth, quote := 0, byte(0)
	for i := 2; i < len(data); i++ {
		switch c := data[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case bytes.HasPrefix(data[i:], []byte("<!--")):
			end := bytes.Index(data[i:], []byte("-->"))
			if end < 0 {
				return 0, false
			}
			i += end + 2
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth <= 0:
			return i + 1, true
		}
	}
	return 0, false
}

func nameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
}

func nameLen(b []byte) (n int) {
	for n < len(b) && (nameStart(b[n]) || b[n] >= '0' && b[n] <= '9' || b[n] == '-' || b[n] == '.') {
		n++
	}
	return n
}

// elementName gives the name of a tag as it is written, and where it ends.
func elementName(tag []byte) (name string, end int) {
	at := 1
	if tag[1] == '/' {
		at = 2
	}
	end = at + nameLen(tag[at:])
	return string(tag[at:end]), end
}

// localName takes the prefix of a namespace off.
func localName(name string) string {
	if _, local, ok := strings.Cut(name, ":"); ok && local != "" {
		return local
	}
	return name
}

// xmlAttribute is one of a tag; start and end are those of its value within the tag, quotes left out.
type xmlAttribute struct {
	name       string
	start, end int
}

// attributes gives those of a tag, without the declarations of namespaces; ok is false where there is something else.
func attributes(tag []byte) (out []xmlAttribute, ok bool) {
	_, at := elementName(tag)
	for {
		from := at
		for at < len(tag) && spaces(tag[at:at+1]) > 0 {
			at++
		}
		if at >= len(tag)-1 && tag[len(tag)-1] == '>' || bytes.Equal(tag[at:], []byte("/>")) {
			return out, true
		}
		n := nameLen(tag[at:])
		if n == 0 || from == at {
			return nil, false
		}
		a := xmlAttribute{name: string(tag[at : at+n])}
		at += n
		at += spaces(tag[at:])
		if at >= len(tag) || tag[at] != '=' {
			return nil, false
		}
		at++
		at += spaces(tag[at:])
		if at >= len(tag) || tag[at] != '"' && tag[at] != '\'' {
			return nil, false
		}
		n = bytes.IndexByte(tag[at+1:], tag[at])
		if n < 0 {
			return nil, false
		}
		a.start, a.end = at+1, at+1+n
		at = a.end + 1
		if a.name != "xmlns" && !strings.HasPrefix(a.name, "xmlns:") {
			out = append(out, a)
		}
	}
}

var xmlEntities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// unescapeXML gives a text without its entities; ok is false where it has one that a document would have to declare.
func unescapeXML(dst, raw []byte) (out []byte, ok bool) {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...), true
		}
		dst, raw = append(dst, raw[:i]...), raw[i+1:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end <= 0 {
			return dst, false
		}
		name := string(raw[:end])
		raw = raw[end+1:]
		if c, known := xmlEntities[name]; known {
			dst = append(dst, c)
			continue
		}
		r, good := characterOf(name)
		if !good {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// characterOf gives the character of a reference by number.
func characterOf(name string) (rune, bool) {
	digits, base := name[1:], 10
	if name[0] != '#' || digits == "" {
		return 0, false
	}
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n > 0 && n <= utf8.MaxRune
}

// HoldsXML tells whether XML has all characters of a text: it has no zero byte and few other controls, however they are written.
func HoldsXML(v []byte) bool {
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return false
		}
		i += n
	}
	return true
}

// EscapeXML writes a text that XML holds as the content of an element, or with quoted as the value of an attribute.
func EscapeXML(v []byte, quoted bool) []byte {
	out := make([]byte, 0, len(v)+8)
	for _, c := range v {
		switch {
		case c == '&':
			out = append(out, "&amp;"...)
		case c == '<':
			out = append(out, "&lt;"...)
		case c == '>':
			out = append(out, "&gt;"...)
		case quoted && c == '"':
			out = append(out, "&quot;"...)
		case quoted && c == '\'':
			out = append(out, "&apos;"...)
		case c == '\r' || quoted && (c == '\n' || c == '\t'):
			out = append(append(append(out, "&#"...), strconv.Itoa(int(c))...), ';')
		default:
			out = append(out, c)
		}
	}
	return out
}
