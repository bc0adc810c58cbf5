package plans

import (
	"context"
	"slices"
	"time"

	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/pii"
)

// How often a unit is tried within one run when its system fails for the moment, and how often its records are looked at anew when they have changed.
const (
	tries = 5
	looks = 3
)

// executing does the units of the round, the sources one after the other. A unit that cannot be done now stops its own source and no other; what is
// left is done by a later run.
func (r *run) executing(ctx context.Context) (*Result, error) {
	at, err := r.looked(ctx)
	if err != nil {
		return nil, err
	}
	stuck, again, moved := map[string]string{}, false, false
	var todo []*UnitInfo
	if todo, err = r.pending(ctx, "erase"); err != nil {
		return nil, err
	}
	for i, u := range todo {
		if stuck[u.Source] != "" {
			continue
		}
		if stop, err := r.yields(ctx); stop != nil || err != nil {
			return stop, err
		}
		r.event(Event{What: "unit", Unit: u.ID, Done: i, Total: len(todo)})
		reason, kind, err := r.doUnit(ctx, u, at)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			stuck[u.Source], again, moved = reason, again || kind == errkind.Transient, moved || kind == errkind.Conflict
			r.event(Event{What: "stuck", Unit: u.ID, Reason: reason})
		}
	}
	if len(stuck) == 0 {
		return nil, r.move(ctx, Purging, mover{}, nil)
	}
	reason := reasons(stuck)
	if moved && r.conflicts < looks {
		return r.lookAgain(ctx, reason)
	}
	if again {
		return &Result{Reason: reason, Again: jobs.Backoff(tries)}, nil
	}
	return r.block(ctx, Executing, reason)
}

func reasons(stuck map[string]string) (out string) {
	var names []string
	for s := range stuck {
		names = append(names, s)
	}
	slices.Sort(names)
	for i, s := range names {
		if i > 0 {
			out += "; "
		}
		out += s + ": " + stuck[s]
	}
	return out
}

// pending gives the units of the present round that are not done, in order.
func (r *run) pending(ctx context.Context, kind string) (out []*UnitInfo, err error) {
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		us, err := r.units(ctx, tx, r.s.ID)
		for i := range us {
			if us[i].Round == r.s.Round && us[i].Kind == kind && us[i].State != "done" && us[i].State != "dropped" {
				out = append(out, &us[i])
			}
		}
		return err
	})
	return out, err
}

// doUnit does one unit: intent, act, receipts. reason says why it is not done, and kind whether another attempt, or another look, may be enough.
func (r *run) doUnit(ctx context.Context, u *UnitInfo, at *lookedAt) (reason string, kind errkind.Kind, err error) {
	for attempt := 1; ; attempt++ {
		if err := r.intent(ctx, u); err != nil {
			return "", 0, err
		}
		receipts, err := r.act(ctx, u, at)
		if err == nil {
			return "", 0, r.done(ctx, u, receipts)
		}
		if ctx.Err() != nil {
			return "", 0, ctx.Err()
		}
		code, kind := errkind.Code(err), errkind.Of(err)
		switch {
		case kind == errkind.Conflict:
			return code, kind, r.note(ctx, u, "conflict", code)
		case kind != errkind.Transient:
			return code, kind, r.note(ctx, u, "blocked", code)
		case attempt >= tries:
			return code, kind, r.note(ctx, u, "stuck", code)
		}
		if err := r.note(ctx, u, "retry", code); err != nil {
			return "", 0, err
		}
		if err := r.Wait(ctx, backoff(attempt)); err != nil {
			return "", 0, err
		}
	}
}

// backoff is short within a run; a job that runs it again waits longer.
func backoff(attempt int) time.Duration { return min(jobs.Backoff(attempt), 5*time.Second) }

// intent says in the journal what is about to be done, and by which token. From then on an erasure may have done a part of it, which other plans count with.
func (r *run) intent(ctx context.Context, u *UnitInfo) error {
	crash.At("unit:intent:before")
	u.State, u.Token, u.Reason = "intent", r.token, ""
	err := r.write(ctx, func(tx db.Tx) error {
		if u.Kind == "erase" {
			if _, err := jobs.Acquire(ctx, tx, actsFence); err != nil {
				return err
			}
		}
		return setUnit(ctx, tx, r.s.ID, u, "intent", r.by)
	})
	crash.At("unit:intent:after")
	return err
}

