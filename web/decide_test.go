package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/pii"
)

func entry(t testing.TB, e *estate, at pii.Ref) catalog.Entry {
	t.Helper()
	x, err := e.cat.Field(t.Context(), at)
	must(t, err)
	return x
}

// TestDecideOnTheFieldsPage decides with forms alone, and takes it back.
func TestDecideOnTheFieldsPage(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	path := at("/field", users.In("id"))
	page := p.get(path)
	check(t, path, page.body)
	send := []string{"at", users.In("id").String(), "seen", hidden(page.body, "seen"), "back", hidden(page.body, "back")}
	if a := p.post("/field/decide", append(send, "verdict", "reject")...); a.status != 400 {
		t.Errorf("a rejection without a reason answers %d", a.status)
	}
	for name, pairs := range map[string][]string{"verdict": {"verdict", "destroy"}, "category": {"verdict", "change", "category", "no.such"}, "field": {"at", "shop/users#nothing", "verdict", "accept"}, "place": {"at", "nowhere", "verdict", "accept"}} {
		if a := p.post("/field/decide", append(pairs, send...)...); a.status < 400 || a.status >= 500 {
			t.Errorf("a wrong %s answers %d", name, a.status)
		}
	}
	if a := p.post("/field/decide", "at", users.In("id").String(), "verdict", "accept"); a.status != http.StatusPreconditionRequired {
		t.Errorf("a form that saw nothing answers %d", a.status)
	}
	a := p.post("/field/decide", append(send, "verdict", "accept")...)
	if a.status != 303 || !strings.Contains(a.header.Get("Location"), "undo=") {
		t.Fatalf("accepting answers %d %s", a.status, a.body)
	}
	got := entry(t, e, users.In("id"))
	if got.State != catalog.Accepted || got.Decision.By != "dana" || got.Category != "identity.number" {
		t.Errorf("what was written is %+v", got.Decision)
	}
	page = p.get(a.header.Get("Location"))
	batch := hidden(page.body, "batch")
	if a := p.post("/decisions/undo", "batch", batch, "back", path); a.status != 303 {
		t.Errorf("undoing answers %d", a.status)
	}
	if got := entry(t, e, users.In("id")); got.State != catalog.Proposed || got.Version == 0 {
		t.Errorf("after the undo it is %s, version %d", got.State, got.Version)
	}
	if a := p.post("/decisions/undo", "batch", batch); a.status != 303 && a.status != 409 {
		t.Errorf("undoing twice answers %d", a.status)
	}
	page = p.get(path)
	if a := p.post("/field/decide", "at", users.In("id").String(), "seen", hidden(page.body, "seen"), "verdict", "defer"); a.status != 303 {
		t.Errorf("deciding after an undo answers %d", a.status)
	}
	logged(t, e, "catalog.decide", "dana", 2)
	logged(t, e, "catalog.undo", "dana", 1)
}

// logged asks for entries of the log.
func logged(t testing.TB, e *estate, action, actor string, least int) {
	t.Helper()
	_, err := e.log.Sequence(t.Context())
	must(t, err)
	n := 0
	must(t, e.st.DB().Read(t.Context(), func(tx db.Tx) error {
		all, err := e.log.Entries(t.Context(), tx, audit.Filter{Action: action, First: true})
		for _, x := range all {
			if x.Actor == actor {
				n++
			}
		}
		return err
	}))
	if n < least {
		t.Errorf("the log has %d entries %s of %s, want %d", n, action, actor, least)
	}
}

