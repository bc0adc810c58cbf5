package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

func (s *Server) requestRoutes() {
	s.get("/requests", accounts.ReadRequests, s.requests)
	s.get("/requests.csv", accounts.ReadRequests, s.requestsCSV)
	s.get("/requests/new", accounts.WorkRequests, s.requestForm)
	s.post("/requests/new", accounts.WorkRequests, s.intake)
	s.post("/requests/stop", accounts.StopAll, s.stopAll)
	s.post("/requests/release", accounts.StopAll, s.releaseAll)
	s.get("/requests/:id", accounts.ReadRequests, s.request)
	s.get("/requests/:id/events", accounts.ReadRequests, s.requestEvents)
	s.post("/requests/:id/approve", accounts.Approve, s.approve)
	for _, act := range []string{"identify", "plan", "run", "pause", "go-on", "wait", "resume", "extend", "deny", "withdraw", "undo", "answer", "verify", "told"} {
		s.post("/requests/:id/"+act, accounts.WorkRequests, s.act(act))
	}
}

// requestList is what the page of all requests is given.
type requestList struct {
	Requests []requestRow
	Ended    bool
	Halt     *requests.Halt
	Late     int
	Soon     int
	Plans    map[string]*plans.Status
}

// requestRow is a request with its deadline as it is now.
type requestRow struct {
	*requests.Request
	Days int64 // until then; negative where it is over
}

// Over tells whether nothing is owed any more.
func (r requestRow) Over() bool { return r.State.Terminal() }

const dayMicros = 24 * 3600 * 1e6

func rowOfRequest(r *requests.Request) requestRow {
	left := r.Due() - clock.Micros()
	if left < 0 {
		return requestRow{r, -((-left) / dayMicros) - 1}
	}
	return requestRow{r, left / dayMicros}
}

func (s *Server) requestList(c *gin.Context) (l requestList, err error) {
	l.Ended = c.Query("ended") == "1"
	all, err := s.svc.Requests.List(c.Request.Context(), l.Ended)
	if err != nil {
		return l, err
	}
	for _, r := range all {
		row := rowOfRequest(r)
		switch row.Sign() {
		case requests.Late:
			l.Late++
		case requests.Soon:
			l.Soon++
		}
		l.Requests = append(l.Requests, row)
	}
	l.Halt, err = s.svc.Requests.Halted(c.Request.Context(), "")
	return l, err
}

func (s *Server) requests(c *gin.Context) {
	l, err := s.requestList(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "requests", view{Title: "Requests", Nav: "requests", Body: l, Twins: []link{{"JSON", "/api/v1/requests"}, {"CSV", "/requests.csv"}}})
}

func (s *Server) requestsCSV(c *gin.Context) {
	l, err := s.requestList(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "requests", "request", "type", "regime", "state", "received", "due", "plan", "known-by")
	for _, r := range l.Requests {
		w.row(r.ID, string(r.Type), r.Regime, string(r.State), stamp(r.Received), stamp(r.Due()), r.Plan, joined(r.Subject))
	}
	w.end()
}

// intakeForm is what the form of a new request is given. What was typed of a person is never given back.
type intakeForm struct {
	Error   string
	Types   []policies.Type
	Regimes []string
	Kinds   []pii.CategoryInfo
	Rows    []int
}

func (s *Server) requestForm(c *gin.Context) { s.showIntake(c, http.StatusOK, "") }

func (s *Server) showIntake(c *gin.Context, code int, wrong string) {
	f := intakeForm{Error: wrong, Types: policies.Types(), Regimes: []string{"gdpr", "uk_gdpr", "ccpa"}, Rows: []int{1, 2, 3}}
	for _, k := range pii.Categories() {
		if k.Category.Identifier() || lineage.Describes(k.Category) {
			f.Kinds = append(f.Kinds, k)
		}
	}
	s.show(c, code, "intake", view{Title: "A new request", Nav: "requests", Crumbs: []link{{"Requests", "/requests"}}, Body: f})
}

