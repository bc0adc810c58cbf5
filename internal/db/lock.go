package db

import (
	"context"
	"hash/fnv"
)

// Lock has units of work that ask for the same name go one after the other, from here to their ends: for a look whose answer has to hold until the act, where no
// row stands for it. SQLite has one writer anyway. It is asked for before anything else is, so that no two wait for each other.
func Lock(ctx context.Context, tx Tx, name string) error {
	if tx.Dialect() != Postgres {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64())) //nolint:gosec // any 64 bits will do
	return err
}
