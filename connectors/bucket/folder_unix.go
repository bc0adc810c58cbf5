//go:build unix

package bucket

import (
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"vestige/connectors"
)

// identity gives the inode of a file and how many names it has.
func identity(info fs.FileInfo) (inode, links uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino), uint64(s.Nlink)
	}
	return 0, 1
}

// keepOwner gives the draft the owner of the file that it replaces.
func keepOwner(h *os.File, of fs.FileInfo) error {
	s, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if info, err := h.Stat(); err == nil {
		if own, ok := info.Sys().(*syscall.Stat_t); ok && own.Uid == s.Uid && own.Gid == s.Gid {
			return nil
		}
	}
	return h.Chown(int(s.Uid), int(s.Gid))
}

// lock takes the file for this process; false where another has it.
func lock(h *os.File) bool { return syscall.Flock(int(h.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil }

// writable looks at permissions and free space.
func (f *folder) writable(o object, size int64) (code, text string) {
	dir, err := f.root.Open(path.Dir(o.Key))
	if err != nil {
		return connectors.FindingPrivilege, "the folder of an object cannot be opened"
	}
	defer func() { _ = dir.Close() }()
	if err := unix.Faccessat(int(dir.Fd()), ".", unix.W_OK|unix.X_OK, 0); err != nil {
		return connectors.FindingPrivilege, "the folder of an object cannot be written to"
	}
	var s unix.Statfs_t
	if unix.Fstatfs(int(dir.Fd()), &s) == nil && uint64(size) > uint64(s.Bavail)*uint64(s.Bsize) {
		return connectors.FindingSpace, "there is too little room to write an object again"
	}
	return "", ""
}
