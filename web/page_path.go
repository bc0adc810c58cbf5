package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) pathRoutes() {
	s.get("/lineage/path", accounts.ReadCatalog, s.path)
	s.api("GET", "/lineage/path", accounts.ReadCatalog, s.apiPath, call{Says: "Gives the shortest way from an identifier to a dataset.", Gives: pathDoc{},
		Query: map[string]string{"from": "a category of identifiers (contact.email), or a field as source/dataset#field", "to": "the dataset, as source/dataset"}})
}

// pathDoc is a way through the estate as programs see it. Hops is empty where the dataset holds the identifier itself, or where there is no way.
type pathDoc struct {
	From  string    `json:"from"`
	To    pii.Ref   `json:"to"`
	Found bool      `json:"found"`
	Start pii.Ref   `json:"start"` // the field in which the identifier is found first
	Hops  []pathHop `json:"hops"`
}

// pathHop is one step: over a reference, from one of its ends to the other.
type pathHop struct {
	Dataset   pii.Ref      `json:"dataset"` // that is reached
	Reference lineage.Edge `json:"reference"`
	Down      bool         `json:"down"` // from parent to child
}

// pathView is what its page is given.
type pathView struct {
	pathDoc
	Asked   bool
	Error   string
	To      string
	Kinds   []pii.CategoryInfo
	Picture picture
	Name    func(pii.Ref) string
}

func (s *Server) path(c *gin.Context) {
	v := pathView{To: strings.TrimSpace(c.Query("to"))}
	v.From = strings.TrimSpace(c.Query("from"))
	for _, k := range pii.Categories() {
		if k.Category.Identifier() {
			v.Kinds = append(v.Kinds, k)
		}
	}
	code := http.StatusOK
	if v.From != "" || v.To != "" {
		v.Asked = true
		doc, g, err := s.way(c.Request.Context(), v.From, v.To)
		switch {
		case errkind.Of(err) == errkind.Invalid || errkind.Of(err) == errkind.NotFound && err != nil:
			v.Error, code = said(err), status(err)
		case err != nil:
			s.fail(c, err)
			return
		default:
			v.pathDoc, v.Name = doc, s.names(c.Request.Context())
			v.Picture = drawWay(g, doc)
		}
	}
	var twins []link
	if v.Asked && v.Error == "" {
		twins = []link{{"JSON", apiRoot + "/lineage/path?" + url.Values{"from": {v.From}, "to": {v.To}}.Encode()}}
	}
	s.show(c, code, "path", view{Title: "Path finder", Nav: "lineage", Crumbs: []link{{"Lineage", "/lineage"}}, Body: v, Module: "graph.js", Twins: twins})
}

func (s *Server) apiPath(c *gin.Context) {
	doc, _, err := s.way(c.Request.Context(), c.Query("from"), c.Query("to"))
	either(s, c, doc, err)
}

// way looks for the shortest way from an identifier to a dataset.
func (s *Server) way(ctx context.Context, from, to string) (doc pathDoc, g *lineage.Graph, err error) {
	doc.From, doc.Hops = from, []pathHop{}
	if doc.To, err = place(to, false); err != nil {
		return doc, nil, err
	}
	if g, err = s.graph(ctx); err != nil {
		return doc, nil, err
	}
	if g.Node(doc.To) == nil {
		return doc, nil, errkind.Coded(errkind.NotFound, "no-such-dataset", "no dataset of this name is in the graph")
	}
	starts, err := s.startsOf(ctx, from)
	if err != nil {
		return doc, nil, err
	}
	doc.walk(s.roads(g), starts)
	return doc, g, nil
}

