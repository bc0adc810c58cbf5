package web_test

import (
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	classifiersall "vestige/classifiers/all"
	"vestige/connectors"
	connectorsall "vestige/connectors/all"
	"vestige/consent"
	"vestige/events"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/decode"
	"vestige/internal/demo/company"
	"vestige/internal/keys"
	"vestige/jobs"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
	"vestige/store"
	"vestige/watch"
	"vestige/web"
)

func TestMain(m *testing.M) {
	decode.Main()
	code := m.Run()
	if scanned.dir != "" {
		_ = os.RemoveAll(scanned.dir)
	}
	os.Exit(code)
}

// estate is an open catalog with what stands behind it.
type estate struct {
	t      testing.TB
	dir    string
	st     *store.Store
	cat    *catalog.Catalog
	engine *plans.Engine
	people *company.Company
	ring   *keys.Ring
	log    *audit.Log

	staff  *accounts.Service
	opened map[string]*connectors.Source
}

func now() time.Time { return clock.Now() }

func open(t testing.TB) *estate { t.Helper(); return openAt(t, t.TempDir()) }

// openAt opens the estate of a folder, which is made where there is none.
func openAt(t testing.TB, dir string) *estate {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "data"), Command: "test", Schemas: []db.Schema{keys.Schema(), audit.Schema(), jobs.Schema(), catalog.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), accounts.Schema(), events.Schema(), watch.Schema()}})
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	cat, err := catalog.Open(t.Context(), st.DB(), filepath.Join(dir, "data"))
	must(t, err)
	t.Cleanup(func() { _ = cat.Close() })
	e := &estate{t: t, dir: dir, st: st, cat: cat}
	e.ring = e.master()
	_, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	e.log, err = audit.New(st.DB(), "vestige/test", private)
	must(t, err)
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (e *estate) write(f func(ctx context.Context, tx db.Tx) error) {
	e.t.Helper()
	must(e.t, e.st.DB().Write(e.t.Context(), func(tx db.Tx) error { return f(e.t.Context(), tx) }))
}

// scanned is the demo company as scans left it, which is made once; each test works on a copy.
var scanned struct {
	sync.Once
	dir    string
	people *company.Company
}

// demo gives a catalog that the demo company was scanned into, with an engine over it.
func demo(t testing.TB) *estate {
	t.Helper()
	scanned.Do(func() { scan(t) })
	if scanned.people == nil {
		t.Fatal("the demo company could not be scanned")
	}
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(scanned.dir)))
	must(t, os.Chmod(filepath.Join(dir, "master.key"), 0o600))
	e := openAt(t, dir)
	people := *scanned.people
	people.Dir, e.people = dir, &people
	e.opened = e.sources()
	e.engine = e.newEngine(e.ring, e.opened)
	return e
}

// scan makes the company and reads it.
func scan(t testing.TB) {
	t.Helper()
	dir, err := os.MkdirTemp("", "vestige-web-") //nolint:usetesting // it outlives the test that makes it
	must(t, err)
	scanned.dir = dir
	e := openAt(t, dir)
	people, err := company.Generate(t.Context(), dir, company.Options{Seed: 7, People: 60})
	must(t, err)
	set, err := classifiers.NewSet(classifiersall.All(), classifiers.Options{Examples: true})
	must(t, err)
	id, key := e.keys()
	sc := scanner.New(e.cat, e.st.DB(), set, key, id, slog.New(slog.DiscardHandler))
	for _, s := range e.sources() {
		_, err = sc.Scan(t.Context(), s, scanner.Options{Full: true}, nil)
		must(t, err)
		must(t, s.Close())
	}
	_, err = sc.Relate(t.Context())
	must(t, err)
	must(t, e.cat.Close())
	must(t, e.st.Close())
	scanned.people = people
}

