package scanner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"vestige/catalog"
	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/scanner"
	"vestige/store"
	"vestige/store/storetest"
)

// world is a catalog on a store, a scanner, and one source of tables in memory.
type world struct {
	t       testing.TB
	catalog *catalog.Catalog
	scanner *scanner.Scanner
	sys     *memory.System
	source  *connectors.Source
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, sys: memory.New(memory.Faults{})}
	dir := t.TempDir()
	s := storetest.Open(t, store.Options{Dir: dir, Command: "test", Schemas: []db.Schema{catalog.Schema()}})
	var err error
	w.catalog, err = catalog.Open(t.Context(), s.DB(), dir)
	w.must(err)
	t.Cleanup(func() { _ = w.catalog.Close() })
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	w.must(err)
	w.scanner = scanner.New(w.catalog, s.DB(), set, []byte("0123456789abcdef"), "k1", slog.New(slog.DiscardHandler))
	w.source, err = connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", w.sys.Spec(), nil)
	w.must(err)
	t.Cleanup(func() { _ = w.source.Close() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%+v", err)
	}
}

func text(name string) pii.Field { return pii.Field{Name: name, Column: name, Type: pii.Text} }

func number(name string) pii.Field { return pii.Field{Name: name, Column: name, Type: pii.Int} }

// users makes a table of n people, with the further fields and no value in them.
func (w *world) users(name string, n int, more ...pii.Field) {
	t := memory.Table{Name: name, Key: []string{"id"}, Fields: append([]pii.Field{number("id"), text("email"), text("full_name")}, more...)}
	if slices.ContainsFunc(more, func(f pii.Field) bool { return f.Name == "Deleted_At" }) {
		t.SoftDelete = "Deleted_At"
	}
	w.sys.Create(t)
	for i := range n {
		row := [][]byte{fmt.Appendf(nil, "%d", 52_000+37*i), fmt.Appendf(nil, "anna.meyer%d@example.com", i), fmt.Appendf(nil, "Anna Meyer")}
		w.sys.Insert(name, append(row, make([][]byte, len(more))...))
	}
}

// prices makes a table of n things.
func (w *world) prices(name string, n int) {
	w.sys.Create(memory.Table{Name: name, Key: []string{"id"}, Fields: []pii.Field{number("id"), text("note")}})
	for i := range n {
		w.sys.Insert(name, [][]byte{fmt.Appendf(nil, "%d", i+1), bytes.Repeat([]byte("a long remark about tea "), 4)})
	}
}

func (w *world) scan(opt scanner.Options) scanner.Report {
	w.t.Helper()
	r, err := w.scanner.Scan(w.t.Context(), w.source, opt, nil)
	w.must(err)
	return r
}

func (w *world) node(dataset string) lineage.Node {
	w.t.Helper()
	n, err := w.catalog.Node(w.t.Context(), at(dataset))
	w.must(err)
	return n
}

func at(dataset string) pii.Ref { return pii.Ref{Source: "shop", Dataset: dataset} }

func (w *world) alerts() (out []string) {
	w.t.Helper()
	as, err := w.catalog.Alerts(w.t.Context(), false)
	w.must(err)
	for _, a := range as {
		out = append(out, a.Code+" "+a.At.String())
	}
	slices.Sort(out)
	return out
}

func TestScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 60)
	w.prices("prices", 40)
	r := w.scan(scanner.Options{})
	if r.Outcome != "done" || r.Progress.Done != 2 || r.Progress.Datasets != 2 || r.Progress.Records != 100 || len(r.New) != 2 {
		t.Errorf("the report says %+v", r)
	}
	n := w.node("users")
	if f := n.Field("email"); f.Category != "contact.email" || f.Confidence < 0.9 || !f.Unique || !f.Full || f.Values != 60 || f.Normal == 0 {
		t.Errorf("the address is %+v", f)
	}
	sketches, err := w.catalog.Sketches(t.Context(), "shop")
	w.must(err)
	var have []string
	for _, s := range sketches {
		have = append(have, s.Field.Dataset+"."+s.Field.Field+s.Form)
	}
	slices.Sort(have)
	if want := []string{"prices.id", "users.email", "users.emailmd5", "users.emailsha1", "users.emailsha256", "users.id"}; !slices.Equal(have, want) {
		t.Errorf("sketches of %v, want %v: none of long values, none of fields of one value", have, want)
	}
}

