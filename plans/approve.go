package plans

import (
	"context"
	"encoding/json"
	"slices"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Approve lets a plan be carried out, by its hash. Another person than the one who asked for it has to approve, unless the policy says
// single-approver; the approval then says so, and so does the attestation.
func (e *Engine) Approve(ctx context.Context, id, hash, by string) (*Status, error) {
	s, err := e.Show(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case by == "":
		return nil, errkind.Coded(errkind.Invalid, "no-approver", "an approval has a person")
	case hash != s.Hash:
		return nil, errkind.Coded(errkind.Conflict, "other-hash", "that is not the hash of this plan")
	case s.State != Planned:
		return nil, errkind.Coded(errkind.Conflict, "not-planned", "a plan in the state %s cannot be approved", s.State)
	case by == s.By && s.Open.Approvers != "single-approver":
		return nil, errkind.Coded(errkind.Permission, "same-person", "another person than the one who asked for the plan has to approve it")
	}
	single := by == s.By
	err = e.move(ctx, s, Approved, mover{by: by}, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO plan_approval (plan, hash, actor, at, single) VALUES ($1, $2, $3, $4, $5)", id, hash, by, clock.Micros(), single)
		if err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: s.Request, Action: "plan.approve", Object: id, Facts: audit.Facts(map[string]any{"hash": hash, "single": single})})
	})
	if err != nil {
		return nil, err
	}
	return e.Show(ctx, id)
}

// Diff says how a plan differs from an older one.
func (e *Engine) Diff(ctx context.Context, old, now string) ([]Difference, error) {
	a, err := e.Show(ctx, old)
	if err != nil {
		return nil, err
	}
	b, err := e.Show(ctx, now)
	if err != nil {
		return nil, err
	}
	return Diff(&a.Open, &b.Open), nil
}

// Preflight asks every source what the plan would meet, and keeps the findings. It changes nothing.
func (e *Engine) Preflight(ctx context.Context, id string) ([]pii.Finding, error) {
	s, sealed, err := e.unsealed(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &Plan{Open: s.Open, Sealed: sealed, findings: []pii.Finding{}}
	if err := e.foresee(ctx, p); err != nil {
		return nil, err
	}
	return p.findings, e.keepFindings(ctx, s.ID, p.findings)
}

func (e *Engine) keepFindings(ctx context.Context, id string, fs []pii.Finding) error {
	return e.DB.Write(ctx, func(tx db.Tx) error {
		if err := db.Lock(ctx, tx, "plan/findings/"+id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM plan_finding WHERE plan = $1", id); err != nil {
			return err
		}
		for i, f := range fs {
			b, err := json.Marshal(f)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "INSERT INTO plan_finding (plan, n, at, finding) VALUES ($1, $2, $3, $4)", id, i, clock.Micros(), string(b)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Findings gives what the last preflight found.
func (e *Engine) Findings(ctx context.Context, id string) (out []pii.Finding, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		return each(ctx, tx, func(r db.Rows) error {
			var text string
			if err := r.Scan(&text); err != nil {
				return err
			}
			var f pii.Finding
			err := json.Unmarshal([]byte(text), &f)
			out = append(out, f)
			return err
		}, "SELECT finding FROM plan_finding WHERE plan = $1 ORDER BY n", id)
	})
	return out, err
}

func blockingFinding(fs []pii.Finding) (pii.Finding, bool) {
	i := slices.IndexFunc(fs, func(f pii.Finding) bool { return f.Blocking })
	if i < 0 {
		return pii.Finding{}, false
	}
	return fs[i], true
}
