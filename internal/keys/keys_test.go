package keys_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/store"
	"vestige/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMarkdownIsThePage(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "keys.md")
	if *update {
		if err := os.WriteFile(path, []byte(keys.Markdown()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := os.ReadFile(path); err != nil || string(page) != keys.Markdown() {
		t.Errorf("docs/keys.md is not what Markdown gives; run go test ./internal/keys -update (%v)", err)
	}
	for _, p := range []keys.Purpose{keys.Request, keys.Undo, keys.Names, keys.Sketch, keys.Suppression, keys.Checkpoint, keys.Attestation, keys.MasterKey} {
		if !strings.Contains(keys.Markdown(), "## "+string(p)+"\n") {
			t.Errorf("%s is not described", p)
		}
	}
}

func TestOpenMaster(t *testing.T) {
	ctx, dir, elsewhere := context.Background(), t.TempDir(), t.TempDir()
	made, err := keys.OpenMaster(ctx, "", dir)
	if err != nil || made.Apart() {
		t.Fatalf("%v, apart %v", err, made)
	}
	again, err := keys.OpenMaster(ctx, "file:"+filepath.Join(dir, "master.key"), dir)
	if err != nil || again.ID() != made.ID() || again.Apart() {
		t.Errorf("%v, %v", again, err)
	}
	path := filepath.Join(elsewhere, "m")
	if err := keys.NewFile(path); err != nil {
		t.Fatal(err)
	}
	if err := keys.NewFile(path); errkind.Of(err) != errkind.Conflict {
		t.Errorf("a key was overwritten: %v", err)
	}
	file, err := keys.OpenMaster(ctx, "file:"+path, dir)
	if err != nil || !file.Apart() || file.ID() == made.ID() {
		t.Errorf("%v, %v", file, err)
	}
	text, _ := os.ReadFile(path)
	t.Setenv("VESTIGE_TEST_KEY", string(text))
	env, err := keys.OpenMaster(ctx, "env:VESTIGE_TEST_KEY", dir)
	if err != nil || env.ID() != file.ID() || !env.Apart() {
		t.Errorf("%v, %v", env, err)
	}
	if raw := strings.TrimSpace(string(text)); strings.Contains(fmt.Sprintf("%v %+v %#v %x", file, file, file, file), raw) || strings.Contains(fmt.Sprintf("%#v", struct{ m *keys.Master }{file}), raw) {
		t.Error("the key prints")
	}
	if runtime.GOOS != "windows" {
		command, err := keys.OpenMaster(ctx, "exec:cat "+path, dir)
		if err != nil || command.ID() != file.ID() {
			t.Errorf("%v, %v", command, err)
		}
	}
}

func TestOpenMasterRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := strings.Repeat("ab", 32)
	for setting, want := range map[string]errkind.Kind{
		"file:" + filepath.Join(dir, "missing"):        errkind.NotFound,
		"file:" + write("short", "abcd", 0o600):        errkind.Invalid,
		"file:" + write("words", "sesame open", 0o600): errkind.Invalid,
		"env:VESTIGE_NOT_SET":                          errkind.NotFound,
		"exec:echo sesame open":                        errkind.Invalid,
		"exec:echo sesame; exit 3":                     errkind.NotFound,
		"vault:x":                                      errkind.Invalid,
	} {
		m, err := keys.OpenMaster(context.Background(), setting, dir)
		if m != nil || errkind.Of(err) != want {
			t.Errorf("%s: %v, %v", setting, m, err)
		}
		if err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("the error tells what was read: %v", err)
		}
	}
	if runtime.GOOS != "windows" {
		if _, err := keys.OpenMaster(context.Background(), "file:"+write("open", good, 0o644), dir); errkind.Of(err) != errkind.Permission {
			t.Errorf("a key that all can read: %v", err)
		}
	}
}

