package web_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
)

// TestReviewByKeyboard decides in a browser with letters alone: accept, reject with a digit, defer, undo, a whole group; and meets another steward.
func TestReviewByKeyboard(t *testing.T) {
	ctx := browser(t)
	e := demo(t)
	c := staffed(t, e, nil)
	c.as(e.staff, "dana", accounts.Steward)
	olga := c.as(e.staff, "olga", accounts.Steward)
	said := &complaints{}
	said.listen(ctx)
	run := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/sign-in?back=/review")))
	run("sign in", chromedp.Do(ctx, chromedp.SendKeys("#name", "dana")))
	run("sign in", chromedp.Do(ctx, chromedp.SendKeys("#password", word+"\r")))
	ready := func() {
		run("the script begins", chromedp.Do(ctx, chromedp.WaitVisible(`html[data-review=ready] #pane`)))
	}
	ready()
	press := func(keys string) { t.Helper(); run("press "+keys, chromedp.Do(ctx, chromedp.KeyEvent(keys))) }
	decisions := func() []catalog.Decision {
		all, err := e.cat.Decisions(t.Context(), catalog.Query{By: "dana"})
		must(t, err)
		return all
	}
	await := func(n int) {
		t.Helper()
		for limit := time.NewTimer(5 * time.Minute); ; {
			if all := decisions(); len(all) == n {
				return
			}
			select {
			case <-limit.C:
				t.Fatalf("there are %d decisions, want %d; the browser says %v", len(decisions()), n, said.take())
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	groups, err := e.cat.Groups(t.Context(), catalog.GroupFilter{})
	must(t, err)
	big := groups[0]
	for _, g := range groups {
		if g.Fields > big.Fields {
			big = g
		}
	}
	if big.Fields < 5 {
		t.Fatalf("the largest group has %d fields", big.Fields)
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/review?group="+big.ID)))
	ready()
	verdicts := []pii.Verdict{pii.Accept, pii.Reject, pii.Defer}
	for i, keys := range []string{"a", "r1", "d"} {
		for _, k := range keys {
			press(string(k))
		}
		await(i + 1)
		if !slices.ContainsFunc(decisions(), func(d catalog.Decision) bool { return d.Verdict == verdicts[i] }) {
			t.Errorf("%s made no %s", keys, verdicts[i])
		}
	}
	press("u")
	await(2)
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/review?group="+big.ID)))
	ready()
	ref, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#fields > .on").dataset.at`))
	must(t, err)
	form := olga.get(at("/field", parse(t, ref)))
	if a := olga.post("/field/decide", "at", ref, "seen", hidden(form.body, "seen"), "verdict", "reject", "reason", "not hers"); a.status != 303 {
		t.Fatalf("olga is answered with %d", a.status)
	}
	press("a")
	run("a conflict is said", chromedp.Do(ctx, chromedp.WaitVisible(`#undo [role=alert]`)))
	if got := entry(t, e, parse(t, ref)); got.Decision.By != "olga" {
		t.Errorf("dana has decided over olga")
	}
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(shots(t), "review-conflict.png"), picture.Data, 0o644))
	for _, s := range said.take() {
		if !strings.Contains(s, "409") {
			t.Errorf("the browser says: %s", s)
		}
	}
}

func parse(t testing.TB, text string) pii.Ref {
	t.Helper()
	ref, err := pii.ParseRef(text)
	must(t, err)
	return ref
}
