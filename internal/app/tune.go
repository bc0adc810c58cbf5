package app

import (
	"os"
	"runtime/debug"
)

// Tune lets the collector of garbage wait until the heap is three times what is alive, unless GOGC says otherwise: of a scan little is alive at any time, and going over it
// at every doubling costs a tenth of its processor time.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}
