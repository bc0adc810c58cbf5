package lineage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"vestige/pii"
)

// Look is what inference knows of one field: its node, what an examination counted and its sketch.
type Look struct {
	Node   *Node
	Field  *FieldNode
	Exam   pii.Examination
	Sketch *Sketch
	Values []Sketch // derived sketches of an identifier's digests, by Form

	own, table []string // words of the field's and the dataset's name, once they were asked for
}

// leaf gives the words of the field's own name; see leaf.
func (l *Look) leaf() []string {
	if l.own == nil {
		l.own = leaf(l.Field.Field.Name)
	}
	return l.own
}

// words gives those of the dataset's name.
func (l *Look) words() []string {
	if l.table == nil {
		l.table = words(l.Node.Dataset.Ref.Dataset)
	}
	return l.table
}

func (l *Look) ref() pii.Ref { return l.Node.Dataset.Ref.In(l.Field.Field.Name) }

// Thresholds of inference. They are figures of evidence in nats, or shares.
const (
	minDistinct  = 5    // fewer distinct values prove nothing
	minInclusion = 0.97 // share of the child's values that the parent must hold
	probe        = 64   // hashes of a child by which candidates are found
	prior        = -7.0 // log-odds of any pair of fields before evidence
	nearly       = 3.0  // nats by which one parent must be likelier than another
)

