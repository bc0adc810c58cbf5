package masking_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"vestige/internal/app"
	"vestige/internal/demo/company"
	"vestige/internal/testenv"
)

// TestKilled kills the process that masks a database and a folder, once it has begun to write. The next run, under the same key, takes away what was left and makes
// the copy that an uninterrupted run makes.
func TestKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		testenv.Lacking(t, "kill", "no process kills itself on Windows")
	}
	co, a := scanned(t, company.Options{Seed: 3, People: 20})
	dir := a.Config.Base
	key := "file:" + filepath.Join(dir, "mask.key")
	if err := os.WriteFile(filepath.Join(dir, "mask.key"), []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	for _, source := range []string{"shop", "files"} {
		whole := filepath.Join(t.TempDir(), "whole")
		masked(t, a, source, whole, key, func(string) {})
		kept[source] = content(t, whole)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for source, after := range map[string]int{"shop": 4, "files": 2} {
		t.Run(source, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "copy")
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledChild$")
			cmd.Env = append(os.Environ(), "VESTIGE_KILLED="+strings.Join([]string{co.Dir, source, to, key, fmt.Sprint(after)}, "|"))
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the run was not killed: %v\n%s", err, out)
			}
			if content(t, to) == kept[source] {
				t.Error("the copy was whole already")
			}
			again := reopened(t, co.Dir)
			masked(t, again, source, to, key, func(string) {})
			if got := content(t, to); got != kept[source] {
				t.Errorf("the copy is another one than that of an uninterrupted run: %.300q", got)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestKilledChild is the process that is killed.
func TestKilledChild(t *testing.T) {
	args := strings.Split(os.Getenv("VESTIGE_KILLED"), "|")
	if len(args) < 5 {
		return
	}
	a, left := reopened(t, args[0]), int(args[4][0]-'0')
	masked(t, a, args[1], args[2], args[3], func(part string) {
		if part != "copy" {
			return
		}
		if left--; left == 0 {
			p, err := os.FindProcess(os.Getpid())
			if err == nil {
				_ = p.Kill()
			}
			select {}
		}
	})
}

func reopened(t *testing.T, dir string) *app.App {
	t.Helper()
	cfg, err := app.LoadConfig(filepath.Join(dir, "vestige.yaml"), app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func masked(t *testing.T, a *app.App, source, to, key string, tell func(part string)) {
	t.Helper()
	_, err := a.Mask(t.Context(), app.MaskOptions{Source: source, Target: to, Key: key, By: "test", Tell: func(part, _ string, _ int64) { tell(part) }})
	if err != nil {
		t.Fatal(err)
	}
}

// content gives all records of a database, or all files of a folder; "" where there is nothing.
func content(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	var b strings.Builder
	if info.IsDir() {
		err := filepath.WalkDir(path, func(p string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := os.ReadFile(p)
			fmt.Fprintf(&b, "%s %q\n", strings.TrimPrefix(p, path), text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	db := open(t, path)
	for _, table := range strs(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name") {
		names := strs(t, db, "SELECT name FROM pragma_table_info(?) ORDER BY cid", table)
		row := "quote(\"" + strings.Join(names, "\")||','||quote(\"") + "\")"
		fmt.Fprintf(&b, "%s %q\n", table, strs(t, db, "SELECT "+row+" FROM \""+table+"\" ORDER BY 1"))
	}
	return b.String()
}
