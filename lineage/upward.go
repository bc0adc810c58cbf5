package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// upward is for a search that began with something that stands in no record of a person, the number of a bank account: as long as no such record was found, a record of hers
// that belongs to a thing, a payment to an order, makes the thing hers where both name one person, and the thing says by its own references who that is.
// Where the things say different people, father and son of one name, it is asked which of them is meant.
func (c *closer) upward(ctx context.Context) error {
	lifted := false
	for c.lim.on(Upward) && !c.rooted() {
		more, err := c.lift(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		lifted = true
		if err := c.rounds(ctx); err != nil {
			return err
		}
	}
	c.several = c.several || lifted && c.twoPeople()
	return nil
}

// rooted tells whether a record that stands for a person was found to be hers.
func (c *closer) rooted() bool {
	return slices.ContainsFunc(c.out.Records, func(r *Record) bool { return r.Holding == Hers && c.g.Node(r.Dataset).Person >= possible })
}

// twoPeople tells whether two records of hers that stand for people are not surely one person's.
func (c *closer) twoPeople() bool {
	var met []*Record
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		if r.Holding != Hers || n.Person < possible {
			continue
		}
		if slices.ContainsFunc(met, func(o *Record) bool { return c.apartFrom(n, r, o) }) {
			return true
		}
		met = append(met, r)
	}
	return false
}

// apartFrom tells whether a record may be of another person than a second one is: in one dataset by having no identifier in common with it, elsewhere by name and date of birth.
func (c *closer) apartFrom(n *Node, r, o *Record) bool {
	if traits(n, r.found()).compare(traits(c.g.Node(o.Dataset), o.found()), "") == differs {
		return true
	}
	own := c.ownGlobals(n, o)
	return r.Dataset == o.Dataset && !slices.ContainsFunc(c.ownGlobals(n, r), func(id string) bool { return slices.Contains(own, id) })
}

func (c *closer) lift(ctx context.Context) (lifted bool, err error) {
	for i := 0; i < len(c.out.Records); i++ {
		if c.out.Records[i].Holding != Hers {
			continue
		}
		for _, e := range c.g.Out(c.out.Records[i].Dataset) {
			one, err := c.liftAlong(ctx, i, e)
			if err != nil {
				return false, err
			}
			lifted = lifted || one
		}
	}
	return lifted, nil
}

// liftAlong takes the thing that a record of hers belongs to, if it names the same person.
func (c *closer) liftAlong(ctx context.Context, i int, e *Edge) (lifted bool, err error) {
	r, p := c.out.Records[i], c.g.Node(e.To)
	if p == nil || p.Person >= possible || p.Dataset.Kind != c.g.Node(r.Dataset).Dataset.Kind || e.Kind != Owns || e.Copy || e.When != nil || e.To == e.From || len(e.Fields) > 1 || e.Confidence < c.lim.Find {
		return false, nil
	}
	who := traits(c.g.Node(r.Dataset), &pii.Found{Dataset: r.Dataset, Fields: r.Fields})
	if len(who.names()) < 2 {
		return false, nil
	}
	up, err := c.along(ctx, i, e, true)
	for _, f := range up {
		if _, seen := c.recs[recordID(f)]; seen || who.compare(traits(p, f), "") != agrees {
			continue
		}
		via := append(slices.Clone(r.Via), Link{Dataset: e.To, Field: e.ToFields[0], Edge: e.ID, How: "reference"})
		c.own(p, f, via, min(r.Confidence, e.Confidence), "")
		lifted = true
	}
	return lifted, err
}