func master(t *testing.T, fill string) *keys.Master {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m")
	if err := os.WriteFile(path, []byte(strings.Repeat(fill, 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := keys.OpenMaster(context.Background(), "file:"+path, "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, ring, keys.Schema())
}

func ring(t *testing.T, s *store.Store) {
	ctx := context.Background()
	r := keys.NewRing(master(t, "01"), keys.Table{}, 1)
	id, other := keys.ID(keys.Request, "r1"), keys.ID(keys.Request, "r2")
	plain := []byte("ada@example.com")
	var sealed []byte
	storetest.Write(t, s, func(tx db.Tx) (err error) {
		if err = r.Create(ctx, tx, id); err != nil {
			return err
		}
		if err = r.Create(ctx, tx, other); err != nil {
			return err
		}
		sealed, err = r.Seal(ctx, tx, id, "identifiers", plain)
		return err
	})
	if bytes.Contains(sealed, plain) {
		t.Fatal("it is not encrypted")
	}
	storetest.Read(t, s, func(tx db.Tx) error {
		got, err := r.Open(ctx, tx, id, "identifiers", sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%q, %v", got, err)
		}
		refuse := func(what string, want string, r *keys.Ring, id, place string, sealed []byte) {
			if got, err := r.Open(ctx, tx, id, place, sealed); got != nil || errkind.Code(err) != want {
				t.Errorf("%s: %q, %v", what, got, err)
			}
		}
		refuse("another place", "sealed-altered", r, id, "plan", sealed)
		refuse("another key", "sealed-altered", r, other, "identifiers", sealed)
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			refuse("a changed bit", "sealed-altered", r, id, "identifiers", changed)
		}
		refuse("nothing", "sealed-altered", r, id, "identifiers", nil)
		refuse("a missing key", "key-destroyed", r, keys.ID(keys.Request, "none"), "identifiers", sealed)
		refuse("another master", "wrong-master-key", keys.NewRing(master(t, "02"), keys.Table{}, 1), id, "identifiers", sealed)
		return nil
	})
	err := s.DB().Write(ctx, func(tx db.Tx) error { return r.Create(ctx, tx, id) })
	if errkind.Of(err) != errkind.Conflict {
		t.Errorf("a key was made twice: %v", err)
	}
	rotate(t, s, r, id, sealed)
	storetest.Write(t, s, func(tx db.Tx) error { return r.Destroy(ctx, tx, id) })
	storetest.Read(t, s, func(tx db.Tx) error {
		if _, err := r.Open(ctx, tx, id, "identifiers", sealed); errkind.Code(err) != "key-destroyed" {
			t.Errorf("after its destruction: %v", err)
		}
		return nil
	})
}

func rotate(t *testing.T, s *store.Store, r *keys.Ring, id string, sealed []byte) {
	ctx := context.Background()
	next := master(t, "03")
	failed := s.DB().Write(ctx, func(tx db.Tx) error {
		if err := r.Rotate(ctx, tx, next); err != nil {
			return err
		}
		return errkind.New(errkind.Canceled, "stop")
	})
	if errkind.Of(failed) != errkind.Canceled || r.Master().ID() == next.ID() {
		t.Errorf("a rotation that was rolled back: %v, %v", failed, r.Master())
	}
	storetest.Write(t, s, func(tx db.Tx) error { return r.Rotate(ctx, tx, next) })
	storetest.Read(t, s, func(tx db.Tx) error {
		if _, err := r.Open(ctx, tx, id, "identifiers", sealed); err != nil || r.Master().ID() != next.ID() {
			t.Errorf("after the rotation: %v", err)
		}
		all, err := r.List(ctx, tx, "")
		for _, k := range all {
			if k.Master != next.ID() {
				t.Errorf("%s is still under %s", k.ID, k.Master)
			}
		}
		return err
	})
}

func TestStanding(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), storetest.SQLite(t, keys.Schema())
	r := keys.NewRing(master(t, "01"), keys.Table{}, 7)
	storetest.Write(t, s, func(tx db.Tx) error {
		id, first, err := r.Standing(ctx, tx, keys.Sketch)
		if err != nil || id != "sketch/1" || len(first) != keys.Size {
			t.Errorf("%s, %v", id, err)
		}
		if again, key, _ := r.Standing(ctx, tx, keys.Sketch); again != id || !bytes.Equal(key, first) {
			t.Error("a standing key stays")
		}
		old, err := r.Fingerprint(ctx, tx, keys.Suppression, "contact.email", []byte("ada@example.com"))
		if err != nil || !strings.HasPrefix(old, "suppression/1:7:") {
			t.Errorf("%s, %v", old, err)
		}
		if phone, _ := r.Fingerprint(ctx, tx, keys.Suppression, "contact.phone", []byte("ada@example.com")); phone == old {
			t.Error("a fingerprint is of one category")
		}
		if id, _, err := r.Renew(ctx, tx, keys.Suppression); err != nil || id != "suppression/2" {
			t.Errorf("%s, %v", id, err)
		}
		all, err := r.Fingerprints(ctx, tx, keys.Suppression, "contact.email", []byte("ada@example.com"))
		if err != nil || len(all) != 2 || all[0] != old || all[1] == old {
			t.Errorf("%d fingerprints, %v", len(all), err)
		}
		_, one, err := r.Signer(ctx, tx, keys.Checkpoint)
		_, two, _ := r.Signer(ctx, tx, keys.Attestation)
		if err != nil || bytes.Equal(one, two) {
			t.Errorf("the signers are two: %v", err)
		}
		if _, _, err := r.Standing(ctx, tx, keys.Request); errkind.Of(err) != errkind.Invalid {
			t.Errorf("a standing key for requests: %v", err)
		}
		if _, _, err := r.Signer(ctx, tx, keys.Sketch); errkind.Of(err) != errkind.Invalid {
			t.Errorf("a signer of sketches: %v", err)
		}
		return nil
	})
}

// A destroyed key is nowhere in the files of the store, and neither is anything of its master.
func TestDestroyedKeyIsGoneFromTheFiles(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := storetest.Open(t, store.Options{Dir: dir, Schemas: []db.Schema{keys.Schema()}})
	r := keys.NewRing(master(t, "01"), keys.Table{}, 1)
	id := keys.ID(keys.Request, "r1")
	var wrapped []byte
	storetest.Write(t, s, func(tx db.Tx) error {
		if err := r.Create(ctx, tx, id); err != nil {
			return err
		}
		k, err := keys.Table{}.GetKey(ctx, tx, id)
		wrapped = bytes.Clone(k.Wrapped)
		return err
	})
	if !contains(t, dir, wrapped) {
		t.Fatal("the wrapped key has to be in the files before")
	}
	storetest.Write(t, s, func(tx db.Tx) error { return r.Destroy(ctx, tx, id) })
	if err := s.Destroyed(ctx); err != nil {
		t.Fatal(err)
	}
	if contains(t, dir, wrapped) || contains(t, dir, wrapped[len(wrapped)-16:]) {
		t.Error("the destroyed key is still in the files")
	}
	raw, _ := hex.DecodeString(strings.Repeat("01", 32))
	if contains(t, dir, raw) || contains(t, dir, []byte(strings.Repeat("01", 32))) {
		t.Error("the master key is in the store")
	}
}

func contains(t *testing.T, dir string, needle []byte) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found = found || bytes.Contains(text, needle)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFirstUse has several processes need a key that nobody has made yet: one makes it, and all have the same.
func TestFirstUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, firstUse, keys.Schema())
}

func firstUse(t *testing.T, s *store.Store) {
	r := keys.NewRing(master(t, "01"), keys.Table{}, 1)
	ids, errs := make([]string, 6), make([]error, 6)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			errs[i] = s.DB().Write(t.Context(), func(tx db.Tx) (err error) {
				ids[i], _, err = r.Standing(t.Context(), tx, keys.Attestation)
				return err
			})
		})
	}
	all.Wait()
	for i := range ids {
		if errs[i] != nil || ids[i] != ids[0] {
			t.Errorf("%s and %s, %v", ids[i], ids[0], errs[i])
		}
	}
}
