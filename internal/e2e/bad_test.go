package e2e_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// input is a folder with a configuration of one source, and the real command to read it.
type input struct {
	t   *testing.T
	dir string
	bin string
}

func newInput(t *testing.T, sources string) *input {
	t.Helper()
	in := &input{t: t, dir: t.TempDir(), bin: program(t, "")}
	must(t, os.Chmod(in.dir, 0o755))
	in.write("vestige.yaml", []byte("data: ./data\nexamples: true\nsources:\n"+sources))
	must(t, os.MkdirAll(filepath.Join(in.dir, "objects"), 0o755))
	return in
}

func (in *input) write(name string, b []byte) {
	in.t.Helper()
	must(in.t, os.MkdirAll(filepath.Dir(filepath.Join(in.dir, name)), 0o755))
	must(in.t, os.WriteFile(filepath.Join(in.dir, name), b, 0o644))
}

func (in *input) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(in.t.Context(), in.bin, args...)
	cmd.Dir = in.dir
	return cmd
}

// run gives what the command says and its exit code.
func (in *input) run(args ...string) (string, int) {
	in.t.Helper()
	return in.finish(in.command(args...))
}

func (in *input) finish(cmd *exec.Cmd) (string, int) {
	in.t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		in.t.Fatal(err)
	}
	if bytes.Contains(out, []byte("panic:")) || bytes.Contains(out, []byte("internal error")) {
		in.t.Errorf("it fell over: %s", out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// want checks an exit code and that something is named.
func (in *input) want(out string, code, wanted int, names ...string) {
	in.t.Helper()
	if code != wanted {
		in.t.Errorf("exit code %d, want %d", code, wanted)
	}
	for _, n := range names {
		if !strings.Contains(out, n) {
			in.t.Errorf("%q is not named", n)
		}
	}
	if in.t.Failed() {
		in.t.Log(out)
	}
}

const (
	database = "  shop: {type: sqlite, path: shop.db}\n"
	folder   = "  files: {type: bucket, path: objects}\n"
)

// shop makes a database of n people.
func (in *input) shop(n int) {
	in.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(in.dir, "shop.db"))
	must(in.t, err)
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(in.t.Context(), nil)
	must(in.t, err)
	for _, table := range []string{"people", "later"} {
		_, err = tx.ExecContext(in.t.Context(), "CREATE TABLE "+table+" (id INTEGER PRIMARY KEY, mail TEXT, note TEXT)")
		must(in.t, err)
		for i := range n {
			_, err = tx.ExecContext(in.t.Context(), "INSERT INTO "+table+" VALUES (?, ?, ?)", i+1, fmt.Sprintf("p%d@example.com", i), strings.Repeat("lorem ", 20))
			must(in.t, err)
		}
	}
	must(in.t, tx.Commit())
}

func csv(n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,mail,city\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,p%d@example.com,Bonn\n", i, i)
	}
	return b.Bytes()
}

func TestCorruptDatabase(t *testing.T) {
	for what, spoil := range map[string]func([]byte) []byte{
		"not a database": func([]byte) []byte { return bytes.Repeat([]byte("no database at all. "), 1000) },
		"pages zeroed": func(b []byte) []byte {
			clear(b[4096*3:])
			return b
		},
		"cut": func(b []byte) []byte { return b[:len(b)/2+100] },
	} {
		t.Run(what, func(t *testing.T) {
			in := newInput(t, database+folder)
			in.write("objects/a.csv", csv(50))
			in.shop(3000)
			path := filepath.Join(in.dir, "shop.db")
			b, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, spoil(b), 0o644))
			out, code := in.run("scan")
			if code != 3 && code != 4 {
				t.Errorf("exit code %d", code)
			}
			in.want(out, code, code, "shop")
			if out, _ := in.run("search", "is:pii"); !strings.Contains(out, "mail") {
				t.Errorf("the other source was not read: %s", out)
			}
		})
	}
}

func TestRaggedRows(t *testing.T) {
	in := newInput(t, folder)
	in.write("objects/a.csv", append(csv(60), []byte("61,p61@example.com\n62,p62@example.com,Bonn,more,and more\n\"63,p63@example.com,Bonn\n")...))
	out, code := in.run("scan", "--full")
	if code != 0 && code != 3 {
		in.want(out, code, 3)
	}
	if out, _ := in.run("search", "category:contact.email"); !strings.Contains(out, "mail") {
		t.Errorf("the rows that can be read were lost: %s", out)
	}
	if code == 0 {
		t.Error("ragged rows are passed over in silence")
		t.Log(out)
	}
}

