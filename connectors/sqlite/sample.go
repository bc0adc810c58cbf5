package sqlite

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/pii"
)

// Sample reads blocks of neighbouring records at random places of the rowid's range. A table whose range is hardly larger than the sample, and one
// without rowids, is read whole.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		if n <= 0 {
			return
		}
		c, err := d.take(ctx, reading)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.put()
		r, err := d.newReader(ctx, c, q)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.close()
		low, high, wide, err := r.span(ctx, n)
		switch {
		case err != nil && ctx.Err() != nil:
			yield(nil, ctx.Err())
		case err != nil || !wide:
			q.Limit, q.Keys = 0, nil
			for b, err := range connectors.Reservoir(d.Read(ctx, q), q, n) {
				if !yield(b, err) {
					return
				}
			}
		default:
			r.yield, r.more = yield, true
			r.hold()
			if err := r.blocks(ctx, q.Seed, n, low, high); err != nil && r.more {
				yield(nil, err)
			}
		}
	}
}

// span gives the range of rowids, and whether it is so much wider than the sample that blocks are cheaper than all.
func (r *reader) span(ctx context.Context, n int) (low, high int64, wide bool, err error) {
	if r.l.rowid == "" || r.l.kind != "table" {
		return 0, 0, false, nil
	}
	got, err := r.c.all(ctx, "SELECT (SELECT min("+r.l.rowid+") FROM "+r.l.name()+"), (SELECT max("+r.l.rowid+") FROM "+r.l.name()+")")
	if err != nil || len(got) == 0 || got[0][0] == nil {
		return 0, 0, false, err
	}
	low, high = asInt(got[0][0]), asInt(got[0][1])
	width := uint64(high) - uint64(low)
	return low, high, width > uint64(2*n+64) && width < 1<<62, nil
}

// blocks reads until it has n records, or has tried often enough in a table that is mostly holes.
func (r *reader) blocks(ctx context.Context, seed uint64, n int, low, high int64) error {
	random := rand.New(rand.NewPCG(seed, 0xb10c))
	block := max(1, n/64)
	starts := map[int64]bool{}
	var ids []int64
	for range 3 * (n/block + 1) {
		if start := low + random.Int64N(high-low+1); !starts[start] {
			starts[start] = true
			ids = append(ids, start)
		}
	}
	seen := map[int64]bool{}
	query := "SELECT " + r.l.rowid + " FROM " + r.l.name() + " WHERE " + r.l.rowid + " >= ? ORDER BY " + r.l.rowid + " LIMIT " + strconv.Itoa(block)
	for _, start := range ids {
		got, err := r.numbers(ctx, query, start)
		if err != nil && ctx.Err() != nil {
			return err
		}
		for _, id := range got {
			if len(seen) < n {
				seen[id] = true
			}
		}
		if len(seen) >= n {
			break
		}
	}
	return r.rowids(ctx, seen)
}

// numbers reads a short result of whole numbers.
func (r *reader) numbers(ctx context.Context, query string, from int64) (out []int64, err error) {
	if s := r.sweeps(); s != nil && ctx.Err() == nil {
		if out, ok := s.numbers(query, from); ok {
			return out, nil
		}
	}
	rs, err := r.query(ctx, query, from)
	if err != nil {
		return nil, err
	}
	got, err := rs.rest()
	for _, row := range got {
		out = append(out, asInt(row[0]))
	}
	return out, err
}

// rowids reads those records in order.
func (r *reader) rowids(ctx context.Context, seen map[int64]bool) error {
	ids := make([]int64, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	query := r.selects + " WHERE " + r.l.rowid + " BETWEEN ? AND ?" + r.order()
	for run := range runs(ids) {
		_, err := r.sweepOrPass(ctx, query, run[0], run[1])
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil && !r.gap("a part of the sample cannot be read") {
			return nil
		}
		if !r.more {
			return nil
		}
	}
	r.flush()
	return nil
}

// hold makes batches so large that one is rarely given while a statement is under way, which would keep writers waiting.
func (r *reader) hold() { r.size, r.room = 1<<16, 16<<20 }

// runs cuts sorted numbers into ranges without holes.
func runs(ids []int64) iter.Seq[[2]int64] {
	return func(yield func([2]int64) bool) {
		for i := 0; i < len(ids); {
			j := i
			for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
				j++
			}
			if !yield([2]int64{ids[i], ids[j]}) {
				return
			}
			i = j + 1
		}
	}
}
