package lineage

import (
	"context"
	"slices"
	"strings"

	"vestige/pii"
)

// Describes tells whether something of the category may be given of a person, besides what identifies: her names and her date of birth.
func Describes(c pii.Category) bool { return slices.Contains(identityCategories, c) }

// SinglesOut tells whether what is given of a person can single her out: an identifier, or a full name and a date of birth together.
func SinglesOut(given []pii.Identifier) bool {
	p := profile{}
	for _, id := range given {
		if id.Category.Identifier() {
			return true
		}
		p.learn(profile{id.Category: {id.Value.Reveal()}})
	}
	return len(p["demographic.birth_date"]) > 0 && len(p.names()) > 1
}

// described starts from her name and her date of birth, where no identifier was given. The records that have both as their own person's are hers where they lead to
// one another. Where they do not, and differ in what tells people apart, two people have one name and one date of birth, and which of them is meant has to be asked.
func (c *closer) described(ctx context.Context) error {
	if len(c.known) > 0 {
		return nil
	}
	var found []*pend
	for i := range c.g.Nodes {
		more, err := c.alikeIn(ctx, &c.g.Nodes[i], c.said["demographic.birth_date"])
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	met := false
	for _, p := range found {
		if _, reached := c.recs[recordID(p.found)]; reached || c.namedBy(p.node, p.found, &FieldNode{}) == differs {
			continue
		}
		own := c.ownsIdentifier(p.node, p.found)
		c.several, met = c.several || met && own, met || own
		c.trades = c.trades || staff(p.node)
		c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
		if err := c.rounds(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Compound gives a name and a date of birth as one value, the words of the name in order, so that it is the same however they were given.
func Compound(given []pii.Identifier) pii.Identifier {
	p := profile{}
	for _, id := range given {
		p.learn(profile{id.Category: {id.Value.Reveal()}})
	}
	words := p.names()
	slices.Sort(words)
	words = append(slices.Compact(words), p["demographic.birth_date"]...)
	return pii.Identifier{Category: "identity.name", Value: pii.NewValue(strings.Join(words, " "))}
}
