package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"vestige/internal/errkind"
	"vestige/pii"
)

// answered is one page of what a question finds: the keys of its documents, how many there are altogether, and how they are counted by facets.
type answered struct {
	keys   []string // as the index names them
	last   []string // of the last one, by which the next page begins
	total  int64
	combos []combo
}

// ask answers a question.
func (p *postings) ask(q question, facets bool) (a answered, err error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	kind := p.term("kind", q.kind)
	all := roaring.And(kind, p.eval(q.expr, q.kind))
	a.total = int64(all.GetCardinality())
	if facets {
		a.combos = p.count(all)
	}
	tiers := []tier{{0, all}}
	want := 1
	if q.ranked {
		tiers, want = p.rank(all, q.expr), 2
	}
	after := q.after
	if len(after) > 0 && len(after) != want {
		return a, errCursor()
	}
	from := pii.Ref{}
	score := ""
	if len(after) > 0 {
		if from, err = pii.ParseRef(after[want-1]); err != nil {
			return a, errCursor()
		}
		score = after[0]
	}
	for _, t := range tiers {
		if len(a.keys) >= q.limit {
			break
		}
		at, text := from, strconv.FormatFloat(t.score, 'g', -1, 64)
		if q.ranked && score != "" {
			switch passed, _ := strconv.ParseFloat(score, 64); {
			case t.score > passed:
				continue
			case t.score < passed:
				at = pii.Ref{}
			}
		}
		for _, id := range p.page(t.docs, at, q.limit-len(a.keys)) {
			key := p.key(id)
			a.keys = append(a.keys, key)
			if a.last = []string{key[2:]}; q.ranked {
				a.last = []string{text, key[2:]}
			}
		}
	}
	return a, nil
}

func errCursor() error {
	return errkind.Coded(errkind.Invalid, "bad-cursor", "the page to go on after is not one of this query")
}

// key gives the id under which the index has a document.
func (p *postings) key(id uint32) string {
	set, name := p.sets[p.set[id]].ref, p.names[p.name[id]]
	if name == "" {
		return "d/" + set
	}
	ref, _ := pii.ParseRef(set)
	return "f/" + ref.In(name).String()
}

