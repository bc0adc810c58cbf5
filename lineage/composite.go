package lineage

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"vestige/pii"
)

// byKeyNames is what it tells that a dataset has all fields of another's key of several, under their names.
const byKeyNames = 8.0

// composites proposes references by several fields together, which nobody declared: a dataset that has every field of another one's key under the same names, and in each
// of them values of it, belongs to it where its own key goes on from that one, or a field's name says the parent, or the key's says what it numbers: numbers that two datasets count for themselves are in
// each other anyway. Of several such parents the one with the longest key counts; where two are equal, neither.
func composites(looks []Look, edges []Edge, called callings) (out []Edge) {
	tables := map[*Node]map[string]*Look{}
	var order []*Node
	for i := range looks {
		l := &looks[i]
		if l.Node.Dataset.Kind == pii.View || l.Node.Dataset.Kind == pii.Objects {
			continue
		}
		if tables[l.Node] == nil {
			tables[l.Node] = map[string]*Look{}
			order = append(order, l.Node)
		}
		tables[l.Node][keyName(l.Field.Field.Name)] = l
	}
	refers := declaredFields(looks) // fields that refer by themselves
	for _, e := range edges {
		if len(e.Fields) == 1 && e.Confidence >= sure {
			refers[e.From.In(e.Fields[0])] = true
		}
	}
	found := map[*Node]*likeliest{}
	for _, p := range order {
		for _, key := range p.keys() {
			for c := range called.all(p.Dataset.Ref.Source, key) {
				if e := composite(tables, refers, c, p, key); e != nil {
					if found[c] == nil {
						found[c] = &likeliest{}
					}
					found[c].add(e)
				}
			}
		}
	}
	for _, c := range order {
		if l := found[c]; l != nil && !l.twice {
			out = append(out, *l.edge)
		}
	}
	return out
}

// likeliest is the reference by the longest key; twice tells that there is another one as long.
type likeliest struct {
	edge  *Edge
	twice bool
}

func (l *likeliest) add(e *Edge) {
	switch {
	case l.edge != nil && len(e.Fields) < len(l.edge.Fields):
	case l.edge != nil && len(e.Fields) == len(l.edge.Fields):
		l.twice = true
	default:
		l.edge, l.twice = e, false
	}
}

// callings say, by system and name of key, what each dataset calls the field of that name.
type callings map[string]map[*Node]string

func callingsOf(looks []Look) callings {
	m := callings{}
	for i := range looks {
		l := &looks[i]
		k := calling(l.Node.Dataset.Ref.Source, l.Field.Field.Name)
		if m[k] == nil {
			m[k] = map[*Node]string{}
		}
		m[k][l.Node] = l.Field.Field.Name
	}
	return m
}

func calling(source, field string) string { return source + "\x00" + keyName(field) }

// all gives the datasets of a system that have every field of a key by its name, with what they call them. It begins with those that have the rarest.
func (m callings) all(source string, key []string) iter.Seq2[*Node, []string] {
	by, rarest := make([]map[*Node]string, len(key)), 0
	for i, f := range key {
		if by[i] = m[calling(source, f)]; len(by[i]) < len(by[rarest]) {
			rarest = i
		}
	}
	return func(yield func(*Node, []string) bool) {
		for n := range by[rarest] {
			own := make([]string, len(key))
			for i := range by {
				own[i] = by[i][n]
			}
			if !slices.Contains(own, "") && !yield(n, own) {
				return
			}
		}
	}
}

// together adds references of several fields, and leaves out what one of these fields seemed to refer to by itself in another system: members that each tenant counts
// from 1 are in any key that counts from 1.
func together(single, several []Edge) []Edge {
	single = slices.DeleteFunc(single, func(e Edge) bool {
		return slices.ContainsFunc(several, func(s Edge) bool {
			return s.From == e.From && s.To != e.To && e.To.Source != e.From.Source && len(e.Fields) == 1 && slices.Contains(s.Fields, e.Fields[0])
		})
	})
	return append(single, several...)
}

// sets are the fields that say who is meant together with others, and by themselves nothing: a number that each tenant counts from 1 is in any key that counts from 1.
// Of a field that is one only by what another system calls its numbers, it is held against references to other systems alone.
type sets map[pii.Ref]setOf

// setOf tells where a field was seen to be part of a set.
type setOf uint8

const (
	elsewhere setOf = iota + 1
	here
)

