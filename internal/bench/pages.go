package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"sync"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store"
	"vestige/web"
)

// Who looks at pages at once, and how often each of them asks for each.
const (
	viewers = 20
	asks    = 6
)

// pages measures what people wait for on each page over 100,000 fields (1,000,000 with -full), twenty of them at once.
func pages(ctx context.Context, dir string, z scale) (fs []figure, err error) {
	datasets := map[scale]int{usual: 5000, tenth: 500, whole: 50_000}[z]
	s, err := store.Open(ctx, store.Options{Dir: dir, Command: "bench", Schemas: []db.Schema{catalog.Schema(), keys.Schema(), audit.Schema(), accounts.Schema()}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	nodes := named(datasets, 20)
	if err := settle(ctx, c, s.DB(), nodes); err != nil {
		return nil, err
	}
	srv, err := web.New(web.Config{Log: slog.New(slog.DiscardHandler), Anonymous: []accounts.Role{accounts.Viewer}}, web.Services{Catalog: c})
	if err != nil {
		return nil, err
	}
	set := nodes[len(nodes)/2].Dataset.Ref
	group, err := c.Groups(ctx, catalog.GroupFilter{})
	if err != nil {
		return nil, err
	}
	if len(group) == 0 {
		return nil, fmt.Errorf("nothing waits for a decision")
	}
	q := url.QueryEscape
	for _, p := range []struct {
		name, path string
		aim        float64
	}{
		{"overview", "/", 200}, {"catalog", "/browse", 200}, {"catalog, of one source", "/browse?source=source7", 200}, {"source", "/source?at=source7", 200},
		{"dataset", "/dataset?at=" + q(set.String()), 200}, {"field", "/field?at=" + q(set.In(nodes[len(nodes)/2].Fields[0].Field.Name).String()), 200},
		{"lineage of the estate", "/lineage", 200}, {"lineage of a dataset", "/lineage?at=" + q(set.String()), 200}, {"way to a dataset", "/lineage/path?from=contact.email&to=" + q(set.String()), 200},
		{"reports", "/reports", 200}, {"alerts", "/alerts", 200}, {"datasets by the API", "/api/v1/datasets?limit=100", 200},
		{"search, four conditions and a word", "/api/v1/fields?q=" + q("source:source7 category:contact.email field:mail conf:>0.8 customer"), 100},
		{"search, all personal data, with facets", "/api/v1/fields?facets=1&q=is:pii", 100}, {"search, one word", "/api/v1/fields?q=customer", 100},
		{"page of a search", "/search?q=" + q("is:pii category:contact"), 200},
	} {
		p50, p99, size, err := atOnce(ctx, srv.Handler(), p.path)
		if err != nil {
			return fs, fmt.Errorf("%s: %w", p.name, err)
		}
		fs = append(fs, atMost(fmt.Sprintf("page over %d fields, %d at once, p99, %s (p50 %.0f ms, %d KB)", datasets*20, viewers, p.name, p50, size>>10), p99, p.aim, " ms"))
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return append(fs, atMost(fmt.Sprintf("memory of a catalog of %d fields with its pages", datasets*20), float64(m.Sys)/(1<<20), 1024, " MB")), nil
}

// settle fills a catalog, with references between datasets.
func settle(ctx context.Context, c *catalog.Catalog, store db.DB, nodes []lineage.Node) error {
	err := store.Write(ctx, func(tx db.Tx) error {
		for i := range 20 {
			if err := c.PutSource(ctx, tx, fmt.Sprintf("source%d", i), "sqlite"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var edges []lineage.Edge
	for i := 1; i < len(nodes); i++ {
		to := nodes[i/7].Dataset.Ref
		e := lineage.Edge{From: nodes[i].Dataset.Ref, Fields: []string{nodes[i].Fields[0].Field.Name}, To: to, ToFields: []string{nodes[i/7].Fields[0].Field.Name}, Kind: lineage.Owns, Confidence: .9, Evidence: []pii.Nat{{Text: "values found", Nats: 4}}}
		e.ID = lineage.EdgeID(e.From, e.Fields, e.To, e.ToFields)
		edges = append(edges, e)
	}
	if err := put(ctx, c, store, nodes, edges); err != nil {
		return err
	}
	_, err = c.Facets(ctx, "is:pii customer") // the index has caught up
	return err
}

// atOnce asks for a page by many at once, and gives what they waited, in milliseconds, and how large it is.
func atOnce(ctx context.Context, h http.Handler, path string) (p50, p99 float64, size int, err error) {
	var mu sync.Mutex
	var took []float64
	one := func() {
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		req.Host = "localhost"
		w := httptest.NewRecorder()
		start := clock.Now()
		h.ServeHTTP(w, req)
		ms := float64(clock.Since(start).Microseconds()) / 1000
		n, _ := io.Copy(io.Discard, w.Body)
		mu.Lock()
		defer mu.Unlock()
		took, size = append(took, ms), int(n)
		if w.Code != http.StatusOK {
			err = fmt.Errorf("it answers %d", w.Code)
		}
	}
	one() // what is kept for those who come after is made once
	took = nil
	var all sync.WaitGroup
	for range viewers {
		all.Go(func() {
			for range asks {
				one()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], size, err
}
