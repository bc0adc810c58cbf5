package web

import (
	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/plans"
)

func (s *Server) apiPlanRoutes() {
	r := accounts.ReadPlans
	s.api("GET", "/plans", r, s.apiPlans, call{Says: "Lists plans with their open part, the newest first.", Query: paged("request", "of this request alone"), Gives: list[*plans.Status]{}})
	s.api("GET", "/plans/:id", r, s.apiPlan, call{Says: "Gives a plan with its open part.", Gives: plans.Status{}})
	s.api("GET", "/plans/:id/journal", r, s.apiJournal, call{Says: "Gives what happened to a plan, in order.", Gives: list[plans.Entry]{}})
	s.api("GET", "/plans/:id/attestation", r, s.attestationFile, call{Says: "Gives the signed statement of a closed plan.", Gives: map[string]any{}})
}

func (s *Server) apiPlans(c *gin.Context) {
	p, err := s.planner()
	var all []*plans.Status
	if err == nil {
		all, err = p.Plans(c.Request.Context(), c.Query("request"))
	}
	either(s, c, paging(c, all, func(p *plans.Status) string { return p.ID }), err)
}

func (s *Server) apiPlan(c *gin.Context) {
	p, err := s.planner()
	var st *plans.Status
	if err == nil {
		st, err = p.Show(c.Request.Context(), c.Param("id"))
	}
	either(s, c, st, err)
}

func (s *Server) apiJournal(c *gin.Context) {
	p, err := s.planner()
	var all []plans.Entry
	if err == nil {
		all, err = p.Journal(c.Request.Context(), c.Param("id"))
	}
	either(s, c, items(all), err)
}