// TestTwoStewards: the second one sees both decisions and overwrites nothing unless she says so.
func TestTwoStewards(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana, olga := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "olga", accounts.Steward)
	path, ref := at("/field", users.In("full_name")), users.In("full_name").String()
	one, two := dana.get(path), olga.get(path)
	if a := dana.post("/field/decide", "at", ref, "seen", hidden(one.body, "seen"), "verdict", "accept"); a.status != 303 {
		t.Fatalf("the first answers %d", a.status)
	}
	a := olga.post("/field/decide", "at", ref, "seen", hidden(two.body, "seen"), "verdict", "reject", "reason", "names of shops", "back", path)
	if a.status != 409 || !strings.Contains(a.body, "dana") || !strings.Contains(a.body, "names of shops") {
		t.Fatalf("the second answers %d", a.status)
	}
	check(t, "conflict", a.body)
	if got := entry(t, e, users.In("full_name")); got.Decision.By != "dana" {
		t.Errorf("it was decided by %s", got.Decision.By)
	}
	json409 := olga.do("POST", "/field/decide", url.Values{"at": {ref}, "seen": {hidden(two.body, "seen")}, "verdict": {"defer"}}.Encode(), func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	if json409.status != 409 || !strings.Contains(json409.body, `"by":"dana"`) {
		t.Errorf("a script is answered with %d %s", json409.status, json409.body)
	}
	if a := olga.post("/field/decide", "at", ref, "seen", hidden(a.body, "seen"), "verdict", "reject", "reason", "names of shops", "back", path); a.status != 303 {
		t.Errorf("over theirs, knowingly, answers %d", a.status)
	}
	if got := entry(t, e, users.In("full_name")); got.State != catalog.Rejected {
		t.Errorf("it is %s", got.State)
	}
}

func TestReviewWithoutScripts(t *testing.T) {
	e := demo(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	groups, err := e.cat.Groups(t.Context(), catalog.GroupFilter{})
	must(t, err)
	if len(groups) < 10 {
		t.Fatalf("only %d groups wait", len(groups))
	}
	page := p.get("/review")
	check(t, "/review", page.body)
	first := hidden(page.body, "at")
	a := p.post("/field/decide", "at", first, "seen", hidden(page.body, "seen"), "back", hidden(page.body, "back"), "verdict", "accept")
	next := p.get(a.header.Get("Location"))
	if a.status != 303 || hidden(next.body, "at") == first || hidden(next.body, "at") == "" || !strings.Contains(next.body, "Undo") {
		t.Errorf("it does not go on to the next field: %d", a.status)
	}
	groups, err = e.cat.Groups(t.Context(), catalog.GroupFilter{})
	must(t, err)
	big := groups[0]
	for _, g := range groups {
		if g.Fields > big.Fields {
			big = g
		}
	}
	sample := p.get("/review/group?verdict=accept&group=" + big.ID)
	check(t, "sample", sample.body)
	if sample.status != 200 || strings.Count(sample.body, `<tr><th scope="row">`) != min(5, int(big.Fields)) {
		t.Errorf("the sample answers %d with %d fields", sample.status, strings.Count(sample.body, `<tr><th scope="row">`))
	}
	if a := p.post("/review/group", "group", big.ID, "verdict", "accept", "fields", "99999"); a.status != 409 {
		t.Errorf("a group that is not what was shown answers %d", a.status)
	}
	before, err := e.cat.Decisions(t.Context(), catalog.Query{})
	must(t, err)
	a = p.post("/review/group", "group", big.ID, "verdict", "accept", "fields", hidden(sample.body, "fields"))
	if a.status != 303 {
		t.Fatalf("deciding a group answers %d %s", a.status, a.body)
	}
	all, err := e.cat.Decisions(t.Context(), catalog.Query{})
	must(t, err)
	if int64(len(all)-len(before)) != big.Fields {
		t.Errorf("%d of %d fields were decided", len(all)-len(before), big.Fields)
	}
	p.post("/decisions/undo", "batch", hidden(p.get(a.header.Get("Location")).body, "batch"))
	all, err = e.cat.Decisions(t.Context(), catalog.Query{})
	must(t, err)
	if len(all) != len(before) {
		t.Errorf("after the undo there are %d decisions, were %d", len(all), len(before))
	}
	p.post("/review/suppress", "group", big.ID, "reason", "noise")
	if page := p.get("/review?group=" + big.ID); strings.Contains(page.body, `group=`+big.ID+`"`) {
		t.Error("a suppressed group is asked about")
	}
	for _, show := range []string{"deferred", "second", "suppressed"} {
		if a := p.get("/review?show=" + show); a.status != 200 {
			t.Errorf("%s answers %d", show, a.status)
		} else {
			check(t, show, a.body)
		}
	}
	viewer := c.as(e.staff, "vera", accounts.Viewer)
	if a := viewer.get("/review"); a.status != 200 || strings.Contains(a.body, "/field/decide") {
		t.Errorf("a viewer is shown forms: %d", a.status)
	}
}

func TestFileOfDecisions(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	rows, err := csv.NewReader(strings.NewReader(p.get("/decisions.csv?show=waiting").body)).ReadAll()
	must(t, err)
	if len(rows) < 5 || rows[0][0] != "field" {
		t.Fatalf("the file has %d rows", len(rows))
	}
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			row[1] = "accept"
		}
		b.WriteString(`"` + strings.Join(strings.Split(strings.Join(row, "\x00"), `"`), `""`) + `"` + "\n")
	}
	text := strings.ReplaceAll(b.String(), "\x00", `","`)
	dry := p.post("/import", "text", text)
	check(t, "dry", dry.body)
	if dry.status != 200 || !strings.Contains(dry.body, "dry run") || entry(t, e, users.In("full_name")).Decision != nil {
		t.Fatalf("the dry run answers %d", dry.status)
	}
	wrong := p.post("/import", "do", "1", "text", text+"\"shop/users#nothing\",accept\n\"shop/users#id\",reject,,,\n")
	if wrong.status != 400 || !strings.Contains(wrong.body, "needs a reason") || !strings.Contains(wrong.body, "no field of this name") || entry(t, e, users.In("full_name")).Decision != nil {
		t.Errorf("a file with wrong rows answers %d", wrong.status)
	}
	if a := p.post("/import", "do", "1", "text", text); a.status != 303 {
		t.Fatalf("the file answers %d %s", a.status, a.body)
	}
	if got := entry(t, e, users.In("full_name")); got.State != catalog.Accepted {
		t.Errorf("it is %s", got.State)
	}
	if a := p.post("/import", "do", "1", "text", text); a.status != 200 || !strings.Contains(a.body, "changes nothing") {
		t.Errorf("the same file again answers %d", a.status)
	}
	back := p.get("/decisions.csv").body
	if a := p.post("/import", "do", "1", "text", back); a.status != 200 || !strings.Contains(a.body, "changes nothing") {
		t.Errorf("what was written out and read again answers %d", a.status)
	}
	for _, bad := range []string{"", "colour\nred\n", "field,verdict\n\"shop"} {
		if a := p.post("/import", "text", bad); a.status != 400 {
			t.Errorf("a bad file answers %d", a.status)
		}
	}
}

