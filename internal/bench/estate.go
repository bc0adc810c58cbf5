package main

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"

	"vestige/catalog"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// The estate whose pages are measured, beside its datasets and fields.
const (
	sources   = 20
	perSet    = 20     // fields of a dataset
	alertsOf  = 5      // every so-manieth dataset has an open alert
	decidedOf = 50     // every so-manieth has a decision
	ownedOf   = 4      // for every so-manieth somebody answers
	owners    = 40     // who answer for them
	portionOf = 500    // datasets stored in one unit of work
	hubs      = 7      // on one dataset as many refer
	far       = "hub0" // the dataset on which a fiftieth of all refer
)

// datasets makes datasets named and classified as estates are, one after another, so that none is kept.
func datasets(n, fields int) iter.Seq[lineage.Node] {
	rnd := rand.New(rand.NewPCG(1, 2))
	return func(yield func(lineage.Node) bool) {
		for d := range n {
			if !yield(dataset(rnd, d, fields)) {
				return
			}
		}
	}
}

var heads = []string{"customer", "order", "invoice", "user", "device", "event", "ticket", "address", "payment", "session"}

var tails = []struct {
	name     string
	category pii.Category
	conf     float64
	typ      pii.FieldType
}{
	{"id", "none.key", .9, pii.Int}, {"mail", "contact.email", .95, pii.Text}, {"name", "identity.name", .8, pii.Text}, {"phone", "contact.phone", .7, pii.Text},
	{"city", "contact.city", .6, pii.Text}, {"note", "none.text", .9, pii.Text}, {"state", "none.code", .9, pii.Text}, {"count", "none.count", .9, pii.Int},
	{"born", "demographic.birth_date", .85, pii.Time}, {"amount", "none.amount", .9, pii.Float},
}

func dataset(rnd *rand.Rand, d, fields int) lineage.Node {
	name := fmt.Sprintf("%s_%s_%d", heads[rnd.IntN(len(heads))], heads[rnd.IntN(len(heads))], d)
	n := lineage.Node{Dataset: pii.Dataset{Ref: pii.Ref{Source: fmt.Sprintf("source%d", d%sources), Dataset: name}, Kind: pii.Table, Records: 100}}
	for i := range fields {
		t := tails[rnd.IntN(len(tails))]
		name := fmt.Sprintf("%s_%s_%d", heads[rnd.IntN(len(heads))], t.name, i)
		f := pii.Field{Name: name, Column: name, Type: t.typ}
		n.Dataset.Fields = append(n.Dataset.Fields, f)
		n.Fields = append(n.Fields, lineage.FieldNode{Field: f, Category: t.category, Confidence: t.conf, Dense: true, Values: 100, Examined: true})
	}
	return n
}

// varied makes of some datasets what others are not: names that nothing else has, fields that nobody could read, gaps, and one name on which many refer.
func varied(d int, n lineage.Node) (lineage.Node, []pii.Proposal) {
	if d == 0 {
		n.Dataset.Ref.Dataset = far
	}
	ps := proposals(n)
	for i := range n.Fields {
		switch k := d*perSet + i; {
		case k%9 == 4:
			name := fmt.Sprintf("%s%d_%s", heads[k%len(heads)], k%997, n.Fields[i].Field.Name)
			n.Fields[i].Field.Name, n.Fields[i].Field.Column = name, name
			n.Dataset.Fields[i] = n.Fields[i].Field
			ps[i].Field = n.Dataset.Ref.In(name)
		case k%31 == 7:
			n.Fields[i].Examined, n.Fields[i].Values, n.Fields[i].Category, n.Fields[i].Confidence = false, 0, "", 0
			ps[i].Category, ps[i].Confidence, ps[i].Examined = "", 0, pii.Examination{How: "none", Reason: "permission"}
		case ps[i].Category.Personal():
			ps[i].Nats = []pii.Nat{{Text: "values match", Nats: 4.2}, {Text: "the name says so", Nats: 2.1}, {Text: "few are alike", Nats: -.4}}
		}
	}
	if d%100 == 3 {
		n.Gaps = []pii.Gap{{Code: "permission", At: n.Dataset.Ref, Text: "no right to read it"}}
	}
	return n, ps
}

// parentOf gives the dataset to which one refers; a fiftieth of all refer to the first one.
func parentOf(d int) int {
	if d%50 == 9 {
		return 0
	}
	return d / hubs
}

// maker stores an estate.
type maker struct {
	a    *app.App
	keys []lineage.Edge // of each dataset its place and first field, without an end
	run  map[string]*catalog.Run
}

// makeEstate makes a catalog of so many datasets in a folder, with what happens to catalogs: scans, alerts, decisions, references.
func makeEstate(ctx context.Context, dir string, n int) error {
	a, err := openEstate(ctx, dir)
	if err != nil {
		return err
	}
	m := &maker{a: a, run: map[string]*catalog.Run{}}
	err = m.begin(ctx)
	if err == nil {
		err = m.fill(ctx, n)
	}
	if err == nil {
		err = m.end(ctx)
	}
	if err == nil {
		_, err = a.Catalog.Search(ctx, "is:pii", catalog.Page{Limit: 1}) // the index catches up
	}
	if e := a.Close(); err == nil {
		err = e
	}
	return err
}

