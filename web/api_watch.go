package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/events"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/watch"
)

func (s *Server) apiWatchRoutes() {
	r := accounts.ReadCatalog
	s.api("GET", "/runs/:id", r, s.apiRun, call{Says: "Gives a scan with what it found of each dataset, those that had not changed left out.", Query: paged("state", "of datasets: read, gap, gone"), Gives: runDoc{}})
	if s.svc.Watch == nil {
		return
	}
	w := s.svc.Watch
	s.api("POST", "/runs", accounts.ManageScans, s.apiScanNow, call{Says: "Asks for a scan of a source, or of a part of it; one like it that waits already is given instead.", Takes: scanIn{}, Gives: catalog.Run{}, Status: http.StatusAccepted})
	for _, x := range []struct {
		act, says string
		do        func(ctx context.Context, by, id string) error
	}{{"pause", "Has a scan stop where it is.", w.Pause}, {"resume", "Lets a scan that was paused go on.", w.Resume}, {"cancel", "Ends a scan; what it found stays.", w.Cancel}} {
		s.api("POST", "/runs/:id/"+x.act, accounts.ManageScans, s.apiOnRun(x.do), call{Says: x.says, Gives: catalog.Run{}})
	}
	s.api("POST", "/runs/:id/retry", accounts.ManageScans, s.apiRetry, call{Says: "Asks for a scan of what another one could not read.", Gives: catalog.Run{}, Status: http.StatusAccepted})
	s.api("GET", "/runs/compare", r, s.apiCompare, call{Says: "Says which fields are new, changed and gone between two scans of a source.", Query: map[string]string{"a": "a scan", "b": "another one of the same source"}, Gives: watch.Comparison{}})
	s.api("GET", "/scope", r, s.apiScope, call{Says: "Says which datasets of a source patterns fit.", Query: map[string]string{"source": "the source", "include": "patterns, of which one must fit, separated by commas", "exclude": "patterns, of which none may fit"}, Gives: watch.Reach{}})
	s.api("POST", "/changed", accounts.SignalChange, s.apiChanged, call{Says: "Tells that a dataset has changed, or something in a source; it is scanned within a minute.", Takes: changedIn{}, Gives: catalog.Run{}, Status: http.StatusAccepted})
	s.api("GET", "/schedules", r, s.apiSchedules, call{Says: "Lists schedules, by name.", Gives: list[watch.Schedule]{}})
	s.api("GET", "/schedules/:name", r, s.apiSchedule, call{Says: "Gives a schedule; its ETag names what a change is over.", Gives: watch.Schedule{}})
	s.api("PUT", "/schedules/:name", accounts.ManageScans, s.apiPutSchedule, call{Says: "Makes a schedule, or changes one.", Takes: scheduleIn{}, Gives: watch.Schedule{}, Match: true})
	s.api("DELETE", "/schedules/:name", accounts.ManageScans, s.apiRemoveSchedule, call{Says: "Takes a schedule away.", Gives: obj{}})
	for _, act := range []string{"close", "snooze", "own"} {
		says := map[string]string{"close": "Closes alerts, with a reason.", "snooze": "Puts alerts off until a time, with a reason.", "own": "Says who looks after alerts."}[act]
		s.api("POST", "/alerts/"+act, accounts.HandleAlerts, s.apiAlertAct(act), call{Says: says, Takes: alertsIn{}, Gives: list[catalog.Alert]{}})
	}
	if w.Outbox != nil {
		s.api("GET", "/deliveries", r, s.apiDeliveries, call{Says: "Lists what was told to the outside, the newest first.", Query: map[string]string{"state": "waiting, done or dead", "limit": "how many"}, Gives: list[events.Delivery]{}})
		s.api("GET", "/deliveries/:id", r, s.apiDelivery, call{Says: "Gives a delivery with its alerts.", Gives: events.Delivery{}})
		s.api("POST", "/deliveries/:id/again", accounts.HandleAlerts, s.apiDeliverAgain, call{Says: "Has a delivery that nobody took tried again.", Gives: events.Delivery{}})
	}
}

// runDoc is a run as programs see it.
type runDoc struct {
	catalog.Run
	Rate  watch.Rate     `json:"rate"`
	Items []catalog.Item `json:"items"`
	Next  string         `json:"next,omitempty"`
}

