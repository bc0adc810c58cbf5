package lineage

import (
	"slices"
	"strings"

	"vestige/pii"
)

// What a person answers is about one subject, unless she says that it is about the field or the reference: then it is a decision, and the next one who meets the same doubt
// there is not asked about. An answer that tells whose a telephone is can be none.

// Decided is a kind of doubt that was not asked about, since somebody has decided on it at a field, or on the reference.
type Decided struct {
	Decision string      `json:"decision"` // by which it is taken back
	Code     string      `json:"code"`
	Dataset  pii.Ref     `json:"dataset"`
	Field    string      `json:"field"`
	Verdict  pii.Verdict `json:"verdict"`
	Records  int64       `json:"records"`
}

// Remember lists the answers to a question as a whole that can be remembered for other people: those that can be at each of its places.
func (q Question) Remember() (out []pii.Verdict) {
	for _, v := range []pii.Verdict{pii.Accept, pii.Reject} {
		if len(q.Places) > 0 && !slices.ContainsFunc(q.Places, func(at Doubt) bool { return !slices.Contains(at.Remember, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// IsDoubt tells whether an id is that of a kind of doubt at a field.
func IsDoubt(id string) bool {
	return len(id) > len(doubtPrefix) && id[:len(doubtPrefix)] == doubtPrefix
}

const doubtPrefix = "d-"

// doubtID names a kind of doubt at a field: what is in doubt is a category of identifier, or the value domain of a number.
func doubtID(code string, at pii.Ref, field, what string) string {
	return doubtPrefix + questionID(code+" of "+what, at, field)[len("q-"):]
}

// answered gives what was said of a place: in this request, or, where that was decided, of all doubts of its kind there.
func (c *closer) answered(code string, f *pii.Found, at Doubt) pii.Verdict {
	if v := c.answers[at.ID]; v != "" {
		return v
	}
	v := c.answers[at.Decision]
	if !IsDoubt(at.Decision) || !slices.Contains(at.Remember, v) || code == "name-only" && v == pii.Accept && c.sameNamed() {
		return ""
	}
	c.decidedOn(f, Decided{Decision: at.Decision, Code: code, Dataset: at.Dataset, Field: at.Field, Verdict: v})
	return v
}

// decidedOn counts a record that nobody is asked about, once.
func (c *closer) decidedOn(f *pii.Found, d Decided) {
	id := d.Decision + "\x00" + recordID(f)
	if c.spared[id] {
		return
	}
	c.spared[id] = true
	i := slices.IndexFunc(c.out.Decided, func(o Decided) bool { return o.Decision == d.Decision })
	if i < 0 {
		i = len(c.out.Decided)
		c.out.Decided = append(c.out.Decided, d)
	}
	c.out.Decided[i].Records++
}

// sameNamed tells whether somebody else is known who has her full name: then no decision on a field says which of them is meant.
func (c *closer) sameNamed() bool {
	const asked = "named"
	if other, ok := c.rival[asked]; ok {
		return other
	}
	other := false
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		if n.Person < 0.9 || n.Gone != 0 || n.Dataset.Kind == pii.View {
			continue
		}
		terms := c.nameTerms(n)
		if len(terms) == 0 {
			continue
		}
		_ = c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Want: c.g.wanted(n), Terms: terms}, func(f *pii.Found) error {
			at, known := c.recs[recordID(f)]
			names := traits(n, f).names()
			if !(known && c.out.Records[at].Holding == Hers) && len(names) > 1 && overlap(c.profile.names(), names) == agrees {
				other = true
				c.theirCodes = append(c.theirCodes, postcodes(n, f.Fields)...)
			}
			return nil
		})
	}
	c.rival[asked] = other
	return other
}

// nameTerms look for the words of her name where a dataset has names.
func (c *closer) nameTerms(n *Node) (out []pii.Term) {
	var said []pii.Value
	for _, name := range append(slices.Clone(c.profile["identity.name"]), c.profile["identity.family_name"]...) {
		for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' }) {
			said = append(said, pii.NewValue(w))
		}
	}
	for i := range n.Fields {
		if f := &n.Fields[i]; len(said) > 0 && f.Dense && f.Role != Mentions && (f.Category == "identity.name" || f.Category == "identity.family_name") {
			out = append(out, pii.Term{Field: f.Field.Name, Mode: pii.Within, Category: "identity.family_name", Values: said})
		}
	}
	return out
}
