package lineage

import (
	"slices"

	"vestige/pii"
)

// keyed gives what a record says under keys: for each field of values beside a key, the field as it is under the record's own key, and its value.
func keyed(n *Node, fields map[string][]pii.Located) (out []keyedValue) {
	for i := range n.Fields {
		f := &n.Fields[i]
		for _, c := range f.Contains {
			if c.Key == "" || len(fields[c.By]) != 1 || len(fields[f.Field.Name]) != 1 || fields[c.By][0].Value.Null() || fields[c.By][0].Value.Reveal() != c.Key {
				continue
			}
			as := *f
			as.Category, as.Confidence, as.Dense, as.Contains, as.Domain, as.Role = c.Category, c.Confidence, true, nil, "", Owns
			if aboutAnother(words(c.Key)) {
				as.Role = Mentions
			}
			out = append(out, keyedValue{&as, fields[f.Field.Name][0].Value})
		}
	}
	return out
}

type keyedValue struct {
	field *FieldNode
	value pii.Value
}

// underKeys tells whether a field says something under keys, or is one of keys.
func underKeys(n *Node, name string) bool {
	return slices.ContainsFunc(n.Fields, func(f FieldNode) bool {
		return slices.ContainsFunc(f.Contains, func(c pii.Contained) bool { return c.Key != "" && (f.Field.Name == name || c.By == name) })
	})
}

// extendKeyed learns the identifiers that a record of hers has under keys, and that no record of anybody else has.
func (c *closer) extendKeyed(n *Node, r *Record) {
	for _, kv := range keyed(n, r.Fields) {
		id, ok := identifier(n, kv.field, kv.value)
		if !ok || kv.field.Role == Mentions || !kv.field.Category.Identifier() || !kv.field.Category.Global() || kv.field.Confidence < c.lim.Find || system(id) || !c.trades && c.staff(id) || c.byID[idKey(id)] != nil {
			continue
		}
		if c.onlyHers(n, kv.field, id) {
			via := append(slices.Clone(r.Via), Link{Dataset: r.Dataset, Field: kv.field.Field.Name, Category: id.Category, How: "read"})
			c.learn(id, via, min(r.Confidence, kv.field.Confidence), nil)
		}
	}
}

// onlyHers tells whether all records that have a value in a field are hers.
func (c *closer) onlyHers(n *Node, f *FieldNode, id pii.Identifier) bool {
	only := true
	t := pii.Term{Field: f.Field.Name, Mode: pii.Equal, Category: id.Category, Values: []pii.Value{id.Value}}
	_ = c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}}, func(found *pii.Found) error {
		at, known := c.recs[recordID(found)]
		only = only && known && c.out.Records[at].Holding == Hers
		return nil
	})
	return only
}
