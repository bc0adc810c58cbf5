package e2e_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"vestige/internal/demo/company"
	"vestige/pii"
	"vestige/plans"
)

// deep tells whether there is time for more.
func deep() bool { return os.Getenv("VESTIGE_DEEP") != "" }

// TestPath takes the walk subject and, after her in the same company, another person (nine of them in the long run) through the whole path: scan, relate, plan,
// approve, run with its look afterwards, attest. Nobody decides anything.
func TestPath(t *testing.T) {
	seeds, persons := 20, 1
	if deep() {
		seeds, persons = 60, 9
	}
	if testing.Short() {
		seeds = 2
	}
	var subjects, questions atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
				t.Parallel()
				e := newEstate(t, company.Options{Seed: seed + 1}, setting{})
				defer e.open(setting{})()
				e.scan(setting{})
				for _, p := range e.persons(persons) {
					subjects.Add(1)
					questions.Add(e.path(p))
				}
			})
		}
	})
	if q, s := questions.Load(), subjects.Load(); q*100 > 2*s {
		t.Errorf("%d questions for %d subjects; at most 2 for 100", q, s)
	}
	t.Logf("%d subjects, %d questions", subjects.Load(), questions.Load())
}

// persons gives the walk subject and n others that a request can be of.
func (e *estate) persons(n int) []company.Person {
	out := []company.Person{e.company.Walk}
	all := e.company.Truth.Subjects
	for i := 0; len(out) <= n && i < len(all); i++ {
		s := all[(i*31+int(e.company.Options.Seed)*17+5)%len(all)]
		if !s.Agent && s.ID != e.company.Walk && s.Start.Single {
			out = append(out, s.ID)
		}
	}
	return out
}

// path takes one person through, and gives how many questions there were.
func (e *estate) path(p company.Person) int64 {
	e.t.Helper()
	o, err := e.erase(p)
	if o.plan != nil {
		e.undeclared(o.plan)
	}
	if err != nil {
		e.t.Errorf("person %d: %v", p, err)
	}
	if o.plan == nil {
		return 0
	}
	asked := asked(o.plan)
	if err != nil || o.result.State != plans.Closed {
		e.t.Errorf("person %d: the plan is %s: %s", p, o.result.State, o.result.Reason)
		return asked
	}
	if o.judged.Recall < 1 || len(o.judged.Left) > 0 || len(o.judged.Collateral) > 0 {
		e.t.Errorf("person %d: recall and collateral", p)
		e.show(o.judged)
	}
	e.proven(o.plan)
	return asked
}

// asked counts what a person would have to answer.
func asked(s *plans.Status) int64 {
	n := len(s.Open.Questions)
	for _, g := range s.Open.Gaps {
		if g.Code == "undecided-field" {
			n++
		}
	}
	return int64(n)
}

// undeclared checks that no question is about a key or reference that the system itself declares.
func (e *estate) undeclared(s *plans.Status) {
	e.t.Helper()
	g, err := e.app.Catalog.Graph(e.t.Context())
	must(e.t, err)
	for _, q := range s.Open.Questions {
		e.t.Logf("question %s at %s: %s", q.Code, q.Dataset, q.Text)
		last := q.Via[len(q.Via)-1]
		for _, edge := range g.Edges {
			if edge.ID == last.Edge && edge.Declared {
				e.t.Errorf("question %s is about a declared reference, %s", q.Code, edge.ID)
			}
		}
	}
	for _, gap := range s.Open.Gaps {
		if gap.Code != "undecided-field" {
			continue
		}
		e.t.Logf("gap %s at %s: %d records", gap.Code, gap.At, gap.Records)
		for _, edge := range g.Edges {
			if edge.Declared && edge.From == gap.At.Of() && len(edge.Fields) == 1 && edge.Fields[0] == gap.At.Field {
				e.t.Errorf("the gap at %s is on a declared reference", gap.At)
			}
		}
	}
}

// proven checks the attestation with the public key alone, and what it says of the look afterwards.
func (e *estate) proven(s *plans.Status) {
	e.t.Helper()
	ctx := e.t.Context()
	file, err := e.app.Engine.Attestation(ctx, s.ID)
	must(e.t, err)
	public, err := e.app.Engine.AttestationKey(ctx)
	must(e.t, err)
	a, err := plans.ReadAttestation(file, public)
	must(e.t, err)
	if len(a.Checks) == 0 || a.Hash != s.Hash {
		e.t.Fatalf("the attestation states %d checks of plan %s", len(a.Checks), a.Hash)
	}
	last := a.Checks[len(a.Checks)-1]
	if len(last.Residues) > 0 || len(last.Skipped) > 0 || last.Searched < 10 {
		e.t.Errorf("the last look: %d residues, %d skipped, %d searched", len(last.Residues), len(last.Skipped), last.Searched)
	}
	for _, st := range a.Steps {
		if st.Affected+st.FoundDone < st.Planned && st.Method != pii.Retain {
			e.t.Errorf("step %s at %s: %d planned, %d done", st.ID, st.Dataset, st.Planned, st.Affected+st.FoundDone)
		}
	}
}
