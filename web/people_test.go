package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vestige/accounts"
	"vestige/pii"
	"vestige/web"
)

const word = "seven wet otters"

// staffed serves an estate in which people sign in.
func staffed(t testing.TB, e *estate, with func(*web.Config, *web.Services)) *client {
	t.Helper()
	return serve(t, e, func(cfg *web.Config, svc *web.Services) {
		cfg.Anonymous = nil
		svc.DB, svc.Audit, svc.Accounts = e.st.DB(), e.log, accounts.New(e.st.DB(), e.ring, e.log)
		svc.Watch = e.watch()
		if with != nil {
			with(cfg, svc)
		}
		e.staff = svc.Accounts
	})
}

// person is a browser with somebody in front of it.
type person struct {
	t    testing.TB
	c    *client
	http *http.Client
	name string
}

// as signs somebody in who has the roles, by way of the pages.
func (c *client) as(svc *accounts.Service, name string, roles ...accounts.Role) *person {
	c.t.Helper()
	p := c.stranger()
	p.name = name
	link, err := svc.Invite(c.t.Context(), "test", name, roles)
	must(c.t, err)
	if a := p.post("/welcome/"+link, "password", word, "again", word); a.status != http.StatusSeeOther {
		c.t.Fatalf("a link of %s answers %d: %s", name, a.status, a.body)
	}
	return p
}

// stranger is a browser without anybody signed in.
func (c *client) stranger() *person {
	jar, err := cookiejar.New(nil)
	must(c.t, err)
	return &person{c.t, c, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, "stranger"}
}

