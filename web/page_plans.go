package web

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/requests"
)

// Plans is what is shown of plans. *plans.Engine has it.
type Plans interface {
	Told(ctx context.Context, plan string) ([]plans.Told, error)
	Confirm(ctx context.Context, plan, recipient, by, text string) error
	Plans(ctx context.Context, request string) ([]*plans.Status, error)
	Show(ctx context.Context, id string) (*plans.Status, error)
	Journal(ctx context.Context, id string) ([]plans.Entry, error)
	Attestation(ctx context.Context, id string) ([]byte, error)
	AttestationKey(ctx context.Context) (ed25519.PublicKey, error)
	Diff(ctx context.Context, old, now string) ([]plans.Difference, error)
	Findings(ctx context.Context, id string) ([]pii.Finding, error)
	Reports(ctx context.Context, id string) ([]plans.Report, error)
	Undo(ctx context.Context, id, by, reason string) error
	Verify(ctx context.Context, id string, progress func(plans.Event)) (*plans.Report, error)
	Suppressed(ctx context.Context, ids []pii.Identifier) ([]bool, error)
}

var _ Plans = (*plans.Engine)(nil)

func (s *Server) planRoutes() {
	s.get("/plans", accounts.ReadPlans, s.plans)
	s.get("/plans.csv", accounts.ReadPlans, s.plansCSV)
	s.get("/plans/:id", accounts.ReadPlans, s.plan)
	s.get("/plans/:id/attestation.json", accounts.ReadPlans, s.attestationFile)
}

// planList is what the page of all plans is given.
type planList struct {
	Plans []*plans.Status
	None  bool // this server shows no plans at all
}

