//go:build crashtest

package plans_test

import (
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/crash"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/internal/keys"
	"vestige/plans"
	"vestige/policies"
	"vestige/store"
)

// points are the places at which the process is killed: before and after each commit of the journal and each act.
func points() (out []string) {
	for _, s := range []plans.State{plans.Exporting, plans.Cooling, plans.Executing, plans.Purging, plans.Checking, plans.Attesting, plans.Closed} {
		out = append(out, "journal:"+string(s)+":before", "journal:"+string(s)+":after")
	}
	for _, p := range []string{"unit:intent", "act", "unit:done", "purge", "wipe"} {
		out = append(out, p+":before", p+":after")
	}
	return append(out, "act:after#2", "act:before#3", "unit:done:before#2", "purge:after#2")
}

// TestKill kills the process with SIGKILL at each place, once, on the person of the demo company who has every difficulty, and has another process go on.
func TestKill(t *testing.T) {
	origin := t.TempDir()
	c, err := company.Generate(t.Context(), origin, company.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	before, err := outsider.Take(origin)
	if err != nil {
		t.Fatal(err)
	}
	id := prepared(t, origin, c)
	var want string
	for _, point := range append([]string{""}, points()...) {
		t.Run("at "+point, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "estate")
			copied(t, origin, dir)
			if point != "" {
				var exit *exec.ExitError
				err := child(t, dir, id, point)
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the process was not killed: %v", err)
				}
			}
			if err := child(t, dir, id, ""); err != nil {
				t.Fatalf("the process that goes on failed: %v", err)
			}
			after, err := outsider.Take(dir)
			if err != nil {
				t.Fatal(err)
			}
			j := outsider.Judge(before, after, c.Truth, []company.Person{c.Walk})
			if j.Recall < 1 || len(j.Collateral) > 0 {
				t.Errorf("recall %.4f, left %v, collateral %v", j.Recall, j.Left, j.Collateral)
			}
			receipts, err := os.ReadFile(filepath.Join(dir, "steps.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = string(receipts)
			}
			if string(receipts) != want {
				t.Errorf("the steps ended otherwise:\n%s\nwant\n%s", receipts, want)
			}
		})
	}
}

// copied copies a folder with modes and times.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := filepath.Join(to, path[len(from):])
		if err := os.Chmod(name, info.Mode()); err != nil {
			return err
		}
		return os.Chtimes(name, info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// prepared scans the company, and plans and approves the erasure; the store is left in the folder.
func prepared(t *testing.T, dir string, c *company.Company) string {
	t.Helper()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	w, end := openWorld(t, dir)
	defer end()
	w.scan()
	w.must(w.policy.Add("policy.yaml", []byte(c.Policy())))
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	s := w.approve(w.plan(plans.Erasure, c.Truth.Subjects[c.Walk].Start.Value))
	w.must(os.WriteFile(filepath.Join(dir, "policy.txt"), []byte(c.Policy()), 0o600))
	return s.ID
}

// openWorld opens what stands in a folder.
func openWorld(t *testing.T, dir string) (w *world, end func()) {
	t.Helper()
	data := filepath.Join(dir, "data")
	w = &world{t: t, dir: data, sources: map[string]*connectors.Source{}, policy: policies.Default()}
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	var err error
	w.store, err = store.Open(t.Context(), store.Options{Dir: data, Command: "test", Schemas: schemas()})
	w.must(err)
	w.catalog, err = catalog.Open(t.Context(), w.store.DB(), data)
	w.must(err)
	master, err := keys.OpenMaster(t.Context(), "file:"+masterIn(t, dir), data)
	w.must(err)
	w.ring = keys.NewRing(master, keys.Table{}, forms.Version)
	_, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	w.log, err = audit.New(w.store.DB(), "vestige/test", private)
	w.must(err)
	for _, s := range companySources(t, dir) {
		w.sources[s.Name()] = s
	}
	w.engine = w.newEngine()
	return w, func() {
		for _, s := range w.sources {
			w.must(s.Close())
		}
		w.must(w.catalog.Close())
		w.must(w.store.Close())
	}
}

func masterIn(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "master.key")
	if _, err := os.Stat(path); err != nil {
		if err := keys.NewFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// child carries the plan out in a process of its own.
func child(t *testing.T, dir, id, point string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), "VESTIGE_TEST_DIR="+dir, "VESTIGE_TEST_PLAN="+id, crash.Variable+"="+point)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

// TestChild is the process that is killed, and the one that goes on: run by TestKill alone.
func TestChild(t *testing.T) {
	dir, id := os.Getenv("VESTIGE_TEST_DIR"), os.Getenv("VESTIGE_TEST_PLAN")
	if dir == "" {
		t.Skip("run by TestKill")
	}
	began := time.Now()
	w, end := openWorld(t, dir)
	defer end()
	text, err := os.ReadFile(filepath.Join(dir, "policy.txt"))
	w.must(err)
	w.must(w.policy.Add("policy.yaml", text))
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	first := time.Duration(0)
	r, err := w.engine.Run(t.Context(), id, func(plans.Event) {
		if first == 0 {
			first = time.Since(began)
		}
	})
	w.must(err)
	if r.State != plans.Closed {
		t.Fatalf("the run ended %s: %s", r.State, r.Reason)
	}
	if first > 20*time.Second { // at once, on a machine that does ten times as much besides
		t.Errorf("it took %v to go on", first)
	}
	destroyed(t, w, "REQ-00000001")
	s := w.show(id)
	var b []byte
	for _, u := range s.Units {
		for _, x := range u.Receipts {
			if u.Kind == "erase" {
				b = append(b, x.Dataset.String()+" "+string(x.Method)+" "+number(x.Affected+x.FoundDone)+"\n"...)
			}
		}
	}
	w.must(os.WriteFile(filepath.Join(dir, "steps.txt"), b, 0o600))
}

func number(n int64) string {
	return string(rune('0'+n/100%10)) + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
}
