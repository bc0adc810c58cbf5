package web_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/web"
)

// officed serves the demo company with requests; what is left for later is done at once.
func officed(t testing.TB, e *estate) (*client, *requests.Service) {
	t.Helper()
	svc := requests.New(e.engine)
	c := staffed(t, e, func(_ *web.Config, s *web.Services) {
		s.Plans, s.Requests = e.engine, svc
		s.AddSource = func(context.Context, string, string, string, map[string]string) error { return nil }
		s.Later = func(ctx context.Context, id string) error {
			_, err := svc.Run(ctx, id, nil)
			return err
		}
	})
	return c, svc
}

// TestARequestByTwoPeople takes a request in, plans it, answers what is asked, has it approved by another, carries it out and reads the proof: by
// forms alone, and nobody's value is on any page on the way.
func TestARequestByTwoPeople(t *testing.T) {
	e := demo(t)
	e.engine.Policy.Recipients = []policies.Recipient{{Name: "Scanner Bros", Tell: policies.Manual, Gets: []policies.Match{{Category: "contact.email"}}}}
	c, svc := officed(t, e)
	olga, alma := c.as(e.staff, "olga", accounts.Operator), c.as(e.staff, "alma", accounts.Approver)
	who := e.people.Truth.Subjects[e.people.Walk].Start
	page := func(p *person, path string) string {
		t.Helper()
		a := p.get(path)
		if a.status != 200 {
			t.Fatalf("%s answers %s with %d: %s", path, p.name, a.status, a.body)
		}
		check(t, path, a.body)
		if strings.Contains(a.body, who.Value) {
			t.Errorf("%s shows who asked", path)
		}
		return a.body
	}
	does := func(p *person, path string, pairs ...string) string {
		t.Helper()
		a := p.post(path, pairs...)
		if a.status != 303 {
			t.Fatalf("%s by %s answers %d: %s", path, p.name, a.status, a.body)
		}
		return a.header.Get("Location")
	}
	page(olga, "/requests")
	page(olga, "/requests/new")
	if a := olga.post("/requests/new", "type", "erasure", "regime", "gdpr", "kind", "contact.email", "value", "Nobody Inparticular"); a.status != 400 || strings.Contains(a.body, "Inparticular") {
		t.Errorf("what is no address answers %d", a.status)
	}
	path := does(olga, "/requests/new", "type", "erasure", "regime", "gdpr", "kind", who.Category, "value", who.Value)
	id := strings.TrimPrefix(path, "/requests/")
	page(olga, path)
	does(olga, path+"/identify", "reason", "a code by mail")
	does(olga, path+"/plan")
	plan := func() *plans.Status {
		r, err := svc.Show(t.Context(), id)
		must(t, err)
		s, err := e.engine.Show(t.Context(), r.Plan)
		must(t, err)
		return s
	}
	for range 60 {
		s := plan()
		page(olga, "/plans/"+s.ID)
		open := opened(s)
		if open == "" {
			break
		}
		does(olga, path+"/answer", "question", open, "verdict", "accept", "reason", "looked at by hand")
	}
	s := plan()
	if a := olga.post(path+"/approve", "hash", s.Hash); a.status != 403 {
		t.Errorf("who asks approves: %d", a.status)
	}
	if a := alma.post(path+"/approve", "hash", strings.Repeat("0", len(s.Hash))); a.status < 400 || a.status >= 500 {
		t.Errorf("another hash answers %d", a.status)
	}
	if a := alma.post(path+"/run", "reason", "x"); a.status != 403 {
		t.Errorf("who approves carries out: %d", a.status)
	}
	if !strings.Contains(page(alma, path), s.Hash) {
		t.Error("the hash is not shown to who approves")
	}
	does(alma, path+"/approve", "hash", s.Hash)
	does(alma, "/requests/stop", "reason", "the bank calls")
	if a := olga.post(path + "/run"); a.status != 409 {
		t.Errorf("what is stopped is carried out: %d", a.status)
	}
	if !strings.Contains(page(olga, "/requests"), "the bank calls") {
		t.Error("the stop is not shown")
	}
	does(alma, "/requests/release")
	does(olga, path+"/pause", "reason", "one look more")
	if a := olga.post(path + "/run"); a.status != 409 {
		t.Errorf("what is paused is carried out: %d", a.status)
	}
	does(olga, path+"/go-on")
	if body := page(olga, path); !strings.Contains(body, "Scanner Bros") || !strings.Contains(body, "/told") || strings.Contains(page(alma, path), "/told") {
		t.Error("the page does not ask whether the recipient was told, or asks who may not say so")
	}
	if a := olga.post(path+"/told", "recipient", "Nobody", "reason", "by letter"); a.status != 404 {
		t.Errorf("one who was given nothing is told: %d", a.status)
	}
	does(olga, path+"/told", "recipient", "Scanner Bros", "reason", "by letter")
	r, err := svc.Show(t.Context(), id)
	must(t, err)
	if r.State != requests.Closed {
		t.Fatalf("it is %s: %s", r.State, r.Reason)
	}
	if !strings.Contains(page(alma, path), "by letter") {
		t.Error("the page does not say how the recipient was told")
	}
	body := page(alma, "/plans/"+r.Plan)
	if !strings.Contains(body, "The signature verifies") {
		t.Error("the proof does not verify")
	}
	file := alma.get(regexp.MustCompile(`/plans/[^"]+/attestation\.json`).FindString(body))
	if file.status != 200 || !json.Valid([]byte(file.body)) {
		t.Errorf("the proof answers %d", file.status)
	}
	logged(t, e, "request.stop", "alma", 1)
	logged(t, e, "request.release", "olga", 1)
}

