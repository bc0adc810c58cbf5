package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/events"
	"vestige/internal/db"
	"vestige/pii"
	"vestige/web"
)

// has fails where a page lacks something, or is not well formed.
func has(t *testing.T, p *person, path string, wants ...string) answer {
	t.Helper()
	a := p.get(path)
	if a.status != 200 {
		t.Errorf("%s answers %d", path, a.status)
	}
	check(t, path, a.body)
	for _, want := range wants {
		if !strings.Contains(a.body, want) {
			t.Errorf("%s has no %q", path, want)
		}
	}
	return a
}

// TestScansWithoutScripts asks for a scan from the page of a source, and pauses, resumes and cancels it.
func TestScansWithoutScripts(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p, v := c.as(e.staff, "dana", accounts.Steward, accounts.Viewer), c.as(e.staff, "vera", accounts.Viewer)
	has(t, p, "/source?at=shop", "Scan now", "choose datasets")
	if strings.Contains(has(t, v, "/source?at=shop").body, "Scan now") {
		t.Error("a viewer is shown what she may not do")
	}
	has(t, p, "/source/scan?at=shop&include=users&exclude=zzz*", "1 of 2 datasets", "fits nothing", "Scan these 1 now")
	a := p.post("/source/scan", "source", "shop", "include", "users\n*_users")
	run := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(run, "/scans/") {
		t.Fatalf("asking answers %d to %s", a.status, run)
	}
	has(t, p, run, "waiting", "users *_users", "Cancel")
	has(t, v, "/scans", "waiting", "hand")
	for _, x := range []struct{ act, then string }{{"/pause", "paused by dana"}, {"/resume", "waiting"}, {"/cancel", "cancelled"}} {
		must(t, statusOf(p.post(run+x.act), 303))
		has(t, p, run, x.then)
	}
	if a := v.post(run + "/resume"); a.status != 403 {
		t.Errorf("a viewer resumes: %d", a.status)
	}
	must(t, statusOf(p.post(run+"/cancel"), 409))
	must(t, statusOf(p.post("/source/scan", "source", "nowhere"), 404))
	must(t, statusOf(p.get("/scans/none"), 404))
	if a := p.get(run + "/events"); !strings.Contains(a.body, "data: ") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("the stream of a scan that has ended: %s", a.body)
	}
	if a := has(t, p, "/scans", "cancelled"); !strings.Contains(a.body, "/scans/all/events") {
		t.Error("the page does not live")
	}
}

// TestAComparisonOfScans lays two runs down and looks at what differs.
func TestAComparisonOfScans(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p := c.as(e.staff, "dana", accounts.Viewer)
	first := ran(t, e, map[string][]catalog.ItemField{"users": {{Name: "mail", Type: "TEXT"}, {Name: "old", Type: "INT"}}, hostile: {{Name: "x"}}}, "")
	second := ran(t, e, map[string][]catalog.ItemField{"users": {{Name: "mail", Type: "TEXT", Category: "contact.email"}, {Name: "born", Type: "DATE"}}, "newcomers": {{Name: "id"}}}, hostile)
	q := "?" + url.Values{"a": {first}, "b": {second}}.Encode()
	has(t, p, "/scans/compare"+q, "2 fields are new, 1 changed, 2 gone", "newcomers", "contact.email")
	has(t, p, "/scans/compare"+q+"&how=gone", "old")
	has(t, p, "/scans/"+second, "Compare with another scan", "newcomers")
	has(t, p, "/scans/"+second+"?state=gone", "gone")
	for _, page := range []string{"/scans/" + first, "/scans/compare" + q} { // names are what people write them
		for _, m := range regexp.MustCompile(`href="(/dataset[^"]*)"`).FindAllStringSubmatch(p.get(page).body, -1) {
			if a := p.get(html.UnescapeString(m[1])); a.status != 200 && (a.status != 404 || !strings.Contains(m[1], "newcomers")) {
				t.Errorf("%s links to %s, which answers %d", page, m[1], a.status)
			}
		}
	}
	var doc struct{ New, Changed, Gone, Same int }
	must(t, json.Unmarshal([]byte(p.get("/api/v1/runs/compare"+q).body), &doc))
	if doc.New != 2 || doc.Changed != 1 || doc.Gone != 2 || doc.Same != 0 {
		t.Errorf("%+v", doc)
	}
	if a := p.get("/scans/compare.csv" + q); strings.Count(a.body, "\n") != 6 {
		t.Errorf("%s", a.body)
	}
	must(t, statusOf(p.get("/scans/compare?a=x&b=y"), 404))
}

