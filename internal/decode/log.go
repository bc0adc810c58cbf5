package decode

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"vestige/internal/doc"
)

// lineField is the field that holds a whole line; what is found in a line are paths in it.
const lineField = "line"

// logLine gives a line of a log: the whole line, the time and level that it begins with, pairs written key=value, and the members of JSON
// in it.
func (d *decoder) logLine(raw []byte, body int) error {
	line := raw[:body]
	d.out.begin(d.place(d.w.off), sha256.Sum256(line), raw, body)
	d.out.value(lineField, "", Text, line, 0, body)
	d.paths = d.paths[:0]
	p := pairs{d: d, line: line}
	p.prefix()
	p.scan()
	return d.counted(d.out.end())
}

// pairs finds what a line says by itself.
type pairs struct {
	d    *decoder
	line []byte
}

// give adds the value of a path; the second of a name is path[1].
func (p *pairs) give(path string, kind ValueKind, v []byte, start, end int) {
	name, ok := p.d.fields[[2]string{path}]
	if !ok {
		name = p.d.field([2]string{path}, doc.FieldName(lineField, doc.Generic(path)))
	}
	p.d.out.value(name, p.concrete(path), kind, v, start, end)
}

// field remembers a name that is made of parts.
func (d *decoder) field(parts [2]string, name string) string {
	if len(d.fields) > maxNames {
		clear(d.fields)
	}
	d.fields[parts] = name
	return name
}

func (p *pairs) concrete(path string) string {
	n := 0
	for _, had := range p.d.paths {
		if had == path {
			n++
		}
	}
	if p.d.paths = append(p.d.paths, path); n > 0 {
		return fmt.Sprintf("%s[%d]", path, n)
	}
	return path
}

// key gives a key as a string that is made once.
func (p *pairs) key(b []byte) string {
	if s, ok := p.d.fields[[2]string{"\x00", string(b)}]; ok {
		return s
	}
	return p.d.field([2]string{"\x00", string(b)}, string(b))
}

