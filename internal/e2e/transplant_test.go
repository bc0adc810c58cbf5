package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vestige/internal/testenv"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// plot is a database server that tables of a company are moved to, and looked at by its own client.
type plot struct {
	db     *sql.DB
	quote  string
	kind   func(c column) string
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

func postgresPlot(t *testing.T, dsn string) *plot {
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return &plot{db: db, quote: `"`, mark: func(i int) string { return fmt.Sprintf("$%d", i+1) }, kind: func(c column) string {
		return map[string]string{"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}[c.decl]
	}}
}

func mariaPlot(t *testing.T, d testenv.Database) *plot {
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s:%d)/%s?charset=utf8mb4", d.User, d.Password, d.Host, d.Port, d.Name))
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return &plot{db: db, quote: "`", after: " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", mark: func(int) string { return "?" }, kind: func(c column) string {
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

// take moves the tables of a file to the server.
func (p *plot) take(t *testing.T, file string) {
	t.Helper()
	p.tables = tablesOf(t, file)
	for i := range p.tables {
		p.create(t, &p.tables[i])
	}
	for _, tab := range p.tables {
		for _, ref := range tab.refs {
			p.exec(t, "ALTER TABLE "+p.name(tab.name)+" ADD "+strings.ReplaceAll(ref, `"`, p.quote))
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
	for _, row := range tab.rows {
		var names, marks []string
		var args []any
		for i, c := range tab.columns {
			if !c.generated {
				names, marks, args = append(names, p.name(c.name)), append(marks, p.mark(len(args))), append(args, row[i])
			}
		}
		p.exec(t, "INSERT INTO "+p.name(tab.name)+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
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

// back writes what the server holds now into a SQLite file, as the outsider reads it.
func (p *plot) back(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	must(t, err)
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }()
	_, err = db.Exec("PRAGMA foreign_keys = off; BEGIN")
	must(t, err)
	for _, tab := range p.tables {
		_, err := db.Exec(tab.sql)
		must(t, err)
		for _, row := range tab.placed(p.now(t, &tab)) {
			var names, marks []string
			var args []any
			for i, c := range tab.columns {
				if !c.generated {
					names, marks, args = append(names, `"`+c.name+`"`), append(marks, "?"), append(args, row[i])
				}
			}
			_, err := db.Exec(`INSERT INTO "`+tab.name+`" (`+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
			must(t, err)
		}
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

// placed puts the rows of a table without key where they were: a server has no order of its own.
func (tab *transplanted) placed(rows [][]any) [][]any {
	if len(tab.key) > 0 {
		return rows
	}
	slots := make([][]any, len(tab.rows))
	for _, row := range rows {
		best, most := -1, -1
		for i, was := range tab.rows {
			if n := alike(was, row); slots[i] == nil && n > most {
				best, most = i, n
			}
		}
		slots[best] = row
	}
	out := rows[:0:0]
	for _, row := range slots {
		if row != nil {
			out = append(out, row)
		}
	}
	return out
}

func alike(a, b []any) (n int) {
	for i := range a {
		if fmt.Sprint(a[i]) == fmt.Sprint(b[i]) {
			n++
		}
	}
	return n
}

// upload moves a folder of objects into a bucket.
func upload(t *testing.T, b testenv.Bucket, dir string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		key = filepath.ToSlash(key)
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = b.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: bytes.NewReader(body)})
		return err
	}))
}

// download writes what a bucket holds now into a folder; times are all the same, since a bucket's are no part of an object.
func download(t *testing.T, b testenv.Bucket, dir string) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, o := range page.Contents {
			must(t, fetch(t.Context(), b, *o.Key, filepath.Join(dir, filepath.FromSlash(*o.Key))))
		}
	}
}

func fetch(ctx context.Context, b testenv.Bucket, key, path string) error {
	got, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0))
}
