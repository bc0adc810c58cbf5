package scanner

import (
	"context"

	"vestige/connectors"
	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// pairRecords is how many records of a child are read to see whether they agree with those that they may refer to, and pairValues how many of them are
// looked up.
const (
	pairRecords = 200
	pairValues  = 40
)

// pair looks into references of which the records of both ends say whom they are about. Values are held in memory only.
func (s *Scanner) pair(ctx context.Context, ps []lineage.Pairing) (out []lineage.Paired) {
	for i, p := range ps {
		if i >= mostProbes || ctx.Err() != nil {
			break
		}
		child, parent := s.Sources(p.Child.Node.Dataset.Ref.Source), s.Sources(p.Parent.Node.Dataset.Ref.Source)
		if child == nil || parent == nil {
			continue
		}
		for _, same := range p.Same {
			done, ok := agree(ctx, child, parent, p, same)
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

func agree(ctx context.Context, child, parent *connectors.Source, p lineage.Pairing, same lineage.Pair) (lineage.Paired, bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p.Same = []lineage.Pair{same}
	out := lineage.Paired{Pairing: p}
	said, order, ok := pairsOf(ctx, child, p.Child, same)
	if !ok || len(order) == 0 {
		return out, false
	}
	t := pii.Term{Field: p.Parent.Field.Field.Name, Mode: pii.Exact, Category: "identity.number"}
	for _, v := range order {
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
			if said[order[f.Hits[0].Value]] == string(norm) {
				out.Agree++
			}
		}
	}
	return out, true
}

// pairsOf reads numbers of a child with what stands beside them, in normal form. A number that stands beside several is left out.
func pairsOf(ctx context.Context, src *connectors.Source, l *lineage.Look, same lineage.Pair) (said map[string]string, order []string, ok bool) {
	said = map[string]string{}
	name := l.Field.Field.Name
	for b, err := range src.Read(ctx, connectors.Query{Dataset: l.Node.Dataset, Fields: []string{name, same.Child}, Limit: pairRecords, Bare: true}) {
		if err != nil {
			return nil, nil, false
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
			if old, seen := said[n]; !seen && len(order) < pairValues {
				order = append(order, n)
				said[n] = string(norm)
			} else if seen && old != string(norm) {
				said[n] = ""
			}
		}
	}
	return said, order, true
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
