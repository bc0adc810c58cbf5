package bucket

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/decode"
	"vestige/pii"
)

// CanLocate tells whether the objects themselves say where to look: by keys of records, or by what stands in the objects' keys. Then only
// those objects are read.
func (d *Driver) CanLocate(m pii.Match) bool {
	if skims(m) {
		return true
	}
	for _, t := range m.Terms {
		if t.Field != objectField && !isPlace(t.Field) {
			return false
		}
	}
	return len(m.Terms) > 0 || len(m.Keys) > 0
}

// skims tells whether the objects have statistics and filters that say which of their parts cannot hold the values: of Parquet, for values that are
// compared byte by byte.
func skims(m pii.Match) bool {
	for _, t := range m.Terms {
		f := m.Dataset.Field(t.Field)
		plain := !slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" }) && len(t.Near) == 0
		if f == nil || f.Column != "" || t.Mode != pii.Exact || !plain {
			return false
		}
	}
	return m.Dataset.Format == decode.Parquet && len(m.Terms) > 0 && len(m.Keys) == 0
}

// soughtOf gives the values that a match asks for, as the decoder takes them.
func soughtOf(m pii.Match) (out []decode.Sought) {
	for _, t := range m.Terms {
		s := decode.Sought{Name: t.Field}
		for _, v := range t.Values {
			if !v.Null() {
				s.Values = append(s.Values, []byte(v.Reveal()))
			}
		}
		out = append(out, s)
	}
	return out
}

// isPlace tells whether a field is a hole of the pattern: {1}, {2} …
func isPlace(field string) bool {
	inner, ok := strings.CutPrefix(field, "{")
	inner, ok2 := strings.CutSuffix(inner, "}")
	return ok && ok2 && inner != "" && strings.Trim(inner, "0123456789") == ""
}

// Locate reads the objects whose keys match, and those of the keys asked for.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		matcher := forms.Compile(m.Terms)
		keys := m.Keys
		if keys == nil {
			keys = []pii.Key{}
		}
		skim := skims(m)
		if skim {
			keys = nil
		}
		r := d.reading(ctx, connectors.Query{Dataset: m.Dataset, Keys: keys, Fields: fieldsFor(m)}, func(b *pii.Batch, _ error) bool {
			return give(b, m, matcher, skim, yield)
		})
		var err error
		if r.sought = soughtOf(m); !skim {
			r.sought, err = nil, r.whole(m, matcher)
		}
		if err == nil {
			err = r.run()
		}
		if err == nil {
			err = r.flush()
		}
		if err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

// fieldsFor gives the fields that a match is about.
func fieldsFor(m pii.Match) []string {
	out := slices.Clone(m.Want)
	for _, t := range m.Terms {
		out = append(out, t.Field)
	}
	slices.Sort(out)
	return append([]string{}, slices.Compact(out)...)
}

// whole marks the objects whose keys match to be read as a whole.
func (r *reading) whole(m pii.Match, matcher *forms.Matcher) error {
	if len(m.Terms) == 0 {
		return nil
	}
	place, err := r.d.member(r.ctx, m.Dataset.Ref.Dataset)
	if err != nil {
		return err
	}
	return r.d.objs.List(r.ctx, literal(m.Dataset.Ref.Dataset), "", func(o object) error {
		values, ok := place(o)
		if !ok {
			return nil
		}
		hit := false
		found := func(pii.Hit) { hit = true }
		matcher.Match(objectField, "", []byte(o.Key), found)
		for i, v := range values {
			matcher.Match("{"+strconv.Itoa(i+1)+"}", "", []byte(v), found)
		}
		if hit {
			r.keys[o.Key] = &wanted{all: true}
		}
		return nil
	})
}

// give yields the records of a batch with their hits; with hit only those that have one.
func give(b *pii.Batch, m pii.Match, matcher *forms.Matcher, hit bool, yield func(*pii.Found, error) bool) bool {
	if b.Gap != nil {
		return yield(&pii.Found{Dataset: m.Dataset.Ref, Gap: b.Gap}, nil)
	}
	hits := make([][]pii.Hit, b.Len())
	cols := b.Columns()
	for k := range cols {
		if matcher.Wants(cols[k].Field.Name) {
			matcher.Column(&cols[k], func(record int, h pii.Hit) { hits[record] = append(hits[record], h) })
		}
	}
	for i := range b.Len() {
		if hit && len(hits[i]) == 0 {
			continue
		}
		f := &pii.Found{Dataset: m.Dataset.Ref, Key: b.Key(i), Digest: b.Digest(i), Hits: hits[i], Fields: connectors.Wanted(b, i, m.Want)}
		if !yield(f, nil) {
			return false
		}
	}
	return true
}
