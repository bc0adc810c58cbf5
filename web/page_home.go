package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
	"vestige/plans"
	"vestige/requests"
)

func (s *Server) homeRoutes() { s.get("/", accounts.ReadCatalog, s.home) }

// home is what its page is given.
type home struct {
	Sources  []catalog.SourceInfo
	Total    catalog.Counts
	Examined int64
	Parts    []segment
	Unmapped int64
	Special  int64 // of article 9
	Alerts   []catalog.Alert
	Open     int
	Runs     []catalog.Run
	Map      heat
	Plans    []*plans.Status
	Tasks    []task
}

// task is something that waits for the one who looks, with where it is done.
type task struct {
	Text, Href string
	Count      int64
	Hot        bool
}

// tasks gives what waits for somebody, by her rights: the first of her day first.
func (s *Server) tasks(ctx context.Context, a accounts.Actor, h home) (out []task, err error) {
	if s.svc.DB != nil && a.May(accounts.Decide) && h.Unmapped > 0 {
		out = append(out, task{"Start review", "/review", h.Total.Proposed + h.Total.Deferred, false})
	}
	if s.svc.Requests != nil && a.May(accounts.ReadRequests) {
		all, err := s.svc.Requests.List(ctx, false)
		if err != nil {
			return nil, err
		}
		out = append(out, requestTasks(a, all)...)
	}
	if a.May(accounts.HandleAlerts) && h.Open > 0 {
		out = append(out, task{"Look at alerts", "/alerts", int64(h.Open), false})
	}
	if s.svc.Accounts != nil && a.May(accounts.ManageAccounts) && len(h.Sources) == 0 {
		out = append(out, task{"Connect the first source", "/sources/new", 0, true})
	}
	if i := slices.IndexFunc(h.Sources, func(x catalog.SourceInfo) bool { return x.Scanned == 0 }); i >= 0 && s.svc.Watch != nil && a.May(accounts.ManageScans) {
		out = append(out, task{"Scan " + h.Sources[i].Name + " for the first time", at(pii.Ref{Source: h.Sources[i].Name}), 0, false})
	}
	return out, nil
}

func requestTasks(a accounts.Actor, all []*requests.Request) (out []task) {
	var due, wait int64
	for _, r := range all {
		if sign := r.Sign(); sign == requests.Late || sign == requests.Soon {
			due++
		}
		if r.State == requests.Planned {
			wait++
		}
	}
	if due > 0 && a.May(accounts.WorkRequests) {
		out = append(out, task{"Requests due within three days", "/requests", due, true})
	}
	if wait > 0 && a.May(accounts.Approve) {
		out = append(out, task{"Plans that wait for approval", "/requests", wait, false})
	}
	return out
}

func (s *Server) home(c *gin.Context) {
	h, err := s.homeView(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	if h.Tasks, err = s.tasks(c.Request.Context(), by(c), h); err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "home", view{Title: "Overview", Nav: "home", Body: h, Twins: []link{{"JSON", "/api/v1/sources"}, {"CSV", "/sources.csv"}}})
}

func (s *Server) homeView(ctx context.Context) (h home, err error) {
	if h.Sources, err = s.svc.Catalog.Sources(ctx); err != nil {
		return h, err
	}
	h.Total = total(h.Sources)
	h.Examined = h.Total.Fields - h.Total.Unexamined
	h.Parts = segments(h.Total)
	if h.Alerts, h.Open, err = s.openAlerts(ctx, "", 6); err != nil {
		return h, err
	}
	if h.Runs, err = s.svc.Catalog.Runs(ctx, "", 6); err != nil {
		return h, err
	}
	h.Unmapped = h.Total.Proposed + h.Total.Deferred
	if h.Special, err = s.count(ctx, "is:pii article9:true"); err != nil {
		return h, err
	}
	if h.Map, err = s.heat(ctx, h.Sources); err != nil {
		return h, err
	}
	if s.svc.Plans != nil {
		if h.Plans, err = s.svc.Plans.Plans(ctx, ""); err != nil {
			return h, err
		}
		h.Plans = h.Plans[:min(5, len(h.Plans))]
	}
	return h, nil
}

