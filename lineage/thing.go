package lineage

import (
	"slices"
	"strings"

	"vestige/pii"
)

// Beside her full name in a text, the flat that she rents or the order that is hers says that it is she.

// fewPer is how many records of a dataset refer, on average, to a thing that few people have to do with.
const fewPer = 4

// sameThing tells whether a record refers to a thing that a record of hers refers to, or to that record: not to one that many have in common, a product or a town.
func (c *closer) sameThing(f *pii.Found) bool {
	if c.things == nil {
		c.things = map[string]bool{}
		for _, r := range c.out.Records {
			if r.Holding == Hers || r.Holding == Joint {
				for _, k := range c.thingsOf(r.Dataset, r.Fields) {
					c.things[k] = true
				}
			}
		}
	}
	return slices.ContainsFunc(c.thingsOf(f.Dataset, f.Fields), func(k string) bool { return c.things[k] })
}

// thingsOf names the things that a record surely refers to, by dataset and key.
func (c *closer) thingsOf(at pii.Ref, fields map[string][]pii.Located) (out []string) {
	n := c.g.Node(at)
	for _, e := range c.g.Out(at) {
		p := c.g.Node(e.To)
		if p == nil || p.Person >= possible || e.Copy || e.When != nil || e.From == e.To || !e.Declared && e.Confidence < sure {
			continue
		}
		if !slices.ContainsFunc(e.Fields, func(name string) bool { fn := n.Field(name); return fn != nil && perValue(fn) <= fewPer }) {
			continue // of several fields the rarest bounds how many refer to one thing
		}
		var key []string
		for i, name := range e.Fields {
			if v := first(fields[name]); !v.Null() && v.Len() > 0 {
				key = append(key, e.ToFields[i]+"\x00"+v.Reveal())
			}
		}
		if len(key) == len(e.Fields) {
			slices.Sort(key)
			out = append(out, e.To.String()+"\x00"+strings.Join(key, "\x00"))
		}
	}
	return out
}
