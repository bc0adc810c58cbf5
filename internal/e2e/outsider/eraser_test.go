package outsider_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vestige/internal/demo/company"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// eraser erases by the truth, as plainly as can be: it is the ideal that the judge has to recognise.
type eraser struct {
	t      *testing.T
	c      *company.Company
	erased map[company.Person]bool
	dbs    map[string]*sql.DB
	skip   func(*company.Record) bool // records that are forgotten
	pack   bool                       // the databases are packed afterwards
	gentle bool                       // where two fates are as good it takes the other, and words rather than fields
}

func generate(t *testing.T, opts company.Options) *company.Company {
	t.Helper()
	c, err := company.Generate(context.Background(), t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, c *company.Company, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.Dir, file)+"?_pragma=secure_delete(1)&_pragma=foreign_keys(0)&_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func (e *eraser) erase(people ...company.Person) {
	e.t.Helper()
	e.erased, e.dbs = map[company.Person]bool{}, map[string]*sql.DB{}
	for _, p := range people {
		e.erased[p] = true
	}
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		e.dbs[file] = open(e.t, e.c, file)
	}
	objects := map[string][]*company.Record{}
	for _, r := range e.c.Truth.Records {
		switch {
		case !e.touches(r) || e.skip(r):
		case r.At.Source == company.ObjectsRoot:
			objects[r.At.Dataset] = append(objects[r.At.Dataset], r)
		default:
			e.row(r)
		}
	}
	for key, records := range objects {
		e.object(key, records)
	}
	for _, db := range e.dbs {
		e.close(db)
	}
}

func (e *eraser) close(db *sql.DB) {
	if e.pack {
		e.exec(db, "VACUUM")
	}
	e.exec(db, "PRAGMA wal_checkpoint(TRUNCATE)")
	e.must(db.Close())
}

func (e *eraser) exec(db *sql.DB, statement string, args ...any) {
	e.t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		e.t.Fatalf("%s: %v", statement, err)
	}
}

func (e *eraser) touches(r *company.Record) bool {
	for p := range r.Expect {
		if e.erased[p] {
			return true
		}
	}
	return false
}

// goes says whether nothing of the record remains.
func (e *eraser) goes(r *company.Record) bool {
	all := len(r.Owners) > 0
	if e.gentle && r.Also != "" {
		return false
	}
	for _, p := range r.Owners {
		all = all && e.erased[p]
		if e.erased[p] && r.Expect[p] == company.Gone {
			return true
		}
	}
	return all && r.Kept == "" && r.Expect[r.Owners[0]] != company.Shell
}

func (e *eraser) where(r *company.Record) (string, []any) {
	if n, ok := strings.CutPrefix(r.At.Key, "#"); ok {
		i, _ := strconv.Atoi(n)
		return "rowid = ?", []any{i + 1}
	}
	db := e.dbs[r.At.Source]
	rows, err := db.Query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", r.At.Dataset)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var parts []string
	var args []any
	values := strings.Split(r.At.Key, "|")
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			e.t.Fatal(err)
		}
		args = append(args, values[len(parts)])
		parts = append(parts, fmt.Sprintf("%q = ?", name))
	}
	return strings.Join(parts, " AND "), args
}

func (e *eraser) row(r *company.Record) {
	if r.Kept != "" || (r.Held && !e.goes(r)) {
		return
	}
	db := e.dbs[r.At.Source]
	where, args := e.where(r)
	if e.goes(r) {
		e.exec(db, fmt.Sprintf("DELETE FROM %q WHERE %s", r.At.Dataset, where), args...)
		return
	}
	for p := range r.Expect {
		if !e.erased[p] {
			continue
		}
		for _, f := range r.Fields[p] {
			var value any
			if e.gentle && f == e.c.Columns["orders.shipping"] && len(r.Tokens[p]) > 0 {
				e.redactCell(r, p, f, where, args)
				continue
			}
			if f == e.c.Columns["users.email"] && r.Expect[p] == company.Shell {
				value = fmt.Sprintf("erased-%s@invalid.example", r.At.Key)
			}
			e.exec(db, fmt.Sprintf("UPDATE %q SET %q = ? WHERE %s", r.At.Dataset, f, where), append([]any{value}, args...)...)
		}
		for _, column := range []string{"tickets.body", "tickets.meta", "comments.body", "messages.body", "notes.body"} {
			purpose, _, _ := strings.Cut(column, ".")
			if e.c.Tables[purpose] == r.At.Dataset && r.At.Source == company.ShopFile {
				e.redactCell(r, p, e.c.Columns[column], where, args)
			}
		}
	}
}

