// Package app puts the rooms together: it reads the configuration, opens the store, the catalog, the keys, the log, the sources and
// everything that works on them, and closes them in order. The command, the catalog's pages and the demo all start from an App.
//
//	cfg, err := app.LoadConfig("vestige.yaml", all.All())
//	a, err := app.Open(ctx, cfg, app.Options{Command: "scan"})
//	defer a.Close()
package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/classifiers/custom"
	"vestige/connectors"
	systems "vestige/connectors/all"
	"vestige/consent"
	"vestige/events"
	"vestige/forms"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/jobs"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
	"vestige/store"
	"vestige/watch"
)

// Options say how an App is opened.
type Options struct {
	Command string // what others read of the holder of the data directory
	Log     *slog.Logger
}

// App is everything, open. It is safe for concurrent use.
type App struct {
	Config   *Config
	Policy   *policies.Policy
	Store    *store.Store
	DB       db.DB
	Catalog  *catalog.Catalog
	Keys     *keys.Ring
	Master   *keys.Master
	Audit    *audit.Log
	Sources  map[string]*connectors.Source
	Kinds    *classifiers.Set
	Scanner  *scanner.Scanner
	Engine   *plans.Engine
	Requests *requests.Service
	Accounts *accounts.Service
	Watch    *watch.Service
	Outbox   *events.Outbox
	Log      *slog.Logger

	temp   string
	closes []func() error
}

// Specs gives the connectors there are.
func Specs() []connectors.Spec { return systems.All() }

// Open opens everything that the configuration names. No source is connected before it is needed. Where another process owns the data
// directory the error is a Conflict that wraps *store.HeldError.
func Open(ctx context.Context, cfg *Config, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{Config: cfg, Log: o.Log, Sources: map[string]*connectors.Source{}}
	for _, step := range []func(context.Context, Options) error{a.openPolicy, a.openStore, a.openKeys, a.openSources, a.openKinds, a.openEngine, a.openWatch} {
		if err := step(ctx, o); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Close closes everything in the reverse order of opening.
func (a *App) Close() error {
	var all error
	for _, f := range slices.Backward(a.closes) {
		all = errors.Join(all, f())
	}
	a.closes = nil
	return all
}

func (a *App) closing(f func() error) { a.closes = append(a.closes, f) }

func (a *App) openPolicy(context.Context, Options) (err error) {
	a.Policy, err = policies.Load(a.Config.Policies...)
	if err == nil && a.Config.SingleApprover {
		a.Policy.SingleApprover = true
	}
	return err
}

// Schemas gives the tables of every room.
func Schemas() []db.Schema {
	return []db.Schema{catalog.Schema(), keys.Schema(), audit.Schema(), jobs.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), accounts.Schema(), events.Schema(), watch.Schema()}
}

func (a *App) openStore(ctx context.Context, o Options) (err error) {
	so := store.Options{Dir: a.Config.Data, Command: o.Command, Schemas: Schemas()}
	if so.DSN, err = a.Config.storeAt(ctx); err != nil {
		return err
	}
	if a.Store, err = store.Open(ctx, so); err != nil {
		return err
	}
	a.closing(a.Store.Close)
	a.DB = a.Store.DB()
	if a.Catalog, err = catalog.Open(ctx, a.DB, a.Config.Data); err != nil {
		return err
	}
	a.closing(a.Catalog.Close)
	if err := a.Catalog.Judge(ctx, a.Policy); err != nil {
		return err
	}
	if so.DSN == "" || !a.Catalog.Absent() {
		return nil
	}
	return a.Catalog.Reindex(ctx) // a machine that is new among many makes its own index
}

// storeAt gives where the store is: "" for a file in the data directory. A store that machines share is of no use to one with a key of its own.
func (c *Config) storeAt(ctx context.Context) (string, error) {
	if c.Store == "" {
		return "", nil
	}
	v, err := c.setting(ctx, c.Store)
	if err != nil {
		return "", errkind.Wrap(errkind.Of(err), err, "store")
	}
	dsn := v.Reveal()
	switch {
	case !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://"):
		return "", errkind.Coded(errkind.Invalid, "config", "store is postgres://USER@HOST/DATABASE, or env:, file: or exec: that give it")
	case c.MasterKey == "":
		return "", errkind.Coded(errkind.Invalid, "config", "a store that machines share needs a master-key that they share: env:NAME, file:PATH or exec:COMMAND")
	}
	return dsn, nil
}

// openKeys opens the master key, which stands in the configuration's folder where nothing else is said of it, and the log that is signed.
func (a *App) openKeys(ctx context.Context, _ Options) (err error) {
	setting := a.Config.MasterKey
	if rest, ok := strings.CutPrefix(setting, "file:"); ok {
		setting = "file:" + a.Config.path(rest)
	}
	if a.Master, err = keys.OpenMaster(ctx, setting, a.Config.Data); err != nil {
		return err
	}
	a.Keys = keys.NewRing(a.Master, keys.Table{}, forms.Version)
	return a.DB.Write(ctx, func(tx db.Tx) error {
		id, signer, err := a.Keys.Signer(ctx, tx, keys.Checkpoint)
		if err != nil {
			return err
		}
		a.Audit, err = audit.New(a.DB, "vestige/"+audit.KeyID(signer.Public().(ed25519.PublicKey))[:8], signer)
		return errkind.Wrap(errkind.Of(err), err, "open the log with %s", id)
	})
}

func (a *App) openSources(ctx context.Context, _ Options) (err error) {
	if a.temp, err = os.MkdirTemp("", "vestige-"); err != nil {
		return errkind.Wrap(errkind.Permission, err, "make a folder for temporary files")
	}
	a.closing(func() error { return os.RemoveAll(a.temp) })
	specs := map[string]connectors.Spec{}
	for _, s := range Specs() {
		specs[s.Name] = s
	}
	for _, name := range slices.Sorted(maps.Keys(a.Config.Sources)) {
		s := a.Config.Sources[name]
		cfg, err := a.Config.resolve(ctx, s)
		if err != nil {
			return errkind.Wrap(errkind.Of(err), err, "source %s", name)
		}
		env := connectors.Env{Log: a.Log, Base: a.Config.Base, Temp: a.temp}
		src, err := connectors.Open(ctx, env, name, specs[s.Type], cfg)
		if err != nil {
			return err
		}
		src.Register(s.Backups)
		a.Sources[name] = src
		a.closing(src.Close)
	}
	return nil
}

func (a *App) openKinds(ctx context.Context, _ Options) (err error) {
	own, err := custom.Load(a.Config.Classifiers...)
	if err != nil {
		return err
	}
	if a.Kinds, err = classifiers.NewSet(append(kinds.All(), own...), classifiers.Options{Examples: a.Config.Examples}); err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx db.Tx) error {
		id, key, err := a.Keys.Standing(ctx, tx, keys.Sketch)
		if err != nil {
			return err
		}
		a.Scanner = scanner.New(a.Catalog, a.DB, a.Kinds, key, id, a.Log)
		a.Scanner.Sources = func(name string) *connectors.Source { return a.Sources[name] }
		return nil
	})
}

