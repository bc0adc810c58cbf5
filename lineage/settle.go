package lineage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"vestige/pii"
)

// pend is a record that cannot be told to be hers yet: its reference names somebody not known to be her, or the identifier in it is another's too.
type pend struct {
	node  *Node
	found *pii.Found
	known *Known
	hit   pii.Hit
	via   []Link
	conf  float64
	named bool // a reference to a person in it names somebody
}

// postpone lays a record aside until references or times say whose it is.
func (c *closer) postpone(n *Node, f *pii.Found, k *Known, h pii.Hit, via []Link, conf float64, named bool) {
	id := recordID(f)
	if _, ok := c.pending[id]; !ok {
		c.pending[id] = &pend{n, f, k, h, via, conf, named}
		c.order = append(c.order, id)
	}
}

// release takes the postponed records whose references turned out to name her.
func (c *closer) release() {
	for _, id := range c.order {
		p := c.pending[id]
		if p == nil {
			continue
		}
		fn := p.node.Field(p.hit.Field)
		if fn != nil && c.namedBy(p.node, p.found, fn) == agrees {
			delete(c.pending, id)
			c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
		}
	}
}

// settle decides the records that are still postponed when nothing new is found: another's by reference, hers or another's by time, else a question. First come those that are
// told apart by what several have, since whose these are says more of the others.
func (c *closer) settle(ctx context.Context) error {
	for _, lines := range []bool{true, false} {
		for _, id := range c.order {
			p := c.pending[id]
			if p == nil || lines && !soleKeyOf(p.node, p.hit.Field) {
				continue
			}
			delete(c.pending, id)
			c.decide(p)
		}
	}
	c.giveBack()
	c.unname()
	return c.rounds(ctx)
}

func (c *closer) decide(p *pend) {
	if w := window(p.node, p.found); p.named && w != nil && w.To != 0 && c.lim.on(Windows) && !many(p.node.Field(p.hit.Field)) {
		p.known.Past = append(p.known.Past, *w)
		c.add(p.found, HeldByOther, p.via, p.conf)
		return
	}
	if p.named && len(p.known.Past) > 0 && c.ownedBy(p.node, &Record{Fields: p.found.Fields}, c.sharers()) {
		c.alikeOnly(p.found, p.hit, p.via, p.conf)
		return // of the one who had it before
	}
	if p.named && !c.familys(p) && p.known.Single && (c.anchored(p.known) || c.sentWith(p)) {
		c.mention(p.found, p.hit, p.via, p.conf)
		return
	}
	if p.named {
		c.heldByOther(p.found, p.known, p.hit, p.via, p.conf)
		return
	}
	if c.anothers(p) {
		c.heldByOther(p.found, p.known, p.hit, p.via, p.conf)
		return
	}
	switch c.byTime(p) {
	case agrees:
		c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
	case differs:
		c.heldByOther(p.found, p.known, p.hit, p.via, p.conf)
	default:
		c.byName(p)
	}
}

// byName decides what neither references nor times tell. A record that has her full name, and that of nobody else who has the identifier, is hers. What a family has in common
// is in a record that says nothing more as much the others' as hers: it stays with them, and both outcomes would change nothing that is hers alone. The rest is asked.
func (c *closer) byName(p *pend) {
	names := traits(p.node, p.found).names()
	switch {
	case c.lim.on(Names) && p.known.Why == "held-by-another" && len(names) > 1 && overlap(c.profile.names(), names) == agrees && !c.sharerCalled(p.known, names):
		c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
	case c.alone(p) && c.registered(p.known) && p.node.Field(p.hit.Field).Role == Mentions:
		c.mention(p.found, p.hit, p.via, p.conf)
	case c.alone(p) && c.registered(p.known):
		c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
	case c.inCommon(p.known):
		c.alikeOnly(p.found, p.hit, p.via, p.conf)
	default:
		c.question(p)
	}
}

// anothers tells whether the record holds, besides what the person shares, an identifier of its own person that singles out somebody else: the address of the
// partner beside the telephone of both.
func (c *closer) anothers(p *pend) bool {
	other := false
	for i := range p.node.Fields {
		f := &p.node.Fields[i]
		if f.Field.Name == p.hit.Field || f.Role != Owns || f.Form != "" || !f.Dense || !f.Category.Global() || f.Confidence < sure || many(f) {
			continue
		}
		for _, v := range p.found.Fields[f.Field.Name] {
			id, ok := identifier(p.node, f, v.Value)
			if !ok || system(id) || c.staff(id) {
				continue
			}
			if c.byID[idKey(id)] != nil {
				return false
			}
			other = other || c.ofAnother(id)
		}
	}
	return other
}

