package memory

import (
	"context"
	"iter"

	"vestige/forms"
	"vestige/pii"
)

// Search looks into every field, documents included.
func (d *Driver) Search(ctx context.Context, ds pii.Dataset, n pii.Needles) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		t, err := d.open(ctx, "Search", ds)
		if err != nil {
			yield(nil, err)
			return
		}
		t, first := d.sys.faults.seen(t), d.sys.faults.firstSearched()
		matcher := forms.Compile(n.Terms)
		d.find(ctx, t, ds.Ref, func(r *row) *pii.Found {
			if hits := t.hits(matcher, r, first); len(hits) > 0 {
				return t.found(&d.sys.faults, ds.Ref, r, hits, nil)
			}
			return nil
		}, yield)
	}
}
