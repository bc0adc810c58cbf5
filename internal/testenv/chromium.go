package testenv

import (
	"testing"
)

// Chromium gives the path of the browser; a test that looks at pages starts it itself.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"} {
		if path := program(name); path != "" {
			return path
		}
	}
	MustRun(t, "chromium")
	return ""
}
