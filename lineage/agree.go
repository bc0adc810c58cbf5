package lineage

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"vestige/pii"
)

// Pairing is a reference by numbers that can be proven or refuted by what both of its records say of their person: an order that has a customer's number and
// an e-mail address refers to the customers of whom those with that number have that address. Numbers of several tables that all count from 1 tell nothing.
type Pairing struct {
	Child, Parent *Look
	Same          []Pair // fields of both that hold the same kind of identifier, the likeliest first
	nats          []pii.Nat
}

// Pair is a field of the child and one of the parent.
type Pair struct {
	Child, Parent string
	Category      pii.Category
}

// Paired is what came of it: of so many records that have both, so many agree.
type Paired struct {
	Pairing
	Compared, Agree int
}

// Shares and counts that prove or refute a reference, and what they weigh in nats.
const (
	pairedLeast = 5
	pairedMost  = 12.0
	agreeing    = 0.8
	refuted     = -6.0
	mostParents = 20
)

// Comparable lists the pairings that could be looked into.
func Comparable(looks []Look) (out []Pairing) {
	declared, h := declaredFields(looks), hintsOf(looks)
	var parents []*Look
	for i := range looks {
		if p := &looks[i]; p.Sketch != nil && p.Node.Person >= possible && ints(p) && keyLike(p) && (soleKey(p) || p.Exam.Unique) && p.Node.Dataset.Kind != pii.View && p.Node.Dataset.Kind != pii.Objects {
			parents = append(parents, p)
		}
	}
	for i := range looks {
		c := &looks[i]
		if c.Sketch == nil || !ints(c) || !keyLike(c) || soleKey(c) || declared[c.ref()] || c.Node.Dataset.Kind == pii.View || len(c.Sketch.Hashes) < pairedLeast {
			continue
		}
		out = append(out, pairings(c, parents, h)...)
	}
	return out
}

func pairings(c *Look, parents []*Look, h *hints) (out []Pairing) {
	for _, p := range parents {
		if p.Node == c.Node {
			continue
		}
		inC, _, both := c.Sketch.Shared(p.Sketch)
		if float64(both) < 0.5*float64(inC) {
			continue
		}
		if same := samePairs(c.Node, p.Node); len(same) > 0 {
			out = append(out, Pairing{c, p, same, h.add([]pii.Nat{{Text: "any two fields", Nats: prior}, naming(c, p)}, c, p)})
		}
	}
	slices.SortStableFunc(out, func(a, b Pairing) int { return cmp.Compare(total(b.nats), total(a.nats)) })
	return out[:min(len(out), mostParents)]
}

// samePairs gives the fields of two datasets that hold one kind of global identifier of their own person, addresses of e-mail before telephones.
func samePairs(c, p *Node) (out []Pair) {
	for i := range c.Fields {
		for j := range p.Fields {
			a, b := &c.Fields[i], &p.Fields[j]
			if ownIdentifier(a) && ownIdentifier(b) && a.Category == b.Category {
				out = append(out, Pair{a.Field.Name, b.Field.Name, a.Category})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return cmp.Compare(likeness(a), likeness(b)) })
	return out
}

// likeness puts addresses of e-mail before everything else, and what a family shares last.
func likeness(p Pair) int {
	switch p.Category {
	case "contact.email":
		return 0
	case "contact.phone":
		return 2
	}
	return 1
}

func ownIdentifier(f *FieldNode) bool {
	return f.Dense && f.Category.Global() && f.Category.Identifier() && f.Confidence >= 0.9 && f.Form == "" && !foreign(f) && !hub(f) && !many(f)
}

// Agreed puts what was looked into over inferred references: a proven one stands in place of all others from its field, a refuted one has that against it.
func Agreed(edges []Edge, paired []Paired) []Edge {
	best := map[pii.Ref]Edge{}
	for _, p := range paired {
		if p.Compared < pairedLeast || float64(p.Agree) < agreeing*float64(p.Compared) {
			continue
		}
		nat := pii.Nat{Text: fmt.Sprintf("in %d of %d records the %s is that of the record referred to", p.Agree, p.Compared, p.Same[0].Category), Nats: pairedMost}
		e := inferred(p.Child, p.Parent, append(slices.Clone(p.nats), nat))
		if old, ok := best[p.Child.ref()]; !ok || e.Confidence > old.Confidence {
			best[p.Child.ref()] = e
		}
	}
	out := slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool {
		_, ok := best[e.From.In(e.Fields[0])]
		return ok && e.When == nil
	})
	for i := range out {
		refute(&out[i], paired)
	}
	out = slices.DeleteFunc(out, func(e Edge) bool { return len(e.Evidence) > 0 && total(e.Evidence) < 0 })
	for _, e := range best {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Edge) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// refute lays it against an inferred reference that its records and those that they would refer to name different people, all or, where numbers of several
// tables stand in one field, some; unless its name says that it is about somebody else than the record is.
func refute(e *Edge, paired []Paired) {
	ws := words(lastSegment(e.Fields[0]))
	for _, p := range paired {
		if e.From != p.Child.Node.Dataset.Ref || e.Fields[0] != p.Child.Field.Field.Name || e.To != p.Parent.Node.Dataset.Ref || e.ToFields[0] != p.Parent.Field.Field.Name {
			continue
		}
		if p.Compared >= pairedLeast && float64(p.Agree) < agreeing*float64(p.Compared) && !aboutAnother(ws) && !anyWord(ws, byWords) {
			nat := pii.Nat{Text: fmt.Sprintf("in %d of %d records the %s is another than that of the record referred to", p.Compared-p.Agree, p.Compared, p.Same[0].Category), Nats: refuted}
			e.Evidence = append(slices.Clone(e.Evidence), nat)
			e.Confidence, e.Apart = 1/(1+math.Exp(-total(e.Evidence))), true
		}
	}
}