func (s *Server) apiRun(c *gin.Context) {
	ctx := c.Request.Context()
	r, err := s.svc.Catalog.Run(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	n := limit(c, 100)
	all, err := s.svc.Catalog.Items(ctx, r.ID, catalog.ItemFilter{State: c.Query("state"), After: c.Query("after"), Limit: n + 1})
	doc := runDoc{Run: *r, Rate: watch.RateOf(r), Items: append([]catalog.Item{}, all...)}
	if len(all) > n {
		doc.Items, doc.Next = doc.Items[:n], all[n-1].Dataset
	}
	either(s, c, doc, err)
}

// scanIn is a scan that a program asks for.
type scanIn struct {
	Source string        `json:"source"`
	Scope  catalog.Scope `json:"scope,omitempty"`
}

func (s *Server) apiScanNow(c *gin.Context) {
	var in scanIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	s.once(c, func() (int, any, error) {
		r, err := s.svc.Watch.Now(c.Request.Context(), by(c).Name, in.Source, in.Scope)
		return http.StatusAccepted, r, err
	})
}

func (s *Server) apiOnRun(do func(ctx context.Context, by, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		s.once(c, func() (int, any, error) {
			if err := do(c.Request.Context(), by(c).Name, c.Param("id")); err != nil {
				return 0, nil, err
			}
			r, err := s.svc.Catalog.Run(c.Request.Context(), c.Param("id"))
			return http.StatusOK, r, err
		})
	}
}

func (s *Server) apiRetry(c *gin.Context) {
	s.once(c, func() (int, any, error) {
		r, err := s.svc.Watch.Retry(c.Request.Context(), by(c).Name, c.Param("id"))
		return http.StatusAccepted, r, err
	})
}

func (s *Server) apiCompare(c *gin.Context) {
	out, err := s.svc.Watch.Compare(c.Request.Context(), c.Query("a"), c.Query("b"))
	either(s, c, out, err)
}

func (s *Server) apiScope(c *gin.Context) {
	in, err := scopeOf(c.Query("include"), c.Query("exclude"), "", "")
	if err == nil {
		_, err = s.sourceInfo(c.Request.Context(), c.Query("source"))
	}
	var out watch.Reach
	if err == nil {
		out, err = s.svc.Watch.Preview(c.Request.Context(), c.Query("source"), in)
	}
	either(s, c, out, err)
}

// changedIn is a signal.
type changedIn struct {
	At string `json:"at"` // source, or source/dataset
}

func (s *Server) apiChanged(c *gin.Context) {
	var in changedIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	ref, err := pii.ParseRef(in.At)
	if err != nil || ref.Source == "" || ref.Field != "" {
		s.fail(c, errkind.Coded(errkind.Invalid, "bad-reference", "a signal names a source, or a dataset as source/dataset"))
		return
	}
	s.once(c, func() (int, any, error) {
		r, err := s.svc.Watch.Changed(c.Request.Context(), by(c).Name, ref.Source, ref.Dataset)
		return http.StatusAccepted, r, err
	})
}

func (s *Server) apiSchedules(c *gin.Context) {
	all, err := s.svc.Watch.Schedules(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) apiSchedule(c *gin.Context) {
	x, err := s.svc.Watch.Schedule(c.Request.Context(), c.Param("name"))
	if err == nil {
		c.Header("ETag", `"`+count(x.Version)+`"`)
	}
	either(s, c, x, err)
}

// scheduleIn is a schedule as a program sends it.
type scheduleIn struct {
	Cron    string        `json:"cron"`
	Zone    string        `json:"zone,omitempty"`
	Sources []string      `json:"sources,omitempty"`
	Quiet   []string      `json:"quiet,omitempty"`
	Scope   catalog.Scope `json:"scope,omitempty"`
	Enabled bool          `json:"enabled"`
}

func (s *Server) apiPutSchedule(c *gin.Context) {
	var in scheduleIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	version := int64(0) // If-None-Match: * says that there is none yet
	if c.GetHeader("If-None-Match") != "*" {
		now, err := s.svc.Watch.Schedule(c.Request.Context(), c.Param("name"))
		match := strings.Trim(c.GetHeader("If-Match"), `"`)
		switch {
		case match == "":
			s.fail(c, errkind.Coded(errkind.Invalid, "no-version", "say which version the change is over: If-Match with the ETag, or If-None-Match: * for a new schedule"))
			return
		case err != nil:
			s.fail(c, err)
			return
		case match != count(now.Version):
			s.fail(c, errkind.Coded(errkind.Conflict, "changed-meanwhile", "someone else changed the schedule meanwhile: look again"))
			return
		}
		version = now.Version
	}
	x, err := s.svc.Watch.PutSchedule(c.Request.Context(), by(c).Name, watch.Schedule{Name: c.Param("name"), Cron: in.Cron, Zone: in.Zone, Sources: in.Sources, Quiet: in.Quiet, Scope: in.Scope, Enabled: in.Enabled}, version)
	if err == nil {
		c.Header("ETag", `"`+count(x.Version)+`"`)
	}
	either(s, c, x, err)
}

func (s *Server) apiRemoveSchedule(c *gin.Context) {
	either(s, c, obj{}, s.svc.Watch.RemoveSchedule(c.Request.Context(), by(c).Name, c.Param("name")))
}

// alertsIn is what a program wants of alerts.
type alertsIn struct {
	Alerts []string `json:"alerts"`
	Reason string   `json:"reason,omitempty"`
	Until  string   `json:"until,omitempty"` // of a snooze: a day, a time, or a while
	Owner  string   `json:"owner,omitempty"`
}

func (s *Server) apiAlertAct(act string) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in alertsIn
		if err := bind(c, &in); err != nil {
			s.fail(c, err)
			return
		}
		s.once(c, func() (int, any, error) {
			if err := s.handleAlerts(c, act, in); err != nil {
				return 0, nil, err
			}
			out := list[catalog.Alert]{Items: []catalog.Alert{}}
			for _, id := range in.Alerts {
				a, err := s.svc.Catalog.Alert(c.Request.Context(), id)
				if err != nil {
					return 0, nil, err
				}
				out.Items = append(out.Items, a)
			}
			return http.StatusOK, out, nil
		})
	}
}

func (s *Server) apiDeliveries(c *gin.Context) {
	all, err := s.svc.Watch.Outbox.Deliveries(c.Request.Context(), c.Query("state"), 0, limit(c, 100))
	either(s, c, items(all), err)
}

func (s *Server) apiDelivery(c *gin.Context) {
	d, err := s.svc.Watch.Outbox.Delivery(c.Request.Context(), c.Param("id"))
	either(s, c, d, err)
}

func (s *Server) apiDeliverAgain(c *gin.Context) {
	s.once(c, func() (int, any, error) {
		if err := s.svc.Watch.TryAgain(c.Request.Context(), by(c).Name, c.Param("id")); err != nil {
			return 0, nil, err
		}
		d, err := s.svc.Watch.Outbox.Delivery(c.Request.Context(), c.Param("id"))
		return http.StatusOK, d, err
	})
}
