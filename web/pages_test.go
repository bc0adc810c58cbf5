package web_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"vestige/accounts"
)

// TestListsGoOn reads lists of the API page by page: each thing once, in the order of the whole.
func TestListsGoOn(t *testing.T) {
	e := demo(t)
	e.asked()
	c, _ := officed(t, e)
	olga := c.as(e.staff, "olga", accounts.Operator)
	for _, who := range e.people.Truth.Subjects[:4] {
		olga.post("/requests/new", "type", "access", "regime", "gdpr", "kind", who.Start.Category, "value", who.Start.Value, "verified", "a code by mail")
	}
	for path, least := range map[string]int{"/api/v1/requests": 4, "/api/v1/plans": 2, "/api/v1/review/groups": 10, "/api/v1/datasets": 20} {
		var ids []string
		read := func(query string) (items []any, next string) {
			var r struct {
				Items []any  `json:"items"`
				Next  string `json:"next"`
			}
			a := olga.get(path + query)
			must(t, json.Unmarshal([]byte(a.body), &r))
			return r.Items, r.Next
		}
		whole, _ := read("")
		for after := ""; ; {
			some, next := read("?limit=3&after=" + url.QueryEscape(after))
			for _, x := range some {
				b, _ := json.Marshal(x)
				ids = append(ids, string(b))
			}
			if after = next; after == "" {
				break
			}
		}
		if len(whole) < least || len(ids) != len(whole) {
			t.Errorf("%s has %d, and %d page by page", path, len(whole), len(ids))
			continue
		}
		for i, x := range whole {
			if b, _ := json.Marshal(x); string(b) != ids[i] {
				t.Errorf("%s has another order page by page", path)
				break
			}
		}
	}
	if a := olga.get("/plans.csv"); a.status != 200 || len(a.body) < 200 {
		t.Errorf("plans as CSV answer %d", a.status)
	}
}
