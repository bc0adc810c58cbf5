package web_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// asking serves the plan of a request that asks about two places: what is said of the one is about a person, of the other about the field too.
func asking(t *testing.T) (e *estate, c *client, path string, show func() *plans.Status) {
	t.Helper()
	e = demo(t)
	c, svc := officed(t, e)
	olga := c.as(e.staff, "olga", accounts.Operator)
	who := e.people.Truth.Subjects[e.people.Walk].Start
	path = olga.post("/requests/new", "type", "erasure", "regime", "gdpr", "kind", who.Category, "value", who.Value, "verified", "a code by mail").header.Get("Location")
	olga.post(path + "/plan")
	show = func() *plans.Status {
		r, err := svc.Show(t.Context(), strings.TrimPrefix(path, "/requests/"))
		must(t, err)
		s, err := e.engine.Show(t.Context(), r.Plan)
		must(t, err)
		return s
	}
	s := show()
	at := s.Open.Steps[0].Dataset
	s.Open.Questions = []lineage.Question{{ID: "q-both", Code: "name-only", Dataset: at, Text: "Is it she?", Places: []lineage.Doubt{
		{ID: "q-hers", Dataset: at, Field: "hers", Records: 2, Decision: "d-hers"},
		{ID: "q-field", Dataset: at, Field: "anybodys", Records: 3, Decision: "d-field", Remember: []pii.Verdict{pii.Accept, pii.Reject}},
	}}}
	s.Open.Decided = []plans.Decided{{Decided: lineage.Decided{Decision: "d-before", Code: "hub", Dataset: at, Field: "office", Verdict: pii.Reject, Records: 7}, By: "sten", At: s.Made}}
	e.write(func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE plan SET open = $1, hash = $2 WHERE id = $3", string(s.Open.Bytes()), plans.HashOf(&s.Open), s.ID)
		return err
	})
	return e, c, path, show
}

var answerForm = regexp.MustCompile(`<form class="answer".*?</form>`)

// answers gives what can be answered on a page, by id, and which of the forms can have it remembered.
func answers(body string) (ids, remembered []string) {
	for _, f := range answerForm.FindAllString(body, -1) {
		id := regexp.MustCompile(`name="question" value="([^"]*)"`).FindStringSubmatch(f)[1]
		ids = append(ids, id)
		if strings.Contains(f, `name="remember"`) {
			remembered = append(remembered, id)
		}
	}
	return ids, remembered
}

// TestAnswersOfPlaces answers a place of a question on the page of the plan, and has an answer remembered, which a steward alone can.
func TestAnswersOfPlaces(t *testing.T) {
	e, c, path, show := asking(t)
	olga, sten, otto := c.as(e.staff, "olga", accounts.Operator), c.as(e.staff, "sten", accounts.Operator, accounts.Steward), c.as(e.staff, "otto", accounts.Viewer, accounts.Auditor)
	page := func(p *person) string {
		a := p.get("/plans/" + show().ID)
		if a.status != 200 {
			t.Fatalf("the plan answers %s with %d", p.name, a.status)
		}
		check(t, "the plan", a.body)
		return a.body
	}
	both := []string{"q-hers", "q-field", "q-both"}
	if ids, remembered := answers(page(olga)); !slices.Equal(ids, both) || len(remembered) != 0 {
		t.Errorf("an operator answers %v, has remembered %v", ids, remembered)
	}
	if ids, remembered := answers(page(sten)); !slices.Equal(ids, both) || !slices.Equal(remembered, []string{"q-field"}) {
		t.Errorf("a steward answers %v, has remembered %v", ids, remembered)
	}
	body := page(otto)
	if ids, _ := answers(body); len(ids) != 0 {
		t.Errorf("who only looks answers %v", ids)
	}
	for _, want := range []string{"anybodys, 3 records", "hers, 2 records", "d-before", "by sten"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	kept := func() (out []string) {
		must(t, e.st.DB().Read(t.Context(), func(tx db.Tx) error {
			rows, err := tx.Query(t.Context(), "SELECT question, verdict, actor FROM plan_answer ORDER BY question")
			must(t, err)
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var id, verdict, by string
				must(t, rows.Scan(&id, &verdict, &by))
				out = append(out, id+" "+verdict+" "+by)
			}
			return rows.Err()
		}))
		return out
	}
	for who, a := range map[string]answer{
		"an operator":   olga.post(path+"/answer", "question", "q-field", "verdict", "reject", "reason", "authors", "remember", "1"),
		"an API call":   olga.send("POST", "/api/v1"+path+"/answer", `{"question":"q-field","verdict":"reject","reason":"authors","remember":true}`, "Idempotency-Key", "k-1"),
		"about herself": sten.post(path+"/answer", "question", "q-hers", "verdict", "reject", "reason", "not she", "remember", "1"),
	} {
		if want := map[string]int{"about herself": 400}[who]; a.status != max(want, 400) && a.status != 403 || len(kept()) != 0 {
			t.Errorf("%s is answered %d, kept %v", who, a.status, kept())
		}
	}
	if a := sten.post(path+"/answer", "question", "q-field", "verdict", "reject", "reason", "authors", "remember", "1"); a.status != 303 {
		t.Fatalf("remembering answers %d: %s", a.status, a.body)
	}
	if got := kept(); !slices.Equal(got, []string{"q-field reject sten"}) {
		t.Errorf("kept %v", got)
	}
	ds, err := e.cat.Remembered(t.Context())
	must(t, err)
	if d := ds["d-field"]; d.Verdict != pii.Reject || d.By != "sten" || d.Reason != "authors" {
		t.Errorf("decided %+v", d)
	}
	logged(t, e, "catalog.decide", "sten", 1)
}
