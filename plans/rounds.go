package plans

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestige/internal/db"
)

// rounds is how often records that arrived after the last look are looked for and erased before a person has to see to it.
const rounds = 2

// checking looks afterwards. What arrived on approved routes since the last look is looked for and erased, twice at most; any other residue blocks.
func (r *run) checking(ctx context.Context) (*Result, error) {
	rep, err := r.Verify(ctx, r.s.ID, r.tell)
	if err != nil {
		return nil, err
	}
	if missing := r.unsearchedSources(rep); missing != "" {
		return &Result{Reason: "not searched: " + missing, Again: 5 * time.Minute}, nil
	}
	if len(rep.Residues) == 0 {
		return nil, r.move(ctx, Attesting, mover{}, nil)
	}
	if r.s.Round < rounds {
		p, err := r.arrived(ctx)
		if err != nil {
			return nil, err
		}
		if p != nil {
			return nil, r.nextRound(ctx, p)
		}
	}
	return r.block(ctx, Checking, fmt.Sprintf("residue: %d fields", len(rep.Residues)))
}

// unsearchedSources names a source that could not be searched and that the plan did not have as a gap.
func (r *run) unsearchedSources(rep *Report) string {
	for _, g := range rep.Skipped {
		if (g.Code == "unreachable" || g.Code == "unsearched") && !slices.ContainsFunc(r.s.Open.Gaps, func(o Gap) bool { return o.At == g.At }) {
			return g.At.String()
		}
	}
	return ""
}

// arrived closes again from everything that is known of her. It gives the plan of what is there now, if all of it is what the approval covers: the same
// datasets and methods, and no more records than the tolerance.
func (r *run) arrived(ctx context.Context) (*Plan, error) {
	all, err := r.everything(ctx, r.s)
	if err != nil {
		return nil, err
	}
	at, err := r.looked(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.again(ctx, r.s, union(slices.Clone(all.Known), all.Start), at.sealed.Salt, r.s.Hash)
	if err != nil {
		return nil, err
	}
	if q, g := p.Open.Blocking(); q+g > 0 {
		return nil, nil
	}
	n := 0
	for _, st := range p.Open.Steps {
		if !acts(&p.Open, st) {
			continue
		}
		n++
		approved := slices.ContainsFunc(r.s.Open.Steps, func(o Step) bool { return o.Dataset == st.Dataset && o.Method == st.Method })
		if !approved || !r.s.Open.Tolerance.Allows(0, st.Records) {
			return nil, nil
		}
	}
	if n == 0 {
		return nil, nil
	}
	return p, nil
}

func (r *run) nextRound(ctx context.Context, p *Plan) error {
	r.at = nil
	units := r.cut(&p.Open)
	return r.move(ctx, Executing, mover{rounds: 1, reason: "arrived after the last look"}, func(tx db.Tx) error {
		if err := r.keepLook(ctx, tx, r.s.Round+1, p); err != nil {
			return err
		}
		return insertUnits(ctx, tx, r.s.ID, r.s.Round+1, units)
	})
}
