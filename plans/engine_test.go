package plans_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/internal/testenv"
	"vestige/jobs"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/store"
	"vestige/store/storetest"
)

const her = 5 // she is named in another's ticket, too

func ready(t *testing.T) (*estate, *world, *plans.Status) {
	t.Helper()
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	s := w.plan(plans.Erasure, mailOf(her))
	if q, g := s.Open.Blocking(); q+g > 0 {
		t.Fatalf("%d questions and %d gaps are open: %+v %+v", q, g, s.Open.Questions, s.Open.Gaps)
	}
	return e, w, s
}

// finished looks at everything that is to be true once a request is closed.
func finished(t *testing.T, e *estate, w *world, id string) *plans.Attested {
	t.Helper()
	s := w.show(id)
	if s.State != plans.Closed {
		t.Fatalf("the plan ended %s: %s", s.State, s.Reason)
	}
	for _, text := range []string{mailOf(her), "555 0105"} {
		if left := e.left(text); len(left) > 0 {
			t.Errorf("left in the systems: %v", left)
		}
		if files := w.holds(text); w.dir != "" && len(files) > 0 {
			t.Errorf("left in the store: %v", files)
		}
	}
	file, err := w.engine.Attestation(t.Context(), id)
	w.must(err)
	public, err := w.engine.AttestationKey(t.Context())
	w.must(err)
	a, err := plans.ReadAttestation(file, public)
	w.must(err)
	if a.Hash != s.Hash || len(a.Approvals) != 1 || a.Checkpoint.Size == 0 {
		t.Errorf("the attestation is about %s, with %d approvals, at log entry %d", a.Hash, len(a.Approvals), a.Checkpoint.Size)
	}
	for _, source := range a.Rungs {
		for _, r := range source.Rungs {
			if r.State == "" {
				t.Errorf("the attestation does not say how the rung %s of %s stands", r.Name, source.Source)
			}
		}
	}
	if len(a.Rungs) == 0 {
		t.Error("the attestation names no rung")
	}
	i := slices.Index(file, '"')
	file[i+200] ^= 1
	if _, err := plans.ReadAttestation(file, public); err == nil {
		t.Error("a changed attestation is believed")
	}
	return a
}

func TestErasure(t *testing.T) {
	for name, start := range map[string]func(t *testing.T, e *estate) *world{
		"sqlite": func(t *testing.T, e *estate) *world { return newWorld(t, e.sources()...) },
		"postgres": func(t *testing.T, e *estate) *world {
			st := storetest.Open(t, store.Options{DSN: testenv.Postgres(t), Command: "test", Schemas: schemas()})
			return newWorldOn(t, t.TempDir(), st, e.sources()...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(40, "")
			w := start(t, e)
			others := strings.Count(e.content(), "\n")
			s := w.approve(w.plan(plans.Erasure, mailOf(her)))
			if r := w.run(s.ID); r.State != plans.Closed {
				t.Fatalf("the run ended %s: %s", r.State, r.Reason)
			}
			a := finished(t, e, w, s.ID)
			for _, st := range a.Steps {
				if st.Affected+st.FoundDone != st.Planned {
					t.Errorf("%s %s: %d records planned, %d affected", st.Method, st.Dataset, st.Planned, st.Affected)
				}
			}
			// her record, three orders and a ticket are gone; the other's ticket stays, without her address
			if now := strings.Count(e.content(), "\n"); others-now != 5 {
				t.Errorf("%d records are gone, want 5", others-now)
			}
			if again := w.run(s.ID); again.State != plans.Closed {
				t.Errorf("a run after the end gives %s", again.State)
			}
			if _, err := w.engine.Plan(t.Context(), plans.Ask{Request: s.Request, Kind: plans.Erasure, By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(6))}}}); errkind.Code(err) != "request-closed" {
				t.Errorf("a closed request gets a new plan: %v", err)
			}
		})
	}
}

