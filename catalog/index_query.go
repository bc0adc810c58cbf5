package catalog

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/internal/errkind"
)

// found is one page from the index.
type found struct {
	hits   []Hit
	total  int64
	combos []combo
	last   []string // sort values of the last hit
}

// mostCombos bounds what facets tell apart.
const mostCombos = 20_000

// search asks the index. The query was parsed by us, so that nothing reaches Bleve that could match without bound.
func (x *index) search(ctx context.Context, ask question, facets bool) (f found, err error) {
	defer recovered(&err)
	req := bleve.NewSearchRequestOptions(compileQuery(ask), ask.limit, 0, false)
	req.Fields = []string{"hit"}
	byKey := &search.SortField{Field: "key", Type: search.SortFieldAsString, Missing: search.SortFieldMissingLast}
	if ask.ranked {
		req.Sort = search.SortOrder{&search.SortScore{Desc: true}, byKey}
	} else {
		req.Sort, req.Score = search.SortOrder{byKey}, "none"
	}
	if ask.limit == 0 {
		req.Sort, req.Fields = search.SortOrder{&search.SortScore{Desc: true}}, nil
	}
	if len(ask.after) > 0 {
		if len(ask.after) != len(req.Sort) {
			return f, errkind.Coded(errkind.Invalid, "bad-cursor", "the page to go on after is not one of this query")
		}
		req.SearchAfter = ask.after
	}
	if facets {
		req.AddFacet("combo", bleve.NewFacetRequest("combo", mostCombos))
	}
	res, err := x.b.SearchInContext(ctx, req)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return f, errkind.Coded(errkind.Transient, "search-too-long", "the search took too long: narrow it")
	case ctx.Err() != nil:
		return f, ctx.Err()
	case err != nil:
		return f, errkind.Coded(errkind.Internal, "search", "the index cannot answer")
	}
	return collected(res, ask)
}

func collected(res *bleve.SearchResult, ask question) (f found, err error) {
	f.total = int64(res.Total)
	for _, h := range res.Hits {
		var hit Hit
		text, _ := h.Fields["hit"].(string)
		if err := decode([]byte(text), &hit); err != nil {
			return f, err
		}
		f.hits = append(f.hits, hit)
		f.last = []string{hit.Ref.String()}
		if ask.ranked {
			f.last = []string{strconv.FormatFloat(h.Score, 'g', -1, 64), hit.Ref.String()}
		}
	}
	if facet := res.Facets["combo"]; facet != nil && facet.Terms != nil {
		for _, t := range facet.Terms.Terms() {
			if k, ok := parseCombo(t.Term); ok {
				k.n = int64(t.Count)
				f.combos = append(f.combos, k)
			}
		}
	}
	return f, nil
}

// compileQuery takes apart what is ranked and what only admits: the latter is read without scores, which is much faster.
func compileQuery(ask question) query.Query {
	admit, rank := []query.Query{exact("kind", ask.kind)}, []query.Query(nil)
	for _, e := range ask.expr.all {
		if e.ranked() {
			rank = append(rank, compile(e, ask.kind))
		} else {
			admit = append(admit, compile(e, ask.kind))
		}
	}
	if ask.expr.all == nil {
		rank = append(rank, compile(ask.expr, ask.kind))
	}
	return query.NewConjunctionQuery(append(rank, unscored{query.NewConjunctionQuery(admit)}))
}

// unscored reads a query without scores, as bitmaps that are intersected.
type unscored struct{ query.Query }

// Searcher asks the query as if nothing was to be ranked.
func (q unscored) Searcher(ctx context.Context, r bleveindex.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	o.Score = "none"
	return q.Query.Searcher(ctx, r, m, o)
}

// compile writes a parsed query in Bleve's terms.
func compile(e expr, kind string) query.Query {
	switch {
	case e.term != nil:
		return compileTerm(e.term, kind)
	case e.not != nil:
		return query.NewBooleanQuery([]query.Query{exact("kind", kind)}, nil, []query.Query{compile(*e.not, kind)})
	case e.any != nil:
		return anyOf(compileAll(e.any, kind)...)
	case len(e.all) == 0:
		return exact("kind", kind)
	}
	return compileAnd(e.all, kind)
}

func compileAll(es []expr, kind string) (qs []query.Query) {
	for _, e := range es {
		qs = append(qs, compile(e, kind))
	}
	return qs
}

// compileAnd joins what must hold. What must not hold is taken from all documents of the kind, and not from what must hold: Bleve forgets a
// condition that matches nothing beside one that must not hold.
func compileAnd(es []expr, kind string) query.Query {
	if len(es) == 1 {
		return compile(es[0], kind)
	}
	return query.NewConjunctionQuery(compileAll(es, kind))
}

