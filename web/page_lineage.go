package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) lineageRoutes() {
	s.get("/lineage", accounts.ReadCatalog, s.lineage)
	s.get("/lineage.csv", accounts.ReadCatalog, s.lineageCSV)
	s.get("/lineage.svg", accounts.ReadCatalog, s.lineageSVG)
}

// graphs keeps the graph of the latest revision: reading it from the index takes a while, and it changes with scans and decisions only.
type graphs struct {
	mu       sync.Mutex
	revision int64
	graph    *lineage.Graph
	drawn    *lineage.Graph // with flows that were told, which pictures show and nothing follows
	took     time.Duration  // to read it
	reading  bool
	domains  map[string][]pii.Ref // fields by value domain
	roads    *roads               // as the path finder walks it
	estates  map[bool]selection   // of the whole estate, with datasets without personal data or not
}

// patience is how long a page waits for the graph; one that takes longer to be read is shown as it was before, while it is read anew.
const patience = 100 * time.Millisecond

// graph gives the graph as it counts now, from the index and nowhere else. Plans read it themselves, at their own revision.
func (s *Server) graph(ctx context.Context) (*lineage.Graph, error) {
	now, err := s.svc.Catalog.Revision(ctx)
	if err != nil {
		return nil, err
	}
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	switch old := s.graphs.graph; {
	case old != nil && s.graphs.revision == now:
		return old, nil
	case old != nil && s.graphs.took > patience:
		if !s.graphs.reading {
			s.graphs.reading = true
			go s.readGraph(context.WithoutCancel(ctx))
		}
		return old, nil
	}
	start := clock.Now()
	g, drawn, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.graphs.keep(g, drawn, clock.Since(start))
	return g, nil
}

func (x *graphs) keep(g, drawn *lineage.Graph, took time.Duration) {
	x.graph, x.drawn, x.revision, x.took, x.estates, x.domains, x.roads = g, drawn, g.Revision, took, nil, nil, nil
}

// read gives the graph, and the one that is drawn: with flows between datasets that were told and that no reference shows already.
func (s *Server) read(ctx context.Context) (g, drawn *lineage.Graph, err error) {
	if g, err = s.svc.Catalog.Outline(ctx); err != nil {
		return nil, nil, err
	}
	flows, err := s.svc.Catalog.Flows(ctx, pii.Ref{})
	if err != nil || len(flows) == 0 {
		return g, g, err
	}
	joined := map[[2]pii.Ref]bool{}
	for i := range g.Edges {
		joined[[2]pii.Ref{g.Edges[i].To, g.Edges[i].From}] = true
	}
	drawn = &lineage.Graph{Revision: g.Revision, Nodes: g.Nodes, Edges: slices.Clone(g.Edges)}
	for _, f := range flows {
		if f.Output.Field == "" && !joined[[2]pii.Ref{f.Input, f.Output}] {
			drawn.Edges = append(drawn.Edges, lineage.Edge{From: f.Output, To: f.Input, Kind: lineage.Derives, Told: f.Origin})
		}
	}
	return g, drawn.Index(), nil
}

// picturedGraph gives the graph that is drawn.
func (s *Server) picturedGraph(ctx context.Context) (*lineage.Graph, error) {
	g, err := s.graph(ctx)
	if err != nil {
		return nil, err
	}
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	if s.graphs.graph == g {
		return s.graphs.drawn, nil
	}
	return g, nil
}

// readGraph reads the graph beside the pages that show the one before.
func (s *Server) readGraph(ctx context.Context) {
	start := clock.Now()
	g, drawn, err := s.read(ctx)
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	s.graphs.reading = false
	if err != nil {
		s.graphs.graph = nil // the next page reads it, and says what is wrong
		return
	}
	s.graphs.keep(g, drawn, clock.Since(start))
}

// estate gives what is drawn of the whole estate, which is worked out once for a graph.
func (s *Server) estate(g *lineage.Graph, a ask) selection {
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	if s.graphs.drawn != g {
		return estate(g, a)
	}
	if _, ok := s.graphs.estates[a.All]; !ok {
		if s.graphs.estates == nil {
			s.graphs.estates = map[bool]selection{}
		}
		s.graphs.estates[a.All] = estate(g, a)
	}
	return s.graphs.estates[a.All]
}

// ask is what part of the graph is wanted.
type ask struct {
	Root   pii.Ref // a dataset; zero for the whole estate
	Hops   int
	All    bool // datasets without personal data too
	Unfold bool // hubs with all that hangs on them
}

