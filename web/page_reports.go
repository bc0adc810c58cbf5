package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
)

func (s *Server) reportRoutes() {
	s.get("/reports", accounts.ReadCatalog, s.reports)
	s.get("/reports/coverage.csv", accounts.ReadCatalog, s.coverageCSV)
	s.get("/reports/decisions.csv", accounts.ReadCatalog, s.judgedCSV)
	s.get("/reports/personal.csv", accounts.ReadCatalog, s.personalCSV)
	s.api("GET", "/reports/decisions", accounts.ReadCatalog, s.apiJudged, call{Says: "Counts decisions by what was proposed, with the precision of the proposals.", Gives: list[judgedRow]{}})
	s.api("GET", "/reports/personal", accounts.ReadCatalog, s.apiPersonal, call{Says: "Counts fields of personal data by source and category.", Gives: list[personalRow]{}})
}

// reportView is what the page of reports is given.
type reportView struct {
	Sources  []coverageRow
	Total    coverageRow
	Judged   []judgedRow
	All      judgedRow
	Personal []personalRow
	At       int64
}

// coverageRow says how much of a source was looked at, and how much of what was found is decided. Datasets that are gone are no part of it.
type coverageRow struct {
	catalog.SourceInfo
	Examined int64
	Decided  int64 // accepted, rejected or changed
	Open     int64 // proposed or put off
	Parts    []segment
}

func coverageOf(x catalog.SourceInfo) coverageRow {
	return coverageRow{SourceInfo: x, Examined: x.Fields - x.Unexamined, Decided: x.Accepted + x.Rejected, Open: x.Proposed + x.Deferred, Parts: segments(x.Counts)}
}

// judgedRow is what people said of one kind of proposal.
type judgedRow struct {
	catalog.Judged
	Share float64 `json:"precision"` // -1 where nobody has decided
	Count int64   `json:"decided"`
}

// personalRow is how many fields of one category a source has, decided and not.
type personalRow struct {
	Source   string       `json:"source"`
	Category pii.Category `json:"category"`
	Fields   int64        `json:"fields"`
	Accepted int64        `json:"accepted"`
}

func (s *Server) reports(c *gin.Context) {
	v, err := s.reportView(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "reports", view{Title: "Reports", Nav: "reports", Body: v, Twins: []link{{"Coverage CSV", "/reports/coverage.csv"}, {"Decisions CSV", "/reports/decisions.csv"}, {"Personal data CSV", "/reports/personal.csv"}, {"Coverage JSON", apiRoot + "/sources"}, {"Decisions JSON", apiRoot + "/reports/decisions"}, {"Personal data JSON", apiRoot + "/reports/personal"}}})
}

func (s *Server) reportView(ctx context.Context) (v reportView, err error) {
	all, err := s.svc.Catalog.Sources(ctx)
	if err != nil {
		return v, err
	}
	for _, x := range all {
		v.Sources = append(v.Sources, coverageOf(x))
	}
	v.Total = coverageOf(catalog.SourceInfo{Counts: total(all)})
	if v.Judged, err = s.judged(ctx); err != nil {
		return v, err
	}
	for _, j := range v.Judged {
		v.All.Accepted, v.All.Changed, v.All.Rejected, v.All.Deferred = v.All.Accepted+j.Accepted, v.All.Changed+j.Changed, v.All.Rejected+j.Rejected, v.All.Deferred+j.Deferred
	}
	v.All.Share = v.All.Precision()
	v.Personal, err = s.personal(ctx)
	return v, err
}

func (s *Server) judged(ctx context.Context) (out []judgedRow, err error) {
	all, err := s.svc.Catalog.Judged(ctx)
	for _, j := range all {
		out = append(out, judgedRow{j, j.Precision(), j.Accepted + j.Changed + j.Rejected})
	}
	slices.SortStableFunc(out, func(a, b judgedRow) int { return int(b.Count - a.Count) })
	return out, err
}

// personal counts by source and category, the most sensitive first.
func (s *Server) personal(ctx context.Context) (out []personalRow, err error) {
	all, err := s.svc.Catalog.Kinds(ctx)
	for _, x := range all {
		out = append(out, personalRow(x))
	}
	slices.SortStableFunc(out, func(a, b personalRow) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), sensitivity(b.Category)-sensitivity(a.Category), cmp.Compare(b.Fields, a.Fields))
	})
	return out, err
}

func (s *Server) coverageCSV(c *gin.Context) {
	v, err := s.reportView(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "coverage", "source", "connector", "scanned", "datasets", "fields", "examined", "not examined", "personal", "decided", "undecided", "gone")
	for _, x := range v.Sources {
		w.row(x.Name, x.Connector, stamp(x.Scanned), count(x.Datasets), count(x.Fields), count(x.Examined), count(x.Unexamined), count(x.PII), count(x.Decided), count(x.Open), count(x.Gone))
	}
	w.end()
}

func (s *Server) judgedCSV(c *gin.Context) {
	all, err := s.judged(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "decisions-by-proposal", "proposed", "decided", "accepted", "changed", "rejected", "deferred", "precision")
	for _, j := range all {
		precision := ""
		if j.Share >= 0 {
			precision = number(j.Share)
		}
		w.row(string(j.Proposed), count(j.Count), count(j.Accepted), count(j.Changed), count(j.Rejected), count(j.Deferred), precision)
	}
	w.end()
}

func (s *Server) personalCSV(c *gin.Context) {
	all, err := s.personal(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "personal-data", "source", "category", "fields", "accepted")
	for _, x := range all {
		w.row(x.Source, string(x.Category), count(x.Fields), count(x.Accepted))
	}
	w.end()
}

func (s *Server) apiJudged(c *gin.Context) {
	all, err := s.judged(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) apiPersonal(c *gin.Context) {
	all, err := s.personal(c.Request.Context())
	either(s, c, items(all), err)
}
