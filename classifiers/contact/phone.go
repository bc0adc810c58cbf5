package contact

import (
	"vestige/classifiers"
	"vestige/pii"
)

// Phone is telephone numbers.
func Phone() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "phone",
		Doc:      "A telephone number with its country's code or grouped as its country does. In a text any grouping counts behind a word for telephones or calling. It misses bare digits that nothing calls so; grouped order numbers that begin with 0 are mistaken for one.",
		Category: "contact.phone",
		Version:  1,
		Names:    []string{"phone", "phone number", "mobile", "mobile phone", "mobile number", "fax", "cell", "tel", "phone private", "contact number", "contact phone", "whatsapp", "customer phone", "msisdn", "emergency phone", "phone amount", "calling number", "called number", "caller number"},
		Triggers: classifiers.Triggers{Digits: 7, Spots: []classifiers.Spot{
			{At: "023456789", Before: beforePhone, After: "^a_@%", Undated: true}, {At: "1", Before: beforePhone + ":", After: "^a_@%", Undated: true}, {At: "1", Before: ":", After: " ()*+-./"},
		}},
		MaxLen: 32,
		At:     phoneAt,
		Whole:  phoneWhole,
		Column: phoneLook,
		Chance: .05,
		Cover:  .9,
		Sparse: true,
	}
}

// phoneLook lets bare digits be what the field's name says, and doubts short numbers, and numbers that all begin alike where no name says anything.
func phoneLook(s *classifiers.Stats) (e classifiers.Evidence) {
	t := &s.Texture
	switch {
	case s.Values == 0:
	case s.Len[1] < 6:
		e.Nats = append(e.Nats, pii.Nat{Text: "too short for telephones", Nats: -6})
	case s.Named && s.Share(t.Digits) > .9 && s.Len[1] <= 15 && s.Hits["phone"].Distinct*2 < s.Distinct && !s.Num.Monotone:
		e.Nats = append(e.Nats, pii.Nat{Text: "as many digits as telephones have", Nats: 3})
	case !s.Named && len(t.Prefix) >= 4 && t.Prefix[0] != '+':
		e.Nats = append(e.Nats, pii.Nat{Text: "all begin alike", Nats: -12})
	}
	return e
}

// beforePhone is what a telephone number cannot stand behind.
const beforePhone = "^ad.-/_#$@%"

// number is a run of digits with separators, as it stands in a text.
type number struct {
	start, end int
	digits     [20]byte
	n          int
	groups     [8]int // digits per group
	g          int
	plus       bool
	paren      bool
	slash      bool
	signs            // between the digits so far
	behind     signs // since the last digit: they count once another digit follows
}

// signs counts separators.
type signs struct{ dots, dashes, spaces int }

// phoneAt reads a number whose first digit stands at i.
func phoneAt(text []byte, i int) (classifiers.Hit, bool) {
	if !classifiers.IsDigit(text[i]) || (i > 0 && classifiers.IsDigit(text[i-1])) {
		return classifiers.Hit{}, false
	}
	if oneDate(text, i) || oneGroup(text, i) && (text[i] == '1' && i > 0 && text[i-1] == ':' || !called(text, i, 2)) {
		return classifiers.Hit{}, false
	}
	p, ok := readNumber(text, i)
	if !ok || p.slash && p.start > 0 && text[p.start-1] == '[' { // the time of a line of Chromium's log
		return classifiers.Hit{}, false
	}
	h := classifiers.Hit{Start: p.start, End: p.end}
	if !p.grouped() {
		if !p.said(text) {
			return classifiers.Hit{}, false
		}
		h.Flags |= classifiers.Labelled
	}
	if p.fictional() {
		h.Flags |= classifiers.Example
	}
	return h, true
}

// oneGroup tells, at a glance, whether the digits at i stand alone without a country's sign: most numbers of a text do, and none is a telephone's.
func oneGroup(text []byte, i int) bool {
	if i > 0 && (text[i-1] == '+' || text[i-1] == '(') {
		return false
	}
	for i++; i < len(text) && classifiers.IsDigit(text[i]); i++ {
	}
	return i == len(text) || text[i] != ' ' && (text[i] < '(' || text[i] > '/' || text[i] == ',')
}

// oneDate tells, at a glance, whether a date stands at i, of year, month and day in figures with hyphens, and no further digits behind it.
func oneDate(text []byte, i int) bool {
	if i+10 > len(text) || text[i+4] != '-' || text[i+7] != '-' || i > 0 && (text[i-1] == '+' || text[i-1] == '(') {
		return false
	}
	for _, k := range [...]int{1, 2, 3, 5, 6, 8, 9} {
		if !classifiers.IsDigit(text[i+k]) {
			return false
		}
	}
	if i+10 == len(text) {
		return true
	}
	c := text[i+10]
	return !classifiers.IsDigit(c) && c != ' ' && c != '-' && c != '.' && c != '/' && c != '(' && c != ')'
}

// readNumber reads digits, single separators and brackets.
func readNumber(text []byte, i int) (p number, ok bool) {
	p.start = i
	if i > 0 && text[i-1] == '(' {
		p.start, p.paren = i-1, true
	}
	if p.start > 0 && text[p.start-1] == '+' {
		p.start, p.plus = p.start-1, true
	}
	if !startsFree(text, p.start) {
		return p, false
	}
	k, gap, open := i, 0, p.paren
	for ; k < len(text) && k-p.start < 32; k++ {
		c := text[k]
		if classifiers.IsDigit(c) {
			if !p.digit(c, k) {
				return p, false
			}
			gap = 0
			continue
		}
		if gap == 2 || !p.separator(c, &open) {
			break
		}
		gap++
	}
	return p, p.n >= 7 && p.n <= 15 && endsFree(text, p.end)
}

