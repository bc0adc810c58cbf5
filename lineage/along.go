package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// way is one direction of a reference: down to the records that refer to hers, or up to those that hers refer to.
type way struct {
	edge string // id
	up   bool
}

// atOnce is how many records one look along a reference is for.
const atOnce = 500

// along finds the records at the other end of a reference of one record of hers. It looks once for all records of the dataset that are about to be
// followed, since a look may read a whole dataset, and remembers what it found of each.
func (c *closer) along(ctx context.Context, i int, e *Edge, up bool) ([]*pii.Found, error) {
	w := way{e.ID, up}
	if c.reached[w] == nil {
		c.reached[w] = map[int][]*pii.Found{}
	}
	got := c.reached[w]
	if found, ok := got[i]; ok {
		return found, nil
	}
	n, field, at := c.g.Node(e.From), e.Fields[0], e.ToFields[0]
	if up {
		n, field, at = c.g.Node(e.To), at, field
	}
	if up && !e.Holds(c.out.Records[i].Fields) {
		return nil, nil
	}
	batch := c.together(i, got)
	if up {
		batch = slices.DeleteFunc(batch, func(k int) bool { return !e.Holds(c.out.Records[k].Fields) })
	}
	values, whose := gathered(c.out.Records, batch, at)
	for _, k := range batch {
		got[k] = nil
	}
	if len(values) == 0 {
		return nil, nil
	}
	m := pii.Match{Dataset: n.Dataset, Want: c.g.wanted(n), Terms: []pii.Term{{Field: field, Mode: pii.Exact, Category: "identity.number", Values: values}}}
	if !up {
		m.Want = union(m.Want, e.Fields)
	}
	err := c.run(ctx, n, m, func(f *pii.Found) error {
		if !up && !e.Holds(f.Fields) {
			return nil
		}
		last := map[int]bool{}
		for _, h := range f.Hits {
			if h.Value >= len(values) {
				continue
			}
			for _, k := range whose[values[h.Value].Reveal()] {
				if !last[k] {
					last[k] = true
					got[k] = append(got[k], f)
				}
			}
		}
		return nil
	})
	return got[i], err
}

// together lists the record and those of its dataset that will be followed too and were not looked at along that way.
func (c *closer) together(i int, got map[int][]*pii.Found) []int {
	batch := []int{i}
	for _, k := range c.within[c.out.Records[i].Dataset] {
		r := c.out.Records[k]
		if _, done := got[k]; k != i && !done && len(batch) < atOnce && r.fresh && r.Holding == Hers {
			batch = append(batch, k)
		}
	}
	return batch
}

// gathered gives the distinct values that the records have in a field, and which of them have each.
func gathered(records []*Record, batch []int, field string) (values []pii.Value, whose map[string][]int) {
	whose = map[string][]int{}
	for _, k := range batch {
		for _, v := range records[k].Fields[field] {
			if v.Value.Null() {
				continue
			}
			key := v.Value.Reveal()
			if whose[key] == nil {
				values = append(values, v.Value)
			}
			whose[key] = append(whose[key], k)
		}
	}
	return values, whose
}
