package web

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

const actorKey = "actor"

// who says who makes a call: by a session's cookie, by a machine token, or nobody.
func (s *Server) who(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, "/local/") { // guards itself, by a token of its own
		c.Next()
		return
	}
	a, err := s.actor(c)
	if err != nil {
		s.answer(c, status(err), err)
		return
	}
	c.Set(actorKey, a)
	c.Next()
}

func (s *Server) actor(c *gin.Context) (accounts.Actor, error) {
	anonymous := accounts.Actor{Name: "anonymous", Roles: s.cfg.Anonymous, Anonymous: true}
	if s.svc.Accounts == nil {
		return anonymous, nil
	}
	ctx := c.Request.Context()
	if h := c.GetHeader("Authorization"); h != "" {
		token, ok := strings.CutPrefix(h, "Bearer ")
		if !ok {
			return anonymous, errkind.Coded(errkind.Permission, "not-signed-in", "a token is sent as Authorization: Bearer TOKEN")
		}
		return s.svc.Accounts.Bearer(ctx, token)
	}
	token, err := c.Cookie(s.cookieName())
	if err != nil || token == "" {
		return anonymous, nil
	}
	a, err := s.svc.Accounts.Session(ctx, token)
	if errkind.Of(err) == errkind.Permission { // a session that has ended is none
		return anonymous, nil
	}
	return a, err
}

// by gives who makes the call.
func by(c *gin.Context) accounts.Actor {
	a, _ := c.Get(actorKey)
	actor, _ := a.(accounts.Actor)
	return actor
}

// guard lets a call pass that has the right. What has none is refused, and the refusal is in the log.
func (s *Server) guard(right accounts.Right) gin.HandlerFunc {
	return func(c *gin.Context) {
		a := by(c)
		switch {
		case a.May(right):
			c.Next()
		case a.Anonymous:
			s.signInFirst(c)
		default:
			s.refused(c, a, right)
			s.fail(c, errkind.Coded(errkind.Permission, "no-right", "your roles do not allow it: it needs the right %s", right))
		}
	}
}

// signInFirst sends a person to the page where she signs in, and tells a program that it has to.
func (s *Server) signInFirst(c *gin.Context) {
	s.nobody.refused(s, c)
	c.Header("WWW-Authenticate", `Bearer realm="vestige"`)
	if program(c) || changes(c.Request.Method) || s.svc.Accounts == nil {
		s.fail(c, errkind.Coded(errkind.Permission, "not-signed-in", "sign in first, or send a token"))
		return
	}
	c.Abort()
	c.Redirect(http.StatusSeeOther, "/sign-in?back="+url.QueryEscape(local(c.Request.URL.RequestURI())))
}

// refused writes a refusal of somebody who is known into the log.
func (s *Server) refused(c *gin.Context, a accounts.Actor, right accounts.Right) {
	s.note(c.Request.Context(), audit.Entry{Actor: a.Name, Action: "web.refused", Object: c.FullPath(), Facts: audit.Facts(map[string]any{"method": method(c.Request.Method), "right": right})})
}

// noted writes an entry of the log before what it says is done; where it cannot be written, that must not be done.
func (s *Server) noted(ctx context.Context, e audit.Entry) error {
	return s.svc.DB.Write(ctx, func(tx db.Tx) error { return s.svc.Audit.Append(ctx, tx, e) })
}

// note writes an entry of the log in a unit of work of its own. A log that cannot be written is said in the server's own.
func (s *Server) note(ctx context.Context, e audit.Entry) {
	if s.svc.Audit == nil {
		return
	}
	if err := s.svc.DB.Write(ctx, func(tx db.Tx) error { return s.svc.Audit.Append(ctx, tx, e) }); err != nil {
		s.cfg.Log.ErrorContext(ctx, "an entry of the log could not be written", "action", e.Action, "code", errkind.Code(err))
	}
}

// strangers counts refusals of calls that nobody stands behind: one entry of the log a minute says how many there were, so that nobody can fill
// the disk with them.
type strangers struct {
	mu    sync.Mutex
	count int64
	told  time.Time
}

func (n *strangers) refused(s *Server, c *gin.Context) {
	n.mu.Lock()
	n.count++
	now := clock.Now()
	if now.Sub(n.told) < time.Minute {
		n.mu.Unlock()
		return
	}
	count := n.count
	n.count, n.told = 0, now
	n.mu.Unlock()
	s.note(c.Request.Context(), audit.Entry{Actor: "anonymous", Action: "web.refused", Object: c.FullPath(), Facts: audit.Facts(map[string]any{"method": method(c.Request.Method), "calls": count})})
}

// samePlace refuses a form that another site sent: the browser says so itself (Sec-Fetch-Site, Origin).
func (s *Server) samePlace(c *gin.Context) {
	if err := s.cross.Check(c.Request); err != nil {
		s.nobody.refused(s, c)
		s.fail(c, errkind.Coded(errkind.Permission, "cross-origin", "this came from another site, and was not carried out"))
		return
	}
	c.Next()
}

// bounded keeps a body from being larger than anything that is asked for here.
func (s *Server) bounded(c *gin.Context) {
	limit := int64(1 << 20)
	if strings.HasPrefix(c.Request.URL.Path, "/import") || strings.HasSuffix(c.Request.URL.Path, "/import") || c.Request.URL.Path == apiRoot+"/lineage" {
		limit = 32 << 20
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	c.Next()
}

// cookieName is that of the session; the prefix has the browser see to it that no other host and no plain connection sets it.
func (s *Server) cookieName() string {
	if s.cfg.TLS != nil {
		return "__Host-vestige"
	}
	return "vestige-session"
}

func (s *Server) setCookie(c *gin.Context, token string) {
	age := 7 * 24 * 3600
	if token == "" {
		age = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.cfg.TLS != nil})
}

// client says how a session is listed: the browser and the system, as far as it tells, and where from.
func client(c *gin.Context) string {
	agent := c.GetHeader("User-Agent")
	name := "a program"
	for _, known := range []string{"Firefox", "Edg", "OPR", "Chrome", "Safari", "curl"} {
		if strings.Contains(agent, known) {
			name = map[string]string{"Edg": "Edge", "OPR": "Opera"}[known]
			name = orElse(name, known)
			break
		}
	}
	for _, system := range []string{"Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"} {
		if strings.Contains(agent, system) {
			name += " on " + system
			break
		}
	}
	if ip := net.ParseIP(address(c)); ip != nil && !ip.IsLoopback() {
		return name + " from " + ip.String()
	}
	return name
}

// address is where a call comes from. What a header says of it is not asked: whoever sends one may write what she likes.
func address(c *gin.Context) string {
	host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
