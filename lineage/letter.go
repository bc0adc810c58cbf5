package lineage

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"vestige/forms"
	"vestige/pii"
)

// Text without any structure is read line by line, and a letter is many lines: it begins with her address and ends with her name.

// letterLines is how far apart the lines may stand that are taken for those of one letter.
const letterLines = 12

// hersLine is a line of a text that has an identifier of hers.
type hersLine struct {
	at   int
	head bool // it says whom a letter is from or to
}

// besideHer tells whether a line of a text, which has her full name, stands closely below one of the same object that has an identifier of hers, or the head of a letter that
// has one. What stands above it may end the letter of somebody else.
func (c *closer) besideHer(f *pii.Found, head bool) bool {
	at, ok := lineOf(f.Key)
	if !ok || !plainText(c.g.Node(f.Dataset)) {
		return false
	}
	lines := c.hersIn[letterOf(f)]
	from, _ := slices.BinarySearchFunc(lines, max(at-letterLines, c.namesakesLine(f)), func(l hersLine, at int) int { return l.at - at })
	return slices.ContainsFunc(lines[from:], func(l hersLine) bool {
		return l.at <= at && (l.head || !head) && !c.letterBetween(f, l.at, at)
	})
}

// notesLine remembers a record as a line that has an identifier of hers.
func (c *closer) notesLine(r *Record) {
	at, ok := lineOf(r.Key)
	if !ok || r.Holding != Mention || len(r.Via) == 0 || !r.Via[0].Category.Identifier() || !plainText(c.g.Node(r.Dataset)) {
		return
	}
	key := letterOf(r.found())
	lines := c.hersIn[key]
	i, known := slices.BinarySearchFunc(lines, at, func(l hersLine, at int) int { return l.at - at })
	if !known {
		c.hersIn[key] = slices.Insert(lines, i, hersLine{at, heads(first(r.Fields[r.Via[len(r.Via)-1].Field]).Reveal())})
	}
}

// fromWords begin the line of a letter that says whom it is from, mailedTo the one that says to whom it is.
var (
	fromWords = []string{"from", "von", "de", "da", "van", "od", "fra", "från"}
	mailedTo  = []string{"to", "delivered-to", "an", "à", "a", "para", "aan", "do", "til", "till"}
)

// heads tells whether a line says whom a letter is from or to.
func heads(line string) bool {
	word, _, ok := strings.Cut(line, ":")
	word = strings.ToLower(strings.TrimSpace(word))
	return ok && (slices.Contains(fromWords, word) || slices.Contains(mailedTo, word)) || mboxHead(line)
}

// mboxHead tells whether a line is the one by which files of mail tell letters apart.
func mboxHead(line string) bool {
	return strings.HasPrefix(line, "From ") && strings.Contains(line, "@")
}

// letterBetween tells whether another letter begins between two lines of an object. Lines of one heading, of which several may say whom it is from, begin one letter.
func (c *closer) letterBetween(f *pii.Found, above, below int) bool {
	begins := c.letters(f.Dataset)[f.Key[0].Reveal()]
	return slices.ContainsFunc(begins, func(line int) bool {
		return line > above+1 && line < below && !slices.Contains(begins, line-1)
	})
}

// letters gives the lines with which letters begin in the objects of a dataset, read once.
func (c *closer) letters(at pii.Ref) map[string][]int {
	if known := c.begins[at]; known != nil {
		return known
	}
	out := map[string][]int{}
	c.begins[at] = out
	n := c.g.Node(at)
	m := pii.Match{Dataset: n.Dataset, Want: Textual(n)}
	for _, field := range m.Want {
		t := pii.Term{Field: field, Mode: pii.Within, Category: "identity.family_name"}
		for _, w := range fromWords {
			t.Values = append(t.Values, pii.NewValue(w+":"))
		}
		m.Terms = append(m.Terms, t, pii.Term{Field: field, Mode: pii.Within, Category: "none.code", Values: []pii.Value{pii.NewValue("From")}})
	}
	_ = c.run(c.ctx, n, m, func(f *pii.Found) error {
		if line, ok := lineOf(f.Key); ok && len(f.Key) == 2 && slices.ContainsFunc(f.Hits, func(h pii.Hit) bool {
			line := first(f.Fields[h.Field]).Reveal()
			return h.Start == 0 && (m.Terms[h.Term].Category != "none.code" || mboxHead(line))
		}) {
			out[f.Key[0].Reveal()] = append(out[f.Key[0].Reveal()], line)
		}
		return nil
	})
	return out
}

