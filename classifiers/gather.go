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
	last     uint16  // the outcome of the last value: often that of the next
	skimmed  [2]int  // 1 + the outcome of values at which nobody looks: of those that are not counted, and of those that are
	alike    *shape  // of the last value, with its sum
	alikeSum uint64
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

const (
	exactLimit = 4096 // values told apart exactly
	shapeLimit = 64   // shapes told apart
	longValue  = 120  // longer values are texts
	firstLook  = 128  // distinct values after which doubt is weighed
	lookEach   = 8    // of the further values of a settled column, one of so many is looked at
	judgeEach  = 32   // and of one of so many the classifiers are asked

	manyExamples = 5 // distinct examples (example.com, 555-01xx, test cards) from which on a field is taken for one of people who are made up
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
	g.last, g.skimmed, g.alike = 0, [2]int{}, nil
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
	var slots [strip]int
	var said [strip]uint16
	var seen [strip]bool
	for i, v := range values {
		hashes[i] = maphash.Bytes(g.memory.seed, v)
	}
	room := len(g.seen.slots)
	for i := range values {
		slots[i], said[i], seen[i] = g.seen.seek(hashes[i])
	}
	if !g.settled {
		g.memory.fetch(hashes[:len(values)], g.rest)
	}
	for i, v := range values {
		if seen[i] {
			g.again(said[i], v)
			continue
		}
		if len(g.seen.slots) == room && g.seen.free(slots[i]) {
			g.fresh(slots[i], hashes[i], v)
		} else if !g.value(hashes[i], v) {
			continue
		}
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
	g.value(maphash.Bytes(g.memory.seed, v), v)
}

// value counts a value that was measured, and tells whether it is not known to have been seen before.
func (g *Gather) value(h uint64, v []byte) bool {
	slot, o, ok := g.seen.seek(h)
	if ok {
		g.again(o, v)
		return false
	}
	g.fresh(slot, h, v)
	return true
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

// fresh takes a value that was not seen before, or is not remembered; slot is where it belongs among those that are.
func (g *Gather) fresh(slot int, h uint64, v []byte) {
	o := uint16(0)
	switch {
	case !g.settled, h>>32%judgeEach == 0, !g.made.covers(v):
		o = g.examine(h, v)
	case h>>32%lookEach == 0:
		o = g.closer(v)
	default:
		o = g.skim(v)
	}
	g.outcomes[o].values++
	if g.outcomes[o].flags&isCounted != 0 {
		g.numbers.add(v)
	}
	if g.seen.n < exactLimit {
		g.seen.put(slot, h, o)
		return
	}
	if g.sketch == nil {
		g.sketch = &hll{}
		for _, x := range g.seen.slots {
			if x != 0 {
				g.sketch.add(x &^ outBits)
			}
		}
	}
	g.sketch.add(hashOf(h))
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

// closer looks at a value of a settled column that is made of what the others are made of. Nobody is asked.
func (g *Gather) closer(v []byte) uint16 {
	f := look(v)
	g.count(v, f.shape)
	return g.intern(&verdict{sig: mix(f.sig(), 7), flags: f.flags})
}

// skim takes such a value unseen, but for whether it counts as a number or a time.
func (g *Gather) skim(v []byte) uint16 {
	f, counted := features{}, 0
	if IsDigit(v[0]) || v[0] == '-' {
		f.flags, counted = isCounted, 1
	}
	if g.skimmed[counted] == 0 {
		g.skimmed[counted] = 1 + int(g.intern(&verdict{sig: mix(f.sig(), 11), flags: f.flags, unseen: true}))
	}
	return uint16(g.skimmed[counted] - 1)
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
	if g.alike != nil && g.alikeSum == sum {
		g.alike.n++
		return
	}
	if sh, ok := g.shapes[sum]; ok {
		sh.n++
		g.alike, g.alikeSum = sh, sum
		return
	}
	if len(g.shapes) == shapeLimit {
		g.others++
		return
	}
	g.shapes[sum] = &shape{shapeName(v), 1}
}

// intern gives the outcome of that verdict, whose lists are copied where it is new.
func (g *Gather) intern(d *verdict) uint16 {
	if int(g.last) < len(g.outcomes) && g.outcomes[g.last].sig == d.sig {
		return g.last
	}
	if o, ok := g.bySig[d.sig]; ok {
		g.last = o
		return o
	}
	if len(g.outcomes) == math.MaxUint16 {
		return math.MaxUint16 - 1
	}
	g.outcomes = append(g.outcomes, outcome{verdict: d.clone()})
	g.bySig[d.sig] = uint16(len(g.outcomes) - 1)
	return uint16(len(g.outcomes) - 1)
}

// clone copies a verdict, of the kinds inside one hit each: one that is no example where there is one.
func (d *verdict) clone() verdict {
	c := verdict{sig: d.sig, flags: d.flags, unseen: d.unseen, whole: slices.Clone(d.whole)}
	for _, w := range d.within {
		switch i := slices.IndexFunc(c.within, func(f found) bool { return f.who == w.who }); {
		case i < 0:
			c.within = append(c.within, w)
		case w.hit.Flags&Example == 0 && c.within[i].hit.Flags&Example != 0:
			c.within[i] = w
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
	few := g.few()
	for i := range g.outcomes {
		g.sum(&st, &g.outcomes[i], few)
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

// few tells the classifiers of which the texts of a field mention only a few examples: a manual does, and these do not count. Where there are
// many, the people are made up, and the field is what it is.
func (g *Gather) few() map[int]bool {
	many, out := map[int]int64{}, map[int]bool{}
	for i := range g.outcomes {
		for _, f := range g.outcomes[i].within {
			if f.hit.Flags&Example != 0 {
				many[f.who] += g.outcomes[i].distinct
			}
		}
	}
	for who, n := range many {
		out[who] = n < manyExamples && !g.set.opts.Examples
	}
	return out
}

func (g *Gather) sum(st *Stats, o *outcome, few map[int]bool) {
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
		if f.hit.Flags&Example != 0 && few[f.who] {
			continue
		}
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