// TestDecideByTheAPI decides over what was seen, once, and is refused otherwise.
func TestDecideByTheAPI(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	path := at("/api/v1/field", users.In("id"))
	tag := p.get(path).header.Get("ETag")
	call := func(method, path, body string, pairs ...string) answer {
		return p.do(method, path, body, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		})
	}
	put := at("/api/v1/field/decision", users.In("id"))
	if a := call("PUT", put, `{"verdict":"accept"}`); a.status != 428 {
		t.Errorf("without If-Match it answers %d", a.status)
	}
	a := call("PUT", put, `{"verdict":"accept"}`, "If-Match", tag)
	if a.status != 200 || a.header.Get("ETag") == tag || a.header.Get("ETag") == "" {
		t.Fatalf("it answers %d %s", a.status, a.body)
	}
	if a := call("PUT", put, `{"verdict":"defer"}`, "If-Match", tag); a.status != 412 || !strings.Contains(a.body, `"now"`) {
		t.Errorf("over an old version it answers %d %s", a.status, a.body)
	}
	for _, bad := range []string{``, `{`, `[]`, `{"verdict":"accept","by":"olga"}`, `{"verdict":"accept"}{}`, `{"verdict":"ann@example.com"}`} {
		if a := call("PUT", put, bad, "If-Match", a.header.Get("ETag")); a.status != 400 || strings.Contains(a.body, "ann@") {
			t.Errorf("%s answers %d %s", bad, a.status, a.body)
		}
	}
	many := `{"decisions":[{"field":"shop/users#full_name","verdict":"accept"},{"field":"shop/users#belief","verdict":"accept"}]}`
	first := call("POST", "/api/v1/decisions", many, "Idempotency-Key", "k1")
	again := call("POST", "/api/v1/decisions", many, "Idempotency-Key", "k1")
	if first.status != 201 || again.status != 201 || first.body != again.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("twice the same answers %d and %d", first.status, again.status)
	}
	if a := call("POST", "/api/v1/decisions", strings.Replace(many, "accept", "defer", 1), "Idempotency-Key", "k1"); a.status != 409 {
		t.Errorf("another call of that name answers %d", a.status)
	}
	var m struct{ Batch string }
	must(t, json.Unmarshal([]byte(first.body), &m))
	if a := call("POST", "/api/v1/decisions/"+m.Batch+"/undo", ""); a.status != 200 || !strings.Contains(a.body, `"undone":2`) {
		t.Errorf("undoing answers %d %s", a.status, a.body)
	}
	half := `{"decisions":[{"field":"shop/users#full_name","verdict":"accept"},{"field":"shop/users#nothing","verdict":"accept"}]}`
	if a := call("POST", "/api/v1/decisions", half); a.status != 404 || entry(t, e, users.In("full_name")).Decision != nil {
		t.Errorf("half a batch answers %d", a.status)
	}
}

