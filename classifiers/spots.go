package classifiers

import "math/bits"

// Spot narrows where Bytes, Digits and Title ask, by what stands there. A set of bytes is written as its members: a is any letter, d any digit, x any
// hexadecimal digit, a line feed also the beginning and the end of a text, and ^ in front means all but those; an empty one is all bytes.
type Spot struct {
	At          string // the byte, or the first digit of a group
	Least, Most int    // digits of the group; 0 for any number
	Title       bool   // it is of capitalised words; At is not looked at
	Before      string // right before it
	After       string // right behind the byte, the group or the letters of the word
	Then        string // right behind that
	Small       bool   // no capital of ASCII follows the first letter of the word
	Undated     bool   // no day (2026-03-01) begins with the group and stands free
	Again       int    // the byte stands again so many bytes on, and twice as many; 0 for wherever
}

// most digits of a group and of a run that are told apart.
const (
	groupMost = 16
	runMost   = 20
)

// spotTable finds whom to ask at a byte: a bit for each spot in the sets of those that may ask there.
type spotTable struct {
	at, before, after [256]uint64
	then              [256]uint64
	title             uint64
	small, undated    uint64
	narrow            uint64 // those that then says anything of
	again             uint64 // those that look for the byte again, each behind its stride
	stride            [64]uint8
	group             [groupMost + 1]uint64 // by the digits of the group
	run               [runMost + 1]uint64   // by the digits of the run that begins with it
	calls             []call
}

type call struct {
	who int
	at  func([]byte, int) (Hit, bool)
}

// addSpots puts the classifier's spots into the table: those that it names, one for all its bytes that none of them narrows, and one for digits.
func (t *triggers) addSpots(w *Triggers, c call) {
	var rest, narrowed [256]bool
	for _, b := range []byte(w.Bytes) {
		rest[b] = true
	}
	for b := byte('0'); w.Digits > 0 && b <= '9'; b++ {
		rest[b] = true
	}
	title := w.Title
	for _, s := range w.Spots {
		if s.Title {
			t.spot([256]bool{}, s, 0, c)
			title = false
			continue
		}
		at := byteSet(s.At)
		for b := range at {
			at[b] = at[b] && rest[b]
			narrowed[b] = narrowed[b] || at[b]
		}
		t.spot(at, s, w.Digits, c)
	}
	for b := range rest {
		rest[b] = rest[b] && !narrowed[b]
	}
	if title || rest != [256]bool{} {
		t.spot(rest, Spot{Title: title}, w.Digits, c)
	}
}

func (t *triggers) spot(at [256]bool, s Spot, digits int, c call) {
	if n := len(t.spots); n == 0 || len(t.spots[n-1].calls) == 64 {
		t.spots = append(t.spots, spotTable{})
	}
	t.spots[len(t.spots)-1].put(at, s, digits, c)
}

// byteSet reads a set of bytes.
func byteSet(set string) (t [256]bool) {
	if set == "" {
		set = "^"
	}
	not := set[0] == '^'
	if not {
		set = set[1:]
	}
	for c := range t {
		in := false
		for _, m := range []byte(set) {
			in = in || has(m, byte(c))
		}
		t[c] = in != not
	}
	return t
}

// has tells whether a member of a set is the byte or its class.
func has(member, b byte) bool {
	switch member {
	case 'a':
		return IsLetter(b)
	case 'd':
		return IsDigit(b)
	case 'x':
		return IsDigit(b) || Lower(b)-'a' < 6
	}
	return member == b
}

// put adds a spot of who.
func (t *spotTable) put(at [256]bool, s Spot, digits int, c call) {
	bit := uint64(1) << len(t.calls)
	t.calls = append(t.calls, c)
	if s.Title {
		t.title |= bit
	}
	if s.Small {
		t.small |= bit
	}
	if s.Undated {
		t.undated |= bit
	}
	if s.Again > 0 {
		t.again |= bit
		t.stride[len(t.calls)-1] = uint8(s.Again)
	}
	if s.Then != "" {
		t.narrow |= bit
	}
	before, after, then := byteSet(s.Before), byteSet(s.After), byteSet(s.Then)
	for b := range 256 {
		if at[b] {
			t.at[b] |= bit
		}
		if before[b] {
			t.before[b] |= bit
		}
		if after[b] {
			t.after[b] |= bit
		}
		if then[b] {
			t.then[b] |= bit
		}
	}
	for n := range t.group {
		if n >= s.Least && (s.Most == 0 || n <= s.Most) {
			t.group[n] |= bit
		}
	}
	for n := range t.run {
		if n >= min(digits, runMost) {
			t.run[n] |= bit
		}
	}
}

