package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/exchange"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) exchangeRoutes() {
	read, decide := accounts.ReadCatalog, accounts.Decide
	s.get("/export/dbt.yml", read, s.exportDBT)
	s.get("/export/openlineage.ndjson", read, s.exportOpenLineage)
	s.get("/export/owners.csv", read, s.exportOwners)
	s.get("/export/flows.csv", read, s.exportFlows)
	s.post("/card", decide, s.setCard)
	s.post("/flows/:id/end", decide, s.endFlow)
	s.api("GET", "/cards", read, s.apiCards, call{Says: "Lists owners and descriptions of datasets and fields.", Query: paged("source", "of this source alone"), Gives: list[catalog.Card]{}})
	s.api("PUT", "/card", decide, s.apiSetCard, call{Says: "Says who answers for a dataset or a field, and what it is.", Takes: cardIn{}, Gives: catalog.Card{}})
	s.api("GET", "/flows", read, s.apiFlows, call{Says: "Lists what was told to be made from what.", Query: paged("source", "of this source alone"), Gives: list[lineage.Flow]{}})
	s.api("DELETE", "/flows/:id", decide, s.apiEndFlow, call{Says: "Forgets what was told.", Gives: obj{}})
	s.api("POST", "/import", decide, s.apiImport, call{Says: "Reads a file of dbt, OpenLineage or CSV and says row by row what it changes; with do=1 all of it is done, or none where a row is wrong.", Query: map[string]string{"do": "1 to take it; without it nothing is written", "namespace": "NAMESPACE=SOURCE: which source the file means; may be given several times"}, Takes: json.RawMessage{}, Gives: importDoc{}})
	s.api("POST", "/lineage", decide, s.apiTellLineage, call{Says: "Takes an event of OpenLineage: its flows become lineage, and what people wrote of owners and descriptions is left as it is. Datasets that the catalog does not have are left out.", Query: map[string]string{"namespace": "NAMESPACE=SOURCE: which source the event means; may be given several times"}, Takes: json.RawMessage{}, Gives: toldDoc{}, Status: http.StatusCreated})
}

