package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
	"vestige/web"
)

var update = flag.Bool("update", false, "write golden files anew")

// at gives the address of a page about a place.
func at(page string, r pii.Ref) string { return page + "?at=" + url.QueryEscape(r.String()) }

var (
	users  = pii.Ref{Source: "shop", Dataset: "users"}
	odd    = pii.Ref{Source: "shop", Dataset: hostile}
	object = pii.Ref{Source: "files", Dataset: "u/{1}/cv.pdf"}
)

// pages gives an address for each page of the small estate.
func pages() map[string]string {
	return map[string]string{
		"home": "/", "browse": "/browse", "browse-filtered": "/browse?source=shop&name=zzz", "source": "/source?at=shop", "search": "/search?q=is:pii", "search-empty": "/search?q=category:email",
		"search-bad": "/search?q=colour:red", "dataset": at("/dataset", users), "dataset-hostile": at("/dataset", odd), "dataset-gone": at("/dataset", pii.Ref{Source: "shop", Dataset: "old_users"}),
		"dataset-objects": at("/dataset", object), "field": at("/field", users.In("mail")), "field-proposed": at("/field", users.In("id")), "field-unexamined": at("/field", users.In("scan")),
		"field-rejected": at("/field", users.In("ref_code")), "lineage": "/lineage", "lineage-one": at("/lineage", users) + "&hops=2", "lineage-all": "/lineage?show=all",
		"alerts": "/alerts", "alerts-code": "/alerts?code=unmapped", "plans": "/plans", "reports": "/reports", "rules": "/rules", "path": "/lineage/path?from=contact.email&to=" + url.QueryEscape(odd.String()), "path-none": "/lineage/path?from=contact.email&to=" + url.QueryEscape(object.String()),
		"reference": "/reference?id=" + url.QueryEscape(edges()[0].ID), "components": "/about/components", "not-found": "/nowhere",
	}
}

// changing is what differs from run to run, and the list of all kinds, which grows.
var changing = regexp.MustCompile(`(?:<option value="[^"]*">[^<]*</option>)+|/scans/[0-9a-f]{24}|[0-9a-f]{16}</code>|/static/[0-9a-f]{12}/|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ)?|\d+\.\d s<|height="[\d.]+" rx="1" class="incomplete"|y="[\d.]+" width="6"`)

func TestGolden(t *testing.T) {
	c := serve(t, small(t), nil)
	for name, path := range pages() {
		got := changing.ReplaceAllString(c.get(path).body, "…")
		file := filepath.Join("testdata", name+".golden.html")
		if *update {
			must(t, os.WriteFile(file, []byte(got), 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: run with -update", err)
		}
		if got != string(want) {
			t.Errorf("%s is not as in %s (run with -update and look at the difference): %s", path, file, difference(string(want), got))
		}
	}
}

// difference shows the first line that differs.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "\n- " + w[i] + "\n+ " + g[i]
		}
	}
	return "one is longer"
}

// TestPages holds of every page: it is well formed, nothing stands in it that the policy forbids, and what people may call a table is text.
func TestPages(t *testing.T) {
	c := serve(t, small(t), nil)
	for name, path := range pages() {
		a := c.get(path)
		if want := map[string]int{"not-found": 404, "search-bad": 400}[name]; want != 0 && a.status != want || want == 0 && a.status != 200 {
			t.Errorf("%s answers %d", path, a.status)
		}
		check(t, path, a.body)
		if a.header.Get("Content-Security-Policy") == "" || a.header.Get("X-Request-Id") == "" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s lacks headers: %v", path, a.header)
		}
	}
}

// voids need no end tag.
var voids = []string{"meta", "link", "input", "br", "wbr", "img"}