// ofAnother tells whether an identifier stands, where each person has another one, in a record that is not hers and in none that is.
func (c *closer) ofAnother(id pii.Identifier) bool {
	key := "of\x00" + idKey(id)
	if known, ok := c.rival[key]; ok {
		return known
	}
	other, hers := false, false
	c.ownersOf(id, func(_ *Node, r *pii.Found) {
		at, known := c.recs[recordID(r)]
		mine := known && rank(c.out.Records[at].Holding) >= rank(Joint)
		other, hers = other || !mine, hers || mine
	})
	c.rival[key] = other && !hers
	return c.rival[key]
}

// ownersOf goes through the records in which an identifier stands where each person has another one.
func (c *closer) ownersOf(id pii.Identifier, owner func(n *Node, r *pii.Found)) {
	k := &Known{Identifier: id}
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		if n.Person < 0.9 || n.Gone != 0 || n.Dataset.Kind == pii.View {
			continue
		}
		for j := range n.Fields {
			f := &n.Fields[j]
			if f.Role != Owns || f.Form != "" || !nearUnique(f) || !compares(f, k, sure) {
				continue
			}
			t := pii.Term{Field: f.Field.Name, Mode: pii.Equal, Category: id.Category, Values: []pii.Value{id.Value}}
			_ = c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Want: c.g.wanted(n), Terms: []pii.Term{t}}, func(r *pii.Found) error {
				owner(n, r)
				return nil
			})
		}
	}
}

// giveBack takes back the records that nothing but an identifier made hers and that are from a time when it was somebody else's.
func (c *closer) giveBack() {
	for _, r := range c.out.Records {
		if r.Holding != Hers || r.Owner >= 0 || len(r.Slots) != 1 {
			continue
		}
		n := c.g.Node(r.Dataset)
		f := n.Field(r.Slots[0])
		for _, v := range r.Fields[r.Slots[0]] {
			if id, ok := identifier(n, f, v.Value); ok && c.before(n, r, c.byID[idKey(id)]) {
				r.Holding, r.fresh, c.things = HeldByOther, false, nil
			}
		}
	}
}

// unname takes back the mentions by an identifier that was hers for a time only and that is somebody else's since, and those from before it was hers.
func (c *closer) unname() {
	for _, p := range c.naming {
		i, ok := c.recs[recordID(p.found)]
		if !ok || !c.since(p) && !c.before(p.node, &Record{Dataset: p.found.Dataset, Fields: p.found.Fields}, p.known) {
			continue
		}
		r := c.out.Records[i]
		r.Hits = slices.DeleteFunc(r.Hits, func(h pii.Hit) bool { return h.Field == p.hit.Field && h.Path == p.hit.Path })
		if r.Holding == Mention && len(r.Hits)+len(r.Insides) == 0 {
			r.Holding = HeldByOther
		}
	}
}

// since tells whether a record is from a time when an identifier that was hers for a time only was somebody else's already.
func (c *closer) since(p *pend) bool {
	return p.known.Window != nil && p.known.Window.To != 0 && p.known.Why == "held-by-another" && c.byTime(p) == differs
}

// before tells whether a record is from a time when the identifier was somebody else's.
func (c *closer) before(n *Node, r *Record, k *Known) bool {
	if k == nil || len(k.Past) == 0 || !c.lim.on(Windows) {
		return false
	}
	return slices.ContainsFunc(times(n, &pii.Found{Dataset: r.Dataset, Fields: r.Fields}), func(m moment) bool { return k.inPast(m.at) })
}

// anchored tells whether an identifier stands as her own where each person has another one: an address in the table of users. Elsewhere, in a record
// of somebody else, it is then a mention of her; a number that anybody could have, a card, is that other person's.
func (c *closer) anchored(k *Known) bool { return c.uniqueIn(k, 0.9) }

// uniqueIn tells whether an identifier stands, in a record of hers, in a field in which every record has another value, among the datasets that hold
// persons at least so surely.
func (c *closer) uniqueIn(k *Known, person float64) bool {
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		if r.Holding != Hers || n.Person < person {
			continue
		}
		for i := range n.Fields {
			f := &n.Fields[i]
			if f.Role != Owns || !nearUnique(f) || !compares(f, k, c.lim.Find) {
				continue
			}
			for _, v := range r.Fields[f.Field.Name] {
				if id, ok := identifier(n, f, v.Value); ok && idKey(id) == idKey(k.Identifier) {
					return true
				}
			}
		}
	}
	return false
}

