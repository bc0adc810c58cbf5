// Package db is one unit of work over the store, whichever database it runs on. Every storage method takes a Tx, so that
// state, audit leaf, job and outbox row commit together or not at all.
//
// SQL is written once for SQLite and PostgreSQL: placeholders $1, $2 … in ascending first use, times as BIGINT microseconds,
// booleans as BOOLEAN, bytes as BYTEA (a synonym of BLOB to SQLite), no now(), no ilike, no "= any".
package db

import "context"

// Dialect names the database beneath.
type Dialect string

// The two databases a store can run on.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Row is one row to be scanned; Scan gives an errkind.NotFound error where there is none.
type Row interface{ Scan(dest ...any) error }

// Rows are read until Next is false, then Err tells why; Close may be called at any time.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Tx is one unit of work. It is not safe for concurrent use.
type Tx interface {
	Exec(ctx context.Context, sql string, args ...any) (affected int64, err error)
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) Row
	Dialect() Dialect
	// Native is the driver's own transaction (*sql.Tx or pgx.Tx), for the job engine alone.
	Native() any
	// AfterCommit runs f once the unit of work has committed, in order of registration; never after a rollback.
	AfterCommit(f func())
}

// DB opens units of work. A function that returns an error rolls its unit back.
type DB interface {
	Read(ctx context.Context, f func(Tx) error) error  // read-only, a consistent snapshot
	Write(ctx context.Context, f func(Tx) error) error // serial with other writers where the database has one writer
	// WriteLoose is Write for what can be found out again: it does not wait until the disk has it. Whatever ends the program takes nothing of it away; a power cut may, and
	// with it all that was written loosely after it, until the next Write, which makes all before it last.
	WriteLoose(ctx context.Context, f func(Tx) error) error
	Dialect() Dialect
}

// Strings reads all rows of a query of one column.
func Strings(ctx context.Context, tx Tx, sql string, args ...any) (out []string, err error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}
