package postgres

import (
	"context"
	"iter"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/forms"
	"vestige/pii"
)

// termsPerQuery bounds the parameters of one statement.
const termsPerQuery = 500

// CanLocate says yes to plain columns compared byte by byte, and to numbers compared by a normal form that is the value itself. There the server's = finds at least
// what comparing every record would, whatever the collation and with an index where there is one; what it finds beyond (citext, a collation without case, a
// padded text) is left out by comparing once more.
func (d *Driver) CanLocate(m pii.Match) bool {
	if m.Dataset.Kind == pii.Objects || len(m.Terms) == 0 && (len(m.Keys) == 0 || len(m.Dataset.Key) == 0) {
		return false
	}
	for _, t := range m.Terms {
		f := m.Dataset.Field(t.Field)
		if f == nil || f.Path != "" || len(t.Near) > 0 || slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" }) || !comparable(f) {
			return false
		}
		if t.Mode == pii.Exact || t.Mode == pii.Equal && f.Type == pii.Int && forms.Exactness(t.Category) {
			continue
		}
		return false
	}
	return true
}

// comparable tells by the type's name whether its = is asked, as column.exact does by the catalog.
func comparable(f *pii.Field) bool {
	native, _, _ := strings.Cut(f.Native, "(")
	switch f.Type {
	case pii.Int, pii.Bool, pii.Bytes:
		return true
	case pii.Float:
		return native == "numeric" || native == "double precision"
	case pii.Text:
		return native == "text" || native == "character varying" || native == "character" || native == "uuid" || native == "citext" || strings.HasSuffix(native, ".citext")
	}
	return false
}

// Locate asks once for the values of each field, and compares what comes with the terms as reading all would.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		l := &located{match: m, matcher: forms.Compile(m.Terms), seen: map[string]bool{}, equals: map[pii.Digest]*pii.Found{}, yield: yield, keyless: len(m.Dataset.Key) == 0}
		q := connectors.Query{Dataset: m.Dataset, Fields: slices.Clone(m.Want)}
		asked := map[string][]pii.Value{}
		for _, t := range m.Terms {
			asked[t.Field] = append(asked[t.Field], t.Values...)
			if !slices.Contains(q.Fields, t.Field) {
				q.Fields = append(q.Fields, t.Field)
			}
		}
		if q.Fields == nil {
			q.Fields = []string{}
		}
		d.with(ctx, q, l.batch(ctx), func(r *reader) error {
			if err := l.run(ctx, r, asked); err != nil || !l.keyless {
				return err
			}
			r.flush()
			for _, f := range l.order {
				if !l.stopped && !yield(f, nil) {
					l.stopped = true
				}
			}
			return nil
		})
	}
}

type located struct {
	match   pii.Match
	matcher *forms.Matcher
	seen    map[string]bool // by key, or by place in the table
	keyless bool
	equals  map[pii.Digest]*pii.Found
	order   []*pii.Found
	keyed   bool // the records are those of keys: found whether a term matches or not
	yield   func(*pii.Found, error) bool
	stopped bool
}

func (l *located) run(ctx context.Context, r *reader, asked map[string][]pii.Value) error {
	if l.keyless {
		r.located()
		r.spans = make([][2]int, len(r.selects)+1)
	}
	if len(l.match.Keys) > 0 {
		l.keyed = true
		err := r.byKeys(ctx, l.match.Keys)
		if r.flush(); err != nil || !r.more {
			return err
		}
		l.keyed = false
	}
	for _, f := range l.match.Dataset.Fields {
		for part := range slices.Chunk(asked[f.Name], termsPerQuery) {
			where, args := r.l.in(f.Name, part)
			if where == "" {
				continue
			}
			if err := r.rows(ctx, r.sql(" WHERE "+where), args, func() error { return l.take(r) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// take passes a row on, each place in the table once where nothing else tells records apart.
func (l *located) take(r *reader) error {
	if l.keyless {
		at := string(r.value(r.ctid))
		if l.seen[at] {
			return nil
		}
		l.seen[at] = true
	}
	return r.take()
}

// in gives the condition that a column holds one of the values; none where no value can be one of its.
func (l *layout) in(field string, values []pii.Value) (string, []param) {
	c := l.column(field)
	if c == nil || !c.exact() {
		return "", nil
	}
	return l.oneOf(c, values)
}

// batch turns records into what was found.
func (l *located) batch(ctx context.Context) func(*pii.Batch, error) bool {
	return func(b *pii.Batch, err error) bool {
		switch {
		case err != nil:
			l.stopped = true
			l.yield(nil, err)
			return false
		case b.Gap != nil:
			return l.pass(&pii.Found{Dataset: l.match.Dataset.Ref, Gap: b.Gap})
		}
		hits := make([][]pii.Hit, b.Len())
		cols := b.Columns()
		for k := range cols {
			if l.matcher.Wants(cols[k].Field.Name) {
				l.matcher.Column(&cols[k], func(record int, h pii.Hit) { hits[record] = append(hits[record], h) })
			}
		}
		for i := range b.Len() {
			if ctx.Err() != nil {
				l.stopped = true
				l.yield(nil, ctx.Err())
				return false
			}
			if !l.record(b, i, hits[i]) {
				return false
			}
		}
		return true
	}
}

// record passes one record on, or counts it among its equals.
func (l *located) record(b *pii.Batch, i int, hits []pii.Hit) bool {
	if !l.keyed && len(hits) == 0 {
		return true
	}
	if l.keyless {
		if f := l.equals[b.Digest(i)]; f != nil {
			f.Equals++
			return true
		}
	} else if id := b.Key(i).ID(); l.seen[id] {
		return true
	} else {
		l.seen[id] = true
	}
	f := &pii.Found{Dataset: l.match.Dataset.Ref, Key: b.Key(i), Digest: b.Digest(i), Hits: hits, Fields: connectors.Wanted(b, i, l.match.Want)}
	if !l.keyless {
		return l.pass(f)
	}
	f.Equals = 1
	l.equals[b.Digest(i)] = f
	l.order = append(l.order, f)
	return true
}

func (l *located) pass(f *pii.Found) bool {
	if l.stopped || !l.yield(f, nil) {
		l.stopped = true
	}
	return !l.stopped
}