// opened gives something of a plan that blocks it.
func opened(s *plans.Status) string {
	for _, q := range s.Open.Questions {
		if q.Answer == "" {
			return q.ID
		}
	}
	for _, g := range s.Open.Gaps {
		if g.Required && g.Accepted == "" {
			return g.ID
		}
	}
	return ""
}

func TestRequestsByTheAPI(t *testing.T) {
	e := demo(t)
	c, svc := officed(t, e)
	olga := c.as(e.staff, "olga", accounts.Operator)
	who := e.people.Truth.Subjects[e.people.Walk].Start
	in := `{"type":"erasure","regime":"gdpr","verified":"seen","identifiers":[{"category":"` + who.Category + `","value":"` + who.Value + `"}]}`
	call := func(path, body string) answer {
		return olga.send("POST", "/api/v1"+path, body, "Idempotency-Key", "k-"+path)
	}
	made, again := call("/requests", in), call("/requests", in)
	if made.status != 201 || made.body != again.body || strings.Contains(made.body, who.Value) {
		t.Fatalf("intake answers %d %s", made.status, made.body)
	}
	var r requests.Request
	must(t, json.Unmarshal([]byte(made.body), &r))
	if a := call("/requests/"+r.ID+"/plan", `{}`); a.status != 200 || !strings.Contains(a.body, `"planned"`) {
		t.Errorf("planning answers %d %s", a.status, a.body)
	}
	if a := call("/requests/"+r.ID+"/deny", `{}`); a.status != 400 {
		t.Errorf("a refusal without a reason answers %d", a.status)
	}
	if a := call("/requests/"+r.ID+"/answer", `{"question":"x","verdict":"maybe","reason":"?"}`); a.status != 400 {
		t.Errorf("maybe answers %d", a.status)
	}
	if a := olga.send("POST", "/api/v1/requests/"+r.ID+"/approve", `{"hash":"x"}`); a.status != 403 {
		t.Errorf("approving answers %d", a.status)
	}
	if a := call("/requests/"+r.ID+"/pause", `{"reason":"a look"}`); a.status != 200 || !strings.Contains(a.body, `"halt"`) {
		t.Errorf("pausing answers %d %s", a.status, a.body)
	}
	if _, err := svc.Run(t.Context(), r.ID, nil); errkind.Code(err) != "halted" {
		t.Errorf("what is paused runs: %v", err)
	}
	if a := olga.get("/api/v1/requests/REQ-99999999"); a.status != 404 {
		t.Errorf("one that is not there answers %d", a.status)
	}
}
