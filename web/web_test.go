package web_test

import (
	"net/url"
	"testing"
)

func TestSmoke(t *testing.T) {
	c := serve(t, demo(t), nil)
	for _, p := range []string{"/", "/browse", "/search?q=is:pii", "/lineage", "/alerts", "/about", "/source?at=shop", "/api/v1/datasets?source=shop", "/plans"} {
		a := c.get(p)
		t.Logf("%s %d %d", p, a.status, len(a.body))
		if a.status != 200 {
			t.Errorf("%s: %d %s", p, a.status, a.body)
		}
	}
	_ = url.QueryEscape
}
