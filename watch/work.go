package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/scanner"
)

// What somebody can want of a run that is being done.
const (
	wishPause  = "pause"
	wishCancel = "cancel"
)

// Why a run was stopped.
var (
	errPaused    = errkind.Coded(errkind.Conflict, "paused", "the scan was paused: “vestige runs resume” lets it go on")
	errCancelled = errkind.Coded(errkind.Conflict, "cancelled", "the scan was cancelled")
	errQuiet     = errkind.Coded(errkind.Conflict, "quiet", "a maintenance window of the source has begun")
)

// deadAfter is after how long without a sign a process counts as gone, on a store that machines share. Where a store has one process, every other one is.
const deadAfter = time.Minute

// atOnce is how many runs a process does at a time.
const atOnce = 3

// Do does work on a run under watch: it is stopped when somebody pauses or cancels it, or when a maintenance window begins, and the store says so. A source is read
// whole by one run at a time; others wait for it.
func (s *Service) Do(ctx context.Context, id string, work func(context.Context) (scanner.Report, error)) (scanner.Report, error) {
	r, err := s.Catalog.Run(ctx, id)
	if err != nil {
		return scanner.Report{}, err
	}
	free, err := s.take(ctx, r)
	if err != nil {
		return scanner.Report{Source: r.Source, Run: id, Outcome: "failed"}, err
	}
	defer free()
	run, stop := context.WithCancelCause(ctx)
	var look sync.WaitGroup
	look.Go(func() { s.look(run, r, stop) })
	report, err := work(run)
	why := context.Cause(run)
	stop(nil)
	look.Wait()
	if err == nil || ctx.Err() != nil {
		return report, err
	}
	return report, s.stopped(ctx, r, err, why)
}

// take waits until no other run of this process reads the source whole. A signal does not wait: its datasets are few.
func (s *Service) take(ctx context.Context, r *catalog.Run) (free func(), err error) {
	if r.Origin == "signal" {
		return func() {}, nil
	}
	for {
		s.mu.Lock()
		other := s.busy[r.Source]
		if other == nil {
			done := make(chan struct{})
			s.busy[r.Source] = done
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.busy, r.Source)
				s.mu.Unlock()
				close(done)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, errkind.New(errkind.Canceled, "scan: %w", ctx.Err())
		}
	}
}

// look says every second that the run is being done, and stops it where somebody wants so.
func (s *Service) look(ctx context.Context, r *catalog.Run, stop context.CancelCauseFunc) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		wish, err := s.Catalog.Beat(ctx, r.ID, s.holder)
		switch {
		case err != nil && ctx.Err() == nil:
			s.Log.Warn("nobody could be told that a run is being done", "run", r.ID, "code", errkind.Code(err))
		case wish == wishPause:
			stop(errPaused)
		case wish == wishCancel:
			stop(errCancelled)
		case s.quietNow(ctx, r).After(clock.Now()):
			stop(errQuiet)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// quietNow gives the end of the maintenance window that the run's schedule is in; the present where it is in none.
func (s *Service) quietNow(ctx context.Context, r *catalog.Run) time.Time {
	now := clock.Now()
	name := scheduleOf(r)
	if name == "" {
		return now
	}
	x, err := s.Schedule(ctx, name)
	if err != nil || len(x.Quiet) == 0 {
		return now
	}
	return x.Awake(now)
}

// stopped says in the store why a run was stopped, and gives the error that says so.
func (s *Service) stopped(ctx context.Context, r *catalog.Run, err, why error) error {
	do := map[error]func(db.Tx) error{
		errPaused:    func(tx db.Tx) error { return r.Hold(ctx, tx, catalog.RunPaused, 0, "") },
		errCancelled: func(tx db.Tx) error { return r.End(ctx, tx, "cancelled") },
		errQuiet: func(tx db.Tx) error {
			end := s.quietNow(ctx, r)
			return r.Hold(ctx, tx, catalog.RunWaiting, end.UnixMicro(), quietNote(end))
		},
	}[why]
	if do == nil {
		return err
	}
	if e := s.DB.Write(ctx, do); e != nil {
		return e
	}
	return why
}

// Work does what is to be done until the context ends: due schedules, runs that wait, alerts whose snooze is over, deliveries. What it is doing then, the next
// Work goes on with.
func (s *Service) Work(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.deliver(ctx) })
	for _, source := range s.Sources() {
		all.Go(func() { s.listen(ctx, source) })
	}
	w := &worker{Service: s, ended: make(chan struct{}, atOnce+1)}
	t := time.NewTicker(s.Every)
	defer t.Stop()
	for n := 0; ; n++ {
		if err := w.turn(ctx, n, &all); err != nil && ctx.Err() == nil {
			s.Log.Error("the watch over the sources failed", "code", errkind.Code(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.ended:
			w.active--
		case <-t.C:
		}
	}
}

// worker is one Work: what it has under way.
type worker struct {
	*Service
	active int
	ended  chan struct{}

	ending  sync.Mutex
	relate  bool // runs have ended since all sources were looked at together
	waiting int  // turns since what was laid down was gathered
}

// staleEvery is at every how manieth turn sources are looked for that nobody looked at.
const staleEvery = 30

// turn does everything once that takes no time, and begins what does.
func (w *worker) turn(ctx context.Context, n int, all *sync.WaitGroup) error {
	if _, err := w.Tick(ctx); err != nil {
		return err
	}
	if n%staleEvery == 0 {
		if _, err := w.stale(ctx); err != nil {
			return err
		}
		if err := w.DB.Write(ctx, func(tx db.Tx) error { return errors.Join(w.Catalog.WakeAlerts(ctx, tx), w.Catalog.EndOfNoise(ctx, tx)) }); err != nil {
			return err
		}
	}
	for w.active < atOnce {
		r, err := w.Catalog.Claim(ctx, w.holder, w.dead())
		if err != nil {
			return err
		}
		if r == nil {
			break
		}
		w.active++
		all.Go(func() { w.do(ctx, r) })
	}
	return w.rest(ctx, all)
}

// dead is after how long without a sign another process is gone.
func (w *worker) dead() time.Duration {
	if w.DB.Dialect() == db.Postgres {
		return deadAfter
	}
	return 0
}

// do does one run.
func (w *worker) do(ctx context.Context, r *catalog.Run) {
	defer func() { w.ended <- struct{}{} }()
	_, err := w.Scan(ctx, r.By, r.Source, r.ID)
	if ctx.Err() != nil {
		w.letGo(ctx, r)
		return
	}
	if err != nil {
		w.Log.Warn("a scan ended early", "source", r.Source, "run", r.ID, "code", errkind.Code(err))
		w.giveUp(ctx, r, err)
	}
	w.ending.Lock()
	w.relate = true
	w.ending.Unlock()
}

// letGoWithin is how long the end of Work waits for the store.
const letGoWithin = 5 * time.Second

// letGo leaves a run to whoever works next, instead of having him wait until this process counts as gone.
func (w *worker) letGo(ctx context.Context, r *catalog.Run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), letGoWithin)
	defer cancel()
	if err := w.Catalog.LetGo(ctx, r.ID, w.holder); err != nil {
		w.Log.Warn("a run could not be left to others", "run", r.ID, "code", errkind.Code(err))
	}
}

