package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/classifiers/all"
	"vestige/internal/app"
	"vestige/internal/clock"
	"vestige/pii"
	"vestige/web"
)

// Who asks at once, and how often each of them.
const (
	viewers = 20
	asks    = 5
)

// walk goes over every address of a server.
type walk struct {
	Dir      string
	Datasets int
	Only     string // addresses that hold one of these, separated by commas

	a    *app.App
	srv  *web.Server
	some map[string]string // examples by name
	turn int
}

// run is what the process of its own does.
func (w *walk) run(ctx context.Context) (out outcome, err error) {
	if w.a, err = openEstate(ctx, w.Dir); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, w.a.Close()) }()
	var roles []accounts.Role
	for _, r := range accounts.Roles() {
		roles = append(roles, r.Role)
	}
	if w.srv, err = web.New(web.Config{Log: quiet(), Anonymous: roles}, web.Services{Catalog: w.a.Catalog, DB: w.a.DB, Audit: w.a.Audit, Accounts: w.a.Accounts, Plans: w.a.Engine, Requests: w.a.Requests,
		Watch: w.a.Watch, Connectors: app.Specs(), Base: w.a.Config.Base, Classifiers: all.All()}); err != nil {
		return out, err
	}
	if err := w.examples(ctx); err != nil {
		return out, err
	}
	todo, err := w.addresses()
	if err != nil {
		return out, err
	}
	for _, p := range todo {
		if !slices.ContainsFunc(strings.Split(w.Only, ","), func(part string) bool { return p.Path == part || part != "/" && strings.Contains(p.Path, part) }) {
			continue
		}
		if err := w.measure(ctx, &p); err != nil {
			return out, fmt.Errorf("%s: %w", p.Path, err)
		}
		out.Pages = append(out.Pages, p)
		fmt.Fprintf(os.Stderr, "  %s: first %.0f ms, alone %.1f, processor %.1f, p99 %.0f\n", clipped(p.Path), p.First, p.Alone, p.CPU, p.P99)
	}
	if w.Only == "" {
		p := asked{Kind: changeKind, Path: "PUT /api/v1/field/decision"}
		err = w.decisions(ctx, &p)
		out.Pages = append(out.Pages, p)
	}
	out.Static = w.static(ctx)
	return out, err
}

// examples finds something for each parameter of an address.
func (w *walk) examples(ctx context.Context) error {
	sets, _, _, err := w.a.Catalog.Sets(ctx, catalog.SetFilter{Source: "source7", Limit: 100})
	if err != nil {
		return err
	}
	set := sets[50].Ref
	es, err := w.a.Catalog.Proposals(ctx, catalog.Filter{Source: set.Source, Dataset: set.Dataset})
	if err != nil {
		return err
	}
	groups, err := w.a.Catalog.Groups(ctx, catalog.GroupFilter{})
	if err != nil {
		return err
	}
	runs, err := w.a.Catalog.Runs(ctx, "source7", 1)
	if err != nil {
		return err
	}
	refs, err := w.a.Catalog.References(ctx, set)
	if err != nil || len(groups) == 0 || len(runs) == 0 || len(refs) == 0 || len(es) == 0 {
		return errors.Join(err, errors.New("the estate lacks groups, runs or references"))
	}
	w.some = map[string]string{"set": set.String(), "field": es[3].Ref.String(), "group": groups[0].ID, "small": groups[len(groups)/2].ID, "run": runs[0].ID, "edge": refs[0].ID,
		"hub": pii.Ref{Source: "source0", Dataset: far}.String()}
	return nil
}

