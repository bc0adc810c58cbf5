package memory

import (
	"context"
	"iter"
	"slices"

	"vestige/connectors"
	"vestige/forms"
	"vestige/pii"
)

// Export yields the rows of a match, whole.
func (d *Driver) Export(ctx context.Context, m pii.Match) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		t, err := d.open(ctx, "Export", m.Dataset)
		if err != nil {
			yield(nil, err)
			return
		}
		matcher := forms.Compile(m.Terms)
		var rows []*row
		for _, r := range t.rows {
			keyed := slices.ContainsFunc(m.Keys, func(k pii.Key) bool { return k.Equal(t.key(r)) })
			if keyed || len(t.hits(matcher, r, 0)) > 0 {
				rows = append(rows, r)
			}
		}
		d.yieldRows(ctx, t, connectors.Query{Dataset: m.Dataset}, d.sys.faults.exported(rows), yield)
	}
}
