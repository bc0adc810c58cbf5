package plans

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/lineage"
	"vestige/pii"
)

// rounds is how often records that arrived after the last look are looked for and erased before a person has to see to it.
const rounds = 2

// checking looks afterwards, beside other erasures: what these change takes nothing of hers anywhere. What it finds is looked at again while none acts, since a record
// that another one is changing looks like one that the plan did not name. What arrived on approved routes since the last look is looked for and erased, twice at
// most; any other residue blocks.
func (r *run) checking(ctx context.Context) (*Result, error) {
	rep, stop, err := r.report(ctx)
	if stop != nil || err != nil {
		return stop, err
	}
	if missing := r.unsearchedSources(rep); missing != "" {
		return &Result{Reason: "not searched: " + missing, Again: 5 * time.Minute}, nil
	}
	if len(rep.Residues) == 0 {
		return nil, r.move(ctx, Attesting, mover{}, nil)
	}
	if looked, err := r.verified(ctx); err != nil {
		return nil, err
	} else if looked <= rounds {
		p, ds, err := r.now(ctx)
		if err != nil {
			return nil, err
		}
		if q, g := p.Open.Blocking(); q+g == 0 && len(ds) == 0 && len(r.cut(&p.Open)) > 0 {
			return nil, r.nextRound(ctx, p, "arrived after the last look")
		}
	}
	return r.block(ctx, Checking, fmt.Sprintf("residue: %d fields", len(rep.Residues)))
}

// report searches for what is left. Where something is, and another erasure acted meanwhile, it takes the turn and searches again.
func (r *run) report(ctx context.Context) (*Report, *Result, error) {
	before, err := r.acted(ctx)
	if err != nil {
		return nil, nil, err
	}
	rep, err := r.Verify(ctx, r.s.ID, r.tell)
	if err != nil || len(rep.Residues) == 0 {
		return rep, nil, err
	}
	if stop, err := r.comesBack(ctx); stop != nil || err != nil {
		return nil, stop, err
	}
	now, err := r.acted(ctx)
	if err == nil && now != before {
		rep, err = r.Verify(ctx, r.s.ID, r.tell)
	}
	return rep, nil, err
}

// acted gives how often units of erasures have been begun and done.
func (r *run) acted(ctx context.Context) (n int64, err error) {
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		n, err = jobs.Newest(ctx, tx, actsFence)
		return err
	})
	return n, err
}

