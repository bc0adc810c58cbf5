package bucket

import (
	"io/fs"
	"syscall"
	"time"
)

// accessTime gives when the file was last read.
func accessTime(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(int64(s.Atim.Sec), int64(s.Atim.Nsec))
	}
	return info.ModTime()
}
