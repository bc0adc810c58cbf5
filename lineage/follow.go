package lineage

import (
	"context"
	"slices"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// follow goes on from the records found since the last round: their identifiers are learnt, records that refer to them are found, and records that
// they alone refer to are hers as well.
func (c *closer) follow(ctx context.Context) error {
	for i := 0; i < len(c.out.Records); i++ {
		r := c.out.Records[i]
		if !r.fresh {
			continue
		}
		r.fresh = false
		if r.Holding != Hers {
			continue
		}
		if err := c.from(ctx, i); err != nil {
			return err
		}
	}
	c.release()
	return nil
}

// from goes on from one record that is hers.
func (c *closer) from(ctx context.Context, i int) error {
	r := c.out.Records[i]
	n := c.g.Node(r.Dataset)
	c.extend(n, r)
	if !c.lim.on(Follow) {
		return nil
	}
	for _, e := range c.g.In(r.Dataset) {
		if err := c.children(ctx, i, e); err != nil {
			return err
		}
	}
	for _, e := range c.g.Out(r.Dataset) {
		if err := c.parent(ctx, i, e); err != nil {
			return err
		}
	}
	return nil
}

// extend learns the identifiers of a record that is hers: those in fields about its own person that are not too common.
func (c *closer) extend(n *Node, r *Record) {
	if !c.lim.on(Extend) || r.Upward || c.ofTwo(n, r) || c.apart(r) || c.namesAnother(n, r) {
		return
	}
	c.extendKeyed(n, r)
	for i := range n.Fields {
		f := &n.Fields[i]
		if !c.leads(n, f) || c.toAnother(n, r.Fields, f) {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			if id, ok := identifier(n, f, v.Value); ok && (!c.lim.on(System) || !system(id) && (c.trades || !c.staff(id))) {
				via := append(slices.Clone(r.Via), Link{Dataset: r.Dataset, Field: f.Field.Name, Category: id.Category, How: "read"})
				c.learn(id, via, min(r.Confidence, f.sureOf(id)), heldFor(n, &pii.Found{Dataset: r.Dataset, Fields: r.Fields}))
			}
		}
	}
}

// namesAnother tells whether a record that is hers by a reference is about somebody else: whom she named to come after her. It leads to nobody else's records.
func (c *closer) namesAnother(n *Node, r *Record) bool {
	return c.lim.on(Agree) && n.Person < possible && r.Owner >= 0 && c.profile.compare(traits(n, &pii.Found{Dataset: r.Dataset, Fields: r.Fields}), "contact.email") == differs
}

// ofTwo tells whether references of the record name several persons as its owners: what it says of one of them may be of the other.
func (c *closer) ofTwo(n *Node, r *Record) bool {
	named := map[string]bool{}
	for _, e := range c.g.Out(n.Dataset.Ref) {
		p := c.g.Node(e.To)
		if p == nil || p.Person < possible || e.Copy || !e.Holds(r.Fields) || (e.Kind != Owns && e.Kind != Shared) || c.oneMore(n, r, e) {
			continue
		}
		for _, v := range r.Fields[e.Fields[0]] {
			if !v.Value.Null() {
				named[v.Value.Reveal()] = true
			}
		}
	}
	return len(named) > 1
}

// apart tells whether the record is hers only by a reference of which the records were seen to name other people beside: an invitation has the address of
// whom she invited.
func (c *closer) apart(r *Record) bool {
	found := false
	for _, e := range c.g.Out(r.Dataset) {
		if slices.Contains(r.Slots, e.Fields[0]) {
			if !e.Apart {
				return false
			}
			found = true
		}
	}
	return found && len(r.Slots) == 1
}

// leads tells whether a field of a record of hers tells more of her: an identifier of its own person in plain form, or the key of a person.
func (c *closer) leads(n *Node, f *FieldNode) bool {
	if f.Form != "" || f.Role == Mentions || (many(f) && n.Person < possible) || strings.Contains(f.Field.Path, "{") {
		return false
	}
	if f.Dense && f.Category.Global() {
		return f.Confidence >= c.lim.Find && !hub(f)
	}
	if f.Category == "identity.number" && soleKeyOf(n, f.Field.Name) && n.Person < possible {
		return false // the number of a note is not the person's
	}
	if bySet(n, f) || onlyTogether(c.g, n, f) {
		return false
	}
	return f.Domain != "" && (personal(c.g, n, f) || (f.Dense && f.Category.Identifier() && f.Confidence >= c.lim.Find))
}

// personal tells whether a local number names a person: the key of a node of persons, or an owning reference to one.
func personal(g *Graph, n *Node, f *FieldNode) bool {
	if n.Person >= possible && (soleKeyOf(n, f.Field.Name) || f.Unique && isRoot(g, n, f)) {
		return true
	}
	return slices.ContainsFunc(g.Out(n.Dataset.Ref), func(e *Edge) bool {
		p := g.Node(e.To)
		return len(e.Fields) == 1 && e.Fields[0] == f.Field.Name && e.Kind == Owns && p != nil && p.Person >= possible
	})
}

// isRoot tells whether other datasets refer to the field.
func isRoot(g *Graph, n *Node, f *FieldNode) bool {
	return slices.ContainsFunc(g.In(n.Dataset.Ref), func(e *Edge) bool { return len(e.ToFields) == 1 && e.ToFields[0] == f.Field.Name })
}

// identifier makes the identifier that a value of a field is.
func identifier(n *Node, f *FieldNode, v pii.Value) (pii.Identifier, bool) {
	if v.Null() || v.Len() == 0 || f.Field.Type == pii.Int && v.Reveal() == "0" && !soleKeyOf(n, f.Field.Name) {
		return pii.Identifier{}, false // 0 in place of a number says that there is none
	}
	if f.Dense && f.Category.Global() {
		norm, ok := forms.Normal(f.Category, []byte(v.Reveal()))
		return pii.Identifier{Category: f.Category, Value: pii.NewValue(string(norm))}, ok
	}
	cat := f.Category
	if !cat.Identifier() || cat.Global() {
		cat = "identity.number"
	}
	return pii.Identifier{Category: cat, Value: v, Domain: f.Domain}, true
}

var systemLocals = []string{"noreply", "no-reply", "donotreply", "do-not-reply", "support", "info", "admin", "postmaster", "mailer-daemon", "service", "kontakt", "contact", "help", "hello", "office", "sales", "webmaster", "abuse", "billing", "newsletter"}

// system tells whether an address belongs to a function rather than to a person (RFC 2142 names the usual ones).
func system(id pii.Identifier) bool {
	local, _, ok := strings.Cut(id.Value.Reveal(), "@")
	return ok && id.Category == "contact.email" && slices.Contains(systemLocals, local)
}

// children finds the records that refer to one of hers over an edge.
func (c *closer) children(ctx context.Context, i int, e *Edge) error {
	r, n := c.out.Records[i], c.g.Node(e.From)
	if n == nil || e.Confidence < c.lim.Find || n.Dataset.Kind == pii.View || e.From == e.To && !c.lim.on(Self) {
		return nil
	}
	found, err := c.along(ctx, i, e, false)
	if err != nil {
		return err
	}
	for _, f := range found {
		if !agreesOn(f, e, r) {
			continue
		}
		if e.Declared {
			c.out.Referrers = append(c.out.Referrers, Referrer{Edge: e.ID, To: i, Record: f})
		}
		via := append(slices.Clone(r.Via), Link{Dataset: e.From, Field: e.Fields[0], Edge: e.ID, How: "reference"})
		c.child(n, f, e, i, via, min(r.Confidence, e.Confidence))
	}
	return nil
}

// child decides what a record is that refers to one of hers.
func (c *closer) child(n *Node, f *pii.Found, e *Edge, owner int, via []Link, conf float64) {
	kind := e.Kind
	if !c.lim.on(RolesOf) {
		kind = Owns
	}
	switch fn := n.Field(e.Fields[0]); {
	case fn != nil && many(fn) && !c.allHers(fn, f):
		c.elements(f, fn, e, owner, via, conf)
	case kind != Mentions && c.contradicts(n, f, e.Fields[0]):
		c.doubt(f, e.Fields[0], via, conf)
	case kind != Mentions && fn != nil && c.belied(n, f, fn):
		for _, v := range f.Fields[e.Fields[0]] {
			c.alikeOnly(f, pii.Hit{Field: e.Fields[0], Path: v.Path, End: v.Value.Len()}, via, conf)
		}
	case c.g.Node(e.To).Person < possible && c.byAnother(n, f):
		c.alikeOnly(f, pii.Hit{Field: e.Fields[0], End: first(f.Fields[e.Fields[0]]).Len()}, via, conf)
	case !e.Declared && c.ofPart(f, e), c.g.Node(e.To).Person < possible && c.out.Records[owner].Upward && c.ofAnotherThing(n, f, e): // it is met by way of the part, or with what it belongs to
	case kind == Owns || (kind == Shared && c.g.Node(e.To).Person >= possible), kind == Mentions && c.partOfHers(n, f, e):
		i := c.own(n, f, via, conf, e.Fields[0])
		if r := c.out.Records[i]; r.Owner < 0 && i != owner {
			r.Owner = owner
		}
	case kind == Mentions && c.g.Node(e.To).Person >= possible:
		for _, v := range f.Fields[e.Fields[0]] {
			c.mention(f, pii.Hit{Field: e.Fields[0], Path: v.Path, Start: 0, End: v.Value.Len()}, via, conf)
		}
	}
}

// partOfHers tells whether a record that belongs to a thing of hers, and that may be about another person, names her as its own: herself among the passengers whom she
// booked for. A place in such a list that says nothing of anybody is hers as the thing is.
func (c *closer) partOfHers(n *Node, f *pii.Found, e *Edge) bool {
	if !c.lim.on(Names) || c.g.Node(e.To).Person >= possible || n.Person >= 0.9 && !listed(n, e) || aboutAnother(words(e.Fields[0])) {
		return false
	}
	if n.Person >= 0.9 && e.Declared && nameless(n, f, e) {
		return true
	}
	if len(traits(n, f).names()) < 2 {
		return false
	}
	return c.profile.compare(traits(n, f), "") == agrees && len(c.profile.names()) > 1 && c.namedBy(n, f, &FieldNode{}) != differs
}

// nameless tells whether a record that refers to a thing says of nobody who it is about: besides its key and the reference, no field of anything personal has a value.
func nameless(n *Node, f *pii.Found, e *Edge) bool {
	return !slices.ContainsFunc(n.Fields, func(o FieldNode) bool {
		if o.Confidence < possible || slices.Contains(n.key(), o.Field.Name) || slices.Contains(e.Fields, o.Field.Name) {
			return false
		}
		return len(o.Contains) > 0 || o.Category.Personal() && (!o.Dense || filled(f, &o))
	})
}

// filled tells whether a field of a record has a value.
func filled(f *pii.Found, o *FieldNode) bool {
	return slices.ContainsFunc(f.Fields[o.Field.Name], func(v pii.Located) bool { return !v.Value.Null() && v.Value.Len() > 0 })
}

// identifying tells whether what is of a category can say who somebody is.
func identifying(cat pii.Category) bool {
	return slices.Contains(identityCategories, cat) || cat.Identifier()
}

// elements takes what is hers of a list that names several: the members of a group.
func (c *closer) elements(f *pii.Found, fn *FieldNode, e *Edge, owner int, via []Link, conf float64) {
	for _, v := range f.Fields[fn.Field.Name] {
		for _, w := range c.out.Records[owner].Fields[e.ToFields[0]] {
			if v.Value.Equal(w.Value) {
				c.inside(f, fn, pii.Hit{Field: fn.Field.Name, Path: v.Path, End: v.Value.Len()}, via, conf)
			}
		}
	}
}

// agreesOn compares the further fields of a composite reference.
func agreesOn(f *pii.Found, e *Edge, r *Record) bool {
	for i := 1; i < len(e.Fields); i++ {
		a, b := f.Fields[e.Fields[i]], r.Fields[e.ToFields[i]]
		if len(a) == 0 || len(b) == 0 || !a[0].Value.Equal(b[0].Value) {
			return false
		}
	}
	return true
}

// parent takes a record that hers refers to, where it holds personal data and has no owner of its own: an address. Others who refer to it as well
// make it a shared one.
func (c *closer) parent(ctx context.Context, i int, e *Edge) error {
	r, p := c.out.Records[i], c.g.Node(e.To)
	if !c.lim.on(Upward) || p == nil || e.When != nil || e.To == e.From || e.Confidence < c.lim.Find || p.Person >= possible || foreignEdge(e) {
		return nil
	}
	twin := twins(c.g, c.g.Node(r.Dataset), e)
	if !twin && !dependent(c.g, p) && !(e.Kind == Shared && fewShare(c.g.Node(r.Dataset), e)) {
		return nil
	}
	if len(e.Fields) > 1 {
		return nil
	}
	found, err := c.along(ctx, i, e, true)
	if err != nil {
		return err
	}
	for _, f := range found {
		via := append(slices.Clone(r.Via), Link{Dataset: e.To, Field: e.ToFields[0], Edge: e.ID, How: "reference"})
		if _, seen := c.recs[recordID(f)]; seen {
			continue
		}
		k := c.add(f, Hers, via, min(r.Confidence, e.Confidence))
		c.out.Records[k].Upward, c.out.Records[k].Owner = !twin, i
	}
	return nil
}

// fewShare tells whether the things of a join table are things of persons, an order of two, and not things that persons have in common, a role.
func fewShare(n *Node, e *Edge) bool {
	f := n.Field(e.Fields[0])
	return f != nil && f.Values >= minDistinct && f.Distinct*2 >= f.Values
}

func foreignEdge(e *Edge) bool { return e.Kind == Mentions && aboutAnother(words(e.Fields[0])) }

// dependent tells whether records of a node are personal only through those that refer to them: it holds personal data, stands for no person, and no
// reference of its own says whose they are.
func dependent(g *Graph, p *Node) bool {
	if p.Person >= possible || p.Dataset.Kind == pii.View {
		return false
	}
	for _, e := range g.Out(p.Dataset.Ref) {
		if q := g.Node(e.To); q != nil && q.Person >= possible && e.Kind != Mentions {
			return false
		}
	}
	n := 0
	for i := range p.Fields {
		f := &p.Fields[i]
		if f.Dense && f.Confidence >= 0.8 && (f.Category == "contact.street" || f.Category == "contact.address" || f.Category.Identifier() && f.Category.Global() && perValue(f) <= 4) {
			n++
		}
	}
	return n > 0
}
