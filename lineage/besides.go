package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// again tells whether a reference names the person of another one once more, by something else that she has: the token of a visitor, beside the number of the user.
func again(n *Node, e, owner *Edge) bool {
	ws := roleWords(n, e, 50)
	return e.To == owner.To && e.From != e.To && e.When == nil && owner.When == nil && len(e.ToFields) == 1 && len(owner.ToFields) == 1 && e.ToFields[0] != owner.ToFields[0] && !aboutAnother(ws) && !second(ws)
}

// besideStaff tells whether a reference leads to members of staff, where another one of the same fields leads to those whom they serve: a message is its author's, who is a
// customer or somebody who answers one.
func besideStaff(g *Graph, owner, e *Edge) bool {
	return e.When != nil && owner.When != nil && slices.Equal(e.Fields, owner.Fields) && staff(g.Node(e.To)) && !staff(g.Node(owner.To))
}

// answers tells whether the records of a dataset are those of customers and of the staff who answer them.
func answers(g *Graph, people []*Edge) bool {
	return slices.ContainsFunc(people, func(o *Edge) bool {
		return o.Kind == Owns && slices.ContainsFunc(people, func(e *Edge) bool { return besideStaff(g, o, e) })
	})
}

// byAnother tells whether a record that belongs to a thing of hers says by a kind and a number that another person wrote it, who is a customer as she is.
func (c *closer) byAnother(n *Node, f *pii.Found) bool {
	return slices.ContainsFunc(c.g.Out(n.Dataset.Ref), func(e *Edge) bool {
		p := c.g.Node(e.To)
		return e.When != nil && e.Kind == Owns && p != nil && p.Person >= possible && e.Holds(f.Fields) && whole(f, e.Fields) && !c.refersTo(f, e, Hers)
	})
}

// whole tells whether a record has a value in each of the fields of a reference.
func whole(f *pii.Found, fields []string) bool {
	return !slices.ContainsFunc(fields, func(name string) bool { return first(f.Fields[name]).Null() || first(f.Fields[name]).Len() == 0 })
}

// refersTo tells whether a reference leads from a record to one that is hers, or at least so much hers.
func (c *closer) refersTo(f *pii.Found, e *Edge, least Holding) bool {
	return slices.ContainsFunc(c.within[e.To], func(i int) bool {
		r := c.out.Records[i]
		return rank(r.Holding) >= rank(least) && first(f.Fields[e.Fields[0]]).Equal(first(r.Fields[e.ToFields[0]])) && agreesOn(f, e, r)
	})
}

// oneMore tells whether a reference of a record only names once more whom another one says by her key: it names no second owner.
func (c *closer) oneMore(n *Node, r *Record, e *Edge) bool {
	return e.Kind == Owns && slices.ContainsFunc(c.g.Out(n.Dataset.Ref), func(o *Edge) bool {
		p := c.g.Node(o.To)
		return o != e && o.Kind == Owns && !o.Copy && p != nil && len(o.ToFields) == 1 && soleKeyOf(p, o.ToFields[0]) && again(n, e, o) && c.valueOf(n, &pii.Found{Dataset: r.Dataset, Fields: r.Fields}, o) == agrees
	})
}

// ofAnotherThing tells whether a record that refers to what hers refers to as well belongs to something else, too, that is not hers: the line of somebody's order, for an
// article that she ordered. The article itself is nobody's: it takes no line from her order.
func (c *closer) ofAnotherThing(n *Node, f *pii.Found, e *Edge) bool {
	return slices.ContainsFunc(c.g.Out(n.Dataset.Ref), func(o *Edge) bool {
		return o.To != e.To && o.Kind == Owns && !o.Copy && o.Holds(f.Fields) && whole(f, o.Fields) && c.peoples(o.To) && !c.refersTo(f, o, Hers)
	})
}

// peoples tells whether the records of a dataset are people's things: they refer to a person, or something joins them to one.
func (c *closer) peoples(d pii.Ref) bool {
	person := func(e *Edge) bool {
		p := c.g.Node(e.To)
		return (e.Kind == Owns || e.Kind == Shared) && !e.Copy && p != nil && p.Person >= possible
	}
	return slices.ContainsFunc(c.g.Out(d), person) || slices.ContainsFunc(c.g.In(d), func(e *Edge) bool { return e.Kind == Shared })
}

// devices tells whether a record that stands for a person lists what she herself goes by on several machines. Nobody is listed there beside her.
func devices(n *Node, f *FieldNode) bool {
	return n.Person >= 0.9 && f.Role == Owns && pii.Category("online").Covers(f.Category) && !listsPeople(f)
}

// then goes on with identifiers that are looked for when the others have said who is meant.
func (c *closer) then(ctx context.Context, more []pii.Identifier) error {
	for _, id := range more {
		c.learn(id, nil, 1, nil).Start = true
	}
	return c.rounds(ctx)
}

// familys tells whether a record of another person has that one's name beside a telephone of hers: it is the telephone of both.
func (c *closer) familys(p *pend) bool {
	fn, names := p.node.Field(p.hit.Field), traits(p.node, p.found).names()
	return c.lim.on(Agree) && p.known.Category == "contact.phone" && fn != nil && fn.Role == Owns && len(names) > 0 && overlap(c.profile.names(), names) == differs
}
