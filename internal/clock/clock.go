// Package clock is the one source of now. Everything that depends on the time of day asks it, so that a test build can move
// the time of several processes at once through a file (build tag testclock), and no SQL calls now().
package clock

import (
	"context"
	"time"
)

// Now gives the present moment in UTC, to the microsecond, which is what the store keeps.
func Now() time.Time { return now().UTC().Truncate(time.Microsecond) }

// Micros gives Now in microseconds since 1970, the form in which the store keeps every time.
func Micros() int64 { return Now().UnixMicro() }

// Since gives how long ago t was.
func Since(t time.Time) time.Duration { return Now().Sub(t) }

// Wait lets a time pass, or gives up with its context.
func Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
