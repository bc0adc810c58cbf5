package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// Spoken says whose numbers the texts of each dataset mean. "Customer 83" is the customer 83 whom the ticket's own references count by, and not the 83rd
// row of a list that somebody exported once: a number that is a local identifier in several value domains means one of them, and the text does not say
// which.
type Spoken struct {
	g       *Graph
	domains map[string]*domain
}

// domain is a value domain whose numbers stand for persons.
type domain struct {
	source   string
	class    pii.FieldType // numbers are not compared with codes
	referrer int           // references to it from other datasets
	named    bool          // its values are known as a kind of number that people write: of a customer, of an account
}

// NewSpoken gathers the value domains of a graph.
func NewSpoken(g *Graph) *Spoken {
	s := &Spoken{g: g, domains: map[string]*domain{}}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for j := range n.Fields {
			if f := &n.Fields[j]; n.Person >= possible && f.Domain != "" && numbers(g, n, f) {
				s.add(n, f)
			}
		}
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		if p := g.Node(e.To); len(e.Fields) == 1 && e.Confidence >= possible && !e.Copy && e.Kind != Derives && e.From != e.To && p != nil {
			if f := p.Field(e.ToFields[0]); f != nil && s.domains[f.Domain] != nil {
				s.domains[f.Domain].referrer++
			}
		}
	}
	return s
}

// numbers tells whether a field of a node of persons tells them apart by a number of the company's own.
func numbers(g *Graph, n *Node, f *FieldNode) bool {
	return soleKeyOf(n, f.Field.Name) || f.Unique && isRoot(g, n, f) || specific(f)
}

// specific tells whether a field holds a kind of local number that people write, and not merely some number.
func specific(f *FieldNode) bool {
	return f.Dense && f.Confidence >= possible && f.Category.Identifier() && !f.Category.Global() && f.Category != "identity.number"
}

func (s *Spoken) add(n *Node, f *FieldNode) {
	d := s.domains[f.Domain]
	if d == nil {
		d = &domain{source: n.Dataset.Ref.Source, class: f.Field.Type}
		s.domains[f.Domain] = d
	}
	d.named = d.named || specific(f)
}

// Means gives the value domains that a number in a text of the dataset can be of, among those whose values are of the same type as the given one's: those
// that its own references lead to, else those that most of its source, else most of the estate, refers to.
func (s *Spoken) Means(n *Node, of string) []string {
	d := s.domains[of]
	if d == nil {
		return nil
	}
	if own := s.own(n, d.class, 3); len(own) > 0 {
		return own
	}
	if near := s.most(d.class, n.Dataset.Ref.Source); len(near) > 0 {
		return near
	}
	return s.most(d.class, "")
}

// in gives Means of one dataset, which remembers what it gave for a type of numbers.
func (s *Spoken) in(n *Node) func(of string) []string {
	known := map[pii.FieldType][]string{}
	return func(of string) []string {
		d := s.domains[of]
		if d == nil {
			return nil
		}
		out, ok := known[d.class]
		if !ok {
			out = s.Means(n, of)
			known[d.class] = out
		}
		return out
	}
}

// Says tells whether a number of the domain can be meant in the dataset's texts.
func (s *Spoken) Says(n *Node, of string) bool { return s.says(s.in(n), of) }

func (s *Spoken) says(means func(string) []string, of string) bool {
	return of == "" || s.domains[of] == nil || slices.Contains(means(of), of)
}

// Only tells whether nothing but a number of the domain can be meant there.
func (s *Spoken) Only(n *Node, of string) bool {
	return of == "" || s.domains[of] == nil || slices.Equal(s.Means(n, of), []string{of})
}

// own gives the domains of the persons that a dataset's records are, or belong to.
func (s *Spoken) own(n *Node, class pii.FieldType, depth int) (out []string) {
	add := func(domain string) {
		if d := s.domains[domain]; d != nil && d.class == class && s.spoken(d) && !slices.Contains(out, domain) {
			out = append(out, domain)
		}
	}
	for i := range n.Fields {
		if f := &n.Fields[i]; n.Person >= possible && numbers(s.g, n, f) {
			add(f.Domain)
		}
	}
	for _, e := range s.g.Out(n.Dataset.Ref) {
		p := s.g.Node(e.To)
		switch {
		case p == nil || e.Confidence < possible || e.Kind == Mentions || e.From == e.To:
		case p.Person >= possible && len(e.Fields) == 1:
			if f := p.Field(e.ToFields[0]); f != nil {
				add(f.Domain)
			}
		case depth > 0 && p.Person < possible:
			for _, d := range s.own(p, class, depth-1) {
				add(d)
			}
		}
	}
	return out
}

// spoken tells whether anything shows that people go by the numbers of a domain.
func (s *Spoken) spoken(d *domain) bool { return d.named || d.referrer > 0 }

// most gives the domains of a class that most references lead to, in one source or in all; more than one only where nothing tells them apart.
func (s *Spoken) most(class pii.FieldType, source string) (out []string) {
	best := 0
	if source == "" {
		best = -1
	}
	for name, d := range s.domains {
		if d.class != class || source != "" && (d.source != source || !s.spoken(d)) {
			continue
		}
		weight := 2 * d.referrer
		if d.named {
			weight++
		}
		switch {
		case weight > best:
			best, out = weight, []string{name}
		case weight == best:
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// rivals tells whether somebody else has the number in another value domain that the dataset's texts can mean.
func (c *closer) rivals(ctx context.Context, n *Node, k *Known) bool {
	for _, other := range c.spoken.Means(n, k.Domain) {
		if other != k.Domain && c.elsewhere(ctx, other, k.Value) {
			return true
		}
	}
	return false
}

// elsewhere tells whether a record that is not hers has the number in a value domain of persons.
func (c *closer) elsewhere(ctx context.Context, domain string, v pii.Value) bool {
	key := domain + "\x00" + v.Reveal()
	if known, ok := c.rival[key]; ok {
		return known
	}
	c.rival[key] = false
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		for j := range n.Fields {
			f := &n.Fields[j]
			if f.Domain != domain || n.Person < possible || !numbers(c.g, n, f) || n.Gone != 0 || n.Dataset.Kind == pii.View {
				continue
			}
			t := pii.Term{Field: f.Field.Name, Mode: pii.Exact, Category: "identity.number", Values: []pii.Value{v}}
			_ = c.run(ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}}, func(r *pii.Found) error {
				at, mine := c.recs[recordID(r)]
				c.rival[key] = c.rival[key] || !mine || c.out.Records[at].Holding != Hers
				return nil
			})
		}
	}
	return c.rival[key]
}