// question leaves the record untouched and asks, once for a kind of identifier wherever it stands. An answer given before is followed at the places that it was given for:
// one that nobody was shown is asked about.
func (c *closer) question(p *pend) {
	q := Question{
		Code: "held-by-two", Via: p.via, text: fmt.Sprintf("Records of {at} hold a %s that the person shares with somebody else, and nothing in them says whose they are.", p.known.Category),
		Yes: Outcome{Text: "they are the person's: they are treated as hers"}, No: Outcome{Text: "they are somebody else's: they stay as they are"},
	}
	if p.known.Why == "hub" {
		q.Code, q.text = "hub", fmt.Sprintf("Records of {at} hold a %s of hers that stands in more records than one person's does: it may be an office's or a family's.", p.known.Category)
	}
	nth := c.nth(p.known.Category, func(k *Known) bool { return idKey(k.Identifier) == idKey(p.known.Identifier) })
	at := Doubt{
		ID: placeID(q.Code, p.found.Dataset, p.hit.Field, nth), Dataset: p.found.Dataset, Field: p.hit.Field,
		Decision: doubtID(q.Code, p.found.Dataset, p.hit.Field, string(p.known.Category)), Remember: []pii.Verdict{pii.Reject}, // whose it is else is hers to say
	}
	q.ID = questionID(q.Code, pii.Ref{}, string(p.known.Category))
	switch c.answered(q.Code, p.found, at) {
	case pii.Accept:
		c.own(p.node, p.found, p.via, p.conf, p.hit.Field)
		return
	case pii.Reject:
		c.heldByOther(p.found, p.known, p.hit, p.via, p.conf)
		return
	}
	i := c.add(p.found, Unsure, p.via, p.conf)
	c.out.Records[i].Question = q.ID
	c.ask(q, at)
}

// doubt leaves a record untouched that a reference says is hers and that names another person.
func (c *closer) doubt(f *pii.Found, field string, via []Link, conf float64) {
	id := questionID("contradiction", f.Dataset, field)
	at := Doubt{ID: id, Dataset: f.Dataset, Field: field}
	if e := c.edgeOf(f.Dataset, field); e != nil {
		at.Decision, at.Remember = e.ID, []pii.Verdict{pii.Accept, pii.Reject}
	}
	switch c.answered("contradiction", f, at) {
	case pii.Accept:
		c.own(c.g.Node(f.Dataset), f, via, conf, field)
		return
	case pii.Reject:
		return
	}
	if i, seen := c.recs[recordID(f)]; seen && c.out.Records[i].Holding == Unsure {
		return
	}
	c.out.Records[c.add(f, Unsure, via, conf)].Question = id
	c.ask(Question{
		ID: id, Code: "contradiction", Via: via, text: fmt.Sprintf("Records of {at} refer to the person by %s, as the scan inferred, and have another name or date of birth.", field),
		Yes: Outcome{Text: "they are the person's, under another name: they are treated as hers"}, No: Outcome{Text: "they are somebody else's: they stay as they are, and the inferred reference should be rejected"},
	}, at)
}

// ask puts a question once, and counts the records behind it at each place.
func (c *closer) ask(q Question, at Doubt) {
	i := slices.IndexFunc(c.out.Questions, func(o Question) bool { return o.ID == q.ID })
	if i < 0 {
		i, q.Dataset = len(c.out.Questions), at.Dataset
		c.out.Questions = append(c.out.Questions, q)
	}
	o := &c.out.Questions[i]
	o.Yes.Records++
	o.No.Records++
	k := slices.IndexFunc(o.Places, func(d Doubt) bool { return d.ID == at.ID })
	if k < 0 {
		k = len(o.Places)
		o.Places = append(o.Places, at)
	}
	o.Places[k].Records++
	o.Text = strings.Replace(o.text, "{at}", datasetsOf(o.Places), 1)
}

// datasetsOf lists the datasets of places, each once.
func datasetsOf(at []Doubt) string {
	var out []string
	for _, d := range at {
		if name := d.Dataset.String(); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if last := len(out) - 1; last > 0 {
		return strings.Join(out[:last], ", ") + " and " + out[last]
	}
	return out[0]
}

func questionID(code string, at pii.Ref, field string) string {
	h := sha256.Sum256([]byte(code + "\x00" + at.In(field).String()))
	return "q-" + hex.EncodeToString(h[:6])
}

// coOwners looks, for each record of hers, for other persons who own it too: in a second reference of the record itself, in join tables, and, for a
// record that hers refers to, in other records that refer to it.
func (c *closer) coOwners(ctx context.Context) error {
	if !c.lim.on(CoOwners) {
		return nil
	}
	for i := range c.out.Records {
		r := c.out.Records[i]
		if r.Holding != Hers {
			continue
		}
		others, err := c.others(ctx, i)
		if err != nil {
			return err
		}
		if others {
			r.Holding = Joint
		}
	}
	c.inherit()
	return nil
}

// inherit makes what belongs to a shared record shared as well: the items of a joint order.
func (c *closer) inherit() {
	for changed := true; changed; {
		changed = false
		for _, r := range c.out.Records {
			if r.Holding != Hers || r.Owner < 0 || r.Upward || c.out.Records[r.Owner].Holding != Joint {
				continue
			}
			if n := c.g.Node(r.Dataset); !c.named(n, r) && !c.ofHers(n, r) {
				r.Holding, changed = Joint, true
			}
		}
	}
}

// ofHers tells whether a declared reference leads from a record to another thing that is hers alone, and that itself belongs to the shared one: the ticket of a passenger,
// in the booking of two.
func (c *closer) ofHers(n *Node, r *Record) bool {
	shared := c.out.Records[r.Owner].Dataset
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if !e.Declared || e.Kind != Owns || e.To == shared || !slices.ContainsFunc(c.g.Out(e.To), func(up *Edge) bool { return up.To == shared }) {
			continue
		}
		for _, o := range c.out.Records {
			if o.Holding == Hers && !o.Upward && o.Dataset == e.To && agreesOn(&pii.Found{Dataset: r.Dataset, Fields: r.Fields}, e, o) && first(r.Fields[e.Fields[0]]).Equal(first(o.Fields[e.ToFields[0]])) {
				return true
			}
		}
	}
	return false
}

