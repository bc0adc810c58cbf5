package lineage

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"vestige/pii"
)

// A log of changes numbers what was changed by the keys of several tables, and says in another field of which: record_id 5 beside table_name is a customer here and an order
// there. What that field says is not always a table's name, so that the records have to be read to tell it.

// Mix is a field that may hold numbers of several datasets, a field beside it that may say of which, and these datasets' keys.
type Mix struct {
	Child, Sort *Look
	Parents     []*Look
}

// Sorted is what reading records of a mix showed: for each sort how many different numbers were looked up, and how many of them each parent has.
type Sorted struct {
	Mix
	Sorts []Sort
}

// Sort is what was seen beside one value of the field that tells sorts apart.
type Sort struct {
	Value string // in lower case
	Asked int
	Found []int // by parent
}

// sortWords begin the words of names of fields that tell sorts apart.
var sortWords = []string{"table", "tab", "object", "objekt", "entity", "entit", "class", "klass", "type", "typ", "kind", "art", "model", "resource", "record", "subject", "target", "doc"}

// mixParents is how many parents one field is looked up in.
const mixParents = 12

// Mixed lists the fields that may hold numbers of several datasets, by the names of the fields that would tell of which, and since no one dataset surely has them all.
func Mixed(looks []Look, inferred []Edge) (out []Mix) {
	taken := declaredFields(looks)
	for _, e := range inferred {
		if e.When != nil || e.Confidence >= sure && len(e.Fields) == 1 {
			taken[e.From.In(e.Fields[0])] = true
		}
	}
	sorts, parents := map[*Node]*Look{}, map[string][]*Look{}
	for i := range looks {
		l := &looks[i]
		if l.Node.Dataset.Kind == pii.View || l.Node.Dataset.Kind == pii.Objects {
			continue
		}
		if tellsSorts(l) && (sorts[l.Node] == nil || l.Exam.Distinct > sorts[l.Node].Exam.Distinct) {
			sorts[l.Node] = l
		}
		if l.Sketch != nil && soleKey(l) && keyLike(l) && l.Field.Form == "" {
			parents[l.Node.Dataset.Ref.Source] = append(parents[l.Node.Dataset.Ref.Source], l)
		}
	}
	for i := range looks {
		c := &looks[i]
		if t := sorts[c.Node]; t != nil && t != c && c.Sketch != nil && len(c.Sketch.Hashes) >= minDistinct && keyLike(c) && !soleKey(c) && !taken[c.ref()] {
			if m := mixOf(c, t, parents[c.Node.Dataset.Ref.Source]); len(m.Parents) > 0 {
				out = append(out, m)
			}
		}
	}
	return out
}

// tellsSorts tells whether a field may say of which sort what another field holds is: text of few values, called so.
func tellsSorts(l *Look) bool {
	return l.Field.Field.Type == pii.Text && l.Exam.Values >= minTelling && l.Exam.Distinct > 1 && l.Exam.Distinct <= mostKinds && !l.Field.Category.Personal() &&
		slices.ContainsFunc(words(lastSegment(l.Field.Field.Name)), func(w string) bool {
			return slices.ContainsFunc(sortWords, func(s string) bool { return w == s || len(s) > 3 && strings.HasPrefix(w, s) })
		})
}

// Tells tells whether a value of the field of sorts may be kept in the clear as the name of one. Where the field is called a type or a table any word may, in others, a record_owner
// or a doc, only what names one of the datasets or begins a name of one: a word there may be somebody's name.
func (m *Mix) Tells(value string) bool {
	ws := words(lastSegment(m.Sort.Field.Field.Name))
	if n := len(ws); n > 1 && ws[n-1] == "name" && slices.Contains(kindWords, ws[n-2]) {
		return true // table_name
	}
	if n := len(ws); n > 0 && (slices.Contains(kindWords, ws[n-1]) || slices.Contains([]string{"tab", "entity", "entitaet", "object", "objekt"}, ws[n-1])) {
		return true
	}
	return value != "" && slices.ContainsFunc(m.Parents, func(p *Look) bool {
		return slices.ContainsFunc(classNames(p.Node.Dataset.Ref.Dataset), func(name string) bool { return strings.HasPrefix(name, value) })
	})
}

