package lineage

import (
	"slices"

	"vestige/forms"
	"vestige/pii"
)

// Two people may have one name and one date of birth. A record that names both by their keys, a lease of two, has that name twice, and nothing says which is whose.

// notesTwin remembers by what a record that stands for another person who is called as she is, and was born on her day, is referred to.
func (c *closer) notesTwin(n *Node, f *pii.Found) {
	if n.Person < 0.9 {
		return
	}
	for i := range n.Fields {
		fn := &n.Fields[i]
		if v := first(f.Fields[fn.Field.Name]); soleKeyOf(n, fn.Field.Name) && fn.Domain != "" && !v.Null() {
			c.twins[idKey(pii.Identifier{Value: v, Domain: fn.Domain})] = true
		}
	}
	for _, id := range c.ownGlobals(n, &Record{Fields: f.Fields}) {
		c.twins[id] = true
	}
}

// twinsMet adds those whose records were met on the way.
func (c *closer) twinsMet() {
	births := c.profile["demographic.birth_date"]
	for _, r := range c.out.Records {
		n, f := c.g.Node(r.Dataset), &pii.Found{Dataset: r.Dataset, Fields: r.Fields}
		if r.Holding != HeldByOther && r.Holding != Unsure || len(births) == 0 {
			continue
		}
		if q := traits(n, f); len(q.names()) > 1 && overlap(c.profile.names(), q.names()) == agrees && slices.ContainsFunc(q["demographic.birth_date"], func(b string) bool { return slices.Contains(births, b) }) {
			c.notesTwin(n, f)
		}
	}
}

// namesTwin tells whether a record names such a person, by a reference or by an identifier.
func (c *closer) namesTwin(n *Node, fields map[string][]pii.Located) bool {
	if len(c.twins) == 0 {
		return false
	}
	return slices.ContainsFunc(n.Fields, func(fn FieldNode) bool {
		return slices.ContainsFunc(fields[fn.Field.Name], func(v pii.Located) bool {
			id, ok := identifier(n, &fn, v.Value)
			return ok && c.twins[idKey(id)]
		})
	})
}

// ofTwins marks in a record that names both what else of her it says. What both have, their name and their day of birth, is marked where somebody says that it is hers.
func (c *closer) ofTwins(n *Node, r *Record, all *forms.Matcher) {
	whole := *r
	whole.Hits = slices.Clone(r.Hits)
	c.restOf(n, &whole, all)
	if len(whole.Hits) == len(r.Hits) {
		return
	}
	at := Doubt{ID: placeID("namesake", r.Dataset, whole.Hits[len(r.Hits)].Field, 0), Dataset: r.Dataset, Field: whole.Hits[len(r.Hits)].Field}
	switch c.answered("namesake", &pii.Found{Dataset: r.Dataset, Key: r.Key, Digest: r.Digest}, at) {
	case pii.Accept:
		r.Hits = whole.Hits
		return
	case "":
		c.ask(Question{
			ID: questionID("namesake", pii.Ref{}, ""), Code: "namesake", Via: r.Via,
			text: "Records of {at} name the person and somebody else who has her name and her date of birth; nothing says which of the names is whose.",
			Yes:  Outcome{Text: "the name and the date of birth go wherever they stand there, the other person's too"}, No: Outcome{Text: "they stay; only what is hers alone goes"},
		}, at)
	}
	c.restOf(n, r, forms.Compile(c.attributeTerms("identity.name", "identity.given_name", "identity.family_name", "demographic.birth_date")))
}
