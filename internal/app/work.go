package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/jobs/river"
	"vestige/plans"
)

// Work carries on with what is left to be done until the context ends: plans that were being carried out when their process ended, those that wait
// for a date or for a system that was away, exports whose window is over, and entries of the log that have no place yet. What was running when a
// process was killed is begun again at once.
func (a *App) Work(ctx context.Context) error {
	q, err := a.queue(ctx)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	all.Go(func() { a.Audit.Run(ctx, a.failed("keep the log in order")) })
	all.Go(func() { a.feed(ctx, q) })
	all.Go(func() { _ = a.Watch.Work(ctx) }) // says in the log what went wrong
	err = q.Work(ctx)
	all.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// queue opens the queue with all that this program can do, whichever process takes a job.
func (a *App) queue(ctx context.Context) (jobs.Queue, error) {
	return river.Open(ctx, a.DB, river.Options{Log: a.Log, Handlers: []jobs.Handler{
		{Kind: planJob, Timeout: jobs.Unbounded, Work: a.workPlan},
		{Kind: finishJob, Timeout: jobs.Unbounded, Work: a.workFinish},
		{Kind: partJob, Timeout: 10 * time.Minute, Work: a.workPart},
		{Kind: expireJob, Work: a.workExpire},
	}})
}

// The kinds of job.
const (
	planJob   = "plan.run"
	finishJob = "request.finish"
	expireJob = "export.expire"
)

// every is how often it is looked what there is to do.
const every = 10 * time.Second

func (a *App) failed(what string) func(error) {
	return func(err error) { a.Log.Error("work in the background failed", "what", what, "code", errkind.Code(err)) }
}

// feed enqueues a job for each plan that can go on and for each request that stands behind its plan, one that has a job already gets no second one, and has people reminded
// of deadlines.
func (a *App) feed(ctx context.Context, q jobs.Queue) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := a.enqueue(ctx, q); err != nil && ctx.Err() == nil {
			a.failed("enqueue what is unfinished")(err)
		}
		if _, err := a.Requests.Remind(ctx); err != nil && ctx.Err() == nil {
			a.failed("remind of deadlines")(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (a *App) enqueue(ctx context.Context, q jobs.Queue) error {
	ids, err := a.Engine.Unfinished(ctx)
	if err != nil {
		return err
	}
	behind, err := a.Requests.Unfinished(ctx)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx db.Tx) error {
		for _, id := range ids {
			if _, err := q.Enqueue(ctx, tx, jobs.Job{Kind: planJob, Key: id, Args: map[string]string{"plan": id}}); err != nil {
				return err
			}
		}
		for _, id := range behind {
			if _, err := q.Enqueue(ctx, tx, jobs.Job{Kind: finishJob, Key: id, Args: map[string]string{"request": id}, Priority: 3}); err != nil {
				return err
			}
		}
		_, err := q.Enqueue(ctx, tx, jobs.Job{Kind: expireJob, Key: "all"})
		return err
	})
}

// Later has a request's plan carried out by whoever works on the store: a running serve, here or elsewhere.
func (a *App) Later(ctx context.Context, request string) error {
	r, err := a.Requests.Show(ctx, request)
	if err != nil {
		return err
	}
	if r.Plan == "" {
		return errkind.Coded(errkind.Conflict, "no-plan", "the request has no plan yet")
	}
	q, err := a.queue(ctx)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx db.Tx) error {
		_, err := q.Enqueue(ctx, tx, jobs.Job{Kind: planJob, Key: r.Plan, Args: map[string]string{"plan": r.Plan}})
		return err
	})
}

// workPlan goes on with a plan by way of its request, whose state follows.
func (a *App) workPlan(ctx context.Context, r jobs.Run) error {
	s, err := a.Engine.Show(ctx, r.Args["plan"])
	if errkind.Of(err) == errkind.NotFound {
		return jobs.Stop(err)
	}
	if err != nil {
		return err
	}
	res, err := a.runPlan(ctx, s)
	if errkind.Code(err) == "halted" {
		return jobs.Later(every)
	}
	if err != nil || res.Again <= 0 {
		return err
	}
	return jobs.Later(res.Again)
}

func (a *App) runPlan(ctx context.Context, s *plans.Status) (plans.Result, error) {
	if _, err := a.Requests.Show(ctx, s.Request); err == nil && !s.State.Terminal() {
		return a.Requests.Run(ctx, s.Request, nil)
	}
	if s.State.Terminal() { // what is left to be done is to forget
		return a.Engine.Run(ctx, s.ID, nil)
	}
	return a.Requests.Guarded(ctx, s.Request, func(ctx context.Context) (plans.Result, error) { return a.Engine.Run(ctx, s.ID, nil) })
}

// workFinish does what a request leaves to be done when its plan has ended.
func (a *App) workFinish(ctx context.Context, r jobs.Run) error {
	return a.Requests.Finish(ctx, r.Args["request"], "vestige")
}

func (a *App) workExpire(ctx context.Context, _ jobs.Run) error {
	_, err := a.Engine.Expire(ctx)
	return err
}
