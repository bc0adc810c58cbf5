package lineage

import (
	"context"

	"vestige/pii"
)

// ends remembers the records at the other end of references, by the value that leads there, so that many records are asked about at once and none twice.
type ends map[way]map[string][]*pii.Found

// referred gives the records that a record refers to.
func (c *closer) referred(e *Edge, f *pii.Found) []*pii.Found { return c.end(e, true, f) }

// referring gives the records that refer to a record.
func (c *closer) referring(e *Edge, f *pii.Found) []*pii.Found { return c.end(e, false, f) }

func (c *closer) end(e *Edge, up bool, f *pii.Found) []*pii.Found {
	v := first(f.Fields[leave(e, up)])
	if v.Null() || v.Len() == 0 {
		return nil
	}
	if _, known := c.ends[way{e.ID, up}][v.Reveal()]; !known {
		c.fetch(c.ctx, e, up, []*pii.Found{f})
	}
	return c.ends[way{e.ID, up}][v.Reveal()]
}

// leave gives the field from which a reference is followed.
func leave(e *Edge, up bool) string {
	if up {
		return e.Fields[0]
	}
	return e.ToFields[0]
}

// fetch looks for the other ends of many records that were not looked for yet.
func (c *closer) fetch(ctx context.Context, e *Edge, up bool, fs []*pii.Found) {
	w := way{e.ID, up}
	if c.ends[w] == nil {
		c.ends[w] = map[string][]*pii.Found{}
	}
	got := c.ends[w]
	var values []pii.Value
	for _, f := range fs {
		v := first(f.Fields[leave(e, up)])
		if _, known := got[v.Reveal()]; known || v.Null() || v.Len() == 0 {
			continue
		}
		got[v.Reveal()], values = nil, append(values, v)
	}
	n, field := c.g.Node(e.From), e.Fields[0]
	if up {
		n, field = c.g.Node(e.To), e.ToFields[0]
	}
	for from := 0; from < len(values); from += atOnce {
		part := values[from:min(from+atOnce, len(values))]
		t := pii.Term{Field: field, Mode: pii.Exact, Category: "identity.number", Values: part}
		_ = c.run(ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}, Want: c.g.wanted(n)}, func(r *pii.Found) error {
			for _, h := range r.Hits {
				if h.Value < len(part) {
					got[part[h.Value].Reveal()] = append(got[part[h.Value].Reveal()], r)
				}
			}
			return nil
		})
	}
}

// prefetch looks at once for what will be asked about each of many records: whom they refer to, what they belong to, and who refers to them.
func (c *closer) prefetch(ctx context.Context, n *Node, fs []*pii.Found) {
	if len(fs) < 2 {
		return
	}
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if c.persons(e) || c.thing(e) {
			c.fetch(ctx, e, true, fs)
		}
	}
	for _, e := range c.g.In(n.Dataset.Ref) {
		if c.ofPersons(e) {
			c.fetch(ctx, e, false, fs)
		}
	}
}

// persons tells whether a reference surely leads to the person that the record belongs to.
func (c *closer) persons(e *Edge) bool {
	p := c.g.Node(e.To)
	return p != nil && p.Person >= possible && p.Gone == 0 && len(e.Fields) == 1 && !e.Copy && e.Kind == Owns && e.Confidence >= sure
}

// ofPersons tells whether it is surely records of persons that refer by it.
func (c *closer) ofPersons(e *Edge) bool {
	n := c.g.Node(e.From)
	return n != nil && n.Person >= 0.9 && len(e.Fields) == 1 && !e.Copy && e.Confidence >= sure
}
