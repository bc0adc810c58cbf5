package model_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/forms"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/keys"
	"vestige/internal/model"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/store"
)

// office is the product beside the systems: a store, a catalog that holds what a right scan would, and the engine that plans and acts.
type office struct {
	*systems
	store   *store.Store
	catalog *catalog.Catalog
	engine  *plans.Engine
	graph   *lineage.Graph
	ring    *keys.Ring
	set     *classifiers.Set
	policy  *policies.Policy
}

// newOffice opens one over systems that hold an estate, with a catalog in which a right scan has been. It is closed with them.
func newOffice(s *systems) *office {
	s.t.Helper()
	o := openOffice(s)
	o.learn()
	return o
}

// openOffice opens one that knows nothing yet.
func openOffice(s *systems) *office {
	s.t.Helper()
	o := &office{systems: s}
	ctx, dir := context.Background(), filepath.Join(s.dir, "store")
	var err error
	o.store, err = store.Open(ctx, store.Options{Dir: dir, Command: "test", Schemas: app.Schemas()})
	ok(s.t, err)
	s.close = append(s.close, func() { _ = o.store.Close() })
	o.catalog, err = catalog.Open(ctx, o.store.DB(), dir)
	ok(s.t, err)
	s.close = append(s.close, func() { _ = o.catalog.Close() })
	master := filepath.Join(s.dir, "master.key")
	ok(s.t, keys.NewFile(master))
	m, err := keys.OpenMaster(ctx, "file:"+master, dir)
	ok(s.t, err)
	_, private, err := ed25519.GenerateKey(nil)
	ok(s.t, err)
	log, err := audit.New(o.store.DB(), "vestige/test", private)
	ok(s.t, err)
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	ok(s.t, err)
	o.ring, o.set, o.policy = keys.NewRing(m, keys.Table{}, forms.Version), set, policies.Default()
	policy := o.policy
	policy.Windows.CoolDown, policy.Windows.Minimum, policy.SingleApprover = 0, 0, true
	o.engine, err = plans.New(plans.Deps{
		Kinds: set, DB: o.store.DB(), Catalog: o.catalog, Sources: s.sources, Keys: o.ring, Audit: log, Policy: policy,
		Log: slog.New(slog.DiscardHandler), Destroyed: o.store.Destroyed, Wait: func(context.Context, time.Duration) error { return nil },
	})
	ok(s.t, err)
	return o
}

// learn puts into the catalog what a right scan would find.
func (o *office) learn() {
	o.t.Helper()
	o.graph = graph(o.t, o.e, o.sources)
	ctx := context.Background()
	ok(o.t, o.store.DB().Write(ctx, func(tx db.Tx) error {
		for _, n := range o.graph.Nodes {
			if err := o.catalog.PutDataset(ctx, tx, n, nil); err != nil {
				return err
			}
		}
		return o.catalog.PutEdges(ctx, tx, "", o.graph.Edges)
	}))
	// every dataset is stored with what the references say of it
	ok(o.t, o.store.DB().Write(ctx, func(tx db.Tx) error {
		for _, n := range o.graph.Nodes {
			if err := o.catalog.PutDataset(ctx, tx, n, nil); err != nil {
				return err
			}
		}
		return nil
	}))
}

// content reads everything by the systems' own clients.
func (s *systems) content() model.Content {
	out := model.Content{}
	for _, t := range s.e.Tables {
		if t.Form != "view" {
			out[t] = s.read(t)
		}
	}
	return out
}

// erase has the product find, plan and erase the subject, and says what stopped it. Questions are answered by no: what nothing tells to be hers stays.
func (o *office) erase() (wrong []string) {
	ctx := context.Background()
	ask := plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, Regime: "gdpr", By: "olga", Identifiers: given(o.e)}
	s, err := o.engine.Plan(ctx, ask)
	if err != nil {
		return []string{fmt.Sprintf("plan: %v", err)}
	}
	for round := 0; round < 5; round++ {
		if open, _ := s.Open.Blocking(); open == 0 {
			break
		}
		for _, q := range s.Open.Questions {
			for _, at := range q.Places {
				ok(o.t, o.engine.Answer(ctx, plans.Answer{Request: ask.Request, ID: at.ID, Verdict: pii.Reject, Reason: "nothing says that it is hers", By: "olga"}))
			}
		}
		if s, err = o.engine.Replan(ctx, s.ID, "olga"); err != nil {
			return []string{fmt.Sprintf("plan: %v", err)}
		}
	}
	for _, g := range s.Open.Gaps {
		wrong = append(wrong, fmt.Sprintf("gap %s at %s: %s", g.Code, g.At, g.Text))
	}
	if s, err = o.engine.Approve(ctx, s.ID, s.Hash, "olga"); err != nil {
		return append(wrong, fmt.Sprintf("approve: %v", err))
	}
	r, err := o.engine.Run(ctx, s.ID, nil)
	for try := 0; err == nil && r.Again > 0 && try < 5; try++ {
		r, err = o.engine.Run(ctx, s.ID, nil)
	}
	if err != nil || r.State != plans.Closed {
		wrong = append(wrong, fmt.Sprintf("the run ended %s: %s %v", r.State, r.Reason, err))
	}
	return append(wrong, o.residues(s.ID)...)
}

// residues are what the product's own look afterwards found.
func (o *office) residues(id string) (out []string) {
	ctx := context.Background()
	if fs, err := o.engine.Findings(ctx, id); err == nil {
		for _, f := range fs {
			if f.Blocking {
				out = append(out, fmt.Sprintf("finding %s at %s: %s", f.Code, f.Dataset, f.Text))
			}
		}
	}
	if reps, err := o.engine.Reports(ctx, id); err == nil {
		for _, rep := range reps {
			for _, x := range rep.Residues {
				out = append(out, fmt.Sprintf("residue %+v", x))
			}
		}
	}
	return out
}

// erases carries an erasure out in real systems and judges what it leaves.
func erases(t *testing.T, e *model.Estate, postgre bool) []string {
	t.Helper()
	s := load(t, e, postgre)
	defer s.end()
	o := newOffice(s)
	before := s.content()
	wrong := o.erase()
	return append(e.Judge(before, s.content()), wrong...)
}
