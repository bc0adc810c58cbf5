package plans_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
	"vestige/plans"
)

// moving is a system that says of the first preflights that records have changed since they were found.
type moving struct {
	*memory.Driver
	left *int
}

func (m *moving) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	if *m.left--; *m.left >= 0 {
		return []pii.Finding{{Code: connectors.FindingConflict, Dataset: u.Acts[0].Dataset.Ref, Records: 1, Blocking: true}}, nil
	}
	return m.Driver.Check(ctx, u)
}

// movingWorld opens an estate whose shop moves as often as left says.
func movingWorld(t *testing.T, left *int) (*world, *estate) {
	e := newEstate(40, "")
	spec := e.shop.Spec()
	open := spec.Open
	spec.Type = &moving{Driver: (*memory.Driver)(nil)}
	spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
		d, err := open(ctx, env, cfg)
		if err != nil {
			return nil, err
		}
		return &moving{d.(*memory.Driver), left}, nil
	}
	shop, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", spec, connectors.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, e.sources()[0], shop), e
}

// TestLookIsMadeAgain has records change during the last look: it is made again, until they stand still.
func TestLookIsMadeAgain(t *testing.T) {
	left := 0
	w, _ := movingWorld(t, &left)
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	left = 2
	if r := w.run(s.ID); r.State != plans.Closed || left >= 0 {
		t.Fatalf("ended %s: %s, with %d changes left", r.State, r.Reason, left)
	}
}

// TestLookGivesUp has records change during every look: the plan blocks before any act, says why, and can be run later.
func TestLookGivesUp(t *testing.T) {
	left := 0
	w, e := movingWorld(t, &left)
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	before := e.content()
	left = 1000
	if r := w.run(s.ID); r.State != plans.Blocked || !strings.Contains(r.Reason, connectors.FindingConflict) {
		t.Fatalf("ended %s: %s", r.State, r.Reason)
	}
	if e.content() != before {
		t.Error("something was done")
	}
	left = 0
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("ended %s: %s, the second time", r.State, r.Reason)
	}
}
