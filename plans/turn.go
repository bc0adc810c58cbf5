package plans

import (
	"context"
	"errors"
	"sync"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
)

// What keeps an erasure from beginning now.
var (
	errTurn    = errkind.Coded(errkind.Conflict, "turn", "another erasure is being carried out")
	errBetween = errkind.Coded(errkind.Conflict, "came-between", "another erasure came between the last look and now")
)

// turn has erasures go one after the other, so that two people with shared records end as if one had been erased after the other. What another one did since
// the last look of this plan is looked at first, by the plan's own identifiers, while nothing of it is done. It is asked in the unit of work that begins
// the erasure, under a fence that all erasures take, so that of two that ask at once one sees the other.
func (r *run) turn(ctx context.Context, tx db.Tx, first bool) error {
	if _, err := jobs.Acquire(ctx, tx, turnFence); err != nil {
		return err
	}
	others, err := r.others(ctx, tx)
	if err == nil && others > 0 {
		return errTurn
	}
	if err == nil && first {
		err = r.stillTrue(ctx, tx)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE plan SET wants = 0, looking = 0, aside = FALSE WHERE id = $1", r.s.ID)
	return err
}

// stillTrue tells whether nothing was erased since the last look of the round began; errBetween says that something was.
func (r *run) stillTrue(ctx context.Context, tx db.Tx) error {
	var then int64
	err := tx.QueryRow(ctx, "SELECT acts FROM plan_look WHERE plan = $1 AND round = $2", r.s.ID, r.s.Round).Scan(&then)
	if err != nil {
		return err
	}
	now, err := jobs.Newest(ctx, tx, actsFence)
	if err == nil && now != then {
		err = errBetween
	}
	return err
}

// others counts the erasures that are being carried out beside this plan.
func (r *run) others(ctx context.Context, tx db.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE id <> $1 AND kind = $2 AND state IN ($3, $4, $5) AND aside = FALSE",
		r.s.ID, string(Erasure), string(Executing), string(Purging), string(Checking)).Scan(&n)
	return n, err
}

// The names under which erasures take turns, and count what they have done.
const (
	turnFence = "plan/turn"
	actsFence = "plan/acts"
)

// patience is how long one who asked for her turn is waited for, and longest how long one who waits among many lets pass before she asks again.
const (
	patience = 30 * time.Second
	longest  = 4 * time.Second
)

// waits says in the store that the plan of one person asks for its turn, so that a batch lets it go first. The more have asked before, the later it asks again:
// hundreds that wait leave the store to the one that acts.
func (r *run) waits(ctx context.Context) (*Result, error) {
	if r.s.Open.Batch != nil {
		return &Result{Reason: "turn", Again: time.Second}, nil
	}
	var before int64
	err := r.write(ctx, func(tx db.Tx) error {
		now := clock.Micros()
		if _, err := tx.Exec(ctx, "UPDATE plan SET wants = $1 WHERE id = $2", now, r.s.ID); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan p JOIN plan me ON me.id = $1 WHERE p.wants BETWEEN $2 AND $3 AND p.state = me.state AND (p.made < me.made OR p.made = me.made AND p.id < me.id)",
			r.s.ID, now-patience.Microseconds(), now+patience.Microseconds()).Scan(&before)
	})
	return &Result{Reason: "turn", Again: min(time.Second+time.Duration(before)*time.Second/8, longest)}, err
}