func TestApprovalRules(t *testing.T) {
	_, w, s := ready(t)
	for _, c := range []struct{ hash, by, code string }{
		{s.Hash, "olga", "same-person"}, {"00" + s.Hash[2:], "alma", "other-hash"}, {s.Hash, "", "no-approver"},
	} {
		if _, err := w.engine.Approve(t.Context(), s.ID, c.hash, c.by); errkind.Code(err) != c.code {
			t.Errorf("approving by %q gives %v, want %s", c.by, err, c.code)
		}
	}
	if r := w.run(s.ID); r.State != plans.Planned || r.Reason != "not-approved" {
		t.Errorf("a plan that nobody approved runs to %s", r.State)
	}
	s = w.approve(s)
	if s.Approvals[0].Single {
		t.Error("another person's approval counts as the same person's")
	}
	if _, err := w.engine.Approve(t.Context(), s.ID, s.Hash, "boris"); errkind.Code(err) != "not-planned" {
		t.Errorf("an approved plan is approved again: %v", err)
	}
}

func TestSingleApprover(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	w.policy.SingleApprover = true
	s := w.plan(plans.Erasure, mailOf(her))
	s, err := w.engine.Approve(t.Context(), s.ID, s.Hash, "olga")
	w.must(err)
	w.run(s.ID)
	if a := finished(t, e, w, s.ID); !a.Approvals[0].Single {
		t.Error("the attestation does not say that one person asked and approved")
	}
}

// TestExtendedDeadline has a request extended after the approval of its plan: the attestation goes by the later deadline, over the same hash.
func TestExtendedDeadline(t *testing.T) {
	for name, due := range map[string]int64{"first": 0, "extended": clock.Micros() + time.Hour.Microseconds()} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(40, "")
			w := newWorld(t, e.sources()...)
			s, err := w.engine.Plan(t.Context(), plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, By: "olga", Deadline: 1, Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(her))}}})
			w.must(err)
			s = w.approve(s)
			w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error { return w.engine.Extended(t.Context(), tx, s.Request, due) }))
			w.run(s.ID)
			if a := finished(t, e, w, s.ID); a.InTime == nil || *a.InTime != (due > 0) || a.Deadline != max(due, 1) || a.Hash != s.Hash {
				t.Errorf("due at %d, in time: %t", a.Deadline, *a.InTime)
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	e, w, s := ready(t)
	s = w.approve(s)
	for k := range 20 {
		e.shop.Insert("orders", row(990_000+k, idOf(her), 1))
	}
	r := w.run(s.ID)
	if r.State != plans.Superseded || r.Reason != "envelope" || r.Next == "" || !slices.ContainsFunc(r.Changes, func(d plans.Difference) bool { return d.Code == "count" && d.Is == 23 }) {
		t.Fatalf("twenty more orders than approved: %+v", r)
	}
	if left := e.left(mailOf(her)); len(left) != 3 {
		t.Errorf("%d records are left before the new plan is approved, want all 3", len(left))
	}
	next := w.show(r.Next)
	if next.State != plans.Planned || next.Open.Previous != s.Hash {
		t.Errorf("the new plan is %s and follows %s", next.State, next.Open.Previous)
	}
	w.approve(next)
	w.run(next.ID)
	finished(t, e, w, next.ID)
}

func TestToleranceAllowsArrivals(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	e.shop.Insert("orders", row(990_000, idOf(her), 1))
	w.run(s.ID)
	finished(t, e, w, s.ID)
}

func TestArrivalAfterTheLastLook(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	came := false
	_, err := w.engine.Run(t.Context(), s.ID, func(ev plans.Event) {
		if ev.State == plans.Purging && !came {
			came = true
			e.desk.Insert("tickets", row(79_999, mailOf(her), "And another thing."))
		}
	})
	w.must(err)
	finished(t, e, w, s.ID)
	if got := w.show(s.ID).Round; got != 1 {
		t.Errorf("it took %d further rounds, want 1", got)
	}
}

