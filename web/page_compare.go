package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/watch"
)

func (s *Server) compareRoutes() {
	if s.svc.Watch == nil {
		return
	}
	s.get("/scans/compare", accounts.ReadCatalog, s.compare)
	s.get("/scans/compare.csv", accounts.ReadCatalog, s.compareCSV)
}

// compareView is what the page of a comparison is given.
type compareView struct {
	watch.Comparison
	How   string
	Shown []watch.Change
	All   int
}

// compareRows is how many changes a page shows; the file has all.
const compareRows = 500

func (s *Server) compare(c *gin.Context) {
	out, err := s.svc.Watch.Compare(c.Request.Context(), c.Query("a"), c.Query("b"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v := compareView{Comparison: out, How: c.Query("how")}
	for _, x := range out.Changes {
		if v.How != "" && x.How != v.How {
			continue
		}
		if v.All++; len(v.Shown) < compareRows {
			v.Shown = append(v.Shown, x)
		}
	}
	q := url.Values{"a": {out.From.ID}, "b": {out.To.ID}}.Encode()
	s.show(c, http.StatusOK, "compare", view{Title: "Two scans of " + out.Source, Nav: "scans", Crumbs: []link{{"Scans", "/scans"}, {"Scan of " + out.Source, "/scans/" + out.To.ID}}, Body: v,
		Twins: []link{{"JSON", apiRoot + "/runs/compare?" + q}, {"CSV", "/scans/compare.csv?" + q}}})
}

func (s *Server) compareCSV(c *gin.Context) {
	out, err := s.svc.Watch.Compare(c.Request.Context(), c.Query("a"), c.Query("b"))
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "comparison", "how", "source", "dataset", "field", "type before", "type after", "category before", "category after")
	for _, x := range out.Changes {
		was, is := orNone(x.Was), orNone(x.Is)
		w.row(x.How, x.At.Source, x.At.Dataset, x.At.Field, was.Type, is.Type, string(was.Category), string(is.Category))
	}
	w.end()
}

func orNone(f *catalog.ItemField) catalog.ItemField {
	if f == nil {
		return catalog.ItemField{}
	}
	return *f
}
