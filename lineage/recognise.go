package lineage

import (
	"fmt"
	"math"

	"vestige/pii"
)

// Recognisable is what fields can be recognised by: sketches of surely known identifiers, by hash.
type Recognisable struct {
	fields []knownField
	byHash map[uint64][]int
}

type knownField struct {
	ref      pii.Ref
	category pii.Category
	form     string
	sketch   *Sketch
}

// KnownIdentifiers gathers the fields that surely hold global identifiers, and the digests made from them.
func KnownIdentifiers(looks []Look) *Recognisable {
	k := &Recognisable{byHash: map[uint64][]int{}}
	for i := range looks {
		l := &looks[i]
		if !l.Field.Dense || l.Field.Confidence < 0.9 || !l.Field.Category.Global() || l.Field.Form != "" {
			continue
		}
		if l.Sketch != nil && l.Exam.MaxLen >= 8 {
			k.add(knownField{l.ref(), l.Field.Category, "", l.Sketch})
		}
		for j := range l.Values {
			k.add(knownField{l.ref(), l.Field.Category, l.Values[j].Form, &l.Values[j]})
		}
	}
	return k
}

func (k *Recognisable) add(f knownField) {
	i := len(k.fields)
	k.fields = append(k.fields, f)
	for _, h := range f.sketch.Hashes {
		k.byHash[h] = append(k.byHash[h], i)
	}
}

// manyKnown is how many values of a field are enough for it to be recognised by a part of them.
const manyKnown = 40

// Recognise tells whether a field that is not known for what it holds shares its values with one that is: the same identifiers, or digests of them. At
// least ten values and half of the field must be recognised, or forty long ones and a tenth where nothing else is known to stand in it; nat says so in words.
func Recognise(l *Look, known *Recognisable) (category pii.Category, form string, nat pii.Nat, ok bool) {
	if c := l.Field.Category; c.Personal() && l.Field.Dense && l.Field.Confidence >= sure && (c.Global() || !c.Identifier()) || len(l.Sketch.Hashes) == 0 {
		return "", "", pii.Nat{}, false // names that stand in a list of names and addresses too are names
	}
	hits := map[int]int{}
	n := min(len(l.Sketch.Hashes), 4*probe)
	for _, h := range l.Sketch.Hashes[:n] {
		for _, i := range known.byHash[h] {
			hits[i]++
		}
	}
	best, most := -1, 0
	for i, c := range hits {
		if c > most || (c == most && best >= 0 && i < best) {
			best, most = i, c
		}
	}
	share := 0.5
	if most >= manyKnown && l.Exam.MaxLen >= 10 && len(l.Field.Contains) == 0 {
		share = 0.1 // so many long values are in no other field by chance, whatever else is in this one: whom people called, of whom some are customers
	}
	if best < 0 || most < 10 && most < n || most < minDistinct || float64(most) < share*float64(n) {
		return "", "", pii.Nat{}, false
	}
	f := known.fields[best]
	what := "values of"
	if f.form != "" {
		what = f.form + " digests of values of"
	}
	return f.category, f.form, pii.Nat{Text: fmt.Sprintf("%d of %d values are %s %s", most, n, what, f.ref), Nats: math.Min(14, float64(most))}, true
}

// Islands gives the datasets that hold personal data and that no route leads to: no identifier stands in them, and no reference connects them with
// one in which one does.
func Islands(nodes []Node, edges []Edge) (out []pii.Ref) {
	reached := map[pii.Ref]bool{}
	for i := range nodes {
		for j := range nodes[i].Fields {
			if f := &nodes[i].Fields[j]; f.Confidence >= possible && (f.Dense && f.Category.Identifier() || len(f.Contains) > 0) {
				reached[nodes[i].Dataset.Ref] = true
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			if a, b := reached[e.From], reached[e.To]; a != b && e.Confidence >= possible {
				reached[e.From], reached[e.To], changed = true, true, true
			}
		}
	}
	for i := range nodes {
		if n := &nodes[i]; !reached[n.Dataset.Ref] && n.Gone == 0 && n.Dataset.Kind != pii.View && holdsPeople(n) {
			out = append(out, n.Dataset.Ref)
		}
	}
	return out
}

// holdsPeople tells whether a node's records say something of persons: a name, an address, a date of birth.
func holdsPeople(n *Node) bool {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Dense && f.Confidence >= 0.8 && (f.Category == "identity.name" || f.Category == "identity.family_name" || f.Category == "contact.street" || f.Category == "demographic.birth_date") {
			return true
		}
	}
	return false
}
