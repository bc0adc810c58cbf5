// Package lineage is the graph that leads from an identifier to every dataset holding data of the person: references, flows, value domains,
// ownership, and the closure over them. It declares the graph it reads; the catalog keeps it in the index. Thresholds come as plain values.
package lineage

import (
	"slices"

	"vestige/pii"
)

// Graph is everything known of an estate that plans are built from. It holds no value of anybody's data. It is not changed after Index.
type Graph struct {
	Revision int64
	Nodes    []Node
	Edges    []Edge

	byRef map[pii.Ref]int
	out   map[pii.Ref][]int // edges by child dataset
	in    map[pii.Ref][]int // edges by parent dataset
	shown map[pii.Ref][]int // edges of views, by either end

	served  map[string]bool      // sources in which records refer to people who are no staff
	several map[pii.Ref][]string // fields that references of several fields lead to or from, and those that tell whether a reference holds, by dataset
}

// Node is one dataset of the graph, one document of the index.
type Node struct {
	Dataset pii.Dataset `json:"dataset"` // as discovered, with its declared keys, references and constraints
	Fields  []FieldNode `json:"fields"`  // every field examined, those found inside documents included, ordered by name
	Person  float64     `json:"person"`  // how sure it is that one record stands for one person, 0 to 1
	Gaps    []pii.Gap   `json:"gaps,omitempty"`
	Gone    int64       `json:"gone,omitempty"`   // when it was first missed, microseconds since 1970; a tombstone
	Soft    string      `json:"soft,omitempty"`   // the field by which its records are soft-deleted
	Island  bool        `json:"island,omitempty"` // it holds personal data, and no identifier or reference leads to it
	Whole   *Summary    `json:"-"`                // of all its fields, where an outline has some of them alone
}

// Summary is what is counted of all fields of a dataset.
type Summary struct{ Fields, Personal, Top int }

// FieldNode is a field with what is proposed and decided of it.
type FieldNode struct {
	Field      pii.Field       `json:"field"`
	Category   pii.Category    `json:"category"`   // decided, else proposed
	Confidence float64         `json:"confidence"` // 1 where decided
	Decided    bool            `json:"decided,omitempty"`
	Put        bool            `json:"put,omitempty"`       // proposed to people as personal data
	Suspect    pii.Category    `json:"suspect,omitempty"`   // proposed so, though something harmless is likelier: nothing is searched over it
	Suspected  float64         `json:"suspected,omitempty"` // how sure that is
	Swayed     bool            `json:"swayed,omitempty"`    // what people said of like fields, or a rule, has changed what the machine saw
	Dense      bool            `json:"dense,omitempty"`     // the field is of the category; else its text contains some
	Contains   []pii.Contained `json:"contains,omitempty"`
	Form       string          `json:"form,omitempty"`
	Unique     bool            `json:"unique,omitempty"` // every value seen was another
	Values     int64           `json:"values"`
	Distinct   int64           `json:"distinct"`
	Domain     string          `json:"domain,omitempty"` // the value domain of a local identifier; the name of its root field
	Normal     int64           `json:"normal,omitempty"` // when a full read last found all values in normal form, 0 never
	Role       Role            `json:"role,omitempty"`   // of an identifier or reference field: whose it is
	Examined   bool            `json:"examined"`
	Full       bool            `json:"full,omitempty"`    // the last read was of all records
	Version    int             `json:"version,omitempty"` // of the classifiers that weighed it
	Reason     string          `json:"reason,omitempty"`  // why it was not
}

// Role says whose an identifier in a record is, relative to the person the record belongs to.
type Role string

// The roles, which are the kinds of edges too.
const (
	Owns     Role = "owns"     // the record belongs to the person named
	Mentions Role = "mentions" // the record names a person and belongs to another
	Shared   Role = "shared"   // the record belongs to several
	Derives  Role = "derives"  // the values are copied or computed from those of the other field
)

