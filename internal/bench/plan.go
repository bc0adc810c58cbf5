package main

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/store"
)

func schemas() []db.Schema { return []db.Schema{catalog.Schema()} }

// plan measures Build: on input that is in memory, and with a graph that comes cold from the index.
func plan(ctx context.Context, dir string, z scale) (fs []figure, err error) {
	sizes := []int{2000, 20_000}
	if z == tenth {
		sizes = []int{200, 2000}
	}
	var loaded []float64
	for _, datasets := range sizes {
		nodes, edges := estate(datasets, datasets/10)
		in, err := input(ctx, (&lineage.Graph{Nodes: nodes, Edges: edges}).Index())
		if err != nil {
			return fs, err
		}
		ms, steps, err := build(in)
		if err != nil {
			return fs, err
		}
		loaded = append(loaded, ms)
		name := fmt.Sprintf("Build for %d datasets with %d identity fields, %d steps, loaded", datasets, datasets/10, steps)
		if datasets == sizes[0] {
			fs = append(fs, atMost(name, ms, 50, " ms"))
		} else {
			fs = append(fs, plain(name, ms, " ms"), atMost("that, in ten times the smaller one (linear is 1)", ms/loaded[0]/10, 1.5, " ×"))
		}
		cold, err := fromIndex(ctx, filepath.Join(dir, fmt.Sprint(datasets)), nodes, edges, in)
		if err != nil {
			return fs, err
		}
		name = fmt.Sprintf("the same cold from the index, %d datasets", datasets)
		if datasets == sizes[0] {
			fs = append(fs, atMost(name, cold, 1000, " ms"))
		} else {
			fs = append(fs, plain(name, cold, " ms"))
		}
	}
	return fs, nil
}

// estate makes datasets of which some hold people by address and number, and the others refer to these.
func estate(datasets, people int) ([]lineage.Node, []lineage.Edge) {
	var nodes []lineage.Node
	for i := range datasets {
		ref := pii.Ref{Source: fmt.Sprintf("source%d", i%20), Dataset: fmt.Sprintf("t%d", i)}
		n := lineage.Node{Dataset: pii.Dataset{Ref: ref, Kind: pii.Table, Records: 1000, Key: []string{"id"}}}
		add := func(name string, typ pii.FieldType, category pii.Category) {
			f := pii.Field{Name: name, Column: name, Type: typ, Indexed: true}
			n.Dataset.Fields = append(n.Dataset.Fields, f)
			n.Fields = append(n.Fields, lineage.FieldNode{Field: f, Category: category, Confidence: 1, Decided: true, Dense: true, Values: 1000, Distinct: 1000, Unique: name == "id", Examined: true, Full: true})
		}
		add("id", pii.Int, "none.key")
		if i < people {
			add("mail", pii.Text, "contact.email")
			add("name", pii.Text, "identity.name")
		} else {
			add("customer", pii.Int, "none.key")
			to := pii.Ref{Source: fmt.Sprintf("source%d", i%people%20), Dataset: fmt.Sprintf("t%d", i%people)}
			n.Dataset.References = []pii.Reference{{From: ref, Fields: []string{"customer"}, To: to, ToFields: []string{"id"}, OnDelete: pii.NoAction}}
		}
		add("note", pii.Text, "none.text")
		nodes = append(nodes, n)
	}
	edges := lineage.Declared(nodes)
	lineage.Assign(nodes, edges)
	return nodes, edges
}

const walker = "ann@example.com"

// hers answers every look with one record.
type hers struct{}

