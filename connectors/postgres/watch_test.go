package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestTheDatabaseTellsOfChanges installs the event trigger as the page of a source gives it, and makes, alters and drops tables: each is told by its
// name, and what is rolled back or temporary is not.
func TestTheDatabaseTellsOfChanges(t *testing.T) {
	dsn := testenv.Postgres(t)
	c := client(t, dsn)
	w, ok := postgres.Spec().Type.(connectors.Watcher)
	if !ok {
		t.Fatal("it cannot tell")
	}
	must(t, c, w.Trigger())
	s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", postgres.Spec(), connectors.Config{"dsn": pii.NewValue(dsn)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	told := make(chan string, 100)
	done := make(chan error, 1)
	go func() { done <- s.Watch(ctx, func(dataset string) { told <- dataset }) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n == 0; { // it listens once a notice arrives
		must(t, c, `SELECT pg_notify('vestige_changed', '{"schema":"public","table":"ready"}')`)
		select {
		case <-told:
			n++
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("nothing is heard")
		}
	}
	must(t, c, `CREATE TEMPORARY TABLE passing (x int)`, `BEGIN; CREATE TABLE undone (x int); ROLLBACK`, `CREATE TABLE newcomers (email text)`, `ALTER TABLE newcomers ADD COLUMN phone text`,
		`CREATE SCHEMA "h r"`, `CREATE TABLE "h r"."Staff" (mail text)`, `CREATE VIEW seen AS SELECT email FROM newcomers`, `DROP VIEW seen`, `SELECT pg_notify('vestige_changed', '{"schema":"public","table":"last"}')`)
	var got []string
	for len(got) == 0 || got[len(got)-1] != "public.last" {
		select {
		case x := <-told:
			if x != "public.ready" {
				got = append(got, x)
			}
		case <-ctx.Done():
			t.Fatalf("told so far: %v", got)
		}
	}
	if !slices.Equal(slices.Compact(got), []string{"public.newcomers", `"h r".Staff`, "public.seen", "public.last"}) && !slices.Contains(got, "h r.Staff") {
		t.Errorf("told: %v", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}