// plainText tells whether the records of a dataset are lines that have no fields of their own about anybody: a log whose lines say who did what is none of letters.
func plainText(n *Node) bool {
	columns := 0
	for i := range n.Fields {
		switch f := &n.Fields[i]; {
		case f.Field.Path != "" && f.Category.Personal():
			return false
		case f.Field.Path == "" && !strings.HasPrefix(f.Field.Name, "{"):
			columns++
		}
	}
	return n.Dataset.Kind == pii.Objects && columns == 1
}

// lineOf gives the number with which the key of a record of an object begins.
func lineOf(k pii.Key) (int, bool) {
	if len(k) != 2 {
		return 0, false
	}
	number, _, _ := strings.Cut(k[1].Reveal(), ".")
	n, err := strconv.Atoi(number)
	return n, err == nil
}

// addressed leaves out where her name stands before the address of a namesake, as mail writes it: Ann Lee <ann@example.net>. The letter that begins there is that one's. Before
// an address of somebody who is called otherwise it may be she, who writes from the mailbox of her family.
func (c *closer) addressed(f *pii.Found, terms []pii.Term) []pii.Hit {
	if !c.lim.on(Agree) {
		return f.Hits
	}
	return slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		if terms[h.Term].Category != "identity.name" {
			return false
		}
		id, ok := addressAfter(valueAt(f.Fields[h.Field], h.Path).Reveal(), h.End)
		if !ok || c.byID[idKey(id)] != nil || !c.ofAnother(id) || !c.ofNamesake(id) {
			return false
		}
		if at, ok := lineOf(f.Key); ok {
			c.namesakes[letterOf(f)] = append(c.namesakes[letterOf(f)], at)
		}
		return true
	})
}

// ofNamesake tells whether those whom an identifier belongs to are called as she is.
func (c *closer) ofNamesake(id pii.Identifier) bool {
	key := "as\x00" + idKey(id)
	if known, ok := c.rival[key]; ok {
		return known
	}
	same, other := false, false
	c.ownersOf(id, func(n *Node, r *pii.Found) {
		switch names := traits(n, r).names(); {
		case len(names) > 1 && overlap(c.profile.names(), names) == agrees:
			same = true
		case len(names) > 0:
			other = true
		}
	})
	c.rival[key] = same && !other
	return c.rival[key]
}

// addressAfter gives the address that follows a name in angle brackets.
func addressAfter(v string, at int) (id pii.Identifier, ok bool) {
	if at >= len(v) {
		return id, false
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(v[at:], "\"' "), "<")
	address, _, closed := strings.Cut(rest, ">")
	if !ok || !closed {
		return id, false
	}
	norm, ok := forms.Normal("contact.email", []byte(address))
	return pii.Identifier{Category: "contact.email", Value: pii.NewValue(string(norm))}, ok
}

// letterOf names the object that a line is of.
func letterOf(f *pii.Found) string { return f.Dataset.String() + "\x00" + f.Key[:1].ID() }

// namesakesLine gives the line that stands closest above a line of the same letter and names a namesake by her address, -1 where there is none.
func (c *closer) namesakesLine(f *pii.Found) int {
	last := -1
	if len(f.Key) != 2 {
		return last
	}
	at, ok := lineOf(f.Key)
	for _, line := range c.namesakes[letterOf(f)] {
		if ok && line <= at && at-line <= letterLines {
			last = max(last, line)
		}
	}
	return last
}

