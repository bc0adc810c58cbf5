package web_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"vestige/internal/testenv"
)

// narrow is how wide a window of 1280 pixels is to a page that is shown four times as large (WCAG 1.4.10).
const narrow = 320

// fault is what axe says against a page.
type fault struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Where []string `json:"where"`
}

// axed gives the call of axe for WCAG 2.2 AA; in the dark it is asked about colours alone, on the pages that have them all.
func axed(look, name string) string {
	rules := `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}`
	switch {
	case look == "dark" && slices.Contains([]string{"home", "browse", "dataset", "field", "review", "plan", "components"}, name):
		rules = `{type: "rule", values: ["color-contrast"]}`
	case look != "light":
		return ""
	}
	return `axe.run(document, {runOnly: ` + rules + `, resultTypes: ["violations"]}).then(r =>
	r.violations.map(v => ({id: v.id, help: v.help, where: v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + (n.any[0] ? n.any[0].message : ""))})))`
}

// looks opens each address in light and in dark, and so narrow as a page is at 400 %: nothing may be refused by the policy, missing or asked of
// another host, nothing may be wider than the window, and axe may find nothing. SHOTS keeps pictures.
func looks(ctx context.Context, t *testing.T, c *client, paths map[string]string) {
	t.Helper()
	said := &complaints{}
	said.listen(ctx)
	away := abroad(ctx, c.srv.URL)
	axe := testenv.Axe(t)
	dir := os.Getenv("SHOTS")
	if dir != "" {
		must(t, os.MkdirAll(dir, 0o755))
	}
	for name, path := range paths {
		resp, err := chromedp.Run(ctx, chromedp.NavigateResponse(c.srv.URL+path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if resp.Status != 200 && !strings.HasPrefix(name, "error") {
			t.Errorf("%s answers %d", path, resp.Status)
		}
		_, err = chromedp.Run(ctx, chromedp.Evaluate[int](axe+";0"))
		must(t, err)
		for _, look := range []struct {
			name, scheme string
			width        int64
		}{{"light", "light", 1360}, {"dark", "dark", 1360}, {"narrow", "light", 390}, {"zoomed", "light", narrow}} {
			appear(ctx, t, look.scheme, look.width)
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - window.innerWidth`))
			must(t, err)
			if wide > 1 {
				t.Errorf("%s is %d pixels wider than a window of %d", path, wide, look.width)
			}
			if run := axed(look.name, name); run != "" {
				faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]fault](run, chromedp.EvalAwaitPromise))
				must(t, err)
				for _, f := range faults {
					t.Errorf("%s in %s: %s: %s, at %s", path, look.name, f.ID, f.Help, strings.Join(f.Where, "; "))
				}
			}
			if file := pictured[name+"-"+look.name]; *update && file != "" {
				forDocs(ctx, t, filepath.Join("..", "docs", "img", file+".png"))
			}
			if dir != "" && look.name != "zoomed" {
				shot(ctx, t, filepath.Join(dir, name+"-"+look.name+".png"))
			}
		}
		for _, s := range said.take() {
			if !strings.HasPrefix(name, "error") {
				t.Errorf("%s: the browser says: %s", path, s)
			}
		}
		for _, s := range away.take() {
			t.Errorf("%s: the browser asks %s", path, s)
		}
	}
}

// appear sets the window and the scheme of colours.
func appear(ctx context.Context, t *testing.T, scheme string, width int64) {
	t.Helper()
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	must(t, err)
}

// abroad gathers what the browser asks of another host than ours.
func abroad(ctx context.Context, ours string) *complaints {
	out := &complaints{}
	asked := chromedp.Events(ctx, network.RequestWillBeSent)
	go func() {
		for e, err := range asked {
			if err != nil {
				return
			}
			if u := e.Request.URL; !strings.HasPrefix(u, ours) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") {
				out.add(u)
			}
		}
	}()
	return out
}

// shot takes a picture of what the browser shows.
func shot(ctx context.Context, t testing.TB, file string) {
	t.Helper()
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	must(t, err)
	must(t, os.WriteFile(file, picture.Data, 0o644))
}
