package lineage

import (
	"fmt"
	"math"

	"vestige/pii"
)

// Probe is a reference that names make likely and that sketches cannot show, because only samples of the parent were read: some of the child's values have
// to be looked up in it.
type Probe struct {
	Child, Parent *Look
	nat           pii.Nat
}

// Probed is what came of it: of so many distinct values asked for, so many are in the parent.
type Probed struct {
	Probe
	Asked, Found int
}

// Unproven lists the references to be probed, given the edges that are sure by now.
func Unproven(looks []Look, edges []Edge) (out []Probe) {
	taken := declaredFields(looks)
	for _, e := range edges {
		if e.Confidence >= sure && len(e.Fields) == 1 {
			taken[e.From.In(e.Fields[0])] = true
		}
	}
	known, parents, tables := called(looks, edges), map[pii.Ref]*Look{}, map[string][]*Look{}
	for i := range looks {
		p := &looks[i]
		if p.Sketch != nil && soleKey(p) && keyLike(p) && p.Node.Dataset.Kind != pii.View && p.Field.Form == "" {
			parents[p.ref()] = p
			tables[p.Node.Dataset.Ref.Source] = append(tables[p.Node.Dataset.Ref.Source], p)
		}
	}
	for i := range looks {
		c := &looks[i]
		if c.Sketch == nil || len(c.Sketch.Hashes) == 0 || !keyLike(c) || c.Node.Dataset.Kind == pii.View || soleKey(c) || taken[c.ref()] {
			continue
		}
		p, nat := convention(c, tables[c.Node.Dataset.Ref.Source], known, parents)
		if p != nil && p.Node != c.Node && !p.Exam.Unique && sameClass(c, p) {
			out = append(out, Probe{c, p, nat})
		}
	}
	return out
}

// Proven adds the references that probing showed: nearly all values were found, and there were enough of them.
func Proven(edges []Edge, probed []Probed) []Edge {
	var out []Edge
	for _, p := range probed {
		if p.Asked < minDistinct || float64(p.Found) < minInclusion*float64(p.Asked) {
			continue
		}
		nats := []pii.Nat{
			{Text: "any two fields", Nats: prior},
			{Text: fmt.Sprintf("%d of %d values were found when they were looked up in the parent", p.Found, p.Asked), Nats: math.Min(5, math.Log2(float64(p.Found)))},
			p.nat, {Text: "the parent is its dataset's key", Nats: 1.5},
		}
		if k := p.Child.Field.Category; k.Identifier() && k == p.Parent.Field.Category && p.Child.Field.Dense && p.Parent.Field.Dense {
			nats = append(nats, pii.Nat{Text: "both are proposed as " + string(k), Nats: 3})
		}
		out = append(out, inferred(p.Child, p.Parent, nats))
	}
	return replaced(edges, out)
}
