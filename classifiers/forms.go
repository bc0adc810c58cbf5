package classifiers

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
	bloom [64]uint64
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

// addsUp tells whether the byte belongs to a group.
func addsUp(b byte) bool { return b-'0' < 10 || b-'A' < 26 || b-'a' < 26 }

// signed tells whether the byte may stand between two groups.
func signed(b byte) bool { return b == ' ' || b == '-' || b == '.' || b == '/' }

func (t *formTable) add(form string, who int, behind bool) {
	t.any = true
	h, n, sign := uint32(0), 0, byte(0)
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
	t.bloom[h>>26] |= 1 << (h >> 20 & 63)
	t.lists[h>>22] = append(t.lists[h>>22], asked{h, who, behind})
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
	text, h, sign, i := sc.text, uint32(0), byte(0), start
	for range formGroups {
		j := i
		for j < len(text) && (text[j]-'0' < 10 || text[j]-'A' < 26) {
			j++
		}
		if j == i || j-start > formBytes || j < len(text) && IsWord(text[j]) {
			return
		}
		h = groupKey(h, sign, j-i)
		if t := &sc.t.forms; t.bloom[h>>26]&(1<<(h>>20&63)) != 0 {
			sc.askForms(t.lists[h>>22], h, start)
		}
		if j >= len(text) || !signed(text[j]) {
			return
		}
		sign, i = text[j], j+1
	}
}

func (sc *scan) askForms(list []asked, key uint32, start int) {
	for k := range list {
		a := &list[k]
		if a.key != key || a.behind && start-sc.sign > anchorReach {
			continue
		}
		if h, ok := sc.t.all[a.who].At(sc.text, start); ok {
			sc.hits = append(sc.hits, found{a.who, h})
		}
	}
}
