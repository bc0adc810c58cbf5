package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"vestige/accounts"
	"vestige/internal/db"
	"vestige/pii"
	"vestige/plans"
)

// TestOthersObjects asks each route that is about somebody's own thing as its owner, as another who has every role, and about nothing at all.
func TestOthersObjects(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	ann, eve := c.as(e.staff, "ann", everything...), c.as(e.staff, "eve", everything...)
	session := func() string {
		other := c.stranger()
		must(t, statusOf(other.post("/sign-in", "name", "ann", "password", word), 303))
		all, err := e.staff.Sessions(t.Context(), userOf(t, e, "ann").ID)
		must(t, err)
		return all[0].ID
	}
	token := func() string {
		_, made, err := e.staff.NewToken(t.Context(), accounts.Actor{ID: userOf(t, e, "ann").ID, Name: "ann", Roles: everything, Session: "here"}, fmt.Sprint("t", now().UnixNano()), []accounts.Role{accounts.Viewer}, time.Hour)
		must(t, err)
		return made.ID
	}
	view := func() string {
		v, err := e.staff.NewView(t.Context(), accounts.Actor{ID: userOf(t, e, "ann").ID, Name: "ann"}, accounts.View{Name: "what is personal", Query: "is:pii", Shared: true})
		must(t, err)
		return v.ID
	}
	for _, x := range []struct {
		path string
		make func() string
	}{{"/account/sessions/%s/end", session}, {"/account/tokens/%s/end", token}, {"/views/%s/end", view}} {
		id := x.make()
		for _, a := range []struct {
			who  *person
			id   string
			want int
		}{{eve, "x", 404}, {ann, "x", 404}, {eve, id, 404}, {ann, id, 303}, {ann, id, 404}} {
			if got := a.who.post(fmt.Sprintf(x.path, a.id)); got.status != a.want {
				t.Errorf("%s is answered to %s with %d, want %d", fmt.Sprintf(x.path, a.id), a.who.name, got.status, a.want)
			}
		}
	}
	// An administrator ends what is another's by the page of that person alone, and by that page nothing of a third.
	id := session()
	if a := eve.post("/people/" + userOf(t, e, "eve").ID + "/sessions/" + id + "/end"); a.status != 404 {
		t.Errorf("a session of ann's is ended on eve's page: %d", a.status)
	}
	if a := eve.post("/people/" + userOf(t, e, "ann").ID + "/sessions/" + id + "/end"); a.status != 303 {
		t.Errorf("an administrator cannot end a session: %d", a.status)
	}
}

func statusOf(a answer, want int) error {
	if a.status != want {
		return fmt.Errorf("answered with %d, want %d: %s", a.status, want, a.body)
	}
	return nil
}

// TestOwnPlans: who asked for a plan does not approve it, whatever her roles and whatever she sends along.
func TestOwnPlans(t *testing.T) {
	e := demo(t)
	c, svc := officed(t, e)
	ann, eve := c.as(e.staff, "ann", everything...), c.as(e.staff, "eve", everything...)
	who := e.people.Truth.Subjects[e.people.Walk].Start
	path := ann.post("/requests/new", "type", "erasure", "regime", "gdpr", "kind", who.Category, "value", who.Value, "verified", "a code by mail", "by", "eve", "state", "closed", "id", "REQ-1").header.Get("Location")
	id := strings.TrimPrefix(path, "/requests/")
	must(t, statusOf(ann.post(path+"/plan", "by", "eve"), 303))
	r, err := svc.Show(t.Context(), id)
	must(t, err)
	st, err := e.engine.Show(t.Context(), r.Plan)
	must(t, err)
	if st.By != "ann" || r.State.Terminal() || id == "REQ-1" {
		t.Errorf("what was sent along is taken: by %s, %s", st.By, r.State)
	}
	if a := ann.post(path+"/approve", "hash", st.Hash, "by", "eve"); a.status != 403 && a.status != 409 {
		t.Errorf("ann approves her own plan: %d", a.status)
	}
	if a := ann.send("POST", "/api/v1/requests/"+id+"/approve", `{"hash":"`+st.Hash+`","by":"eve","By":"eve"}`); a.status < 400 || a.status >= 500 {
		t.Errorf("ann approves her own plan by the API: %d", a.status)
	}
	if a := eve.post(path+"/approve", "hash", strings.Repeat("0", len(st.Hash))); a.status < 400 || a.status >= 500 {
		t.Errorf("another hash is approved: %d", a.status)
	}
}

