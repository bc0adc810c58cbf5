package lineage

import (
	"slices"
	"strings"

	"vestige/pii"
)

// Sure and possible are the confidences above which a field counts as what it is proposed to be, for questions of structure. What is searched and
// changed is decided by policy, not by these.
const (
	possible = 0.5
	sure     = 0.95
)

// Assign says of every node whether its records stand for persons, of every edge and identifier field whose it is, and which fields make up a value
// domain. It needs the edges, and is done again whenever they change. What a person decided of an edge stays.
func Assign(nodes []Node, edges []Edge) {
	Persons(nodes)
	served := servedBy(nodes, edges)
	demote(nodes, edges, served)
	g := (&Graph{Nodes: nodes, Edges: edges, served: served}).Index()
	for i := range nodes {
		assignEdges(g, &nodes[i])
	}
	for i := range nodes {
		assignFields(g, &nodes[i])
	}
	domains(nodes, edges)
}

// Persons says how sure it is that one record of a node stands for one person: it names one and has something that tells them apart.
func Persons(nodes []Node) {
	for i := range nodes {
		nodes[i].Person = personScore(&nodes[i])
	}
}

func personScore(n *Node) float64 {
	var named, surely, unique, reachable, birth, login bool
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Confidence < possible || !f.Dense || foreign(f) || many(f) || party(n, f) || (f.Field.Path != "" && f.Field.Column != "") {
			continue
		}
		switch {
		case pii.Category("identity.name").Covers(f.Category), f.Category == "identity.given_name", f.Category == "identity.family_name":
			named, surely = true, surely || f.Confidence >= 0.9
		case f.Category == "demographic.birth_date":
			birth = true
		case f.Category == "online.credential":
			login = true
		case f.Category.Identifier() && nearUnique(f) && f.Form == "" && !refers(n, f):
			unique = true
			reachable = reachable || pii.Category("contact").Covers(f.Category)
		}
	}
	switch {
	case n.Dataset.Kind == pii.View:
		return 0
	case named && (unique || birth), login && reachable && len(n.key()) == 1:
		return 0.95
	case reachable && n.Dataset.Kind != pii.Objects:
		return 0.7
	case surely && len(n.key()) == 1:
		return 0.6 // a list of titles that could be names is none of persons
	}
	return 0
}

// refers tells whether the field is declared to refer to another dataset.
func refers(n *Node, f *FieldNode) bool {
	return slices.ContainsFunc(n.Dataset.References, func(r pii.Reference) bool { return slices.Contains(r.Fields, f.Field.Name) })
}

// foreign tells whether a field's name says that it is about another person than the record's.
// Of a member of a document, the objects that it stands in say so too: the name in emergency.name is nobody's of the record, nor is agent.name. To whom a letter goes is left to the roles.
func foreign(f *FieldNode) bool {
	if aboutAnother(words(lastSegment(f.Field.Name))) {
		return true
	}
	path, in := f.Field.Path, aboutAnother
	if f.Field.Column == "" || path == "" {
		path, in = f.Field.Name, func(ws []string) bool { return aboutAnother(ws) && !anyWord(ws, toWords) }
	}
	inside := strings.Split(path, ".")
	return len(inside) > 1 && slices.ContainsFunc(inside[:len(inside)-1], func(s string) bool { return !strings.HasSuffix(s, "[]") && in(words(s)) })
}

func lastSegment(name string) string {
	return name[strings.LastIndexByte(name, '.')+1:]
}

// many tells whether a record can have several values of the field.
func many(f *FieldNode) bool {
	return slices.ContainsFunc([]byte(f.Field.Path), func(b byte) bool { return b == '[' || b == '{' })
}

func nearUnique(f *FieldNode) bool {
	return f.Unique || (f.Values >= 20 && float64(f.Distinct) >= 0.95*float64(f.Values))
}

