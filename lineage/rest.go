package lineage

import (
	"slices"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// rest marks, in records that stay and name her, what else of her they say: names, addresses, dates of birth, telephones.
func (c *closer) rest() {
	if !c.lim.on(Names) {
		return
	}
	all := forms.Compile(append(c.attributeTerms("identity.given_name", "identity.family_name"), c.packed()...))
	alone := forms.Compile(append(c.attributeTerms("identity.given_name", "identity.family_name", "contact.phone"), c.packed()...))
	sharers := c.sharers()
	for _, r := range c.out.Records {
		if r.Holding != Mention && r.Holding != Joint {
			continue
		}
		n, m := c.g.Node(r.Dataset), all
		if r.Holding == Mention && c.ownedBy(n, r, sharers) {
			m = alone // what it says of a shared telephone is about its owner
		}
		if c.namesTwin(n, r.Fields) {
			c.ofTwins(n, r, m)
			continue
		}
		c.restOf(n, r, m)
	}
}

// restOf looks through all fields of a record.
func (c *closer) restOf(n *Node, r *Record, m *forms.Matcher) {
	for i := range n.Fields {
		c.restIn(m, r, &n.Fields[i])
	}
	if r.Holding == Mention {
		c.redactUnits(n, r)
	}
}

// packed gives her names and her date of birth as messages of machines write them: Lee^Ann, 19800203. They are looked for only where she is named anyway.
func (c *closer) packed() (out []pii.Term) {
	names := pii.Term{Mode: pii.Within, Category: "identity.name"}
	days := pii.Term{Mode: pii.Within, Category: "identity.number"}
	for _, a := range c.out.Attributes {
		switch v := a.Value.Reveal(); a.Category {
		case "identity.name":
			family, given, ok := strings.Cut(v, ", ")
			if !ok {
				continue
			}
			for _, sep := range []string{"^", "|", ";", ",", "\t", "/"} {
				names.Values = append(names.Values, pii.NewValue(family+sep+given), pii.NewValue(given+sep+family))
			}
		case "demographic.birth_date":
			if day := strings.ReplaceAll(v, "-", ""); len(day) == 8 {
				days.Values = append(days.Values, pii.NewValue(day), pii.NewValue(day[6:]+day[4:6]+day[:4]))
			}
		}
	}
	for _, t := range []pii.Term{names, days} {
		if len(t.Values) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// sharers gives the keys of the persons who have one of her identifiers as their own.
func (c *closer) sharers() map[string]bool {
	out := map[string]bool{}
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		if r.Holding != HeldByOther || n.Person < possible {
			continue
		}
		for i := range n.Fields {
			f := &n.Fields[i]
			for _, v := range r.Fields[f.Field.Name] {
				if soleKeyOf(n, f.Field.Name) {
					out[idKey(pii.Identifier{Value: v.Value, Domain: f.Domain})] = true
				}
			}
		}
	}
	return out
}

// ownedBy tells whether a reference of the record names one of the persons.
func (c *closer) ownedBy(n *Node, r *Record, people map[string]bool) bool {
	for _, e := range c.g.Out(n.Dataset.Ref) {
		f := n.Field(e.Fields[0])
		if f == nil || e.Kind == Mentions {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			if people[idKey(pii.Identifier{Value: v.Value, Domain: f.Domain})] {
				return true
			}
		}
	}
	return false
}

// restIn looks through one field of a record. In a record that names her and belongs to another, fields about that other's own person are left
// alone: a shared telephone, a shared surname.
func (c *closer) restIn(m *forms.Matcher, r *Record, f *FieldNode) {
	if f.Dense && f.Category.Personal() && r.Holding == Mention && f.Role == Owns && !many(f) && !partly(r, f) && !besideHit(r, f) {
		return
	}
	if r.Holding == Joint && r.Upward && f.Dense && f.Role == Owns && pii.Category("contact").Covers(f.Category) {
		return // where both of them live
	}
	if f.Field.Generated || f.Field.Type != pii.Text || strings.HasSuffix(f.Field.Path, "{@}") || wholly(f) && !f.Category.Personal() {
		return
	}
	for _, v := range r.Fields[f.Field.Name] {
		m.Match(f.Field.Name, v.Path, []byte(v.Value.Reveal()), func(h pii.Hit) {
			if h.Path = v.Path; f.Category != "none.code" || len(f.Contains) > 0 || h.Start > 0 || h.End < v.Value.Len() {
				r.addHit(h)
			}
		})
	}
}

// besideHit tells whether she was found in a field that is called as this one but for the last word: contact_name is whose contact_phone is.
func besideHit(r *Record, f *FieldNode) bool {
	own := words(f.Field.Name)
	return len(own) > 1 && slices.ContainsFunc(r.Hits, func(h pii.Hit) bool {
		ws := words(h.Field)
		return h.Field != f.Field.Name && len(ws) == len(own) && slices.Equal(ws[:len(ws)-1], own[:len(own)-1])
	})
}

// partly tells whether she was found in a part of what a field holds: then it is text, whatever it looks like.
func partly(r *Record, f *FieldNode) bool {
	return slices.ContainsFunc(r.Hits, func(h pii.Hit) bool {
		return h.Field == f.Field.Name && slices.ContainsFunc(r.Fields[h.Field], func(v pii.Located) bool {
			return v.Path == h.Path && h.End-h.Start+8 <= v.Value.Len()
		})
	})
}
