package web_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
)

// TestRulesPage tries a rule for noise, writes it, sees it on the page of a field, and ends it; with forms alone. A viewer only looks.
func TestRulesPage(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana, vera := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "vera", accounts.Viewer)
	field := users.In("belief")
	try := "/rules?" + url.Values{"try": {"1"}, "source": {"shop"}, "field": {"bel*"}, "as": {"none.code"}, "reason": {"codes <b> of shelves"}, "until": {"2999-12-31"}}.Encode()
	for _, p := range []*person{dana, vera} {
		a := p.get(try)
		check(t, try, a.body)
		if tried := strings.Contains(a.body, "Proposed now, and then no more"); tried != (p == dana) {
			t.Errorf("%s sees a trial: %v", p.name, tried)
		}
	}
	if x := entry(t, e, field); x.State != catalog.Deferred {
		t.Fatalf("after a trial the field is %s", x.State)
	}
	for name, bad := range map[string]string{"everything": "as=none.code&reason=x", "a personal kind": "field=x&as=contact.email&reason=x", "no reason": "field=x", "the past": "field=x&reason=y&until=1999-01-01", "a number": "field=x&reason=y&below=high"} {
		v, err := url.ParseQuery(bad)
		must(t, err)
		var pairs []string
		for k := range v {
			pairs = append(pairs, k, v.Get(k))
		}
		if a := dana.post("/rules/noise", pairs...); a.status != 400 {
			t.Errorf("a rule with %s answers %d", name, a.status)
		}
	}
	write := []string{"source", "shop", "field", "bel*", "as", "none.code", "reason", "codes <b> of shelves", "until", "2999-12-31"}
	if a := vera.post("/rules/noise", write...); a.status != 403 {
		t.Errorf("a viewer's rule answers %d", a.status)
	}
	a := dana.post("/rules/noise", write...)
	if a.status != 303 {
		t.Fatalf("writing a rule answers %d: %s", a.status, a.body)
	}
	if x := entry(t, e, field); x.State != catalog.Deferred || x.Category != "none.code" || x.Judged.Put {
		t.Errorf("with the rule the field is %s, %s", x.State, x.Category)
	}
	for path, want := range map[string]string{at("/field", field): "codes &lt;b&gt; of shelves", "/rules": "fields named bel* of shop are none.code", "/rules/noise.csv": "bel*", "/rules/costs.csv": "demographic.religion,10,0.0909"} {
		if a := vera.get(path); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s answers %d without %q", path, a.status, want)
		}
	}
	var all struct {
		Items []struct{ ID, State, Until string }
	}
	must(t, json.Unmarshal([]byte(vera.get("/api/v1/rules/noise").body), &all))
	if len(all.Items) != 1 || all.Items[0].State != "holds" || all.Items[0].Until != "2999-12-31" {
		t.Fatalf("the API lists %+v", all.Items)
	}
	id := all.Items[0].ID
	if a := dana.post("/rules/noise/"+id+"/renew", "until", "2999-01-01"); a.status != 303 {
		t.Errorf("renewing answers %d", a.status)
	}
	if a := dana.post("/rules/noise/" + id + "/end"); a.status != 303 {
		t.Errorf("ending answers %d", a.status)
	}
	if x := entry(t, e, field); !x.Judged.Put || x.Category != "demographic.religion" {
		t.Errorf("without the rule the field is %s", x.State)
	}
	for _, act := range []string{"write", "renew", "end"} {
		logged(t, e, "catalog.noise."+act, "dana", 1)
	}
}

// TestRulesAPI does the same as programs do.
func TestRulesAPI(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana := c.as(e.staff, "dana", accounts.Steward)
	const rule = `{"field":"belief","below":0.9,"as":"none.code","reason":"codes of shelves"}`
	var trial catalog.Trial
	a := dana.send("POST", "/api/v1/rules/noise/try", rule)
	must(t, json.Unmarshal([]byte(a.body), &trial))
	if a.status != 200 || trial.Silenced != 1 || trial.Against != 0 {
		t.Errorf("a trial answers %d: %s", a.status, a.body)
	}
	var row struct{ ID, Says string }
	a = dana.send("POST", "/api/v1/rules/noise", rule)
	must(t, json.Unmarshal([]byte(a.body), &row))
	if a.status != 201 || row.Says != "fields named belief below 0.9 are none.code" {
		t.Fatalf("writing answers %d: %s", a.status, a.body)
	}
	if a := dana.get("/api/v1/field?at=" + url.QueryEscape(users.In("belief").String())); !strings.Contains(a.body, `"rule":"`+row.ID+`"`) {
		t.Errorf("the field does not name the rule: %s", a.body)
	}
	if a := dana.send("PUT", "/api/v1/rules/noise/"+row.ID+"/until", `{"until":"2999-01-01"}`); a.status != 200 {
		t.Errorf("renewing answers %d: %s", a.status, a.body)
	}
	for range 2 {
		if a := dana.send("DELETE", "/api/v1/rules/noise/"+row.ID, ""); a.status != 200 {
			t.Errorf("ending answers %d: %s", a.status, a.body)
		}
	}
	if a := dana.send("DELETE", "/api/v1/rules/noise/policy-1", ""); a.status != 404 {
		t.Errorf("ending a rule of a file answers %d", a.status)
	}
}

// TestLikeFieldsOnThePage reads at a field what was decided of one that is alike, rejects that one, and takes it back.
func TestLikeFieldsOnThePage(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana := c.as(e.staff, "dana", accounts.Steward)
	mail, same := users.In("mail"), pii.Ref{Source: "shop", Dataset: "old_users", Field: "mail"}
	says := func(text, doc string) {
		t.Helper()
		if a := dana.get(at("/field", same)); !strings.Contains(a.body, text+" ("+mail.String()+")") {
			t.Errorf("the page of a like field does not say %q", text)
		}
		if a := dana.get(at("/api/v1/field", same)); !strings.Contains(a.body, doc) {
			t.Errorf("the API does not say %s: %s", doc, a.body)
		}
	}
	says("contact.email: decided so for 1 like field", `"like":{"category":"contact.email","for":1,"of":1,"nats":1.5`)
	if a := dana.get(at("/field", users.In("id"))); strings.Contains(a.body, "like field") {
		t.Errorf("a field of another name learned")
	}
	page := dana.get(at("/field", mail))
	a := dana.post("/field/decide", "at", mail.String(), "seen", hidden(page.body, "seen"), "verdict", "reject", "reason", "of machines", "back", "/review")
	says("contact.email: decided otherwise for 1 like field", `"for":0,"of":1,"nats":-1.5`)
	batch := hidden(dana.get(a.header.Get("Location")).body, "batch")
	if a := dana.post("/decisions/undo", "batch", batch, "back", "/review"); a.status != 303 {
		t.Errorf("undoing answers %d", a.status)
	}
	says("contact.email: decided so for 1 like field", `"nats":1.5`)
}