// next makes the plan the one that acts next, if no other one acts or is the next: of two last looks that are made at once one is made in vain, since what the other
// one then erases asks for another look. A plan whose cool-down is still to come does not act next, and looks when it likes. One of many people keeps nobody back, unless it has
// looked in vain before: it looks for long, and each single person's erasure that came between would have it look again.
func (r *run) next(ctx context.Context) (ok bool, err error) {
	if r.s.Kind != Erasure {
		return true, nil
	}
	err = r.write(ctx, func(tx db.Tx) error {
		if _, err := jobs.Acquire(ctx, tx, turnFence); err != nil {
			return err
		}
		others, err := r.others(ctx, tx)
		if err == nil && r.s.Open.Batch != nil {
			err = tx.QueryRow(ctx, "SELECT COUNT(*) > 0 FROM plan_look WHERE plan = $1 AND round = $2", r.s.ID, r.s.Round).Scan(&r.vain)
		}
		if err == nil && others == 0 && r.s.Open.Batch == nil && r.soon() {
			now := clock.Micros()
			err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE id <> $1 AND looking BETWEEN $2 AND $3 AND state IN ($4, $5, $6)",
				r.s.ID, now-silence.Microseconds(), now+silence.Microseconds(), string(Approved), string(Exporting), string(Cooling)).Scan(&others)
		}
		if err != nil || others > 0 {
			return err
		}
		ok = true
		if r.acts, err = jobs.Newest(ctx, tx, actsFence); err != nil || !r.soon() {
			return err
		}
		return r.says(ctx, tx)
	})
	return ok, err
}

// silence is how long a plan that is the next may say nothing before another one takes its place. What was said further ahead than that was said by a clock that is
// wrong, and keeps nobody back.
const silence = 10 * time.Second

// says notes that the plan is still looking.
func (r *run) says(ctx context.Context, tx db.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE plan SET looking = $1 WHERE id = $2", clock.Micros(), r.s.ID)
	return err
}

// soon tells whether the acts of a plan that others wait for follow its last look at once.
func (r *run) soon() bool { return (r.s.Open.Batch == nil || r.vain) && r.until() <= clock.Micros() }

// saying keeps the place of a plan that looks for long; the function given ends it.
func (r *run) saying(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	if !r.soon() {
		return cancel
	}
	var said sync.WaitGroup
	said.Go(func() {
		t := time.NewTicker(silence / 5)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				_ = r.DB.Write(ctx, func(tx db.Tx) error { return r.says(ctx, tx) }) // a place that is lost costs a look
			}
		}
	})
	return func() { cancel(); said.Wait() }
}

// yields has a plan of many people stop, between two of its units, for one of a single person that waits: thousands do not make her miss her deadline.
func (r *run) yields(ctx context.Context) (*Result, error) {
	if clock.Now().Before(r.keeps) {
		return nil, nil
	}
	if waiting, err := r.waiting(ctx); err != nil || waiting == 0 {
		return nil, err
	}
	return &Result{Reason: "turn", Again: time.Second}, nil
}

// share is how long a plan of many that had to look again acts at least before it lets others go first. Where its looks take longer, it acts as long as one takes: each of
// the others asks for another look.
const share = 30 * time.Second

// waiting counts the plans of single people that a plan of many lets go first.
func (r *run) waiting(ctx context.Context) (n int64, err error) {
	if r.s.Open.Batch == nil {
		return 0, nil
	}
	now := clock.Micros()
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE id <> $1 AND wants BETWEEN $2 AND $3", r.s.ID, now-patience.Microseconds(), now+patience.Microseconds()).Scan(&n)
	})
	return n, err
}

// stepsAside lets others go on while a plan waits for something from outside: a system that is away for a day keeps nobody else from being erased. What its last look
// found counts up to here.
func (r *run) stepsAside(ctx context.Context) error {
	if !r.acting() {
		return nil
	}
	return r.write(ctx, func(tx db.Tx) error {
		if err := r.countsUpTo(ctx, tx, "EXISTS (SELECT 1 FROM plan WHERE id = $2 AND aside = FALSE)"); err != nil {
			return err
		}
		return r.aside(ctx, tx)
	})
}

// missed stands in a look beside which others acted, until the next round has another one. It is in the store before the turn is taken, so that whoever goes on for one that was killed knows too.
const missed = -1

// countsUpTo notes what has been erased while the last look of the round held, where a condition holds that may name the plan as $2. A look beside which others acted stays one.
func (r *run) countsUpTo(ctx context.Context, tx db.Tx, where string) error {
	now, err := jobs.Newest(ctx, tx, actsFence)
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE plan_look SET acts = $1 WHERE plan = $2 AND round = $3 AND acts <> $4 AND "+where, now, r.s.ID, r.s.Round, missed)
	}
	return err
}