// giveUp ends a run that could not even begin, so that it is not begun again for ever.
func (w *worker) giveUp(ctx context.Context, r *catalog.Run, why error) {
	if errors.Is(why, errPaused) || errors.Is(why, errCancelled) || errors.Is(why, errQuiet) {
		return
	}
	now, err := w.Catalog.Run(ctx, r.ID)
	if err == nil && now.State == catalog.RunRunning {
		err = w.DB.Write(ctx, func(tx db.Tx) error { return now.End(ctx, tx, errkind.Code(why)) })
	}
	if err != nil {
		w.Log.Error("a run could not be ended", "run", r.ID, "code", errkind.Code(err))
	}
}

// patience is how many turns what was laid down waits for runs that are under way, so that what they find is one message.
const patience = 30

// rest does what follows from runs once none is under way: it looks at all sources together, and gathers what is to be told.
func (w *worker) rest(ctx context.Context, all *sync.WaitGroup) error {
	if w.active > 0 || w.reading() {
		if w.waiting++; w.waiting < patience {
			return nil
		}
		w.waiting = 0
		return w.gather(ctx)
	}
	w.waiting = 0
	w.ending.Lock()
	relate := w.relate
	w.relate = false
	w.ending.Unlock()
	if !relate {
		return w.gather(ctx)
	}
	w.active++ // what is found meanwhile is told with it
	all.Go(func() {
		defer func() { w.ended <- struct{}{} }()
		if err := w.Relate(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("references could not be worked out anew", "code", errkind.Code(err))
		}
	})
	return nil
}

// reading tells whether this process reads a source, for whomever.
func (s *Service) reading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.busy) > 0
}

func (s *Service) gather(ctx context.Context) error {
	if s.Outbox == nil {
		return nil
	}
	return s.Outbox.Gather(ctx)
}

// Tell sends at once what was laid down; what nobody takes now is tried again by Work.
func (s *Service) Tell(ctx context.Context) error {
	if s.Outbox == nil || len(s.Outbox.Channels()) == 0 {
		return nil
	}
	if err := s.Outbox.Gather(ctx); err != nil {
		return err
	}
	_, err := s.Outbox.Deliver(ctx)
	return err
}

// deliver sends what is due, apart from everything else, since a receiver may be slow.
func (s *Service) deliver(ctx context.Context) {
	if s.Outbox == nil {
		return
	}
	t := time.NewTicker(s.Every)
	defer t.Stop()
	for n := 0; ; n++ {
		_, err := s.Outbox.Deliver(ctx)
		if err == nil && n%1000 == 0 {
			err = s.Outbox.Prune(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Error("deliveries could not be made", "code", errkind.Code(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// listen takes signals of a source that can give them, and begins again after a while where that ends.
func (s *Service) listen(ctx context.Context, source string) {
	if s.Listen == nil {
		return
	}
	for wait := time.Second; ; wait = min(2*wait, 5*time.Minute) {
		begun := clock.Now()
		err := s.Listen(ctx, source, func(dataset string) {
			if _, err := s.Changed(ctx, "source "+source, source, dataset); err != nil && ctx.Err() == nil {
				s.Log.Warn("a signal was lost", "source", source, "code", errkind.Code(err))
			}
		})
		if err == nil || ctx.Err() != nil || errkind.Of(err) == errkind.Unsupported {
			return
		}
		if clock.Since(begun) > time.Minute { // it worked for a while
			wait = time.Second
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