// setsOf finds them: by which a declared reference of several fields leads from a record and to one, those of a key of several that are called as their dataset, and in
// other datasets of the system that have all of such a key those of its name. A field that is declared to refer by itself is none, nor is what repeats it.
func setsOf(looks []Look, called callings) sets {
	m, declared := sets{}, declaredFields(looks)
	nodes, numbers, own := map[pii.Ref]*Node{}, map[string]bool{}, map[string]bool{}
	for i := range looks {
		l := &looks[i]
		r := l.ref()
		if nodes[l.Node.Dataset.Ref] = l.Node; calledSo(l) && keyOf(l) != nil && !declared[r] {
			numbers[keyName(r.Field)], own[calling(r.Source, r.Field)] = true, true
		}
	}
	for i := range looks {
		l := &looks[i]
		switch r := l.ref(); {
		case !numbers[keyName(r.Field)] || l.Exam.Unique || declared[r]:
		case own[calling(r.Source, r.Field)]:
			m[r] = here
		default:
			m[r] = max(m[r], elsewhere) // that is how such numbers are called
		}
	}
	for to, key := range setKeys(looks, nodes) {
		for n, own := range called.all(to.Source, key) {
			for i, f := range own {
				if r := n.Dataset.Ref.In(f); !declared[to.In(key[i])] && !declared[r] {
					m[r] = here
				}
			}
		}
	}
	for _, n := range nodes {
		for _, r := range n.Dataset.References {
			for i := range r.Fields {
				if len(r.Fields) > 1 && !declared[n.Dataset.Ref.In(r.Fields[i])] && !declared[r.To.In(r.ToFields[i])] {
					m[n.Dataset.Ref.In(r.Fields[i])] = here
				}
			}
		}
	}
	return m
}

// setKeys gives by dataset the fields by which others are declared to refer to it together, or its key of several where one is called as the dataset.
func setKeys(looks []Look, nodes map[pii.Ref]*Node) map[pii.Ref][]string {
	m := map[pii.Ref][]string{}
	for i := range looks {
		if k := keyOf(&looks[i]); k != nil && calledSo(&looks[i]) {
			m[looks[i].Node.Dataset.Ref] = k
		}
	}
	for _, n := range nodes {
		for _, r := range n.Dataset.References {
			if len(r.Fields) > 1 && nodes[r.To] != nil {
				m[r.To] = r.ToFields
			}
		}
	}
	return m
}

// keyOf gives the key of several fields that a field is a part of.
func keyOf(l *Look) []string {
	for _, key := range l.Node.keys() {
		if slices.Contains(key, l.Field.Field.Name) {
			return key
		}
	}
	return nil
}

// calledSo tells whether a field is called just as its own dataset: patient_no of patients.
func calledSo(l *Look) bool {
	own := trimKeys(leaf(l.Field.Field.Name))
	return len(own) > 0 && len(own) < len(leaf(l.Field.Field.Name)) && slices.EqualFunc(own, words(lastSegment(l.Node.Dataset.Ref.Dataset)), inflected)
}

// only tells whether a field says nothing by itself of the records of another dataset, whose name it does not have either. Tokens that nobody makes
// twice always say which, and so do two parts of a key of which the other one has the dataset's name: a user and a friend are both users.
func (m sets) only(c, p *Look) bool {
	ws, table := c.leaf(), unprefixed(p.words(), c.words())
	called := func(field string) bool { return calls(leaf(field), p, table) > 0 }
	switch {
	case m[c.ref()] == 0 || random(c) && random(p):
		return false
	case m[c.ref()] == elsewhere && c.Node.Dataset.Ref.Source == p.Node.Dataset.Ref.Source && m[p.ref()] == 0 && keyOf(p) == nil:
		return false
	case c.Node == p.Node:
		return !anyWord(ws, selfWords)
	}
	return calls(ws, p, table) == 0 && !slices.ContainsFunc(keyOf(c), called)
}

// keyName is a field's name, as it is compared with others.
func keyName(name string) string { return strings.Join(words(name), "_") }

// nameOfKey tells whether a field of a key says what it numbers: member_no beside a tenant, and no line_no beside an order.
func nameOfKey(p *Node, refers map[pii.Ref]bool, key []string) bool {
	return slices.ContainsFunc(key, func(f string) bool {
		n, ws := p.Field(f), words(f)
		return !refers[p.Dataset.Ref.In(f)] && n != nil && n.Distinct >= minTelling && len(trimKeys(ws)) > 0 && !anyWord(ws, countWords)
	})
}

// minTelling is how many values a field has to have, at the least, for its name to say which records are meant.
const minTelling = 20