func (a *App) openEngine(context.Context, Options) (err error) {
	a.Engine, err = plans.New(plans.Deps{DB: a.DB, Catalog: a.Catalog, Sources: a.Sources, Keys: a.Keys, Audit: a.Audit, Policy: a.Policy,
		Log: a.Log, Destroyed: a.Store.Destroyed, Kinds: a.Kinds, Relate: func(ctx context.Context) error { _, err := a.Scanner.Relate(ctx); return err }})
	if err == nil {
		a.Requests = requests.New(a.Engine)
		a.Accounts = accounts.New(a.DB, a.Keys, a.Audit)
	}
	return err
}

// Source gives the source of that name, or says which there are.
func (a *App) Source(name string) (*connectors.Source, error) {
	if s := a.Sources[name]; s != nil {
		return s, nil
	}
	names := slices.Sorted(maps.Keys(a.Sources))
	if meant := nearest(name, names); meant != "" {
		return nil, errkind.Coded(errkind.NotFound, "no-such-source", "no source is named %q; did you mean %q?", name, meant)
	}
	return nil, errkind.Coded(errkind.NotFound, "no-such-source", "no source is named %q; there are %s", name, strings.Join(names, ", "))
}

// Record appends an entry to the audit log in a unit of work of its own, for acts that change nothing in the store.
func (a *App) Record(ctx context.Context, e audit.Entry) error {
	return a.DB.Write(ctx, func(tx db.Tx) error { return a.Audit.Append(ctx, tx, e) })
}

// ScanOne reads one source into the catalog, together with all machines that work on the store; begin and end are in the log. Where no run is named it is one of
// the whole source, and goes on with the last one that was left. It can be paused and cancelled.
func (a *App) ScanOne(ctx context.Context, by string, s *connectors.Source, opt scanner.Options, tell func(scanner.Event)) (scanner.Report, error) {
	scan := a.Scanner.Scan
	if a.Shared() {
		scan = a.shareScan
	}
	if opt.Run == "" {
		run, err := a.Catalog.Begin(ctx, s.Name())
		if err != nil {
			return scanner.Report{Source: s.Name(), Outcome: "failed"}, err
		}
		opt.Run = run.ID
	}
	r, err := a.Watch.Do(ctx, opt.Run, func(ctx context.Context) (scanner.Report, error) { return scan(ctx, s, opt, tell) })
	if ctx.Err() != nil {
		return r, err
	}
	facts := map[string]any{"outcome": r.Outcome, "run": r.Run, "datasets": r.Progress.Datasets, "records": r.Progress.Records, "gaps": len(r.Gaps)}
	if err != nil {
		facts["outcome"] = errkind.Code(err)
	}
	e := a.Record(ctx, audit.Entry{Actor: by, Action: "source.scan", Object: s.Name(), Facts: audit.Facts(facts)})
	if err == nil {
		err = a.returned(ctx, by, s.Name())
	}
	return r, errors.Join(err, e)
}
