package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vestige/internal/clock"
	"vestige/internal/errkind"
)

// Holder is the process that owns a data directory.
type Holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// ErrHeld is what errors.Is finds when another process owns the data directory; HeldError says which.
var ErrHeld = errors.New("the data directory is in use")

// HeldError names the process that owns the data directory.
type HeldError struct {
	Dir    string
	Holder Holder // zero where the holder has not said yet who it is
}

// Error names directory and holder.
func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return e.Dir + " is in use by another process"
	}
	return fmt.Sprintf("%s is in use by %q (process %d) since %s", e.Dir, e.Holder.Command, e.Holder.PID, e.Holder.Since.Format(time.RFC3339))
}

// Is lets errors.Is find ErrHeld.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// lock is held while its file is open: the system lets go of it when the process dies, however it dies. Who holds it stands in a
// second file, since a locked one cannot be read everywhere.
type lock struct {
	file   *os.File
	holder string
}

func takeLock(dir, command string) (*lock, error) {
	l := &lock{holder: filepath.Join(dir, "lock.holder")}
	var err error
	l.file, err = lockFile(filepath.Join(dir, "lock"))
	if errors.Is(err, ErrHeld) {
		return nil, &errkind.Error{Kind: errkind.Conflict, Code: "held", Err: &HeldError{dir, readHolder(l.holder)}}
	}
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "lock the data directory")
	}
	text, err := json.Marshal(Holder{os.Getpid(), command, clock.Now()})
	if err == nil {
		err = os.WriteFile(l.holder, text, 0o600)
	}
	if err != nil {
		_ = l.file.Close()
		return nil, errkind.Wrap(errkind.Permission, err, "lock the data directory")
	}
	return l, nil
}

func readHolder(path string) (h Holder) {
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

func (l *lock) release() error {
	_ = os.Remove(l.holder)
	return l.file.Close()
}