func TestGzipCut(t *testing.T) {
	in := newInput(t, folder)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(csv(60000))
	must(t, err)
	must(t, w.Close())
	in.write("objects/a.csv.gz", z.Bytes()[:z.Len()/2])
	in.write("objects/other/b.csv", csv(50))
	out, code := in.run("scan", "--full")
	in.want(out, code, 3)
	if !strings.Contains(strings.ToLower(out), "gap") {
		t.Errorf("no gap is named: %s", out)
	}
}

// TestLongLine reads a line of 1 GB, in bounded memory.
func TestLongLine(t *testing.T) {
	in := newInput(t, folder)
	size := 1 << 30
	if testing.Short() {
		size = 64 << 20
	}
	in.write("objects/other/b.csv", csv(50))
	f, err := os.Create(filepath.Join(in.dir, "objects", "long.ndjson"))
	must(t, err)
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.WriteString(w, `{"mail":"first@example.com"}`+"\n"+`{"mail":"`)
	must(t, err)
	chunk := bytes.Repeat([]byte("abcdefgh"), 1<<17)
	for range size / len(chunk) {
		_, err = w.Write(chunk)
		must(t, err)
	}
	_, err = io.WriteString(w, `"}`+"\n"+`{"mail":"last@example.com"}`+"\n")
	must(t, err)
	must(t, w.Flush())
	must(t, f.Close())
	cmd := in.command("scan", "--full")
	out, code := in.finish(cmd)
	in.want(out, code, 3)
	if peak := maxRSS(cmd.ProcessState); peak > 400<<20 {
		t.Errorf("it took %d MB", peak>>20)
	}
	if out, _ := in.run("search", "category:contact.email"); !strings.Contains(out, "mail") {
		t.Errorf("the other object was lost: %s", out)
	}
}

func TestTableDropped(t *testing.T) {
	in := newInput(t, database)
	in.shop(20000)
	cmd := in.command("scan", "--full", "--json")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	must(t, cmd.Start())
	db, err := sql.Open("sqlite", filepath.Join(in.dir, "shop.db")+"?_pragma=busy_timeout(100000)")
	must(t, err)
	deadline := time.Now().Add(time.Minute)
	for {
		if _, err := os.Stat(filepath.Join(in.dir, "data")); err == nil || time.Now().After(deadline) {
			break
		}
	}
	_, err = db.ExecContext(t.Context(), "DROP TABLE later")
	must(t, err)
	must(t, db.Close())
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 && code != 4 {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	if out, _ := in.run("search", "category:contact.email"); !strings.Contains(out, "mail") {
		t.Errorf("the table that is there was lost: %s", out)
	}
}

func TestCircle(t *testing.T) {
	in := newInput(t, folder)
	in.write("objects/a/b.csv", csv(50))
	must(t, os.Symlink("..", filepath.Join(in.dir, "objects", "a", "up")))
	must(t, os.Symlink("self", filepath.Join(in.dir, "objects", "self")))
	out, code := in.run("scan")
	if code != 0 && code != 3 {
		in.want(out, code, 3)
	}
	if out, _ := in.run("search", "category:contact.email"); strings.Count(out, "a/b") > 2 || !strings.Contains(out, "mail") {
		t.Errorf("the object is there once: %s", out)
	}
}

func TestUnknownKey(t *testing.T) {
	in := newInput(t, "  files: {type: bucket, path: objects}\nsingle-aprover: true\n")
	out, code := in.run("scan")
	in.want(out, code, 2, "vestige.yaml", "single-aprover")
	if !strings.Contains(out, "5:1") && !strings.Contains(out, "line 5") {
		t.Errorf("line and column are not named: %s", out)
	}
	if _, err := os.Stat(filepath.Join(in.dir, "data")); err == nil {
		t.Error("something was done all the same")
	}
}

// TestTwoAtOnce starts a second serve and other commands on one data directory.
func TestTwoAtOnce(t *testing.T) {
	in := newInput(t, folder+"listen: 127.0.0.1:0\n")
	in.write("objects/a.csv", csv(50))
	serve := in.command("serve")
	stdout, err := serve.StdoutPipe()
	must(t, err)
	must(t, serve.Start())
	defer func() {
		_ = serve.Process.Signal(os.Interrupt)
		_ = serve.Wait()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	if !strings.Contains(line, "http://") {
		t.Fatalf("serve says %q", line)
	}
	out, code := in.run("serve")
	in.want(out, code, 4, fmt.Sprint(serve.Process.Pid))
	out, code = in.run("scan")
	in.want(out, code, 0)
	out, code = in.run("search", "is:pii", "--json")
	in.want(out, code, 0, "mail")
	var v any
	must(t, json.Unmarshal([]byte(out), &v))
}
