package exchange_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/exchange"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store/storetest"
)

// house is a catalog with a shop and its warehouse.
type house struct {
	*catalog.Catalog
	t  testing.TB
	db db.DB
}

func build(t testing.TB) *house {
	t.Helper()
	s := storetest.SQLite(t, catalog.Schema())
	c, err := catalog.Open(t.Context(), s.DB(), t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	h := &house{c, t, s.DB()}
	h.write(func(tx db.Tx) error {
		for _, source := range []string{"shop", "lake"} {
			if err := c.PutSource(t.Context(), tx, source, "sqlite"); err != nil {
				return err
			}
		}
		return nil
	})
	h.put("shop/public.customers", pii.Table, "id", "email", "city")
	h.put("shop/public.orders", pii.Table, "id", "customer_id", "note")
	h.put("lake/mart.dim_customer", pii.Table, "customer_id", "email_hash", "City")
	h.put("lake/mart.cities", pii.View, "city")
	h.put("lake/raw.orders", pii.Table, "id", `odd "name", <b>`)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) write(f func(tx db.Tx) error) {
	h.t.Helper()
	must(h.t, h.db.Write(h.t.Context(), f))
}

func (h *house) put(at string, kind pii.DatasetKind, fields ...string) {
	h.t.Helper()
	ref := ref(h.t, at)
	n := lineage.Node{Dataset: pii.Dataset{Ref: ref, Kind: kind, Key: fields[:1]}}
	if kind == pii.View {
		n.Dataset.Key, n.Dataset.Reads = nil, []pii.Ref{{Source: "lake", Dataset: "mart.dim_customer", Field: "City"}, {Source: "lake", Dataset: "mart.dim_customer"}}
	}
	for _, f := range fields {
		n.Fields = append(n.Fields, lineage.FieldNode{Field: pii.Field{Name: f, Column: f, Type: pii.Text}, Examined: true})
	}
	h.write(func(tx db.Tx) error { return h.PutDataset(h.t.Context(), tx, n, nil) })
}

func ref(t testing.TB, text string) pii.Ref {
	t.Helper()
	r, err := pii.ParseRef(text)
	must(t, err)
	return r
}

func (h *house) read(text string, o exchange.Options) *exchange.Changes {
	h.t.Helper()
	o.By = "dana"
	c, err := exchange.Read(h.t.Context(), h.Catalog, []byte(text), o)
	must(h.t, err)
	return c
}

func (h *house) take(text string, o exchange.Options) *exchange.Changes {
	h.t.Helper()
	c := h.read(text, o)
	h.write(func(tx db.Tx) error { return c.Apply(h.t.Context(), tx, h.Catalog) })
	return c
}

func (h *house) card(at string) catalog.Card {
	h.t.Helper()
	all, err := h.Cards(h.t.Context(), pii.Ref{})
	must(h.t, err)
	for _, k := range all {
		if k.At == ref(h.t, at) {
			return k
		}
	}
	return catalog.Card{}
}

// flows gives what was told, as text.
func (h *house) flows() (out []string) {
	h.t.Helper()
	all, err := h.Flows(h.t.Context(), pii.Ref{})
	must(h.t, err)
	for _, f := range all {
		how := "~"
		if f.Same {
			how = "="
		}
		out = append(out, f.Input.String()+" "+how+" "+f.Output.String())
	}
	return out
}

func (h *house) counts(c *exchange.Changes, made, same, left, wrong int) {
	h.t.Helper()
	if c.New != made || c.Same != same || c.Left != left || c.Wrong != wrong {
		h.t.Errorf("it says new %d, same %d, left %d, wrong %d; want %d, %d, %d, %d: %+v", c.New, c.Same, c.Left, c.Wrong, made, same, left, wrong, c.Rows)
	}
}

func equal(t testing.TB, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const manifest = `{"metadata": {}, "groups": {"group.x.fin": {"name": "fin", "owner": {"name": "Finance team"}}},
"sources": {"source.x.shop.customers": {"resource_type": "source", "source_name": "shop_db", "schema": "public", "name": "customers", "identifier": "customers", "description": "Who buys\r\nhere", "meta": {"owner": ["sales", "crm"]},
	"columns": {"email": {"name": "EMAIL", "description": "their address", "meta": {"vestige": {"category": "contact.email", "verdict": "accept"}}}}}},
"nodes": {
	"model.x.stg_customers": {"resource_type": "model", "schema": "staging", "name": "stg_customers", "depends_on": {"nodes": ["source.x.shop.customers"]}},
	"model.x.dim_customer": {"resource_type": "model", "schema": "mart", "name": "dim_customer", "group": "fin", "depends_on": {"nodes": ["model.x.stg_customers", "model.x.lost"]}},
	"test.x.t": {"resource_type": "test", "schema": "mart", "name": "t", "depends_on": {"nodes": ["model.x.dim_customer"]}}}}`

// TestDBT: owners, descriptions and decisions come in, and flows go through models that the catalog does not have.
func TestDBT(t *testing.T) {
	h := build(t)
	dry := h.read(manifest, exchange.Options{})
	h.counts(dry, 5, 0, 0, 0)
	if len(h.flows()) != 0 || h.card("shop/public.customers") != (catalog.Card{}) {
		t.Error("a dry run writes")
	}
	h.take(manifest, exchange.Options{})
	equal(t, h.flows(), []string{"shop/public.customers ~ lake/mart.dim_customer"})
	if k := h.card("shop/public.customers"); k.Owner != "sales, crm" || k.Description != "Who buys\nhere" || k.Origin != "dbt" || k.By != "dana" {
		t.Errorf("the card is %+v", k)
	}
	if k := h.card("shop/public.customers#email"); k.Description != "their address" {
		t.Errorf("the card of a column is %+v", k)
	}
	if k := h.card("lake/mart.dim_customer"); k.Owner != "Finance team" {
		t.Errorf("the group's owner is %+v", k)
	}
	if d := dry.Decisions; len(d) != 1 || d[0].Field != "shop/public.customers#EMAIL" || d[0].Verdict != "accept" || d[0].Category != "contact.email" {
		t.Errorf("the decisions are %+v", d)
	}
	h.counts(h.read(manifest, exchange.Options{}), 0, 5, 0, 0)
}

const event = `{"eventType": "COMPLETE", "eventTime": "2026-11-20T10:00:00.5Z", "producer": "https://example.com/airflow", "job": {"namespace": "spark://host.example:7077/a", "name": "nightly.customers"},
"inputs": [{"namespace": "postgres://db.example:5432", "name": "prod.public.customers", "facets": {"ownership": {"owners": [{"name": "team:sales"}]}, "schema": {"fields": [{"name": "email", "type": "text", "description": "where they are written to"}]}}}],
"outputs": [{"namespace": "lakehouse", "name": "mart.dim_customer", "facets": {"columnLineage": {"fields": {
	"customer_id": {"inputFields": [{"namespace": "postgres://db.example:5432", "name": "prod.public.customers", "field": "id", "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}, {"type": "INDIRECT", "subtype": "JOIN"}]}]},
	"email_hash": {"inputFields": [{"namespace": "postgres://db.example:5432", "name": "prod.public.customers", "field": "email", "transformations": [{"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": true}]}]},
	"city": {"inputFields": [{"namespace": "postgres://db.example:5432", "name": "prod.public.customers", "field": "city"}, {"namespace": "postgres://db.example:5432", "name": "prod.public.customers", "field": "id", "transformations": [{"type": "INDIRECT", "subtype": "FILTER"}]}]}}}}},
	{"namespace": "s3://exports", "name": "daily/customers.csv"}]}`

// TestOpenLineage: an event's datasets and fields become flows, and what is not in the catalog is said.
func TestOpenLineage(t *testing.T) {
	h := build(t)
	c := h.take(event, exchange.Options{})
	h.counts(c, 6, 0, 1, 0)
	equal(t, h.flows(), []string{
		"shop/public.customers ~ lake/mart.dim_customer", "shop/public.customers#city ~ lake/mart.dim_customer#City",
		"shop/public.customers#id = lake/mart.dim_customer#customer_id", "shop/public.customers#email ~ lake/mart.dim_customer#email_hash",
	})
	h.counts(h.read(event, exchange.Options{}), 0, 6, 1, 0)
	for _, e := range []string{strings.Replace(event, "COMPLETE", "FAIL", 1), strings.Replace(event, "COMPLETE", "ABORT", 1)} {
		if c := h.read(e, exchange.Options{}); len(c.Rows) != 0 {
			t.Errorf("a run that failed says %+v", c.Rows)
		}
	}
	two := h.read("["+event+","+event+"]", exchange.Options{})
	if lines := h.read(event+"\n"+event, exchange.Options{}); lines.Same != two.Same || two.Same != 8 {
		t.Errorf("in an array there are %d, in lines %d", two.Same, lines.Same)
	}
}

// TestGently: an event does not overwrite what a person wrote, and a file does, after it said so.
func TestGently(t *testing.T) {
	h := build(t)
	at := ref(t, "shop/public.customers")
	h.write(func(tx db.Tx) error {
		return h.PutCard(t.Context(), tx, catalog.Card{At: at, Owner: "ann's team", Origin: "hand", By: "ann"})
	})
	h.take(event, exchange.Options{Gentle: true})
	if k := h.card("shop/public.customers"); k.Owner != "ann's team" {
		t.Errorf("an event overwrote it: %+v", k)
	}
	c := h.take(event, exchange.Options{})
	if k := h.card("shop/public.customers"); k.Owner != "team:sales" || c.Rows[0].Was != "ann's team" || c.Rows[0].Does != "change" {
		t.Errorf("a file does not: %+v, %+v", k, c.Rows[0])
	}
}

// TestCSV: errors by row, and nothing is written while there is one.
func TestCSV(t *testing.T) {
	h := build(t)
	bad := "dataset,field,owner,description\nshop/public.customers,,sales,Who buys\nshop/nothing,,x,\nnowhere/public.orders,,x,\nshop/public.orders,nothing,x,\nshop/public.customers,,again,\n" +
		"shop/public.orders,," + strings.Repeat("x", 300) + ",\n"
	c := h.read(bad, exchange.Options{})
	h.counts(c, 2, 0, 0, 5)
	var where []string
	for _, r := range c.Rows {
		if r.Error != "" {
			where = append(where, r.Where)
		}
	}
	equal(t, where, []string{"line 3", "line 4", "line 5", "line 6", "line 7"})
	if err := c.Apply(t.Context(), nil, h.Catalog); err == nil {
		t.Error("a wrong file is taken")
	}
	h.take("dataset,owner,description\nshop/public.customers,sales,Who buys\n", exchange.Options{})
	c = h.take("dataset,field,owner,description\nshop/public.customers,,-,\nshop/public.customers,email,,their address\n", exchange.Options{})
	h.counts(c, 2, 0, 0, 0)
	if k := h.card("shop/public.customers"); k.Owner != "" || k.Description != "Who buys" {
		t.Errorf("an empty cell and a dash leave %+v", k)
	}
	h.take("input,output,how\nshop/public.customers#id,shop/public.orders#customer_id,same\n", exchange.Options{})
	equal(t, h.flows(), []string{"shop/public.customers ~ shop/public.orders", "shop/public.customers#id = shop/public.orders#customer_id"})
	if c := h.read("input,output\nshop/public.customers,shop/public.orders#id\n", exchange.Options{}); c.Wrong != 1 {
		t.Errorf("a flow from a dataset to a field is taken: %+v", c.Rows)
	}
}

// TestNames: a name is found by as many words as both have, a namespace that was said to be a source is that alone, and what may be two is none.
func TestNames(t *testing.T) {
	h := build(t)
	flow := func(in string) string {
		return `{"eventTime": "2026-11-20T10:00:00Z", "job": {"namespace": "a", "name": "b"}, "inputs": [` + in + `], "outputs": [{"namespace": "x", "name": "mart.dim_customer"}]}`
	}
	for in, want := range map[string]string{
		`{"namespace": "x", "name": "public.orders"}`:       "shop/public.orders",
		`{"namespace": "x", "name": "prod.RAW.Orders"}`:     "lake/raw.orders",
		`{"namespace": "shop", "name": "orders"}`:           "shop/public.orders",
		`{"namespace": "the lake", "name": "orders"}`:       "lake/raw.orders",
		`{"namespace": "x", "name": "orders"}`:              "",
		`{"namespace": "x", "name": "other.orders"}`:        "",
		`{"namespace": "lake", "name": "public.customers"}`: "",
	} {
		c := h.read(flow(in), exchange.Options{Sources: map[string]string{"the lake": "lake"}})
		got := ""
		if len(c.Rows) == 1 && c.Rows[0].Input != nil {
			got = c.Rows[0].Input.String()
		}
		if got != want {
			t.Errorf("%s is %q, want %q: %+v", in, got, want, c.Rows)
		}
	}
	if _, err := exchange.Read(t.Context(), h.Catalog, []byte(event), exchange.Options{Sources: map[string]string{"x": "nothing"}}); err == nil {
		t.Error("a namespace is a source that there is not")
	}
}

// TestWhatIsNone: other files are refused, and say so.
func TestWhatIsNone(t *testing.T) {
	h := build(t)
	for _, text := range []string{"", "{", "[]", "{}", "hello", `{"a": 1}`, "a,b\n1,2\n", "dataset,nonsense\nx,y\n", "dataset,owner\n\"", "sources: [", `[{"eventTime": "x"}]`, `{"nodes": 3}`} {
		if _, err := exchange.Read(t.Context(), h.Catalog, []byte(text), exchange.Options{}); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// out writes everything in every form.
func (h *house) out() map[string]string {
	h.t.Helper()
	ctx := h.t.Context()
	cards, err := h.Cards(ctx, pii.Ref{})
	must(h.t, err)
	flows, err := h.Flows(ctx, pii.Ref{})
	must(h.t, err)
	var dbt bytes.Buffer
	must(h.t, exchange.DBT(&dbt, cards, func(visit func([]catalog.Entry) error) error {
		return h.Each(ctx, catalog.Filter{States: exchange.States()}, visit)
	}))
	g, err := h.Graph(ctx)
	must(h.t, err)
	var events, owners, told bytes.Buffer
	must(h.t, exchange.OpenLineage(&events, g, flows, cards, func(string) int64 { return 1 }))
	w := csv.NewWriter(&owners)
	w.UseCRLF = true
	must(h.t, w.Write(exchange.CardColumns))
	for _, k := range cards {
		must(h.t, w.Write(exchange.CardRow(k)))
	}
	w.Flush()
	w = csv.NewWriter(&told)
	must(h.t, w.Write(exchange.FlowColumns))
	for _, f := range flows {
		must(h.t, w.Write(exchange.FlowRow(f)))
	}
	w.Flush()
	return map[string]string{"openlineage": events.String(), "owners": owners.String(), "flows": told.String(), "dbt": dbt.String()}
}

// TestOutAndIn: what goes out changes nothing where it comes in again, and brings an empty catalog to the same.
func TestOutAndIn(t *testing.T) {
	h := build(t)
	h.take(manifest, exchange.Options{})
	h.take(event, exchange.Options{})
	h.take("dataset,field,owner,description\nlake/raw.orders,,\"=owner, \"\"quoted\"\"\",\"two\nlines: {x}\"\nlake/raw.orders,\"odd \"\"name\"\", <b>\",@team,\n", exchange.Options{})
	h.take("input,output,how,job\nlake/raw.orders#id,shop/public.orders#id,same,by hand\n", exchange.Options{})
	h.write(func(tx db.Tx) error {
		return h.Decide(t.Context(), tx, pii.Decision{Field: ref(t, "shop/public.customers#email"), Verdict: pii.Accept, Category: "contact.email", By: "dana"})
	})
	out := h.out()
	for name, text := range out {
		if c := h.read(text, exchange.Options{}); c.New != 0 || c.Wrong != 0 || c.Left != 0 || c.Same == 0 {
			t.Errorf("%s is not so already: new %d, left %d, wrong %d, same %d\n%s\n%+v", name, c.New, c.Left, c.Wrong, c.Same, text, c.Rows)
		}
	}
	other := build(t)
	other.take(out["openlineage"], exchange.Options{})
	again := other.out()
	for _, name := range []string{"owners", "flows"} {
		if again[name] != out[name] {
			t.Errorf("by OpenLineage alone, %s is\n%s\nand was\n%s", name, again[name], out[name])
		}
	}
	other = build(t)
	other.take(out["owners"], exchange.Options{})
	other.take(out["flows"], exchange.Options{})
	again = other.out()
	if stripped(again["openlineage"]) != stripped(out["openlineage"]) {
		t.Errorf("by CSV, OpenLineage is\n%s\nand was\n%s", again["openlineage"], out["openlineage"])
	}
	d := other.read(out["dbt"], exchange.Options{})
	if d.New != 0 || len(d.Decisions) != 1 || d.Decisions[0].Field != "shop/public.customers#email" || d.Decisions[0].Reason != "" {
		t.Errorf("dbt's sources say %+v, %+v", d.Rows, d.Decisions)
	}
}

// stripped leaves the events of flows: those of cards say when these were written.
func stripped(events string) string {
	var out []string
	for _, line := range strings.Split(events, "\n") {
		if !strings.Contains(line, "DatasetEvent") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{manifest, event, "dataset,owner\nshop/public.customers,x\n", "input,output\na,b\n", "version: 2\nsources:\n  - name: shop\n    tables: [{name: customers, meta: {owner: 3}}]\n", "[" + event + "]"} {
		f.Add(s)
	}
	h := build(f)
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := exchange.Read(t.Context(), h.Catalog, []byte(text), exchange.Options{}); err == nil && c.New+c.Same+c.Left+c.Wrong != len(c.Rows) {
			t.Errorf("the counts of %q are not those of its rows", text)
		}
	})
}
