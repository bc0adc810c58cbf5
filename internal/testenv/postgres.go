package testenv

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the PostgreSQL of this test binary. It ends with the binary, however that ends: a shell that holds it waits for the end
// of a pipe.
type server struct {
	once     sync.Once
	port     int
	password string
	err      error
	next     atomic.Int64
	keep     *keep
}

var shared server

// Postgres gives the connection string of a new, empty database on a server of this test binary's own; it is dropped with the test.
func Postgres(t testing.TB) string {
	t.Helper()
	bin := program("postgres", "/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin")
	if bin == "" {
		MustRun(t, "postgres")
	}
	shared.once.Do(func() { shared.err = shared.start(filepath.Dir(bin)) })
	return shared.database(t)
}

// database makes a database for a test.
func (s *server) database(t testing.TB) string {
	t.Helper()
	if s.err != nil {
		t.Fatalf("start postgres: %v", s.err)
	}
	name := fmt.Sprintf("test_%d", s.next.Add(1))
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() { _ = s.exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.dsn(name)
}

func (s *server) dsn(database string) string {
	return fmt.Sprintf("postgres://tester:%s@127.0.0.1:%d/%s?sslmode=disable", url.QueryEscape(s.password), s.port, database)
}

func (s *server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// start tries anew where another process takes the port between the look and the start.
func (s *server) start(bin string) (err error) {
	for range 3 {
		if err = s.attempt(bin); err == nil {
			return nil
		}
	}
	return err
}

func (s *server) attempt(bin string) error {
	dir, err := os.MkdirTemp("", "vestige-postgres-")
	if err != nil {
		return err
	}
	s.password = rand.Text()
	if s.port, err = freePort(); err != nil {
		return err
	}
	if err := s.initdb(bin, dir); err != nil {
		return err
	}
	return s.run(bin, dir)
}

func (s *server) initdb(bin, dir string) error {
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "--no-sync", "--username=tester", "--auth=scram-sha-256", "--pwfile="+secret,
		"--encoding=UTF8", "--locale=C", "--pgdata="+filepath.Join(dir, "data"))
	if err := unprivileged(cmd, dir, secret); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// keeper ends a server without much ado.
func keeper() string { return kept("kill -QUIT $pid") }

func (s *server) run(bin, dir string) error {
	cmd := exec.Command("/bin/sh", "-c", keeper(), "keeper", filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"),
		"-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=on")
	cmd.Env = append(os.Environ(), "KEEP="+dir)
	if err := unprivileged(cmd, dir); err != nil {
		return err
	}
	return s.hold(cmd, dir)
}

// hold starts the keeper and waits for the server.
func (s *server) hold(cmd *exec.Cmd, dir string) (err error) {
	s.keep, err = hold(cmd, dir, s.ready)
	return err
}

func (s *server) ready(k *keep) error {
	return k.until(300, 50*time.Millisecond, func() error { return s.exec("SELECT 1") })
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
