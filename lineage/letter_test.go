package lineage_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// archive is a file of letters, line by line, beside a table of people.
type archive struct {
	*estate
	ref   pii.Ref
	lines []string
}

func (a *archive) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	if m.Dataset.Ref != a.ref {
		return a.estate.Look(ctx, m)
	}
	return func(yield func(*pii.Found, error) bool) {
		matcher := forms.Compile(m.Terms)
		for i, line := range a.lines {
			f := &pii.Found{Dataset: a.ref, Key: pii.Key{pii.NewValue("a.mbox"), pii.NewValue(fmt.Sprintf("%d.ab", i+1))}, Fields: map[string][]pii.Located{"line": {{Value: pii.NewValue(line)}}}}
			matcher.Match("line", "", []byte(line), func(h pii.Hit) { h.Field = "line"; f.Hits = append(f.Hits, h) })
			if len(f.Hits) > 0 && !yield(f, nil) {
				return
			}
		}
	}
}

// TestLetter takes a name at the end of a letter for hers whose address begins it, and asks about one that stands far from anything of hers.
func TestLetter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		between, asked int
		member         pii.Category // of what each line is seen to say
		above          bool         // that the name stands above the address
		sender         string       // of the letter that ends with the name, where it is another's
	}{
		"near": {4, 0, "none.code", false, ""}, "far": {40, 1, "none.code", false, ""}, "a log": {4, 1, "contact.email", false, ""}, "the end of what comes before": {4, 1, "none.code", true, ""},
		"a namesake's": {40, 0, "none.code", false, "From: Ann Berg <berg@example.org>"}, "nobody known": {40, 2, "none.code", false, "From: Ann Berg <other@example.org>"},
		"the next letter": {4, 1, "none.code", false, "From: Tom Lind <tom@example.com>"}, "a line of words": {4, 0, "none.code", false, "from then on, all is well"}, "a sentence": {4, 0, "none.code", false, "From then on, all is well"},
		"the next letter of a file of mail": {4, 1, "none.code", false, "From tom@example.com Mon Nov  2 10:11:12 2020"}, "the mailbox of her family": {40, 2, "none.code", false, "From: Ann Berg <bergs@example.net>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.table("crm/people", "id identity.number", "name identity.name", "mail contact.email").add("p1", "Ann Berg", "ann@example.com").add("p2", "Tom Lind", "tom@example.com").add("p3", "Ann Berg", "berg@example.org").add("p4", "Tim Berg", "bergs@example.net")
			a := &archive{estate: e, ref: pii.Ref{Source: "files", Dataset: "a.mbox"}}
			a.lines = append(slices.Repeat([]string{"as agreed."}, c.between), "Ann Berg")
			if c.sender != "" {
				a.lines = slices.Insert(a.lines, c.between-2, c.sender)
			}
			a.lines = append([]string{"From: <ann@example.com>"}, a.lines...)
			if c.above {
				slices.Reverse(a.lines)
			}
			line := pii.Field{Name: "line", Column: "line", Type: pii.Text}
			g := e.open()
			g.Nodes = append(g.Nodes, lineage.Node{Dataset: pii.Dataset{Ref: a.ref, Kind: pii.Objects, Fields: []pii.Field{line}}, Fields: []lineage.FieldNode{{Field: line, Category: "text.personal", Confidence: 1, Contains: []pii.Contained{{Category: "contact.email", Confidence: 1}}}, {Field: pii.Field{Name: "line.level", Column: "line", Path: "level", Type: pii.Text}, Category: c.member, Confidence: 1, Dense: true}}})
			got, err := lineage.Close(t.Context(), g.Index(), a, limits, []pii.Identifier{mail("ann@example.com")}, nil)
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			for _, q := range got.Questions {
				asked += int(q.Yes.Records)
			}
			if asked != c.asked {
				t.Errorf("%d questions, want %d: %q", len(got.Questions), c.asked, reached(got))
			}
		})
	}
}

// first gives the line that a record is.
func first(r *lineage.Record) string { return r.Fields["line"][0].Value.Reveal() }

