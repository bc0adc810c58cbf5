package lineage_test

import (
	"context"
	"fmt"
	"iter"

	"vestige/lineage"
	"vestige/pii"
)

// paper is a system of two tables on paper: the person, and the order that refers to her.
type paper struct{}

func (paper) Look(_ context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	rows := map[string]map[string]string{"users": {"id": "52185", "mail": "ann@example.com"}, "orders": {"id": "9", "user_id": "52185"}}
	row := rows[m.Dataset.Ref.Dataset]
	return func(yield func(*pii.Found, error) bool) {
		for i, t := range m.Terms {
			for j, v := range t.Values {
				if row[t.Field] != v.Reveal() {
					continue
				}
				f := &pii.Found{Dataset: m.Dataset.Ref, Key: pii.Key{pii.NewValue(row["id"])}, Hits: []pii.Hit{{Term: i, Value: j, Field: t.Field}}, Fields: map[string][]pii.Located{}}
				for name, v := range row {
					f.Fields[name] = []pii.Located{{Value: pii.NewValue(v)}}
				}
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// A closure starts from an address, and says of each record by which chain of fields and references it was reached. It prints without values.
func ExampleClose() {
	field := func(name string, c pii.Category) lineage.FieldNode {
		return lineage.FieldNode{Field: pii.Field{Name: name, Column: name}, Category: c, Confidence: 1, Dense: true, Unique: true}
	}
	users, orders := pii.Ref{Source: "shop", Dataset: "users"}, pii.Ref{Source: "shop", Dataset: "orders"}
	owns := pii.Reference{From: orders, Fields: []string{"user_id"}, To: users, ToFields: []string{"id"}}
	nodes := []lineage.Node{
		{Dataset: pii.Dataset{Ref: users, Key: []string{"id"}}, Fields: []lineage.FieldNode{field("id", "identity.number"), field("mail", "contact.email")}},
		{Dataset: pii.Dataset{Ref: orders, Key: []string{"id"}, References: []pii.Reference{owns}}, Fields: []lineage.FieldNode{field("id", "none.key"), field("user_id", "none.key")}},
	}
	edges := lineage.Declared(nodes)
	lineage.Assign(nodes, edges)
	g := (&lineage.Graph{Nodes: nodes, Edges: edges}).Index()

	limits := lineage.Limits{Find: 0.5, Change: func(pii.Category) float64 { return 0.95 }}
	start := []pii.Identifier{{Category: "contact.email", Value: pii.NewValue("ann@example.com")}}
	c, err := lineage.Close(context.Background(), g, paper{}, limits, start, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range c.Records {
		fmt.Println(r.Dataset, r.Key, r.Holding)
		for _, l := range r.Via {
			fmt.Println("  ", l.How, l.Field)
		}
	}
	// Output:
	// shop/orders [[redacted 1 bytes]] hers
	//    identifier mail
	//    reference user_id
	// shop/users [[redacted 5 bytes]] hers
	//    identifier mail
}