// TestMassAssignment sends members that are nobody's to set: they are refused, or change nothing.
func TestMassAssignment(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Steward, accounts.Viewer)
	field := at("/api/v1/field", users.In("full_name"))
	tag := p.get(field).header.Get("ETag")
	a := p.send("PUT", strings.Replace(field, "/field?", "/field/decision?", 1), `{"verdict":"accept","by":"alma","at":5,"version":99,"By":"alma"}`, "If-Match", tag)
	if got := entry(t, e, users.In("full_name")); got.Decision != nil && (got.Decision.By != "dana" || got.Decision.At == 5) {
		t.Errorf("a decision is another's: %+v (%d)", got.Decision, a.status)
	}
	me := userOf(t, e, "dana")
	p.post("/account/password", "old", word, "password", "eight dry badgers", "again", "eight dry badgers", "role", "administrator", "roles", "administrator", "name", "root", "id", "x")
	if u := userOf(t, e, "dana"); u.ID != me.ID || len(u.Roles) != 2 {
		t.Errorf("she gave herself %v", u.Roles)
	}
	if a := p.post("/account/tokens", "name", "mine", "days", "3", "role", "administrator"); a.status != 400 && a.status != 403 {
		t.Errorf("a token gets a role that she has not: %d", a.status)
	}
}

// TestLeadsNowhereElse gives every form and every look an address of another site to go on to, in all its spellings.
func TestLeadsNowhereElse(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "ann", everything...)
	for _, to := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "\t//evil.example", "https:evil.example", "/%09/evil.example", "javascript:alert(1)", "/\r\nLocation: https://evil.example/", "/.//evil.example", "evil.example", "///evil.example"} {
		for _, r := range c.s.Routes() {
			if r.Method == http.MethodHead || strings.HasPrefix(r.Path, "/static") || r.Path == "/sign-out" {
				continue
			}
			path, body := filled(r.Path), url.Values{"back": {to}, "to": {to}, "next": {to}, "name": {"ann"}, "password": {word}}.Encode()
			if r.Method == http.MethodGet {
				path, body = path+"?"+body, ""
			}
			a := p.do(r.Method, path, body, nil)
			if l := a.header.Get("Location"); l != "" {
				u, err := url.Parse(l)
				if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(l, "//") || strings.HasPrefix(l, "/\\") || strings.ContainsAny(l, "\r\n\t") {
					t.Errorf("%s %s leads to %q", r.Method, r.Path, l)
				}
			}
		}
	}
}

// TestHeadersAreOurs plants line ends and quotation marks in everything that a header is made of.
func TestHeadersAreOurs(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "ann", everything...)
	bad := "x\r\nSet-Cookie: vestige-session=evil\r\n\r\n<script>"
	for _, r := range c.s.Routes() {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/static") {
			continue
		}
		q := url.Values{"at": {"shop/" + bad}, "q": {bad}, "source": {bad}, "name": {bad}, "show": {bad}, "theme": {bad}, "density": {bad}, "back": {"/" + bad}, "after": {bad}, "category": {bad}, "code": {bad}, "group": {bad}}
		a := p.do("GET", filled(r.Path)+"?"+q.Encode(), "", func(h *http.Request) { h.Header.Set("X-Request-Id", "evil") })
		for _, v := range a.header.Values("Set-Cookie") {
			if strings.Contains(v, "session=evil") {
				t.Errorf("%s sets a cookie of others: %s", r.Path, v)
			}
		}
		if a.status >= 500 || strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && strings.Contains(a.body, "<script>") || a.header.Get("X-Request-Id") == "evil" {
			t.Errorf("%s answers %d", r.Path, a.status)
		}
	}
}

// TestNoPathLeadsOut asks for files beside the ones that are served.
func TestNoPathLeadsOut(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "ann", everything...)
	for _, path := range []string{"/static/x/../../etc/passwd", "/static/x/..%2f..%2fserver.go", "/static/x/%2e%2e%2ftemplates%2flayout.html", "/static/../templates/layout.html", "/static/x/....//app.css", "/static/x//etc/passwd", "/static/x/app.css%00.html",
		"/plans/..%2f..%2fetc", "/requests/..%2f..%2fetc%2fpasswd", "/people/%2e%2e", "/welcome/..%2faccount", "/api/v1/plans/..%2f..%2frequests"} {
		if a := p.get(path); a.status != 404 && a.status != 400 && a.status != 303 && a.status != 405 {
			t.Errorf("%s answers %d", path, a.status)
		}
	}
}

