package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/watch"
)

func (s *Server) scanRoutes() {
	s.get("/scans", accounts.ReadCatalog, s.scans)
	s.get("/scans.csv", accounts.ReadCatalog, s.scansCSV)
}

// scansView is what the page of scans is given.
type scansView struct {
	Open      []runRow
	Ended     []catalog.Run
	Source    string
	Sources   []string
	Next      string
	Schedules []scheduleRow
	Dead      int64 // deliveries that nobody took
	Works     bool  // scans can be asked for here
}

// runRow is a run with how fast it is.
type runRow struct {
	catalog.Run
	Rate watch.Rate
}

// Share gives how much of it is done, in hundredths.
func (r runRow) Share() int64 {
	if r.Rate.Datasets == 0 {
		return 0
	}
	return 100 * r.Progress.Done / r.Rate.Datasets
}

// Of gives how many datasets there are in all.
func (r runRow) Of() int64 { return max(r.Rate.Datasets, r.Progress.Done) }

func rowOfRun(r catalog.Run) runRow { return runRow{r, watch.RateOf(&r)} }

// scanRows is how many scans that have ended a page shows.
const scanRows = 50

func (s *Server) scans(c *gin.Context) {
	v, err := s.scansView(c.Request.Context(), c.Query("source"), c.Query("before"))
	if err != nil {
		s.fail(c, err)
		return
	}
	q := url.Values{"source": {v.Source}}.Encode()
	s.show(c, http.StatusOK, "scans", view{Title: "Scans", Nav: "scans", Body: v, Module: "live.js", Twins: []link{{"JSON", apiRoot + "/runs?" + q}, {"CSV", "/scans.csv?" + q}}})
}

func (s *Server) scansView(ctx context.Context, source, before string) (v scansView, err error) {
	v.Source, v.Works = source, s.svc.Watch != nil
	open, err := s.svc.Catalog.Open(ctx)
	if err != nil {
		return v, err
	}
	for _, r := range open {
		if source == "" || r.Source == source {
			v.Open = append(v.Open, rowOfRun(r))
		}
	}
	at, _ := strconv.ParseInt(before, 10, 64)
	if v.Ended, err = s.svc.Catalog.Ended(ctx, source, at, scanRows+1); err != nil {
		return v, err
	}
	if len(v.Ended) > scanRows {
		v.Ended = v.Ended[:scanRows]
		v.Next = "/scans?" + url.Values{"source": {source}, "before": {strconv.FormatInt(v.Ended[scanRows-1].Started, 10)}}.Encode()
	}
	if v.Sources, err = s.sourceNames(ctx); err != nil || s.svc.Watch == nil {
		return v, err
	}
	if v.Schedules, err = s.scheduleRows(ctx); err != nil || s.svc.Watch.Outbox == nil {
		return v, err
	}
	states, err := s.svc.Watch.Outbox.States(ctx)
	v.Dead = states["dead"]
	return v, err
}

// sourceNames gives the sources that are configured, or those of the catalog where nobody says which are.
func (s *Server) sourceNames(ctx context.Context) (out []string, err error) {
	if s.svc.Watch != nil {
		return s.svc.Watch.Sources(), nil
	}
	all, err := s.svc.Catalog.Sources(ctx)
	for _, x := range all {
		out = append(out, x.Name)
	}
	return out, err
}

// scansMost is how many scans a file has.
const scansMost = 10_000

func (s *Server) scansCSV(c *gin.Context) {
	all, err := s.svc.Catalog.Runs(c.Request.Context(), c.Query("source"), scansMost)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "scans", "run", "source", "started", "ended", "state", "outcome", "scope", "origin", "by", "datasets", "done", "unchanged", "fields", "records", "bytes", "personal", "gaps")
	for _, r := range all {
		p := r.Progress
		w.row(r.ID, r.Source, stamp(r.Started), stamp(r.Ended), string(r.State), r.Outcome, r.Scope.Text(), r.Origin, r.By, count(p.Datasets), count(p.Done), count(p.Skipped), count(p.Fields), count(p.Records), count(p.Bytes), count(p.Personal), count(p.Gaps))
	}
	w.end()
}

// scanEvents tells when a scan has moved.
func (s *Server) scanEvents(c *gin.Context) {
	s.stream(c, func(ctx context.Context) (string, bool, error) {
		open, err := s.svc.Catalog.Open(ctx)
		if err != nil {
			return "", true, err
		}
		last, err := s.svc.Catalog.Ended(ctx, "", 0, 1)
		state := ""
		for _, r := range append(open, last...) {
			state += runState(&r) + ";"
		}
		return state, false, err
	})
}

// runState names how far a run is.
func runState(r *catalog.Run) string {
	return fmt.Sprintf("%.8s.%s.%d.%d", r.ID, r.State, r.Progress.Done, r.Progress.Records)
}
