package relational

import (
	"context"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Do does a unit in the transaction: each act is planned, compared with what was predicted of it, and done. The receipts have no Proof and no time yet. After an
// error the transaction is to be rolled back.
func (w *World) Do(ctx context.Context, u pii.Unit, h Hands) ([]pii.Receipt, error) {
	var out []pii.Receipt
	for _, act := range u.Acts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := w.do(ctx, act, h)
		if err != nil {
			return nil, err
		}
		r.Unit, r.Dataset, r.Method = u.ID, act.Dataset.Ref, act.Method
		out = append(out, r)
	}
	if err := w.Settle(ctx); err != nil {
		return nil, err
	}
	return out, w.Refused()
}

// do does one act. The receipt has how many rows it changed, how many targets were as it leaves them, and what takes a soft delete back.
func (w *World) do(ctx context.Context, act pii.Act, h Hands) (r pii.Receipt, err error) {
	if taker, ok := h.(Taker); ok && act.Method == pii.Delete && len(act.Effects) == 0 {
		if t, err := w.alone(ctx, act.Dataset); err != nil {
			return r, err
		} else if t != nil {
			r.Affected, r.FoundDone, err = w.take(ctx, t, act, taker)
			return r, err
		}
	}
	p, err := w.Plan(ctx, act)
	if err == nil {
		err = w.act(ctx, p, h)
	}
	r.Affected, r.FoundDone = int64(len(p.Rows)), p.Done
	if err == nil && act.Method == pii.SoftDelete && len(p.Rows) > 0 {
		var image []byte
		image, err = w.imageOf(p)
		r.Image = pii.NewValue(string(image))
	}
	return r, err
}

// alone gives the table of an act where nothing follows from a row's going: nobody refers to it, nothing runs by itself, and the unit has changed none of its rows.
func (w *World) alone(ctx context.Context, d pii.Dataset) (*Table, error) {
	t, err := w.Table(ctx, d)
	if err != nil || t.Refuses != nil || len(t.Key) == 0 || w.gone[t.Dataset] != nil || w.changed[t.Dataset] != nil {
		return nil, err
	}
	refs, err := w.Children(ctx, t)
	if err != nil || len(refs) > 0 {
		return nil, err
	}
	triggers, err := w.sys.Triggers(ctx, t)
	if err != nil || len(triggers) > 0 {
		return nil, err
	}
	return t, nil
}

// take has rows deleted, and compares what they were with what was found before. A surprise is an error, which undoes the unit.
func (w *World) take(ctx context.Context, t *Table, act pii.Act, h Taker) (affected, done int64, err error) {
	targets := make(map[string]pii.Target, len(act.Targets))
	var keys []pii.Key
	for _, target := range act.Targets {
		if len(target.Key) != len(t.Key) {
			return 0, 0, errkind.New(errkind.Invalid, "a key of %s has %d parts", t.Dataset, len(t.Key))
		}
		if id := target.Key.ID(); targets[id].Key == nil {
			targets[id] = target
			keys = append(keys, target.Key)
		}
	}
	if err := w.Refused(); err != nil {
		return 0, 0, err
	}
	stale := int64(0)
	for part := range slices.Chunk(keys, Portion) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		rows, err := h.Take(ctx, t, part)
		if err != nil {
			return 0, 0, err
		}
		for _, r := range rows {
			target, ours := targets[r.Key.ID()]
			if !ours || !w.unchanged(t, r, target) {
				stale++
			}
			w.mark(t, r)
		}
		affected += int64(len(rows))
	}
	w.stale(t, stale)
	return affected, int64(len(act.Targets)) - affected, w.Refused()
}

// act carries a planned act out and counts.
func (w *World) act(ctx context.Context, p Planned, h Hands) error {
	if err := w.Refused(); err != nil {
		return err
	}
	if err := w.surprised(p.Act); err != nil {
		return err
	}
	if p.Act.Method == pii.Refresh {
		return h.Refresh(ctx, p.Act.Dataset)
	}
	if len(p.Rows) == 0 {
		return nil
	}
	do := h.Update
	if p.Act.Method == pii.Delete {
		do = h.Delete
	}
	n, err := do(ctx, p)
	if err == nil && n != int64(len(p.Rows)) {
		err = errkind.Coded(errkind.Conflict, connectors.FindingConflict, "%s changed another number of records than was predicted", w.title)
	}
	return err
}

