package lineage

import (
	"fmt"
	"math"
	"slices"

	"vestige/pii"
)

// Parts adds references of several fields that nobody declared. Where an inferred one leads to a thing, and another dataset is a part of that thing by a key of which the
// same field is one, a child that has all fields of that key by the same names, and in each of them values of it, refers to the part: the service for one passenger, and not
// for the whole booking.
func Parts(nodes []Node, looks []Look, inferred []Edge) []Edge {
	at := make(map[pii.Ref]*Look, len(looks))
	for i := range looks {
		at[looks[i].ref()] = &looks[i]
	}
	byRef := map[pii.Ref]*Node{}
	for i := range nodes {
		byRef[nodes[i].Dataset.Ref] = &nodes[i]
	}
	out := slices.Clone(inferred)
	for _, e := range inferred {
		c := byRef[e.From]
		if c == nil || len(e.Fields) != 1 || e.When != nil || e.Copy || e.Confidence < sure {
			continue
		}
		for i := range nodes {
			if q := &nodes[i]; q != c && q.Dataset.Ref.Source == e.From.Source && partOf(q, e) && hasAll(c, q.Dataset.Key) && !apartIn(at, c, q) && !slices.ContainsFunc(inferred, func(o Edge) bool {
				return o.From == e.From && o.To == q.Dataset.Ref && len(o.Fields) > 1
			}) {
				out = append(out, ofPart(e, q))
			}
		}
	}
	return out
}

// partOf tells whether a node's key has the field of a reference in it, and that field is declared to refer to where the reference leads.
func partOf(q *Node, e Edge) bool {
	return len(q.Dataset.Key) > 1 && slices.Contains(q.Dataset.Key, e.Fields[0]) && slices.ContainsFunc(q.Dataset.References, func(r pii.Reference) bool {
		return r.To == e.To && slices.Equal(r.Fields, e.Fields) && slices.Equal(r.ToFields, e.ToFields)
	})
}

// hasAll tells whether a node has fields of all the names, of which no declared reference leads anywhere.
func hasAll(n *Node, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return n.Field(name) == nil || refers(n, n.Field(name)) })
}

// apartIn tells whether a field of a node holds other values than the key's field of its name: the line of an order and the number of a passenger are both called no.
func apartIn(at map[pii.Ref]*Look, n, q *Node) bool {
	return slices.ContainsFunc(q.Dataset.Key, func(name string) bool {
		a, b := at[n.Dataset.Ref.In(name)], at[q.Dataset.Ref.In(name)]
		if a == nil || b == nil || a.Sketch == nil || b.Sketch == nil {
			return false
		}
		in, _, both := a.Sketch.Shared(b.Sketch)
		return a.Field.Field.Type != b.Field.Field.Type || float64(both) < minInclusion*float64(in)
	})
}

func ofPart(e Edge, q *Node) Edge {
	fields := []string{e.Fields[0]}
	for _, k := range q.Dataset.Key {
		if k != e.Fields[0] {
			fields = append(fields, k)
		}
	}
	nats := append(slices.Clone(e.Evidence), pii.Nat{Text: fmt.Sprintf("all fields of the key of %q, which is part of it, are there by the same names", q.Dataset.Ref.Dataset), Nats: 4})
	return Edge{
		ID: EdgeID(e.From, fields, q.Dataset.Ref, fields), From: e.From, Fields: fields, To: q.Dataset.Ref, ToFields: slices.Clone(fields),
		Confidence: 1 / (1 + math.Exp(-total(nats))), Evidence: nats,
	}
}

// ofPart tells whether a record that belongs to a thing says of which part of it it is: then it is hers where the part is, and by way of that.
func (c *closer) ofPart(f *pii.Found, e *Edge) bool {
	return slices.ContainsFunc(c.g.Out(e.From), func(o *Edge) bool {
		return len(o.Fields) > 1 && len(e.Fields) == 1 && o.To != e.To && slices.Contains(o.Fields, e.Fields[0]) &&
			whole(f, o.Fields) &&
			slices.ContainsFunc(c.g.Out(o.To), func(up *Edge) bool { return up.To == e.To && slices.Equal(up.Fields, e.Fields) })
	})
}