// reached lists what a closure reached.
func reached(c *lineage.Closure) (out []string) {
	for _, r := range c.Records {
		out = append(out, fmt.Sprint(r.Holding, " ", r.Dataset))
	}
	return out
}

// TestOwnerOfAKind leads from the paper of a contract to no paper of a ticket that has the contract's number.
func TestOwnerOfAKind(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.table("net/people", "id identity.number", "name identity.name", "mail contact.email").add("p1", "Ann Berg", "ann@example.com").add("p2", "Tom Lind", "tom@example.com")
	e.table("net/contracts", "id none.key int", "person identity.number >net/people.id").add(101, "p1").add(102, "p2")
	e.table("net/tickets", "id none.key int", "person identity.number >net/people.id").add(101, "p2").add(103, "p1")
	papers := e.table("net/papers", "id none.key int", "owner_type none.code", "owner_id identity.number int", "note identity.name")
	papers.add(1, "contract", 101, "scanned").add(2, "ticket", 101, "Tom Lind").add(3, "ticket", 103, nil)
	for _, kind := range []string{"contract", "ticket"} {
		to := pii.Ref{Source: "net", Dataset: kind + "s"}
		papers.guess = append(papers.guess, lineage.Edge{ID: kind, From: papers.ref, Fields: []string{"owner_id"}, To: to, ToFields: []string{"id"}, Confidence: 0.99, When: &lineage.When{Field: "owner_type", Values: []string{kind}}})
	}
	same(t, told(e.close(e.open(), mail("ann@example.com"))), []string{"hers net/people p1", "hers net/contracts 101", "hers net/tickets 103", "hers net/papers 1", "hers net/papers 3"})
}

// TestHomeInALetter takes where she lives out of a letter to her, from a line without her name, and leaves it in that of somebody who lives there too, in lines of one that say
// something of such a one, and in what is no letter.
func TestHomeInALetter(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.table("crm/people", "id identity.number", "name identity.name", "mail contact.email", "street contact.street").add("p1", "Ann Berg", "ann@example.com", "Lindenweg 12").add("p2", "Tom Lind", "tom@example.com", "Lindenweg 12").add("p3", "Eve Orr", "orr@example.org", "Elm Drive 1")
	e.table("crm/homes", "id none.key int", "person identity.number >crm/people.id", "street contact.street").add(1, "p3", "Lindenweg 12")
	a := &archive{estate: e, ref: pii.Ref{Source: "files", Dataset: "a.mbox"}}
	letter := func(to string) []string {
		return slices.Concat([]string{"To: <" + to + ">"}, slices.Repeat([]string{"as agreed."}, 3), []string{
			"We wrote to Lindenweg 12, 28195 Bremen.", "Mr Lind, Lindenweg 12", "Call +1 202 555 0100 for Lindenweg 12", "or Lindenweg 12, shop@example.org", "and Eve of Lindenweg 12",
		}, slices.Repeat([]string{"."}, 12))
	}
	a.lines = slices.Concat(letter("tom@example.com"), []string{"1. ann@example.com wants a refund", "2. somebody of Lindenweg 12 too"}, slices.Repeat([]string{"."}, 12), letter("ann@example.com"))
	line := pii.Field{Name: "line", Column: "line", Type: pii.Text}
	g := e.open()
	g.Nodes = append(g.Nodes, lineage.Node{Dataset: pii.Dataset{Ref: a.ref, Kind: pii.Objects, Fields: []pii.Field{line}}, Fields: []lineage.FieldNode{{Field: line, Category: "text.personal", Confidence: 1, Contains: []pii.Contained{{Category: "contact.email", Confidence: 1}}}}})
	got, err := lineage.Close(t.Context(), g.Index(), a, limits, []pii.Identifier{mail("ann@example.com")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, told(got), []string{"hers crm/people p1", "mentions files/a.mbox a.mbox: Lindenweg 12", "mentions files/a.mbox a.mbox: ann@example.com", "mentions files/a.mbox a.mbox: ann@example.com"})
	for _, r := range got.Records {
		if r.Holding == lineage.Mention && len(r.Hits) > 0 && !strings.Contains(first(r), "We wrote") && !strings.Contains(first(r), "@example.com") {
			t.Errorf("took %q", first(r))
		}
	}
}
