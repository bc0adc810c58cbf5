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
	State    RunState `json:"state"`
	Scope    Scope    `json:"scope"`
	Origin   string   `json:"origin,omitempty"` // schedule:NAME, hand, signal, retry:RUN; "" for the command
	By       string   `json:"by,omitempty"`
	Note     string   `json:"note,omitempty"`  // why it waits
	Later    int64    `json:"later,omitempty"` // it does not go on before
	Resumed  bool     `json:"resumed,omitempty"`
	Progress Progress `json:"progress"`

	beat int64
	c    *Catalog
}

// Progress is how far a run is and what it cost.
type Progress struct {
	Datasets int64 `json:"datasets"`           // known so far
	Expected int64 `json:"expected,omitempty"` // as many as the catalog had in its scope before
	Done     int64 `json:"done"`
	Skipped  int64 `json:"skipped"` // unchanged, not read again
	Fields   int64 `json:"fields"`
	Records  int64 `json:"records"` // read
	Values   int64 `json:"values"`
	Bytes    int64 `json:"bytes"`
	Gaps     int64 `json:"gaps"`
	Personal int64 `json:"personal,omitempty"` // fields found to hold personal data
	Known    int64 `json:"known,omitempty"`    // fields of the source, after a run over all of it
	Examined int64 `json:"examined,omitempty"` // of those
	Micros   int64 `json:"micros"`             // time spent reading
}

// RunState is where a run is in its life.
type RunState string

// The states of a run. One that has ended stays so.
const (
	RunWaiting RunState = "waiting" // for its turn, or for a time at which the source may be read
	RunRunning RunState = "running"
	RunPaused  RunState = "paused" // until somebody lets it go on
	RunEnded   RunState = "ended"
)

// Begin starts a run of a whole source, or resumes the one that was not ended; Resumed tells which.
func (c *Catalog) Begin(ctx context.Context, source string) (*Run, error) {
	r := &Run{ID: newID(), Source: source, Started: clock.Micros(), State: RunRunning, c: c}
	err := c.db.Write(ctx, func(tx db.Tx) error {
		open, err := collect(ctx, tx, scanRun, selectRun+" WHERE source = $1 AND ended = 0 AND scope = '' AND state <> 'waiting' ORDER BY started DESC", source)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return c.insertRun(ctx, tx, r)
		}
		*r = open[0]
		return r.resume(ctx, tx, c)
	})
	return r, err
}

// resume has a run that was left go on. What another run has been through with meanwhile is looked at again, and is not counted as done by this one.
func (r *Run) resume(ctx context.Context, tx db.Tx, c *Catalog) error {
	r.c, r.Resumed, r.State = c, true, RunRunning
	if _, err := tx.Exec(ctx, "UPDATE run SET state = 'running', wish = '', note = '' WHERE id = $1", r.ID); err != nil {
		return err
	}
	p, err := r.progress(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM dataset WHERE source = $1 AND run = $2", r.Source, r.ID).Scan(&p.Done); err != nil {
		return err
	}
	p.Skipped = min(p.Skipped, p.Done)
	return r.Save(ctx, tx, p)
}

// progress reads how far the store says that the run is.
func (r *Run) progress(ctx context.Context, tx db.Tx) (p Progress, err error) {
	var doc []byte
	if err = tx.QueryRow(ctx, "SELECT progress FROM run WHERE id = $1", r.ID).Scan(&doc); err == nil {
		err = decode(doc, &p)
	}
	return p, err
}

func (c *Catalog) insertRun(ctx context.Context, tx db.Tx, r *Run) error {
	doc, err := encode(r.Progress)
	if err != nil {
		return err
	}
	scope, err := scopeText(r.Scope)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO run (id, source, started, ended, outcome, progress, state, scope, origin, actor, note, later) VALUES ($1, $2, $3, 0, '', $4, $5, $6, $7, $8, $9, $10)",
		r.ID, r.Source, r.Started, doc, string(r.State), scope, r.Origin, r.By, r.Note, r.Later)
	return err
}

// scopeText writes a scope as it is stored: "" for the zero one.
func scopeText(s Scope) (string, error) {
	if s.Whole() && !s.Full && !s.Again {
		return "", nil
	}
	b, err := encode(s)
	return string(b), err
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

// Missing gives the datasets in the run's scope that it has not seen and that have no tombstone yet. What a later run has seen is there.
func (r *Run) Missing(ctx context.Context) ([]pii.Ref, error) {
	set, err := r.datasets(ctx, "run <> $2 AND gone = 0 AND run NOT IN (SELECT id FROM run WHERE source = $1 AND id <> $2 AND started > (SELECT started FROM run WHERE id = $2))")
	for ref := range set {
		if !r.Scope.Has(ref.Dataset) {
			delete(set, ref)
		}
	}
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
	if err := r.pruneItems(ctx, tx); err != nil {
		return err
	}
	if !r.Scope.Whole() {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE source SET scanned = $1 WHERE name = $2", r.Ended, r.Source)
	return err
}

const selectRun = "SELECT id, source, started, ended, outcome, progress, state, scope, origin, actor, note, later, beat FROM run"

func scanRun(row db.Row) (r Run, err error) {
	var doc []byte
	var state, scope string
	if err = row.Scan(&r.ID, &r.Source, &r.Started, &r.Ended, &r.Outcome, &doc, &state, &scope, &r.Origin, &r.By, &r.Note, &r.Later, &r.beat); err != nil {
		return r, err
	}
	if r.State = RunState(state); r.Ended != 0 {
		r.State = RunEnded
	}
	if err = decode(doc, &r.Progress); err == nil {
		err = decode([]byte(scope), &r.Scope)
	}
	return r, err
}

// Runs gives the latest runs of a source, or of all where it is empty, the newest first.
func (c *Catalog) Runs(ctx context.Context, source string, limit int) (rs []Run, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		var w conditions
		w.is("source", source)
		rs, err = collect(ctx, tx, scanRun, selectRun+w.String()+" ORDER BY started DESC, id LIMIT "+w.arg(limit), w.args...)
		return err
	})
	return rs, err
}