// demote takes back that records are persons where they refer to one they belong to: an address book entry, an order that repeats the name.
func demote(nodes []Node, edges []Edge, served map[string]bool) {
	byRef := map[pii.Ref]*Node{}
	for i := range nodes {
		byRef[nodes[i].Dataset.Ref] = &nodes[i]
	}
	linked, meant := pairs(edges), map[pii.Ref]bool{}
	for _, e := range edges {
		meant[e.To] = meant[e.To] || e.From != e.To && !e.Copy && e.Confidence >= sure
	}
	for _, e := range edges {
		c, p := byRef[e.From], byRef[e.To]
		if e.When != nil && c != nil && p != c && c.Person < 0.9 && e.Confidence >= sure {
			c.Person = 0 // what says by a kind and a number what it belongs to, and has a note that may be a name
			continue
		}
		if c != nil && p != nil && account(p) && !account(c) && c.Person >= 0.9 && !e.Copy && (e.Declared || e.Confidence >= sure) {
			p.Person = 0 // what a person has, not a person: several may have it together
			continue
		}
		if c != nil && p != nil && c != p && c.Person >= 0.9 && reachable(c) && !reachable(p) && e.Declared && crowdOf(c, &e) {
			p.Person = 0 // the house that all of them are of, and that has a name
			continue
		}
		if c == nil || p == nil || c == p || e.Copy || p.Person < 0.9 || aboutAnother(roleWords(c, &e, 5)) || trade(served, &e, p) || e.Declared && meant[e.From] && oneEach(c, &e) {
			continue
		}
		if !e.Declared && (e.Confidence < sure || c.Person >= 0.9 && once(c, &e, 0)) {
			continue // two records of one person, and neither belongs to the other
		}
		if e.Confidence >= possible && (c.Person < p.Person || !linked[[2]pii.Ref{e.To, e.From}]) {
			c.Person = 0
		}
	}
	belongings(edges, byRef, served)
}

// belongings takes back that records are persons where only weak signs say so, or the number of an account, and they refer to something that belongs to a
// person itself: the address of an order, the transfer that paid an invoice.
func belongings(edges []Edge, byRef map[pii.Ref]*Node, served map[string]bool) {
	holds := func(e *Edge) bool { return !e.Copy && (e.Declared || e.Confidence >= sure) && e.From != e.To }
	owned := map[pii.Ref]bool{}
	for i := range edges {
		if e := &edges[i]; holds(e) && byRef[e.To] != nil && byRef[e.To].Person >= 0.9 && byRef[e.From] != nil && byRef[e.From].Person < possible && !aboutAnother(words(e.Fields[0])) && !trade(served, e, byRef[e.To]) {
			owned[e.From] = true
		}
	}
	for i := range edges {
		e := &edges[i]
		c := byRef[e.From]
		if c == nil || !holds(e) || !owned[e.To] || owned[e.From] || c.Person < possible || c.Person >= 0.9 && !account(c) {
			continue
		}
		c.Person = 0
	}
}

// listed tells whether the records of a dataset are persons who stand in the list of a thing, a few to each, and have nothing of their own by which anybody could reach them or
// tell them from namesakes: who gets the money of a policy, who travels on a booking, who lives in a household.
func listed(n *Node, e *Edge) bool {
	f := n.Field(e.Fields[0])
	return f != nil && f.Values >= 20 && perValue(f) <= 4 && !slices.ContainsFunc(n.Fields, func(o FieldNode) bool {
		return o.Confidence >= possible && o.Dense && (pii.Category("contact").Covers(o.Category) && o.Category.Identifier() || o.Category == "online.credential")
	})
}

// account tells whether a node's records are told apart by nothing but numbers of accounts and cards: they name their holder and stand for something of hers.
func account(n *Node) bool {
	found := false
	for i := range n.Fields {
		f := &n.Fields[i]
		switch {
		case f.Confidence < possible || !f.Dense || foreign(f):
		case f.Category == "demographic.birth_date" || pii.Category("contact").Covers(f.Category) && f.Category.Identifier() && nearUnique(f):
			return false
		case pii.Category("finance").Covers(f.Category) && f.Category.Identifier() && nearUnique(f):
			found = true
		}
	}
	return found
}

// once tells whether each record of a dataset refers to another one by one field, and at least so many were seen.
func once(n *Node, e *Edge, least int64) bool {
	f := n.Field(e.Fields[0])
	return len(e.Fields) == 1 && f != nil && nearUnique(f) && f.Distinct >= least
}

// oneEach tells whether each record of a dataset of persons has one of another such dataset for itself alone: the customer behind a login, and no first order that says where it goes.
func oneEach(n *Node, e *Edge) bool {
	return n.Person >= 0.9 && once(n, e, minTelling) && !whereTo(n) && len(units(n)) == 0
}

// pairs gives which dataset refers to which.
func pairs(edges []Edge) map[[2]pii.Ref]bool {
	m := map[[2]pii.Ref]bool{}
	for _, e := range edges {
		if !e.Copy {
			m[[2]pii.Ref{e.From, e.To}] = true
		}
	}
	return m
}

