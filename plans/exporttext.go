package plans

import (
	"regexp"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/forms"
	"vestige/pii"
)

// inText finds what looks like an address or a telephone number of somebody in text, whatever stands around it.
var inText = regexp.MustCompile(`[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)+|\+?\d[\d ()/.\-]{6,}\d`)

// beside are categories that single nobody out by themselves, and do beside what does: names, addresses, the address of a machine.
var beside = []pii.Category{"identity.name", "identity.given_name", "identity.family_name", "contact.street", "contact.address", "online.ip"}

// near is within how many bytes a name stands beside an identifier.
const near = 80

// spot is a stretch of a text, and what an export shows in its place.
type spot struct {
	start, end int
	with       string
}

// redacted replaces in a text what is other people's: their identifiers of every kind that is found in text, and the names beside them.
func (x *exporter) redacted(text string) string {
	if x.Kinds != nil {
		text = x.without(text, x.others(text))
	}
	return inText.ReplaceAllStringFunc(text, func(s string) string {
		c := pii.Category("contact.phone")
		if strings.Contains(s, "@") {
			c = "contact.email"
		}
		norm, ok := forms.Normal(c, []byte(s))
		if !ok || x.hers[strings.ToLower(string(norm))] {
			return s
		}
		if c == "contact.phone" && !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "0") {
			return s // an amount, a number, a date
		}
		if x.count {
			x.entry.Redacted++
		}
		return another
	})
}

// others lists what is not hers in a text, in order.
func (x *exporter) others(text string) []spot {
	var out, names []spot
	x.Kinds.Text([]byte(text), func(c *classifiers.Classifier, h classifiers.Hit) {
		s := text[h.Start:h.End]
		switch {
		case slices.ContainsFunc(never, func(n pii.Category) bool { return n.Covers(c.Category) }):
			out = append(out, spot{h.Start, h.End, exists})
		case slices.Contains(beside, c.Category):
			if !x.herWords(s) {
				names = append(names, spot{h.Start, h.End, another})
			}
		case c.Category.Identifier() && c.Category.Global() && !x.isHers(c.Category, s):
			out = append(out, spot{h.Start, h.End, another})
		}
	})
	for _, n := range names {
		if slices.ContainsFunc(out, func(o spot) bool { return o.with == another && o.start-n.end <= near && n.start-o.end <= near }) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b spot) int { return a.start - b.start })
	return out
}

// without writes a text with spots replaced.
func (x *exporter) without(text string, spots []spot) string {
	var out strings.Builder
	at := 0
	for _, s := range spots {
		if s.start < at {
			continue
		}
		out.WriteString(text[at:s.start])
		out.WriteString(s.with)
		at = s.end
		if x.count && s.with == another {
			x.entry.Redacted++
		}
	}
	out.WriteString(text[at:])
	return out.String()
}

// isHers tells whether an identifier is one of hers. A telephone may be written without its country.
func (x *exporter) isHers(c pii.Category, s string) bool {
	norm, ok := forms.Normal(c, []byte(s))
	if x.hers[strings.ToLower(s)] || ok && x.hers[strings.ToLower(string(norm))] {
		return true
	}
	if ok || c != "contact.phone" {
		return false
	}
	tail := strings.TrimLeft(digits(s), "0")
	for h := range x.hers {
		if len(tail) >= 6 && strings.HasPrefix(h, "+") && strings.HasSuffix(h, tail) {
			return true
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// herWords tells whether every word of a name or an address stands in what is known of her; of an initial it is not asked.
func (x *exporter) herWords(s string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' || r == '.' }) {
		if len(w) > 1 && !x.words[w] {
			return false
		}
	}
	return true
}

// wordsOf gives the words of all that is hers.
func wordsOf(hers map[string]bool) map[string]bool {
	out := map[string]bool{}
	for h := range hers {
		for _, w := range strings.FieldsFunc(h, func(r rune) bool { return r == ' ' || r == ',' || r == '.' }) {
			out[w] = true
		}
	}
	return out
}
