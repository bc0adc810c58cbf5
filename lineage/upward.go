package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// upward is for a search that began with something that stands in no record of a person, the number of a bank account: as long as no such record was found, a record of hers
// that belongs to a thing, a payment to an order, makes the thing hers where both name one person, and the thing says by its own references who that is.
func (c *closer) upward(ctx context.Context) error {
	for c.lim.on(Upward) && !c.rooted() {
		lifted, err := c.lift(ctx)
		if err != nil || !lifted {
			return err
		}
		if err := c.rounds(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rooted tells whether a record that stands for a person was found to be hers.
func (c *closer) rooted() bool {
	return slices.ContainsFunc(c.out.Records, func(r *Record) bool { return r.Holding == Hers && c.g.Node(r.Dataset).Person >= possible })
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