// sources opens the systems of the demo company.
func (e *estate) sources() map[string]*connectors.Source {
	e.t.Helper()
	out, log := map[string]*connectors.Source{}, slog.New(slog.DiscardHandler)
	for _, src := range []struct{ name, connector, path string }{{"shop", "sqlite", company.ShopFile}, {"crm", "sqlite", company.CRMFile}, {"files", "bucket", company.ObjectsRoot}} {
		s, err := connectors.Open(e.t.Context(), connectors.Env{Log: log, Name: src.name, Base: e.dir, Temp: e.t.TempDir()}, src.name, spec(e.t, src.connector), connectors.Config{"path": pii.NewValue(src.path)})
		must(e.t, err)
		e.t.Cleanup(func() { _ = s.Close() })
		out[src.name] = s
	}
	return out
}

// watch makes what looks after the sources of the catalog; nobody does its runs.
func (e *estate) watch(channels ...events.Channel) *watch.Service {
	return watch.New(watch.Deps{DB: e.st.DB(), Catalog: e.cat, Audit: e.log, Outbox: events.New(e.st.DB(), channels), Sources: func() (out []string) {
		all, err := e.cat.Sources(context.Background())
		must(e.t, err)
		for _, x := range all {
			out = append(out, x.Name)
		}
		return out
	}})
}

// master opens the master key, which is made where there is none.
func (e *estate) master() *keys.Ring {
	e.t.Helper()
	file := filepath.Join(e.dir, "master.key")
	if _, err := os.Stat(file); err != nil {
		must(e.t, keys.NewFile(file))
	}
	master, err := keys.OpenMaster(e.t.Context(), "file:"+file, e.dir)
	must(e.t, err)
	return keys.NewRing(master, keys.Table{}, forms.Version)
}

// keys gives the sketch key.
func (e *estate) keys() (id string, key []byte) {
	e.t.Helper()
	e.write(func(ctx context.Context, tx db.Tx) (err error) {
		id, key, err = e.ring.Standing(ctx, tx, keys.Sketch)
		return err
	})
	return id, key
}

func (e *estate) newEngine(ring *keys.Ring, sources map[string]*connectors.Source) *plans.Engine {
	e.t.Helper()
	policy := policies.Default()
	must(e.t, policy.Add("policy.yaml", []byte(e.people.Policy())))
	policy.Windows.CoolDown, policy.Windows.Minimum = 0, 0
	engine, err := plans.New(plans.Deps{DB: e.st.DB(), Catalog: e.cat, Sources: sources, Keys: ring, Audit: e.log, Policy: policy, Destroyed: e.st.Destroyed,
		Wait: func(context.Context, time.Duration) error { return nil }})
	must(e.t, err)
	return engine
}

// asked makes a plan to erase a customer, carries it out, and makes another one that is to be approved.
func (e *estate) asked() (closed, open *plans.Status) {
	e.t.Helper()
	walk := e.people.Truth.Subjects[e.people.Walk]
	open = e.plan("REQ-00000002", walk)
	for _, s := range e.people.Truth.Subjects {
		if s.ID == walk.ID || s.Agent {
			continue
		}
		closed = e.plan("REQ-00000001", s)
		if len(closed.Open.Questions) == 0 {
			break
		}
	}
	for _, g := range closed.Open.Gaps {
		must(e.t, e.engine.Answer(e.t.Context(), plans.Answer{Request: closed.Request, ID: g.ID, Verdict: pii.Accept, Reason: "looked at by hand", By: "alma"}))
	}
	closed, err := e.engine.Replan(e.t.Context(), closed.ID, "olga")
	must(e.t, err)
	_, err = e.engine.Approve(e.t.Context(), closed.ID, closed.Hash, "alma")
	must(e.t, err)
	_, err = e.engine.Run(e.t.Context(), closed.ID, nil)
	must(e.t, err)
	closed, err = e.engine.Show(e.t.Context(), closed.ID)
	must(e.t, err)
	return closed, open
}

func (e *estate) plan(request string, who company.Subject) *plans.Status {
	e.t.Helper()
	s, err := e.engine.Plan(e.t.Context(), plans.Ask{Request: request, Kind: plans.Erasure, Regime: "gdpr", By: "olga", Deadline: moment + 10_000_000_000_000,
		Identifiers: []pii.Identifier{{Category: pii.Category(who.Start.Category), Value: pii.NewValue(who.Start.Value)}}})
	must(e.t, err)
	return s
}

