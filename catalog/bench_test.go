package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
)

// large fills a catalog with datasets of some fields each, named and classified as estates are.
func large(b *testing.B, datasets, fields int) *bundle {
	b.Helper()
	c := open(b)
	rnd := rand.New(rand.NewPCG(1, 2))
	heads := []string{"customer", "order", "invoice", "user", "device", "event", "ticket", "address", "payment", "session"}
	tails := []string{"id", "mail", "name", "phone", "city", "note", "state", "count", "born", "amount"}
	cats := []string{"none.key .9 int", "contact.email .95", "identity.name .8", "contact.phone .7", "contact.city .6", "none.text .9", "none.code .9",
		"none.count .9 int", "demographic.birth_date .85 time", "none.amount .9 float"}
	for at := 0; at < datasets; at += 100 {
		c.write(func(tx db.Tx) error {
			for d := at; d < min(at+100, datasets); d++ {
				var fs []string
				for range fields {
					k := rnd.IntN(len(tails))
					fs = append(fs, fmt.Sprintf("%s_%s_%d %s", heads[rnd.IntN(len(heads))], tails[k], len(fs), cats[k]))
				}
				n, ps := node(fmt.Sprintf("source%d/%s_%s_%d", d%20, heads[rnd.IntN(len(heads))], heads[rnd.IntN(len(heads))], d), fs...)
				if err := c.PutDataset(c.ctx, tx, n, ps); err != nil {
					return err
				}
			}
			return nil
		})
	}
	_, err := c.Search(c.ctx, "is:gone", catalog.Page{})
	c.must(err)
	return c
}

// BenchmarkSearch measures 100,000 fields: the 50th and 99th percentile of each kind of query, in milliseconds.
func BenchmarkSearch(b *testing.B) {
	c := large(b, 5000, 20)
	for _, q := range []struct {
		name, query string
		facets      bool
	}{
		{"narrow", "source:source7 category:contact.email field:mail conf:>0.8 customer", false},
		{"narrow-name", "name:customer_ma* source:source7", false},
		{"broad", "is:pii", false},
		{"broad-words", "customer", false},
		{"broad-or", "category:contact OR type:text", false},
		{"broad-facets", "is:pii type:text", true},
		{"facets-index", "is:pii customer", true},
		{"everything-facets", "", true},
	} {
		b.Run(q.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := clock.Now()
				r, err := c.Search(c.ctx, q.query, catalog.Page{Facets: q.facets})
				if err != nil || r.Total == 0 {
					b.Fatal(r.Total, err)
				}
				took = append(took, clock.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkGraph measures a cold load of the graph from an index just opened.
func BenchmarkGraph(b *testing.B) {
	for _, datasets := range []int{2000, 20000} {
		b.Run(fmt.Sprint(datasets), func(b *testing.B) {
			c := large(b, datasets, 10)
			for b.Loop() {
				b.StopTimer()
				c.reopen()
				b.StartTimer()
				g, err := c.Graph(c.ctx)
				if err != nil || len(g.Nodes) != datasets {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyAtOnce lets scans, decisions, searches, plans and a rebuild run together; none may see another's half.
func TestManyAtOnce(t *testing.T) {
	b := open(t)
	estate(b)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 8 {
				n, ps := node(fmt.Sprintf("shop/w%d_%d", w, i), "mail contact.email .9", "x none.key .9")
				if err := b.db.Write(b.ctx, func(tx db.Tx) error { return b.PutDataset(b.ctx, tx, n, ps) }); err != nil {
					t.Error(err)
				}
				d := accept(n.Dataset.Ref.String() + "#mail")
				if err := b.db.Write(b.ctx, func(tx db.Tx) error { return b.Decide(b.ctx, tx, d) }); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 8 {
				if _, err := b.Graph(b.ctx); err != nil {
					t.Error(err)
				}
				if _, err := b.Search(b.ctx, "is:pii", catalog.Page{Facets: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 3 {
			if err := b.Reindex(b.ctx); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if r := b.search("is:accepted"); r.Total != 24 {
		t.Errorf("%d fields accepted", r.Total)
	}
	if g := graph(b); len(g.Nodes) != 27 || len(g.In(parse("shop/users"))) != 1 {
		t.Errorf("%d nodes", len(g.Nodes))
	}
}
