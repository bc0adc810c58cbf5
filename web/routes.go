package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
)

// route is one line of the table of routes: what is asked, which right it needs, and, of a call of the API, what there is to say of it.
type route struct {
	Method string
	Path   string
	Right  accounts.Right
	Call   *call
}

// call is what the description of the API says of a route.
type call struct {
	Says   string            // what it does, in one sentence
	Query  map[string]string // parameters of the address, with what they mean
	Takes  any               // a value of the type of the body
	Gives  any               // a value of the type of the answer
	Status int               // of success; 200 where it is 0
	Match  bool              // the call names the version that it is over, by If-Match
	Type   string            // of the answer, where it is not JSON
}

// Route is a route as others may know it.
type Route struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Right  accounts.Right `json:"right"`
}

// Routes gives the table of routes. There is no route beside it: what is registered is registered by it.
func (s *Server) Routes() []Route {
	out := make([]Route, len(s.table))
	for i, r := range s.table {
		out[i] = Route{r.Method, r.Path, r.Right}
	}
	return out
}

// add registers a route behind the guard of its right.
func (s *Server) add(r route, h gin.HandlerFunc) {
	s.table = append(s.table, r)
	s.engine.Handle(r.Method, r.Path, s.guard(r.Right), h)
}

// get adds a page, or a file, that only looks.
func (s *Server) get(path string, right accounts.Right, h gin.HandlerFunc) {
	s.add(route{http.MethodGet, path, right, nil}, h)
	s.add(route{http.MethodHead, path, right, nil}, h)
}

// post adds a form that changes something.
func (s *Server) post(path string, right accounts.Right, h gin.HandlerFunc) {
	s.add(route{http.MethodPost, path, right, nil}, h)
}

// api adds a call of the API, which always has a description.
func (s *Server) api(method, path string, right accounts.Right, h gin.HandlerFunc, c call) {
	s.add(route{method, apiRoot + path, right, &c}, h)
	if method == http.MethodGet {
		s.add(route{http.MethodHead, apiRoot + path, right, nil}, h)
	}
}

const apiRoot = "/api/v1"

// changes tells whether a method is one that changes something.
func changes(method string) bool {
	return !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}

// routes lists every resource.
func (s *Server) routes() {
	s.staticRoutes()
	s.signInRoutes()
	s.homeRoutes()
	s.searchRoutes()
	s.viewRoutes()
	s.goRoutes()
	s.sourceRoutes()
	s.datasetRoutes()
	s.fieldRoutes()
	if s.svc.DB != nil && s.svc.Audit != nil {
		s.newSourceRoutes()
		s.decideRoutes()
		if s.svc.Source != nil {
			s.revealRoutes()
		}
		s.reviewRoutes()
		s.importRoutes()
		s.exchangeRoutes()
		s.apiDecideRoutes()
	}
	s.lineageRoutes()
	s.pathRoutes()
	s.referenceRoutes()
	s.reportRoutes()
	s.ruleRoutes()
	s.planRoutes()
	if s.svc.Requests != nil {
		s.requestRoutes()
		s.apiRequestRoutes()
		s.apiSuppressedRoutes()
	}
	s.alertRoutes()
	s.scanRoutes()
	s.compareRoutes()
	s.runRoutes()
	s.scheduleRoutes()
	s.scopeRoutes()
	s.deliveryRoutes()
	s.aboutRoutes()
	if s.svc.Accounts != nil {
		s.accountRoutes()
		s.peopleRoutes()
	}
	s.apiCatalogRoutes()
	s.apiLineageRoutes()
	s.apiReferenceRoutes()
	s.apiPlanRoutes()
	s.apiWatchRoutes()
	s.openAPIRoutes()
	if s.svc.Local != nil {
		s.engine.Any("/local/*path", s.local)
	}
}
