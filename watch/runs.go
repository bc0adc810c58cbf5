package watch

import (
	"context"
	"fmt"
	"slices"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Now asks for a scan of a source, or of a part of it, as soon as it can be done.
func (s *Service) Now(ctx context.Context, by, source string, in catalog.Scope) (r catalog.Run, err error) {
	if err := s.known(source); err != nil {
		return r, err
	}
	return s.enqueue(ctx, catalog.Run{Source: source, Scope: in, Origin: "hand", By: by}, "scan.ask")
}

func (s *Service) enqueue(ctx context.Context, want catalog.Run, action string) (r catalog.Run, err error) {
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		if r, err = s.Catalog.Ask(ctx, tx, want); err != nil {
			return err
		}
		return s.note(ctx, tx, want.By, action, r.Source, map[string]any{"run": r.ID, "scope": want.Scope.Text(), "origin": want.Origin})
	})
	return r, err
}

// Pause has a run stop where it is, so that it goes on from there. Nothing that was found is lost.
func (s *Service) Pause(ctx context.Context, by, id string) error {
	return s.change(ctx, by, id, "scan.pause", func(tx db.Tx, r *catalog.Run) error {
		switch r.State {
		case catalog.RunRunning:
			return s.Catalog.Wish(ctx, tx, id, wishPause)
		case catalog.RunWaiting:
			return r.Hold(ctx, tx, catalog.RunPaused, 0, "paused by "+by)
		}
		return errkind.Coded(errkind.Conflict, "not-running", "the run is %s", r.State)
	})
}

// Resume lets a run that was paused go on, and one that waits for the end of a maintenance window begin at once.
func (s *Service) Resume(ctx context.Context, by, id string) error {
	return s.change(ctx, by, id, "scan.resume", func(tx db.Tx, r *catalog.Run) error {
		if r.State == catalog.RunEnded || r.State == catalog.RunRunning {
			return errkind.Coded(errkind.Conflict, "not-paused", "the run is %s", r.State)
		}
		return r.Hold(ctx, tx, catalog.RunWaiting, 0, "")
	})
}

// Cancel ends a run. What it found stays.
func (s *Service) Cancel(ctx context.Context, by, id string) error {
	return s.change(ctx, by, id, "scan.cancel", func(tx db.Tx, r *catalog.Run) error {
		switch r.State {
		case catalog.RunEnded:
			return errkind.Coded(errkind.Conflict, "run-ended", "the run has ended")
		case catalog.RunRunning:
			if r.Living(deadAfter) {
				return s.Catalog.Wish(ctx, tx, id, wishCancel)
			}
		}
		return r.End(ctx, tx, "cancelled")
	})
}

func (s *Service) change(ctx context.Context, by, id, action string, do func(db.Tx, *catalog.Run) error) error {
	r, err := s.Catalog.Run(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		if err := do(tx, r); err != nil {
			return err
		}
		return s.note(ctx, tx, by, action, r.Source, map[string]any{"run": id})
	})
}

// Retry asks for a run over what another one could not read: the datasets with gaps, or everything where the source itself failed.
func (s *Service) Retry(ctx context.Context, by, id string) (out catalog.Run, err error) {
	r, err := s.Catalog.Run(ctx, id)
	if err != nil {
		return out, err
	}
	if r.State != catalog.RunEnded {
		return out, errkind.Coded(errkind.Conflict, "not-ended", "the run is %s", r.State)
	}
	if err := s.known(r.Source); err != nil {
		return out, err
	}
	scope := r.Scope
	if r.Outcome == "done" || r.Outcome == "incomplete" {
		items, err := s.Catalog.Items(ctx, id, catalog.ItemFilter{State: "gap"})
		if err != nil {
			return out, err
		}
		if len(items) == 0 {
			return out, errkind.Coded(errkind.Conflict, "nothing-failed", "the run could read everything")
		}
		scope = catalog.Scope{Full: r.Scope.Full, Again: true}
		for _, it := range items {
			scope.Datasets = append(scope.Datasets, it.Dataset)
		}
	}
	return s.enqueue(ctx, catalog.Run{Source: r.Source, Scope: scope, Origin: "retry:" + id, By: by}, "scan.retry")
}

