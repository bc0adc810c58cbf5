package e2e_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vestige/internal/testenv"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// plot is a database that tables of a company are moved to, and looked at by its own client.
type plot struct {
	file   string // where the tables come from, and where the outsider expects them
	db     *sql.DB
	quote  string
	kind   func(c column) string // nil where a table is made by the statement it had
	mark   func(i int) string
	after  string // what follows a table's definition
	tables []transplanted
}

// transplanted is a table as it was in its SQLite file.
type transplanted struct {
	name    string
	sql     string
	columns []column
	key     []string
	refs    []string
	rows    [][]any // as they were, in the order of the file
}

type column struct {
	name, decl string
	notNull    bool
	byDefault  sql.NullString
	generated  bool
	pk         int
	indexed    bool // part of a key, or unique
}

func postgresPlot(t *testing.T, file, dsn string) *plot {
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return &plot{file: file, db: db, quote: `"`, mark: func(i int) string { return fmt.Sprintf("$%d", i+1) }, kind: func(c column) string {
		return map[string]string{"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}[c.decl]
	}}
}

// sqlitePlot is another SQLite file.
func sqlitePlot(t *testing.T, file, path string) *plot {
	db, err := sql.Open("sqlite", path)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return &plot{file: file, db: db, quote: `"`, mark: func(int) string { return "?" }}
}

func mariaPlot(t *testing.T, file string, d testenv.Database) *plot {
	db := d.Open(t)
	return &plot{file: file, db: db, quote: "`", after: " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", mark: func(int) string { return "?" }, kind: func(c column) string {
		switch {
		case c.decl == "INTEGER":
			return "bigint"
		case c.decl == "REAL":
			return "double"
		case c.indexed:
			return "varchar(191)"
		}
		return "longtext"
	}}
}

func (p *plot) name(s string) string { return p.quote + s + p.quote }

// take moves those tables of the company to the server that are its share.
func (p *plot) take(t *testing.T, dir string, share func(table string) bool) {
	t.Helper()
	p.tables = slices.DeleteFunc(tablesOf(t, filepath.Join(dir, p.file)), func(tab transplanted) bool { return !share(tab.name) })
	for i := range p.tables {
		p.create(t, &p.tables[i])
		p.fill(t, &p.tables[i])
	}
	for _, tab := range p.tables {
		for _, ref := range tab.refs {
			if p.kind != nil {
				p.exec(t, "ALTER TABLE "+p.name(tab.name)+" ADD "+strings.ReplaceAll(ref, `"`, p.quote))
			}
		}
	}
}

func (p *plot) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := p.db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (p *plot) create(t *testing.T, tab *transplanted) {
	t.Helper()
	if p.kind == nil {
		p.exec(t, tab.sql)
		return
	}
	var parts []string
	for _, c := range tab.columns {
		d := p.name(c.name) + " " + p.kind(c)
		if c.generated {
			_, rest, _ := strings.Cut(tab.sql, p.name(c.name)+" TEXT ")
			rule, _, _ := strings.Cut(rest, " VIRTUAL")
			d += " " + rule + " STORED"
		}
		if c.notNull || c.pk > 0 {
			d += " NOT NULL"
		}
		if c.byDefault.Valid {
			d += " DEFAULT " + c.byDefault.String
		}
		if strings.Contains(tab.sql, `"`+c.name+`" TEXT UNIQUE`) || strings.Contains(tab.sql, `"`+c.name+`" TEXT NOT NULL UNIQUE`) {
			d += " UNIQUE"
		}
		parts = append(parts, d)
	}
	if len(tab.key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+p.name(strings.Join(tab.key, p.quote+", "+p.quote))+")")
	}
	p.exec(t, "CREATE TABLE "+p.name(tab.name)+" ("+strings.Join(parts, ", ")+")"+p.after)
}

// fill inserts a table's rows, many in one statement.
func (p *plot) fill(t *testing.T, tab *transplanted) {
	t.Helper()
	var names []string
	for _, c := range tab.columns {
		if !c.generated {
			names = append(names, p.name(c.name))
		}
	}
	into := "INSERT INTO " + p.name(tab.name) + " (" + strings.Join(names, ", ") + ") VALUES "
	for rows := range slices.Chunk(tab.rows, 2000/len(names)) {
		var groups []string
		var args []any
		for _, row := range rows {
			var marks []string
			for i, c := range tab.columns {
				if !c.generated {
					marks, args = append(marks, p.mark(len(args))), append(args, row[i])
				}
			}
			groups = append(groups, "("+strings.Join(marks, ", ")+")")
		}
		p.exec(t, into+strings.Join(groups, ", "), args...)
	}
}

