package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) apiCatalogRoutes() {
	r := accounts.ReadCatalog
	s.api("GET", "/sources", r, s.apiSources, call{Says: "Lists the sources with counts of their fields.", Gives: list[catalog.SourceInfo]{}})
	s.api("GET", "/datasets", r, s.apiDatasets, call{Says: "Lists datasets, by reference.", Query: paged("source", "of this source alone", "name", "a part of the name"), Gives: list[datasetRow]{}})
	s.api("GET", "/dataset", r, s.apiDataset, call{Says: "Gives a dataset with its fields and a page of its references.", Query: paged("at", "the dataset, as source/dataset"), Gives: datasetDoc{}})
	s.api("GET", "/fields", r, s.apiFields, call{Says: "Searches fields with the query language.", Query: paged("q", "the query", "facets", "1 for counts by facet"), Gives: catalog.Result{}})
	s.api("GET", "/field", r, s.apiField, call{Says: "Gives a field with evidence, decision and history; its ETag names what a decision is over.", Query: atField, Gives: fieldDoc{}})
	s.api("GET", "/alerts", r, s.apiAlerts, call{Says: "Lists alerts, the newest first.", Query: paged("closed", "1 for closed ones too", "snoozed", "1 for ones that are put off too", "code", "of a code alone", "source", "of a source alone", "owner", "of somebody who looks after them"), Gives: list[catalog.Alert]{}})
	s.api("GET", "/runs", r, s.apiRuns, call{Says: "Lists scans, the latest first.", Query: map[string]string{"source": "of this source alone", "limit": "how many, 100 where it is left out, at most 500"}, Gives: list[catalog.Run]{}})
	s.api("GET", "/categories", r, func(c *gin.Context) { give(c, list[pii.CategoryInfo]{Items: pii.Categories()}) }, call{Says: "Lists the kinds of personal data.", Gives: list[pii.CategoryInfo]{}})
}

var atField = map[string]string{"at": "the field, as source/dataset#field"}

// paged gives parameters of a list that is read page by page, with others in pairs of name and meaning.
func paged(others ...string) map[string]string {
	out := map[string]string{"after": "the cursor of the page before, its “next”", "limit": "how many, 100 where it is left out, at most 500"}
	for i := 0; i+1 < len(others); i += 2 {
		out[others[i]] = others[i+1]
	}
	return out
}

// list is some things, and where the next ones are.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func items[T any](all []T) list[T] { return list[T]{Items: append([]T{}, all...)} }

// paging gives the part of a list behind a cursor, which names the last of the page before. Where that one is no longer in the list, it begins anew.
func paging[T any](c *gin.Context, all []T, id func(T) string) list[T] {
	if after := c.Query("after"); after != "" {
		for i, x := range all {
			if id(x) == after {
				all = all[i+1:]
				break
			}
		}
	}
	out := items(all)
	if n := limit(c, 100); len(all) > n {
		out = list[T]{Items: all[:n:n], Next: id(all[n-1])}
	}
	return out
}

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
	all, _, next, err := s.datasets(c.Request.Context(), catalog.SetFilter{Source: c.Query("source"), Name: c.Query("name"), ByName: true, After: c.Query("after"), Limit: limit(c, 100)})
	either(s, c, list[datasetRow]{Items: all, Next: next}, err)
}

// datasetDoc is a dataset as programs see it.
type datasetDoc struct {
	Name       string              `json:"name"`
	Node       lineage.Node        `json:"dataset"`
	Fields     []catalog.Entry     `json:"fields"`
	References []catalog.Reference `json:"references"`
	Next       string              `json:"next,omitempty"` // the cursor of further references
}

func (s *Server) apiDataset(c *gin.Context) {
	v, err := s.datasetView(c.Request.Context(), c.Query("at"))
	doc := datasetDoc{Name: v.Name, Node: v.Node, Fields: []catalog.Entry{}, References: []catalog.Reference{}}
	for _, f := range v.Fields {
		doc.Fields = append(doc.Fields, f.Entry)
	}
	if err == nil {
		n := limit(c, 100)
		var page []catalog.Reference
		page, _, err = s.svc.Catalog.ReferencesAt(c.Request.Context(), catalog.ReferenceFilter{At: v.Node.Dataset.Ref.Of(), Either: true, After: c.Query("after"), Limit: n + 1})
		if len(page) > n {
			page = page[:n]
			doc.Next = page[n-1].ID
		}
		doc.References = append(doc.References, page...)
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
	if err == nil {
		c.Header("ETag", `"`+stampOf(v.Entry)+`"`)
	}
	either(s, c, doc, err)
}

func (s *Server) apiAlerts(c *gin.Context) {
	f := filterOfAlerts(c)
	f.Limit = limit(c, 100)
	all, next, err := s.svc.Catalog.AlertsBy(c.Request.Context(), f)
	either(s, c, list[catalog.Alert]{Items: append([]catalog.Alert{}, all...), Next: next}, err)
}

func (s *Server) apiRuns(c *gin.Context) {
	all, err := s.svc.Catalog.Runs(c.Request.Context(), c.Query("source"), limit(c, 100))
	either(s, c, items(all), err)
}
