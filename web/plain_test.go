package web_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/demo/company"
	"vestige/pii"
	"vestige/requests"
	"vestige/web"
)

// plain is somebody in front of a browser that runs no scripts: what she does is what links and forms do.
type plain struct {
	t   *testing.T
	ctx context.Context
	srv string
}

func plainBrowser(t *testing.T, c *client) *plain {
	ctx := browser(t)
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	return &plain{t, ctx, c.srv.URL}
}

// patient is how long a page, or a thing on it, is waited for on a busy machine.
const patient = 2 * time.Minute

// leads does what makes the browser go to another page, waits for that, and fails where it is not answered as it should be.
func (p *plain) leads(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patient)
	defer stop()
	resp, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		p.t.Fatalf("%s leads nowhere: %v", what, err)
	}
	if resp.Status != http.StatusOK {
		p.t.Fatalf("%s is answered with %d: %s", what, resp.Status, p.text("main"))
	}
}

func (p *plain) opens(path string) {
	p.t.Helper()
	must(p.t, chromedp.Do(p.ctx, chromedp.Navigate(p.srv+path)))
}

// presses a button or a link, which leads to a page.
func (p *plain) presses(sel string) {
	p.t.Helper()
	p.leads(sel, chromedp.Click(sel, chromedp.NodeVisible))
}

// writes a text into an input, in place of what is there.
func (p *plain) writes(sel, text string) {
	p.t.Helper()
	p.does(sel, chromedp.Clear(sel))
	p.does(sel, chromedp.SendKeys(sel, text))
}

// does something that leads to no page.
func (p *plain) does(what string, step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patient)
	defer stop()
	if err := chromedp.Do(ctx, step); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

func (p *plain) text(sel string) string {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patient)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Text(sel))
	if err != nil {
		p.t.Fatalf("there is no %s: %v", sel, err)
	}
	return text
}

// sees fails where a text is not shown.
func (p *plain) sees(wants ...string) {
	p.t.Helper()
	body := p.text("body")
	for _, want := range wants {
		if !strings.Contains(body, want) {
			p.t.Errorf("%q is not shown in: %s", want, body)
		}
	}
}

// leaves signs out who is there.
func (p *plain) leaves() { p.t.Helper(); p.presses("form.me button") }

// enters signs somebody in.
func (p *plain) enters(name string) {
	p.t.Helper()
	p.opens("/sign-in")
	p.writes("#name", name)
	p.does("the password", chromedp.SendKeys("#password", word))
	p.presses(".box button")
}

// TestWorkWithoutScripts does the work of each room in a browser that runs no script.
func TestWorkWithoutScripts(t *testing.T) {
	e := demo(t)
	svc := requests.New(e.engine)
	added := ""
	c := staffed(t, e, func(_ *web.Config, s *web.Services) {
		s.Plans, s.Requests, s.Base = e.engine, svc, e.dir
		s.Later = func(ctx context.Context, id string) error {
			_, err := svc.Run(ctx, id, nil)
			return err
		}
		s.AddSource = func(_ context.Context, _, name, _ string, _ map[string]string) error { added = name; return nil }
	})
	for name, roles := range map[string][]accounts.Role{"dana": {accounts.Steward}, "olga": {accounts.Operator}, "alma": {accounts.Approver}, "ada": {accounts.Administrator}} {
		c.as(e.staff, name, roles...)
	}
	p := plainBrowser(t, c)
	p.enters("dana")
	p.searches()
	p.decides(e)
	p.reviews(e)
	p.reveals()
	p.imports(e)
	p.watches(e)
	p.carriesOut(e, svc)
	p.leaves()
	p.enters("ada")
	p.opens("/sources/new")
	p.presses(`a[href="/sources/new?type=sqlite"]`)
	p.writes("#name", "shop2")
	p.writes("#o-path", company.ShopFile)
	p.presses(`form[action="/sources/new"] button`)
	p.sees("The connection works")
	p.leadsOn("#add button", "/source?at=shop2")
	if added != "shop2" {
		t.Errorf("%q is added", added)
	}
}

