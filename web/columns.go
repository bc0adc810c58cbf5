package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// chooser is what the form by which somebody chooses the columns of a table is given. The first column always stays.
type chooser struct {
	Table, Back string
	Columns     []chosen
}

type chosen struct {
	Name  string
	Place int // from 1
	On    bool
}

// Columns gives the form for the columns of a table behind the first.
func (v view) Columns(table string, names ...string) chooser {
	out := chooser{Table: table, Back: v.Here}
	for i, name := range names {
		out.Columns = append(out.Columns, chosen{name, i + 2, !slices.Contains(v.hidden[table], i+2)})
	}
	return out
}

// Hidden gives the classes by which the columns of a table are not shown.
func (v view) Hidden(table string) string {
	var b strings.Builder
	for _, n := range v.hidden[table] {
		b.WriteString(" no" + strconv.Itoa(n))
	}
	return b.String()
}

const columnsCookie = "vestige-columns"

// most is how many columns a table has at most.
const most = 14

var tableName = regexp.MustCompile(`^[a-z]{2,12}$`)

// hiddenOf reads which columns are not wanted, by table: "search:2.5_fields:7".
func hiddenOf(c *gin.Context) map[string][]int {
	text, _ := c.Cookie(columnsCookie)
	out := map[string][]int{}
	for _, part := range strings.Split(text, "_") {
		table, places, ok := strings.Cut(part, ":")
		if !ok || !tableName.MatchString(table) || len(out) > 20 {
			continue
		}
		for _, p := range strings.Split(places, ".") {
			if n, err := strconv.Atoi(p); err == nil && n > 1 && n <= most && !slices.Contains(out[table], n) {
				out[table] = append(out[table], n)
			}
		}
	}
	return out
}

// setColumns keeps which columns of a table somebody wants to see, and goes back to where she was.
func (s *Server) setColumns(c *gin.Context) {
	hidden, table := hiddenOf(c), c.Query("table")
	if tableName.MatchString(table) {
		delete(hidden, table)
		for _, p := range c.QueryArray("of") {
			if n, err := strconv.Atoi(p); err == nil && n > 1 && n <= most && !slices.Contains(c.QueryArray("show"), p) {
				hidden[table] = append(hidden[table], n)
			}
		}
	}
	var parts []string
	for t, places := range hidden {
		words := make([]string, len(places))
		for i, n := range places {
			words[i] = strconv.Itoa(n)
		}
		parts = append(parts, t+":"+strings.Join(words, "."))
	}
	slices.Sort(parts)
	http.SetCookie(c.Writer, &http.Cookie{Name: columnsCookie, Value: strings.Join(parts, "_"), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.cfg.TLS != nil})
	c.Redirect(http.StatusSeeOther, local(c.Query("back")))
}
