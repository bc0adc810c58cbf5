//go:build !unix || race

package decode

// limit does nothing where the system has no such limit; the race detector needs all the addresses it can get.
func limit() {}
