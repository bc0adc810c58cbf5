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
		p := &pool{n: n, random: rand.New(rand.NewPCG(q.Seed, 0x5eed)), records: pii.NewBatch(q.Dataset.Ref, nil)}
		for b, err := range seq {
			if err != nil || b.Gap != nil {
				if !yield(b, err) || err != nil {
					return
				}
				continue
			}
			for i := range b.Len() {
				p.offer(b, i)
			}
		}
		if len(p.kept) > 0 {
			p.pour()
			yield(p.records, nil)
		}
	}
}

// pool keeps n records of those offered. A record that another one replaces stays until there are as many of them as are kept.
type pool struct {
	n, seen int
	random  *rand.Rand
	records *pii.Batch
	kept    []int // by place: the record in records
}

// offer keeps a record with the chance that all so far have (Vitter 1985, algorithm R).
func (p *pool) offer(b *pii.Batch, i int) {
	place := len(p.kept)
	if p.seen++; place == p.n {
		if place = p.random.IntN(p.seen); place >= p.n {
			return
		}
	} else {
		p.kept = append(p.kept, 0)
	}
	p.kept[place] = p.records.Len()
	p.records.Copy(b, i)
	if p.records.Len() > 2*p.n+1000 {
		p.pour()
	}
}

// pour leaves only what is kept, in the order in which it stood.
func (p *pool) pour() {
	slices.Sort(p.kept)
	out := pii.NewBatch(p.records.Dataset, nil)
	for i, at := range p.kept {
		out.Copy(p.records, at)
		p.kept[i] = i
	}
	p.records = out
}