// wanted says how the routes are asked for. Of a name in braces an example is put in; a route that is not here is asked for as it stands.
func wanted() map[string][]string {
	api := "/api/v1"
	return map[string][]string{
		"/browse": {"/browse", "/browse?source=source7", "/browse?source=source7&name=customer", "/browse?name=customer_1"}, "/source": {"/source?at=source7"},
		"/dataset": {"/dataset?at={set}", "/dataset?at={hub}"}, "/dataset.csv": {"/dataset.csv?at={set}"}, "/field": {"/field?at={field}"},
		"/search":  {"/search?q=is:pii category:contact", "/search?q=customer", "/search", "/search?q=is:unmapped conf:>0.9 -source:source3"},
		"/lineage": {"/lineage", "/lineage?show=all", "/lineage?at={set}&hops=3", "/lineage?at={hub}&hops=2"}, "/lineage.csv": {"/lineage.csv?at={set}"}, "/lineage.svg": {"/lineage.svg?at={set}&hops=2"},
		"/lineage/path": {"/lineage/path?from=contact.email&to={set}", "/lineage/path?from={field}&to={hub}"}, "/reference": {"/reference?id={edge}"},
		"/review": {"/review", "/review?group={small}", "/review?source=source7", "/review?show=deferred"}, "/review/evidence": {"/review/evidence?at={field}"},
		"/review/group": {"/review/group?group={group}&verdict=accept"}, "/scans/compare": nil, "/scans/compare.csv": nil, "/scans/:id": {"/scans/{run}"},
		"/scans/:id/datasets.csv": {"/scans/{run}/datasets.csv"}, "/alerts": {"/alerts", "/alerts?code=unmapped"},
		"/search.csv": {"/search.csv?q=category:contact.city source:source7 field:customer"}, "/browse.csv": {"/browse.csv?source=source7"}, "/import": {"/import"},
		api + "/datasets": {api + "/datasets", api + "/datasets?source=source7&limit=500"}, api + "/dataset": {api + "/dataset?at={set}"}, api + "/field": {api + "/field?at={field}"},
		api + "/fields": {api + "/fields?q=source:source7 category:contact.email field:mail conf:>0.8 customer", api + "/fields?q=is:pii", api + "/fields?facets=1&q=is:pii", api + "/fields?q=customer",
			api + "/fields?facets=1&q=is:pii customer", api + "/fields?q=category:contact OR type:text", api + "/fields?q=name:customer_ma* source:source7", api + "/fields?q=-is:pii&facets=1",
			api + "/fields?q=is:dataset is:pii", api + "/fields?q=custmer",
			api + "/fields?q=owner:7 is:pii"},
		api + "/lineage": {api + "/lineage?at={set}&hops=2", api + "/lineage"}, api + "/lineage/path": {api + "/lineage/path?from=contact.email&to={set}"}, api + "/reference": {api + "/reference?id={edge}"},
		api + "/runs/:id": {api + "/runs/{run}"}, api + "/runs/compare": nil, api + "/scope": {api + "/scope?source=source7&include=customer_*"},
	}
}

// nobody lists routes that are not asked for: of what an estate without requests, plans, accounts and sources that are read does not have, files, streams that do not end, and what sends elsewhere.
var nobody = regexp.MustCompile(`/static/|^/account|^/source/scan|/look|/columns|/events$|/welcome/|/people/:id|/plans/:id|/requests/:id|/deliveries/:id|/schedules/:name|^/local|/sign-in`)

// addresses goes through the table of routes, so that none is forgotten.
func (w *walk) addresses() (out []asked, err error) {
	want := wanted()
	for _, r := range w.srv.Routes() {
		if r.Method != http.MethodGet || nobody.MatchString(r.Path) {
			continue
		}
		paths, ok := want[r.Path]
		if !ok {
			paths = []string{r.Path}
		}
		for _, p := range paths {
			if strings.Contains(p, ":id") || strings.Contains(p, ":name") {
				return nil, fmt.Errorf("nobody says what %s is asked for", p)
			}
			out = append(out, asked{Kind: kindOf(p), Path: w.fill(p)})
		}
	}
	return out, nil
}

// kindOf says what is wanted of an address: a CSV or an export of the whole estate has to come, and is not waited for by somebody at a page.
func kindOf(path string) kind {
	switch {
	case strings.Contains(path, ".csv") || strings.HasPrefix(path, "/export/"):
		return wholeKind
	case strings.HasPrefix(path, "/api/v1/fields"):
		return searchKind
	case strings.HasPrefix(path, "/api/"):
		return callKind
	}
	return pageKind
}

// fill puts examples in, and writes what is asked as addresses are.
func (w *walk) fill(path string) string {
	for name, v := range w.some {
		path = strings.ReplaceAll(path, "{"+name+"}", url.QueryEscape(v))
	}
	return strings.ReplaceAll(path, " ", "%20")
}

func (w *walk) measure(ctx context.Context, p *asked) error {
	if err := w.decide(ctx, nil); err != nil { // what is kept of the revision before is of no use now
		return err
	}
	one := func() (ms float64) {
		ms, p.Wire, p.Status = w.ask(ctx, http.MethodGet, p.Path, nil)
		return ms
	}
	p.First = one()
	p.Plain = w.plainSize(ctx, p.Path)
	if p.Kind == wholeKind || p.Status != http.StatusOK {
		return nil
	}
	var alone []float64
	for range 5 {
		alone = append(alone, one())
	}
	p.Alone = median(alone)
	w.many(ctx, p)
	return nil
}

