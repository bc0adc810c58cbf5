package web

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) newSourceRoutes() {
	s.get("/sources/new", accounts.TrySources, s.newSource)
	s.post("/sources/new", accounts.TrySources, s.trySource)
	if s.svc.AddSource != nil {
		s.post("/sources/add", accounts.AddSources, s.addSource)
	}
}

// How much of a source is looked at when a connection is tried.
const (
	tryDatasets = 500
	tryFor      = 20 * time.Second
)

// newSourceView is what the wizard is given.
type newSourceView struct {
	Specs   []connectors.Spec
	Spec    *connectors.Spec
	Name    string
	Options []optionRow
	Rights  string // what the connector's documentation says of privileges
	Error   string
	Tried   *trial
	Add     []optionRow // what is sent to add it: where secrets stand, and all else as it was tried; nil where it cannot be added
	Adds    bool
}

// optionRow is one line of the form; what is secret is never given back.
type optionRow struct {
	connectors.Option
	Value string
}

// trial is what a connection has shown.
type trial struct {
	Datasets, Fields int
	More             bool
	First            []string
	Gaps             []lackRow
	Failed           string // why there is no connection
	Grants           string // what the documentation says of privileges, where they were refused
	File             string // the lines of vestige.yaml
}

// lackRow is something that could not be read, with what allows it.
type lackRow struct {
	pii.Gap
	Grant string
}

func (s *Server) newSource(c *gin.Context) {
	v := newSourceView{Specs: s.svc.Connectors}
	if name := c.Query("type"); name != "" {
		if v.Spec = s.spec(name); v.Spec == nil {
			s.fail(c, errkind.Coded(errkind.NotFound, "no-such-page", "there is no connector of this name"))
			return
		}
		v.fill(func(string) string { return "" })
	}
	s.showNewSource(c, http.StatusOK, v)
}

func (s *Server) showNewSource(c *gin.Context, code int, v newSourceView) {
	title := "A new source"
	if v.Spec != nil {
		title += ": " + v.Spec.Title
	}
	s.show(c, code, "newsource", view{Title: title, Nav: "browse", Crumbs: []link{{"Catalog", "/browse"}}, Body: v})
}

func (s *Server) spec(name string) *connectors.Spec {
	for i := range s.svc.Connectors {
		if s.svc.Connectors[i].Name == name {
			return &s.svc.Connectors[i]
		}
	}
	return nil
}

// fill makes the rows of the form from the connector's own description.
func (v *newSourceView) fill(typed func(string) string) {
	v.Rights = section(v.Spec.Doc, "Permissions")
	for _, required := range []bool{true, false} {
		for _, o := range v.Spec.Options {
			if o.Required != required {
				continue
			}
			row := optionRow{Option: o}
			if !o.Secret {
				row.Value = typed(o.Name)
			}
			v.Options = append(v.Options, row)
		}
	}
}

// offer makes the form by which a source that was tried is added. A secret that was typed is asked for again, as the place where it stands.
func (v *newSourceView) offer(typed func(string) string) {
	v.Adds = true
	for _, o := range v.Options {
		switch {
		case !o.Secret && strings.TrimSpace(o.Value) != "":
			v.Add = append(v.Add, o)
		case o.Secret && strings.TrimSpace(typed(o.Name)) != "":
			o.Value = "file:secrets/" + v.Name + "_" + o.Name
			v.Add = append(v.Add, o)
		}
	}
}

