package plans_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/pii"
	"vestige/plans"
)

// TestTogether erases several people of the demo company at once, among them the two who share a household and an order: it ends as if one were erased after
// the other. A run whose plan the others have changed too much is planned and approved anew, as a person would.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	c, err := company.Generate(t.Context(), dir, company.Options{Seed: 1})
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
	var who []company.Person
	var ids []string
	for i, p := range []company.Person{c.Walk, (c.Walk + 1) % company.Person(len(c.Truth.Subjects)), (c.Walk + 7) % company.Person(len(c.Truth.Subjects))} {
		subject := c.Truth.Subjects[p]
		s, err := w.engine.Plan(t.Context(), plans.Ask{Request: fmt.Sprintf("REQ-%08d", i+1), Kind: plans.Erasure, By: "olga",
			Identifiers: []pii.Identifier{{Category: pii.Category(subject.Start.Category), Value: pii.NewValue(subject.Start.Value)}}})
		w.must(err)
		if q, g := s.Open.Blocking(); q+g > 0 {
			t.Logf("person %d has %d questions and %d gaps, and is left out", p, q, g)
			continue
		}
		w.approve(s)
		who, ids = append(who, p), append(ids, s.ID)
	}
	if len(who) < 2 {
		t.Fatalf("%d people can be erased", len(who))
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() { finish(t, w, id) })
	}
	wg.Wait()
	after, err := outsider.Take(dir)
	w.must(err)
	j := outsider.Judge(before, after, c.Truth, who)
	if j.Recall < 1 || len(j.Collateral) > 0 {
		t.Errorf("recall %.4f, left %.400q, collateral %.400q", j.Recall, j.Left, j.Collateral)
	}
}

// finish runs a plan to its end, through plans in its place.
func finish(t *testing.T, w *world, id string) {
	for attempts := 0; attempts < 10; attempts++ {
		r, err := w.engine.Run(t.Context(), id, nil)
		switch {
		case err != nil:
			t.Errorf("a run ended with %v", err)
			return
		case r.State == plans.Closed:
			return
		case r.Reason == "turn":
			attempts-- // it waits for the others
			runtime.Gosched()
		case r.State == plans.Superseded:
			id = r.Next
			s, err := w.engine.Show(t.Context(), id)
			if err == nil {
				_, err = w.engine.Approve(t.Context(), id, s.Hash, "alma")
			}
			if err != nil {
				t.Errorf("the new plan: %v", err)
				return
			}
		default:
			t.Logf("%s: %s", r.State, r.Reason)
		}
	}
	s, _ := w.engine.Show(t.Context(), id)
	t.Errorf("the plan stays %s: %s", s.State, s.Reason)
}

// TestOneAtATime begins several erasures at once: whenever one of them is at its acts, no other is.
func TestOneAtATime(t *testing.T) {
	w := newWorld(t, newEstate(40, "").sources()...)
	w.policy.SingleApprover = true
	var ids []string
	for i, person := range []int{her, 5, 9, 14} {
		s, err := w.engine.Plan(t.Context(), plans.Ask{Request: fmt.Sprintf("REQ-%08d", i+1), Kind: plans.Erasure, By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(person))}}})
		w.must(err)
		w.approve(s)
		ids = append(ids, s.ID)
	}
	var most atomic.Int64
	look := func(ev plans.Event) {
		if ev.What != "unit" && ev.What != "state" {
			return
		}
		under := int64(0)
		for _, id := range ids {
			s, err := w.engine.Show(t.Context(), id)
			if err == nil && (s.State == plans.Executing || s.State == plans.Purging) {
				under++
			}
		}
		if under > most.Load() {
			most.Store(under)
		}
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			for r := (plans.Result{}); !r.State.Terminal(); {
				var err error
				if r, err = w.engine.Run(t.Context(), id, look); err != nil || r.State == plans.Blocked {
					t.Errorf("%s %s %v", r.State, r.Reason, err)
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d erasures were under way at once", most.Load())
	}
}
