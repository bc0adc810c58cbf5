package plans_test

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/consent"
	"vestige/events"
	"vestige/forms"
	"vestige/internal/db"
	"vestige/internal/keys"
	"vestige/jobs"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
	"vestige/store"
	"vestige/store/storetest"
)

// world is an estate with a store, scanned, and an engine over it.
type world struct {
	t       *testing.T
	dir     string // of the store
	store   *store.Store
	catalog *catalog.Catalog
	ring    *keys.Ring
	log     *audit.Log
	policy  *policies.Policy
	sources map[string]*connectors.Source
	engine  *plans.Engine
	waited  int
}

// newWorld opens a store, in a new folder, over sources, and scans them.
func newWorld(t *testing.T, sources ...*connectors.Source) *world {
	t.Helper()
	dir := t.TempDir()
	return newWorldOn(t, dir, storetest.Open(t, store.Options{Dir: dir, Command: "test", Schemas: schemas()}), sources...)
}

func schemas() []db.Schema {
	return []db.Schema{keys.Schema(), audit.Schema(), jobs.Schema(), catalog.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), events.Schema()}
}

// newWorldOn is newWorld over an open store.
func newWorldOn(t *testing.T, dir string, st *store.Store, sources ...*connectors.Source) *world {
	t.Helper()
	w := &world{t: t, dir: dir, store: st, sources: map[string]*connectors.Source{}, policy: policies.Default()}
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	var err error
	w.catalog, err = catalog.Open(t.Context(), w.store.DB(), w.dir)
	w.must(err)
	t.Cleanup(func() { _ = w.catalog.Close() })
	master, err := keys.OpenMaster(t.Context(), "file:"+masterFile(t), w.dir)
	w.must(err)
	w.ring = keys.NewRing(master, keys.Table{}, forms.Version)
	_, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	w.log, err = audit.New(w.store.DB(), "vestige/test", private)
	w.must(err)
	for _, s := range sources {
		w.sources[s.Name()] = s
	}
	w.engine = w.newEngine()
	w.scan()
	return w
}

func masterFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := keys.NewFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) newEngine() *plans.Engine {
	w.t.Helper()
	kinds, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	w.must(err)
	e, err := plans.New(plans.Deps{
		Kinds: kinds,
		DB:    w.store.DB(), Catalog: w.catalog, Sources: w.sources, Keys: w.ring, Audit: w.log, Policy: w.policy, Log: slog.New(slog.DiscardHandler),
		Destroyed: w.store.Destroyed, Wait: func(context.Context, time.Duration) error { w.waited++; return nil },
	})
	w.must(err)
	return e
}

// scan reads every source in full and relates what it found.
func (w *world) scan() {
	w.t.Helper()
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	w.must(err)
	var id string
	var key []byte
	w.must(w.store.DB().Write(w.t.Context(), func(tx db.Tx) (err error) {
		id, key, err = w.ring.Standing(w.t.Context(), tx, keys.Sketch)
		return err
	}))
	sc := scanner.New(w.catalog, w.store.DB(), set, key, id, slog.New(slog.DiscardHandler))
	for _, s := range w.sources {
		_, err := sc.Scan(w.t.Context(), s, scanner.Options{Full: true, Again: true}, nil)
		w.must(err)
	}
	_, err = sc.Relate(w.t.Context())
	w.must(err)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%+v", err)
	}
}

// plan asks for the erasure of the person with that address.
func (w *world) plan(kind plans.Kind, mail string) *plans.Status {
	w.t.Helper()
	s, err := w.engine.Plan(w.t.Context(), plans.Ask{Request: "REQ-00000001", Kind: kind, Regime: "gdpr", By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail)}}})
	w.must(err)
	return s
}

func (w *world) approve(s *plans.Status) *plans.Status {
	w.t.Helper()
	s, err := w.engine.Approve(w.t.Context(), s.ID, s.Hash, "alma")
	w.must(err)
	return s
}

func (w *world) run(id string) plans.Result {
	w.t.Helper()
	r, err := w.engine.Run(w.t.Context(), id, nil)
	w.must(err)
	return r
}

func (w *world) show(id string) *plans.Status {
	w.t.Helper()
	s, err := w.engine.Show(w.t.Context(), id)
	w.must(err)
	return s
}

// holds gives the files of the store's folder in which a text stands.
func (w *world) holds(text string) (files []string) {
	w.t.Helper()
	w.must(filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && contains(b, text) {
			files = append(files, filepath.Base(path))
		}
		return err
	}))
	return files
}