func compileTerm(t *term, kind string) query.Query {
	switch t.key {
	case "":
		return compileWords(t)
	case "conf":
		return between(t)
	case "sensitivity":
		return sensitivities(t)
	case "field":
		return named(t, "field", "fieldx")
	case "dataset":
		return named(t, "dataset", "datasetx", "table")
	case "name":
		if kind == "dataset" {
			return named(t, "", "datasetx", "table")
		}
		return named(t, "", "fieldx")
	case "kind":
		return exact("holds", t.value)
	case "source", "schema":
		return named(t, "", t.key)
	}
	return exact(t.key, t.value)
}

// compileWords asks for every word anywhere, and ranks it higher in the name of the field or the dataset.
func compileWords(t *term) query.Query {
	if t.star {
		return pattern("words", t.value)
	}
	if len(t.words) == 0 {
		return query.NewMatchNoneQuery()
	}
	var must []query.Query
	for _, w := range t.words {
		should := []query.Query{ranking("field", w, 3), ranking("dataset", w, 1.5)}
		must = append(must, query.NewBooleanQuery([]query.Query{ranking("words", w, 1)}, should, nil))
	}
	return query.NewConjunctionQuery(must)
}

// named asks for a whole name in one of the exact fields, or for all words of the value in the field of words.
func named(t *term, words string, exacts ...string) query.Query {
	var qs []query.Query
	for _, x := range exacts {
		if t.star {
			qs = append(qs, pattern(x, t.value))
		} else {
			qs = append(qs, exact(x, t.value))
		}
	}
	if words != "" && !t.star && len(t.words) > 0 {
		var all []query.Query
		for _, w := range t.words {
			all = append(all, exact(words, w))
		}
		qs = append(qs, query.NewConjunctionQuery(all))
	}
	return anyOf(qs...)
}

func anyOf(qs ...query.Query) query.Query {
	if len(qs) == 1 {
		return qs[0]
	}
	return query.NewDisjunctionQuery(qs)
}

// exact asks for a term and adds nothing to the rank.
func exact(field, value string) *query.TermQuery { return ranking(field, value, 0) }

func ranking(field, value string, boost float64) *query.TermQuery {
	q := query.NewTermQuery(value)
	q.SetField(field)
	q.SetBoost(boost)
	return q
}

// pattern matches a value with wildcards; what stands before the first one bounds what is read.
func pattern(field, value string) query.Query {
	if i := strings.IndexByte(value, '*'); i == len(value)-1 {
		q := query.NewPrefixQuery(value[:i])
		q.SetField(field)
		return q
	}
	parts := strings.Split(value, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	q := query.NewRegexpQuery(strings.Join(parts, ".*"))
	q.SetField(field)
	return q
}

func (t *term) number() float64 { v, _ := strconv.ParseFloat(t.value, 64); return v } // checked when it was parsed

// compares tells whether v stands to the term's number as its operator says.
func (t *term) compares(v float64) bool {
	n := t.number()
	switch t.op {
	case ">":
		return v > n
	case ">=":
		return v >= n
	case "<":
		return v < n
	case "<=":
		return v <= n
	}
	return v == n
}

func between(t *term) query.Query {
	n, yes, no := thousandth(t.number()), true, false
	var q *query.NumericRangeQuery
	switch t.op {
	case ">":
		q = query.NewNumericRangeInclusiveQuery(&n, nil, &no, nil)
	case ">=":
		q = query.NewNumericRangeInclusiveQuery(&n, nil, &yes, nil)
	case "<":
		q = query.NewNumericRangeInclusiveQuery(nil, &n, nil, &no)
	case "<=":
		q = query.NewNumericRangeInclusiveQuery(nil, &n, nil, &yes)
	default:
		q = query.NewNumericRangeInclusiveQuery(&n, &n, &yes, &yes)
	}
	q.SetField("conf")
	return q
}

func sensitivities(t *term) query.Query {
	var qs []query.Query
	for s := range 5 {
		if t.compares(float64(s)) {
			qs = append(qs, exact("sens", string(rune('0'+s))))
		}
	}
	if len(qs) == 0 {
		return query.NewMatchNoneQuery()
	}
	return anyOf(qs...)
}

// near gives the word of a field's dictionary that is nearest to one that nothing has; only words with the same first letter are looked at.
func (x *index) near(field, word string) (best string, err error) {
	defer recovered(&err)
	first := []rune(word)[:1]
	dict, err := x.b.FieldDictPrefix(field, []byte(string(first)))
	if err != nil {
		return "", errkind.Wrap(errkind.Internal, err, "read the index")
	}
	defer func() { _ = dict.Close() }()
	among := map[string]bool{}
	for range 100_000 {
		e, err := dict.Next()
		if err != nil || e == nil {
			break
		}
		among[e.Term] = true
	}
	return nearest(word, among), nil
}

// has tells whether a field's dictionary has the word.
func (x *index) has(field, word string) (ok bool, err error) {
	defer recovered(&err)
	dict, err := x.b.FieldDictRange(field, []byte(word), []byte(word))
	if err != nil {
		return false, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	defer func() { _ = dict.Close() }()
	e, err := dict.Next()
	return err == nil && e != nil && e.Term == word, nil
}
