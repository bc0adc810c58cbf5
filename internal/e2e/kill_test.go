package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestige/internal/crash"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/plans"
	"vestige/policies"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// places are where a process is killed: after each state of the journal is reached, and around each unit.
func places() []string {
	var out []string
	for _, s := range []plans.State{plans.Exporting, plans.Cooling, plans.Executing, plans.Purging, plans.Checking, plans.Attesting, plans.Closed} {
		out = append(out, "journal:"+string(s)+":after")
	}
	return append(out, "unit:intent:after", "act:after", "unit:done:after#2", "purge:after", "wipe:before")
}

// points are the places, and more of them where there is time.
func points() []string {
	out := places()
	if deep() {
		for _, s := range []plans.State{plans.Executing, plans.Purging, plans.Checking, plans.Attesting, plans.Closed} {
			out = append(out, "journal:"+string(s)+":before")
		}
		for n := range 6 {
			out = append(out, fmt.Sprintf("act:before#%d", n+1), fmt.Sprintf("act:after#%d", n+2))
		}
		out = append(out, "unit:intent:before", "unit:done:before", "purge:before", "wipe:after")
	}
	return out
}

// TestKill kills the real command at each of these places, on the person who has every difficulty, and starts it again.
func TestKill(t *testing.T) {
	bin := program(t, test)
	e := newEstate(t, company.Options{Seed: 1}, setting{})
	end := e.open(setting{})
	e.scan(setting{})
	plan, err := e.ask(e.company.Walk, policies.Erasure)
	must(t, err)
	_, err = e.app.Requests.Approve(t.Context(), plan.Request, plan.Hash, me)
	must(t, err)
	end()
	k := &killing{estate: e, bin: bin, plan: plan}
	want := k.uninterrupted(t)
	for _, point := range points() {
		t.Run(point, func(t *testing.T) { k.at(t, point, want) })
	}
	if len(k.began) == 0 || slices.Min(k.began) > 2*time.Second {
		t.Errorf("nowhere did it go on within two seconds: %v", k.began)
	}
}

// killing is an estate with an approved plan, of which each test has a copy.
type killing struct {
	*estate
	bin   string
	plan  *plans.Status
	began []time.Duration // from the start of the command that goes on to its first entry in the journal
}

// run starts the command in a copy of the estate.
func (k *killing) run(t *testing.T, dir, point string) (out []byte, began time.Time, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k.bin, "run", k.plan.Request, "--json")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), crash.Variable+"="+point, "TMPDIR="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began = time.Now()
	if err = cmd.Run(); err != nil {
		t.Logf("%s%s", stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes(), began, err
}

func (k *killing) copied(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "estate")
	copyTree(t, k.dir, dir)
	return dir
}

func (k *killing) uninterrupted(t *testing.T) map[string]string {
	t.Helper()
	dir := k.copied(t)
	out, _, err := k.run(t, dir, "")
	must(t, err)
	k.ended(t, dir, out)
	return contents(t, dir)
}

// ended checks that the request is closed and the outsider content.
func (k *killing) ended(t *testing.T, dir string, out []byte) {
	t.Helper()
	var r plans.Result
	must(t, json.Unmarshal(out, &r))
	if r.State != plans.Closed {
		t.Fatalf("the plan is %s: %s", r.State, r.Reason)
	}
	after, err := outsider.Take(dir)
	must(t, err)
	if j := outsider.Judge(k.before, after, k.company.Truth, []company.Person{k.company.Walk}); j.Recall < 1 || len(j.Collateral) > 0 {
		t.Error("recall and collateral")
		k.show(j)
	}
}

func (k *killing) at(t *testing.T, point string, want map[string]string) {
	dir := k.copied(t)
	_, _, err := k.run(t, dir, point)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process was not killed: %v", err)
	}
	out, began, err := k.run(t, dir, "")
	must(t, err)
	k.ended(t, dir, out)
	k.acted(t, dir, began)
	got := contents(t, dir)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s ended otherwise than without the interruption", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is there only after the interruption", name)
	}
}

// acted checks that the process that goes on does so at once: within two seconds, or ten times that on a machine that does much else. It takes the right to act with a new token, and what it does first stands in the
// journal with its time.
func (k *killing) acted(t *testing.T, dir string, began time.Time) {
	t.Helper()
	e := &estate{t: t, dir: dir}
	defer e.open(setting{})()
	entries, err := e.app.Engine.Journal(t.Context(), k.plan.ID)
	must(t, err)
	for _, j := range entries {
		if at := time.UnixMicro(j.At); at.After(began) {
			took := at.Sub(began).Round(time.Millisecond)
			t.Logf("first entry after %v: %s %s", took, j.State, j.Unit)
			if k.began = append(k.began, took); took > 20*time.Second {
				t.Errorf("it acted only after %v", took)
			}
			return
		}
	}
}

// copyTree copies a folder with modes and times.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.CopyFS(to, os.DirFS(from)))
	must(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := filepath.Join(to, strings.TrimPrefix(path, from))
		return errors.Join(os.Chmod(name, info.Mode()), os.Chtimes(name, info.ModTime(), info.ModTime()))
	}))
}

// contents gives all that the systems hold: each object with its mode and time, each table with its rows.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	root := filepath.Join(dir, company.ObjectsRoot)
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		out[path[len(root):]] = fmt.Sprintf("%v %v\n%s", info.Mode(), info.ModTime(), b)
		return err
	}))
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		tables(t, filepath.Join(dir, file), file, out)
	}
	return out
}

func tables(t *testing.T, path, file string, out map[string]string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer func() { _ = db.Close() }()
	var names []string
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table'")
	must(t, err)
	for rows.Next() {
		var n string
		must(t, rows.Scan(&n))
		names = append(names, n)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	for _, n := range names {
		out[file+"/"+n] = strings.Join(rowsOf(t, db, n), "\n")
	}
}

func rowsOf(t *testing.T, db *sql.DB, table string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT * FROM %q", table))
	must(t, err)
	columns, err := rows.Columns()
	must(t, err)
	cells, at := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		at[i] = &cells[i]
	}
	for rows.Next() {
		must(t, rows.Scan(at...))
		all = append(all, fmt.Sprintf("%#v", cells))
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	slices.Sort(all)
	return all
}