// exportDBT gives what is decided and proposed of personal data, with owners and descriptions, as a file of dbt's sources.
func (s *Server) exportDBT(c *gin.Context) {
	ctx, of := c.Request.Context(), catalog.Filter{Source: c.Query("source"), States: exchange.States()}
	n, err := s.svc.Catalog.Count(ctx, of.Source, of.States)
	var cards []catalog.Card
	if err == nil {
		cards, err = s.svc.Catalog.Cards(ctx, pii.Ref{Source: of.Source})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.taken(c, "dbt", n+len(cards))
	c.Header("Content-Disposition", `attachment; filename="vestige-sources.yml"`)
	c.Header("Content-Type", "application/yaml; charset=utf-8")
	c.Status(http.StatusOK)
	if exchange.DBT(c.Writer, cards, func(visit func([]catalog.Entry) error) error { return s.svc.Catalog.Each(ctx, of, visit) }) != nil {
		panic(http.ErrAbortHandler) // so that the client sees that it is not whole
	}
}

// taken writes into the log that something was taken out.
func (s *Server) taken(c *gin.Context, what string, rows int) {
	s.note(c.Request.Context(), audit.Entry{Actor: by(c).Name, Action: "web.export", Object: what, Facts: audit.Facts(map[string]any{"rows": rows})})
}

// exportOpenLineage gives the flows that are known, one event of OpenLineage in a line, with owners and descriptions.
func (s *Server) exportOpenLineage(c *gin.Context) {
	ctx := c.Request.Context()
	g, err := s.svc.Catalog.Outline(ctx)
	var flows []lineage.Flow
	if err == nil {
		flows, err = s.svc.Catalog.Flows(ctx, pii.Ref{})
	}
	var cards []catalog.Card
	if err == nil {
		cards, err = s.svc.Catalog.Cards(ctx, pii.Ref{})
	}
	var infos []catalog.SourceInfo
	if err == nil {
		infos, err = s.svc.Catalog.Sources(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.taken(c, "openlineage", len(flows)+len(cards))
	c.Header("Content-Disposition", `attachment; filename="openlineage.ndjson"`)
	c.Header("Content-Type", "application/x-ndjson")
	c.Status(http.StatusOK)
	_ = exchange.OpenLineage(c.Writer, g, flows, cards, exchange.Scanned(infos)) // a client that is gone is no error of ours
}

func (s *Server) exportOwners(c *gin.Context) {
	cards, err := s.svc.Catalog.Cards(c.Request.Context(), pii.Ref{Source: c.Query("source")})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.taken(c, "owners", len(cards))
	w := sheet(c, "owners", exchange.CardColumns...)
	for _, k := range cards {
		w.row(exchange.CardRow(k)...)
	}
	w.end()
}

func (s *Server) exportFlows(c *gin.Context) {
	flows, err := s.svc.Catalog.Flows(c.Request.Context(), pii.Ref{Source: c.Query("source")})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.taken(c, "flows", len(flows))
	w := sheet(c, "flows", exchange.FlowColumns...)
	for _, f := range flows {
		w.row(exchange.FlowRow(f)...)
	}
	w.end()
}

func (s *Server) apiCards(c *gin.Context) {
	var after pii.Ref
	var err error
	if text := c.Query("after"); text != "" {
		if after, err = pii.ParseRef(text); err != nil {
			err = errkind.Coded(errkind.Invalid, "bad-cursor", "the page to go on after is not one of this list")
		}
	}
	n := limit(c, 100)
	var page []catalog.Card
	if err == nil {
		page, err = s.svc.Catalog.CardsAfter(c.Request.Context(), c.Query("source"), after, n+1)
	}
	out := list[catalog.Card]{Items: append([]catalog.Card{}, page[:min(n, len(page))]...)}
	if len(page) > n {
		out.Next = page[n-1].At.String()
	}
	either(s, c, out, err)
}

func (s *Server) apiFlows(c *gin.Context) {
	all, err := s.svc.Catalog.Flows(c.Request.Context(), pii.Ref{Source: c.Query("source")})
	either(s, c, paging(c, all, lineage.Flow.ID), err)
}

// cardIn is what somebody says of a place.
type cardIn struct {
	At          string `json:"at"`
	Owner       string `json:"owner,omitempty"`
	Description string `json:"description,omitempty"`
}

// keepCard writes what a person says of a place, with its entry of the log.
func (s *Server) keepCard(ctx context.Context, a accounts.Actor, in cardIn) (k catalog.Card, err error) {
	ref, err := pii.ParseRef(in.At)
	if err != nil || ref.Dataset == "" {
		return k, errkind.Coded(errkind.Invalid, "bad-reference", "a place is written source/dataset, or source/dataset#field")
	}
	if n, err := s.svc.Catalog.Node(ctx, ref.Of()); err != nil {
		return k, err
	} else if ref.Field != "" && n.Field(ref.Field) == nil {
		return k, errkind.Coded(errkind.NotFound, "no-such-field", "the dataset has no such field")
	}
	k = catalog.Card{At: ref, Owner: strings.TrimSpace(in.Owner), Description: strings.TrimSpace(strings.ReplaceAll(in.Description, "\r\n", "\n")), Origin: "hand", By: a.Name}
	return k, s.svc.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.svc.Catalog.PutCard(ctx, tx, k); err != nil {
			return err
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.card", Object: ref.String()})
	})
}

func (s *Server) setCard(c *gin.Context) {
	in := cardIn{c.PostForm("at"), c.PostForm("owner"), c.PostForm("description")}
	k, err := s.keepCard(c.Request.Context(), by(c), in)
	s.back(c, err, at(k.At))
}

func (s *Server) apiSetCard(c *gin.Context) {
	var in cardIn
	err := bind(c, &in)
	var k catalog.Card
	if err == nil {
		k, err = s.keepCard(c.Request.Context(), by(c), in)
	}
	either(s, c, k, err)
}

// forgetFlow takes back what was told; references that rest on it are worked out anew.
func (s *Server) forgetFlow(ctx context.Context, a accounts.Actor, id string) error {
	err := s.svc.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.svc.Catalog.EndFlow(ctx, tx, id); err != nil {
			return err
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.flow.end", Object: id})
	})
	if err == nil {
		s.wake()
	}
	return err
}

func (s *Server) endFlow(c *gin.Context) {
	s.back(c, s.forgetFlow(c.Request.Context(), by(c), c.Param("id")), orElse(local(c.PostForm("back")), "/lineage"))
}

func (s *Server) apiEndFlow(c *gin.Context) {
	either(s, c, obj{}, s.forgetFlow(c.Request.Context(), by(c), c.Param("id")))
}

// importDoc says what a file changes, or has changed.
type importDoc struct {
	Done      bool              `json:"done"`
	Told      *exchange.Changes `json:"told,omitempty"`
	Decisions []importRow       `json:"decisions,omitempty"`
	Wrong     int               `json:"wrong"` // rows; while there is one, nothing is written
	New       int               `json:"new"`
	Batch     string            `json:"batch,omitempty"` // of the decisions, for an undo
}

// sent reads a body as it is, and which sources its namespaces are.
func sent(c *gin.Context) (text []byte, namespaces string, err error) {
	if text, err = io.ReadAll(c.Request.Body); err != nil {
		return nil, "", errkind.Coded(errkind.Invalid, "large-body", "the body is too large")
	}
	return text, strings.Join(c.QueryArray("namespace"), "\n"), nil
}

func (s *Server) apiImport(c *gin.Context) {
	text, namespaces, err := sent(c)
	var v importView
	if err == nil {
		v, err = s.readImport(c.Request.Context(), by(c), text, namespaces)
	}
	out := importDoc{Told: v.Told, Decisions: v.Rows, Wrong: v.Wrong, New: v.Changes()}
	if v.Told != nil {
		out.Wrong += v.Told.Wrong
	}
	if err == nil && c.Query("do") == "1" && out.Wrong == 0 {
		out.Batch, err = s.take(c.Request.Context(), by(c), v)
		out.Done = err == nil
	}
	either(s, c, out, err)
}

// toldDoc says what an event has changed.
type toldDoc struct {
	New  int `json:"new"`
	Same int `json:"same"`
	Left int `json:"left"` // about what the catalog does not have
}

// apiTellLineage takes an event of a pipeline. Said again it changes nothing, and is in no log.
func (s *Server) apiTellLineage(c *gin.Context) {
	ctx := c.Request.Context()
	text, namespaces, err := sent(c)
	o := exchange.Options{By: by(c).Name, Gentle: true}
	if err == nil {
		o.Sources, err = namespacesOf(namespaces)
	}
	var told *exchange.Changes
	if err == nil {
		told, err = exchange.Read(ctx, s.svc.Catalog, text, o)
	}
	if err == nil && told.Format != "openlineage" {
		err = errkind.Coded(errkind.Invalid, "bad-file", "this is no event of OpenLineage")
	}
	if err == nil && told.New > 0 {
		_, err = s.take(ctx, by(c), importView{Told: told})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, toldDoc{told.New, told.Same, told.Left})
}
