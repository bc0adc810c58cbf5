// Package jobstest is the suite that an engine of the job queue passes, on every store.
package jobstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/store"
	"vestige/store/storetest"
)

// Open makes a queue over a store with handlers.
type Open func(t *testing.T, s *store.Store, handlers []jobs.Handler) jobs.Queue

// patience is how long a check waits for what must happen.
const patience = 60 * time.Second

// bench is a store with a queue that works until the test ends.
type bench struct {
	t *testing.T
	s *store.Store
	q jobs.Queue
}

func (b bench) enqueue(j jobs.Job) (id int64) {
	b.t.Helper()
	storetest.Write(b.t, b.s, func(tx db.Tx) (err error) { id, err = b.q.Enqueue(b.t.Context(), tx, j); return err })
	return id
}

func (b bench) status(id int64) (st jobs.Status) {
	b.t.Helper()
	storetest.Read(b.t, b.s, func(tx db.Tx) (err error) { st, err = b.q.Status(b.t.Context(), tx, id); return err })
	return st
}

func (b bench) cancel(id int64) {
	b.t.Helper()
	storetest.Write(b.t, b.s, func(tx db.Tx) error { return b.q.Cancel(b.t.Context(), tx, id) })
}

func (b bench) wait(id int64) jobs.Status {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	st, err := jobs.Wait(ctx, b.s.DB(), b.q, id, nil)
	if err != nil {
		b.t.Fatalf("job %d, last seen as %s: %v", id, st.State, err)
	}
	return st
}

// work runs the queue; the function it gives ends that, and waits.
func (b bench) work() (end func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- b.q.Work(ctx) }()
	var once atomic.Bool
	end = func() {
		if cancel(); once.CompareAndSwap(false, true) {
			if err := <-done; err != nil {
				b.t.Errorf("work ended with %v", err)
			}
		}
	}
	b.t.Cleanup(end)
	return end
}

// Run runs the suite on the stores that open is given.
func Run(t *testing.T, start func(t *testing.T) *store.Store, open Open) {
	for name, check := range map[string]func(t *testing.T, setup func(handlers ...jobs.Handler) bench){
		"transaction": transaction, "arguments": arguments, "retry": retry, "stop": stop, "unique": unique, "schedule": schedule,
		"later": later, "cancel": cancel, "panic": panics, "timeout": timeout, "unbounded": unbounded, "progress": progress, "interrupted": interrupted,
		"refused": refused, "ten thousand": tenThousand,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			check(t, func(handlers ...jobs.Handler) bench { return bench{t, s, open(t, s, handlers)} })
		})
	}
}

func nothing(context.Context, jobs.Run) error { return nil }

func transaction(t *testing.T, setup func(...jobs.Handler) bench) {
	var runs atomic.Int64
	b := setup(jobs.Handler{Kind: "count", Work: func(context.Context, jobs.Run) error { runs.Add(1); return nil }})
	b.work()
	var lost int64
	_ = b.s.DB().Write(t.Context(), func(tx db.Tx) (err error) {
		if lost, err = b.q.Enqueue(t.Context(), tx, jobs.Job{Kind: "count"}); err != nil {
			t.Error(err)
		}
		return errors.New("roll back")
	})
	if st := b.wait(b.enqueue(jobs.Job{Kind: "count", Key: "kept"})); st.State != jobs.Done || runs.Load() != 1 {
		t.Errorf("after a rollback (of job %d) and a commit %d jobs ran, the last is %s", lost, runs.Load(), st.State)
	}
}

func arguments(t *testing.T, setup func(...jobs.Handler) bench) {
	got := map[string]string{}
	var key string
	b := setup(jobs.Handler{Kind: "args", Work: func(_ context.Context, r jobs.Run) error { got, key = r.Args, r.Key; return nil }})
	b.work()
	want := map[string]string{"request": "REQ-00000001", "step": "s 'ö'"}
	st := b.wait(b.enqueue(jobs.Job{Kind: "args", Key: "k1", Args: want}))
	if !maps.Equal(got, want) || key != "k1" || st.Kind != "args" || st.Key != "k1" || st.Attempt != 1 {
		t.Errorf("the handler got %v %q, the status is %+v", got, key, st)
	}
}