// addSource writes a source into the configuration, and goes to its page, where it is scanned.
func (s *Server) addSource(c *gin.Context) {
	v := newSourceView{Specs: s.svc.Connectors, Spec: s.spec(c.PostForm("type")), Name: strings.TrimSpace(c.PostForm("name"))}
	if v.Spec == nil {
		s.fail(c, errkind.Coded(errkind.NotFound, "no-such-page", "there is no connector of this name"))
		return
	}
	err := v.named()
	options := map[string]string{}
	for _, o := range v.Spec.Options {
		if text := strings.TrimSpace(c.PostForm("o." + o.Name)); text != "" {
			options[o.Name] = text
		} else if o.Required && err == nil {
			err = errkind.Coded(errkind.Invalid, "missing-option", "it needs the option %s", o.Name)
		}
	}
	if err == nil {
		err = s.svc.AddSource(c.Request.Context(), by(c).Name, v.Name, v.Spec.Name, options)
	}
	if err == nil {
		c.Redirect(http.StatusSeeOther, at(pii.Ref{Source: v.Name}))
		return
	}
	v.fill(func(name string) string { return c.PostForm("o." + name) })
	v.Adds, v.Error = true, orElse(said(err), "it could not be added")
	for _, o := range v.Options {
		if text, ok := options[o.Name]; ok {
			if o.Value = text; o.Secret && !reference(text) {
				o.Value = ""
			}
			v.Add = append(v.Add, o)
		}
	}
	s.showNewSource(c, status(err), v)
}

// reference tells whether a setting only says where its value stands, so that it may be shown again.
func reference(text string) bool {
	return strings.HasPrefix(text, "file:secrets/") || strings.HasPrefix(text, "env:VESTIGE_")
}

// section gives the part of a documentation under a heading.
func section(doc, heading string) string {
	_, rest, ok := strings.Cut(doc, "## "+heading+"\n")
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return strings.TrimSpace(text)
}

// trySource opens what the form describes, looks at what there is, closes it, and says what is missing. Nothing of it is kept.
func (s *Server) trySource(c *gin.Context) {
	v := newSourceView{Specs: s.svc.Connectors, Spec: s.spec(c.PostForm("type")), Name: strings.TrimSpace(c.PostForm("name"))}
	if v.Spec == nil {
		s.fail(c, errkind.Coded(errkind.NotFound, "no-such-page", "there is no connector of this name"))
		return
	}
	v.fill(func(name string) string { return c.PostForm("o." + name) })
	cfg, err := v.config(func(name string) string { return c.PostForm("o." + name) })
	if err == nil {
		err = s.noted(c.Request.Context(), audit.Entry{Actor: by(c).Name, Action: "source.try", Object: v.Spec.Name, Facts: audit.Facts(map[string]any{"name": v.Name})})
	}
	if err == nil {
		v.Tried, err = s.try(c.Request.Context(), v, cfg)
	}
	switch {
	case errkind.Of(err) == errkind.Invalid && err != nil:
		v.Error = said(err)
		s.showNewSource(c, http.StatusBadRequest, v)
	case err != nil:
		s.fail(c, err)
	default:
		if s.svc.AddSource != nil && v.Tried.Failed == "" && by(c).May(accounts.AddSources) {
			v.offer(func(name string) string { return c.PostForm("o." + name) })
		}
		s.showNewSource(c, http.StatusOK, v)
	}
}

var sourceName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// named refuses a name that no source can have.
func (v *newSourceView) named() error {
	if !sourceName.MatchString(v.Name) {
		return errkind.Coded(errkind.Invalid, "bad-name", "a source has a name of up to 40 of a-z, 0-9, dash and underline, that begins with a letter")
	}
	return nil
}

// config reads what was typed. Files and commands as settings belong into vestige.yaml, whose owner is on the machine; what is typed here is not.
func (v *newSourceView) config(typed func(string) string) (connectors.Config, error) {
	if err := v.named(); err != nil {
		return nil, err
	}
	out := connectors.Config{}
	for _, o := range v.Spec.Options {
		text := strings.TrimSpace(typed(o.Name))
		switch kind, _, ok := strings.Cut(text, ":"); {
		case text == "" && o.Required:
			return nil, errkind.Coded(errkind.Invalid, "missing-option", "it needs the option %s", o.Name)
		case text == "":
			continue
		case ok && (kind == "env" || kind == "file" || kind == "exec"):
			return nil, errkind.Coded(errkind.Invalid, "indirect-option", "the option %s is typed as it is, to be tried; env:, file: and exec: stand in vestige.yaml", o.Name)
		}
		out[o.Name] = pii.NewValue(text)
	}
	return out, nil
}

