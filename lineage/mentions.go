package lineage

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// attributeCategories are those whose values are hers in records that name her, besides her identifiers.
var attributeCategories = []pii.Category{"identity.name", "contact.street", "contact.address", "demographic.birth_date", "identity.given_name", "identity.family_name"}

// numberWords stand beside a number that is told to be a customer's or user's only by them.
var numberWords = []string{"customer", "cust", "client", "user", "uid", "account", "acct", "member", "kunde", "kunden", "kundennr", "kundennummer", "kd", "kdnr", "benutzer", "mitglied", "konto", "kontonummer", "mitgliedsnummer",
	"cliente", "klant", "klantnummer", "usager", "utilisateur", "adherent", "usuario", "socio", "gebruiker", "utente", "compte", "cuenta"}

// NumberWords gives the words beside which a number is told to be a person's.
func NumberWords() []string { return slices.Clone(numberWords) }

// mentions searches all text for her identifiers and her full name, and marks in each record that names her and stays what else of her it says.
func (c *closer) mentions(ctx context.Context) error {
	c.gatherAttributes()
	c.twinsMet()
	for _, r := range c.out.Records {
		c.notesLine(r)
	}
	if !c.lim.on(Text) {
		c.rest()
		return nil
	}
	names := c.fullNames()
	for i := range c.g.Nodes {
		if err := c.mentionsIn(ctx, &c.g.Nodes[i], names); err != nil {
			return err
		}
	}
	c.rest()
	return nil
}

// gatherAttributes reads her names, addresses and date of birth from the records that are hers.
func (c *closer) gatherAttributes() {
	seen := map[string]bool{}
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		if r.Holding != Hers || n.Person < possible && !r.Upward && len(n.Fields) > 0 && r.Owner >= 0 && !c.named(n, r) {
			continue
		}
		if n.Person < possible && c.profile.compare(traits(n, &pii.Found{Dataset: r.Dataset, Fields: r.Fields}), "") == differs {
			continue // an order that is hers may name whom it is sent to
		}
		for i := range n.Fields {
			f := &n.Fields[i]
			if !f.Dense || f.Confidence < possible || foreign(f) || f.Role == Mentions || !slices.Contains(attributeCategories, f.Category) || c.toAnother(n, r.Fields, f) {
				continue
			}
			for _, v := range r.Fields[f.Field.Name] {
				c.attribute(seen, f.Category, v.Value, r.Via)
			}
		}
		for _, kv := range keyed(n, r.Fields) {
			if kv.field.Confidence >= possible && kv.field.Role == Owns && slices.Contains(attributeCategories, kv.field.Category) {
				c.attribute(seen, kv.field.Category, kv.value, r.Via)
			}
		}
		c.composeNames(seen, n, r)
	}
}

func (c *closer) attribute(seen map[string]bool, cat pii.Category, v pii.Value, via []Link) {
	norm, ok := forms.Normal(cat, []byte(v.Reveal()))
	key := string(cat) + "\x00" + string(norm)
	if !ok || len(norm) < 2 || seen[key] || cat == "identity.name" && oneWord(norm) {
		return
	}
	seen[key] = true
	c.out.Attributes = append(c.out.Attributes, Known{Identifier: pii.Identifier{Category: cat, Value: pii.NewValue(string(norm))}, Via: via, Confidence: 1})
}

// oneWord tells whether a name is one word of Latin letters: a given name alone is everybody's who has it, or what somebody signs in with.
func oneWord(name []byte) bool {
	return !bytes.ContainsFunc(name, func(r rune) bool { return r == ' ' || r > 0x24f })
}

// composeNames puts full names together from given and family names, in both orders.
func (c *closer) composeNames(seen map[string]bool, n *Node, r *Record) {
	var given, family []string
	for i := range n.Fields {
		f := &n.Fields[i]
		if !f.Dense || foreign(f) {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			switch f.Category {
			case "identity.given_name":
				given = append(given, v.Value.Reveal())
			case "identity.family_name":
				family = append(family, v.Value.Reveal())
			}
		}
	}
	for _, a := range given {
		for _, b := range family {
			for _, full := range []string{a + " " + b, b + ", " + a, b + " " + a} {
				c.attribute(seen, "identity.name", pii.NewValue(full), r.Via)
			}
		}
	}
}

// needle is a term for text. Of one that is open the text does not say whether it is hers or another's number.
type needle struct {
	pii.Term
	open bool
}