// ran lays a run down that found something, and ended.
func ran(t *testing.T, e *estate, found map[string][]catalog.ItemField, gone string) string {
	t.Helper()
	r, err := e.cat.Begin(t.Context(), "shop")
	must(t, err)
	e.write(func(ctx context.Context, tx db.Tx) error {
		for name, fields := range found {
			if err := r.Item(ctx, tx, catalog.Item{Dataset: name, State: "read", Fields: fields}); err != nil {
				return err
			}
		}
		if gone != "" {
			if err := r.Item(ctx, tx, catalog.Item{Dataset: gone, State: "gone"}); err != nil {
				return err
			}
		}
		return r.End(ctx, tx, "done")
	})
	return r.ID
}

// TestSchedulesOnThePage makes a schedule, is told what is wrong with one, changes it while somebody else does, and takes it away.
func TestSchedulesOnThePage(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p, v := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "vera", accounts.Viewer)
	has(t, p, "/schedules", "Make a schedule", "Nothing is scanned by itself")
	bad := p.post("/schedules", "name", "nightly", "cron", "now and then", "zone", `"><script>`, "enabled", "1")
	if check(t, "/schedules", bad.body); bad.status != 400 || !strings.Contains(bad.body, "five fields") || !strings.Contains(bad.body, `value="now and then"`) || strings.Contains(bad.body, "<script>alert") {
		t.Errorf("a wrong one answers %d", bad.status)
	}
	a := p.post("/schedules", "name", "nightly", "cron", "15 2 * * *", "zone", "Europe/Berlin", "source", "shop", "quiet", "Mon-Fri 08:00-18:00\r\nSat 10:00-12:00", "exclude", "*_tmp", "enabled", "1")
	must(t, statusOf(a, 303))
	at := a.header.Get("Location")
	has(t, p, at, "15 2 * * *", "Europe/Berlin", "Next times", "Change it", `checked> shop`)
	if strings.Contains(has(t, v, at).body, "Change it") {
		t.Error("a viewer is shown a form")
	}
	has(t, v, "/schedules", "nightly", "without *_tmp")
	has(t, v, "/source?at=shop", "nightly")
	seen := hidden(p.get(at).body, "version")
	must(t, statusOf(p.post("/schedules", "name", "nightly", "cron", "@daily", "version", seen), 303))
	if a := p.post("/schedules", "name", "nightly", "cron", "@hourly", "version", seen); a.status != 409 || !strings.Contains(a.body, "meanwhile") {
		t.Errorf("two at once: %d", a.status)
	}
	has(t, v, at, "switched off")
	if a := p.get("/schedules.csv"); !strings.Contains(a.body, "nightly,'@daily,UTC") {
		t.Errorf("%s", a.body)
	}
	tag := p.get("/api/v1/schedules/nightly").header.Get("ETag")
	body := `{"cron":"@weekly","enabled":true}`
	must(t, statusOf(p.send("PUT", "/api/v1/schedules/nightly", body), 428))
	must(t, statusOf(p.send("PUT", "/api/v1/schedules/nightly", body, "If-Match", `"99"`), 409))
	must(t, statusOf(p.send("PUT", "/api/v1/schedules/nightly", body, "If-Match", tag), 200))
	must(t, statusOf(p.send("PUT", "/api/v1/schedules/other", body, "If-None-Match", "*"), 200))
	must(t, statusOf(v.send("DELETE", "/api/v1/schedules/other", ""), 403))
	must(t, statusOf(p.send("DELETE", "/api/v1/schedules/other", ""), 200))
	must(t, statusOf(p.post(at+"/remove"), 303))
	must(t, statusOf(p.get(at), 404))
}