func (e *eraser) redactCell(r *company.Record, p company.Person, column, where string, args []any) {
	db := e.dbs[r.At.Source]
	var text sql.NullString
	if err := db.QueryRow(fmt.Sprintf("SELECT %q FROM %q WHERE %s", column, r.At.Dataset, where), args...).Scan(&text); err != nil {
		e.t.Fatal(err)
	}
	if clean := redact(text.String, r.Tokens[p]); text.Valid && clean != text.String {
		e.exec(db, fmt.Sprintf("UPDATE %q SET %q = ? WHERE %s", r.At.Dataset, column, where), append([]any{clean}, args...)...)
	}
}

// redact replaces whole words only.
func redact(text string, tokens []string) string {
	for _, token := range tokens {
		context, value, marked := strings.Cut(token, company.Mark)
		if !marked {
			context, value = "", token
		}
		pattern := regexp.MustCompile(`(?i)(^|[^\pL\pN_.+-])(` + regexp.QuoteMeta(context) + `)` + regexp.QuoteMeta(value) + `(\.?(?:[^\pL\pN.]|$))`)
		text = pattern.ReplaceAllString(text, "${1}${2}[redacted]${3}")
	}
	return text
}

// object rewrites one object without the records that go, keeping mode and time.
func (e *eraser) object(key string, records []*company.Record) {
	path := filepath.Join(e.c.Dir, company.ObjectsRoot, key)
	if records[0].At.Key == "" {
		e.must(os.Remove(path))
		if left, err := os.ReadDir(filepath.Dir(path)); err == nil && len(left) == 0 {
			e.must(os.Remove(filepath.Dir(path)))
		}
		return
	}
	info, err := os.Stat(path)
	e.must(err)
	raw, err := os.ReadFile(path)
	e.must(err)
	e.must(os.WriteFile(path, pack(key, e.rewrite(key, unpack(key, raw), records)), info.Mode()))
	e.must(os.Chtimes(path, info.ModTime(), info.ModTime()))
}

func (e *eraser) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func unpack(key string, raw []byte) string {
	if !strings.HasSuffix(key, ".gz") {
		return string(raw)
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	out, _ := io.ReadAll(r)
	return string(out)
}

func pack(key, text string) []byte {
	if !strings.HasSuffix(key, ".gz") {
		return []byte(text)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.Bytes()
}

// lines cuts an object as the truth counts it.
func lines(key, text string) []string {
	var out []string
	start, quoted := 0, false
	for i, c := range text {
		if c == '"' && strings.Contains(key, ".csv") {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			out = append(out, text[start:i+1])
			start = i + 1
		}
	}
	return out
}

func (e *eraser) rewrite(key, text string, records []*company.Record) string {
	all := lines(key, text)
	if strings.HasSuffix(key, ".json") {
		return e.document(all, records)
	}
	for _, r := range records {
		i, _ := strconv.Atoi(r.At.Key[1:])
		if e.goes(r) {
			all[i] = ""
			continue
		}
		for p := range r.Expect {
			if e.erased[p] && e.gentle && strings.HasPrefix(key, "b2b/") {
				mail := regexp.QuoteMeta(r.Tokens[p][1])
				all[i] = regexp.MustCompile(`\{"mail":"`+mail+`"[^}]*\},|,?\{"mail":"`+mail+`"[^}]*\}`).ReplaceAllString(all[i], "")
			} else if e.erased[p] {
				all[i] = redact(all[i], r.Tokens[p])
			}
		}
	}
	return strings.Join(all, "")
}

// document takes the lines of its records out of a JSON document that has one record a line, and mends the last comma.
func (e *eraser) document(all []string, records []*company.Record) string {
	var gone []int
	for _, r := range records {
		if n, ok := strings.CutPrefix(r.At.Key, "#"); ok {
			i, _ := strconv.Atoi(n)
			gone = append(gone, i+1)
			continue
		}
		name := r.At.Key[strings.LastIndex(r.At.Key, "/")+1:]
		gone = append(gone, slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(l, fmt.Sprintf("    %q:", name)) }))
	}
	var out []string
	for i, l := range all {
		if slices.Contains(gone, i) {
			continue
		}
		if end := strings.TrimSpace(l); (strings.HasPrefix(end, "]") || strings.HasPrefix(end, "}")) && len(out) > 0 && len(l) < 7 {
			out[len(out)-1] = strings.TrimSuffix(strings.TrimSuffix(out[len(out)-1], "\n"), ",") + "\n"
		}
		out = append(out, l)
	}
	return strings.Join(out, "")
}
