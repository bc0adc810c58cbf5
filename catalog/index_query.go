package catalog

import (
	"context"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/internal/errkind"
)

// found is one page of a search.
type found struct {
	hits   []Hit
	total  int64
	combos []combo
	last   []string // of the last hit
	whole  bool     // the page is full
}

// search answers from the postings, and reads what is shown from the index.
func (x *index) search(ctx context.Context, p *postings, ask question, facets bool) (f found, err error) {
	a, err := p.ask(ask, facets)
	if err != nil {
		return f, err
	}
	f = found{total: a.total, combos: a.combos, last: a.last, whole: len(a.keys) == ask.limit}
	f.hits, err = x.hits(ctx, a.keys)
	return f, err
}

// hits reads what is shown of documents. One that another change has just taken away is left out.
func (x *index) hits(ctx context.Context, keys []string) (out []Hit, err error) {
	defer recovered(&err)
	s, err := x.snapshot()
	if err != nil {
		return nil, err
	}
	defer s.close()
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		doc, err := s.r.Document(key)
		if err != nil {
			return nil, errkind.Wrap(errkind.Internal, err, "read the index")
		}
		if doc == nil {
			continue
		}
		var hit Hit
		doc.VisitFields(func(f bleveindex.Field) {
			if f.Name() == "hit" && err == nil {
				err = decode(f.Value(), &hit)
			}
		})
		if err != nil {
			return nil, err
		}
		out = append(out, hit)
	}
	return out, nil
}

// looked gives the postings of an index, which are read where nobody has searched yet. The caller holds c.mu.
func (c *Catalog) looked(ctx context.Context, idx *index) (*postings, error) {
	c.syncMu.Lock()
	defer c.syncMu.Unlock()
	if _, err := c.bring(ctx, idx); err != nil {
		return nil, err
	}
	if idx.post != nil {
		return idx.post, nil
	}
	s, err := idx.snapshot()
	if err != nil {
		return nil, err
	}
	defer s.close()
	idx.post, err = s.load(ctx)
	return idx.post, err
}
