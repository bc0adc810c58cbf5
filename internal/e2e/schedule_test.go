package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestige/internal/testenv"
)

// TestAScheduledScanTellsASteward has a table of people come into a database at ten. Nobody knows of it. At eleven the schedule is due, and a steward gets
// a letter that names the table and nobody in it. The time is that of a file, for the whole program.
func TestAScheduledScanTellsASteward(t *testing.T) {
	if testing.Short() {
		t.Skip("the program is built once more, with a clock that can be moved")
	}
	t.Parallel()
	c := newClocked(t)
	c.set("2026-11-21T09:30:00Z")
	c.db("CREATE TABLE prices (id INTEGER PRIMARY KEY, amount INTEGER)", "INSERT INTO prices VALUES (1, 100), (2, 250)")
	c.serve()
	c.run("scan")
	c.set("2026-11-21T10:00:30Z")
	c.until("the scan of ten", func() bool { return strings.Count(c.run("runs"), "schedule:hourly") == 1 })
	if n := len(c.mail.Letters()); n != 0 {
		t.Fatalf("%d letters about prices: %s", n, c.mail.Letters()[0])
	}
	c.db("CREATE TABLE newcomers (id INTEGER PRIMARY KEY, full_name TEXT, email TEXT, phone TEXT)")
	for i := range 60 {
		c.db(fmt.Sprintf("INSERT INTO newcomers VALUES (%d, 'Berta Kramer', 'berta.kramer%d@example.com', '+1 202 555 01%02d')", 70_000+i*13, i, i))
	}
	c.set("2026-11-21T10:59:30Z")
	c.set("2026-11-21T11:00:30Z")
	c.until("the letter", func() bool { return len(c.mail.Letters()) > 0 })
	text := ""
	for _, l := range c.mail.Letters() {
		m, err := mail.ReadMessage(strings.NewReader(l))
		must(t, err)
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
		must(t, err)
		text += string(body)
		if m.Header.Get("To") != "steward@example.com" || !strings.HasPrefix(m.Header.Get("Date"), "Sat, 21 Nov 2026 11:00:30") {
			t.Errorf("%v", m.Header)
		}
	}
	if !strings.Contains(text, "unmapped") || !strings.Contains(text, "shop/newcomers") || strings.Contains(text, "prices") {
		t.Errorf("the letter says %s", text)
	}
	for _, value := range []string{"erta", "ramer", "@example.com", "555"} {
		if strings.Contains(text, value) {
			t.Errorf("the letter holds a value: %s", text)
		}
	}
	if out := c.run("alerts"); !strings.Contains(out, "unmapped:shop/newcomers") || strings.Contains(out, "schedule-missed") {
		t.Errorf("%s", out)
	}
}

// clocked is a program with a time of its own, over one database, and a mail server.
type clocked struct {
	t    *testing.T
	dir  string
	bin  string
	mail *testenv.MailServer
	sql  *sql.DB
}

func newClocked(t *testing.T) *clocked {
	t.Helper()
	c := &clocked{t: t, dir: t.TempDir(), bin: program(t, test), mail: testenv.Mail(t)}
	c.file("vestige.yaml", "examples: true\nlisten: 127.0.0.1:0\nsources:\n  shop: {type: sqlite, path: shop.db}\nschedules:\n  hourly: {cron: \"0 * * * *\"}\nnotify:\n"+
		"  stewards: {type: mail, server: \""+c.mail.At+"\", from: vestige@example.com, to: [steward@example.com], tls: never}\n")
	var err error
	c.sql, err = sql.Open("sqlite", filepath.Join(c.dir, "shop.db"))
	must(t, err)
	t.Cleanup(func() { _ = c.sql.Close() })
	return c
}

func (c *clocked) file(name, text string) {
	c.t.Helper()
	next := filepath.Join(c.dir, name+".next")
	must(c.t, os.WriteFile(next, []byte(text), 0o600))
	must(c.t, os.Rename(next, filepath.Join(c.dir, name)))
}

// set moves the clock.
func (c *clocked) set(at string) { c.file("clock", at+"\n") }

func (c *clocked) db(statements ...string) {
	c.t.Helper()
	for _, s := range statements {
		_, err := c.sql.ExecContext(c.t.Context(), s)
		must(c.t, err)
	}
}

func (c *clocked) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.bin, args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), "VESTIGE_CLOCK="+filepath.Join(c.dir, "clock"), "VESTIGE_USER=ada")
	return cmd
}

// serve starts the program, which ends with the test.
func (c *clocked) serve() {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := c.command(ctx, "serve")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	must(c.t, cmd.Start())
	c.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if c.t.Failed() {
			c.t.Logf("serve said: %s", said.String())
		}
	})
	c.until("serve", func() bool { _, err := os.Stat(filepath.Join(c.dir, "data", "endpoint.json")); return err == nil })
}

func (c *clocked) run(args ...string) string {
	c.t.Helper()
	out, err := c.command(c.t.Context(), args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return string(out)
}

// until looks again and again, for up to two minutes.
func (c *clocked) until(what string, is func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Minute)
	defer cancel()
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			c.t.Fatalf("never: %s", what)
		case <-t.C:
		}
	}
}
