package testenv

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var sharedMySQL family

// MySQL gives a new, empty database on a server of this test binary's own, which lives in a folder with another Debian release; it is dropped with the test.
func MySQL(t testing.TB) Database {
	t.Helper()
	root := Cached("mysql")
	if root == "" {
		MustRun(t, "mysql")
	}
	f := &sharedMySQL
	f.once.Do(func() { f.err = f.attempts(func() error { return f.startMySQL(root) }) })
	return f.database(t, "mysql")
}

// startMySQL runs as root, since only root may change the root folder; the server itself gives that up at once.
func (f *family) startMySQL(root string) error {
	name := "/data/t" + strings.ToLower(rand.Text())
	make := `mkdir -p "$1" && printf '%s' "$2" >"$1/init.sql" && chown -R mysql "$1" && chmod 700 "$1" && chmod 600 "$1/init.sql"`
	for _, args := range [][]string{
		{"sh", "-c", make, "make", name, f.users()},
		{"mysqld", "--no-defaults", "--initialize-insecure", "--user=mysql", "--datadir=" + name + "/d", "--tmpdir=" + name, "--performance-schema=OFF", "--innodb-flush-method=nosync", "--innodb-redo-log-capacity=8M"},
	} {
		if out, err := asRoot(append([]string{"chroot", root}, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
	}
	dir := filepath.Join(root, name)
	cmd := asRoot("env", "KEEP="+dir, "/bin/sh", "-c", ender(), "ender", "chroot", root, "mysqld", "--no-defaults", "--user=mysql", "--datadir="+name+"/d", "--tmpdir="+name,
		"--port="+strconv.Itoa(f.port), "--bind-address=127.0.0.1", "--socket="+name+"/s", "--pid-file="+name+"/pid", "--init-file="+name+"/init.sql",
		"--mysqlx=OFF", "--performance-schema=OFF", "--innodb-buffer-pool-size=64M", "--secure-file-priv=", "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit=2", "--skip-innodb-doublewrite", "--innodb-flush-method=nosync", "--max-connections=200")
	if err := f.hold(cmd, dir); err != nil {
		return err
	}
	ca, err := asRoot("cat", filepath.Join(dir, "d", "ca.pem")).Output() // the server makes its certificates by itself
	f.ca = string(ca)
	return err
}

// asRoot runs a command as root, without ever asking for a password, in a process group of its own.
func asRoot(args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	apart(cmd)
	return cmd
}
