package lineage

import (
	"context"
	"slices"
	"strings"

	"vestige/pii"
)

// inKey decides what becomes of a record that names her in its key and is not hers. Nothing can be taken out of a key: what does nothing but join her to somebody else, a
// friendship, goes as a whole; of what says more a person has to say whether it goes.
func (c *closer) inKey(context.Context) error {
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		at := slices.IndexFunc(r.Hits, func(h pii.Hit) bool { return slices.Contains(n.Dataset.Key, h.Field) })
		if r.Holding != Mention || at < 0 || len(r.Insides) > 0 {
			continue
		}
		switch {
		case JoinsOnly(c.g, n):
			r.Holding, r.Hits = Joint, nil
		case c.keyedByHer(n, r, r.Hits[at]):
			r.Holding, r.Hits = Hers, nil
		default:
			c.askKey(r, r.Hits[at])
		}
	}
	return nil
}

// keyedByHer tells whether a key is an identifier of hers with nothing of anybody else around it, the name of a setting: user.5f0c….theme. It is of nobody else where no
// reference and no identifier says so, where no other number or address stands in the key, and where what stands around hers stands around those of others too.
func (c *closer) keyedByHer(n *Node, r *Record, h pii.Hit) bool {
	v, via := valueAt(r.Fields[h.Field], h.Path), r.Via[len(r.Via)-1]
	if via.How != "text" || !via.Category.Identifier() || v.Null() || h.End > v.Len() || c.edgeOf(r.Dataset, h.Field) != nil {
		return false
	}
	before, own, after := v.Reveal()[:h.Start], v.Reveal()[h.Start:h.End], v.Reveal()[h.End:]
	digits := 0
	for _, b := range []byte(before + after) {
		if b >= '0' && b <= '9' {
			digits++
		}
	}
	return digits < 4 && !strings.Contains(before+after, "@") && !c.namesake(&pii.Found{Dataset: r.Dataset, Key: r.Key, Digest: r.Digest, Fields: r.Fields, Hits: []pii.Hit{h}}) &&
		c.setting(n, h.Field, before, own, after)
}

func valueAt(vs []pii.Located, path string) pii.Value {
	for _, v := range vs {
		if v.Path == path {
			return v.Value
		}
	}
	return pii.Value{}
}

// JoinsOnly tells whether the records of a dataset do nothing but join what they refer to: besides their references, their key and when they were joined they say nothing, not
// by a number or a yes either, which may be the mark that one gave the other; and nothing refers to them.
func JoinsOnly(g *Graph, n *Node) bool {
	refers := map[string]bool{}
	for _, e := range g.Out(n.Dataset.Ref) {
		for _, f := range e.Fields {
			refers[f] = refers[f] || e.Confidence >= sure
		}
	}
	return len(refers) > 0 && len(g.In(n.Dataset.Ref)) == 0 && !slices.ContainsFunc(n.Fields, func(f FieldNode) bool {
		switch {
		case refers[f.Field.Name], pseudo(&f), f.Category == "none.key" && f.Unique: // its own number
			return false
		case f.Category == "none.text", f.Category.Personal() && f.Confidence >= possible, len(f.Contains) > 0:
			return true
		}
		return f.Category != "none.date" && f.Field.Type != pii.Time && !slices.Contains(n.Dataset.Key, f.Field.Name)
	})
}

// askKey asks whether a record goes whose key names her.
func (c *closer) askKey(r *Record, h pii.Hit) {
	const code = "named-in-key"
	at := Doubt{
		ID: placeID(code, r.Dataset, h.Field, 0), Dataset: r.Dataset, Field: h.Field,
		Decision: doubtID(code, r.Dataset, h.Field, ""), Remember: []pii.Verdict{pii.Accept, pii.Reject},
	}
	switch c.answered(code, r.found(), at) {
	case pii.Accept:
		r.Holding, r.Hits = Hers, nil
		return
	case pii.Reject:
		r.Holding = HeldByOther
		return
	}
	r.Holding, r.Question = Unsure, questionID(code, pii.Ref{}, "")
	c.ask(Question{
		ID: r.Question, Code: code, Via: r.Via, text: "Records of {at} name the person in their key and are not hers by anything else; a key cannot be changed, and they say more than that.",
		Yes: Outcome{Text: "they are about the person: they are deleted"}, No: Outcome{Text: "they are somebody else's: they stay as they are and go on naming her"},
	}, at)
}
