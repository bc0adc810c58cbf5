// Package river runs jobs with River, an engine whose queue is in the same database as the rows the jobs are about, on SQLite and,
// unchanged, with any number of worker machines on PostgreSQL.
//
// River rescues lost jobs after their time is over, it does not lease them. So on PostgreSQL each process that works says every other second that
// it lives, and the others make available what one was running that has stopped to say so. On SQLite the process that owns the data directory
// is the only one: what is marked as running when it starts runs nowhere, and is made available at once. Of an error River keeps the text, so
// it is given kind and code only.
package river

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Options says how jobs are run.
type Options struct {
	Handlers []jobs.Handler
	Workers  int           // jobs at a time in this process; 0 is 8
	Timeout  time.Duration // of an attempt whose handler names none; 0 is 30 s
	Log      *slog.Logger
}

// grace is how long a handler has to notice that its time is over.
const grace = 5 * time.Second

// Open makes a queue over the store, and brings River's own tables up to date.
func Open(ctx context.Context, d db.DB, o Options) (jobs.Queue, error) {
	for _, h := range o.Handlers {
		if err := h.Validate(); err != nil {
			return nil, err
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	switch d := d.(type) {
	case *db.SQLiteDB:
		pool, err := d.Pool(1) // River's advice for SQLite: its own operations do not contend with each other
		if err != nil {
			return nil, err
		}
		return open(ctx, d, riversqlite.New(pool), o)
	case *db.PostgresDB:
		return open(ctx, d, riverpgxv5.New(d.Pool()), o)
	}
	return nil, errkind.New(errkind.Unsupported, "no job engine for this store")
}

// queue is a Queue over one of River's two transaction types.
type queue[T any] struct {
	db      db.DB
	client  *river.Client[T]
	id      string // of this process among those that work
	log     *slog.Logger
	running sync.Map // id of a job that runs here → context.CancelCauseFunc
}

func open[T any](ctx context.Context, d db.DB, driver riverdriver.Driver[T], o Options) (jobs.Queue, error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(o.Log)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "job tables")
	}
	q := &queue[T]{db: d, id: "vestige-" + rand.Text(), log: o.Log}
	q.client, err = river.NewClient(driver, q.config(o))
	if err != nil {
		return nil, errkind.Wrap(errkind.Invalid, err, "job engine")
	}
	return q, nil
}

func (q *queue[T]) config(o Options) *river.Config {
	workers, longest := river.NewWorkers(), o.Timeout
	for _, h := range o.Handlers {
		river.AddWorkerArgs(workers, args{kind: h.Kind}, &worker[T]{queue: q, handler: h, log: o.Log})
		longest = max(longest, h.Timeout)
	}
	n := o.Workers
	if n <= 0 {
		n = 8
	}
	return &river.Config{
		ID:                   q.id,
		Logger:               quiet(o.Log),
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: n}},
		JobTimeout:           o.Timeout,
		JobStuckThreshold:    grace,
		RescueStuckJobsAfter: longest + 2*grace,
		SoftStopTimeout:      time.Second,
		MaxAttempts:          25,
		FetchCooldown:        5 * time.Millisecond,
		RetryPolicy:          backoff{},
		SkipUnknownJobCheck:  true, // a process may enqueue what another one works
		Test:                 river.TestConfig{Time: now{}},
	}
}

// quiet keeps River's notes on its own life out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(above{log.Handler()}) }

type above struct{ slog.Handler }

func (h above) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
func (h above) WithAttrs(a []slog.Attr) slog.Handler { return above{h.Handler.WithAttrs(a)} }
func (h above) WithGroup(name string) slog.Handler   { return above{h.Handler.WithGroup(name)} }

// now lets River read the project's clock, in its SQL as well.
type now struct{}

func (now) Now() time.Time       { return clock.Now() }
func (now) NowOrNil() *time.Time { t := clock.Now(); return &t }

type backoff struct{}

func (backoff) NextRetry(row *rivertype.JobRow) time.Time {
	return clock.Now().Add(jobs.Backoff(len(row.Errors) + 1))
}

// args is a job's arguments as River stores them.
type args struct {
	Key  string            `json:"key,omitempty" river:"unique"`
	Args map[string]string `json:"args,omitempty"`
	kind string
}

func (a args) Kind() string { return a.kind }

// unfinished are the states in which a key is taken.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}
}

func (q *queue[T]) Enqueue(ctx context.Context, tx db.Tx, j jobs.Job) (int64, error) {
	if err := j.Validate(); err != nil {
		return 0, err
	}
	native, err := q.native(tx)
	if err != nil {
		return 0, err
	}
	opts := &river.InsertOpts{MaxAttempts: j.MaxAttempts, Priority: j.Priority, ScheduledAt: j.RunAt}
	if j.Priority == 0 {
		opts.Priority = 2
	}
	if j.Key != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished()}
	}
	res, err := q.client.InsertTx(ctx, native, args{Key: j.Key, Args: j.Args, kind: j.Kind}, opts)
	if err != nil {
		return 0, strip(ctx, err)
	}
	if !res.UniqueSkippedAsDuplicate {
		_, err = tx.Exec(ctx, "DELETE FROM job_progress WHERE job = $1", res.Job.ID)
	}
	return res.Job.ID, err
}

func (q *queue[T]) Cancel(ctx context.Context, tx db.Tx, id int64) error {
	native, err := q.native(tx)
	if err != nil {
		return err
	}
	if _, err = q.client.JobCancelTx(ctx, native, id); err != nil {
		return strip(ctx, err)
	}
	tx.AfterCommit(func() { // on PostgreSQL River tells the other machines; on SQLite it tells nobody
		if end, ok := q.running.Load(id); ok {
			end.(context.CancelCauseFunc)(rivertype.ErrJobCancelledRemotely)
		}
	})
	return nil
}

func (q *queue[T]) native(tx db.Tx) (T, error) {
	native, ok := tx.Native().(T)
	if !ok {
		return native, errkind.New(errkind.Internal, "the unit of work belongs to another kind of store")
	}
	return native, nil
}

// strip drops River's text, which may quote a row.
func strip(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rivertype.ErrNotFound):
		return errkind.Coded(errkind.NotFound, "no-such-job", "no such job")
	case ctx.Err() != nil:
		return errkind.New(errkind.Canceled, "jobs: %w", ctx.Err())
	}
	return errkind.Coded(errkind.Transient, "jobs", "the job queue did not answer (%T)", err)
}
