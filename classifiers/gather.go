package classifiers

import (
	"hash/maphash"
	"maps"
	"math"
	"slices"

	"vestige/pii"
)

// Gather counts over the values of one column. It keeps no value: what it remembers of them are keyed hashes in memory, shapes and counts.
// It is for one goroutine.
type Gather struct {
	set      *Set
	stats    Stats
	memory   *Memory
	seen     hashSet // hash of a value → its outcome, up to exactLimit
	sketch   *hll
	shapes   map[uint64]*shape
	others   int64 // values of shapes beyond the limit
	outcomes []outcome
	bySig    map[uint64]uint16
	sc       scan
	buf      []found
	numbers  numbers
	prefix   []byte
	started  bool
	judged   int64   // distinct values that the classifiers were asked about
	hopeless []bool  // classifiers that no value of the first ones matched: they are not asked again
	rest     uint64  // a hash of the others; 0 while all are asked
	settled  bool    // what the column is stands beyond doubt: of further values that look alike few are looked at
	made     bytesOf // what the first values are made of
	tally    []int64 // of distinct values, by classifier
}

// outcome is what the classifiers said of some values, all the same.
type outcome struct {
	verdict
	values   int64 // values with it
	distinct int64 // of them, told apart
}

// verdict is what the classifiers say of a value.
type verdict struct {
	sig    uint64 // of all the rest
	flags  uint32
	unseen bool    // nobody looked, beyond what it is made of
	whole  []found // kinds that the value is of as a whole
	within []found // kinds that stand inside
}

type shape struct {
	name string
	n    int64
}

// route is whom to ask about values that have the same features.
type route struct {
	candidates []uint16 // classifiers whose Whole is worth asking
	scan       bool     // whether any trigger can stand in it
}

const (
	exactLimit = 4096 // values told apart exactly
	shapeLimit = 64   // shapes told apart
	longValue  = 120  // longer values are texts
	firstLook  = 128  // distinct values after which doubt is weighed
	lookEach   = 8    // of the further values of a settled column, one of so many is looked at
	judgeEach  = 32   // and of one of so many the classifiers are asked
)

// NewGather starts counting for a field.
func (s *Set) NewGather(ctx Context) *Gather {
	return &Gather{
		set: s, memory: newMemory(), stats: Stats{Field: ctx}, tally: make([]int64, len(s.all)),
		shapes: map[uint64]*shape{}, bySig: map[uint64]uint16{},
	}
}

// Reset starts anew for another field, with the room that the last one took; where m is not nil it remembers in that what it learns of values.
func (g *Gather) Reset(ctx Context, m *Memory) {
	g.seen.reset()
	clear(g.shapes)
	clear(g.bySig)
	clear(g.tally)
	g.stats, g.sketch, g.others, g.outcomes, g.numbers, g.prefix = Stats{Field: ctx}, nil, 0, g.outcomes[:0], numbers{}, g.prefix[:0]
	g.started, g.judged, g.hopeless, g.rest, g.settled, g.made = false, 0, nil, 0, false, bytesOf{}
	if m != nil {
		g.memory = m
	}
}

// strip is how many values of a column are taken at once: their hashes are looked up together, so that the machine waits for memory once and not for each.
const strip = 256

// Add counts the values of a column.
func (g *Gather) Add(col *pii.Column) { g.AddFresh(col, func([][]byte) {}) }

// AddFresh counts the values of a column, and tells, some at a time, of those that are not known to have been seen before. They are the column's own.
func (g *Gather) AddFresh(col *pii.Column, tell func(values [][]byte)) {
	var values [strip][]byte
	fresh := &g.memory.fresh
	defer clear(fresh[:])
	for from := 0; from < col.Len(); from += strip {
		n := 0
		for i := from; i < min(from+strip, col.Len()); i++ {
			v, _ := col.Value(i)
			if v = g.measure(v); v != nil {
				values[n] = v
				n++
			}
		}
		if k := g.all(values[:n], fresh); k > 0 {
			tell(fresh[:k])
		}
	}
}