// startsOf tells of a dataset in which of its fields an identifier is found without following anything; the zero reference where in none.
func (s *Server) startsOf(ctx context.Context, from string) (func(*lineage.Node) pii.Ref, error) {
	if strings.Contains(from, "#") {
		ref, err := place(from, true)
		if err != nil {
			return nil, err
		}
		if _, err := s.svc.Catalog.Field(ctx, ref); err != nil {
			return nil, err
		}
		return func(n *lineage.Node) pii.Ref {
			if n.Dataset.Ref == ref.Of() {
				return ref
			}
			return pii.Ref{}
		}, nil
	}
	k := pii.Category(from)
	if _, ok := k.Info(); !ok || !k.Identifier() {
		return nil, errkind.Coded(errkind.Invalid, "no-identifier", "name a category that singles a person out (contact.email), or a field as source/dataset#field")
	}
	return func(n *lineage.Node) pii.Ref {
		for i := range n.Fields {
			if f := &n.Fields[i]; f.Dense && k.Covers(f.Category) && f.Confidence >= catalog.Find {
				return n.Dataset.Ref.In(f.Field.Name)
			}
		}
		return pii.Ref{}
	}, nil
}

// roads is a graph as the path finder walks it: datasets by number, in the order of their names, with those that one reference leads to or from.
type roads struct {
	nodes  []*lineage.Node
	number map[pii.Ref]int32
	at     [][]road // first to parents, then to children
}

type road struct {
	edge *lineage.Edge
	to   int32
	down bool // whoever comes from there goes from parent to child
}

// roads gives those of the graph, which are laid out once for each.
func (s *Server) roads(g *lineage.Graph) *roads {
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	if s.graphs.graph == g && s.graphs.roads != nil {
		return s.graphs.roads
	}
	r := roadsOf(g)
	if s.graphs.graph == g {
		s.graphs.roads = r
	}
	return r
}

func roadsOf(g *lineage.Graph) *roads {
	r := &roads{number: map[pii.Ref]int32{}}
	for i := range g.Nodes {
		if g.Nodes[i].Gone == 0 {
			r.nodes = append(r.nodes, &g.Nodes[i])
		}
	}
	slices.SortFunc(r.nodes, func(a, b *lineage.Node) int {
		return cmp.Or(strings.Compare(a.Dataset.Ref.Source, b.Dataset.Ref.Source), strings.Compare(a.Dataset.Ref.Dataset, b.Dataset.Ref.Dataset))
	})
	for i, n := range r.nodes {
		r.number[n.Dataset.Ref] = int32(i) //nolint:gosec // there are fewer datasets
	}
	r.at = make([][]road, len(r.nodes))
	for i, n := range r.nodes {
		for _, e := range g.Out(n.Dataset.Ref) {
			if to, ok := r.number[e.To]; ok {
				r.at[i] = append(r.at[i], road{e, to, true})
			}
		}
		for _, e := range g.In(n.Dataset.Ref) {
			if to, ok := r.number[e.From]; ok {
				r.at[i] = append(r.at[i], road{e, to, false})
			}
		}
	}
	return r
}

// walk goes back from the dataset, ring by ring, until it meets one in which the identifier stands.
func (doc *pathDoc) walk(r *roads, starts func(*lineage.Node) pii.Ref) {
	root, ok := r.number[doc.To]
	if !ok {
		return
	}
	type step struct {
		by   *road // nil at the dataset itself
		from int32
		seen bool
	}
	came, ring := make([]step, len(r.nodes)), []int32{root}
	came[root].seen = true
	for len(ring) > 0 {
		var next []int32
		for _, at := range ring {
			if field := starts(r.nodes[at]); field.Field != "" {
				doc.Found, doc.Start = true, field
				for s := came[at]; s.by != nil; s = came[s.from] {
					doc.Hops = append(doc.Hops, pathHop{Dataset: r.nodes[s.from].Dataset.Ref, Reference: *s.by.edge, Down: s.by.down})
				}
				return
			}
			for i := range r.at[at] {
				if by := &r.at[at][i]; !came[by.to].seen {
					came[by.to] = step{by, at, true}
					next = append(next, by.to)
				}
			}
		}
		slices.Sort(next)
		ring = next
	}
}

// drawWay pictures the datasets of a way.
func drawWay(g *lineage.Graph, doc pathDoc) picture {
	if !doc.Found {
		return picture{}
	}
	sel := selection{nodes: []*lineage.Node{g.Node(doc.Start.Of())}}
	for _, h := range doc.Hops {
		sel.nodes = append(sel.nodes, g.Node(h.Dataset))
	}
	return draw(g, sel, ask{Hops: 1, Root: doc.To})
}