// TestNothingIsReadTwice scans again what has not changed, and reads it only when it is told to, or has changed.
func TestNothingIsReadTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 60)
	w.scan(scanner.Options{})
	reads := func(opt scanner.Options) (int64, scanner.Report) {
		before := w.sys.Reads()
		r := w.scan(opt)
		return w.sys.Reads() - before, r
	}
	const glance, look = 3, 24 // records that discovering looks at, for documents in columns of text: at least and at most
	if n, r := reads(scanner.Options{}); n > look || r.Progress.Skipped != 1 || len(r.New) != 0 {
		t.Errorf("unchanged, %d records are read again: %+v", n, r.Progress)
	}
	if n, _ := reads(scanner.Options{Again: true}); n < 60+glance {
		t.Errorf("told to read again, %d records are read", n)
	}
	w.sys.Insert("users", [][]byte{[]byte("9"), []byte("bob@example.com"), []byte("Bob Ray")})
	if n, r := reads(scanner.Options{}); n < 61+glance || r.Progress.Skipped != 0 {
		t.Errorf("changed, %d records are read", n)
	}
}

// TestResume stops a scan after its first dataset; the next one goes on with the others.
// TestValuesUnderKeys examines what stands under each key of a dataset of keys and values by itself, where the keys are names and nobody's.
func TestValuesUnderKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pairs := func(name, key, value string) {
		w.sys.Create(memory.Table{Name: name, Key: []string{"id"}, Fields: []pii.Field{number("id"), number("user_id"), text(key), text(value)}})
	}
	n := 0
	put := func(table string, user int, key, value string) {
		n++
		w.sys.Insert(table, [][]byte{fmt.Appendf(nil, "%d", n), fmt.Appendf(nil, "%d", user), []byte(key), []byte(value)})
	}
	pairs("usermeta", "meta_key", "meta_value")
	pairs("lists", "listName", "listValue")
	for i := range 40 {
		for key, value := range map[string]string{"rich_editing": "true", "theme": []string{"dark", "light"}[i%2], "billing_email": fmt.Sprintf("b.meyer%d@example.org", i), "billing_phone": fmt.Sprintf("+1 202-555-01%02d", i)} {
			put("usermeta", i, key, value)
		}
		put("lists", i, fmt.Sprintf("anna.meyer%d@example.com", i), "tea")
	}
	w.scan(scanner.Options{})
	under := map[string]pii.Category{}
	meta, lists := w.node("usermeta"), w.node("lists")
	for _, c := range meta.Field("meta_value").Contains {
		if c.Key != "" {
			under[c.By+"="+c.Key] = c.Category
		}
	}
	if want := (map[string]pii.Category{"meta_key=billing_email": "contact.email", "meta_key=billing_phone": "contact.phone"}); !maps.Equal(under, want) {
		t.Errorf("under its keys it holds %v, want %v", under, want)
	}
	for _, c := range lists.Field("listValue").Contains {
		if c.Key != "" {
			t.Error("a value of somebody's is taken for the name of a field")
		}
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const all = 40 // more than are stored at once and wait for it
	for i := range all {
		w.users(fmt.Sprint("users", i), 30)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.scanner.Scan(ctx, w.source, scanner.Options{Workers: 1}, func(e scanner.Event) {
		if e.Stage == "done" && e.Dataset != (pii.Ref{}) {
			cancel()
		}
	})
	if err == nil {
		t.Fatal("a scan that was stopped says that it is done")
	}
	nodes, err := w.catalog.Nodes(t.Context(), "shop")
	w.must(err)
	before := int64(len(nodes))
	if before == 0 || before == all {
		t.Fatalf("%d datasets were examined before the stop", before)
	}
	r := w.scan(scanner.Options{Workers: 1, Again: true})
	if r.Outcome != "done" || int64(len(r.New)) != all-before || len(r.Gone) != 0 {
		t.Errorf("of %d datasets that were left, %d are new: %+v", all-before, len(r.New), r)
	}
}

// TestGaps has datasets that cannot be read, each with its reason, and one that can.
func TestGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("good", 30)
	for kind, code := range map[errkind.Kind]string{errkind.Permission: "no-permission", errkind.Transient: "unreachable", errkind.Unsupported: "unsupported", errkind.Internal: "unreadable"} {
		w.sys.FailNext("Read", errkind.New(kind, "planted"))
		w.sys.FailNext("Sample", errkind.New(kind, "planted"))
		r := w.scan(scanner.Options{Again: true})
		if len(r.Gaps) != 1 || r.Gaps[0].Code != code || r.Gaps[0].At != at("good") || r.Outcome != "incomplete" {
			t.Fatalf("%v: %+v", kind, r)
		}
		n := w.node("good")
		if f := n.Field("email"); f.Examined || f.Reason != code || len(n.Gaps) != 1 {
			t.Errorf("%v: the field says %+v", kind, f)
		}
		if !slices.Contains(w.alerts(), code+" shop/good") {
			t.Errorf("%v: no alert among %v", kind, w.alerts())
		}
	}
	w.sys.Break("good")
	if r := w.scan(scanner.Options{}); r.Outcome != "incomplete" || len(r.Gaps) == 0 {
		t.Errorf("a record that cannot be read is passed over: %+v", r)
	}
}

