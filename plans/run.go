package plans

import (
	"context"
	"errors"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
)

// run is one attempt at carrying a plan out, under one fencing token.
type run struct {
	*Engine
	s     *Status
	token int64
	by    string
	tell  func(Event)
	at    *lookedAt // the last look of this round, once it is open
	vain  bool      // the last look of a plan of many was made in vain before
	acts  int64     // how often units of erasures had been begun and done when this look began

	overtaken bool      // others acted since the last look of this round
	keeps     time.Time // until when a plan of many that looked again for that lets no others go first

	conflicts int // how often records have changed under the run
}

// step carries a plan out of one state. Where stop is set, the run ends there for now.
type step func(ctx context.Context) (stop *Result, err error)

// Run carries an approved plan out from wherever it is, one journalled state after the other, until it is closed or something has to come from
// outside: an answer, a date, a system that is away. It can be called again at any time, by any process; the result says what it waits for. An error
// is one of the store, or of the context; what befell a source is in the result.
func (e *Engine) Run(ctx context.Context, id string, progress func(Event)) (Result, error) {
	r, err := e.begin(ctx, id, progress)
	if err != nil {
		return Result{}, err
	}
	stop, err := r.resumes(ctx)
	for {
		if stop == nil && err == nil {
			stop, err = r.advance(ctx)
		}
		if err != nil {
			return Result{State: r.s.State, Reason: errkind.Code(err)}, err
		}
		if stop != nil {
			if err := r.stepsAside(ctx); err != nil {
				return Result{State: r.s.State, Reason: errkind.Code(err)}, err
			}
			stop.State, stop.Batch = r.s.State, r.s.Open.Batch
			if stop.Reason == "" {
				stop.Reason = r.s.Reason
			}
			return *stop, nil
		}
		r.event(Event{What: "state"})
	}
}

// begin takes the sole right to act for a plan.
func (e *Engine) begin(ctx context.Context, id string, progress func(Event)) (*run, error) {
	r := &run{Engine: e, by: "vestige", tell: progress}
	err := e.DB.Write(ctx, func(tx db.Tx) (err error) {
		if r.s, err = e.load(ctx, tx, id); err != nil || r.s.State.Terminal() {
			return err
		}
		r.token, err = jobs.Acquire(ctx, tx, fenceOf(id))
		return err
	})
	return r, err
}

func (r *run) event(ev Event) {
	if r.tell == nil {
		return
	}
	ev.Plan, ev.State = r.s.ID, r.s.State
	if ev.Reason == "" {
		ev.Reason = r.s.Reason
	}
	r.tell(ev)
}

// advance does one state.
func (r *run) advance(ctx context.Context) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	steps := map[State]step{
		Blocked: r.unblock, Approved: r.look, Exporting: r.exporting, Cooling: r.cooling, Executing: r.executing,
		Purging: r.purging, Checking: r.checking, Attesting: r.attesting,
	}
	do, ok := steps[r.s.State]
	switch {
	case r.s.State == Planned:
		return &Result{Reason: "not-approved"}, nil
	case r.s.State.Terminal():
		return &Result{Next: r.s.Next}, r.wipe(ctx, r.s)
	case r.s.Kind == Export && r.s.State == Approved:
		return &Result{Reason: "export"}, nil // Export does it, which knows for whom
	case !ok:
		return nil, errkind.New(errkind.Internal, "the state %s has no way on", r.s.State)
	}
	return do(ctx)
}

// move brings the plan on, under the token of the run.
func (r *run) move(ctx context.Context, to State, m mover, more func(tx db.Tx) error) error {
	m.by, m.token = r.by, r.token
	return r.Engine.move(ctx, r.s, to, m, more)
}

// unblock goes on where the plan was when it was blocked, once no other erasure is under way.
func (r *run) unblock(ctx context.Context) (*Result, error) {
	err := r.move(ctx, r.s.Resume, mover{reason: "run again"}, func(tx db.Tx) error {
		if r.s.Kind == Erasure && (r.s.Resume == Executing || r.s.Resume == Purging || r.s.Resume == Checking) {
			if err := r.overtakenBy(ctx, tx, "TRUE"); err != nil {
				return err
			}
			return r.turn(ctx, tx, false)
		}
		return nil
	})
	switch {
	case errors.Is(err, errTurn):
		return r.waits(ctx)
	case err == nil && r.overtaken:
		return r.lookAnew(ctx, nil)
	}
	return nil, err
}

// block stops the plan until a person has done something, and says what. Run goes on from the state it was in.
func (r *run) block(ctx context.Context, from State, reason string) (*Result, error) {
	return &Result{}, r.move(ctx, Blocked, mover{reason: reason, resume: from}, func(tx db.Tx) error {
		if from != Executing {
			return nil
		}
		return r.countsUpTo(ctx, tx, "TRUE")
	})
}

// exporting waits for an export of the same request: what was asked for with an erasure is in the person's hands before anything goes.
func (r *run) exporting(ctx context.Context) (*Result, error) {
	var open int64
	err := r.DB.Read(ctx, func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE request = $1 AND kind = $2 AND state IN ($3, $4, $5, $6)",
			r.s.Request, string(Export), string(Planned), string(Approved), string(Attesting), string(Blocked)).Scan(&open)
	})
	if err != nil || open > 0 {
		return &Result{Reason: "export-first"}, err
	}
	return nil, r.move(ctx, Cooling, mover{until: r.until()}, nil)
}

// until gives the end of the cool-down: as long from now as it was when the plan was made. One that has begun is not begun again by another look.
func (r *run) until() int64 {
	if r.s.Open.CoolDown == 0 || r.s.Cool != 0 {
		return r.s.Cool
	}
	return clock.Micros() + r.s.Open.CoolDown - r.s.Open.Made
}

// cooling hides records where the system can, and waits for the window to end. Nothing irreversible has happened until then.
func (r *run) cooling(ctx context.Context) (*Result, error) {
	if now := clock.Micros(); r.s.Cool > now {
		if stop, err := r.hide(ctx); stop != nil || err != nil {
			return stop, err
		}
		return &Result{Reason: "cooling", Until: r.s.Cool, Again: time.Duration(r.s.Cool-now) * time.Microsecond}, nil
	}
	at, err := r.looked(ctx)
	if err != nil {
		return nil, err
	}
	units := r.cut(&at.open)
	err = r.move(ctx, Executing, mover{}, func(tx db.Tx) error {
		if err := r.turn(ctx, tx, true); err != nil {
			return err
		}
		if err := r.harden(ctx, tx); err != nil {
			return err
		}
		return insertUnits(ctx, tx, r.s.ID, r.s.Round, units)
	})
	switch {
	case errors.Is(err, errTurn):
		return r.waits(ctx)
	case errors.Is(err, errBetween):
		r.at = nil
		return nil, r.move(ctx, Approved, mover{reason: "another erasure came between"}, nil)
	case err == nil && r.s.Cool > 0:
		return nil, r.Destroyed(ctx)
	}
	return nil, err
}