// needles makes the terms for her identifiers inside the text of a dataset. Those that others have too are left out: whose they are there, nothing says.
// So are numbers that the dataset's texts do not mean.
func (c *closer) needles(ctx context.Context, n *Node) []needle {
	type class struct {
		cat        pii.Category
		near, open bool
	}
	by, means := map[class]int{}, c.spoken.in(n)
	var out []needle
	for _, k := range c.known {
		at := class{cat: k.Category, near: !k.Category.Global() && !Distinctive(k.Value.Reveal())}
		if !k.Single || at.near && c.lim.on(Domains) && !c.spoken.says(means, k.Domain) {
			continue
		}
		at.open = at.near && c.lim.on(Domains) && c.rivals(ctx, n, k)
		i, ok := by[at]
		if !ok {
			t := pii.Term{Mode: pii.Within, Category: k.Category, Loose: !c.lim.on(Tokens)}
			t.Forms = c.written(k)
			if at.near {
				t.Near = numberWords
			}
			i = len(out)
			by[at], out = i, append(out, needle{t, at.open})
		}
		out[i].Values = append(out[i].Values, k.Value)
	}
	return out
}

// written gives in which other forms text may hold an identifier: escaped as in addresses of the web and in documents, packed, and, of an address, as a digest.
func (c *closer) written(k *Known) []string {
	switch {
	case !c.lim.on(Hashes):
		return nil
	case k.Category == "contact.email":
		return forms.All()[1:]
	case k.Category.Global() || Distinctive(k.Value.Reveal()):
		return escaped
	}
	return nil
}

// escaped are the forms that text has where it stands in other text.
var escaped = []string{forms.URL, forms.JSON, forms.HTML}

// Distinctive tells whether a local number is told by its own form, letters and digits, at least six of them, so that it can be looked for everywhere.
func Distinctive(v string) bool {
	letters, digits := 0, 0
	for _, r := range v {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r != '-' && r != '_' && r != ' ':
			letters++
		}
	}
	return letters >= 1 && digits >= 4 && len(v) >= 6
}

func (c *closer) fullNames() pii.Term {
	t := pii.Term{Mode: pii.Within, Category: "identity.name", Forms: escaped}
	for _, a := range c.out.Attributes {
		if a.Category == "identity.name" && strings.ContainsRune(a.Value.Reveal(), ' ') {
			t.Values = append(t.Values, a.Value)
		}
	}
	return t
}

// Textual lists the fields of a dataset in which text is looked through: all that hold text and are not wholly of a kind that is searched by itself.
func Textual(n *Node) []string {
	var out []string
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Field.Type == pii.Text && !f.Field.Generated && !wholly(f) && !strings.HasSuffix(f.Field.Path, "{@}") {
			out = append(out, f.Field.Name)
		}
	}
	return out
}

// wholly tells whether each value of a field is of one kind that is not text: an identifier, which is searched by itself, or a number, code or date of
// something else, in which an occurrence is chance.
func wholly(f *FieldNode) bool {
	switch {
	case !f.Dense || len(f.Contains) > 0:
		return false
	case f.Category.Identifier():
		return f.Confidence >= sure
	}
	return f.Confidence >= possible && slices.Contains([]pii.Category{"none.key", "none.date", "none.amount", "none.count", "none.boolean", "none.hash"}, f.Category)
}

// textual is Textual, or all text where codes are taken for it too.
func (c *closer) textual(n *Node) []string {
	out := Textual(n)
	for i := range n.Fields {
		if f := &n.Fields[i]; !c.lim.on(Codes) && f.Field.Type == pii.Text && !f.Category.Personal() && !slices.Contains(out, f.Field.Name) {
			out = append(out, f.Field.Name)
		}
	}
	return out
}

func (c *closer) mentionsIn(ctx context.Context, n *Node, names pii.Term) error {
	fields := c.textual(n)
	if n.Dataset.Kind == pii.View || n.Gone != 0 || len(fields) == 0 {
		return nil
	}
	m := pii.Match{Dataset: n.Dataset, Want: union(c.g.wanted(n), fields)}
	var open []bool
	needles := append(c.needles(ctx, n), needle{names, false})
	if c.lim.on(Names) && plainText(n) {
		needles = append(needles, c.homes()...)
	}
	for _, f := range fields {
		for _, t := range needles {
			if t.Field = f; len(t.Values) > 0 {
				m.Terms, open = append(m.Terms, t.Term), append(open, t.open)
			}
		}
	}
	if len(m.Terms) == 0 {
		return nil
	}
	var found []*pii.Found
	texts := func() {
		c.prefetch(ctx, n, slices.DeleteFunc(slices.Clone(found), func(f *pii.Found) bool { return !c.nameAlone(f, m.Terms) }))
		for _, f := range found {
			c.textHit(f, m.Terms, open)
		}
		found = found[:0]
	}
	err := c.run(ctx, n, m, func(f *pii.Found) error {
		if found = append(found, f); len(found) == atOnce {
			texts()
		}
		return nil
	})
	texts()
	return err
}

