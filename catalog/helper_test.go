package catalog_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

// bundle is a catalog over a real store, with what tests do to it.
type bundle struct {
	*catalog.Catalog
	t   testing.TB
	ctx context.Context
	db  db.DB
	dir string
}

func open(t testing.TB) *bundle { return over(t, storetest.SQLite(t, catalog.Schema())) }

func over(t testing.TB, s *store.Store) *bundle {
	t.Helper()
	b := &bundle{t: t, ctx: context.Background(), db: s.DB(), dir: t.TempDir()}
	b.reopen()
	t.Cleanup(func() { _ = b.Catalog.Close() })
	return b
}

// reopen closes the catalog, where it is open, lets something be done to its files, and opens it again.
func (b *bundle) reopen(meanwhile ...func(index string)) {
	b.t.Helper()
	if b.Catalog != nil {
		b.must(b.Catalog.Close())
	}
	for _, f := range meanwhile {
		f(filepath.Join(b.dir, "index"))
	}
	c, err := catalog.Open(b.ctx, b.db, b.dir)
	b.must(err)
	b.Catalog = c
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) write(f func(tx db.Tx) error) {
	b.t.Helper()
	b.must(b.db.Write(b.ctx, f))
}

// put stores a dataset of fields written "name category confidence [type]", a category of "-" for one that nobody looked at.
func (b *bundle) put(dataset string, fields ...string) {
	b.t.Helper()
	n, ps := node(dataset, fields...)
	b.write(func(tx db.Tx) error { return b.PutDataset(b.ctx, tx, n, ps) })
}

func (b *bundle) decide(d pii.Decision) {
	b.t.Helper()
	if d.By == "" {
		d.By = "u1"
	}
	b.write(func(tx db.Tx) error { return b.Decide(b.ctx, tx, d) })
}

func (b *bundle) field(ref string) catalog.Entry {
	b.t.Helper()
	e, err := b.Field(b.ctx, parse(ref))
	b.must(err)
	return e
}

func (b *bundle) search(query string) catalog.Result {
	b.t.Helper()
	r, err := b.Search(b.ctx, query, catalog.Page{Facets: true, Limit: 500})
	if err != nil {
		b.t.Fatalf("search %s: %v", query, err)
	}
	return r
}

// names gives what a query finds, by display name.
func (b *bundle) names(query string) string {
	b.t.Helper()
	var names []string
	for _, h := range b.search(query).Hits {
		names = append(names, h.Ref.String())
	}
	return strings.Join(names, " ")
}

func parse(s string) pii.Ref {
	r, err := pii.ParseRef(s)
	if err != nil {
		panic(err)
	}
	return r
}

func node(dataset string, fields ...string) (lineage.Node, []pii.Proposal) {
	ref := parse(dataset)
	n := lineage.Node{Dataset: pii.Dataset{Ref: ref, Kind: pii.Table, Records: 100}}
	var ps []pii.Proposal
	for _, text := range fields {
		var name, category, typ, stable string
		var conf float64
		parts := strings.Fields(text)
		parts = append(parts, []string{"", "-", "0", "text", ""}[len(parts):]...)
		name, category, typ, stable = parts[0], parts[1], parts[3], parts[4]
		_, _ = fmt.Sscan(parts[2], &conf)
		f := pii.Field{Name: name, Column: name, Type: pii.FieldType(typ)}
		if strings.HasPrefix(stable, "#") {
			f.Stable = stable
		}
		n.Dataset.Fields = append(n.Dataset.Fields, f)
		fn := lineage.FieldNode{Field: f}
		p := pii.Proposal{Field: ref.In(name), Examined: pii.Examination{How: "none", Reason: "permission"}}
		if category != "-" {
			fn.Category, fn.Confidence, fn.Examined, fn.Values, fn.Dense = pii.Category(category), conf, true, 100, true
			p.Category, p.Confidence, p.Examined = fn.Category, conf, pii.Examination{How: "full", Values: 100, At: 1}
		}
		n.Fields = append(n.Fields, fn)
		ps = append(ps, p)
	}
	return n, ps
}
