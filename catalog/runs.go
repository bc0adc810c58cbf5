package catalog

import (
	"context"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Run is one scan of a source. It outlives the process: a run that was not ended is resumed by the next Begin of the source.
type Run struct {
	ID       string   `json:"id"`
	Source   string   `json:"source"`
	Started  int64    `json:"started"`
	Ended    int64    `json:"ended,omitempty"`
	Outcome  string   `json:"outcome,omitempty"` // done, incomplete, failed, cancelled, or an error's code
	Resumed  bool     `json:"resumed,omitempty"`
	Progress Progress `json:"progress"`

	c *Catalog
}

// Progress is how far a run is and what it cost.
type Progress struct {
	Datasets int64 `json:"datasets"` // known so far
	Done     int64 `json:"done"`
	Skipped  int64 `json:"skipped"` // unchanged, not read again
	Fields   int64 `json:"fields"`
	Records  int64 `json:"records"` // read
	Values   int64 `json:"values"`
	Bytes    int64 `json:"bytes"`
	Gaps     int64 `json:"gaps"`
	Micros   int64 `json:"micros"` // time spent reading
}

// Begin starts a run of a source, or resumes the one that was not ended; Resumed tells which.
func (c *Catalog) Begin(ctx context.Context, source string) (*Run, error) {
	r := &Run{ID: newID(), Source: source, Started: clock.Micros(), c: c}
	err := c.db.Write(ctx, func(tx db.Tx) error {
		open, err := collect(ctx, tx, scanRun, selectRun+" WHERE source = $1 AND ended = 0 ORDER BY started DESC", source)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			*r = open[0]
			r.c, r.Resumed = c, true
			return nil
		}
		doc, err := encode(r.Progress)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO run (id, source, started, ended, outcome, progress) VALUES ($1, $2, $3, 0, '', $4)",
			r.ID, source, r.Started, doc)
		return err
	})
	return r, err
}

// Mark says, in the unit of work that stores the dataset, that this run is through with it.
func (r *Run) Mark(ctx context.Context, tx db.Tx, ref pii.Ref) error {
	n, err := tx.Exec(ctx, "UPDATE dataset SET run = $1 WHERE source = $2 AND name = $3", r.ID, ref.Source, ref.Dataset)
	if err == nil && n == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-dataset", "the catalog has no dataset %s", ref.Of())
	}
	return err
}

// Seen gives the datasets that this run is through with.
func (r *Run) Seen(ctx context.Context) (map[pii.Ref]bool, error) { return r.datasets(ctx, "run = $2") }

// First tells whether the catalog has no dataset of the source yet.
func (r *Run) First(ctx context.Context) (first bool, err error) {
	err = r.c.read(ctx, func(tx db.Tx) error {
		refs, err := collect(ctx, tx, scanText, "SELECT name FROM dataset WHERE source = $1 LIMIT 1", r.Source)
		first = len(refs) == 0
		return err
	})
	return first, err
}

// Missing gives the datasets of the source that this run has not seen and that have no tombstone yet.
func (r *Run) Missing(ctx context.Context) ([]pii.Ref, error) {
	set, err := r.datasets(ctx, "run <> $2 AND gone = 0")
	return sortedRefs(set), err
}

func (r *Run) datasets(ctx context.Context, where string) (map[pii.Ref]bool, error) {
	set := map[pii.Ref]bool{}
	err := r.c.read(ctx, func(tx db.Tx) error {
		names, err := collect(ctx, tx, scanText, "SELECT name FROM dataset WHERE source = $1 AND "+where, r.Source, r.ID)
		for _, name := range names {
			set[pii.Ref{Source: r.Source, Dataset: name}] = true
		}
		return err
	})
	return set, err
}

// Save stores the progress.
func (r *Run) Save(ctx context.Context, tx db.Tx, p Progress) error {
	r.Progress = p
	doc, err := encode(p)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE run SET progress = $1 WHERE id = $2", doc, r.ID)
	return err
}

// End ends the run with an outcome; the source counts as scanned where it is "done" or "incomplete".
func (r *Run) End(ctx context.Context, tx db.Tx, outcome string) error {
	r.Ended, r.Outcome = clock.Micros(), outcome
	if _, err := tx.Exec(ctx, "UPDATE run SET ended = $1, outcome = $2 WHERE id = $3 AND ended = 0", r.Ended, outcome, r.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM run_dataset WHERE run = $1", r.ID); err != nil {
		return err
	}
	if outcome != "done" && outcome != "incomplete" {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE source SET scanned = $1 WHERE name = $2", r.Ended, r.Source)
	return err
}

const selectRun = "SELECT id, source, started, ended, outcome, progress FROM run"

func scanRun(row db.Row) (r Run, err error) {
	var doc []byte
	if err = row.Scan(&r.ID, &r.Source, &r.Started, &r.Ended, &r.Outcome, &doc); err == nil {
		err = decode(doc, &r.Progress)
	}
	return r, err
}

// Runs gives the latest runs of a source, or of all where it is empty, the newest first.
func (c *Catalog) Runs(ctx context.Context, source string, limit int) (rs []Run, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		rs, err = collect(ctx, tx, scanRun, selectRun+" WHERE $1 = '' OR source = $1 ORDER BY started DESC, id LIMIT $2", source, limit)
		return err
	})
	return rs, err
}
