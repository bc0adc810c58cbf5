package outsider

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// database is one SQLite file with all its tables.
type database struct {
	file       string
	raw        []byte // the file and whatever the engine keeps beside it
	schema     string
	tables     []*table
	dangling   int    // references to nothing
	integrity  string // "ok"
	textStored []byte // every stored text, as often as the file holds it
}

// table is one table and its rows.
type table struct {
	name    string
	columns []string
	keyed   bool
	rows    []record
	stored  []int            // columns of which the file holds the value, once for each time
	words   map[int64]string // of a full-text index: the terms of each document, in order
}

func (d *database) table(name string) *table {
	for _, t := range d.tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

func readDatabase(dir, file string) (d *database, err error) {
	d = &database{file: file}
	scratch, err := os.MkdirTemp("", "outsider")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	for _, suffix := range []string{"", "-wal", "-journal"} {
		raw, err := os.ReadFile(filepath.Join(dir, file+suffix))
		if errors.Is(err, os.ErrNotExist) && suffix != "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.raw = append(d.raw, raw...)
		if err := os.WriteFile(filepath.Join(scratch, file+suffix), raw, 0o600); err != nil {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(scratch, file))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	return d, d.read(db)
}

func (d *database) read(db *sql.DB) error {
	list, err := query(db, "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil {
		return err
	}
	for _, r := range list {
		name, kind := r[0].(string), r[1].(string)
		t := &table{name: name}
		switch kind {
		case "view":
			continue
		case "virtual":
			err = t.readIndex(db)
		case "shadow":
			if !strings.HasSuffix(name, "_content") {
				continue
			}
			err = t.read(db, false)
		default:
			err = t.read(db, r[2] == int64(1))
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		d.keepText(t)
		if kind != "shadow" {
			d.tables = append(d.tables, t)
		}
	}
	return d.health(db)
}

func (d *database) health(db *sql.DB) error {
	schema, err := query(db, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
	if err != nil {
		return err
	}
	for _, r := range schema {
		d.schema += r[0].(string) + "\n"
	}
	broken, err := query(db, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	d.dangling = len(broken)
	health, err := query(db, "PRAGMA integrity_check(1)")
	if err != nil {
		return err
	}
	d.integrity = health[0][0].(string)
	return nil
}

// read reads all rows of an ordinary table, in the order of the key or else of the rowid.
func (t *table) read(db *sql.DB, withoutRowid bool) error {
	columns, err := query(db, "SELECT name, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid", t.name)
	if err != nil {
		return err
	}
	var key []int
	for i, c := range columns {
		t.columns = append(t.columns, c[0].(string))
		if c[1].(int64) > 0 {
			key = append(key, 0)
		}
		if c[2] != int64(2) {
			t.stored = append(t.stored, i)
		}
	}
	for i, c := range columns {
		if at := c[1].(int64); at > 0 {
			key[at-1] = i
		}
	}
	t.keyed = len(key) > 0
	if err := t.readIndexed(db, withoutRowid); err != nil {
		return err
	}
	order := ""
	if !t.keyed {
		order = " ORDER BY rowid"
	}
	rows, err := query(db, "SELECT * FROM "+quoted(t.name)+order)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t.rows = append(t.rows, record{name: keyOf(r, key), cells: r})
	}
	return nil
}

// readIndexed notes the columns of which an index holds the values again.
func (t *table) readIndexed(db *sql.DB, withoutRowid bool) error {
	indexes, err := query(db, "SELECT name, origin FROM pragma_index_list(?)", t.name)
	if err != nil {
		return err
	}
	for _, ix := range indexes {
		if withoutRowid && ix[1] == "pk" {
			continue
		}
		columns, err := query(db, "SELECT cid FROM pragma_index_xinfo(?) WHERE cid >= 0", ix[0])
		if err != nil {
			return err
		}
		for _, c := range columns {
			t.stored = append(t.stored, int(c[0].(int64)))
		}
	}
	return nil
}

// readIndex reads the terms of a full-text index, which may hold what its table no longer does.
func (t *table) readIndex(db *sql.DB) error {
	t.words = map[int64]string{}
	vocabulary := fmt.Sprintf("CREATE VIRTUAL TABLE temp.%s USING fts5vocab(main, %s, instance)", quoted("words of "+t.name), quoted(t.name))
	if _, err := db.Exec(vocabulary); err != nil {
		return err
	}
	rows, err := query(db, "SELECT doc, term FROM temp."+quoted("words of "+t.name)+" ORDER BY doc, col, \"offset\"")
	if err != nil {
		return err
	}
	for _, r := range rows {
		t.words[r[0].(int64)] += " " + r[1].(string)
	}
	return nil
}

// keepText gathers the texts that the file must hold, so that a search of its bytes can tell what is there besides.
func (d *database) keepText(t *table) {
	var out bytes.Buffer
	for _, r := range t.rows {
		for _, c := range t.stored {
			switch v := r.cells[c].(type) {
			case string:
				out.WriteString(v)
			case []byte:
				out.Write(v)
			}
			out.WriteByte(0)
		}
	}
	d.textStored = append(d.textStored, out.Bytes()...)
}

func keyOf(row []any, key []int) string {
	var parts []string
	for _, i := range key {
		parts = append(parts, fmt.Sprint(row[i]))
	}
	return strings.Join(parts, "|")
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func query(db *sql.DB, statement string, args ...any) ([][]any, error) {
	rows, err := db.Query(statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	for rows.Next() {
		r := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range r {
			into[i] = &r[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
