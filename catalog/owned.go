package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"vestige/pii"
)

// owned is what somebody answers for: datasets with all their fields, and fields by themselves; but are fields for which somebody else does.
type owned struct{ sets, fields, but []pii.Ref }

// own looks up who answers for what, for the terms of a query that ask for it. Owners are no part of the index: whoever is named is found at once.
func (c *Catalog) own(ctx context.Context, e expr) error {
	var ask []*term
	e.each(func(t *term, _ bool) {
		if t.key == "owner" {
			ask = append(ask, t)
		}
	})
	if len(ask) == 0 {
		return nil
	}
	cards, err := c.Cards(ctx, pii.Ref{})
	if err != nil {
		return err
	}
	for _, t := range ask {
		t.owned = &owned{}
		for _, k := range cards {
			if k.Owner != "" {
				t.owned.add(k.At, t.names(k.Owner))
			}
		}
	}
	return nil
}

func (o *owned) add(at pii.Ref, theirs bool) {
	switch {
	case at.Field == "" && theirs:
		o.sets = append(o.sets, at)
	case at.Field != "" && theirs:
		o.fields = append(o.fields, at)
	case at.Field != "":
		o.but = append(o.but, at)
	}
}

// names tells whether an owner is who a value means: all its words are of the name, or, with a wildcard, the name fits it.
func (t *term) names(owner string) bool {
	if t.star || len(t.words) == 0 {
		return fits(fold(owner), strings.Split(t.value, "*"))
	}
	ws := splitWords(owner)
	return !slices.ContainsFunc(t.words, func(w string) bool { return !slices.Contains(ws, w) })
}

// owned gives the documents of what somebody answers for.
func (p *postings) owned(o *owned) *roaring.Bitmap {
	out := roaring.New()
	for _, r := range o.sets {
		out.AddMany(p.docsOf(r))
	}
	for _, r := range o.but {
		for _, id := range p.docsOf(r) {
			out.Remove(id)
		}
	}
	for _, r := range o.fields {
		out.AddMany(p.docsOf(r))
	}
	return out
}

// docsOf gives the documents of a dataset, or the one of a field.
func (p *postings) docsOf(r pii.Ref) []uint32 {
	n, ok := p.bySet[r.Of().String()]
	if !ok {
		return nil
	}
	docs := p.sets[n].docs
	if r.Field == "" {
		return docs
	}
	i := slices.IndexFunc(docs, func(id uint32) bool { return p.names[p.name[id]] == r.Field })
	if i < 0 {
		return nil
	}
	return docs[i : i+1]
}
