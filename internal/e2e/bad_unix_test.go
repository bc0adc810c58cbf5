//go:build !windows

package e2e_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxRSS gives the most memory that a process and the children it waited for had.
func maxRSS(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
}

const nobody = 65534

func TestNoPermission(t *testing.T) {
	in := newInput(t, folder)
	in.write("objects/open/a.csv", csv(50))
	in.write("objects/closed/b.csv", csv(50))
	for dir := in.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	closed := filepath.Join(in.dir, "objects", "closed")
	must(t, os.Chmod(closed, 0))
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	cmd := in.command("scan")
	if os.Getuid() == 0 {
		must(t, os.Chown(in.dir, nobody, nobody))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, code := in.finish(cmd)
	in.want(out, code, 3, "closed")
}

// TestFullDisk lets no file grow beyond a limit, as a full disk does, and then makes room: nothing is lost.
func TestFullDisk(t *testing.T) {
	in := newInput(t, database)
	in.shop(3000)
	for _, blocks := range []int{64, 600, 900} {
		cmd := in.command("scan")
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", fmt.Sprintf("trap '' XFSZ; ulimit -f %d; exec %q scan", blocks, in.bin)}
		if out, code := in.finish(cmd); code == 0 {
			t.Logf("%d blocks were enough", blocks)
		} else if !strings.Contains(out, "disk") {
			t.Errorf("it does not say that the disk is full: %s", out)
		} else {
			t.Logf("%d blocks: exit code %d: %s", blocks, code, strings.TrimSpace(out))
		}
	}
	out, code := in.run("scan")
	if code != 0 {
		t.Errorf("with room again: exit code %d: %s", code, out)
	}
	out, code = in.run("search", "category:contact.email")
	in.want(out, code, 0, "people", "later")
}

// TestBesideACommand has one command, which waits for somebody else's lock on the database, hold the data directory while another one is given.
func TestBesideACommand(t *testing.T) {
	in := newInput(t, strings.Replace(database, "shop.db", "shop.db, busy_timeout: 5m", 1))
	in.shop(400)
	db, err := sql.Open("sqlite", filepath.Join(in.dir, "shop.db")+"?_txlock=exclusive")
	must(t, err)
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	first := in.command("scan", "--full")
	must(t, first.Start())
	pid := fmt.Sprint(first.Process.Pid)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(4 * time.Minute); ; <-tick.C {
		holder, _ := os.ReadFile(filepath.Join(in.dir, "data", "lock.holder"))
		if strings.Contains(string(holder), pid) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the scan takes no lock")
		}
	}
	out, code := in.run("search", "is:pii")
	in.want(out, code, 4, pid)
	must(t, tx.Rollback())
	must(t, first.Wait())
}
