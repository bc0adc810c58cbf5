package forms

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// keys is a set of spellings that are looked for at the places of a text where one can begin: a table by their first bytes tells
// which lengths are worth a look, so that the cost does not grow with their number.
type keys struct {
	refs   map[string][]ref
	prefix int      // bytes that the table goes by, those of the shortest key up to four
	table  []uint64 // by hash of the prefix: bit n-1 for the length n; bit 63 for the long ones
	long   []int    // lengths over 63, longest first
	max    int
}

func (k *keys) finish() {
	k.prefix = 4
	for s := range k.refs {
		k.prefix, k.max = min(k.prefix, len(s)), max(k.max, len(s))
		if len(s) > 63 && !slices.Contains(k.long, len(s)) {
			k.long = append(k.long, len(s))
		}
	}
	slices.SortFunc(k.long, func(a, b int) int { return b - a })
	size := 256
	for size < 8*len(k.refs) && size < 1<<18 {
		size *= 2
	}
	k.table = make([]uint64, size)
	for s := range k.refs {
		k.table[k.hash([]byte(s))] |= 1 << (min(len(s), 64) - 1)
	}
}

func (k *keys) hash(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b[:k.prefix] {
		h = (h ^ uint32(c)) * 16777619
	}
	h ^= h >> 15
	return h & uint32(len(k.table)-1)
}

// at yields the keys that stand at the front of b, the longest first.
func (k *keys) at(b []byte, yield func(n int, refs []ref)) {
	if len(b) < k.prefix {
		return
	}
	bits := k.table[k.hash(b)]
	if bits == 0 {
		return
	}
	if bits>>63 != 0 {
		for _, n := range k.long {
			if n <= len(b) {
				if refs := k.refs[string(b[:n])]; refs != nil {
					yield(n, refs)
				}
			}
		}
	}
	for n := min(63, len(b)); n >= k.prefix; n-- {
		if bits&(1<<(n-1)) != 0 {
			if refs := k.refs[string(b[:n])]; refs != nil {
				yield(n, refs)
			}
		}
	}
}

// within looks for all that stands inside a text, plain or decoded.
func (s *scratch) within(p *plan, text []byte) {
	if s.wordsOnly {
		s.wordsWithin(p, text)
		return
	}
	if k := p.within[email]; k != nil {
		s.emails(k, text)
	}
	if k := p.within[phone]; k != nil && hasDigits(text) {
		s.views[0].foldGroups(text, true)
		s.groups(k, text, &s.views[0], true)
	}
	if k := p.within[compact]; k != nil {
		s.views[1].foldGroups(text, false)
		s.groups(k, text, &s.views[1], false)
	}
	s.wordsWithin(p, text)
	lowered := false
	for _, sh := range [...]shape{lower, handle, mac, ip, date} {
		if k := p.within[sh]; k != nil {
			if !lowered {
				s.views[3].foldLower(text, false)
				lowered = true
			}
			s.tokens(k, text, &s.views[3], sh)
		}
	}
	if k := p.within[exact]; k != nil {
		s.tokens(k, text, &view{b: text, same: true}, exact)
	}
}

func (s *scratch) wordsWithin(p *plan, text []byte) {
	if k := p.within[words]; k != nil {
		s.views[2].foldLower(text, true)
		s.tokens(k, text, &s.views[2], words)
	}
}

func hasDigits(text []byte) bool {
	for _, c := range text {
		if digit(c) {
			return true
		}
	}
	return false
}

// introduction is how far before a number the word may begin that names it.
const introduction = 40

// near tells whether a word of the term names the place: it stands before it with nothing between but the rest of the word, punctuation and words like "no.",
// or it begins a word in the name of the field or path. A telephone beside the word "customer" does not make its digits a customer's number.
func (s *scratch) near(r ref, text []byte, start int) bool {
	words := s.m.terms[r.term].near
	if len(words) == 0 {
		return true
	}
	before := bytes.ToLower(text[max(0, start-introduction):start])
	named := bytes.ToLower([]byte(s.field + "\x00" + s.path))
	for _, w := range words {
		if introduces(before, w) || hasWord(named, w) {
			return true
		}
	}
	return false
}

var fillers = []string{"", "no", "nr", "num", "number", "nummer", "id", "is", "ist", "ref", "key", "n", "s"}

