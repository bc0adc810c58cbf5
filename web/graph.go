package web

import (
	"cmp"
	"slices"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// The limits of a picture.
const (
	drawn  = 120 // datasets of one picture
	folded = 12  // neighbours on one side of a dataset before the rest is folded
)

// selection is the part of the graph that is drawn.
type selection struct {
	nodes    []*lineage.Node
	folds    []fold
	tooLarge bool
	hubs     []hub
	lone     []pii.Ref // with personal data and without a reference, the first of them
	alone    int       // how many there are
	cut      bool
}

// fold stands for neighbours of a dataset that are not drawn one by one.
type fold struct {
	of       *lineage.Node
	parents  bool // they are what it refers to, else what refers to it
	count    int
	personal int
}

// personalFields counts what a dataset holds of people, and how sensitive the worst is.
func personalFields(n *lineage.Node) (count, top int) {
	if n.Whole != nil {
		return n.Whole.Personal, n.Whole.Top
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		level := 0
		if f.Category.Personal() && f.Confidence >= catalog.Find {
			level = max(1, sensitivity(f.Category))
		}
		for _, k := range f.Contains {
			if k.Category.Personal() && k.Confidence >= catalog.Find {
				level = max(level, 1, sensitivity(k.Category))
			}
		}
		if level > 0 {
			count++
		}
		top = max(top, level)
	}
	return count, top
}

func personal(n *lineage.Node) bool {
	count, _ := personalFields(n)
	return count > 0
}

// choose picks what is drawn: what stands within some hops of a dataset, or the whole estate where it is small.
func (s *Server) choose(g *lineage.Graph, a ask) (selection, error) {
	if a.Root.Source == "" {
		return s.estate(g, a), nil
	}
	root := g.Node(a.Root)
	if root == nil {
		return selection{}, errkind.Coded(errkind.NotFound, "no-such-dataset", "no dataset of this name is in the graph")
	}
	sel, seen, ring := selection{nodes: []*lineage.Node{root}}, map[*lineage.Node]bool{root: true}, []*lineage.Node{root}
	for hop := 0; hop < a.Hops && len(ring) > 0; hop++ {
		var next []*lineage.Node
		for _, n := range ring {
			for _, parents := range []bool{true, false} {
				near := slices.DeleteFunc(neighbours(g, n, parents, a), func(m *lineage.Node) bool { return seen[m] })
				if len(near) > folded && !a.Unfold {
					sel.folds = append(sel.folds, foldOf(n, parents, near[folded-1:]))
					near = near[:folded-1]
				}
				for _, m := range near {
					seen[m] = true
				}
				next = append(next, near...)
			}
		}
		if room := drawn - len(sel.nodes); len(next) > room {
			next, sel.cut = next[:room], true
		}
		sel.nodes = append(sel.nodes, next...)
		ring = next
	}
	return sel, nil
}

func foldOf(n *lineage.Node, parents bool, rest []*lineage.Node) fold {
	f := fold{of: n, parents: parents, count: len(rest)}
	for _, m := range rest {
		if personal(m) {
			f.personal++
		}
	}
	return f
}

// neighbours gives the datasets that one refers to, or that refer to it; those with more personal data first.
func neighbours(g *lineage.Graph, n *lineage.Node, parents bool, a ask) (out []*lineage.Node) {
	edges := g.In(n.Dataset.Ref)
	if parents {
		edges = g.Out(n.Dataset.Ref)
	}
	for _, e := range edges {
		other := e.From
		if parents {
			other = e.To
		}
		if m := g.Node(other); m != nil && m != n && (a.All || personal(m)) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *lineage.Node) int {
		x, _ := personalFields(a)
		y, _ := personalFields(b)
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.Dataset.Ref.String(), b.Dataset.Ref.String()))
	})
	return out
}

// estate picks every dataset that a reference joins to another, or says where to begin.
func estate(g *lineage.Graph, a ask) (sel selection) {
	degree := map[pii.Ref]int{}
	shown := func(r pii.Ref) bool { n := g.Node(r); return n != nil && n.Gone == 0 && (a.All || personal(n)) }
	for _, e := range g.Edges {
		if e.From != e.To && shown(e.From) && shown(e.To) {
			degree[e.From]++
			degree[e.To]++
		}
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ref := n.Dataset.Ref
		switch {
		case degree[ref] > 0:
			sel.nodes = append(sel.nodes, n)
			sel.hubs = append(sel.hubs, hub{ref, degree[ref]})
		case shown(ref) && personal(n):
			sel.lone = append(sel.lone, ref)
		}
	}
	slices.SortStableFunc(sel.hubs, func(a, b hub) int { return cmp.Compare(b.Count, a.Count) })
	sel.hubs = sel.hubs[:min(len(sel.hubs), 40)]
	sel.alone, sel.lone = len(sel.lone), sel.lone[:min(len(sel.lone), 200)]
	sel.tooLarge = len(sel.nodes) > drawn
	return sel
}
