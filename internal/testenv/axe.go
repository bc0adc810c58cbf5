package testenv

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Axe gives the script of axe, which looks at pages for those who cannot see them or use no mouse.
func Axe(t testing.TB) string {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join(serversFolder(), "axe-*", "axe.min.js"))
	if len(all) == 0 {
		MustRun(t, "axe")
	}
	script, err := os.ReadFile(slices.Max(all))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}