// TestOpenAPI: every call that is described is routed and the other way round, and each answer has the members that are described.
func TestOpenAPI(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "ada", accounts.Administrator, accounts.Steward)
	var doc struct {
		OpenAPI    string                               `json:"openapi"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	a := c.stranger().get("/api/v1/openapi.json")
	must(t, json.Unmarshal([]byte(a.body), &doc))
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) < 15 {
		t.Fatalf("it describes %d paths", len(doc.Paths))
	}
	n := 0
	for _, r := range c.s.Routes() {
		if !strings.HasPrefix(r.Path, "/api/v1/") || r.Method == "HEAD" || strings.HasSuffix(r.Path, "openapi.json") {
			continue
		}
		n++
		path := r.Path
		for _, name := range []string{"id", "name"} {
			path = strings.ReplaceAll(path, ":"+name, "{"+name+"}")
		}
		if doc.Paths[path][strings.ToLower(r.Method)] == nil {
			t.Errorf("%s %s is not described", r.Method, r.Path)
		}
	}
	if n < 15 {
		t.Errorf("only %d calls are routed", n)
	}
	for path, methods := range doc.Paths {
		if methods["get"] == nil || strings.Contains(path, "{") {
			continue
		}
		at := map[string]string{"/api/v1/dataset": "?at=shop/users", "/api/v1/field": "?at=shop/users%23mail", "/api/v1/lineage/path": "?from=contact.email&to=shop/users", "/api/v1/reference": "?id=" + url.QueryEscape(edges()[0].ID)}[path]
		a := p.get(path + at)
		if a.status != 200 && a.status != 404 {
			t.Errorf("%s answers %d %s", path, a.status, a.body)
			continue
		}
		if a.status == 200 {
			described(t, path, a.body, methods["get"], doc.Components.Schemas)
		}
	}
}

// described asks that every member of an answer is described.
func described(t *testing.T, path, body string, op map[string]any, schemas map[string]struct {
	Properties map[string]any `json:"properties"`
}) {
	t.Helper()
	text, err := json.Marshal(op["responses"].(map[string]any)["200"])
	must(t, err)
	_, name, ok := strings.Cut(string(text), `"$ref":"#/components/schemas/`)
	if !ok {
		return
	}
	name, _, _ = strings.Cut(name, `"`)
	var members map[string]any
	must(t, json.Unmarshal([]byte(body), &members))
	for m := range members {
		if schemas[name].Properties[m] == nil {
			t.Errorf("%s answers with %q, which %s does not describe", path, m, name)
		}
	}
}
