package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) exchangeRoutes() {
	s.get("/export/dbt.yml", accounts.ReadCatalog, s.exportDBT)
	s.get("/export/openlineage.ndjson", accounts.ReadCatalog, s.exportOpenLineage)
}

// manifest is what is read of a dbt manifest: columns with what their meta says.
type manifest struct {
	Nodes   map[string]dbtNode `json:"nodes"`
	Sources map[string]dbtNode `json:"sources"`
}

type dbtNode struct {
	Schema     string               `json:"schema"`
	Name       string               `json:"name"`
	Alias      string               `json:"alias"`
	Identifier string               `json:"identifier"`
	Columns    map[string]dbtColumn `json:"columns"`
}

type dbtColumn struct {
	Name string `json:"name"`
	Meta struct {
		Vestige struct {
			Category string `json:"category"`
			Verdict  string `json:"verdict"`
			Reason   string `json:"reason"`
		} `json:"vestige"`
	} `json:"meta"`
}

// dbtRows is how many columns of a manifest are taken.
const dbtRows = importRows

// fromDBT turns the decisions in a dbt manifest (meta: vestige: category, verdict, reason) into the file that an import reads. A table is found by its
// name, with its schema or without; one that is in several sources, or in none, becomes a row that says so.
func (s *Server) fromDBT(ctx context.Context, text []byte) ([]byte, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Nodes == nil && m.Sources == nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "this is neither CSV nor the manifest.json of dbt")
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"field", "verdict", "category", "reason"}) // into memory
	rows := 0
	for _, nodes := range []map[string]dbtNode{m.Sources, m.Nodes} {
		for _, id := range slices.Sorted(maps.Keys(nodes)) {
			n := nodes[id]
			if !n.says() {
				continue
			}
			at, err := s.placeOf(ctx, n)
			if err != nil {
				return nil, err
			}
			for _, name := range slices.Sorted(maps.Keys(n.Columns)) {
				v := n.Columns[name].Meta.Vestige
				if v.Category == "" && v.Verdict == "" {
					continue
				}
				if rows++; rows > dbtRows {
					return nil, errkind.Coded(errkind.Invalid, "bad-file", "a file has at most %d rows", dbtRows)
				}
				_ = w.Write([]string{at + "#" + orElse(n.Columns[name].Name, name), orElse(v.Verdict, string(pii.Changed)), v.Category, orElse(v.Reason, "as dbt has it")})
			}
		}
	}
	w.Flush()
	if rows == 0 {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "no column of the manifest has a meta of vestige with a category or a verdict")
	}
	return b.Bytes(), nil
}

func (n dbtNode) says() bool {
	for _, c := range n.Columns {
		if c.Meta.Vestige.Category != "" || c.Meta.Vestige.Verdict != "" {
			return true
		}
	}
	return false
}

// placeOf finds the dataset of a table of dbt; what is not exactly one is given back as dbt names it.
func (s *Server) placeOf(ctx context.Context, n dbtNode) (string, error) {
	table := orElse(n.Identifier, orElse(n.Alias, n.Name))
	var found []pii.Ref
	for f := (catalog.SetFilter{Name: table, ByName: true, Limit: 500}); ; {
		sets, _, next, err := s.svc.Catalog.Sets(ctx, f)
		if err != nil {
			return "", err
		}
		for _, x := range sets {
			name := strings.ToLower(x.Ref.Dataset)
			if name == strings.ToLower(table) || name == strings.ToLower(n.Schema+"."+table) {
				found = append(found, x.Ref)
			}
		}
		if f.After = next; next == "" {
			break
		}
	}
	if len(found) == 1 {
		return found[0].String(), nil
	}
	return n.Schema + "." + table, nil
}

// exportDBT gives what is decided and proposed of personal data as a file of dbt's sources: each column with its meta, which an import reads again.
func (s *Server) exportDBT(c *gin.Context) {
	ctx := c.Request.Context()
	es, err := s.svc.Catalog.Proposals(ctx, catalog.Filter{Source: c.Query("source"), States: []catalog.State{catalog.Accepted, catalog.Rejected, catalog.Proposed, catalog.Deferred}})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.note(ctx, audit.Entry{Actor: by(c).Name, Action: "web.export", Object: "dbt", Facts: audit.Facts(map[string]any{"rows": len(es)})})
	var b strings.Builder
	b.WriteString("version: 2\nsources:\n")
	var last pii.Ref
	for _, e := range es {
		if e.Ref.Source != last.Source {
			b.WriteString("  - name: " + strconv.Quote(e.Ref.Source) + "\n    tables:\n")
		}
		if e.Ref.Of() != last.Of() || e.Ref.Source != last.Source {
			schema, table := "", e.Ref.Dataset
			if i := strings.LastIndexByte(table, '.'); i > 0 {
				schema, table = table[:i], table[i+1:]
			}
			b.WriteString("      - name: " + strconv.Quote(e.Ref.Dataset) + "\n        identifier: " + strconv.Quote(table) + "\n")
			if schema != "" {
				b.WriteString("        meta: {vestige: {schema: " + strconv.Quote(schema) + "}}\n")
			}
			b.WriteString("        columns:\n")
		}
		last = e.Ref
		b.WriteString("          - name: " + strconv.Quote(e.Ref.Field) + "\n            meta: {vestige: {state: " + strconv.Quote(string(e.State)) + ", category: " + strconv.Quote(string(e.Category)))
		if e.Decision != nil {
			b.WriteString(", verdict: " + strconv.Quote(string(e.Decision.Verdict)) + ", reason: " + strconv.Quote(e.Decision.Reason))
		}
		b.WriteString("}}\n")
	}
	c.Header("Content-Disposition", `attachment; filename="vestige-sources.yml"`)
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", []byte(b.String()))
}

// openDataset and openJob are what is written of OpenLineage 1.
type openDataset struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type openJob struct {
	EventTime string        `json:"eventTime"`
	Producer  string        `json:"producer"`
	SchemaURL string        `json:"schemaURL"`
	Job       openDataset   `json:"job"`
	Inputs    []openDataset `json:"inputs"`
	Outputs   []openDataset `json:"outputs"`
}

// exportOpenLineage gives the flows that are known, one event of OpenLineage in a line: views with what they read, and copies that were found.
func (s *Server) exportOpenLineage(c *gin.Context) {
	g, err := s.graph(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="openlineage.ndjson"`)
	c.Header("Content-Type", "application/x-ndjson")
	c.Status(http.StatusOK)
	w := json.NewEncoder(c.Writer)
	w.SetEscapeHTML(true)
	now := clock.Now().UTC().Format(time.RFC3339)
	give := func(kind string, out pii.Ref, in ...pii.Ref) {
		e := openJob{EventTime: now, Producer: "https://vestige.example/catalog", SchemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
			Job: openDataset{"vestige", kind + ":" + out.String()}, Outputs: []openDataset{{out.Source, out.Dataset}}}
		for _, r := range in {
			e.Inputs = append(e.Inputs, openDataset{r.Source, r.Dataset})
		}
		_ = w.Encode(e) // a client that is gone is no error of ours
	}
	for i := range g.Nodes {
		if d := g.Nodes[i].Dataset; len(d.Reads) > 0 && g.Nodes[i].Gone == 0 {
			give("view", d.Ref, d.Reads...)
		}
	}
	for i := range g.Edges {
		if e := &g.Edges[i]; e.Copy || e.Kind == lineage.Derives {
			give("copy", e.From, e.To)
		}
	}
}
