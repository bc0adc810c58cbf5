package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/jobs"
	"vestige/scanner"
)

// TestAPausedScanIsLeftByAll: a machine that takes up a part of a run that is paused leaves it, one that is at a part of it stops, and when the run goes on
// the part is done.
func TestAPausedScanIsLeftByAll(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := company.Generate(t.Context(), dir, company.Options{Seed: 5, People: 12})
	must(err)
	file := filepath.Join(dir, "vestige.yaml")
	must(os.WriteFile(file, []byte(c.Config()), 0o600))
	must(os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(c.Policy()), 0o600))
	cfg, err := LoadConfig(file, Specs())
	must(err)
	a, err := Open(t.Context(), cfg, Options{Command: "test"})
	must(err)
	t.Cleanup(func() { _ = a.Close() })
	asked, err := a.Catalog.Begin(t.Context(), "shop")
	must(err)
	parts := int64(0)
	_, err = a.Scanner.Share(t.Context(), a.Sources["shop"], scanner.Options{Run: asked.ID}, nil, func(_ db.Tx, _ string, n int64) error { parts = n; return nil })
	must(err)
	run, err := a.Catalog.Run(t.Context(), asked.ID)
	must(err)
	left := func() int {
		t.Helper()
		all, err := run.Left(t.Context())
		must(err)
		return len(all)
	}
	hold := func(state catalog.RunState) {
		t.Helper()
		must(a.DB.Write(t.Context(), func(tx db.Tx) error { return run.Hold(t.Context(), tx, state, 0, "") }))
	}
	args := scanner.Options{}.Args()
	args["source"], args["run"], args["part"] = "shop", run.ID, "0"
	if parts < 2 || left() != int(parts) {
		t.Fatalf("there are %d parts, and %d are left", parts, left())
	}

	work, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	go a.heed(work, run.ID, stop)
	hold(catalog.RunPaused)
	<-work.Done()
	if !errors.Is(context.Cause(work), errHeld) {
		t.Errorf("a part was stopped by %v", context.Cause(work))
	}
	must(a.workPart(t.Context(), jobs.Run{Job: jobs.Job{Key: run.ID + "/0", Args: args}}))
	if left() != int(parts) {
		t.Errorf("a paused run goes on: %d of %d parts are left", left(), parts)
	}
	hold(catalog.RunRunning)
	must(a.workPart(t.Context(), jobs.Run{Job: jobs.Job{Key: run.ID + "/0", Args: args}}))
	if left() != int(parts)-1 {
		t.Errorf("a run that goes on does not: %d of %d parts are left", left(), parts)
	}
}
