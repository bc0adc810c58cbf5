// Package demo walks through everything on a company of invented people: it makes the company, scans it, finds one person, plans her
// erasure, carries it out, checks it and signs the proof, and exports another person's data. It ends by looking as an outsider would,
// with database/sql and the bytes of the files, at what is left of her and whether anybody else's record has changed.
//
// What it prints is for people; whether all of it held is in the error.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"vestige/internal/app"
	"vestige/internal/clock"
	"vestige/internal/demo/company"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
)

// Console is where a demo is shown.
type Console interface {
	Print(format string, args ...any)
	Progress(format string, args ...any) // overwritten by what comes next
	Table(header []string, rows [][]string)
	Bold(s string) string
	Dim(s string) string
	Good(s string) string
	Bad(s string) string
	Warn(s string) string
}

// Options say which company, and where.
type Options struct {
	Seed   uint64
	People int
	Dir    string // made new; one that a demo made before is replaced
	Log    *slog.Logger
	// NewKey makes a key of a person in a file, and gives what exports are encrypted for.
	NewKey func(path string) (recipient string, err error)
}

// walk is one demo being shown.
type walk struct {
	Console
	Options
	app     *app.App
	company *company.Company
	who     company.Subject
	before  *snapshot
	plan    *plans.Status
	report  *plans.Report
}

// Run shows the demo. The App is open when it ends without a failure of its own, so that the caller can go on with it, and is the caller's to close.
// An error of kind Conflict says that a promise did not hold.
func Run(ctx context.Context, c Console, o Options) (*app.App, error) {
	w := &walk{Console: c, Options: o}
	start := clock.Now()
	for _, part := range []func(context.Context) error{w.make, w.scan, w.find, w.makePlan, w.carryOut, w.export, w.proof, w.judge} {
		if err := part(ctx); err != nil {
			return w.app, err
		}
	}
	w.Print("\n%s  %s\n", w.Good("Everything held."), w.Dim(fmt.Sprintf("%.1f s; left in %s: plan.json, attestation.json, export.age, export.key, audit/", clock.Since(start).Seconds(), o.Dir)))
	return w.app, nil
}

// marker says that a folder was made by a demo, and may be made anew.
const marker = ".vestige-demo"

func (w *walk) make(ctx context.Context) (err error) {
	if err := w.clean(); err != nil {
		return err
	}
	w.Progress("inventing a company …")
	if w.company, err = company.Generate(ctx, w.Dir, company.Options{Seed: w.Seed, People: w.People}); err != nil {
		return errkind.Wrap(errkind.Transient, err, "make the company")
	}
	for _, s := range w.company.Truth.Subjects {
		if s.ID == w.company.Walk {
			w.who = s
		}
	}
	config := w.company.Config() + "examples: true          # everybody here is invented, at reserved domains and telephones\n"
	policy := w.company.Policy() + "windows: {cool-down: 0s, minimum: 0s, export: 14d}   # a demo does not wait\n"
	for name, text := range map[string]string{"vestige.yaml": config, "policy.yaml": policy} {
		if err := os.WriteFile(filepath.Join(w.Dir, name), []byte(text), 0o644); err != nil {
			return errkind.Wrap(errkind.Permission, err, "write the demo")
		}
	}
	if w.before, err = take(ctx, w.Dir); err != nil {
		return err
	}
	w.Print("%s  seed %d · %d people · %d tables · %d objects, all of them invented\n", w.Bold(w.company.Name), w.Seed, len(w.company.Truth.Subjects), w.before.tables, w.before.objects)
	return w.open(ctx)
}

// clean makes way, where the folder is one that a demo made.
func (w *walk) clean() error {
	entries, err := os.ReadDir(w.Dir)
	_, marked := os.Stat(filepath.Join(w.Dir, marker))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return errkind.Wrap(errkind.Permission, err, "make %s", w.Dir)
	case len(entries) > 0 && marked != nil:
		return errkind.Coded(errkind.Conflict, "not-a-demo", "%s holds something that no demo made; name another folder with --dir", w.Dir)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(w.Dir, e.Name())); err != nil {
			return errkind.Wrap(errkind.Permission, err, "make way in %s", w.Dir)
		}
	}
	if err := os.MkdirAll(w.Dir, 0o755); err != nil {
		return errkind.Wrap(errkind.Permission, err, "make %s", w.Dir)
	}
	return errkind.Wrap(errkind.Permission, os.WriteFile(filepath.Join(w.Dir, marker), nil, 0o644), "make %s", w.Dir)
}

func (w *walk) open(ctx context.Context) error {
	cfg, err := app.LoadConfig(filepath.Join(w.Dir, "vestige.yaml"), app.Specs())
	if err != nil {
		return err
	}
	w.app, err = app.Open(ctx, cfg, app.Options{Command: "vestige demo", Log: w.Log})
	return err
}

// start is all that the request knows of a person.
func start(s company.Subject) []pii.Identifier {
	return []pii.Identifier{{Category: pii.Category(s.Start.Category), Value: pii.NewValue(s.Start.Value)}}
}
