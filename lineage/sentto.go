package lineage

import (
	"slices"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// What a record says of whom something goes to is a unit of fields that are called alike: ship_name, ship_street, ship_phone. In the order of one person it may be about
// another, and then all of it is: her name, her street and her telephone go together, and the order stays its owner's.

// sendWords begin the names of such fields, or end in more of a word: shipping, lieferadresse.
var sendWords = []string{
	"ship", "deliver", "recipient", "receiver", "consignee", "gift", "liefer", "versand", "empfaenger", "geschenk", "livraison", "destinat", "cadeau", "envio", "entrega", "regalo",
	"spedizion", "consegna", "bezorg", "verzend", "ontvanger", "presente", "toimitus", "leverans", "dostaw", "odbiorc",
}

var addressWords = []string{"address", "adresse", "anschrift", "direccion", "domicilio", "indirizz", "endereco", "adres"} //nolint:misspell // Dutch

// whereTo tells whether the records of a dataset say where something goes: the addresses of orders.
func whereTo(n *Node) bool {
	return slices.ContainsFunc(words(lastSegment(n.Dataset.Ref.Dataset)), func(w string) bool {
		return slices.ContainsFunc(slices.Concat(sendWords, addressWords), func(s string) bool { return strings.HasPrefix(w, s) })
	})
}

// unitOf names the unit that a field is of: what its name begins with, up to the word that says that something goes to somebody. It is empty for other fields.
func unitOf(f *FieldNode) string {
	ws := words(f.Field.Name)
	for i, w := range ws {
		if slices.ContainsFunc(sendWords, func(s string) bool { return strings.HasPrefix(w, s) }) || i == 0 && len(ws) > 1 && w == "to" {
			return strings.Join(ws[:i+1], " ")
		}
	}
	return ""
}

// units gives the fields of a node by unit.
func units(n *Node) map[string][]*FieldNode {
	out := map[string][]*FieldNode{}
	for i := range n.Fields {
		if u := unitOf(&n.Fields[i]); u != "" {
			out[u] = append(out[u], &n.Fields[i])
		}
	}
	return out
}

// goesTo tells whether a unit of a record names her, by her full name, or somebody else.
func (c *closer) goesTo(unit []*FieldNode, f *pii.Found) int {
	said := profile{}
	for _, fn := range unit {
		if fn.Dense && fn.Confidence >= possible && !many(fn) {
			said.learn(traitsOf(fn, f))
		}
	}
	if names := said.names(); len(names) > 1 {
		return overlap(c.profile.names(), names)
	}
	return unclear
}

// sentWith tells whether an identifier stands beside her name as that of whom something goes to.
func (c *closer) sentWith(p *pend) bool {
	if u := unitOf(p.node.Field(p.hit.Field)); u != "" {
		return c.goesTo(units(p.node)[u], p.found) == agrees
	}
	return whereTo(p.node) && overlap(c.profile.names(), traits(p.node, p.found).names()) == agrees
}

// toAnother tells whether a field of a record of hers says something of somebody else to whom she sent it.
func (c *closer) toAnother(n *Node, fields map[string][]pii.Located, fn *FieldNode) bool {
	u := unitOf(fn)
	return u != "" && c.goesTo(units(n)[u], &pii.Found{Dataset: n.Dataset.Ref, Fields: fields}) == differs
}

// sentToHer gives the fields of those units of a record of somebody else that are about her: they have her full name and something more of hers. A unit without a name,
// the message of a gift, goes with them where nobody else is named.
func (c *closer) sentToHer(n *Node, f *pii.Found) (out []*FieldNode) {
	var nameless []*FieldNode
	alone, all := true, units(n)
	if len(all) == 0 && c.ofAnothers(n, f, 2) {
		all[""] = ownFields(n) // the address of somebody else's order, in a record of its own
	}
	for _, unit := range all {
		switch to := c.goesTo(unit, f); {
		case to == agrees && c.moreIn(unit, f):
			out = append(out, unit...)
		case to == unclear:
			nameless = append(nameless, unit...)
		default:
			alone = false
		}
	}
	if len(out) > 0 && alone {
		out = append(out, nameless...)
	}
	return out
}

// ownFields gives what a record says of the one person that it is about.
func ownFields(n *Node) (out []*FieldNode) {
	for i := range n.Fields {
		if f := &n.Fields[i]; f.Dense && f.Category.Personal() && f.Role == Owns && !many(f) && f.Confidence >= possible && f.Domain == "" {
			out = append(out, f)
		}
	}
	return out
}

// moreIn tells whether a unit has something of hers besides her name.
func (c *closer) moreIn(unit []*FieldNode, f *pii.Found) (found bool) {
	more := forms.Compile(c.attributeTerms(identityCategories[:3]...))
	for _, fn := range unit {
		for _, v := range f.Fields[fn.Field.Name] {
			more.Match(fn.Field.Name, v.Path, []byte(v.Value.Reveal()), func(pii.Hit) { found = true })
		}
	}
	return found
}

// sentHere tells whether somebody else's record, in which her name was found, was sent to her.
func (c *closer) sentHere(f *pii.Found) bool {
	n := c.g.Node(f.Dataset)
	return len(c.sentToHer(n, f)) > 0 && c.ownerNamed(n, f, 2) == differs
}

// redactUnits marks in a record that names her and is another's all that it says of her as whom something is sent to.
func (c *closer) redactUnits(n *Node, r *Record) {
	f := &pii.Found{Dataset: r.Dataset, Fields: r.Fields}
	fields := c.sentToHer(n, f)
	if len(fields) == 0 || c.ownerNamed(n, f, 2) == agrees {
		return
	}
	given := forms.Compile([]pii.Term{c.givenNames()})
	for _, fn := range fields {
		for _, v := range r.Fields[fn.Field.Name] {
			switch {
			case v.Value.Len() == 0 || fn.Field.Generated:
			case fn.Dense && fn.Category.Personal() && fn.Confidence >= 0.9 && !pii.Category("text").Covers(fn.Category):
				r.addHit(pii.Hit{Field: fn.Field.Name, Path: v.Path, End: v.Value.Len()})
			case fn.Field.Type == pii.Text && !wholly(fn):
				given.Match(fn.Field.Name, v.Path, []byte(v.Value.Reveal()), func(h pii.Hit) { h.Path = v.Path; r.addHit(h) })
			}
		}
	}
}

// givenNames looks for the name by which a message beside a gift calls her.
func (c *closer) givenNames() pii.Term {
	t := pii.Term{Mode: pii.Within, Category: "identity.given_name"}
	for _, w := range c.profile.given() {
		if len(w) > 1 {
			t.Values = append(t.Values, pii.NewValue(w))
		}
	}
	return t
}

// ownerNamed tells whether the one whose record it is, by what it says outside its units, by a reference or by that of the thing it belongs to, has her full name: then
// what the record says is about a namesake.
func (c *closer) ownerNamed(n *Node, f *pii.Found, depth int) int {
	own, result := profile{}, unclear
	for i := range n.Fields {
		if fn := &n.Fields[i]; len(units(n)) > 0 && fn.Dense && fn.Confidence >= possible && fn.Role != Mentions && !many(fn) && unitOf(fn) == "" {
			own.learn(traitsOf(fn, f))
		}
	}
	if names := own.names(); len(names) > 1 {
		result = overlap(names, c.profile.names())
	}
	if result == agrees || c.namesakesOwn(f) {
		return agrees
	}
	if c.namedBy(n, f, &FieldNode{}) == differs {
		return differs
	}
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if depth == 0 || !c.thing(e) {
			continue
		}
		for _, p := range c.referred(e, f) {
			if to := c.ownerNamed(c.g.Node(e.To), p, depth-1); to != unclear {
				return to
			}
		}
	}
	return result
}
