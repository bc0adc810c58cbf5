package connectors

import (
	"context"
	"iter"
	"slices"

	"vestige/pii"
)

// Export yields the records of a match with all their fields, for an export.
func (s *Source) Export(ctx context.Context, m pii.Match) iter.Seq2[*pii.Batch, error] {
	d, err := s.driver(ctx, Export)
	if err != nil {
		return failed[*pii.Batch](err)
	}
	if e, ok := d.(Exporter); ok {
		return guard(ctx, s, e.Export(ctx, m))
	}
	return func(yield func(*pii.Batch, error) bool) {
		found, err := s.keysOf(ctx, m, yield)
		if err != nil {
			yield(nil, err)
			return
		}
		if found == nil {
			return
		}
		s.exportFound(ctx, m.Dataset, found, yield)
	}
}

// matched is what a match found, by key or, in a dataset without one, by digest.
type matched struct {
	keys    []pii.Key
	digests map[pii.Digest]bool
}

// keysOf locates the records of a match; nil where the consumer has had enough of its gaps.
func (s *Source) keysOf(ctx context.Context, m pii.Match, yield func(*pii.Batch, error) bool) (*matched, error) {
	m.Want = nil
	out := &matched{digests: map[pii.Digest]bool{}}
	for f, err := range s.Locate(ctx, m) {
		switch {
		case err != nil:
			return nil, err
		case f.Gap != nil:
			if !yield(pii.GapBatch(*f.Gap), nil) {
				return nil, nil
			}
		case f.Key != nil:
			out.keys = append(out.keys, f.Key)
		default:
			out.digests[f.Digest] = true
		}
	}
	return out, nil
}

func (s *Source) exportFound(ctx context.Context, d pii.Dataset, found *matched, yield func(*pii.Batch, error) bool) {
	for keys := range slices.Chunk(found.keys, 256) {
		for b, err := range s.read(ctx, Export, Query{Dataset: d, Keys: keys}) {
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
	if len(found.digests) == 0 {
		return
	}
	for b, err := range s.read(ctx, Export, Query{Dataset: d}) {
		if err != nil || b.Gap != nil {
			if !yield(b, err) || err != nil {
				return
			}
			continue
		}
		if part := withDigests(b, found.digests); part.Len() > 0 && !yield(part, nil) {
			return
		}
	}
}

// withDigests gives the records of a batch that have one of the digests.
func withDigests(b *pii.Batch, digests map[pii.Digest]bool) *pii.Batch {
	var fields []pii.Field
	for _, c := range b.Columns() {
		fields = append(fields, c.Field)
	}
	out := pii.NewBatch(b.Dataset, fields)
	for i := range b.Len() {
		if digests[b.Digest(i)] {
			out.Copy(b, i)
		}
	}
	return out
}