// all counts values that were measured, in their order, and gives those that are new.
func (g *Gather) all(values [][]byte, fresh *[strip][]byte) (n int) {
	var hashes [strip]uint64
	var said [strip]uint16
	var seen [strip]bool
	for i, v := range values {
		hashes[i] = maphash.Bytes(g.memory.seed, v)
	}
	for i := range values {
		said[i], seen[i] = g.seen.find(hashes[i])
	}
	for i, v := range values {
		if !seen[i] {
			said[i], seen[i] = g.seen.find(hashes[i]) // one of those before it may be the same
		}
		if seen[i] {
			g.again(said[i], v)
			continue
		}
		g.fresh(hashes[i], v)
		fresh[n] = v
		n++
	}
	return n
}

// Value counts one value; nil is NULL. The bytes are not kept.
func (g *Gather) Value(v []byte) {
	if v = g.measure(v); v == nil {
		return
	}
	h := maphash.Bytes(g.memory.seed, v)
	if o, ok := g.seen.find(h); ok {
		g.again(o, v)
		return
	}
	g.fresh(h, v)
}

// measure counts a value by its length, and gives it without the space around it; nil where it is NULL or empty.
func (g *Gather) measure(v []byte) []byte {
	st := &g.stats
	if v == nil {
		st.Nulls++
		return nil
	}
	v = Trim(v)
	if len(v) == 0 {
		st.Empty++
		return nil
	}
	st.Values++
	if st.Len[0] == 0 || len(v) < st.Len[0] {
		st.Len[0] = len(v)
	}
	st.Len[1] = max(st.Len[1], len(v))
	return v
}

// again counts a value that was seen before.
func (g *Gather) again(o uint16, v []byte) {
	g.outcomes[o].values++
	if g.outcomes[o].flags&isCounted != 0 {
		g.numbers.add(v)
	}
}

// fresh takes a value that was not seen before, or is not remembered.
func (g *Gather) fresh(h uint64, v []byte) {
	o := uint16(0)
	switch {
	case !g.settled, h>>32%judgeEach == 0, !g.made.covers(v):
		o = g.examine(h, v)
	default:
		o = g.skim(v, h>>32%lookEach == 0)
	}
	g.outcomes[o].values++
	if g.outcomes[o].flags&isCounted != 0 {
		g.numbers.add(v)
	}
	if g.seen.n < exactLimit {
		g.seen.put(h, o)
		return
	}
	if g.sketch == nil {
		g.sketch = &hll{}
		for _, k := range g.seen.keys {
			if k != 0 {
				g.sketch.add(k)
			}
		}
	}
	g.sketch.add(h | 1)
}

// examine asks the classifiers, unless they said it before.
func (g *Gather) examine(h uint64, v []byte) uint16 {
	key := mix(h, g.rest)
	d, shape := g.memory.find(key)
	if d == nil {
		f := look(v)
		said := g.judge(v, &f)
		d, shape = &said, f.shape
		if len(v) <= longValue {
			g.memory.keep(key, shape, d)
		}
	}
	g.count(v, shape)
	for _, w := range d.whole {
		g.tally[w.who]++
	}
	g.common(v)
	if g.judged < firstLook {
		g.made.add(v)
	}
	if g.judged++; g.judged == firstLook {
		g.settle()
	}
	o := g.intern(d)
	g.outcomes[o].distinct++
	return o
}

// skim takes a value of a settled column that is made of what the others are made of: nobody is asked, and it is looked at where close is set.
func (g *Gather) skim(v []byte, close bool) uint16 {
	f := features{}
	if close {
		f = look(v)
		g.count(v, f.shape)
	} else if IsDigit(v[0]) || v[0] == '-' {
		f.flags = isCounted
	}
	d := verdict{sig: mix(f.sig(), 7), flags: f.flags, unseen: !close}
	return g.intern(&d)
}

