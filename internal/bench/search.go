package main

import (
	"context"
	"fmt"
	"slices"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/store"
)

// search measures what a user waits for over 100,000 fields: the 99th percentile of each kind of query.
func search(ctx context.Context, dir string, z scale) (fs []figure, err error) {
	sets := z.of(5000)
	s, err := store.Open(ctx, store.Options{Dir: dir, Command: "bench", Schemas: schemas()})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if err := put(ctx, c, s.DB(), slices.Collect(datasets(sets, perSet)), nil); err != nil {
		return nil, err
	}
	for _, q := range []struct {
		name, query string
		facets      bool
		aim         float64
	}{
		{"narrow: four conditions and a word", "source:source7 category:contact.email field:mail conf:>0.8 customer", false, 15},
		{"narrow: a name's beginning in one source", "name:customer_ma* source:source7", false, 15},
		{"broad: all personal data", "is:pii", false, 60},
		{"broad: one word", "customer", false, 60},
		{"broad: either of two", "category:contact OR type:text", false, 60},
		{"with facets: all personal data of one type", "is:pii type:text", true, 100},
		{"with facets: personal data and a word", "is:pii customer", true, 100},
		{"with facets: everything", "", true, 100},
	} {
		p50, p99, err := percentiles(ctx, c, q.query, q.facets)
		if err != nil {
			return fs, err
		}
		fs = append(fs, atMost(fmt.Sprintf("search of %d fields, p99, %s (p50 %.1f ms)", sets*perSet, q.name, p50), p99, q.aim, " ms"))
	}
	return fs, nil
}

func percentiles(ctx context.Context, c *catalog.Catalog, query string, facets bool) (p50, p99 float64, err error) {
	var all []float64
	for range 300 {
		start := clock.Now()
		r, err := c.Search(ctx, query, catalog.Page{Facets: facets})
		if err != nil {
			return 0, 0, err
		}
		if r.Total == 0 {
			return 0, 0, fmt.Errorf("nothing is found by %q", query)
		}
		all = append(all, float64(clock.Since(start).Microseconds())/1000)
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], nil
}
