package model_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // opens PostgreSQL by the database's own client
	_ "modernc.org/sqlite"             // opens SQLite by another one than the product's

	"vestige/connectors"
	allconnectors "vestige/connectors/all"
	"vestige/internal/model"
	"vestige/internal/testenv"
	"vestige/pii"
)

// systems are real ones that hold an estate, each with its own client beside the product.
type systems struct {
	t       testing.TB
	e       *model.Estate
	dir     string
	at      map[string]*sql.DB // databases
	sources map[string]*connectors.Source
	postgre bool
	close   []func()
}

// load puts an estate into databases, on SQLite or PostgreSQL, and its files into a folder.
func load(t testing.TB, e *model.Estate, postgre bool) *systems {
	t.Helper()
	dir := scratch(t)
	s := &systems{t: t, e: e, dir: dir, at: map[string]*sql.DB{}, sources: map[string]*connectors.Source{}, postgre: postgre}
	for _, tb := range e.Tables {
		if tb.System == "files" {
			s.file(tb)
			continue
		}
		db := s.database(tb.System)
		s.exec(db, s.create(tb))
		for _, r := range tb.Rows {
			s.insert(db, tb, r)
		}
	}
	s.refer()
	if files, _ := os.ReadDir(filepath.Join(dir, "files")); len(files) > 0 {
		s.open("files", "bucket", "path", "files")
	}
	return s
}

// scratch makes a folder, in memory where the machine has a file system there: that databases wait for a disk is not what these tests are about.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "estate")
	if err != nil {
		dir, err = os.MkdirTemp("", "estate")
	}
	ok(t, err)
	return dir
}

func (s *systems) exec(db *sql.DB, statement string, args ...any) {
	s.t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *systems) database(name string) *sql.DB {
	s.t.Helper()
	if db := s.at[name]; db != nil {
		return db
	}
	var err error
	if s.postgre {
		dsn := testenv.Postgres(s.t)
		s.at[name], err = sql.Open("pgx", dsn)
		s.open(name, "postgres", "dsn", dsn)
	} else {
		s.at[name], err = sql.Open("sqlite", filepath.Join(s.dir, name+".db"))
		s.at[name].SetMaxOpenConns(1)
		s.open(name, "sqlite", "path", name+".db")
	}
	ok(s.t, err)
	s.close = append(s.close, func() { _ = s.at[name].Close() })
	return s.at[name]
}

func (s *systems) open(name, kind, option, value string) {
	s.t.Helper()
	for _, spec := range allconnectors.All() {
		if spec.Name != kind {
			continue
		}
		src, err := connectors.Open(context.Background(), connectors.Env{Log: slog.New(slog.DiscardHandler), Base: s.dir, Temp: s.dir}, name, spec, connectors.Config{option: pii.NewValue(value)})
		ok(s.t, err)
		s.sources[name] = src
		s.close = append(s.close, func() { _ = src.Close() })
	}
}

// end closes and removes everything.
func (s *systems) end() {
	defer func() { _ = os.RemoveAll(s.dir) }()
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

func quote(names ...string) string { return `"` + strings.Join(names, `", "`) + `"` }

// create writes the statement that makes a table or a view.
func (s *systems) create(t *model.Table) string {
	if t.Form == "view" {
		return "CREATE VIEW " + quote(t.Name) + " AS " + t.View
	}
	var parts []string
	for _, f := range t.Fields {
		kind := map[string]string{"int": "BIGINT", "text": "TEXT", "date": "DATE", "json": "JSON"}[f.Type]
		if s.postgre && f.Type == "json" {
			kind = "JSONB"
		}
		if f.NotNull {
			kind += " NOT NULL"
		}
		parts = append(parts, quote(f.Name)+" "+kind)
	}
	if len(t.Key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quote(t.Key...)+")")
	}
	for _, u := range t.Unique {
		parts = append(parts, "UNIQUE ("+quote(u)+")")
	}
	for _, r := range t.Refs {
		if r.Declared && !s.postgre {
			parts = append(parts, foreign(r))
		}
	}
	return "CREATE TABLE " + quote(t.Name) + " (" + strings.Join(parts, ", ") + ")"
}

func foreign(r model.Ref) string {
	_, to, _ := strings.Cut(r.To, "/")
	return fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE %s", quote(r.Fields...), quote(to), quote(r.ToFields...), r.OnDelete)
}

