package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) fieldRoutes() { s.get("/field", accounts.ReadCatalog, s.field) }

// fieldView is what the page of a field is given.
type fieldView struct {
	fieldRow
	Dataset  string
	Field    pii.Field
	Info     pii.CategoryInfo
	Evidence evidence
	Shapes   []pii.Share
	Parents  []referenceRow
	Children []referenceRow
	More     int       // references that are not shown
	Domain   []pii.Ref // other fields of its value domain
	Events   []catalog.Event
	Undo     undoBar
	May      bool
	Reveals  bool
	Seen     string
	Choices  []pii.CategoryInfo
}

// Form gives the form of a decision on it.
func (v fieldView) Form() decideForm {
	return decideForm{v.Ref.String(), v.Seen, at(v.Ref), v.Judged.Category, reasonsOf}
}

// evidence is what speaks for the category, as bars to both sides of a line, in thousandths of the width.
type evidence struct {
	Rows  []evidenceRow
	Zero  float64
	Sum   float64
	Next  string  // the category that comes second
	Ahead float64 // of it, in nats
}

type evidenceRow struct {
	pii.Nat
	X, W    float64
	Against bool
}

func (s *Server) field(c *gin.Context) {
	v, err := s.fieldView(c.Request.Context(), c.Query("at"))
	if err != nil {
		s.fail(c, err)
		return
	}
	ref := v.Ref
	for _, rows := range []*[]referenceRow{&v.Parents, &v.Children} {
		v.More += max(0, len(*rows)-referencePage)
		*rows = (*rows)[:min(len(*rows), referencePage)]
	}
	v.Undo, v.May, v.Seen, v.Choices = undoOf(c), s.svc.DB != nil && by(c).May(accounts.Decide), stampOf(v.Entry), personalKinds()
	v.Reveals = s.svc.DB != nil && s.svc.Source != nil && by(c).May(accounts.Reveal)
	s.show(c, http.StatusOK, "field", view{Title: v.Name, Nav: "browse", Body: v,
		Crumbs: []link{{"Catalog", "/browse"}, {ref.Source, at(pii.Ref{Source: ref.Source})}, {v.Dataset, at(ref.Of())}},
		Twins:  []link{{"JSON", "/api/v1/field?at=" + url.QueryEscape(ref.String())}}})
}

func (s *Server) fieldView(ctx context.Context, text string) (v fieldView, err error) {
	ref, err := place(text, true)
	if err != nil {
		return v, err
	}
	e, err := s.svc.Catalog.Field(ctx, ref)
	if err != nil {
		return v, err
	}
	n, err := s.svc.Catalog.Node(ctx, ref.Of())
	if err != nil {
		return v, err
	}
	v.fieldRow, v.Dataset, v.Field = fieldOf(&n, e), catalog.DisplayDataset(&n), pii.Field{Name: ref.Field, Type: e.Type}
	if f := n.Field(ref.Field); f != nil {
		v.Field = f.Field
	}
	v.Info, _ = e.Category.Info()
	v.Evidence, v.Shapes = bars(append(slices.Clone(e.Proposal.Nats), e.Judged.Evidence...)), e.Proposal.Examined.Shapes
	if v.Parents, v.Children, err = s.referencesOf(ctx, ref); err != nil {
		return v, err
	}
	if v.Domain, err = s.domain(ctx, ref, v.Node.Domain); err != nil {
		return v, err
	}
	target, err := catalog.Target(pii.Decision{Field: ref})
	if err != nil {
		return v, err
	}
	v.Events, err = s.svc.Catalog.Events(ctx, catalog.Query{Target: target, Limit: 50})
	slices.Reverse(v.Events)
	return v, err
}

// bars lays evidence out around a line at zero.
func bars(nats []pii.Nat) (e evidence) {
	low, high := 0.0, 1.0
	nats = slices.DeleteFunc(slices.Clone(nats), func(n pii.Nat) bool {
		next, ok := strings.CutPrefix(n.Text, "next: ")
		if ok {
			e.Next, e.Ahead = next, n.Nats
		}
		return ok
	})
	for _, n := range nats {
		low, high, e.Sum = min(low, n.Nats), max(high, n.Nats), e.Sum+n.Nats
	}
	scale := 1000 / (high - low)
	e.Zero = -low * scale
	for _, n := range nats {
		r := evidenceRow{Nat: n, X: e.Zero, W: max(4, n.Nats*scale)}
		if n.Nats < 0 {
			r.Against, r.W = true, max(4, -n.Nats*scale)
			r.X = e.Zero - r.W
		}
		e.Rows = append(e.Rows, r)
	}
	slices.SortStableFunc(e.Rows, func(a, b evidenceRow) int {
		switch {
		case a.Nats > b.Nats:
			return -1
		case a.Nats < b.Nats:
			return 1
		}
		return 0
	})
	return e
}

// domain gives the other fields in which the same local identifiers stand.
func (s *Server) domain(ctx context.Context, ref pii.Ref, name string) (out []pii.Ref, err error) {
	if name == "" {
		return nil, nil
	}
	g, err := s.graph(ctx)
	if err != nil {
		return nil, nil //nolint:nilerr // without the graph the page of a field has everything else; the lineage page says what is wrong
	}
	for _, at := range s.domains(g)[name] {
		if at != ref && len(out) < domainRows {
			out = append(out, at)
		}
	}
	return out, nil
}

// domainRows is how many fields of a value domain a page lists.
const domainRows = 200

// domains gives the fields of each value domain, which are gathered once for a graph.
func (s *Server) domains(g *lineage.Graph) map[string][]pii.Ref {
	s.graphs.mu.Lock()
	defer s.graphs.mu.Unlock()
	if s.graphs.graph == g && s.graphs.domains != nil {
		return s.graphs.domains
	}
	out := map[string][]pii.Ref{}
	for i := range g.Nodes {
		for _, f := range g.Nodes[i].Fields {
			if f.Domain != "" {
				out[f.Domain] = append(out[f.Domain], g.Nodes[i].Dataset.Ref.In(f.Field.Name))
			}
		}
	}
	if s.graphs.graph == g {
		s.graphs.domains = out
	}
	return out
}
