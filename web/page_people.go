package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
)

func (s *Server) peopleRoutes() {
	s.get("/people", accounts.ManageAccounts, s.people)
	s.get("/people.csv", accounts.ManageAccounts, s.peopleCSV)
	s.api("GET", "/people", accounts.ManageAccounts, s.apiPeople, call{Says: "Lists the accounts.", Gives: list[accounts.User]{}})
	s.post("/people", accounts.ManageAccounts, s.invite)
	s.get("/people/:id", accounts.ManageAccounts, s.person)
	s.post("/people/:id/roles", accounts.ManageAccounts, s.setRoles)
	s.post("/people/:id/end", accounts.ManageAccounts, s.endAccount)
	s.post("/people/:id/sessions/:session/end", accounts.ManageAccounts, s.endTheirSession)
	s.post("/people/:id/tokens/:token/end", accounts.ManageAccounts, s.endTheirToken)
}

// peopleView is what the page of accounts is given.
type peopleView struct {
	Users  []accounts.User
	Links  []accounts.Link
	Roles  []accounts.RoleInfo
	Grants []accounts.Grant
	Made   string // a link, shown once
	For    string
	Name   string
	Error  string
}

func (s *Server) people(c *gin.Context) { s.showPeople(c, http.StatusOK, peopleView{}) }

func (s *Server) showPeople(c *gin.Context, code int, v peopleView) {
	ctx := c.Request.Context()
	var err error
	if v.Users, err = s.svc.Accounts.Users(ctx); err == nil {
		v.Links, err = s.svc.Accounts.Links(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	v.Roles, v.Grants = accounts.Roles(), accounts.Grants()
	s.show(c, code, "people", view{Title: "People and roles", Nav: "people", Body: v, Twins: []link{{"JSON", apiRoot + "/people"}, {"CSV", "/people.csv"}}})
}

func (s *Server) peopleCSV(c *gin.Context) {
	all, err := s.svc.Accounts.Users(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "people", "name", "roles", "since", "second factor", "ended")
	for _, u := range all {
		roles := make([]string, len(u.Roles))
		for i, r := range u.Roles {
			roles[i] = string(r)
		}
		w.row(u.Name, strings.Join(roles, " "), stamp(u.Made), map[bool]string{true: "yes"}[u.Second], stamp(u.Ended))
	}
	w.end()
}

func (s *Server) apiPeople(c *gin.Context) {
	all, err := s.svc.Accounts.Users(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) invite(c *gin.Context) {
	v := peopleView{Name: c.PostForm("name")}
	roles, err := accounts.ParseRoles(c.PostFormArray("role"))
	var token string
	if err == nil {
		token, err = s.svc.Accounts.Invite(c.Request.Context(), by(c).Name, v.Name, roles)
	}
	switch errkind.Of(err) {
	case errkind.Invalid, errkind.Conflict:
		if err != nil {
			v.Error = said(err)
			s.showPeople(c, http.StatusBadRequest, v)
			return
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	scheme := "http://"
	if s.cfg.TLS != nil {
		scheme = "https://"
	}
	s.showPeople(c, http.StatusOK, peopleView{Made: scheme + c.Request.Host + "/welcome/" + token, For: v.Name})
}

// personView is what the page of one account is given.
type personView struct {
	accounts.User
	Roles    []roleBox
	Sessions []accounts.Session
	Tokens   []accounts.Token
	Error    string
}

type roleBox struct {
	accounts.RoleInfo
	On bool
}

func (s *Server) person(c *gin.Context) { s.showPerson(c, http.StatusOK, "") }

func (s *Server) showPerson(c *gin.Context, code int, wrong string) {
	ctx, id := c.Request.Context(), c.Param("id")
	v := personView{Error: wrong}
	var err error
	if v.User, err = s.svc.Accounts.User(ctx, id); err == nil {
		v.Sessions, err = s.svc.Accounts.Sessions(ctx, id)
	}
	if err == nil {
		v.Tokens, err = s.svc.Accounts.Tokens(ctx, id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, r := range accounts.Roles() {
		v.Roles = append(v.Roles, roleBox{r, contains(v.User.Roles, r.Role)})
	}
	s.show(c, code, "person", view{Title: v.Name, Nav: "people", Crumbs: []link{{"People and roles", "/people"}}, Body: v})
}

func contains(roles []accounts.Role, r accounts.Role) bool {
	for _, x := range roles {
		if x == r {
			return true
		}
	}
	return false
}

// after goes back to the page of a person, or shows there what was wrong.
func (s *Server) after(c *gin.Context, err error) {
	switch k := errkind.Of(err); {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/people/"+c.Param("id"))
	case k == errkind.Invalid, k == errkind.Conflict:
		s.showPerson(c, status(err), said(err))
	default:
		s.fail(c, err)
	}
}

func (s *Server) setRoles(c *gin.Context) {
	roles, err := accounts.ParseRoles(c.PostFormArray("role"))
	if err == nil {
		err = s.svc.Accounts.SetRoles(c.Request.Context(), by(c).Name, c.Param("id"), roles)
	}
	s.after(c, err)
}

func (s *Server) endAccount(c *gin.Context) {
	s.after(c, s.svc.Accounts.End(c.Request.Context(), by(c).Name, c.Param("id")))
}

func (s *Server) endTheirSession(c *gin.Context) {
	s.after(c, s.svc.Accounts.SignOut(c.Request.Context(), by(c), c.Param("id"), c.Param("session")))
}

func (s *Server) endTheirToken(c *gin.Context) {
	s.after(c, s.svc.Accounts.Revoke(c.Request.Context(), by(c), c.Param("id"), c.Param("token")))
}
