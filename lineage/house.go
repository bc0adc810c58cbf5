package lineage

import (
	"slices"

	"vestige/pii"
)

var staffWords = []string{"employee", "employees", "staff", "agent", "agents", "mitarbeiter", "mitarbeitende", "personal", "team", "sachbearbeiter", "operators", "admins", "personnel"}

func staff(n *Node) bool { return anyWord(words(n.Dataset.Ref.Dataset), staffWords) }

// trade tells whether the people that a reference leads to stand in records of others by trade. Where a system's records refer to nobody but staff, as those of payrolls, they are the
// staff's own.
func trade(served map[string]bool, e *Edge, n *Node) bool {
	return staff(n) && (served[e.To.Source] || e.From.Source != e.To.Source)
}

// servedBy gives the sources in which records refer to people who are no staff. It is asked before anybody is taken back.
func servedBy(nodes []Node, edges []Edge) map[string]bool {
	people := map[pii.Ref]bool{}
	for i := range nodes {
		people[nodes[i].Dataset.Ref] = nodes[i].Person >= 0.9 && !staff(&nodes[i])
	}
	served := map[string]bool{}
	for _, e := range edges {
		if people[e.To] && e.From != e.To && !e.Copy && (e.Declared || e.Confidence >= sure) {
			served[e.To.Source] = true
		}
	}
	return served
}

// reachable tells whether records have an address or a telephone of their own, or a date of birth.
func reachable(n *Node) bool {
	return slices.ContainsFunc(n.Fields, func(f FieldNode) bool {
		return f.Confidence >= possible && f.Dense && !foreign(&f) && (f.Category == "demographic.birth_date" || pii.Category("contact").Covers(f.Category) && f.Category.Identifier())
	})
}

// crowdOf tells whether a reference leads from many to very few, and is not called as one to another person is.
func crowdOf(n *Node, e *Edge) bool {
	f := n.Field(e.Fields[0])
	return len(e.Fields) == 1 && f != nil && hub(f) && !aboutAnother(words(e.Fields[0])) && !anyWord(words(e.Fields[0]), ownerWords)
}

func isPerson(g *Graph, at pii.Ref) bool { n := g.Node(at); return n != nil && n.Person >= possible }

// hasOwner tells whether a reference says whose the records of a thing are, or a table that joins them with people: of what is booked on an account the other party is not
// the one it is about.
func hasOwner(g *Graph, at pii.Ref) bool {
	return slices.ContainsFunc(g.Out(at), func(e *Edge) bool { return e.Kind == Owns && !e.Copy && isPerson(g, e.To) }) ||
		slices.ContainsFunc(g.In(at), func(e *Edge) bool {
			return e.Kind == Shared && !e.Copy && slices.ContainsFunc(g.Out(e.From), func(o *Edge) bool { return o.Kind == Owns && isPerson(g, o.To) })
		})
}
