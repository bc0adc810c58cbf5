package plans

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// unitTargets is how many records a unit may be about: what one transaction holds locks for, and what a lost worker costs.
const unitTargets = 1000

func unitID(plan string, round, seq int64) string {
	return fmt.Sprintf("%s/%d.%02d", plan, round, seq)
}

// acts tells whether a step changes anything.
func acts(o *Open, st Step) bool {
	return o.Kind == Erasure && st.Method != pii.Retain && st.Method != pii.ExportOut && st.Records > 0
}

// cut divides the steps of a plan into bounded batches. In a source with transactions the steps of a small plan go together, in their order; of a
// larger one, and everywhere else, each step is a batch, and a large step several.
func (e *Engine) cut(o *Open) (out []UnitInfo) {
	var names []string
	steps, total := map[string][]Step{}, map[string]int{}
	for _, st := range o.Steps {
		if !acts(o, st) {
			continue
		}
		src := st.Dataset.Source
		if !slices.Contains(names, src) {
			names = append(names, src)
		}
		steps[src] = append(steps[src], st)
		total[src] += int(st.Records)
	}
	for _, src := range names {
		whole := e.source(src).Spec().Transactional
		if whole && total[src] <= unitTargets {
			out = append(out, together(src, steps[src]))
			continue
		}
		for _, st := range steps[src] {
			out = append(out, apart(src, st, whole)...)
		}
	}
	for i := range out {
		out[i].Seq, out[i].Kind, out[i].State, out[i].Receipts = int64(i+1), "erase", "pending", []pii.Receipt{}
	}
	return out
}

func together(src string, steps []Step) UnitInfo {
	u := UnitInfo{Source: src}
	for _, st := range steps {
		u.Parts = append(u.Parts, Part{st.ID, 0, int(st.Records)})
		u.Expected += st.Records
	}
	return u
}

// apart makes units of one step. Where a system has no transactions the whole step is one pass over its objects.
func apart(src string, st Step, chunked bool) (out []UnitInfo) {
	size := int(st.Records)
	if chunked {
		size = unitTargets
	}
	for from := 0; from < int(st.Records); from += size {
		to := min(from+size, int(st.Records))
		out = append(out, UnitInfo{Source: src, Parts: []Part{{st.ID, from, to}}, Expected: int64(to - from)})
	}
	return out
}

// unit puts the acts of a batch together. A record that an earlier act of the plan changes is compared with nothing in a later one: it is no longer
// what was found.
func (e *Engine) unit(ctx context.Context, id string, u UnitInfo, o *Open, sealed *Sealed) (pii.Unit, error) {
	out := pii.Unit{ID: id}
	before := changedBefore(u, o, sealed)
	for _, p := range u.Parts {
		i := slices.IndexFunc(o.Steps, func(st Step) bool { return st.ID == p.Step })
		if i < 0 {
			return out, errkind.Coded(errkind.Conflict, "plan-altered", "a unit names a step that the plan does not have")
		}
		st := o.Steps[i]
		d, err := e.dataset(ctx, st.Dataset)
		if err != nil {
			return out, err
		}
		targets := slices.Clone(part(sealed.Steps[p.Step], p))
		for k := range targets {
			name := targetID(st.Dataset, targets[k])
			if len(targets[k].Key) > 0 && before[name] {
				targets[k].Digest = pii.Digest{}
			}
			before[name] = true
		}
		out.Acts = append(out.Acts, pii.Act{Dataset: d, Method: st.Method, Targets: targets})
	}
	return out, nil
}

// part gives the targets that records From … To of a step stand for. Equal records without a key are one target.
func part(ts []pii.Target, p Part) []pii.Target {
	at, out := 0, []pii.Target(nil)
	for _, t := range ts {
		if at >= p.From && at < p.To {
			out = append(out, t)
		}
		at += max(1, t.Equals)
	}
	return out
}

// changedBefore names the records that steps before a unit change.
func changedBefore(u UnitInfo, o *Open, sealed *Sealed) map[string]bool {
	out := map[string]bool{}
	for _, st := range o.Steps {
		if st.ID == u.Parts[0].Step {
			break
		}
		if acts(o, st) && st.Dataset.Source == u.Source {
			for _, t := range sealed.Steps[st.ID] {
				out[targetID(st.Dataset, t)] = true
			}
		}
	}
	return out
}

func targetID(d pii.Ref, t pii.Target) string {
	if len(t.Key) > 0 {
		return d.String() + "\x00k" + t.Key.ID()
	}
	return d.String() + "\x00d" + string(t.Digest[:])
}

// dataset gives a dataset as the catalog has it.
func (e *Engine) dataset(ctx context.Context, ref pii.Ref) (pii.Dataset, error) {
	n, err := e.Catalog.Node(ctx, ref)
	return n.Dataset, err
}

// insertUnits writes the units of a round, pending.
func insertUnits(ctx context.Context, tx db.Tx, plan string, round int64, us []UnitInfo) error {
	for _, u := range us {
		parts, err := json.Marshal(u.Parts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO plan_unit (plan, round, seq, kind, source, parts, state, token, expected, looks, reason, receipts, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, '', '[]', $9)`, plan, round, u.Seq, u.Kind, u.Source, string(parts), u.State, u.Expected, clock.Micros())
		if err != nil {
			return err
		}
	}
	return nil
}

// setUnit writes what became of a unit, with a line of the journal.
func setUnit(ctx context.Context, tx db.Tx, plan string, u *UnitInfo, what string, by string) error {
	receipts, err := json.Marshal(u.Receipts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE plan_unit SET state = $1, token = $2, looks = $3, reason = $4, receipts = $5, at = $6 WHERE plan = $7 AND round = $8 AND seq = $9",
		u.State, u.Token, u.Looks, u.Reason, string(receipts), clock.Micros(), plan, u.Round, u.Seq)
	if err != nil {
		return err
	}
	return journal(ctx, tx, plan, Entry{By: by, State: what, Unit: u.ID, Token: u.Token, Reason: u.Reason})
}