// openEstate opens everything over a folder, which is made where there is none.
func openEstate(ctx context.Context, dir string) (*app.App, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, text := filepath.Join(dir, "vestige.yaml"), "sources:\n"
	for i := range sources {
		text += fmt.Sprintf("  source%d:\n    type: sqlite\n    path: none.db\n", i)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cfg, err := app.LoadConfig(file, app.Specs())
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, cfg, app.Options{Command: "bench", Log: quiet()})
}

func (m *maker) begin(ctx context.Context) error {
	for i := range sources {
		name := fmt.Sprintf("source%d", i)
		if err := m.a.DB.Write(ctx, func(tx db.Tx) error { return m.a.Catalog.PutSource(ctx, tx, name, "sqlite") }); err != nil {
			return err
		}
		r, err := m.a.Catalog.Begin(ctx, name)
		if err != nil {
			return err
		}
		m.run[name] = r
	}
	return nil
}

func (m *maker) fill(ctx context.Context, n int) error {
	var batch []func(db.Tx) error
	store := func() error {
		work := batch
		batch = nil
		return m.a.DB.Write(ctx, func(tx db.Tx) error {
			for _, f := range work {
				if err := f(tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	d := 0
	for node := range datasets(n, perSet) {
		d0, made := d, node
		batch = append(batch, func(tx db.Tx) error { return m.put(ctx, tx, d0, made) })
		if d++; d%portionOf == 0 || d == n {
			if err := store(); err != nil {
				return err
			}
		}
	}
	return nil
}

// put stores one dataset with what belongs to it.
func (m *maker) put(ctx context.Context, tx db.Tx, d int, made lineage.Node) error {
	n, ps := varied(d, made)
	ref, c := n.Dataset.Ref, m.a.Catalog
	if err := c.PutDataset(ctx, tx, n, ps); err != nil {
		return err
	}
	m.keys = append(m.keys, lineage.Edge{From: ref, Fields: []string{n.Fields[0].Field.Name}})
	it := catalog.Item{Dataset: ref.Dataset, State: "read", Records: 100, Bytes: 1 << 14, Micros: int64(d%977) * 1000, Gaps: n.Gaps}
	if len(n.Gaps) > 0 {
		it.State = "gap"
	}
	for _, f := range n.Fields {
		it.Fields = append(it.Fields, catalog.ItemField{Name: f.Field.Name, Type: string(f.Field.Type), Category: f.Category, Confidence: f.Confidence})
	}
	r := m.run[ref.Source]
	if err := r.Mark(ctx, tx, ref); err != nil {
		return err
	}
	if err := r.Item(ctx, tx, it); err != nil {
		return err
	}
	if d%alertsOf == 0 {
		code := []string{"unmapped", "new-field", "stale", "copy"}[d/alertsOf%4]
		if err := c.PutAlert(ctx, tx, catalog.Alert{Code: code, At: ref.In(n.Fields[1].Field.Name), Text: "made for the benchmark"}); err != nil {
			return err
		}
	}
	if d%ownedOf == 2 {
		if err := c.PutCard(ctx, tx, catalog.Card{At: ref, Owner: fmt.Sprintf("team %d", d/ownedOf%owners), Description: "made for the benchmark", Origin: "hand", By: "bench"}); err != nil {
			return err
		}
	}
	if d%decidedOf == 1 {
		return c.Decide(ctx, tx, pii.Decision{Field: ref.In(n.Fields[0].Field.Name), Verdict: pii.Defer, Reason: "made for the benchmark", By: "bench"})
	}
	return nil
}

func (m *maker) end(ctx context.Context) error {
	var edges []lineage.Edge
	for i := 1; i < len(m.keys); i++ {
		e, to := m.keys[i], m.keys[parentOf(i)]
		e.To, e.ToFields, e.Kind, e.Confidence, e.Evidence = to.From, to.Fields, lineage.Owns, .9, []pii.Nat{{Text: "values found", Nats: 4}}
		e.ID = lineage.EdgeID(e.From, e.Fields, e.To, e.ToFields)
		edges = append(edges, e)
	}
	return m.a.DB.Write(ctx, func(tx db.Tx) error {
		if err := m.a.Catalog.PutEdges(ctx, tx, "", edges); err != nil {
			return err
		}
		for _, r := range m.run {
			n := int64(len(m.keys) / sources)
			if err := r.Save(ctx, tx, catalog.Progress{Datasets: n, Done: n, Fields: n * perSet, Known: n * perSet, Examined: n * perSet}); err != nil {
				return err
			}
			if err := r.End(ctx, tx, "done"); err != nil {
				return err
			}
		}
		return nil
	})
}