// openAlerts gives the latest open alerts of a source, or of all, and how many there are.
func (s *Server) openAlerts(ctx context.Context, source string, limit int) (out []catalog.Alert, all int, err error) {
	f := catalog.AlertFilter{Source: source, Limit: limit}
	if out, _, err = s.svc.Catalog.AlertsBy(ctx, f); err != nil {
		return nil, 0, err
	}
	codes, err := s.svc.Catalog.AlertCodes(ctx, catalog.AlertFilter{Source: source})
	for _, k := range codes {
		all += int(k.Count)
	}
	return out, all, err
}

// count tells how many fields a query finds.
func (s *Server) count(ctx context.Context, query string) (int64, error) {
	r, err := s.svc.Catalog.Facets(ctx, query)
	return r.Total, err
}

func total(ss []catalog.SourceInfo) (t catalog.Counts) {
	for _, x := range ss {
		t.Datasets, t.Fields, t.PII = t.Datasets+x.Datasets, t.Fields+x.Fields, t.PII+x.PII
		t.Proposed, t.Deferred, t.Accepted = t.Proposed+x.Proposed, t.Deferred+x.Deferred, t.Accepted+x.Accepted
		t.Rejected, t.Clean, t.Unexamined, t.Gone = t.Rejected+x.Rejected, t.Clean+x.Clean, t.Unexamined+x.Unexamined, t.Gone+x.Gone
	}
	return t
}

// segment is one part of a stacked bar, in thousandths of its width.
type segment struct {
	State catalog.State
	Count int64
	X, W  float64
}

// segments divides a bar by state; what is there can be seen, however little it is.
func segments(n catalog.Counts) (out []segment) {
	if n.Fields == 0 {
		return nil
	}
	x := 0.0
	for _, p := range []struct {
		state catalog.State
		n     int64
	}{{catalog.Accepted, n.Accepted}, {catalog.Proposed, n.Proposed}, {catalog.Deferred, n.Deferred}, {catalog.Unexamined, n.Unexamined}, {catalog.Rejected, n.Rejected}, {catalog.Clean, n.Clean}} {
		if p.n == 0 {
			continue
		}
		w := float64(p.n) / float64(n.Fields) * 1000
		out = append(out, segment{p.state, p.n, x, w})
		x += w
	}
	return out
}

// heat says how many fields of which kind of personal data each source has.
type heat struct {
	Heads []string
	Rows  []heatRow
}

type heatRow struct {
	Source string
	Cells  []heatCell
}

// heatCell is one number; Level, 0 to 5, is how dark it is.
type heatCell struct {
	Query string
	Count int64
	Level int
}

// heatSources is how many sources the map shows.
const heatSources = 12

func (s *Server) heat(ctx context.Context, sources []catalog.SourceInfo) (h heat, err error) {
	all, err := s.svc.Catalog.Kinds(ctx)
	if err != nil {
		return h, err
	}
	counts, most := map[string]map[string]int64{}, int64(1)
	for _, src := range sources[:min(len(sources), heatSources)] {
		counts[src.Name] = map[string]int64{}
	}
	for _, x := range all {
		head, _, nested := strings.Cut(string(x.Category), ".")
		if counts[x.Source] == nil || !nested {
			continue
		}
		counts[x.Source][head] += x.Fields
		most = max(most, counts[x.Source][head])
		if !slices.Contains(h.Heads, head) {
			h.Heads = append(h.Heads, head)
		}
	}
	slices.Sort(h.Heads)
	for _, src := range sources[:min(len(sources), heatSources)] {
		row := heatRow{Source: src.Name}
		for _, head := range h.Heads {
			n := counts[src.Name][head]
			cell := heatCell{Query: "is:pii category:" + head + " source:" + quote(src.Name), Count: n}
			if n > 0 {
				cell.Level = 1 + int(4*n/most)
			}
			row.Cells = append(row.Cells, cell)
		}
		h.Rows = append(h.Rows, row)
	}
	return h, nil
}