// refer declares the references once the records stand: some go in a circle.
func (s *systems) refer() {
	s.t.Helper()
	for _, t := range s.e.Tables {
		for _, r := range t.Refs {
			if r.Declared && s.postgre {
				s.exec(s.at[t.System], "ALTER TABLE "+quote(t.Name)+" ADD "+foreign(r))
			}
		}
	}
}

func (s *systems) insert(db *sql.DB, t *model.Table, r *model.Row) {
	s.t.Helper()
	var marks []string
	var args []any
	for i, f := range t.Fields {
		mark := fmt.Sprintf("$%d", i+1)
		if s.postgre && f.Type != "text" {
			mark = fmt.Sprintf("CAST(%s::text AS %s)", mark, map[string]string{"int": "BIGINT", "date": "DATE", "json": "JSONB"}[f.Type])
		}
		marks = append(marks, mark)
		switch v := r.Cells[i].V; {
		case v == nil:
			args = append(args, nil)
		case f.Type == "int" && !s.postgre:
			var n int64
			_, _ = fmt.Sscan(*v, &n)
			args = append(args, n)
		default:
			args = append(args, *v)
		}
	}
	s.exec(db, "INSERT INTO "+quote(t.Name)+" VALUES ("+strings.Join(marks, ", ")+")", args...)
}

// file writes a table as a file: lines of JSON, rows of CSV, or lines of text.
func (s *systems) file(t *model.Table) {
	s.t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	if t.Form == "csv" {
		var head []string
		for _, f := range t.Fields {
			head = append(head, f.Name)
		}
		ok(s.t, w.Write(head))
	}
	for _, r := range t.Rows {
		var cells []string
		var members []string
		for i, f := range t.Fields {
			cells = append(cells, *r.Cells[i].V)
			text, _ := json.Marshal(*r.Cells[i].V)
			if f.Type == "int" {
				text = []byte(*r.Cells[i].V)
			}
			members = append(members, fmt.Sprintf("%q:%s", f.Name, text))
		}
		switch t.Form {
		case "csv":
			ok(s.t, w.Write(cells))
		case "log":
			b.WriteString(cells[0] + "\n")
		default:
			b.WriteString("{" + strings.Join(members, ",") + "}\n")
		}
	}
	w.Flush()
	ok(s.t, os.MkdirAll(filepath.Join(s.dir, "files"), 0o755))
	if len(t.Rows) > 0 {
		ok(s.t, os.WriteFile(s.path(t), []byte(b.String()), 0o644))
	}
}

func (s *systems) path(t *model.Table) string {
	return filepath.Join(s.dir, "files", t.Name+"."+t.Form)
}

// read gives what a table holds now, by the system's own client.
func (s *systems) read(t *model.Table) (out [][]*string) {
	s.t.Helper()
	if t.System == "files" {
		return s.readFile(t)
	}
	var columns []string
	for _, f := range t.Fields {
		columns = append(columns, "CAST("+quote(f.Name)+" AS TEXT)")
	}
	order := "rowid"
	if s.postgre {
		order = "ctid"
	}
	rows, err := s.at[t.System].Query("SELECT " + strings.Join(columns, ", ") + " FROM " + quote(t.Name) + " ORDER BY " + order)
	ok(s.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		cells, at := make([]*string, len(columns)), make([]any, len(columns))
		for i := range cells {
			at[i] = &cells[i]
		}
		ok(s.t, rows.Scan(at...))
		out = append(out, cells)
	}
	ok(s.t, rows.Err())
	return out
}

func (s *systems) readFile(t *model.Table) (out [][]*string) {
	s.t.Helper()
	b, err := os.ReadFile(s.path(t))
	if os.IsNotExist(err) {
		return nil
	}
	ok(s.t, err)
	if t.Form == "csv" {
		all, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
		ok(s.t, err)
		for _, cells := range all[1:] {
			row := make([]*string, len(cells))
			for i := range cells {
				row[i] = &cells[i]
			}
			out = append(out, row)
		}
		return out
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if t.Form == "log" {
			out = append(out, []*string{&line})
			continue
		}
		members := map[string]any{}
		ok(s.t, json.Unmarshal([]byte(line), &members))
		row := make([]*string, len(t.Fields))
		for i, f := range t.Fields {
			if v := members[f.Name]; v != nil {
				text := fmt.Sprint(v)
				row[i] = &text
			}
		}
		out = append(out, row)
	}
	return out
}
