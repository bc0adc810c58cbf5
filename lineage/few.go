package lineage

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vestige/pii"
)

// Names that are a convention say of a small dataset what its few values cannot: user_id means users, and a field that is called just as one that surely
// refers to a dataset refers to it too. Values must agree with them without exception.
const (
	byTable   = 9.0
	byAnother = 8.0
)

// few proposes references that names make likely where there are too few values to prove them, and betters those that were inferred by halves.
func few(looks []Look, edges []Edge, set sets) []Edge {
	taken := declaredFields(looks)
	for _, e := range edges {
		if e.Confidence >= sure {
			taken[e.From.In(e.Fields[0])] = true
		}
	}
	known := called(looks, edges)
	parents := map[pii.Ref]*Look{}
	tables := map[string][]*Look{}
	for i := range looks {
		p := &looks[i]
		if !fewParent(p) {
			continue
		}
		parents[p.ref()] = p
		if soleKey(p) {
			tables[p.Node.Dataset.Ref.Source] = append(tables[p.Node.Dataset.Ref.Source], p)
		}
	}
	var out []Edge
	for i := range looks {
		c := &looks[i]
		if !fewChild(c) || taken[c.ref()] {
			continue
		}
		p, nat := convention(c, tables[c.Node.Dataset.Ref.Source], known, parents)
		if p != nil && p.Node != c.Node && sameClass(c, p) && !set.only(c, p) {
			if nats, ok := weighFew(c, p, nat); ok {
				out = append(out, inferred(c, p, nats))
			}
		}
	}
	return replaced(edges, out)
}

// replaced puts edges in place of less sure ones from the same field.
func replaced(edges, by []Edge) []Edge {
	for _, e := range by {
		same := func(o Edge) bool { return o.From == e.From && slices.Equal(o.Fields, e.Fields) }
		if i := slices.IndexFunc(edges, same); i < 0 {
			edges = append(edges, e)
		} else if edges[i].Confidence < e.Confidence {
			edges[i] = e
		}
	}
	return edges
}

func fewParent(l *Look) bool {
	return l.Sketch != nil && l.Exam.Unique && len(l.Sketch.Hashes) > 0 && keyLike(l) && l.Node.Dataset.Kind != pii.View && l.Field.Form == ""
}

func fewChild(l *Look) bool {
	return l.Sketch != nil && len(l.Sketch.Hashes) > 0 && keyLike(l) && l.Node.Dataset.Kind != pii.View && !(soleKey(l) && ints(l)) && !(l.Exam.Unique && ints(l) && len(l.Sketch.Hashes) > 2*minDistinct)
}

// called maps the names of fields that surely refer to a dataset to what they refer to, by source.
func called(looks []Look, edges []Edge) map[string][]pii.Ref {
	m := map[string][]pii.Ref{}
	add := func(from pii.Ref, field string, to pii.Ref) {
		name := strings.Join(words(lastSegment(field)), "_")
		if name == "" || len(trimKeys(words(lastSegment(field)))) == 0 {
			return
		}
		for _, at := range []string{from.Source, ""} {
			if k := at + "\x00" + name; !slices.Contains(m[k], to) {
				m[k] = append(m[k], to)
			}
		}
	}
	seen := map[*Node]bool{}
	for i := range looks {
		if n := looks[i].Node; !seen[n] {
			seen[n] = true
			for _, r := range n.Dataset.References {
				if len(r.Fields) == 1 {
					add(r.From, r.Fields[0], r.To.In(r.ToFields[0]))
				}
			}
		}
	}
	for _, e := range edges {
		if e.Confidence >= sure {
			add(e.From, e.Fields[0], e.To.In(e.ToFields[0]))
		}
	}
	return m
}

func trimKeys(ws []string) []string {
	return slices.DeleteFunc(slices.Clone(ws), func(w string) bool { return slices.Contains(keyWords, w) })
}

// convention gives the one parent that a child's name means.
func convention(c *Look, tables []*Look, known map[string][]pii.Ref, parents map[pii.Ref]*Look) (*Look, pii.Nat) {
	ws := words(lastSegment(c.Field.Field.Name))
	name := strings.Join(ws, "_")
	to := known[c.Node.Dataset.Ref.Source+"\x00"+name]
	if len(to) == 0 && (!ints(c) || c.Node.Dataset.Kind == pii.Objects) {
		to = known["\x00"+name]
	}
	if len(to) == 1 && parents[to[0]] != nil {
		return parents[to[0]], pii.Nat{Text: fmt.Sprintf("fields called %q surely refer to %s", lastSegment(c.Field.Field.Name), to[0]), Nats: byAnother}
	}
	bare := trimKeys(ws)
	if len(bare) == 0 || len(bare) == len(ws) {
		return nil, pii.Nat{}
	}
	var found []*Look
	for _, p := range tables {
		if slices.EqualFunc(bare, unprefixed(p.words(), c.words()), sameWord) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return nil, pii.Nat{}
	}
	return found[0], pii.Nat{Text: fmt.Sprintf("name %q is that of %q's key", c.Field.Field.Name, found[0].Node.Dataset.Ref.Dataset), Nats: byTable}
}

// unprefixed gives the words a of a dataset's name without those that another one of the same application begins with too: wp_users beside wp_usermeta.
func unprefixed(a, b []string) []string {
	for len(a) > 1 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return a
}

func weighFew(c, p *Look, nat pii.Nat) ([]pii.Nat, bool) {
	inC, _, both := c.Sketch.Shared(p.Sketch)
	if inC == 0 || both < inC {
		return nil, false
	}
	nats := []pii.Nat{{Text: "any two fields", Nats: prior}, {Text: fmt.Sprintf("all %d values are in the parent", inC), Nats: math.Min(4, float64(inC))}, nat}
	if k := c.Field.Category; k.Identifier() && k == p.Field.Category && c.Field.Dense && p.Field.Dense {
		nats = append(nats, pii.Nat{Text: "both are proposed as " + string(k), Nats: 3})
	}
	if soleKey(p) {
		nats = append(nats, pii.Nat{Text: "the parent is its dataset's key", Nats: 1.5})
	}
	return nats, true
}
