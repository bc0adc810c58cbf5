package web_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vestige/accounts"
	"vestige/internal/testenv"
)

// single are pages with tables that are about one thing, whose JSON says all of it, or that list what nobody takes elsewhere.
var single = []string{"/account", "/people/:id", "/requests/:id", "/plans/:id", "/reference", "/about", "/about/components", "/sources/new", "/sources/add", "/import", "/card", "/lineage/path", "/source", "/source/scan", "/schedules/:name", "/review/group", "/deliveries/:id", "/field"}

// TestEveryListHasTwins opens every page, as one who may do everything: one that has a table is there as JSON and as CSV too, and both answer.
func TestEveryListHasTwins(t *testing.T) {
	_, c, ada, paths := busy(t)
	for _, r := range c.s.Routes() {
		if r.Method == "GET" && !strings.Contains(r.Path, ":") && !strings.Contains(r.Path, ".") && !strings.HasPrefix(r.Path, "/api/") {
			paths[r.Path] = r.Path
		}
	}
	link := regexp.MustCompile(`(?s)<p class="twins">(.*?)</p>`)
	href := regexp.MustCompile(`href="([^"]*)">[^<]*?(\w+)</a>`)
	lists := 0
	for _, path := range paths {
		a := ada.get(path)
		at, _, _ := strings.Cut(path, "?")
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "<table") || slices.ContainsFunc(single, func(s string) bool {
			return s == at || strings.Contains(s, ":") && strings.HasPrefix(at, s[:strings.Index(s, ":")])
		}) {
			continue
		}
		lists++
		twins := map[string]string{}
		if m := link.FindStringSubmatch(a.body); m != nil {
			for _, h := range href.FindAllStringSubmatch(m[1], -1) {
				twins[h[2]] = strings.ReplaceAll(h[1], "&amp;", "&")
			}
		}
		if twins["CSV"] == "" || twins["JSON"] == "" {
			t.Errorf("%s has a list, and as twins %v", path, twins)
		}
		for name, to := range twins {
			b := ada.get(to)
			if b.status != 200 || name == "CSV" && !strings.HasPrefix(b.header.Get("Content-Type"), "text/csv") || name == "JSON" && !json.Valid([]byte(b.body)) {
				t.Errorf("%s as %s is %s, which answers %d, %s", path, name, to, b.status, b.header.Get("Content-Type"))
			}
		}
	}
	if lists < 12 {
		t.Errorf("only %d lists were found", lists)
	}
}

// TestGo: some words lead to pages, actions, sources, datasets, fields, requests and plans, each only for who may go there.
func TestGo(t *testing.T) {
	e, c, ada, paths := busy(t)
	vera := c.as(e.staff, "vera", accounts.Viewer)
	reach := func(p *person, words string) (out []string) {
		t.Helper()
		var r struct {
			Items []struct{ Kind, Text, Href string }
		}
		must(t, json.Unmarshal([]byte(p.get("/api/v1/go?q="+url.QueryEscape(words)).body), &r))
		for _, x := range r.Items {
			out = append(out, x.Kind+" "+x.Href)
			if a := p.get(x.Href); a.status != 200 {
				t.Errorf("%s leads to %s, which answers %d", words, x.Href, a.status)
			}
		}
		return out
	}
	request := strings.TrimPrefix(paths["request"], "/requests/")
	for _, x := range []struct {
		who   *person
		words string
		want  string // "" for nothing
	}{
		{ada, "audit", "page /log"}, {ada, "connect new", "action /sources/new"}, {ada, "sho", "source /source?at=shop"}, {ada, request, "request " + paths["request"]},
		{ada, strings.TrimPrefix(paths["plan"], "/plans/")[:10], "plan " + paths["plan"]}, {ada, "source:shop is:pii", "field /field?at="}, {ada, "source:shop is:pii", "dataset /dataset?at="},
		{vera, "audit", ""}, {vera, "connect new", ""}, {vera, request, ""}, {ada, "nothing-is-called-so", ""}, {ada, `conf:>much "`, ""},
	} {
		got := reach(x.who, x.words)
		if x.want == "" && len(got) > 0 || x.want != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, x.want) }) {
			t.Errorf("%s leads %s to %v, want %q", x.words, x.who.name, got, x.want)
		}
	}
	for _, q := range []string{"", "audit", `"><script>alert(1)</script>`} {
		a := ada.get("/go?q=" + url.QueryEscape(q))
		check(t, "/go", a.body)
		if a.status != 200 || strings.Contains(a.body, "<script>alert") {
			t.Errorf("the page answers %d to %s", a.status, q)
		}
	}
}

// TestPalette goes to a page by keys alone, and axe finds nothing where the palette and its page are open.
func TestPalette(t *testing.T) {
	ctx := browser(t)
	e := small(t)
	c := serve(t, e, nil)
	looks(ctx, t, c, map[string]string{"go": "/go", "go-found": "/go?q=users"})
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/browse")))
	ctrlK := `document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true, cancelable: true}))`
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](ctrlK+`; document.querySelector("dialog.palette").open`))
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`#palette-list li`)))
	must(t, chromedp.Do(ctx, chromedp.SendKeys(`dialog.palette input`, "users")))
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`#palette-list li[data-href="/dataset?at=shop%2Fusers"]`)))
	_, err = chromedp.Run(ctx, chromedp.Evaluate[int](testenv.Axe(t)+";0"))
	must(t, err)
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]fault](axed("light", "palette"), chromedp.EvalAwaitPromise))
	must(t, err)
	for _, f := range faults {
		t.Errorf("the palette: %s: %s, at %s", f.ID, f.Help, strings.Join(f.Where, "; "))
	}
	must(t, chromedp.Do(ctx, chromedp.SendKeys(`dialog.palette input`, "\r")))
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`table.fields`)))
}
