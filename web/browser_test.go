package web_test

import (
	"context"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/testenv"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/web"
)

// browser starts Chromium for this test alone.
func browser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testenv.Chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1360, 900)))
	return ctx
}

// complaints gathers what the browser says against a page: refused by the policy, not found, thrown.
type complaints struct {
	mu   sync.Mutex
	said []string
}

func (c *complaints) add(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, s)
}

func (c *complaints) take() (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, c.said = c.said, nil
	return out
}

func (c *complaints) listen(ctx context.Context) {
	entries, errors := chromedp.Events(ctx, log.EntryAdded), chromedp.Events(ctx, runtime.ExceptionThrown)
	go func() {
		for e, err := range entries {
			if err != nil {
				return
			}
			c.add(string(e.Entry.Source) + ": " + e.Entry.Text)
		}
	}()
	go func() {
		for _, err := range errors {
			if err != nil {
				return
			}
			c.add("an exception was thrown")
		}
	}()
}

// shots is where pictures go: SHOTS keeps them, to be looked at.
func shots(t *testing.T) string {
	if dir := os.Getenv("SHOTS"); dir != "" {
		must(t, os.MkdirAll(dir, 0o755))
		return dir
	}
	return t.TempDir()
}

// TestPagesInABrowser opens each page of the demo company as one who only looks.
func TestPagesInABrowser(t *testing.T) {
	ctx := browser(t)
	e := demo(t)
	closed, open := e.asked()
	e.decided()
	e.write(func(ctx context.Context, tx db.Tx) error { // so that what is struck out is looked at, too
		return e.cat.Tombstone(ctx, tx, pii.Ref{Source: "crm", Dataset: "gebiete"})
	})
	c := serve(t, e, func(cfg *web.Config, svc *web.Services) {
		svc.Plans, cfg.Notice, cfg.Version = e.engine, "Demo: everybody here is invented", ""
	})
	looks(ctx, t, c, pagesOf(t, e, closed, open))
}

// decided accepts what holds e-mail addresses and names, puts telephones off and rejects a city.
func (e *estate) decided() {
	e.t.Helper()
	all, err := e.cat.Proposals(e.t.Context(), catalog.Filter{States: []catalog.State{catalog.Proposed}})
	must(e.t, err)
	verdicts := map[pii.Category]pii.Decision{
		"contact.email": {Verdict: pii.Accept, Reason: "holds the customers' addresses"}, "identity.name": {Verdict: pii.Accept}, "identity.customer_number": {Verdict: pii.Accept},
		"contact.phone": {Verdict: pii.Defer, Reason: "is it the office's?"}, "contact.city": {Verdict: pii.Reject, Reason: "a city of the warehouse"},
	}
	e.write(func(ctx context.Context, tx db.Tx) error {
		for _, x := range all {
			if d, ok := verdicts[x.Category]; ok {
				d.Field, d.By = x.Ref, "dana"
				if err := e.cat.Decide(ctx, tx, d); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// pagesOf gives an address for each kind of page.
func pagesOf(t *testing.T, e *estate, closed, open *plans.Status) map[string]string {
	g, err := e.cat.Graph(t.Context())
	must(t, err)
	set, field := busiest(g)
	return map[string]string{
		"home": "/", "browse": "/browse", "search": "/search?q=" + url.QueryEscape("is:pii category:contact conf:>0.8"), "search-note": "/search?q=category:email", "source": "/source?at=shop",
		"dataset": "/dataset?at=" + url.QueryEscape(set.String()), "field": "/field?at=" + url.QueryEscape(field.String()),
		"lineage": "/lineage", "lineage-one": "/lineage?hops=2&at=" + url.QueryEscape(set.String()), "alerts": "/alerts", "about": "/about", "plans": "/plans", "reports": "/reports", "path": "/lineage/path?from=contact.email&to=" + url.QueryEscape(far(g, set).String()), "components": "/about/components", "reference": "/reference?id=" + url.QueryEscape(g.Edges[0].ID),
		"plan-closed": "/plans/" + closed.ID, "plan-open": "/plans/" + open.ID, "error": "/nowhere",
	}
}

// busiest gives the dataset to which most others refer, and its first field that holds an e-mail address.
func busiest(g *lineage.Graph) (set, field pii.Ref) {
	most := -1
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, f := range n.Fields {
			if in := len(g.In(n.Dataset.Ref)); f.Category == "contact.email" && f.Dense && in > most {
				most, set, field = in, n.Dataset.Ref, n.Dataset.Ref.In(f.Field.Name)
			}
		}
	}
	return set, field
}

// far gives a dataset without an e-mail address that refers to another one, which refers to set: two steps away.
func far(g *lineage.Graph, set pii.Ref) pii.Ref {
	for _, e := range g.In(set) {
		for _, f := range g.In(e.From) {
			if n := g.Node(f.From); f.From != set && len(n.Fields) > 0 && !slices.ContainsFunc(n.Fields, func(x lineage.FieldNode) bool { return x.Category == "contact.email" }) {
				return f.From
			}
		}
	}
	return set
}
