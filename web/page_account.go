package web

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) accountRoutes() {
	s.get("/account", accounts.Self, s.account)
	s.post("/account/password", accounts.Self, s.setPassword)
	s.post("/account/second", accounts.Self, s.setSecond)
	s.post("/account/second/drop", accounts.Self, s.dropSecond)
	s.post("/account/sessions/:id/end", accounts.Self, s.endSession)
	s.post("/account/tokens", accounts.Self, s.newToken)
	s.post("/account/tokens/:id/end", accounts.Self, s.endToken)
}

// accountView is what the page of one's own account is given.
type accountView struct {
	User     accounts.User
	Here     string // the session that asks
	Sessions []accounts.Session
	Tokens   []accounts.Token
	Enrol    *enrolment
	Made     string // a token, shown once
	Error    string
	At       string // the form that the error is about
	New      bool
}

type enrolment struct {
	Secret string
	Image  template.URL
}

func (s *Server) account(c *gin.Context) {
	s.showAccount(c, http.StatusOK, accountView{New: c.Query("new") == "1"})
}

// showAccount fills in what the page shows besides what just happened.
func (s *Server) showAccount(c *gin.Context, code int, v accountView) {
	ctx, a := c.Request.Context(), by(c)
	var err error
	if v.User, err = s.svc.Accounts.User(ctx, a.ID); err != nil {
		s.fail(c, err)
		return
	}
	if v.Sessions, err = s.svc.Accounts.Sessions(ctx, a.ID); err != nil {
		s.fail(c, err)
		return
	}
	if v.Tokens, err = s.svc.Accounts.Tokens(ctx, a.ID); err != nil {
		s.fail(c, err)
		return
	}
	if c.Query("second") == "1" && !v.User.Second && v.Enrol == nil {
		e, err := s.svc.Accounts.Enrol(ctx, a.ID, "Vestige")
		if err != nil {
			s.fail(c, err)
			return
		}
		v.Enrol = enrolmentOf(e)
	}
	v.Here = a.Session
	s.show(c, code, "account", view{Title: "Your account", Nav: "account", Body: v})
}

func enrolmentOf(e accounts.Enrolment) *enrolment {
	return &enrolment{Secret: e.Secret.Reveal(), Image: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(e.Image))} //nolint:gosec // a picture that was drawn here
}

// accountError shows the page again with what was wrong at which form.
func (s *Server) accountError(c *gin.Context, at string, err error, v accountView) {
	if k := errkind.Of(err); k != errkind.Invalid && k != errkind.Permission && k != errkind.Conflict {
		s.fail(c, err)
		return
	}
	v.At, v.Error = at, said(err)
	s.showAccount(c, http.StatusBadRequest, v)
}

func (s *Server) setPassword(c *gin.Context) {
	if c.PostForm("password") != c.PostForm("again") {
		s.accountError(c, "password", errkind.Coded(errkind.Invalid, "not-the-same", "the two passwords are not the same"), accountView{})
		return
	}
	if err := s.svc.Accounts.SetPassword(c.Request.Context(), by(c), pii.NewValue(c.PostForm("old")), pii.NewValue(c.PostForm("password"))); err != nil {
		s.accountError(c, "password", err, accountView{})
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) setSecond(c *gin.Context) {
	secret := pii.NewValue(c.PostForm("secret"))
	if err := s.svc.Accounts.Confirm(c.Request.Context(), by(c).ID, secret, digits(c.PostForm("code"))); err != nil {
		v := accountView{}
		if e, again := accounts.Again(by(c).Name, "Vestige", secret); again == nil {
			v.Enrol = enrolmentOf(e)
		}
		s.accountError(c, "second", err, v)
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) dropSecond(c *gin.Context) {
	if err := s.svc.Accounts.Drop(c.Request.Context(), by(c).ID, digits(c.PostForm("code"))); err != nil {
		s.accountError(c, "second", err, accountView{})
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) endSession(c *gin.Context) {
	a := by(c)
	if err := s.svc.Accounts.SignOut(c.Request.Context(), a, a.ID, c.Param("id")); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) newToken(c *gin.Context) {
	days, _ := strconv.Atoi(c.PostForm("days")) // what is no number lasts no day, which is refused
	roles, err := accounts.ParseRoles(c.PostFormArray("role"))
	var token string
	if err == nil {
		token, _, err = s.svc.Accounts.NewToken(c.Request.Context(), by(c), c.PostForm("name"), roles, time.Duration(min(max(days, 0), 400))*24*time.Hour)
	}
	if err != nil {
		s.accountError(c, "token", err, accountView{})
		return
	}
	s.showAccount(c, http.StatusOK, accountView{Made: token})
}

func (s *Server) endToken(c *gin.Context) {
	a := by(c)
	if err := s.svc.Accounts.Revoke(c.Request.Context(), a, a.ID, c.Param("id")); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}
