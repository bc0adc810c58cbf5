package db_test

import (
	"context"
	"path/filepath"
	"testing"

	"vestige/internal/db"
)

// TestNothingBehindTheEnd ends the context of a unit of work and goes on writing in it with another one: nothing of that may stay.
func TestNothingBehindTheEnd(t *testing.T) {
	t.Parallel()
	d, err := db.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	must := func(text string) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx db.Tx) error { _, err := tx.Exec(t.Context(), text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	must("CREATE TABLE n (i BIGINT)")
	must("INSERT INTO n VALUES (1)")
	ctx, cancel := context.WithCancel(t.Context())
	err = d.Write(ctx, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO n VALUES (2)"); err != nil {
			return err
		}
		cancel()
		for range 100 {
			if _, err := tx.Exec(t.Context(), "INSERT INTO n VALUES (3)"); err == nil {
				t.Error("a statement is run in a unit of work that has ended")
			}
		}
		return nil
	})
	if err == nil {
		t.Error("a unit of work whose context has ended is committed")
	}
	var sum int64
	err = d.Read(t.Context(), func(tx db.Tx) error { return tx.QueryRow(t.Context(), "SELECT SUM(i) FROM n").Scan(&sum) })
	if err != nil || sum != 1 {
		t.Errorf("the sum is %d (%v), want 1", sum, err)
	}
}
