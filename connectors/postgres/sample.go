package postgres

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
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
		if q.Bare {
			d.with(ctx, q, yield, func(r *reader) error { return r.sample(ctx, q, n) })
			return
		}
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
			return r.rows(ctx, r.sql(tablesample(*share, q.Seed)), nil, r.take)
		})
	}
}

func tablesample(share float64, seed uint64) string {
	if share >= 100 {
		return ""
	}
	return fmt.Sprintf(" TABLESAMPLE SYSTEM (%s) REPEATABLE (%d)", strconv.FormatFloat(share, 'f', 6, 64), seed%(1<<31))
}

// sample keeps some rows of the stream as they come and decodes only these.
func (r *reader) sample(ctx context.Context, q connectors.Query, n int) (err error) {
	share := 100.0
	if sampled(r.l) {
		if share, err = r.share(ctx, n); err != nil {
			return err
		}
	}
	for ; ; share = min(100, share*4) {
		kept := &reservoir{n: n, random: rand.New(rand.NewPCG(q.Seed, 0x5eed))}
		w := newCopied(ctx, r)
		w.keep = kept
		if err := r.copyTo(ctx, w, tablesample(share, q.Seed)); err != nil {
			return err
		}
		if share < 100 && len(kept.rows) < n*3/4 {
			continue // more pages are drawn where these held too few
		}
		slices.SortFunc(kept.rows, func(a, b keptRow) int { return a.at - b.at })
		for _, row := range kept.rows {
			if err := w.take(row.raw); err != nil {
				return err
			}
		}
		return nil
	}
}

// reservoir keeps n rows of a stream, each with the same chance.
type reservoir struct {
	n, seen int
	random  *rand.Rand
	rows    []keptRow
}

// keptRow is one kept row and its place in the stream.
type keptRow struct {
	at  int
	raw []byte
}

func (k *reservoir) see(p []byte) {
	place := len(k.rows)
	if k.seen++; place < k.n {
		k.rows = append(k.rows, keptRow{k.seen, append([]byte(nil), p...)})
		return
	}
	if place = k.random.IntN(k.seen); place < k.n {
		k.rows[place] = keptRow{k.seen, append(k.rows[place].raw[:0], p...)}
	}
}

func sampled(l *layout) bool { return l.kind == 'r' || l.kind == 'm' || l.kind == 'p' }

// share gives which part of the pages holds some more records than are wanted, in percent.
func (r *reader) share(ctx context.Context, n int) (float64, error) {
	got, err := r.c.often(ctx, "pages", `SELECT sum(p.relpages), sum(p.reltuples)::pg_catalog.int8, sum(pg_catalog.pg_relation_size(p.oid))/pg_catalog.current_setting('block_size')::pg_catalog.int8
		FROM (SELECT $1 AS relid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree($1) t) x JOIN pg_catalog.pg_class p ON p.oid=x.relid WHERE p.relkind IN ('r','m')`, r.l.id())
	if err != nil || len(got) == 0 || got[0][2] == nil {
		return 100, err
	}
	counted, records := number(got[0][0]), number(got[0][1])
	pages, _ := strconv.ParseFloat(string(got[0][2]), 64)
	each := 20.0 // records of a page, where nobody has counted
	if records > 0 && counted > 0 {
		each = max(0.1, float64(records)/float64(counted))
	}
	wanted := max(samplePages, 1.5*float64(n)/each)
	if pages <= 2*wanted {
		return 100, nil
	}
	return 100 * wanted / pages, nil
}
