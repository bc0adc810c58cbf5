package requests

import (
	"context"
	"encoding/json"

	"vestige/audit"
	"vestige/consent"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/policies"
)

const selectRequest = `SELECT id, kind, regime, state, resume, reason, received, acknowledge, respond, inform, extended, verified, channel, actor, subject, plan, export,
	with_export, waits, followed, updated, subjects, prolonged FROM request`

func scanRequest(row db.Row) (*Request, error) {
	var r Request
	var kind, state, resume, subject string
	err := row.Scan(&r.ID, &kind, &r.Regime, &state, &resume, &r.Reason, &r.Received, &r.Acknowledge, &r.Respond, &r.Inform, &r.Extended, &r.Verified, &r.Channel, &r.By,
		&subject, &r.Plan, &r.Export, &r.WithExport, &r.Waits, &r.followed, &r.Updated, &r.Subjects, &r.Prolonged)
	if errkind.Of(err) == errkind.NotFound && err != nil {
		return nil, errkind.Coded(errkind.NotFound, "no-such-request", "there is no such request")
	}
	if err == nil {
		err = json.Unmarshal([]byte(subject), &r.Subject)
	}
	if r.Subjects == 1 {
		r.Subjects = 0
	}
	r.Type, r.State, r.Resume = policies.Type(kind), State(state), State(resume)
	return &r, err
}

func load(ctx context.Context, tx db.Tx, id string) (*Request, error) {
	return scanRequest(tx.QueryRow(ctx, selectRequest+" WHERE id = $1", id))
}

// held is load for a unit of work that moves the request: of two that do, the second sees what the first has made of it.
func held(ctx context.Context, tx db.Tx, id string) (*Request, error) {
	sql := selectRequest + " WHERE id = $1"
	if tx.Dialect() == db.Postgres {
		sql += " FOR UPDATE" // SQLite has one writer anyway
	}
	return scanRequest(tx.QueryRow(ctx, sql, id))
}

// Show gives a request.
func (s *Service) Show(ctx context.Context, id string) (r *Request, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		r, err = load(ctx, tx, id)
		return err
	})
	return r, err
}

// List gives the requests in the order of the queue: those that are open by deadline, type and regime, then those that have ended.
func (s *Service) List(ctx context.Context, ended bool) (out []*Request, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		rows, err := tx.Query(ctx, selectRequest+` WHERE $1 = 1 OR state NOT IN ($2, $3, $4)
			ORDER BY CASE WHEN state IN ($5, $6, $7) THEN 1 ELSE 0 END, CASE WHEN prolonged > 0 THEN extended ELSE respond END, kind, regime, id`,
			number(ended), string(Closed), string(Denied), string(Withdrawn), string(Closed), string(Denied), string(Withdrawn))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			r, err := scanRequest(rows)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// History gives what happened to a request, in order.
func (s *Service) History(ctx context.Context, id string) (out []Change, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT n, at, actor, was, state, reason FROM request_history WHERE request = $1 ORDER BY n", id)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c Change
			var was, state string
			if err := rows.Scan(&c.N, &c.At, &c.By, &was, &state, &c.Reason); err != nil {
				return err
			}
			c.Was, c.State = State(was), State(state)
			out = append(out, c)
		}
		return rows.Err()
	})
	return out, err
}

// move brings a request on by the table, with its history and an audit leaf. On a terminal state the identifiers go.
func (s *Service) move(ctx context.Context, tx db.Tx, r *Request, to State, by, reason string) error {
	if !May(r.State, to) || r.State == Waiting && !to.Terminal() && to != r.Resume {
		return errkind.Coded(errkind.Conflict, "no-transition", "there is no way from %s to %s", r.State, to)
	}
	resume := State("")
	if to == Waiting || to == Blocked {
		resume = r.State
	}
	n, err := tx.Exec(ctx, "UPDATE request SET state = $1, resume = $2, reason = $3, updated = $4 WHERE id = $5 AND state = $6", string(to), string(resume), reason, clock.Micros(), r.ID, string(r.State))
	if err == nil && n == 0 {
		err = errkind.Coded(errkind.Conflict, "request-moved", "the request is no longer in the state %s", r.State)
	}
	if err == nil && to.Terminal() {
		_, err = tx.Exec(ctx, "UPDATE request SET sealed = NULL WHERE id = $1", r.ID)
	}
	if err != nil {
		return err
	}
	was := r.State
	r.State, r.Resume, r.Reason = to, resume, reason
	return s.note(ctx, tx, r, was, by, reason)
}

// note adds a line to the history and the audit log.
func (s *Service) note(ctx context.Context, tx db.Tx, r *Request, was State, by, reason string) error {
	_, err := tx.Exec(ctx, `INSERT INTO request_history (request, n, at, actor, was, state, reason) SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, $5, $6 FROM request_history WHERE request = $7`,
		r.ID, clock.Micros(), by, string(was), string(r.State), reason, r.ID)
	if err != nil {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: r.ID, Action: "request." + string(r.State), Object: r.ID, Facts: audit.Facts(map[string]any{"was": was, "reason": reason})})
}

