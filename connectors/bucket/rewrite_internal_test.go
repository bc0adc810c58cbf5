package bucket

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

// deadly is a folder whose drafts kill the decoder when they are first written to.
type deadly struct {
	*folder
	t *testing.T
}

type deadlyDraft struct {
	draft
	t    *testing.T
	done *bool
}

func (f deadly) Replace(ctx context.Context, o object) (draft, error) {
	d, err := f.folder.Replace(ctx, o)
	return deadlyDraft{d, f.t, new(bool)}, err
}

func (d deadlyDraft) Write(b []byte) (int, error) {
	if !*d.done {
		*d.done = true
		killDecoders(d.t)
	}
	return d.draft.Write(b)
}

func killDecoders(t *testing.T) {
	out, err := exec.Command("ps", "-o", "pid=,args=", "--ppid", strconv.Itoa(os.Getpid())).Output()
	if err != nil {
		testenv.MustRun(t, "ps")
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if pid, err := strconv.Atoi(f[0]); err == nil && f[len(f)-1] == "decode-child" {
			if child, err := os.FindProcess(pid); err == nil {
				_ = child.Kill()
			}
		}
	}
}

// TestDecoderDiesDuringRewrite says that an object of which only a part came is not put in place.
func TestDecoderDiesDuringRewrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.ndjson")
	text := "{\"mail\":\"ann@example.com\"}\n" + strings.Repeat("{\"mail\":\"bob@example.com\"}\n", 400_000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := open(t.Context(), connectors.Env{Name: "files", Log: slog.New(slog.DiscardHandler), Role: connectors.Erase}, connectors.Config{"path": pii.NewValue(dir)})
	if err != nil {
		t.Fatal(err)
	}
	d := opened.(*Driver)
	defer func() { _ = d.Close() }()
	own := d.objs.(*folder)
	ds := pii.Dataset{Ref: pii.Ref{Source: "files", Dataset: "x.ndjson"}, Kind: pii.Objects, Format: "ndjson"}
	act := pii.Act{Dataset: ds, Method: pii.Delete}
	for b, err := range d.Read(t.Context(), connectors.Query{Dataset: ds, Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		act.Targets = append(act.Targets, pii.Target{Key: b.Key(0), Digest: b.Digest(0)})
	}
	u := pii.Unit{ID: "u", Acts: []pii.Act{act}}
	d.objs = deadly{own, t}
	if _, err := d.Erase(t.Context(), u); errkind.Of(err) != errkind.Transient {
		t.Errorf("the decoder died: %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != text {
		t.Errorf("the object has %d bytes, it had %d", len(b), len(text))
	}
	d.objs = own
	receipts, err := d.Erase(t.Context(), u)
	if b, _ := os.ReadFile(path); err != nil || receipts[0].Affected != 1 || len(b) != len(text)-27 {
		t.Errorf("again: %v, %d bytes", err, len(b))
	}
}