// nameAlone tells whether nothing but her name was found in a record that is not known to be hers.
func (c *closer) nameAlone(f *pii.Found, terms []pii.Term) bool {
	if i, ok := c.recs[recordID(f)]; ok && rank(c.out.Records[i].Holding) >= rank(Joint) {
		return false
	}
	return !slices.ContainsFunc(f.Hits, func(h pii.Hit) bool { return terms[h.Term].Category != "identity.name" })
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// textHit decides what a record is in whose text she occurs. With her full name alone it may be about a namesake.
func (c *closer) textHit(f *pii.Found, terms []pii.Term, open []bool) {
	if f.Hits = c.homeIn(f, terms); len(f.Hits) == 0 {
		return
	}
	if i, ok := c.recs[recordID(f)]; ok {
		switch r := c.out.Records[i]; r.Holding {
		case Joint:
			r.Fields = f.Fields
			return
		case HeldByOther:
			if c.ownName(f) && !c.sentHere(f) {
				return // a namesake's own record
			}
			r.Hits = nil // what it holds as its own stays; what its text says of her does not
		case Mention:
			f.Hits = c.notOwn(f)
		default:
			return
		}
	}
	if f.Hits = c.told(f, terms); c.namesTwin(c.g.Node(f.Dataset), f.Fields) {
		f.Hits = slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool { return terms[h.Term].Category == "identity.name" })
		if i, ok := c.recs[recordID(f)]; ok {
			c.out.Records[i].Fields = f.Fields // of the rest it is asked
		}
	}
	if f.Hits = c.addressed(f, terms); len(f.Hits) == 0 {
		return
	}
	byID := slices.ContainsFunc(f.Hits, func(h pii.Hit) bool { return terms[h.Term].Category != "identity.name" && !open[h.Term] })
	cat := terms[f.Hits[0].Term].Category
	via := []Link{{Dataset: f.Dataset, Field: f.Hits[0].Field, Category: cat, How: "text"}}
	if c.beforeHers(f, terms) {
		for _, h := range f.Hits {
			c.alikeOnly(f, h, via, 1)
		}
		return
	}
	_, mentioned := c.recs[recordID(f)]
	if k := c.undated(f, terms); k != nil && !mentioned {
		c.doubtful(f, via, k)
		return
	}
	if number := c.openNumber(f, terms, open); !byID && !mentioned {
		more := c.moreOfHer(f)
		if n := c.g.Node(f.Dataset); c.ownName(f) && c.lim.on(Agree) && c.profile.compare(traits(n, f), "") == differs {
			return // it is of somebody who was born on another day
		}
		if !more && number == nil && c.ownName(f) && c.lim.on(Agree) {
			switch c.lives(c.g.Node(f.Dataset), f) {
			case agrees:
				more = true
			case differs:
				return
			}
		}
		if sent := number == nil && more && c.ownName(f) && c.sentHere(f); number == nil && !sent && ((!more || c.ownName(f)) && c.namesake(f) || c.namesakesOwn(f)) {
			return
		}
		if !more && number == nil && plainText(c.g.Node(f.Dataset)) && c.namesakesLine(f) >= 0 {
			return // a namesake's letter ends with her name
		}
		if !more {
			c.doubtful(f, via, number)
			return
		}
	}
	if own := c.notOwn(f); byID && len(own) > 0 && len(own) < len(f.Hits) && c.namesake(f) {
		f.Hits = own // it names her, and its own person is a namesake
	}
	i := c.add(f, Mention, via, 1)
	c.out.Records[i].Fields = f.Fields
	for _, h := range f.Hits {
		if c.lim.on(Names) || terms[h.Term].Category != "identity.name" {
			c.out.Records[i].addHit(h)
		}
	}
	c.notesLine(c.out.Records[i])
}

// openNumber gives the number of hers in a text that does not say whose it is, nil where there is none.
func (c *closer) openNumber(f *pii.Found, terms []pii.Term, open []bool) *Known {
	for _, h := range f.Hits {
		if t := terms[h.Term]; open[h.Term] && h.Value < len(t.Values) {
			if i := slices.IndexFunc(c.known, func(k *Known) bool { return k.Category == t.Category && k.Value.Equal(t.Values[h.Value]) }); i >= 0 {
				return c.known[i]
			}
		}
	}
	return nil
}

// told leaves out what is chance: a code that, as a whole, has the digits of a telephone.
func (c *closer) told(f *pii.Found, terms []pii.Term) []pii.Hit {
	if !c.lim.on(Codes) {
		return f.Hits
	}
	n := c.g.Node(f.Dataset)
	return slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		return MayChance(n.Field(h.Field), terms[h.Term].Category) && Whole(f, h)
	})
}