func (p *person) do(method, path, body string, with func(*http.Request)) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.c.srv.URL+path, strings.NewReader(body))
	must(p.t, err)
	if method != "GET" && method != "HEAD" {
		req.Header.Set("Origin", p.c.srv.URL)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if with != nil {
		with(req)
	}
	resp, err := p.http.Do(req)
	must(p.t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	must(p.t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (p *person) get(path string) answer { p.t.Helper(); return p.do("GET", path, "", nil) }

// post sends a form of names and values in turn.
func (p *person) post(path string, pairs ...string) answer {
	p.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return p.do("POST", path, v.Encode(), nil)
}

// send sends JSON with headers in pairs.
func (p *person) send(method, path, body string, pairs ...string) answer {
	p.t.Helper()
	return p.do(method, path, body, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	})
}

// hidden gives the value of a hidden field of a page.
func hidden(page, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// filled puts something in place of the parameters of a route.
func filled(path string) string {
	return strings.NewReplacer(":id", "x", ":link", "x", ":session", "x", ":token", "x", ":hash", "x", ":name", "x", "*name", "app.css").Replace(path)
}

// TestEveryRouteForEveryRole asks each route of the table as each role, with a session, with a token and with neither: what the table of rights does
// not allow is refused, and what it allows is not.
func TestEveryRouteForEveryRole(t *testing.T) {
	e := demo(t)
	c, _ := officed(t, e)
	nobody := c.stranger()
	people := map[accounts.Role]*person{}
	for _, r := range accounts.Roles() {
		people[r.Role] = c.as(e.staff, "one-"+string(r.Role), r.Role)
	}
	rights := []accounts.Right{accounts.Public, accounts.Self}
	for _, g := range accounts.Grants() {
		rights = append(rights, g.Right)
	}
	for _, r := range c.s.Routes() {
		if !slices.Contains(rights, r.Right) {
			t.Errorf("%s %s asks for the right %q, which is not in the table", r.Method, r.Path, r.Right)
		}
		if r.Right == accounts.Public && !slices.Contains(open4all, r.Path) {
			t.Errorf("%s %s is open to all", r.Method, r.Path)
		}
		if r.Path == "/sign-out" || strings.HasPrefix(r.Path, "/account/sessions") {
			continue
		}
		path := filled(r.Path)
		a := nobody.do(r.Method, path, "", nil)
		if refused := a.status == 401 || (a.status == 303 && strings.HasPrefix(a.header.Get("Location"), "/sign-in")); refused == (r.Right == accounts.Public) && r.Path != "/sign-in" {
			t.Errorf("%s %s answers a stranger with %d", r.Method, path, a.status)
		}
		for role, p := range people {
			a := p.do(r.Method, path, "", nil)
			if may := accounts.Has([]accounts.Role{role}, r.Right); may == (a.status == 403 || a.status == 401) && !(r.Path == "/sign-in" && a.status == 401) {
				t.Errorf("%s %s answers a %s with %d", r.Method, path, role, a.status)
			}
			if a.status >= 500 {
				t.Errorf("%s %s answers a %s with %d: %s", r.Method, path, role, a.status, a.body)
			}
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "TRACE"} {
		if a := people[accounts.Administrator].do(method, "/browse", "", nil); a.status != 405 {
			t.Errorf("%s is answered with %d", method, a.status)
		}
	}
}

// open4all are the addresses that need no account.
var open4all = []string{"/static/:hash/*name", "/look", "/columns", "/healthz", "/sign-in", "/welcome/:link", "/api/v1/openapi.json"}

func TestFormsOfOtherSites(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	for _, h := range []map[string]string{{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}} {
		a := p.do("POST", "/sign-out", "", func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			for k, v := range h {
				r.Header.Set(k, v)
			}
		})
		if a.status != 403 {
			t.Errorf("a form with %v is answered with %d", h, a.status)
		}
	}
	if a := p.get("/account"); a.status != 200 {
		t.Errorf("she was signed out: %d", a.status)
	}
}

func TestSessions(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	a := p.post("/sign-in", "name", "dana", "password", word, "back", "//evil.example/")
	set := a.header.Get("Set-Cookie")
	if a.header.Get("Location") != "/" || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
		t.Errorf("signing in leads to %s with %s", a.header.Get("Location"), set)
	}
	fixed := c.stranger()
	const chosen = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	a = fixed.do("POST", "/sign-in", url.Values{"name": {"dana"}, "password": {word}}.Encode(), func(r *http.Request) { r.Header.Set("Cookie", "vestige-session="+chosen) })
	if strings.Contains(a.header.Get("Set-Cookie"), chosen) || a.status != 303 {
		t.Errorf("a session that the browser brought along is taken over: %d", a.status)
	}
	other := c.as(e.staff, "eve", accounts.Viewer)
	sessions, err := e.staff.Sessions(t.Context(), userOf(t, e, "dana").ID)
	must(t, err)
	for _, s := range sessions {
		if a := other.post("/account/sessions/" + s.ID + "/end"); a.status != 404 {
			t.Errorf("eve ends a session of dana's: %d", a.status)
		}
	}
	if a := p.post("/sign-out"); a.status != 303 {
		t.Errorf("signing out answers %d", a.status)
	}
	if a := p.get("/account"); a.status != 303 {
		t.Errorf("she is still signed in: %d", a.status)
	}
	for _, back := range []string{"https://evil.example", "//evil.example", "/\\evil.example"} {
		if a := p.post("/sign-in", "name", "dana", "password", word, "back", back); a.header.Get("Location") != "/" {
			t.Errorf("signing in leads to %s", a.header.Get("Location"))
		}
	}
	if a := p.post("/sign-in", "name", "dana", "password", "wrong wrong wrong"); a.status != 401 || strings.Contains(a.body, "wrong wrong") {
		t.Errorf("a wrong password answers %d", a.status)
	}
}

func userOf(t testing.TB, e *estate, name string) accounts.User {
	t.Helper()
	all, err := e.staff.Users(t.Context())
	must(t, err)
	for _, u := range all {
		if u.Name == name {
			return u
		}
	}
	t.Fatalf("nobody is named %s", name)
	return accounts.User{}
}

// TestPeople is an administrator's day: she invites, gives roles, ends; what she may not do is refused with its reason.
func TestPeople(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	link, err := e.staff.First(t.Context())
	must(t, err)
	ada := c.stranger()
	if a := ada.get("/welcome/" + link); a.status != 200 || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the first link answers %d with %s", a.status, a.header.Get("Referrer-Policy"))
	}
	if a := ada.post("/welcome/"+link, "name", "ada", "password", word, "again", "otherwise"); a.status != 400 || strings.Contains(a.body, "otherwise") {
		t.Errorf("two passwords answer %d", a.status)
	}
	if a := ada.post("/welcome/"+link, "name", "ada", "password", word, "again", word); a.status != 303 {
		t.Fatalf("the first link does not open: %d %s", a.status, a.body)
	}
	a := ada.post("/people", "name", "bob", "role", "viewer", "role", "auditor")
	made := regexp.MustCompile(`/welcome/[A-Za-z0-9_-]+`).FindString(a.body)
	if a.status != 200 || made == "" {
		t.Fatalf("inviting answers %d", a.status)
	}
	check(t, "/people", a.body)
	bob := c.stranger()
	if a := bob.post(made, "name", "mallory", "role", "administrator", "password", word, "again", word); a.status != 303 {
		t.Errorf("bob's link answers %d", a.status)
	}
	if u := userOf(t, e, "bob"); !slices.Equal(u.Roles, []accounts.Role{accounts.Viewer, accounts.Auditor}) {
		t.Errorf("bob gave himself %v", u.Roles)
	}
	me := userOf(t, e, "ada")
	if a := ada.post("/people/"+me.ID+"/roles", "role", "viewer"); a.status != 409 {
		t.Errorf("the last administrator steps down: %d", a.status)
	}
	if a := ada.post("/people/"+userOf(t, e, "bob").ID+"/roles", "role", "root"); a.status != 400 {
		t.Errorf("there is a role root: %d", a.status)
	}
	a = ada.post("/account/tokens", "name", "nightly", "days", "7", "role", "steward")
	token := regexp.MustCompile(`vestige_[A-Za-z0-9_-]+`).FindString(a.body)
	plain := c.do("GET", "/api/v1/sources", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	if token == "" || plain.status != 200 {
		t.Errorf("a token answers %d", plain.status)
	}
	if a := c.do("GET", "/people", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }); a.status != 403 {
		t.Errorf("a steward's token opens the page of people: %d", a.status)
	}
	for _, bad := range []string{"Bearer vestige_x", "Basic YTpi", "Bearer"} {
		if a := c.do("GET", "/", func(r *http.Request) { r.Header.Set("Authorization", bad) }); a.status != 401 {
			t.Errorf("%s is answered with %d", bad, a.status)
		}
	}
	for _, path := range []string{"/account", "/account?second=1", "/people", "/people/" + me.ID} {
		if a := ada.get(path); a.status != 200 {
			t.Errorf("%s answers %d", path, a.status)
		} else {
			check(t, path, a.body)
		}
	}
	if a := ada.post("/people/" + userOf(t, e, "bob").ID + "/end"); a.status != 303 {
		t.Errorf("ending bob answers %d", a.status)
	}
	if a := bob.get("/account"); a.status != 303 {
		t.Errorf("bob is still there: %d", a.status)
	}
}

func TestSecondFactorOnThePage(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward)
	secret := hidden(p.get("/account?second=1").body, "secret")
	if a := p.post("/account/second", "secret", secret, "code", "000000x"); a.status != 400 || hidden(a.body, "secret") != secret {
		t.Errorf("a wrong code answers %d and begins anew", a.status)
	}
	if a := p.post("/account/second", "secret", secret, "code", accounts.CodeAt(pii.NewValue(secret), now())); a.status != 303 {
		t.Fatalf("a right code answers %d", a.status)
	}
	if a := c.stranger().post("/sign-in", "name", "dana", "password", word); a.status != 401 {
		t.Errorf("without a code she is let in: %d", a.status)
	}
}
