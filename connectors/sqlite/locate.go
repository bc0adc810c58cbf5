package sqlite

import (
	"context"
	"database/sql/driver"
	"iter"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/forms"
	"vestige/pii"
)

// termsPerQuery bounds the parameters of one statement: a value takes up to four.
const termsPerQuery = 120

// CanLocate says yes to plain columns of a table compared byte by byte, and to numbers compared by a normal form that is the value itself: there
// the condition of a statement finds what comparing every record would.
func (d *Driver) CanLocate(m pii.Match) bool {
	if m.Dataset.Kind != pii.Table || len(m.Dataset.Key) == 0 || len(m.Terms) == 0 {
		return false
	}
	for _, t := range m.Terms {
		f := m.Dataset.Field(t.Field)
		if f == nil || f.Path != "" || len(t.Near) > 0 || slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" }) {
			return false
		}
		if t.Mode == pii.Exact || t.Mode == pii.Equal && f.Type == pii.Int && forms.Exactness(t.Category) {
			continue
		}
		return false
	}
	return true
}

// Locate asks once for the values of each field, and compares what comes with the terms as reading all would.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		c, err := d.take(ctx, reading)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.put()
		l := located{match: m, matcher: forms.Compile(m.Terms), seen: map[string]bool{}, yield: yield}
		if err := l.run(ctx, d, c); err != nil && !l.stopped {
			yield(nil, err)
		}
	}
}

type located struct {
	match   pii.Match
	matcher *forms.Matcher
	seen    map[string]bool
	yield   func(*pii.Found, error) bool
	stopped bool
}

func (l *located) run(ctx context.Context, d *Driver, c *conn) error {
	asked := map[string][]pii.Value{}
	want := slices.Clone(l.match.Want)
	for _, t := range l.match.Terms {
		asked[t.Field] = append(asked[t.Field], t.Values...)
		if !slices.Contains(want, t.Field) {
			want = append(want, t.Field)
		}
	}
	if len(l.match.Keys) > 0 {
		r, err := d.newReader(ctx, c, connectors.Query{Dataset: l.match.Dataset, Fields: want})
		if err != nil {
			return err
		}
		defer r.close()
		r.yield, r.more = l.batch(ctx, true), true
		if err := r.byKeys(ctx, l.match.Keys); err != nil {
			return err
		}
		r.flush()
	}
	for _, f := range l.match.Dataset.Fields {
		for part := range slices.Chunk(asked[f.Name], termsPerQuery) {
			if err := l.ask(ctx, d, c, f.Name, part, want); err != nil || l.stopped {
				return err
			}
		}
	}
	return nil
}

// ask reads the records in which the field may have one of the values.
func (l *located) ask(ctx context.Context, d *Driver, c *conn, field string, values []pii.Value, want []string) error {
	r, err := d.newReader(ctx, c, connectors.Query{Dataset: l.match.Dataset, Fields: want})
	if err != nil {
		return err
	}
	defer r.close()
	where, args := r.l.in(field, values)
	r.yield, r.more = l.batch(ctx, false), true
	r.hold()
	if _, err := r.pass(ctx, r.selects+" WHERE "+where, args...); err != nil {
		return err
	}
	r.flush()
	return nil
}

// in gives the condition that a column holds one of the values.
func (l *layout) in(field string, values []pii.Value) (string, []driver.Value) {
	c := l.column(field)
	var args []driver.Value
	for _, v := range values {
		if v.Null() {
			continue
		}
		all := storage(v.Reveal())
		if n, whole := all[len(all)-1].(int64); c == nil || l.alias(c) {
			if whole {
				args = append(args, n)
			}
			continue
		}
		args = append(args, all...)
	}
	if len(args) == 0 {
		return "0", nil
	}
	return l.expr(field) + " IN (?" + strings.Repeat(",?", len(args)-1) + ")", args
}

// batch turns records into what was found; keyed ones are found whether a term matches or not.
func (l *located) batch(ctx context.Context, keyed bool) func(*pii.Batch, error) bool {
	return func(b *pii.Batch, err error) bool {
		if err != nil || b.Gap != nil {
			l.stopped = !l.gap(b, err)
			return !l.stopped
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
				l.stopped = !l.gap(nil, err)
				return false
			}
			id := b.Key(i).ID()
			if l.seen[id] || !keyed && len(hits[i]) == 0 {
				continue
			}
			l.seen[id] = true
			f := &pii.Found{Dataset: l.match.Dataset.Ref, Key: b.Key(i), Digest: b.Digest(i), Hits: hits[i], Fields: connectors.Wanted(b, i, l.match.Want)}
			if !l.yield(f, nil) {
				l.stopped = true
				return false
			}
		}
		return true
	}
}

func (l *located) gap(b *pii.Batch, err error) bool {
	if err != nil {
		return l.yield(nil, err) && false
	}
	return l.yield(&pii.Found{Dataset: l.match.Dataset.Ref, Gap: b.Gap}, nil)
}
