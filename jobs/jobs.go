// Package jobs is the durable queue: what is to be done later, again after a failure, or by another process. It knows no domain.
//
// A job is enqueued in the unit of work that it follows from, so that neither is there without the other. It is run at least once:
// a worker that dies leaves its job to be run again, so handlers are short and idempotent, and whoever changes other systems checks a
// Fence before each batch. A job's arguments are ids, never anybody's data, and of a failure only kind and code are kept.
//
// The engine is in jobs/river; jobs/jobstest has the suite that every engine passes.
package jobs

import (
	"context"
	_ "embed"
	"errors"
	"regexp"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room; the engine has its own.
func Schema() db.Schema { return db.SchemaOf("jobs", schema) }

// Job is what is to be done.
type Job struct {
	Kind        string            // names the handler: two or more of a-z, 0-9, '.', '-' and '_'
	Key         string            // while a job of the same kind and key is unfinished, a second one is not enqueued; "" for no such rule
	Args        map[string]string // ids only
	RunAt       time.Time         // not before; zero for at once
	Priority    int               // 1 first to 4 last; 0 is 2
	MaxAttempts int               // 0 is 25
}

// Queue is the durable queue. It is safe for concurrent use.
type Queue interface {
	// Enqueue adds the job when the unit of work commits, and gives its id; that of the unfinished one where the key has one.
	Enqueue(ctx context.Context, tx db.Tx, j Job) (id int64, err error)
	// Cancel ends a job that waits, and cancels the context of one that runs. A finished one stays as it is.
	Cancel(ctx context.Context, tx db.Tx, id int64) error
	// Status says how a job is; NotFound a day after it ended (a week where it failed).
	Status(ctx context.Context, tx db.Tx, id int64) (Status, error)
	// Work runs jobs until ctx ends, and returns when none runs any more. What was interrupted is run again.
	Work(ctx context.Context) error
}

// State is where a job is in its life.
type State string

// The states. Done, Failed and Cancelled are final.
const (
	Waiting   State = "waiting"   // for a worker
	Scheduled State = "scheduled" // for its time
	Running   State = "running"
	Retrying  State = "retrying" // for its next attempt
	Done      State = "done"
	Failed    State = "failed" // nobody tries it again
	Cancelled State = "cancelled"
)

// Final tells whether nothing happens to the job any more.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Status is how a job is.
type Status struct {
	ID          int64     `json:"id"`
	Kind        string    `json:"kind"`
	Key         string    `json:"key,omitempty"`
	State       State     `json:"state"`
	Attempt     int       `json:"attempt"`
	MaxAttempts int       `json:"maxAttempts"`
	RunAt       time.Time `json:"runAt"`
	Error       string    `json:"error,omitempty"` // of the last failed attempt: kind/code
	Done        int64     `json:"done"`            // progress, as the handler reported it
	Total       int64     `json:"total"`
}

// Unbounded is the timeout of what takes as long as it takes: one look at all systems, which would begin again with each attempt. What such a handler waits for ends
// waits of its own: a system that says nothing is given up. Where the process ends, another one takes the job over.
const Unbounded time.Duration = -1

// Handler does the jobs of one kind.
type Handler struct {
	Kind    string
	Timeout time.Duration // of one attempt; 0 is 30 s, Unbounded for none. A longer task is several jobs
	Work    func(ctx context.Context, r Run) error
}

// Run is one attempt at a job. The job's RunAt, Priority and MaxAttempts are those it was enqueued with.
type Run struct {
	Job
	ID      int64
	Attempt int // 1 for the first
	// Progress keeps how far the attempt has come; of a total of 0 nobody knows.
	Progress func(ctx context.Context, done, total int64) error
}

var kindRE = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]+$`)

// Validate checks what Enqueue refuses.
func (j Job) Validate() error {
	switch {
	case !kindRE.MatchString(j.Kind):
		return errkind.New(errkind.Invalid, "a job's kind is two or more of a-z, 0-9, '.', '-', '_'")
	case j.Priority < 0 || j.Priority > 4:
		return errkind.New(errkind.Invalid, "job %s: a priority is 1 to 4", j.Kind)
	case j.MaxAttempts < 0 || j.MaxAttempts > 10_000:
		return errkind.New(errkind.Invalid, "job %s: attempts are 1 to 10000", j.Kind)
	case len(j.Key) > 256:
		return errkind.New(errkind.Invalid, "job %s: a key is at most 256 bytes", j.Kind)
	}
	for name, id := range j.Args {
		if len(id) > 256 {
			return errkind.New(errkind.Invalid, "job %s: argument %s is longer than an id", j.Kind, name)
		}
	}
	return nil
}

// Validate checks a handler before it is registered.
func (h Handler) Validate() error {
	if err := (Job{Kind: h.Kind}).Validate(); err != nil {
		return err
	}
	if h.Work == nil || h.Timeout < Unbounded || h.Timeout > 15*time.Minute {
		return errkind.New(errkind.Invalid, "handler %s: it needs Work, and a timeout of at most 15 minutes or none", h.Kind)
	}
	return nil
}

type stop struct{ error }

func (s stop) Unwrap() error { return s.error }

// Stop marks an error that no further attempt can mend: the job fails at once.
func Stop(err error) error {
	if err == nil {
		return nil
	}
	return stop{err}
}

// Stopped tells whether an error was marked by Stop.
func Stopped(err error) bool {
	var s stop
	return errors.As(err, &s)
}

type later struct{ after time.Duration }

func (later) Error() string { return "later" }

// Later is what a handler returns to be called again after a while, without an attempt being counted.
func Later(after time.Duration) error { return later{max(after, 0)} }

// After gives the while of an error made by Later.
func After(err error) (time.Duration, bool) {
	var l later
	ok := errors.As(err, &l)
	return l.after, ok
}

// Reason gives what is kept of a failure: its kind and code.
func Reason(err error) string { return errkind.Of(err).String() + "/" + errkind.Code(err) }

// Backoff gives how long to wait after a failed attempt: a second, doubled each time, five minutes at most.
func Backoff(attempt int) time.Duration {
	return min(time.Second<<min(max(attempt-1, 0), 10), 5*time.Minute)
}

// Wait looks at a job until it has ended; seen, which may be nil, is told each time something has changed.
func Wait(ctx context.Context, d db.DB, q Queue, id int64, seen func(Status)) (Status, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last Status
	for {
		var now Status
		err := d.Read(ctx, func(tx db.Tx) (err error) { now, err = q.Status(ctx, tx, id); return err })
		if err != nil {
			return last, err
		}
		if seen != nil && now != last {
			seen(now)
		}
		if last = now; now.State.Final() {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return last, errkind.New(errkind.Canceled, "wait for job %d: %w", id, ctx.Err())
		case <-tick.C:
		}
	}
}
