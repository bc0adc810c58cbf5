package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/store"
	"vestige/store/storetest"
)

func TestSuiteOnSQLite(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T, schemas ...db.Schema) *store.Store {
		return storetest.Open(t, store.Options{Dir: dir, Command: "test", Schemas: schemas})
	})
}

func TestSuiteOnPostgres(t *testing.T) {
	dsn := testenv.Postgres(t)
	storetest.Run(t, func(t *testing.T, schemas ...db.Schema) *store.Store {
		return storetest.Open(t, store.Options{DSN: dsn, Schemas: schemas})
	})
}

func TestAChangedOrNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, store.Options{Dir: dir, Schemas: []db.Schema{{Room: "r", Steps: []string{"CREATE TABLE a (x INT)", "CREATE TABLE b (x INT)"}}}})
	_ = s.Close()
	for code, steps := range map[string][]string{
		"schema-changed": {"CREATE TABLE a (x INT, y INT)", "CREATE TABLE b (x INT)"},
		"newer-store":    {"CREATE TABLE a (x INT)"},
	} {
		s, err := store.Open(t.Context(), store.Options{Dir: dir, Schemas: []db.Schema{{Room: "r", Steps: steps}}})
		if errkind.Code(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}

func TestOpeningFailsClearly(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vestige.db"), bytes.Repeat([]byte("not a database "), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Options{Dir: dir}); errkind.Code(err) != "corrupt" {
		t.Errorf("a file that is no database gives %v", err)
	}
	if _, err := store.Open(t.Context(), store.Options{}); errkind.Of(err) != errkind.Invalid {
		t.Errorf("nowhere gives %v", err)
	}
	_, err := store.Open(t.Context(), store.Options{DSN: "postgres://who:hunter2-secret@127.0.0.1:1/x?sslmode=disable"})
	if errkind.Of(err) != errkind.Transient || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("no server gives %v", err)
	}
	dsn := strings.Replace(testenv.Postgres(t), "tester:", "tester:hunter2", 1)
	if _, err := store.Open(t.Context(), store.Options{DSN: dsn}); errkind.Of(err) != errkind.Permission || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a wrong password gives %v", err)
	}
}

// TestMain lets the test binary stand in for another process that owns a data directory.
func TestMain(m *testing.M) {
	if dir := os.Getenv("VESTIGE_TEST_HOLD"); dir != "" {
		hold(dir)
		return
	}
	os.Exit(m.Run())
}

func hold(dir string) {
	s, err := store.Open(context.Background(), store.Options{Dir: dir, Command: "serve"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Close()
}

func TestOneProcessOwnsTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a dir?with #odd%20 name")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "VESTIGE_TEST_HOLD="+dir)
	stdin, _ := child.StdinPipe()
	stdout, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("the child says %q", line)
	}
	_, err = store.Open(t.Context(), store.Options{Dir: dir, Command: "scan"})
	var held *store.HeldError
	if !errors.Is(err, store.ErrHeld) || !errors.As(err, &held) || errkind.Of(err) != errkind.Conflict {
		t.Fatalf("a held directory gives %v", err)
	}
	if held.Holder.PID != child.Process.Pid || held.Holder.Command != "serve" || held.Holder.Since.IsZero() {
		t.Errorf("the holder is named as %+v", held.Holder)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	s := storetest.Open(t, store.Options{Dir: dir, Command: "scan"})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "vestige.db")); err != nil {
		t.Error(err)
	}
}

func TestTheDirectoryIsForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	storetest.Open(t, store.Options{Dir: dir, Command: "test"})
	_ = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
		}
		return err
	})
}

// TestDestroyedIsGone deletes and changes rows of all sizes in random order and looks for them in the raw files.
func TestDestroyedIsGone(t *testing.T) {
	dir := t.TempDir()
	schema := db.SchemaOf("people", `CREATE TABLE person (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, sealed BYTEA);
CREATE INDEX person_body ON person (body);`)
	s := storetest.Open(t, store.Options{Dir: dir, Schemas: []db.Schema{schema}})
	random := rand.New(rand.NewPCG(1, 2))
	marker := func(i int) string { return fmt.Sprintf("<marker-%06d>", i) }
	const n = 4000
	order := random.Perm(n)
	for chunk := range slices.Chunk(order, 100) {
		storetest.Write(t, s, func(tx db.Tx) error {
			for _, i := range chunk {
				pad := strings.Repeat("x", random.IntN(300)*random.IntN(20))
				if _, err := tx.Exec(t.Context(), "INSERT INTO person (id, body, sealed) VALUES ($1, $2, $3)", fmt.Sprint("p", random.Int64(), i), marker(i)+pad, []byte(marker(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	gone := random.Perm(n)[:n/4] // the others keep the pages in use
	for chunk := range slices.Chunk(gone, 50) {
		storetest.Write(t, s, func(tx db.Tx) error {
			for k, i := range chunk {
				sql := "DELETE FROM person WHERE sealed = $1"
				if k%3 == 0 {
					sql = "UPDATE person SET body = id, sealed = NULL WHERE sealed = $1"
				}
				if _, err := tx.Exec(t.Context(), sql, []byte(marker(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Destroyed(ctx); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		traces := 0
		for _, i := range gone {
			if bytes.Contains(text, []byte(marker(i))) {
				traces++
			}
		}
		if traces > 0 {
			t.Errorf("%s still holds traces of %d of %d destroyed rows", filepath.Base(f), traces, len(gone))
		}
	}
}