func spec(t testing.TB, name string) connectors.Spec {
	for _, s := range connectorsall.All() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no connector %s", name)
	return connectors.Spec{}
}

// moment is when everything of the small estate happened.
const moment = 1_790_000_000_000_000

// small fills a catalog by hand: two sources, hostile names, every state of a field, a circle of references, a tombstone.
func small(t testing.TB) *estate {
	t.Helper()
	e := open(t)
	e.write(func(ctx context.Context, tx db.Tx) error {
		for name, connector := range map[string]string{"shop": "sqlite", "files": "bucket"} {
			if err := e.cat.PutSource(ctx, tx, name, connector); err != nil {
				return err
			}
		}
		for _, s := range sets() {
			if err := e.cat.PutDataset(ctx, tx, s.node, s.proposals); err != nil {
				return err
			}
		}
		if err := e.cat.PutEdges(ctx, tx, "", edges()); err != nil {
			return err
		}
		for _, a := range []catalog.Alert{
			{Code: "unmapped", At: pii.Ref{Source: "shop", Dataset: hostile, Field: "note"}, Text: "personal data without a decision"},
			{Code: "new", At: pii.Ref{Source: "files", Dataset: "u/{1}/cv.pdf"}, Text: "a dataset that no scan had seen"},
		} {
			if err := e.cat.PutAlert(ctx, tx, a); err != nil {
				return err
			}
		}
		return e.decide(ctx, tx)
	})
	run, err := e.cat.Begin(t.Context(), "shop")
	must(t, err)
	e.write(func(ctx context.Context, tx db.Tx) error {
		if err := run.Save(ctx, tx, catalog.Progress{Datasets: 3, Done: 3, Fields: 9, Records: 1234, Bytes: 56789}); err != nil {
			return err
		}
		if err := run.End(ctx, tx, "incomplete"); err != nil {
			return err
		}
		return e.cat.Tombstone(ctx, tx, pii.Ref{Source: "shop", Dataset: "old_users"})
	})
	return e
}

