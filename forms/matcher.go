package forms

import (
	"bytes"
	"strings"
	"sync"

	"vestige/pii"
)

// Matcher finds the values of many terms in one pass over a value. It is safe for concurrent use. Make it with Compile.
type Matcher struct {
	loose   bool // a term counts within longer tokens
	terms   []term
	fields  map[string]*plan
	global  *plan // of the terms without a field
	scratch sync.Pool
}

// term is what a hit needs to know of its pii.Term.
type term struct {
	forms formSet
	near  [][]byte
}

// ref names a value of a term.
type ref struct{ term, value int32 }

// formSet has a bit for each name of All.
type formSet uint16

func formBit(name string) formSet {
	for i, f := range All() {
		if f == name {
			return 1 << i
		}
	}
	return 0
}

// plan is all that is asked of one field.
type plan struct {
	exact   map[string][]ref
	equal   [shapes]map[string][]ref
	within  [shapes]*keys
	digests [2]map[string][]digested // of Equal, of Within
	layers  [2]formSet               // of Equal, of Within: forms to be decoded
	any     [2]bool
	packed  int // length of the shortest value that may be encoded
}

// digested is a value by its digest.
type digested struct {
	ref
	form string
}

const (
	inEqual  = 0
	inWithin = 1
)

// Compile makes a matcher. Values are taken in normal form, and brought into it where they are not. Forms that are not of All are left out.
func Compile(terms []pii.Term) *Matcher {
	m := &Matcher{fields: map[string]*plan{}}
	m.scratch.New = func() any { return new(scratch) }
	for i, t := range terms {
		m.terms = append(m.terms, compileTerm(t))
		m.loose = m.loose || t.Loose
		p := m.plan(t.Field)
		for j, v := range t.Values {
			if !v.Null() {
				p.add(t, m.terms[i].forms, []byte(v.Reveal()), ref{int32(i), int32(j)})
			}
		}
	}
	for _, p := range m.fields {
		p.finish()
	}
	if m.global != nil {
		m.global.finish()
	}
	return m
}

func compileTerm(t pii.Term) (c term) {
	for _, f := range t.Forms {
		c.forms |= formBit(f)
	}
	for _, w := range t.Near {
		c.near = append(c.near, []byte(strings.ToLower(w)))
	}
	return c
}

func (m *Matcher) plan(field string) *plan {
	if field == "" {
		if m.global == nil {
			m.global = &plan{}
		}
		return m.global
	}
	if m.fields[field] == nil {
		m.fields[field] = &plan{}
	}
	return m.fields[field]
}

// add enters one value.
func (p *plan) add(t pii.Term, forms formSet, value []byte, r ref) {
	if t.Mode == pii.Exact {
		enter(&p.exact, value, r)
		return
	}
	s, mode := shapeOf(t.Category), inEqual
	normal, ok := s.append(nil, value)
	if len(normal) == 0 {
		return
	}
	if t.Mode == pii.Within {
		mode = inWithin
		if !ok { // a telephone that is no number stands in a text as it is
			s = exact
		}
	}
	p.any[mode] = true
	switch {
	case mode == inWithin:
		p.addWithin(s, normal, r)
	case s == phone || s == words:
		for _, k := range s.spellings(normal) {
			enter(&p.equal[s], k, r)
		}
	default:
		enter(&p.equal[s], normal, r)
	}
	if p.layers[mode] |= forms & decoded(); forms&decoded() != 0 {
		for _, v := range s.preimages(normal) {
			if p.packed == 0 || len(v) < p.packed {
				p.packed = len(v)
			}
		}
	}
	for _, f := range Digests() {
		if forms&formBit(f) != 0 {
			p.addDigest(mode, f, s.preimages(normal), r)
		}
	}
}

func (p *plan) addWithin(s shape, normal []byte, r ref) {
	if p.within[s] == nil {
		p.within[s] = &keys{refs: map[string][]ref{}}
	}
	for _, k := range s.spellings(normal) {
		p.within[s].refs[string(k)] = append(p.within[s].refs[string(k)], r)
	}
}

func (p *plan) addDigest(mode int, form string, preimages [][]byte, r ref) {
	if p.digests[mode] == nil {
		p.digests[mode] = map[string][]digested{}
	}
	for _, v := range preimages {
		d := string(digest(form, v))
		p.digests[mode][d] = append(p.digests[mode][d], digested{r, form})
	}
}