// Edge is a reference from the fields of a child dataset to those of a parent whose values denote the same thing.
type Edge struct {
	ID         string     `json:"id"` // stable: made from its ends
	From       pii.Ref    `json:"from"`
	Fields     []string   `json:"fields"`
	To         pii.Ref    `json:"to"`
	ToFields   []string   `json:"toFields"`
	Kind       Role       `json:"kind"`
	Declared   bool       `json:"declared,omitempty"`
	Decided    bool       `json:"decided,omitempty"`
	Confidence float64    `json:"confidence"`
	OnDelete   pii.Action `json:"onDelete,omitempty"`
	OnUpdate   pii.Action `json:"onUpdate,omitempty"`
	Deferrable bool       `json:"deferrable,omitempty"`
	Copy       bool       `json:"copy,omitempty"`  // the child is a copy of the parent
	Told       string     `json:"told,omitempty"`  // where somebody told of it: dbt, openlineage, csv
	Apart      bool       `json:"apart,omitempty"` // the child's identifiers were seen to be of others than the person it refers to
	When       *When      `json:"when,omitempty"`  // of which records it holds, all where it is nil
	Evidence   []pii.Nat  `json:"evidence,omitempty"`
}

// Index makes the look-up tables of a graph whose nodes and edges are set; call it once.
func (g *Graph) Index() *Graph {
	g.byRef = make(map[pii.Ref]int, len(g.Nodes))
	for i := range g.Nodes {
		g.byRef[g.Nodes[i].Dataset.Ref] = i
	}
	g.out, g.in = map[pii.Ref][]int{}, map[pii.Ref][]int{}
	g.shown, g.several = map[pii.Ref][]int{}, map[pii.Ref][]string{}
	for i := range g.Edges {
		if e := &g.Edges[i]; len(e.Fields) > 1 {
			g.several[e.From], g.several[e.To] = union(g.several[e.From], e.Fields), union(g.several[e.To], e.ToFields)
		}
		if e := &g.Edges[i]; e.When != nil {
			g.several[e.From] = union(g.several[e.From], []string{e.When.Field})
		}
		if n := g.Node(g.Edges[i].From); n != nil && n.Dataset.Kind == pii.View && g.Edges[i].Kind == Derives {
			g.shown[g.Edges[i].From] = append(g.shown[g.Edges[i].From], i)
			g.shown[g.Edges[i].To] = append(g.shown[g.Edges[i].To], i)
			continue
		}
		g.out[g.Edges[i].From] = append(g.out[g.Edges[i].From], i)
		g.in[g.Edges[i].To] = append(g.in[g.Edges[i].To], i)
	}
	return g
}

// With gives the graph of a later revision, in which some nodes stand in the place of those of their datasets. It shares the rest with this one.
func (g *Graph) With(nodes []Node, revision int64) *Graph {
	next := *g
	next.Revision, next.Nodes = revision, slices.Clone(g.Nodes)
	for i := range nodes {
		next.Nodes[g.byRef[nodes[i].Dataset.Ref.Of()]] = nodes[i]
	}
	return &next
}

// Node gives the dataset's node, nil where the graph has none.
func (g *Graph) Node(r pii.Ref) *Node {
	if i, ok := g.byRef[r.Of()]; ok {
		return &g.Nodes[i]
	}
	return nil
}

// Out gives the edges from a child dataset to its parents. What views show is apart.
func (g *Graph) Out(child pii.Ref) []*Edge { return g.edges(g.out[child.Of()]) }

// In gives the edges from children to a parent dataset.
func (g *Graph) In(parent pii.Ref) []*Edge { return g.edges(g.in[parent.Of()]) }

// Shown gives the edges between views and what they read, from a view's side and from the other.
func (g *Graph) Shown(r pii.Ref) []*Edge { return g.edges(g.shown[r.Of()]) }

func (g *Graph) edges(at []int) []*Edge {
	es := make([]*Edge, len(at))
	for i, k := range at {
		es[i] = &g.Edges[k]
	}
	return es
}

// Field gives the field of that name, nil where there is none.
func (n *Node) Field(name string) *FieldNode {
	for i := range n.Fields {
		if n.Fields[i].Field.Name == name {
			return &n.Fields[i]
		}
	}
	return nil
}

// ToDecide says what a person has to decide where records were reached through a field over something too unsure to act on: an inferred reference by it, else what it holds.
func ToDecide(g *Graph, at pii.Ref) string {
	for _, e := range g.Out(at.Of()) {
		if len(e.Fields) == 1 && at.Of().In(e.Fields[0]) == at && !e.Declared && !e.Decided && e.Confidence < sure {
			return "the reference to " + e.To.String() + " is inferred and not decided, and too unsure to act on by itself: decide it, vestige decide " + e.ID
		}
	}
	return "the field is proposed and not decided, and too unsure to act on by itself: decide it"
}
