package elasticsearch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/errkind"
)

const (
	drawsAtOnce = 50     // documents of a page of a sample
	draws       = 12     // rounds, where some numbers belong to no document any more
	numbersMost = 10_000 // of one request
	sparse      = 200    // numbers a document, over which neighbours are drawn together
	neighbours  = 10
)

// urn is what documents are drawn from: the numbers of the operations of some shards. Each document has one, and asking for numbers costs the same in an
// index of any size.
type urn struct {
	d       *Driver
	random  *rand.Rand
	shards  []*lot
	total   int64 // documents
	numbers int64
}

// lot is a shard of the urn.
type lot struct {
	x     *index
	shard int
	top   int64 // the last operation's number
	drawn map[int64]bool
}

// add puts an index in.
func (u *urn) add(ctx context.Context, x *index) error {
	st, err := u.d.stats(ctx, x.name)
	if errkind.Of(err) == errkind.Permission && err != nil {
		st, err = u.d.measured(ctx, x)
	}
	if err != nil {
		return err
	}
	for _, sh := range st.shards {
		u.total, u.numbers = u.total+sh.docs, u.numbers+sh.max+1
		u.shards = append(u.shards, &lot{x, sh.number, sh.max, map[int64]bool{}})
	}
	return nil
}

// measured finds out by searches what the statistics would say, for who may not read them.
func (d *Driver) measured(ctx context.Context, x *index) (st stats, err error) {
	for k := range x.shards() {
		where := span{k, 0, -1}.preference()
		p, err := d.search(ctx, x.name, where, `{"size":1,"track_total_hits":false,"_source":false,"sort":[{"_seq_no":"desc"}]}`)
		if err != nil {
			return st, err
		}
		var count struct{ Count int64 }
		if err := d.c.get(ctx, at(x.name, "_count")+"?"+strings.TrimPrefix(where, "&"), &count); err != nil {
			return st, err
		}
		top := int64(-1)
		if len(p.hits) > 0 {
			top = p.hits[0].seq
		}
		st.shards = append(st.shards, shard{k, top, count.Count})
	}
	return st, nil
}

// draw gives about n different documents.
func (u *urn) draw(ctx context.Context, n int, yield func(h *hit) error) error {
	got := 0
	give := func(h *hit) error {
		got++
		return yield(h)
	}
	if u.numbers > sparse*u.total {
		return u.drawNeighbours(ctx, n, give)
	}
	for round := 0; round < draws && got < n; round++ {
		picked := u.pick(int(int64(n-got)*u.numbers/max(u.total, 1)) + 1)
		for _, s := range u.shards {
			for part := range slices.Chunk(picked[s], max(drawsAtOnce, min(numbersMost, int(drawsAtOnce*u.numbers/max(u.total, 1))))) {
				if err := u.take(ctx, s, part, n-got, give); err != nil || got >= n {
					return err
				}
			}
		}
	}
	return nil
}

// pick chooses numbers that were not chosen before.
func (u *urn) pick(want int) map[*lot][]int64 {
	picked := map[*lot][]int64{}
	for range want {
		k := u.random.Int64N(u.numbers)
		for _, s := range u.shards {
			if k > s.top {
				k -= s.top + 1
				continue
			}
			if !s.drawn[k] {
				s.drawn[k] = true
				picked[s] = append(picked[s], k)
			}
			break
		}
	}
	return picked
}

// take reads the documents that have some numbers of a shard.
func (u *urn) take(ctx context.Context, s *lot, numbers []int64, most int, give func(h *hit) error) error {
	terms := make([]string, len(numbers))
	for i, k := range numbers {
		terms[i] = strconv.FormatInt(k, 10)
	}
	p, err := u.d.search(ctx, s.x.name, span{s.shard, 0, -1}.preference(),
		fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":["_seq_no"],"query":{"constant_score":{"filter":{"terms":{"_seq_no":[%s]}}}}}`, min(len(numbers), 4*drawsAtOnce, s.x.window()), strings.Join(terms, ",")))
	if err != nil {
		return err
	}
	for i := range p.hits[:min(len(p.hits), most)] {
		if err := give(&p.hits[i]); err != nil {
			return err
		}
	}
	return nil
}

// drawNeighbours draws from an index most of whose numbers are of no document any more: a few documents behind each of some numbers.
func (u *urn) drawNeighbours(ctx context.Context, n int, give func(h *hit) error) error {
	taken := map[*lot]map[int64]bool{}
	got := 0
	for range 2*n/neighbours + draws {
		for s, numbers := range u.pick(1) {
			p, err := u.d.search(ctx, s.x.name, span{s.shard, 0, -1}.preference(), fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":["_seq_no"]%s}`, neighbours, span{s.shard, numbers[0], -1}.within()))
			if err != nil {
				return err
			}
			if taken[s] == nil {
				taken[s] = map[int64]bool{}
			}
			for i := range p.hits {
				if h := &p.hits[i]; !taken[s][h.seq] && got < n {
					taken[s][h.seq] = true
					got++
					if err := give(h); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
