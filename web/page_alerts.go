package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/watch"
)

func (s *Server) alertRoutes() {
	s.get("/alerts", accounts.ReadCatalog, s.alerts)
	s.get("/alerts.csv", accounts.ReadCatalog, s.alertsCSV)
	if s.svc.DB == nil || s.svc.Audit == nil {
		return
	}
	s.get("/log", accounts.ReadLog, s.logPage)
	s.get("/log.csv", accounts.ReadLog, s.logCSV)
	s.api("GET", "/log", accounts.ReadLog, s.apiLog, call{Says: "Lists the entries of the audit log in their order; that it was read is in it.", Query: paged("action", "of this action alone", "request", "about this request alone"), Gives: list[audit.Entry]{}})
	if s.svc.Watch != nil {
		for _, act := range []string{"close", "snooze", "own"} {
			s.post("/alerts/"+act, accounts.HandleAlerts, s.alertAct(act))
		}
	}
}

// alertList is what the page of alerts is given.
type alertList struct {
	Alerts  []catalog.Alert
	Codes   []catalog.Count
	Sources []string
	catalog.AlertFilter
	All     int64
	Next    string
	Handles bool
	Told    bool // deliveries are kept
}

// Link gives the address of the list with one thing of the filter changed.
func (l alertList) Link(name, value string) string {
	q := alertQuery(l.AlertFilter)
	q.Del("after")
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	return "/alerts?" + q.Encode()
}

// alertRows is how many alerts a page shows.
const alertRows = 100

func filterOfAlerts(c *gin.Context) catalog.AlertFilter {
	return catalog.AlertFilter{Code: c.Query("code"), Source: c.Query("source"), Owner: c.Query("owner"), Closed: c.Query("closed") == "1", Snoozed: c.Query("snoozed") == "1", After: c.Query("after")}
}

func alertQuery(f catalog.AlertFilter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"code": f.Code, "source": f.Source, "owner": f.Owner, "after": f.After, "closed": map[bool]string{true: "1"}[f.Closed], "snoozed": map[bool]string{true: "1"}[f.Snoozed]} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (s *Server) alerts(c *gin.Context) {
	ctx := c.Request.Context()
	v := alertList{AlertFilter: filterOfAlerts(c), Handles: s.svc.Watch != nil && by(c).May(accounts.HandleAlerts), Told: s.svc.Watch != nil && s.svc.Watch.Outbox != nil}
	f := v.AlertFilter
	f.Limit = alertRows
	all, next, err := s.svc.Catalog.AlertsBy(ctx, f)
	if err == nil {
		v.Codes, err = s.svc.Catalog.AlertCodes(ctx, f)
	}
	if err == nil {
		v.Sources, err = s.sourceNames(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, n := range v.Codes {
		v.All += n.Count
	}
	if v.Alerts = all; next != "" {
		q := alertQuery(v.AlertFilter)
		q.Set("after", next)
		v.Next = "/alerts?" + q.Encode()
	}
	q := alertQuery(v.AlertFilter)
	q.Del("after")
	s.show(c, http.StatusOK, "alerts", view{Title: "Alerts", Nav: "alerts", Body: v, Twins: []link{{"JSON", apiRoot + "/alerts?" + q.Encode()}, {"CSV", "/alerts.csv?" + q.Encode()}}})
}

func (s *Server) alertsCSV(c *gin.Context) {
	all, _, err := s.svc.Catalog.AlertsBy(c.Request.Context(), filterOfAlerts(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "alerts", "code", "source", "dataset", "field", "text", "opened", "seen", "closed", "by", "reason", "owner", "snoozed until", "snoozed by", "snooze reason")
	for _, a := range all {
		w.row(a.Code, a.At.Source, a.At.Dataset, a.At.Field, a.Text, stamp(a.Opened), stamp(a.Seen), stamp(a.Closed), a.By, a.Reason, a.Owner, stamp(a.Snoozed), a.Snoozer, a.SnoozeReason)
	}
	w.end()
}

// alertAct does something to the alerts that are ticked; what is closed and still so opens again with the next scan.
func (s *Server) alertAct(act string) gin.HandlerFunc {
	return func(c *gin.Context) {
		in := alertsIn{Alerts: c.PostFormArray("id"), Reason: c.PostForm("reason"), Until: c.PostForm("until"), Owner: c.PostForm("owner")}
		s.back(c, s.handleAlerts(c, act, in), orElse(local(c.PostForm("back")), "/alerts"))
	}
}

func (s *Server) handleAlerts(c *gin.Context, act string, in alertsIn) error {
	ctx, who := c.Request.Context(), by(c).Name
	switch act {
	case "close":
		return s.svc.Watch.CloseAlerts(ctx, who, in.Alerts, in.Reason)
	case "own":
		return s.svc.Watch.OwnAlerts(ctx, who, in.Alerts, in.Owner)
	}
	until, err := watch.Until(in.Until)
	if err != nil {
		return err
	}
	return s.svc.Watch.SnoozeAlerts(ctx, who, in.Alerts, until, in.Reason)
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
// logOf reads a page of the log. That it was read is in it.
func (s *Server) logOf(c *gin.Context, rows int) (v logView, err error) {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64)
	v = logView{Action: c.Query("action"), Subject: c.Query("request")}
	s.note(c.Request.Context(), audit.Entry{Actor: by(c).Name, Action: "log.read", Object: v.Action})
	err = s.svc.DB.Read(c.Request.Context(), func(tx db.Tx) (err error) {
		v.Entries, err = s.svc.Audit.Entries(c.Request.Context(), tx, audit.Filter{Action: v.Action, Subject: v.Subject, After: after, First: c.Query("after") == "", Limit: rows})
		return err
	})
	if n := len(v.Entries); n == rows && n > 0 {
		v.Next = v.Entries[n-1].Seq
	}
	return v, err
}

func (s *Server) logPage(c *gin.Context) {
	v, err := s.logOf(c, logRows)
	if err != nil {
		s.fail(c, err)
		return
	}
	q := "?" + url.Values{"action": {v.Action}, "request": {v.Subject}}.Encode()
	s.show(c, http.StatusOK, "log", view{Title: "Audit log", Nav: "log", Body: v, Twins: []link{{"JSON", apiRoot + "/log" + q}, {"CSV", "/log.csv" + q}}})
}

// logFile is how many entries one file has; the next ones are asked for behind the last.
const logFile = 50_000

func (s *Server) logCSV(c *gin.Context) {
	v, err := s.logOf(c, logFile)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "log", "place", "when", "who", "action", "request", "what", "facts")
	for _, e := range v.Entries {
		w.row(count(e.Seq), stamp(e.At), e.Actor, e.Action, e.Subject, e.Object, string(e.Facts))
	}
	w.end()
}

func (s *Server) apiLog(c *gin.Context) {
	v, err := s.logOf(c, limit(c, logRows))
	out := items(v.Entries)
	if v.Next != 0 {
		out.Next = count(v.Next)
	}
	either(s, c, out, err)
}