// homes makes the terms for where she lives, which a letter to her says in a line without her name.
func (c *closer) homes() (out []needle) {
	for _, t := range c.attributeTerms() {
		if pii.Category("contact").Covers(t.Category) && !t.Category.Identifier() {
			out = append(out, needle{t, false})
		}
	}
	return out
}

// homeIn takes a line of a letter from or to her that says nothing of anybody but where she lives, and leaves the address out where it is about more: what else a text says of
// her is marked when all of it is known.
func (c *closer) homeIn(f *pii.Found, terms []pii.Term) []pii.Hit {
	rest := slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		return pii.Category("contact").Covers(terms[h.Term].Category) && !terms[h.Term].Category.Identifier()
	})
	if _, known := c.recs[recordID(f)]; len(rest) > 0 || known || len(f.Hits) == 0 || !c.besideHer(f, true) || c.saysAnother(f) {
		return rest
	}
	cat := terms[f.Hits[0].Term].Category
	r := c.out.Records[c.add(f, Mention, []Link{{Dataset: f.Dataset, Field: f.Hits[0].Field, Category: cat, How: "text"}}, 1)]
	r.Fields = f.Fields
	for _, h := range f.Hits {
		r.addHit(h)
	}
	return nil
}

// otherNumber is a telephone, or another number longer than a postcode.
var otherNumber = regexp.MustCompile(`\d(?:[ /().-]?\d){5}`)

// saysAnother tells whether a line that has her home has an address of mail or a long number beside it, or a name of somebody else who lives there.
func (c *closer) saysAnother(f *pii.Found) bool {
	for _, h := range f.Hits {
		line := valueAt(f.Fields[h.Field], h.Path).Reveal()
		rest := line[:h.Start] + "\n" + line[h.End:]
		if strings.Contains(rest, "@") || otherNumber.MatchString(rest) || slices.ContainsFunc(spelt(rest), func(w string) bool { return c.withHer()[w] }) {
			return true
		}
	}
	return false
}

// spelt gives the words of a line as those of names are compared.
func spelt(line string) []string {
	return strings.FieldsFunc(umlauts.Replace(strings.ToLower(line)), func(r rune) bool { return !unicode.IsLetter(r) })
}

// withHer gives the words of the names of others who live where she does, by records of theirs or by those that refer to them.
func (c *closer) withHer() map[string]bool {
	if c.neighbours != nil {
		return c.neighbours
	}
	c.neighbours = map[string]bool{}
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		if terms := c.homesIn(n); len(terms) > 0 {
			_ = c.run(c.ctx, n, pii.Match{Dataset: n.Dataset, Want: c.g.wanted(n), Terms: terms}, func(f *pii.Found) error {
				if at, known := c.recs[recordID(f)]; !known || c.out.Records[at].Holding != Hers {
					c.livesThere(n, f)
				}
				return nil
			})
		}
	}
	for _, name := range c.profile.names() {
		delete(c.neighbours, name)
	}
	return c.neighbours
}

// homesIn makes the terms for where she lives in a dataset of people, or of what belongs to them.
func (c *closer) homesIn(n *Node) (out []pii.Term) {
	if n.Gone != 0 || n.Dataset.Kind == pii.View || n.Person < 0.9 && !slices.ContainsFunc(c.g.Out(n.Dataset.Ref), c.persons) {
		return nil
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		for _, t := range c.homes() {
			if f.Dense && f.Role == Owns && pii.Category("contact").Covers(f.Category) && !f.Category.Identifier() {
				t.Field = f.Field.Name
				out = append(out, t.Term)
			}
		}
	}
	return out
}

func (c *closer) livesThere(n *Node, f *pii.Found) {
	names := traits(n, f).names()
	for _, e := range c.g.Out(n.Dataset.Ref) {
		if c.persons(e) {
			for _, r := range c.referred(e, f) {
				names = append(names, traits(c.g.Node(e.To), r).names()...)
			}
		}
	}
	for _, name := range names {
		if len(name) > 1 {
			c.neighbours[name] = true
		}
	}
}
