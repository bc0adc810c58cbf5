package lineage

import (
	"slices"

	"vestige/pii"
)

// A family has one telephone, a couple one address of mail. Who of them are known by records of their own, in which the identifier stands as theirs, have it in common.

// holdersOf calls see for every record of the closure that stands for a person and has the identifier as its own person's, with whether it is of an account that has ended.
func (c *closer) holdersOf(k *Known, see func(r *Record, ended bool)) {
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		if n.Person < 0.9 || (r.Holding != Hers && r.Holding != HeldByOther) {
			continue
		}
		for i := range n.Fields {
			f := &n.Fields[i]
			if f.Role != Owns || f.Form != "" || many(f) || !compares(f, k, c.lim.Find) {
				continue
			}
			for _, v := range r.Fields[f.Field.Name] {
				if id, ok := identifier(n, f, v.Value); ok && idKey(id) == idKey(k.Identifier) {
					w := tenure(n, r.found())
					see(r, w != nil && w.To != 0)
				}
			}
		}
	}
}

// found gives a record as a look gives it.
func (r *Record) found() *pii.Found {
	return &pii.Found{Dataset: r.Dataset, Key: r.Key, Digest: r.Digest, Equals: r.Equals, Fields: r.Fields}
}

// inCommon tells whether she and somebody else have a global identifier at the same time: both have records that stand for them, and neither of these has ended. A telephone,
// which may be an office's or a shop's, those have in common who have a name or another identifier in common too; an address of mail, which is mostly one person's after
// another's, they as well, and those of whom no times tell that it went over.
func (c *closer) inCommon(k *Known) bool {
	mine, theirs := false, false
	if k.Why == "held-by-another" && k.Category.Global() && c.lim.on(Agree) {
		c.holdersOf(k, func(r *Record, ended bool) {
			mine = mine || r.Holding == Hers && !ended
			theirs = theirs || r.Holding == HeldByOther && !ended && (k.Category != "contact.phone" && k.Window == nil && len(k.Past) == 0 || c.family(r, k))
		})
	}
	return mine && theirs
}

// family tells whether the one whom a record stands for has one more thing in common with her: a name, or another identifier.
func (c *closer) family(r *Record, k *Known) bool {
	n := c.g.Node(r.Dataset)
	for _, w := range traits(n, r.found()).names() {
		if len(w) > 1 && slices.Contains(c.profile.names(), w) {
			return true
		}
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Role != Owns || !f.Dense || !f.Category.Global() || f.Category == k.Category {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			if id, ok := identifier(n, f, v.Value); ok && c.byID[idKey(id)] != nil {
				return true
			}
		}
	}
	return false
}

// registered tells whether a record of hers is told apart by the identifier alone, and no record that is not hers is: the line of a subscriber, whoever else of the
// family has given its number as theirs.
func (c *closer) registered(k *Known) bool {
	hers, others := false, false
	for _, r := range c.out.Records {
		if k.Category.Global() && c.keyedBy(r, k) {
			hers, others = hers || r.Holding == Hers, others || r.Holding != Hers
		}
	}
	return hers && !others
}

// keyedBy tells whether a record that stands for somebody, or for what somebody has, is told apart by the identifier alone.
func (c *closer) keyedBy(r *Record, k *Known) bool {
	n := c.g.Node(r.Dataset)
	if n.Person < possible || len(n.key()) != 1 || n.Field(n.key()[0]) == nil || !compares(n.Field(n.key()[0]), k, c.lim.Find) {
		return false
	}
	return slices.ContainsFunc(r.Fields[n.key()[0]], func(v pii.Located) bool {
		id, ok := identifier(n, n.Field(n.key()[0]), v.Value)
		return ok && idKey(id) == idKey(k.Identifier)
	})
}

// alone tells whether a record has the identifier, and nothing else by which it could be known whose it is: no name, no other identifier, and no text in which one may stand.
func (c *closer) alone(p *pend) bool {
	at := p.node.Field(p.hit.Field)
	return !slices.ContainsFunc(p.node.Fields, func(f FieldNode) bool {
		if f.Field.Name == at.Field.Name || f.Confidence < possible || slices.Contains(p.node.key(), f.Field.Name) {
			return false
		}
		if f.Field.Column != at.Field.Column && (f.Category == "text.personal" || slices.ContainsFunc(f.Contains, func(in pii.Contained) bool { return identifying(in.Category) })) {
			return true
		}
		return identifying(f.Category) && filled(p.found, &f)
	})
}

// givenUp tells whether everybody else who had an identifier has ended, and she has not: it was theirs, and is hers.
func (c *closer) givenUp(k *Known) bool {
	mine, theirs, had := false, false, false
	c.holdersOf(k, func(r *Record, ended bool) {
		mine, had = mine || r.Holding == Hers && !ended, had || r.Holding == HeldByOther
		theirs = theirs || r.Holding == HeldByOther && !ended
	})
	return mine && had && !theirs
}

// sameTime tells whether an account of somebody else that has ended had an identifier while hers had it: a telephone of both, and none that was given to her after him.
func (c *closer) sameTime(k *Known) bool {
	var mine, other []*Window
	c.holdersOf(k, func(r *Record, _ bool) {
		w := tenure(c.g.Node(r.Dataset), r.found())
		switch {
		case w == nil:
		case r.Holding == Hers:
			mine = append(mine, w)
		default:
			other = append(other, w)
		}
	})
	return slices.ContainsFunc(mine, func(a *Window) bool {
		return slices.ContainsFunc(other, func(b *Window) bool { return b.To != 0 && a.From > 0 && a.From < b.To })
	})
}

// sharerCalled tells whether somebody else who has the identifier is called so.
func (c *closer) sharerCalled(k *Known, names []string) (called bool) {
	c.holdersOf(k, func(r *Record, _ bool) {
		if own := traits(c.g.Node(r.Dataset), r.found()).names(); r.Holding == HeldByOther && len(own) > 0 && overlap(own, names) == agrees {
			called = true
		}
	})
	return called
}