// surprised compares what the system will do by itself with what the act says of it.
func (w *World) surprised(act pii.Act) error {
	left := map[effect]int64{}
	for e, n := range w.effects {
		left[e] = n
	}
	for _, f := range act.Effects {
		left[effect{f.Dataset.Dataset, f.Method}] -= f.Records
	}
	for _, n := range left {
		if n != 0 {
			return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "%s would change other records by itself than was predicted", w.title)
		}
	}
	return nil
}

// Check thinks a unit through and says what it would meet: what changes, what is done already, what the system does by itself and which triggers run, references
// without an index, and what stands in the way. An act that cannot be planned at all is a finding that blocks, unless the error says that
// the system is away or the context has ended.
func (w *World) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	var out []pii.Finding
	for _, act := range u.Acts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := w.Plan(ctx, act)
		switch kind := errkind.Of(err); {
		case err != nil && (ctx.Err() != nil || kind == errkind.Canceled || kind == errkind.Transient):
			return nil, err
		case err != nil:
			out = append(out, blocked(act, err))
			continue
		case p.Table == nil:
			continue
		}
		found, err := w.describe(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if err := w.Settle(ctx); err != nil {
		return nil, err
	}
	return append(out, w.blocking()...), nil
}

func blocked(act pii.Act, err error) pii.Finding {
	code := errkind.Code(err)
	if errkind.Of(err) == errkind.Permission {
		code = connectors.FindingPrivilege
	}
	return pii.Finding{Code: code, Dataset: act.Dataset.Ref, Text: err.Error(), Records: int64(len(act.Targets)), Blocking: true}
}

// describe says what a planned act will do.
func (w *World) describe(ctx context.Context, p Planned) ([]pii.Finding, error) {
	at := p.Act.Dataset.Ref
	out := []pii.Finding{{Code: connectors.FindingAffected, Dataset: at, Text: "records that will change", Records: int64(len(p.Rows))}}
	if p.Done > 0 {
		out = append(out, pii.Finding{Code: connectors.FindingDone, Dataset: at, Text: "records that are done already", Records: p.Done})
	}
	names := []string{p.Table.Dataset}
	for _, e := range w.Effects() {
		out = append(out, pii.Finding{Code: connectors.FindingCascade, Dataset: e.Dataset, Text: w.title + " will " + string(e.Method) + " by itself", Records: e.Records, Method: e.Method})
		if !slices.Contains(names, e.Dataset.Dataset) {
			names = append(names, e.Dataset.Dataset)
		}
	}
	if len(p.Rows) == 0 {
		return out, nil
	}
	slices.Sort(names)
	for _, name := range names {
		found, err := w.triggers(ctx, w.tables[name])
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return w.unindexed(ctx, p, out)
}

// triggers names the triggers of a table, and where they may write.
func (w *World) triggers(ctx context.Context, t *Table) (out []pii.Finding, err error) {
	names, err := w.sys.Triggers(ctx, t)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	writes := map[string][]string{}
	if wr, ok := w.sys.(Writer); ok {
		if writes, err = wr.Writes(ctx, t); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		out = append(out, pii.Finding{Code: connectors.FindingTrigger, Dataset: w.Ref(t.Dataset), Text: "the trigger " + name + " will run"})
		for _, to := range writes[name] {
			out = append(out, pii.Finding{Code: connectors.FindingTrigger, Dataset: w.Ref(to), Text: "the trigger " + name + " of " + t.Dataset + " may write here"})
		}
	}
	return out, nil
}

// unindexed adds the references to a table whose child has no index to find its records by.
func (w *World) unindexed(ctx context.Context, p Planned, out []pii.Finding) ([]pii.Finding, error) {
	if p.Act.Method != pii.Delete {
		return out, nil
	}
	refs, err := w.Children(ctx, p.Table)
	for _, ref := range refs {
		if !ref.Indexed {
			out = append(out, pii.Finding{Code: connectors.FindingNoIndex, Dataset: w.Ref(ref.Child), Text: "no index leads with the column " + ref.From[0]})
		}
	}
	return out, err
}

// blocking gives the troubles, summed by code, dataset and text.
func (w *World) blocking() []pii.Finding {
	var out []pii.Finding
	for _, t := range w.trouble {
		i := slices.IndexFunc(out, func(f pii.Finding) bool {
			return f.Code == t.Code && f.Dataset.Dataset == t.Dataset && f.Text == t.Text
		})
		if i < 0 {
			out = append(out, pii.Finding{Code: t.Code, Dataset: w.Ref(t.Dataset), Text: t.Text, Records: t.Records, Blocking: true})
			continue
		}
		out[i].Records += t.Records
	}
	return out
}