// write is a unit of work of the one who holds the token.
func (r *run) write(ctx context.Context, f func(tx db.Tx) error) error {
	return r.DB.Write(ctx, func(tx db.Tx) error {
		if err := jobs.Check(ctx, tx, fenceOf(r.s.ID), r.token); err != nil {
			return err
		}
		return f(tx)
	})
}

// act asks the source first what it would do by itself, refuses what the plan does not say, and has it done.
func (r *run) act(ctx context.Context, u *UnitInfo, at *lookedAt) ([]pii.Receipt, error) {
	unit, err := r.unit(ctx, u.ID, *u, &at.open, at.sealed)
	if err != nil {
		return nil, err
	}
	src := r.source(u.Source)
	if foretold(u, &at.open) && src.Spec().Transactional {
		crash.At("act:before")
		receipts, err := src.Erase(ctx, unit)
		if errkind.Code(err) != connectors.FindingConflict {
			crash.At("act:after")
			return receipts, err
		}
	}
	fs, err := src.Check(ctx, unit)
	if err != nil {
		return nil, err
	}
	if err := predicted(&unit, u.Parts, fs, &at.open); err != nil {
		return nil, err
	}
	crash.At("act:before")
	receipts, err := src.Erase(ctx, unit)
	crash.At("act:after")
	return receipts, err
}

// manyRecords is from how many records on a unit is not thought through twice.
const manyRecords = 500

// foretold tells whether a unit of many records does nothing but what it says, as the last look found: then it need not be asked of the source again. The source compares
// while it acts, and undoes the unit where something would change by itself after all.
func foretold(u *UnitInfo, o *Open) bool {
	return u.Expected >= manyRecords && !slices.ContainsFunc(u.Parts, func(p Part) bool {
		k := slices.IndexFunc(o.Steps, func(st Step) bool { return st.ID == p.Step })
		return k < 0 || o.Steps[k].Dry == nil || *o.Steps[k].Dry != o.Steps[k].Records || len(o.Steps[k].Effects) > 0
	})
}

// done keeps the receipts.
func (r *run) done(ctx context.Context, u *UnitInfo, receipts []pii.Receipt) error {
	crash.At("unit:done:before")
	u.State, u.Receipts = "done", bare(receipts)
	err := r.write(ctx, func(tx db.Tx) error {
		if _, err := jobs.Acquire(ctx, tx, actsFence); err != nil {
			return err
		}
		if err := setUnit(ctx, tx, r.s.ID, u, "done", r.by); err != nil {
			return err
		}
		var affected, found int64
		for _, x := range receipts {
			affected, found = affected+x.Affected, found+x.FoundDone
		}
		return r.Audit.Append(ctx, tx, audit.Entry{Actor: r.by, Subject: r.s.Request, Action: "plan.unit", Object: u.ID,
			Facts: audit.Facts(map[string]any{"kind": u.Kind, "source": u.Source, "affected": affected, "foundDone": found, "expected": u.Expected, "token": u.Token})})
	})
	crash.At("unit:done:after")
	if err == nil {
		r.event(Event{What: "done", Unit: u.ID})
	}
	return err
}

// bare leaves undo images out of receipts; they are sealed apart.
func bare(in []pii.Receipt) []pii.Receipt {
	out := slices.Clone(in)
	for i := range out {
		out[i].Image = pii.Value{}
	}
	if out == nil {
		out = []pii.Receipt{}
	}
	return out
}

// note says in the journal what came in the way of a unit.
func (r *run) note(ctx context.Context, u *UnitInfo, what, reason string) error {
	u.Reason = reason
	if what == "blocked" {
		u.State = "blocked"
	}
	r.event(Event{What: what, Unit: u.ID, Reason: reason})
	return r.write(ctx, func(tx db.Tx) error { return setUnit(ctx, tx, r.s.ID, u, what, r.by) })
}
