package app

import (
	"context"
	"time"

	"vestige/internal/errkind"
	"vestige/plans"
)

// Resume goes on with every plan that was being carried out when its process ended, and comes back to those that wait for a date or for a
// system that was away, until the context ends.
func (a *App) Resume(ctx context.Context) {
	for {
		wait := a.resumeAll(ctx)
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// resumeAll runs each unfinished plan once and gives how long to wait for the next time.
func (a *App) resumeAll(ctx context.Context) time.Duration {
	wait := time.Minute
	ids, err := a.Engine.Unfinished(ctx)
	if err != nil {
		a.Log.Error("look for unfinished plans", "code", errkind.Code(err))
	}
	for _, id := range ids {
		r, err := a.Engine.Run(ctx, id, nil)
		if err != nil {
			a.Log.Error("go on with a plan", "plan", id, "code", errkind.Code(err))
			continue
		}
		if r.Again > 0 && r.State != plans.Closed {
			wait = min(wait, max(r.Again, time.Second))
		}
	}
	return wait
}