// settle looks back on the first distinct values: a classifier that matched none of them will not be asked again, and a column that is of
// one kind, or of numbers, times or codes without words, needs no closer look at every further value.
func (g *Gather) settle() {
	g.hopeless, g.rest = make([]bool, len(g.set.all)), 1
	for i := range g.hopeless {
		if g.hopeless[i] = g.tally[i] == 0; !g.hopeless[i] {
			g.rest = mix(g.rest, uint64(i))
		}
		g.settled = g.settled || g.tally[i] >= firstLook-2
	}
	plain := int64(0)
	for i := range g.outcomes {
		if g.outcomes[i].flags&(isDigits|isDecimal|isDate|isMoment|isUUID|isBool|isHex) != 0 && len(g.outcomes[i].within) == 0 {
			plain += g.outcomes[i].distinct
		}
	}
	g.settled = g.settled || plain >= firstLook-2
}

// common keeps the letters and digits that all values begin with.
func (g *Gather) common(v []byte) {
	if !g.started {
		g.started = true
		for i := 0; i < len(v) && i < 8 && (IsLetter(v[i]) || IsDigit(v[i]) || v[i] == '-' || v[i] == '_'); i++ {
			g.prefix = append(g.prefix, v[i])
		}
		return
	}
	n := 0
	for n < len(g.prefix) && n < len(v) && g.prefix[n] == v[n] {
		n++
	}
	g.prefix = g.prefix[:n]
}

// count counts the shape of a value.
func (g *Gather) count(v []byte, sum uint64) {
	if sh, ok := g.shapes[sum]; ok {
		sh.n++
		return
	}
	if len(g.shapes) == shapeLimit {
		g.others++
		return
	}
	g.shapes[sum] = &shape{shapeName(v), 1}
}

// route gives whom to ask about values with those features.
func (g *Gather) route(f *features) *route {
	key := mix(mix(f.marks[0], f.marks[1]), uint64(min(f.digits, 40))<<8|uint64(min(f.letters, 1)))
	key = mix(mix(key, uint64(min(f.n, 256))), g.rest)
	if r, ok := g.memory.routes[key]; ok {
		return r
	}
	r := &route{scan: f.letters > 0 || f.digits >= 4 || f.at}
	for i, c := range g.set.all {
		if g.hopeless != nil && g.hopeless[i] {
			continue
		}
		if c.Whole != nil && c.Triggers.possible(f) && (c.MaxLen == 0 || f.n <= c.MaxLen) && (c.Lengths == nil || slices.Contains(c.Lengths, f.n)) {
			r.candidates = append(r.candidates, uint16(i))
		}
	}
	g.memory.lead(key, r)
	return r
}

// possible tells whether a value with those features can hold a trigger.
func (t Triggers) possible(f *features) bool {
	if t.Bytes == "" && t.Digits < 2 || t.Starts || len(t.Words) > 0 {
		return true // words stand beside the candidate, not in it
	}
	for _, b := range []byte(t.Bytes) {
		if f.has(b) {
			return true
		}
	}
	return t.Digits > 0 && f.digits >= t.Digits
}

// judge asks the classifiers about a value.
func (g *Gather) judge(v []byte, f *features) verdict {
	g.buf, g.sc.hits = g.buf[:0], g.sc.hits[:0]
	r := g.route(f)
	for _, i := range r.candidates {
		if g.set.all[i].Whole(v) {
			g.buf = append(g.buf, found{int(i), Hit{0, len(v), 0}})
		}
	}
	if r.scan {
		g.scanValue(v)
	}
	sig := f.sig()
	for _, w := range g.buf {
		sig = mix(sig, uint64(w.who)<<8|uint64(w.hit.Flags))
	}
	sig = mix(sig, 1<<40)
	for _, w := range g.sc.hits {
		sig = mix(sig, uint64(w.who)<<8|uint64(w.hit.Flags))
	}
	return verdict{sig: sig, flags: f.flags, whole: g.buf, within: g.sc.hits}
}

