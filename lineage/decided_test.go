package lineage_test

import (
	"fmt"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// decidable are doubts with the answers to them that can be remembered, as what an answer then makes of the records of another person. Each asks about one place, for Ann
// and for Bob alike.
var decidable = map[string]struct {
	make     func(e *estate)
	remember []pii.Verdict
	bob      map[pii.Verdict]string // what is told of Bob's record after Ann's answer was remembered
}{
	"a name alone": {make: func(e *estate) {
		users(e)
		e.table("news/posts", "id none.key int", "body none.text").add(1, "as Ann Lee says").add(2, "as Bob Ray says")
	}, remember: []pii.Verdict{pii.Accept, pii.Reject}, bob: map[pii.Verdict]string{pii.Accept: "mentions news/posts 2: Bob Ray", pii.Reject: ""}},
	"an identifier of two": {make: func(e *estate) {
		users(e).add(3, "lee@example.com", "Dan Poe").add(4, "ray@example.com", "Eve Orr")
		e.table("shop/addresses_had", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email").add(11, 1, "lee@example.com").add(12, 3, "lee@example.com").
			add(13, 2, "ray@example.com").add(14, 4, "ray@example.com")
		e.table("news/undated", "id none.key int", "email contact.email").add(1, "lee@example.com").add(2, "ray@example.com")
	}, remember: []pii.Verdict{pii.Reject}, bob: map[pii.Verdict]string{pii.Accept: "unsure news/undated 2", pii.Reject: "held-by-another news/undated 2"}},
	"a number of two": {make: func(e *estate) {
		users(e)
		e.table("crm/people", "id identity.number int", "name identity.name").add(1, "Eve Orr").add(2, "Dan Poe")
		e.table("files/texts", "id none.key int", "body none.text").add(1, "customer 1 called").add(2, "customer 2 called")
	}, remember: []pii.Verdict{pii.Accept, pii.Reject}, bob: map[pii.Verdict]string{pii.Accept: "mentions files/texts 2: 2", pii.Reject: ""}},
	"a reference that the names contradict": {make: func(e *estate) {
		users(e)
		tb := e.table("portal/people", "id identity.number int", "user none.key int ~shop/users.id", "email contact.email", "name identity.name").
			add(9, 1, "zed@example.org", "Zed Orr").add(10, 2, "kim@example.org", "Kim Poe")
		crowd(tb, 8, func(i int) []any {
			return []any{i, i, fmt.Sprintf("u%d@example.net", i), fmt.Sprintf("Cy Fox%c", 'a'+i%26)}
		})
	}, remember: []pii.Verdict{pii.Accept, pii.Reject}, bob: map[pii.Verdict]string{pii.Accept: "unsure portal/people 10", pii.Reject: "unsure portal/people 10"}}, // that is a decision on the reference
}

func (e *estate) answered(g *lineage.Graph, start string, answers map[string]pii.Verdict) *lineage.Closure {
	e.t.Helper()
	lim := limits
	lim.Skip = map[lineage.Part]bool{lineage.Windows: true}
	c, err := lineage.Close(e.t.Context(), g, e, lim, []pii.Identifier{mail(start)}, answers)
	if err != nil {
		e.t.Fatalf("%+v", err)
	}
	return c
}

// about gives what is told of records of the datasets that a question is about.
func about(c *lineage.Closure, at pii.Ref) (out string) {
	for _, r := range c.Records {
		if r.Dataset == at {
			out = told(&lineage.Closure{Records: []*lineage.Record{r}})[0]
		}
	}
	return out
}

// TestRemembered has an answer for Ann remembered as a decision: of the next person's like doubt at the field it is the answer, it is told whose record that was, and no other
// kind of doubt and no other field is decided with it.
func TestRemembered(t *testing.T) {
	t.Parallel()
	for name, d := range decidable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			d.make(e)
			g := e.open()
			ann, bob := e.answered(g, users1, nil), e.answered(g, "bob@example.com", nil)
			if len(ann.Questions) != 1 || len(bob.Questions) != 1 || len(ann.Questions[0].Places) != 1 || len(bob.Questions[0].Places) != 1 {
				t.Fatalf("asked %+v\nand %+v", ann.Questions, bob.Questions)
			}
			at, of := ann.Questions[0].Places[0], bob.Questions[0].Places[0]
			if at.Decision == "" || at.Decision != of.Decision || fmt.Sprint(at.Remember) != fmt.Sprint(d.remember) || fmt.Sprint(ann.Questions[0].Remember()) != fmt.Sprint(d.remember) {
				t.Errorf("an answer would decide %q %v, and for Bob %q; want %v", at.Decision, at.Remember, of.Decision, d.remember)
			}
			for verdict, want := range d.bob {
				c := e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: verdict})
				if got := about(c, of.Dataset); got != want {
					t.Errorf("after %s: %q, want %q", verdict, got, want)
				}
				asks := want == about(bob, of.Dataset)
				if asks != (len(c.Questions) == 1) || asks != (len(c.Decided) == 0) {
					t.Errorf("after %s: asked %+v, decided %+v", verdict, c.Questions, c.Decided)
				}
				if !asks && c.Decided[0] != (lineage.Decided{Decision: at.Decision, Code: ann.Questions[0].Code, Dataset: of.Dataset, Field: of.Field, Verdict: verdict, Records: 1}) {
					t.Errorf("after %s: told %+v", verdict, c.Decided)
				}
			}
			if own := e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: pii.Reject, of.ID: pii.Accept}); about(own, of.Dataset) == about(e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: pii.Reject}), of.Dataset) {
				t.Error("what was answered for Bob himself does not count before what was decided for all")
			}
		})
	}
}

