//go:build unix && !race

package decode

import "syscall"

// limit bounds the memory that a hostile file can make a child ask for.
func limit() {
	const space = 3 << 30
	_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: space, Max: space})
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // a core dump would hold the file
}