// scanValue runs the trigger pass over a value: hits that cover all of it join the whole ones, and where there are none the sparse ones
// are what the value holds inside.
func (g *Gather) scanValue(v []byte) {
	t := g.set.dense
	if len(v) > longValue {
		t = g.set.sparse
	}
	g.sc.run(t, v, 0, len(v))
	for _, f := range g.sc.hits {
		if f.hit.Start == 0 && f.hit.End == len(v) {
			g.mergeWhole(f)
		}
	}
	kept := g.sc.hits[:0]
	if len(g.buf) == 0 || len(v) > longValue {
		for _, f := range g.set.resolve(g.sc.hits) {
			if g.set.all[f.who].Sparse && (g.set.opts.Examples || f.hit.Flags&Example == 0) {
				kept = append(kept, f)
			}
		}
	}
	g.sc.hits = kept
}

// mergeWhole adds a hit that covers the value. A classifier with Whole has spoken already and only lends its flags.
func (g *Gather) mergeWhole(f found) {
	for k := range g.buf {
		if g.buf[k].who == f.who {
			g.buf[k].hit.Flags |= f.hit.Flags
			return
		}
	}
	if g.set.all[f.who].Whole == nil {
		g.buf = append(g.buf, f)
	}
}

// intern gives the outcome of that verdict, whose lists are copied where it is new.
func (g *Gather) intern(d *verdict) uint16 {
	if o, ok := g.bySig[d.sig]; ok {
		return o
	}
	if len(g.outcomes) == math.MaxUint16 {
		return math.MaxUint16 - 1
	}
	g.outcomes = append(g.outcomes, outcome{verdict: d.clone()})
	g.bySig[d.sig] = uint16(len(g.outcomes) - 1)
	return uint16(len(g.outcomes) - 1)
}

// clone copies a verdict, of the kinds inside one hit each.
func (d *verdict) clone() verdict {
	c := verdict{sig: d.sig, flags: d.flags, unseen: d.unseen, whole: slices.Clone(d.whole)}
	for _, w := range d.within {
		if !slices.ContainsFunc(c.within, func(f found) bool { return f.who == w.who }) {
			c.within = append(c.within, w)
		}
	}
	return c
}

// Stats gives the counts so far, as a copy.
func (g *Gather) Stats() *Stats {
	st := g.stats
	st.Hits, st.Within, st.Shapes = map[string]Count{}, map[string]int64{}, map[string]int64{}
	st.Distinct, st.Judged = int64(g.seen.n), g.judged
	if g.sketch != nil {
		st.Distinct = max(st.Distinct, min(g.sketch.count(), st.Values))
	}
	for i := range g.outcomes {
		g.sum(&st, &g.outcomes[i])
	}
	for sh := range maps.Values(g.shapes) {
		st.Shapes[sh.name] += sh.n
	}
	if g.others > 0 {
		st.Shapes["other"] = g.others
	}
	st.Num = g.numbers.stats()
	st.Texture.Births, st.Texture.Decades = g.numbers.births, g.numbers.decades
	st.Texture.Seconds = g.numbers.seconds
	st.Texture.Prefix = string(g.prefix)
	return &st
}

func (g *Gather) sum(st *Stats, o *outcome) {
	if !o.unseen {
		st.Texture.add(o.flags, o.values)
	}
	for _, w := range o.whole {
		name := g.set.all[w.who].Name
		c := st.Hits[name]
		c.Whole += o.values
		c.Distinct += o.distinct
		if w.hit.Flags&Checked != 0 {
			c.Checked += o.values
		}
		if w.hit.Flags&Example != 0 {
			c.Example += o.values
		}
		st.Hits[name] = c
	}
	for _, f := range o.within {
		name := g.set.all[f.who].Name
		c := st.Hits[name]
		c.Within += o.values
		if f.hit.Flags&(Labelled|Checked) != 0 {
			c.Sure += o.values
		}
		st.Hits[name] = c
		st.Within[name] += o.values
	}
}
