package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/internal/clock"
	"vestige/internal/errkind"
)

// policy is what a page may load: our own files and nothing else, no script or style within the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx app"

// headers are set on every answer.
var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
	"Cache-Control":                "no-store",
}

const requestKey = "request"

// identify names the request; a name that the client gives is not taken over.
func (s *Server) identify(c *gin.Context) {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	id := hex.EncodeToString(b)
	c.Set(requestKey, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

// record logs the request by its route: its address may hold what a person asked for.
func (s *Server) record(c *gin.Context) {
	start := clock.Now()
	c.Next()
	route := c.FullPath()
	if route == "" {
		route = "(none)"
	}
	s.cfg.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", slog.String("id", c.GetString(requestKey)), slog.String("by", by(c).Name), slog.String("method", method(c.Request.Method)),
		slog.String("route", route), slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(0, c.Writer.Size())), slog.Duration("took", clock.Since(start)))
}

// method gives a method that HTTP knows; a client can send any word.
func method(m string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, m) {
		return m
	}
	return "(other)"
}

// recover answers a panic with a page that says nothing of it; the log gets its type and where it was, never its text.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // an answer that is cut off on purpose: the connection ends, so that the client sees it
		}
		s.cfg.Log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("id", c.GetString(requestKey)), slog.String("route", c.FullPath()),
			slog.String("type", fmt.Sprintf("%T", p)), slog.String("stack", stack(debug.Stack())))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.fail(c, errkind.New(errkind.Internal, "panic"))
	}()
	c.Next()
}

// stack keeps the places of a stack and drops the line of the panic, which may hold what it was called with.
func stack(b []byte) string {
	var out []string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "panic(") && !strings.HasPrefix(line, "goroutine ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func (s *Server) secure(c *gin.Context) {
	for name, value := range headers {
		c.Header(name, value)
	}
	if s.cfg.TLS != nil {
		c.Header("Strict-Transport-Security", "max-age=31536000")
	}
	c.Next()
}

// ours refuses a request for a host that is not this server: a page of the outside whose name was pointed at loopback would send its own.
func (s *Server) ours(c *gin.Context) {
	if s.known(c.Request.Host) {
		c.Next()
		return
	}
	s.fail(c, errkind.Coded(errkind.Permission, "wrong-host", "this server is reached by another name"))
}

func (s *Server) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, name) || slices.Contains(s.cfg.Hosts, name)
}

func (s *Server) notFound(c *gin.Context) {
	s.fail(c, errkind.Coded(errkind.NotFound, "no-such-page", "there is no page at this address"))
}

func (s *Server) notAllowed(c *gin.Context) {
	s.answer(c, http.StatusMethodNotAllowed, errkind.Coded(errkind.Unsupported, "no-such-method", "this address does not answer that method"))
}
