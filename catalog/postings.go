package catalog

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/numeric"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/internal/errkind"
	"vestige/pii"
)

// postings is what a search looks into: of each term the documents that have it, as a bitmap, in memory. They are read from the index once, when somebody first
// searches, and follow it from then on. Documents are numbered in the order of their keys, so that a page is the first numbers of a bitmap and its size is the
// count of all that was found; what came later is numbered behind, and is kept in order beside.
type postings struct {
	mu     sync.RWMutex
	sets   []setPosting
	bySet  map[string]uint32
	names  []string // of fields as they are written; the first is that of no field, which stands for the dataset
	folded []string // the same in small letters
	byName map[string]uint32
	combos []combo
	byKind map[string]uint32 // combos by their text

	set, name, kind []uint32 // of each document
	base            uint32   // documents below it are in order
	late            []uint32 // those behind it, in order
	dead            int
	terms           map[string]map[string]*roaring.Bitmap
}

// setPosting is a dataset with its documents.
type setPosting struct {
	ref                        string
	source, full, table, below string // in small letters; below is the schema
	docs                       []uint32
}

func newPostings() *postings {
	return &postings{bySet: map[string]uint32{}, names: []string{""}, folded: []string{""}, byName: map[string]uint32{"": 0}, byKind: map[string]uint32{}, terms: map[string]map[string]*roaring.Bitmap{}}
}

// stored are the terms that are read from the index; others follow from names.
var (
	stored  = []string{"kind", "is", "category", "type", "holds", "sens", "article9", "words", "conf"}
	implied = []string{"source", "schema", "dataset", "long", "field"}
)

// slack is how many documents may stand beside the order, or be gone, before all are numbered anew: a tenth, and some.
func (p *postings) slack() int { return len(p.set)/10 + 20_000 }

// load reads the postings of a snapshot.
func (s *snapshot) load(ctx context.Context) (p *postings, err error) {
	defer recovered(&err)
	p = newPostings()
	docs, err := p.keys(ctx, s.r)
	if err != nil {
		return nil, err
	}
	at := p.order(docs)
	for _, field := range slices.Concat(stored, implied) {
		p.terms[field] = map[string]*roaring.Bitmap{}
	}
	errs := make([]error, len(stored)+1)
	var all sync.WaitGroup
	all.Go(func() {
		defer recovered(&errs[len(stored)])
		p.named()
	})
	for i, field := range stored { // each has terms of its own
		all.Go(func() {
			defer recovered(&errs[i])
			errs[i] = p.read(ctx, s.r, field, at)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.tidy()
	return p, nil
}

// keyed is a document of the index before it has its number here.
type keyed struct {
	order uint64 // of its key
	at    uint64 // in the index
	combo uint32
}

// keys reads which documents there are, with what facets count them by.
func (p *postings) keys(ctx context.Context, r bleveindex.IndexReader) (docs []keyed, err error) {
	values, err := r.DocValueReader([]string{"key", "combo"})
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	for _, kind := range []string{"dataset", "field"} {
		err := eachOf(ctx, r, "kind", kind, func(id bleveindex.IndexInternalID, at uint64) error {
			d := keyed{at: at}
			var key string
			if err := values.VisitDocValues(id, func(field string, term []byte) {
				if field == "key" {
					key = string(term)
				} else {
					d.combo = p.comboOf(string(term))
				}
			}); err != nil {
				return errkind.Wrap(errkind.Internal, err, "read the index")
			}
			ref, err := pii.ParseRef(key)
			if err != nil {
				return errkind.Coded(errkind.Conflict, "index-stale", "the index lost a document")
			}
			d.order = uint64(p.setOf(ref))<<32 | uint64(p.nameOf(ref.Field))
			docs = append(docs, d)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// eachOf visits the documents of one term.
func eachOf(ctx context.Context, r bleveindex.IndexReader, field, term string, visit func(id bleveindex.IndexInternalID, at uint64) error) error {
	terms, err := r.TermFieldReader(ctx, []byte(term), field, false, false, false)
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "read the index")
	}
	defer func() { _ = terms.Close() }()
	var again bleveindex.TermFieldDoc
	for {
		next, err := terms.Next(again.Reset())
		if err != nil {
			return errkind.Wrap(errkind.Internal, err, "read the index")
		}
		if next == nil {
			return ctx.Err()
		}
		if err := visit(next.ID, next.ID.Value()); err != nil {
			return err
		}
	}
}

func (p *postings) setOf(ref pii.Ref) uint32 {
	text := ref.Of().String()
	n, ok := p.bySet[text]
	if !ok {
		schema, table := cutSchema(ref.Dataset)
		n = uint32(len(p.sets))
		p.sets = append(p.sets, setPosting{ref: text, source: fold(ref.Source), full: fold(ref.Dataset), table: fold(table), below: fold(schema)})
		p.bySet[text] = n
	}
	return n
}

func (p *postings) nameOf(name string) uint32 {
	n, ok := p.byName[name]
	if !ok {
		name = strings.Clone(name) // and not the key that it is a part of
		n = uint32(len(p.names))
		p.names, p.folded, p.byName[name] = append(p.names, name), append(p.folded, fold(name)), n
	}
	return n
}

func (p *postings) comboOf(text string) uint32 {
	n, ok := p.byKind[text]
	if !ok {
		k, _ := parseCombo(text)
		n = uint32(len(p.combos))
		p.combos, p.byKind[text] = append(p.combos, k), n
	}
	return n
}

// order numbers the documents by their keys, and gives by the place in the index the number here.
func (p *postings) order(docs []keyed) (at []uint32) {
	sets, names := ranks(len(p.sets), func(a, b uint32) int { return strings.Compare(p.sets[a].ref, p.sets[b].ref) }), ranks(len(p.names), func(a, b uint32) int { return strings.Compare(p.names[a], p.names[b]) })
	slices.SortFunc(docs, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(sets[a.order>>32], sets[b.order>>32]), cmp.Compare(names[uint32(a.order)], names[uint32(b.order)]))
	})
	most := uint64(0)
	for _, d := range docs {
		most = max(most, d.at+1)
	}
	at = make([]uint32, most)
	for i := range at {
		at[i] = math.MaxUint32
	}
	p.set, p.name, p.kind = make([]uint32, len(docs)), make([]uint32, len(docs)), make([]uint32, len(docs))
	for i, d := range docs {
		id := uint32(i)
		at[d.at], p.set[i], p.name[i], p.kind[i] = id, uint32(d.order>>32), uint32(d.order), d.combo
		set := &p.sets[p.set[i]]
		set.docs = append(set.docs, id)
	}
	p.base, p.late, p.dead = uint32(len(docs)), nil, 0
	return at
}

// ranks gives the place of each of n things in their order.
func ranks(n int, compare func(a, b uint32) int) []uint32 {
	order, rank := make([]uint32, n), make([]uint32, n)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, compare)
	for i, x := range order {
		rank[x] = uint32(i)
	}
	return rank
}

// read reads the documents of every term of a field.
func (p *postings) read(ctx context.Context, r bleveindex.IndexReader, field string, at []uint32) error {
	dict, err := r.FieldDict(field)
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "read the index")
	}
	defer func() { _ = dict.Close() }()
	var ids []uint32
	for {
		e, err := dict.Next()
		if err != nil {
			return errkind.Wrap(errkind.Internal, err, "read the index")
		}
		if e == nil {
			return nil
		}
		term, ok := termOf(field, e.Term)
		if !ok {
			continue
		}
		ids = ids[:0]
		err = eachOf(ctx, r, field, e.Term, func(_ bleveindex.IndexInternalID, doc uint64) error {
			if doc < uint64(len(at)) && at[doc] != math.MaxUint32 {
				ids = append(ids, at[doc])
			}
			return nil
		})
		if err != nil {
			return err
		}
		p.posting(field, term).Or(bitmapOf(ids, len(p.set)))
	}
}

