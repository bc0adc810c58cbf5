package plans_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// mentioned is an estate in which texts have people's full names and nothing else of them.
func mentioned(t *testing.T) *world {
	e := newEstate(40, "")
	for i := range 6 {
		e.desk.Insert("tickets", row(99_000+i, nil, fmt.Sprintf("Please tell %s %s about it.", given[i%len(given)], family[i%len(family)])))
	}
	return newWorld(t, e.sources()...)
}

func (w *world) asks(i int) *plans.Status {
	w.t.Helper()
	s, err := w.engine.Plan(w.t.Context(), plans.Ask{Request: fmt.Sprintf("REQ-%08d", i), Kind: plans.Erasure, Regime: "gdpr", By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}}})
	w.must(err)
	return s
}

// TestAnAnswerIsRemembered answers a question about a text for one person and has it remembered: the next plan does not ask, and says who has decided it. Taken
// back, the one after that is asked again.
func TestAnAnswerIsRemembered(t *testing.T) {
	t.Parallel()
	w := mentioned(t)
	one, two := w.asks(2), w.asks(3)
	if len(one.Open.Questions) != 1 || len(two.Open.Questions) != 1 || len(one.Open.Questions[0].Places) != 1 {
		t.Fatalf("asked %+v\nand %+v", one.Open.Questions, two.Open.Questions)
	}
	at := one.Open.Questions[0].Places[0]
	w.must(w.engine.Answer(t.Context(), plans.Answer{Request: one.Request, ID: one.Open.Questions[0].ID, Verdict: pii.Reject, Reason: "asked her", By: "olga"}))
	if two = w.asks(3); len(two.Open.Questions) != 1 {
		t.Fatal("an answer for one person counts for another, and nobody said so")
	}
	w.must(w.engine.Answer(t.Context(), plans.Answer{Request: one.Request, ID: one.Open.Questions[0].ID, Verdict: pii.Reject, Reason: "authors sign there", By: "olga", Remember: true}))
	two = w.asks(3)
	if len(two.Open.Questions) != 0 || len(two.Open.Decided) != 1 {
		t.Fatalf("asked %+v, decided %+v", two.Open.Questions, two.Open.Decided)
	}
	many, err := w.engine.Plan(t.Context(), plans.Ask{Request: "REQ-00000077", Kind: plans.Erasure, Regime: "gdpr", By: "olga", Subjects: [][]pii.Identifier{
		{{Category: "contact.email", Value: pii.NewValue(mailOf(3))}}, {{Category: "contact.email", Value: pii.NewValue(mailOf(4))}}}})
	w.must(err)
	if len(many.Open.Batch.Left) != 0 || len(many.Open.Decided) != 1 || many.Open.Decided[0].Records != 2 {
		t.Errorf("of two at once %+v are left, decided %+v", many.Open.Batch.Left, many.Open.Decided)
	}
	if d := two.Open.Decided[0]; d.By != "olga" || d.At == 0 || d.Decided != (lineage.Decided{Decision: at.Decision, Code: "name-only", Dataset: at.Dataset, Field: at.Field, Verdict: pii.Reject, Records: 1}) {
		t.Errorf("told %+v", d)
	}
	w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
		return w.catalog.Decide(t.Context(), tx, pii.Decision{Question: at.Decision, Verdict: pii.Defer, By: "sten"})
	}))
	if two = w.asks(3); len(two.Open.Questions) != 1 || len(two.Open.Decided) != 0 {
		t.Errorf("taken back: asked %+v, decided %+v", two.Open.Questions, two.Open.Decided)
	}
	if one = w.asks(2); len(one.Open.Questions) != 0 {
		t.Errorf("what was answered for her is asked again: %+v", one.Open.Questions)
	}
}

// TestAnAnswerAboutHerIsNotRemembered refuses to remember what is about one person alone; nothing is answered then.
func TestAnAnswerAboutHerIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := mentioned(t)
	s := w.asks(2)
	s.Open.Questions[0].Places[0].Remember = []pii.Verdict{pii.Reject}
	w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE plan SET open = $1 WHERE id = $2", string(s.Open.Bytes()), s.ID)
		return err
	}))
	for _, id := range []string{s.Open.Questions[0].ID, s.Open.Questions[0].Places[0].ID, "g-whatever"} {
		err := w.engine.Answer(t.Context(), plans.Answer{Request: s.Request, ID: id, Verdict: pii.Accept, Reason: "it is she", By: "olga", Remember: true})
		if errkind.Code(err) != "not-remembered" {
			t.Errorf("%s: %v", id, err)
		}
	}
	if again := w.asks(2); len(again.Open.Questions) != 1 {
		t.Error("what was refused was kept")
	}
}

// TestARememberedReference remembers what was said of a reference as a decision on it, and works out what follows before anything is planned.
func TestARememberedReference(t *testing.T) {
	t.Parallel()
	for _, verdict := range []pii.Verdict{pii.Accept, pii.Reject} {
		w := mentioned(t)
		s := w.asks(2)
		g, err := w.catalog.Graph(t.Context())
		w.must(err)
		edges := g.Edges
		at := &s.Open.Questions[0].Places[0]
		at.Decision, at.Remember = edges[0].ID, []pii.Verdict{pii.Accept, pii.Reject}
		w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE plan SET open = $1 WHERE id = $2", string(s.Open.Bytes()), s.ID)
			return err
		}))
		related := false
		w.engine.Relate = func(ctx context.Context) error {
			g, err := w.catalog.Graph(ctx)
			w.must(err)
			related = len(g.Edges) < len(edges) == (verdict == pii.Reject)
			return nil
		}
		w.must(w.engine.Answer(t.Context(), plans.Answer{Request: s.Request, ID: at.ID, Verdict: verdict, Reason: "looked at it", By: "olga", Remember: true}))
		ds, err := w.catalog.Remembered(t.Context())
		w.must(err)
		if d := ds[edges[0].ID]; !related || d.Verdict != verdict || d.By != "olga" {
			t.Errorf("%s: related %v, %+v", verdict, related, d)
		}
	}
}

// TestARejectedReferenceIsWorkedOutFirst plans after a reference was rejected and nothing was worked out of it yet: the number is not looked for any more where the reference alone led.
func TestARejectedReferenceIsWorkedOutFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newEstate(40, "").sources()...)
	g, err := w.catalog.Graph(t.Context())
	w.must(err)
	i := slices.IndexFunc(g.Edges, func(e lineage.Edge) bool { return !e.Copy && len(e.Fields) == 1 && e.Confidence >= 0.95 })
	if i < 0 {
		t.Fatal("the estate has no reference")
	}
	of := g.Edges[i]
	w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
		return w.catalog.Decide(t.Context(), tx, pii.Decision{Edge: of.ID, Verdict: pii.Reject, Reason: "chance", By: "olga"})
	}))
	if _, err := w.engine.Graph(t.Context()); errkind.Code(err) != "references-owed" {
		t.Errorf("where nothing works it out: %v", err)
	}
	related := 0
	w.engine.Relate = func(context.Context) error { related++; w.scan(); return nil }
	g, err = w.engine.Graph(t.Context())
	w.must(err)
	if a, b := g.Node(of.From).Field(of.Fields[0]), g.Node(of.To).Field(of.ToFields[0]); related != 1 || a.Domain == b.Domain && a.Domain != "" {
		t.Errorf("related %d times; the value domains are %q and %q", related, a.Domain, b.Domain)
	}
	if _, err = w.engine.Graph(t.Context()); err != nil || related != 1 {
		t.Errorf("related %d times, %v", related, err)
	}
}
