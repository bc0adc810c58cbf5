package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func accept(ref string) pii.Decision {
	return pii.Decision{Field: parse(ref), Verdict: pii.Accept, By: "u1"}
}

func reject(ref string) pii.Decision {
	return pii.Decision{Field: parse(ref), Verdict: pii.Reject, Reason: "not a person's", By: "u1"}
}

func (b *bundle) is(ref string, want catalog.State, category pii.Category) {
	b.t.Helper()
	if e := b.field(ref); e.State != want || e.Category != category {
		b.t.Errorf("%s is %s %s, want %s %s", ref, e.State, e.Category, want, category)
	}
}

func TestScanDoesNotOverwriteDecisions(t *testing.T) {
	b := open(t)
	fields := []string{"mail contact.email .9", "ref identity.name .6", "x none.key .9", "y - "}
	b.put("shop/users", fields...)
	b.decide(accept("shop/users#mail"))
	b.decide(reject("shop/users#ref"))
	b.decide(pii.Decision{Field: parse("shop/users#x"), Verdict: pii.Changed, Category: "identity.number"})
	b.decide(pii.Decision{Field: parse("shop/users#y"), Verdict: pii.Defer})
	for range 2 {
		b.is("shop/users#mail", catalog.Accepted, "contact.email")
		b.is("shop/users#ref", catalog.Rejected, "none.other")
		b.is("shop/users#x", catalog.Accepted, "identity.number")
		b.is("shop/users#y", catalog.Deferred, "")
		b.put("shop/users", fields...)
	}
	f := graph(b).Node(parse("shop/users")).Field("x")
	if !f.Decided || f.Confidence != 1 || f.Category != "identity.number" {
		t.Errorf("in the graph x is %+v", f)
	}
}

func TestDecisionsSurvive(t *testing.T) {
	t.Run("a rename, by the system's own id", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "mail contact.email .9 text #1", "name identity.name .9 text #2")
		b.decide(accept("shop/users#mail"))
		b.decide(reject("shop/users#name"))
		b.put("shop/users", "name contact.email .9 text #1", "mail identity.name .9 text #2")
		b.is("shop/users#name", catalog.Accepted, "contact.email")
		b.is("shop/users#mail", catalog.Rejected, "none.other")
	})
	t.Run("a rename of the dataset", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "mail contact.email .9 text #1")
		b.decide(accept("shop/users#mail"))
		b.write(func(tx db.Tx) error { return b.Tombstone(b.ctx, tx, parse("shop/users")) })
		b.put("shop/clients", "mail contact.email .9 text #1")
		b.is("shop/clients#mail", catalog.Accepted, "contact.email")
	})
	t.Run("an id that is the dataset's alone", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "mail contact.email .9 text #1")
		b.decide(accept("shop/users#mail"))
		b.put("shop/clients", "other contact.phone .9 text #1")
		b.is("shop/users#mail", catalog.Accepted, "contact.email")
		b.is("shop/clients#other", catalog.Proposed, "contact.phone")
	})
	t.Run("a rename, by type and sketch", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "mail contact.email .9", "other contact.email .9")
		b.sketch("shop/users#mail", 1, 2, 3, 4)
		b.sketch("shop/users#other", 11, 12, 13, 14)
		b.decide(accept("shop/users#mail"))
		b.sketch("shop/users#address", 1, 2, 3, 5)
		b.sketch("shop/users#third", 6, 7, 8)
		b.put("shop/users", "address contact.email .9", "other contact.email .9", "third contact.email .9")
		b.is("shop/users#address", catalog.Accepted, "contact.email")
		b.is("shop/users#third", catalog.Proposed, "contact.email")
	})
	t.Run("a drop and a re-creation", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "mail contact.email .9", "x none.key .9")
		b.decide(reject("shop/users#mail"))
		b.put("shop/users", "x none.key .9")
		b.write(func(tx db.Tx) error { return b.Tombstone(b.ctx, tx, parse("shop/users")) })
		b.is("shop/users#x", catalog.Gone, "none.key")
		b.put("shop/users", "mail contact.email .9", "x none.key .9")
		b.is("shop/users#mail", catalog.Rejected, "none.other")
	})
	t.Run("a change of type", func(t *testing.T) {
		b := open(t)
		b.put("shop/users", "born demographic.birth_date .9 text")
		b.decide(accept("shop/users#born"))
		b.put("shop/users", "born demographic.birth_date .9 time")
		b.is("shop/users#born", catalog.Accepted, "demographic.birth_date")
	})
}