func TestResidueBlocks(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	_, err := w.engine.Run(t.Context(), s.ID, func(ev plans.Event) {
		if ev.State == plans.Checking && ev.What == "state" {
			e.shop.Insert("orders", row("x "+mailOf(her), idOf(7), 1)) // in a field that nobody would look into
		}
	})
	w.must(err)
	got := w.show(s.ID)
	if got.State != plans.Blocked || got.Resume != plans.Checking {
		t.Fatalf("the plan is %s (%s) although her address is left", got.State, got.Reason)
	}
	reps, err := w.engine.Reports(t.Context(), s.ID)
	w.must(err)
	if r := reps[len(reps)-1].Residues; len(r) != 1 || r[0].At.String() != "shop/orders#id" || r[0].Records != 1 {
		t.Errorf("the report says %+v", r)
	}
	as, err := w.catalog.Alerts(t.Context(), false)
	w.must(err)
	if len(as) == 0 || !slices.ContainsFunc(as, func(a catalog.Alert) bool { return a.Code == "residue" }) {
		t.Error("there is no alert of the residue")
	}
	if err := w.engine.Cancel(t.Context(), s.ID, "olga", "no"); errkind.Code(err) != "irreversible" {
		t.Errorf("a plan that has erased is cancelled: %v", err)
	}
}

func TestOpenGapBlocks(t *testing.T) {
	e := newEstate(40, "")
	e.desk.Break("tickets")
	w := newWorld(t, e.sources()...)
	s := w.plan(plans.Erasure, mailOf(her))
	if _, gaps := s.Open.Blocking(); gaps == 0 {
		t.Fatal("an unreadable record is no gap")
	}
	w.approve(s)
	before := e.content()
	if r := w.run(s.ID); r.State != plans.Blocked || !strings.Contains(r.Reason, "gaps") {
		t.Fatalf("with an open gap the run ended %s: %s", r.State, r.Reason)
	}
	if e.content() != before {
		t.Error("something was changed while a gap was open")
	}
	for _, g := range s.Open.Gaps {
		w.must(w.engine.Answer(t.Context(), plans.Answer{Request: s.Request, ID: g.ID, Verdict: pii.Accept, Reason: "looked at by hand", By: "alma"}))
	}
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("with the gap accepted the run ended %s: %s", r.State, r.Reason)
	}
	if a := finished(t, e, w, s.ID); len(a.Gaps) == 0 || len(a.Answers) == 0 {
		t.Error("the attestation does not name the accepted gap")
	}
}

func TestPreflightBlocks(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	e.desk.FailNext("Check", errkind.Coded(errkind.Permission, "denied", "the credentials do not allow it"))
	if r := w.run(s.ID); r.State != plans.Blocked || !strings.HasPrefix(r.Reason, "preflight") {
		t.Fatalf("a source that cannot be asked: %s %s", r.State, r.Reason)
	}
	w.run(s.ID)
	finished(t, e, w, s.ID)
}

// TestTheOtherSourceGoesOn has one system away: the other one is erased, and nothing is claimed.
func TestTheOtherSourceGoesOn(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	away := errkind.Coded(errkind.Transient, "away", "the system is away")
	e.desk.FailNext("Erase", away, away, away, away, away)
	r := w.run(s.ID)
	if r.State != plans.Executing || r.Again == 0 || !strings.Contains(r.Reason, "desk: away") {
		t.Fatalf("with a system away the run ended %s: %s", r.State, r.Reason)
	}
	if len(e.shop.Rows("customers")) != 39 || w.waited != 4 {
		t.Errorf("the other system has %d customers; waited %d times", len(e.shop.Rows("customers")), w.waited)
	}
	w.run(s.ID)
	finished(t, e, w, s.ID)
}

// TestAwayKeepsNobody has a system away in the middle of one erasure, and another one asked for meanwhile: it is carried out where systems are there, and both end.
func TestAwayKeepsNobody(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	other, err := w.engine.Plan(t.Context(), plans.Ask{Request: "REQ-00000002", Kind: plans.Erasure, By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(20))}}})
	w.must(err)
	w.approve(other)
	away := errkind.Coded(errkind.Transient, "away", "the system is away")
	e.desk.FailNext("Erase", away, away, away, away, away)
	if r := w.run(s.ID); r.State != plans.Executing || !strings.Contains(r.Reason, "desk: away") {
		t.Fatalf("with a system away the run ended %s: %s", r.State, r.Reason)
	}
	if r := w.run(other.ID); r.Reason == "turn" {
		t.Fatalf("the other one waits, %s, for a system that is away", r.State)
	}
	finish(t, w, other.ID)
	finish(t, w, s.ID)
	finished(t, e, w, s.ID)
	if left := e.left(mailOf(20)); len(left) > 0 {
		t.Errorf("of the other one there is left %v", left)
	}
}

