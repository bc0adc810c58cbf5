package river

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Work runs until ctx ends; see jobs.Queue.
func (q *queue[T]) Work(ctx context.Context) error {
	if err := q.resume(ctx); err != nil {
		return err
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return strip(ctx, err)
	}
	q.live(ctx)
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*grace)
	defer cancel()
	if err := q.client.Stop(wait); err != nil {
		return errkind.Coded(errkind.Transient, "stuck", "a job did not stop in time")
	}
	return nil
}

// lost are the statements that end the life of a process that is gone: what it ran is free, what was cancelled meanwhile is
// cancelled, and nobody leads.
func lost() []string {
	return []string{
		`UPDATE river_job SET state = 'cancelled', finalized_at = $1 WHERE state = 'running' AND metadata ->> 'cancel_attempted_at' IS NOT NULL`,
		`UPDATE river_job SET state = 'available', scheduled_at = $1 WHERE state = 'running'`,
	}
}

// resume makes what a dead process was running available. Only where this process is the only one: on SQLite.
func (q *queue[T]) resume(ctx context.Context) error {
	return q.db.Write(ctx, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM job_progress WHERE job NOT IN (SELECT id FROM river_job)"); err != nil {
			return err
		}
		if tx.Dialect() != db.SQLite {
			return nil
		}
		at := clock.Now().Format("2006-01-02 15:04:05.000") // the one form that River compares
		for _, sql := range lost() {
			if _, err := tx.Exec(ctx, sql, at); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "DELETE FROM river_leader")
		return err
	})
}

// worker gives one kind of River's jobs to its handler.
type worker[T any] struct {
	river.WorkerDefaults[args]
	queue   *queue[T]
	handler jobs.Handler
	log     *slog.Logger
}

func (w *worker[T]) Timeout(*river.Job[args]) time.Duration { return w.handler.Timeout }

func (w *worker[T]) Work(ctx context.Context, job *river.Job[args]) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	w.queue.running.Store(job.ID, end)
	defer w.queue.running.Delete(job.ID)
	err := w.call(ctx, job)
	if err == nil {
		return nil
	}
	if after, ok := jobs.After(err); ok {
		return river.JobSnooze(after)
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, rivertype.ErrJobCancelledRemotely):
		return river.JobCancel(reason("canceled/canceled"))
	case errors.Is(cause, context.DeadlineExceeded):
		err = errkind.Coded(errkind.Transient, "timeout", "the attempt took too long")
	case ctx.Err() != nil: // the process ends
		return river.JobSnooze(0)
	}
	w.log.Warn("job failed", "kind", job.Kind, "id", job.ID, "attempt", job.Attempt, "reason", jobs.Reason(err))
	if jobs.Stopped(err) {
		return river.JobCancel(reason(jobs.Reason(err)))
	}
	return reason(jobs.Reason(err))
}

// reason is all that River gets to know of an error.
type reason string

func (r reason) Error() string { return string(r) }

func (w *worker[T]) call(ctx context.Context, job *river.Job[args]) (err error) {
	defer func() {
		if p := recover(); p != nil { // its text and arguments are kept out of log and queue
			w.log.Error("job panicked", "kind", job.Kind, "id", job.ID, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errkind.Coded(errkind.Internal, "panic", "the handler panicked")
		}
	}()
	return w.handler.Work(ctx, jobs.Run{
		Job: jobs.Job{Kind: job.Kind, Key: job.Args.Key, Args: job.Args.Args, RunAt: job.ScheduledAt, Priority: job.Priority, MaxAttempts: job.MaxAttempts},
		ID:  job.ID, Attempt: job.Attempt,
		Progress: func(ctx context.Context, done, total int64) error { return w.queue.progress(ctx, job.ID, done, total) },
	})
}

func (q *queue[T]) progress(ctx context.Context, id, done, total int64) error {
	return q.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO job_progress (job, done, total, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (job) DO UPDATE SET done = excluded.done, total = excluded.total, at = excluded.at`, id, done, total, clock.Micros())
		return err
	})
}
