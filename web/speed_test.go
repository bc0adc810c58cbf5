package web_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/db"
)

// TestManyByKeyboard decides field after field by letters alone, as a steward does all day: 500 where VESTIGE_DEEP asks for it. Each letter is pressed
// once, and each makes one decision.
func TestManyByKeyboard(t *testing.T) {
	ctx := browser(t)
	many, deep := 40, os.Getenv("VESTIGE_DEEP") != ""
	if deep {
		many = 500
	}
	e := open(t)
	e.write(func(ctx context.Context, tx db.Tx) error {
		if err := e.cat.PutSource(ctx, tx, "shop", "sqlite"); err != nil {
			return err
		}
		for i := range (many + 9) / 10 {
			var fields []field
			for k := range 10 {
				fields = append(fields, f(fmt.Sprintf("mail_%d", k), "text", "contact.email", .97, "aaaa@aaaa.aaa", .9))
			}
			s := made("shop", fmt.Sprintf("people_%03d", i), 10, nil, .9, fields...)
			if err := e.cat.PutDataset(ctx, tx, s.node, s.proposals); err != nil {
				return err
			}
		}
		return nil
	})
	c := staffed(t, e, nil)
	c.as(e.staff, "dana", accounts.Steward)
	must(t, chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/sign-in?back=/review")))
	must(t, chromedp.Do(ctx, chromedp.SendKeys("#name", "dana")))
	must(t, chromedp.Do(ctx, chromedp.SendKeys("#password", word+"\r")))
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`html[data-review=ready] #pane`)))
	decided := func() int {
		all, err := e.cat.Decisions(t.Context(), catalog.Query{By: "dana"})
		must(t, err)
		return len(all)
	}
	start := now()
	for n := 0; n < many; {
		for range min(20, many-n) {
			must(t, chromedp.Do(ctx, chromedp.KeyEvent("a")))
			n++
		}
		for limit := time.NewTimer(2 * time.Minute); decided() < n; {
			select {
			case <-limit.C:
				t.Fatalf("%d letters made %d decisions", n, decided())
			case <-time.After(20 * time.Millisecond):
			}
		}
		if n < many && n%100 == 0 { // the next fields of the group
			for try := 0; chromedp.Do(ctx, chromedp.Navigate(c.srv.URL+"/review")) != nil; try++ { // the script may be on its way there by itself
				if try == 20 {
					t.Fatal("the queue does not go on")
				}
			}
			must(t, chromedp.Do(ctx, chromedp.WaitVisible(`html[data-review=ready] #pane`)))
		}
	}
	took := now().Sub(start)
	t.Logf("%d decisions in %v: %.0f a minute", many, took.Round(time.Second), float64(many)/took.Minutes())
	if n := decided(); n != many {
		t.Errorf("%d letters made %d decisions", many, n)
	}
	if rate := float64(many) / took.Minutes(); deep && rate < 60 {
		t.Errorf("%.0f decisions a minute", rate)
	}
}
