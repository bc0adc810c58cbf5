package postgres

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"vestige/connectors"
	"vestige/pii"
)

// samplePages is how many pages a sample is drawn from at least, so that it does not come from one corner.
const samplePages = 32

// Sample takes random pages of a table (TABLESAMPLE SYSTEM, repeatable by the seed) and, of their records, as many as are wanted at random. A table that is hardly larger,
// a view and a foreign table are read whole.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		if n <= 0 {
			return
		}
		q.Limit, q.Keys, q.From = 0, nil, ""
		for share := 0.0; ; share = min(100, share*4) {
			kept, batches := 0, []*pii.Batch(nil)
			for b, err := range connectors.Reservoir(d.pages(ctx, q, n, &share), q, n) {
				if err != nil || b.Gap != nil {
					if !yield(b, err) || err != nil {
						return
					}
					continue
				}
				kept += b.Len()
				batches = append(batches, b)
			}
			if share < 100 && kept < n*3/4 {
				continue // more pages are drawn where these held too few
			}
			for _, b := range batches {
				if !yield(b, nil) {
					return
				}
			}
			return
		}
	}
}

// pages reads the pages of a share of the table, in percent; 0 has one chosen by what the table's size says.
func (d *Driver) pages(ctx context.Context, q connectors.Query, n int, share *float64) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		d.with(ctx, q, yield, func(r *reader) (err error) {
			if *share == 0 {
				*share = 100
				if sampled(r.l) {
					*share, err = r.share(ctx, n)
				}
				if err != nil {
					return err
				}
			}
			rest := ""
			if *share < 100 {
				rest = fmt.Sprintf(" TABLESAMPLE SYSTEM (%s) REPEATABLE (%d)", strconv.FormatFloat(*share, 'f', 6, 64), q.Seed%(1<<31))
			}
			if r.bare {
				return r.copy(ctx, rest, 0)
			}
			return r.rows(ctx, r.sql(rest), nil, r.take)
		})
	}
}

func sampled(l *layout) bool { return l.kind == 'r' || l.kind == 'm' || l.kind == 'p' }

// share gives which part of the pages holds some more records than are wanted, in percent.
func (r *reader) share(ctx context.Context, n int) (float64, error) {
	got, err := r.c.d.sizes(ctx, r.c, "r.oid=$1", param{[]byte(strconv.FormatUint(uint64(r.l.oid), 10)), 26})
	if err != nil || len(got) == 0 {
		return 100, err
	}
	bytes, records := number(got[0][1]), number(got[0][2])
	pages := float64(bytes) / 8192
	each := 20.0 // records of a page, where nobody has counted
	if records > 0 && pages > 0 {
		each = max(0.1, float64(records)/pages)
	}
	wanted := max(samplePages, 1.5*float64(n)/each)
	if pages <= 2*wanted {
		return 100, nil
	}
	return 100 * wanted / pages, nil
}
