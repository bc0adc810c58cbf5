package app

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/scanner"
)

// partJob is the kind of job that examines one part of a shared scan.
const partJob = "scan.part"

// Shared tells whether the store is one that many machines work on.
func (a *App) Shared() bool { return a.DB.Dialect() == db.Postgres }

// shareScan has all machines that work on the store scan a source, this one among them, and waits until they are through.
func (a *App) shareScan(ctx context.Context, s *connectors.Source, opt scanner.Options, tell func(scanner.Event)) (scanner.Report, error) {
	q, err := a.queue(ctx)
	if err != nil {
		return scanner.Report{Source: s.Name(), Outcome: "failed"}, err
	}
	var ids []int64
	sh, err := a.Scanner.Share(ctx, s, opt, tell, func(tx db.Tx, run string, parts int64) error {
		for part := range parts {
			args := opt.Args()
			maps.Copy(args, map[string]string{"source": s.Name(), "run": run, "part": strconv.FormatInt(part, 10)})
			id, err := q.Enqueue(ctx, tx, jobs.Job{Kind: partJob, Key: run + "/" + strconv.FormatInt(part, 10), Args: args, MaxAttempts: 5})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return scanner.Report{Source: s.Name(), Outcome: "failed"}, err
	}
	work, stop := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() { worked <- q.Work(work) }()
	err = a.await(ctx, q, sh, ids)
	stop()
	if e := <-worked; err == nil && !errors.Is(e, context.Canceled) {
		err = e
	}
	if err != nil {
		return scanner.Report{Source: s.Name(), Outcome: "failed"}, err
	}
	return sh.Finish(ctx)
}

// patience is how many looks at nothing new end a scan whose jobs have all ended: a part may still be examined by the machine that took it over from a slow one.
const patience = 150

// await looks after a shared scan until no part is left, or those that are will not be tried again.
func (a *App) await(ctx context.Context, q jobs.Queue, sh *scanner.Shared, ids []int64) error {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for idle, last := 0, -1; ; {
		left, err := sh.Progress(ctx)
		if err != nil || left == 0 {
			return err
		}
		over, err := a.over(ctx, q, ids)
		if idle++; !over || left != last {
			idle, last = 0, left
		}
		if err != nil || idle >= patience {
			return cmpError(err, errkind.Coded(errkind.Transient, "parts-failed", "parts of the scan could not be done; scanning again goes on with them"))
		}
		select {
		case <-ctx.Done():
			return errkind.New(errkind.Canceled, "scan: %w", ctx.Err())
		case <-t.C:
		}
	}
}

func cmpError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// over tells whether every job has ended.
func (a *App) over(ctx context.Context, q jobs.Queue, ids []int64) (over bool, err error) {
	err = a.DB.Read(ctx, func(tx db.Tx) error {
		for _, id := range ids {
			s, err := q.Status(ctx, tx, id)
			if errkind.Of(err) == errkind.NotFound {
				continue
			}
			if err != nil || !s.State.Final() {
				over = false
				return err
			}
		}
		over = true
		return nil
	})
	return over, err
}

// workPart examines a part under a token of its own: of two machines that believe the part is theirs only the later one stores anything.
func (a *App) workPart(ctx context.Context, r jobs.Run) error {
	s, err := a.Source(r.Args["source"])
	if err != nil {
		return jobs.Stop(err)
	}
	opt, err := scanner.OptionsOf(r.Args)
	part, perr := strconv.ParseInt(r.Args["part"], 10, 64)
	if err != nil || perr != nil {
		return jobs.Stop(errkind.New(errkind.Invalid, "a part of a scan without its number"))
	}
	name, token := "scan/"+r.Key, int64(0)
	err = a.DB.Write(ctx, func(tx db.Tx) (err error) { token, err = jobs.Acquire(ctx, tx, name); return err })
	if err != nil {
		return err
	}
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go a.heed(work, r.Args["run"], stop)
	if err = a.going(ctx, r.Args["run"]); err == nil {
		err = a.Scanner.Part(work, s, opt, r.Args["run"], part, func(ctx context.Context, tx db.Tx) error { return jobs.Check(ctx, tx, name, token) })
	}
	if errkind.Code(err) == "fenced" || errors.Is(err, errHeld) || errors.Is(context.Cause(work), errHeld) {
		return nil // whoever goes on with the run lays down anew what is left of it
	}
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx db.Tx) error { return jobs.Forget(ctx, tx, name) })
}

// errHeld is why a part of a scan is left: its run is paused, put off, or over.
var errHeld = errkind.Coded(errkind.Conflict, "run-held", "the run is not going on")

// going tells whether a run is being done; errHeld says that it is not.
func (a *App) going(ctx context.Context, run string) error {
	r, err := a.Catalog.Run(ctx, run)
	if errkind.Of(err) == errkind.NotFound || err == nil && r.State != catalog.RunRunning {
		return errHeld
	}
	return err
}

// heeding is how often it is looked whether a run that several machines share still goes on.
const heeding = time.Second

// heed stops the work on a part when its run is paused, put off or ended, wherever that was asked for.
func (a *App) heed(ctx context.Context, run string, stop context.CancelCauseFunc) {
	t := time.NewTicker(heeding)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if errors.Is(a.going(ctx, run), errHeld) {
			stop(errHeld)
			return
		}
	}
}