// page gives the first documents behind a place, in order.
func (p *postings) page(docs *roaring.Bitmap, after pii.Ref, limit int) (out []uint32) {
	set, name := "", ""
	if after.Source != "" {
		set, name = after.Of().String(), after.Field
	}
	start, late := uint32(0), 0
	if set != "" {
		behind := func(id uint32) bool { return p.place(id, set, name) > 0 }
		lo, hi := uint32(0), p.base
		for lo < hi {
			if mid := (lo + hi) / 2; behind(mid) {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		start = lo
		late, _ = slices.BinarySearchFunc(p.late, true, func(id uint32, _ bool) int {
			if behind(id) {
				return 0
			}
			return -1
		})
	}
	it := docs.Iterator()
	it.AdvanceIfNeeded(start)
	for it.HasNext() && len(out) < limit {
		id := it.Next()
		if id >= p.base {
			break
		}
		out = append(out, id)
	}
	n := len(out)
	for _, id := range p.late[late:] {
		if len(out) == n+limit {
			break
		}
		if docs.Contains(id) {
			out = append(out, id)
		}
	}
	if len(out) > n {
		slices.SortFunc(out, p.compare)
	}
	return out[:min(len(out), limit)]
}

// count counts documents by what facets tell apart.
func (p *postings) count(docs *roaring.Bitmap) (out []combo) {
	n := make([]int64, len(p.combos))
	var some [1024]uint32
	for it := docs.ManyIterator(); ; {
		k := it.NextMany(some[:])
		if k == 0 {
			break
		}
		for _, id := range some[:k] {
			n[p.kind[id]]++
		}
	}
	for i, k := range p.combos {
		if k.n = n[i]; k.n > 0 {
			out = append(out, k)
		}
	}
	return out
}

// tier is documents that fit equally well.
type tier struct {
	score float64
	docs  *roaring.Bitmap
}

// rankedWords is how many words of a query are weighed; each one can part every tier in four.
const rankedWords = 4

// rank parts what was found by how well words fit: best in the name of the field, then of the dataset, then anywhere; a field whose name is little else before others.
func (p *postings) rank(all *roaring.Bitmap, e expr) []tier {
	at := map[float64]*roaring.Bitmap{0: all}
	part := func(by *roaring.Bitmap, add float64) {
		next := map[float64]*roaring.Bitmap{}
		put := func(score float64, docs *roaring.Bitmap) {
			if docs.IsEmpty() {
				return
			}
			if next[score] != nil {
				docs = roaring.Or(next[score], docs)
			}
			next[score] = docs
		}
		for score, docs := range at {
			put(score+add, roaring.And(docs, by))
			put(score, roaring.AndNot(docs, by))
		}
		at = next
	}
	words := 0
	named := roaring.New()
	e.each(func(t *term, negated bool) {
		if t.key != "" || negated || t.star {
			return
		}
		for _, w := range t.words {
			if words++; words <= rankedWords {
				part(p.term("words", w), 1)
				part(p.term("field", w), 3)
				part(p.term("dataset", w), 1.5)
				named.Or(p.term("field", w))
			}
		}
	})
	for n := 1; n <= shortNames; n++ {
		part(roaring.And(named, p.term("long", strconv.Itoa(n))), float64(shortNames+1-n)/8)
	}
	out := make([]tier, 0, len(at))
	for score, docs := range at {
		out = append(out, tier{score, docs})
	}
	slices.SortFunc(out, func(a, b tier) int { return cmp.Compare(b.score, a.score) })
	return out
}

// none is shared and never changed.
var none = roaring.New()

// term gives the documents of a term. They are not to be changed.
func (p *postings) term(field, value string) *roaring.Bitmap {
	if b := p.terms[field][value]; b != nil {
		return b
	}
	return none
}

// eval gives the documents for which a query holds, and perhaps some of another kind. They are not to be changed.
func (p *postings) eval(e expr, kind string) *roaring.Bitmap {
	switch {
	case e.term != nil:
		return p.holds(e.term, kind)
	case e.not != nil:
		return roaring.AndNot(p.term("kind", kind), p.eval(*e.not, kind))
	case e.any != nil:
		return roaring.FastOr(p.evalAll(e.any, kind)...)
	case len(e.all) == 0:
		return p.term("kind", kind)
	}
	return roaring.FastAnd(p.evalAll(e.all, kind)...)
}

func (p *postings) evalAll(es []expr, kind string) (out []*roaring.Bitmap) {
	for _, e := range es {
		out = append(out, p.eval(e, kind))
	}
	return out
}

func (p *postings) holds(t *term, kind string) *roaring.Bitmap {
	switch t.key {
	case "":
		return p.words(t)
	case "conf", "sensitivity":
		return p.between(t)
	case "field":
		return p.called("field", t, p.fields)
	case "dataset":
		return p.called("dataset", t, p.datasets)
	case "name":
		if kind == "dataset" {
			return p.datasets(t)
		}
		return p.fields(t)
	case "owner":
		return p.owned(t.owned)
	case "kind":
		return p.term("holds", t.value)
	case "source", "schema":
		return p.pattern(t.key, t)
	}
	return p.term(t.key, t.value)
}

// words gives what has every word, anywhere.
func (p *postings) words(t *term) *roaring.Bitmap {
	switch {
	case t.star:
		return p.pattern("words", t)
	case len(t.words) == 0:
		return none
	}
	return p.allOf("words", t.words)
}

func (p *postings) allOf(field string, ws []string) *roaring.Bitmap {
	var all []*roaring.Bitmap
	for _, w := range ws {
		all = append(all, p.term(field, w))
	}
	return roaring.FastAnd(all...)
}

// called gives what has all words of a value in its name, in any order; a pattern, and a value without words, is compared with the whole name.
func (p *postings) called(field string, t *term, whole func(*term) *roaring.Bitmap) *roaring.Bitmap {
	if t.star || len(t.words) == 0 {
		return whole(t)
	}
	return p.allOf(field, t.words)
}

// pattern gives the documents of all terms of a field that a value fits.
func (p *postings) pattern(field string, t *term) *roaring.Bitmap {
	if !t.star {
		return p.term(field, t.value)
	}
	parts := strings.Split(t.value, "*")
	var all []*roaring.Bitmap
	for term, b := range p.terms[field] {
		if fits(term, parts) {
			all = append(all, b)
		}
	}
	return roaring.FastOr(all...)
}

// fits tells whether a value begins with the first part, ends with the last, and has the others between.
func fits(value string, parts []string) bool {
	value, ok := strings.CutPrefix(value, parts[0])
	for i := 1; ok && i < len(parts)-1; i++ {
		_, value, ok = strings.Cut(value, parts[i])
	}
	return ok && (len(parts) == 1 && value == "" || len(parts) > 1 && strings.HasSuffix(value, parts[len(parts)-1]))
}

// fields gives the fields whose whole name a value fits.
func (p *postings) fields(t *term) *roaring.Bitmap {
	parts := strings.Split(t.value, "*")
	if !t.star {
		parts = []string{t.value}
	}
	fit, some := make([]bool, len(p.names)), false
	for n, name := range p.folded[1:] {
		if fits(name, parts) {
			fit[n+1], some = true, true
		}
	}
	out := roaring.New()
	if !some {
		return out
	}
	var ids []uint32
	for id, n := range p.name {
		if fit[n] {
			ids = append(ids, uint32(id))
		}
	}
	out.AddMany(ids)
	return out
}

// datasets gives what belongs to datasets whose whole name, with its schema or without, a value fits.
func (p *postings) datasets(t *term) *roaring.Bitmap {
	parts := strings.Split(t.value, "*")
	if !t.star {
		parts = []string{t.value}
	}
	out := roaring.New()
	for i := range p.sets {
		if s := &p.sets[i]; fits(s.full, parts) || fits(s.table, parts) {
			out.AddMany(s.docs)
		}
	}
	return out
}

// between gives what stands to a number as the operator says.
func (p *postings) between(t *term) *roaring.Bitmap {
	field := "conf"
	bound := *t
	if bound.value = confTerm(t.number()); t.key == "sensitivity" {
		field, bound.value = "sens", t.value
	}
	var all []*roaring.Bitmap
	for text, b := range p.terms[field] {
		if v, err := strconv.ParseFloat(text, 64); err == nil && bound.compares(v) {
			all = append(all, b)
		}
	}
	return roaring.FastOr(all...)
}

// near gives the word of a field's that is nearest to one that nothing has; only words with the same first letter are looked at.
func (p *postings) near(field, word string) string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	first, among := string([]rune(word)[:1]), map[string]bool{}
	for term := range p.terms[field] {
		if strings.HasPrefix(term, first) {
			among[term] = true
		}
	}
	return nearest(word, among)
}

// has tells whether a field has the word.
func (p *postings) has(field, word string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.terms[field][word] != nil
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
