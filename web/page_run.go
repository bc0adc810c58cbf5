package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
)

func (s *Server) runRoutes() {
	s.get("/scans/:id", accounts.ReadCatalog, s.run)
	s.get("/scans/:id/datasets.csv", accounts.ReadCatalog, s.runCSV)
	s.get("/scans/:id/events", accounts.ReadCatalog, s.runEvents)
	if s.svc.Watch == nil {
		return
	}
	s.post("/scans/:id/pause", accounts.ManageScans, s.onRun(s.svc.Watch.Pause))
	s.post("/scans/:id/resume", accounts.ManageScans, s.onRun(s.svc.Watch.Resume))
	s.post("/scans/:id/cancel", accounts.ManageScans, s.onRun(s.svc.Watch.Cancel))
	s.post("/scans/:id/retry", accounts.ManageScans, s.retryRun)
}

// runView is what the page of one run is given.
type runView struct {
	runRow
	Items   []catalog.Item
	Only    string // state of the datasets that are shown; "" for all
	Next    string
	Slowest []catalog.Item
	Failed  []catalog.Item // the first ones
	Others  []catalog.Run  // with which it can be compared
	Works   bool
}

// runRows is how many datasets a page shows.
const runRows = 100

func (s *Server) run(c *gin.Context) {
	v, err := s.runView(c.Request.Context(), c.Param("id"), c.Query("state"), c.Query("after"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "run", view{Title: "Scan of " + v.Source, Nav: "scans", Crumbs: []link{{"Scans", "/scans"}}, Body: v, Module: "live.js",
		Twins: []link{{"JSON", apiRoot + "/runs/" + v.ID}, {"CSV", "/scans/" + v.ID + "/datasets.csv"}}})
}

func (s *Server) runView(ctx context.Context, id, state, after string) (v runView, err error) {
	r, err := s.svc.Catalog.Run(ctx, id)
	if err != nil {
		return v, err
	}
	v.runRow, v.Only, v.Works = rowOfRun(*r), state, s.svc.Watch != nil
	if v.Items, err = s.svc.Catalog.Items(ctx, id, catalog.ItemFilter{State: state, After: after, Limit: runRows + 1}); err != nil {
		return v, err
	}
	if len(v.Items) > runRows {
		v.Items = v.Items[:runRows]
		v.Next = "/scans/" + id + "?" + url.Values{"state": {state}, "after": {v.Items[runRows-1].Dataset}}.Encode()
	}
	if v.Failed, err = s.svc.Catalog.Items(ctx, id, catalog.ItemFilter{State: "gap", Limit: runRows}); err != nil {
		return v, err
	}
	if v.Slowest, err = s.svc.Catalog.Slowest(ctx, id, 5); err != nil {
		return v, err
	}
	others, err := s.svc.Catalog.Runs(ctx, r.Source, 30)
	for _, o := range others {
		if o.ID != id {
			v.Others = append(v.Others, o)
		}
	}
	return v, err
}

func (s *Server) runCSV(c *gin.Context) {
	ctx := c.Request.Context()
	r, err := s.svc.Catalog.Run(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	items, err := s.svc.Catalog.Items(ctx, r.ID, catalog.ItemFilter{})
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "scan", "source", "dataset", "state", "records", "bytes", "milliseconds", "fields", "gaps")
	for _, it := range items {
		gaps := ""
		for _, g := range it.Gaps {
			gaps += g.Code + " "
		}
		w.row(r.Source, it.Dataset, it.State, count(it.Records), count(it.Bytes), count(it.Micros/1000), count(int64(len(it.Fields))), gaps)
	}
	w.end()
}

// runEvents tells when a run has moved, or any of them where it is asked for all.
func (s *Server) runEvents(c *gin.Context) {
	id := c.Param("id")
	if id == "all" {
		s.scanEvents(c)
		return
	}
	if _, err := s.svc.Catalog.Run(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	s.stream(c, func(ctx context.Context) (string, bool, error) {
		r, err := s.svc.Catalog.Run(ctx, id)
		if err != nil {
			return "", true, err
		}
		return runState(r), r.State == catalog.RunEnded, nil
	})
}

// onRun does something to a run, and goes back to where it was asked for.
func (s *Server) onRun(do func(ctx context.Context, by, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.Param("id")
		s.back(c, do(c.Request.Context(), by(c).Name, id), orElse(local(c.PostForm("back")), "/scans/"+url.PathEscape(id)))
	}
}

func (s *Server) retryRun(c *gin.Context) {
	r, err := s.svc.Watch.Retry(c.Request.Context(), by(c).Name, c.Param("id"))
	s.back(c, err, "/scans/"+r.ID)
}

// scopeOf reads the patterns of a form or of an address.
func scopeOf(include, exclude, full, again string) (in catalog.Scope, err error) {
	in = catalog.Scope{Include: lines(include), Exclude: lines(exclude), Full: full == "1", Again: again == "1"}
	if len(in.Include)+len(in.Exclude) > 100 || len(include)+len(exclude) > 10_000 {
		return in, errkind.Coded(errkind.Invalid, "too-much", "at most 100 patterns")
	}
	return in, nil
}
