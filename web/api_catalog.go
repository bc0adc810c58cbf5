package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/catalog"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) apiCatalogRoutes(g *gin.RouterGroup) {
	get(g, "/sources", s.apiSources)
	get(g, "/datasets", s.apiDatasets)
	get(g, "/dataset", s.apiDataset)
	get(g, "/fields", s.apiFields)
	get(g, "/field", s.apiField)
	get(g, "/alerts", s.apiAlerts)
	get(g, "/runs", s.apiRuns)
	get(g, "/categories", func(c *gin.Context) { give(c, list[pii.CategoryInfo]{Items: pii.Categories()}) })

}

// list is some things, and where the next ones are.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func items[T any](all []T) list[T] { return list[T]{Items: append([]T{}, all...)} }

// give answers with JSON.
func give(c *gin.Context, v any) { c.JSON(http.StatusOK, v) }

// either answers with what was found, or with what went wrong.
func either[T any](s *Server, c *gin.Context, v T, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	give(c, v)
}

func (s *Server) apiSources(c *gin.Context) {
	all, err := s.svc.Catalog.Sources(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) apiDatasets(c *gin.Context) {
	all, err := s.datasets(c.Request.Context(), c.Query("source"))
	slices.SortFunc(all, func(a, b datasetRow) int { return strings.Compare(a.Ref.String(), b.Ref.String()) })
	if after := c.Query("after"); after != "" {
		all = slices.DeleteFunc(all, func(d datasetRow) bool { return d.Ref.String() <= after })
	}
	out := items(all)
	if n := limit(c, 500); len(all) > n {
		out = list[datasetRow]{Items: all[:n], Next: all[n-1].Ref.String()}
	}
	either(s, c, out, err)
}

// datasetDoc is a dataset as programs see it.
type datasetDoc struct {
	Name       string              `json:"name"`
	Node       lineage.Node        `json:"dataset"`
	Fields     []catalog.Entry     `json:"fields"`
	References []catalog.Reference `json:"references"`
}

func (s *Server) apiDataset(c *gin.Context) {
	v, err := s.datasetView(c.Request.Context(), c.Query("at"))
	doc := datasetDoc{Name: v.Name, Node: v.Node, Fields: []catalog.Entry{}, References: []catalog.Reference{}}
	for _, f := range v.Fields {
		doc.Fields = append(doc.Fields, f.Entry)
	}
	for _, r := range append(v.Parents, v.Children...) {
		if r.ToOther || r.From != r.To {
			doc.References = append(doc.References, r.Reference)
		}
	}
	either(s, c, doc, err)
}

func (s *Server) apiFields(c *gin.Context) {
	r, err := s.svc.Catalog.Search(c.Request.Context(), c.Query("q"), catalog.Page{Limit: limit(c, 100), After: c.Query("after"), Facets: c.Query("facets") == "1"})
	if r.Hits == nil {
		r.Hits = []catalog.Hit{}
	}
	either(s, c, r, err)
}

// fieldDoc is a field as programs see it.
type fieldDoc struct {
	catalog.Entry
	Name       string              `json:"name"`
	References []catalog.Reference `json:"references"`
	History    []catalog.Event     `json:"history"`
}

func (s *Server) apiField(c *gin.Context) {
	v, err := s.fieldView(c.Request.Context(), c.Query("at"))
	doc := fieldDoc{Entry: v.Entry, Name: v.Name, References: []catalog.Reference{}, History: append([]catalog.Event{}, v.Events...)}
	for _, r := range append(v.Parents, v.Children...) {
		doc.References = append(doc.References, r.Reference)
	}
	either(s, c, doc, err)
}

func (s *Server) apiAlerts(c *gin.Context) {
	all, err := s.svc.Catalog.Alerts(c.Request.Context(), c.Query("closed") == "1")
	either(s, c, items(all), err)
}

func (s *Server) apiRuns(c *gin.Context) {
	all, err := s.svc.Catalog.Runs(c.Request.Context(), c.Query("source"), limit(c, 100))
	either(s, c, items(all), err)
}
