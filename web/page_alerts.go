package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

func (s *Server) alertRoutes() {
	s.get("/alerts", accounts.ReadCatalog, s.alerts)
	s.get("/alerts.csv", accounts.ReadCatalog, s.alertsCSV)
	if s.svc.DB != nil && s.svc.Audit != nil {
		s.post("/alerts/close", accounts.HandleAlerts, s.closeAlert)
		s.get("/log", accounts.ReadLog, s.logPage)
	}
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

// closeAlert closes an alert with a reason; what is still so opens it again with the next scan.
func (s *Server) closeAlert(c *gin.Context) {
	id, reason, a := c.PostForm("id"), strings.TrimSpace(c.PostForm("reason")), by(c)
	if reason == "" {
		s.fail(c, errkind.Coded(errkind.Invalid, "no-reason", "say why it is closed"))
		return
	}
	err := s.svc.DB.Write(c.Request.Context(), func(tx db.Tx) error {
		if err := s.svc.Catalog.CloseAlert(c.Request.Context(), tx, id, a.Name, reason); err != nil {
			return err
		}
		return s.svc.Audit.Append(c.Request.Context(), tx, audit.Entry{Actor: a.Name, Action: "alert.close", Object: id})
	})
	s.back(c, err, orElse(local(c.PostForm("back")), "/alerts"))
}

// logView is what the page of the log is given.
type logView struct {
	Entries []audit.Entry
	Action  string
	Subject string
	Next    int64 // the place behind which the following entries are
}

// logRows is how many entries a page shows.
const logRows = 200

// logPage shows the audit log in its order. That it was read is in it, too.
func (s *Server) logPage(c *gin.Context) {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64)
	v := logView{Action: c.Query("action"), Subject: c.Query("request")}
	s.note(c.Request.Context(), audit.Entry{Actor: by(c).Name, Action: "log.read", Object: v.Action})
	err := s.svc.DB.Read(c.Request.Context(), func(tx db.Tx) (err error) {
		v.Entries, err = s.svc.Audit.Entries(c.Request.Context(), tx, audit.Filter{Action: v.Action, Subject: v.Subject, After: after, First: c.Query("after") == "", Limit: logRows})
		return err
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	if n := len(v.Entries); n == logRows {
		v.Next = v.Entries[n-1].Seq
	}
	s.show(c, http.StatusOK, "log", view{Title: "Audit log", Nav: "log", Body: v})
}
