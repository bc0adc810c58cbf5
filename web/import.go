package web

import (
	"bytes"
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
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) importRoutes() {
	s.get("/decisions.csv", accounts.ReadCatalog, s.decisionsCSV)
	s.get("/import", accounts.Decide, s.importPage)
	s.post("/import", accounts.Decide, s.importCSV)
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
	es, err := s.svc.Catalog.Proposals(c.Request.Context(), f)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.note(c.Request.Context(), audit.Entry{Actor: by(c).Name, Action: "web.export", Object: "decisions", Facts: audit.Facts(map[string]any{"rows": len(es)})})
	w := sheet(c, "decisions", columns...)
	for _, e := range es {
		var d pii.Decision
		if e.Decision != nil {
			d = e.Decision.Decision
		}
		w.row(e.Ref.String(), string(d.Verdict), string(d.Category), d.Reason, stampOf(e), string(e.State), string(e.Proposal.Category), number(e.Proposal.Confidence), d.By)
	}
	w.end()
}

// importView is what the page of an import is given.
type importView struct {
	Text    string
	Rows    []importRow
	Wrong   int
	New     int // decisions that differ from what there is
	Same    int
	Empty   int // rows without a verdict
	Checked bool
	Error   string
	Undo    undoBar
	Shown   int
}

// importRow is a row of a file as it was read.
type importRow struct {
	Line  int           `json:"line"`
	Field string        `json:"field"`
	Was   catalog.State `json:"was,omitempty"`
	Does  string        `json:"does,omitempty"` // the verdict; empty where nothing changes
	Kind  pii.Category  `json:"category,omitempty"`
	Error string        `json:"error,omitempty"`

	wish wish
}

func (s *Server) importPage(c *gin.Context) {
	s.showImport(c, http.StatusOK, importView{Undo: undoOf(c)})
}

func (s *Server) showImport(c *gin.Context, code int, v importView) {
	s.show(c, code, "import", view{Title: "Decisions from a file", Nav: "review", Crumbs: []link{{"Review", "/review"}}, Body: v, Twins: []link{{"CSV", "/decisions.csv"}}})
}

// importCSV reads a file and says what it would do; sent again with do=1 it is done, whole or not at all.
func (s *Server) importCSV(c *gin.Context) {
	text, err := uploaded(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		if text, err = s.fromDBT(c.Request.Context(), trimmed); err != nil {
			s.showImport(c, http.StatusBadRequest, importView{Error: said(err)})
			return
		}
	}
	v, err := s.readImport(c, text)
	if err != nil {
		s.showImport(c, http.StatusBadRequest, importView{Error: said(err)})
		return
	}
	if c.PostForm("do") != "1" || v.Wrong > 0 || v.New == 0 {
		s.showImport(c, map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[v.Wrong > 0], v)
		return
	}
	m, err := s.decide(c.Request.Context(), by(c), v.wishes())
	if err != nil {
		s.notDecided(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, with("/import", "undo", m.Batch))
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

// readImport reads every row and compares it with what there is.
func (s *Server) readImport(c *gin.Context, text []byte) (v importView, err error) {
	v.Text, v.Checked = string(text), true
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return v, errkind.Coded(errkind.Invalid, "bad-file", "the first line names the columns: field,verdict,category,reason")
	}
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains(columns, head[i]) {
			return v, errkind.Coded(errkind.Invalid, "bad-file", "column %d is none of %s", i+1, strings.Join(columns, ", "))
		}
	}
	seen := map[string]int{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			v.Shown = min(len(v.Rows), 200)
			return v, nil
		}
		if err != nil {
			return v, errkind.Coded(errkind.Invalid, "bad-file", "behind row %d it is not CSV", len(v.Rows)+1)
		}
		line, _ := r.FieldPos(0)
		if len(v.Rows) == importRows {
			return v, errkind.Coded(errkind.Invalid, "bad-file", "a file has at most %d rows", importRows)
		}
		row := s.readRow(c, head, rec, line)
		if first := seen[row.Field]; row.Error == "" && row.Does != "" && first > 0 {
			row.Error = "the field stands on line " + strconv.Itoa(first) + " already"
		}
		seen[row.Field] = line
		v.count(row)
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
func (s *Server) readRow(c *gin.Context, head, rec []string, line int) importRow {
	cell := map[string]string{}
	for i, h := range head {
		if i < len(rec) {
			cell[h] = plain(rec[i])
		}
	}
	row := importRow{Line: line, Field: cell["field"]}
	if cell["verdict"] == "" {
		return row
	}
	w, err := wishOf(cell["field"], strings.ToLower(cell["verdict"]), cell["category"], cell["reason"], cell["seen"])
	var e catalog.Entry
	if err == nil {
		e, err = s.svc.Catalog.Field(c.Request.Context(), w.At)
	}
	if err == nil && e.Decision != nil && same(e.Decision.Decision, w) {
		row.wish = w
		return row
	}
	if err == nil {
		_, err = s.seen(c.Request.Context(), &w)
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

// plain takes off the apostrophe that our own files have before what a spreadsheet would take for a formula.
func plain(cell string) string {
	cell = strings.TrimSpace(cell)
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}
