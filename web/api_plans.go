package web

import (
	"github.com/gin-gonic/gin"

	"vestige/plans"
)

func (s *Server) apiPlanRoutes(g *gin.RouterGroup) {
	get(g, "/plans", s.apiPlans)
	get(g, "/plans/:id", s.apiPlan)
	get(g, "/plans/:id/journal", s.apiJournal)
	get(g, "/plans/:id/attestation", s.attestationFile)
}

func (s *Server) apiPlans(c *gin.Context) {
	p, err := s.planner()
	var all []*plans.Status
	if err == nil {
		all, err = p.Plans(c.Request.Context(), c.Query("request"))
	}
	either(s, c, items(all), err)
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
