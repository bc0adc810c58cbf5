package plans_test

import (
	"fmt"
	"testing"

	"vestige/connectors/memory"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
)

// halfErased ends the plan of somebody whose telephone another customer has too when her account is gone and what is left of her is more than was approved. Nothing in the
// estate says any more whose telephone it was.
func halfErased(t *testing.T) (e *estate, w *world, old, next *plans.Status) {
	t.Helper()
	e = newEstate(40, "")
	const other = 40
	e.shop.Insert("customers", row(idOf(other), mailOf(other), "Ottilie", "Zimmer", fmt.Sprintf("+1 202 555 %04d", 100+her)))
	e.desk.Create(memory.Table{Name: "calls", Fields: []pii.Field{field("id", pii.Int, true), field("email", pii.Text, false), field("phone", pii.Text, false)}, Key: []string{"id"}})
	call := func(id, i int) {
		e.desk.Insert("calls", row(id, mailOf(i), fmt.Sprintf("+1 202 555 %04d", 100+i)))
	}
	for i := range 40 {
		call(400_000+i, i)
	}
	w = newWorld(t, e.sources()...)
	old = w.approve(w.plan(plans.Erasure, mailOf(her)))
	came := false
	r, err := w.engine.Run(t.Context(), old.ID, func(ev plans.Event) {
		if ev.What == "unit" && !came {
			came = true
			e.desk.FailNext("Erase", errkind.Coded(errkind.Conflict, "changed", "a record has changed"), errkind.Coded(errkind.Conflict, "changed", "a record has changed"))
			for i := range 60 {
				call(500_000+i, her)
			}
		}
	})
	w.must(err)
	if r.State != plans.Superseded {
		t.Fatalf("the plan came to %s: %s", r.State, r.Reason)
	}
	return e, w, old, w.show(r.Next)
}

// TestASuccessorKnowsWhatOthersHave looks for the last time for a plan that took the place of one that was carried out in part, which was made anew, or asked for anew:
// the other customer stays.
func TestASuccessorKnowsWhatOthersHave(t *testing.T) {
	for name, again := range map[string]func(w *world, next *plans.Status) *plans.Status{
		"as it is": func(_ *world, next *plans.Status) *plans.Status { return next },
		"anew": func(w *world, next *plans.Status) *plans.Status {
			s, err := w.engine.Replan(w.t.Context(), next.ID, "olga")
			w.must(err)
			return s
		},
		"asked for anew": func(w *world, _ *plans.Status) *plans.Status { return w.plan(plans.Erasure, mailOf(her)) },
	} {
		t.Run(name, func(t *testing.T) {
			e, w, _, next := halfErased(t)
			s := w.approve(again(w, next))
			if r := w.run(s.ID); r.State != plans.Closed {
				t.Fatalf("the run ended %s: %s", r.State, r.Reason)
			}
			if left := e.left(mailOf(her)); len(left) > 0 {
				t.Errorf("of her there is left %v", left)
			}
			if left := e.left("Ottilie"); len(left) != 1 || !contains([]byte(left[0]), "555 0105") {
				t.Errorf("of the other customer there is left %v", left)
			}
			destroyed(t, w, s.Request)
			var sealed int64
			w.must(w.store.DB().Read(t.Context(), func(tx db.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM plan WHERE sealed IS NOT NULL) + (SELECT COUNT(*) FROM plan_look WHERE sealed IS NOT NULL)").Scan(&sealed)
			}))
			if sealed > 0 {
				t.Errorf("%d sealed parts are left", sealed)
			}
		})
	}
}