func (b *bundle) sketch(ref string, hashes ...uint64) {
	b.t.Helper()
	s := catalog.Sketch{Sketch: lineage.Sketch{Field: parse(ref), Cut: ^uint64(0), Hashes: hashes}, Key: "k1", Full: true}
	b.write(func(tx db.Tx) error { return b.SketchPut(b.ctx, tx, s) })
}

func TestNewEvidenceReopens(t *testing.T) {
	b := open(t)
	b.put("shop/users", "code none.code .9", "mail contact.email .9")
	b.decide(pii.Decision{Field: parse("shop/users#code"), Verdict: pii.Reject, Reason: "codes"})
	b.decide(accept("shop/users#mail"))
	b.put("shop/users", "code contact.phone .6", "mail contact .9")
	b.is("shop/users#code", catalog.Rejected, "none.other")
	b.put("shop/users", "code contact.phone .95", "mail contact.email .9")
	b.is("shop/users#code", catalog.Proposed, "contact.phone")
	b.is("shop/users#mail", catalog.Accepted, "contact.email")
	if got := b.names("is:reopened"); got != "shop/users#code" {
		t.Errorf("reopened: %s", got)
	}
	as, err := b.Alerts(b.ctx, false)
	b.must(err)
	if len(as) != 1 || as[0].Code != "reopened" || as[0].At != parse("shop/users#code") {
		t.Fatalf("alerts: %+v", as)
	}
	b.decide(accept("shop/users#code"))
	b.put("shop/users", "code contact.phone .95", "mail contact.email .9")
	b.is("shop/users#code", catalog.Accepted, "contact.phone")
	if as, err = b.Alerts(b.ctx, false); err != nil || len(as) != 0 {
		t.Errorf("alerts after deciding: %+v %v", as, err)
	}
}

func TestVersionsAndUndo(t *testing.T) {
	b := open(t)
	b.put("shop/users", "mail contact.email .9")
	var first, second catalog.Decision
	b.write(func(tx db.Tx) (err error) {
		first, err = b.DecideAt(b.ctx, tx, accept("shop/users#mail"), 0)
		return err
	})
	err := b.db.Write(b.ctx, func(tx db.Tx) error { _, err := b.DecideAt(b.ctx, tx, reject("shop/users#mail"), 0); return err })
	if errkind.Of(err) != errkind.Conflict {
		t.Fatalf("a decision over one not seen: %v", err)
	}
	b.write(func(tx db.Tx) (err error) {
		second, err = b.DecideAt(b.ctx, tx, reject("shop/users#mail"), first.Version)
		return err
	})
	err = b.db.Write(b.ctx, func(tx db.Tx) error { return b.Undo(b.ctx, tx, first.ID, "u2") })
	if errkind.Of(err) != errkind.Conflict {
		t.Errorf("undoing what was overtaken: %v", err)
	}
	b.write(func(tx db.Tx) error { return b.Undo(b.ctx, tx, second.ID, "u2") })
	b.is("shop/users#mail", catalog.Accepted, "contact.email")
	b.write(func(tx db.Tx) error { return b.Undo(b.ctx, tx, first.ID, "u2") })
	b.is("shop/users#mail", catalog.Proposed, "contact.email")
	es, err := b.Events(b.ctx, catalog.Query{})
	b.must(err)
	var actions []string
	for _, e := range es {
		actions = append(actions, string(e.Action))
	}
	if got := strings.Join(actions, " "); got != "decide decide undo undo" {
		t.Errorf("history: %s", got)
	}
	if ds, err := b.Decisions(b.ctx, catalog.Query{}); err != nil || len(ds) != 0 {
		t.Errorf("decisions that hold: %v %v", ds, err)
	}
}