func (p *number) digit(c byte, k int) bool {
	if p.n == 16 {
		return false
	}
	if p.n == 0 || p.end != k {
		if p.g == len(p.groups) {
			return false
		}
		p.g++
	}
	p.groups[p.g-1]++
	p.dots, p.dashes, p.spaces = p.dots+p.behind.dots, p.dashes+p.behind.dashes, p.spaces+p.behind.spaces
	p.behind = signs{}
	p.digits[p.n] = c
	p.n++
	p.end = k + 1
	return true
}

// separator notes a sign between digits; false ends the number.
func (p *number) separator(c byte, open *bool) bool {
	switch c {
	case ' ':
		p.behind.spaces++
	case '-':
		p.behind.dashes++
	case '.':
		p.behind.dots++
	case '/':
		if p.slash {
			return false
		}
		p.slash = true
	case '(':
		if *open || p.paren {
			return false
		}
		*open, p.paren = true, true
	case ')':
		if !*open {
			return false
		}
		*open = false
	default:
		return false
	}
	return true
}

// startsFree tells whether nothing before a number makes it part of something longer.
func startsFree(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	c := text[i-1]
	if classifiers.IsWord(c) || c == '.' || c == '-' || c == '/' || c == '_' || c == '#' || c == '$' || c == '+' || c == '@' || c == '%' {
		return false
	}
	if (c == ',' || c == ' ' || c == ')') && i > 1 && classifiers.IsDigit(text[i-2]) {
		return false
	}
	return true
}

func endsFree(text []byte, i int) bool {
	if i == len(text) {
		return true
	}
	c := text[i]
	if classifiers.IsWord(c) || c == '_' || c == '@' || c == '%' {
		return false
	}
	if (c == ',' || c == ':' || c == '.' || c == '-' || c == '/') && i+1 < len(text) && classifiers.IsDigit(text[i+1]) {
		return false
	}
	return true
}

// grouped tells whether the number is written as a telephone number is: with a country's code, or in a national grouping.
func (p *number) grouped() bool {
	d := p.digits[:p.n]
	switch {
	case p.plus:
		return d[0] != '0' && p.n >= 8 && !p.allSame()
	case p.n > 13 || p.g < 2 || p.dots == 1 || p.allSame() || p.date():
		return false
	case d[0] == '0' && d[1] == '0':
		return p.n >= 10 && d[2] != '0' && p.g >= 3
	case d[0] == '0' && p.paren:
		return p.n >= 8
	case d[0] == '0':
		likeSSN := p.g == 3 && p.groups[0] == 3 && p.groups[1] == 2 && p.dashes == 2
		return !likeSSN && p.n >= 8+p.dots/2 && p.n <= 12 && p.groups[0] >= 2 && p.groups[0] <= 6 && p.groups[p.g-1] >= 2 && (p.dashes+p.spaces+p.dots <= 6)
	}
	return p.american()
}

// american is (212) 555-0123, 212-555-0123, 212.555.0123, 1-212-555-0123.
func (p *number) american() bool {
	g, d := p.groups[:p.g], p.digits[:p.n]
	if p.g == 4 && p.n == 11 && g[0] == 1 && d[0] == '1' {
		g, d = g[1:], d[1:]
	}
	return len(d) == 10 && len(g) == 3 && g[0] == 3 && g[1] == 3 && g[2] == 4 && d[0] >= '2' && d[3] >= '2' && !p.slash &&
		(p.paren || p.dashes >= 2 || p.dots == 2 || p.spaces >= 1)
}

func (p *number) allSame() bool {
	for k := 2; k < p.n; k++ {
		if p.digits[k] != p.digits[1] {
			return false
		}
	}
	return true
}

// date tells whether the groups read as a date (03-12-1980, 01.02.2024).
func (p *number) date() bool {
	g := p.groups
	return p.g == 3 && ((g[0] <= 2 && g[1] <= 2 && g[2] == 4) || (g[0] == 4 && g[1] == 2 && g[2] == 2))
}

// fictional tells whether the number is of a range that is reserved for films and examples.
func (p *number) fictional() bool {
	d := p.digits[:p.n]
	if n := len(d); n >= 10 && string(d[n-7:n-2]) == "55501" && (n == 10 || d[0] == '1') {
		return true
	}
	for _, r := range reserved {
		if len(d) >= len(r) && string(d[:len(r)]) == r {
			return true
		}
	}
	return false
}

// reserved are the ranges for drama of Ofcom and the Bundesnetzagentur, national and with the country's code.
var reserved = []string{
	"0207946", "44207946", "07700900", "447700900", "03023125", "493023125", "06990009", "496990009", "04066969", "494066969",
	"02214710", "492214710", "08999998", "498999998", "017139200", "4917139200", "017604069", "4917604069",
}

// withoutExtension leaves out what stands behind an x: 425-711-6848x123.
func withoutExtension(v []byte) []byte {
	for i := len(v) - 1; i > 8 && i >= len(v)-7; i-- {
		if v[i] == 'x' && i < len(v)-1 && (classifiers.IsDigit(v[i-1]) || v[i-1] == ' ') {
			return classifiers.Trim(v[:i])
		}
		if !classifiers.IsDigit(v[i]) {
			break
		}
	}
	return v
}

// phoneWhole takes one number that covers the value.
func phoneWhole(v []byte) bool {
	v = withoutExtension(v)
	i := 0
	for i < len(v) && !classifiers.IsDigit(v[i]) {
		i++
	}
	if i == len(v) || i > 2 {
		return false
	}
	p, ok := readNumber(v, i)
	if !ok || p.start != 0 || p.end != len(v) {
		return false
	}
	if p.g == 1 && !p.plus {
		return false
	}
	return p.grouped()
}
