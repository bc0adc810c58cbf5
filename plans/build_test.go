package plans_test

import (
	"bytes"
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// built is a plan made without the engine, of fixed time and salt.
func built(t *testing.T, w *world) *plans.Plan {
	t.Helper()
	g, err := w.catalog.Graph(t.Context())
	w.must(err)
	start := []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(her))}}
	lim := lineage.Limits{Find: w.policy.Act.Find, Change: w.policy.Change, Hub: w.policy.Limits.Hub}
	c, err := lineage.Close(t.Context(), g, plans.Look(w.sources), lim, start, nil)
	w.must(err)
	p, err := plans.Build(plans.Input{
		Request: "REQ-00000001", Kind: plans.Erasure, Regime: "gdpr", Now: 1_790_000_000_000_000, Graph: g, Closure: c, Start: start, Change: w.policy.Change,
		Tolerance: plans.Tolerance{Percent: 10, AtLeast: 10}, Salt: bytes.Repeat([]byte{7}, 32),
		Basis: func(d pii.Ref, _ []pii.Category) (plans.Basis, bool) {
			return plans.Basis{Text: "tax law"}, d.Dataset == "invoices"
		},
		Methods:    func(d pii.Dataset) []pii.Method { return w.sources[d.Ref.Source].Methods(d) },
		Statements: func(s string, u pii.Unit) []string { return w.sources[s].Statements(u) },
		Rungs:      func(d pii.Dataset) []connectors.Rung { return w.sources[d.Ref.Source].Rungs(d) },
	})
	w.must(err)
	return p
}

// TestBuildIsPure makes the same plan twice from closures of their own: byte for byte the same, open and sealed part.
func TestBuildIsPure(t *testing.T) {
	e := newEstate(40, "")
	e.shop.Insert("invoices", row(400_001, idOf(her), 58.5))
	w := newWorld(t, e.sources()...)
	a := built(t, w)
	for range 5 {
		b := built(t, w)
		if !bytes.Equal(a.Open.Bytes(), b.Open.Bytes()) || !bytes.Equal(a.Sealed.Encode(), b.Sealed.Encode()) || a.Hash != b.Hash {
			t.Fatal("the same input gives another plan")
		}
	}
	if back, err := plans.DecodeSealed(a.Sealed.Encode()); err != nil || !bytes.Equal(back.Encode(), a.Sealed.Encode()) {
		t.Errorf("the sealed part does not come back as it was: %v", err)
	}
	if plans.Commit(a.Sealed.Salt, a.Sealed.Encode()) != a.Open.Commitment {
		t.Error("the commitment is not that of the sealed part")
	}
	if contains(a.Open.Bytes(), mailOf(her)) || contains(a.Open.Bytes(), "52185") {
		t.Error("the open part holds a value")
	}
}

// TestKept has an invoice that the law keeps: it stays as it is, the customer's record stays as a shell, and everything else goes.
func TestKept(t *testing.T) {
	e := newEstate(40, "")
	e.shop.Insert("invoices", row(400_001, idOf(her), 58.5))
	for i := range 30 {
		e.shop.Insert("invoices", row(400_100+i, idOf(i+6), 10))
	}
	w := newWorld(t, e.sources()...)
	w.must(w.policy.Add("p.yaml", []byte("retain:\n  - {basis: \"tax law, 10 years\", months: 120, article: \"art. 17(3)(b)\", match: {dataset: \"shop/invoices\"}}\n")))
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("the run ended %s: %s", r.State, r.Reason)
	}
	a := finished(t, e, w, s.ID)
	if len(a.Kept) != 1 || a.Kept[0].Records != 1 || a.Kept[0].Basis == "" || a.Kept[0].Until == 0 {
		t.Errorf("the attestation says of what is kept: %+v", a.Kept)
	}
	if left := e.left("400001|52185|58.5"); len(left) != 1 {
		t.Error("the invoice is not what it was")
	}
	shell := e.shop.Rows("customers")
	i := slices.IndexFunc(shell, func(r [][]byte) bool { return string(r[0]) == "52185" })
	if i < 0 || contains(bytes.Join(shell[i], []byte("|")), "felix") {
		t.Error("the customer's record does not stay as a shell without her name")
	}
	if len(e.shop.Rows("orders")) != 117 {
		t.Errorf("%d orders are left, want 117", len(e.shop.Rows("orders")))
	}
}
