package web

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

func (s *Server) viewRoutes() {
	s.get("/views", accounts.ReadCatalog, s.views)
	s.get("/views.csv", accounts.ReadCatalog, s.viewsCSV)
	s.post("/views", accounts.ReadCatalog, s.keepView)
	s.post("/views/:id/end", accounts.ReadCatalog, s.endView)
	s.api("GET", "/views", accounts.ReadCatalog, s.apiViews, call{Says: "Lists the searches that you keep, and those that others share.", Gives: list[accounts.View]{}})
	s.api("POST", "/views", accounts.ReadCatalog, s.apiKeepView, call{Says: "Keeps a search under a name.", Takes: viewIn{}, Gives: accounts.View{}, Status: http.StatusCreated})
	s.api("DELETE", "/views/:id", accounts.ReadCatalog, s.apiEndView, call{Says: "Forgets a search of yours.", Gives: obj{}})
}

// viewIn is a view as somebody sends it.
type viewIn struct {
	Name    string `json:"name"`
	Query   string `json:"query"`
	Shared  bool   `json:"shared,omitempty"`
	Watched bool   `json:"watched,omitempty"`
}

func (s *Server) viewsOf(c *gin.Context) ([]accounts.View, error) {
	if s.svc.Accounts == nil {
		return nil, nil
	}
	return s.svc.Accounts.Views(c.Request.Context(), by(c).ID)
}

func (s *Server) views(c *gin.Context) {
	all, err := s.viewsOf(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "views", view{Title: "Views", Nav: "search", Crumbs: []link{{"Search", "/search"}}, Body: all, Twins: []link{{"JSON", apiRoot + "/views"}, {"CSV", "/views.csv"}}})
}

func (s *Server) viewsCSV(c *gin.Context) {
	all, err := s.viewsOf(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "views", "name", "query", "owner", "shared", "watched", "made")
	for _, v := range all {
		w.row(v.Name, v.Query, v.Owner, map[bool]string{true: "yes"}[v.Shared], map[bool]string{true: "yes"}[v.Watched], stamp(v.Made))
	}
	w.end()
}

// keep checks that the query can be asked before it is kept.
func (s *Server) keep(c *gin.Context, in viewIn) (accounts.View, error) {
	if s.svc.Accounts == nil {
		return accounts.View{}, errkind.Coded(errkind.Unsupported, "no-accounts", "nobody can sign in here, so nobody keeps views")
	}
	if _, err := s.svc.Catalog.Search(c.Request.Context(), in.Query, catalog.Page{Limit: 1}); err != nil {
		return accounts.View{}, err
	}
	return s.svc.Accounts.NewView(c.Request.Context(), by(c), accounts.View{Name: in.Name, Query: in.Query, Shared: in.Shared, Watched: in.Watched})
}

func (s *Server) keepView(c *gin.Context) {
	v, err := s.keep(c, viewIn{c.PostForm("name"), c.PostForm("q"), c.PostForm("shared") == "1", c.PostForm("watched") == "1"})
	s.back(c, err, "/search?"+url.Values{"q": {v.Query}}.Encode())
}

func (s *Server) endView(c *gin.Context) {
	s.back(c, s.forget(c), orElse(local(c.PostForm("back")), "/views"))
}

func (s *Server) forget(c *gin.Context) error {
	if s.svc.Accounts == nil {
		return errkind.Coded(errkind.NotFound, "no-such-view", "there is no such view")
	}
	return s.svc.Accounts.EndView(c.Request.Context(), by(c), c.Param("id"))
}

func (s *Server) apiViews(c *gin.Context) {
	all, err := s.viewsOf(c)
	either(s, c, items(all), err)
}

func (s *Server) apiKeepView(c *gin.Context) {
	var in viewIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	s.once(c, func() (int, any, error) {
		v, err := s.keep(c, in)
		return http.StatusCreated, v, err
	})
}

func (s *Server) apiEndView(c *gin.Context) { either(s, c, obj{}, s.forget(c)) }

// How often watched views are looked at where the catalog has changed, and how much of one: beyond, its hits are too many for alerts.
const (
	viewsEvery = 30 * time.Second
	viewHits   = 5000
	viewAlerts = 100
)

// follows looks at watched views while the catalog changes, until the context ends.
func (s *Server) follows(ctx context.Context) {
	if s.svc.Accounts == nil || s.svc.DB == nil {
		return
	}
	t := time.NewTicker(viewsEvery)
	defer t.Stop()
	last := int64(-1)
	for {
		now, err := s.svc.Catalog.Revision(ctx)
		if err == nil && now != last {
			err = s.LookAtViews(ctx)
		}
		if err == nil {
			last = now
		} else if ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "watched views could not be looked at", "code", errkind.Code(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// LookAtViews raises an alert for each field that has come into a watched view since the last look. The first look only remembers.
func (s *Server) LookAtViews(ctx context.Context) error {
	all, err := s.svc.Accounts.Watched(ctx)
	for _, v := range all {
		if err == nil {
			err = s.lookAtView(ctx, v)
		}
	}
	return err
}

func (s *Server) lookAtView(ctx context.Context, v accounts.View) error {
	hits, err := s.hits(ctx, v.Query)
	if err != nil {
		return err
	}
	var fresh []catalog.Hit
	sums := make([]uint64, 0, len(hits))
	for _, h := range hits {
		sum := sumOf(h.Ref.String())
		sums = append(sums, sum)
		if v.Seen != nil && !holdsSum(v.Seen, sum) {
			fresh = append(fresh, h)
		}
	}
	slices.Sort(sums)
	seen := make([]byte, 0, 8*len(sums))
	for _, x := range sums {
		seen = binary.BigEndian.AppendUint64(seen, x)
	}
	if v.Seen != nil && slices.Equal(seen, v.Seen) {
		return nil
	}
	return s.svc.DB.Write(ctx, func(tx db.Tx) error {
		for _, h := range fresh[:min(len(fresh), viewAlerts)] {
			if err := s.svc.Catalog.PutAlert(ctx, tx, catalog.Alert{Code: "view", At: h.Ref, Text: "it has come into the view " + v.Name + " of " + v.Owner}); err != nil {
				return err
			}
		}
		return s.svc.Accounts.SawView(ctx, tx, v.ID, seen)
	})
}

// hits gives what a query finds, up to a limit.
func (s *Server) hits(ctx context.Context, query string) (out []catalog.Hit, err error) {
	page := catalog.Page{Limit: 500}
	for len(out) < viewHits {
		r, err := s.svc.Catalog.Search(ctx, query, page)
		if err != nil {
			return nil, err
		}
		out = append(out, r.Hits...)
		if page.After = r.Next; page.After == "" {
			break
		}
	}
	return out, nil
}

func sumOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// holdsSum looks for a sum among sorted ones of eight bytes each.
func holdsSum(sums []byte, x uint64) bool {
	low, high := 0, len(sums)/8
	for low < high {
		mid := (low + high) / 2
		switch y := binary.BigEndian.Uint64(sums[8*mid:]); {
		case y == x:
			return true
		case y < x:
			low = mid + 1
		default:
			high = mid
		}
	}
	return false
}