func TestFence(t *testing.T) {
	e, w, s := ready(t)
	w.approve(s)
	other := false
	_, err := w.engine.Run(t.Context(), s.ID, func(ev plans.Event) {
		if ev.What == "unit" && !other {
			other = true
			if r := w.run(s.ID); r.State != plans.Closed {
				t.Errorf("the second run ended %s", r.State)
			}
		}
	})
	if !errors.Is(err, jobs.ErrFenced) {
		t.Errorf("the run that lost its token ended with %v", err)
	}
	finished(t, e, w, s.ID)
}

func TestUndo(t *testing.T) {
	e := newEstate(40, "deleted_at")
	w := newWorld(t, e.sources()...)
	day := policies.Days(24 * 3600 * 1e9)
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 7*day, day
	before := e.content()
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	r := w.run(s.ID)
	if r.State != plans.Cooling || r.Until == 0 {
		t.Fatalf("with a window the run ended %s: %s", r.State, r.Reason)
	}
	if e.content() == before {
		t.Error("nothing is hidden during the cool-down")
	}
	w.must(w.engine.Undo(t.Context(), s.ID, "olga", "the person has thought better of it"))
	if e.content() != before {
		t.Error("undo did not bring everything back")
	}
	if got := w.show(s.ID).State; got != plans.Cancelled {
		t.Errorf("after undo the plan is %s", got)
	}
	destroyed(t, w, s.Request)
}

// destroyed sees that the key of a request is gone.
func destroyed(t *testing.T, w *world, request string) {
	t.Helper()
	storetest.Read(t, w.store, func(tx db.Tx) error {
		for _, p := range []keys.Purpose{keys.Request, keys.Undo} {
			if _, err := (keys.Table{}).GetKey(t.Context(), tx, keys.ID(p, request)); errkind.Of(err) != errkind.NotFound {
				t.Errorf("the %s key is there: %v", p, err)
			}
		}
		return nil
	})
	if files := w.holds(mailOf(her)); len(files) > 0 {
		t.Errorf("left in the store: %v", files)
	}
}

func TestKeysAreDestroyedOnEveryEnd(t *testing.T) {
	for name, end := range map[string]func(w *world, s *plans.Status) error{
		"closed":    func(w *world, s *plans.Status) error { w.approve(s); w.run(s.ID); return nil },
		"cancelled": func(w *world, s *plans.Status) error { return w.engine.Cancel(t.Context(), s.ID, "olga", "no") },
		"denied":    func(w *world, s *plans.Status) error { return w.engine.Deny(t.Context(), s.ID, "olga", "no") },
		"failed": func(w *world, s *plans.Status) error {
			return w.engine.Fail(t.Context(), s.ID, "olga", "the system is no more")
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, w, s := ready(t)
			key := wrapped(t, w, s.Request)
			w.must(end(w, s))
			if got := w.show(s.ID).State; string(got) != name {
				t.Errorf("the plan is %s", got)
			}
			destroyed(t, w, s.Request)
			if files := w.holds(string(key)); len(files) > 0 {
				t.Errorf("the wrapped key of the request is in %v", files)
			}
			if _, err := w.engine.Replan(t.Context(), s.ID, "olga"); err == nil {
				t.Error("a plan that has ended is made anew")
			}
		})
	}
}

func wrapped(t *testing.T, w *world, request string) (key []byte) {
	t.Helper()
	storetest.Read(t, w.store, func(tx db.Tx) error {
		k, err := (keys.Table{}).GetKey(t.Context(), tx, keys.ID(keys.Request, request))
		key = k.Wrapped
		return err
	})
	return key
}
