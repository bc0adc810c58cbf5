package lineage

import (
	"context"
	"slices"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// ask is one look at one dataset: the terms, and which field and identifiers each is made from.
type ask struct {
	node  *Node
	terms []pii.Term
	field []*FieldNode
	known [][]*Known
}

// evaluate looks new identifiers up where records stand for persons. One that is another person's own there does not single her out: it is hers for a
// time at most, and is not followed further. What was found is kept for searchAll.
func (c *closer) evaluate(ctx context.Context, ids []*Known) error {
	c.kept = map[pii.Ref][]*pii.Found{}
	for pass := range 2 {
		for i := range c.g.Nodes {
			n := &c.g.Nodes[i]
			if (pass == 0) != (n.Person >= 0.9) || n.Person < possible {
				continue
			}
			if err := c.search(ctx, n, ids, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// searchAll looks the identifiers up in every field of their category or value domain.
func (c *closer) searchAll(ctx context.Context, ids []*Known) error {
	for i := range c.g.Nodes {
		if err := c.search(ctx, &c.g.Nodes[i], ids, false); err != nil {
			return err
		}
	}
	c.kept = nil
	return nil
}

// search looks the identifiers up in one dataset, unless what is there was kept.
func (c *closer) search(ctx context.Context, n *Node, ids []*Known, keep bool) error {
	if n.Dataset.Kind == pii.View || n.Gone != 0 {
		return nil
	}
	a := c.askFor(n, ids)
	if len(a.terms) == 0 {
		return nil
	}
	each := func(f *pii.Found) error {
		for _, h := range plainest(a, f.Hits) {
			c.hit(a, f, h)
		}
		return nil
	}
	if kept, ok := c.kept[n.Dataset.Ref]; ok {
		for _, f := range kept {
			_ = each(f)
		}
		return nil
	}
	var found []*pii.Found
	err := c.run(ctx, n, pii.Match{Dataset: n.Dataset, Terms: a.terms, Want: c.g.wanted(n)}, func(f *pii.Found) error {
		found = append(found, f)
		return nil
	})
	if err != nil {
		return err
	}
	c.hubs(a, found)
	if n.Person >= 0.9 {
		c.holders(a, found)
	}
	for _, f := range found {
		_ = each(f)
	}
	if keep && len(found) <= mostKept {
		c.kept[n.Dataset.Ref] = found
	}
	return nil
}

// hubs tells identifiers that stand in more records of a dataset than one person's can, and that are not unique anywhere where she has them: the telephone
// of an office. They single nobody out.
func (c *closer) hubs(a ask, found []*pii.Found) {
	if c.lim.Hub <= 0 || len(found) <= c.lim.Hub {
		return
	}
	n := map[*Known]int{}
	for _, f := range found {
		seen := map[*Known]bool{}
		for _, h := range f.Hits {
			if h.Term < len(a.known) && h.Value < len(a.known[h.Term]) && !seen[a.known[h.Term][h.Value]] {
				seen[a.known[h.Term][h.Value]] = true
				n[a.known[h.Term][h.Value]]++
			}
		}
	}
	for k, records := range n {
		if records > c.lim.Hub && !k.Start && k.Category.Global() && !c.uniqueIn(k, 0) {
			k.Single, k.Why = false, "hub"
		}
	}
}

// mostKept is how many records of a dataset are kept between two searches of a round; where there are more it is read again.
const mostKept = 10_000

// plainest orders the hits of a record so that columns come before paths inside documents: a derivation goes by the plainest field.
func plainest(a ask, hits []pii.Hit) []pii.Hit {
	depth := func(h pii.Hit) int {
		if h.Term >= len(a.field) {
			return 0
		}
		return len(a.field[h.Term].Field.Path)
	}
	out := slices.Clone(hits)
	slices.SortStableFunc(out, func(x, y pii.Hit) int { return depth(x) - depth(y) })
	return out
}

// askFor makes the terms for a node: for each field that is of a known identifier's category, or in its value domain, the identifiers.
func (c *closer) askFor(n *Node, ids []*Known) ask {
	a := ask{node: n}
	for i := range n.Fields {
		f := &n.Fields[i]
		t, ks := c.termFor(f, ids)
		if len(ks) == 0 || !c.lim.on(Self) && toItself(c.g, n, f) {
			continue
		}
		a.terms, a.field, a.known = append(a.terms, t), append(a.field, f), append(a.known, ks)
	}
	return a
}

// toItself tells whether a field refers to other records of its dataset.
func toItself(g *Graph, n *Node, f *FieldNode) bool {
	return slices.ContainsFunc(g.Out(n.Dataset.Ref), func(e *Edge) bool { return e.To == e.From && slices.Contains(e.Fields, f.Field.Name) })
}

func (c *closer) termFor(f *FieldNode, ids []*Known) (pii.Term, []*Known) {
	t := pii.Term{Field: f.Field.Name, Mode: pii.Equal, Category: f.Category}
	if f.Form != "" {
		if !c.lim.on(Hashes) {
			return t, nil
		}
		t.Forms = []string{f.Form}
	}
	var ks []*Known
	for _, k := range ids {
		if compares(f, k, c.lim.Find) || !c.lim.on(Domains) && !k.Category.Global() && f.Domain != "" {
			t.Values, ks = append(t.Values, k.Value), append(ks, k)
		}
	}
	if len(ks) > 0 && !ks[0].Category.Global() {
		t.Mode, t.Category = pii.Exact, ks[0].Category
	}
	return t, ks
}

// compares tells whether an identifier may stand in a field: global ones by category, local ones by value domain.
func compares(f *FieldNode, k *Known, find float64) bool {
	if k.Category.Global() {
		return f.Dense && f.Category == k.Category && f.Confidence >= find
	}
	return k.Domain != "" && f.Domain == k.Domain
}

// hit decides what one occurrence of an identifier in a field of its own makes of the record.
func (c *closer) hit(a ask, f *pii.Found, h pii.Hit) {
	if h.Term >= len(a.field) || h.Value >= len(a.known[h.Term]) {
		return
	}
	fn, k := a.field[h.Term], a.known[h.Term][h.Value]
	via := append(slices.Clone(k.Via), Link{Dataset: f.Dataset, Field: fn.Field.Name, Category: k.Category, How: "identifier"})
	conf := min(k.Confidence, fn.sureOf(k.Identifier))
	role := fn.Role
	if !c.lim.on(RolesOf) {
		role = Owns
	}
	switch {
	case many(fn) && !k.Single:
		c.heldByOther(f, k, h, via, conf)
	case many(fn) && !c.allHers(fn, f) && !devices(a.node, fn):
		c.inside(f, fn, h, via, conf)
	case role == Mentions && !k.Single:
		c.mentionOfTwo(a.node, f, fn, k, h, via, conf)
	case role == Mentions:
		c.mention(f, h, via, conf)
		c.naming = append(c.naming, &pend{node: a.node, found: f, known: k, hit: h})
	default:
		c.claim(a.node, f, fn, k, h, via, conf)
	}
}

// sureOf says how sure it is that an identifier of the field is one: as sure as the category, for a global one. A local one is in its field by references,
// whose confidence is that of the edge.
func (f *FieldNode) sureOf(id pii.Identifier) float64 {
	if id.Category.Global() {
		return f.Confidence
	}
	return 1
}

// allHers tells whether every value that the record has in a field of many values is one of hers, those of staff and of functions left aside.
func (c *closer) allHers(fn *FieldNode, f *pii.Found) bool {
	vs := f.Fields[fn.Field.Name]
	for _, v := range vs {
		norm, ok := forms.Normal(fn.Category, []byte(v.Value.Reveal()))
		id := pii.Identifier{Category: fn.Category, Value: pii.NewValue(string(norm)), Domain: fn.Domain}
		if k := c.byID[idKey(id)]; ok && (k == nil || !k.Single) && !system(id) && !c.staff(id) {
			return false
		}
	}
	return len(vs) > 0 && !strings.Contains(fn.Field.Path, "{") && !listsPeople(fn)
}

// listsPeople tells whether the field stands in a list of persons that a record of something else has, the contacts of a firm: even one alone is a part.
func listsPeople(fn *FieldNode) bool {
	for _, segment := range strings.Split(fn.Field.Path, ".") {
		if name, ok := strings.CutSuffix(segment, "[]"); ok && anyWord(words(name), peopleWords) {
			return true
		}
	}
	return false
}

// staff tells whether an identifier is that of somebody who stands in other people's records by trade: it occurs in a field that names such people.
func (c *closer) staff(id pii.Identifier) bool {
	key := idKey(id)
	if known, ok := c.trade[key]; ok {
		return known
	}
	c.trade[key] = slices.ContainsFunc(c.ofTrade(), func(p *post) bool {
		return p.f.Category == id.Category && (id.Category.Global() || p.f.Domain == id.Domain) && c.holds(p.n, p.f, id)
	})
	return c.trade[key]
}

// post is a field that names people who stand in other people's records by trade.
type post struct {
	n *Node
	f *FieldNode
}

// ofTrade gives all of them.
func (c *closer) ofTrade() []*post {
	if c.posts != nil {
		return c.posts
	}
	c.posts = []*post{}
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		for j := range n.Fields {
			if f := &n.Fields[j]; f.Dense && (f.Role == Mentions && crowd(f) || f.Role == Owns && staff(n)) {
				c.posts = append(c.posts, &post{n, f})
			}
		}
	}
	return c.posts
}

// crowd tells whether a field names few people, each in many records.
func crowd(f *FieldNode) bool { return f.Values >= 20 && f.Distinct*5 <= f.Values }

func (c *closer) holds(n *Node, f *FieldNode, id pii.Identifier) (found bool) {
	t := pii.Term{Field: f.Field.Name, Mode: pii.Equal, Category: id.Category, Values: []pii.Value{id.Value}}
	_ = c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Terms: []pii.Term{t}}, func(*pii.Found) error { found = true; return nil })
	return found
}

// claim takes a record that holds one of her identifiers as its own person's. A reference to a person settles it; a record of a person who is
// evidently another is hers no longer and takes the identifier with it.
func (c *closer) claim(n *Node, f *pii.Found, fn *FieldNode, k *Known, h pii.Hit, via []Link, conf float64) {
	if _, known := c.recs[recordID(f)]; known && c.out.Records[c.recs[recordID(f)]].Holding == Hers {
		c.own(n, f, via, conf, fn.Field.Name)
		return
	}
	switch c.namedBy(n, f, fn) {
	case agrees:
		c.own(n, f, via, conf, fn.Field.Name)
		return
	case differs:
		c.postpone(n, f, k, h, via, conf, true)
		return
	}
	switch {
	case c.lim.on(Agree) && c.profile.compare(traits(n, f), k.Category) == differs && !k.isKey(fn):
		c.heldByOther(f, k, h, via, conf)
	case c.given(n, f, k), c.otherAccount(n, f, k):
		c.heldByOther(f, k, h, via, conf)
	case k.Start && c.byPhone() && len(c.said.names()) > 1 && n.Person >= possible && c.said.compare(traits(n, f), "") == agrees:
		c.own(n, f, via, conf, fn.Field.Name) // whom of those who share it the name that was given beside says
	case !k.Single:
		c.postpone(n, f, k, h, via, conf, false)
	case !k.Category.Global() && (c.belied(n, f, fn) || bySet(n, fn) && c.profile.compare(traits(n, f), "") != agrees):
		c.alikeOnly(f, h, via, conf)
	case c.contradicts(n, f, fn.Field.Name):
		c.doubt(f, fn.Field.Name, via, conf)
	case k.Category.Global() && whereTo(n) && c.ofAnothers(n, f, 2):
		c.postpone(n, f, k, h, via, conf, true)
	default:
		c.own(n, f, via, conf, fn.Field.Name)
		if n.Person >= 0.9 && k.Window == nil && k.Category.Global() {
			k.Window = tenure(n, f)
		}
	}
}

// given tells whether an address that was hers for a time is now in the record of another person, a namesake even: she has a record of her own where each
// record is another person.
func (c *closer) given(n *Node, f *pii.Found, k *Known) bool {
	if !c.lim.on(Windows) || k.Window == nil || k.Window.To == 0 || !k.Category.Global() || n.Person < 0.9 {
		return false
	}
	return slices.ContainsFunc(c.out.Records, func(r *Record) bool {
		return r.Holding == Hers && r.Dataset == f.Dataset && !(len(r.Key) > 0 && r.Key.Equal(f.Key))
	})
}

// contradicts tells whether a record that stands for one person, and to which only an inferred reference led, says that she is somebody else: another
// name and another date of birth. Then the inference is in doubt, and nothing follows from it by itself.
func (c *closer) contradicts(n *Node, f *pii.Found, field string) bool {
	q := traits(n, f)
	if !c.lim.on(Agree) || n.Person < 0.9 || c.profile.compare(q, "") != differs || len(q["demographic.birth_date"]) == 0 && len(q.names()) < 2 {
		return false // what one word calls may be a thing
	}
	e := c.edgeOf(n.Dataset.Ref, field)
	if e == nil || e.Declared {
		return false
	}
	if e.Decided {
		c.decidedOn(f, Decided{Decision: e.ID, Code: "contradiction", Dataset: n.Dataset.Ref, Field: field, Verdict: pii.Accept})
	}
	return !e.Decided
}

// edgeOf gives the reference that a field is.
func (c *closer) edgeOf(at pii.Ref, field string) *Edge {
	for _, e := range c.g.Out(at) {
		if len(e.Fields) == 1 && e.Fields[0] == field {
			return e
		}
	}
	return nil
}

// isKey tells whether the identifier is a local number: references say whose that is, and attributes do not contradict them.
func (k *Known) isKey(fn *FieldNode) bool { return !k.Category.Global() && fn.Domain == k.Domain }

// namedBy asks the record's owning references to persons: whether one names her, or all name others; unclear where there is none but the field itself.
// Where each record of a person has its own twin in another table, a twin that is not known yet says nothing: two such tables would wait for each other.
func (c *closer) namedBy(n *Node, f *pii.Found, except *FieldNode) int {
	result := unclear
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if len(e.Fields) != 1 || e.When != nil || e.Kind != Owns || e.Fields[0] == except.Field.Name || e.Confidence < c.lim.Find {
			continue
		}
		p := c.g.Node(e.To)
		if p == nil || p.Person < possible || e.Copy {
			continue
		}
		switch c.valueOf(n, f, e) {
		case agrees:
			return agrees
		case differs:
			if n.Person < possible || !twins(c.g, n, e) && !halves(c.g, n, e) {
				result = differs
			}
		}
	}
	return result
}

// valueOf tells whether the value of a reference in a record is one of hers.
func (c *closer) valueOf(n *Node, f *pii.Found, e *Edge) int {
	fn := n.Field(e.Fields[0])
	if fn == nil {
		return unclear
	}
	result := unclear
	for _, v := range f.Fields[fn.Field.Name] {
		if v.Value.Null() || v.Value.Len() == 0 || nobodys(e, fn, v.Value) {
			continue
		}
		if c.byID[idKey(pii.Identifier{Value: v.Value, Domain: fn.Domain})] != nil {
			return agrees
		}
		result = differs
	}
	return result
}

// nobodys tells whether a number in place of a reference says that there is none: 0, where no constraint forbids it.
func nobodys(e *Edge, f *FieldNode, v pii.Value) bool {
	return !e.Declared && f.Field.Type == pii.Int && v.Reveal() == "0"
}

// own takes a record as hers and learns from it.
func (c *closer) own(n *Node, f *pii.Found, via []Link, conf float64, slot string) int {
	i := c.add(f, Hers, via, conf)
	r := c.out.Records[i]
	if slot != "" && !slices.Contains(r.Slots, slot) {
		r.Slots = append(r.Slots, slot)
	}
	if r.Fields == nil {
		r.Fields = f.Fields
	}
	if conf >= possible && (n.Person >= possible || len(c.profile.names()) == 0 && slot != "" && r.Owner < 0) {
		c.profile.learn(traits(n, f)) // where no record stands for her, the first that has her address says who she is
	}
	return i
}

// mention takes a record that names her and is not hers.
func (c *closer) mention(f *pii.Found, h pii.Hit, via []Link, conf float64) {
	i := c.add(f, Mention, via, conf)
	c.out.Records[i].addHit(h)
}

func (r *Record) addHit(h pii.Hit) {
	same := func(o pii.Hit) bool {
		return o.Field == h.Field && o.Path == h.Path && o.Start == h.Start && o.End == h.End
	}
	if !slices.ContainsFunc(r.Hits, same) {
		r.Hits = append(r.Hits, h)
	}
}

// inside takes a member or an element of a record of many people. Of a member that is named by the identifier the whole member is hers; of an
// element of an array, what it says of her.
func (c *closer) inside(f *pii.Found, fn *FieldNode, h pii.Hit, via []Link, conf float64) {
	if !c.lim.on(Members) {
		return
	}
	i := c.add(f, Mention, via, conf)
	r := c.out.Records[i]
	if strings.HasSuffix(fn.Field.Path, "{@}") {
		if in := (Inside{Field: fn.Field.Column, Path: h.Path}); !slices.Contains(r.Insides, in) {
			r.Insides = append(r.Insides, in)
		}
		return
	}
	r.addHit(h)
	c.element(f, fn, h, r)
}

// element marks what else an element that names her says of a person: the name beside her address in a list of contacts.
func (c *closer) element(f *pii.Found, fn *FieldNode, h pii.Hit, r *Record) {
	at, whole := strings.LastIndex(fn.Field.Path, "[]."), strings.LastIndex(h.Path, "].")
	if at < 0 || whole < 0 || !c.lim.on(Names) {
		return
	}
	n := c.g.Node(f.Dataset)
	for i := range n.Fields {
		o := &n.Fields[i]
		if o == fn || o.Field.Column != fn.Field.Column || !o.Dense || !o.Category.Personal() || o.Confidence < possible || !strings.HasPrefix(o.Field.Path, fn.Field.Path[:at+3]) {
			continue
		}
		for _, v := range f.Fields[o.Field.Name] {
			if strings.HasPrefix(v.Path, h.Path[:whole+2]) && v.Value.Len() > 0 {
				r.addHit(pii.Hit{Field: o.Field.Name, Path: v.Path, End: v.Value.Len()})
			}
		}
	}
}

// heldByOther notes a record in which the identifier is another person's own.
func (c *closer) heldByOther(f *pii.Found, k *Known, h pii.Hit, via []Link, conf float64) {
	if !c.hadBefore(f, k) {
		k.Single, k.Why = false, "held-by-another"
	}
	c.alikeOnly(f, h, via, conf)
}

// alikeOnly notes a record that holds what looks like an identifier of hers and is another's, so that the look afterwards does not take it for residue.
func (c *closer) alikeOnly(f *pii.Found, h pii.Hit, via []Link, conf float64) {
	if r := c.out.Records[c.add(f, HeldByOther, via, conf)]; r.Holding == HeldByOther {
		r.addHit(h)
	}
}
