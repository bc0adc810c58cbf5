package lineage

import (
	"slices"

	"vestige/pii"
)

// joined gives for a field which one stands for all those that references of one field connect with it.
func joined(edges []Edge) func(pii.Ref) pii.Ref {
	root := map[pii.Ref]pii.Ref{}
	var find func(pii.Ref) pii.Ref
	find = func(r pii.Ref) pii.Ref {
		if p, ok := root[r]; ok && p != r {
			q := find(p)
			root[r] = q
			return q
		}
		return r
	}
	for _, e := range edges {
		if len(e.Fields) != 1 || e.When != nil || e.Confidence < sure || (e.Decided && e.Kind == "") {
			continue
		}
		a, b := find(e.From.In(e.Fields[0])), find(e.To.In(e.ToFields[0]))
		if a != b {
			root[a] = b
		}
	}
	return find
}

// Owes tells whether what follows from decisions on references is not worked out yet: the ends of one that holds are not of one value domain, or those of one that was
// rejected still are.
func (g *Graph) Owes(decided []Edge) bool {
	if len(decided) == 0 {
		return false
	}
	find := joined(slices.DeleteFunc(slices.Clone(g.Edges), func(e Edge) bool {
		n := g.Node(e.From)
		return n == nil || n.Dataset.Kind == pii.View
	}))
	domain := func(at pii.Ref) string {
		if n := g.Node(at); n != nil && n.Gone == 0 && n.Field(at.Field) != nil {
			return n.Field(at.Field).Domain
		}
		return ""
	}
	return slices.ContainsFunc(decided, func(e Edge) bool {
		if len(e.Fields) != 1 || e.When != nil {
			return false
		}
		from, to := e.From.In(e.Fields[0]), e.To.In(e.ToFields[0])
		return domain(to) != "" && domain(from) != "" && (find(from) == find(to)) != (domain(from) == domain(to))
	})
}

// domains joins fields that references of one field connect, and names each domain by its least field that is a parent.
func domains(nodes []Node, edges []Edge) {
	find := joined(edges)
	parent := map[pii.Ref]bool{}
	for _, e := range edges {
		if len(e.ToFields) == 1 {
			parent[e.To.In(e.ToFields[0])] = true
		}
	}
	for i := range nodes {
		n := &nodes[i]
		for j := range n.Fields {
			f := &n.Fields[j]
			at := n.Dataset.Ref.In(f.Field.Name)
			if r := find(at); f.Dense && f.Category.Identifier() || r != at || parent[at] {
				f.Domain = r.String()
			}
		}
	}
}
