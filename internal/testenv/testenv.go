// Package testenv starts the real servers that tests need, from the programs installed on the machine. A test that cannot have its
// server skips, unless MUST_RUN names it: then it fails, so that "tests pass" never means "the server was not there".
package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// MustRun ends a test for which name ("postgres", "chromium") is not installed: a failure where MUST_RUN holds the name or "all".
func MustRun(t testing.TB, name string) {
	t.Helper()
	Lacking(t, name, name+" is not installed")
}

// Lacking ends a test that cannot run for the reason why, as MustRun does.
func Lacking(t testing.TB, name, why string) {
	t.Helper()
	wanted := strings.FieldsFunc(os.Getenv("MUST_RUN"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(wanted, name) || slices.Contains(wanted, "all") {
		t.Fatalf("%s, and MUST_RUN asks for %s", why, name)
	}
	t.Skip(why)
}

// program finds an executable on PATH or in the folders of the patterns, newest version first.
func program(name string, patterns ...string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(pattern, name))
		slices.Sort(found)
		slices.Reverse(found)
		for _, path := range found {
			if path, err := exec.LookPath(path); err == nil {
				return path
			}
		}
	}
	return ""
}
