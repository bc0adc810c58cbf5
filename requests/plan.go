package requests

import (
	"context"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/plans"
)

// Plan finds what there is of the person and makes the plan, or makes it anew. An erasure that begins with an export has two.
func (s *Service) Plan(ctx context.Context, id, by string) (*plans.Status, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	kind, ok := kindOf(r.Type)
	if !ok {
		return nil, errkind.Coded(errkind.Unsupported, "no-plan", "a request of the type %s has no plan", r.Type)
	}
	if r.State != Scoping && r.State != Planned && r.State != Blocked {
		return nil, errkind.Coded(errkind.Conflict, "no-transition", "a request that is %s is not planned", r.State)
	}
	a := plans.Ask{Request: id, Kind: kind, Regime: r.Regime, Deadline: r.Due(), By: by, Now: r.Channel == ReplayChannel}
	if r.Subjects > 0 {
		a.Subjects, err = s.subjects(ctx, id)
	} else {
		a.Identifiers, err = s.identifiers(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.engine.Plan(ctx, a)
	if err != nil {
		return nil, err
	}
	export := ""
	if kind == plans.Erasure && r.WithExport {
		a.Kind = plans.Export
		x, err := s.engine.Plan(ctx, a)
		if err != nil {
			return nil, err
		}
		export = x.ID
	}
	if err := s.apart(ctx, r, p, by); err != nil {
		return nil, err
	}
	_, err = s.step(ctx, id, Planned, by, p.ID, func(tx db.Tx, _ *Request) error {
		_, err := tx.Exec(ctx, "UPDATE request SET plan = $1, export = $2, followed = 0 WHERE id = $3", p.ID, export, id)
		return err
	})
	return p, err
}

// Answer answers a question or a gap of a request; the plan is made anew.
func (s *Service) Answer(ctx context.Context, a plans.Answer) (*plans.Status, error) {
	if a.Request == "" {
		return nil, errkind.Coded(errkind.Invalid, "answer", "an answer is given in a request")
	}
	if err := s.engine.Answer(ctx, a); err != nil {
		return nil, err
	}
	return s.Plan(ctx, a.Request, a.By)
}

// Approve approves the plan of a request by its hash.
func (s *Service) Approve(ctx context.Context, id, hash, by string) (*plans.Status, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	plan := r.Plan
	if x, err := s.engine.Show(ctx, r.Export); r.Export != "" && err == nil && x.Hash == hash {
		plan = r.Export
	}
	p, err := s.engine.Approve(ctx, plan, hash, by)
	if err != nil {
		return nil, err
	}
	_, err = s.Follow(ctx, id)
	return p, err
}

// Run carries the plan of a request out as far as it goes.
func (s *Service) Run(ctx context.Context, id string, progress func(plans.Event)) (plans.Result, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return plans.Result{}, err
	}
	if r.State == Waiting {
		return plans.Result{}, errkind.Coded(errkind.Conflict, "waiting", "the request waits: %s", r.Reason)
	}
	if r.Subjects > 0 {
		p, err := s.engine.Show(ctx, r.Plan)
		if err == nil {
			err = s.apart(ctx, r, p, "vestige") // where the process ended while they were taken in
		}
		if err != nil {
			return plans.Result{}, err
		}
	}
	res, err := s.Guarded(ctx, id, func(ctx context.Context) (plans.Result, error) { return s.engine.Run(ctx, r.Plan, progress) })
	if _, ferr := s.Follow(ctx, id); err == nil {
		err = ferr
	}
	return res, err
}

// Export writes the person's data for her: that of an access request, or what an erasure begins with.
func (s *Service) Export(ctx context.Context, id string, to plans.ExportTo) (*plans.ExportInfo, error) {
	r, err := s.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	plan := r.Plan
	if r.Export != "" {
		plan = r.Export
	}
	info, err := s.engine.Export(ctx, plan, to)
	if err != nil {
		return nil, err
	}
	_, err = s.Follow(ctx, id)
	return info, err
}

// Follow brings a request to where its plan is, through every state between.
func (s *Service) Follow(ctx context.Context, id string) (r *Request, err error) {
	if r, err = s.Show(ctx, id); err != nil || r.Plan == "" || r.State == Waiting || r.State.Terminal() {
		return r, err
	}
	p, err := s.engine.Show(ctx, r.Plan)
	if err != nil {
		return r, err
	}
	lines, err := s.engine.Journal(ctx, r.Plan)
	if err != nil {
		return r, err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		if r, err = held(ctx, tx, id); err != nil {
			return err
		}
		return s.catchUp(ctx, tx, r, p, lines)
	})
	return r, err
}

// catchUp moves a request through the states of its plan that it has not followed yet.
func (s *Service) catchUp(ctx context.Context, tx db.Tx, r *Request, p *plans.Status, lines []plans.Entry) error {
	for _, l := range lines {
		to := stateOf(plans.State(l.State))
		if l.N <= r.followed || l.Unit != "" || to == "" {
			continue
		}
		r.followed = l.N
		if to == r.State {
			continue
		}
		way := path(r.State, to)
		if way == nil {
			return errkind.Coded(errkind.Conflict, "no-transition", "there is no way from %s to %s", r.State, to)
		}
		for _, next := range way {
			if err := s.move(ctx, tx, r, next, l.By, l.Reason); err != nil {
				return err
			}
		}
	}
	if p.Next != "" {
		r.Plan, r.followed = p.Next, 0
	}
	_, err := tx.Exec(ctx, "UPDATE request SET plan = $1, followed = $2 WHERE id = $3", r.Plan, r.followed, r.ID)
	return err
}
