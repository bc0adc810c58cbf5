package catalog_test

import (
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

// TestStory goes once through everything on each kind of store, so that the SQL stays honest.
func TestStory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := over(t, s)
		t.Run("scan", func(t *testing.T) { scans(t, b) })
		t.Run("decide", func(t *testing.T) { decides(t, b) })
		t.Run("look", func(t *testing.T) { looks(t, b) })
	}, catalog.Schema())
}

func scans(t *testing.T, b *bundle) {
	b.write(func(tx db.Tx) error { return b.PutSource(b.ctx, tx, "shop", "sqlite") })
	first, err := b.Begin(b.ctx, "shop")
	b.must(err)
	mark := func(r *catalog.Run, ref string) {
		b.write(func(tx db.Tx) error { return r.Mark(b.ctx, tx, parse(ref)) })
	}
	estate(b)
	b.put("shop/old", "phone contact.phone .9")
	mark(first, "shop/users")
	again, err := b.Begin(b.ctx, "shop")
	if err != nil || !again.Resumed || again.ID != first.ID {
		t.Fatalf("the run was not resumed: %+v %v", again, err)
	}
	seen, err := again.Seen(b.ctx)
	if err != nil || len(seen) != 1 || !seen[parse("shop/users")] {
		t.Errorf("seen: %v %v", seen, err)
	}
	mark(again, "shop/orders")
	missing, err := again.Missing(b.ctx)
	if err != nil || len(missing) != 1 || missing[0] != parse("shop/old") {
		t.Fatalf("missing: %v %v", missing, err)
	}
	b.write(func(tx db.Tx) error {
		b.must(b.Tombstone(b.ctx, tx, missing[0]))
		b.must(b.Tombstone(b.ctx, tx, missing[0]))
		b.must(again.Save(b.ctx, tx, catalog.Progress{Datasets: 3, Done: 2, Records: 200}))
		return again.End(b.ctx, tx, "done")
	})
	if next, err := b.Begin(b.ctx, "shop"); err != nil || next.Resumed {
		t.Errorf("a run after the end: %+v %v", next, err)
	}
	runs, err := b.Runs(b.ctx, "shop", 10)
	if err != nil || len(runs) != 2 || runs[1].Progress.Records != 200 || runs[1].Outcome != "done" {
		t.Errorf("runs: %+v %v", runs, err)
	}
}

func decides(t *testing.T, b *bundle) {
	b.decide(accept("shop/users#mail"))
	b.decide(pii.Decision{Field: parse("shop/users#name"), Verdict: pii.Defer})
	b.decide(pii.Decision{Edge: "e1", Verdict: pii.Reject, Reason: "chance"})
	b.decide(pii.Decision{Question: "q", Verdict: pii.Accept})
	ds, err := b.Decisions(b.ctx, catalog.Query{Source: "shop"})
	if err != nil || len(ds) != 2 {
		t.Fatalf("decisions of shop: %+v %v", ds, err)
	}
	b.write(func(tx db.Tx) error { return b.Undo(b.ctx, tx, ds[0].ID, "u2") })
	b.write(func(tx db.Tx) error { return b.Decide(b.ctx, tx, accept("shop/users#mail")) })
	b.sketch("shop/users#mail", 1, 2, 3)
	b.write(func(tx db.Tx) error { _, err := b.SketchRemove(b.ctx, tx, "k1", []uint64{2}); return err })
	if ss, err := b.Sketches(b.ctx, ""); err != nil || len(ss) != 1 || len(ss[0].Hashes) != 2 {
		t.Errorf("sketches: %+v %v", ss, err)
	}
	es, err := b.Events(b.ctx, catalog.Query{By: "u2"})
	if err != nil || len(es) != 1 || es[0].Undoes != ds[0].ID || es[0].Before == nil {
		t.Errorf("events of u2: %+v %v", es, err)
	}
}

