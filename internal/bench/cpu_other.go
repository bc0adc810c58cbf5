//go:build !unix

package main

import (
	"time"

	"vestige/internal/clock"
)

// processor gives the time on the wall: this system is not asked for that of the processor.
func processor() time.Duration { return time.Duration(clock.Now().UnixNano()) }