// named tells whether the record itself names her, and not only the record it belongs to.
func (c *closer) named(n *Node, r *Record) bool {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Role != Owns && f.Role != Shared {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			if v.Value.Null() {
				continue
			}
			if id, ok := identifier(n, f, v.Value); ok && c.byID[idKey(id)] != nil {
				return true
			}
		}
	}
	return false
}

func (c *closer) others(ctx context.Context, at int) (bool, error) {
	r := c.out.Records[at]
	n := c.g.Node(r.Dataset)
	if c.secondOwner(n, r) {
		return true, nil
	}
	for _, e := range c.g.In(r.Dataset) {
		if e.Confidence < c.lim.Find || n.Person >= possible {
			continue
		}
		if !r.Upward && e.Kind != Shared {
			if lets, err := c.letTo(ctx, at, e); lets || err != nil {
				return lets, err
			}
			continue
		}
		found, err := c.otherChild(ctx, at, e)
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// letTo tells whether what is hers is what another person has something to do with by a contract of his own, whose key goes on from its key: the flat that she lets. It stays
// for him.
func (c *closer) letTo(ctx context.Context, at int, e *Edge) (bool, error) {
	n := c.g.Node(e.From)
	if n == nil || n.Dataset.Kind == pii.View || e.Kind != Mentions || len(e.Fields) < len(c.g.Node(e.To).Dataset.Key) || !weak(n, c.g.Node(e.To)) {
		return false, nil
	}
	found, err := c.along(ctx, at, e, false)
	return slices.ContainsFunc(found, func(f *pii.Found) bool {
		return agreesOn(f, e, c.out.Records[at]) && c.namedBy(n, f, &FieldNode{}) == differs
	}), err
}

// secondOwner asks the record's own references to persons.
func (c *closer) secondOwner(n *Node, r *Record) bool {
	f := &pii.Found{Dataset: r.Dataset, Fields: r.Fields}
	people, other := 0, false
	for _, e := range c.g.Out(n.Dataset.Ref) {
		p := c.g.Node(e.To)
		if len(e.Fields) != 1 || e.When != nil || p == nil || p.Person < possible || (e.Kind != Owns && e.Kind != Shared) || e.Copy || c.oneMore(n, r, e) {
			continue
		}
		people++
		if c.valueOf(n, f, e) == differs {
			other, r.Other, r.OtherIn = true, first(r.Fields[e.Fields[0]]), n.Field(e.Fields[0]).Domain
		}
	}
	return people > 1 && other
}

// otherChild looks among the records that refer to r for one that is another person's.
func (c *closer) otherChild(ctx context.Context, at int, e *Edge) (other bool, err error) {
	n, r := c.g.Node(e.From), c.out.Records[at]
	if n == nil || n.Dataset.Kind == pii.View {
		return false, nil
	}
	found, err := c.along(ctx, at, e, false)
	for _, f := range found {
		i, seen := c.recs[recordID(f)]
		if !seen || (c.out.Records[i].Holding != Hers && c.out.Records[i].Holding != Joint) {
			other = true
			r.Other, r.OtherIn = c.ownerIn(n, f)
		}
	}
	return other, err
}

// ownerIn gives the value by which a record of a join table names its person, and the domain in which that means something.
func (c *closer) ownerIn(n *Node, f *pii.Found) (v pii.Value, domain string) {
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if p, fn := c.g.Node(e.To), n.Field(e.Fields[0]); len(e.Fields) == 1 && e.Kind == Owns && p != nil && p.Person >= possible && fn != nil {
			return first(f.Fields[fn.Field.Name]), fn.Domain
		}
	}
	return pii.Value{}, ""
}

func first(vs []pii.Located) pii.Value {
	if len(vs) == 0 {
		return pii.Value{}
	}
	return vs[0].Value
}