func (s *Server) plans(c *gin.Context) {
	l := planList{None: s.svc.Plans == nil}
	if !l.None {
		var err error
		if l.Plans, err = s.svc.Plans.Plans(c.Request.Context(), c.Query("request")); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.show(c, http.StatusOK, "plans", view{Title: "Requests", Nav: "plans", Body: l, Twins: []link{{"JSON", "/api/v1/plans"}, {"CSV", "/plans.csv"}}})
}

func (s *Server) plansCSV(c *gin.Context) {
	p, err := s.planner()
	var all []*plans.Status
	if err == nil {
		all, err = p.Plans(c.Request.Context(), c.Query("request"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "plans", "plan", "request", "kind", "state", "steps", "gaps", "questions", "by", "made", "deadline", "hash")
	for _, x := range all {
		w.row(x.ID, x.Request, string(x.Kind), string(x.State), strconv.Itoa(len(x.Open.Steps)), strconv.Itoa(len(x.Open.Gaps)), strconv.Itoa(len(x.Open.Questions)), x.By, stamp(x.Made), stamp(x.Deadline()), x.Hash)
	}
	w.end()
}

// planView is what the page of a plan is given.
type planView struct {
	*plans.Status
	Act       []plans.Step // steps that change something, in order
	Kept      []plans.Step // what stays, with the basis
	Records   int64
	Required  int // open gaps that block
	Questions int // open
	Stages    []stage
	Journal   []plans.Entry
	Attested  *plans.Attested
	Signed    string // what the check of the signature said
	Waits     string
	Before    *plans.Status      // the plan that it took the place of
	Changes   []plans.Difference // from that
	Findings  []pii.Finding      // of the last preflight
	Reports   []plans.Report     // of looks afterwards
	Works     bool               // questions are answered here by the one who looks
	Approves  bool
	Halt      *requests.Halt
	Order     picture // which step waits for which
}

// stage is one station on the way of a plan.
type stage struct {
	Name  string
	Class string // done, now, next
}

var stations = []plans.State{plans.Planned, plans.Approved, plans.Exporting, plans.Cooling, plans.Executing, plans.Purging, plans.Checking, plans.Attesting, plans.Closed}

func (s *Server) plan(c *gin.Context) {
	v, err := s.planView(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.svc.Requests != nil && !v.State.Terminal() {
		a := by(c)
		current, err := s.svc.Requests.Show(c.Request.Context(), v.Request)
		if err == nil && current.Plan == v.ID {
			v.Works = a.May(accounts.WorkRequests) && v.State == plans.Planned
			v.Approves = a.May(accounts.Approve) && v.State == plans.Planned
		}
		if v.Halt, err = s.svc.Requests.Halted(c.Request.Context(), v.Request); err != nil {
			s.fail(c, err)
			return
		}
	}
	twins := []link{{"JSON", "/api/v1/plans/" + v.ID}}
	if v.Attested != nil {
		twins = append(twins, link{"Attestation", "/plans/" + v.ID + "/attestation.json"})
	}
	s.show(c, http.StatusOK, "plan", view{Title: "Request " + v.Request, Nav: "plans", Crumbs: []link{{"Requests", "/plans"}}, Body: v, Twins: twins})
}

// planner gives the service, or says that there is none here.
func (s *Server) planner() (Plans, error) {
	if s.svc.Plans == nil {
		return nil, errkind.Coded(errkind.NotFound, "no-plans", "this server shows no plans")
	}
	return s.svc.Plans, nil
}

func (s *Server) planView(ctx context.Context, id string) (v planView, err error) {
	p, err := s.planner()
	if err != nil {
		return v, err
	}
	if v.Status, err = p.Show(ctx, id); err != nil {
		return v, err
	}
	if v.Journal, err = p.Journal(ctx, id); err != nil {
		return v, err
	}
	for _, st := range v.Open.Steps {
		if st.Method == pii.Retain {
			v.Kept = append(v.Kept, st)
			continue
		}
		v.Act, v.Records = append(v.Act, st), v.Records+st.Records
	}
	for _, g := range v.Open.Gaps {
		if g.Required && g.Accepted == "" {
			v.Required++
		}
	}
	for _, q := range v.Open.Questions {
		if q.Answer == "" {
			v.Questions++
		}
	}
	v.Stages, v.Order = stagesOf(v.Status), orderOf(v.Act)
	if err := s.planMore(ctx, p, &v); err != nil {
		return v, err
	}
	if v.State == plans.Closed {
		v.Attested, v.Signed, err = attested(ctx, p, id)
	}
	return v, err
}

// planMore fills in what was found and changed around a plan.
func (s *Server) planMore(ctx context.Context, p Plans, v *planView) (err error) {
	if v.Findings, err = p.Findings(ctx, v.ID); err != nil {
		return err
	}
	if v.Reports, err = p.Reports(ctx, v.ID); err != nil {
		return err
	}
	all, err := p.Plans(ctx, v.Request)
	if err != nil {
		return err
	}
	for i, x := range all {
		if x.ID == v.ID && i+1 < len(all) && all[i+1].Kind == v.Kind {
			v.Before = all[i+1]
			v.Changes, err = p.Diff(ctx, v.Before.ID, v.ID)
		}
	}
	return err
}

// attested reads the attestation as an auditor would: by its signature.
func attested(ctx context.Context, p Plans, id string) (*plans.Attested, string, error) {
	file, err := p.Attestation(ctx, id)
	if err != nil {
		return nil, "", err
	}
	key, err := p.AttestationKey(ctx)
	if err != nil {
		return nil, "", err
	}
	a, err := plans.ReadAttestation(file, key)
	if err != nil {
		return nil, "The signature does not verify: the file is not what was signed.", nil
	}
	return a, "The signature verifies, and the statement is about this plan.", nil
}

func stagesOf(st *plans.Status) (out []stage) {
	at := st.State
	if at == plans.Blocked {
		at = st.Resume
	}
	now := -1
	for i, s := range stations {
		if s == at {
			now = i
		}
	}
	for i, s := range stations {
		if i != now && !passes(st, s) {
			continue
		}
		class := "next"
		switch {
		case i < now, at == plans.Closed:
			class = "done"
		case i == now && st.State == plans.Blocked:
			class = "blocked"
		case i == now:
			class = "now"
		}
		out = append(out, stage{string(s), class})
	}
	if now < 0 {
		out = append(out, stage{string(st.State), "blocked"})
	}
	return out
}

// passes tells whether plans of this kind stop at a station.
func passes(st *plans.Status, at plans.State) bool {
	switch at {
	case plans.Exporting:
		return st.Kind == plans.Export
	case plans.Cooling:
		return st.Kind == plans.Erasure && st.Open.CoolDown > 0
	case plans.Executing, plans.Purging, plans.Checking:
		return st.Kind == plans.Erasure
	}
	return true
}

func (s *Server) attestationFile(c *gin.Context) {
	p, err := s.planner()
	var file []byte
	if err == nil {
		file, err = p.Attestation(c.Request.Context(), c.Param("id"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="attestation.json"`)
	c.Data(http.StatusOK, "application/json", file)
}

// linkText says one link of a derivation.
func linkText(l lineage.Link) string {
	switch {
	case l.How == "given":
		return "given " + string(l.Category)
	case l.Category != "":
		return l.How + " " + string(l.Category)
	}
	return l.How
}
