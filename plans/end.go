package plans

import (
	"context"
	"os"
	"slices"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/jobs"
)

// Cancel ends a plan of which nothing irreversible has been done. One that cools down is undone first.
func (e *Engine) Cancel(ctx context.Context, id, by, reason string) error {
	return e.stop(ctx, id, Cancelled, by, reason)
}

// Deny ends a plan that is not to be carried out.
func (e *Engine) Deny(ctx context.Context, id, by, reason string) error {
	return e.stop(ctx, id, Denied, by, reason)
}

// Fail gives a plan up that cannot be carried out to its end, with what was done of it in the journal. It is the one end that is allowed after the first
// irreversible act.
func (e *Engine) Fail(ctx context.Context, id, by, reason string) error {
	r, err := e.begin(ctx, id, nil)
	if err != nil {
		return err
	}
	if r.s.State.Terminal() {
		return errkind.Coded(errkind.Conflict, "plan-ended", "the plan has ended: %s", r.s.State)
	}
	return e.end(ctx, r.s, Failed, mover{by: by, token: r.token, reason: reason})
}

func (e *Engine) stop(ctx context.Context, id string, to State, by, reason string) error {
	r, err := e.begin(ctx, id, nil)
	if err != nil {
		return err
	}
	early := r.s.State == Planned || r.s.State == Approved || r.s.State == Exporting || (r.s.State == Blocked && r.s.Resume == Approved)
	switch {
	case r.s.State == Cooling:
		return e.Undo(ctx, id, by, reason)
	case !early:
		return errkind.Coded(errkind.Conflict, "irreversible", "a plan in the state %s cannot be taken back", r.s.State)
	}
	return e.end(ctx, r.s, to, mover{by: by, token: r.token, reason: reason})
}

// end brings a plan to a terminal state. In the same unit of work everything that was sealed for it is deleted, and, where no other plan of the request is
// open, the request's key is destroyed; then the store's files are made to forget it.
func (e *Engine) end(ctx context.Context, s *Status, to State, m mover) error {
	if err := e.move(ctx, s, to, m, func(tx db.Tx) error { return e.destroy(ctx, tx, s, to) }); err != nil {
		return err
	}
	return e.wipe(ctx, s)
}

func (e *Engine) destroy(ctx context.Context, tx db.Tx, s *Status, to State) error {
	for _, sql := range []string{
		"UPDATE plan SET sealed = NULL, wiped = FALSE WHERE id = $1", "UPDATE plan_look SET sealed = NULL WHERE plan = $1", "UPDATE plan_unit SET image = NULL WHERE plan = $1",
	} {
		if _, err := tx.Exec(ctx, sql, s.ID); err != nil {
			return err
		}
	}
	if err := jobs.Forget(ctx, tx, fenceOf(s.ID)); err != nil {
		return err
	}
	open, err := e.openPlans(ctx, tx, s.Request, s.ID)
	if err != nil || open > 0 {
		return err
	}
	return e.forget(ctx, tx, s.Request, string(to))
}

// openPlans counts the plans of a request, besides one, that have not ended.
func (e *Engine) openPlans(ctx context.Context, tx db.Tx, request, besides string) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE request = $1 AND id <> $2 AND state NOT IN ($3, $4, $5, $6, $7)",
		request, besides, string(Closed), string(Cancelled), string(Denied), string(Failed), string(Superseded)).Scan(&n)
	return n, err
}

// forget destroys the keys of a request, and with them all that was sealed for it, here and in every backup.
func (e *Engine) forget(ctx context.Context, tx db.Tx, request, why string) error {
	for _, sql := range []string{"UPDATE plan SET sealed = NULL WHERE request = $1", "UPDATE plan_look SET sealed = NULL WHERE plan IN (SELECT id FROM plan WHERE request = $1)"} {
		if _, err := tx.Exec(ctx, sql, request); err != nil {
			return err
		}
	}
	for _, p := range []keys.Purpose{keys.Request, keys.Undo} {
		if err := e.Keys.Destroy(ctx, tx, keys.ID(p, request)); err != nil {
			return err
		}
	}
	return e.Audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Subject: request, Action: "keys.destroy", Object: request, Facts: audit.Facts(map[string]any{"why": why})})
}

// Forget ends a request without a plan, or after its last one: its keys are destroyed. A request with an open plan is a conflict.
func (e *Engine) Forget(ctx context.Context, request, why string) error {
	err := e.DB.Write(ctx, func(tx db.Tx) error {
		open, err := e.openPlans(ctx, tx, request, "")
		if err == nil && open > 0 {
			err = errkind.Coded(errkind.Conflict, "plan-open", "a plan of the request has not ended")
		}
		if err != nil {
			return err
		}
		return e.forget(ctx, tx, request, why)
	})
	if err != nil {
		return err
	}
	return e.Destroyed(ctx)
}

// wipe makes the store's files forget what a plan's end deleted, once; a process that was stopped before does it with the next run.
func (e *Engine) wipe(ctx context.Context, s *Status) error {
	var done bool
	err := e.DB.Read(ctx, func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT wiped FROM plan WHERE id = $1", s.ID).Scan(&done)
	})
	if err != nil || done || s.State == Superseded {
		return err
	}
	crash.At("wipe:before")
	if err := e.Destroyed(ctx); err != nil {
		return err
	}
	crash.At("wipe:after")
	return e.DB.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE plan SET wiped = TRUE WHERE id = $1", s.ID)
		return err
	})
}

// Unfinished gives the plans that Run can go on with: those that are being carried out, and ended ones whose traces are still in the store's files.
func (e *Engine) Unfinished(ctx context.Context) (ids []string, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		ids, err = db.Strings(ctx, tx, `SELECT id FROM plan WHERE state IN ($1, $2, $3, $4, $5, $6) OR (wiped = FALSE AND state IN ($7, $8, $9, $10)) ORDER BY made, id`,
			string(Exporting), string(Cooling), string(Executing), string(Purging), string(Checking), string(Attesting),
			string(Closed), string(Cancelled), string(Denied), string(Failed))
		return err
	})
	return ids, err
}

// Expire removes the exports whose window is over, and gives the plans they were of.
func (e *Engine) Expire(ctx context.Context) (gone []string, err error) {
	type file struct{ plan, path, request string }
	var old []file
	now := clock.Micros()
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		return each(ctx, tx, func(r db.Rows) error {
			var f file
			err := r.Scan(&f.plan, &f.path, &f.request)
			old = append(old, f)
			return err
		}, "SELECT x.plan, x.path, p.request FROM plan_export x JOIN plan p ON p.id = x.plan WHERE x.gone = 0 AND x.expires <= $1", now)
	})
	for _, f := range old {
		if err != nil {
			break
		}
		if err = os.Remove(f.path); err != nil && !os.IsNotExist(err) {
			return gone, errkind.Coded(errkind.Permission, "export-kept", "an export that has expired could not be removed")
		}
		err = e.DB.Write(ctx, func(tx db.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE plan_export SET gone = $1 WHERE plan = $2", now, f.plan); err != nil {
				return err
			}
			return e.Audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Subject: f.request, Action: "export.expire", Object: f.plan})
		})
		gone = append(gone, f.plan)
	}
	return slices.Clip(gone), err
}
