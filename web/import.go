package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/exchange"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) importRoutes() {
	s.get("/decisions.csv", accounts.ReadCatalog, s.decisionsCSV)
	s.get("/import", accounts.Decide, s.importPage)
	s.post("/import", accounts.Decide, s.importFile)
}

// columns are those of a file of decisions: what is written is read again. Those behind reason are for the reader.
var columns = []string{"field", "verdict", "category", "reason", "seen", "state", "proposed", "confidence", "by"}

// importRows is how many rows a file may have.
const importRows = 20_000

// decisionsCSV gives fields with what was decided, or those that wait, to be filled in and sent back.
func (s *Server) decisionsCSV(c *gin.Context) {
	f := catalog.Filter{Source: c.Query("source"), States: []catalog.State{catalog.Accepted, catalog.Rejected, catalog.Deferred}}
	if c.Query("show") == "waiting" {
		f.States = []catalog.State{catalog.Proposed, catalog.Deferred}
	}
	n, err := s.svc.Catalog.Count(c.Request.Context(), f.Source, f.States)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.taken(c, "decisions", n)
	w := sheet(c, "decisions", columns...)
	if s.svc.Catalog.Each(c.Request.Context(), f, w.decisions) != nil {
		w.cut()
	}
	w.end()
}

func (t *table) decisions(es []catalog.Entry) error {
	for _, e := range es {
		var d pii.Decision
		if e.Decision != nil {
			d = e.Decision.Decision
		}
		t.row(e.Ref.String(), string(d.Verdict), string(d.Category), d.Reason, stampOf(e), string(e.State), string(e.Judged.Category), number(e.Judged.Confidence), d.By)
	}
	return t.w.Error()
}

// importView is what the page of an import is given.
type importView struct {
	Text    string
	Sources string // lines of NAMESPACE=SOURCE
	Rows    []importRow
	Told    *exchange.Changes // owners, descriptions and flows
	Wrong   int
	New     int // decisions that differ from what there is
	Same    int
	Empty   int // rows without a verdict
	Checked bool
	Error   string
	Undo    undoBar
	Taken   int // things that the last file changed, beside decisions
	Shown   int
}

// importRow is a row of a file as it was read.
type importRow struct {
	Line  int           `json:"line,omitempty"`
	Where string        `json:"where,omitempty"` // in a file that has no lines
	Field string        `json:"field"`
	Was   catalog.State `json:"was,omitempty"`
	Does  string        `json:"does,omitempty"` // the verdict; empty where nothing changes
	Kind  pii.Category  `json:"category,omitempty"`
	Error string        `json:"error,omitempty"`

	wish wish
}

func (s *Server) importPage(c *gin.Context) {
	n, _ := strconv.Atoi(c.Query("taken"))
	s.showImport(c, http.StatusOK, importView{Undo: undoOf(c), Taken: max(0, n)})
}

func (s *Server) showImport(c *gin.Context, code int, v importView) {
	s.show(c, code, "import", view{Title: "Import and export", Nav: "review", Crumbs: []link{{"Review", "/review"}}, Body: v, Twins: []link{{"JSON", apiRoot + "/cards"}, {"CSV", "/export/owners.csv"}}})
}

// importFile reads a file and says what it would do; sent again with do=1 it is done, whole or not at all.
func (s *Server) importFile(c *gin.Context) {
	text, err := uploaded(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	v, err := s.readImport(c.Request.Context(), by(c), text, c.PostForm("sources"))
	if err != nil {
		s.showImport(c, http.StatusBadRequest, importView{Error: said(err)})
		return
	}
	if c.PostForm("do") != "1" || v.Bad() || v.Changes() == 0 {
		s.showImport(c, map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[v.Bad()], v)
		return
	}
	batch, err := s.take(c.Request.Context(), by(c), v)
	if err != nil {
		s.notDecided(c, err)
		return
	}
	to := with("/import", "undo", batch)
	if v.Told != nil {
		to = with(to, "taken", strconv.Itoa(v.Told.New))
	}
	c.Redirect(http.StatusSeeOther, to)
}

// Bad tells whether something of the file cannot be taken.
func (v importView) Bad() bool { return v.Wrong > 0 || v.Told != nil && v.Told.Wrong > 0 }

// Changes counts what the file would change.
func (v importView) Changes() int {
	n := v.New
	if v.Told != nil {
		n += v.Told.New
	}
	return n
}

// take writes what was read, decisions and all, in one unit of work; the batch names the decisions, for an undo.
func (s *Server) take(ctx context.Context, a accounts.Actor, v importView) (batch string, err error) {
	m, err := s.decide(ctx, a, v.wishes(), func(tx db.Tx) error {
		if v.Told == nil || v.Told.New == 0 {
			return nil
		}
		if err := v.Told.Apply(ctx, tx, s.svc.Catalog); err != nil {
			return err
		}
		facts := map[string]any{"rows": v.Told.New, "left": v.Told.Left}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.import", Object: v.Told.Format, Facts: audit.Facts(facts)})
	})
	if len(m.Entries) == 0 {
		return "", err
	}
	return m.Batch, err
}

func (v importView) wishes() (out []wish) {
	for _, r := range v.Rows {
		if r.Does != "" {
			out = append(out, r.wish)
		}
	}
	return out
}

// uploaded gives the text of a form's file, or of its field.
func uploaded(c *gin.Context) ([]byte, error) {
	f, err := c.FormFile("file")
	if err != nil || f.Size == 0 {
		return []byte(c.PostForm("text")), nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "the file could not be read")
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, 32<<20))
	if err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "the file could not be read")
	}
	return text, nil
}

