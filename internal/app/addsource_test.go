package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/internal/app"
	"vestige/internal/errkind"
)

// TestAddSource writes a source into files of all shapes: comments and order stay, and the file is read again with one source more.
func TestAddSource(t *testing.T) {
	for name, x := range map[string]struct{ before, after string }{
		"an empty one": {"sources: {} # none yet\n#  shop:\n#    type: sqlite\n", "sources: # none yet\n  new:\n    type: sqlite\n    path: \"new.db\"\n#  shop:\n#    type: sqlite\n"},
		"none":         {"# of mine\ndata: data\n", "# of mine\ndata: data\nsources:\n  new:\n    type: sqlite\n    path: \"new.db\"\n"},
		"null":         {"sources:\ndata: data\n", "sources:\n  new:\n    type: sqlite\n    path: \"new.db\"\ndata: data\n"},
		"one, in the middle": {"sources:\n    old: # the first\n        type: sqlite\n        path: old.db # here\n\n# where it is\ndata: data\n",
			"sources:\n    old: # the first\n        type: sqlite\n        path: old.db # here\n    new:\n      type: sqlite\n      path: \"new.db\"\n\n# where it is\ndata: data\n"},
		"two, at the end without a line's end": {"data: data\nsources:\n  b: {type: sqlite, path: b.db}\n  a:\n    type: sqlite\n    path: a.db\n    # read_only: true",
			"data: data\nsources:\n  b: {type: sqlite, path: b.db}\n  a:\n    type: sqlite\n    path: a.db\n    # read_only: true\n  new:\n    type: sqlite\n    path: \"new.db\"\n"},
	} {
		a, file := opened(t, x.before)
		must(t, os.WriteFile(filepath.Join(filepath.Dir(file), "new.db"), nil, 0o600))
		must(t, a.AddSource(t.Context(), "ada", app.Source{Name: "new", Type: "sqlite", Options: map[string]string{"path": "new.db"}}))
		got, err := os.ReadFile(file)
		must(t, err)
		if string(got) != x.after {
			t.Errorf("%s: the file is\n%s\nwant\n%s", name, got, x.after)
		}
		if cfg, err := app.LoadConfig(file, app.Specs()); err != nil || cfg.Sources["new"].Options["path"] != "new.db" {
			t.Errorf("%s: it is read as %v: %v", name, cfg, err)
		}
		if err := a.AddSource(t.Context(), "ada", app.Source{Name: "new", Type: "sqlite", Options: map[string]string{"path": "new.db"}}); errkind.Code(err) != "source-there" {
			t.Errorf("%s: a second one of the name: %v", name, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: the file may be read by others now: %v", name, info.Mode())
		}
	}
}

// TestAddSourceRefuses: nothing is written of what only a person should write, what is secret, and what is not the source's own.
func TestAddSourceRefuses(t *testing.T) {
	t.Setenv("VESTIGE_MASTER_KEY", "x")
	t.Setenv("VESTIGE_PG_PASSWORD", "x")
	before := "sources:\n  old: {type: sqlite, path: old.db}\nnotify:\n  hook: {type: webhook, url: \"https://hook.example/\", secret: env:VESTIGE_PG_HOOK}\n"
	a, file := opened(t, before)
	pg := func(option, value string) app.Source {
		return app.Source{Name: "pg", Type: "postgres", Options: map[string]string{"host": "127.0.0.1", "port": "1", "user": "u", "database": "d", option: value}}
	}
	for _, x := range []struct {
		what string
		s    app.Source
		code string
	}{
		{"a secret as it is", pg("password", "open sesame"), "secret-option"}, {"a command", pg("password", "exec:id"), "secret-option"}, {"a command as a plain option", pg("host", "exec:id"), "indirect-option"},
		{"the environment as a plain option", pg("host", "env:HOME"), "indirect-option"}, {"another's variable", pg("password", "env:AWS_SECRET_ACCESS_KEY"), "secret-option"},
		{"a secret of another part", pg("password", "env:VESTIGE_PG_HOOK"), "secret-option"}, {"a file elsewhere", pg("password", "file:/etc/passwd"), "secret-option"},
		{"a file above", pg("password", "file:secrets/pg_/../../master.key"), "secret-option"}, {"another's file", pg("password", "file:secrets/shop_password"), "secret-option"},
		{"a secret that is not there", pg("password", "file:secrets/pg_password"), "no-setting"}, {"an option that there is not", pg("nothing", "x"), "no-such-option"},
		{"the master key", app.Source{Name: "master", Type: "postgres", Options: map[string]string{"host": "127.0.0.1", "password": "env:VESTIGE_MASTER_KEY"}}, "secret-option"},
		{"no connector", app.Source{Name: "x", Type: "fax"}, "no-such-connector"}, {"one that is there", app.Source{Name: "old", Type: "sqlite", Options: map[string]string{"path": "old.db"}}, "source-there"},
	} {
		err := a.AddSource(t.Context(), "ada", x.s)
		if errkind.Code(err) != x.code {
			t.Errorf("%s: %v, want %s", x.what, err, x.code)
		}
		if err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: the error says the secret", x.what)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != before {
		t.Errorf("the file is\n%s", got)
	}
	a, _ = opened(t, "sources: {old: {type: sqlite, path: old.db}}\n")
	if err := a.AddSource(t.Context(), "ada", app.Source{Name: "x", Type: "sqlite", Options: map[string]string{"path": "old.db"}}); errkind.Code(err) != "by-hand" {
		t.Errorf("a file that only a person should change: %v", err)
	}
}

func opened(t *testing.T, config string) (*app.App, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vestige.yaml")
	must(t, os.WriteFile(file, []byte(config), 0o640))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(file), "old.db"), nil, 0o600))
	t.Setenv("VESTIGE_PG_HOOK", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")
	cfg, err := app.LoadConfig(file, app.Specs())
	must(t, err)
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	must(t, err)
	t.Cleanup(func() { _ = a.Close() })
	return a, file
}