func looks(t *testing.T, b *bundle) {
	ss, err := b.Sources(b.ctx)
	b.must(err)
	want := catalog.Counts{Datasets: 2, Fields: 6, PII: 2, Deferred: 1, Accepted: 1, Clean: 3, Unexamined: 1, Gone: 1}
	if len(ss) != 1 || ss[0].Counts != want || ss[0].Scanned == 0 {
		t.Errorf("sources: %+v", ss)
	}
	if got := b.names("is:pii source:shop"); got != "shop/users#mail shop/users#name" {
		t.Errorf("found %s", got)
	}
	g := graph(b)
	if len(g.Nodes) != 4 || len(g.Edges) != 0 || g.Node(parse("shop/old")).Gone == 0 {
		t.Errorf("graph: %+v", g)
	}
	ns, err := b.Nodes(b.ctx, "shop")
	if err != nil || len(ns) != 3 || ns[0].Dataset.Ref.Dataset != "old" {
		t.Errorf("nodes: %+v %v", ns, err)
	}
	if _, err := b.Node(b.ctx, parse("shop/nope")); errkind.Of(err) != errkind.NotFound {
		t.Errorf("a node that is not there: %v", err)
	}
	es, err := b.Proposals(b.ctx, catalog.Filter{Source: "shop", States: []catalog.State{catalog.Accepted, catalog.Deferred}, After: parse("shop/users#mail")})
	if err != nil || len(es) != 1 || es[0].Decision == nil || es[0].Proposal.Examined.Values != 100 {
		t.Errorf("proposals: %+v %v", es, err)
	}
	as, err := b.Alerts(b.ctx, false)
	if err != nil || len(as) != 1 || as[0].Code != "gone" {
		t.Fatalf("alerts: %+v %v", as, err)
	}
	b.write(func(tx db.Tx) error { return b.CloseAlert(b.ctx, tx, as[0].ID, "u1", "dropped on purpose") })
	if as, err = b.Alerts(b.ctx, true); err != nil || len(as) != 1 || as[0].Closed == 0 {
		t.Errorf("alerts: %+v %v", as, err)
	}
	b.put("shop/old", "phone contact.phone .9")
	b.is("shop/old#phone", catalog.Proposed, "contact.phone")
}

func TestFieldWithoutNewProposalKeepsItsEvidence(t *testing.T) {
	b := open(t)
	n, ps := node("shop/users", "mail contact.email .9")
	ps[0].Nats = []pii.Nat{{Text: `name "mail"`, Nats: 2}}
	b.write(func(tx db.Tx) error { return b.PutDataset(b.ctx, tx, n, ps) })
	b.write(func(tx db.Tx) error { return b.PutDataset(b.ctx, tx, n, nil) })
	if e := b.field("shop/users#mail"); len(e.Proposal.Nats) != 1 {
		t.Errorf("evidence is lost: %+v", e.Proposal)
	}
}

func TestHostileNames(t *testing.T) {
	b := open(t)
	names := []string{`a/b#c%d`, `we"ird 'na;me`, "tab\tand ümläut", "emoji 🙂", strings.Repeat("long", 100), "%", "a.b.c"}
	b.write(func(tx db.Tx) error {
		for _, name := range names {
			ref := pii.Ref{Source: "s", Dataset: name}
			n := lineage.Node{Dataset: pii.Dataset{Ref: ref, Kind: pii.Table}, Fields: []lineage.FieldNode{{Field: pii.Field{Name: name, Type: pii.Text},
				Category: "contact.email", Confidence: .9, Examined: true}}}
			if err := b.PutDataset(b.ctx, tx, n, nil); err != nil {
				return err
			}
		}
		return nil
	})
	g := graph(b)
	for _, name := range names {
		ref := pii.Ref{Source: "s", Dataset: name}
		if g.Node(ref) == nil {
			t.Errorf("%q is not in the graph", name)
		}
		if r := b.search(`dataset:"` + strings.ReplaceAll(name, `"`, "") + `"`); !strings.Contains(name, `"`) && r.Total == 0 {
			t.Errorf("%q is not found", name)
		}
	}
}
