package elasticsearch

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	trialDocs   = 12 // of each kind
	trialValues = 40 // of a field
)

// trial asks an index for values that its own documents have, and wants each document back.
type trial struct {
	d    *Driver
	x    *index
	who  product
	docs []hit // the oldest and the newest
}

// trusted tells whether the index may be asked for a term. That is tried once for each kind of question, and again where the mapping changes.
func (tr *trial) trusted(ctx context.Context, t pii.Term) (bool, error) {
	if t.Field == idField {
		return true, nil
	}
	about := strings.Join([]string{tr.x.uuid, tr.x.schema, t.Field, strconv.Itoa(int(t.Mode)), string(t.Category), strings.Join(t.Forms, ",")}, "/")
	tr.d.mu.Lock()
	passed, known := tr.d.trials[about]
	tr.d.mu.Unlock()
	if known {
		return passed, nil
	}
	passed, tried, err := tr.passes(ctx, t)
	if errkind.Of(err) == errkind.Invalid && err != nil {
		passed, tried, err = false, true, nil // what the index refuses to be asked it is not asked
	}
	if err != nil || !tried {
		return passed, err
	}
	tr.d.mu.Lock()
	tr.d.trials[about] = passed
	tr.d.mu.Unlock()
	return passed, nil
}

// passes makes the trial. Where there are no values yet, nothing is tried, and nothing can be missed.
func (tr *trial) passes(ctx context.Context, t pii.Term) (passed, tried bool, err error) {
	l, _ := tr.x.leafAt(t.Field)
	if err := tr.sample(ctx); err != nil {
		return false, false, err
	}
	with := l.inside(query{"exists": query{"field": l.ask}})
	var having []hit
	for _, from := range []int64{0, tr.middle(t.Field)} {
		without, err := tr.some(ctx, from, query{"bool": query{"must_not": []any{with}}})
		if err != nil {
			return false, false, err
		}
		missed := false
		for i := range without {
			tr.values(&without[i], t, l, func(string) { missed = true })
		}
		if missed { // documents that are older than the mapping, and what it does not index
			return false, true, nil
		}
		some, err := tr.some(ctx, from, with)
		if err != nil {
			return false, false, err
		}
		having = append(having, some...)
	}
	return tr.finds(ctx, t, l, append(having, tr.docs...))
}

// middle gives a number of an operation somewhere between the first and the last.
func (tr *trial) middle(field string) int64 {
	last := int64(0)
	for i := range tr.docs {
		last = max(last, tr.docs[i].seq)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(field))
	return last / 8 * int64(1+h.Sum32()%7)
}

// some gives a few documents of a query, from a number on.
func (tr *trial) some(ctx context.Context, from int64, q query) ([]hit, error) {
	body, err := json.Marshal(query{"size": trialDocs, "track_total_hits": false, "sort": []string{"_seq_no"}, "query": query{"bool": query{"filter": []any{q, query{"range": query{"_seq_no": query{"gte": from}}}}}}})
	if err != nil {
		return nil, malformed()
	}
	p, err := tr.d.search(ctx, tr.x.name, "", string(body))
	return p.hits, err
}

func (tr *trial) sample(ctx context.Context) error {
	if tr.docs != nil {
		return nil
	}
	for _, order := range []string{"asc", "desc"} {
		p, err := tr.d.search(ctx, tr.x.name, "", fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":[{"_seq_no":"%s"}]}`, trialDocs, order))
		if err != nil {
			return err
		}
		tr.docs = append(tr.docs, p.hits...)
	}
	return nil
}

// values gives the values of the term's field in a document that the index should have.
func (tr *trial) values(h *hit, t pii.Term, l leaf, yield func(v string)) {
	_ = doc.Walk(h.source, func(leaf doc.Leaf) bool {
		if v := string(leaf.Value); leaf.Name == t.Field && leaf.Kind != doc.Null && leaf.Kind != doc.Member && l.keeps(v) {
			yield(v)
		}
		return true
	})
}

// keeps tells whether the index keeps such a value.
func (l leaf) keeps(v string) bool {
	switch l.way {
	case byNumber:
		return whole64(v)
	case byAddress:
		return networked(v)
	case byTerm:
		return length(v) <= l.longest
	}
	return true
}

// finds asks for the values of documents, all in one request, and tells whether each finds the documents that it is from.
func (tr *trial) finds(ctx context.Context, t pii.Term, l leaf, docs []hit) (passed, tried bool, err error) {
	var ids []string
	var should []any
	expect, byValue := map[string][]string{}, map[string]string{} // by document and by value: names of the clauses that must find it
	for i := range docs {
		h := &docs[i]
		place := h.routing + "\x00" + h.id
		ids = append(ids, h.id)
		tr.values(h, t, l, func(v string) {
			name, ok := byValue[v]
			if !ok {
				clauses, asks := tr.x.clauses(tr.who, t, []pii.Value{pii.NewValue(v)})
				if !asks || len(byValue) >= trialValues {
					return
				}
				name = strconv.Itoa(len(byValue))
				byValue[v] = name
				named := either(clauses)
				should = append(should, query{"bool": query{"_name": name, "filter": []any{named}}})
			}
			expect[place] = append(expect[place], name)
		})
	}
	if len(should) == 0 {
		return true, false, nil
	}
	body, err := json.Marshal(query{"size": 1000, "track_total_hits": false, "query": query{"bool": query{
		"filter": []any{query{"ids": query{"values": ids}}}, "should": should, "minimum_should_match": 1,
	}}})
	if err != nil {
		return false, false, malformed()
	}
	p, err := tr.d.search(ctx, tr.x.name, "", string(body))
	if err != nil {
		return false, false, err
	}
	for _, h := range p.hits {
		place := h.routing + "\x00" + h.id
		expect[place] = slices.DeleteFunc(expect[place], func(name string) bool { return slices.Contains(h.matched, name) })
	}
	for _, missed := range expect {
		if len(missed) > 0 {
			return false, true, nil
		}
	}
	return true, true, nil
}
