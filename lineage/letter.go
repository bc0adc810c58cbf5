package lineage

import (
	"slices"
	"strconv"
	"strings"

	"vestige/forms"
	"vestige/pii"
)

// Text without any structure is read line by line, and a letter is many lines: it begins with her address and ends with her name.

// letterLines is how far apart the lines may stand that are taken for those of one letter.
const letterLines = 12

// besideHer tells whether a line of a text, which has her full name, stands closely below one of the same object that has an identifier of hers. What stands above it may end
// the letter of somebody else.
func (c *closer) besideHer(f *pii.Found) bool {
	if len(f.Key) != 2 || !plainText(c.g.Node(f.Dataset)) {
		return false
	}
	at, ok := lineOf(f.Key)
	above := c.namesakesLine(f)
	return ok && slices.ContainsFunc(c.out.Records, func(r *Record) bool {
		if r.Dataset != f.Dataset || len(r.Key) != 2 || !r.Key[0].Equal(f.Key[0]) || r.Holding != Mention || len(r.Via) == 0 || !r.Via[0].Category.Identifier() {
			return false
		}
		line, ok := lineOf(r.Key)
		return ok && line <= at && line >= above && at-line <= letterLines && !c.letterBetween(f, line, at)
	})
}

// fromWords begin the line of a letter that says whom it is from.
var fromWords = []string{"from", "von", "de", "da", "van", "od", "fra", "från"}

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
			t.Values = append(t.Values, pii.NewValue(w))
		}
		m.Terms = append(m.Terms, t)
	}
	_ = c.run(c.ctx, n, m, func(f *pii.Found) error {
		if line, ok := lineOf(f.Key); ok && len(f.Key) == 2 && slices.ContainsFunc(f.Hits, func(h pii.Hit) bool {
			rest := first(f.Fields[h.Field]).Reveal()
			return h.Start == 0 && h.End < len(rest) && (rest[h.End] == ':' || rest[:h.End+1] == "From ")
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

// addressed leaves out where her name stands before an address that is another person's, as mail writes it: Ann Lee <ann@example.net>. It is a namesake, who wrote or got the
// letter that begins there.
func (c *closer) addressed(f *pii.Found, terms []pii.Term) []pii.Hit {
	if !c.lim.on(Agree) {
		return f.Hits
	}
	return slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		if terms[h.Term].Category != "identity.name" {
			return false
		}
		id, ok := addressAfter(valueAt(f.Fields[h.Field], h.Path).Reveal(), h.End)
		if !ok || c.byID[idKey(id)] != nil || !c.ofAnother(id) {
			return false
		}
		if at, ok := lineOf(f.Key); ok {
			c.namesakes[letterOf(f)] = append(c.namesakes[letterOf(f)], at)
		}
		return true
	})
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

// homeIn takes a line of a letter of hers that says nothing of her but where she lives, and leaves the address out where it is about more: what else a text says of her is
// marked when all of it is known.
func (c *closer) homeIn(f *pii.Found, terms []pii.Term) []pii.Hit {
	rest := slices.DeleteFunc(slices.Clone(f.Hits), func(h pii.Hit) bool {
		return pii.Category("contact").Covers(terms[h.Term].Category) && !terms[h.Term].Category.Identifier()
	})
	if _, known := c.recs[recordID(f)]; len(rest) > 0 || known || len(f.Hits) == 0 || !c.besideHer(f) {
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
