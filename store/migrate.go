package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// versions is the one table that is not a room's: which steps were applied, and what they were.
const versions = `CREATE TABLE IF NOT EXISTS schema_step (
	room TEXT NOT NULL,
	step BIGINT NOT NULL,
	digest TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (room, step))`

// migrate applies the steps that are missing, all of them or none. Several processes may do so at once. A step that is not what was
// applied, or a store that knows more steps than this program, is refused: the tables are not what the code believes.
func migrate(ctx context.Context, d db.DB, schemas []db.Schema) error {
	return d.Write(ctx, func(tx db.Tx) error {
		if tx.Dialect() == db.Postgres {
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7305804402)"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, versions); err != nil {
			return err
		}
		for _, s := range schemas {
			if err := migrateRoom(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func migrateRoom(ctx context.Context, tx db.Tx, s db.Schema) error {
	applied, err := appliedSteps(ctx, tx, s.Room)
	if err != nil {
		return err
	}
	if len(applied) > len(s.Steps) {
		return errkind.Coded(errkind.Unsupported, "newer-store", "the store was written by a newer version (%s has %d steps, this program knows %d)", s.Room, len(applied), len(s.Steps))
	}
	for i, step := range s.Steps {
		digest := digestOf(step)
		if i < len(applied) {
			if applied[i] != digest {
				return errkind.Coded(errkind.Conflict, "schema-changed", "step %d of %s is not the one that this store was made with", i+1, s.Room)
			}
			continue
		}
		if _, err := tx.Exec(ctx, step); err != nil {
			return errkind.Wrap(errkind.Of(err), err, "step %d of %s", i+1, s.Room)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO schema_step (room, step, digest, at) VALUES ($1, $2, $3, $4)", s.Room, i+1, digest, clock.Micros()); err != nil {
			return err
		}
	}
	return nil
}

func appliedSteps(ctx context.Context, tx db.Tx, room string) (digests []string, err error) {
	rows, err := tx.Query(ctx, "SELECT digest FROM schema_step WHERE room = $1 ORDER BY step", room)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d string
		if err := rows.Scan(&d); err != nil {
			return nil, err
		}
		digests = append(digests, d)
	}
	return digests, rows.Err()
}

func digestOf(step string) string {
	sum := sha256.Sum256([]byte(step))
	return hex.EncodeToString(sum[:])
}
