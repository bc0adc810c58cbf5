package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/lineage"
	"vestige/pii"
)

// TestReveal: a value is seen by one who has the right and says why; the log has it, and no other page does.
func TestReveal(t *testing.T) {
	e := demo(t)
	c, _ := officed(t, e)
	dana, olga, ada := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "olga", accounts.Operator), c.as(e.staff, "ada", accounts.Administrator)
	g, err := e.cat.Graph(t.Context())
	must(t, err)
	_, field := busiest(g)
	if a := dana.get(at("/field", field)); !strings.Contains(a.body, "/field/reveal") {
		t.Error("a steward is not asked whether she wants to see values")
	}
	for _, p := range []*person{olga, ada} {
		if a := p.post("/field/reveal", "at", field.String(), "reason", "I want to know"); a.status != 403 || strings.Contains(a.body, "@") {
			t.Errorf("%s sees values: %d", p.name, a.status)
		}
		if a := p.get(at("/field", field)); strings.Contains(a.body, "/field/reveal") {
			t.Errorf("%s is offered what she may not do", p.name)
		}
	}
	for reason, want := range map[string]int{"": 400, "    ": 400, "why": 400, strings.Repeat("x", 501): 400} {
		if a := dana.post("/field/reveal", "at", field.String(), "reason", reason); a.status != want || strings.Contains(a.body, "@") {
			t.Errorf("for the reason %.10q it answers %d", reason, a.status)
		}
	}
	a := dana.post("/field/reveal", "at", field.String(), "reason", "does it hold <b>addresses</b> of shops?")
	check(t, "/field/reveal", a.body)
	if a.status != 200 || strings.Count(a.body, "<code class=\"masked\">") < 3 || !strings.Contains(a.body, "@") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a reveal answers %d: %s", a.status, a.body)
	}
	logged(t, e, "value.reveal", "dana", 1)
	logs := ada.get("/log?action=value.reveal")
	if !strings.Contains(logs.body, "addresses") || strings.Contains(logs.body, "@") {
		t.Error("the log does not say why, or says what was seen")
	}
	if a := dana.post("/field/reveal", "at", field.Of().String()+"#nothing", "reason", "does it exist"); a.status != 404 {
		t.Errorf("a field that there is not answers %d", a.status)
	}
	if a := dana.get("/field/reveal"); a.status != 405 && a.status != 404 {
		t.Errorf("a link reveals: %d", a.status)
	}
}

// TestDecideOnAReference accepts, changes and rejects one by forms and by the API; two people do not overwrite one another.
func TestDecideOnAReference(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana, olga := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "olga", accounts.Steward)
	id := edges()[2].ID
	path := "/reference?id=" + url.QueryEscape(id)
	now := func() catalog.Reference {
		r, _, err := e.cat.Reference(t.Context(), id)
		must(t, err)
		return r
	}
	form := dana.get(path)
	check(t, path, form.body)
	if a := dana.post("/reference/decide", "id", id, "seen", hidden(form.body, "seen"), "verdict", "reject"); a.status != 400 {
		t.Errorf("a rejection without a reason answers %d", a.status)
	}
	a := dana.post("/reference/decide", "id", id, "seen", hidden(form.body, "seen"), "verdict", "change", "kind", "mentions", "reason", "who recommended her")
	if r := now(); a.status != 303 || r.Kind != lineage.Mentions || !r.Decided || r.Decision.By != "dana" {
		t.Fatalf("a change answers %d: %+v", a.status, now())
	}
	if a := olga.post("/reference/decide", "id", id, "seen", hidden(form.body, "seen"), "verdict", "reject", "reason", "no"); a.status != 409 || !now().Holds {
		t.Errorf("over a version that she did not see olga is answered with %d", a.status)
	}
	tag := olga.get("/api/v1/reference?id=" + url.QueryEscape(id)).header.Get("ETag")
	for match, want := range map[string]int{"": 428, `"0"`: 412, `"x"`: 412, tag: 200} {
		a := olga.send("PUT", "/api/v1/reference/decision?id="+url.QueryEscape(id), `{"verdict":"reject","reason":"a code of the warehouse"}`, "If-Match", match)
		if a.status != want {
			t.Errorf("If-Match %s answers %d: %s", match, a.status, a.body)
		}
	}
	if now().Holds {
		t.Error("a rejected reference is followed")
	}
	undo := dana.get(dana.post("/decisions/undo", "batch", hidden(dana.get(a.header.Get("Location")).body, "batch"), "back", path).header.Get("Location"))
	if undo.status != 200 || now().Holds {
		t.Errorf("dana undid what olga decided: %d", undo.status)
	}
	if a := c.as(e.staff, "vera", accounts.Viewer).post("/reference/decide", "id", id, "seen", "2", "verdict", "accept"); a.status != 403 {
		t.Errorf("a viewer decides: %d", a.status)
	}
	logged(t, e, "catalog.decide", "olga", 1)
}

