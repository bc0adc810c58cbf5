package sqlite_test

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/sqlite"
	"vestige/pii"
)

func TestConnector(t *testing.T) { connectortest.Run(t, start) }

var declared = map[pii.FieldType]string{
	pii.Text: "TEXT", pii.Int: "INTEGER", pii.Float: "REAL", pii.Bool: "BOOLEAN", pii.Time: "TIMESTAMP", pii.Bytes: "BLOB", pii.JSON: "JSON", pii.AnyOne: "",
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

// create writes a fixture's table as SQL.
func create(d connectortest.Dataset) string {
	var parts []string
	for _, f := range d.Fields {
		part := quote(f.Name) + " " + declared[f.Type]
		if f.NotNull {
			part += " NOT NULL"
		}
		parts = append(parts, part)
	}
	if len(d.Key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quoteAll(d.Key)+")")
	}
	for _, u := range d.Unique {
		parts = append(parts, "UNIQUE ("+quoteAll(u)+")")
	}
	for _, r := range d.References {
		part := "FOREIGN KEY (" + quoteAll(r.Fields) + ") REFERENCES " + quote(r.To) + " (" + quoteAll(r.ToFields) + ")"
		if r.OnDelete != "" {
			part += " ON DELETE " + strings.ToUpper(string(r.OnDelete))
		}
		parts = append(parts, part)
	}
	return "CREATE TABLE " + quote(d.Name) + " (" + strings.Join(parts, ", ") + ")"
}

func bound(f connectortest.Field, v []byte) any {
	switch {
	case v == nil:
		return nil
	case f.Type == pii.Bytes:
		return v
	case f.Type == pii.Int:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err == nil {
			return n
		}
	case f.Type == pii.Float:
		n, err := strconv.ParseFloat(string(v), 64)
		if err == nil {
			return n
		}
	}
	return string(v)
}

func open(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, f connectortest.Fixture) connectortest.System {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fixture.db")
	db := open(t, path)
	must(t, db, "PRAGMA user_version=1")
	for _, d := range f.Datasets {
		must(t, db, create(d))
		insert(t, db, d)
	}
	return connectortest.System{
		Spec:       sqlite.Spec(),
		Config:     connectors.Config{"path": pii.NewValue(path)},
		Peek:       func(t *testing.T) connectortest.Content { t.Helper(); return peek(t, path, f) },
		Absent:     connectors.Config{"path": pii.NewValue(path + ".absent")},
		AbsentKind: "not-found",
		Break:      func(t *testing.T, name string) { t.Helper(); overwrite(t, path, name) },
	}
}

func insert(t *testing.T, db *sql.DB, d connectortest.Dataset) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "PRAGMA defer_foreign_keys=ON"); err != nil { // rows of one table may refer to later ones
		t.Fatal(err)
	}
	st, err := tx.PrepareContext(t.Context(), "INSERT INTO "+quote(d.Name)+" VALUES (?"+strings.Repeat(",?", len(d.Fields)-1)+")")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	for _, row := range d.Rows {
		args := make([]any, len(row))
		for i := range row {
			args[i] = bound(d.Fields[i], row[i])
		}
		if _, err := st.ExecContext(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// peek reads everything by database/sql; + keeps it from making times of texts.
func peek(t *testing.T, path string, f connectortest.Fixture) connectortest.Content {
	t.Helper()
	db := open(t, path)
	out := connectortest.Content{}
	for _, d := range f.Datasets {
		cols := make([]string, len(d.Fields))
		for i, field := range d.Fields {
			cols[i] = "+" + quote(field.Name)
		}
		rows, err := db.QueryContext(t.Context(), "SELECT "+strings.Join(cols, ", ")+" FROM "+quote(d.Name))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row := make(connectortest.Row, len(cols))
			for i, v := range values {
				row[i] = canonical(v)
			}
			out[d.Name] = append(out[d.Name], row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	return out
}

func canonical(v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return append([]byte{}, v...)
	case float64:
		if math.Abs(v) >= 1e21 {
			return strconv.AppendFloat(nil, v, 'g', -1, 64)
		}
		return strconv.AppendFloat(nil, v, 'f', -1, 64)
	}
	return fmt.Append([]byte{}, v)
}

// overwrite damages the first page of a table.
func overwrite(t *testing.T, path, table string) {
	t.Helper()
	var root, size int64
	db := open(t, path)
	if err := db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name=?", table).Scan(&root); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "PRAGMA page_size").Scan(&size); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", int(size))), (root-1)*size); err != nil {
		t.Fatal(err)
	}
}
