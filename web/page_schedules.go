package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/watch"
)

func (s *Server) scheduleRoutes() {
	if s.svc.Watch == nil {
		return
	}
	s.get("/schedules", accounts.ReadCatalog, s.schedules)
	s.get("/schedules.csv", accounts.ReadCatalog, s.schedulesCSV)
	s.post("/schedules", accounts.ManageScans, s.putSchedule)
	s.get("/schedules/:name", accounts.ReadCatalog, s.schedule)
	s.post("/schedules/:name/remove", accounts.ManageScans, s.removeSchedule)
}

// scheduleRow is a schedule with its next times, in its own zone.
type scheduleRow struct {
	watch.Schedule
	Next []int64
}

func (s *Server) scheduleRows(ctx context.Context) (out []scheduleRow, err error) {
	all, err := s.svc.Watch.Schedules(ctx)
	for _, x := range all {
		out = append(out, rowOfSchedule(x, 3))
	}
	return out, err
}

func rowOfSchedule(x watch.Schedule, n int) scheduleRow {
	r := scheduleRow{Schedule: x}
	if x.Enabled {
		for _, t := range x.Next(clock.Now(), n) {
			r.Next = append(r.Next, x.Awake(t).UnixMicro())
		}
	}
	return r
}

// schedulesView is what the pages of schedules are given.
type schedulesView struct {
	All     []scheduleRow
	Form    scheduleForm
	Sources []string
	Error   string
	One     *scheduleRow // the one that is looked at
}

// scheduleForm is a schedule as it stands in its form.
type scheduleForm struct {
	Name, Cron, Zone, Quiet, Include, Exclude string
	Sources                                   []string
	Full, Enabled                             bool
	Version                                   int64
}

// Has tells whether a source is ticked.
func (f scheduleForm) Has(source string) bool { return slices.Contains(f.Sources, source) }

func formOfSchedule(x watch.Schedule) scheduleForm {
	return scheduleForm{x.Name, x.Cron, x.Zone, strings.Join(x.Quiet, "\n"), strings.Join(x.Scope.Include, "\n"), strings.Join(x.Scope.Exclude, "\n"), x.Sources, x.Scope.Full, x.Enabled, x.Version}
}

func (s *Server) schedules(c *gin.Context) {
	s.showSchedules(c, http.StatusOK, schedulesView{Form: scheduleForm{Cron: "15 2 * * *", Enabled: true}})
}

func (s *Server) showSchedules(c *gin.Context, code int, v schedulesView) {
	var err error
	if v.All, err = s.scheduleRows(c.Request.Context()); err != nil {
		s.fail(c, err)
		return
	}
	v.Sources = s.svc.Watch.Sources()
	s.show(c, code, "schedules", view{Title: "Schedules", Nav: "scans", Crumbs: []link{{"Scans", "/scans"}}, Body: v, Twins: []link{{"JSON", apiRoot + "/schedules"}, {"CSV", "/schedules.csv"}}})
}

func (s *Server) schedulesCSV(c *gin.Context) {
	all, err := s.svc.Watch.Schedules(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "schedules", "schedule", "cron", "zone", "sources", "quiet", "scope", "enabled", "last", "next", "missed", "by")
	for _, x := range all {
		w.row(x.Name, x.Cron, orElse(x.Zone, "UTC"), strings.Join(x.Sources, " "), strings.Join(x.Quiet, "; "), x.Scope.Text(), strconv.FormatBool(x.Enabled), stamp(x.Last), stamp(x.Due), count(x.Missed), x.By)
	}
	w.end()
}

func (s *Server) schedule(c *gin.Context) {
	x, err := s.svc.Watch.Schedule(c.Request.Context(), c.Param("name"))
	if err != nil {
		s.fail(c, err)
		return
	}
	row := rowOfSchedule(x, 10)
	s.show(c, http.StatusOK, "schedule", view{Title: x.Name, Nav: "scans", Crumbs: []link{{"Scans", "/scans"}, {"Schedules", "/schedules"}}, Twins: []link{{"JSON", apiRoot + "/schedules/" + url.PathEscape(x.Name)}},
		Body: schedulesView{One: &row, Form: formOfSchedule(x), Sources: s.svc.Watch.Sources()}})
}

func (s *Server) putSchedule(c *gin.Context) {
	f := scheduleForm{Name: c.PostForm("name"), Cron: c.PostForm("cron"), Zone: c.PostForm("zone"), Quiet: c.PostForm("quiet"), Include: c.PostForm("include"), Exclude: c.PostForm("exclude"),
		Sources: c.PostFormArray("source"), Full: c.PostForm("full") == "1", Enabled: c.PostForm("enabled") == "1"}
	f.Version, _ = strconv.ParseInt(c.PostForm("version"), 10, 64)
	in, err := scopeOf(f.Include, f.Exclude, c.PostForm("full"), "")
	var x watch.Schedule
	if err == nil {
		x, err = s.svc.Watch.PutSchedule(c.Request.Context(), by(c).Name, watch.Schedule{Name: f.Name, Cron: f.Cron, Zone: f.Zone, Sources: f.Sources, Quiet: lines(f.Quiet), Scope: in, Enabled: f.Enabled}, f.Version)
	}
	if kind := errkind.Of(err); err != nil && (kind == errkind.Invalid || kind == errkind.Conflict) {
		s.showSchedules(c, status(err), schedulesView{Form: f, Error: said(err)})
		return
	}
	s.back(c, err, "/schedules/"+url.PathEscape(x.Name))
}

func (s *Server) removeSchedule(c *gin.Context) {
	s.back(c, s.svc.Watch.RemoveSchedule(c.Request.Context(), by(c).Name, c.Param("name")), "/schedules")
}

// lines gives what stands on each line of a text, or between commas.
func lines(text string) (out []string) {
	for _, l := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if l = strings.TrimSpace(l); l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func (s *Server) scopeRoutes() {
	if s.svc.Watch == nil {
		return
	}
	s.get("/source/scan", accounts.ReadCatalog, s.scope)
	s.post("/source/scan", accounts.ManageScans, s.scanNow)
}

// scopeView is what the page from which a scan is asked for is given.
type scopeView struct {
	watch.Reach
	Include, Exclude string
	Full, Again      bool
}

// scope shows which datasets of a source patterns fit, before anything is asked for.
func (s *Server) scope(c *gin.Context) {
	name := c.Query("at")
	if _, err := s.sourceInfo(c.Request.Context(), name); err != nil {
		s.fail(c, err)
		return
	}
	v := scopeView{Include: c.Query("include"), Exclude: c.Query("exclude"), Full: c.Query("full") == "1", Again: c.Query("again") == "1"}
	in, err := scopeOf(v.Include, v.Exclude, c.Query("full"), c.Query("again"))
	if err == nil {
		v.Reach, err = s.svc.Watch.Preview(c.Request.Context(), name, in)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "scope", view{Title: "Scan " + name, Nav: "scans", Crumbs: []link{{"Catalog", "/browse"}, {name, "/source?at=" + url.QueryEscape(name)}}, Body: v,
		Twins: []link{{"JSON", apiRoot + "/scope?" + url.Values{"source": {name}, "include": {v.Include}, "exclude": {v.Exclude}}.Encode()}}})
}

func (s *Server) scanNow(c *gin.Context) {
	in, err := scopeOf(c.PostForm("include"), c.PostForm("exclude"), c.PostForm("full"), c.PostForm("again"))
	var r catalog.Run
	if err == nil {
		r, err = s.svc.Watch.Now(c.Request.Context(), by(c).Name, c.PostForm("source"), in)
	}
	s.back(c, err, "/scans/"+r.ID)
}
