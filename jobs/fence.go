package jobs

import (
	"context"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// ErrFenced is what Check gives a worker whose token another one has replaced. It must not act any more.
var ErrFenced = errkind.Coded(errkind.Conflict, "fenced", "another worker has taken over")

// Acquire gives the next token of the name, and with it the sole right to act under that name; every earlier token is void once
// the unit of work commits.
func Acquire(ctx context.Context, tx db.Tx, name string) (token int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO fence (name, token) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET token = fence.token + 1 RETURNING token`, name).Scan(&token)
	return token, err
}

// Check gives ErrFenced where the token is not the newest of its name. Within a Write nobody can take over before it commits, so what
// the same unit of work writes is safe; an act in another system is idempotent for the moment between check and act.
func Check(ctx context.Context, tx db.Tx, name string, token int64) error {
	sql := "SELECT token FROM fence WHERE name = $1"
	if tx.Dialect() == db.Postgres {
		sql += " FOR SHARE" // SQLite has one writer anyway
	}
	var newest int64
	err := tx.QueryRow(ctx, sql, name).Scan(&newest)
	if errkind.Of(err) == errkind.NotFound || (err == nil && newest != token) {
		return ErrFenced
	}
	return err
}

// Newest gives the newest token of the name, 0 where there is none: how often it was acquired.
func Newest(ctx context.Context, tx db.Tx, name string) (token int64, err error) {
	err = tx.QueryRow(ctx, "SELECT token FROM fence WHERE name = $1", name).Scan(&token)
	if errkind.Of(err) == errkind.NotFound {
		err = nil
	}
	return token, err
}

// Forget removes the name, and with it every token of it.
func Forget(ctx context.Context, tx db.Tx, name string) error {
	_, err := tx.Exec(ctx, "DELETE FROM fence WHERE name = $1", name)
	return err
}
