package scanner

import (
	"context"

	"vestige/connectors"
	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// mostPairs is how many references are tried so, pairRecords is how many records of a child are read to see whether they agree with those that they may refer to, and pairValues how many of them are
// looked up.
const (
	mostPairs   = 600
	pairRecords = 200
	pairValues  = 40
)

// pair looks into references of which the records of both ends say whom they are about. Values are held in memory only.
func (s *Scanner) pair(ctx context.Context, ps []lineage.Pairing) (out []lineage.Paired) {
	read := map[string]sayings{}
	for i, p := range ps {
		if i >= mostPairs || ctx.Err() != nil {
			break
		}
		child, parent := s.Sources(p.Child.Node.Dataset.Ref.Source), s.Sources(p.Parent.Node.Dataset.Ref.Source)
		if child == nil || parent == nil {
			continue
		}
		for _, same := range p.Same {
			at := p.Child.Node.Dataset.Ref.In(p.Child.Field.Field.Name).String() + "\x00" + same.Child
			if _, known := read[at]; !known {
				read[at] = pairsOf(ctx, child, p.Child, same)
			}
			done, ok := agree(ctx, parent, p, same, read[at])
			if ok {
				out = append(out, done)
			}
			if ok && done.Compared >= pairValues/4 {
				break
			}
		}
	}
	return out
}

// sayings are numbers that a child has, with what stands beside each.
type sayings struct {
	said  map[string]string
	order []string
}

func agree(ctx context.Context, parent *connectors.Source, p lineage.Pairing, same lineage.Pair, child sayings) (lineage.Paired, bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p.Same = []lineage.Pair{same}
	out := lineage.Paired{Pairing: p}
	if len(child.order) == 0 {
		return out, false
	}
	t := pii.Term{Field: p.Parent.Field.Field.Name, Mode: pii.Exact, Category: "identity.number"}
	for _, v := range child.order {
		t.Values = append(t.Values, pii.NewValue(v))
	}
	for f, err := range parent.Locate(ctx, pii.Match{Dataset: p.Parent.Node.Dataset, Terms: []pii.Term{t}, Want: []string{same.Parent}}) {
		if err != nil || f.Gap != nil {
			return out, false
		}
		if len(f.Hits) == 0 || len(f.Fields[same.Parent]) != 1 {
			continue
		}
		if norm, ok := forms.Normal(same.Category, []byte(f.Fields[same.Parent][0].Value.Reveal())); ok {
			out.Compared++
			if child.said[child.order[f.Hits[0].Value]] == string(norm) {
				out.Agree++
			}
		}
	}
	return out, true
}

// pairsOf reads numbers of a child with what stands beside them, in normal form. A number that stands beside several is left out.
func pairsOf(ctx context.Context, src *connectors.Source, l *lineage.Look, same lineage.Pair) sayings {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	s := sayings{said: map[string]string{}}
	name := l.Field.Field.Name
	q := connectors.Query{Dataset: l.Node.Dataset, Fields: []string{name, same.Child}, Limit: pairRecords, Bare: true}
	if l.Field.Field.Path != "" {
		q.Fields = nil // what stands inside of documents is read with them
	}
	for b, err := range src.Read(ctx, q) {
		if err != nil {
			return sayings{}
		}
		number, id := b.Column(name), b.Column(same.Child)
		if b.Gap != nil || number == nil || id == nil {
			continue
		}
		for i := range b.Len() {
			n, okN := only(number, i)
			v, okV := only(id, i)
			norm, okF := forms.Normal(same.Category, []byte(v))
			if !okN || !okV || !okF || n == "0" {
				continue
			}
			if old, seen := s.said[n]; !seen && len(s.order) < pairValues {
				s.order = append(s.order, n)
				s.said[n] = string(norm)
			} else if seen && old != string(norm) {
				s.said[n] = ""
			}
		}
	}
	return s
}

// only gives the one value that a record has in a column.
func only(c *pii.Column, i int) (string, bool) {
	from, to := c.Of(i)
	if to != from+1 {
		return "", false
	}
	v, _ := c.Value(from)
	return string(v), len(v) > 0
}
