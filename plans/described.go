package plans

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
)

// Of somebody who is known by a name and a date of birth alone neither can be looked for by itself: everybody's name is somebody else's too. Both in one record are she.

// description is what is known of such a subject: the words of her name, and when she was born.
type description struct{ words, births []string }

// described lists the subjects who were given without an identifier.
func described(s *Sealed) (out []description) {
	starts := [][]pii.Identifier{s.Start}
	for _, x := range s.Subjects {
		starts = append(starts, x.Start)
	}
	for _, ids := range starts {
		if slices.ContainsFunc(ids, func(id pii.Identifier) bool { return id.Category.Identifier() }) || !lineage.SinglesOut(ids) {
			continue
		}
		var d description
		for _, id := range ids {
			if id.Category == "demographic.birth_date" {
				d.births = append(d.births, id.Value.Reveal())
				continue
			}
			d.words = append(d.words, strings.FieldsFunc(id.Value.Reveal(), func(r rune) bool {
				return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("'’-", r)
			})...)
		}
		out = append(out, d)
	}
	return out
}

// searchDescribed reads a dataset for records in which a date of birth and every word of a name stand together, in whatever fields.
func (c *checker) searchDescribed(ctx context.Context, src *connectors.Source, d pii.Dataset, look func([]pii.Term, *pii.Found)) error {
	var births, words []pii.Value
	for _, x := range c.plain {
		births, words = append(births, values(x.births)...), append(words, values(x.words)...)
	}
	if len(births) == 0 {
		return nil // everybody is known by more
	}
	m := pii.Match{Dataset: d, Terms: []pii.Term{ // of any field: documents have some that nobody listed
		{Mode: pii.Within, Category: "demographic.birth_date", Values: births}, {Mode: pii.Within, Category: "identity.given_name", Values: words},
	}}
	for f, err := range src.Compare(ctx, m) {
		if err != nil {
			return err
		}
		if f.Gap == nil && !slices.ContainsFunc(c.plain, func(x description) bool { return x.in(m.Terms, f.Hits) }) {
			continue
		}
		f.Hits = slices.DeleteFunc(f.Hits, func(h pii.Hit) bool { return m.Terms[h.Term].Category != "demographic.birth_date" })
		look(m.Terms, f)
	}
	return nil
}

func values(all []string) (out []pii.Value) {
	for _, s := range all {
		out = append(out, pii.NewValue(s))
	}
	return out
}

// in tells whether the hits of a record are one of the dates and all of the words.
func (x description) in(terms []pii.Term, hits []pii.Hit) bool {
	hit := func(cat pii.Category, v string) bool {
		return slices.ContainsFunc(hits, func(h pii.Hit) bool {
			t := terms[h.Term]
			return t.Category == cat && t.Values[h.Value].Reveal() == v
		})
	}
	return slices.ContainsFunc(x.births, func(b string) bool { return hit("demographic.birth_date", b) }) &&
		!slices.ContainsFunc(x.words, func(w string) bool { return !hit("identity.given_name", w) })
}
