package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/pii"
)

// TestCountersAreWhatIsThere does at random what changes a catalog, and compares what pages count with what a search finds and what stands in the
// store; then it takes the counters away, as in a catalog from before there were any, and opens it again.
func TestCountersAreWhatIsThere(t *testing.T) {
	b := open(t)
	estate(b)
	rnd := rand.New(rand.NewPCG(7, 7))
	var decided []string
	for i := range 60 {
		set := fmt.Sprintf("s%d/t%d", rnd.IntN(3), rnd.IntN(6))
		switch rnd.IntN(5) {
		case 0:
			b.put(set, "mail contact.email .9", "note none.text .9", fmt.Sprintf("x%d contact.phone .%d", rnd.IntN(3), 1+rnd.IntN(9)))
		case 1:
			b.put(set, "mail contact.email .99", "city contact.city .7")
		case 2:
			n, err := b.Node(b.ctx, parse(set))
			if err == nil {
				b.write(func(tx db.Tx) error { return b.Tombstone(b.ctx, tx, n.Dataset.Ref) })
			}
		case 3:
			es, err := b.Proposals(b.ctx, catalog.Filter{States: []catalog.State{catalog.Proposed, catalog.Accepted, catalog.Deferred}})
			b.must(err)
			if len(es) > 0 {
				d := pii.Decision{ID: fmt.Sprintf("d%d", i), Field: es[rnd.IntN(len(es))].Ref, Verdict: []pii.Verdict{pii.Accept, pii.Reject, pii.Defer}[rnd.IntN(3)], Reason: "so it is", By: "dana"}
				if d.Verdict == pii.Accept {
					d.Category = "contact.email"
				}
				b.decide(d)
				decided = append(decided, d.ID)
			}
		case 4:
			if len(decided) > 0 {
				id := decided[rnd.IntN(len(decided))]
				_ = b.db.Write(b.ctx, func(tx db.Tx) error { return b.Undo(b.ctx, tx, id, "dana") })
			}
		}
		if i%10 == 9 {
			counters(t, b)
		}
	}
	b.must(b.CatchUp(b.ctx, 100)) // what was decided teaches of like fields
	counters(t, b)
	before := fmt.Sprint(sets(b), groups(b))
	b.write(func(tx db.Tx) error {
		for _, table := range []string{"field_count", "field_group", "dataset_count", "dataset_part", "edge_to"} {
			if _, err := tx.Exec(b.ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		_, err := tx.Exec(b.ctx, "UPDATE field SET grp = ''")
		return err
	})
	b.reopen()
	counters(t, b)
	if after := fmt.Sprint(sets(b), groups(b)); after != before {
		t.Errorf("counted anew there is\n%s\nwhere there was\n%s", after, before)
	}
}

// sets gives every dataset with its counts, read in pages of three.
func sets(b *bundle) (out []string) {
	f := catalog.SetFilter{Limit: 3}
	for {
		page, all, next, err := b.Sets(b.ctx, f)
		b.must(err)
		for _, s := range page {
			out = append(out, fmt.Sprint(s.Ref, s.Kinds, s.Counts))
		}
		if f.After = next; next == "" {
			if int(all) != len(out) {
				b.t.Fatalf("%d datasets on all pages, and %d are counted", len(out), all)
			}
			return out
		}
	}
}

func groups(b *bundle) (out []string) {
	for _, s := range []catalog.State{catalog.Proposed, catalog.Deferred} {
		all, err := b.Groups(b.ctx, catalog.GroupFilter{State: s})
		b.must(err)
		for _, g := range all {
			_, es, err := b.Group(b.ctx, catalog.GroupFilter{State: s}, g.ID, pii.Ref{}, 1000)
			b.must(err)
			if int64(len(es)) != g.Fields {
				b.t.Fatalf("the group %s has %d fields, and %d are counted", g.Name, len(es), g.Fields)
			}
			out = append(out, fmt.Sprint(g.ID, g.Name, g.Fields, g.Sources))
		}
	}
	return out
}

// counters compares what is counted with what is there.
func counters(t *testing.T, b *bundle) {
	t.Helper()
	es, err := b.Proposals(b.ctx, catalog.Filter{})
	b.must(err)
	want := map[catalog.State]int64{}
	for _, e := range es {
		want[e.State]++
	}
	var sum catalog.Counts
	for f := (catalog.SetFilter{Limit: 500}); ; {
		page, _, next, err := b.Sets(b.ctx, f)
		b.must(err)
		for _, s := range page {
			sum.Proposed, sum.Accepted, sum.Gone = sum.Proposed+s.Counts.Proposed, sum.Accepted+s.Counts.Accepted, sum.Gone+s.Counts.Gone
		}
		if f.After = next; next == "" {
			break
		}
	}
	if sum.Proposed != want[catalog.Proposed] || sum.Accepted != want[catalog.Accepted] || sum.Gone != want[catalog.Gone] {
		t.Fatalf("counted are %+v, there are %v", sum, want)
	}
	for _, q := range []string{"", "is:pii", "is:unmapped", "is:reopened", "category:contact -is:gone", "type:text is:accepted"} {
		r, err := b.Facets(b.ctx, q)
		b.must(err)
		if n := b.search(q).Total; r.Total != n {
			t.Fatalf("%q finds %d fields, and %d are counted", q, n, r.Total)
		}
	}
	groups(b)
}

// A second look is asked for at some of the fields that were put off; the others are no part of that queue, nor of what is decided of it at once.
func TestPutOffForAReason(t *testing.T) {
	b := open(t)
	for i := range 4 {
		b.put(fmt.Sprintf("shop/t%d", i), "mail contact.email .9", "phone contact.phone .9")
	}
	reason := map[string]string{"shop/t0#mail": "second review: is it?", "shop/t1#mail": "later", "shop/t2#mail": "second review: is it?", "shop/t3#phone": "later"}
	for at, why := range reason {
		b.decide(pii.Decision{Field: parse(at), Verdict: pii.Defer, Reason: why, By: "dana"})
	}
	f := catalog.GroupFilter{State: catalog.Deferred, Reason: "second review:"}
	look := func(f catalog.GroupFilter) (out []string) {
		all, err := b.Groups(b.ctx, f)
		b.must(err)
		for _, g := range all {
			_, es, err := b.Group(b.ctx, f, g.ID, pii.Ref{}, 10)
			b.must(err)
			if int64(len(es)) != g.Fields {
				t.Errorf("%s has %d fields, and %d are counted", g.Name, len(es), g.Fields)
			}
			for _, e := range es {
				out = append(out, e.Ref.String())
			}
		}
		return out
	}
	for want, f := range map[string]catalog.GroupFilter{
		"[shop/t0#mail shop/t2#mail]": f, "[]": {State: catalog.Deferred, Reason: "third"}, "[shop/t0#mail shop/t1#mail shop/t2#mail]": {State: catalog.Deferred, Category: "contact.email"},
	} {
		if got := fmt.Sprint(look(f)); got != want {
			t.Errorf("%+v finds %s, wanted %s", f, got, want)
		}
	}
	all, err := b.Groups(b.ctx, f)
	b.must(err)
	if _, es, err := b.Group(b.ctx, f, all[0].ID, parse("shop/t0#mail"), 10); err != nil || len(es) != 1 || es[0].Ref.Dataset != "t2" {
		t.Errorf("behind the first there are %v: %v", es, err)
	}
	b.decide(pii.Decision{Field: parse("shop/t0#mail"), Verdict: pii.Accept, Category: "contact.email", By: "eve"})
	if got := fmt.Sprint(look(f)); got != "[shop/t2#mail]" {
		t.Errorf("when one was decided there are %s", got)
	}
}