func (s *Server) intake(c *gin.Context) {
	in := requests.Intake{Type: policies.Type(c.PostForm("type")), Regime: c.PostForm("regime"), Verified: strings.TrimSpace(c.PostForm("verified")), Channel: "catalog", By: by(c).Name, Export: c.PostForm("export") == "1"}
	kinds, values := c.PostFormArray("kind"), c.PostFormArray("value")
	var err error
	for i, v := range values {
		if v = strings.TrimSpace(v); v != "" && i < len(kinds) && err == nil {
			err = known(&in, pii.Category(kinds[i]), v)
		}
	}
	var r *requests.Request
	if err == nil {
		r, err = s.svc.Requests.Intake(c.Request.Context(), in)
	}
	switch {
	case err != nil && errkind.Of(err) == errkind.Invalid:
		s.showIntake(c, http.StatusBadRequest, said(err))
	case err != nil:
		s.fail(c, err)
	default:
		c.Redirect(http.StatusSeeOther, "/requests/"+r.ID)
	}
}

// known adds what a person is known by. What is none of its kind would find nobody, and the request would be closed as done.
func known(in *requests.Intake, c pii.Category, value string) error {
	if !c.Identifier() && !lineage.Describes(c) {
		return errkind.Coded(errkind.Invalid, "no-identifier", "a person is known by identifiers: an address of mail, a telephone number, a customer number; or by her full name and her date of birth")
	}
	if _, ok := forms.Normal(c, []byte(value)); !ok {
		return errkind.Coded(errkind.Invalid, "no-identifier", "what was given as %s is none", c)
	}
	in.Identifiers = append(in.Identifiers, pii.Identifier{Category: c, Value: pii.NewValue(value)})
	return nil
}

func (s *Server) stopAll(c *gin.Context) {
	s.back(c, s.svc.Requests.Stop(c.Request.Context(), "", by(c).Name, strings.TrimSpace(c.PostForm("reason"))), "/requests")
}

func (s *Server) releaseAll(c *gin.Context) {
	s.back(c, s.svc.Requests.Release(c.Request.Context(), "", by(c).Name), "/requests")
}

// back goes on to a page, or says what was wrong.
func (s *Server) back(c *gin.Context, err error, to string) {
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, to)
}

// requestView is what the page of a request is given.
type requestView struct {
	requestRow
	History []requests.Change
	Halt    *requests.Halt
	Status  *plans.Status
	Earlier []*plans.Status
	Journal []plans.Entry
	Told    []plans.Told
	Asked   int // questions that are open
	Gaps    int // required gaps that are open
	Mine    bool
	Ask     string // what a person can do now, in one word
	Dead    bool
}

func (s *Server) request(c *gin.Context) {
	v, err := s.requestView(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v.Mine = v.Status != nil && v.Status.By == by(c).Name
	s.show(c, http.StatusOK, "request", view{Title: v.ID, Nav: "requests", Crumbs: []link{{"Requests", "/requests"}}, Body: v, Module: "live.js",
		Twins: []link{{"JSON", "/api/v1/requests/" + v.ID}}})
}

func (s *Server) requestView(ctx context.Context, id string) (v requestView, err error) {
	r, err := s.svc.Requests.Show(ctx, id)
	if err != nil {
		return v, err
	}
	v.requestRow = rowOfRequest(r)
	if v.History, err = s.svc.Requests.History(ctx, id); err != nil {
		return v, err
	}
	if v.Halt, err = s.svc.Requests.Halted(ctx, id); err != nil || s.svc.Plans == nil {
		return v, err
	}
	if v.Earlier, err = s.svc.Plans.Plans(ctx, id); err != nil {
		return v, err
	}
	if r.Plan == "" {
		return v, nil
	}
	if v.Status, err = s.svc.Plans.Show(ctx, r.Plan); err != nil {
		return v, err
	}
	v.Asked, v.Gaps = v.Status.Open.Blocking()
	if v.Told, err = s.svc.Plans.Told(ctx, r.Plan); err != nil {
		return v, err
	}
	v.Journal, err = s.svc.Plans.Journal(ctx, r.Plan)
	if n := len(v.Journal); n > 60 {
		v.Journal = v.Journal[n-60:]
	}
	return v, err
}

// approve approves the plan whose hash the page showed.
func (s *Server) approve(c *gin.Context) {
	_, err := s.svc.Requests.Approve(c.Request.Context(), c.Param("id"), c.PostForm("hash"), by(c).Name)
	s.back(c, err, "/requests/"+c.Param("id"))
}

// act gives the handler of what an operator does to a request.
func (s *Server) act(what string) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := s.carry(c.Request.Context(), what, deed{Request: c.Param("id"), By: by(c).Name, Reason: strings.TrimSpace(c.PostForm("reason")), Question: c.PostForm("question"), Verdict: c.PostForm("verdict"), Recipient: c.PostForm("recipient"), Remember: c.PostForm("remember") == "1", Steward: by(c).May(accounts.Decide)})
		to := "/requests/" + c.Param("id")
		if what == "answer" {
			if r, rerr := s.svc.Requests.Show(c.Request.Context(), c.Param("id")); err == nil && rerr == nil {
				to = "/plans/" + r.Plan
			}
		}
		s.back(c, err, to)
	}
}