// TestAlertsAreHandled takes, puts off and closes alerts with the ticked boxes of the page, and by the API.
func TestAlertsAreHandled(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	p, v := c.as(e.staff, "dana", accounts.Steward), c.as(e.staff, "vera", accounts.Viewer)
	all, err := e.cat.Alerts(t.Context(), false)
	must(t, err)
	one, other := all[0].ID, all[1].ID
	has(t, p, "/alerts", "Put them off", "nobody")
	if strings.Contains(has(t, v, "/alerts").body, "Put them off") {
		t.Error("a viewer is shown what she may not do")
	}
	must(t, statusOf(p.post("/alerts/own", "id", one, "id", other, "owner", "dana"), 303))
	has(t, p, "/alerts?owner=dana", "dana")
	must(t, statusOf(p.post("/alerts/snooze", "id", one, "until", "7d"), 400))
	must(t, statusOf(p.post("/alerts/snooze", "id", one, "until", "some day", "reason", "x"), 400))
	must(t, statusOf(p.post("/alerts/snooze", "id", one, "until", "7d", "reason", "after the migration"), 303))
	if a := has(t, p, "/alerts"); strings.Contains(a.body, `value="`+one+`"`) {
		t.Error("an alert that is put off is shown")
	}
	has(t, p, "/alerts?snoozed=1", "after the migration", "put off")
	must(t, statusOf(p.post("/alerts/close", "reason", "x"), 400))
	must(t, statusOf(p.post("/alerts/close", "id", "nothing", "reason", "x"), 404))
	must(t, statusOf(v.send("POST", "/api/v1/alerts/close", `{"alerts":["`+other+`"],"reason":"x"}`), 403))
	a := p.send("POST", "/api/v1/alerts/close", string(asJSON(t, map[string]any{"alerts": []string{other}, "reason": "decided"})))
	if a.status != 200 || !strings.Contains(a.body, `"reason":"decided"`) {
		t.Errorf("closing answers %d: %s", a.status, a.body)
	}
	for _, a := range all[2:] {
		must(t, statusOf(p.post("/alerts/close", "id", a.ID, "reason", "x"), 303))
	}
	has(t, p, "/alerts", "No alert is open")
	has(t, p, "/alerts?closed=1", "decided")
	var page struct{ Items []catalog.Alert }
	must(t, json.Unmarshal([]byte(p.get("/api/v1/alerts?snoozed=1&owner=dana").body), &page))
	if len(page.Items) != 1 || page.Items[0].Snoozed == 0 {
		t.Errorf("%+v", page)
	}
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

// TestASignalByToken tells of a change with the token of a machine that may do nothing else.
func TestASignalByToken(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	pipe := c.as(e.staff, "pipeline", accounts.Signaller)
	token, _, err := e.staff.NewToken(t.Context(), accounts.Actor{ID: userOf(t, e, "pipeline").ID, Name: "pipeline", Roles: []accounts.Role{accounts.Signaller}, Session: "here"}, "nightly load", []accounts.Role{accounts.Signaller}, time.Hour)
	must(t, err)
	signal := func(body string) answer {
		return c.stranger().do("POST", "/api/v1/changed", body, func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
		})
	}
	a := signal(`{"at":"shop/users"}`)
	var r catalog.Run
	must(t, json.Unmarshal([]byte(a.body), &r))
	if a.status != 202 || r.Origin != "signal" || len(r.Scope.Datasets) != 1 || r.By != "pipeline" {
		t.Errorf("a signal answers %d: %s", a.status, a.body)
	}
	must(t, json.Unmarshal([]byte(signal(`{"at":"shop/old_users"}`).body), &r))
	open, err := e.cat.Open(t.Context())
	must(t, err)
	if len(open) != 1 || len(open[0].Scope.Datasets) != 2 {
		t.Errorf("%+v", open)
	}
	for body, want := range map[string]int{`{"at":"nowhere/x"}`: 404, `{"at":""}`: 400, `{"at":"shop/users#mail"}`: 400, `{"at":"shop","as":"root"}`: 400} {
		if a := signal(body); a.status != want {
			t.Errorf("%s answers %d, want %d", body, a.status, want)
		}
	}
	for _, path := range []string{"/", "/scans", "/api/v1/runs", "/api/v1/fields"} {
		must(t, statusOf(pipe.get(path), 403))
	}
}

// lost takes no message.
type lost struct{}

// Send fails for good.
func (lost) Send(context.Context, events.Message) error { return context.Canceled }

// TestWhatNobodyTookIsShown has a message that no receiver takes.
func TestWhatNobodyTookIsShown(t *testing.T) {
	e := small(t)
	c := staffed(t, e, func(_ *web.Config, svc *web.Services) {
		svc.Watch = e.watch(events.Channel{Name: "pager", Kind: "command", Sender: lost{}})
	})
	p := c.as(e.staff, "dana", accounts.Steward)
	has(t, p, "/deliveries", "Nothing has been told yet", "pager")
	e.write(func(ctx context.Context, tx db.Tx) error {
		return e.cat.PutAlert(ctx, tx, catalog.Alert{Code: "island", At: pii.Ref{Source: "shop", Dataset: hostile}, Text: "nothing leads to it"})
	})
	out := events.New(e.st.DB(), []events.Channel{{Name: "pager", Kind: "command", Sender: lost{}}})
	must(t, out.Gather(t.Context()))
	_, err := out.Deliver(t.Context())
	must(t, err)
	e.write(func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE outbox_delivery SET state = 'dead', due = 0")
		return err
	})
	has(t, p, "/scans", "1 message that nobody took")
	all, err := out.Deliveries(t.Context(), "dead", 0, 10)
	must(t, err)
	one := "/deliveries/" + all[0].ID
	has(t, p, "/deliveries?state=dead", "nobody took it", one)
	has(t, p, one, "island", "Try it again")
	must(t, statusOf(p.post(one+"/again"), 303))
	has(t, p, one, "waiting")
	must(t, statusOf(p.post("/deliveries/none/again"), 404))
	if a := p.get("/deliveries.csv"); !strings.Contains(a.body, "pager") {
		t.Errorf("%s", a.body)
	}
}