func TestWhatNoDecisionCanBe(t *testing.T) {
	b := open(t)
	b.put("shop/users", "mail contact.email .9", "y - ")
	for _, c := range []struct {
		d    pii.Decision
		code string
	}{
		{pii.Decision{Field: parse("shop/users#nope"), Verdict: pii.Accept, By: "u"}, "no-such-field"},
		{pii.Decision{Field: parse("shop/nope#mail"), Verdict: pii.Accept, By: "u"}, "no-such-dataset"},
		{pii.Decision{Field: parse("shop/users#mail"), Verdict: pii.Accept}, "no-actor"},
		{pii.Decision{Field: parse("shop/users#mail"), Verdict: pii.Reject, By: "u"}, "no-reason"},
		{pii.Decision{Field: parse("shop/users#mail"), Verdict: "yes", By: "u"}, "no-such-verdict"},
		{pii.Decision{Field: parse("shop/users#mail"), Verdict: pii.Changed, Category: "email", By: "u"}, "no-such-category"},
		{pii.Decision{Field: parse("shop/users#y"), Verdict: pii.Accept, By: "u"}, "no-such-category"},
		{pii.Decision{Edge: "nope", Verdict: pii.Accept, By: "u"}, "no-such-reference"},
		{pii.Decision{Verdict: pii.Accept, By: "u"}, "no-target"},
	} {
		err := b.db.Write(b.ctx, func(tx db.Tx) error { return b.Decide(b.ctx, tx, c.d) })
		if errkind.Code(err) != c.code {
			t.Errorf("%+v: %v, want %s", c.d, err, c.code)
		}
	}
}

func TestReferencesAndQuestions(t *testing.T) {
	b := open(t)
	estate(b)
	b.decide(pii.Decision{Edge: "e1", Verdict: pii.Changed, Kind: "mentions"})
	b.decide(pii.Decision{Question: "q1", Verdict: pii.Accept})
	other := lineage.Edge{ID: "e2", From: parse("shop/orders"), Fields: []string{"id"}, To: parse("crm/people"), ToFields: []string{"id"}, Confidence: .6}
	scan := func(es ...lineage.Edge) {
		b.write(func(tx db.Tx) error { return b.PutEdges(b.ctx, tx, "shop", es) })
	}
	scan(other)
	g := graph(b)
	if len(g.Edges) != 2 || g.Edges[0].Kind != lineage.Mentions || !g.Edges[0].Decided {
		t.Fatalf("edges: %+v", g.Edges)
	}
	b.decide(pii.Decision{Edge: "e2", Verdict: pii.Reject, Reason: "chance"})
	scan(other)
	if g = graph(b); len(g.Edges) != 1 || g.Edges[0].ID != "e1" {
		t.Errorf("a rejected reference is back: %+v", g.Edges)
	}
	rs, err := b.References(b.ctx, parse("crm/people"))
	if err != nil || len(rs) != 1 || rs[0].Holds {
		t.Errorf("references to people: %+v %v", rs, err)
	}
	all, err := b.Remembered(b.ctx)
	if err != nil || len(all) != 3 || all["q1"].Verdict != pii.Accept || all["e2"].Verdict != pii.Reject {
		t.Errorf("remembered: %+v %v", all, err)
	}
	b.decide(pii.Decision{Question: "q1", Verdict: pii.Defer})
	if all, err = b.Remembered(b.ctx); err != nil || len(all) != 2 {
		t.Errorf("taken back: %+v %v", all, err)
	}
}

