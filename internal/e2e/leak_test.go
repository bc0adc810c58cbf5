package e2e_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/internal/keys"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

// needles are values of people in the encodings in which they could stand somewhere, with what each is.
type needles struct {
	first map[[4]byte][]needle
}

type needle struct{ text, what string }

// needlesOf gives every value of every person longer than five bytes: as written, in lower case, in base64 and in hex.
func needlesOf(c *company.Company) *needles {
	n := &needles{map[[4]byte][]needle{}}
	common := commonWords(c)
	for _, s := range c.Truth.Subjects {
		for _, id := range append(slices.Clone(s.Identifiers), s.Attributes...) {
			for _, v := range append([]string{id.Value}, id.Forms...) {
				if len(v) > 5 && !common[strings.ToLower(v)] && !digitsOnly(v) {
					n.all(v, id.Category)
				} else if len(v) > 8 && digitsOnly(v) {
					n.all(v, id.Category)
				}
			}
		}
	}
	return n
}

// commonWords are values that are words of something else as well: names of the company's own tables and columns, cities that names of datasets hold.
func commonWords(c *company.Company) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]string{c.Tables, c.Columns} {
		for _, v := range m {
			out[strings.ToLower(v)] = true
		}
	}
	return out
}

// digitsOnly tells a number that, where it is short, stands in timestamps and counts by chance.
func digitsOnly(s string) bool { return strings.Trim(s, "0123456789-.:") == "" }

func (n *needles) all(v, what string) {
	low := strings.ToLower(v)
	for i, t := range []string{v, low, base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(low)), hex.EncodeToString([]byte(v)), hex.EncodeToString([]byte(low))} {
		n.add(strings.TrimRight(t, "="), what+[]string{"", " in lower case", " in base64", " in base64", " in hex", " in hex"}[i])
	}
}

func (n *needles) add(text, what string) {
	k := [4]byte([]byte(text))
	if !slices.ContainsFunc(n.first[k], func(o needle) bool { return o.text == text }) {
		n.first[k] = append(n.first[k], needle{text, what})
	}
}

