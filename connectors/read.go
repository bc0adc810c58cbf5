package connectors

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"

	"vestige/pii"
)

// Read yields the records of a query. Columns of documents are opened: the fields inside of them are columns of the batch too, beside the
// raw one. A query may name such a path; then only what it names is in the batch, in its order.
func (s *Source) Read(ctx context.Context, q Query) iter.Seq2[*pii.Batch, error] {
	return s.read(ctx, Scan, q)
}

func (s *Source) read(ctx context.Context, role Role, q Query) iter.Seq2[*pii.Batch, error] {
	d, err := s.driver(ctx, role)
	if err != nil {
		return failed[*pii.Batch](err)
	}
	p := project(q)
	return opened(guard(ctx, s, d.Read(ctx, p.query)), p)
}

// Sample yields about n records spread over the dataset, documents opened as Read does. Different seeds give different ones.
func (s *Source) Sample(ctx context.Context, q Query, n int) iter.Seq2[*pii.Batch, error] {
	d, err := s.driver(ctx, Scan)
	if err != nil {
		return failed[*pii.Batch](err)
	}
	p := project(q)
	if sampler, ok := d.(Sampler); ok {
		return opened(guard(ctx, s, sampler.Sample(ctx, p.query, n)), p)
	}
	return opened(Reservoir(guard(ctx, s, d.Read(ctx, p.query)), q, n), p)
}

// Reservoir keeps n records of all, each with the same chance of the query's seed, and gives them in the order in which they stood. Gaps are passed on.
func Reservoir(seq iter.Seq2[*pii.Batch, error], q Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		random := rand.New(rand.NewPCG(q.Seed, 0x5eed))
		var kept []slot
		seen := 0
		for b, err := range seq {
			if err != nil || b.Gap != nil {
				if !yield(b, err) || err != nil {
					return
				}
				continue
			}
			for i := range b.Len() {
				kept = keep(kept, b, i, seen, n, random)
				seen++
			}
		}
		if len(kept) > 0 {
			yield(pour(q.Dataset.Ref, kept), nil)
		}
	}
}

// slot is one kept record and its place in the order of reading.
type slot struct {
	at     int
	record *pii.Batch
}

func keep(kept []slot, b *pii.Batch, i, seen, n int, random *rand.Rand) []slot {
	place := len(kept)
	if place == n {
		if place = random.IntN(seen + 1); place >= n {
			return kept
		}
	} else {
		kept = append(kept, slot{})
	}
	one := pii.NewBatch(b.Dataset, nil)
	one.Copy(b, i)
	kept[place] = slot{seen, one}
	return kept
}

// pour makes one batch of the kept records.
func pour(ref pii.Ref, kept []slot) *pii.Batch {
	slices.SortFunc(kept, func(a, b slot) int { return a.at - b.at })
	out := pii.NewBatch(ref, nil)
	for _, k := range kept {
		out.Copy(k.record, 0)
	}
	return out
}
