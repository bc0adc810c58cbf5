package lineage

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"vestige/pii"
)

// mostFramed is how many other people's keys have to be written around their identifiers as hers is, so that what stands there names a setting.
const mostFramed = 3

var errEnough = errors.New("enough was seen")

// setting tells whether what stands around an identifier in a key names a setting and nobody: the keys of others have it around theirs, and no person is called so.
func (c *closer) setting(n *Node, field, before, own, after string) bool {
	said := strings.FieldsFunc(before+" "+after, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(said) == 0 {
		return true
	}
	return c.framesOthers(n, field, before, own, after, slices.MaxFunc(said, func(a, b string) int { return len(a) - len(b) })) && !c.callsSomebody(before+" "+after)
}

// framesOthers tells whether several other keys have the same around something that is written as her identifier is. A word of it is looked for, to read no more than need be.
func (c *closer) framesOthers(n *Node, field, before, own, after, word string) bool {
	others := map[string]bool{}
	t := pii.Term{Field: field, Mode: pii.Within, Category: "identity.family_name", Values: []pii.Value{pii.NewValue(strings.ToLower(word))}}
	err := c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}, Want: []string{field}}, func(f *pii.Found) error {
		for _, v := range f.Fields[field] {
			rest, ok := strings.CutPrefix(v.Value.Reveal(), before)
			if rest, ok2 := strings.CutSuffix(rest, after); ok && ok2 && rest != own && shape(rest) == shape(own) {
				others[rest] = true
			}
		}
		if len(others) >= mostFramed {
			return errEnough
		}
		return nil
	})
	return errors.Is(err, errEnough)
}

// shape writes an identifier as what it consists of: the marks in it, and of a token that is neither a number nor an address how long its parts are.
func shape(s string) string {
	at, letters := strings.Contains(s, "@"), strings.ContainsFunc(s, unicode.IsLetter)
	switch {
	case at && !strings.ContainsAny(s, "/|:, "):
		return "@"
	case !letters && !at:
		return strings.TrimLeft(s, "0123456789")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return 'x'
		}
		return r
	}, s)
}

// callsSomebody tells whether a word of a text stands in what a person is called, or a few of them together are a person's name in some system.
func (c *closer) callsSomebody(text string) bool {
	var words []pii.Value
	for _, split := range []func(rune) bool{
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
		func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-", r)
		},
	} {
		for _, w := range strings.FieldsFunc(text, split) {
			if v := pii.NewValue(strings.ToLower(strings.Trim(w, "_.-"))); v.Len() > 2 {
				words = append(words, v)
			}
		}
	}
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		m := pii.Match{Dataset: n.Dataset}
		for _, f := range n.Fields {
			if n.Person >= possible && n.Gone == 0 && n.Dataset.Kind != pii.View && f.Dense && slices.Contains([]pii.Category{"identity.name", "identity.given_name", "identity.family_name", "identity.username"}, f.Category) {
				m.Terms = append(m.Terms, pii.Term{Field: f.Field.Name, Mode: pii.Within, Category: "identity.family_name", Values: words})
			}
		}
		if len(m.Terms) > 0 && len(words) > 0 && c.run(c.ctx, n, m, func(*pii.Found) error { return errEnough }) != nil {
			return true
		}
	}
	return false
}