func enter(m *map[string][]ref, key []byte, r ref) {
	if *m == nil {
		*m = map[string][]ref{}
	}
	(*m)[string(key)] = append((*m)[string(key)], r)
}

func (p *plan) finish() {
	for _, k := range p.within {
		if k != nil {
			k.finish()
		}
	}
}

// decoded gives the forms that are found by decoding what stands there.
func decoded() (s formSet) {
	for _, f := range []string{Base64, Hex, URL, JSON, HTML} {
		s |= formBit(f)
	}
	return s
}

// Wants tells whether any term asks that field.
func (m *Matcher) Wants(field string) bool { return m.global != nil || m.fields[field] != nil }

// Column matches every value of a column; record is the one that the hit's value belongs to.
func (m *Matcher) Column(c *pii.Column, yield func(record int, h pii.Hit)) {
	if !m.Wants(c.Field.Name) {
		return
	}
	for i := range c.Len() {
		if v, record := c.Value(i); v != nil {
			m.Match(c.Field.Name, c.Path(i), v, func(h pii.Hit) { yield(record, h) })
		}
	}
}

// Match yields the occurrences of the terms' values in one value of a field. Field and path are handed on to the hits. Each occurrence of
// a value is yielded once for each term that asks for it; NULL (a nil value) has none.
func (m *Matcher) Match(field, path string, value []byte, yield func(pii.Hit)) {
	if value == nil {
		return
	}
	s := m.scratch.Get().(*scratch)
	s.m, s.value, s.field, s.path, s.yield, s.seen = m, value, field, path, yield, s.seen[:0]
	if p := m.fields[field]; p != nil && field != "" {
		s.run(p)
	}
	if m.global != nil {
		s.run(m.global)
	}
	s.value, s.yield = nil, nil
	m.scratch.Put(s)
}

// scratch is what one call of Match needs; it is used again.
type scratch struct {
	m           *Matcher
	value       []byte
	field, path string
	yield       func(pii.Hit)
	form        string // of the layer being looked at
	layer       *view  // nil while it is the value itself
	wordsOnly   bool   // of a layer that changes nothing else
	seen        []pii.Hit
	norm        []byte
	views       [4]view
	token       []byte
	decoded     view
}

func (s *scratch) run(p *plan) {
	for _, r := range p.exact[string(s.value)] {
		s.hit(r, Plain, 0, len(s.value))
	}
	s.form, s.layer = Plain, nil
	if p.any[inEqual] {
		s.equal(p, s.value)
	}
	if p.any[inWithin] {
		s.within(p, s.value)
	}
	s.digests(p)
	s.layers(p)
}

// equal compares a whole value, plain or decoded.
func (s *scratch) equal(p *plan, value []byte) {
	for sh := range p.equal {
		set := p.equal[sh]
		if set == nil {
			continue
		}
		var ok bool
		if shape(sh) == phone {
			s.norm, ok = phoneDigits(s.norm[:0], trim(value))
			if !ok {
				s.norm, _ = shape(sh).append(s.norm[:0], value)
			}
		} else {
			s.norm, _ = shape(sh).append(s.norm[:0], value)
		}
		for _, r := range set[string(s.norm)] {
			s.found(r, 0, len(value))
		}
	}
}

// found reports an occurrence in the text being looked at, which may be a decoded one.
func (s *scratch) found(r ref, start, end int) {
	if s.layer == nil {
		s.hit(r, Plain, start, end)
		return
	}
	if s.m.terms[r.term].forms&formBit(s.form) == 0 || !s.layer.edge(start) || !s.layer.edge(end) {
		return
	}
	from, to := s.layer.span(start, end)
	if !bytes.Equal(s.value[from:to], s.layer.b[start:end]) { // else it was seen plain
		s.hit(r, s.form, from, to)
	}
}

// hit yields an occurrence, unless it overlaps an earlier one of the same value: the first and longest stands for both.
func (s *scratch) hit(r ref, form string, start, end int) {
	h := pii.Hit{Term: int(r.term), Value: int(r.value), Form: form, Field: s.field, Path: s.path, Start: start, End: end}
	for i := len(s.seen) - 1; i >= 0 && i >= len(s.seen)-16; i-- {
		if o := s.seen[i]; o.Term == h.Term && o.Value == h.Value && o.Start < max(end, start+1) && start < max(o.End, o.Start+1) {
			return
		}
	}
	s.seen = append(s.seen, h)
	s.yield(h)
}