// countWords name what is counted anew in each thing, and what is no number of anything.
var countWords = []string{"line", "pos", "position", "seq", "sequence", "item", "row", "zeile", "lfd", "version", "rev", "revision", "step", "page", "sort", "ord", "rank", "day", "month", "year", "date", "time", "period", "name", "type", "status", "value", "lang", "locale"}

// composite weighs whether a dataset refers to another one by all fields of one of its keys.
func composite(tables map[*Node]map[string]*Look, refers map[pii.Ref]bool, c, p *Node, key []string) *Edge {
	from, to := c.Dataset.Ref, p.Dataset.Ref
	if c == p || from.Source != to.Source || len(c.Dataset.Key) > 0 && len(c.Dataset.Key) <= len(key) && within(c.Dataset.Key, key) || slices.ContainsFunc(c.keys(), func(own []string) bool { return within(own, key) }) || declaresTo(c, to) {
		return nil
	}
	if !slices.ContainsFunc(key, func(f string) bool { return !refers[to.In(f)] }) {
		return nil // it does nothing but join others
	}
	if !weak(c, p) && !nameOfKey(p, refers, key) && !slices.ContainsFunc(key, func(f string) bool {
		l := tables[p][keyName(f)]
		return l != nil && calls(leaf(f), l, unprefixed(words(to.Dataset), words(from.Dataset))) > 0
	}) {
		return nil
	}
	var pairs [][2]*Look
	proof := 0.0
	for _, name := range key {
		a, b := tables[c][keyName(name)], tables[p][keyName(name)]
		if a == nil || b == nil || a.Field.Field.Type != b.Field.Field.Type {
			return nil
		}
		if a.Sketch == nil && b.Sketch == nil && fewest(a) && fewest(b) {
			pairs = append(pairs, [2]*Look{a, b})
			continue
		}
		if a.Sketch == nil || b.Sketch == nil {
			return nil
		}
		in, _, both := a.Sketch.Shared(b.Sketch)
		if in == 0 || float64(both) < minInclusion*float64(in) {
			return nil
		}
		if in >= minDistinct {
			proof += math.Min(5, math.Log2(float64(in)))
		}
		pairs = append(pairs, [2]*Look{a, b})
	}
	if proof == 0 {
		return nil
	}
	// a look goes by the field that tells most
	slices.SortStableFunc(pairs, func(a, b [2]*Look) int { return cmp.Compare(b[0].Field.Distinct, a[0].Field.Distinct) })
	e := &Edge{From: from, To: to, Evidence: []pii.Nat{
		{Text: "any two fields", Nats: prior},
		{Text: fmt.Sprintf("it has all %d fields of the key of %s under their names", len(key), to.Dataset), Nats: byKeyNames},
		{Text: "and nearly all values of each stand in it", Nats: math.Min(8, proof)},
	}}
	for _, x := range pairs {
		e.Fields, e.ToFields = append(e.Fields, x[0].Field.Field.Name), append(e.ToFields, x[1].Field.Field.Name)
	}
	e.ID, e.Confidence = EdgeID(from, e.Fields, to, e.ToFields), 1/(1+math.Exp(-total(e.Evidence)))
	return e
}

// fewest tells whether a field has so few values that no sketch of them is made: the numbers of two tenants.
func fewest(l *Look) bool { return l.Field.Distinct > 0 && l.Field.Distinct < 3 }

// beside tells whether a reference by several fields, which nobody declared, is to what a record has to do with and is no part of: a repair in a flat.
func beside(g *Graph, n *Node, e *Edge) bool {
	p := g.Node(e.To)
	return len(e.Fields) > 1 && !e.Declared && !weak(n, p) && p != nil && !slices.ContainsFunc(p.Dataset.References, func(r pii.Reference) bool {
		return len(r.Fields) == 1 && slices.Contains(e.ToFields, r.Fields[0])
	})
}

// weak tells whether the key of a dataset goes on from that of another one: its records are parts of the other's.
func weak(n, p *Node) bool {
	return p != nil && len(n.Dataset.Key) > len(p.Dataset.Key) && within(p.Dataset.Key, n.Dataset.Key)
}

// within tells whether all of a stand in b.
func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool {
		return !slices.ContainsFunc(b, func(o string) bool { return keyName(o) == keyName(s) })
	})
}

// declaresTo tells whether a dataset declares a reference to another one.
func declaresTo(n *Node, to pii.Ref) bool {
	return slices.ContainsFunc(n.Dataset.References, func(r pii.Reference) bool { return r.To == to })
}
