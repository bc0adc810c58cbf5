//go:build unix

package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// processor gives the processor time that this process has used, and those of its children that have ended.
func processor() (sum time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			return 0
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