// verified counts the rounds that were looked at afterwards.
func (r *run) verified(ctx context.Context) (int, error) {
	all, err := r.Reports(ctx, r.s.ID)
	seen := map[int64]bool{}
	for _, rep := range all {
		seen[rep.Round] = true
	}
	return len(seen), err
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

// lookAgain is for records that have changed under the run, by people or by another request: what is there now is looked at anew and done in a new round,
// if the approval covers it; else it becomes a new plan, which says what has changed.
func (r *run) lookAgain(ctx context.Context, reason string) (*Result, error) {
	r.conflicts++
	p, ds, err := r.now(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return r.block(ctx, Executing, errkind.Code(err))
	case len(ds) > 0:
		return r.refuse(ctx, p, ds)
	}
	if q, g := p.Open.Blocking(); q+g > 0 {
		return r.block(ctx, Executing, fmt.Sprintf("open: %d questions, %d gaps", q, g))
	}
	return nil, r.nextRound(ctx, p, reason)
}

// seen is what is there of her in the midst of the acts.
type seen struct {
	acts   int64         // how often units of erasures had been begun and done when the look began
	took   time.Duration // how long the look took
	plan   *Plan
	beyond []Difference
	err    error
}

// sees looks at what is there now. What is away is in what it gives; the error is one of the store, or of the context.
func (r *run) sees(ctx context.Context) (at *seen, err error) {
	at = &seen{}
	if at.acts, err = r.acted(ctx); err != nil {
		return nil, err
	}
	began := clock.Now()
	at.plan, at.beyond, at.err = r.now(ctx)
	at.took = clock.Since(began)
	return at, ctx.Err()
}

// lookAnew is for a plan in the midst of its acts that has the turn again and beside whose last look others acted. Where none acted beside the look that it comes with, that one counts.
// Where not all can be looked at now, it goes on by the look it has: what has changed since is found by comparing, and what came since by the look afterwards.
func (r *run) lookAnew(ctx context.Context, at *seen) (*Result, error) {
	now, err := r.acted(ctx)
	if err == nil && (at == nil || at.acts != now) {
		at, err = r.sees(ctx)
	}
	if err != nil {
		return nil, err
	}
	r.acts, r.keeps = at.acts, clock.Now().Add(max(share, at.took))
	switch {
	case at.err != nil:
		return nil, nil // the acts say what is away
	case len(at.beyond) > 0:
		return r.refuse(ctx, at.plan, at.beyond)
	}
	switch q, g := at.plan.Open.Blocking(); {
	case q > 0:
		return r.block(ctx, Executing, fmt.Sprintf("open: %d questions, %d gaps", q, g))
	case g > 0:
		return nil, nil
	}
	return nil, r.nextRound(ctx, at.plan, "another erasure came between")
}

// now closes again from everything that is known of her, since some of the estate may be gone already, and gives what the approval does not cover of what is
// there: another dataset or method, or more records than the tolerance.
func (r *run) now(ctx context.Context) (*Plan, []Difference, error) {
	all, err := r.everything(ctx, r.s)
	if err != nil {
		return nil, nil, err
	}
	at, err := r.looked(ctx)
	if err != nil {
		return nil, nil, err
	}
	sure := slices.DeleteFunc(slices.Clone(all.Known), func(k pii.Identifier) bool {
		return slices.ContainsFunc(all.Bound, func(b pii.Identifier) bool { return b.Category == k.Category && b.Value.Equal(k.Value) })
	})
	was, _, err := r.earlier(ctx, r.s)
	if err != nil {
		return nil, nil, err
	}
	p, err := r.again(ctx, r.s, was, union(sure, all.Start), at.sealed.Salt, r.s.Hash, startOfAll(all)...)
	if err != nil {
		return nil, nil, err
	}
	written, err := r.written(ctx)
	if err != nil {
		return nil, nil, err
	}
	var out []Difference
	approved := byStep(&r.s.Open)
	for _, st := range p.Open.Steps {
		was := approved[stepKey(st)]
		switch {
		case !acts(&p.Open, st), st.Records <= written[st.Dataset]:
		case was.ID == "":
			out = append(out, Difference{"step-new", st.Dataset, 0, st.Records, fmt.Sprintf("%s of %d records is new", st.Method, st.Records), true})
		case st.Records > was.Records && !r.s.Open.Tolerance.Allows(was.Records, st.Records):
			out = append(out, Difference{"count", st.Dataset, was.Records, st.Records, fmt.Sprintf("%s of %d records, was %d", st.Method, st.Records, was.Records), true})
		default:
			out = append(out, effectDiff(&r.s.Open, was, st)...)
		}
	}
	return p, out, nil
}

// earlier gives what is known of the subject of a plan besides what singles her out. Of a batch each subject has her own.
func (e *Engine) earlier(ctx context.Context, s *Status) (was lineage.Earlier, many []Subject, err error) {
	parts, err := e.parts(ctx, s)
	if err != nil {
		return was, nil, err
	}
	for _, p := range parts {
		many = joinSubjects(many, p.Subjects)
		if s.Open.Batch == nil {
			was.Shared = union(union(was.Shared, p.Was.Shared), p.Shared)
			was.Traits = union(union(was.Traits, p.Was.Traits), p.Traits)
		}
	}
	return was, many, nil
}

// hasErased tells whether something was erased by a plan.
const hasErased = "EXISTS (SELECT 1 FROM plan_unit u WHERE u.plan = plan.id AND u.kind = 'erase' AND u.state = 'done')"

// begun gives what the plans of a request that were carried out in part knew of the subject; of many, each of these is given what was known of her.
func (e *Engine) begun(ctx context.Context, request string, many []Subject) (was lineage.Earlier, err error) {
	var ids []string
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		ids, err = db.Strings(ctx, tx, "SELECT id FROM plan WHERE request = $1 AND sealed IS NOT NULL AND "+hasErased+" ORDER BY id", request)
		return err
	})
	if err != nil {
		return was, err
	}
	for _, id := range ids {
		s, err := e.Show(ctx, id)
		if err != nil {
			return was, err
		}
		w, had, err := e.earlier(ctx, s)
		if err != nil {
			return was, err
		}
		was.Shared, was.Traits = union(was.Shared, w.Shared), union(was.Traits, w.Traits)
		of := map[int]Subject{}
		for _, h := range had {
			of[h.N] = h
		}
		for i := range many {
			h := of[many[i].N]
			many[i].Was = union(union(many[i].Was, h.Was), h.Shared)
		}
	}
	return was, nil
}

// written gives how many records triggers may have written of what the approved acts changed or deleted, by the dataset that they write: the history of a
// table whose records are gone has them now, and goes with them. That the trigger runs is approved with the act.
func (r *run) written(ctx context.Context) (map[pii.Ref]int64, error) {
	g, err := r.Catalog.Graph(ctx)
	if err != nil {
		return nil, err
	}
	out := map[pii.Ref]int64{}
	for _, st := range r.s.Open.Steps {
		n := g.Node(st.Dataset)
		if n == nil || !acts(&r.s.Open, st) {
			continue
		}
		for _, to := range n.Dataset.Writes {
			out[to] += 2 * st.Records // before and after, where the trigger writes both
		}
	}
	return out, nil
}

// nextRound seals a new look and puts its units in the place of those that are not done.
func (r *run) nextRound(ctx context.Context, p *Plan, reason string) error {
	r.at = nil
	units, old := r.cut(&p.Open), r.s.Round
	return r.move(ctx, Executing, mover{rounds: 1, reason: reason}, func(tx db.Tx) error {
		if err := r.keepLook(ctx, tx, old+1, p); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE plan_unit SET state = 'dropped' WHERE plan = $1 AND round = $2 AND kind = 'erase' AND state <> 'done'", r.s.ID, old)
		if err != nil {
			return err
		}
		return insertUnits(ctx, tx, r.s.ID, old+1, units)
	})
}
