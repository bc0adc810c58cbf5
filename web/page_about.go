package web

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/classifiers"
	"vestige/connectors"
	"vestige/pii"
)

func (s *Server) aboutRoutes() {
	s.get("/about", accounts.ReadCatalog, s.about)
	s.get("/about/components", accounts.ReadCatalog, s.componentsPage)
	s.get("/healthz", accounts.Public, func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
}

// about is what its page is given.
type about struct {
	Version     string
	Go          string
	Revision    int64
	Connectors  []connectorRow
	Classifiers []classifiers.Classifier
	Categories  []pii.CategoryInfo
	Keys        []catalog.Key
	Components  []link // what it is built from, with the version
}

type connectorRow struct {
	connectors.Spec
	Can []string
}

func (s *Server) about(c *gin.Context) {
	v := about{Version: s.cfg.Version, Go: runtime.Version(), Classifiers: s.svc.Classifiers, Keys: catalog.Keys(), Components: components()}
	var err error
	if v.Revision, err = s.svc.Catalog.Revision(c.Request.Context()); err != nil {
		s.fail(c, err)
		return
	}
	for _, spec := range s.svc.Connectors {
		v.Connectors = append(v.Connectors, connectorRow{spec, spec.Abilities()})
	}
	for _, k := range pii.Categories() {
		if k.Category.Personal() {
			v.Categories = append(v.Categories, k)
		}
	}
	s.show(c, http.StatusOK, "about", view{Title: "About", Nav: "about", Body: v})
}

// components gives the modules that the program was built from.
func components() (out []link) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range info.Deps {
		if !strings.HasPrefix(m.Path, "vestige") {
			out = append(out, link{m.Path, m.Version})
		}
	}
	return out
}