// bitmapOf gives the bitmap of some numbers below n, in any order. Many are quicker laid down one by one than sorted.
func bitmapOf(ids []uint32, n int) *roaring.Bitmap {
	if len(ids) < n/64 {
		slices.Sort(ids)
		b := roaring.New()
		b.AddMany(ids)
		return b
	}
	dense := make([]uint64, (n+63)/64)
	for _, id := range ids {
		dense[id/64] |= 1 << (id % 64)
	}
	b := roaring.New()
	b.FromDense(dense, true)
	return b
}

// termOf gives a term of the index as it is kept here; of numbers there are several for each, of which one counts.
func termOf(field, term string) (string, bool) {
	if field != "conf" {
		return strings.Clone(term), true
	}
	coded := numeric.PrefixCoded(term)
	if shift, err := coded.Shift(); err != nil || shift != 0 {
		return "", false
	}
	n, err := coded.Int64()
	return confTerm(numeric.Int64ToFloat64(n)), err == nil
}

func confTerm(v float64) string { return strconv.FormatFloat(thousandth(v), 'f', 3, 64) }

func (p *postings) posting(field, term string) *roaring.Bitmap {
	if p.terms[field] == nil {
		p.terms[field] = map[string]*roaring.Bitmap{}
	}
	b := p.terms[field][term]
	if b == nil {
		b = roaring.New()
		p.terms[field][term] = b
	}
	return b
}

// named makes the postings that follow from the names of datasets and fields.
func (p *postings) named() {
	for i := range p.sets {
		s := &p.sets[i]
		if n := len(s.docs); n > 0 { // they are numbered one after another
			p.ofSet(s, func(b *roaring.Bitmap) { b.AddRange(uint64(s.docs[0]), uint64(s.docs[n-1])+1) })
		}
	}
	docs := make([][]uint32, len(p.names))
	for id, n := range p.name {
		docs[n] = append(docs[n], uint32(id))
	}
	for n := 1; n < len(docs); n++ {
		p.ofName(p.names[n], func(b *roaring.Bitmap) { b.AddMany(docs[n]) })
	}
}

