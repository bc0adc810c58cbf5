package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) apiDecideRoutes() {
	s.api("GET", "/decisions", accounts.ReadCatalog, s.apiDecisions, call{Says: "Lists what was decided, by what it is about.", Query: paged("source", "of this source alone", "by", "of this person alone"), Gives: list[catalog.Decision]{}})
	s.api("PUT", "/field/decision", accounts.Decide, s.apiDecide, call{Says: "Decides on a field, over the version that If-Match names.", Query: atField, Takes: decisionIn{}, Gives: decidedDoc{}, Match: true})
	s.api("POST", "/decisions", accounts.Decide, s.apiDecideMany, call{Says: "Makes up to 500 decisions, all of them or none.", Takes: decisionsIn{}, Gives: made{}, Status: http.StatusCreated})
	s.api("POST", "/decisions/:id/undo", accounts.Decide, s.apiUndo, call{Says: "Takes a batch of decisions back.", Gives: undoneDoc{}})
	s.api("GET", "/review/groups", accounts.ReadCatalog, s.apiGroups, call{Says: "Lists groups of fields that are alike and wait for a decision.", Query: paged("show", "deferred, second (put off for a second person to look at) or suppressed instead of proposed", "source", "of this source alone", "category", "of this category alone"), Gives: list[catalog.Group]{}})
}

// decisionIn is a decision as a program sends it.
type decisionIn struct {
	Verdict  pii.Verdict  `json:"verdict"`
	Category pii.Category `json:"category,omitempty"`
	Reason   string       `json:"reason,omitempty"`
}

// decisionsIn are several, each with its field and what was seen of it.
type decisionsIn struct {
	Decisions []struct {
		Field string `json:"field"`
		Seen  string `json:"seen,omitempty"` // the ETag of the field; without it the decision is over whatever there is
		decisionIn
	} `json:"decisions"`
}

// undoneDoc says what an undo did.
type undoneDoc struct {
	Undone int `json:"undone"`
	Kept   int `json:"kept"` // somebody has decided over them since
}

func (s *Server) apiDecisions(c *gin.Context) {
	n := limit(c, 100)
	all, err := s.svc.Catalog.Decisions(c.Request.Context(), catalog.Query{Source: c.Query("source"), By: c.Query("by"), Behind: c.Query("after"), Limit: n + 1})
	out := items(all[:min(n, len(all))])
	if err == nil && len(all) > n {
		out.Next, err = catalog.Target(all[n-1].Decision)
	}
	either(s, c, out, err)
}

// ifMatch gives the version that a call names.
func ifMatch(c *gin.Context) (string, error) {
	tag := strings.Trim(strings.TrimPrefix(c.GetHeader("If-Match"), "W/"), `"`)
	if tag == "" || tag == "*" {
		return "", errkind.Coded(errkind.Conflict, "no-version", "name the version that the decision is over: If-Match with the ETag of the field")
	}
	return tag, nil
}

// apiDecide decides on one field. A version that is no longer there is answered with what there is (412).
func (s *Server) apiDecide(c *gin.Context) {
	var in decisionIn
	seen, err := ifMatch(c)
	if err == nil {
		err = bind(c, &in)
	}
	var w wish
	if err == nil {
		w, err = wishOf(c.Query("at"), string(in.Verdict), string(in.Category), in.Reason, seen)
	}
	var m made
	if err == nil {
		m, err = s.decide(c.Request.Context(), by(c), []wish{w})
	}
	if err != nil {
		s.apiNotDecided(c, err)
		return
	}
	e, err := s.svc.Catalog.Field(c.Request.Context(), w.At)
	c.Header("ETag", `"`+stampOf(e)+`"`)
	either(s, c, decidedDoc{made: m, Seen: stampOf(e), State: e.State, Category: e.Category}, err)
}

func (s *Server) apiNotDecided(c *gin.Context, err error) {
	m, ok := asMeanwhile(err)
	if !ok {
		s.fail(c, err)
		return
	}
	p := problem(http.StatusPreconditionFailed, err)
	p.Request, p.Now = c.GetString(requestKey), nowOf(m.Now)
	c.Header("Content-Type", "application/problem+json")
	c.Header("ETag", `"`+p.Now.Seen+`"`)
	c.AbortWithStatusJSON(http.StatusPreconditionFailed, p)
}

func (s *Server) apiDecideMany(c *gin.Context) {
	var in decisionsIn
	err := bind(c, &in)
	if err == nil && (len(in.Decisions) == 0 || len(in.Decisions) > groupLimit) {
		err = errkind.Coded(errkind.Invalid, "too-many", "send 1 to %d decisions", groupLimit)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	wishes := make([]wish, len(in.Decisions))
	for i, d := range in.Decisions {
		if wishes[i], err = wishOf(d.Field, string(d.Verdict), string(d.Category), d.Reason, d.Seen); err != nil {
			s.fail(c, errkind.Wrap(errkind.Of(err), err, "decision %d", i+1))
			return
		}
	}
	s.once(c, func() (int, any, error) {
		m, err := s.decide(c.Request.Context(), by(c), wishes)
		return http.StatusCreated, m, err
	})
}

func (s *Server) apiUndo(c *gin.Context) {
	undone, kept, err := s.undo(c.Request.Context(), by(c), c.Param("id"))
	either(s, c, undoneDoc{undone, kept}, err)
}

func (s *Server) apiGroups(c *gin.Context) {
	all, err := s.svc.Catalog.Groups(c.Request.Context(), queueOf(c).filter())
	either(s, c, paging(c, all, func(g *catalog.Group) string { return g.ID }), err)
}