func askOf(c *gin.Context) (ask, error) {
	a := ask{Hops: 1, All: c.Query("show") == "all", Unfold: c.Query("unfold") == "1"}
	if n, err := strconv.Atoi(c.Query("hops")); err == nil {
		a.Hops = min(max(1, n), 6)
	}
	if c.Query("at") == "" {
		return a, nil
	}
	ref, err := pii.ParseRef(c.Query("at"))
	if err != nil {
		return a, errkind.Coded(errkind.Invalid, "bad-reference", "a place is written source/dataset")
	}
	a.Root, err = place(ref.Of().String(), false)
	return a, err
}

// href gives the address of a part of the graph.
func (a ask) href() string { return "/lineage" + a.query() }

func (a ask) query() string {
	v := url.Values{}
	if a.Root.Source != "" {
		v.Set("at", a.Root.String())
		v.Set("hops", strconv.Itoa(a.Hops))
	}
	if a.All {
		v.Set("show", "all")
	}
	if a.Unfold {
		v.Set("unfold", "1")
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// lineageView is what its page is given.
type lineageView struct {
	Ask      ask
	Name     string
	Picture  picture
	Hops     []link
	Toggle   link // with or without datasets that hold no personal data
	Unfold   link
	Whole    bool
	TooLarge bool
	Hubs     []hub // where to begin, when the estate is too large to be drawn
	Lone     []pii.Ref
	Alone    int    // how many there are of them
	SVG      string // address of the picture alone
}

// hub is a dataset to begin with.
type hub struct {
	Ref   pii.Ref
	Count int
}

func (s *Server) lineage(c *gin.Context) {
	a, err := askOf(c)
	var v lineageView
	if err == nil {
		v, err = s.lineageView(c.Request.Context(), a)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page := view{Title: "Lineage", Nav: "lineage", Body: v, Module: "graph.js", Twins: []link{{"JSON", "/api/v1/lineage" + a.query()}, {"CSV", "/lineage.csv" + a.query()}}}
	if !v.Whole {
		page.Title, page.Crumbs = v.Name, []link{{"Lineage", "/lineage"}, {a.Root.Source, at(pii.Ref{Source: a.Root.Source})}}
	}
	s.show(c, http.StatusOK, "lineage", page)
}

func (s *Server) lineageView(ctx context.Context, a ask) (v lineageView, err error) {
	g, err := s.picturedGraph(ctx)
	if err != nil {
		return v, err
	}
	v.Ask, v.Whole = a, a.Root.Source == ""
	sel, err := s.choose(g, a)
	if err != nil {
		return v, err
	}
	v.TooLarge, v.Hubs, v.Lone, v.Alone = sel.tooLarge, sel.hubs, sel.lone, sel.alone
	if !sel.tooLarge {
		v.Picture = draw(g, sel, a)
	}
	if n := g.Node(a.Root); n != nil {
		v.Name = label(n)
	}
	v.SVG = "/lineage.svg" + a.query()
	v.links()
	return v, nil
}

// links gives the controls, which are addresses.
func (v *lineageView) links() {
	a := v.Ask
	a.All = !a.All
	v.Toggle = link{"personal data only", a.href()}
	if a.All {
		v.Toggle.Text = "all datasets"
	}
	a = v.Ask
	a.Unfold = !a.Unfold
	v.Unfold = link{"unfold hubs", a.href()}
	if v.Ask.Unfold {
		v.Unfold.Text = "fold hubs"
	}
	for n := 1; n <= 3; n++ {
		a = v.Ask
		a.Hops = n
		v.Hops = append(v.Hops, link{strconv.Itoa(n), a.href()})
	}
}

// lineageSVG gives the picture alone, with the colours of the page in it: for a document, or an archive of evidence.
func (s *Server) lineageSVG(c *gin.Context) {
	a, err := askOf(c)
	var v lineageView
	if err == nil {
		v, err = s.lineageView(c.Request.Context(), a)
	}
	if err == nil && len(v.Picture.Boxes) == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-page", "there is no picture of it")
	}
	var out []byte
	if err == nil {
		out, err = s.pages.part("svg", v.Picture)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="lineage.svg"`)
	c.Data(http.StatusOK, "image/svg+xml", out)
}

func (s *Server) lineageCSV(c *gin.Context) {
	a, err := askOf(c)
	var v lineageView
	if err == nil {
		v, err = s.lineageView(c.Request.Context(), a)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "references", "child source", "child dataset", "child fields", "parent source", "parent dataset", "parent fields", "kind", "declared", "decided", "copy", "told", "confidence")
	for _, e := range v.Picture.Edges {
		w.row(e.From.Source, e.From.Dataset, strings.Join(e.Fields, " "), e.To.Source, e.To.Dataset, strings.Join(e.ToFields, " "), string(e.Kind),
			strconv.FormatBool(e.Declared), strconv.FormatBool(e.Decided), strconv.FormatBool(e.Copy), e.Told, number(e.Confidence))
	}
	w.end()
}
