package plans_test

import (
	"context"
	"log/slog"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

// ending is a system whose client ends right after a soft delete was done, before anybody could note it.
type ending struct {
	*memory.Driver
	after *func()
}

func (e *ending) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	out, err := e.Driver.Erase(ctx, u)
	if len(u.Acts) > 0 && u.Acts[0].Method == pii.SoftDelete && *e.after != nil {
		(*e.after)()
		return nil, ctx.Err()
	}
	return out, err
}

// TestUndoAfterEndingBetweenActAndReceipt has a run end between a soft delete and its receipt, and another one go on: undo still brings everything back.
func TestUndoAfterEndingBetweenActAndReceipt(t *testing.T) {
	e := newEstate(40, "deleted_at")
	spec := e.shop.Spec()
	var after func()
	open := spec.Open
	spec.Type = &ending{Driver: (*memory.Driver)(nil)}
	spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
		d, err := open(ctx, env, cfg)
		if err != nil {
			return nil, err
		}
		return &ending{d.(*memory.Driver), &after}, nil
	}
	shop, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", spec, connectors.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, e.sources()[0], shop)
	day := policies.Days(24 * 3600 * 1e9)
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 7*day, day
	before := e.content()
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	ctx, end := context.WithCancel(t.Context())
	ended := 0
	after = func() { ended++; end() }
	if _, err := w.engine.Run(ctx, s.ID, nil); err == nil || ended != 1 {
		t.Fatalf("the run did not end at the act: %v, %d", err, ended)
	}
	after = nil
	if e.content() == before {
		t.Fatal("nothing was hidden")
	}
	if r := w.run(s.ID); r.State != plans.Cooling {
		t.Fatalf("the second run ended %s: %s", r.State, r.Reason)
	}
	w.must(w.engine.Undo(t.Context(), s.ID, "olga", "the person has thought better of it"))
	if e.content() != before {
		t.Error("undo did not bring everything back")
	}
	destroyed(t, w, s.Request)
}