// tidy has long rows of numbers take little room.
func (p *postings) tidy() {
	for _, all := range p.terms {
		for _, b := range all {
			b.RunOptimize()
		}
	}
}

// ofSet visits the postings in which a dataset's documents are for its name's sake.
func (p *postings) ofSet(s *setPosting, visit func(*roaring.Bitmap)) {
	visit(p.posting("source", s.source))
	if s.below != "" {
		visit(p.posting("schema", s.below))
	}
	ref, _ := pii.ParseRef(s.ref)
	for _, w := range distinct(splitWords(ref.Dataset)) {
		visit(p.posting("dataset", w))
	}
}

// shortNames is up to how many words a field's name is told by their number.
const shortNames = 3

// ofName visits the postings in which a field is for its name's sake.
func (p *postings) ofName(name string, visit func(*roaring.Bitmap)) {
	ws := splitWords(name)
	if n := len(ws); n <= shortNames {
		visit(p.posting("long", strconv.Itoa(n)))
	}
	for _, w := range distinct(ws) {
		visit(p.posting("field", w))
	}
}

func distinct(ws []string) []string {
	slices.Sort(ws)
	return slices.Compact(ws)
}

// apply follows what the index was told of datasets.
func (p *postings) apply(changes []change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := 0
	for _, ch := range changes {
		if ch.id[0] != 'n' {
			continue
		}
		p.drop(strings.TrimPrefix(ch.id, "n/"))
		for i := range ch.docs {
			p.add(&ch.docs[i])
		}
		fresh += len(ch.docs)
	}
	p.keepOrder(fresh)
	if len(p.late)+p.dead > p.slack() {
		p.renumber()
	}
}

// drop takes a dataset's documents out of what every question is about.
func (p *postings) drop(ref string) {
	n, ok := p.bySet[ref]
	if !ok {
		return
	}
	for _, id := range p.sets[n].docs {
		p.posting("kind", "field").Remove(id)
		p.posting("kind", "dataset").Remove(id)
	}
	p.dead += len(p.sets[n].docs)
	p.sets[n].docs = nil
}

func (p *postings) add(d *searchDoc) {
	id := uint32(len(p.set))
	n := p.setOf(d.ref)
	p.set, p.name, p.kind = append(p.set, n), append(p.name, p.nameOf(d.ref.Field)), append(p.kind, p.comboOf(d.combo().String()))
	s := &p.sets[n]
	s.docs = append(s.docs, id)
	put := func(b *roaring.Bitmap) { b.Add(id) }
	p.ofSet(s, put)
	if d.ref.Field != "" {
		p.ofName(d.ref.Field, put)
	}
	d.terms(func(field, term string) { p.posting(field, term).Add(id) })
	p.posting("conf", confTerm(d.conf)).Add(id)
	for _, w := range d.words {
		p.posting("words", w).Add(id)
	}
}

// keepOrder puts the last documents where they belong among those that came later.
func (p *postings) keepOrder(fresh int) {
	from := len(p.set) - fresh
	if fresh > 200 {
		for id := from; id < len(p.set); id++ {
			p.late = append(p.late, uint32(id))
		}
		slices.SortFunc(p.late, p.compare)
		return
	}
	for id := from; id < len(p.set); id++ {
		i, _ := slices.BinarySearchFunc(p.late, uint32(id), p.compare)
		p.late = slices.Insert(p.late, i, uint32(id))
	}
}

func (p *postings) compare(a, b uint32) int {
	return p.place(a, p.sets[p.set[b]].ref, p.names[p.name[b]])
}

// place compares a document with a place in the order of keys.
func (p *postings) place(id uint32, set, name string) int {
	return cmp.Or(strings.Compare(p.sets[p.set[id]].ref, set), strings.Compare(p.names[p.name[id]], name))
}

// renumber numbers all documents in the order of their keys, and forgets those that are gone.
func (p *postings) renumber() {
	live := roaring.Or(p.posting("kind", "field"), p.posting("kind", "dataset"))
	docs := make([]keyed, 0, live.GetCardinality())
	for it := live.Iterator(); it.HasNext(); {
		id := it.Next()
		docs = append(docs, keyed{order: uint64(p.set[id])<<32 | uint64(p.name[id]), at: uint64(id), combo: p.kind[id]})
	}
	for i := range p.sets {
		p.sets[i].docs = nil
	}
	at := p.order(docs)
	var ids []uint32
	for _, all := range p.terms {
		for term, b := range all {
			ids = ids[:0]
			for it := b.Iterator(); it.HasNext(); {
				if id := it.Next(); int(id) < len(at) && at[id] != math.MaxUint32 {
					ids = append(ids, at[id])
				}
			}
			if len(ids) == 0 {
				delete(all, term)
				continue
			}
			slices.Sort(ids)
			fresh := roaring.New()
			fresh.AddMany(ids)
			all[term] = fresh
		}
	}
	p.tidy()
}