func (e *estate) decide(ctx context.Context, tx db.Tx) error {
	for _, d := range []pii.Decision{
		{Field: pii.Ref{Source: "shop", Dataset: "users", Field: "mail"}, Verdict: pii.Accept, By: "dana"},
		{Field: pii.Ref{Source: "shop", Dataset: "users", Field: "ref_code"}, Verdict: pii.Reject, Reason: "a code of the warehouse", By: "dana"},
		{Field: pii.Ref{Source: "shop", Dataset: "users", Field: "belief"}, Verdict: pii.Defer, Reason: "ask the works council", By: "dana"},
	} {
		if err := e.cat.Decide(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// hostile is what somebody may call a table.
const hostile = `<script>alert(1)</script> "x" #/%41`

type set struct {
	node      lineage.Node
	proposals []pii.Proposal
}

func sets() []set {
	return []set{
		made("shop", "users", 1200, []string{"id"}, 0.97,
			f("id", "int", "identity.number", .93, "1234", .5), f("mail", "text", "contact.email", .99, "aaaa@aaaa.aaa", .91), f("full_name", "text", "identity.name", .95, "Aaaa Aaaa", .8),
			f("belief", "text", "demographic.religion", .81, "Aaaa", 1), f("ref_code", "text", "identity.customer_number", .55, "AA-999", 1), f("created", "time", "none.date", .99, "9999-99-99", 1), f("scan", "bytes", "", 0, "", 0)),
		made("shop", hostile, 40, nil, 0.1, f("user", "int", "identity.number", .9, "999", 1), f("note", "text", "text.personal", .88, "aaaa aaaa", 1)),
		made("shop", "old_users", 3, []string{"id"}, 0.9, f("mail", "text", "contact.email", .99, "aaaa@aaaa.aaa", .91)),
		made("files", "u/{1}/cv.pdf", 3, nil, 0.5, f("{1}", "text", "contact.email", .9, "aaaa@aaaa.aaa", 1)),
	}
}

type field struct {
	f pii.Field
	p pii.Proposal
}

func f(name, typ, category string, conf float64, shape string, share float64) field {
	p := pii.Proposal{Category: pii.Category(category), Confidence: conf, Dense: true, Nats: []pii.Nat{{Text: "48 of 50 values valid", Nats: 6.2}, {Text: `name "` + name + `"`, Nats: 2.1}, {Text: "few distinct values", Nats: -1.4}}}
	p.Examined = pii.Examination{At: moment, How: "full", Values: 1000, Nulls: 20, Distinct: 980, Version: 4, MaxLen: 64, Shapes: []pii.Share{{Name: shape, Share: share}}}
	if category == "" {
		p = pii.Proposal{Examined: pii.Examination{At: moment, How: "none", Reason: "unreadable"}}
	}
	return field{pii.Field{Name: name, Column: name, Type: pii.FieldType(typ), Native: strings.ToUpper(typ)}, p}
}

func made(source, name string, records int64, key []string, person float64, fields ...field) set {
	ref := pii.Ref{Source: source, Dataset: name}
	s := set{node: lineage.Node{Dataset: pii.Dataset{Ref: ref, Kind: pii.Table, Key: key, Records: records, Bytes: records * 100}, Person: person}}
	if source == "files" {
		s.node.Dataset.Kind = pii.Objects
		s.node.Gaps = []pii.Gap{{Code: "unreadable", At: ref, Text: "a kind of file that nobody reads", Records: -1}}
	}
	for _, x := range fields {
		x.p.Field = ref.In(x.f.Name)
		s.node.Dataset.Fields = append(s.node.Dataset.Fields, x.f)
		s.node.Fields = append(s.node.Fields, lineage.FieldNode{Field: x.f, Category: x.p.Category, Confidence: x.p.Confidence, Dense: true, Values: 1000, Distinct: 980,
			Examined: x.p.Examined.How != "none", Full: true, Reason: x.p.Examined.Reason, Version: 4})
		s.proposals = append(s.proposals, x.p)
	}
	return s
}

func edges() []lineage.Edge {
	users, odd := pii.Ref{Source: "shop", Dataset: "users"}, pii.Ref{Source: "shop", Dataset: hostile}
	edge := func(from pii.Ref, field string, to pii.Ref, toField string, kind lineage.Role, declared bool) lineage.Edge {
		return lineage.Edge{ID: lineage.EdgeID(from, []string{field}, to, []string{toField}), From: from, Fields: []string{field}, To: to, ToFields: []string{toField}, Kind: kind, Declared: declared,
			Confidence: .92, OnDelete: pii.Cascade, Evidence: []pii.Nat{{Text: "400 of 400 values found", Nats: 5}}}
	}
	return []lineage.Edge{edge(odd, "user", users, "id", lineage.Owns, true), edge(users, "id", odd, "user", lineage.Mentions, false), edge(users, "ref_code", users, "id", lineage.Shared, false)}
}

// serve starts the interface over a catalog.
func serve(t testing.TB, e *estate, with func(*web.Config, *web.Services)) *client {
	t.Helper()
	cfg := web.Config{Version: "0.0.0-test", Log: slog.New(slog.DiscardHandler), Anonymous: []accounts.Role{accounts.Viewer}}
	svc := web.Services{Catalog: e.cat, Source: func(name string) *connectors.Source { return e.opened[name] }, Connectors: connectorsall.All(), Classifiers: classifiersall.All()}
	if with != nil {
		with(&cfg, &svc)
	}
	s, err := web.New(cfg, svc)
	must(t, err)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &client{t, s, srv}
}

type client struct {
	t   testing.TB
	s   *web.Server
	srv *httptest.Server
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (c *client) do(method, path string, with func(*http.Request)) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.srv.URL+path, nil)
	must(c.t, err)
	if with != nil {
		with(req)
	}
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := plain.Do(req)
	must(c.t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	must(c.t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (c *client) get(path string) answer { return c.do("GET", path, nil) }
