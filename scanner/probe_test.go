package scanner_test

import (
	"fmt"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
	"vestige/scanner"
)

// TestProbe relates datasets of which only samples were read: what names make likely is looked up in the parent, and believed only where it is there.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values func(i int) int // of the child
		probes bool
		want   int
	}{
		"values that are there":     {func(i int) int { return 52_000 + 37*(i%600) }, true, 1},
		"values that are not there": {func(i int) int { return 52_001 + 37*(i%600) }, true, 0},
		"nothing is looked up":      {func(i int) int { return 52_000 + 37*(i%600) }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.users("users", 700)
			w.sys.Create(memory.Table{Name: "bookings", Key: []string{"nr"}, Fields: []pii.Field{number("nr"), number("user_id")}})
			for i := range 900 {
				w.sys.Insert("bookings", [][]byte{fmt.Appendf(nil, "%d", 9_000_000+13*i), fmt.Appendf(nil, "%d", c.values(i))})
			}
			w.scan(scanner.Options{Sample: 200})
			if c.probes {
				w.scanner.Sources = func(string) *connectors.Source { return w.source }
			}
			r, err := w.scanner.Relate(t.Context())
			w.must(err)
			if r.Inferred != c.want {
				t.Errorf("%d references are inferred, want %d", r.Inferred, c.want)
			}
		})
	}
}
