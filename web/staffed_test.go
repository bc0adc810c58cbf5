package web_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"vestige/accounts"
	"vestige/catalog"
)

// everything are all roles at once, as in a test that looks at every page.
var everything = []accounts.Role{accounts.Viewer, accounts.Steward, accounts.Operator, accounts.Approver, accounts.Auditor, accounts.Administrator}

// busy is the demo company with people who work in it: a request that is planned, one that is closed, decisions of every kind.
func busy(t testing.TB) (e *estate, c *client, ada *person, paths map[string]string) {
	t.Helper()
	e = demo(t)
	e.decided()
	c, svc := officed(t, e)
	ada = c.as(e.staff, "ada", everything...)
	who := e.people.Truth.Subjects[e.people.Walk].Start
	path := ada.post("/requests/new", "type", "erasure", "regime", "gdpr", "kind", who.Category, "value", who.Value, "verified", "a code by mail").header.Get("Location")
	ada.post(path + "/plan")
	r, err := svc.Show(t.Context(), strings.TrimPrefix(path, "/requests/"))
	must(t, err)
	groups, err := e.cat.Groups(t.Context(), catalog.GroupFilter{})
	must(t, err)
	runs, err := e.cat.Runs(t.Context(), "shop", 1)
	must(t, err)
	scan := "/scans/" + runs[0].ID
	ada.post("/schedules", "name", "nightly", "cron", "15 2 * * *", "zone", "Europe/Berlin", "quiet", "Mon-Fri 08:00-18:00", "exclude", "*_tmp", "enabled", "1")
	ada.post("/source/scan", "source", "crm", "include", "*")
	return e, c, ada, map[string]string{"scans": "/scans", "scan": scan, "compare": "/scans/compare?a=" + runs[0].ID + "&b=" + runs[0].ID, "schedules": "/schedules", "schedule": "/schedules/nightly", "scope": "/source/scan?at=shop&include=*a*",
		"deliveries": "/deliveries", "source-watched": "/source?at=shop", "review": "/review", "review-deferred": "/review?show=deferred", "sample": "/review/group?verdict=reject&group=" + groups[0].ID, "import": "/import", "account": "/account?second=1",
		"people": "/people", "newsource": "/sources/new?type=postgres", "newsources": "/sources/new", "views": "/views", "reports": "/reports", "rules": "/rules?try=1&source=shop&field=*email*&as=none.code&reason=addresses+of+machines", "person": "/people/" + userOf(t, e, "ada").ID, "requests": "/requests", "log": "/log", "alerts": "/alerts", "request": path, "intake": "/requests/new", "plan": "/plans/" + r.Plan}
}

// TestPagesOfWork opens each page on which people work in a browser.
func TestPagesOfWork(t *testing.T) {
	ctx := browser(t)
	_, c, _, paths := busy(t)
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/sign-in")))
	must(t, chromedp.Do(ctx, chromedp.SendKeys("#name", "ada")))
	must(t, chromedp.Do(ctx, chromedp.SendKeys("#password", word+"\r")))
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`.me button`)))
	looks(ctx, t, c, paths)
}

// TestNoValueAnywhere follows every link as one who may do everything, and looks for everybody of the company on every page and in every file.
func TestNoValueAnywhere(t *testing.T) {
	e, _, ada, paths := busy(t)
	var needles []string
	for _, s := range e.people.Truth.Subjects {
		for _, id := range s.Identifiers {
			if id.Single && len(id.Value) > 7 {
				needles = append(needles, id.Value)
			}
		}
	}
	todo, seen := []string{"/", "/decisions.csv", "/requests.csv", "/api/v1/requests", "/api/v1/decisions", "/api/v1/review/groups"}, map[string]bool{}
	for _, p := range paths {
		todo = append(todo, p)
	}
	slices.Sort(todo)
	kinds := map[string]int{}
	link := regexp.MustCompile(` href="(/[^"#]*)`)
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		kind, _, _ := strings.Cut(path, "?")
		if seen[path] || kinds[kind] >= perKind || strings.HasPrefix(path, "/look") || strings.HasPrefix(path, "/static") {
			continue
		}
		seen[path] = true
		kinds[kind]++
		a := ada.get(path)
		if a.status >= 400 {
			t.Errorf("%s answers %d", path, a.status)
		}
		for _, needle := range needles {
			if strings.Contains(a.body, needle) {
				t.Errorf("%s shows a value of somebody's, of %d bytes", path, len(needle))
			}
		}
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			check(t, path, a.body)
			for _, m := range link.FindAllStringSubmatch(a.body, -1) {
				todo = append(todo, html.UnescapeString(m[1]))
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d pages were reached", len(seen))
	}
}

// perKind is how many addresses of one page are followed: they differ in what they are about, and TestNoValueIsShown asks about every field.
const perKind = 12

// TestHostileWork sends what is written by strangers, and by users, through the pages on which people work.
func TestHostileWork(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	const bad = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	form := p.get(at("/field", odd.In("note")))
	if a := p.post("/field/decide", "at", odd.In("note").String(), "seen", hidden(form.body, "seen"), "verdict", "reject", "reason", bad, "back", "https://evil.example/"); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/?") {
		t.Errorf("deciding answers %d to %s", a.status, a.header.Get("Location"))
	}
	for _, path := range []string{at("/field", odd.In("note")), "/review", "/review?group=" + url.QueryEscape(bad), "/review?show=" + url.QueryEscape(bad) + "&source=" + url.QueryEscape(bad), "/import", "/?undo=" + url.QueryEscape(bad), "/sign-in?back=" + url.QueryEscape("/"+bad), "/account?new=" + url.QueryEscape(bad)} {
		if a := p.get(path); strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") {
			t.Errorf("%s has a script", path)
		}
	}
	if a := p.post("/import", "text", "field,verdict,reason\n\""+strings.ReplaceAll(bad, `"`, `""`)+"\",accept,\n"); strings.Contains(a.body, "<img src=x") {
		t.Error("a file becomes a page")
	}
	if a := p.do("POST", "/sign-in", url.Values{"name": {bad}, "password": {"x"}, "back": {"/\r\nSet-Cookie: a=b"}}.Encode(), nil); a.header.Get("A") != "" || strings.Contains(a.body, "<img src=x") {
		t.Errorf("a name becomes a page: %d", a.status)
	}
}
