package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/internal/errkind"
)

// statuses gives each kind of error its status.
var statuses = map[errkind.Kind]int{
	errkind.Invalid: http.StatusBadRequest, errkind.NotFound: http.StatusNotFound, errkind.Conflict: http.StatusConflict,
	errkind.Permission: http.StatusForbidden, errkind.Unsupported: http.StatusNotImplemented, errkind.Transient: http.StatusServiceUnavailable,
	errkind.Canceled: http.StatusServiceUnavailable,
}

// status maps the kind of an error; there is no other place that does.
func status(err error) int {
	switch code := errkind.Code(err); code {
	case "wrong-host":
		return http.StatusMisdirectedRequest
	case "index-stale":
		return http.StatusServiceUnavailable
	case "not-signed-in", "account-waits":
		return http.StatusUnauthorized
	case "no-version":
		return http.StatusPreconditionRequired
	}
	if s, ok := statuses[errkind.Of(err)]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Problem is an error as RFC 9457 wants it. Detail is what the error says without what was typed.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail,omitempty"`
	Request string `json:"request"`
	Now     *now   `json:"now,omitempty"` // of a conflict: what there is, over which one can decide anew
}

// fail answers with what went wrong, as a page or, to programs, as a problem.
func (s *Server) fail(c *gin.Context, err error) { s.answer(c, status(err), err) }

func (s *Server) answer(c *gin.Context, status int, err error) {
	p := problem(status, err)
	p.Request = c.GetString(requestKey)
	if status >= 500 {
		s.cfg.Log.Error("answered with an error", "id", p.Request, "route", c.FullPath(), "code", p.Code)
	}
	c.Abort()
	if program(c) {
		c.Header("Content-Type", "application/problem+json")
		c.Status(status)
		_ = json.NewEncoder(c.Writer).Encode(p)
		return
	}
	v := view{Title: p.Title, Body: failure{Problem: p, Hint: hints[p.Code]}}
	s.show(c, status, "error", v)
}

// failure is what the page of an error is given.
type failure struct {
	Problem
	Hint string
}

// hints say what a person can do next, by code.
var hints = map[string]string{
	"index-stale":     "The index is not what the store says it must be, so nothing is shown from it. Run “vestige reindex” to build it anew.",
	"no-such-page":    "It may have been typed wrong, or belong to a part that this server does not show.",
	"no-right":        "The page of your account says which roles you have; an administrator gives others.",
	"no-such-link":    "Ask the one who sent it for a new one; the first start of a server prints the first.",
	"cross-origin":    "Open the page here, and send its form from there.",
	"not-signed-in":   "Sign in, or send a machine token.",
	"no-such-dataset": "It may have been renamed, or no scan has seen it yet.",
	"no-such-field":   "It may have been renamed, or no scan has seen it yet.",
	"wrong-host":      "Open it by the address that it printed when it was started.",
}

// program tells whether the client reads JSON.
func program(c *gin.Context) bool {
	return strings.HasPrefix(c.Request.URL.Path, "/api/") || strings.HasPrefix(c.GetHeader("Accept"), "application/json")
}

// quoted is what an error repeats of what was typed.
var quoted = regexp.MustCompile(`"[^"]*"|“[^”]*”`)

// problem says what may be said of an error: nothing of one that nobody gave a kind to.
func problem(status int, err error) Problem {
	p := Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: errkind.Code(err)}
	var known *errkind.Error
	switch {
	case !errors.As(err, &known) || known.Kind == errkind.Internal:
	case known.Kind == errkind.NotFound:
		p.Detail = orElse(missing[p.Code], "there is nothing of this name")
	default:
		p.Detail = quoted.ReplaceAllString(known.Text, "…")
	}
	return p
}

// missing says what is not there without its name, which was typed.
var missing = map[string]string{
	"no-such-page": "there is no page at this address", "no-such-dataset": "the catalog has no dataset of this name", "no-such-field": "the catalog has no field of this name",
	"no-such-source": "the catalog has no source of this name", "no-such-plan": "there is no plan of this name", "no-plans": "this server shows no plans", "no-attestation": "the plan is not closed",
	"no-such-request": "there is no such request", "no-such-group": "nothing of this group waits any more", "no-such-decision": "there is no such decision",
	"no-such-link": "this link was used, has expired, or never was", "no-such-account": "there is no such account", "no-such-session": "there is no such session", "no-such-token": "there is no such token", "no-such-view": "there is no such view", "no-such-run": "there is no such scan", "no-such-schedule": "there is no schedule of this name", "no-such-alert": "there is no such alert", "no-such-delivery": "there is no such delivery",
	"no-such-reference": "the catalog has no such reference",
}
