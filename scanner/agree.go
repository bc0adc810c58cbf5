package scanner

import (
	"context"
	"slices"

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

// pair looks into references of which the records of both ends say whom they are about. Values are held in memory only. What several children ask of one parent is looked
// up at once.
func (s *Scanner) pair(ctx context.Context, ps []lineage.Pairing) []lineage.Paired {
	ps = ps[:min(len(ps), mostPairs)]
	read, done, found := map[string]sayings{}, make([]bool, len(ps)), make([][]lineage.Paired, len(ps))
	for turn, more := 0, true; more && ctx.Err() == nil; turn++ {
		groups, order := map[string]*asking{}, []string(nil)
		more = false
		for i, p := range ps {
			if done[i] || turn >= len(p.Same) {
				continue
			}
			more = true
			same := p.Same[turn]
			parent, child := s.Sources(p.Parent.Node.Dataset.Ref.Source), s.sayings(ctx, read, p.Child, same)
			if parent == nil || len(child.order) == 0 {
				continue
			}
			k := p.Parent.Node.Dataset.Ref.In(p.Parent.Field.Field.Name).String() + "\x00" + same.Parent
			if groups[k] == nil {
				groups[k], order = &asking{parent: parent, look: p.Parent, same: same, seen: map[string]bool{}}, append(order, k)
			}
			groups[k].add(i, child)
		}
		for _, k := range order {
			for _, i := range groups[k].ask(ctx) {
				paired := groups[k].compare(ps[i], ps[i].Same[turn], read)
				found[i], done[i] = append(found[i], paired), paired.Compared >= pairValues/4
			}
		}
	}
	return slices.Concat(found...)
}

// sayings reads what a child says, once.
func (s *Scanner) sayings(ctx context.Context, read map[string]sayings, l *lineage.Look, same lineage.Pair) sayings {
	at := childKey(l, same)
	if _, known := read[at]; !known {
		if src := s.Sources(l.Node.Dataset.Ref.Source); src != nil {
			read[at] = pairsOf(ctx, src, l, same)
		}
	}
	return read[at]
}

func childKey(l *lineage.Look, same lineage.Pair) string {
	return l.Node.Dataset.Ref.In(l.Field.Field.Name).String() + "\x00" + same.Child
}

// asking is what pairings ask of one parent: the numbers of their children, and, once it was asked, what stands beside each there.
type asking struct {
	parent *connectors.Source
	look   *lineage.Look
	same   lineage.Pair
	values []pii.Value
	seen   map[string]bool
	who    []int // pairings
	beside map[string]string
}

func (a *asking) add(who int, child sayings) {
	a.who = append(a.who, who)
	for _, v := range child.order {
		if !a.seen[v] {
			a.seen[v] = true
			a.values = append(a.values, pii.NewValue(v))
		}
	}
}

// ask looks the numbers up and gives the pairings that may be compared then: none, where the parent could not be asked.
func (a *asking) ask(ctx context.Context) []int {
	a.beside = map[string]string{}
	for from := 0; from < len(a.values); from += probeRecords {
		if !a.askFor(ctx, a.values[from:min(from+probeRecords, len(a.values))]) {
			return nil
		}
	}
	return a.who
}

func (a *asking) askFor(ctx context.Context, values []pii.Value) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	t := pii.Term{Field: a.look.Field.Field.Name, Mode: pii.Exact, Category: "identity.number", Values: values}
	for f, err := range a.parent.Locate(ctx, pii.Match{Dataset: a.look.Node.Dataset, Terms: []pii.Term{t}, Want: []string{a.same.Parent}}) {
		if err != nil || f.Gap != nil {
			return false
		}
		if len(f.Hits) == 0 || len(f.Fields[a.same.Parent]) != 1 {
			continue
		}
		if norm, ok := forms.Normal(a.same.Category, []byte(f.Fields[a.same.Parent][0].Value.Reveal())); ok {
			a.beside[values[f.Hits[0].Value].Reveal()] = string(norm)
		}
	}
	return true
}

// compare counts in how many records child and parent say the same.
func (a *asking) compare(p lineage.Pairing, same lineage.Pair, read map[string]sayings) lineage.Paired {
	p.Same = []lineage.Pair{same}
	out, child := lineage.Paired{Pairing: p}, read[childKey(p.Child, same)]
	for _, v := range child.order {
		norm, ok := a.beside[v]
		if !ok {
			continue
		}
		if out.Compared++; child.said[v] == norm {
			out.Agree++
		}
	}
	return out
}

// sayings are numbers that a child has, with what stands beside each.
type sayings struct {
	said  map[string]string
	order []string
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
