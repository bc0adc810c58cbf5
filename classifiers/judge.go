package classifiers

import "slices"

// route is whom to ask about values that have the same features.
type route struct {
	candidates []uint16 // classifiers whose Whole is worth asking
	scan       bool     // whether any trigger can stand in it
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
			if g.set.all[f.who].Sparse {
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
