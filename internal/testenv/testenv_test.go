package testenv_test

import (
	"context"
	"testing"

	"vestige/internal/testenv"

	"github.com/jackc/pgx/v5"
)

func TestPostgresGivesDatabasesOfTheirOwn(t *testing.T) {
	for range 2 {
		conn, err := pgx.Connect(context.Background(), testenv.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(context.Background(), "CREATE TABLE only_here (a INT)"); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close(context.Background())
	}
}
