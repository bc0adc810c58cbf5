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

// yields has a plan of many people step aside, between two of its units, for one of a single person that waits: thousands do not make her miss her deadline. What she
// changes in records of the batch is found as any change is, by comparing, and looked at again. It comes back when nobody waits any more.
func (r *run) yields(ctx context.Context) (*Result, error) {
	if r.s.Open.Batch == nil {
		return nil, nil
	}
	var waiting int64
	var aside bool
	err := r.DB.Read(ctx, func(tx db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT aside FROM plan WHERE id = $1", r.s.ID).Scan(&aside); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE id <> $1 AND wants >= $2", r.s.ID, clock.Micros()-patience.Microseconds()).Scan(&waiting)
	})
	if err != nil || waiting == 0 && !aside {
		return nil, err
	}
	err = r.write(ctx, func(tx db.Tx) error {
		if waiting == 0 {
			return r.turn(ctx, tx, false)
		}
		_, err := tx.Exec(ctx, "UPDATE plan SET aside = TRUE WHERE id = $1", r.s.ID)
		return err
	})
	if waiting > 0 && err == nil || errors.Is(err, errTurn) {
		return &Result{Reason: "turn", Again: time.Second}, nil
	}
	return nil, err
}