func retry(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup(jobs.Handler{Kind: "flaky", Work: func(_ context.Context, r jobs.Run) error {
		if r.Attempt < 3 {
			return errkind.Coded(errkind.Transient, "offline", "somebody@people.example is not there")
		}
		return nil
	}}, jobs.Handler{Kind: "hopeless", Work: func(context.Context, jobs.Run) error { return errors.New("somebody@people.example") }})
	b.work()
	flaky, hopeless := b.enqueue(jobs.Job{Kind: "flaky"}), b.enqueue(jobs.Job{Kind: "hopeless", MaxAttempts: 2})
	if st := b.wait(flaky); st.State != jobs.Done || st.Attempt != 3 || st.Error != "transient/offline" {
		t.Errorf("a job that succeeds at the third attempt is %+v", st)
	}
	if st := b.wait(hopeless); st.State != jobs.Failed || st.Attempt != 2 || st.Error != "internal/internal" {
		t.Errorf("a job that always fails is %+v", st)
	}
}

func stop(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup(jobs.Handler{Kind: "wrong", Work: func(context.Context, jobs.Run) error {
		return jobs.Stop(errkind.Coded(errkind.Invalid, "no-such-plan", "no such plan"))
	}})
	b.work()
	if st := b.wait(b.enqueue(jobs.Job{Kind: "wrong"})); st.State != jobs.Failed || st.Attempt != 1 || st.Error != "invalid/no-such-plan" {
		t.Errorf("a job that was stopped is %+v", st)
	}
}

func unique(t *testing.T, setup func(...jobs.Handler) bench) {
	release := newGate()
	var runs atomic.Int64
	b := setup(jobs.Handler{Kind: "one", Work: func(ctx context.Context, _ jobs.Run) error { runs.Add(1); return release.wait(ctx) }},
		jobs.Handler{Kind: "other", Work: nothing})
	b.work()
	first := b.enqueue(jobs.Job{Kind: "one", Key: "a", Args: map[string]string{"x": "1"}})
	for range 5 {
		if id := b.enqueue(jobs.Job{Kind: "one", Key: "a", Args: map[string]string{"x": "2"}}); id != first {
			t.Errorf("the key was taken by %d, and %d was made", first, id)
		}
	}
	if b.enqueue(jobs.Job{Kind: "one", Key: "b"}) == first || b.enqueue(jobs.Job{Kind: "other", Key: "a"}) == first {
		t.Error("another key, or another kind, is another job")
	}
	release.now()
	b.wait(first)
	again := b.enqueue(jobs.Job{Kind: "one", Key: "a"})
	if b.wait(again); again == first || runs.Load() != 3 {
		t.Errorf("a key stays taken after its job ended (%d runs)", runs.Load())
	}
}

func schedule(t *testing.T, setup func(...jobs.Handler) bench) {
	var ran atomic.Int64
	b := setup(jobs.Handler{Kind: "timed", Work: func(context.Context, jobs.Run) error { ran.Store(clock.Micros()); return nil }})
	b.work()
	at := clock.Now().Add(1500 * time.Millisecond)
	id, far := b.enqueue(jobs.Job{Kind: "timed", RunAt: at}), b.enqueue(jobs.Job{Kind: "timed", RunAt: at.Add(24 * time.Hour)})
	if st := b.status(far); st.State != jobs.Scheduled || st.RunAt.Sub(at.Add(24*time.Hour)).Abs() > time.Second {
		t.Errorf("a job for tomorrow is %+v", st)
	}
	b.wait(id)
	if early := time.UnixMicro(ran.Load()).Sub(at); early < -5*time.Millisecond {
		t.Errorf("the job ran %v before its time", -early)
	}
	if st := b.status(far); st.State != jobs.Scheduled {
		t.Errorf("a job for tomorrow became %s", st.State)
	}
}

