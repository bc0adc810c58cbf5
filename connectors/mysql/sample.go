package mysql

import (
	"context"
	"database/sql/driver"
	"iter"
	"math/rand/v2"
	"strconv"

	"vestige/connectors"
	"vestige/pii"
)

// Sample reads blocks of neighbouring records behind random places of the key's range. A table that is hardly larger than the sample, and one whose key has
// no range to choose from, is read whole; nothing is ever put in a random order by the server, which would read and sort all for it.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	q.Limit, q.Keys, q.From, q.Bare = 0, nil, "", false
	return func(yield func(*pii.Batch, error) bool) {
		if n <= 0 {
			return
		}
		whole := false
		blocks := d.reading(ctx, q, func(r *reader) error {
			points, err := r.points(ctx, q.Seed, n)
			if err != nil || points == nil {
				whole = err == nil
				return err
			}
			return r.blocks(ctx, points, n)
		})
		for b, err := range blocks {
			if !yield(b, err) {
				return
			}
		}
		if !whole {
			return
		}
		for b, err := range connectors.Reservoir(d.Read(ctx, q), q, n) {
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// points gives random places in the range of the key's first column, written for SQL; nil where the table is better read whole.
func (r *reader) points(ctx context.Context, seed uint64, n int) ([]string, error) {
	if len(r.l.key) == 0 || r.l.view {
		return nil, nil
	}
	states, err := r.c.states(ctx, r.l.schema, r.l.table)
	if err != nil || states[r.l.table].records < int64(8*n+64) && states[r.l.table].records >= 0 {
		return nil, err
	}
	c := r.l.column(r.l.key[0])
	got, err := r.c.all(ctx, "SELECT MIN("+c.expr()+"), MAX("+c.expr()+") FROM "+r.l.name())
	if err != nil || len(got) == 0 || got[0][0] == nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 0xb10c))
	place := r.l.between(got[0][0], got[0][1], random)
	if place == nil {
		return nil, nil
	}
	var out []string
	for range 3 * (n/blockSize(n) + 1) {
		out = append(out, place())
	}
	return out, nil
}

func blockSize(n int) int { return max(1, n/64) }

// between gives random places from low to high; nil where the sort of values has no places between two of them.
func (l *layout) between(low, high driver.Value, random *rand.Rand) func() string {
	c := l.column(l.key[0])
	switch c.sort {
	case intSort, boolSort:
		from, width := asInt(low), uint64(asInt(high))-uint64(asInt(low))
		if width < 1 || width >= 1<<63 {
			return nil
		}
		return func() string { return strconv.FormatInt(from+int64(random.Uint64N(width+1)), 10) }
	case unsignedSort:
		a, b := unsigned(low), unsigned(high)
		if b <= a || b-a >= 1<<63 {
			return nil
		}
		return func() string { return strconv.FormatUint(a+random.Uint64N(b-a+1), 10) }
	case textSort, bytesSort:
		a, b := []byte(asText(low)), []byte(asText(high))
		first, base := byte(' '), byte('~')-' '+1
		if c.sort == bytesSort {
			first, base = 0, 0
		} else if !ascii(a) || !ascii(b) {
			return nil
		}
		return func() string {
			lit, _ := c.literal(string(inside(a, b, first, base, random)))
			return lit
		}
	}
	return nil
}

func unsigned(v driver.Value) uint64 {
	if n, ok := v.(uint64); ok {
		return n
	}
	return uint64(asInt(v))
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// inside gives bytes between two others: what they share, then a random place among six digits of the alphabet's size (0 for all bytes).
func inside(a, b []byte, first, base byte, random *rand.Rand) []byte {
	shared := 0
	for shared < len(a) && shared < len(b) && a[shared] == b[shared] {
		shared++
	}
	size := uint64(base)
	if base == 0 {
		size = 256
	}
	digits := func(s []byte) (n uint64) {
		for i := range 6 {
			n *= size
			if shared+i < len(s) && s[shared+i] >= first {
				n += uint64(s[shared+i] - first)
			}
		}
		return n
	}
	from, to := digits(a), digits(b)
	if to < from {
		from, to = to, from
	}
	n := from + random.Uint64N(to-from+1)
	out := append([]byte{}, a[:shared]...)
	tail := make([]byte, 6)
	for i := 5; i >= 0; i-- {
		tail[i] = first + byte(n%size)
		n /= size
	}
	return append(out, tail...)
}

// blocks reads behind the points until it has n records, each once.
func (r *reader) blocks(ctx context.Context, points []string, n int) error {
	r.limit = int64(n)
	seen := map[string]bool{}
	first := r.l.column(r.l.key[0]).expr()
	for _, at := range points {
		got, err := r.c.all(ctx, r.selects+" WHERE "+first+" >= "+at+r.order()+" LIMIT "+strconv.Itoa(blockSize(n)))
		if err != nil {
			return err
		}
		for _, values := range got {
			if id := r.keyOf(values).ID(); !seen[id] && !r.enough() {
				seen[id] = true
				r.add(values)
			}
		}
		if r.full() && !r.flush() || r.enough() {
			return nil
		}
	}
	return nil
}
