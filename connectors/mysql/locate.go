package mysql

import (
	"context"
	"iter"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/errkind"
	"vestige/pii"
)

// CanLocate says yes to plain columns of a table with a key that are compared byte by byte, and to whole numbers compared by a normal form that is the value itself:
// there a statement finds at least what comparing every record would, and what it finds too much is left out here. A collation that ignores case is no way to
// find other spellings: it does not know all of them.
func (d *Driver) CanLocate(m pii.Match) bool {
	if m.Dataset.Kind != pii.Table || len(m.Dataset.Key) == 0 || len(m.Terms) == 0 {
		return false
	}
	for _, t := range m.Terms {
		f := m.Dataset.Field(t.Field)
		if f == nil || f.Path != "" || f.Type == pii.JSON || sortOf(f.Native) == spaceSort || len(t.Near) > 0 || slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" }) {
			return false
		}
		if t.Mode == pii.Exact || t.Mode == pii.Equal && f.Type == pii.Int && forms.Exactness(t.Category) {
			continue
		}
		return false
	}
	return true
}

// Locate asks once for the values of each field, through its index where it has one, and compares what comes with the terms as reading all would.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		l := located{match: m, matcher: forms.Compile(m.Terms), seen: map[string]bool{}, yield: yield}
		want := slices.Clone(m.Want)
		for _, t := range m.Terms {
			if !slices.Contains(want, t.Field) {
				want = append(want, t.Field)
			}
		}
		q := connectors.Query{Dataset: m.Dataset, Fields: want}
		for b, err := range d.reading(ctx, q, func(r *reader) error { return l.run(ctx, r) }) {
			if !l.take(ctx, b, err) {
				return
			}
		}
	}
}

type located struct {
	match   pii.Match
	matcher *forms.Matcher
	seen    map[string]bool
	keyed   bool // records come by their keys, and are found whether a term matches or not
	yield   func(*pii.Found, error) bool
}

func (l *located) run(ctx context.Context, r *reader) error {
	if len(l.match.Keys) > 0 {
		l.keyed = true
		if err := r.byKeys(ctx, l.match.Keys); err != nil {
			return err
		}
		r.flush()
		l.keyed = false
	}
	asked := map[string][]string{}
	for _, t := range l.match.Terms {
		c := r.l.column(t.Field)
		if c == nil {
			return errkind.Coded(errkind.NotFound, "no-such-field", "the table has no such column")
		}
		for _, v := range t.Values {
			if lit, ok := c.literal(v.Reveal()); ok && !v.Null() && !slices.Contains(asked[t.Field], lit) {
				asked[t.Field] = append(asked[t.Field], lit)
			}
		}
	}
	for _, f := range l.match.Dataset.Fields {
		for part := range slices.Chunk(asked[f.Name], keysPerQuery) {
			if err := r.ask(ctx, f.Name, part); err != nil || !r.more {
				return err
			}
		}
	}
	return nil
}

// ask reads the records in which a field may have one of the values. A value that the column's character set cannot write makes the whole question fail; then each is asked
// for by itself, and that one is in no record.
func (r *reader) ask(ctx context.Context, field string, lits []string) error {
	if c := r.l.column(field); c.denied {
		return nil
	}
	err := r.pass(ctx, r.selects+" WHERE "+r.l.column(field).expr()+" IN ("+strings.Join(lits, ", ")+")")
	switch {
	case !collation(err):
		return err
	case len(lits) == 1:
		return nil
	}
	for i := range lits {
		if err := r.ask(ctx, field, lits[i:i+1]); err != nil || !r.more {
			return err
		}
	}
	return nil
}

// take turns records into what was found.
func (l *located) take(ctx context.Context, b *pii.Batch, err error) bool {
	if err != nil {
		l.yield(nil, err)
		return false
	}
	if b.Gap != nil {
		return l.yield(&pii.Found{Dataset: l.match.Dataset.Ref, Gap: b.Gap}, nil)
	}
	hits := make([][]pii.Hit, b.Len())
	cols := b.Columns()
	for k := range cols {
		if l.matcher.Wants(cols[k].Field.Name) {
			l.matcher.Column(&cols[k], func(record int, h pii.Hit) { hits[record] = append(hits[record], h) })
		}
	}
	for i := range b.Len() {
		if err := ctx.Err(); err != nil {
			l.yield(nil, err)
			return false
		}
		id := b.Key(i).ID()
		if l.seen[id] || !l.keyed && len(hits[i]) == 0 {
			continue
		}
		l.seen[id] = true
		f := &pii.Found{Dataset: l.match.Dataset.Ref, Key: b.Key(i), Digest: b.Digest(i), Hits: hits[i], Fields: connectors.Wanted(b, i, l.match.Want)}
		if !l.yield(f, nil) {
			return false
		}
	}
	return true
}