// assignEdges gives each edge of a child its kind. The child belongs to the person that the likeliest of its references to persons names; a second
// one is a mention, or a co-owner where its name says so; without any it belongs to whom its parents belong to.
func assignEdges(g *Graph, n *Node) {
	var people, things []*Edge
	for _, e := range g.Out(n.Dataset.Ref) {
		if e.Decided || (e.Copy && e.Kind != "") {
			continue
		}
		if p := g.Node(e.To); p != nil && p.Person >= possible {
			people = append(people, e)
		} else {
			things = append(things, e)
		}
	}
	owned := ownerOf(g, n, people)
	for _, e := range things {
		switch {
		case e.To == e.From, beside(g, n, e):
			e.Kind = Mentions
		case twins(g, n, e):
			e.Kind = Owns
		case n.Person >= possible:
			e.Kind = Mentions
		case owned && e.Declared && answers(g, people):
			e.Kind = Owns // what staff wrote to her is hers as what they answered is
		case owned && slices.ContainsFunc(people, func(p *Edge) bool { return p.Kind == Owns && slices.Equal(p.Fields, e.Fields) }):
			e.Kind = Owns // one field that names a person or, where it does not, a thing of hers
		case owned && e.When == nil && joins(n, e, people):
			e.Kind = Shared
		case owned:
			e.Kind = Mentions
		default:
			e.Kind = Owns
		}
	}
}

// twins tells whether each record of the child has one of the parent for itself alone: both are of one person.
func twins(g *Graph, n *Node, e *Edge) bool {
	return once(n, e, minDistinct) && g.Node(e.To) != nil && !e.Declared && n.Field(e.Fields[0]).Category.Identifier()
}

// halves tells whether two datasets of one application say different things of the same persons under one number that each of them has once: the telephone and the address
// of mail of an address.
func halves(g *Graph, n *Node, e *Edge) bool {
	if len(e.Fields) != 1 || e.Declared || e.From.Source != e.To.Source {
		return false
	}
	f, p := n.Field(e.Fields[0]), g.Node(e.To)
	if f == nil || p == nil || p.Field(e.ToFields[0]) == nil {
		return false
	}
	to := p.Field(e.ToFields[0])
	return f.Distinct >= minTelling && nearUnique(f) && nearUnique(to) && soleKeyOf(n, e.Fields[0]) && soleKeyOf(p, e.ToFields[0])
}

// ownerOf gives the references to persons their kinds and tells whether one of them owns the record.
func ownerOf(g *Graph, n *Node, people []*Edge) bool {
	if len(people) == 0 {
		return false
	}
	best, top := -1, -2.0
	for i, e := range people {
		if s := ownerScore(g, n, e, people); s > top {
			best, top = i, s
		}
	}
	for i, e := range people {
		switch {
		case best >= 0 && i != best && besideStaff(g, people[best], e):
			e.Kind = Mentions
		case i == best, e.When != nil && people[best].When != nil && slices.Equal(e.Fields, people[best].Fields):
			e.Kind = Owns
		case best >= 0 && i != best && again(n, e, people[best]):
			e.Kind = Owns
		case best >= 0 && e.From != e.To && e.When == nil && (coOwner(g, n, e, people) || correspondent(e, people[best])):
			e.Kind = Shared
		default:
			e.Kind = Mentions
		}
	}
	return best >= 0
}

// ownerScore weighs whether a reference names the person that the record belongs to: words, self-references, staff, and how many records one
// value stands in compared with the others.
func ownerScore(g *Graph, n *Node, e *Edge, all []*Edge) float64 {
	ws, s := roleWords(n, e, 50), 0.0
	if aboutAnother(ws) {
		s -= 4
	}
	if anyWord(ws, ownerWords) {
		s += 3
	}
	if second(ws) {
		s--
	}
	if e.From == e.To {
		s -= 6
	}
	if trade(g.served, e, g.Node(e.To)) && !staff(n) {
		s -= 3
	}
	if f := n.telling(e.Fields); f != nil {
		if f.Field.NotNull {
			s += 0.5
		}
		if crowded(n, f, all) {
			s -= 3
		}
	}
	if e.Declared {
		s += 0.25
	}
	return s + e.Confidence/4
}

// crowded tells whether far fewer persons stand in the field than in another reference to persons of the dataset.
func crowded(n *Node, f *FieldNode, all []*Edge) bool {
	if f.Values < 20 || f.Distinct == 0 {
		return false
	}
	for _, e := range all {
		if o := n.telling(e.Fields); o != nil && o != f && o.Distinct > 0 && perValue(f) > 4*perValue(o) {
			return true
		}
	}
	return false
}

// telling gives that one of several fields that has the most values.
func (n *Node) telling(fields []string) (most *FieldNode) {
	for _, name := range fields {
		if f := n.Field(name); f != nil && (most == nil || f.Distinct > most.Distinct) {
			most = f
		}
	}
	return most
}

// perValue gives in how many records a value stands on average.
func perValue(f *FieldNode) float64 { return float64(f.Values) / float64(max(1, f.Distinct)) }

