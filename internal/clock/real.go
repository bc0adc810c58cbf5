//go:build !testclock

package clock

import "time"

func now() time.Time { return time.Now() }
