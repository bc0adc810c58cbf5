package outsider

import (
	"bytes"
	"fmt"
	"strings"
)

// lens is how one record is looked at: what in it is the erased people's.
type lens struct {
	needles []needle        // words that are theirs
	fields  map[string]bool // columns that are theirs as a whole
	shell   bool            // what is not the key may go too
	others  func(string) bool
}

// emptied says whether a field that was a person's holds nothing of anybody's any more.
func (l *lens) emptied(before, after any) bool {
	switch v := after.(type) {
	case nil:
		return true
	case string:
		return v == "" || (len(find(v, l.needles)) == 0 && !l.others(v) && v != before)
	case int64:
		return v == 0
	}
	return false
}

// sameBut says whether after is before with only the people's own words replaced.
func (l *lens) sameBut(before, after string) bool {
	if before == after {
		return true
	}
	if isDocument(before) && isDocument(after) {
		b, err := parseJSON(before)
		a, err2 := parseJSON(after)
		if err == nil && err2 == nil {
			return l.sameNode(b, a)
		}
	}
	spans := find(before, l.needles)
	return len(spans) > 0 && (replaced(before, after, spans, false) || replaced(before, after, spans, true))
}

// replaced matches after against the parts of before that lie between the spans.
func replaced(before, after string, spans []span, withContext bool) bool {
	at := 0
	for i, s := range spans {
		from := s.from
		if withContext {
			from = max(s.context, at)
		}
		literal := before[at:from]
		at = s.to
		if i == 0 {
			if !strings.HasPrefix(after, literal) {
				return false
			}
			after = after[len(literal):]
			continue
		}
		found := strings.Index(after, literal)
		if found < 0 {
			return false
		}
		after = after[found+len(literal):]
	}
	return strings.HasSuffix(after, before[at:])
}

// sameNode compares documents. A member or element that is only theirs may be gone or null.
func (l *lens) sameNode(b, a node) bool {
	if b.kind != a.kind {
		return l.theirs(b) && a.kind == 'v' && a.scalar == nil
	}
	switch b.kind {
	case 'v':
		return l.sameScalar(b.scalar, a.scalar)
	case '[':
		return l.sameElements(b.members, a.members)
	}
	return l.sameMembers(b, a)
}

func (l *lens) sameScalar(b, a any) bool {
	if b == a {
		return true
	}
	was, text := b.(string)
	if !text || len(find(was, l.needles)) == 0 {
		return false
	}
	now, text := a.(string)
	return a == nil || now == "" && text || text && l.sameBut(was, now)
}

func (l *lens) sameElements(b, a []node) bool {
	if len(b) == 0 {
		return len(a) == 0
	}
	if len(a) > 0 && l.sameNode(b[0], a[0]) && l.sameElements(b[1:], a[1:]) {
		return true
	}
	return l.theirs(b[0]) && l.sameElements(b[1:], a)
}

func (l *lens) sameMembers(b, a node) bool {
	j := 0
	for i, name := range b.names {
		if j < len(a.names) && a.names[j] == name {
			if !l.sameNode(b.members[i], a.members[j]) {
				return false
			}
			j++
			continue
		}
		if !l.theirs(b.members[i]) && len(find(name, l.needles)) == 0 {
			return false
		}
	}
	return j == len(a.names)
}

// theirs says that a part of a document holds something of the erased people's and nothing of anybody else's.
func (l *lens) theirs(n node) bool {
	hit, foreign := false, false
	n.texts(func(s string) {
		if len(find(s, l.needles)) > 0 {
			hit = true
		} else if l.others(s) {
			foreign = true
		}
	})
	return hit && !foreign
}

func (n node) texts(see func(string)) {
	if s, ok := n.scalar.(string); ok && n.kind == 'v' {
		see(s)
	}
	for _, name := range n.names {
		see(name)
	}
	for _, m := range n.members {
		m.texts(see)
	}
}

// verdict is what a comparison of two versions of one record gives.
type verdict struct {
	left  []string // fields of theirs that are still filled
	wrong []string // columns that differ and should not
}

// compare looks at both versions of a record that may have changed.
func (l *lens) compare(columns []string, before, after record) verdict {
	var v verdict
	for i, was := range before.cells {
		column := ""
		if i < len(columns) {
			column = columns[i]
		}
		if i >= len(after.cells) {
			v.wrong = append(v.wrong, column)
			continue
		}
		now := after.cells[i]
		switch {
		case equal(was, now):
			if l.fields[column] && was != nil && was != "" {
				v.left = append(v.left, column)
			}
		case l.fields[column] || l.shell:
			if !l.emptied(was, now) {
				v.wrong = append(v.wrong, column)
			}
		default:
			b, text := was.(string)
			a, stillText := now.(string)
			if !(text && stillText && l.sameBut(b, a)) && !(text && now == nil && l.onlyWord(b)) {
				v.wrong = append(v.wrong, column)
			}
		}
	}
	return v
}

// onlyWord says whether a text is nothing but one of their words.
func (l *lens) onlyWord(s string) bool {
	spans := find(s, l.needles)
	return len(spans) == 1 && spans[0].from == 0 && spans[0].to == len(s)
}

func equal(a, b any) bool {
	x, ok := a.([]byte)
	y, ok2 := b.([]byte)
	if ok && ok2 {
		return bytes.Equal(x, y)
	}
	return !ok && !ok2 && a == b
}

func same(a, b record) bool {
	if len(a.cells) != len(b.cells) || a.name != b.name {
		return false
	}
	for i := range a.cells {
		if !equal(a.cells[i], b.cells[i]) {
			return false
		}
	}
	return true
}

// print makes records comparable as keys of a map.
func (r record) print() string {
	var s strings.Builder
	s.WriteString(r.name)
	for _, c := range r.cells {
		fmt.Fprintf(&s, "%T:%v\x00", c, c)
	}
	return s.String()
}
