package keys

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Size is the length of every symmetric key.
const Size = 32

// Master is the key that wraps all others. It prints as nothing but its id.
type Master struct {
	key   pii.Secret
	id    string
	where string
	apart bool
}

// OpenMaster reads the master key from where a setting says: "file:PATH", "env:NAME" or "exec:COMMAND". An empty setting means the file
// master.key of the data directory, which is made where it is missing.
func OpenMaster(ctx context.Context, setting, dataDir string) (*Master, error) {
	kind, rest, _ := strings.Cut(setting, ":")
	switch kind {
	case "":
		path := filepath.Join(dataDir, "master.key")
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			if err := NewFile(path); err != nil {
				return nil, err
			}
		}
		return openFile(path, dataDir)
	case "file":
		return openFile(rest, dataDir)
	case "env":
		text := os.Getenv(rest)
		if text == "" {
			return nil, errkind.New(errkind.NotFound, "master key: the environment variable %s is not set", rest)
		}
		return parse([]byte(text), "environment variable "+rest, true)
	case "exec":
		return openCommand(ctx, rest)
	}
	return nil, errkind.New(errkind.Invalid, "master key: a setting begins with file:, env: or exec:")
}

// NewFile makes a file with a new random key, which only its owner can read. It never overwrites one.
func NewFile(path string) error {
	key := make([]byte, Size)
	_, _ = rand.Read(key)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fileError(err, path)
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return errkind.Wrap(errkind.Internal, err, "write master key %s", path)
}

func openFile(path, dataDir string) (*Master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(err, path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, errkind.New(errkind.Permission, "master key %s can be read by others: make its mode 0600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(err, path)
	}
	return parse(text, "file "+path, !inside(path, dataDir))
}

func fileError(err error, path string) error {
	kind := errkind.Internal
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = errkind.NotFound
	case errors.Is(err, fs.ErrExist):
		kind = errkind.Conflict
	case errors.Is(err, fs.ErrPermission):
		kind = errkind.Permission
	}
	return errkind.Wrap(kind, err, "master key %s", path)
}

// inside tells whether a path lies in a directory, links followed.
func inside(path, dir string) bool {
	real := func(p string) string {
		if q, err := filepath.EvalSymlinks(p); err == nil {
			p = q
		}
		p, _ = filepath.Abs(p)
		return p
	}
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// openCommand runs a command and takes what it prints. Its output is in no error.
func openCommand(ctx context.Context, command string) (*Master, error) {
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	out, err := exec.CommandContext(ctx, shell, flag, command).Output()
	if err != nil {
		return nil, errkind.New(errkind.NotFound, "master key: the command ended with an error (%s)", exitText(err))
	}
	return parse(out, "a command", true)
}

func exitText(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ProcessState.String()
	}
	return "it could not be started"
}

func parse(text []byte, where string, apart bool) (*Master, error) {
	text = bytes.TrimSpace(text)
	key, err := hex.DecodeString(string(text))
	if err != nil {
		key, err = base64.StdEncoding.DecodeString(string(text))
	}
	if err != nil || len(key) != Size {
		return nil, errkind.New(errkind.Invalid, "master key (%s): it has to be %d bytes, in hex or base64", where, Size)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("vestige master key id"))
	return &Master{pii.NewValue(string(key)), hex.EncodeToString(mac.Sum(nil)[:6]), where, apart}, nil
}

// ID names the key without telling it.
func (m *Master) ID() string { return m.id }

// Where says where the key was found.
func (m *Master) Where() string { return m.where }

// Apart tells whether the key is kept apart from the data directory. Where it is not, a copy of the directory opens everything:
// `serve` says so at every start, and attestations record it.
func (m *Master) Apart() bool { return m.apart }

// String gives the id.
func (m *Master) String() string { return "master key " + m.id }