// introduces tells whether the last w that begins a word of the text is followed by its own ending and fillers alone.
func introduces(text, w []byte) bool {
	i := bytes.LastIndex(text, w)
	if i < 0 || letterBefore(text, i) {
		return false
	}
	rest := bytes.TrimLeftFunc(text[i+len(w):], unicode.IsLetter)
	for _, part := range bytes.FieldsFunc(rest, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if !slices.Contains(fillers, string(part)) {
			return false
		}
	}
	return !bytes.ContainsAny(rest, "+\n") && bytes.Count(rest, []byte(",")) == 0
}

// hasWord tells whether w begins a word of the text.
func hasWord(text, w []byte) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], w)
		if i < 0 {
			return false
		}
		if !letterBefore(text, at+i) {
			return true
		}
		at += i + 1
	}
}

// report hands on what was found under a key.
func (s *scratch) report(refs []ref, text []byte, start, end int) {
	for _, r := range refs {
		if s.near(r, text, start) {
			s.found(r, start, end)
		}
	}
}

// tokens looks at each place of a view where a word can begin.
func (s *scratch) tokens(k *keys, text []byte, v *view, sh shape) {
	for i := 0; i+k.prefix <= len(v.b); i++ {
		if i > 0 && classes[v.b[i-1]]&classes[v.b[i]]&isAlnum != 0 {
			continue // within a word
		}
		if k.table[k.hash(v.b[i:])] == 0 || !beginsToken(v.b, i, sh) {
			continue
		}
		k.at(v.b[i:], func(n int, refs []ref) {
			if endsToken(v.b, i+n, sh) && v.edge(i) && v.edge(i+n) {
				from, to := v.span(i, i+n)
				s.report(refs, text, from, to)
			}
		})
	}
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

func wordBefore(b []byte, i int) bool {
	if i == 0 {
		return false
	}
	if c := b[i-1]; c < utf8.RuneSelf {
		return alnum(c)
	}
	r, _ := utf8.DecodeLastRune(b[:i])
	return wordRune(r)
}

func wordAfter(b []byte, i int) bool {
	if i >= len(b) {
		return false
	}
	if c := b[i]; c < utf8.RuneSelf {
		return alnum(c)
	}
	r, _ := utf8.DecodeRune(b[i:])
	return wordRune(r)
}

func letterBefore(b []byte, i int) bool { return wordBefore(b, i) && !digit(b[i-1]) }

// beginsToken tells whether a token of its own can begin at i. Letters and digits that touch make one token, a number goes on over
// a point or a hyphen, a double name over a hyphen, an address of a machine over a colon.
func beginsToken(b []byte, i int, sh shape) bool {
	if i == 0 {
		return true
	}
	own := wordAfter(b, i)
	if own && wordBefore(b, i) {
		return false
	}
	c, joined := b[i-1], wordBefore(b, i-1)
	switch c {
	case '-':
		if sh == words {
			return !joined
		}
		return (joined && !digit(b[i-2])) || (!joined && !digit(b[i]))
	case '.':
		return i < 2 || !digit(b[i-2]) || !digit(b[i])
	case '\'':
		return sh != words || !joined
	case ':':
		return (sh != mac && sh != ip) || !joined
	}
	return true
}

func endsToken(b []byte, i int, sh shape) bool {
	if i >= len(b) {
		return true
	}
	own := wordBefore(b, i)
	if own && wordAfter(b, i) {
		return sh == date && b[i] == 't' && i+1 < len(b) && digit(b[i+1]) // 1990-05-01t00:00
	}
	next := i+1 < len(b) && digit(b[i+1])
	switch b[i] {
	case '-':
		if sh == words {
			return !wordAfter(b, i+1)
		}
		return !next
	case '.':
		return !next || !digit(b[i-1])
	case ',':
		return !decimals(b[i:]) || !digit(b[i-1])
	case ':':
		return (sh != mac && (sh != ip || ported(b[:i]))) || !wordAfter(b, i+1)
	}
	return true
}

// ported tells whether the address that ends there is one of IPv4, behind which a colon begins a port.
func ported(b []byte) bool {
	i := bytes.LastIndexAny(b, ".:")
	return i >= 0 && b[i] == '.'
}

// decimals tells whether ",5" or ",50" and no more digits follow; ",10043" goes on with a list.
func decimals(b []byte) bool {
	n := 1
	for n < len(b) && digit(b[n]) {
		n++
	}
	return n == 2 || n == 3
}

// groups looks at each group of a view without separators.
func (s *scratch) groups(k *keys, text []byte, v *view, digitsOnly bool) {
	chain := 0 // where groups that belong together begin
	for i := 0; i+k.prefix <= len(v.b); i++ {
		if v.b[i] == 0 {
			chain = i + 1
			continue
		}
		if !v.start[i] || !beginsGroup(text, int(v.off[i])) {
			continue
		}
		k.at(v.b[i:], func(n int, refs []ref) {
			from, to := v.span(i, i+n)
			if i+n >= len(v.start) || !v.start[i+n] || !endsGroup(text, to) || (digitsOnly && abroad(v.b[chain:i+n], i-chain)) {
				return
			}
			if digitsOnly && from > 0 && text[from-1] == '(' && bytes.IndexByte(text[from:to], ')') >= 0 {
				from-- // the bracket belongs to the number
			}
			s.report(refs, text, from, to)
		})
	}
}

// abroad tells whether the digits before place n name another country for the number that ends the chain.
func abroad(chain []byte, n int) bool {
	if n == 0 {
		return false
	}
	return (chain[0] == '+' && len(chain) <= 16) || (len(chain) > 2 && chain[0] == '0' && chain[1] == '0' && len(chain) <= 17)
}

// beginsGroup tells whether a number can begin at i: not in the middle of a token, nor behind one hyphen or point that joins it to another.
func beginsGroup(text []byte, i int) bool {
	if wordBefore(text, i) {
		return false
	}
	return i < 2 || !joiner(text[i-1]) || !wordBefore(text, i-1)
}

func endsGroup(text []byte, i int) bool {
	if wordAfter(text, i) {
		return false
	}
	return i+1 >= len(text) || !joiner(text[i]) || !digit(text[i+1])
}

func joiner(c byte) bool { return c == '-' || c == '.' }

// emails looks at each @ for the longest address around it, and for those that begin behind a character which is legal in an address and
// mostly stands before one.
func (s *scratch) emails(k *keys, text []byte) {
	for at := bytes.IndexByte(text, '@'); at >= 0 && at < len(text); {
		start, end := localStart(text, at), domainEnd(text, at)
		for i := start; i < at && end > at+1; i++ {
			if i > start && !s.m.loose && !soft(text, i-1) {
				continue
			}
			s.token = appendLower(s.token[:0], text[i:end])
			if refs := k.refs[string(s.token)]; refs != nil {
				s.report(refs, text, i, end)
				break
			}
		}
		next := bytes.IndexByte(text[at+1:], '@')
		if next < 0 {
			return
		}
		at += 1 + next
	}
}

// soft tells whether an address can begin behind the character at i.
func soft(text []byte, i int) bool {
	switch text[i] {
	case '!', '#', '$', '%', '&', '*', '/', '=', '?', '^', '`', '{', '|', '}', '~', '\'':
		return text[i] != '\'' || !wordBefore(text, i)
	case '-', '.', '_', '+': // only at the very front, as in a list with dashes
		return !localByte(text, i-1)
	}
	return false
}

func localByte(text []byte, i int) bool {
	if i < 0 {
		return false
	}
	c := text[i]
	return alnum(c) || c >= utf8.RuneSelf || bytes.IndexByte([]byte(".!#$%&'*+-/=?^_`{|}~"), c) >= 0
}

// localStart gives where the part before the @ begins, at most 64 characters of four bytes before it.
func localStart(text []byte, at int) int {
	i := at
	for i > 0 && at-i < 256 {
		if text[i-1] < utf8.RuneSelf {
			if !localByte(text, i-1) {
				break
			}
			i--
			continue
		}
		r, n := utf8.DecodeLastRune(text[:i])
		if !wordRune(r) {
			break
		}
		i -= n
	}
	return i
}

// domainEnd gives where the part behind the @ ends: letters, digits, points and hyphens, the last ones of which are left out.
func domainEnd(text []byte, at int) int {
	i := at + 1
	for i < len(text) && i-at < 256 {
		c := text[i]
		if c < utf8.RuneSelf {
			if !alnum(c) && c != '.' && c != '-' {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if !wordRune(r) {
			break
		}
		i += n
	}
	if i < len(text) && (text[i] == '@' || text[i] == '_') {
		return at
	}
	for i > at+1 && (text[i-1] == '.' || text[i-1] == '-') {
		i--
	}
	return i
}
