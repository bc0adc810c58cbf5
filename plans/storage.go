package plans

import (
	"context"
	"encoding/json"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/jobs"
)

var errNoPlan = errkind.Coded(errkind.NotFound, "no-such-plan", "there is no such plan")

// IDOf gives the id of a plan with that hash.
func IDOf(hash string) string { return "plan-" + hash[:min(12, len(hash))] }

// keep stores a new plan, sealed under the request's key.
func (e *Engine) keep(ctx context.Context, tx db.Tx, p *Plan, by string) (string, error) {
	id, now := IDOf(p.Hash), clock.Micros()
	sealed, err := e.Keys.Seal(ctx, tx, keys.ID(keys.Request, p.Open.Request), "plan/"+id, p.Sealed.Encode())
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO plan (id, request, kind, state, resume, reason, open, hash, sealed, actor, round, cool, made, updated, next, wiped)
		VALUES ($1, $2, $3, $4, '', '', $5, $6, $7, $8, 0, 0, $9, $10, '', $11)`,
		id, p.Open.Request, string(p.Open.Kind), string(Planned), string(p.Open.Bytes()), p.Hash, sealed, by, p.Open.Made, now, false)
	if err != nil {
		return "", err
	}
	if err := journal(ctx, tx, id, Entry{By: by, State: string(Planned)}); err != nil {
		return "", err
	}
	q, g := p.Open.Blocking()
	return id, e.Audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: p.Open.Request, Action: "plan.make", Object: id,
		Facts: audit.Facts(map[string]any{"hash": p.Hash, "kind": p.Open.Kind, "steps": len(p.Open.Steps), "questions": q, "gaps": g})})
}

// journal adds a line; n follows from those that are there.
func journal(ctx context.Context, tx db.Tx, plan string, en Entry) error {
	var last int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(n), 0) FROM plan_journal WHERE plan = $1", plan).Scan(&last); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO plan_journal (plan, n, at, actor, state, unit, token, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		plan, last+1, clock.Micros(), en.By, en.State, en.Unit, en.Token, en.Reason)
	return err
}

const selectPlan = "SELECT id, request, kind, state, resume, reason, open, hash, actor, round, cool, made, updated, next, due FROM plan"

func scanPlan(row db.Row) (*Status, error) {
	var s Status
	var open, kind, state, resume string
	if err := row.Scan(&s.ID, &s.Request, &kind, &state, &resume, &s.Reason, &open, &s.Hash, &s.By, &s.Round, &s.Cool, &s.Made, &s.Updated, &s.Next, &s.Due); err != nil {
		if errkind.Of(err) == errkind.NotFound {
			return nil, errNoPlan
		}
		return nil, err
	}
	s.Kind, s.State, s.Resume, s.Approvals, s.Units = Kind(kind), State(state), State(resume), []Approval{}, []UnitInfo{}
	if json.Unmarshal([]byte(open), &s.Open) != nil || HashOf(&s.Open) != s.Hash {
		return nil, errkind.Coded(errkind.Conflict, "plan-altered", "the plan in the store is not the one that was made")
	}
	return &s, nil
}

// load reads a plan with approvals and units.
func (e *Engine) load(ctx context.Context, tx db.Tx, id string) (*Status, error) {
	s, err := scanPlan(tx.QueryRow(ctx, selectPlan+" WHERE id = $1", id))
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, func(r db.Rows) error {
		var a Approval
		err := r.Scan(&a.Hash, &a.By, &a.At, &a.Single)
		s.Approvals = append(s.Approvals, a)
		return err
	}, "SELECT hash, actor, at, single FROM plan_approval WHERE plan = $1 ORDER BY at, actor", id)
	if err == nil {
		s.Units, err = e.units(ctx, tx, id)
	}
	return s, err
}

func (e *Engine) units(ctx context.Context, tx db.Tx, id string) ([]UnitInfo, error) {
	out := []UnitInfo{}
	err := each(ctx, tx, func(r db.Rows) error {
		var u UnitInfo
		var parts, receipts string
		err := r.Scan(&u.Round, &u.Seq, &u.Kind, &u.Source, &parts, &u.State, &u.Token, &u.Expected, &u.Looks, &u.Reason, &receipts, &u.At)
		if err == nil {
			err = json.Unmarshal([]byte(parts), &u.Parts)
		}
		if err == nil {
			err = json.Unmarshal([]byte(receipts), &u.Receipts)
		}
		u.ID = unitID(id, u.Round, u.Seq)
		out = append(out, u)
		return err
	}, `SELECT round, seq, kind, source, parts, state, token, expected, looks, reason, receipts, at FROM plan_unit WHERE plan = $1 ORDER BY round, seq`, id)
	return out, err
}

// each reads all rows of a query.
func each(ctx context.Context, tx db.Tx, scan func(db.Rows) error, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sealedOf opens the sealed part of a plan.
func (e *Engine) sealedOf(ctx context.Context, tx db.Tx, s *Status) (*Sealed, error) {
	var box []byte
	if err := tx.QueryRow(ctx, "SELECT sealed FROM plan WHERE id = $1", s.ID).Scan(&box); err != nil {
		return nil, err
	}
	return e.open(ctx, tx, s.Request, "plan/"+s.ID, box)
}

func (e *Engine) open(ctx context.Context, tx db.Tx, request, place string, box []byte) (*Sealed, error) {
	if box == nil {
		return nil, errkind.Coded(errkind.NotFound, "key-destroyed", "the sealed part is gone: the request has ended")
	}
	plain, err := e.Keys.Open(ctx, tx, keys.ID(keys.Request, request), place, box)
	if err != nil {
		return nil, err
	}
	return DecodeSealed(plain)
}

// move brings a plan from the state it is in to another one, with journal and audit leaf, in one unit of work in which more may be done. The
// state is compared in the store, so that of two who move it one finds a conflict; with a token only its holder may.
func (e *Engine) move(ctx context.Context, s *Status, to State, m mover, more func(tx db.Tx) error) error {
	crash.At("journal:" + string(to) + ":before")
	err := e.DB.Write(ctx, func(tx db.Tx) error {
		if m.token != 0 {
			if err := jobs.Check(ctx, tx, fenceOf(s.ID), m.token); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, "UPDATE plan SET state = $1, resume = $2, reason = $3, updated = $4, cool = $5, round = $6, next = $7 WHERE id = $8 AND state = $9",
			string(to), string(m.resume), m.reason, clock.Micros(), m.cool(s), m.round(s), m.next, s.ID, string(s.State))
		if err != nil {
			return err
		}
		if n == 0 {
			return errkind.Coded(errkind.Conflict, "plan-moved", "the plan is no longer in the state %s", s.State)
		}
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		if err := journal(ctx, tx, s.ID, Entry{By: m.by, State: string(to), Token: m.token, Reason: m.reason}); err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: m.by, Subject: s.Request, Action: "plan." + string(to), Object: s.ID,
			Facts: audit.Facts(map[string]any{"from": s.State, "reason": m.reason, "hash": s.Hash})})
	})
	if err == nil {
		crash.At("journal:" + string(to) + ":after")
		s.State, s.Resume, s.Reason, s.Cool, s.Round, s.Next = to, m.resume, m.reason, m.cool(s), m.round(s), m.next
	}
	return err
}

// mover is who moves a plan, why, and what changes with it.
type mover struct {
	by     string
	token  int64
	reason string
	resume State
	next   string
	until  int64 // the end of the cool-down
	rounds int64 // to add
}

func (m mover) cool(s *Status) int64 {
	if m.until != 0 {
		return m.until
	}
	return s.Cool
}

func (m mover) round(s *Status) int64 { return s.Round + m.rounds }

func fenceOf(plan string) string { return "plan/" + plan }

// Show gives a plan.
func (e *Engine) Show(ctx context.Context, id string) (s *Status, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		s, err = e.load(ctx, tx, id)
		return err
	})
	return s, err
}

// Extended keeps the end that the deadline of a request was moved to, for its plans that have not ended: what was approved, and its hash, stay as they are.
func (e *Engine) Extended(ctx context.Context, tx db.Tx, request string, due int64) error {
	_, err := tx.Exec(ctx, "UPDATE plan SET due = $1 WHERE request = $2 AND state NOT IN ($3, $4, $5, $6, $7)",
		due, request, string(Closed), string(Cancelled), string(Denied), string(Failed), string(Superseded))
	return err
}

// Plans gives the plans of a request, or all where it is empty, the newest first.
func (e *Engine) Plans(ctx context.Context, request string) (out []*Status, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		ids, err := db.Strings(ctx, tx, "SELECT id FROM plan WHERE $1 = '' OR request = $2 ORDER BY made DESC, id", request, request)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s, err := e.load(ctx, tx, id)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// Journal gives what happened to a plan, in order.
func (e *Engine) Journal(ctx context.Context, id string) (out []Entry, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		return each(ctx, tx, func(r db.Rows) error {
			var en Entry
			err := r.Scan(&en.N, &en.At, &en.By, &en.State, &en.Unit, &en.Token, &en.Reason)
			out = append(out, en)
			return err
		}, "SELECT n, at, actor, state, unit, token, reason FROM plan_journal WHERE plan = $1 ORDER BY n", id)
	})
	return out, err
}