// roleWords gives the words of a reference's name that say who its person is to the record. A partner in business is nobody's spouse: the key that the reference leads to is
// called so too, or the dataset is, and none of them stands in more records than a person has, as a reseller does.
func roleWords(n *Node, e *Edge, most float64) []string {
	ws := words(e.Fields[0])
	f := n.telling(e.Fields)
	called := slices.ContainsFunc(words(e.To.Dataset), func(w string) bool { return strings.HasSuffix(singular(w), "partner") })
	if len(e.ToFields) == 1 && slices.Equal(ws, words(e.ToFields[0])) || called && f != nil && (f.Values == 0 || perValue(f) <= most) {
		return slices.DeleteFunc(slices.Clone(ws), func(w string) bool { return w == "partner" })
	}
	return ws
}

// coOwner tells whether a further reference names a second owner: its name says so, or nothing tells it from the first.
func coOwner(g *Graph, n *Node, e *Edge, all []*Edge) bool {
	ws := roleWords(n, e, 50)
	if second(ws) {
		return true
	}
	f := n.telling(e.Fields)
	return !aboutAnother(ws) && !trade(g.served, e, g.Node(e.To)) && f != nil && !crowded(n, f, all)
}

// correspondent tells whether a message has both: from whom, and to whom. It belongs to both of them, and neither can take it from the other.
func correspondent(e, owner *Edge) bool {
	ws := words(e.Fields[0])
	return len(ws) > 0 && slices.Contains(toWords, ws[0]) && e.To == owner.To
}

// joins tells whether the child is a join table: it does little but put a person and a thing together.
func joins(n *Node, e *Edge, people []*Edge) bool {
	columns := 0
	for i := range n.Fields {
		if f := n.Fields[i].Field; f.Type != pii.JSON && !f.Generated {
			columns++ // of a document, what it says
		}
	}
	return len(people) > 0 && columns <= len(e.Fields)+len(people)+2
}

// soleKeyOf tells whether the field alone is the node's key.
func soleKeyOf(n *Node, field string) bool {
	k := n.key()
	return len(k) == 1 && k[0] == field
}

// assignFields says whose the identifiers are that stand in a record by themselves, and repeats on reference fields the kind of their edge.
func assignFields(g *Graph, n *Node) {
	kinds, owned := map[string]Role{}, false
	for _, e := range g.Out(n.Dataset.Ref) {
		owned = owned || e.Kind == Owns && !e.Copy && (isPerson(g, e.To) || hasOwner(g, e.To))
		if len(e.Fields) == 1 && (kinds[e.Fields[0]] == "" || e.Kind == Owns) {
			kinds[e.Fields[0]] = e.Kind
		}
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		f.Role = ""
		switch {
		case kinds[f.Field.Name] != "" && !(f.Category.Global() && f.Dense && f.Confidence >= 0.9):
			f.Role = kinds[f.Field.Name]
		case f.Dense && f.Category.Personal():
			f.Role = fieldRole(n, f, owned)
		}
	}
}

// fieldRole says whose a personal field is: another's where its name says so or where it names the same few in many records, while another field of
// the category names many.
func fieldRole(n *Node, f *FieldNode, owned bool) Role {
	if foreign(f) && (owned && !onlyTo(words(lastSegment(f.Field.Name))) || !alone(n, f)) && (n.Person < possible || !onlyTo(words(lastSegment(f.Field.Name)))) {
		return Mentions
	}
	if f.Category.Identifier() && hub(f) || counterpart(n, f) {
		return Mentions
	}
	for i := range n.Fields {
		o := &n.Fields[i]
		if o != f && o.Dense && o.Category == f.Category && f.Category.Identifier() && f.Values >= 20 && o.Distinct > 0 && perValue(f) > 4*perValue(o) && !foreign(o) {
			return Mentions
		}
	}
	return Owns
}

// onlyTo tells whether a name says to whom something goes, and nothing else of another person: a ticket's assigned_to is its agent's.
func onlyTo(ws []string) bool {
	return anyWord(ws, toWords) && !slices.ContainsFunc(ws, func(w string) bool { return slices.Contains(otherWords, w) && !slices.Contains(toWords, w) })
}

// alone tells whether the field is the only one that names a person: then "recipient" of a mail log is whom the record is about.
func alone(n *Node, f *FieldNode) bool {
	for i := range n.Fields {
		o := &n.Fields[i]
		if o != f && o.Dense && o.Category.Identifier() && !hub(o) && !constant(o) && (o.Category == f.Category || !foreign(o)) {
			return false
		}
	}
	return f.Category.Identifier()
}

// hub tells whether a field holds the same very few values in all of its records: a function's address, an agent's number.
func hub(f *FieldNode) bool { return f.Values >= 40 && f.Distinct*20 <= f.Values && f.Distinct <= 8 }

// constant tells whether the field has one value in all of its records: the address that a shop writes from.
func constant(f *FieldNode) bool { return f.Values >= 3 && f.Distinct == 1 }
