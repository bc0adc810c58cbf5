package lineage

import (
	"slices"

	"vestige/pii"
)

// namesake tells whether a record that has her full name says by itself that it is another person's: a reference names somebody else, an identifier
// of its own person is not hers, or only records of others refer to it.
func (c *closer) namesake(f *pii.Found) bool {
	n := c.g.Node(f.Dataset)
	if !c.lim.on(Agree) {
		return false
	}
	if c.namedBy(n, f, &FieldNode{}) == differs || c.namedTogether(n, f) == differs || c.copyOfAnother(n, f) || c.ofAnothers(n, f, 2) {
		return true
	}
	if c.anothers(&pend{node: n, found: f, hit: f.Hits[0]}) {
		return true
	}
	return c.othersRefer(n, f)
}

// namedTogether tells whether a reference to persons by several fields, the faculty and its student's number, names her, or somebody else.
func (c *closer) namedTogether(n *Node, f *pii.Found) int {
	result := unclear
	for _, e := range c.g.Out(n.Dataset.Ref) {
		p := c.g.Node(e.To)
		if len(e.Fields) < 2 || e.When != nil || e.Copy || e.Kind != Owns || e.Confidence < sure || p == nil || p.Person < possible || !whole(f, e.Fields) {
			continue
		}
		if result = differs; c.refersTo(f, e, Joint) {
			return agrees
		}
	}
	return result
}

// othersRefer tells whether records that stand for persons refer to the record, and none of them is hers: an account of somebody else.
func (c *closer) othersRefer(n *Node, f *pii.Found) (others bool) {
	for _, e := range c.g.In(n.Dataset.Ref) {
		if !c.ofPersons(e) {
			continue
		}
		for _, r := range c.referring(e, f) {
			if i, ok := c.recs[recordID(r)]; !ok || c.out.Records[i].Holding != Hers {
				others = true
			}
		}
	}
	return others
}

// namesakesOwn tells whether a record is, by a reference, another person's who has her full name: the name in it is that person's.
func (c *closer) namesakesOwn(f *pii.Found) bool {
	n := c.g.Node(f.Dataset)
	if !c.lim.on(Agree) {
		return false
	}
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if !c.persons(e) || c.valueOf(n, f, e) != differs {
			continue
		}
		for _, r := range c.referred(e, f) {
			if names := traits(c.g.Node(e.To), r).names(); len(names) > 1 && overlap(names, c.profile.names()) == agrees {
				return true
			}
		}
	}
	return false
}

// ownName tells whether her name stands only where a record names its own person.
func (c *closer) ownName(f *pii.Found) bool {
	n := c.g.Node(f.Dataset)
	for _, h := range f.Hits {
		fn := n.Field(h.Field)
		if fn == nil || !fn.Dense || fn.Role != Owns || !pii.Category("identity").Covers(fn.Category) {
			return false
		}
	}
	return true
}

// notOwn leaves out where a record names its own person: one whom she invited may be a namesake.
func (c *closer) notOwn(f *pii.Found) []pii.Hit {
	return slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		return c.ownName(&pii.Found{Dataset: f.Dataset, Hits: []pii.Hit{h}})
	})
}

// copyOfAnother tells whether the record is a copy of one that is not hers.
func (c *closer) copyOfAnother(n *Node, f *pii.Found) (other bool) {
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if !e.Copy || len(e.Fields) != 1 {
			continue
		}
		switch c.valueOf(n, f, e) {
		case agrees:
			return false
		case differs:
			other = true
		}
	}
	return other
}

// ofAnothers tells whether the record belongs to a thing that is another person's: the payment of somebody else's invoice.
func (c *closer) ofAnothers(n *Node, f *pii.Found, depth int) (other bool) {
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if !c.thing(e) {
			continue
		}
		p := c.g.Node(e.To)
		for _, r := range c.referred(e, f) {
			if i, ok := c.recs[recordID(r)]; ok && rank(c.out.Records[i].Holding) >= rank(Joint) {
				continue
			}
			other = other || c.namedBy(p, r, &FieldNode{}) == differs || depth > 1 && c.ofAnothers(p, r, depth-1)
		}
	}
	return other
}

// thing tells whether a reference surely leads to a thing that the record belongs to, and not to a person.
func (c *closer) thing(e *Edge) bool {
	p := c.g.Node(e.To)
	return p != nil && p.Person < possible && e.Kind == Owns && e.When == nil && !e.Copy && len(e.Fields) == 1 && e.Confidence >= sure
}