// prefix gives the time and the level at the beginning.
func (p *pairs) prefix() {
	at := 0
	if len(p.line) > 0 && p.line[0] == '[' {
		at = 1
	}
	n := timeLen(p.line[at:])
	if n > 0 {
		p.give("time", Text, p.line[at:at+n], at, at+n)
		at += n
	}
	for range 3 {
		for at < len(p.line) && bytes.IndexByte([]byte(" \t[]():|-"), p.line[at]) >= 0 {
			at++
		}
		end := at
		for end < len(p.line) && isLetter(p.line[end]) {
			end++
		}
		if isLevel(p.line[at:end]) {
			p.give("level", Text, p.line[at:end], at, end)
			return
		}
		for at = end; at < len(p.line) && p.line[at] != ' '; at++ {
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func isLevel(word []byte) bool {
	if len(word) < 3 || len(word) > 8 {
		return false
	}
	var lower [8]byte
	for i, c := range word {
		lower[i] = c | 0x20
	}
	switch string(lower[:len(word)]) {
	case "trace", "debug", "info", "notice", "warn", "warning", "error", "err", "fatal", "critical", "crit", "panic":
		return true
	}
	return false
}

// timeShapes are the beginnings of times, 0 standing for a digit and A for a letter.
var timeShapes = []string{"0000-00-00T00:00:00", "0000-00-00 00:00:00", "0000/00/00 00:00:00", "AAA 00 00:00:00", "AAA  0 00:00:00", "00/AAA/0000:00:00:00"}

// timeLen gives the length of the time that the line begins with, fraction and zone included; 0 where there is none.
func timeLen(b []byte) int {
	for _, shape := range timeShapes {
		if !hasShape(b, shape) {
			continue
		}
		n := len(shape)
		if n+1 < len(b) && (b[n] == '.' || b[n] == ',') && isDigit(b[n+1]) {
			for n++; n < len(b) && isDigit(b[n]); n++ {
			}
		}
		return n + zoneLen(b[n:])
	}
	return 0
}

func zoneLen(b []byte) int {
	switch {
	case len(b) > 0 && b[0] == 'Z':
		return 1
	case hasShape(b, "+00:00"), hasShape(b, "-00:00"), hasShape(b, " +0000"), hasShape(b, " -0000"):
		return 6
	case hasShape(b, "+0000"), hasShape(b, "-0000"):
		return 5
	}
	return 0
}

func hasShape(b []byte, shape string) bool {
	if len(b) < len(shape) {
		return false
	}
	for i := range len(shape) {
		switch c := b[i]; shape[i] {
		case '0':
			if !isDigit(c) {
				return false
			}
		case 'A':
			if !isLetter(c) {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}

// scan gives the pairs and documents of the line.
func (p *pairs) scan() {
	for i := 0; i < len(p.line); {
		k := bytes.IndexAny(p.line[i:], "={")
		if k < 0 {
			return
		}
		if i += k; p.line[i] == '{' {
			i = p.document(i, "")
			continue
		}
		key := keyBefore(p.line[:i])
		if i++; len(key) == 0 || i == len(p.line) {
			continue
		}
		switch p.line[i] {
		case '{':
			i = p.document(i, p.key(key))
		case '"':
			i = p.quoted(i, p.key(key))
		default:
			i = p.bare(i, p.key(key))
		}
	}
}

// keyBefore gives the word that ends the bytes, where it can be a key.
func keyBefore(b []byte) []byte {
	i := len(b)
	for i > 0 && len(b)-i <= 64 && (isLetter(b[i-1]) || isDigit(b[i-1]) || b[i-1] == '_' || b[i-1] == '.' || b[i-1] == '-') {
		i--
	}
	key := b[i:]
	if len(key) == 0 || len(key) > 64 || !isLetter(key[0]) && key[0] != '_' {
		return nil
	}
	if i > 0 && bytes.IndexByte([]byte(" \t[({,;?&|\"'"), b[i-1]) < 0 {
		return nil
	}
	return key
}

// bare gives a value without quotes. A bracket ends it only where it was opened before it.
func (p *pairs) bare(start int, key string) int {
	end, open := start, 0
scan:
	for ; end < len(p.line); end++ {
		switch p.line[end] {
		case '[', '(':
			open++
			continue
		case ']', ')':
			if open--; open >= 0 {
				continue
			}
		case ' ', '\t', ',', ';', '&', '}', '"', '\'', '|':
		default:
			continue
		}
		break scan
	}
	if end > start {
		p.give(key, Text, p.line[start:end], start, end)
	}
	return end
}

func (p *pairs) quoted(start int, key string) int {
	escaped := false
	for end := start + 1; end < len(p.line); end++ {
		switch p.line[end] {
		case '\\':
			escaped = true
			end++
		case '"':
			inner := p.line[start+1 : end]
			if escaped {
				inner = unescape(inner)
			}
			p.give(key, Quoted, inner, start+1, end)
			return end + 1
		}
	}
	return start + 1
}

func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
			switch b[i] {
			case 'n':
				out = append(out, '\n')
				continue
			case 't':
				out = append(out, '\t')
				continue
			case '"', '\\':
			default:
				out = append(out, '\\')
			}
		}
		out = append(out, b[i])
	}
	return out
}

// document gives the members of JSON that begins at start, and where to go on.
func (p *pairs) document(start int, key string) int {
	var b bounds
	inner := bytes.TrimLeft(p.line[start+1:], " ")
	if len(inner) == 0 || inner[0] != '"' || !b.scan(p.line[start:]) {
		return start + 1
	}
	_ = p.d.walker.Walk(p.line[start:start+b.pos], func(l doc.Leaf) bool { // what is before a fault is what it says
		at, end, kind := start+l.Start, start+l.End, kinds[l.Kind]
		if l.Kind == doc.String || l.Kind == doc.Member {
			at, end = at+1, end-1
		}
		if l.Kind == doc.String {
			kind = Quoted
		}
		parts := [2]string{key, l.Name}
		name, ok := p.d.fields[parts]
		if !ok {
			name = p.d.field(parts, doc.FieldName(lineField, doc.FieldName(key, l.Name)))
		}
		path := l.Path
		if key != "" {
			path = doc.FieldName(key, l.Path)
		}
		p.d.out.value(name, p.concrete(path), kind, l.Value, at, end)
		return true
	})
	return start + b.pos
}
