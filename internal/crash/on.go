//go:build crashtest

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// Built tells whether this build can be killed by itself.
const Built = true

var reached atomic.Int64

// At kills the process where the environment names this place.
func At(point string) {
	name, count, counted := strings.Cut(os.Getenv(Variable), "#")
	if name != point {
		return
	}
	n := int64(1)
	if counted {
		n, _ = strconv.ParseInt(count, 10, 64)
	}
	if reached.Add(1) != n {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // the signal is on its way
}
