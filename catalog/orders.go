package catalog

import (
	"context"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Ask puts a run into the queue of those that a running server does. Where one like it waits already, that one is given and nothing is added.
func (c *Catalog) Ask(ctx context.Context, tx db.Tx, r Run) (Run, error) {
	scope, err := scopeText(r.Scope)
	if err != nil {
		return r, err
	}
	same, err := collect(ctx, tx, scanRun, selectRun+" WHERE source = $1 AND ended = 0 AND state = 'waiting' AND scope = $2 ORDER BY started", r.Source, scope)
	if err != nil || len(same) > 0 {
		if err == nil {
			r = same[0]
		}
		return r, err
	}
	r.ID, r.Started, r.State, r.c = newID(), clock.Micros(), RunWaiting, c
	return r, c.insertRun(ctx, tx, &r)
}

// BeginRun starts a run that was asked for, or resumes it; Resumed tells which.
func (c *Catalog) BeginRun(ctx context.Context, id string) (r *Run, err error) {
	if r, err = c.Run(ctx, id); err != nil {
		return nil, err
	}
	if r.Ended != 0 {
		return nil, errkind.Coded(errkind.Conflict, "run-ended", "the run has ended")
	}
	return r, c.db.Write(ctx, func(tx db.Tx) error {
		if r.Progress != (Progress{}) {
			return r.resume(ctx, tx, c)
		}
		r.Started, r.State = clock.Micros(), RunRunning
		_, err := tx.Exec(ctx, "UPDATE run SET state = 'running', wish = '', note = '', started = $1 WHERE id = $2", r.Started, r.ID)
		return err
	})
}

// Open gives the runs that have not ended, those that are done first, then those that wait, the oldest first.
func (c *Catalog) Open(ctx context.Context) (rs []Run, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		rs, err = collect(ctx, tx, scanRun, selectRun+" WHERE ended = 0 ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END, started, id")
		return err
	})
	return rs, err
}

// Claim takes the next run that may be done, for the process named holder: one that waits for its turn, or one whose process has not said for a while that it
// lives. A source has one run at a time. nil where there is none.
func (c *Catalog) Claim(ctx context.Context, holder string, dead time.Duration) (got *Run, err error) {
	err = c.db.Write(ctx, func(tx db.Tx) error {
		now := clock.Micros()
		silent := now - dead.Microseconds()
		all, err := collect(ctx, tx, scanRun, selectRun+` WHERE ended = 0 AND (state = 'waiting' AND later <= $1 OR state = 'running' AND origin <> '' AND holder <> $2 AND beat < $3)
			AND NOT EXISTS (SELECT 1 FROM run other WHERE other.source = run.source AND other.id <> run.id AND other.ended = 0 AND other.state = 'running' AND (other.holder = $2 OR other.beat >= $3) AND run.origin <> 'signal')
			ORDER BY CASE origin WHEN 'signal' THEN 0 ELSE 1 END, started, id`, now, holder, silent)
		if err != nil || len(all) == 0 {
			return err
		}
		r := all[0]
		n, err := tx.Exec(ctx, "UPDATE run SET state = 'running', holder = $1, beat = $2, wish = '', note = '' WHERE id = $3 AND ended = 0 AND (state = 'waiting' OR beat < $4)", holder, now, r.ID, silent)
		if err == nil && n == 1 {
			r.State, r.c = RunRunning, c
			got = &r
		}
		return err
	})
	return got, err
}

// Beat says that a process is alive and still does a run, and gives what somebody wants of the run: pause, cancel, or nothing.
func (c *Catalog) Beat(ctx context.Context, id, holder string) (wish string, err error) {
	err = c.db.Write(ctx, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE run SET holder = $1, beat = $2 WHERE id = $3 AND ended = 0", holder, clock.Micros(), id); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT wish FROM run WHERE id = $1", id).Scan(&wish)
	})
	return wish, err
}

// Wish says what somebody wants of a run that is being done; whoever does it looks every second.
func (c *Catalog) Wish(ctx context.Context, tx db.Tx, id, wish string) error {
	_, err := tx.Exec(ctx, "UPDATE run SET wish = $1 WHERE id = $2 AND ended = 0", wish, id)
	return err
}

// Hold sets where a run is that is not being done: waiting, until a time where there is one, or paused; note says why.
func (r *Run) Hold(ctx context.Context, tx db.Tx, state RunState, later int64, note string) error {
	n, err := tx.Exec(ctx, "UPDATE run SET state = $1, later = $2, note = $3, wish = '', holder = '', beat = 0 WHERE id = $4 AND ended = 0", string(state), later, note, r.ID)
	if err == nil && n == 0 {
		err = errkind.Coded(errkind.Conflict, "run-ended", "the run has ended")
	}
	return err
}

// LetGo says that a process no longer does a run that has not ended, so that any process, this one too, goes on with it at once.
func (c *Catalog) LetGo(ctx context.Context, id, holder string) error {
	return c.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE run SET holder = '', beat = 0 WHERE id = $1 AND holder = $2 AND ended = 0 AND state = 'running'", id, holder)
		return err
	})
}

// Coverage counts the fields of a source that are there, and those of them that were examined.
func (c *Catalog) Coverage(ctx context.Context, tx db.Tx, source string) (fields, examined int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN state = 'unexamined' THEN 0 ELSE 1 END), 0) FROM field WHERE source = $1 AND state <> 'gone'", source).Scan(&fields, &examined)
	return fields, examined, err
}

// LastWhole gives the last run over a whole source that came to its end, nil where there is none.
func (c *Catalog) LastWhole(ctx context.Context, tx db.Tx, source string) (*Run, error) {
	all, err := collect(ctx, tx, scanRun, selectRun+" WHERE source = $1 AND ended > 0 AND scope = '' AND outcome IN ('done', 'incomplete') ORDER BY started DESC LIMIT 1", source)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Expected counts the datasets that the catalog knows in a scope of a source.
func (c *Catalog) Expected(ctx context.Context, source string, in Scope) (n int64, err error) {
	names, err := c.Names(ctx, source)
	for _, name := range names {
		if in.Has(name) {
			n++
		}
	}
	return n, err
}

// Signalled gives the run that waits because of signals from a source, nil where there is none.
func (c *Catalog) Signalled(ctx context.Context, tx db.Tx, source string) (*Run, error) {
	all, err := collect(ctx, tx, scanRun, selectRun+" WHERE source = $1 AND ended = 0 AND state = 'waiting' AND origin = 'signal' ORDER BY started", source)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Widen gives a run that waits the scope that it has now.
func (r *Run) Widen(ctx context.Context, tx db.Tx) error {
	scope, err := scopeText(r.Scope)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE run SET scope = $1 WHERE id = $2 AND state = 'waiting'", scope, r.ID)
	return err
}

// Living tells whether a process says that it does the run.
func (r *Run) Living(dead time.Duration) bool {
	return clock.Micros()-r.beat < dead.Microseconds()
}

// Names gives the datasets of a source that are there, by name.
func (c *Catalog) Names(ctx context.Context, source string) (names []string, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		names, err = collect(ctx, tx, scanText, "SELECT name FROM dataset WHERE source = $1 AND gone = 0 ORDER BY name", source)
		return err
	})
	return names, err
}
