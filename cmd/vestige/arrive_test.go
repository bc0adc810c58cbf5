package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vestige/catalog"
	"vestige/internal/app"
	"vestige/internal/demo/company"
	"vestige/internal/testenv"
)

// visitor is somebody who has never seen the catalog: she reads what stands on a page, and clicks on it.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

// visit starts Chromium.
func visit(t *testing.T) *visitor {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testenv.Chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-dev-shm-usage", true))
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute) // of the promise that is tested
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	return &visitor{t, ctx}
}

// until does something on the page again and again until it says that it was done.
func (v *visitor) until(what, script string, args ...any) {
	v.t.Helper()
	text, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		v.t.Fatal(err)
	}
	last := ""
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`location.pathname + " " + (document.body?.innerText ?? "")`)); err == nil {
			last = text
		}
		done, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](`((...args) => { `+script+` })(...`+string(text)+`)`))
		if err == nil && done {
			return
		}
		select {
		case <-v.ctx.Done():
			v.t.Fatalf("%s: there is no such thing on the page (%v), which was last: %s", what, err, last)
		case <-tick.C:
		}
	}
}

const visible = `const words = (e) => e.textContent.replace(/\s+/g, " ").trim(), seen = (e) => e.offsetParent !== null;`

// click clicks on a link or a button by its words, or by those it begins with.
func (v *visitor) click(text string) {
	v.t.Helper()
	v.until("click "+text, visible+`const all = [...document.querySelectorAll("a, button")].filter(seen);
		const e = all.find((e) => words(e) === args[0]) ?? all.find((e) => words(e).startsWith(args[0]));
		if (e) e.click(); return !!e;`, text)
}

// write fills in what stands under a label.
func (v *visitor) write(label, text string) {
	v.t.Helper()
	v.until("write into "+label, visible+`const l = [...document.querySelectorAll("label")].find((e) => seen(e) && words(e).startsWith(args[0]));
		const e = l && document.getElementById(l.htmlFor); if (e) e.value = args[1]; return !!e;`, label, text)
}

// reads waits until a text stands on the page.
func (v *visitor) reads(text string) {
	v.t.Helper()
	v.until("read "+text, `return document.body?.innerText.includes(args[0]);`, text)
}

// written is what a command has written so far.
type written struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return w.text.Write(b)
}

// match waits for what fits an expression.
func (w *written) match(t *testing.T, ctx context.Context, re string) string {
	t.Helper()
	for {
		w.mu.Lock()
		found := regexp.MustCompile(re).FindString(w.text.String())
		w.mu.Unlock()
		if found != "" {
			return found
		}
		select {
		case <-w.more:
		case <-ctx.Done():
			t.Fatalf("it never says %s", re)
		}
	}
}

// TestArriving goes from an empty configuration to a first decision, by nothing but what the pages say: an account, a source, a scan, a review. The
// source comes into the configuration file, and the server that wrote it there takes it up.
func TestArriving(t *testing.T) {
	v := visit(t)
	dir := t.TempDir()
	if _, err := company.Generate(t.Context(), dir, company.Options{Seed: 5, People: 24}); err != nil {
		t.Fatal(err)
	}
	if code := run(&call{ctx: t.Context(), in: strings.NewReader(""), out: io.Discard, err: io.Discard, dir: dir, args: []string{"init"}}); code != 0 {
		t.Fatalf("init ended with %d", code)
	}
	file := filepath.Join(dir, "vestige.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.NewReplacer("# listen: 127.0.0.1:7070", "listen: 127.0.0.1:0", "# examples: true", "examples: true").Replace(string(text))
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, ended := &written{more: make(chan struct{}, 1)}, make(chan int, 1)
	go func() {
		ended <- run(&call{ctx: ctx, in: strings.NewReader(""), out: out, err: out, dir: dir, args: []string{"serve"}})
	}()
	t.Cleanup(func() { stop() })
	link := out.match(t, v.ctx, `http://\S+/welcome/\S+`)

	start := time.Now()
	if err := chromedp.Do(v.ctx, chromedp.Navigate(link)); err != nil {
		t.Fatal(err)
	}
	v.write("Name", "ada")
	v.write("Password", "eight dry badgers")
	v.write("The same again", "eight dry badgers")
	v.click("Begin")
	v.click("go on to the overview")
	v.click("Connect the first source")
	v.click("SQLite")
	v.write("Name of the source", "shop")
	v.write("path", company.ShopFile)
	v.click("Test the connection")
	v.reads("The connection works")
	v.click("Add the source")
	v.click("Scan now")
	v.reads("of the source were examined")
	v.click("Review")
	v.click("Accept a")
	v.reads("Undo")
	t.Logf("from the first page to the first decision: %s", time.Since(start).Round(time.Millisecond))

	out.match(t, v.ctx, `read anew: sources: 1`)
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("serve ended with %d: %s", code, out.text.String())
	}
	now, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(now), "sources:\n  shop:\n    type: sqlite\n    path: \""+company.ShopFile+"\"\n#  shop:") || !strings.HasPrefix(string(now), "# Vestige's configuration.") {
		t.Errorf("the configuration is\n%s", now)
	}
	cfg, err := app.LoadConfig(file, app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if ds, err := a.Catalog.Decisions(t.Context(), catalog.Query{}); err != nil || len(ds) != 1 || ds[0].By != "ada" {
		t.Errorf("decided is %v: %v", ds, err)
	}
}