// TestAStrangersGuesses: whoever guesses a password makes herself wait, and the answer is the same for a name that nobody has.
func TestAStrangersGuesses(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	dana := c.as(e.staff, "dana", accounts.Steward)
	known, unknown := c.stranger().post("/sign-in", "name", "dana", "password", "wrong wrong wrong"), c.stranger().post("/sign-in", "name", "nadia", "password", "wrong wrong wrong")
	if known.status != 401 || strings.ReplaceAll(known.body, "dana", "nadia") == "" || len(known.body)-len(unknown.body) > 40 {
		t.Errorf("a name that there is is answered with %d, one that there is not with %d", known.status, unknown.status)
	}
	for range 6 {
		c.stranger().post("/sign-in", "name", "dana", "password", "wrong wrong wrong")
	}
	if a := dana.get("/account"); a.status != 200 {
		t.Errorf("her session ended: %d", a.status)
	}
}

// TestNoRouteIsForgotten: what the code registers is served where the tests of routes look, whatever services it stands under.
func TestNoRouteIsForgotten(t *testing.T) {
	c, _ := officed(t, demo(t))
	served := map[string]bool{}
	for _, r := range c.s.Routes() {
		served[r.Method+" "+r.Path] = true
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	page, call := regexp.MustCompile(`s\.(get|post)\("([^"]+)",`), regexp.MustCompile(`s\.api\("([A-Z]+)", "([^"]+)",`)
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		must(t, err)
		for _, m := range append(page.FindAllStringSubmatch(string(text), -1), call.FindAllStringSubmatch(string(text), -1)...) {
			route := strings.ToUpper(m[1]) + " " + m[2]
			if m[1] == strings.ToUpper(m[1]) {
				route = m[1] + " /api/v1" + m[2]
			}
			if n++; !served[route] {
				t.Errorf("%s registers %s, which no test asks", file, route)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d routes are found in the code", n)
	}
}

// poison puts a hostile text into every text of a value, and something hostile into every empty list.
func poison(v reflect.Value, depth int) {
	switch {
	case depth == 0 || !v.CanSet():
	case v.Type() == reflect.TypeFor[pii.Ref]():
		v.Set(reflect.ValueOf(pii.Ref{Source: "shop", Dataset: hostile, Field: hostile}))
	case v.Kind() == reflect.String:
		v.SetString(hostile + `"><img src=x onerror=alert(1)>`)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "ID" { // they are ours
				poison(v.Field(i), depth-1)
			}
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range min(v.Len(), 3) {
			poison(v.Index(i), depth-1)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		poison(v.Elem(), depth-1)
	}
}

// TestHostilePlan shows a plan in which every name, reason and code is hostile: those of systems and of people, in lists that are there and in those that come later.
func TestHostilePlan(t *testing.T) {
	e, c, path, show := asking(t)
	olga := c.as(e.staff, "otto", everything...)
	s := show()
	id := s.ID
	poison(reflect.ValueOf(&s.Open).Elem(), 7)
	var kept plans.Open // what can be read again of it
	must(t, json.Unmarshal(s.Open.Bytes(), &kept))
	e.write(func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE plan SET open = $1, hash = $2 WHERE id = $3", string(kept.Bytes()), plans.HashOf(&kept), id)
		return err
	})
	for _, page := range []string{"/plans/" + id, "/plans", "/requests", path, "/"} {
		a := olga.get(page)
		if a.status != 200 || scripted(a.body) || strings.Contains(a.body, "<img") {
			t.Errorf("%s answers %d, with what is hostile in it: %v %.300s", page, a.status, scripted(a.body), a.body[max(0, strings.Index(a.body, "<main")):])
		}
		check(t, page, a.body)
	}
	if body := olga.get("/plans/" + id).body; strings.Count(body, "alert(1)") < 20 {
		t.Errorf("the plan shows %d of the hostile texts", strings.Count(body, "alert(1)"))
	}
}
