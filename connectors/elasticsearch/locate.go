package elasticsearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"unicode/utf16"

	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/doc"
	"vestige/pii"
)

// valuesAtOnce bounds the values of one query.
const valuesAtOnce = 1000

// CanLocate says yes to whole values compared byte by byte in fields that an index may be asked for, to numbers, and to the _id. Whether
// the index really finds them is tried before it is trusted; where it does not, Locate reads.
func (d *Driver) CanLocate(m pii.Match) bool {
	if len(m.Terms) == 0 {
		return len(m.Keys) > 0
	}
	for _, t := range m.Terms {
		f := m.Dataset.Field(t.Field)
		if f == nil || !f.Indexed || len(t.Near) > 0 || slices.ContainsFunc(t.Forms, func(form string) bool { return form != "" }) {
			return false
		}
		if t.Mode != pii.Exact && (t.Mode != pii.Equal || f.Type != pii.Int || !forms.Exactness(t.Category)) {
			return false
		}
	}
	return true
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

// index finds the records of one index.
func (l *locating) index(ctx context.Context, r *reading, x *index) error {
	byField := map[string][]string{}
	for _, t := range l.m.Terms {
		for _, v := range t.Values {
			byField[t.Field] = append(byField[t.Field], v.Reveal())
		}
	}
	if code, _ := x.unreadable(); code != "" {
		return r.index(ctx, x, cursor{})
	}
	stale, err := l.d.refresh(ctx, x)
	if err != nil {
		return err
	}
	if stale {
		return r.index(ctx, x, cursor{}) // which says so
	}
	for field, values := range byField {
		ok, err := l.d.trusted(ctx, x, field, values)
		if err != nil {
			return err
		}
		if !ok {
			return r.index(ctx, x, cursor{})
		}
	}
	for field, values := range byField {
		for part := range slices.Chunk(values, valuesAtOnce) {
			clause, ok := x.clause(field, part)
			if !ok {
				continue
			}
			if err := l.ask(ctx, r, x, clause); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask takes in every document that a query finds, in the order of operations.
func (l *locating) ask(ctx context.Context, r *reading, x *index, clause map[string]any) error {
	size := firstPage
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
		size = adapt(size, p)
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

// length counts as the server does.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// clause makes the query for values of a field; ok is false where none of them can stand in it.
func (x *index) clause(field string, values []string) (clause map[string]any, ok bool) {
	if field == idField {
		return map[string]any{"ids": map[string]any{"values": values}}, true
	}
	l := x.leaves[dotted(field)]
	switch l.way {
	case byTerm:
		clause = map[string]any{"terms": map[string]any{l.ask: values}}
	case byNumber:
		if slices.ContainsFunc(values, func(v string) bool { return !whole64(v) }) {
			return nil, false
		}
		clause = map[string]any{"terms": map[string]any{l.ask: values}}
	case byPhrase:
		var should []any
		for _, v := range values {
			should = append(should, map[string]any{"match_phrase": map[string]any{l.ask: map[string]any{"query": v, "zero_terms_query": "all"}}})
		}
		clause = map[string]any{"bool": map[string]any{"should": should, "minimum_should_match": 1}}
	}
	for _, p := range slices.Backward(l.nested) {
		clause = map[string]any{"nested": map[string]any{"path": p, "query": clause}}
	}
	return clause, clause != nil
}

// whole64 tells whether a value is a number that the index keeps as it is: a fraction is cut off, and what is no number may be left out.
func whole64(v string) bool {
	_, err := strconv.ParseInt(v, 10, 64)
	return err == nil && v[0] != '+'
}

// reaches tells whether the index can hold a value of the field as a whole.
func (l leaf) reaches(v string) bool {
	return (l.longest == 0 || length(v) <= l.longest) && (l.way != byNumber || whole64(v))
}

// trusted tells whether an index may be asked for these values of a field: that is tried once, on its oldest, its newest and some other documents.
func (d *Driver) trusted(ctx context.Context, x *index, field string, values []string) (bool, error) {
	if field == idField {
		return !slices.ContainsFunc(values, func(v string) bool { return v == "" }), nil
	}
	l, ok := x.leaves[dotted(field)]
	if !ok || l.way == byReading || slices.ContainsFunc(values, func(v string) bool { return !l.reaches(v) }) || l.way == byPhrase && len(values) > 200 {
		return false, nil
	}
	about := x.uuid + "/" + x.schema + "/" + field
	d.mu.Lock()
	passed, known := d.trials[about]
	d.mu.Unlock()
	if known {
		return passed, nil
	}
	passed, err := d.trial(ctx, x, field, l)
	if err != nil {
		return false, err
	}
	d.mu.Lock()
	d.trials[about] = passed
	d.mu.Unlock()
	return passed, nil
}

// trial asks the index for values that its own documents have, and wants each document back.
func (d *Driver) trial(ctx context.Context, x *index, field string, l leaf) (bool, error) {
	docs := map[string]*hit{}
	for _, order := range []string{`"sort":[{"_seq_no":"asc"}]`, `"sort":[{"_seq_no":"desc"}]`, `"query":{"function_score":{"random_score":{"seed":7,"field":"_seq_no"}}}`} {
		p, err := d.search(ctx, x.name, "", fmt.Sprintf(`{"size":12,"track_total_hits":false,%s}`, order))
		if err != nil {
			return false, err
		}
		for i := range p.hits {
			docs[p.hits[i].routing+"\x00"+p.hits[i].id] = &p.hits[i]
		}
	}
	var w doc.Walker
	var ids, names []string
	var should []any
	expect := map[string][]string{} // by document: the names of the clauses that must find it
	byValue := map[string]string{}
	for place, h := range docs {
		_ = w.Walk(h.source, func(leaf doc.Leaf) bool {
			v := string(leaf.Value)
			if leaf.Name != field || leaf.Kind == doc.Null || !l.reaches(v) {
				return true
			}
			name, ok := byValue[v]
			if !ok {
				clause, asks := x.clause(field, []string{v})
				if !asks || len(names) >= 60 {
					return true
				}
				name = strconv.Itoa(len(names))
				byValue[v], names = name, append(names, name)
				should = append(should, map[string]any{"bool": map[string]any{"_name": name, "filter": []any{clause}}})
			}
			expect[place] = append(expect[place], name)
			return true
		})
		ids = append(ids, h.id)
	}
	if len(should) == 0 {
		return true, nil
	}
	body, err := json.Marshal(map[string]any{"size": 200, "track_total_hits": false, "query": map[string]any{"bool": map[string]any{
		"filter": []any{map[string]any{"ids": map[string]any{"values": ids}}}, "should": should, "minimum_should_match": 1,
	}}})
	if err != nil {
		return false, malformed()
	}
	p, err := d.search(ctx, x.name, "", string(body))
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, nil // what the index refuses to be asked it is not asked
	}
	for _, h := range p.hits {
		place := h.routing + "\x00" + h.id
		expect[place] = slices.DeleteFunc(expect[place], func(name string) bool { return slices.Contains(h.matched, name) })
	}
	for _, missed := range expect {
		if len(missed) > 0 {
			return false, nil
		}
	}
	return true, nil
}
