package main

import (
	"fmt"
	"slices"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

type lineageCmd struct {
	Place string `arg:"" help:"A source, source/dataset, or source/dataset#field."`
	To    string `placeholder:"PLACE" help:"Only the shortest way to this dataset."`
	Depth int    `default:"2" help:"How many references to follow."`
}

// Help teaches the command.
func (lineageCmd) Help() string {
	return `Shows the references and copies that lead to a dataset and from it, with how sure each is and why.

Example:
  vestige lineage shop/orders
  vestige lineage shop/devices --to crm/contacts`
}

// lineageView is a dataset with what it is joined to.
type lineageView struct {
	Dataset pii.Ref        `json:"dataset"`
	Name    string         `json:"name"`
	Person  float64        `json:"person"`
	Edges   []lineage.Edge `json:"edges"`
}

// Run carries the command out.
func (x lineageCmd) Run(c *call) error {
	a, done, err := c.open("lineage")
	if err != nil {
		return err
	}
	defer done()
	g, err := a.Catalog.Graph(c.ctx)
	if err != nil {
		return err
	}
	at, err := pii.ParseRef(x.Place)
	if err != nil {
		return errkind.Wrap(errkind.Invalid, err, "%s", x.Place)
	}
	if x.To != "" {
		to, err := pii.ParseRef(x.To)
		if err != nil {
			return errkind.Wrap(errkind.Invalid, err, "%s", x.To)
		}
		return c.showWay(g, at.Of(), to.Of())
	}
	views := lineageOf(g, at)
	if len(views) == 0 {
		return errkind.New(errkind.NotFound, "no dataset %s; \"vestige search is:dataset\" lists them", x.Place)
	}
	return c.print(views, func() {
		for _, v := range views {
			c.printf("%s  %s\n", c.bold(v.Name), c.dim("a record is a person: "+percent(v.Person)))
			c.tree(g, v.Dataset, at.Field, "  ", x.Depth, map[string]bool{})
		}
	})
}

func lineageOf(g *lineage.Graph, at pii.Ref) []lineageView {
	views := []lineageView{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		r := n.Dataset.Ref
		if r.Source != at.Source || (at.Dataset != "" && r.Dataset != at.Dataset) {
			continue
		}
		v := lineageView{Dataset: r, Name: app.NameOf(g, r), Person: n.Person, Edges: []lineage.Edge{}}
		for _, e := range slices.Concat(g.Out(r), g.In(r), g.Shown(r)) {
			if at.Field == "" || (e.From == r && slices.Contains(e.Fields, at.Field)) || (e.To == r && slices.Contains(e.ToFields, at.Field)) {
				v.Edges = append(v.Edges, *e)
			}
		}
		views = append(views, v)
	}
	return views
}

// tree prints what a dataset refers to, and what refers to it.
func (c *call) tree(g *lineage.Graph, at pii.Ref, field, indent string, depth int, seen map[string]bool) {
	for _, e := range slices.Concat(g.Out(at), from(g.Shown(at), at)) {
		if !seen[e.ID] && (field == "" || slices.Contains(e.Fields, field)) {
			seen[e.ID] = true
			c.printf("%s→ %s (%s)  %s\n", indent, app.NameOf(g, e.To), strings.Join(e.Fields, ", "), c.dim(edgeText(e)))
			c.deeper(g, e.To, indent, depth, seen)
		}
	}
	for _, e := range slices.Concat(g.In(at), to(g.Shown(at), at)) {
		if !seen[e.ID] && (field == "" || slices.Contains(e.ToFields, field)) {
			seen[e.ID] = true
			c.printf("%s← %s (%s)  %s\n", indent, app.NameOf(g, e.From), strings.Join(e.Fields, ", "), c.dim(edgeText(e)))
			c.deeper(g, e.From, indent, depth, seen)
		}
	}
}

// from leaves the edges that begin at a dataset, to those that end there.
func from(es []*lineage.Edge, at pii.Ref) []*lineage.Edge {
	return slices.DeleteFunc(es, func(e *lineage.Edge) bool { return e.From != at.Of() })
}

func to(es []*lineage.Edge, at pii.Ref) []*lineage.Edge {
	return slices.DeleteFunc(es, func(e *lineage.Edge) bool { return e.To != at.Of() })
}

func (c *call) deeper(g *lineage.Graph, at pii.Ref, indent string, depth int, seen map[string]bool) {
	if depth > 1 {
		c.tree(g, at, "", indent+"    ", depth-1, seen)
	}
}

func edgeText(e *lineage.Edge) string {
	switch {
	case e.Decided:
		return string(e.Kind) + ", decided"
	case e.Kind == lineage.Derives && len(e.Evidence) > 0:
		return "derives: " + e.Evidence[0].Text
	case e.Declared:
		return string(e.Kind) + ", declared"
	case e.Told != "":
		return fmt.Sprintf("%s, told: %s", e.Kind, e.Told)
	case e.Copy:
		return fmt.Sprintf("a copy, %s sure", percent(e.Confidence))
	}
	var why []string
	for _, n := range e.Evidence {
		if n.Nats > 0.5 && len(why) < 2 {
			why = append(why, n.Text)
		}
	}
	return fmt.Sprintf("%s, inferred, %s sure: %s", e.Kind, percent(e.Confidence), strings.Join(why, "; "))
}

// wayView is the shortest chain of references between two datasets.
type wayView struct {
	From  pii.Ref        `json:"from"`
	To    pii.Ref        `json:"to"`
	Edges []lineage.Edge `json:"edges"`
}

func (c *call) showWay(g *lineage.Graph, from, to pii.Ref) error {
	for _, r := range []pii.Ref{from, to} {
		if g.Node(r) == nil {
			return errkind.New(errkind.NotFound, "no dataset %s", r)
		}
	}
	edges, ok := way(g, from, to)
	if !ok {
		_ = c.print(wayView{from, to, []lineage.Edge{}}, func() { c.printf("No reference leads from %s to %s.\n", from, to) })
		return findings()
	}
	return c.print(wayView{from, to, edges}, func() {
		at := from
		c.printf("%s\n", c.bold(app.NameOf(g, at)))
		for i := range edges {
			e, arrow := &edges[i], "→"
			next := e.To
			if e.To == at && e.From != at {
				arrow, next = "←", e.From
			}
			at = next
			c.printf("  %s %s  %s\n", arrow, app.NameOf(g, at), c.dim(edgeText(e)))
		}
	})
}

// way searches breadth first.
func way(g *lineage.Graph, from, to pii.Ref) (path []lineage.Edge, ok bool) {
	type hop struct {
		edge *lineage.Edge
		at   pii.Ref
	}
	came := map[pii.Ref]hop{from: {}}
	for queue := []pii.Ref{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			for at != from {
				path = append(path, *came[at].edge)
				at = came[at].at
			}
			slices.Reverse(path)
			return path, true
		}
		for _, e := range append(slices.Clone(g.Out(at)), g.In(at)...) {
			next := e.To
			if next == at {
				next = e.From
			}
			if _, seen := came[next]; !seen {
				came[next] = hop{e, at}
				queue = append(queue, next)
			}
		}
	}
	return nil, false
}
