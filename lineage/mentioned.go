package lineage

import "vestige/pii"

// mentionOfTwo decides what a record is that names somebody by something that two people have: the next of kin's telephone, which is a family's. Another
// reference or a name beside it may say who of them is meant.
func (c *closer) mentionOfTwo(n *Node, f *pii.Found, fn *FieldNode, k *Known, h pii.Hit, via []Link, conf float64) {
	switch c.meant(n, f, fn) {
	case agrees:
		c.mention(f, h, via, conf)
	case differs:
		c.heldByOther(f, k, h, via, conf)
	default:
		c.postpone(n, f, k, h, via, conf, false)
	}
}

// meant tells whether what a record says of others beside a field is about her: a reference to her, or her name.
func (c *closer) meant(n *Node, f *pii.Found, beside *FieldNode) int {
	result := unclear
	for _, e := range c.g.Out(n.Dataset.Ref) {
		p := c.g.Node(e.To)
		if len(e.Fields) != 1 || e.Kind == Owns || e.When != nil || e.Fields[0] == beside.Field.Name || e.Confidence < c.lim.Find || p == nil || p.Person < possible || staff(p) {
			continue
		}
		if v := c.valueOf(n, f, e); v != unclear {
			result = v
		}
		if result == agrees {
			return agrees
		}
	}
	if result != unclear {
		return result
	}
	said := profile{}
	for i := range n.Fields {
		o := &n.Fields[i]
		if o.Dense && o.Role == Mentions && o.Confidence >= possible && !many(o) {
			said.learn(traitsOf(o, f))
		}
	}
	return overlap(c.profile.names(), said.names())
}

// belied tells whether a number of which nothing sure says whose it is led to a record that has an identifier of somebody else beside it: it is the number of
// another table, or of another application.
func (c *closer) belied(n *Node, f *pii.Found, fn *FieldNode) bool {
	if soleKeyOf(n, fn.Field.Name) {
		return false
	}
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if e.Fields[0] == fn.Field.Name && (e.Declared || e.Decided || e.Copy || e.Confidence >= sure) {
			return false
		}
	}
	return c.anothers(&pend{node: n, found: f, hit: pii.Hit{Field: fn.Field.Name}})
}
