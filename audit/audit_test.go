package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vestige/audit"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

func newLog(t testing.TB, s *store.Store, seed byte) *audit.Log {
	t.Helper()
	l, err := audit.New(s.DB(), "vestige/test", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func appendN(t testing.TB, s *store.Store, l *audit.Log, from, n int) {
	t.Helper()
	storetest.Write(t, s, func(tx db.Tx) error {
		for i := range n {
			e := audit.Entry{Actor: "user-1", Subject: fmt.Sprintf("request-%d", (from+i)%3), Action: "plan.step", Object: "shop/users", At: int64(1000 + from + i), Facts: audit.Facts(map[string]any{"n": from + i, "value": pii.NewValue("ada@example.com")})}
			if err := l.Append(context.Background(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestLog(t *testing.T) {
	t.Parallel()
	storetest.Each(t, log, audit.Schema())
}

func log(t *testing.T, s *store.Store) {
	ctx, l := context.Background(), newLog(t, s, 1)
	if c, err := l.Checkpoint(ctx); err != nil || c.Size != 0 {
		t.Errorf("an empty log: %+v, %v", c, err)
	}
	appendN(t, s, l, 0, 7)
	err := s.DB().Write(ctx, func(tx db.Tx) error {
		if err := l.Append(ctx, tx, audit.Entry{Actor: "user-1", Action: "rolled.back"}); err != nil {
			return err
		}
		return errkind.New(errkind.Canceled, "stop")
	})
	if errkind.Of(err) != errkind.Canceled {
		t.Fatal(err)
	}
	first, err := l.Checkpoint(ctx)
	if err != nil || first.Size != 7 {
		t.Fatalf("%+v, %v", first, err)
	}
	appendN(t, s, l, 7, 1200)
	if n, err := l.Sequence(ctx); err != nil || n != 1200 {
		t.Errorf("%d added, %v", n, err)
	}
	storetest.Read(t, s, func(tx db.Tx) error {
		all, err := l.Entries(ctx, tx, audit.Filter{First: true, Limit: 5000})
		if err != nil || len(all) != 1207 {
			t.Fatalf("%d entries, %v", len(all), err)
		}
		for i, e := range all {
			if e.Seq != int64(i) || e.At != int64(1000+i) || e.Action != "plan.step" || strings.Contains(string(e.Facts), "ada") {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		some, err := l.Entries(ctx, tx, audit.Filter{Subject: "request-1", After: 4, Limit: 2})
		if err != nil || len(some) != 2 || some[0].Seq != 7 || some[1].Seq != 10 {
			t.Errorf("%+v, %v", some, err)
		}
		return nil
	})
	exported(t, l, first)
}

func exported(t *testing.T, l *audit.Log, first audit.Checkpoint) {
	dir := t.TempDir()
	c, err := l.Export(context.Background(), dir)
	if err != nil || c.Size != 1207 {
		t.Fatalf("%+v, %v", c, err)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(kept, first.Note, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := audit.VerifyDir(dir, kept)
	if err != nil || r.Entries != 1207 || r.Checkpoints != 3 || r.Against != 7 || r.Root != c.Root || len(r.Keys) != 1 || r.Keys[0] != l.Verifier() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, audit.Schema())
	l := newLog(t, s, 1)
	for _, e := range []audit.Entry{{Action: "a"}, {Actor: "a"}, {Actor: "a", Action: "b", Facts: json.RawMessage(`{`)}} {
		if err := s.DB().Write(context.Background(), func(tx db.Tx) error { return l.Append(context.Background(), tx, e) }); errkind.Of(err) != errkind.Invalid {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

// small gives an exported log of a few entries, with a checkpoint in the middle that was kept elsewhere.
func small(t *testing.T) (dir, kept string) {
	t.Helper()
	s := storetest.SQLite(t, audit.Schema())
	l := newLog(t, s, 1)
	appendN(t, s, l, 0, 3)
	if _, err := l.Checkpoint(context.Background()); err != nil {
		t.Fatal(err)
	}
	appendN(t, s, l, 3, 2)
	dir, kept = filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "kept")
	c, err := l.Export(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, c.Note, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, kept
}

// Whatever bit of whatever file changes, it shows.
func TestEveryBit(t *testing.T) {
	t.Parallel()
	dir, _ := small(t)
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := range len(text) * 8 {
			changed := bytes.Clone(text)
			changed[i/8] ^= 1 << (i % 8)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				return err
			}
			if r, err := audit.VerifyDir(dir, ""); errkind.Code(err) != "audit-altered" || len(r.Faults) == 0 {
				t.Errorf("bit %d of %s: %+v, %v", i, e.Name(), r, err)
			}
		}
		return os.WriteFile(path, text, 0o600)
	})
	if err != nil || files != 5 {
		t.Errorf("%d files, %v", files, err)
	}
	if _, err := audit.VerifyDir(dir, ""); err != nil {
		t.Errorf("put back: %v", err)
	}
}

func TestTamperedDir(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(lines []string) []string
		against bool // whether only the kept checkpoint shows it
	}{
		"an entry missing":      {func(l []string) []string { return append(l[:1:1], l[2:]...) }, false},
		"two entries exchanged": {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, false},
		"an entry doubled":      {func(l []string) []string { return append(l, l[len(l)-1]) }, false},
		"the tail cut":          {func(l []string) []string { return l[:4] }, false},
		"the tail cut with its hashes and checkpoint": {func(l []string) []string { return l[:3] }, true},
	} {
		dir, kept := small(t)
		edit(t, filepath.Join(dir, "entries.ndjson"), c.change)
		if c.against {
			edit(t, filepath.Join(dir, "hashes"), func(l []string) []string { return l[:4] })
			if err := os.Remove(filepath.Join(dir, "checkpoints", "000000000005-0")); err != nil {
				t.Fatal(err)
			}
			if r, err := audit.VerifyDir(dir, ""); err != nil || r.Entries != 3 {
				t.Errorf("%s: without a kept checkpoint the files agree: %+v, %v", name, r, err)
			}
		} else if _, err := audit.VerifyDir(dir, ""); errkind.Code(err) != "audit-altered" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := audit.VerifyDir(dir, kept); errkind.Code(err) != "audit-altered" {
			t.Errorf("%s, against a checkpoint: %v", name, err)
		}
	}
}

func edit(t *testing.T, path string, f func([]string) []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := f(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A log made anew under another key is whole in itself and is not the one that was kept.
func TestForgedLog(t *testing.T) {
	t.Parallel()
	_, kept := small(t)
	s := storetest.SQLite(t, audit.Schema())
	l := newLog(t, s, 2)
	appendN(t, s, l, 0, 5)
	dir := t.TempDir()
	if _, err := l.Export(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.VerifyDir(dir, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.VerifyDir(dir, kept); errkind.Code(err) != "audit-altered" {
		t.Errorf("against a kept checkpoint: %v", err)
	}
}

func TestTamperedStore(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"DELETE FROM audit_leaf WHERE seq = 2", "UPDATE audit_leaf SET leaf = replace(leaf, 'user-1', 'user-2') WHERE seq = 2", "DELETE FROM audit_leaf WHERE seq = 4",
		"UPDATE audit_hash SET hash = zeroblob(32) WHERE idx = 0", "DELETE FROM audit_hash WHERE idx = 1",
	} {
		s := storetest.SQLite(t, audit.Schema())
		l := newLog(t, s, 1)
		appendN(t, s, l, 0, 5)
		c, err := l.Checkpoint(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		kept, dir := filepath.Join(t.TempDir(), "kept"), t.TempDir()
		if err := os.WriteFile(kept, c.Note, 0o600); err != nil {
			t.Fatal(err)
		}
		storetest.Write(t, s, func(tx db.Tx) error { _, err := tx.Exec(context.Background(), change); return err })
		if _, err = l.Export(context.Background(), dir); err == nil {
			_, err = audit.VerifyDir(dir, kept)
		}
		if err == nil {
			t.Errorf("%s does not show", change)
		}
	}
}

func TestRunSequencesWhatIsAppended(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, audit.Schema())
	l := newLog(t, s, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { l.Run(ctx, func(err error) { t.Errorf("run: %v", err) }) })
	appendN(t, s, l, 0, 3)
	for n := 0; n < 3; {
		storetest.Read(t, s, func(tx db.Tx) error {
			all, err := l.Entries(ctx, tx, audit.Filter{First: true})
			n = len(all)
			return err
		})
	}
	cancel()
	wg.Wait()
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	for _, origin := range []string{"", "a b", "a+b"} {
		if _, err := audit.New(nil, origin, key); errkind.Of(err) != errkind.Invalid {
			t.Errorf("%q: %v", origin, err)
		}
	}
	if _, err := audit.New(nil, "a", nil); errkind.Of(err) != errkind.Invalid {
		t.Error("a log without a key")
	}
}

func TestAttestation(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	public := key.Public().(ed25519.PublicKey)
	_, kept := small(t)
	note, _ := os.ReadFile(kept)
	predicate, _ := json.Marshal(map[string]any{"residues": 0, "checkpoint": string(note)})
	file, err := audit.Sign(key, audit.Statement{Subject: []audit.Resource{{Name: "plan", Digest: map[string]string{"sha256": "00"}}}, PredicateType: "https://vestige.example/erasure/v1", Predicate: predicate})
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.VerifyAttestation(file, public)
	if err != nil || got.Subject[0].Name != "plan" || got.Type != audit.StatementType || string(got.Predicate) != string(predicate) {
		t.Errorf("%+v, %v", got, err)
	}
	pem, err := audit.PublicPEM(public)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := audit.ParsePublic(pem); err != nil || !again.Equal(public) {
		t.Errorf("%x, %v", again, err)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, 32)).Public().(ed25519.PublicKey)
	if _, err := audit.VerifyAttestation(file, other); errkind.Code(err) != "attestation-invalid" {
		t.Errorf("another key: %v", err)
	}
	changedAttestation(t, file, public, got)
	dir, _ := small(t)
	attested := filepath.Join(t.TempDir(), "attestation.json")
	if err := os.WriteFile(attested, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.VerifyDir(dir, attested); errkind.Code(err) != "audit-altered" {
		t.Errorf("another log against an attestation: %v", err) // salts make two logs of the same entries two
	}
}

// changedAttestation changes every bit: what still verifies states the same.
func changedAttestation(t *testing.T, file []byte, public ed25519.PublicKey, want audit.Statement) {
	t.Helper()
	for i := range len(file) * 8 {
		changed := bytes.Clone(file)
		changed[i/8] ^= 1 << (i % 8)
		if s, err := audit.VerifyAttestation(changed, public); err == nil && fmt.Sprint(s) != fmt.Sprint(want) {
			t.Errorf("bit %d: %+v", i, s)
		}
	}
}

func FuzzVerifyAttestation(f *testing.F) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	file, err := audit.Sign(key, audit.Statement{Subject: []audit.Resource{{Name: "plan"}}, PredicateType: "t", Predicate: json.RawMessage(`{}`)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":""}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := audit.VerifyAttestation(b, key.Public().(ed25519.PublicKey)); err == nil && s.PredicateType != "t" {
			t.Fatalf("%q was never signed", b)
		}
	})
}

func BenchmarkAppendAndSequence(b *testing.B) {
	s := storetest.SQLite(b, audit.Schema())
	l := newLog(b, s, 1)
	b.ReportAllocs()
	for b.Loop() {
		appendN(b, s, l, 0, 100)
		if _, err := l.Sequence(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "entries/s")
}

// TestManySequencers has several processes place leaves at once: none meets another, and the log is one.
func TestManySequencers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, manySequencers, audit.Schema())
}

func manySequencers(t *testing.T, s *store.Store) {
	const processes, rounds = 6, 15
	var all sync.WaitGroup
	errs := make([]error, processes)
	for i := range processes {
		l := newLog(t, s, 1)
		all.Go(func() {
			for n := range rounds {
				err := s.DB().Write(t.Context(), func(tx db.Tx) error {
					return l.Append(t.Context(), tx, audit.Entry{Actor: "user-1", Action: "plan.step", Object: fmt.Sprint(i, n)})
				})
				if err == nil {
					_, err = l.Checkpoint(t.Context())
				}
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Errorf("a sequencer met another one: %v", err)
		}
	}
	if c, err := newLog(t, s, 1).Checkpoint(t.Context()); err != nil || c.Size != processes*rounds {
		t.Errorf("%+v, %v", c, err)
	}
}
