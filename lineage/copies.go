package lineage

import (
	"cmp"
	"fmt"
	"slices"

	"vestige/pii"
)

// Copies finds datasets that hold the records of another one: most of the identifying fields of the copy have their values in like fields of
// the original, and no reference says so. The edge joins the fields by which records are told apart.
func Copies(looks []Look) []Edge {
	byNode := map[pii.Ref][]*Look{}
	var order []pii.Ref
	for i := range looks {
		if looks[i].Sketch == nil || looks[i].Node.Dataset.Kind == pii.View {
			continue
		}
		r := looks[i].Node.Dataset.Ref
		if byNode[r] == nil {
			order = append(order, r)
		}
		byNode[r] = append(byNode[r], &looks[i])
	}
	var out []Edge
	for _, child := range order {
		if e, ok := copyOf(byNode[child], order, byNode); ok {
			out = append(out, e)
		}
	}
	return out
}

// copyOf looks for the original of one dataset: the one that shares most fields with it, keeps a key, and has more of the values.
func copyOf(child []*Look, order []pii.Ref, byNode map[pii.Ref][]*Look) (Edge, bool) {
	var best Edge
	most := 0
	for _, r := range order {
		if r == child[0].Node.Dataset.Ref || byNode[r][0].Node.Person < 0.5 || len(byNode[r][0].Node.Dataset.Key) == 0 {
			continue
		}
		if e, n, ok := sharedFields(child, byNode[r]); ok && n > most {
			best, most = e, n
		}
	}
	return best, most >= 3
}

// sharedFields counts the personal fields of the child whose values are those of a like field of the parent, and gives the edge over the best key.
func sharedFields(child, parent []*Look) (Edge, int, bool) {
	n, personal := 0, 0
	var key *Edge
	for _, c := range child {
		if c.Field.Category.Personal() && c.Field.Dense {
			personal++
		}
		for _, p := range parent {
			if !included(c, p) {
				continue
			}
			if c.Field.Category.Personal() && c.Field.Category == p.Field.Category {
				n++
			}
			if e := keyEdge(c, p); e != nil && (key == nil || soleKey(p)) {
				key = e
			}
			break
		}
	}
	if key == nil || n < 3 || float64(n) < 0.6*float64(personal) {
		return Edge{}, 0, false
	}
	key.Evidence = []pii.Nat{{Text: fmt.Sprintf("%d of %d personal fields hold the values of the other dataset", n, personal), Nats: 3 * float64(n)}}
	return *key, n, true
}

func included(c, p *Look) bool {
	inC, _, both := c.Sketch.Shared(p.Sketch)
	return inC >= minDistinct && float64(both) >= 0.7*float64(inC) && ints(c) == ints(p)
}

// keyEdge joins two fields by which the records of both datasets are told apart.
func keyEdge(c, p *Look) *Edge {
	if !c.Exam.Unique || !p.Exam.Unique || !soleKey(p) || c.Field.Category.Global() || pseudo(c.Field) || pseudo(p.Field) {
		return nil
	}
	if inC, _, both := c.Sketch.Shared(p.Sketch); ints(c) && inclusion(c, p, inC, both).Nats < 3 {
		return nil // two runs of numbers that both count by themselves
	}
	e := inferred(c, p, nil)
	e.Copy, e.Kind, e.Confidence = true, Owns, 0.99
	return &e
}

// Merge puts declared, inferred and copy edges together: declared ones win over the others on the same fields, copies over inferred ones, and what a
// person decided over all. What was inferred of one field of a declared reference of several, and leads to where the parent's own reference leads, is not another one: a
// ticket is of a passenger, and of the booking by way of the passenger.
func Merge(declared, inferred, copies []Edge) []Edge {
	type end struct {
		from pii.Ref
		f    string
	}
	taken := map[end]bool{}
	var out []Edge
	for _, set := range [][]Edge{declared, copies, inferred} {
		added := map[end]bool{}
		for _, e := range set {
			k := end{e.From, fmt.Sprint(e.Fields)}
			if taken[k] || implied(e, declared) {
				continue
			}
			added[k] = true
			out = append(out, e)
		}
		for k := range added {
			taken[k] = true
		}
	}
	slices.SortStableFunc(out, func(a, b Edge) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// implied tells whether a reference says no more than two declared ones do together.
func implied(e Edge, declared []Edge) bool {
	if e.Declared || e.Decided || len(e.Fields) != 1 {
		return false
	}
	for _, d := range declared {
		at := slices.Index(d.Fields, e.Fields[0])
		if !d.Declared || d.From != e.From || len(d.Fields) < 2 || at < 0 {
			continue
		}
		if slices.ContainsFunc(declared, func(up Edge) bool {
			return up.Declared && up.From == d.To && len(up.Fields) == 1 && up.Fields[0] == d.ToFields[at] && up.To == e.To && slices.Equal(up.ToFields, e.ToFields)
		}) {
			return true
		}
	}
	return false
}
