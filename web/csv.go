package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/pii"
)

// table writes rows as CSV, in UTF-8 as RFC 4180 wants it.
type table struct {
	w *csv.Writer
}

func sheet(c *gin.Context, name string, head ...string) *table {
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	c.Status(http.StatusOK)
	t := &table{csv.NewWriter(c.Writer)}
	t.w.UseCRLF = true
	_ = t.w.Write(head) // a client that is gone is no error of ours
	return t
}

// row writes one row. What a spreadsheet would take for a formula gets an apostrophe before it: names of tables are chosen by strangers.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	_ = t.w.Write(cells)
}

func (t *table) end() { t.w.Flush() }

// cut breaks the answer off, so that the client sees that it is not whole.
func (t *table) cut() {
	t.w.Flush()
	panic(http.ErrAbortHandler)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

func count(n int64) string { return strconv.FormatInt(n, 10) }

func joined(cs []pii.Category) string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = string(c)
	}
	return strings.Join(parts, " ")
}
