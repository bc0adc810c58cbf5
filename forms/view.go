package forms

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// view is a text folded for comparison, with the way back to the text it was made from.
type view struct {
	b   []byte
	off []int32 // off[i]: where byte i comes from; one more than b for the end
	end []int32 // where the source of byte i ends; empty where that is off[i+1]
	// start marks the bytes at which a group begins; empty where groups are told by the characters around.
	start []bool
	same  bool // offsets are those of the source
}

func (v *view) reset() {
	v.b, v.off, v.end, v.start, v.same = v.b[:0], v.off[:0], v.end[:0], v.start[:0], false
}

// span gives the place in the source of bytes start to end of the view.
func (v *view) span(start, end int) (int, int) {
	switch {
	case v.same:
		return start, end
	case len(v.end) == 0:
		return int(v.off[start]), int(v.off[end])
	}
	return int(v.off[start]), int(v.end[end-1])
}

// edge tells whether place i of the view is one of the source, and not within what one character became.
func (v *view) edge(i int) bool {
	return v.same || len(v.end) > 0 || i == 0 || i >= len(v.b) || v.off[i] != v.off[i-1]
}

// foldLower makes the lower-case view of a text. With spaces set, runs of space are one space each.
func (v *view) foldLower(text []byte, spaces bool) {
	v.reset()
	if simple(text, spaces) {
		for _, c := range text {
			v.b = append(v.b, lowerByte(c))
		}
		v.same = true
		return
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c > ' ' && c < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf) {
			v.b, v.off = append(v.b, lowerByte(c)), append(v.off, int32(i))
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf || (i+1 < len(text) && text[i+1] >= utf8.RuneSelf) {
			n = max(1, norm.NFC.NextBoundary(text[i:], true))
		}
		v.segment(text[i:i+n], i, spaces)
		i += n
	}
	v.off = append(v.off, int32(len(text)))
}

// segment folds one character with what combines with it.
func (v *view) segment(seg []byte, at int, spaces bool) {
	if r, n := utf8.DecodeRune(seg); spaces && n == len(seg) && unicode.IsSpace(r) {
		if k := len(v.b); k > 0 && v.b[k-1] == ' ' {
			return
		}
		v.b, v.off = append(v.b, ' '), append(v.off, int32(at))
		return
	}
	k := len(v.b)
	v.b = appendLower(v.b, seg)
	for range v.b[k:] {
		v.off = append(v.off, int32(at))
	}
}

// simple tells whether folding keeps every offset.
func simple(text []byte, spaces bool) bool {
	for i, c := range text {
		if c >= utf8.RuneSelf || (spaces && c <= ' ' && (c != ' ' || (i > 0 && text[i-1] == ' ')) && (c == ' ' || c >= '\t' && c <= '\r')) {
			return false
		}
	}
	return true
}

// foldGroups makes the view of the groups of a text without the separators between them: of digits with a leading plus, or of letters and
// digits in capitals. A zero byte stands where groups do not belong together.
func (v *view) foldGroups(text []byte, digitsOnly bool) {
	v.reset()
	for i := 0; i < len(text); {
		if n := groupLen(text, i, digitsOnly); n > 0 {
			v.group(text, i, i+n)
			i += n
			continue
		}
		if n := len(v.b); digitsOnly && text[i] != '(' && text[i] != '+' && (n == 0 || v.b[n-1] == 0) {
			i++
			continue
		}
		n, apart := gap(text, i, digitsOnly)
		if apart && len(v.b) > 0 && v.b[len(v.b)-1] != 0 {
			v.push(0, i, i, true)
		}
		i += n
	}
	v.push(0, len(text), len(text), true)
}

func (v *view) push(c byte, from, to int, start bool) {
	v.b, v.off, v.end, v.start = append(v.b, c), append(v.off, int32(from)), append(v.end, int32(to)), append(v.start, start)
}

func (v *view) group(text []byte, from, to int) {
	if text[from] == '+' && len(v.b) > 0 && v.b[len(v.b)-1] != 0 {
		v.push(0, from, from, true)
	}
	for i := from; i < to; i++ {
		v.push(upperByte(text[i]), i, i+1, i == from)
	}
}

// groupLen gives the length of the group of digits (or letters and digits) at i.
func groupLen(text []byte, i int, digitsOnly bool) int {
	j := i
	if digitsOnly && text[j] == '+' {
		if j++; plusApart(text, j) {
			return 1
		}
	}
	for j < len(text) && (digit(text[j]) || (!digitsOnly && alnum(text[j]))) {
		j++
	}
	if digitsOnly && text[i] == '+' && j == i+1 {
		return 0
	}
	return j - i
}

// plusApart tells whether "+ 49" or "+(49)" stands there, of which the plus is a group by itself.
func plusApart(text []byte, j int) bool {
	return j+1 < len(text) && (text[j] == ' ' || text[j] == '(') && digit(text[j+1])
}

// gap gives the length of what is between groups at i, and whether it parts them.
func gap(text []byte, i int, digitsOnly bool) (n int, apart bool) {
	if digitsOnly && text[i] == '(' && optionalTrunk(text[i:]) {
		return 3, false
	}
	j, limit := i, 2
	if digitsOnly {
		limit = 3
	}
	for count := 0; j < len(text); count++ {
		k := groupSeparator(text[j:], digitsOnly)
		if k == 0 {
			break
		}
		if count == limit {
			apart = true
		}
		j += k
		if digitsOnly && j < len(text) && text[j] == '(' && optionalTrunk(text[j:]) {
			break
		}
	}
	if j > i {
		return j - i, apart || j == len(text)
	}
	return 1, true
}

func groupSeparator(b []byte, digitsOnly bool) int {
	switch c := b[0]; {
	case c == ' ' || c == '-' || c == '.' || c == '/':
		return 1
	case digitsOnly && (c == '(' || c == ')'):
		return 1
	case c >= utf8.RuneSelf:
		return separatorLen(b)
	}
	return 0
}