// check reads a page as a strict parser would: every tag is closed, there is no script, no style and no handler within it, ids are unique.
func check(t *testing.T, path, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	var open, ids []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) || len(open) > 0 {
				t.Errorf("%s ends with %v open, %v", path, open, z.Err())
			}
			return
		case html.StartTagToken:
			tag := z.Token()
			module := slices.ContainsFunc(tag.Attr, func(a html.Attribute) bool { return a.Key == "src" && strings.HasPrefix(a.Val, "/static/") })
			if tag.Data == "script" && !module || tag.Data == "style" {
				t.Errorf("%s has a <%s> within", path, tag.Data)
			}
			for _, a := range tag.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
					t.Errorf("%s: <%s %s> is refused by the policy", path, tag.Data, a.Key)
				}
				if a.Key == "id" && slices.Contains(ids, a.Val) {
					t.Errorf("%s has two elements with one id, %s", path, a.Val)
				} else if a.Key == "id" {
					ids = append(ids, a.Val)
				}
				if strings.Contains(a.Val, "ZgotmplZ") {
					t.Errorf("%s: <%s %s> was taken for dangerous", path, tag.Data, a.Key)
				}
			}
			if !slices.Contains(voids, tag.Data) {
				open = append(open, tag.Data)
			}
		case html.EndTagToken:
			tag := z.Token()
			if len(open) == 0 || open[len(open)-1] != tag.Data {
				t.Errorf("%s closes <%s> within %v", path, tag.Data, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

func TestLinksLead(t *testing.T) {
	c := serve(t, small(t), nil)
	seen, todo := map[string]bool{}, []string{"/"}
	link := regexp.MustCompile(` href="(/[^"]*)`)
	for len(todo) > 0 && len(seen) < 400 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		a := c.get(path)
		if a.status >= 400 {
			t.Errorf("a page links to %s, which answers %d", path, a.status)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(a.body, -1) {
			if to, _, _ := strings.Cut(html.UnescapeString(m[1]), "#"); !strings.HasPrefix(to, "/look") {
				todo = append(todo, to)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d pages were reached", len(seen))
	}
}

// scripted tells whether a page has a script that is none of ours.
func scripted(page string) bool {
	return strings.Count(page, "<script") != strings.Count(page, `<script type="module" src="/static/`)
}

func TestHostileNames(t *testing.T) {
	c := serve(t, small(t), nil)
	for _, path := range []string{"/browse", "/", at("/dataset", odd), at("/field", odd.In("note")), at("/lineage", odd), "/alerts", "/search?q=note"} {
		a := c.get(path)
		if scripted(a.body) {
			t.Errorf("%s has a script", path)
		}
		if !strings.Contains(a.body, "alert(1)") && path != "/" {
			t.Errorf("%s does not show the table at all", path)
		}
	}
	if a := c.get("/search?q=" + url.QueryEscape(`"><script>alert(1)</script>`)); scripted(a.body) {
		t.Error("a query becomes a script")
	}
}

func TestLocalEndpoint(t *testing.T) {
	c := serve(t, small(t), func(_ *web.Config, svc *web.Services) {
		svc.Local = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
				t.Errorf("its work cannot take as long as it takes: %v", err)
			}
			_, _ = io.WriteString(w, r.Method+" "+r.URL.Path)
		})
	})
	if a := c.do("POST", "/local/scan", nil); a.status != 200 || a.body != "POST /local/scan" {
		t.Errorf("it answers %d %s", a.status, a.body)
	}
	if a := c.do("POST", "/local/scan", func(r *http.Request) { r.Host = "evil.example" }); a.status != 421 {
		t.Errorf("by another name it answers %d", a.status)
	}
}

func TestHost(t *testing.T) {
	c := serve(t, small(t), func(cfg *web.Config, _ *web.Services) { cfg.Hosts = []string{"vestige.example"} })
	for host, want := range map[string]int{
		"localhost:1234": 200, "127.0.0.1": 200, "[::1]:80": 200, "vestige.example": 200, "VESTIGE.example.:443": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421, "localhost.evil.example:80": 421,
	} {
		if a := c.do("GET", "/", func(r *http.Request) { r.Host = host }); a.status != want {
			t.Errorf("Host %s is answered with %d, want %d", host, a.status, want)
		}
	}
}

func TestListensOnLoopbackAlone(t *testing.T) {
	if l, err := web.Listen(t.Context(), web.Config{}, "0.0.0.0:0"); errkind.Code(err) != "not-loopback" {
		if l != nil {
			_ = l.Close()
		}
		t.Errorf("without TLS it listens everywhere: %v", err)
	}
	l, err := web.Listen(t.Context(), web.Config{}, "127.0.0.1:0")
	must(t, err)
	s, err := web.New(web.Config{Anonymous: []accounts.Role{accounts.Viewer}}, web.Services{Catalog: small(t).cat})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/healthz")
	must(t, err)
	_ = resp.Body.Close()
	stop()
	must(t, <-done)
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String()); err == nil {
		t.Error("it still listens after its end")
	}
}