// step moves a request by hand.
func (s *Service) step(ctx context.Context, id string, to State, by, reason string, more func(tx db.Tx, r *Request) error) (r *Request, err error) {
	if by == "" {
		return nil, errkind.Coded(errkind.Invalid, "request-actor", "somebody does it")
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		if r, err = held(ctx, tx, id); err != nil {
			return err
		}
		if more != nil {
			if err := more(tx, r); err != nil {
				return err
			}
		}
		return s.move(ctx, tx, r, to, by, reason)
	})
	return r, err
}

// Identify says how the identity was checked.
func (s *Service) Identify(ctx context.Context, id, how, by string) (*Request, error) {
	if how == "" {
		return nil, errkind.Coded(errkind.Invalid, "identity", "the way in which the identity was checked is told")
	}
	return s.step(ctx, id, Scoping, by, "identity: "+how, func(tx db.Tx, r *Request) error {
		_, err := tx.Exec(ctx, "UPDATE request SET verified = $1 WHERE id = $2", how, r.ID)
		return err
	})
}

// Wait stops a request until something has come; Resume goes on. Where the regime allows it, the time between does not count.
func (s *Service) Wait(ctx context.Context, id, by, reason string) (*Request, error) {
	return s.step(ctx, id, Waiting, by, reason, func(tx db.Tx, r *Request) error {
		_, err := tx.Exec(ctx, "UPDATE request SET waits = $1 WHERE id = $2", clock.Micros(), r.ID)
		return err
	})
}

// Resume goes on where Wait stopped.
func (s *Service) Resume(ctx context.Context, id, by, reason string) (r *Request, err error) {
	err = s.db.Write(ctx, func(tx db.Tx) error {
		if r, err = load(ctx, tx, id); err != nil {
			return err
		}
		if r.State != Waiting {
			return errkind.Coded(errkind.Conflict, "not-waiting", "the request does not wait")
		}
		regime, err := policies.FindRegime(r.Regime)
		if err != nil {
			return err
		}
		if regime.Pause {
			paused := clock.Micros() - r.Waits
			if _, err := tx.Exec(ctx, `UPDATE request SET respond = respond + $1, waits = 0, inform = CASE WHEN inform > 0 THEN inform + $1 ELSE 0 END,
				extended = CASE WHEN extended > 0 THEN extended + $1 ELSE 0 END WHERE id = $2`, paused, id); err != nil {
				return err
			}
		}
		return s.move(ctx, tx, r, r.Resume, by, reason)
	})
	return r, err
}

// Withdraw ends a request that the person no longer wants, while nothing irreversible has been done.
func (s *Service) Withdraw(ctx context.Context, id, by, reason string) (*Request, error) {
	return s.stop(ctx, id, Withdrawn, by, reason, s.engine.Cancel)
}

// Deny ends a request with a refusal.
func (s *Service) Deny(ctx context.Context, id, by, reason string) (*Request, error) {
	if reason == "" {
		return nil, errkind.Coded(errkind.Invalid, "reason", "a refusal has a reason, which the person is told")
	}
	return s.stop(ctx, id, Denied, by, reason, s.engine.Deny)
}

func (s *Service) stop(ctx context.Context, id string, to State, by, reason string, end func(ctx context.Context, plan, by, reason string) error) (*Request, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	if !May(r.State, to) {
		return nil, errkind.Coded(errkind.Conflict, "no-transition", "there is no way from %s to %s", r.State, to)
	}
	for _, plan := range []string{r.Plan, r.Export} {
		if plan == "" {
			continue
		}
		p, err := s.engine.Show(ctx, plan)
		if err == nil && !p.State.Terminal() {
			err = end(ctx, plan, by, reason)
		}
		if err != nil {
			return nil, err
		}
	}
	if r, err = s.step(ctx, id, to, by, reason, nil); err != nil {
		return nil, err
	}
	return r, s.engine.Forget(ctx, id, string(to))
}

// Resolve closes a request of a type that has no plan, with what was done.
func (s *Service) Resolve(ctx context.Context, id, by, reason string) (*Request, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, planned := kindOf(r.Type); planned || reason == "" {
		return nil, errkind.Coded(errkind.Conflict, "has-plan", "a request of the type %s is closed by its plan alone", r.Type)
	}
	refused := consent.Refusal{Request: id, Kind: consent.OptOut, At: clock.Micros()}
	if r.Type == policies.OptOut || r.Type == policies.Objection {
		ids, err := s.identifiers(ctx, id)
		if err != nil {
			return nil, err
		}
		refused.People = []consent.Person{{Known: ids}}
	}
	if r, err = s.step(ctx, id, Closed, by, reason, func(tx db.Tx, _ *Request) error { return s.engine.Suppressions().Add(ctx, tx, refused) }); err != nil {
		return nil, err
	}
	return r, s.engine.Forget(ctx, id, string(Closed))
}
