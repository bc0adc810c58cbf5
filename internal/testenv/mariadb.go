package testenv

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"vestige/internal/clock"
)

// Database is a new, empty database on a server of the family of MySQL.
type Database struct {
	Server   string // "mariadb" or "mysql"
	Host     string
	Port     int
	User     string // may do everything
	Password string
	Name     string
	CA       string // the certificate that the server's is signed by, as PEM
}

// Open connects as the user who may do everything.
func (d Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := connect(d.Port, d.Password, d.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func connect(port int, password, database string) (*sql.DB, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName = "tcp", "127.0.0.1:"+strconv.Itoa(port), "tester", password, database
	cfg.MultiStatements, cfg.Logger = true, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// family is the MariaDB, or the MySQL, of this test binary. It ends with the binary, as the PostgreSQL does.
type family struct {
	once     sync.Once
	options  []string // of the server
	port     int
	password string
	ca       string
	err      error
	next     atomic.Int64
	keep     *keep
}

var sharedMariaDB family

// MariaDB gives a new, empty database on a server of this test binary's own; it is dropped with the test.
func MariaDB(t testing.TB) Database {
	t.Helper()
	install, daemon := program("mariadb-install-db", "/usr/local/bin", "/opt/homebrew/bin"), program("mariadbd", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")
	if install == "" || daemon == "" {
		MustRun(t, "mariadb")
	}
	f := &sharedMariaDB
	f.once.Do(func() { f.err = f.attempts(func() error { return f.startMariaDB(install, daemon) }) })
	return f.database(t, "mariadb")
}

var foldingMariaDB = family{options: []string{"--lower-case-table-names=1", "--log-bin=binlog", "--server-id=1", "--expire-logs-days=10"}}

// FoldingMariaDB is MariaDB as it is on Windows: it keeps names of tables in lower case, and takes them in any. It has a binary log, too.
func FoldingMariaDB(t testing.TB) Database {
	t.Helper()
	install, daemon := program("mariadb-install-db", "/usr/local/bin", "/opt/homebrew/bin"), program("mariadbd", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")
	if install == "" || daemon == "" {
		MustRun(t, "mariadb")
	}
	f := &foldingMariaDB
	f.once.Do(func() { f.err = f.attempts(func() error { return f.startMariaDB(install, daemon) }) })
	return f.database(t, "mariadb")
}

func (f *family) database(t testing.TB, server string) Database {
	t.Helper()
	if f.err != nil {
		t.Fatalf("start %s: %v", server, f.err)
	}
	d := Database{Server: server, Host: "127.0.0.1", Port: f.port, User: "tester", Password: f.password, CA: f.ca, Name: fmt.Sprintf("test_%d", f.next.Add(1))}
	if err := f.exec("CREATE DATABASE " + d.Name + " CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() { _ = f.exec("DROP DATABASE IF EXISTS " + d.Name) })
	return d
}

func (f *family) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := connect(f.port, f.password, "")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, query)
	return err
}

// attempts tries anew where another process takes the port between the look and the start.
func (f *family) attempts(start func() error) (err error) {
	for range 3 {
		if f.port, err = freePort(); err != nil {
			return err
		}
		f.password = rand.Text()
		if err = start(); err == nil {
			return nil
		}
	}
	return err
}

// users is what a server runs at its start: the one user of the tests, and no other that may come in from outside.
func (f *family) users() string {
	return "CREATE USER IF NOT EXISTS 'tester'@'%' IDENTIFIED BY '" + f.password + "';\nGRANT ALL PRIVILEGES ON *.* TO 'tester'@'%' WITH GRANT OPTION;\n" +
		"ALTER USER 'root'@'localhost' IDENTIFIED BY '" + f.password + "';\n"
}

func (f *family) startMariaDB(install, daemon string) error {
	dir, err := os.MkdirTemp("", "vestige-mariadb-")
	if err != nil {
		return err
	}
	data, boot := filepath.Join(dir, "data"), filepath.Join(dir, "init.sql")
	if err := os.WriteFile(boot, []byte(f.users()), 0o600); err != nil {
		return err
	}
	files, err := certificates(dir)
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	f.ca = string(ca)
	own := "--tmpdir=" + dir // a server that starts removes the temporary tables it finds, those of others too
	cmd := exec.Command(install, append([]string{"--no-defaults", "--datadir=" + data, own, "--auth-root-authentication-method=normal", "--skip-test-db"}, f.options...)...)
	if err := unprivileged(cmd, append([]string{dir, boot}, files...)...); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, bytes.TrimSpace(out))
	}
	cmd = exec.Command("/bin/sh", append([]string{"-c", ender(), "ender", daemon, "--no-defaults", "--datadir=" + data, own, "--port=" + strconv.Itoa(f.port),
		"--bind-address=127.0.0.1", "--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + boot,
		"--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2", "--skip-innodb-doublewrite", "--max-connections=200",
		"--ssl-ca=" + files[0], "--ssl-cert=" + files[1], "--ssl-key=" + files[2]}, f.options...)...)
	if err := unprivileged(cmd, dir); err != nil {
		return err
	}
	return f.hold(cmd, dir)
}

// ender is a keeper that ends the server at once: nobody will read what it would write on an orderly end.
func ender() string { return kept("kill -KILL $pid") }

// hold starts a server beneath the keeper, and waits until it answers.
func (f *family) hold(cmd *exec.Cmd, dir string) (err error) {
	cmd.Env = append(os.Environ(), "KEEP="+dir)
	f.keep, err = hold(cmd, dir, f.ready)
	return err
}

func (f *family) ready(k *keep) error {
	return k.until(600, 50*time.Millisecond, func() error { return f.exec("SELECT 1") })
}

// certificates writes an authority of its own, a certificate for 127.0.0.1 that it has signed, and its key.
func certificates(dir string) ([]string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotBefore: clock.Now().Add(-time.Hour),
		NotAfter: clock.Now().Add(240 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	server := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leaf, err := x509.CreateCertificate(rand.Reader, server, authority, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var out []string
	for name, block := range map[string]*pem.Block{"0-ca.pem": {Type: "CERTIFICATE", Bytes: ca}, "1-cert.pem": {Type: "CERTIFICATE", Bytes: leaf}, "2-key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"0-ca.pem", "1-cert.pem", "2-key.pem"} {
		out = append(out, filepath.Join(dir, name))
	}
	return out, nil
}