func later(t *testing.T, setup func(...jobs.Handler) bench) {
	var calls atomic.Int64
	b := setup(jobs.Handler{Kind: "polling", Work: func(context.Context, jobs.Run) error {
		if calls.Add(1) < 4 {
			return jobs.Later(10 * time.Millisecond)
		}
		return nil
	}})
	b.work()
	if st := b.wait(b.enqueue(jobs.Job{Kind: "polling", MaxAttempts: 2})); st.State != jobs.Done || st.Attempt != 1 || calls.Load() != 4 {
		t.Errorf("after %d calls the job is %+v", calls.Load(), st)
	}
}

func cancel(t *testing.T, setup func(...jobs.Handler) bench) {
	running := newGate()
	b := setup(jobs.Handler{Kind: "long", Work: func(ctx context.Context, _ jobs.Run) error {
		running.now()
		<-ctx.Done()
		return ctx.Err()
	}})
	b.work()
	waiting := b.enqueue(jobs.Job{Kind: "long", RunAt: clock.Now().Add(time.Hour)})
	b.cancel(waiting)
	if st := b.status(waiting); st.State != jobs.Cancelled {
		t.Errorf("a cancelled job that waited is %s", st.State)
	}
	id := b.enqueue(jobs.Job{Kind: "long"})
	if err := running.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	begin := clock.Now()
	b.cancel(id)
	if st := b.wait(id); st.State != jobs.Cancelled || clock.Since(begin) > 10*time.Second {
		t.Errorf("a cancelled job that ran is %+v after %v", st, clock.Since(begin))
	}
	b.cancel(id)
	err := b.s.DB().Write(t.Context(), func(tx db.Tx) error { return b.q.Cancel(t.Context(), tx, 1<<40) })
	if errkind.Of(err) != errkind.NotFound {
		t.Errorf("cancelling a job that never was gives %v", err)
	}
}

func panics(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup(jobs.Handler{Kind: "bad", Work: func(context.Context, jobs.Run) error { panic("somebody@people.example") }})
	b.work()
	if st := b.wait(b.enqueue(jobs.Job{Kind: "bad", MaxAttempts: 1})); st.State != jobs.Failed || st.Error != "internal/panic" {
		t.Errorf("a job that panics is %+v", st)
	}
}