// TestPaths finds the way from an identifier to a dataset, says where there is none, and refuses what is no identifier.
func TestPaths(t *testing.T) {
	c := serve(t, small(t), nil)
	ask := func(from, to string) answer {
		return c.get("/api/v1/lineage/path?" + url.Values{"from": {from}, "to": {to}}.Encode())
	}
	if a := ask("contact.email", odd.String()); a.status != 200 || !strings.Contains(a.body, `"found":true`) || strings.Count(a.body, `"reference"`) != 1 {
		t.Errorf("to a child it answers %d %s", a.status, a.body)
	}
	if a := ask("contact.email", users.String()); !strings.Contains(a.body, `"hops":[]`) || !strings.Contains(a.body, "users#mail") {
		t.Errorf("to the dataset itself it answers %s", a.body)
	}
	if a := ask(users.In("mail").String(), object.String()); !strings.Contains(a.body, `"found":false`) {
		t.Errorf("to an island it answers %s", a.body)
	}
	for _, x := range [][2]string{{"contact.city", "shop/users"}, {"no.such", "shop/users"}, {"contact.email", "shop/nothing"}, {"contact.email", "nothing"}, {"shop/users#nothing", "shop/users"}} {
		if a := ask(x[0], x[1]); a.status < 400 || a.status >= 500 {
			t.Errorf("from %s to %s answers %d", x[0], x[1], a.status)
		}
	}
	svg := c.get("/lineage.svg?show=all")
	if svg.status != 200 || !strings.HasPrefix(svg.body, "<svg xmlns") || strings.Contains(svg.body, "<script") || svg.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the picture alone answers %d: %.200s", svg.status, svg.body)
	}
}

// TestReports: every number of the reports is the one that the catalog has.
func TestReports(t *testing.T) {
	e := demo(t)
	e.decided()
	c := serve(t, e, nil)
	a := c.get("/reports")
	check(t, "/reports", a.body)
	for _, path := range []string{"/reports/coverage.csv", "/reports/decisions.csv", "/reports/personal.csv", "/api/v1/reports/decisions", "/api/v1/reports/personal"} {
		if b := c.get(path); b.status != 200 || len(b.body) < 100 {
			t.Errorf("%s answers %d with %d bytes", path, b.status, len(b.body))
		}
	}
	judged, err := e.cat.Judged(t.Context())
	must(t, err)
	for _, j := range judged {
		want := map[pii.Category]float64{"contact.email": 1, "contact.city": 0, "contact.phone": -1}
		if p, ok := want[j.Proposed]; ok && j.Precision() != p {
			t.Errorf("the precision of %s is %v, want %v", j.Proposed, j.Precision(), p)
		}
	}
	if len(judged) < 3 {
		t.Errorf("decisions are on %d kinds", len(judged))
	}
}

// TestColumns: what somebody does not want to see stays away, in her browser alone.
func TestColumns(t *testing.T) {
	c := serve(t, small(t), nil)
	a := c.get("/columns?table=search&of=2&of=3&of=4&show=2&back=" + url.QueryEscape("/search?q=is:pii"))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != 303 || a.header.Get("Location") != "/search?q=is:pii" || cookie != "vestige-columns=search:3.4" {
		t.Fatalf("choosing columns answers %d %s %s", a.status, a.header.Get("Location"), cookie)
	}
	with := func(cookie string) string {
		return c.do("GET", "/search?q=is:pii", func(r *http.Request) { r.Header.Set("Cookie", cookie) }).body
	}
	if !strings.Contains(with(cookie), `class="grid no3 no4"`) {
		t.Error("the columns are still there")
	}
	for _, bad := range []string{`vestige-columns=search:3"><script>`, "vestige-columns=search:1.0.-3.99999", "vestige-columns=:::___"} {
		if body := with(bad); strings.Contains(body, "<script>") || strings.Contains(body, "no1 ") || !strings.Contains(body, `class="grid"`) {
			t.Errorf("the cookie %s changes the page", bad)
		}
	}
}