// readImport reads a file of any kind, and compares it with what there is.
func (s *Server) readImport(ctx context.Context, a accounts.Actor, text []byte, namespaces string) (v importView, err error) {
	v.Text, v.Sources, v.Checked = string(text), namespaces, true
	var rows []cells
	if exchange.IsDecisions(text) {
		rows, err = decisionCells(text)
	} else {
		o := exchange.Options{By: a.Name}
		if o.Sources, err = namespacesOf(namespaces); err == nil {
			v.Told, err = exchange.Read(ctx, s.svc.Catalog, text, o)
		}
	}
	if err != nil {
		return v, err
	}
	if v.Told != nil {
		for _, d := range v.Told.Decisions {
			rows = append(rows, cells{where: d.Where, of: map[string]string{"field": d.Field, "verdict": d.Verdict, "category": d.Category, "reason": d.Reason}})
		}
	}
	if len(rows) > importRows {
		return v, errkind.Coded(errkind.Invalid, "bad-file", "a file has at most %d rows", importRows)
	}
	seen := map[string]string{}
	for _, r := range rows {
		row := s.readRow(ctx, r)
		if first := seen[row.Field]; row.Error == "" && row.Does != "" && first != "" {
			row.Error = "the field stands on " + first + " already"
		}
		seen[row.Field] = orElse(row.Where, "line "+strconv.Itoa(row.Line))
		v.count(row)
	}
	v.Shown = min(len(v.Rows), 200)
	return v, nil
}

// namespacesOf reads which source a namespace of the file is, one in a line.
func namespacesOf(text string) (map[string]string, error) {
	out := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		i := strings.LastIndexByte(line, '=')
		if i < 1 {
			return nil, errkind.Coded(errkind.Invalid, "bad-file", "a namespace is written NAMESPACE=SOURCE, one in a line")
		}
		out[strings.TrimSpace(line[:i])] = strings.TrimSpace(line[i+1:])
	}
	return out, nil
}

// cells is a row of decisions, by column.
type cells struct {
	line  int
	where string
	of    map[string]string
}

// decisionCells reads a file of decisions.
func decisionCells(text []byte) (out []cells, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "the first line names the columns: field,verdict,category,reason")
	}
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains(columns, head[i]) {
			return nil, errkind.Coded(errkind.Invalid, "bad-file", "column %d is none of %s", i+1, strings.Join(columns, ", "))
		}
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil || len(out) > importRows {
			return nil, errkind.Coded(errkind.Invalid, "bad-file", "behind row %d it is not CSV, or too long", len(out)+1)
		}
		x := cells{of: map[string]string{}}
		x.line, _ = r.FieldPos(0)
		for i, h := range head {
			if i < len(rec) {
				x.of[h] = exchange.Plain(rec[i])
			}
		}
		out = append(out, x)
	}
}

func (v *importView) count(row importRow) {
	switch {
	case row.Error != "":
		v.Wrong++
	case row.Does != "":
		v.New++
	case row.wish.Verdict == "":
		v.Empty++
	default:
		v.Same++
	}
	v.Rows = append(v.Rows, row)
}

// readRow reads a row: its wish, and whether it changes anything.
func (s *Server) readRow(ctx context.Context, r cells) importRow {
	cell := r.of
	row := importRow{Line: r.line, Where: r.where, Field: cell["field"]}
	if cell["verdict"] == "" {
		return row
	}
	w, err := wishOf(cell["field"], strings.ToLower(cell["verdict"]), cell["category"], cell["reason"], cell["seen"])
	var e catalog.Entry
	if err == nil {
		e, err = s.svc.Catalog.Field(ctx, w.At)
	}
	if err == nil && e.Decision != nil && same(e.Decision.Decision, w) {
		row.wish = w
		return row
	}
	if err == nil {
		_, err = s.seen(ctx, &w)
	}
	if err != nil {
		row.Error = orElse(said(err), "it could not be read")
		return row
	}
	row.wish, row.Was, row.Does, row.Kind = w, e.State, string(w.Verdict), w.Category
	return row
}

// same tells whether a wish says what was decided already.
func same(d pii.Decision, w wish) bool {
	return d.Verdict == w.Verdict && d.Reason == w.Reason && (w.Category == "" || d.Category == w.Category)
}
