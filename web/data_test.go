package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vestige/internal/db"
	"vestige/web"
)

func TestCSV(t *testing.T) {
	e := small(t)
	name := `=cmd|' /C calc'!A0`
	e.write(func(ctx context.Context, tx db.Tx) error {
		s := made("shop", name, 1, nil, 0, f("@sum", "text", "contact.email", .9, "aaa", 1))
		return e.cat.PutDataset(ctx, tx, s.node, s.proposals)
	})
	c := serve(t, e, nil)
	for path, rows := range map[string]int{"/browse.csv": 5, "/sources.csv": 2, "/search.csv?q=is:pii": 0, at("/dataset.csv", users): 7, "/alerts.csv": 0, "/lineage.csv?show=all": 3} {
		a := c.get(path)
		all, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || a.status != 200 || len(all) < 2 || (rows > 0 && len(all) != rows+1) {
			t.Errorf("%s gives %d rows, want %d: %v", path, len(all)-1, rows, err)
		}
		for _, row := range all {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+@") {
					t.Errorf("%s has a cell that is a formula: %s", path, cell)
				}
			}
		}
	}
}

func TestSearchGoesOn(t *testing.T) {
	c := serve(t, demo(t), nil)
	seen, after, pages := map[string]bool{}, "", 0
	for {
		var r struct {
			Hits []struct {
				Ref string `json:"ref"`
			} `json:"hits"`
			Total int    `json:"total"`
			Next  string `json:"next"`
		}
		must(t, json.Unmarshal([]byte(c.get("/api/v1/fields?limit=20&q=is:pii&after="+url.QueryEscape(after)).body), &r))
		for _, h := range r.Hits {
			if seen[h.Ref] {
				t.Fatalf("%s is on two pages", h.Ref)
			}
			seen[h.Ref] = true
		}
		if after, pages = r.Next, pages+1; after == "" {
			if len(seen) != r.Total || pages < 3 {
				t.Errorf("%d of %d fields on %d pages", len(seen), r.Total, pages)
			}
			return
		}
	}
}

func TestDatasetsGoOn(t *testing.T) {
	c := serve(t, small(t), nil)
	var seen []string
	for after := ""; ; {
		var r struct {
			Items []struct {
				Ref string `json:"ref"`
			} `json:"items"`
			Next string `json:"next"`
		}
		must(t, json.Unmarshal([]byte(c.get("/api/v1/datasets?limit=2&after="+url.QueryEscape(after)).body), &r))
		for _, d := range r.Items {
			seen = append(seen, d.Ref)
		}
		if after = r.Next; after == "" {
			break
		}
	}
	if len(seen) != 4 || !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != 4 {
		t.Errorf("page by page there are %v", seen)
	}
}

// TestNoValueIsShown asks every page about the demo company and looks for everybody in it.
func TestNoValueIsShown(t *testing.T) {
	e := demo(t)
	closed, open := e.asked()
	c := serve(t, e, func(_ *web.Config, svc *web.Services) { svc.Plans = e.engine })
	paths := []string{"/", "/browse", "/search?q=is:pii&limit=500", "/lineage?show=all", "/alerts", "/plans", "/plans/" + closed.ID, "/plans/" + open.ID, "/plans/" + closed.ID + "/attestation.json",
		"/api/v1/fields?limit=500", "/api/v1/datasets", "/api/v1/lineage?show=all", "/api/v1/plans", "/api/v1/alerts", "/api/v1/runs", "/search.csv", "/browse.csv", "/source?at=shop", "/source?at=files"}
	nodes, err := e.cat.Nodes(t.Context(), "")
	must(t, err)
	for _, n := range nodes {
		paths = append(paths, at("/dataset", n.Dataset.Ref), at("/api/v1/dataset", n.Dataset.Ref))
		for _, f := range n.Fields {
			paths = append(paths, at("/field", n.Dataset.Ref.In(f.Field.Name)))
		}
	}
	var needles []string
	for _, s := range e.people.Truth.Subjects {
		for _, id := range s.Identifiers {
			if id.Single && len(id.Value) > 7 {
				needles = append(needles, id.Value)
			}
		}
	}
	for _, path := range paths {
		a := c.get(path)
		if a.status != 200 {
			t.Errorf("%s answers %d", path, a.status)
		}
		for _, needle := range needles {
			if strings.Contains(a.body, needle) {
				t.Errorf("%s shows a value of somebody's, of %d bytes", path, len(needle))
			}
		}
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			check(t, path, a.body)
		}
	}
}
