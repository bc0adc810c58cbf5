package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) signInRoutes() {
	if s.svc.Accounts == nil {
		return
	}
	s.get("/sign-in", accounts.Public, s.signInPage)
	s.post("/sign-in", accounts.Public, s.signIn)
	s.post("/sign-out", accounts.Self, s.signOut)
	s.get("/welcome/:link", accounts.Public, s.welcomePage)
	s.post("/welcome/:link", accounts.Public, s.welcome)
}

// signInForm is what the page where one signs in is given.
type signInForm struct {
	Back, Name, Error string
	Locked            bool
	Read              bool // one can look without signing in
}

func (s *Server) signInPage(c *gin.Context) {
	if a := by(c); !a.Anonymous {
		c.Redirect(http.StatusSeeOther, local(c.Query("back")))
		return
	}
	s.signInAgain(c, http.StatusOK, signInForm{Back: local(c.Query("back"))})
}

func (s *Server) signInAgain(c *gin.Context, code int, f signInForm) {
	f.Read = accounts.Has(s.cfg.Anonymous, accounts.ReadCatalog)
	s.show(c, code, "signin", view{Title: "Sign in", Nav: "signin", Body: f, Bare: true})
}

func (s *Server) signIn(c *gin.Context) {
	f := signInForm{Back: local(c.PostForm("back")), Name: c.PostForm("name")}
	old, _ := c.Cookie(s.cookieName())
	token, _, err := s.svc.Accounts.SignIn(c.Request.Context(), accounts.SignIn{Name: f.Name, Password: pii.NewValue(c.PostForm("password")), Code: digits(c.PostForm("code")), Client: client(c), Address: address(c), Replaces: old})
	switch {
	case errkind.Of(err) == errkind.Permission:
		f.Error, f.Locked = said(err), errkind.Code(err) == "account-waits"
		if program(c) {
			s.fail(c, err)
			return
		}
		s.nobody.refused(s, c)
		s.signInAgain(c, http.StatusUnauthorized, f)
	case err != nil:
		s.fail(c, err)
	default:
		s.setCookie(c, token)
		c.Redirect(http.StatusSeeOther, f.Back)
	}
}

// digits takes the spaces out of a code.
func digits(code string) string {
	out := make([]byte, 0, 6)
	for _, b := range []byte(code) {
		if b >= '0' && b <= '9' {
			out = append(out, b)
		}
	}
	return string(out)
}

// said gives what an error says to a person, who typed it herself.
func said(err error) string { return problem(status(err), err).Detail }

func (s *Server) signOut(c *gin.Context) {
	a := by(c)
	if err := s.svc.Accounts.SignOut(c.Request.Context(), a, a.ID, a.Session); err != nil && errkind.Of(err) != errkind.NotFound {
		s.fail(c, err)
		return
	}
	s.setCookie(c, "")
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	c.Redirect(http.StatusSeeOther, "/sign-in")
}

// welcomeForm is what the page of a link is given.
type welcomeForm struct {
	accounts.Link
	Path, Typed, Error string
}

func (s *Server) welcomePage(c *gin.Context) {
	l, err := s.svc.Accounts.Peek(c.Request.Context(), c.Param("link"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showWelcome(c, http.StatusOK, welcomeForm{Link: l, Path: c.Request.URL.Path})
}

func (s *Server) showWelcome(c *gin.Context, code int, f welcomeForm) {
	c.Header("Referrer-Policy", "no-referrer") // the address is a secret
	s.show(c, code, "welcome", view{Title: "Welcome", Nav: "signin", Body: f, Bare: true})
}

func (s *Server) welcome(c *gin.Context) {
	ctx, link := c.Request.Context(), c.Param("link")
	l, err := s.svc.Accounts.Peek(ctx, link)
	if err != nil {
		s.fail(c, err)
		return
	}
	f := welcomeForm{Link: l, Path: c.Request.URL.Path, Typed: c.PostForm("name")}
	password := pii.NewValue(c.PostForm("password"))
	if c.PostForm("password") != c.PostForm("again") {
		f.Error = "the two passwords are not the same"
		s.showWelcome(c, http.StatusBadRequest, f)
		return
	}
	u, err := s.svc.Accounts.Open(ctx, link, accounts.Opening{Name: f.Typed, Password: password})
	if errkind.Of(err) == errkind.Invalid || errkind.Of(err) == errkind.Conflict {
		f.Error = said(err)
		s.showWelcome(c, http.StatusBadRequest, f)
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	token, _, err := s.svc.Accounts.SignIn(ctx, accounts.SignIn{Name: u.Name, Password: password, Client: client(c), Address: address(c)})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.setCookie(c, token)
	c.Redirect(http.StatusSeeOther, "/account?new=1")
}