// around gives the bytes right before i and at j.
func around(text []byte, i, j int) (before, after byte) {
	before, after = '\n', '\n'
	if i > 0 {
		before = text[i-1]
	}
	if j < len(text) {
		after = text[j]
	}
	return before, after
}

// byteAt gives the byte at i; the end of a text is the end of a line.
func byteAt(text []byte, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return '\n'
}

// mark asks at the byte at i.
func (sc *scan) mark(i int) {
	before, after := around(sc.text, i, i+1)
	for k := range sc.t.spots {
		t := &sc.t.spots[k]
		m := t.at[sc.text[i]] & t.before[before] & t.after[after]
		if m == 0 {
			continue
		}
		if m&t.narrow != 0 {
			m &= t.then[byteAt(sc.text, i+2)]
		}
		if m&t.again != 0 {
			m = t.repeated(m, sc.text, i)
		}
		if m != 0 {
			sc.asked(t, m, i)
		}
	}
}

// repeated leaves of the spots m those that the byte at i stands again for.
func (t *spotTable) repeated(m uint64, text []byte, i int) uint64 {
	for rest := m & t.again; rest != 0; rest &= rest - 1 {
		k := bits.TrailingZeros64(rest)
		s := int(t.stride[k])
		if i+2*s >= len(text) || text[i+s] != text[i] || text[i+2*s] != text[i] {
			m &^= 1 << k
		}
	}
	return m
}

// capital asks at the capitalised word text[i:j].
func (sc *scan) capital(i, j int) {
	before, after := around(sc.text, i, j)
	for k := range sc.t.spots {
		t := &sc.t.spots[k]
		m := t.title & t.before[before] & t.after[after]
		if m == 0 {
			continue
		}
		if m&t.narrow != 0 {
			m &= t.then[byteAt(sc.text, j+1)]
		}
		if i+1 < len(sc.text) && sc.text[i+1]-'A' < 26 {
			m &^= t.small
		}
		if m != 0 {
			sc.asked(t, m, i)
		}
	}
}

// group asks at the group of digits text[i:j].
func (sc *scan) group(i, j int) {
	text := sc.text
	before, after := around(text, i, j)
	for k := range sc.t.spots {
		t := &sc.t.spots[k]
		m := t.at[text[i]] & t.before[before] & t.after[after] & t.group[min(j-i, groupMost)]
		if m == 0 {
			continue
		}
		if m&t.narrow != 0 {
			m &= t.then[byteAt(text, j+1)]
		}
		if after == '-' && j-i == 4 && m&t.undated != 0 && freeDay(text, i) {
			m &^= t.undated
		}
		enough := t.run[min(j-i, runMost)]
		if m&^enough != 0 && classOf[after] == joiner {
			enough = t.run[digitsFrom(text, i)]
		}
		if m &= enough; m != 0 {
			sc.asked(t, m, i)
		}
	}
}

// freeDay tells whether a day in figures begins with the four digits at i, a hyphen behind them, and neither a sign of telephones stands before it nor more
// figures behind.
func freeDay(text []byte, i int) bool {
	if i+10 > len(text) || text[i+7] != '-' || i > 0 && (text[i-1] == '+' || text[i-1] == '(') {
		return false
	}
	for _, k := range [...]int{5, 6, 8, 9} {
		if text[i+k]-'0' > 9 {
			return false
		}
	}
	c := classOf[byteAt(text, i+10)]
	return c != digit && c != joiner
}

func (sc *scan) asked(t *spotTable, m uint64, i int) {
	for ; m != 0; m &= m - 1 {
		c := &t.calls[bits.TrailingZeros64(m)]
		if h, ok := c.at(sc.text, i); ok {
			sc.hits = append(sc.hits, found{c.who, h})
		}
	}
}

// digitsFrom counts the digits of the run that begins at i, up to runMost. It goes on over separators, at most two in a row.
func digitsFrom(text []byte, i int) int {
	n, gap := 0, 0
	for _, b := range text[i:] {
		switch classOf[b] {
		case digit:
			n, gap = n+1, 0
		case joiner:
			gap++
		default:
			return n
		}
		if gap > 2 || n == runMost {
			return n
		}
	}
	return n
}