// mostSignals is how many datasets one run looks at because of signals; with more, it looks at the whole source.
const mostSignals = 200

// Changed takes a signal that a dataset has changed, or something in the source where none is named. Signals that come while a run waits join it.
func (s *Service) Changed(ctx context.Context, by, source, dataset string) (r catalog.Run, err error) {
	if err := s.known(source); err != nil {
		return r, err
	}
	if len(dataset) > 1000 {
		return r, errkind.Coded(errkind.Invalid, "bad-reference", "the name of a dataset has at most 1,000 bytes")
	}
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		open, err := s.Catalog.Signalled(ctx, tx, source)
		if err != nil {
			return err
		}
		var in catalog.Scope
		if dataset != "" {
			in = catalog.Scope{Datasets: []string{dataset}, Again: true}
		}
		if open == nil {
			r, err = s.Catalog.Ask(ctx, tx, catalog.Run{Source: source, Scope: in, Origin: "signal", By: by})
			if err == nil {
				err = s.note(ctx, tx, by, "scan.signal", source, map[string]any{"run": r.ID})
			}
			return err
		}
		r = *open
		if len(r.Scope.Datasets) == 0 || slices.Contains(r.Scope.Datasets, dataset) {
			return nil
		}
		if in.Datasets = append(slices.Clone(r.Scope.Datasets), dataset); dataset == "" || len(in.Datasets) > mostSignals {
			in = catalog.Scope{}
		}
		r.Scope = in
		return r.Widen(ctx, tx)
	})
	return r, err
}

// Reach is what the patterns of a scope fit.
type Reach struct {
	Source   string   `json:"source"`
	All      int      `json:"all"` // datasets that the catalog knows
	Fit      int      `json:"fit"`
	Within   []string `json:"within"`  // names, the first hundred
	Without  []string `json:"without"` // likewise
	Problems []string `json:"problems,omitempty"`
}

// shownNames is how many names of each kind a preview has.
const shownNames = 100

// Preview says which datasets of a source a scope is over, as far as the catalog knows them.
func (s *Service) Preview(ctx context.Context, source string, in catalog.Scope) (out Reach, err error) {
	names, err := s.Catalog.Names(ctx, source)
	if err != nil {
		return out, err
	}
	out = Reach{Source: source, All: len(names), Within: []string{}, Without: []string{}}
	for _, name := range names {
		if in.Has(name) {
			if out.Fit++; len(out.Within) < shownNames {
				out.Within = append(out.Within, name)
			}
		} else if len(out.Without) < shownNames {
			out.Without = append(out.Without, name)
		}
	}
	for _, p := range append(slices.Clone(in.Include), in.Exclude...) {
		if !slices.ContainsFunc(names, func(n string) bool { return catalog.Fits(p, n) }) {
			out.Problems = append(out.Problems, fmt.Sprintf("%q fits nothing", p))
		}
	}
	return out, nil
}

// Rate is how fast a run is, and how long it still takes.
type Rate struct {
	Records   float64 `json:"recordsPerSecond"`
	Bytes     float64 `json:"bytesPerSecond"`
	Datasets  int64   `json:"datasets"`  // as many as there are in all, as far as is known
	Remaining int64   `json:"remaining"` // microseconds; -1 where nobody can tell
}

// RateOf reckons from what is done. What the catalog knew before counts as what there is, until more is discovered.
func RateOf(r *catalog.Run) Rate {
	end := r.Ended
	if end == 0 {
		end = clock.Micros()
	}
	p, took := r.Progress, max(end-r.Started, 1)
	out := Rate{Datasets: max(p.Datasets, p.Expected), Remaining: -1}
	out.Records, out.Bytes = float64(p.Records)/float64(took)*1e6, float64(p.Bytes)/float64(took)*1e6
	if p.Done > 0 && out.Datasets >= p.Done && r.State == catalog.RunRunning {
		out.Remaining = int64(float64(took) / float64(p.Done) * float64(out.Datasets-p.Done))
	}
	return out
}
