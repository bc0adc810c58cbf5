package lineage

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"vestige/forms"
	"vestige/pii"
)

// profile is what is known of the subject besides her identifiers: names and dates of birth, in normal form, by category. It tells her records
// from those of another person who has one of her identifiers too.
type profile map[pii.Category][]string

var identityCategories = []pii.Category{"identity.name", "identity.given_name", "identity.family_name", "demographic.birth_date"}

// traits gives the identity attributes of a record that are about its own person. What she calls herself to sign in, ann77, is none.
func traits(n *Node, f *pii.Found) profile {
	p := profile{}
	for i := range n.Fields {
		fn := &n.Fields[i]
		if !fn.Dense || fn.Confidence < possible || fn.Role == Mentions || many(fn) || !slices.Contains(identityCategories, fn.Category) {
			continue
		}
		p.learn(traitsOf(fn, f))
	}
	return p
}

// traitsOf gives what one field says of a person.
func traitsOf(fn *FieldNode, f *pii.Found) profile {
	p := profile{}
	if !slices.Contains(identityCategories, fn.Category) {
		return p
	}
	for _, v := range f.Fields[fn.Field.Name] {
		norm, ok := forms.Normal(fn.Category, []byte(v.Value.Reveal()))
		if ok && len(norm) > 0 && (fn.Category == "demographic.birth_date" || !login(norm)) {
			p[fn.Category] = append(p[fn.Category], string(norm))
		}
	}
	return p
}

// login tells whether a value is what somebody calls herself to sign in. A name of several words may have figures, too, where people are made up.
func login(norm []byte) bool {
	first, _, several := bytes.Cut(norm, []byte(" "))
	return bytes.ContainsAny(norm, "_@") || bytes.ContainsAny(first, digits) || !several && bytes.ContainsAny(norm, digits)
}

const digits = "0123456789"

// learn adds a record's traits.
func (p profile) learn(q profile) {
	for cat, vs := range q {
		for _, v := range vs {
			if !slices.Contains(p[cat], v) {
				p[cat] = append(p[cat], v)
			}
		}
	}
}

// verdicts of a comparison.
const (
	differs = -1
	unclear = 0
	agrees  = 1
)

// compare tells whether a record's traits are those of the subject. A date of birth that differs tells two people apart, as does another name; both
// alike make one person. Of records with one e-mail address, one given name and two family names may be a person who married, and say nothing.
func (p profile) compare(q profile, over pii.Category) int {
	birth, name := overlap(p["demographic.birth_date"], q["demographic.birth_date"]), overlap(p.names(), q.names())
	switch {
	case birth == differs:
		return differs
	case name == differs && (birth == agrees || over == "contact.email" && overlap(p.given(), q.given()) == agrees):
		return unclear
	case name == differs:
		return differs
	case name == agrees:
		return agrees
	}
	return birth
}

// names gives the words of all names.
func (p profile) names() (out []string) {
	for _, cat := range identityCategories[:3] {
		for _, v := range p[cat] {
			out = append(out, nameWords(v)...)
		}
	}
	return out
}

// given gives the given names: those that stand by themselves, and the first words of full ones, which follow the comma where there is one.
func (p profile) given() (out []string) {
	for _, v := range p["identity.given_name"] {
		out = append(out, nameWords(v)...)
	}
	for _, v := range p["identity.name"] {
		if _, after, ok := strings.Cut(v, ","); ok {
			v = after
		}
		if ws := nameWords(v); len(ws) > 0 {
			out = append(out, ws[0])
		}
	}
	return out
}

// nameWords splits a name, also as machines write it (LEE/ANN, LEE^ANN), with umlauts as they are written without them, so that Jürgen and Juergen are one.
func nameWords(v string) []string {
	return strings.FieldsFunc(umlauts.Replace(v), func(r rune) bool { return strings.ContainsRune(" ,/^|;", r) })
}

// overlap compares two sets of which either may be empty: unclear. Names agree when all words of the smaller one are in the other.
func overlap(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return unclear
	}
	if len(b) < len(a) {
		a, b = b, a
	}
	for _, w := range a {
		if !slices.ContainsFunc(b, func(o string) bool { return sameName(w, o) }) {
			return differs
		}
	}
	return agrees
}

// sameName tells whether two words of names are one, or one is the other's initial.
func sameName(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(strings.TrimSuffix(a, ".")) == 1 && strings.HasPrefix(b, a[:1])
}

// times gives the moments that stand in a record's fields of time, those of births left out.
func times(n *Node, f *pii.Found) (out []moment) {
	for i := range n.Fields {
		fn := &n.Fields[i]
		if fn.Category.Personal() || many(fn) {
			continue
		}
		for _, v := range f.Fields[fn.Field.Name] {
			if t, ok := parseTime(v.Value.Reveal()); ok {
				out = append(out, moment{fn.Field.Name, t})
			}
		}
	}
	return out
}

type moment struct {
	field string
	at    int64
}

var layouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", "02.01.2006", "02.01.2006 15:04:05", "2006/01/02"}

// parseTime reads a date or time in the usual layouts, or seconds, milliseconds or microseconds since 1970 of the years 1990 to 2100.
func parseTime(s string) (int64, bool) {
	if len(s) < 8 || len(s) > 40 {
		return 0, false
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UnixMicro(), true
		}
	}
	return epoch(s)
}

// epoch reads a number of seconds, milliseconds or microseconds since 1970.
func epoch(s string) (n int64, ok bool) {
	for _, b := range []byte(s) {
		if b < '0' || b > '9' || len(s) > 16 {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	const from, to = 631_152_000_000_000, 4_102_444_800_000_000 // 1990 and 2100
	for _, unit := range []int64{1_000_000, 1_000, 1} {
		if n > from/unit && n < to/unit {
			return n * unit, true
		}
	}
	return 0, false
}

// window reads from a record for how long it says that something held: from its first moment to its last. One moment alone is taken by the name of its
// field as start or end, else it says nothing.
func window(n *Node, f *pii.Found) *Window {
	ms := times(n, f)
	if len(ms) == 0 {
		return nil
	}
	if len(ms) == 1 {
		switch ws := words(ms[0].field); {
		case anyWord(ws, endWords):
			return &Window{To: ms[0].at}
		case anyWord(ws, startWords):
			return &Window{From: ms[0].at}
		}
		return nil
	}
	if !slices.ContainsFunc(ms, func(m moment) bool {
		ws := words(m.field)
		return anyWord(ws, endWords) || anyWord(ws, goneWords) || len(n.Fields) <= 8 && anyWord(ws, startWords)
	}) {
		return nil
	}
	w := &Window{From: ms[0].at, To: ms[0].at}
	for _, m := range ms[1:] {
		w.From, w.To = min(w.From, m.at), max(w.To, m.at)
	}
	return w
}

// holds tells whether the window is open at a moment.
func (w *Window) holds(at int64) bool { return at >= w.From && (w.To == 0 || at < w.To) }
