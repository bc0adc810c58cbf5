package testenv_test

import (
	"database/sql"
	"testing"

	"vestige/internal/testenv"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// TestOutage kills servers and has them back: what was committed is there.
func TestOutage(t *testing.T) {
	db, err := sql.Open("pgx", testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for name, db := range map[string]*sql.DB{"postgres": db, "mariadb": testenv.MariaDB(t).Open(t)} {
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE kept AS SELECT 1 AS n"); err != nil {
			t.Fatal(err)
		}
		back := testenv.Outage(t, name)
		if err := db.PingContext(t.Context()); err == nil {
			if _, err = db.ExecContext(t.Context(), "SELECT 1"); err == nil {
				t.Logf("%s has not ended yet", name)
			}
		}
		back()
		var n int
		for range 5 { // a connection of before is found broken
			if err = db.QueryRowContext(t.Context(), "SELECT n FROM kept").Scan(&n); err == nil {
				break
			}
		}
		if err != nil || n != 1 {
			t.Errorf("%s after an outage: %d, %v", name, n, err)
		}
	}
}