// TestTheSourceFails has an error of the whole source.
func TestTheSourceFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 30)
	w.sys.FailNext("Discover", errkind.New(errkind.Transient, "planted"))
	if r, err := w.scanner.Scan(t.Context(), w.source, scanner.Options{}, nil); err == nil || r.Outcome != "failed" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := w.alerts(); !slices.Contains(got, "unreachable shop") {
		t.Errorf("alerts: %v", got)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prices("many", 20_000)
	r := w.scan(scanner.Options{Full: true, Bytes: 100_000})
	n := w.node("many")
	if f := n.Field("note"); f.Reason != "budget" || f.Full || r.Progress.Records == 0 || r.Progress.Records >= 20_000 {
		t.Errorf("bytes: %d records, %+v", r.Progress.Records, f)
	}
	r = w.scan(scanner.Options{Sample: 500, Again: true})
	n = w.node("many")
	if f := n.Field("note"); f.Full || f.Values == 0 || f.Values > 1500 {
		t.Errorf("sample: %d records, %+v", r.Progress.Records, f)
	}
	r = w.scan(scanner.Options{Full: true, Timeout: time.Nanosecond, Again: true})
	if len(r.Gaps) != 1 || r.Gaps[0].Code != "timeout" {
		t.Errorf("time: %+v", r.Gaps)
	}
}

// TestTombstones has a dataset that goes: it is marked and alerted once, and comes back.
func TestTombstones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 30)
	w.scan(scanner.Options{})
	other := memory.New(memory.Faults{})
	empty, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", other.Spec(), nil)
	w.must(err)
	t.Cleanup(func() { _ = empty.Close() })
	for i := range 2 {
		r, err := w.scanner.Scan(t.Context(), empty, scanner.Options{}, nil)
		w.must(err)
		if len(r.Gone) != 1-i {
			t.Errorf("scan %d: gone %v", i, r.Gone)
		}
	}
	if n := w.node("users"); n.Gone == 0 || len(n.Fields) == 0 {
		t.Errorf("the tombstone is %+v", n)
	}
	if got := w.alerts(); !slices.Contains(got, "gone shop/users") {
		t.Errorf("alerts: %v", got)
	}
	w.scan(scanner.Options{})
	if n := w.node("users"); n.Gone != 0 {
		t.Error("the dataset is back and still counts as gone")
	}
}

func TestANewFieldIsAnAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 30)
	w.scan(scanner.Options{})
	if got := w.alerts(); len(got) != 0 {
		t.Errorf("alerts of a first scan: %v", got)
	}
	w.users("users", 0, text("contact_email"), pii.Field{Name: "Deleted_At", Column: "Deleted_At", Type: pii.Time})
	for i := range 30 {
		w.sys.Insert("users", [][]byte{fmt.Appendf(nil, "%d", i), fmt.Appendf(nil, "anna%d@example.com", i), []byte("Anna Meyer"), fmt.Appendf(nil, "a.meyer%d@example.org", i), nil})
	}
	w.scan(scanner.Options{})
	if got := w.alerts(); !slices.Equal(got, []string{"new-field shop/users#contact_email"}) {
		t.Errorf("alerts: %v", got)
	}
	if n := w.node("users"); n.Soft != "Deleted_At" {
		t.Errorf("records are soft-deleted by %q", n.Soft)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 30)
	w.prices("prices", 10)
	var mu sync.Mutex
	var stages []string
	var last scanner.Event
	_, err := w.scanner.Scan(t.Context(), w.source, scanner.Options{}, func(e scanner.Event) {
		mu.Lock()
		defer mu.Unlock()
		stages, last = append(stages, e.Stage+" "+e.Dataset.Dataset), e
		if e.Dataset.Dataset == "users" && e.Stage == "done" && !slices.ContainsFunc(e.Found, func(p pii.Proposal) bool { return p.Category == "contact.email" }) {
			t.Error("what was found in the users is not told")
		}
	})
	w.must(err)
	if stages[0] != "discovering " || !slices.Contains(stages, "done users") || !slices.Contains(stages, "done prices") || last.Done != 2 || last.Records != 40 {
		t.Errorf("%v, at last %+v", stages, last)
	}
}