func TestErasedFingerprintsLeaveSketches(t *testing.T) {
	b := open(t)
	b.put("shop/users", "mail contact.email .9")
	b.sketch("shop/users#mail", 3, 1, 2, 1<<63)
	b.sketch("shop/users#vanished", 1)
	b.write(func(tx db.Tx) error {
		n, err := b.SketchRemove(b.ctx, tx, "k1", []uint64{1, 1 << 63, 99})
		if n != 3 {
			t.Errorf("removed %d hashes", n)
		}
		return err
	})
	ss, err := b.Sketches(b.ctx, "shop")
	if err != nil || len(ss) != 1 || len(ss[0].Hashes) != 2 || ss[0].Hashes[0] != 2 || ss[0].Cut != ^uint64(0) {
		t.Errorf("sketches: %+v %v", ss, err)
	}
}

// TestWhatIsReadMayBePutBack lets inference read nodes and references with their decisions and put them back: undoing still gives the machine's word.
func TestWhatIsReadMayBePutBack(t *testing.T) {
	b := open(t)
	estate(b)
	d := accept("shop/users#name")
	d.ID, d.Verdict, d.Category = "d1", pii.Changed, "contact.phone"
	b.decide(d)
	b.decide(pii.Decision{ID: "d2", Edge: "e1", Verdict: pii.Changed, Kind: "mentions"})
	before, err := b.Revision(b.ctx)
	b.must(err)
	g := graph(b)
	b.write(func(tx db.Tx) error {
		for _, n := range g.Nodes {
			b.must(b.PutDataset(b.ctx, tx, n, nil))
		}
		return nil
	})
	if after, err := b.Revision(b.ctx); err != nil || after != before {
		t.Errorf("nothing new made revision %d of %d: %v", after, before, err)
	}
	b.write(func(tx db.Tx) error {
		b.must(b.PutEdges(b.ctx, tx, "shop", g.Edges))
		b.must(b.Undo(b.ctx, tx, "d1", "u1"))
		return b.Undo(b.ctx, tx, "d2", "u1")
	})
	b.is("shop/users#name", catalog.Proposed, "identity.name")
	if e := graph(b).Edges[0]; e.Decided || e.Kind != lineage.Owns || e.Confidence != .9 {
		t.Errorf("the undone reference: %+v", e)
	}
}

// TestDecisionsInPages goes through more decisions than are read at once: page by page, by one person, and the history.
func TestDecisionsInPages(t *testing.T) {
	b := open(t)
	const many = 1100
	b.write(func(tx db.Tx) error {
		for i := range many / 50 {
			var fields []string
			for k := range 50 {
				fields = append(fields, fmt.Sprintf("f%02d contact.email .9", k))
			}
			n, ps := node(fmt.Sprintf("shop/t%03d", i), fields...)
			if err := b.PutDataset(b.ctx, tx, n, ps); err != nil {
				return err
			}
			for k, p := range ps {
				if err := b.Decide(b.ctx, tx, pii.Decision{Field: p.Field, Verdict: pii.Accept, By: map[bool]string{true: "ann", false: "bob"}[k == 7]}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	all, err := b.Decisions(b.ctx, catalog.Query{})
	b.must(err)
	var paged []catalog.Decision
	for q := (catalog.Query{Limit: 300}); ; {
		part, err := b.Decisions(b.ctx, q)
		b.must(err)
		if paged = append(paged, part...); len(part) < q.Limit {
			break
		}
		q.Behind, err = catalog.Target(part[len(part)-1].Decision)
		b.must(err)
	}
	if len(all) != many || !slices.EqualFunc(all, paged, func(x, y catalog.Decision) bool { return x.Field == y.Field }) {
		t.Errorf("%d decisions at once, %d in pages", len(all), len(paged))
	}
	for limit, want := range map[int]int{0: many / 50, 21: 21, 22: 22, 23: 22} {
		anns, err := b.Decisions(b.ctx, catalog.Query{By: "ann", Limit: limit})
		b.must(err)
		history, err := b.Events(b.ctx, catalog.Query{By: "ann", Limit: limit})
		b.must(err)
		if len(anns) != want || len(history) != want {
			t.Errorf("of %d at most, ann has %d decisions and %d in the history, want %d", limit, len(anns), len(history), want)
		}
	}
}
