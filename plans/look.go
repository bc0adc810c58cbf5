package plans

import (
	"context"
	"encoding/json"
	"fmt"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
)

// lookedAt is what a last look found: all keys of all steps, sealed in the journal before the first act.
type lookedAt struct {
	open   Open
	sealed *Sealed
}

// look is the last one before the acts: the same identifiers, closed over the estate as it is now. What the approval does not cover is refused and
// becomes a new plan; what is open, or would not go through, blocks.
func (r *run) look(ctx context.Context) (*Result, error) {
	res, moved, err := r.lookOnce(ctx)
	for try := 1; moved && try <= looks; try++ {
		res, moved, err = r.lookOnce(ctx)
	}
	if moved {
		return r.block(ctx, Approved, "preflight: "+connectors.FindingConflict)
	}
	return res, err
}

// lookOnce tells whether records have changed before the look was over: somebody else was erased meanwhile, or an application writes.
func (r *run) lookOnce(ctx context.Context) (res *Result, moved bool, err error) {
	p, res, err := r.found(ctx)
	if p == nil || err != nil {
		return res, false, err
	}
	f, blocks := blockingFinding(p.findings)
	switch {
	case blocks && f.Code == connectors.FindingConflict:
		return nil, true, nil
	case blocks:
		res, err = r.block(ctx, Approved, "preflight: "+f.Code+" at "+f.Dataset.String())
		return res, false, err
	}
	r.at = &lookedAt{p.Open, p.Sealed}
	return nil, false, r.move(ctx, Exporting, mover{}, func(tx db.Tx) error { return r.keepLook(ctx, tx, r.s.Round, p) })
}

// found makes the plan as it would be now, nil where it is another's turn, the approval does not cover it or something is open.
func (r *run) found(ctx context.Context) (*Plan, *Result, error) {
	if next, err := r.next(ctx); !next || err != nil {
		if err != nil {
			return nil, nil, err
		}
		res, err := r.waits(ctx)
		return nil, res, err
	}
	defer r.saying(ctx)()
	_, sealed, err := r.unsealed(ctx, r.s.ID)
	if err != nil {
		return nil, nil, err
	}
	p, err := r.again(ctx, r.s, sealed.Was, sealed.Start, sealed.Salt, r.s.Hash, going(sealed.Subjects)...)
	if errkind.Of(err) == errkind.Conflict || errkind.Of(err) == errkind.Transient {
		res, err := r.block(ctx, Approved, errkind.Code(err))
		return nil, res, err
	}
	if err != nil {
		return nil, nil, err
	}
	if ds := Beyond(Diff(&r.s.Open, &p.Open)); len(ds) > 0 {
		res, err := r.refuse(ctx, p, ds)
		return nil, res, err
	}
	if b := p.Open.Batch; b != nil && len(b.Left) > 0 {
		res, err := r.block(ctx, Approved, fmt.Sprintf("plan again: %d of many need requests of their own by now", len(b.Left)))
		return nil, res, err
	}
	if q, g := p.Open.Blocking(); q+g > 0 {
		res, err := r.block(ctx, Approved, fmt.Sprintf("open: %d questions, %d gaps", q, g))
		return nil, res, err
	}
	return p, nil, r.keepFindings(ctx, r.s.ID, p.findings)
}

// refuse stores what the plan would have to be now, and gives this one up. What was sealed with one that has erased something is kept until the request ends: nothing
// else knows what was hers.
func (r *run) refuse(ctx context.Context, p *Plan, ds []Difference) (*Result, error) {
	id := IDOf(p.Hash)
	err := r.move(ctx, Superseded, mover{reason: "envelope", next: id}, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE plan SET sealed = NULL WHERE id = $1 AND NOT "+hasErased, r.s.ID); err != nil {
			return err
		}
		_, err := r.keep(ctx, tx, p, r.s.By)
		return err
	})
	return &Result{Reason: "envelope", Next: id, Changes: ds}, err
}

func (r *run) keepLook(ctx context.Context, tx db.Tx, round int64, p *Plan) error {
	box, err := r.Keys.Seal(ctx, tx, keys.ID(keys.Request, r.s.Request), lookPlace(r.s.ID, round), p.Sealed.Encode())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO plan_look (plan, round, at, open, sealed, acts) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (plan, round) DO UPDATE SET at = excluded.at, open = excluded.open, sealed = excluded.sealed, acts = excluded.acts`,
		r.s.ID, round, clock.Micros(), string(p.Open.Bytes()), box, r.acts)
	return err
}

func lookPlace(plan string, round int64) string { return fmt.Sprintf("look/%s/%d", plan, round) }

// looked opens the last look of the present round.
func (r *run) looked(ctx context.Context) (*lookedAt, error) {
	if r.at != nil {
		return r.at, nil
	}
	all, err := r.looks(ctx, r.s)
	if err != nil {
		return nil, err
	}
	at := all[r.s.Round]
	if at == nil {
		return nil, errkind.Coded(errkind.Conflict, "no-look", "the plan has no last look")
	}
	r.at = at
	return at, nil
}

// looks opens all last looks of a plan, by round.
func (e *Engine) looks(ctx context.Context, s *Status) (out map[int64]*lookedAt, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		out = map[int64]*lookedAt{}
		boxes := map[int64][]byte{}
		err := each(ctx, tx, func(rows db.Rows) error {
			var round int64
			var text string
			var box []byte
			if err := rows.Scan(&round, &text, &box); err != nil {
				return err
			}
			l := &lookedAt{}
			out[round], boxes[round] = l, box
			return json.Unmarshal([]byte(text), &l.open)
		}, "SELECT round, open, sealed FROM plan_look WHERE plan = $1", s.ID)
		for round, l := range out {
			if err == nil {
				l.sealed, err = e.open(ctx, tx, s.Request, lookPlace(s.ID, round), boxes[round])
			}
		}
		return err
	})
	return out, err
}
