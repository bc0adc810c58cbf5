package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/pii"
)

func (s *Server) searchRoutes() {
	s.get("/search", accounts.ReadCatalog, s.search)
	s.get("/search.csv", accounts.ReadCatalog, s.searchCSV)
}

// found is what the page of a search is given.
type found struct {
	catalog.Result
	Query  string
	Error  string
	Facets []facetView
	Next   string
	First  string // address of the first page, where this is a later one
	CSV    string
	Keys   []catalog.Key
	Tries  []try
	Views  []accounts.View
	Keeps  bool // the one who looks can keep this search
}

// facetView is a facet whose values are links that narrow the query.
type facetView struct {
	Name   string
	Values []facetValue
}

type facetValue struct {
	Text  string
	Count int64
	Href  string
	On    bool
}

// try is a query to begin with.
type try struct{ Query, Text string }

var tries = []try{
	{"is:unmapped", "personal data that nobody has decided on"},
	{"is:unexamined", "fields that nobody has looked at, with the reason"},
	{"category:contact conf:>0.9", "addresses, e-mail and telephones that are sure"},
	{"is:pii sensitivity:>=3", "what would hurt most"},
	{"is:pii type:json", "personal data inside of documents"},
	{"is:dataset is:pii", "datasets that hold any"},
}

func (s *Server) search(c *gin.Context) {
	text, after := c.Query("q"), c.Query("after")
	f := found{Query: text, Keys: catalog.Keys(), Tries: tries, CSV: "/search.csv?" + url.Values{"q": {text}}.Encode()}
	status := http.StatusOK
	r, err := s.svc.Catalog.Search(c.Request.Context(), text, catalog.Page{Limit: limit(c, 100), After: after, Facets: true})
	switch p := problem(0, err); {
	case err == nil:
		f.Result = r
	case p.Code == "bad-query" || p.Code == "bad-cursor":
		status = http.StatusBadRequest
		f.Error = err.Error() // with what she typed, which stands in the box above it
	default:
		s.fail(c, err)
		return
	}
	f.Facets = facets(text, r)
	if r.Next != "" {
		f.Next = "/search?" + url.Values{"q": {text}, "after": {r.Next}}.Encode()
	}
	if after != "" {
		f.First = "/search?" + url.Values{"q": {text}}.Encode()
	}
	if f.Views, err = s.viewsOf(c); err != nil {
		s.fail(c, err)
		return
	}
	f.Keeps = s.svc.Accounts != nil && !by(c).Anonymous && text != "" && f.Error == ""
	json := "/api/v1/fields?" + url.Values{"q": {text}}.Encode()
	s.show(c, status, "search", view{Title: "Search", Nav: "search", Query: text, Body: f, Twins: []link{{"JSON", json}, {"CSV", f.CSV}}})
}

// limit reads how many rows a page is to have.
func limit(c *gin.Context, normal int) int {
	n, err := strconv.Atoi(c.Query("limit"))
	if err != nil || n < 1 {
		return normal
	}
	return min(n, 500)
}

// facetKeys says by which key of the query language a facet narrows.
var facetKeys = map[string]string{"source": "source", "category": "category", "state": "is", "type": "type"}

// datasetKinds stand where fields have types, when datasets are asked for.
var datasetKinds = []string{string(pii.Table), string(pii.View), string(pii.Index), string(pii.Objects)}

func facets(text string, r catalog.Result) (out []facetView) {
	for _, f := range r.Facets {
		key := facetKeys[f.Name]
		if key == "" {
			continue
		}
		v := facetView{Name: f.Name}
		for _, x := range f.Values {
			if x.Value == "" {
				continue
			}
			term := key + ":" + quote(x.Value)
			if f.Name == "type" && slices.Contains(datasetKinds, x.Value) {
				term = "kind:" + x.Value
			}
			v.Values = append(v.Values, facetValue{Text: x.Value, Count: x.Count, Href: "/search?" + url.Values{"q": {toggle(text, term)}}.Encode(), On: has(text, term)})
		}
		if len(v.Values) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// quote writes a value of a query so that it is one value.
func quote(v string) string {
	if strings.ContainsAny(v, " \t\n()") {
		return `"` + strings.ReplaceAll(v, `"`, "") + `"`
	}
	return v
}

func has(text, term string) bool { return strings.Contains(" "+text+" ", " "+term+" ") }

// toggle adds a term to a query, or takes it off.
func toggle(text, term string) string {
	if has(text, term) {
		return strings.TrimSpace(strings.Replace(" "+text+" ", " "+term+" ", " ", 1))
	}
	return strings.TrimSpace(text + " " + term)
}

// searchCSV writes the whole result, page after page.
func (s *Server) searchCSV(c *gin.Context) {
	ctx, page := c.Request.Context(), catalog.Page{Limit: 500}
	r, err := s.svc.Catalog.Search(ctx, c.Query("q"), page)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "fields", "source", "dataset", "field", "type", "category", "also", "confidence", "state", "sensitivity", "article9")
	for {
		for _, h := range r.Hits {
			w.row(h.Ref.Source, h.Dataset, h.Display, h.Type, string(h.Category), joined(h.Also), number(h.Confidence), string(h.State), strconv.Itoa(h.Sensitivity), strconv.FormatBool(h.Article9))
		}
		if r.Next == "" {
			break
		}
		page.After = r.Next
		if r, err = s.svc.Catalog.Search(ctx, c.Query("q"), page); err != nil {
			w.cut()
			return
		}
	}
	w.end()
}