func TestProblemsRepeatNoValue(t *testing.T) {
	c := serve(t, small(t), nil)
	for path, want := range map[string]string{
		"/api/v1/fields?q=" + url.QueryEscape(`colour:ann@example.com`):  "bad-query",
		"/api/v1/fields?q=x&after=ann@example.com":                       "bad-cursor",
		"/api/v1/fields?q=" + url.QueryEscape(`ann@example.com:x`):       "bad-query",
		"/api/v1/dataset?at=" + url.QueryEscape("shop/ann@example.com"):  "",
		"/api/v1/field?at=" + url.QueryEscape("shop/users#ann@exa.test"): "",
		"/api/v1/dataset?at=ann@example.com":                             "bad-reference",
		"/api/v1/ann@example.com":                                        "no-such-page",
		"/api/v1/plans/ann@example.com":                                  "no-plans",
	} {
		a := c.get(path)
		var p web.Problem
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s answers %d %s", path, a.status, a.body)
			continue
		}
		if p.Status != a.status || a.status < 400 || a.status >= 500 || p.Request == "" || (want != "" && p.Code != want) {
			t.Errorf("%s answers %d with %+v, want %s", path, a.status, p, want)
		}
		if strings.Contains(a.body, "ann@") {
			t.Errorf("%s repeats what was typed: %s", path, a.body)
		}
	}
}

func TestLogHoldsNoAddress(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, small(t), func(cfg *web.Config, _ *web.Services) { cfg.Log = slog.New(slog.NewTextHandler(&b, nil)) })
	c.get("/search?q=ann@example.com")
	c.get("/ann@example.com")
	c.do("ANN-AT-EXAMPLE", "/", nil)
	if log := b.String(); strings.Contains(strings.ToLower(log), "ann") || strings.Count(log, "msg=request") != 3 || !strings.Contains(log, "route=/search") {
		t.Errorf("the log says %s", log)
	}
}

type service = web.Plans

// broken is a plan service that panics with a value.
type broken struct{ service }

func (broken) Plans(context.Context, string) ([]*plans.Status, error) { panic("ann@example.com") }

func (broken) Show(context.Context, string) (*plans.Status, error) {
	return nil, errors.New("ann@example.com")
}

func TestPanicAndUnknownErrors(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, small(t), func(cfg *web.Config, svc *web.Services) {
		cfg.Log, svc.Plans = slog.New(slog.NewTextHandler(&b, nil)), broken{}
	})
	for _, path := range []string{"/plans", "/plans/x", "/api/v1/plans", "/api/v1/plans/x"} {
		if a := c.get(path); a.status != 500 || strings.Contains(a.body, "ann@") || !strings.Contains(a.body, a.header.Get("X-Request-Id")) {
			t.Errorf("%s answers %d: %s", path, a.status, a.body)
		}
	}
	if strings.Contains(b.String(), "ann@") || !strings.Contains(b.String(), "msg=panic") {
		t.Errorf("the log says %s", b.String())
	}
}

func TestLook(t *testing.T) {
	c := serve(t, small(t), nil)
	a := c.get("/look?theme=dark&density=compact&back=" + url.QueryEscape("/search?q=is:pii"))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/search?q=is:pii" {
		t.Errorf("it goes to %d %s", a.status, a.header.Get("Location"))
	}
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if page := c.do("GET", "/", func(r *http.Request) { r.Header.Set("Cookie", cookie) }); !strings.Contains(page.body, `class="dark compact"`) {
		t.Error("the look is forgotten")
	}
	for _, to := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "evil"} {
		if a := c.get("/look?theme=dark&back=" + url.QueryEscape(to)); a.header.Get("Location") != "/" {
			t.Errorf("it leads out to %s", a.header.Get("Location"))
		}
	}
	if page := c.do("GET", "/", func(r *http.Request) { r.Header.Set("Cookie", `vestige-look="><script>.x`) }); scripted(page.body) {
		t.Error("a cookie becomes a script")
	}
}

func TestEmptyCatalog(t *testing.T) {
	c := serve(t, open(t), nil)
	for path, says := range map[string]string{"/": "No source is in the catalog yet", "/browse": "No source is in the catalog yet", "/search": "holds no fields yet", "/lineage": "No two datasets are joined", "/alerts": "No alert is open"} {
		if a := c.get(path); a.status != 200 || !strings.Contains(a.body, says) {
			t.Errorf("%s does not say %q: %d", path, says, a.status)
		}
	}
}

func TestStatic(t *testing.T) {
	c := serve(t, small(t), nil)
	href := regexp.MustCompile(`/static/[0-9a-f]+/app\.css`).FindString(c.get("/").body)
	if a := c.get(href); a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %v", href, a.status, a.header)
	}
	if a := c.get("/static/old/app.css"); a.status != 200 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("an old address: %d %v", a.status, a.header)
	}
	for _, path := range []string{"/static/x/../templates/layout.html", "/static/x/%2e%2e/templates/layout.html", "/static/x/nothing"} {
		if a := c.get(path); a.status != 404 {
			t.Errorf("%s answers %d", path, a.status)
		}
	}
}