// mixOf gives the datasets whose keys share values with the field, those that share most first.
func mixOf(c, t *Look, parents []*Look) Mix {
	m, shared := Mix{Child: c, Sort: t}, map[*Look]int{}
	for _, p := range parents {
		if p.Node == c.Node || !sameClass(c, p) {
			continue
		}
		if _, _, both := c.Sketch.Shared(p.Sketch); both >= minDistinct {
			m.Parents, shared[p] = append(m.Parents, p), both
		}
	}
	slices.SortStableFunc(m.Parents, func(a, b *Look) int { return cmp.Compare(shared[b], shared[a]) })
	m.Parents = m.Parents[:min(len(m.Parents), mixParents)]
	return m
}

// Sorts proposes references by what was read of mixes: beside one value nearly all numbers stand in one dataset, which is called so or is the only one that has them and is
// not full of numbers. They stand in place of what was inferred of the same field alone; that holds on for those sorts of which reading did not show what they are of.
func Sorts(edges []Edge, sorted []Sorted) []Edge {
	var out []Edge
	shown := map[pii.Ref]*Sorted{}
	for i := range sorted {
		s, by := &sorted[i], map[*Look]*Edge{}
		for _, k := range s.Sorts {
			p, nat, ok := s.parentOf(k)
			if !ok {
				continue
			}
			if by[p] == nil {
				e := inferred(s.Child, p, []pii.Nat{{Text: "any two fields", Nats: prior}, nat})
				e.When = &When{Field: s.Sort.Field.Field.Name}
				by[p] = &e
			}
			by[p].When.Values = append(by[p].When.Values, k.Value)
		}
		for _, p := range s.Parents {
			if e := by[p]; e != nil && e.Confidence >= possible {
				out, shown[s.Child.ref()] = append(out, *e), s
			}
		}
	}
	proven := out
	for _, e := range edges {
		s := shown[e.From.In(e.Fields[0])]
		switch {
		case len(e.Fields) != 1 || s == nil:
			out = append(out, e)
		case e.When == nil:
			out = append(out, s.left(e, proven)...)
		}
	}
	slices.SortFunc(out, func(a, b Edge) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// left gives of a reference that was inferred of the field alone what holds for the sorts that no proven one is for, where numbers of them stand in its parent.
func (s *Sorted) left(e Edge, proven []Edge) []Edge {
	at := slices.IndexFunc(s.Parents, func(p *Look) bool { return p.ref() == e.To.In(e.ToFields[0]) })
	w := &When{Field: s.Sort.Field.Field.Name}
	for _, k := range s.Sorts {
		if !slices.ContainsFunc(proven, func(o Edge) bool {
			return o.From == e.From && o.Fields[0] == e.Fields[0] && slices.Contains(o.When.Values, k.Value)
		}) && (at < 0 || k.Found[at] > 0) {
			w.Values = append(w.Values, k.Value)
		}
	}
	if e.When = w; len(w.Values) == 0 {
		return nil
	}
	if slices.ContainsFunc(proven, func(o Edge) bool { return o.ID == e.ID }) { // to the same parent, and less sure
		e.ID = EdgeID(e.From, []string{e.Fields[0], w.Field}, e.To, e.ToFields)
	}
	return []Edge{e}
}

// parentOf gives the dataset that the numbers of one sort are of, and what shows it.
func (s *Sorted) parentOf(k Sort) (*Look, pii.Nat, bool) {
	var have []int
	for i := range s.Parents {
		if k.Asked < pairedLeast || float64(k.Found[i]) < minInclusion*float64(k.Asked) {
			continue
		}
		if slices.Contains(classNames(s.Parents[i].Node.Dataset.Ref.Dataset), k.Value) {
			return s.Parents[i], pii.Nat{Text: fmt.Sprintf("where %q names it, %d of %d values are in the parent", s.Sort.Field.Field.Name, k.Found[i], k.Asked), Nats: 12}, true
		}
		have = append(have, i)
	}
	if len(have) != 1 {
		return nil, pii.Nat{}, false
	}
	p, n := s.Parents[have[0]], k.Found[have[0]]
	return p, pii.Nat{Text: fmt.Sprintf("where %q has one of its values, %d of %d values are in the parent, and in no other", s.Sort.Field.Field.Name, n, k.Asked), Nats: math.Min(12, float64(n)*surprise(p))}, true
}

// surprise says how unlikely it is, in nats, that one number out of the range of a key is in it by chance.
func surprise(p *Look) float64 {
	if !ints(p) {
		return 2
	}
	span := float64(p.Exam.Sum.Max-p.Exam.Sum.Min) + 1
	return math.Max(0, -math.Log(math.Min(1, float64(max(p.Exam.Distinct, int64(len(p.Sketch.Hashes))))/span)))
}
