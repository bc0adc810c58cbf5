package plans

import (
	"context"
	"slices"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/jobs"
	"vestige/pii"
)

// softSeq is where the numbers of soft deletes begin among the units of a round.
const softSeq = 1_000_000

// hide does the soft deletes at the start of the cool-down, in the datasets that have them. What they changed is sealed under the undo key. One that the system refuses
// is noted and left: its records stay seen until they are erased, which is all that was approved.
func (r *run) hide(ctx context.Context) (*Result, error) {
	at, err := r.looked(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.planHiding(ctx, at); err != nil {
		return nil, err
	}
	todo, err := r.pending(ctx, "soft")
	if err != nil {
		return nil, err
	}
	for _, u := range todo {
		if err := r.intent(ctx, u); err != nil {
			return nil, err
		}
		unit, err := r.softUnit(ctx, u, at)
		if err != nil {
			return nil, err
		}
		receipts, err := r.hideUnit(ctx, u, unit)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			code := errkind.Code(err)
			if errkind.Of(err) == errkind.Transient {
				return &Result{Reason: code, Again: jobs.Backoff(tries)}, r.note(ctx, u, "retry", code)
			}
			if err := r.note(ctx, u, "blocked", code); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.hidden(ctx, u, receipts); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// hideUnit does a soft delete. What it will change is kept before, once: after the act the records no longer tell it.
func (r *run) hideUnit(ctx context.Context, u *UnitInfo, unit pii.Unit) ([]pii.Receipt, error) {
	kept, err := r.image(ctx, u)
	if err != nil {
		return nil, err
	}
	src := r.source(u.Source)
	if kept == nil {
		image, err := src.Image(ctx, unit)
		if err == nil && image != nil {
			err = r.write(ctx, func(tx db.Tx) error { return r.keepImage(ctx, tx, u, image) })
		}
		if err != nil {
			return nil, err
		}
	}
	crash.At("hide:before")
	receipts, err := src.Erase(ctx, unit)
	crash.At("hide:after")
	return receipts, err
}

// keepImage seals what a soft delete changes. The first image is the one that counts: a later attempt finds records hidden already.
func (r *run) keepImage(ctx context.Context, tx db.Tx, u *UnitInfo, image []byte) error {
	box, err := r.Keys.Seal(ctx, tx, keys.ID(keys.Undo, r.s.Request), "undo/"+u.ID, image)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE plan_unit SET image = $1 WHERE plan = $2 AND round = $3 AND seq = $4 AND image IS NULL", box, r.s.ID, u.Round, u.Seq)
	return err
}

// planHiding writes the soft deletes of the round as units, once.
func (r *run) planHiding(ctx context.Context, at *lookedAt) error {
	if slices.ContainsFunc(r.s.Units, func(u UnitInfo) bool { return u.Kind == "soft" && u.Round == r.s.Round }) {
		return nil
	}
	var us []UnitInfo
	for _, st := range at.open.Steps {
		if st.Method != pii.Delete || !acts(&at.open, st) {
			continue
		}
		n, err := r.Catalog.Node(ctx, st.Dataset)
		if err != nil {
			return err
		}
		src := r.source(st.Dataset.Source)
		if !slices.Contains(src.Methods(n.Dataset), pii.SoftDelete) {
			continue
		}
		for _, u := range apart(st.Dataset.Source, st, src.Spec().Transactional) {
			u.Seq, u.Kind, u.State = softSeq+int64(len(us)), "soft", "pending"
			us = append(us, u)
		}
	}
	err := r.write(ctx, func(tx db.Tx) error {
		if err := insertUnits(ctx, tx, r.s.ID, r.s.Round, us); err != nil || len(us) == 0 {
			return err
		}
		id := keys.ID(keys.Undo, r.s.Request)
		if _, err := r.Keys.Seal(ctx, tx, id, "probe", nil); errkind.Of(err) == errkind.NotFound {
			return r.Keys.Create(ctx, tx, id)
		}
		return nil
	})
	if err == nil {
		r.s, err = r.Show(ctx, r.s.ID)
	}
	return err
}

// softUnit marks the records with the moment at which the cool-down began, so that another attempt, and undo, know what was set.
func (r *run) softUnit(ctx context.Context, u *UnitInfo, at *lookedAt) (pii.Unit, error) {
	unit, err := r.unit(ctx, u.ID, *u, &at.open, at.sealed)
	for i := range unit.Acts {
		unit.Acts[i].Method, unit.Acts[i].At = pii.SoftDelete, r.s.Cool-(r.s.Open.CoolDown-r.s.Open.Made)
	}
	return unit, err
}

// hidden keeps the receipt of a soft delete, and its undo image where that could not be had before.
func (r *run) hidden(ctx context.Context, u *UnitInfo, receipts []pii.Receipt) error {
	u.State, u.Receipts = "done", bare(receipts)
	return r.write(ctx, func(tx db.Tx) error {
		if err := setUnit(ctx, tx, r.s.ID, u, "done", r.by); err != nil {
			return err
		}
		for _, x := range receipts {
			if x.Image.Null() {
				continue
			}
			if err := r.keepImage(ctx, tx, u, []byte(x.Image.Reveal())); err != nil {
				return err
			}
		}
		return r.Audit.Append(ctx, tx, audit.Entry{Actor: r.by, Subject: r.s.Request, Action: "plan.unit", Object: u.ID, Facts: audit.Facts(map[string]any{"kind": u.Kind, "source": u.Source})})
	})
}

// harden destroys what could take the soft deletes back: the window has ended.
func (r *run) harden(ctx context.Context, tx db.Tx) error {
	if r.s.Cool == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE plan_unit SET image = NULL WHERE plan = $1", r.s.ID); err != nil {
		return err
	}
	return r.Keys.Destroy(ctx, tx, keys.ID(keys.Undo, r.s.Request))
}

// Undo takes the soft deletes back while the window is open, and cancels the plan.
func (e *Engine) Undo(ctx context.Context, id, by, reason string) error {
	r, err := e.begin(ctx, id, nil)
	if err != nil {
		return err
	}
	if r.s.State != Cooling || (r.s.Cool > 0 && r.s.Cool <= clock.Micros()) {
		return errkind.Coded(errkind.Conflict, "no-undo", "a plan in the state %s cannot be undone", r.s.State)
	}
	r.by = by
	if err := r.showAgain(ctx); err != nil {
		return err
	}
	return e.end(ctx, r.s, Cancelled, mover{by: by, token: r.token, reason: reason})
}

// showAgain undoes what was hidden, the last first.
func (r *run) showAgain(ctx context.Context) error {
	at, err := r.looked(ctx)
	if err != nil {
		return err
	}
	for i := len(r.s.Units) - 1; i >= 0; i-- {
		u := &r.s.Units[i]
		if u.Kind != "soft" || u.State == "pending" || u.State == "undone" {
			continue
		}
		image, err := r.image(ctx, u)
		if err != nil {
			return err
		}
		unit, err := r.softUnit(ctx, u, at)
		if err != nil {
			return err
		}
		if image != nil {
			if _, err := r.source(u.Source).Undo(ctx, unit, image); err != nil {
				return err
			}
		}
		u.State = "undone"
		if err := r.write(ctx, func(tx db.Tx) error { return setUnit(ctx, tx, r.s.ID, u, "undone", r.by) }); err != nil {
			return err
		}
	}
	return nil
}

// image opens what a soft delete changed; nil where it changed nothing.
func (r *run) image(ctx context.Context, u *UnitInfo) (image []byte, err error) {
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		var box []byte
		if err := tx.QueryRow(ctx, "SELECT image FROM plan_unit WHERE plan = $1 AND round = $2 AND seq = $3", r.s.ID, u.Round, u.Seq).Scan(&box); err != nil || box == nil {
			return err
		}
		image, err = r.Keys.Open(ctx, tx, keys.ID(keys.Undo, r.s.Request), "undo/"+u.ID, box)
		return err
	})
	return image, err
}
