package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) decideRoutes() {
	s.post("/field/decide", accounts.Decide, s.decideField)
	s.post("/decisions/undo", accounts.Decide, s.undoBatch)
}

// decideField makes one decision from a form. A person who did not see what there is gets both shown, hers and what came between.
func (s *Server) decideField(c *gin.Context) {
	seen, verdict, reason := c.PostForm("seen"), c.PostForm("verdict"), c.PostForm("reason")
	if verdict == "second" {
		verdict, reason = string(pii.Defer), secondReview+orElse(reason, "asked for in review")
	}
	w, err := wishOf(c.PostForm("at"), verdict, c.PostForm("category"), reason, seen)
	if err == nil && seen == "" {
		err = errkind.Coded(errkind.Invalid, "no-version", "the form does not say over what it decides")
	}
	var m made
	if err == nil {
		m, err = s.decide(c.Request.Context(), by(c), []wish{w})
	}
	if err != nil {
		s.notDecided(c, err)
		return
	}
	if program(c) {
		e, err := s.svc.Catalog.Field(c.Request.Context(), w.At)
		either(s, c, decidedDoc{made: m, Seen: stampOf(e), State: e.State, Category: e.Category}, err)
		return
	}
	c.Redirect(http.StatusSeeOther, with(orElse(local(c.PostForm("back")), "/"), "undo", m.Batch))
}

// decidedDoc answers a script: what was made, and what the next decision on the field is over.
type decidedDoc struct {
	made
	Seen     string        `json:"seen"`
	State    catalog.State `json:"state"`
	Category pii.Category  `json:"category"`
}

// with puts a parameter into an address of ours.
func with(to, name, value string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// between is what the page of a conflict is given.
type between struct {
	Now      fieldRow
	Wish     wish
	Seen     string
	Back     string
	Category pii.Category
}

// notDecided answers a decision that was not made.
func (s *Server) notDecided(c *gin.Context, err error) {
	var m *meanwhile
	if !errors.As(err, &m) {
		s.fail(c, err)
		return
	}
	if program(c) {
		p := problem(http.StatusConflict, err)
		p.Request, p.Now = c.GetString(requestKey), nowOf(m.Now)
		c.Header("Content-Type", "application/problem+json")
		c.AbortWithStatusJSON(http.StatusConflict, p)
		return
	}
	n, nerr := s.svc.Catalog.Node(c.Request.Context(), m.Wish.At.Of())
	if nerr != nil {
		s.fail(c, nerr)
		return
	}
	v := between{Now: fieldOf(&n, m.Now), Wish: m.Wish, Seen: stampOf(m.Now), Back: orElse(local(c.PostForm("back")), "/"), Category: m.Wish.Category}
	c.Abort()
	s.show(c, http.StatusConflict, "conflict", view{Title: "Decided meanwhile", Nav: "review", Crumbs: []link{{v.Now.Name, at(m.Wish.At)}}, Body: v})
}

// now is what a conflict shows of what there is.
type now struct {
	State    catalog.State     `json:"state"`
	Category pii.Category      `json:"category,omitempty"`
	Decision *catalog.Decision `json:"decision,omitempty"`
	Seen     string            `json:"seen"`
}

func nowOf(e catalog.Entry) *now { return &now{e.State, e.Category, e.Decision, stampOf(e)} }

func (s *Server) undoBatch(c *gin.Context) {
	undone, kept, err := s.undo(c.Request.Context(), by(c), c.PostForm("batch"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if program(c) {
		give(c, map[string]int{"undone": undone, "kept": kept})
		return
	}
	to := with(orElse(local(c.PostForm("back")), "/"), "undo", "")
	c.Redirect(http.StatusSeeOther, with(to, "undone", strconv.Itoa(undone)+"."+strconv.Itoa(kept)))
}

// undoBar is what a page offers after a decision.
type undoBar struct {
	Batch        string
	Undone, Kept int
	Some         bool
}

func undoOf(c *gin.Context) (u undoBar) {
	if b := c.Query("undo"); len(b) == 24 && strings.Trim(b, "0123456789abcdef") == "" {
		u.Batch = b
	}
	done, kept, ok := strings.Cut(c.Query("undone"), ".")
	n, err1 := strconv.Atoi(done)
	k, err2 := strconv.Atoi(kept)
	if ok && err1 == nil && err2 == nil && n >= 0 && k >= 0 {
		u.Undone, u.Kept, u.Some = n, k, true
	}
	return u
}