// beforeHers tells whether all that a text has of her was somebody else's when the text was written: by the times of its record, else by the days that it names.
func (c *closer) beforeHers(f *pii.Found, terms []pii.Term) bool {
	n, at := c.g.Node(f.Dataset), &Record{Dataset: f.Dataset, Fields: f.Fields}
	var days []int64
	if len(times(n, f)) == 0 && c.lim.on(Windows) {
		days = c.daysIn(f)
	}
	return !slices.ContainsFunc(f.Hits, func(h pii.Hit) bool {
		t := terms[h.Term]
		if !t.Category.Global() || h.Value >= len(t.Values) {
			return true
		}
		k := c.byID[idKey(pii.Identifier{Category: t.Category, Value: t.Values[h.Value]})]
		if len(days) > 0 && k != nil {
			return slices.ContainsFunc(days, func(day int64) bool { return !k.inPast(day) })
		}
		return !c.before(n, at, k)
	})
}

// Whole tells whether a hit is all of the value that it stands in, which the record has to have been read with.
func Whole(f *pii.Found, h pii.Hit) bool {
	return slices.ContainsFunc(f.Fields[h.Field], func(v pii.Located) bool {
		return v.Path == h.Path && h.Start == 0 && h.End == v.Value.Len()
	})
}

// MayChance tells whether an occurrence of an identifier of the category in the field may be chance: the field holds codes of something else, an order's
// number, and the digits of a telephone or of a customer are as good as any.
func MayChance(f *FieldNode, cat pii.Category) bool {
	return f != nil && f.Category == "none.code" && len(f.Contains) == 0 && (!cat.Global() || cat == "contact.phone")
}

// moreOfHer tells whether a record that has her full name has another attribute of her too.
func (c *closer) moreOfHer(f *pii.Found) bool {
	m := forms.Compile(c.attributeTerms("identity.name", "identity.given_name", "identity.family_name"))
	found := false
	for name, vs := range f.Fields {
		for _, v := range vs {
			m.Match(name, v.Path, []byte(v.Value.Reveal()), func(pii.Hit) { found = true })
		}
	}
	return found || c.sameThing(f) || c.besideHer(f, false)
}

func (c *closer) attributeTerms(except ...pii.Category) []pii.Term {
	by := map[pii.Category]int{}
	var out []pii.Term
	add := func(k *Known) {
		if slices.Contains(except, k.Category) {
			return
		}
		i, ok := by[k.Category]
		if !ok {
			i = len(out)
			by[k.Category] = i
			out = append(out, pii.Term{Mode: pii.Within, Category: k.Category})
		}
		out[i].Values = append(out[i].Values, k.Value)
	}
	for i := range c.out.Attributes {
		add(&c.out.Attributes[i])
	}
	for _, k := range c.known {
		if k.Category.Global() && (k.Single || k.Category == "contact.phone") {
			add(k)
		}
	}
	return out
}

// doubtful asks about text that has her full name and nothing else of her, or a number that is hers in one value domain and another's in another, or was another's once.
func (c *closer) doubtful(f *pii.Found, via []Link, number *Known) {
	q := Question{
		Code: "name-only", Via: via, text: "Text in {at} has the person's full name and nothing else of her; it may be a namesake's.",
		Yes: Outcome{Text: "it is the person: her name is redacted there"}, No: Outcome{Text: "it is somebody else: it stays as it is"},
	}
	nth, what := 0, ""
	if number != nil {
		q.Code, q.text = "number-of-two", "Text in {at} has a number that is the person's in one system and somebody else's in another; nothing says which of them is meant."
		q.Yes.Text = "it is the person: the number is redacted there"
		nth, what = c.nth(number.Category, func(k *Known) bool { return k == number }), number.Domain
	}
	remember := []pii.Verdict{pii.Accept, pii.Reject}
	if number != nil && number.Category.Global() {
		q.Code, q.text = "had-by-two", fmt.Sprintf("Text in {at} has a %s that was somebody else's before it was the person's, and nothing else of her; nothing says when it was written.", number.Category)
		q.Yes.Text, what, remember = "it is the person: it is redacted there", string(number.Category), nil
	}
	at := Doubt{
		ID: placeID(q.Code, f.Dataset, f.Hits[0].Field, nth), Dataset: f.Dataset, Field: f.Hits[0].Field,
		Decision: doubtID(q.Code, f.Dataset, f.Hits[0].Field, what), Remember: remember,
	}
	q.ID = questionID(q.Code, pii.Ref{}, "")
	switch c.answered(q.Code, f, at) {
	case pii.Reject:
		return
	case pii.Accept:
		i := c.add(f, Mention, via, 1)
		c.out.Records[i].Fields = f.Fields
		for _, h := range f.Hits {
			c.out.Records[i].addHit(h)
		}
		c.notesLine(c.out.Records[i])
		return
	}
	i := c.add(f, Unsure, via, 1)
	c.out.Records[i].Question = q.ID
	c.ask(q, at)
}