// many asks by all at once.
func (w *walk) many(ctx context.Context, p *asked) {
	var mu sync.Mutex
	var took []float64
	var everybody sync.WaitGroup
	before := processor()
	for range viewers {
		everybody.Go(func() {
			for range asks {
				ms, _, _ := w.ask(ctx, http.MethodGet, p.Path, nil)
				mu.Lock()
				took = append(took, ms)
				mu.Unlock()
			}
		})
	}
	everybody.Wait()
	p.CPU = float64((processor() - before).Microseconds()) / 1000 / float64(len(took))
	slices.Sort(took)
	p.P50, p.P99 = took[len(took)/2], took[len(took)*99/100]
}

// sink is who gets an answer, and keeps nothing but its size.
type sink struct {
	header http.Header
	status int
	n      int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(code int) {
	if s.status == 0 {
		s.status = code
	}
}
func (s *sink) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	s.n += len(b)
	return len(b), nil
}

// ask asks as a browser does, and gives how long it took in milliseconds, the size as it is sent, and the status.
func (w *walk) ask(ctx context.Context, method, path string, change func(*http.Request)) (ms float64, size, status int) {
	req := httptest.NewRequestWithContext(ctx, method, path, nil)
	req.Host = "localhost"
	req.Header.Set("Accept-Encoding", "gzip")
	if change != nil {
		change(req)
	}
	to := &sink{header: http.Header{}}
	start := clock.Now()
	w.srv.Handler().ServeHTTP(to, req)
	return float64(clock.Since(start).Microseconds()) / 1000, to.n, to.status
}

func (w *walk) plainSize(ctx context.Context, path string) int {
	_, n, _ := w.ask(ctx, http.MethodGet, path, func(r *http.Request) { r.Header.Del("Accept-Encoding") })
	return n
}

// decide has one field decided, another one each time, by the API.
func (w *walk) decide(ctx context.Context, took *[]float64) error {
	w.turn++
	es, err := w.a.Catalog.Proposals(ctx, catalog.Filter{Source: "source7", States: []catalog.State{catalog.Proposed}, Limit: w.turn})
	if err != nil || len(es) == 0 {
		return errors.Join(err, errors.New("nothing is left to decide"))
	}
	at := es[len(es)-1].Ref.String()
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/field?at="+url.QueryEscape(at), nil)
	req.Host = "localhost"
	rec := httptest.NewRecorder()
	w.srv.Handler().ServeHTTP(rec, req)
	put := httptest.NewRequestWithContext(ctx, http.MethodPut, "/api/v1/field/decision?at="+url.QueryEscape(at), strings.NewReader(`{"verdict":"defer","reason":"later"}`))
	put.Host = "localhost"
	put.Header.Set("If-Match", rec.Header().Get("ETag"))
	put.Header.Set("Content-Type", "application/json")
	to := &sink{header: http.Header{}}
	start := clock.Now()
	w.srv.Handler().ServeHTTP(to, put)
	if to.status != http.StatusOK {
		return fmt.Errorf("a decision is answered by %d", to.status)
	}
	if took != nil {
		*took = append(*took, float64(clock.Since(start).Microseconds())/1000)
	}
	return nil
}

// decisions measures decisions one after another, as one person makes them.
func (w *walk) decisions(ctx context.Context, p *asked) error {
	var took []float64
	before := processor()
	for range 40 {
		if err := w.decide(ctx, &took); err != nil {
			return err
		}
	}
	p.CPU, p.First = float64((processor()-before).Microseconds())/1000/40, took[0]
	slices.Sort(took)
	p.Alone, p.P50, p.P99 = took[20], took[20], took[39]
	return nil
}

// static gives the size of the styles and scripts of the first page, as they are sent.
func (w *walk) static(ctx context.Context) (sum int) {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	req.Host = "localhost"
	rec := httptest.NewRecorder()
	w.srv.Handler().ServeHTTP(rec, req)
	seen := map[string]bool{}
	for _, at := range regexp.MustCompile(`/static/[^"#]+`).FindAllString(rec.Body.String(), -1) {
		if !seen[at] {
			seen[at] = true
			_, n, _ := w.ask(ctx, http.MethodGet, at, nil)
			sum += n
		}
	}
	return sum
}

// anonymous is the memory of this process that is no file's, in megabytes.
func anonymous() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	if f := strings.Fields(rest); len(f) > 0 {
		kb, _ := strconv.ParseFloat(f[0], 64)
		return kb / 1000
	}
	return 0
}

// follow keeps the most memory that was ever seen, until the context ends.
func follow(ctx context.Context) (most float64) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		most = max(most, anonymous())
		select {
		case <-ctx.Done():
			return most
		case <-tick.C:
		}
	}
}