// Infer proposes references between fields of any two sources from their sketches: inclusion of the child's values in a unique field, how
// likely that is by chance (two dense runs of numbers always include one another), names, types and cardinality. Declared references are not repeated.
func Infer(looks []Look) []Edge {
	parents, h := index(looks), hintsOf(looks)
	called := callingsOf(looks)
	set := setsOf(looks, called)
	declared := declaredFields(looks)
	hits := make([]int32, len(looks))
	var out []Edge
	for i := range looks {
		if c := &looks[i]; childLike(c) && !declared[c.ref()] {
			out = append(out, best(c, looks, candidates(c, parents, hits), h, set)...)
		}
	}
	out = few(looks, out, set)
	out = together(out, composites(looks, out, called))
	slices.SortFunc(out, func(a, b Edge) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// index maps each hash of a field that can be a parent to those fields.
func index(looks []Look) map[uint64][]int {
	m := map[uint64][]int{}
	for i := range looks {
		if !parentLike(&looks[i]) {
			continue
		}
		for _, h := range looks[i].Sketch.Hashes {
			m[h] = append(m[h], i)
		}
	}
	return m
}

func declaredFields(looks []Look) map[pii.Ref]bool {
	m := map[pii.Ref]bool{}
	for i := range looks {
		d := &looks[i].Node.Dataset
		for _, r := range d.References {
			if len(r.Fields) == 1 {
				m[d.Ref.In(r.Fields[0])] = true
			}
		}
	}
	return m
}

func parentLike(l *Look) bool {
	return l.Sketch != nil && l.Exam.Unique && l.Exam.Distinct >= minDistinct && (keyLike(l) || random(l)) && l.Node.Dataset.Kind != pii.View && l.Field.Form == ""
}

func childLike(l *Look) bool {
	return l.Sketch != nil && len(l.Sketch.Hashes) >= minDistinct && (keyLike(l) || ticket(l)) && l.Node.Dataset.Kind != pii.View
}

// ticket tells whether a field holds tokens that let somebody in and that come back over records: each visit by the link in a mail has the token of the mail.
func ticket(l *Look) bool {
	return l.Field.Category == "online.credential" && random(l) && !l.Exam.Unique
}

// keyLike leaves out what nobody refers by: text, dates, amounts, names, and identifiers that are compared everywhere anyway.
func keyLike(l *Look) bool {
	c := l.Field.Category
	switch {
	case l.Field.Field.Type == pii.Float, l.Field.Field.Type == pii.Bool, l.Field.Field.Type == pii.Time, l.Field.Field.Type == pii.JSON, l.Field.Field.Type == pii.Bytes:
		return false
	case l.Exam.MaxLen > 64, pseudo(l.Field):
		return false
	case c.Global() && l.Field.Dense && l.Field.Form == "" && (l.Field.Confidence >= sure || l.Field.Decided || c != "online.device_id"):
		return false
	case c == "none.date" || c == "none.amount" || c == "none.boolean" || c == "none.text":
		return l.Exam.Sum.Ints == l.Exam.Values && l.Exam.Values > 0 && c == "none.amount"
	case c.Personal() && !c.Identifier():
		return false
	}
	return true
}

// pseudo tells whether a field is not of the data: a number that the system or the connector gives a record.
func pseudo(f *FieldNode) bool {
	return f.Field.Generated && (f.Field.Name == "rowid" || f.Field.Name == "{record}" || f.Field.Name == "{object}")
}

// scored is a field that may be a child's parent, with what speaks for it.
type scored struct {
	parent *Look
	nats   []pii.Nat
	sum    float64
	some   bool // it holds only some of the child's values
}

// best gives the likeliest parent of a child, with its confidence lowered where others are nearly as likely.
func best(c *Look, looks []Look, candidates []int, h *hints, set sets) []Edge {
	var all []scored
	var poor []*Look // they cannot come near the best one
	holds := func(p *Look) bool { _, ok := h.weigh(c, p); return ok }
	for _, i := range candidates {
		p := &looks[i]
		if p == c || !sameClass(c, p) || set.only(c, p) {
			continue
		}
		if h.hopeless(c, p) {
			poor = append(poor, p)
		} else if s, ok := h.weigh(c, p); ok {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		switch {
		case a.some != b.some && a.some:
			return 1
		case a.some != b.some:
			return -1
		case a.sum != b.sum:
			return cmp.Compare(b.sum, a.sum)
		}
		return cmp.Compare(a.parent.ref().String(), b.parent.ref().String())
	})
	if only := &all[0]; len(all) == 1 && ints(c) && person(only.parent) && only.parent.Node.Dataset.Ref.Source == c.Node.Dataset.Ref.Source && !slices.ContainsFunc(poor, holds) {
		only.nats = append(only.nats, pii.Nat{Text: "no other key holds its values", Nats: 1})
		only.sum++
	}
	top := all[0]
	if top.sum < 0 {
		return nil
	}
	if len(all) > 1 && !related(top.parent, all[1].parent) && top.sum-all[1].sum < nearly {
		top.nats = append(top.nats, pii.Nat{Text: "another field is nearly as likely: " + all[1].parent.ref().String(), Nats: -(nearly - (top.sum - all[1].sum))})
	}
	out := []Edge{inferred(c, top.parent, top.nats)}
	inC, _, held := c.Sketch.Shared(top.parent.Sketch)
	if float64(held) >= minInclusion*float64(inC) {
		return out
	}
	for _, o := range all[1:] { // tokens of several sorts: of users and, before they sign in, of their devices
		if o.sum >= 0 && !related(top.parent, o.parent) {
			_, _, both := c.Sketch.Shared(o.parent.Sketch)
			out, held = append(out, inferred(c, o.parent, o.nats)), held+both
		}
	}
	if float64(held) < mostTokens*float64(inC) {
		return nil
	}
	return out
}

// mostTokens is the share of a field's tokens that its parents have to hold together.
const mostTokens = 0.8

// random tells whether a field holds tokens that nobody makes twice: text without meaning, of letters and digits, of 14 characters and more.
func random(l *Look) bool {
	c := l.Field.Category
	return !ints(l) && l.Exam.MaxLen >= 14 && l.Exam.MaxLen <= 64 && (c == "none.key" || c == "none.hash" || c == "none.code" || pii.Category("online").Covers(c) && c != "online.ip" || c == "identity.number" || c == "none.other")
}

// someTokens tells whether a field shares enough tokens with another that chance is out of the question, though it holds others as well. A field in which
// each record has another token is no such mixture: a list of some of its tokens is about a part of its records.
func someTokens(c, p *Look, inC, both int) bool {
	return !c.Exam.Unique && random(c) && random(p) && both >= minDistinct && float64(both) >= 0.05*float64(inC)
}

// related tells whether one of two parents holds the other's values: the users and a copy of them.
func related(a, b *Look) bool {
	inA, inB, both := a.Sketch.Shared(b.Sketch)
	return float64(both) >= minInclusion*float64(min(inA, inB)) && both > 0 && (a.Field.Category == b.Field.Category || random(a) && random(b))
}

func total(nats []pii.Nat) (sum float64) {
	for _, n := range nats {
		sum += n.Nats
	}
	return sum
}

// candidates gives the fields that hold nearly all of the child's first hashes. Hits counts them by field, and is all 0 before and after.
func candidates(c *Look, parents map[uint64][]int, hits []int32) []int {
	n := min(probe, len(c.Sketch.Hashes))
	if random(c) {
		n = min(4*probe, len(c.Sketch.Hashes))
	}
	var met []int
	for _, h := range c.Sketch.Hashes[:n] {
		for _, p := range parents[h] {
			if hits[p]++; hits[p] == 1 {
				met = append(met, p)
			}
		}
	}
	out := met[:0]
	for _, p := range met {
		if k := int(hits[p]); float64(k) >= 0.8*float64(n) || random(c) && k >= minDistinct {
			out = append(out, p)
		}
		hits[p] = 0
	}
	slices.Sort(out)
	return out
}

// sameClass compares numbers with numbers and text with text.
func sameClass(c, p *Look) bool { return ints(c) == ints(p) }

func ints(l *Look) bool { return l.Exam.Values > 0 && l.Exam.Sum.Ints == l.Exam.Values }

// weigh adds up what speaks for the child's values denoting the parent's records; ok is false where the parent does not hold them.
func (h *hints) weigh(c, p *Look) (_ scored, ok bool) {
	inC, _, both := c.Sketch.Shared(p.Sketch)
	some := float64(both) < minInclusion*float64(inC)
	if inC < minDistinct || some && !someTokens(c, p, inC, both) && !(nobody(c, p) && both >= minDistinct && float64(both+1) >= minInclusion*float64(inC)) {
		return scored{}, false
	}
	nats := h.facts([]pii.Nat{{Text: "any two fields", Nats: prior}, inclusion(c, p, inC, both)}, c, p)
	return scored{p, nats, total(nats), some}, true
}

// hopeless tells, without comparing any values, that a field cannot come near the best parent of a child that is a number: chance alone would have its range hold the
// child's, and what else is known says no more. That is so of nearly all keys that count from 1.
func (h *hints) hopeless(c, p *Look) bool {
	return ints(c) && c.Exam.Sum.Min != 0 && prior+atMost(c, p)+total(h.facts(h.room[:0], c, p)) < -nearly
}

// facts appends what is known of a child and its parent besides their values.
func (h *hints) facts(nats []pii.Nat, c, p *Look) []pii.Nat {
	nats = append(nats, naming(c, p))
	if k := c.Field.Category; k.Identifier() && k == p.Field.Category && c.Field.Dense && p.Field.Dense {
		nats = append(nats, pii.Nat{Text: "both are proposed as " + string(k), Nats: 3})
	}
	same := p.Node == c.Node
	if !same && c.Exam.Unique && soleKey(c) && len(c.Node.Dataset.Key) == 1 && ints(c) {
		nats = append(nats, pii.Nat{Text: "the child is a key that counts by itself", Nats: -10})
	}
	switch {
	case same && soleKey(p) && anyWord(c.leaf(), selfWords):
		nats = append(nats, pii.Nat{Text: fmt.Sprintf("name %q is that of another record of the dataset", c.Field.Field.Name), Nats: 7})
	case same:
		nats = append(nats, pii.Nat{Text: "both stand in one dataset", Nats: -3})
	case soleKey(c) && calls(p.leaf(), c, unprefixed(c.words(), p.words())) > 0:
		nats = append(nats, pii.Nat{Text: fmt.Sprintf("name %q says that the reference goes the other way", p.Field.Field.Name), Nats: -12})
	}
	if soleKey(p) {
		nats = append(nats, pii.Nat{Text: "the parent is its dataset's key", Nats: 1.5})
	}
	if padded(c) && padded(p) && c.Exam.MaxLen == p.Exam.MaxLen {
		nats = append(nats, pii.Nat{Text: fmt.Sprintf("both are filled up with zeros to %d figures", p.Exam.MaxLen), Nats: 2})
	}
	return h.add(nats, c, p)
}

// padded tells whether a field holds numbers as text, with zeros before them: 0001000215.
func padded(l *Look) bool {
	return ints(l) && l.Field.Field.Type == pii.Text && l.Exam.Sum.Min >= 0 && l.Exam.MaxLen > len(strconv.FormatInt(l.Exam.Sum.Max, 10))
}

func soleKey(l *Look) bool {
	return soleKeyOf(l.Node, l.Field.Field.Name)
}

// nobody tells whether the child has a 0 that stands for no record, where the parent counts from 1.
func nobody(c, p *Look) bool { return ints(c) && c.Exam.Sum.Min == 0 && p.Exam.Sum.Min > 0 }

// inclusion weighs that the parent holds the child's values. For numbers it asks how likely numbers of the child's range all are in the parent by
// chance: with the parent filling the share d of that range, d to the power of their number. How much of it the parent fills is not known where it reaches
// further, since numbers may lie in runs: as much as it has values, at the most. For text of a format, chance is small.
func inclusion(c, p *Look, n, both int) pii.Nat {
	text := fmt.Sprintf("%d of %d values are in the parent", both, n)
	if !ints(c) {
		return pii.Nat{Text: text, Nats: math.Min(14, 2.5*math.Log2(float64(both)))}
	}
	d := fills(c, p)
	missed := float64(n - both)
	if nobody(c, p) {
		missed = max(0, missed-1)
	}
	e := -float64(both)*math.Log(d) - 4*missed + apart(p.Exam.Sum)
	return pii.Nat{Text: fmt.Sprintf("%s, which fills %.0f %% of their range", text, 100*d), Nats: math.Min(14, e)}
}

// fills gives the share of the child's range that the parent fills at the most.
func fills(c, p *Look) float64 {
	return math.Min(p.Sketch.Distinct()/math.Min(narrowest(p.Exam.Sum), narrowest(c.Exam.Sum)), 0.9999)
}

// atMost is what inclusion can weigh at the most, for numbers.
func atMost(c, p *Look) float64 {
	return math.Min(14, apart(p.Exam.Sum)-float64(len(c.Sketch.Hashes))*math.Log(fills(c, p)))
}

// apart weighs how seldom numbers of something else lie in the parent's range: nearly all quantities are of any order of magnitude, so that a range
// holds as many of them as the logarithm of its ends is apart (Newcomb and Benford), and keys that begin at 1 lie where most small numbers do.
func apart(s pii.Stats) float64 {
	if s.Min < 1 || s.Max <= s.Min {
		return 0
	}
	const orders = 20.7 // of the numbers up to 10^9
	return math.Max(0, -math.Log(math.Log(float64(s.Max)/float64(s.Min))/orders))
}

// narrowest gives the least number of whole numbers between the least and the greatest value, which are kept rounded outwards to two digits.
func narrowest(s pii.Stats) float64 {
	unit := func(n int64) (u int64) {
		for u = 1; n >= 100 || n <= -100; n /= 10 {
			u *= 10
		}
		return u
	}
	lo, hi := s.Min, s.Max
	if u := unit(hi); u > 1 {
		hi -= u - 1
	}
	if u := unit(lo); u > 1 {
		lo += u - 1
	}
	return math.Max(1, float64(hi-lo)+1)
}

func person(l *Look) bool { return l.Node.Person >= 0.5 }

func inferred(c, p *Look, nats []pii.Nat) Edge {
	return Edge{
		ID:   EdgeID(c.Node.Dataset.Ref, []string{c.Field.Field.Name}, p.Node.Dataset.Ref, []string{p.Field.Field.Name}),
		From: c.Node.Dataset.Ref, Fields: []string{c.Field.Field.Name}, To: p.Node.Dataset.Ref, ToFields: []string{p.Field.Field.Name},
		Confidence: 1 / (1 + math.Exp(-total(nats))), Evidence: nats,
	}
}

// EdgeID makes the stable name of an edge from its ends.
func EdgeID(from pii.Ref, fields []string, to pii.Ref, toFields []string) string {
	h := sha256.Sum256([]byte(from.String() + "(" + strings.Join(fields, "\x00") + ")" + to.String() + "(" + strings.Join(toFields, "\x00") + ")"))
	return hex.EncodeToString(h[:8])
}

// Declared gives the edges that the systems themselves declare.
func Declared(nodes []Node) []Edge {
	var out []Edge
	for i := range nodes {
		for _, r := range nodes[i].Dataset.References {
			out = append(out, Edge{
				ID: EdgeID(r.From, r.Fields, r.To, r.ToFields), From: r.From, Fields: r.Fields, To: r.To, ToFields: r.ToFields, Declared: true, Confidence: 1,
				OnDelete: r.OnDelete, OnUpdate: r.OnUpdate, Deferrable: r.Deferrable, Evidence: []pii.Nat{{Text: "declared", Nats: 20}},
			})
		}
	}
	return out
}
