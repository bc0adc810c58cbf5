//go:build testclock

package clock

import (
	"os"
	"strings"
	"time"
)

// now reads an RFC 3339 time from the file that VESTIGE_CLOCK names; without it the machine's clock is used.
func now() time.Time {
	b, err := os.ReadFile(os.Getenv("VESTIGE_CLOCK"))
	if err != nil {
		return time.Now()
	}
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Now()
	}
	return t
}