// graph gives what plans are built from, as bytes, revision left out.
func (w *world) graph() string {
	w.t.Helper()
	g, err := w.catalog.Graph(w.t.Context())
	w.must(err)
	b, err := json.Marshal([]any{g.Nodes, g.Edges})
	w.must(err)
	return string(b)
}

// TestRelate finds a reference and a copy by their values, and does it again with the same end.
func TestRelate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 120)
	w.sys.Create(memory.Table{Name: "bookings", Key: []string{"nr"}, Fields: []pii.Field{number("nr"), number("user_id")}})
	for i := range 200 {
		w.sys.Insert("bookings", [][]byte{fmt.Appendf(nil, "%d", 9_000_000+13*i), fmt.Appendf(nil, "%d", 52_000+37*(i%90))})
	}
	w.scan(scanner.Options{})
	r, err := w.scanner.Relate(t.Context())
	w.must(err)
	if r.References != 1 || r.Inferred != 1 || len(r.Islands) != 0 {
		t.Errorf("related: %+v", r)
	}
	g, err := w.catalog.Graph(t.Context())
	w.must(err)
	if len(g.Edges) != 1 || g.Edges[0].From != at("bookings") || g.Edges[0].To != at("users") || g.Edges[0].Kind != lineage.Owns {
		t.Fatalf("edges: %+v", g.Edges)
	}
	first := w.graph()
	again, err := w.scanner.Relate(t.Context())
	w.must(err)
	if fmt.Sprint(again) != fmt.Sprint(r) || w.graph() != first {
		t.Error("relating again ends otherwise")
	}
	if got := w.alerts(); !slices.Contains(got, "unmapped shop/users") {
		t.Errorf("alerts: %v", got)
	}
}

// TestIslandsAreFound has people in a dataset that no identifier leads to: the catalog's search finds it among what no plan reaches.
func TestIslandsAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 60)
	w.sys.Create(memory.Table{Name: "visitors", Key: []string{"nr"}, Fields: []pii.Field{number("nr"), text("birth_date"), text("street")}})
	for i := range 60 {
		w.sys.Insert("visitors", [][]byte{fmt.Appendf(nil, "%d", i+1), fmt.Appendf(nil, "19%02d-03-%02d", 40+i, 1+i%28), fmt.Appendf(nil, "%d Oak Street", 3+i)})
	}
	w.scan(scanner.Options{})
	_, err := w.scanner.Relate(t.Context())
	w.must(err)
	for _, q := range []string{"is:island", "is:dataset is:unmapped"} {
		found, err := w.catalog.Search(t.Context(), q, catalog.Page{})
		w.must(err)
		if len(found.Hits) != 1 || found.Hits[0].Ref != at("visitors") {
			t.Errorf("%s finds %+v", q, found.Hits)
		}
	}
}

// TestScanBesideRelate scans and relates at once: what a scan found last stays.
func TestScanBesideRelate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 30)
	w.scan(scanner.Options{})
	for i := range 8 {
		w.sys.Insert("users", [][]byte{fmt.Appendf(nil, "%d", i), fmt.Appendf(nil, "bob%d@example.com", i), []byte("Bob Ray")})
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := w.scanner.Relate(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := w.scanner.Scan(t.Context(), w.source, scanner.Options{}, nil); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		n := w.node("users")
		if f := n.Field("email"); f.Values != int64(31+i) {
			t.Fatalf("the catalog says %d values, the last scan saw %d", f.Values, 31+i)
		}
	}
}