// in gives what of the values stands in a text.
func (n *needles) in(b []byte) []string {
	found := map[string]bool{}
	for i := 0; i+4 <= len(b); i++ {
		for _, x := range n.first[[4]byte(b[i:i+4])] {
			if len(b)-i >= len(x.text) && string(b[i:i+len(x.text)]) == x.text {
				found[x.what] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// leaking is an estate of which everything that the product writes is kept: its data, its temporary files, its log and what commands print.
type leaking struct {
	*estate
	values *needles
	logs   bytes.Buffer
	temp   string
}

func newLeaking(t *testing.T) *leaking {
	t.Helper()
	l := &leaking{temp: filepath.Join(t.TempDir(), "temp")}
	must(t, os.Mkdir(l.temp, 0o700))
	t.Setenv("TMPDIR", l.temp)
	l.estate = newEstate(t, company.Options{Seed: 3, People: 100}, setting{})
	l.values = needlesOf(l.company)
	return l
}

// clean searches a folder of the product's, and texts it wrote.
func (l *leaking) clean(after string) {
	l.t.Helper()
	for _, root := range []string{filepath.Join(l.dir, "data"), l.temp, filepath.Join(l.dir, "out")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) || d == nil || d.IsDir() {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			l.text(after+": "+strings.TrimPrefix(path, l.dir), b)
			return nil
		})
		must(l.t, err)
	}
	l.text(after+": the log", l.logs.Bytes())
}

func (l *leaking) text(where string, b []byte) {
	l.t.Helper()
	if found := l.values.in(b); len(found) > 0 {
		l.t.Errorf("%s holds: %s", where, strings.Join(found, ", "))
	}
}

// secret is the key of a request, as it is used and as the store has it.
type secret struct{ raw, wrapped []byte }

// key takes the key of a request while it lives, unwrapped by the master key as docs/keys.md says.
func (l *leaking) key(request string) (s secret) {
	l.t.Helper()
	var n int64
	id := keys.ID(keys.Request, request)
	must(l.t, l.app.DB.Read(l.t.Context(), func(tx db.Tx) error {
		return tx.QueryRow(l.t.Context(), "SELECT n, wrapped FROM wrapped_key WHERE id = $1", id).Scan(&n, &s.wrapped)
	}))
	text, err := os.ReadFile(filepath.Join(l.dir, "data", "master.key"))
	must(l.t, err)
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	must(l.t, err)
	block, err := aes.NewCipher(master)
	must(l.t, err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	must(l.t, err)
	s.raw, err = gcm.Open(nil, nil, s.wrapped[1:], fmt.Appendf(nil, "vestige key\x00%s\x00%d", id, n))
	must(l.t, err)
	if len(s.raw) != keys.Size {
		l.t.Fatalf("a key of %d bytes", len(s.raw))
	}
	return s
}

// gone checks that nothing of a key is in any file.
func (l *leaking) gone(after string, s secret) {
	l.t.Helper()
	n := &needles{map[[4]byte][]needle{}}
	for what, key := range map[string][]byte{"the request's key": s.raw, "the request's wrapped key": s.wrapped} {
		n.add(string(key), what)
		n.add(hex.EncodeToString(key), what+" in hex")
		n.add(base64.RawStdEncoding.EncodeToString(key), what+" in base64")
	}
	must(l.t, filepath.WalkDir(filepath.Join(l.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if found := n.in(b); len(found) > 0 {
			l.t.Errorf("%s: %s holds %v", after, path, found)
		}
		return err
	}))
}

// TestTheSearchFinds shows that what looks for leaks would find one.
func TestTheSearchFinds(t *testing.T) {
	e := newEstate(t, company.Options{Seed: 3, People: 24}, setting{})
	n := needlesOf(e.company)
	b, err := os.ReadFile(filepath.Join(e.dir, company.ShopFile))
	must(t, err)
	if found := n.in(b); len(found) < 5 {
		t.Errorf("of the company's own database it finds only %v", found)
	}
	mail := e.subject(e.company.Walk).Start.Value
	for _, s := range []string{"x " + mail, hex.EncodeToString([]byte(mail)), base64.StdEncoding.EncodeToString([]byte(mail)) + "\n"} {
		if len(n.in([]byte(s))) == 0 {
			t.Error("an address is not found")
		}
	}
}

// TestNoLeak brings requests to each end there is and searches everything after each.
func TestNoLeak(t *testing.T) {
	l := newLeaking(t)
	log := slog.New(slog.NewTextHandler(&l.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	end := l.open(setting{log: log})
	defer func() { end() }()
	l.scan(setting{})
	l.clean("scanned")
	others := l.persons(5)
	start := l.subject(l.company.Walk).Start
	where, err := l.app.Find(t.Context(), me, []pii.Identifier{{Category: pii.Category(start.Category), Value: pii.NewValue(start.Value)}})
	must(t, err)
	l.json("where she is", where)
	_, err = l.app.Find(t.Context(), me, nil)
	l.error(err)
	for i, how := range []string{"cancelled", "denied", "failed", "withdrawn", "undone"} {
		l.ends(how, others[i+1])
	}
	l.closes(others[0])
	must(t, os.MkdirAll(filepath.Join(l.dir, "out"), 0o700))
	_, err = l.app.Audit.Export(t.Context(), filepath.Join(l.dir, "out", "audit"))
	must(t, err)
	l.clean("closed")
	end()
	end = func() {}
	l.clean("after the process")
}

// ends brings a request of a person to an end before it was carried out.
func (l *leaking) ends(how string, p company.Person) {
	l.t.Helper()
	ctx := l.t.Context()
	s, err := l.ask(p, policies.Erasure)
	must(l.t, err)
	l.json("the plan", s)
	key := l.key(s.Request)
	switch how {
	case "cancelled":
		err = l.app.Engine.Cancel(ctx, s.ID, me, "a test")
	case "denied":
		_, err = l.app.Requests.Deny(ctx, s.Request, me, "a test")
	case "failed":
		_, err = l.app.Requests.Approve(ctx, s.Request, s.Hash, me)
		must(l.t, err)
		stopped, cancel := context.WithCancel(ctx)
		_, err = l.app.Engine.Run(stopped, s.ID, func(e plans.Event) {
			if e.State == plans.Executing {
				cancel()
			}
		})
		cancel()
		if l.error(err); err == nil {
			l.t.Error("the run was not interrupted")
		}
		err = l.app.Engine.Fail(ctx, s.ID, me, "a test")
	default:
		_, err = l.app.Requests.Approve(ctx, s.Request, s.Hash, me)
		must(l.t, err)
		_, err = l.app.Requests.Withdraw(ctx, s.Request, me, "a test")
	}
	must(l.t, err)
	l.clean(how)
	l.gone(how, key)
}

// closes carries a request out, and looks at what is handed on.
func (l *leaking) closes(p company.Person) {
	l.t.Helper()
	ctx := l.t.Context()
	s, err := l.ask(p, policies.Erasure)
	must(l.t, err)
	key := l.key(s.Request)
	l.json("the plan", s)
	_, err = l.app.Requests.Approve(ctx, s.Request, "0000", me)
	if l.error(err); err == nil {
		l.t.Error("another hash was approved")
	}
	_, err = l.app.Requests.Approve(ctx, s.Request, s.Hash, me)
	must(l.t, err)
	r, err := l.app.Requests.Run(ctx, s.Request, func(e plans.Event) { l.json("an event", e) })
	must(l.t, err)
	if r.State != plans.Closed {
		l.t.Fatalf("the plan is %s: %s", r.State, r.Reason)
	}
	file, err := l.app.Engine.Attestation(ctx, s.ID)
	must(l.t, err)
	l.text("the attestation", file)
	_, err = l.app.Engine.Verify(ctx, s.ID, nil)
	l.error(err)
	l.gone("closed", key)
}

func (l *leaking) error(err error) {
	l.t.Helper()
	if err != nil {
		l.text("an error", []byte(err.Error()))
	}
}

func (l *leaking) json(what string, v any) {
	l.t.Helper()
	b, err := json.Marshal(v)
	must(l.t, err)
	l.text(what, b)
}

// TestNoLeakOfTheKilled kills the real command in the middle, with everything it says kept, then gives the request up.
func TestNoLeakOfTheKilled(t *testing.T) {
	l := newLeaking(t)
	bin := program(t, test)
	end := l.open(setting{})
	l.scan(setting{})
	s, err := l.ask(l.company.Walk, policies.Erasure)
	must(t, err)
	key := l.key(s.Request)
	_, err = l.app.Requests.Approve(t.Context(), s.Request, s.Hash, me)
	must(t, err)
	end()
	for _, env := range []string{crash.Variable + "=act:after#3", crash.Variable + "=journal:checking:after"} {
		cmd := exec.CommandContext(t.Context(), bin, "run", s.Request)
		cmd.Dir, cmd.Env = l.dir, append(os.Environ(), env, "GOTRACEBACK=crash")
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("not killed at %s", env)
		}
		l.text("what the killed process said", out)
		l.clean("killed by " + env)
	}
	end = l.open(setting{})
	must(t, l.app.Engine.Fail(t.Context(), s.ID, me, "given up"))
	l.clean("killed, then given up")
	l.gone("killed, then given up", key)
	end()
}

// TestNoLeakInADump has a process panic with a dump of all its goroutines while it holds a person's values.
func TestNoLeakInADump(t *testing.T) {
	if os.Getenv("VESTIGE_E2E_PANIC") != "" {
		panicked(t, os.Getenv("VESTIGE_E2E_PANIC"))
		return
	}
	l := newLeaking(t)
	end := l.open(setting{})
	l.scan(setting{})
	end()
	mail := l.subject(l.company.Walk).Start.Value
	must(t, os.WriteFile(filepath.Join(l.dir, "start.txt"), []byte(mail), 0o600))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoLeakInADump$", "-test.count=1")
	cmd.Env = append(os.Environ(), "VESTIGE_E2E_PANIC="+l.dir, "GOTRACEBACK=system")
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("goroutine ")) || !bytes.Contains(out, []byte("panic")) {
		t.Fatalf("no dump: %v\n%s", err, out)
	}
	l.text("the dump", out)
	l.clean("panicked")
}

// panicked is the process that panics: in the middle of a run, with the plan's values in memory.
func panicked(t *testing.T, dir string) {
	mail, err := os.ReadFile(filepath.Join(dir, "start.txt"))
	must(t, err)
	e := &estate{t: t, dir: dir}
	end := e.open(setting{})
	defer end()
	r, err := e.app.Requests.Intake(t.Context(), requests.Intake{Type: policies.Erasure, Regime: "gdpr", Verified: "invented", By: me,
		Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(string(mail))}}})
	must(t, err)
	clear(mail)
	s, err := e.app.Requests.Plan(t.Context(), r.ID, me)
	must(t, err)
	_, err = e.app.Requests.Approve(t.Context(), r.ID, s.Hash, me)
	must(t, err)
	_, err = e.app.Requests.Run(t.Context(), r.ID, func(ev plans.Event) {
		if ev.What == "done" {
			panic("forced")
		}
	})
	t.Fatalf("it did not panic: %v", err)
}
