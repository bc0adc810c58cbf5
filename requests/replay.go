package requests

import (
	"context"
	"slices"

	"vestige/audit"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

// ReplayChannel is the channel of a request that erases again what came back.
const ReplayChannel = "replay"

// approvedBefore is who approves a replay where the policy lets what was restored be erased again without asking.
const approvedBefore = "policy: restored"

// Replayed is what a replay found and did.
type Replayed struct {
	Returns *plans.Returns   `json:"returns"`
	People  int              `json:"people"`            // who are erased again
	Shown   []plans.ReturnOf `json:"shown"`             // who came back, or may have: never erased by itself
	Request *Request         `json:"request,omitempty"` // that erases them again
	Plan    *plans.Status    `json:"plan,omitempty"`
	Result  *plans.Result    `json:"result,omitempty"` // where the policy approves it
	Regimes []string         `json:"-"`
	subject [][]pii.Identifier
}

// Replay erases again what a restored system brought back of people whose erasures were completed since a time, in one source or in all where it is empty. Who they
// are is read from what came back: no value of theirs was kept. Where the policy says so it is approved and carried out at once; else a plan stands, to be
// approved as any other.
func (s *Service) Replay(ctx context.Context, since int64, source, by string, progress func(plans.Event)) (*Replayed, error) {
	back, err := s.engine.Returned(ctx, source, since)
	if err != nil {
		return nil, err
	}
	out := &Replayed{Returns: back, Shown: []plans.ReturnOf{}}
	if err := s.sort(ctx, out); err != nil || out.People == 0 {
		return out, err
	}
	if err := s.replaying(ctx); err != nil {
		return out, err
	}
	regime := ""
	if len(out.Regimes) == 1 {
		regime = out.Regimes[0]
	}
	if out.Request, err = s.Intake(ctx, Intake{
		Type: policies.Erasure, Regime: regime, Subjects: out.subject, Verified: "erased before, and restored since", Channel: ReplayChannel, By: by, Apart: true,
	}); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		return s.audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: out.Request.ID, Action: "request.replay", Object: source, Facts: audit.Facts(map[string]any{"people": out.People, "shown": len(out.Shown), "since": since})})
	})
	if err != nil {
		return nil, err
	}
	if out.Plan, err = s.Plan(ctx, out.Request.ID, by); err != nil {
		return nil, err
	}
	if s.policy.Restored == policies.EraseAgain {
		err = s.again(ctx, out, progress)
	}
	if err == nil {
		out.Request, err = s.Show(ctx, out.Request.ID)
	}
	return out, err
}

// sort divides those who came back into who is erased again and who is shown. One whose request to be erased again is under way is left to that.
func (s *Service) sort(ctx context.Context, out *Replayed) error {
	for _, p := range out.Returns.People {
		if !p.Again() {
			out.Shown = append(out.Shown, p)
			continue
		}
		out.People++
		out.subject = append(out.subject, slices.Clone(p.Known))
		r, err := s.Show(ctx, p.Request)
		if err != nil && errkind.Of(err) != errkind.NotFound {
			return err
		}
		if err == nil && !slices.Contains(out.Regimes, r.Regime) {
			out.Regimes = append(out.Regimes, r.Regime)
		}
	}
	return nil
}

// again approves and carries a replay out, unless something in it is to be asked of a person.
func (s *Service) again(ctx context.Context, out *Replayed, progress func(plans.Event)) error {
	if q, g := out.Plan.Open.Blocking(); q+g > 0 {
		return nil
	}
	if _, err := s.Approve(ctx, out.Request.ID, out.Plan.Hash, approvedBefore); err != nil {
		return err
	}
	res, err := s.Run(ctx, out.Request.ID, progress)
	out.Result = &res
	return err
}

// replaying gives a conflict while an earlier replay is open: another one would erase the same over again.
func (s *Service) replaying(ctx context.Context) error {
	all, err := s.List(ctx, false)
	for _, r := range all {
		if r.Channel == ReplayChannel {
			return errkind.Coded(errkind.Conflict, "replaying", "a replay is under way: %s", r.ID)
		}
	}
	return err
}
