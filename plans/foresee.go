package plans

import (
	"context"
	"fmt"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// foresee asks every source what it would make of the plan, so that its own count stands beside what was located, and what it will do by itself is
// approved with the rest. Nothing is changed. A source that cannot be asked, or cannot look beforehand, leaves its steps without a count.
func (e *Engine) foresee(ctx context.Context, p *Plan) error {
	for _, u := range e.asked(&p.Open) {
		unit, err := e.unit(ctx, "check", u, &p.Open, p.Sealed)
		if err != nil {
			return err
		}
		fs, err := e.source(u.Source).Check(ctx, unit)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fs = []pii.Finding{{Code: "unreachable", Dataset: pii.Ref{Source: u.Source}, Text: "the source cannot be asked: " + errkind.Code(err), Blocking: true}}
		}
		p.findings = append(p.findings, fs...)
		p.Open.foreseen(u, fs)
	}
	p.Open.Lint = append(p.Open.Lint, miscounted(&p.Open)...)
	p.Hash = HashOf(&p.Open)
	return nil
}

// asked cuts a plan for being thought through: a source whose acts see what earlier ones did is asked once for all of them, however many records they are about.
func (e *Engine) asked(o *Open) (out []UnitInfo) {
	for _, u := range e.cut(o) {
		last := len(out) - 1
		if last < 0 || out[last].Source != u.Source || !e.source(u.Source).Spec().Transactional {
			out = append(out, u)
			continue
		}
		for _, p := range u.Parts {
			out[last].add(p)
		}
	}
	return out
}

// add appends a part, joined with the last one where it goes on from there.
func (u *UnitInfo) add(p Part) {
	if last := &u.Parts[len(u.Parts)-1]; last.Step == p.Step && last.To == p.From {
		last.To = p.To
		return
	}
	u.Parts = append(slices.Clip(u.Parts), p)
}

// foreseen writes what a source said of a unit into the steps that it is made of.
func (o *Open) foreseen(u UnitInfo, fs []pii.Finding) {
	var st *Step
	at := -1
	for _, f := range fs {
		switch f.Code {
		case connectors.FindingAffected:
			at, st = o.next(u.Parts, at, f.Dataset)
			st.count(f.Records)
		case connectors.FindingDone:
			st.count(f.Records)
		case connectors.FindingCascade:
			st.effect(f)
		}
	}
}

// next gives the step of the next part that is about a dataset: one that the source could not think through has no count.
func (o *Open) next(parts []Part, at int, d pii.Ref) (int, *Step) {
	for i := at + 1; i < len(parts); i++ {
		k := slices.IndexFunc(o.Steps, func(st Step) bool { return st.ID == parts[i].Step })
		if k >= 0 && o.Steps[k].Dataset == d {
			return i, &o.Steps[k]
		}
	}
	return at, nil
}

func (st *Step) count(n int64) {
	if st == nil {
		return
	}
	if st.Dry == nil {
		st.Dry = new(int64)
	}
	*st.Dry += n
}

// effect adds what the system will do by itself when the step is done.
func (st *Step) effect(f pii.Finding) {
	if st == nil || f.Method == "" || f.Records == 0 {
		return
	}
	i := slices.IndexFunc(st.Effects, func(e pii.Effect) bool { return e.Dataset == f.Dataset && e.Method == f.Method })
	if i < 0 {
		st.Effects = append(st.Effects, pii.Effect{Dataset: f.Dataset, Method: f.Method})
		i = len(st.Effects) - 1
	}
	st.Effects[i].Records += f.Records
}

// miscounted names the steps of which the system counts another number of records than were located.
func miscounted(o *Open) (out []Finding) {
	for _, st := range o.Steps {
		if st.Dry != nil && *st.Dry != st.Records {
			out = append(out, Finding{"VL105", st.Dataset, st.ID, fmt.Sprintf("the system counts %d records where %d were located", *st.Dry, st.Records)})
		}
	}
	return out
}

// predicted gives the acts of a unit the effects that the system will have by itself, where the plan has them. Others were not approved; more of them than
// the tolerance lets through have come since.
func predicted(u *pii.Unit, parts []Part, fs []pii.Finding, o *Open) error {
	i := -1
	for _, f := range fs {
		switch f.Code {
		case connectors.FindingAffected:
			i++
		case connectors.FindingCascade:
			if i < 0 || i >= len(u.Acts) || f.Method == "" {
				continue
			}
			if err := o.covers(parts[i].Step, f); err != nil {
				return err
			}
			u.Acts[i].Effects = append(slices.Clip(u.Acts[i].Effects), pii.Effect{Dataset: f.Dataset, Method: f.Method, Records: f.Records})
		}
	}
	return nil
}

// covers tells whether a plan says that the system will do this by itself. Of a step that the system could not think through, it is enough that
// a record which goes by itself is of a dataset where records were to go.
func (o *Open) covers(step string, f pii.Finding) error {
	k := slices.IndexFunc(o.Steps, func(st Step) bool { return st.ID == step })
	if k < 0 {
		return errkind.Coded(errkind.Conflict, "plan-altered", "a unit names a step that the plan does not have")
	}
	was, ok := o.Steps[k].has(f.Dataset, f.Method)
	if o.Steps[k].Dry == nil {
		planned := slices.ContainsFunc(o.Steps, func(st Step) bool { return st.Dataset == f.Dataset && st.Method != pii.Retain })
		ok, was = planned || f.Method != pii.Delete, f.Records
	}
	switch {
	case !ok:
		return errkind.Coded(errkind.Permission, "unplanned-effect", "the system would %s records of %s by itself", f.Method, f.Dataset)
	case f.Records > was && !o.Tolerance.Allows(was, f.Records):
		return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "the system would %s %d records of %s by itself, and not %d", f.Method, f.Records, f.Dataset, was)
	}
	return nil
}

// has gives how many records of a dataset the system will treat so by itself.
func (st *Step) has(d pii.Ref, m pii.Method) (int64, bool) {
	for _, e := range st.Effects {
		if e.Dataset == d && e.Method == m {
			return e.Records, true
		}
	}
	return 0, false
}

// effectDiff says what the system will do by itself that it was not to do before.
func effectDiff(o *Open, was, is Step) (out []Difference) {
	for _, e := range is.Effects {
		n, ok := was.has(e.Dataset, e.Method)
		switch {
		case !ok:
			out = append(out, Difference{"effect-new", e.Dataset, 0, e.Records, fmt.Sprintf("the system itself: %s of %d records is new", e.Method, e.Records), true})
		case e.Records > n && !o.Tolerance.Allows(n, e.Records):
			out = append(out, Difference{"effect", e.Dataset, n, e.Records, fmt.Sprintf("the system itself: %s of %d records, was %d", e.Method, e.Records, n), true})
		}
	}
	return out
}