func timeout(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup(jobs.Handler{Kind: "slow", Timeout: 50 * time.Millisecond, Work: func(ctx context.Context, _ jobs.Run) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	b.work()
	if st := b.wait(b.enqueue(jobs.Job{Kind: "slow", MaxAttempts: 1})); st.State != jobs.Failed || st.Error != "transient/timeout" {
		t.Errorf("a job that takes too long is %+v", st)
	}
}

// unbounded has one job run until another one has failed for its time, and the time of all others.
func unbounded(t *testing.T, setup func(...jobs.Handler) bench) {
	failed := make(chan struct{})
	b := setup(jobs.Handler{Kind: "slow", Timeout: 50 * time.Millisecond, Work: func(ctx context.Context, _ jobs.Run) error {
		<-ctx.Done()
		return ctx.Err()
	}}, jobs.Handler{Kind: "long", Timeout: jobs.Unbounded, Work: func(ctx context.Context, _ jobs.Run) error {
		if _, ends := ctx.Deadline(); ends {
			return errkind.Coded(errkind.Invalid, "deadline", "it has one")
		}
		<-failed
		return ctx.Err()
	}})
	b.work()
	long := b.enqueue(jobs.Job{Kind: "long"})
	b.wait(b.enqueue(jobs.Job{Kind: "slow", MaxAttempts: 1}))
	close(failed)
	if st := b.wait(long); st.State != jobs.Done || st.Attempt != 1 {
		t.Errorf("a job without a timeout is %+v", st)
	}
}

func progress(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup(jobs.Handler{Kind: "steps", Work: func(ctx context.Context, r jobs.Run) error {
		for i := range int64(3) {
			if err := r.Progress(ctx, i+1, 3); err != nil {
				return err
			}
		}
		return nil
	}})
	b.work()
	if st := b.wait(b.enqueue(jobs.Job{Kind: "steps"})); st.Done != 3 || st.Total != 3 {
		t.Errorf("progress is %d of %d", st.Done, st.Total)
	}
}

// interrupted checks that the end of a process is no failed attempt.
func interrupted(t *testing.T, setup func(...jobs.Handler) bench) {
	running := newGate()
	var calls atomic.Int64
	b := setup(jobs.Handler{Kind: "long", Work: func(ctx context.Context, _ jobs.Run) error {
		if calls.Add(1) > 1 {
			return nil
		}
		running.now()
		<-ctx.Done()
		return ctx.Err()
	}})
	end := b.work()
	id := b.enqueue(jobs.Job{Kind: "long", MaxAttempts: 1})
	if err := running.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
	if st := b.status(id); st.State.Final() || st.State == jobs.Running {
		t.Fatalf("a job that the end of the process interrupted is %+v", st)
	}
	b.work()
	if st := b.wait(id); st.State != jobs.Done || st.Error != "" {
		t.Errorf("an interrupted job ends as %+v", st)
	}
}

func refused(t *testing.T, setup func(...jobs.Handler) bench) {
	b := setup()
	for _, j := range []jobs.Job{{Kind: ""}, {Kind: "a"}, {Kind: "has space"}, {Kind: "ok", Priority: 5}, {Kind: "ok", MaxAttempts: -1},
		{Kind: "ok", Args: map[string]string{"a": strings.Repeat("x", 300)}}, {Kind: "ok", Key: strings.Repeat("x", 300)}} {
		err := b.s.DB().Write(t.Context(), func(tx db.Tx) error { _, err := b.q.Enqueue(t.Context(), tx, j); return err })
		if errkind.Of(err) != errkind.Invalid {
			t.Errorf("%+v gives %v", j, err)
		}
	}
}

func tenThousand(t *testing.T, setup func(...jobs.Handler) bench) {
	const n = 10_000
	var (
		seen [n]atomic.Int32
		runs atomic.Int64
		all  = newGate()
	)
	b := setup(jobs.Handler{Kind: "many", Work: func(_ context.Context, r jobs.Run) error {
		var i int
		if _, err := fmt.Sscan(r.Args["i"], &i); err != nil {
			return err
		}
		if seen[i].Add(1); runs.Add(1) == n {
			all.now()
		}
		return nil
	}})
	var last int64
	for from := 0; from < n; from += 1000 {
		storetest.Write(t, b.s, func(tx db.Tx) (err error) {
			for i := from; i < from+1000 && err == nil; i++ {
				last, err = b.q.Enqueue(t.Context(), tx, jobs.Job{Kind: "many", Args: map[string]string{"i": fmt.Sprint(i)}})
			}
			return err
		})
	}
	begin := clock.Now()
	end := b.work()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	if err := all.wait(ctx); err != nil {
		t.Fatalf("%d of %d jobs ran: %v", runs.Load(), n, err)
	}
	b.wait(last)
	end()
	for i := range seen {
		if k := seen[i].Load(); k != 1 {
			t.Fatalf("job %d ran %d times", i, k)
		}
	}
	t.Logf("%d jobs in %v", n, clock.Since(begin))
}

// gate is a door that opens once.
type gate struct {
	open chan struct{}
	once atomic.Bool
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) now() {
	if g.once.CompareAndSwap(false, true) {
		close(g.open)
	}
}

func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
