package keys

import (
	"context"
	_ "embed" // for the schema
	"slices"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Stored is a wrapped key as the store has it.
type Stored struct {
	ID      string  `json:"id"`
	Purpose Purpose `json:"purpose"`
	N       int64   `json:"n"`      // of the keys of a purpose that follow one another, from 1
	Master  string  `json:"master"` // the id of the master key that wraps it
	At      int64   `json:"at"`     // microseconds since 1970
	Wrapped []byte  `json:"-"`
}

// Box keeps wrapped keys. Table is the one in the store; another can be a service that keeps keys.
type Box interface {
	// PutKey keeps a new key; an id that is there is a conflict.
	PutKey(ctx context.Context, tx db.Tx, k Stored) error
	// GetKey gives a key, or not found.
	GetKey(ctx context.Context, tx db.Tx, id string) (Stored, error)
	// DestroyKey makes a key gone for ever; a missing one is gone already.
	DestroyKey(ctx context.Context, tx db.Tx, id string) error
	// Keys gives the keys of a purpose ("" for all) by id.
	Keys(ctx context.Context, tx db.Tx, p Purpose) ([]Stored, error)
}

// Table is the Box in the store.
type Table struct{}

var _ Box = Table{}

//go:embed schema.sql
var schema string

// Schema gives the table of wrapped keys.
func Schema() db.Schema { return db.SchemaOf("keys", schema) }

// PutKey keeps a new key.
func (Table) PutKey(ctx context.Context, tx db.Tx, k Stored) error {
	n, err := tx.Exec(ctx, "INSERT INTO wrapped_key (id, purpose, n, master, wrapped, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
		k.ID, string(k.Purpose), k.N, k.Master, k.Wrapped, k.At)
	if err == nil && n == 0 {
		return errkind.Coded(errkind.Conflict, "key-exists", "there is a key %s already", k.ID)
	}
	return err
}

const columns = "SELECT id, purpose, n, master, wrapped, at FROM wrapped_key"

// GetKey gives a key.
func (Table) GetKey(ctx context.Context, tx db.Tx, id string) (k Stored, err error) {
	var p string
	err = tx.QueryRow(ctx, columns+" WHERE id = $1", id).Scan(&k.ID, &p, &k.N, &k.Master, &k.Wrapped, &k.At)
	k.Purpose = Purpose(p)
	if errkind.Of(err) == errkind.NotFound {
		return k, errkind.Coded(errkind.NotFound, "key-destroyed", "there is no key %s: it was never made, or it is destroyed", id)
	}
	return k, err
}

// DestroyKey deletes a key.
func (Table) DestroyKey(ctx context.Context, tx db.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM wrapped_key WHERE id = $1", id)
	return err
}

// Keys lists keys.
func (Table) Keys(ctx context.Context, tx db.Tx, p Purpose) (all []Stored, err error) {
	rows, err := tx.Query(ctx, columns+" ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var k Stored
		var purpose string
		if err := rows.Scan(&k.ID, &purpose, &k.N, &k.Master, &k.Wrapped, &k.At); err != nil {
			return nil, err
		}
		if k.Purpose = Purpose(purpose); p == "" || p == k.Purpose {
			k.Wrapped = slices.Clone(k.Wrapped)
			all = append(all, k)
		}
	}
	return all, rows.Err()
}
