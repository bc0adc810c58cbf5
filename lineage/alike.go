package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// alike takes records that say whom they are about by a name and a date of birth alone, as what laboratories and registries send does. They are hers where
// nobody else is known to have both; where somebody has, or where such a record stands for a person by itself, a question is put.
func (c *closer) alike(ctx context.Context) error {
	births := c.profile["demographic.birth_date"]
	if !c.lim.on(Names) || len(births) == 0 || len(c.profile.names()) < 2 {
		return nil
	}
	var found []*pend
	for i := range c.g.Nodes {
		more, err := c.alikeIn(ctx, &c.g.Nodes[i], births)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	found = slices.DeleteFunc(found, c.namedByAnother)
	twice := slices.ContainsFunc(found, func(p *pend) bool { return p.named })
	for _, p := range found {
		if p.named {
			c.notesTwin(p.node, p.found)
		}
		switch {
		case p.named && c.namesake(p.found):
		case p.named, twice:
			c.question(p)
		default:
			c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
		}
	}
	return c.settle(ctx)
}

// namedByAnother takes what a record of somebody else, who is called otherwise, says of her by her name and her date of birth: whom he named to come after him. The record
// stays his, and all that it says of her goes.
func (c *closer) namedByAnother(p *pend) bool {
	if !p.named || len(c.ownGlobals(p.node, &Record{Fields: p.found.Fields})) > 0 || c.ownerNamed(p.node, p.found, 2) != differs {
		return false
	}
	c.mention(p.found, p.hit, p.via, p.conf)
	r := c.out.Records[c.recs[recordID(p.found)]]
	for _, fn := range ownFields(p.node) {
		for _, v := range p.found.Fields[fn.Field.Name] {
			if v.Value.Len() > 0 {
				r.addHit(pii.Hit{Field: fn.Field.Name, Path: v.Path, End: v.Value.Len()})
			}
		}
	}
	return true
}

// alikeIn finds the records of one dataset that have her name and her date of birth and are not known yet. Those that have identifiers of their own, or
// that a reference says to be another's, are named: they are somebody who is called as she is, and was born on her day.
func (c *closer) alikeIn(ctx context.Context, n *Node, births []string) (out []*pend, err error) {
	birth := birthField(n)
	if birth == nil || n.Dataset.Kind == pii.View || n.Gone != 0 || birth.Confidence < c.lim.Find {
		return nil, nil
	}
	t := pii.Term{Field: birth.Field.Name, Mode: pii.Equal, Category: birth.Category}
	for _, b := range births {
		t.Values = append(t.Values, pii.NewValue(b))
	}
	k := &Known{Identifier: pii.Identifier{Category: birth.Category}, Why: "held-by-another"}
	err = c.run(ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}, Want: c.g.wanted(n)}, func(f *pii.Found) error {
		q := traits(n, f)
		if _, known := c.recs[recordID(f)]; known || len(f.Hits) == 0 || len(q.names()) < 2 || overlap(c.profile.names(), q.names()) != agrees {
			return nil
		}
		via := []Link{{Dataset: n.Dataset.Ref, Field: birth.Field.Name, Category: birth.Category, How: "name"}}
		named := c.namedBy(n, f, &FieldNode{}) == differs || c.copyOfAnother(n, f) || c.ownsIdentifier(n, f)
		out = append(out, &pend{node: n, found: f, known: k, hit: f.Hits[0], via: via, conf: both(birth.Confidence, nameConfidence(n)), named: named})
		return nil
	})
	return out, err
}

// both says how sure it is that a record is hers in which her name and her date of birth stand, by how sure it is that each of the fields is what it is proposed to be:
// that neither is, and both hold what is hers, would be chance twice.
func both(a, b float64) float64 { return 1 - (1-a)*(1-b) }

// birthField gives the field in which a dataset has the date of birth of the one person that each record is about.
func birthField(n *Node) *FieldNode {
	for i := range n.Fields {
		if f := &n.Fields[i]; f.Category == "demographic.birth_date" && f.Dense && f.Form == "" && !many(f) && !foreign(f) {
			return f
		}
	}
	return nil
}

// nameConfidence says how sure it is that the names of a dataset are names.
func nameConfidence(n *Node) float64 {
	least := 1.0
	for i := range n.Fields {
		if f := &n.Fields[i]; f.Dense && f.Confidence >= possible && slices.Contains(identityCategories[:3], f.Category) && !foreign(f) {
			least = min(least, f.Confidence)
		}
	}
	return least
}

// ownsIdentifier tells whether a record has an identifier of its own person, and not merely that of somebody who works with it.
func (c *closer) ownsIdentifier(n *Node, f *pii.Found) bool {
	for i := range n.Fields {
		fn := &n.Fields[i]
		if fn.Role != Owns || !fn.Dense || !fn.Category.Identifier() || fn.Confidence < possible || many(fn) || foreign(fn) || crowd(fn) || soleKeyOf(n, fn.Field.Name) && !isRoot(c.g, n, fn) {
			continue
		}
		for _, v := range f.Fields[fn.Field.Name] {
			if id, ok := identifier(n, fn, v.Value); ok && !system(id) && !c.staff(id) {
				return true
			}
		}
	}
	return false
}
