package testenv

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var shared17 server

// Postgres17 gives the connection string of a new, empty database on a PostgreSQL 17 of this test binary's own, which lives in a folder with another Debian release; it
// is dropped with the test.
func Postgres17(t testing.TB) string {
	t.Helper()
	root := Cached("postgres17")
	if root == "" {
		MustRun(t, "postgres17")
	}
	shared17.once.Do(func() {
		for range 3 {
			if shared17.err = shared17.startIn(root); shared17.err == nil {
				return
			}
		}
	})
	return shared17.database(t)
}

// startIn runs as root, since only root may change the root folder; the server itself is started as postgres.
func (s *server) startIn(root string) (err error) {
	const bin = "/usr/lib/postgresql/17/bin/"
	s.password = rand.Text()
	if s.port, err = freePort(); err != nil {
		return err
	}
	name := "/tmp/t" + strings.ToLower(rand.Text())
	make := `mkdir -p "$1" && printf '%s' "$2" >"$1/password" && chown -R postgres "$1" && chmod 700 "$1"`
	chroot := []string{"chroot", "--userspec=postgres", root}
	for _, args := range [][]string{
		{"chroot", root, "sh", "-c", make, "make", name, s.password},
		append(chroot, bin+"initdb", "--no-sync", "--username=tester", "--auth=scram-sha-256", "--pwfile="+name+"/password", "--encoding=UTF8", "--locale=C", "--pgdata="+name+"/data"),
	} {
		if out, err := asRoot(args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", args[len(args)-1], err, bytes.TrimSpace(out))
		}
	}
	dir := filepath.Join(root, name)
	args := append([]string{"env", "KEEP=" + dir, "/bin/sh", "-c", keeper(), "keeper"}, chroot...)
	cmd := asRoot(append(args, bin+"postgres", "-D", name+"/data", "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "dynamic_shared_memory_type=mmap")...)
	return s.hold(cmd, dir)
}
