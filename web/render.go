package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
)

// renderer holds the parsed templates: each page with the layout and the parts that all share.
type renderer struct {
	live  fs.FS // read anew at each request, where somebody works on them
	files fs.FS
	hash  string // of the static files, part of their address
	set   map[string]*template.Template
	base  *template.Template // the parts alone
	once  sync.Map           // parts that are the same on every page, by name and what they are of
}

func newRenderer(live fs.FS) (*renderer, error) {
	r := &renderer{live: live, files: assets}
	if live != nil {
		r.files = live
	}
	var err error
	if r.hash, err = hashOf(r.files); err != nil {
		return nil, err
	}
	r.set, err = r.parse()
	return r, err
}

// hashOf names the static files by what they hold, so that a browser may keep them for ever.
func hashOf(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		h.Write([]byte(name))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:12], err
}

// parse makes one set per page, so that each can define its own "body".
func (r *renderer) parse() (map[string]*template.Template, error) {
	base, err := template.New("layout.html").Funcs(r.funcs()).ParseFS(r.files, "templates/layout.html", "templates/parts*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(r.files, "templates/page_*.html")
	if err != nil {
		return nil, err
	}
	if r.base, err = base.Clone(); err != nil {
		return nil, err
	}
	out := map[string]*template.Template{}
	for _, name := range names {
		t, err := template.Must(base.Clone()).ParseFS(r.files, name)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "page_"), ".html")] = t
	}
	return out, nil
}

// render writes a page into memory first: a template that fails half-way leaves no half page.
func (r *renderer) render(name string, v view) ([]byte, error) {
	set := r.set
	if r.live != nil {
		var err error
		if set, err = r.parse(); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	entry := "layout.html"
	if v.Part {
		entry = "body"
	}
	err := set[name].ExecuteTemplate(&b, entry, v)
	return b.Bytes(), err
}

// made gives a small part, which is written once for each thing that it is of: a page of a hundred rows has a thousand of them.
func (r *renderer) made(name string, of any) (template.HTML, error) {
	if x, ok := of.(float64); ok { // as it is shown
		of, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'f', 2, 64), 64)
	}
	id := struct {
		name string
		of   any
	}{name, of}
	if html, ok := r.once.Load(id); ok && r.live == nil {
		return html.(template.HTML), nil
	}
	var b bytes.Buffer
	if err := r.base.ExecuteTemplate(&b, name+"-of", of); err != nil {
		return "", err
	}
	html := template.HTML(b.String()) //nolint:gosec // what a template of ours has escaped
	r.once.Store(id, html)
	return html, nil
}

// part writes one template alone.
func (r *renderer) part(name string, v any) ([]byte, error) {
	var b bytes.Buffer
	err := r.set[name].ExecuteTemplate(&b, "body", v)
	return b.Bytes(), err
}

// view is what every page is given.
type view struct {
	Title       string
	Nav         string // the entry of the navigation that it belongs to
	Crumbs      []link // the way to it
	Twins       []link // the same as JSON and CSV
	Query       string // what stands in the search box
	Body        any
	Version     string
	Notice      string
	Request     string
	Look        look
	Here        string // its own address
	HasPlan     bool
	HasRequests bool
	Actor       accounts.Actor
	Decides     bool // the queue of decisions is here
	SignsIn     bool // people can sign in here
	Bare        bool // without the navigation: a page before one is signed in
	Part        bool // the body alone, for a script
	hidden      map[string][]int
	Wide        bool   // the whole width is used
	Module      string // the script that the page is quicker with, and works without
}

// May tells whether the one who looks has a right.
func (v view) May(right string) bool { return v.Actor.May(accounts.Right(right)) }

// link is a word with an address.
type link struct{ Text, Href string }

// look is how a person wants to see pages; it is kept in a cookie.
type look struct {
	Theme, Density string
	Keys           bool // letters lead somewhere
}

// Class gives the look as classes of the page.
func (l look) Class() string { return strings.TrimSpace(l.Theme + " " + l.Density) }

// show answers with a page.
func (s *Server) show(c *gin.Context, status int, name string, v view) {
	v.hidden = hiddenOf(c)
	v.Version, v.Notice, v.Request, v.Look = s.cfg.Version, s.cfg.Notice, c.GetString(requestKey), lookOf(c)
	v.Here, v.HasPlan, v.HasRequests = c.Request.URL.RequestURI(), s.svc.Plans != nil, s.svc.Requests != nil
	v.Actor, v.SignsIn, v.Decides = by(c), s.svc.Accounts != nil, s.svc.DB != nil && s.svc.Audit != nil
	page, err := s.pages.render(name, v)
	if err != nil {
		s.cfg.Log.Error("a template failed", "id", v.Request, "page", name)
		c.Data(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("Internal error, request "+v.Request+"\n"))
		return
	}
	c.Data(status, "text/html; charset=utf-8", page)
}

func (s *Server) staticRoutes() {
	s.get("/static/:hash/*name", accounts.Public, s.static)
	s.get("/look", accounts.Public, s.setLook)
	s.get("/columns", accounts.Public, s.setColumns)
}

func (s *Server) static(c *gin.Context) {
	name := strings.TrimPrefix(path.Clean(c.Param("name")), "/")
	if !fs.ValidPath(name) {
		s.notFound(c)
		return
	}
	b, err := fs.ReadFile(s.pages.files, "static/"+name)
	if err != nil {
		s.notFound(c)
		return
	}
	if c.Param("hash") == s.pages.hash {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}
	c.Data(http.StatusOK, types[path.Ext(name)], b)
}

// themes and densities are all that a look may be.
var (
	themes    = map[string]string{"auto": "", "light": "light", "dark": "dark"}
	densities = map[string]string{"normal": "", "compact": "compact", "comfortable": "comfortable"}
)

func lookOf(c *gin.Context) look {
	text, _ := c.Cookie("vestige-look")
	theme, rest, _ := strings.Cut(text, ".")
	density, keys, _ := strings.Cut(rest, ".")
	return look{themes[theme], densities[density], keys != "off"}
}

// setLook keeps how a person wants to see pages, and goes back to where she was.
func (s *Server) setLook(c *gin.Context) {
	was := lookOf(c)
	theme, density := orElse(was.Theme, "auto"), orElse(was.Density, "normal")
	if t := c.Query("theme"); t == "auto" || themes[t] != "" {
		theme = t
	}
	if d := c.Query("density"); d == "normal" || densities[d] != "" {
		density = d
	}
	keys := map[bool]string{true: "on", false: "off"}[was.Keys]
	if k := c.Query("keys"); k == "on" || k == "off" {
		keys = k
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: "vestige-look", Value: theme + "." + density + "." + keys, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.cfg.TLS != nil})
	c.Redirect(http.StatusSeeOther, local(c.Query("back")))
}

// local gives an address within this server: one that leads elsewhere is not followed.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
