package plans

import (
	"context"
	"errors"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
)

// patience is how long one who asked for her turn is waited for: who runs her plan asks again every second.
const patience = 30 * time.Second

// waits says in the store that the plan of one person asks for its turn, so that a batch lets it go first.
func (r *run) waits(ctx context.Context) (*Result, error) {
	if r.s.Open.Batch != nil {
		return &Result{Reason: "turn", Again: time.Second}, nil
	}
	err := r.write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE plan SET wants = $1 WHERE id = $2", clock.Micros(), r.s.ID)
		return err
	})
	return &Result{Reason: "turn", Again: time.Second}, err
}

// yields has a plan of many people stop, between two of its units, for one of a single person that waits: thousands do not make her miss her deadline.
func (r *run) yields(ctx context.Context) (*Result, error) {
	if waiting, err := r.waiting(ctx); err != nil || waiting == 0 {
		return nil, err
	}
	return &Result{Reason: "turn", Again: time.Second}, nil
}

// waiting counts the plans of single people that a plan of many lets go first.
func (r *run) waiting(ctx context.Context) (n int64, err error) {
	if r.s.Open.Batch == nil {
		return 0, nil
	}
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE id <> $1 AND wants >= $2", r.s.ID, clock.Micros()-patience.Microseconds()).Scan(&n)
	})
	return n, err
}

// stepsAside lets others go on while a plan waits for something from outside: a system that is away for a day keeps nobody else from being erased. What they change in
// records of this plan is found as any change is, by comparing, and looked at again.
func (r *run) stepsAside(ctx context.Context) error {
	if !r.acting() {
		return nil
	}
	return r.write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE plan SET aside = TRUE WHERE id = $1", r.s.ID)
		return err
	})
}

// comesBack takes the turn again of a plan that had stepped aside.
func (r *run) comesBack(ctx context.Context) (*Result, error) {
	if !r.acting() {
		return nil, nil
	}
	if waiting, err := r.waiting(ctx); err != nil || waiting > 0 {
		return &Result{Reason: "turn", Again: time.Second}, err
	}
	err := r.write(ctx, func(tx db.Tx) error { return r.turn(ctx, tx, false) })
	if errors.Is(err, errTurn) {
		return r.waits(ctx)
	}
	return nil, err
}

// acting tells whether the plan is in one of the states in which no other erasure may be, unless this one has stepped aside.
func (r *run) acting() bool {
	return r.s.Kind == Erasure && (r.s.State == Executing || r.s.State == Purging || r.s.State == Checking)
}