// try connects and discovers.
func (s *Server) try(ctx context.Context, v newSourceView, cfg connectors.Config) (*trial, error) {
	temp, err := os.MkdirTemp("", "vestige-try-")
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "make a folder for temporary files")
	}
	defer func() { _ = os.RemoveAll(temp) }()
	src, err := connectors.Open(ctx, connectors.Env{Log: slog.New(slog.DiscardHandler), Name: v.Name, Base: s.svc.Base, Temp: temp}, v.Name, *v.Spec, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	t := &trial{File: v.file()}
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	for d, err := range src.DiscoverBut(ctx, func(*pii.Dataset) bool { return true }) {
		if err != nil {
			t.failed(err, v)
			break
		}
		t.seen(d, v)
		if t.More = t.Datasets >= tryDatasets; t.More {
			break
		}
	}
	return t, nil
}

// failed says why there is no connection; what the system itself said may quote what was typed, and stays out.
func (t *trial) failed(err error, v newSourceView) {
	t.Failed = said(err)
	if t.Failed == "" {
		t.Failed = "the source could not be read"
	}
	if k := errkind.Of(err); k == errkind.Permission {
		t.Grants = v.Rights
	}
}

func (t *trial) seen(d pii.Dataset, v newSourceView) {
	t.Datasets, t.Fields = t.Datasets+1, t.Fields+len(d.Fields)
	if len(t.First) < 12 {
		t.First = append(t.First, d.Ref.Dataset)
	}
	if d.Gap != nil && len(t.Gaps) < 50 {
		l := lackRow{Gap: *d.Gap}
		if d.Gap.Code == "permission" {
			l.Grant = grant(v.Spec.Name, v.typed("user"), d.Ref.Dataset, d.Gap.Text)
			t.Grants = v.Rights
		}
		t.Gaps = append(t.Gaps, l)
	}
}

func (v newSourceView) typed(name string) string {
	for _, o := range v.Options {
		if o.Name == name {
			return o.Value
		}
	}
	return ""
}

// grant gives the statement by which the owner of a table lets the credentials read it; "" where a system knows no statements.
func grant(connector, user, table, said string) string {
	user = orElse(user, "vestige_scan")
	switch connector {
	case "postgres":
		role := quotedBy(user, `"`)
		if schema, ok := strings.CutPrefix(said, "the role may not use the schema "); ok {
			return "GRANT USAGE ON SCHEMA " + quotedBy(schema, `"`) + " TO " + role + ";\nGRANT SELECT ON ALL TABLES IN SCHEMA " + quotedBy(schema, `"`) + " TO " + role + ";"
		}
		return "GRANT SELECT ON TABLE " + dotted(table, `"`) + " TO " + role + ";"
	case "mysql":
		return "GRANT SELECT ON " + dotted(table, "`") + " TO " + quotedBy(user, "'") + "@'%';"
	}
	return ""
}

func dotted(name, quote string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = quotedBy(p, quote)
	}
	return strings.Join(parts, ".")
}

func quotedBy(name, quote string) string {
	return quote + strings.ReplaceAll(name, quote, quote+quote) + quote
}

// file gives the lines of vestige.yaml. A secret stands in the environment, under a name that says whose it is.
func (v newSourceView) file() string {
	var b strings.Builder
	b.WriteString("sources:\n  " + v.Name + ":\n    type: " + v.Spec.Name + "\n")
	for _, o := range v.Options {
		switch {
		case o.Secret && !o.Required && o.Name == "dsn":
		case o.Secret:
			b.WriteString("    " + o.Name + ": env:VESTIGE_" + strings.ToUpper(strings.ReplaceAll(v.Name, "-", "_")) + "_" + strings.ToUpper(o.Name) + "\n")
		case strings.TrimSpace(o.Value) != "":
			b.WriteString("    " + o.Name + ": " + strconv.Quote(strings.TrimSpace(o.Value)) + "\n")
		}
	}
	return b.String()
}
