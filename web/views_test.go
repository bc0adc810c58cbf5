package web_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/db"
)

// TestViews keeps a search, shares it, and hears of what is new in it: once, and of nothing that was there before.
func TestViews(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana, vera := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "vera", accounts.Viewer)
	const query = "is:pii category:contact"
	if a := dana.post("/views", "name", "contacts <b>", "q", query, "watched", "1", "shared", "1"); a.status != 303 {
		t.Fatalf("keeping a view answers %d: %s", a.status, a.body)
	}
	for name, q := range map[string]string{"contacts <b>": query, "": query, "mail": "ann@example.com", "number": "field:5550100123", "odd": "colour:red", strings.Repeat("x", 81): query} {
		if a := dana.post("/views", "name", name, "q", q); a.status < 400 || a.status >= 500 || strings.Contains(a.body, "ann@") {
			t.Errorf("a view %.10q of %q answers %d", name, q, a.status)
		}
	}
	for _, p := range []*person{dana, vera} {
		for _, path := range []string{"/views", "/search?q=" + url.QueryEscape(query)} {
			a := p.get(path)
			check(t, path, a.body)
			if !strings.Contains(a.body, "contacts &lt;b&gt;") {
				t.Errorf("%s does not show the view to %s", path, p.name)
			}
		}
	}
	must(t, c.s.LookAtViews(t.Context()))
	alerts := func() (out []catalog.Alert) {
		all, err := e.cat.Alerts(t.Context(), false)
		must(t, err)
		for _, a := range all {
			if a.Code == "view" {
				out = append(out, a)
			}
		}
		return out
	}
	if n := len(alerts()); n != 0 {
		t.Errorf("%d alerts of what was there before", n)
	}
	e.write(func(ctx context.Context, tx db.Tx) error {
		s := made("shop", "leads", 9, []string{"id"}, 0.9, f("address", "text", "contact.email", .99, "aaaa@aaaa.aaa", .91), f("size", "int", "none.count", .99, "9", 1))
		return e.cat.PutDataset(ctx, tx, s.node, s.proposals)
	})
	for range 2 {
		must(t, c.s.LookAtViews(t.Context()))
		if all := alerts(); len(all) != 1 || all[0].At.Field != "address" {
			t.Errorf("there are alerts %v", all)
		}
	}
	var mine struct{ Items []accounts.View }
	must(t, json.Unmarshal([]byte(vera.get("/api/v1/views").body), &mine))
	if len(mine.Items) != 1 || mine.Items[0].Mine {
		t.Fatalf("vera has %+v", mine.Items)
	}
	if a := vera.send("DELETE", "/api/v1/views/"+mine.Items[0].ID, ""); a.status != 404 {
		t.Errorf("vera ends a view of dana's: %d", a.status)
	}
	if a := dana.send("DELETE", "/api/v1/views/"+mine.Items[0].ID, ""); a.status != 200 {
		t.Errorf("dana cannot end her view: %d", a.status)
	}
}
