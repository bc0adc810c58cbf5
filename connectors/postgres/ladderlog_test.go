package postgres_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestLadderIsWhatTheStatementLogSays searches the server's log for a value that was looked for and erased, while all statements are logged and while none is.
func TestLadderIsWhatTheStatementLogSays(t *testing.T) {
	dsn := testenv.Postgres(t)
	c := client(t, dsn)
	must(t, c, "CREATE TABLE people (id int PRIMARY KEY, mail text)", "CREATE INDEX ON people (mail)", "INSERT INTO people SELECT i, 'qqlogmark'||i||'qq@example.org' FROM generate_series(0, 9) i")
	var dir string
	if err := c.QueryRow(t.Context(), "SELECT current_setting('data_directory')").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	for i, log := range []string{"all", "none"} {
		must(t, c, "ALTER DATABASE "+pgx.Identifier{c.Config().Database}.Sanitize()+" SET log_statement = '"+log+"'")
		s, err := connectors.Open(t.Context(), connectors.Env{}, "db", postgres.Spec(), connectors.Config{"dsn": pii.NewValue(dsn)})
		if err != nil {
			t.Fatal(err)
		}
		mail := fmt.Sprintf("qqlogmark%dqq@example.org", i)
		removed(t, s, mail)
		rungs, err := s.Ladder(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for _, r := range rungs {
			if held := inFiles(t, filepath.Join(dir, "log"), mail) > 0; r.Name == "statement-log" && (r.State != connectors.RungUnknown || r.Proof == "" || held != (log == "all")) {
				t.Errorf("log_statement is %s: %+v, and the log holds the value: %t", log, r, held)
			}
		}
	}
}

// removed erases whoever has an address.
func removed(t *testing.T, s *connectors.Source, mail string) {
	t.Helper()
	for ds, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		act := pii.Act{Dataset: ds, Method: pii.Delete}
		for f, err := range s.Locate(t.Context(), pii.Match{Dataset: ds, Terms: []pii.Term{{Field: "mail", Mode: pii.Exact, Category: "contact.email", Values: []pii.Value{pii.NewValue(mail)}}}}) {
			if err != nil {
				t.Fatal(err)
			}
			act.Targets = append(act.Targets, pii.Target{Key: f.Key, Digest: f.Digest})
		}
		if got, err := s.Erase(t.Context(), pii.Unit{ID: "u", Acts: []pii.Act{act}}); err != nil || got[0].Affected != 1 {
			t.Fatalf("%+v: %v", got, err)
		}
	}
}
