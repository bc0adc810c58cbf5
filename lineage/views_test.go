package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// TestViews has a view of two tables: what it shows by its name, what it shows under another one, and what it makes itself.
func TestViews(t *testing.T) {
	t.Parallel()
	table := func(name string, kind pii.DatasetKind, fields ...string) *lineage.Node {
		n := &lineage.Node{Dataset: pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: name}, Kind: kind}}
		for _, f := range fields {
			n.Fields = append(n.Fields, lineage.FieldNode{Field: pii.Field{Name: f, Column: f, Type: pii.Text}})
		}
		return n
	}
	users, orders := table("users", pii.Table, "email", "name"), table("orders", pii.Table, "code", "email")
	view := table("v", pii.View, "email", "who", "total")
	view.Dataset.Reads = []pii.Ref{users.Dataset.Ref, users.Dataset.Ref.In("email"), users.Dataset.Ref.In("name"), orders.Dataset.Ref.In("code")}
	var looks []lineage.Look
	add := func(n *lineage.Node, of string) {
		for i := range n.Fields {
			l := lineage.Look{Node: n, Field: &n.Fields[i]}
			if f := n.Fields[i].Field.Name; f == of {
				sk := lineage.NewSketcher([]byte("0123456789abcdef"), 256)
				for k := range 40 {
					sk.Add(fmt.Appendf(nil, "Ann %d", k))
				}
				s := sk.Sketch(n.Dataset.Ref.In(f), "")
				l.Sketch = &s
			}
			looks = append(looks, l)
		}
	}
	add(users, "name")
	add(orders, "")
	add(view, "who")
	var got []string
	es := lineage.Views(looks)
	for _, e := range es {
		got = append(got, fmt.Sprintf("%s %s.%s←%s.%s", e.Kind, e.To.Dataset, e.ToFields[0], e.From.Dataset, e.Fields[0]))
	}
	if want := []string{"derives users.email←v.email", "derives users.name←v.who"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	g := (&lineage.Graph{Nodes: []lineage.Node{*users, *orders, *view}, Edges: es}).Index()
	if len(g.Out(view.Dataset.Ref)) != 0 || len(g.In(users.Dataset.Ref)) != 0 || len(g.Shown(users.Dataset.Ref)) != 2 {
		t.Error("what a view shows is taken for references, or not shown")
	}
}