// resumes takes the turn again of a plan that needs it to go on. One that only looks whether anything is left does not, unless it has found something and asked for it.
// One in the midst of its acts looks again where others acted meanwhile: whom they erased may have shared records with somebody of this plan, and an application went on
// writing. Then it acts for a while before it lets others go first, since each of them would ask for another look.
func (r *run) resumes(ctx context.Context) (*Result, error) {
	if r.s.State == Checking {
		var asked int64
		err := r.DB.Read(ctx, func(tx db.Tx) error {
			return tx.QueryRow(ctx, "SELECT wants FROM plan WHERE id = $1", r.s.ID).Scan(&asked)
		})
		if err != nil || asked == 0 {
			return nil, err
		}
	}
	at, err := r.seenAside(ctx)
	if err != nil {
		return nil, err
	}
	stop, err := r.comesBack(ctx)
	if stop == nil && err == nil && r.overtaken {
		stop, err = r.lookAnew(ctx, at)
	}
	return stop, err
}

// seenAside looks again for a plan that stands aside and has just been overtaken, while others go on. That look counts if none acted beside it; otherwise the next one is
// made with the turn, so that single people, one after the other, do not have many look in vain for good.
func (r *run) seenAside(ctx context.Context) (*seen, error) {
	if r.s.State != Executing {
		return nil, nil
	}
	if waiting, err := r.waiting(ctx); err != nil || waiting > 0 {
		return nil, err
	}
	var before bool
	err := r.write(ctx, func(tx db.Tx) (err error) {
		if before, err = r.hasMissed(ctx, tx); err != nil {
			return err
		}
		return r.overtakenBy(ctx, tx, "aside")
	})
	if err != nil || before || !r.overtaken {
		return nil, err
	}
	return r.sees(ctx)
}

// comesBack takes the turn again of a plan that had stepped aside.
func (r *run) comesBack(ctx context.Context) (*Result, error) {
	if !r.acting() {
		return nil, nil
	}
	if waiting, err := r.waiting(ctx); err != nil || waiting > 0 {
		return &Result{Reason: "turn", Again: time.Second}, err
	}
	err := r.write(ctx, func(tx db.Tx) error {
		if err := r.overtakenBy(ctx, tx, "aside"); err != nil {
			return err
		}
		return r.turn(ctx, tx, false)
	})
	if errors.Is(err, errTurn) {
		return r.waits(ctx)
	}
	return nil, err
}

// overtakenBy notes whether others acted while a plan that is at its acts had stepped aside or was blocked: its last look counts no more.
func (r *run) overtakenBy(ctx context.Context, tx db.Tx, when string) error {
	if r.s.State != Executing && r.s.Resume != Executing {
		return nil
	}
	now, err := jobs.Newest(ctx, tx, actsFence)
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE plan_look SET acts = $1 WHERE plan = $2 AND round = $3 AND acts <> $4 AND EXISTS (SELECT 1 FROM plan WHERE id = $2 AND "+when+")",
			missed, r.s.ID, r.s.Round, now)
	}
	if err == nil {
		r.overtaken, err = r.hasMissed(ctx, tx)
	}
	return err
}

// hasMissed tells whether others acted beside the last look of the round.
func (r *run) hasMissed(ctx context.Context, tx db.Tx) (yes bool, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) > 0 FROM plan_look WHERE plan = $1 AND round = $2 AND acts = $3", r.s.ID, r.s.Round, missed).Scan(&yes)
	return yes, err
}

// aside lets others act beside a plan that only looks whether anything is left.
func (r *run) aside(ctx context.Context, tx db.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE plan SET aside = TRUE WHERE id = $1", r.s.ID)
	return err
}

// acting tells whether the plan is in one of the states in which no other erasure may be, unless this one has stepped aside.
func (r *run) acting() bool {
	return r.s.Kind == Erasure && (r.s.State == Executing || r.s.State == Purging || r.s.State == Checking)
}
