package accounts

import (
	"context"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// keptFor is how long the answer to a named call is kept.
const keptFor = 24 * time.Hour

// Call is a call that a program has given a name, so that it can be sent again without being carried out twice.
type Call struct {
	Actor  string // the account
	Name   string // its Idempotency-Key
	Route  string
	Digest string // of the body
	Status int    // of the answer; 0 while it is being carried out
	Body   []byte
}

// Begin claims the name of a call. It gives the answer of the same call where there is one already; another call of that name, or one that is still
// being carried out, is a conflict.
func (s *Service) Begin(ctx context.Context, c Call) (kept *Call, err error) {
	if len(c.Name) > 200 {
		return nil, errkind.Coded(errkind.Invalid, "bad-key", "an Idempotency-Key has at most 200 bytes")
	}
	name := hashOf(c.Name) // a name can be anything, a value too
	err = s.db.Write(ctx, func(tx db.Tx) error {
		kept = nil
		if _, err := tx.Exec(ctx, "DELETE FROM account_call WHERE made < $1", clock.Micros()-keptFor.Microseconds()); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO account_call (actor, name, route, digest, status, body, made) VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (actor, name) DO NOTHING`,
			c.Actor, name, c.Route, c.Digest, []byte{}, clock.Micros())
		if err != nil || n == 1 {
			return err
		}
		old := Call{Actor: c.Actor, Name: c.Name}
		var status int64
		if err := tx.QueryRow(ctx, "SELECT route, digest, status, body FROM account_call WHERE actor = $1 AND name = $2", c.Actor, name).Scan(&old.Route, &old.Digest, &status, &old.Body); err != nil {
			return err
		}
		old.Status = int(status)
		switch {
		case old.Route != c.Route || old.Digest != c.Digest:
			return errkind.Coded(errkind.Conflict, "key-used", "another call had this Idempotency-Key")
		case old.Status == 0:
			return errkind.Coded(errkind.Conflict, "key-in-use", "the call of this Idempotency-Key is still being carried out")
		}
		kept = &old
		return nil
	})
	return kept, err
}

// Finish keeps the answer of a call.
func (s *Service) Finish(ctx context.Context, c Call) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE account_call SET status = $1, body = $2 WHERE actor = $3 AND name = $4", int64(c.Status), c.Body, c.Actor, hashOf(c.Name))
		return err
	})
}

// Abandon forgets a call that failed.
func (s *Service) Abandon(ctx context.Context, c Call) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM account_call WHERE actor = $1 AND name = $2 AND status = 0", c.Actor, hashOf(c.Name))
		return err
	})
}
