package plans_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
)

// TestBatch erases many people of the demo company by one plan, among them two who share a household and an order: it ends as if each had been erased alone,
// one after the other.
func TestBatch(t *testing.T) {
	seeds, people := []uint64{1}, 12
	if os.Getenv("VESTIGE_DEEP") != "" {
		seeds, people = []uint64{1, 2, 3, 4, 5, 6, 7, 8}, 24
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { batchOf(t, seed, people) })
	}
}

func batchOf(t *testing.T, seed uint64, count int) {
	dir := t.TempDir()
	c, err := company.Generate(t.Context(), dir, company.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	before, err := outsider.Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, companySources(t, dir)...)
	w.must(w.policy.Add("policy.yaml", []byte(c.Policy())))
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	var people []company.Person
	ask := plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, By: "olga"}
	for k := range min(count, len(c.Truth.Subjects)) {
		p := (c.Walk + company.Person(k)) % company.Person(len(c.Truth.Subjects))
		people = append(people, p)
		start := c.Truth.Subjects[p].Start
		ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: pii.Category(start.Category), Value: pii.NewValue(start.Value)}})
	}
	ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue("nobody@nowhere.example")}})
	s, err := w.engine.Plan(t.Context(), ask)
	w.must(err)
	b := s.Open.Batch
	t.Logf("%+v", *b)
	if n := len(ask.Subjects); b.Subjects != n || b.Planned+len(b.Nothing)+len(b.Left) != n || len(b.Nothing) != 1 || b.Nothing[0] != n {
		t.Errorf("of %d subjects: %+v", n, *b)
	}
	var erased []company.Person
	for i, p := range people {
		left := false
		for _, l := range b.Left {
			left = left || l.Subject == i+1
		}
		if !left {
			erased = append(erased, p)
		}
	}
	for _, g := range s.Open.Gaps {
		t.Logf("gap %+v", g)
	}
	w.approve(s)
	finish(t, w, s.ID)
	after, err := outsider.Take(dir)
	w.must(err)
	j := outsider.Judge(before, after, c.Truth, erased)
	if j.Recall < 1 || len(j.Collateral) > 0 {
		t.Errorf("%d people: recall %.4f, left %.900q, collateral %.900q", len(erased), j.Recall, j.Left, j.Collateral)
	}
}

// TestPassedOverOnce has another erasure come between the last look of a batch and its acts. The first look keeps nobody back; the second one, which was made
// necessary, does, so that single people, one after the other, do not have many wait for good.
func TestPassedOverOnce(t *testing.T) {
	w := newWorld(t, newEstate(40, "").sources()...)
	ask := plans.Ask{Request: "REQ-00000002", Kind: plans.Erasure, By: "olga"}
	for i := 10; i < 14; i++ {
		ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}})
	}
	many, err := w.engine.Plan(t.Context(), ask)
	w.must(err)
	one := w.approve(w.plan(plans.Erasure, mailOf(her)))
	w.approve(many)
	var keeps []bool
	r, err := w.engine.Run(t.Context(), many.ID, func(ev plans.Event) {
		if ev.What != "state" || ev.State != plans.Exporting {
			return
		}
		var looking int64
		w.must(w.store.DB().Read(t.Context(), func(tx db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT looking FROM plan WHERE id = $1", many.ID).Scan(&looking)
		}))
		if keeps = append(keeps, looking > 0); len(keeps) == 1 {
			finish(t, w, one.ID)
		}
	})
	w.must(err)
	if fmt.Sprint(keeps) != "[false true]" {
		t.Errorf("the looks keep others back: %v, and it came to %s (%s)", keeps, r.State, r.Reason)
	}
}

// fair is a batch that stood aside in the midst of its acts for somebody whose plan has ended meanwhile; something of one of its people came since.
func fair(t *testing.T) (*estate, *world, string) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	ask := plans.Ask{Request: "REQ-00000002", Kind: plans.Erasure, By: "olga"}
	for i := 10; i < 20; i++ {
		ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}})
	}
	many, err := w.engine.Plan(t.Context(), ask)
	w.must(err)
	one := w.approve(w.plan(plans.Erasure, mailOf(her)))
	w.approve(many)
	units := 0
	r, err := w.engine.Run(t.Context(), many.ID, func(ev plans.Event) {
		if ev.What != "unit" {
			return
		}
		if units++; units > 1 {
			t.Errorf("the batch goes on with %s while somebody waits", ev.Unit)
			return
		}
		if got := w.run(one.ID); got.Reason != "turn" {
			t.Errorf("one person's erasure came to %s, %s beside that of many", got.State, got.Reason)
		}
	})
	w.must(err)
	if r.Reason != "turn" || r.State != plans.Executing {
		t.Fatalf("the batch came to %s: %s", r.State, r.Reason)
	}
	finish(t, w, one.ID)
	if s := w.show(many.ID); s.State != plans.Executing {
		t.Errorf("the batch is %s", s.State)
	}
	e.desk.Insert("tickets", row(99_001, mailOf(15), "The parcel has not come."))
	return e, w, many.ID
}

