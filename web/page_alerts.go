package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
)

func (s *Server) alertRoutes() {
	s.get("/alerts", accounts.ReadCatalog, s.alerts)
	s.get("/alerts.csv", accounts.ReadCatalog, s.alertsCSV)
}

// alertList is what the page of alerts is given.
type alertList struct {
	Alerts []catalog.Alert
	Codes  []catalog.Count
	Code   string
	Closed bool
	All    int
	Shown  int
}

// alertRows is how many alerts a page shows; a code narrows them.
const alertRows = 500

func (s *Server) alerts(c *gin.Context) {
	v := alertList{Code: c.Query("code"), Closed: c.Query("closed") == "1"}
	all, err := s.svc.Catalog.Alerts(c.Request.Context(), v.Closed)
	if err != nil {
		s.fail(c, err)
		return
	}
	v.All, v.Codes = len(all), codes(all)
	if v.Code != "" {
		all = slices.DeleteFunc(all, func(a catalog.Alert) bool { return a.Code != v.Code })
	}
	v.Shown, v.Alerts = len(all), all[:min(alertRows, len(all))]
	q := "?closed=" + strconv.Itoa(map[bool]int{true: 1}[v.Closed])
	s.show(c, http.StatusOK, "alerts", view{Title: "Alerts", Nav: "alerts", Body: v, Twins: []link{{"JSON", "/api/v1/alerts" + q}, {"CSV", "/alerts.csv" + q}}})
}

func codes(all []catalog.Alert) (out []catalog.Count) {
	n := map[string]int64{}
	for _, a := range all {
		n[a.Code]++
	}
	for code, k := range n {
		out = append(out, catalog.Count{Value: code, Count: k})
	}
	slices.SortFunc(out, func(a, b catalog.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}

func (s *Server) alertsCSV(c *gin.Context) {
	all, err := s.svc.Catalog.Alerts(c.Request.Context(), c.Query("closed") == "1")
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "alerts", "code", "source", "dataset", "field", "text", "opened", "seen", "closed", "by", "reason")
	for _, a := range all {
		w.row(a.Code, a.At.Source, a.At.Dataset, a.At.Field, a.Text, stamp(a.Opened), stamp(a.Seen), stamp(a.Closed), a.By, a.Reason)
	}
	w.end()
}
