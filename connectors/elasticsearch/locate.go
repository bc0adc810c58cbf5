package elasticsearch

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	valuesAtOnce  = 1000 // of one clause
	clausesAtOnce = 100  // of one query
	clausesAtMost = 2000 // of one index; reading is cheaper than more
)

// CanLocate says yes to whole values in fields that an index may be asked for, byte by byte or in a normal form whose spellings patterns cover, and to the
// _id. Whether the index really finds them is tried before it is trusted; where it does not, Locate reads.
func (d *Driver) CanLocate(m pii.Match) bool {
	if len(m.Terms) == 0 {
		return len(m.Keys) > 0
	}
	return !slices.ContainsFunc(m.Terms, func(t pii.Term) bool {
		f := m.Dataset.Field(t.Field)
		return f == nil || !f.Indexed || len(t.Near) > 0 || !asked(t, *f)
	})
}

// asked tells whether some index could be asked for a term.
func asked(t pii.Term, f pii.Field) bool {
	whole := !slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" })
	switch {
	case t.Mode == pii.Exact:
		return whole
	case t.Mode != pii.Equal || f.Name == idField:
		return false
	case f.Type == pii.Int:
		return whole && forms.Exactness(t.Category)
	case f.Native == "ip":
		return whole && t.Category == "online.ip"
	}
	return len(t.Values) <= valuesAtOnce && !slices.ContainsFunc(t.Values, func(v pii.Value) bool { _, ok := forms.Patterns(t, []byte(v.Reveal())); return !ok })
}

// Locate asks each index for the values and compares what comes as reading would; an index that cannot be trusted with a field is read.
func (d *Driver) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		l := &locating{d: d, m: m, matcher: forms.Compile(m.Terms), seen: map[string]bool{}, yield: yield}
		if err := l.run(ctx); err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

type locating struct {
	d       *Driver
	m       pii.Match
	matcher *forms.Matcher
	seen    map[string]bool
	keyed   bool
	yield   func(*pii.Found, error) bool
}

func (l *locating) run(ctx context.Context) error {
	members, err := l.d.members(ctx, l.m.Dataset.Ref.Dataset)
	if err != nil {
		return err
	}
	r := l.d.reading(connectors.Query{Dataset: l.m.Dataset, Fields: l.fields()}, l.batch)
	if len(l.m.Keys) > 0 {
		l.keyed = true
		if err := r.byKeys(ctx, members, l.m.Keys); err != nil {
			return err
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
		l.keyed = false
	}
	if len(l.m.Terms) == 0 {
		return nil
	}
	for _, x := range members {
		if err := l.index(ctx, r, x); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

func (l *locating) fields() []string {
	out := slices.Clone(l.m.Want)
	for _, t := range l.m.Terms {
		out = append(out, t.Field)
	}
	slices.Sort(out)
	return append([]string{}, slices.Compact(out)...)
}

// index finds the records of one index: by one query, or by reading where no query can be trusted with one of the terms.
func (l *locating) index(ctx context.Context, r *reading, x *index) error {
	if code, _ := x.unreadable(); code != "" || x.source == sourceExcluded { // which is said where it is read
		return r.index(ctx, x, cursor{})
	}
	stale, err := l.d.refresh(ctx, x)
	if err != nil {
		return err
	}
	if stale {
		return r.index(ctx, x, cursor{}) // which says so
	}
	who, err := l.d.c.who(ctx)
	if err != nil {
		return err
	}
	var clauses []any
	tr := trial{d: l.d, x: x, who: who}
	for _, t := range l.m.Terms {
		own, ok := x.clauses(who, t, t.Values)
		if ok {
			ok, err = tr.trusted(ctx, t)
		}
		if err != nil {
			return err
		}
		if !ok || len(clauses)+len(own) > clausesAtMost {
			return r.index(ctx, x, cursor{})
		}
		clauses = append(clauses, own...)
	}
	for part := range slices.Chunk(clauses, clausesAtOnce) {
		err := l.ask(ctx, r, x, either(part))
		if errkind.Of(err) == errkind.Invalid && err != nil { // expensive queries may be switched off
			return r.index(ctx, x, cursor{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ask takes in every document that a query finds, in the order of operations.
func (l *locating) ask(ctx context.Context, r *reading, x *index, clause any) error {
	size := min(firstPage, x.window())
	after := int64(-1)
	for shard := 0; shard < x.shards(); {
		body, err := json.Marshal(map[string]any{"size": size, "track_total_hits": false, "sort": []string{"_seq_no"}, "query": map[string]any{"bool": map[string]any{
			"filter": []any{clause, map[string]any{"range": map[string]any{"_seq_no": map[string]any{"gt": after}}}},
		}}})
		if err != nil {
			return malformed()
		}
		p, err := l.d.search(ctx, x.name, "&preference=_shards:"+strconv.Itoa(shard), string(body))
		if err != nil {
			return err
		}
		for i := range p.hits {
			after = p.hits[i].seq
			if err := r.add(ctx, &p.hits[i]); err != nil {
				return err
			}
		}
		if len(p.hits) < size {
			shard, after = shard+1, -1
		}
		size = x.adapt(size, p)
	}
	return nil
}

// batch turns records into what was found; those asked for by key are found whether a term matches or not.
func (l *locating) batch(b *pii.Batch, err error) bool {
	if err != nil {
		return l.yield(nil, err)
	}
	if b.Gap != nil {
		return l.yield(&pii.Found{Dataset: l.m.Dataset.Ref, Gap: b.Gap}, nil)
	}
	hits := make([][]pii.Hit, b.Len())
	cols := b.Columns()
	for k := range cols {
		if l.matcher.Wants(cols[k].Field.Name) {
			l.matcher.Column(&cols[k], func(record int, h pii.Hit) { hits[record] = append(hits[record], h) })
		}
	}
	for i := range b.Len() {
		id := b.Key(i).ID()
		if l.seen[id] || !l.keyed && len(hits[i]) == 0 {
			continue
		}
		l.seen[id] = true
		if !l.yield(&pii.Found{Dataset: l.m.Dataset.Ref, Key: b.Key(i), Digest: b.Digest(i), Hits: hits[i], Fields: connectors.Wanted(b, i, l.m.Want)}, nil) {
			return false
		}
	}
	return true
}
