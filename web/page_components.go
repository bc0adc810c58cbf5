package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/lineage"
	"vestige/pii"
)

// parts is what the living page of components is given: one of everything that pages are made of, invented.
type parts struct {
	Tokens  []string
	Kinds   []pii.Category
	States  []catalog.State
	Levels  []int
	Roles   []lineage.Role
	Shares  []float64
	Counts  []segment
	Nats    evidence
	Alerts  []catalog.Alert
	Runs    []catalog.Run
	Gaps    []pii.Gap
	Picture picture
	Form    decideForm
	Choices []pii.CategoryInfo
	Stages  []stage
}

// components shows every part that pages are made of, in the look of the one who reads it: whoever changes the stylesheet looks here first.
func (s *Server) componentsPage(c *gin.Context) {
	at := pii.Ref{Source: "shop", Dataset: "customers"}
	now := clock.Micros()
	v := parts{
		Tokens: []string{"paper", "panel", "raised", "sunken", "rule", "rule-strong", "ink", "ink-2", "ink-3", "accent", "accent-soft", "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "s1", "s2", "s3", "s4"},
		Kinds:  []pii.Category{"contact.email", "identity.name", "finance.iban", "demographic.religion"}, Levels: []int{1, 2, 3, 4}, Roles: roles, Shares: []float64{.12, .5, .93},
		States: []catalog.State{catalog.Proposed, catalog.Accepted, catalog.Deferred, catalog.Rejected, catalog.Clean, catalog.Unexamined, catalog.Gone},
		Counts: segments(catalog.Counts{Fields: 100, Accepted: 34, Proposed: 22, Deferred: 6, Unexamined: 9, Rejected: 8, Clean: 21}),
		Nats:   bars([]pii.Nat{{Text: "48 of 50 values valid", Nats: 6.2}, {Text: "the name says so", Nats: 2.1}, {Text: "few distinct values", Nats: -1.4}}),
		Alerts: []catalog.Alert{{ID: "x", Code: "unmapped", At: at.In("mail"), Text: "personal data without a decision", Opened: now}},
		Gaps:   []pii.Gap{{Code: "unreadable", At: at, Text: "a kind of file that nobody reads", Records: -1}},
		Form:   decideForm{at.In("mail").String(), "0-0", "/about/components", "contact.email", reasonsOf}, Choices: personalKinds(),
		Stages: []stage{{"planned", "done"}, {"approved", "now"}, {"executing", "next"}, {"closed", "next"}},
	}
	var err error
	if v.Runs, err = s.svc.Catalog.Runs(c.Request.Context(), "", 2); err != nil { // the last ones, since their rows lead to their pages
		s.fail(c, err)
		return
	}
	g := (&lineage.Graph{Nodes: []lineage.Node{{Dataset: pii.Dataset{Ref: at}, Person: 1}, {Dataset: pii.Dataset{Ref: pii.Ref{Source: "shop", Dataset: "orders"}}}},
		Edges: []lineage.Edge{{ID: "x", From: pii.Ref{Source: "shop", Dataset: "orders"}, Fields: []string{"customer"}, To: at, ToFields: []string{"id"}, Kind: lineage.Owns, Declared: true, Confidence: 1}}}).Index()
	v.Picture = draw(g, selection{nodes: []*lineage.Node{&g.Nodes[0], &g.Nodes[1]}}, ask{Hops: 1})
	s.show(c, http.StatusOK, "components", view{Title: "Components", Nav: "about", Crumbs: []link{{"About", "/about"}}, Body: v, Module: "graph.js", Twins: []link{{"JSON", "/api/v1/categories"}, {"CSV", "/sources.csv"}}})
}
