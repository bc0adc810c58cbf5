package web_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
)

// TestFromAndToDBT takes decisions out of a manifest of dbt with a dry run first, and gives them as a file of dbt's sources.
func TestFromAndToDBT(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	const text = `{"metadata": {}, "sources": {"source.x.users": {"schema": "main", "identifier": "Users", "columns": {
		"full_name": {"name": "full_name", "meta": {"vestige": {"category": "identity.name", "verdict": "accept"}}},
		"id": {"name": "id", "meta": {"vestige": {"category": "identity.customer_number"}}}, "created": {"name": "created", "meta": {}}}}},
		"nodes": {"model.x.nothing": {"schema": "main", "name": "nothing", "columns": {"a": {"meta": {"vestige": {"verdict": "accept"}}}}}}}`
	a := p.post("/import", "text", text)
	check(t, "/import", a.body)
	if a.status != 400 || !strings.Contains(a.body, "main.nothing#a") || entry(t, e, users.In("full_name")).Decision != nil {
		t.Errorf("a manifest with a table that there is not answers %d", a.status)
	}
	whole := strings.Replace(text, `"verdict": "accept"}}}}}}}`, `"verdict": ""}}}}}}}`, 1)
	if a := p.post("/import", "text", whole); a.status != 200 || entry(t, e, users.In("full_name")).Decision != nil {
		t.Fatalf("a dry run answers %d, or is none: %s", a.status, a.body)
	}
	if a := p.post("/import", "text", whole, "do", "1"); a.status != 303 {
		t.Fatalf("taking it answers %d: %s", a.status, a.body)
	}
	if x := entry(t, e, users.In("full_name")); x.State != catalog.Accepted || x.Decision.By != "dana" {
		t.Errorf("the name is %s", x.State)
	}
	if x := entry(t, e, users.In("id")); x.Category != "identity.customer_number" {
		t.Errorf("the number is %s", x.Category)
	}
	for _, bad := range []string{"{", `{"a": 1}`, `{"nodes": {}}`} {
		if a := p.post("/import", "text", bad); a.status != 400 {
			t.Errorf("%s answers %d", bad, a.status)
		}
	}
	out := p.get("/export/dbt.yml")
	var doc struct {
		Sources []struct {
			Name   string
			Tables []struct {
				Name    string
				Columns []struct{ Name string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(out.body), &doc); err != nil || out.status != 200 || len(doc.Sources) != 2 || len(doc.Sources[1].Tables) < 2 {
		t.Errorf("what dbt gets is %v: %v\n%s", doc, err, out.body)
	}
	if !strings.Contains(out.body, `"<script>alert(1)</script> \"x\" #/%41"`) {
		t.Error("a hostile name is not as it is")
	}
}

// TestOpenLineage gives each flow as an event that can be read.
func TestOpenLineage(t *testing.T) {
	e := demo(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "vera", accounts.Viewer)
	a := p.get("/export/openlineage.ndjson")
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(a.body), "\n") {
		var x struct {
			EventTime, Producer, SchemaURL string
			Job                            struct{ Namespace, Name string }
			Inputs, Outputs                []struct{ Namespace, Name string }
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil || x.EventTime == "" || len(x.Inputs) == 0 || len(x.Outputs) != 1 || x.Job.Name == "" {
			t.Fatalf("an event is %s: %v", line, err)
		}
		n++
	}
	if n < 2 {
		t.Errorf("there are %d flows", n)
	}
}

// TestImportOfOwners brings owners and flows in by the page, in a dry run first, shows them where they belong, and takes a flow back.
func TestImportOfOwners(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	const bad = `<script>alert(1)</script>`
	owners := "dataset,field,owner,description\n" + users.String() + ",,Accounts team,Who may sign in\n" + users.String() + ",full_name,,\"" + bad + "\"\n"
	a := p.post("/import", "text", owners)
	check(t, "/import", a.body)
	if a.status != 200 || !strings.Contains(a.body, "Take all 3") || strings.Contains(a.body, bad) || strings.Contains(p.get(at("/dataset", users)).body, "Accounts team") {
		t.Fatalf("a dry run answers %d, or is none: %s", a.status, a.body)
	}
	if a := p.post("/import", "text", owners, "do", "1"); a.status != 303 || a.header.Get("Location") != "/import?taken=3" {
		t.Fatalf("taking it answers %d, %s", a.status, a.header.Get("Location"))
	}
	a = p.get(at("/dataset", users))
	check(t, "the dataset", a.body)
	if !strings.Contains(a.body, "Accounts team") || !strings.Contains(a.body, "Who may sign in") || strings.Contains(a.body, bad) {
		t.Errorf("its page does not show them: %s", a.body)
	}
	if a := p.post("/import", "text", owners); a.status != 200 || !strings.Contains(a.body, "changes nothing") {
		t.Errorf("again it answers %d", a.status)
	}
	if a := p.post("/import", "text", "dataset,owner\nshop/nowhere,x\n", "do", "1"); a.status != 400 || !strings.Contains(a.body, "line 2") {
		t.Errorf("a wrong row answers %d", a.status)
	}
	logged(t, e, "catalog.import", "dana", 1)
	if a := p.post("/card", "at", users.String(), "owner", "Nobody", "description", ""); a.status != 303 || !strings.Contains(p.get("/export/owners.csv").body, "Nobody") {
		t.Errorf("writing it by hand answers %d", a.status)
	}
	event := `{"eventType":"COMPLETE","eventTime":"2026-11-20T10:00:00Z","job":{"namespace":"etl","name":"nightly"},"inputs":[{"namespace":"shop","name":"` + users.Dataset + `"}],"outputs":[{"namespace":"files","name":"u/{1}/cv.pdf"},{"namespace":"x","name":"y"}]}`
	for i, want := range []string{`{"new":1,"same":0,"left":1}`, `{"new":0,"same":1,"left":1}`} {
		if a := p.send("POST", "/api/v1/lineage", event); a.status != 201 || strings.TrimSpace(a.body) != want {
			t.Errorf("event %d answers %d: %s", i, a.status, a.body)
		}
	}
	logged(t, e, "catalog.import", "dana", 2)
	var flows struct {
		Items []struct{ Input, Output string }
	}
	must(t, json.Unmarshal([]byte(p.get("/api/v1/flows").body), &flows))
	if len(flows.Items) != 1 || flows.Items[0].Input != users.String() {
		t.Fatalf("the flows are %+v", flows)
	}
	a = p.get(at("/dataset", pii.Ref{Source: "files", Dataset: "u/{1}/cv.pdf"}))
	check(t, "the dataset", a.body)
	form := regexp.MustCompile(`action="(/flows/[0-9a-f]+/end)"`).FindStringSubmatch(a.body)
	if form == nil || !strings.Contains(p.get("/lineage?show=all").body, "told: openlineage") {
		t.Fatalf("the flow is not shown: %s", a.body)
	}
	if a := c.as(e.staff, "vera", accounts.Viewer).post(form[1]); a.status != 403 {
		t.Errorf("a viewer forgets it: %d", a.status)
	}
	if a := p.post(form[1], "back", "/browse"); a.status != 303 || strings.Contains(p.get("/api/v1/flows").body, "input") {
		t.Errorf("forgetting it answers %d", a.status)
	}
	if a := p.post(form[1]); a.status != 404 {
		t.Errorf("forgetting it again answers %d", a.status)
	}
	for _, text := range []string{`{"a":1}`, owners} {
		if a := p.send("POST", "/api/v1/lineage", text); a.status != 400 {
			t.Errorf("what is no event answers %d", a.status)
		}
	}
	if a := p.send("POST", "/api/v1/import", manifestOf("identity.name")); a.status != 200 || !strings.Contains(a.body, `"done":false`) || !strings.Contains(a.body, `"new":1`) {
		t.Errorf("the API answers %d: %s", a.status, a.body)
	}
}

func manifestOf(category string) string {
	return `{"sources": {"source.x.users": {"schema": "main", "identifier": "Users", "columns": {"full_name": {"meta": {"vestige": {"category": "` + category + `", "verdict": "accept"}}}}}}}`
}