func (hers) Look(_ context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		f := &pii.Found{Dataset: m.Dataset.Ref, Key: pii.Key{pii.NewValue("7")}, Equals: 1, Fields: map[string][]pii.Located{}}
		for i, t := range m.Terms {
			for j := range t.Values {
				f.Hits = append(f.Hits, pii.Hit{Term: i, Value: j, Field: t.Field})
			}
		}
		values := map[string]string{"id": "7", "customer": "7", "mail": walker, "name": "Ann Lee"}
		for _, want := range m.Want {
			if v, ok := values[want]; ok {
				f.Fields[want] = []pii.Located{{Value: pii.NewValue(v)}}
			}
		}
		if len(f.Hits) > 0 || len(m.Keys) > 0 {
			yield(f, nil)
		}
	}
}

func always(pii.Category) float64 { return 0.95 }

// input closes over the estate and gives what Build needs.
func input(ctx context.Context, g *lineage.Graph) (plans.Input, error) {
	start := []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(walker)}}
	c, err := lineage.Close(ctx, g, hers{}, lineage.Limits{Find: 0.5, Change: always, Hub: 100}, start, nil)
	if err != nil {
		return plans.Input{}, err
	}
	if len(c.Records) < len(g.Nodes)*9/10 {
		return plans.Input{}, fmt.Errorf("the closure reached %d of %d datasets", len(c.Records), len(g.Nodes))
	}
	return plans.Input{
		Request: "r1", Kind: plans.Erasure, Regime: "gdpr", Now: 1, Approvers: "single-approver", Graph: g, Closure: c, Start: start, Change: always,
		Tolerance: plans.Tolerance{Percent: 10, AtLeast: 10}, Salt: make([]byte, 16),
		Basis:      func(pii.Ref, []pii.Category) (plans.Basis, bool) { return plans.Basis{}, false },
		Methods:    func(pii.Dataset) []pii.Method { return []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Detach} },
		Statements: func(string, pii.Unit) []string { return nil },
		Rungs:      func(pii.Dataset) []connectors.Rung { return nil },
	}, nil
}

// build takes the best of five, in milliseconds.
func build(in plans.Input) (best float64, steps int, err error) {
	for i := range 5 {
		start := clock.Now()
		p, err := plans.Build(in)
		if err != nil {
			return 0, 0, err
		}
		ms := float64(clock.Since(start).Microseconds()) / 1000
		if steps = len(p.Open.Steps); i == 0 || ms < best {
			best = ms
		}
	}
	return best, steps, nil
}

// fromIndex stores the estate, closes everything, and measures reading the graph from the index and building on it.
func fromIndex(ctx context.Context, dir string, nodes []lineage.Node, edges []lineage.Edge, in plans.Input) (ms float64, err error) {
	s, err := store.Open(ctx, store.Options{Dir: dir, Command: "bench", Schemas: schemas()})
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	if err != nil {
		return 0, err
	}
	if err := put(ctx, c, s.DB(), nodes, edges); err != nil {
		return 0, err
	}
	if err := c.Close(); err != nil {
		return 0, err
	}
	if c, err = catalog.Open(ctx, s.DB(), dir); err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	start := clock.Now()
	if in.Graph, err = c.Graph(ctx); err != nil {
		return 0, err
	}
	if _, err = plans.Build(in); err != nil {
		return 0, err
	}
	return float64(clock.Since(start).Microseconds()) / 1000, nil
}

func put(ctx context.Context, c *catalog.Catalog, store db.DB, nodes []lineage.Node, edges []lineage.Edge) error {
	for at := 0; at < len(nodes); at += 500 {
		err := store.Write(ctx, func(tx db.Tx) error {
			for _, n := range nodes[at:min(at+500, len(nodes))] {
				if err := c.PutDataset(ctx, tx, n, proposals(n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return store.Write(ctx, func(tx db.Tx) error { return c.PutEdges(ctx, tx, "", edges) })
}

func proposals(n lineage.Node) (out []pii.Proposal) {
	for _, f := range n.Fields {
		out = append(out, pii.Proposal{Field: n.Dataset.Ref.In(f.Field.Name), Category: f.Category, Confidence: f.Confidence, Examined: pii.Examination{How: "full", Values: 1000, At: 1}})
	}
	return out
}