// tablesOf reads the ordinary tables of a SQLite file, parents before children as the file has them.
func tablesOf(t *testing.T, file string) (out []transplanted) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	must(t, err)
	defer func() { _ = db.Close() }()
	for _, r := range all(t, db, `SELECT s.name, s.sql FROM sqlite_schema s JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main' AND l.type = 'table'
		WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite%' ORDER BY s.rowid`) {
		tab := transplanted{name: r[0].(string), sql: r[1].(string)}
		tab.describe(t, db)
		order := ""
		if len(tab.key) == 0 {
			order = " ORDER BY rowid"
		}
		tab.rows = all(t, db, `SELECT * FROM "`+tab.name+`"`+order)
		out = append(out, tab)
	}
	return out
}

func (tab *transplanted) describe(t *testing.T, db *sql.DB) {
	key := map[int64]string{}
	for _, c := range all(t, db, `SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid`, tab.name) {
		col := column{name: c[0].(string), decl: c[1].(string), notNull: c[2] == int64(1), pk: int(c[4].(int64)), generated: c[5] != int64(0)}
		if c[3] != nil {
			col.byDefault = sql.NullString{String: c[3].(string), Valid: true}
		}
		if col.pk > 0 {
			key[c[4].(int64)] = col.name
		}
		col.indexed = col.pk > 0 || strings.Contains(tab.sql, `"`+col.name+`" TEXT UNIQUE`) || strings.Contains(tab.sql, `"`+col.name+`" TEXT NOT NULL UNIQUE`)
		tab.columns = append(tab.columns, col)
	}
	for i := int64(1); key[i] != ""; i++ {
		tab.key = append(tab.key, key[i])
	}
	for _, m := range refRE.FindAllStringSubmatch(tab.sql, -1) {
		tab.refs = append(tab.refs, fmt.Sprintf(`FOREIGN KEY ("%s") REFERENCES %s`, m[1], m[2]))
	}
}

// refRE finds a column's reference with its action and its time.
var refRE = regexp.MustCompile(`(?m)^  "([^"]+)" [^\n]*? REFERENCES ("[^\n]*?)(?:,)?$`)

// all reads every row of a query.
func all(t *testing.T, db *sql.DB, query string, args ...any) (out [][]any) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	must(t, err)
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		row, at := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			at[i] = &row[i]
		}
		must(t, rows.Scan(at...))
		out = append(out, row)
	}
	must(t, rows.Err())
	return out
}

// back writes what the server holds now into a file of the company's, as the outsider reads it.
func (p *plot) back(t *testing.T, dir string) {
	t.Helper()
	writeTables(t, filepath.Join(dir, p.file), p.tables, func(tab *transplanted) [][]any { return p.now(t, tab) })
}

// writeTables makes tables in a SQLite file with what is in them now.
func writeTables(t *testing.T, file string, tables []transplanted, now func(*transplanted) [][]any) {
	t.Helper()
	db, err := sql.Open("sqlite", file+"?_pragma=synchronous(0)&_pragma=secure_delete(1)")
	must(t, err)
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }()
	_, err = db.Exec("PRAGMA foreign_keys = off; BEGIN")
	must(t, err)
	mirror := &plot{db: db, quote: `"`, mark: func(int) string { return "?" }}
	for _, tab := range tables {
		mirror.create(t, &tab)
		tab.rows = tab.placed(now(&tab))
		mirror.fill(t, &tab)
	}
	_, err = db.Exec("COMMIT; VACUUM") // rows that were put in leave copies where pages were split
	must(t, err)
}

// now reads a table's rows, each value in the type that SQLite gives it.
func (p *plot) now(t *testing.T, tab *transplanted) [][]any {
	var names []string
	for _, c := range tab.columns {
		names = append(names, p.name(c.name))
	}
	rows := all(t, p.db, "SELECT "+strings.Join(names, ", ")+" FROM "+p.name(tab.name))
	for _, row := range rows {
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = string(b)
			}
		}
	}
	return rows
}

// placed puts the rows of a table without key where they were: a server has no order of its own. Rows that are as they were go first, the others to what is
// most like them.
func (tab *transplanted) placed(rows [][]any) [][]any {
	if len(tab.key) > 0 {
		return rows
	}
	free := map[string][]int{}
	for i, was := range tab.rows {
		free[fmt.Sprint(was)] = append(free[fmt.Sprint(was)], i)
	}
	slots := make([][]any, len(tab.rows))
	var changed [][]any
	for _, row := range rows {
		k := fmt.Sprint(row)
		if len(free[k]) == 0 {
			changed = append(changed, row)
			continue
		}
		slots[free[k][0]], free[k] = row, free[k][1:]
	}
	for _, row := range changed {
		slots[tab.likest(row, slots)] = row
	}
	return slices.DeleteFunc(slots, func(row []any) bool { return row == nil })
}

// likest gives the free place whose row had most in common.
func (tab *transplanted) likest(row []any, taken [][]any) int {
	best, most := -1, -1
	for i, was := range tab.rows {
		if n := alike(was, row); taken[i] == nil && n > most {
			best, most = i, n
		}
	}
	return best
}

func alike(a, b []any) (n int) {
	for i := range a {
		if fmt.Sprint(a[i]) == fmt.Sprint(b[i]) {
			n++
		}
	}
	return n
}
