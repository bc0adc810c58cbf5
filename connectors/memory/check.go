package memory

import (
	"context"
	"maps"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check does the unit on a copy of the tables that is then forgotten, and says what it met. What would not let the unit through blocks.
func (d *Driver) Check(ctx context.Context, u pii.Unit) (findings []pii.Finding, err error) {
	if err := d.begin(ctx, "Check"); err != nil {
		return nil, err
	}
	d.sys.change(func(tables map[string]*table) bool {
		findings, err = d.work(tables).look(ctx, u)
		return false
	})
	d.sys.faults.looked(d.sys, u)
	return d.sys.faults.blocks(findings), err
}

// look does the acts and gives what each would do.
func (w *work) look(ctx context.Context, u pii.Unit) (findings []pii.Finding, err error) {
	w.looking = true
	for _, a := range u.Acts {
		r, err := w.act(ctx, a)
		if errkind.Of(err) == errkind.Canceled && err != nil {
			return nil, err
		}
		if err != nil {
			return append(findings, blocking(a, err)), nil
		}
		w.d.sys.faults.checked(a, &r)
		findings = append(findings, w.counts(a, r)...)
	}
	if err := w.orphans(); err != nil {
		findings = append(findings, blocking(u.Acts[len(u.Acts)-1], err))
	}
	return findings, nil
}

// counts says how many records an act changes, and how many the system does by itself.
func (w *work) counts(a pii.Act, r pii.Receipt) []pii.Finding {
	out := []pii.Finding{{Code: connectors.FindingAffected, Dataset: a.Dataset.Ref, Text: "records that will change", Records: r.Affected}}
	if r.FoundDone > 0 {
		out = append(out, pii.Finding{Code: connectors.FindingDone, Dataset: a.Dataset.Ref, Text: "records that are done already", Records: r.FoundDone})
	}
	order := func(a, b effect) int {
		return slices.Compare([]string{a.dataset, string(a.method)}, []string{b.dataset, string(b.method)})
	}
	for _, e := range slices.SortedFunc(maps.Keys(w.effects), order) {
		out = append(out, pii.Finding{Code: connectors.FindingCascade, Dataset: w.d.ref(e.dataset), Text: "the system will " + string(e.method), Records: w.effects[e], Method: e.method})
	}
	return out
}

// blocking makes the finding of what stopped a unit.
func blocking(a pii.Act, err error) pii.Finding {
	return pii.Finding{Code: errkind.Code(err), Dataset: a.Dataset.Ref, Text: err.Error(), Blocking: true}
}
