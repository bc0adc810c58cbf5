package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"vestige/internal/db"
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
	return c.read(ctx, func(tx db.Tx) error {
		who, err := collect(ctx, tx, scanText, everyOwner)
		if err != nil {
			return err
		}
		others, err := collect(ctx, tx, scanOwned, "SELECT source, dataset, field, owner FROM card WHERE owner <> '' AND field <> ''")
		if err != nil {
			return err
		}
		for _, t := range ask {
			if t.owned, err = ownedBy(ctx, tx, t, who, others); err != nil {
				return err
			}
		}
		return nil
	})
}

// everyOwner gives each name once, in their order: it goes from one to the next by the index, however many places each answers for.
const everyOwner = `WITH RECURSIVE known (owner) AS (SELECT MIN(owner) FROM card WHERE owner <> ''
	UNION ALL SELECT (SELECT MIN(card.owner) FROM card WHERE card.owner <> '' AND card.owner > known.owner) FROM known WHERE known.owner IS NOT NULL)
	SELECT owner FROM known WHERE owner IS NOT NULL`

// ownedPlace is a place with who answers for it.
type ownedPlace struct {
	at    pii.Ref
	owner string
}

func scanOwned(row db.Row) (p ownedPlace, err error) {
	return p, row.Scan(&p.at.Source, &p.at.Dataset, &p.at.Field, &p.owner)
}

// ownedBy gives what those of all owners answer for whom a term means; others are the fields that have an owner of their own.
func ownedBy(ctx context.Context, tx db.Tx, t *term, who []string, others []ownedPlace) (*owned, error) {
	o := &owned{}
	sets, err := ownedSets(ctx, tx, slices.DeleteFunc(slices.Clone(who), func(owner string) bool { return !t.names(owner) }))
	if err != nil {
		return nil, err
	}
	for _, p := range sets {
		o.sets = append(o.sets, p.at)
	}
	for _, p := range others {
		if t.names(p.owner) {
			o.fields = append(o.fields, p.at)
		} else {
			o.but = append(o.but, p.at)
		}
	}
	return o, nil
}

// manyOwners is how many owners are looked up one by one. Of more, all datasets with an owner are read at once.
const manyOwners = 200

// ownedSets gives the datasets for which owners answer.
func ownedSets(ctx context.Context, tx db.Tx, owners []string) (out []ownedPlace, err error) {
	const places = "SELECT source, dataset, field, owner FROM card WHERE owner <> '' AND field = ''"
	if len(owners) > manyOwners {
		out, err = collect(ctx, tx, scanOwned, places)
		named := map[string]bool{}
		for _, owner := range owners {
			named[owner] = true
		}
		return slices.DeleteFunc(out, func(p ownedPlace) bool { return !named[p.owner] }), err
	}
	for _, owner := range owners {
		sets, err := collect(ctx, tx, scanOwned, places+" AND owner = $1", owner)
		if err != nil {
			return nil, err
		}
		out = append(out, sets...)
	}
	return out, nil
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
