package memory

import (
	"context"
	"iter"

	"vestige/forms"
	"vestige/internal/doc"
	"vestige/pii"
)

// CanLocate says yes to whole columns; fields inside of documents are left to whoever reads and compares.
func (d *Driver) CanLocate(m pii.Match) bool {
	for _, term := range m.Terms {
		f := m.Dataset.Field(term.Field)
		if f == nil || f.Path != "" || f.Type == pii.JSON {
			return false
		}
	}
	return len(m.Terms) > 0 || len(m.Keys) > 0
}

// Locate finds the rows that satisfy a term, or have one of the keys.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		t, err := d.open(ctx, "Locate", m.Dataset)
		if err != nil {
			yield(nil, err)
			return
		}
		keys := map[string]bool{}
		for _, k := range m.Keys {
			keys[k.ID()] = true
		}
		matcher, all := forms.Compile(d.sys.faults.terms(m.Terms)), d.sys.faults.pattern(m)
		d.find(ctx, t, m.Dataset.Ref, func(r *row) *pii.Found {
			hits := t.hits(matcher, r, 0)
			if len(hits) == 0 && !all && (len(keys) == 0 || !keys[t.key(r).ID()]) {
				return nil
			}
			return t.found(&d.sys.faults, m.Dataset.Ref, r, hits, d.sys.faults.want(m.Want))
		}, yield)
	}
}

// open is what every method on one dataset does first.
func (d *Driver) open(ctx context.Context, method string, ds pii.Dataset) (*table, error) {
	if err := d.begin(ctx, method); err != nil {
		return nil, err
	}
	return d.table(ds)
}

// find yields what look makes of each row, and a gap in the place of one that cannot be read.
func (d *Driver) find(ctx context.Context, t *table, at pii.Ref, look func(*row) *pii.Found, yield func(*pii.Found, error) bool) {
	for _, r := range t.rows {
		if err := d.sys.faults.ended(ctx); err != nil {
			yield(nil, err)
			return
		}
		d.sys.reads.Add(1)
		found := (*pii.Found)(nil)
		if t.unreadable(r) {
			found = &pii.Found{Dataset: at, Gap: &pii.Gap{Code: unreadable, At: at, Text: "a record cannot be read", Records: 1}}
		} else {
			found = look(r)
		}
		if found != nil && !yield(found, nil) {
			return
		}
	}
}

// hits looks for a matcher's values in the columns from the given one on, and inside of documents.
func (t *table) hits(m *forms.Matcher, r *row, from int) (hits []pii.Hit) {
	add := func(h pii.Hit) { hits = append(hits, h) }
	for i := from; i < len(t.Fields); i++ {
		f, v := t.Fields[i], r.values[i]
		if v == nil {
			continue
		}
		m.Match(f.Name, f.Path, v, add)
		if f.Type != pii.JSON {
			continue
		}
		_ = doc.Walk(v, func(leaf doc.Leaf) bool {
			m.Match(doc.FieldName(f.Name, leaf.Name), leaf.Path, leaf.Value, add)
			return true
		})
	}
	return hits
}

// found says of a row what a match wants to know.
func (t *table) found(faults *Faults, at pii.Ref, r *row, hits []pii.Hit, want []string) *pii.Found {
	f := &pii.Found{Dataset: at, Key: t.key(r), Digest: t.digest(r), Hits: hits}
	if f.Key == nil {
		for _, other := range t.rows {
			if t.digest(other) == f.Digest {
				f.Equals++
			}
		}
		f.Equals = faults.equals(f.Equals)
	}
	for _, name := range want {
		i := t.column(name)
		if i < 0 || r.values[i] == nil {
			continue
		}
		if f.Fields == nil {
			f.Fields = map[string][]pii.Located{}
		}
		f.Fields[name] = []pii.Located{{Value: value(r.values[i])}}
	}
	return f
}
