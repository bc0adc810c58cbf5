package lineage_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// big makes an estate of n datasets with 20 references each, of which every hundredth holds people.
func big(n int) ([]lineage.Node, []lineage.Edge) {
	nodes, edges := make([]lineage.Node, n), make([]lineage.Edge, 0, 20*n)
	ref := func(i int) pii.Ref { return pii.Ref{Source: "s", Dataset: fmt.Sprint("t", i)} }
	for i := range nodes {
		nodes[i] = lineage.Node{Dataset: pii.Dataset{Ref: ref(i), Kind: pii.Table, Key: []string{"id"}}, Fields: []lineage.FieldNode{known("id", pii.Int, "none.key")}}
		if i%100 == 0 {
			nodes[i].Fields = append(nodes[i].Fields, known("mail", pii.Text, "contact.email"), known("name", pii.Text, "identity.name"))
		}
		for k := range 20 {
			f := fmt.Sprint("r", k)
			nodes[i].Fields = append(nodes[i].Fields, known(f, pii.Int, "none.key"))
			to := (i*7 + k*31) % n
			edges = append(edges, lineage.Edge{ID: fmt.Sprint(i, f), From: ref(i), Fields: []string{f}, To: ref(to), ToFields: []string{"id"}, Declared: true, Confidence: 1})
		}
	}
	return nodes, edges
}

func known(name string, t pii.FieldType, c pii.Category) lineage.FieldNode {
	return lineage.FieldNode{Field: pii.Field{Name: name, Column: name, Type: t}, Category: c, Confidence: 1, Dense: true, Values: 100, Distinct: 100, Unique: name != "r0"}
}

// one answers a look at the first dataset with one record, and every other with none.
type one struct{}

func (one) Look(_ context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		if m.Dataset.Ref.Dataset != "t0" || m.Terms[0].Category != "contact.email" {
			return
		}
		id := pii.NewValue("7")
		yield(&pii.Found{Dataset: m.Dataset.Ref, Key: pii.Key{id}, Hits: []pii.Hit{{Field: m.Terms[0].Field}}, Fields: map[string][]pii.Located{"id": {{Value: id}}, "mail": {{Value: pii.NewValue(users1)}}}}, nil)
	}
}

// BenchmarkMillionEdges is the graph's own work on 50,000 datasets with a million references: looks are answered at once.
func BenchmarkMillionEdges(b *testing.B) {
	nodes, edges := big(50_000)
	b.Run("assign", func(b *testing.B) {
		for b.Loop() {
			lineage.Assign(nodes, edges)
		}
	})
	g := &lineage.Graph{Nodes: nodes, Edges: edges}
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			g.Index()
		}
	})
	b.Run("close", func(b *testing.B) {
		for b.Loop() {
			c, err := lineage.Close(b.Context(), g, one{}, limits, []pii.Identifier{mail(users1)}, nil)
			if err != nil || len(c.Records) != 1 {
				b.Fatal(err, len(c.Records))
			}
		}
	})
}

// BenchmarkInfer is inference over 2,000 tables of five fields each, all with a key that counts from 1: every number may be a reference to every table.
func BenchmarkInfer(b *testing.B) {
	for _, n := range []int{250, 1000} {
		l := &looks{}
		for i := range n {
			table := fmt.Sprintf("%s_%s%d", nouns[i%len(nouns)], nouns[i/len(nouns)%len(nouns)], i)
			rows := 200 + i%800
			l.field(table, "id", "none.key", every(1, 1, rows))
			l.field(table, nouns[(i*7)%len(nouns)]+"_id", "none.key", repeated(every(1, 3, rows/6), 2))
			l.field(table, "quantity", "none.amount", repeated(every(1, 1, 40), 5))
			l.field(table, "code", "none.code", every(100_000+1000*i, 1, rows))
			l.field(table, "ref_code", "none.code", repeated(every(100_000+1000*((i*13)%n), 1, 150), 2))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(len(lineage.Infer(l.all))), "references")
			}
		})
	}
}

var nouns = []string{"customer", "order", "item", "payment", "ticket", "message", "address", "device", "session", "policy", "claim", "visit", "invoice", "product", "supplier", "employee", "contract", "campaign", "event", "parcel"}

// BenchmarkInferByTenant is inference over tables that each tenant counts for itself: the key of each is the tenant and a number, of which many tables have one by the same name.
func BenchmarkInferByTenant(b *testing.B) {
	l := &looks{}
	tenants := slices.Repeat(every(1, 1, 8), 100)
	for i := range 400 {
		table := fmt.Sprintf("%s_%s%d", nouns[i%len(nouns)], nouns[i/len(nouns)%len(nouns)], i)
		own := nouns[i%len(nouns)] + "_no"
		l.field(table, "tenant_id", "none.key", tenants[:400+i%400])
		l.field(table, own, "none.key", repeated(every(1, 1, 100), 8)[:400+i%400])
		l.field(table, nouns[(i*7+1)%len(nouns)]+"_number", "none.key", repeated(every(1, 3, 30), 27)[:400+i%400])
		l.nodes[table].Dataset.Key = []string{"tenant_id", own}
	}
	for b.Loop() {
		lineage.Infer(l.all)
	}
}