// deed is one act of a person on a request.
type deed struct {
	Request   string `json:"-"`
	By        string `json:"-"`
	Reason    string `json:"reason,omitempty"`
	Question  string `json:"question,omitempty"`  // or the gap that is answered
	Verdict   string `json:"verdict,omitempty"`   // accept or reject
	Recipient string `json:"recipient,omitempty"` // of the data, who was told
	Remember  bool   `json:"remember,omitempty"`  // the answer is a decision, for everybody whose data stands there: it needs the right catalog.decide
	Steward   bool   `json:"-"`                   // has that right
}

// carry does what a person asks for. Carrying a plan out is left to those that work on the store.
func (s *Server) carry(ctx context.Context, what string, d deed) (err error) {
	svc := s.svc.Requests
	if d.Reason == "" && what != "plan" && what != "run" && what != "go-on" && what != "verify" {
		return errkind.Coded(errkind.Invalid, "no-reason", "say why, in a few words")
	}
	switch what {
	case "identify":
		_, err = svc.Identify(ctx, d.Request, d.Reason, d.By)
	case "plan":
		_, err = svc.Plan(ctx, d.Request, d.By)
	case "run":
		err = s.later(ctx, d.Request)
	case "pause":
		err = svc.Stop(ctx, d.Request, d.By, d.Reason)
	case "go-on":
		if err = svc.Release(ctx, d.Request, d.By); err == nil {
			err = s.later(ctx, d.Request)
		}
	case "wait":
		_, err = svc.Wait(ctx, d.Request, d.By, d.Reason)
	case "resume":
		_, err = svc.Resume(ctx, d.Request, d.By, d.Reason)
	case "extend":
		_, err = svc.Extend(ctx, d.Request, d.By, d.Reason)
	case "deny":
		_, err = svc.Deny(ctx, d.Request, d.By, d.Reason)
	case "withdraw":
		_, err = svc.Withdraw(ctx, d.Request, d.By, d.Reason)
	case "answer":
		if d.Remember && !d.Steward {
			return errkind.Coded(errkind.Permission, "no-right", "your roles do not allow it: to have an answer remembered needs the right %s", accounts.Decide)
		}
		_, err = svc.Answer(ctx, plans.Answer{Request: d.Request, ID: d.Question, Verdict: pii.Verdict(d.Verdict), Reason: d.Reason, By: d.By, Remember: d.Remember})
	default:
		err = s.onPlan(ctx, what, d)
	}
	return err
}

// onPlan does what is done to the plan of a request.
func (s *Server) onPlan(ctx context.Context, what string, d deed) error {
	r, err := s.svc.Requests.Show(ctx, d.Request)
	if err != nil {
		return err
	}
	if r.Plan == "" {
		return errkind.Coded(errkind.Conflict, "no-plan", "the request has no plan yet")
	}
	p, err := s.planner()
	if err != nil {
		return err
	}
	if what == "told" {
		if err := p.Confirm(ctx, r.Plan, d.Recipient, d.By, d.Reason); err != nil {
			return err
		}
		return s.later(ctx, d.Request)
	}
	if what == "undo" {
		if err := p.Undo(ctx, r.Plan, d.By, d.Reason); err != nil {
			return err
		}
	} else if _, err := p.Verify(ctx, r.Plan, nil); err != nil {
		return err
	}
	_, err = s.svc.Requests.Follow(ctx, d.Request)
	return err
}

func (s *Server) later(ctx context.Context, request string) error {
	if s.svc.Later == nil {
		return errkind.Coded(errkind.Unsupported, "no-worker", "nobody carries plans out here: use the command")
	}
	return s.svc.Later(ctx, request)
}