// leadsOn presses what is answered with another address, whatever that answers.
func (p *plain) leadsOn(sel, to string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patient)
	defer stop()
	resp, err := chromedp.RunResponse(ctx, chromedp.Click(sel, chromedp.NodeVisible))
	must(p.t, err)
	if !strings.HasSuffix(resp.URL, to) {
		p.t.Errorf("%s leads to %s", sel, resp.URL)
	}
}

// searches asks by the box of every page, narrows by a facet, keeps the search and hides a column.
func (p *plain) searches() {
	p.opens("/")
	p.leads("the box of the search", chromedp.SendKeys("#q", "is:pii\r"))
	all := p.text(".total")
	p.presses(`.facets a[href*="contact.email"]`)
	if p.text(".total") == all {
		p.t.Errorf("a facet narrows nothing: %s", all)
	}
	p.does("the form of views", chromedp.Click(".viewbar summary"))
	p.writes("#viewname", "addresses")
	p.presses(".viewbar form button")
	p.opens("/search?q=is:pii")
	p.sees("addresses")
	p.does("the columns", chromedp.Click(".columnsof summary"))
	p.does("a column", chromedp.Click(`.columnsof li:nth-child(2) input[type=checkbox]`))
	p.presses(".columnsof button")
	p.presses(".looks a[href*='theme=dark']")
}

// decides on a field of a search's result, and takes it back.
func (p *plain) decides(e *estate) {
	p.opens("/search?q=category:contact.email%20is:proposed")
	p.presses("tbody th a")
	p.presses("button[value=accept]")
	p.sees("dana", "Decided")
	p.presses(".undo button")
	p.does("a reason", chromedp.SendKeys("#reason-of", "addresses of machines"))
	p.leads("Enter behind a reason", chromedp.SendKeys("#reason-of", "\r"))
	all, err := e.cat.Decisions(p.t.Context(), catalog.Query{By: "dana"})
	must(p.t, err)
	if len(all) != 1 || all[0].Verdict != pii.Reject || all[0].Reason != "addresses of machines" {
		p.t.Errorf("Enter behind a reason decides %+v", all)
	}
}

// reviews goes through the queue: one field, a second look, a whole group behind its sample, a group of which nobody is asked again.
func (p *plain) reviews(e *estate) {
	p.opens("/review")
	first := p.text("#fields .on .where")
	p.presses(".decide button[value=accept]")
	p.presses(".decide button[value=second]")
	if p.text("#fields .on .where") == first {
		p.t.Error("it does not go on to the next field")
	}
	before, err := e.cat.Decisions(p.t.Context(), catalog.Query{By: "dana"})
	must(p.t, err)
	p.presses("#all-accept")
	p.presses(".sampleform button")
	after, err := e.cat.Decisions(p.t.Context(), catalog.Query{By: "dana"})
	must(p.t, err)
	if len(before) != 3 || len(after) <= len(before) {
		p.t.Errorf("%d and then %d decisions", len(before), len(after))
	}
	p.presses(`form[action="/review/suppress"] button`)
	p.opens("/review?show=suppressed")
	p.sees("suppressed in review")
	p.presses(`form[action="/review/suppress"] button`)
	p.opens("/review?show=second")
	p.presses(".decide button[value=accept]")
}

// reveals values of a field, with a reason.
func (p *plain) reveals() {
	p.opens("/search?q=category:contact.email%20conf:%3E0.9%20source:shop")
	p.presses("tbody th a")
	p.does("the form", chromedp.Click(".revealform summary"))
	p.writes("#whyreveal", "are they of machines")
	p.presses(".revealform button")
	p.sees("@", "are they of machines")
}

