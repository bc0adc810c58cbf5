package web

import (
	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) apiLineageRoutes() {
	s.api("GET", "/lineage", accounts.ReadCatalog, s.apiLineage, call{Says: "Gives a part of the lineage graph.", Gives: lineageDoc{},
		Query: map[string]string{"at": "what it is about, as source/dataset", "hops": "how far around it", "show": "all for datasets without personal data too", "unfold": "1 for those that hang on hubs"}})
}

// lineageDoc is a part of the graph as programs see it.
type lineageDoc struct {
	Revision   int64           `json:"revision"`
	Datasets   []pii.Ref       `json:"datasets"`
	References []*lineage.Edge `json:"references"`
	Folded     int             `json:"folded,omitempty"`  // datasets that hang on hubs and are left out; unfold=1 gives them
	Partial    bool            `json:"partial,omitempty"` // there is more than is given
}

func (s *Server) apiLineage(c *gin.Context) {
	a, err := askOf(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	g, err := s.graph(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	sel, err := s.choose(g, a)
	if sel.tooLarge { // it is begun with the datasets on which most refer
		sel.cut, sel.nodes = true, nil
		for _, h := range sel.hubs {
			sel.nodes = append(sel.nodes, g.Node(h.Ref))
		}
	}
	doc := lineageDoc{Revision: g.Revision, Datasets: []pii.Ref{}, References: []*lineage.Edge{}, Partial: sel.cut}
	in := map[pii.Ref]bool{}
	for _, n := range sel.nodes {
		in[n.Dataset.Ref] = true
		doc.Datasets = append(doc.Datasets, n.Dataset.Ref)
	}
	for _, f := range sel.folds {
		doc.Folded += f.count
	}
	doc.References = append(doc.References, among(g, in)...)
	either(s, c, doc, err)
}
