package lineage

import (
	"slices"
	"strings"

	"vestige/pii"
)

// A postcode is many people's, and beside a full name it is hers: who paid, by name and postcode, is she where no namesake of hers lives there too.

// postcodes gives what stands in the postcode fields about the record's own person, as it is compared.
func postcodes(n *Node, fields map[string][]pii.Located) (out []string) {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Category != "contact.postcode" || !f.Dense || f.Confidence < possible || f.Role == Mentions || many(f) {
			continue
		}
		for _, v := range fields[f.Field.Name] {
			if code := strings.ToLower(strings.ReplaceAll(v.Value.Reveal(), " ", "")); len(code) >= 4 {
				out = append(out, code)
			}
		}
	}
	return out
}

// lives tells whether a record that has her full name has a postcode of hers too, or that of somebody else who is called as she is.
func (c *closer) lives(n *Node, f *pii.Found) int {
	at := postcodes(n, f.Fields)
	if len(at) == 0 {
		return unclear
	}
	if c.herCodes == nil {
		c.herCodes = []string{}
		for _, r := range c.out.Records {
			if r.Holding == Hers && c.profile.compare(traits(c.g.Node(r.Dataset), r.found()), "") != differs {
				c.herCodes = append(c.herCodes, postcodes(c.g.Node(r.Dataset), r.Fields)...)
			}
		}
	}
	c.sameNamed()
	among := func(set []string) bool {
		return slices.ContainsFunc(at, func(code string) bool { return slices.Contains(set, code) })
	}
	switch hers, theirs := among(c.herCodes), among(c.theirCodes); {
	case hers && !theirs:
		return agrees
	case theirs && !hers:
		return differs
	}
	return unclear
}
