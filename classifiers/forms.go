package classifiers

import "strings"

// Forms of tokens. A form is written as a value looks: 9 is a digit, A a capital, X either, and a space, a hyphen, a full stop, a slash or a
// bracket itself. The engine cuts tokens into groups of letters and digits, and asks for a token only those of whose forms the lengths of the
// groups and the signs between them are the same.

// anchorReach is how far before a token, in bytes and on the same line, the word that names it may stand.
const anchorReach = 48

// most groups and bytes of a token.
const (
	formGroups = 7
	formBytes  = 36
)

// formTable finds classifiers by the form of a token.
type formTable struct {
	any   bool
	bloom [2][64]uint64           // of the forms that are asked for anywhere, and of all
	lead  [2][formBytes + 1]uint8 // by the length of the first group, the signs that may stand behind it
	lists [1024][]asked
}

type asked struct {
	key    uint32
	who    int
	behind bool // only where an anchor stands before
}

func groupKey(h uint32, sign byte, n int) uint32 {
	return (h ^ uint32(sign)<<8 ^ uint32(n)) * 0x9E3779B1
}

// firstKey is what a key begins with: whether the first byte is a digit.
func firstKey(b byte) uint32 {
	if IsDigit(b) {
		return 1 << 16
	}
	return 0
}

// addsUp tells whether the byte belongs to a group.
func addsUp(b byte) bool { return b-'0' < 10 || b-'A' < 26 || b-'a' < 26 }

// signOf gives the bit of what stands behind a group: one for each sign, and one for the end of the token.
func signOf(b byte) uint8 {
	switch b {
	case ' ':
		return 1
	case '-':
		return 2
	case '.':
		return 4
	case '/':
		return 8
	}
	return 16
}

func signAt(text []byte, j int) uint8 {
	if j < len(text) {
		return signOf(text[j])
	}
	return signOf(0)
}

// signed tells whether the byte may stand between two groups.
func signed(b byte) bool { return b == ' ' || b == '-' || b == '.' || b == '/' }

func (t *formTable) add(form string, who int, behind bool) {
	t.any = true
	if form[0] == 'X' {
		t.add("9"+form[1:], who, behind)
		form = "A" + form[1:]
	}
	h, n, sign := firstKey(form[0]), 0, byte(0)
	for i := range len(form) {
		if addsUp(form[i]) {
			n++
			continue
		}
		h, n, sign = groupKey(h, sign, n), 0, form[i]
	}
	h = groupKey(h, sign, n)
	for _, a := range t.lists[h>>22] {
		if a.key == h && a.who == who && (a.behind == behind || !a.behind) {
			return
		}
	}
	first := strings.IndexFunc(form+".", func(r rune) bool { return !addsUp(byte(r)) })
	for near := range t.bloom {
		if behind && near == 0 {
			continue
		}
		t.bloom[near][h>>26] |= 1 << (h >> 20 & 63)
		t.lead[near][first] |= signOf((form + "\n")[first])
	}
	t.lists[h>>22] = append(t.lists[h>>22], asked{h, who, behind})
}

// sign is a word that numbers behind it may be called by: where it ends, and a bit for each classifier that it is a word of.
type sign struct {
	end   int
	names []uint64
}

// mostSigns is more words than the reach of an anchor has room for.
const mostSigns = 32

// named notes an anchor that ends at j.
func (sc *scan) named(j int, names []uint64) {
	sc.signs[sc.anchors%mostSigns] = sign{j, names}
	sc.anchors++
}

// near tells whether any anchor stands before i: 1 where one does.
func (sc *scan) near(i int) int {
	if sc.anchors > 0 && i-sc.signs[(sc.anchors-1)%mostSigns].end <= anchorReach {
		return 1
	}
	return 0
}

// behind tells whether an anchor of that classifier stands before i.
func (sc *scan) behind(i, who int) bool {
	for n := range min(sc.anchors, mostSigns) {
		s := &sc.signs[(sc.anchors-1-n)%mostSigns]
		if i-s.end > anchorReach {
			return false
		}
		if who>>6 < len(s.names) && s.names[who>>6]&(1<<(who&63)) != 0 {
			return true
		}
	}
	return false
}

// mayForm tells, at a glance, whether a token of which text[i:j] are digits can be of a form: most numbers stand between signs that no form has.
func (sc *scan) mayForm(i, j int) bool {
	if i > 0 && (addsUp(sc.text[i-1]) || signed(sc.text[i-1])) || j < len(sc.text) && addsUp(sc.text[j]) {
		return true
	}
	near := sc.near(i)
	return j-i <= formBytes && sc.t.forms.lead[near][j-i]&(signOf(0)|signAt(sc.text, j)) != 0
}

// token asks those of whose form a token is that the digits at i are the first of.
func (sc *scan) token(i int) {
	text, start := sc.text, i
	for start > sc.lo && i-start < 8 && (text[start-1]|0x20)-'a' < 26 {
		start--
	}
	if start > 0 {
		b := text[start-1]
		if addsUp(b) || b >= 0x80 {
			return
		}
		if start > 1 && b != ' ' && signed(b) && (IsDigit(text[start-2]) || start == i && !IsWord(text[start-2]) && b != '/') {
			return
		}
	}
	sc.groups(start)
	if k := start - 2; k >= sc.lo && signed(text[start-1]) && IsUpper(text[k]) {
		for k > sc.lo && start-k < 6 && IsUpper(text[k-1]) {
			k--
		}
		if start-k < 6 && (k == 0 || !IsWord(text[k-1])) {
			sc.groups(k)
		}
	}
}

// groups looks up each beginning of the token that starts there.
func (sc *scan) groups(start int) {
	text, t, near := sc.text, &sc.t.forms, sc.near(start)
	if start == len(text) {
		return
	}
	h, sign, i := firstKey(text[start]), byte(0), start
	for range formGroups {
		j := i
		for j < len(text) && (text[j]-'0' < 10 || text[j]-'A' < 26) {
			j++
		}
		if j == i || j-start > formBytes || j < len(text) && IsWord(text[j]) {
			return
		}
		h = groupKey(h, sign, j-i)
		if i == start && t.lead[near][j-i]&(signOf(0)|signAt(text, j)) == 0 {
			return
		}
		if t.bloom[near][h>>26]&(1<<(h>>20&63)) != 0 {
			sc.askForms(t.lists[h>>22], h, near, start)
		}
		if j >= len(text) || !signed(text[j]) {
			return
		}
		sign, i = text[j], j+1
	}
}

func (sc *scan) askForms(list []asked, key uint32, near, start int) {
	for k := range list {
		a := &list[k]
		if a.key != key || a.behind && (near == 0 || !sc.behind(start, a.who)) {
			continue
		}
		if h, ok := sc.t.all[a.who].At(sc.text, start); ok {
			sc.hits = append(sc.hits, found{a.who, h})
		}
	}
}
