package store

import (
	"context"
	_ "embed"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

//go:embed meta.sql
var metaSQL string

func metaSchema() db.Schema { return db.SchemaOf("store", metaSQL) }

// Meta gives a small fact about the store itself, "" where it was never set.
func (s *Store) Meta(ctx context.Context, tx db.Tx, name string) (value string, err error) {
	err = tx.QueryRow(ctx, "SELECT value FROM meta WHERE name = $1", name).Scan(&value)
	if errkind.Of(err) == errkind.NotFound {
		return "", nil
	}
	return value, err
}

// SetMeta keeps a small fact about the store itself; never anything about a person.
func (s *Store) SetMeta(ctx context.Context, tx db.Tx, name, value string) error {
	_, err := tx.Exec(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}
