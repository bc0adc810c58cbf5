package plans_test

import (
	"bytes"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"vestige/connectors"
	allconnectors "vestige/connectors/all"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/pii"
	"vestige/plans"
)

func contains(b []byte, text string) bool {
	return bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(text)))
}

func companySources(t *testing.T, dir string) (out []*connectors.Source) {
	t.Helper()
	specs := map[string]connectors.Spec{}
	for _, s := range allconnectors.All() {
		specs[s.Name] = s
	}
	for _, c := range []struct{ name, kind, path string }{{"shop", "sqlite", "shop.db"}, {"crm", "sqlite", "crm.db"}, {"files", "bucket", "objects"}} {
		env := connectors.Env{Log: slog.New(slog.DiscardHandler), Base: dir, Temp: t.TempDir()}
		s, err := connectors.Open(t.Context(), env, c.name, specs[c.kind], connectors.Config{"path": pii.NewValue(c.path)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		out = append(out, s)
	}
	return out
}

// TestCompany erases the person of the demo company who has every difficulty, on real systems, and has an outsider judge it.
func TestCompany(t *testing.T) {
	seed := uint64(1)
	if s := os.Getenv("VESTIGE_SEED"); s != "" {
		n, _ := strconv.ParseUint(s, 10, 64)
		seed = n
	}
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
	w.policy.Windows.CoolDown = 0
	who := c.Truth.Subjects[c.Walk]
	s := w.plan(plans.Erasure, who.Start.Value)
	for _, g := range s.Open.Gaps {
		t.Logf("gap %s %s %s", g.Code, g.At, g.Text)
	}
	if q, g := s.Open.Blocking(); q+g > 0 {
		t.Errorf("%d questions and %d gaps", q, g)
	}
	w.policy.SingleApprover = true
	s = w.approve(s)
	r, err := w.engine.Run(t.Context(), s.ID, func(e plans.Event) {
		if e.What != "search" {
			t.Logf("%s %s %s %s", e.State, e.What, e.Unit, e.Reason)
		}
	})
	w.must(err)
	if r.State != plans.Closed {
		fs, _ := w.engine.Findings(t.Context(), s.ID)
		for _, f := range fs {
			if f.Blocking {
				t.Logf("finding %+v", f)
			}
		}
		t.Errorf("the run ended %s: %s, %v", r.State, r.Reason, r.Changes)
	}
	reps, err := w.engine.Reports(t.Context(), s.ID)
	w.must(err)
	for _, rep := range reps {
		t.Logf("searched %d expected %d skipped %v", rep.Searched, rep.Expected, rep.Skipped)
		for _, x := range rep.Residues {
			t.Errorf("residue %+v", x)
		}
	}
	after, err := outsider.Take(dir)
	w.must(err)
	j := outsider.Judge(before, after, c.Truth, []company.Person{c.Walk})
	if j.Recall < 1 || len(j.Collateral) > 0 {
		t.Errorf("recall %.4f, left %v, collateral %v", j.Recall, j.Left, j.Collateral)
	}
	for _, id := range who.Identifiers {
		if len(id.Value) < 8 {
			continue
		}
		if files := w.holds(id.Value); len(files) > 0 {
			t.Errorf("a %s stands in %v of the store", id.Category, files)
		}
	}
}