// lookedAnew tells of a batch that has ended that it looked again before it went on, so that nothing was left for the look afterwards.
func lookedAnew(t *testing.T, e *estate, w *world, id string) {
	t.Helper()
	reports, err := w.engine.Reports(t.Context(), id)
	w.must(err)
	if s := w.show(id); s.State != plans.Closed || s.Round != 1 || len(reports) != 1 || len(reports[0].Residues) > 0 {
		t.Errorf("the batch did not look again before it went on: %s, round %d, %+v", s.State, s.Round, reports)
	}
	for _, i := range []int{her, 10, 15, 19} {
		if left := e.left(mailOf(i)); len(left) > 0 {
			t.Errorf("of person %d there is left %v", i, left)
		}
	}
}

// TestFair has one person's erasure come while that of many is under way: it goes first, between two units, and both come to their end. While the batch looks again, the
// next one is carried out; then the batch acts for a while, and the one after that waits.
func TestFair(t *testing.T) {
	e, w, many := fair(t)
	var single []string
	for i := range 2 {
		s, err := w.engine.Plan(t.Context(), plans.Ask{Request: fmt.Sprintf("REQ-0000000%d", 3+i), Kind: plans.Erasure, By: "olga",
			Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(8 + i))}}})
		w.must(err)
		single = append(single, w.approve(s).ID)
	}
	w.looks(func(n int) {
		if r := w.run(single[0]); n == 1 && r.State != plans.Closed {
			t.Errorf("while the batch looks, another erasure comes to %s: %s", r.State, r.Reason)
		}
	})
	units := 0
	r, err := w.engine.Run(t.Context(), many, func(ev plans.Event) {
		if ev.What == "unit" && ev.State == plans.Executing {
			units++
			w.run(single[1])
		}
	})
	if err != nil || r.State != plans.Closed || units < 2 {
		t.Errorf("the batch that looked again comes to %s (%s) after %d units, %v", r.State, r.Reason, units, err)
	}
	lookedAnew(t, e, w, many)
	finish(t, w, single[1])
}

// TestStoppedWhileItLooksAnew ends the process of a batch that others overtook while it looks, with and without the turn, and the next one too: whoever goes on still looks.
func TestStoppedWhileItLooksAnew(t *testing.T) {
	e, w, many := fair(t)
	for range 3 {
		ctx, stop := context.WithCancel(t.Context())
		w.looks(func(int) { stop() })
		if _, err := w.engine.Run(ctx, many, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a run that was stopped ended with %v", err)
		}
	}
	w.looks(func(int) {})
	finish(t, w, many)
	lookedAnew(t, e, w, many)
}

// TestAwayWhileItLooksAnew has systems away while a batch that others overtook looks, so that it acts by its old look and stands aside again: once they are back, it looks.
func TestAwayWhileItLooksAnew(t *testing.T) {
	e, w, many := fair(t)
	away := errkind.Coded(errkind.Transient, "away", "the system is away")
	e.shop.FailNext("Locate", away, away) // without the turn and with it
	for range 6 {
		e.shop.FailNext("Erase", away)
		e.desk.FailNext("Erase", away)
	}
	if r := w.run(many); r.State != plans.Executing || w.show(many).Round != 0 {
		t.Fatalf("while systems are away the batch comes to %s: %s", r.State, r.Reason)
	}
	finish(t, w, many)
	lookedAnew(t, e, w, many)
}

// looks has something done whenever all people of a batch have been looked at, with how often they have been.
func (w *world) looks(do func(n int)) {
	w.engine.Log = slog.New(&looking{Handler: slog.DiscardHandler, do: do})
}

type looking struct {
	slog.Handler
	do func(n int)
	n  int
}

func (l *looking) Enabled(context.Context, slog.Level) bool { return true }

func (l *looking) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "closed over many" {
		l.n++
		l.do(l.n)
	}
	return nil
}