// TestRememberedOfAnotherField has a decision at one field: the same doubt at another one is asked.
func TestRememberedOfAnotherField(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("news/posts", "id none.key int", "body none.text", "foot none.text").add(1, "as Ann Lee says", "").add(2, "", "Bob Ray").add(3, "Bob Ray", "")
	g := e.open()
	at := e.answered(g, users1, nil).Questions[0].Places[0]
	c := e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: pii.Reject})
	if len(c.Questions) != 1 || len(c.Questions[0].Places) != 1 || c.Questions[0].Places[0].Field != "foot" || len(c.Decided) != 1 || c.Decided[0].Records != 1 {
		t.Errorf("asked %+v, decided %+v", c.Questions, c.Decided)
	}
}

// TestRememberedNameOfTwo has it decided that a name in a field counts: where two people have the name, that does not say which of them is meant.
func TestRememberedNameOfTwo(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]string{"one field": "Bob Ray", "the other way round": "Ray, Bob", "an initial": "B. Ray"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			users(e).add(3, "two@example.com", of)
			e.table("news/posts", "id none.key int", "body none.text").add(1, "as Ann Lee says").add(2, "as Bob Ray says")
			g := e.open()
			at := e.answered(g, users1, nil).Questions[0].Places[0]
			if c := e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: pii.Accept}); len(c.Questions) != 1 || len(c.Decided) != 0 {
				t.Errorf("asked %+v, decided %+v", c.Questions, c.Decided)
			}
			if c := e.answered(g, "bob@example.com", map[string]pii.Verdict{at.Decision: pii.Reject}); len(c.Questions) != 0 || len(c.Decided) != 1 {
				t.Errorf("asked %+v, decided %+v", c.Questions, c.Decided)
			}
		})
	}
}

// TestDecidedReference has a person accept the reference that the names contradict: then it holds, for everybody, and the closure tells where it did.
func TestDecidedReference(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	decidable["a reference that the names contradict"].make(e)
	g := e.open()
	at := e.answered(g, users1, nil).Questions[0].Places[0]
	i := 0
	for g.Edges[i].ID != at.Decision {
		i++
	}
	g.Edges[i].Decided, g.Edges[i].Confidence = true, 1
	c := e.answered(g.Index(), "bob@example.com", nil)
	if len(c.Questions) != 0 || about(c, at.Dataset) != "hers portal/people 10" || len(c.Decided) != 1 || c.Decided[0].Decision != at.Decision || c.Decided[0].Records != 1 {
		t.Errorf("%s, asked %+v, decided %+v", about(c, at.Dataset), c.Questions, c.Decided)
	}
}
