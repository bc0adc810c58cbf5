package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"vestige/accounts"
	"vestige/catalog"
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
