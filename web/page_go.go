package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
)

func (s *Server) goRoutes() {
	s.get("/go", accounts.ReadCatalog, s.goPage)
	s.api("GET", "/go", accounts.ReadCatalog, s.apiGo, call{Says: "Lists where one can go by some words: pages, actions, sources, datasets, fields, requests and plans.", Query: map[string]string{"q": "the words"}, Gives: list[goal]{}})
}

// goal is somewhere to go.
type goal struct {
	Kind   string `json:"kind"` // page, action, source, dataset, field, request, plan
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	Href   string `json:"href"`

	right accounts.Right
}

// goals are the pages and actions that everybody has who has their right; a route that is not there is left out.
var goals = []goal{
	{"page", "Overview", "what waits for you", "/", accounts.ReadCatalog}, {"page", "Catalog", "sources and datasets", "/browse", accounts.ReadCatalog},
	{"page", "Review", "decide what is proposed", "/review", accounts.ReadCatalog}, {"page", "Search", "with the query language", "/search", accounts.ReadCatalog},
	{"page", "Views", "searches that were kept", "/views", accounts.ReadCatalog}, {"page", "Lineage", "the picture of references and flows", "/lineage", accounts.ReadCatalog},
	{"page", "Find a way", "from an identifier to a dataset", "/lineage/path", accounts.ReadCatalog}, {"page", "Scans", "runs, running and past", "/scans", accounts.ReadCatalog},
	{"page", "Schedules", "when sources are scanned", "/schedules", accounts.ReadCatalog}, {"page", "Alerts", "new, changed, gone, unreachable", "/alerts", accounts.ReadCatalog},
	{"page", "Deliveries", "who was told of alerts", "/deliveries", accounts.ReadCatalog}, {"page", "Requests", "by deadline", "/requests", accounts.ReadRequests},
	{"page", "Plans", "erasures and exports", "/plans", accounts.ReadPlans}, {"page", "Reports", "coverage, decisions, personal data by system", "/reports", accounts.ReadCatalog},
	{"page", "Audit log", "who did what", "/log", accounts.ReadLog}, {"page", "People and roles", "accounts", "/people", accounts.ManageAccounts},
	{"page", "Your account", "password, second factor, sessions, tokens", "/account", accounts.Self}, {"page", "About", "version, connectors, keys", "/about", accounts.ReadCatalog},
	{"action", "Connect a new source", "try it, and add it", "/sources/new", accounts.TrySources}, {"action", "Take in a request", "of a person", "/requests/new", accounts.WorkRequests},
	{"action", "Import and export", "decisions, owners, lineage: dbt, OpenLineage, CSV", "/import", accounts.Decide}, {"action", "Invite somebody", "by a link that works once", "/people", accounts.ManageAccounts},
	{"action", "Search what nobody has decided", "is:unmapped", "/search?q=is%3Aunmapped", accounts.ReadCatalog}, {"action", "Search what nobody has looked at", "is:unexamined", "/search?q=is%3Aunexamined", accounts.ReadCatalog},
}

// goFound is how many of a kind are offered.
const goFound = 8

// reach gives where some words lead: pages and actions first, then sources, requests and plans, then what the search finds.
func (s *Server) reach(ctx context.Context, a accounts.Actor, text string) (out []goal, err error) {
	words := strings.Fields(strings.ToLower(text))
	for _, g := range goals {
		path, _, _ := strings.Cut(g.Href, "?")
		if a.May(g.right) && s.has(path) && fits(words, g.Text+" "+g.Detail+" "+g.Kind) {
			out = append(out, g)
		}
	}
	if len(words) == 0 {
		return out, nil
	}
	for _, more := range []func(context.Context, accounts.Actor, string) ([]goal, error){s.goSources, s.goRequests, s.goFields} {
		found, err := more(ctx, a, text)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// has tells whether a page is served.
func (s *Server) has(path string) bool {
	for _, r := range s.table {
		if r.Method == http.MethodGet && r.Path == path {
			return true
		}
	}
	return false
}

// fits tells whether each word begins a word of a text.
func fits(words []string, text string) bool {
	text = " " + strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, " "+w) {
			return false
		}
	}
	return true
}

func (s *Server) goSources(ctx context.Context, _ accounts.Actor, text string) (out []goal, err error) {
	all, err := s.svc.Catalog.Sources(ctx)
	for _, x := range all {
		if strings.Contains(strings.ToLower(x.Name), strings.ToLower(text)) && len(out) < goFound {
			out = append(out, goal{Kind: "source", Text: x.Name, Detail: x.Connector, Href: "/source?at=" + url.QueryEscape(x.Name)})
		}
	}
	return out, err
}

// goRequests finds requests and plans by their ids; whom they are about is no word to find them by.
func (s *Server) goRequests(ctx context.Context, a accounts.Actor, text string) (out []goal, err error) {
	has := func(id string) bool {
		return len(text) > 2 && strings.Contains(strings.ToLower(id), strings.ToLower(text)) && len(out) < goFound
	}
	if s.svc.Requests != nil && a.May(accounts.ReadRequests) {
		all, err := s.svc.Requests.List(ctx, false)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			if has(r.ID) {
				out = append(out, goal{Kind: "request", Text: r.ID, Detail: string(r.State), Href: "/requests/" + url.PathEscape(r.ID)})
			}
		}
	}
	if s.svc.Plans == nil || !a.May(accounts.ReadPlans) {
		return out, nil
	}
	all, err := s.svc.Plans.Plans(ctx, "")
	for _, p := range all[:min(len(all), latestPlans)] {
		if has(p.ID) {
			out = append(out, goal{Kind: "plan", Text: p.ID, Detail: string(p.State), Href: "/plans/" + url.PathEscape(p.ID)})
		}
	}
	return out, err
}

// goFields asks the search that there is, for datasets and for fields. What is no query finds nothing.
func (s *Server) goFields(ctx context.Context, _ accounts.Actor, text string) (out []goal, err error) {
	for _, kind := range []string{"dataset", "field"} {
		q := text
		if kind == "dataset" {
			q += " is:dataset"
		}
		r, err := s.svc.Catalog.Search(ctx, q, catalog.Page{Limit: goFound})
		if errkind.Of(err) == errkind.Invalid && err != nil {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for _, h := range r.Hits {
			g := goal{Kind: kind, Text: h.Dataset, Detail: h.Ref.Source, Href: at(h.Ref)}
			if kind == "field" {
				g.Text, g.Detail = h.Display, strings.TrimSuffix(h.Ref.Source+"/"+h.Dataset+", "+string(h.Category), ", ")
			}
			out = append(out, g)
		}
	}
	return out, nil
}

// goView is what the page is given.
type goView struct {
	Text  string
	Goals []goal
}

func (s *Server) goPage(c *gin.Context) {
	v := goView{Text: strings.TrimSpace(c.Query("q"))}
	var err error
	if v.Goals, err = s.reach(c.Request.Context(), by(c), v.Text); err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "go", view{Title: "Go to", Nav: "go", Body: v, Twins: []link{{"JSON", apiRoot + "/go?" + url.Values{"q": {v.Text}}.Encode()}}})
}

func (s *Server) apiGo(c *gin.Context) {
	all, err := s.reach(c.Request.Context(), by(c), strings.TrimSpace(c.Query("q")))
	either(s, c, items(all), err)
}
