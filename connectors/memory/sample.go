package memory

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"

	"vestige/connectors"
	"vestige/pii"
)

// Sample yields n records chosen by the seed, in their order.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		t, err := d.open(ctx, "Sample", q.Dataset)
		if err != nil {
			yield(nil, err)
			return
		}
		d.yieldRows(ctx, t, q, d.sys.faults.sampled(t, n, q.Seed), yield)
	}
}

// random gives at most n different rows.
func (t *table) random(n int, seed uint64) []*row {
	picked := rand.New(rand.NewPCG(seed, uint64(len(t.rows)))).Perm(len(t.rows))
	picked = picked[:min(n, len(picked))]
	slices.Sort(picked)
	rows := make([]*row, len(picked))
	for i, p := range picked {
		rows[i] = t.rows[p]
	}
	return rows
}
