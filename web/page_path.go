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
	starts, err := s.startsOf(ctx, g, from)
	if err != nil {
		return doc, nil, err
	}
	doc.walk(g, starts)
	return doc, g, nil
}

// startsOf tells of a dataset in which of its fields an identifier is found without following anything; the zero reference where in none.
func (s *Server) startsOf(ctx context.Context, g *lineage.Graph, from string) (func(pii.Ref) pii.Ref, error) {
	if strings.Contains(from, "#") {
		ref, err := place(from, true)
		if err != nil {
			return nil, err
		}
		if _, err := s.svc.Catalog.Field(ctx, ref); err != nil {
			return nil, err
		}
		return func(at pii.Ref) pii.Ref {
			if at == ref.Of() {
				return ref
			}
			return pii.Ref{}
		}, nil
	}
	k := pii.Category(from)
	if _, ok := k.Info(); !ok || !k.Identifier() {
		return nil, errkind.Coded(errkind.Invalid, "no-identifier", "name a category that singles a person out (contact.email), or a field as source/dataset#field")
	}
	return func(at pii.Ref) pii.Ref { return holds(g.Node(at), k) }, nil
}

// holds gives the first field of a dataset in which an identifier stands by itself.
func holds(n *lineage.Node, k pii.Category) pii.Ref {
	if n == nil || n.Gone != 0 {
		return pii.Ref{}
	}
	for i := range n.Fields {
		if f := &n.Fields[i]; f.Dense && k.Covers(f.Category) && f.Confidence >= catalog.Find {
			return n.Dataset.Ref.In(f.Field.Name)
		}
	}
	return pii.Ref{}
}

// walk goes back from the dataset, ring by ring, until it meets one in which the identifier stands.
func (doc *pathDoc) walk(g *lineage.Graph, starts func(pii.Ref) pii.Ref) {
	type step struct {
		hop  pathHop
		next pii.Ref
	}
	came, ring := map[pii.Ref]*step{doc.To: nil}, []pii.Ref{doc.To}
	for len(ring) > 0 {
		var next []pii.Ref
		for _, at := range ring {
			if field := starts(at); field.Field != "" {
				doc.Found, doc.Start = true, field
				for s := came[at]; s != nil; s = came[s.next] {
					doc.Hops = append(doc.Hops, s.hop)
				}
				return
			}
			for _, down := range []bool{true, false} {
				edges := g.Out(at) // down: this one is the child, its parent comes before it
				if !down {
					edges = g.In(at)
				}
				for _, e := range edges {
					before := e.To
					if !down {
						before = e.From
					}
					if _, seen := came[before]; seen || g.Node(before) == nil || g.Node(before).Gone != 0 {
						continue
					}
					came[before] = &step{pathHop{Dataset: at, Reference: *e, Down: down}, at}
					next = append(next, before)
				}
			}
		}
		slices.SortFunc(next, func(a, b pii.Ref) int {
			return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Dataset, b.Dataset))
		})
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
