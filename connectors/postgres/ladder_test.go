package postgres_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/testenv"
	"vestige/pii"
)

// inFiles counts the files of the server, below one of its folders, that hold a text.
func inFiles(t *testing.T, root, text string) (n int) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // the server removes files by itself
		}
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			n++
		}
		if os.IsNotExist(err) {
			err = nil
		}
		return err
	})
	if err != nil {
		testenv.Lacking(t, "server-files", "the files of the server may not be read here: "+err.Error())
	}
	return n
}

// TestLadderIsWhatTheFilesSay searches the server's files for an erased value, where a rung is said to be reached and where it is not.
func TestLadderIsWhatTheFilesSay(t *testing.T) {
	dsn := testenv.Postgres(t)
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := c.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	var dir string
	if err := c.QueryRow(t.Context(), "SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	const mark = "qqladdermarkqq"
	exec("CREATE TABLE people (id int PRIMARY KEY, mail text, note text)")
	exec("ALTER TABLE people ALTER note SET STORAGE EXTERNAL") // so that a long value stands in its own file as it is
	exec("CREATE INDEX ON people (mail)")
	for i := range 300 {
		exec("INSERT INTO people VALUES ($1, $2, $3)", i, fmt.Sprintf("%s%d@example.org", map[bool]string{true: mark, false: "other"}[i%10 == 3], i), strings.Repeat(fmt.Sprintf("note %d of %s ", i, map[bool]string{true: mark, false: "others"}[i%10 == 3]), 300))
	}
	exec("CHECKPOINT")
	base, wal := filepath.Join(dir, "base"), filepath.Join(dir, "pg_wal")
	if inFiles(t, base, mark) == 0 {
		t.Fatal("the search does not find what is there")
	}
	source := func(vacuum string) *connectors.Source {
		s, err := connectors.Open(t.Context(), connectors.Env{}, "db", postgres.Spec(), connectors.Config{"dsn": pii.NewValue(dsn), "vacuum": pii.NewValue(vacuum)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	soft := source("on")
	var ds pii.Dataset
	for d, err := range soft.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ds = d
	}
	act := pii.Act{Dataset: ds, Method: pii.Delete}
	for i := 3; i < 300; i += 10 {
		act.Targets = append(act.Targets, pii.Target{Key: pii.Key{pii.NewValue(fmt.Sprint(i))}})
	}
	if _, err := soft.Erase(t.Context(), pii.Unit{ID: "u", Acts: []pii.Act{act}}); err != nil {
		t.Fatal(err)
	}
	climb := func(s *connectors.Source) map[string]connectors.Rung {
		t.Helper()
		if _, err := s.Purge(t.Context(), []pii.Dataset{ds}); err != nil {
			t.Fatal(err)
		}
		exec("CHECKPOINT")
		rungs, err := s.Ladder(t.Context(), []pii.Dataset{ds})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]connectors.Rung{}
		for _, r := range rungs {
			out[r.Name] = r
		}
		return out
	}
	by := climb(soft)
	if r := by["physical"]; r.State != connectors.RungWaiting || inFiles(t, base, mark) == 0 {
		t.Errorf("after VACUUM: %+v, and %d files hold what was erased", r, inFiles(t, base, mark))
	}
	if r := by["wal"]; r.State != connectors.RungWaiting || inFiles(t, wal, mark) == 0 {
		t.Errorf("the log: %+v, and %d segments hold what was erased", r, inFiles(t, wal, mark))
	}
	by = climb(source("full"))
	if r, n := by["physical"], inFiles(t, base, mark); r.State != connectors.RungReached || n != 0 {
		t.Errorf("after VACUUM FULL: %+v, and %d files hold what was erased", r, n)
	}
	if r := by["statistics"]; r.State != connectors.RungReached {
		t.Errorf("the statistics: %+v", r)
	}
	exec("SELECT pg_create_physical_replication_slot('forgotten', true)")
	exec("INSERT INTO people VALUES (1000, 'later@example.org', '')")
	if r := climb(soft)["slots"]; r.State != connectors.RungWaiting || !strings.Contains(r.Proof, "forgotten") {
		t.Errorf("a slot that nobody reads: %+v", r)
	}
	exec("SELECT pg_drop_replication_slot('forgotten')")
	if r := climb(soft)["slots"]; r.State != connectors.RungReached {
		t.Errorf("without slots: %+v", r)
	}
}
