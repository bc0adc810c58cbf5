// Package storetest opens stores for tests, on SQLite and on PostgreSQL, so that the SQL of every room is run on both:
//
//	storetest.Each(t, func(t *testing.T, s *store.Store) { … }, audit.Schema())
//
// and has the suite that says what a store promises, Run.
package storetest

import (
	"context"
	"testing"

	"vestige/internal/db"
	"vestige/internal/testenv"
	"vestige/store"
)

// Each runs f as a subtest on a new store of every kind that the machine has.
func Each(t *testing.T, f func(t *testing.T, s *store.Store), schemas ...db.Schema) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t, schemas...)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, schemas...)) })
}

// SQLite opens a new store in a folder of the test.
func SQLite(t testing.TB, schemas ...db.Schema) *store.Store {
	t.Helper()
	return Open(t, store.Options{Dir: t.TempDir(), Command: "test", Schemas: schemas})
}

// Postgres opens a new store on the test binary's own server.
func Postgres(t testing.TB, schemas ...db.Schema) *store.Store {
	t.Helper()
	return Open(t, store.Options{DSN: testenv.Postgres(t), Command: "test", Schemas: schemas})
}

// Open opens a store that is closed with the test.
func Open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Write runs f in a unit of work that must succeed.
func Write(t testing.TB, s *store.Store, f func(tx db.Tx) error) {
	t.Helper()
	if err := s.DB().Write(context.Background(), f); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// Read runs f over a snapshot and must succeed.
func Read(t testing.TB, s *store.Store, f func(tx db.Tx) error) {
	t.Helper()
	if err := s.DB().Read(context.Background(), f); err != nil {
		t.Fatalf("read: %v", err)
	}
}
