package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vestige/internal/demo/company"
	"vestige/internal/errkind"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// place is a table, or an object.
type place struct{ source, name string }

// record is one row, line, element or member, as text, with the name under which the company's truth knows it.
type record struct{ name, text string }

// snapshot is every record of the company's systems, read without the product.
type snapshot struct {
	records map[place][]record
	tables  int
	objects int
}

// take reads everything below dir.
func take(ctx context.Context, dir string) (*snapshot, error) {
	s := &snapshot{records: map[place][]record{}}
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		if err := s.database(ctx, dir, file); err != nil {
			return nil, errkind.Wrap(errkind.Transient, err, "look at %s", file)
		}
	}
	root := filepath.Join(dir, company.ObjectsRoot)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := readObject(path)
		s.objects++
		s.records[place{company.ObjectsRoot, filepath.ToSlash(key)}] = cut(path, text)
		return err
	})
	return s, errkind.Wrap(errkind.Transient, err, "look at the objects")
}

// openRead opens a database for reading alone.
func openRead(dir, file string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, file))+"?mode=ro")
}

func (s *snapshot) database(ctx context.Context, dir, file string) error {
	db, err := openRead(dir, file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	names, err := strs(ctx, db, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil {
		return err
	}
	for _, name := range names {
		rows, err := readTable(ctx, db, name)
		if err != nil {
			return err
		}
		s.records[place{file, name}] = rows
		s.tables++
	}
	return nil
}

func strs(ctx context.Context, db *sql.DB, query string, args ...any) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func readTable(ctx context.Context, db *sql.DB, name string) (out []record, err error) {
	key, err := strs(ctx, db, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", name)
	if err != nil {
		return nil, err
	}
	order := ""
	if len(key) == 0 {
		order = " ORDER BY rowid"
	}
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`+order)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row(columns, key, cells, len(out)))
	}
	return out, rows.Err()
}

func row(columns, key []string, cells []any, n int) record {
	var text strings.Builder
	var parts []string
	byName := map[string]any{}
	for i, c := range cells {
		byName[columns[i]] = c
		if b, ok := c.([]byte); ok {
			c = string(b)
		}
		fmt.Fprintf(&text, "%T %v\x1f", c, c)
	}
	for _, k := range key {
		parts = append(parts, fmt.Sprint(byName[k]))
	}
	name := strings.Join(parts, "|")
	if len(key) == 0 {
		name = fmt.Sprintf("#%d", n)
	}
	return record{name, text.String()}
}

func readObject(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return raw, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// cut parts an object into records: the company writes one a line, documents of many as well.
func cut(path string, text []byte) (out []record) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".csv") {
		lines = cells(string(text))
	}
	first := strings.TrimSpace(lines[0])
	switch {
	case strings.HasSuffix(path, ".json") && first == "[":
		for i, l := range lines[1:] {
			out = append(out, record{fmt.Sprintf("#%d", i), element(l)})
		}
	case strings.HasSuffix(path, ".json") && first == "{" && len(lines) > 4:
		member := strings.Trim(strings.TrimSpace(strings.Split(lines[2], ":")[0]), `"`)
		for _, l := range lines {
			name, _, _ := strings.Cut(strings.TrimSpace(l), ": ")
			out = append(out, record{"/" + member + "/" + strings.Trim(name, `"`), element(l)})
		}
	case strings.HasSuffix(path, ".json"):
		out = append(out, record{"", string(text)})
	default:
		for i, l := range lines {
			out = append(out, record{fmt.Sprintf("#%d", i), l})
		}
	}
	return out
}

func element(line string) string { return strings.TrimSuffix(strings.TrimSpace(line), ",") }

// cells cuts a CSV into its records: a line end inside quotes ends none.
func cells(text string) (out []string) {
	start, quoted := 0, false
	for i, c := range []byte(text) {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	if start < len(text) || len(out) == 0 {
		out = append(out, text[start:])
	}
	return out
}