// imports a file of decisions: the dry run first.
func (p *plain) imports(e *estate) {
	es, err := e.cat.Proposals(p.t.Context(), catalog.Filter{States: []catalog.State{catalog.Proposed}, Limit: 1})
	must(p.t, err)
	file := filepath.Join(p.t.TempDir(), "decisions.csv")
	must(p.t, os.WriteFile(file, []byte("field,verdict,reason\n\""+es[0].Ref.String()+"\",reject,none of ours\n"), 0o600))
	p.opens("/import")
	p.does("a file", chromedp.SetUploadFiles("#file", []string{file}))
	p.presses(`form[enctype] button`)
	p.sees("dry run")
	if entry(p.t, e, es[0].Ref).Decision != nil {
		p.t.Error("a dry run decides")
	}
	p.presses(`form[action="/import"]:not([enctype]) button`)
	if d := entry(p.t, e, es[0].Ref).Decision; d == nil || d.Reason != "none of ours" {
		p.t.Errorf("the file decides %+v", d)
	}
}

// watches asks for a scan, makes a schedule and puts an alert off.
func (p *plain) watches(e *estate) {
	p.opens("/source/scan?at=shop")
	p.presses(`form[method=post][action="/source/scan"] button`)
	p.sees("waiting", "Look again")
	p.presses(`form[action$="/cancel"] button`)
	p.sees("cancelled")
	p.opens("/schedules")
	p.writes("#name", "nightly")
	p.writes("#cron", "15 2 * * *")
	p.presses(`form.box button`)
	p.sees("nightly", "Next times")
	all, _, err := e.cat.AlertsBy(p.t.Context(), catalog.AlertFilter{})
	must(p.t, err)
	p.opens("/alerts")
	p.does("an alert", chromedp.Click("tbody input[type=checkbox]"))
	p.writes("#reason", "after the migration")
	p.leads("Enter behind a reason", chromedp.SendKeys("#reason", "\r"))
	left, _, err := e.cat.AlertsBy(p.t.Context(), catalog.AlertFilter{})
	must(p.t, err)
	if len(left) >= len(all) {
		p.t.Errorf("%d alerts of %d are shown", len(left), len(all))
	}
}

// carriesOut takes a request in, plans it, answers what is asked, has it approved by another, and carries it out.
func (p *plain) carriesOut(e *estate, svc *requests.Service) {
	who := e.people.Truth.Subjects[e.people.Walk].Start
	p.leaves()
	p.enters("olga")
	p.opens("/requests/new")
	p.does("the kind", chromedp.SetValue("#kind1", who.Category))
	p.writes("#value1", who.Value)
	p.presses("form.box button:not([type=button])")
	all, err := svc.List(p.t.Context(), false)
	must(p.t, err)
	id := all[0].ID
	p.writes("#how", "a code by mail")
	p.presses(`form[action$="/identify"] button`)
	p.presses(`form[action$="/plan"] button`)
	for range 60 {
		r, err := svc.Show(p.t.Context(), id)
		must(p.t, err)
		s, err := e.engine.Show(p.t.Context(), r.Plan)
		must(p.t, err)
		open := opened(s)
		if open == "" {
			break
		}
		p.opens("/plans/" + s.ID)
		form := `form.answer:has(input[value="` + open + `"]) `
		p.does("why", chromedp.SendKeys(form+"input[name=reason]", "looked at by hand"))
		p.presses(form + "button[value=accept]")
	}
	p.leaves()
	p.enters("alma")
	p.opens("/requests/" + id)
	p.presses(`form[action$="/approve"] button`)
	p.leaves()
	p.enters("olga")
	p.opens("/requests/" + id)
	p.presses(`form[action$="/run"] button`)
	r, err := svc.Show(p.t.Context(), id)
	must(p.t, err)
	if r.State != requests.Closed {
		p.t.Errorf("it is %s: %s", r.State, r.Reason)
	}
	p.opens("/plans/" + r.Plan)
	p.sees("The signature verifies")
}
