package sqlite

import (
	"context"
	"database/sql/driver"
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

// blocks reads n records, some behind each of random places, in order. A block that begins among records already read goes on behind them. Where the table
// is mostly holes and fewer come, those before the first place follow.
func (r *reader) blocks(ctx context.Context, seed uint64, n int, low, high int64) error {
	random, block, first := rand.New(rand.NewPCG(seed, 0xb10c)), max(1, n/64), low
	starts := make([]int64, (n+block-1)/block)
	for i := range starts {
		starts[i] = low + random.Int64N(high-low+1)
	}
	slices.Sort(starts)
	r.limit = int64(n)
	from := r.selects + " WHERE " + r.l.rowid + " >= ?"
	for _, start := range starts {
		if r.enough() || !r.more {
			break
		}
		r.after = r.after[:0]
		if err := r.block(ctx, from+r.order()+" LIMIT "+strconv.Itoa(block), max(start, low)); err != nil {
			return err
		}
		if len(r.after) == 1 && asInt(r.after[0]) < high {
			low = asInt(r.after[0]) + 1
		} else if len(r.after) == 1 {
			break
		}
	}
	if r.more && !r.enough() && starts[0] > first {
		if err := r.block(ctx, from+" AND "+r.l.rowid+" < ?"+r.order()+" LIMIT "+strconv.FormatInt(r.limit-r.given, 10), first, starts[0]); err != nil {
			return err
		}
	}
	r.flush()
	return nil
}

// block reads one; what cannot be read is a gap.
func (r *reader) block(ctx context.Context, query string, args ...driver.Value) error {
	_, err := r.sweepOrPass(ctx, query, args...)
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err != nil {
		r.gap("a part of the sample cannot be read")
	}
	return nil
}

// hold makes batches so large that one is rarely given while a statement is under way, which would keep writers waiting.
func (r *reader) hold() { r.size, r.room = 1<<16, 16<<20 }
