package masking_test

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
	"slices"
	"strings"
	"testing"

	"vestige/internal/app"
	"vestige/internal/decode"
	"vestige/internal/demo/company"
	"vestige/masking"
	"vestige/scanner"
)

func TestMain(m *testing.M) {
	decode.Main()
	os.Exit(m.Run())
}

// scanned makes a company of invented people and scans its sources.
func scanned(t *testing.T, o company.Options) (*company.Company, *app.App) {
	t.Helper()
	dir := t.TempDir()
	co, err := company.Generate(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"vestige.yaml": co.Config() + "examples: true\n", "policy.yaml": co.Policy()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := app.LoadConfig(filepath.Join(dir, "vestige.yaml"), app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for _, s := range a.Sources {
		if _, err := a.ScanOne(t.Context(), "test", s, scanner.Options{Full: true}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Scanner.Relate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return co, a
}

// needles are what must stand nowhere: what singles a person out, and her name, street and date of birth.
func needles(co *company.Company) map[string]string {
	out := map[string]string{}
	for _, s := range co.Truth.Subjects {
		for _, id := range append(slices.Clone(s.Identifiers), s.Attributes...) {
			if id.Category == "identity.customer_number" && !id.Single {
				continue // a number of one to four digits
			}
			for _, f := range append([]string{id.Value}, id.Forms...) {
				if len(f) > 4 {
					out[strings.ToLower(f)] = id.Category
				}
			}
		}
	}
	return out
}

// leaks gives the needles that stand in the bytes of a file or folder, by category.
func leaks(t *testing.T, path string, needles map[string]string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		if z, bad := gzip.NewReader(bytes.NewReader(text)); bad == nil {
			if text, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		text = append(bytes.ToLower(text), []byte(strings.ToLower(p))...)
		for n, c := range needles {
			if i := bytes.Index(text, []byte(n)); i >= 0 {
				out = append(out, fmt.Sprintf("%s %q in …%q…", c, n, text[max(0, i-60):min(len(text), i+60)]))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func strs(t *testing.T, db *sql.DB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s.String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func mask(t *testing.T, a *app.App, source, to, key string) *masking.Report {
	t.Helper()
	o := app.MaskOptions{Source: source, Target: to, By: "test"}
	if key != "" {
		t.Setenv("MASK_TEST_KEY", key)
		o.Key = "env:MASK_TEST_KEY"
	}
	r, err := a.Mask(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNobodyIsInTheCopy masks the demo company and searches the bytes of the copies, as an outsider does, for everybody.
func TestNobodyIsInTheCopy(t *testing.T) {
	co, a := scanned(t, company.Options{Seed: 7, People: 60})
	want := needles(co)
	for _, source := range []string{"shop", "crm"} {
		if len(leaks(t, filepath.Join(co.Dir, source+".db"), want)) < 20 {
			t.Fatal("the search finds too little in the source itself")
		}
		to := filepath.Join(co.Dir, source+"-masked.db")
		r := mask(t, a, source, to, "")
		for _, l := range leaks(t, to, want) {
			t.Errorf("%s: %s", source, l)
		}
		for _, l := range r.Residue {
			t.Errorf("%s: the run itself found something at %s", source, l.Field)
		}
		if r.Learnt < 60 || r.Checked < 300 {
			t.Errorf("%s: %d values learnt, %d checked", source, r.Learnt, r.Checked)
		}
		sameShape(t, open(t, filepath.Join(co.Dir, source+".db")), open(t, to))
	}
}

// sameShape compares counts, joins over every declared reference, and the definitions.
func sameShape(t *testing.T, was, is *sql.DB) {
	t.Helper()
	const tables = "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE '%VIRTUAL%' AND name NOT IN (SELECT name FROM pragma_table_list WHERE type='shadow') ORDER BY 1"
	if a, b := strs(t, was, tables), strs(t, is, tables); !slices.Equal(a, b) {
		t.Fatalf("tables: %v and %v", a, b)
	}
	for _, table := range strs(t, was, tables) {
		count := `SELECT count(*) FROM "` + table + `"`
		if a, b := strs(t, was, count), strs(t, is, count); a[0] != b[0] {
			t.Errorf("%s: %s records became %s", table, a[0], b[0])
		}
		for _, join := range strs(t, was, `SELECT 'SELECT count(*) FROM "'||?||'" c JOIN "'||"table"||'" p ON c."'||"from"||'"=p."'||coalesce("to",'rowid')||'"' FROM pragma_foreign_key_list(?)`, table, table) {
			if a, b := strs(t, was, join), strs(t, is, join); a[0] != b[0] {
				t.Errorf("%s: %s became %s", join, a[0], b[0])
			}
		}
	}
	if a := strs(t, is, "SELECT count(*) FROM pragma_foreign_key_check"); a[0] != "0" {
		t.Errorf("%s references lead nowhere", a[0])
	}
}

// TestNobodyIsInTheFolder masks the objects of the demo company, names included.
func TestNobodyIsInTheFolder(t *testing.T) {
	co, a := scanned(t, company.Options{Seed: 7, People: 40})
	to := t.TempDir()
	if err := os.WriteFile(filepath.Join(to, ".vestige-unfinished-copy"), nil, 0o644); err != nil { // what a copy leaves that was killed
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "half.csv"), []byte("left\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if len(leaks(t, filepath.Join(co.Dir, company.ObjectsRoot), needles(co))) < 20 {
		t.Fatal("the search finds too little in the source itself")
	}
	r := mask(t, a, "files", to, "")
	for _, l := range leaks(t, to, needles(co)) {
		t.Error(l)
	}
	for _, l := range r.Left {
		t.Log(l)
	}
	var from, made int
	count := func(dir string) (n int) {
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, _ error) error {
			if !d.IsDir() {
				n++
			}
			return nil
		})
		return n
	}
	if from, made = count(filepath.Join(co.Dir, company.ObjectsRoot)), count(to); made == 0 || made+len(r.Left) != from {
		t.Errorf("%d objects became %d, %d left out", from, made, len(r.Left))
	}
	if _, err := a.Mask(t.Context(), app.MaskOptions{Source: "files", Target: to, By: "test"}); err == nil {
		t.Error("a full folder was written to")
	}
}

// TestValuesBesideKeys masks tables of keys and values: what stands under each key is of its own kind.
func TestValuesBesideKeys(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "shop.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), q, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE users (id INTEGER PRIMARY KEY, user_email TEXT)")
	exec("CREATE TABLE usermeta (umeta_id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), meta_key TEXT, meta_value TEXT)")
	for i := range 60 {
		mail := fmt.Sprintf("%s%d@example.org", strings.ToLower(givens[i%len(givens)][:3]), i)
		exec("INSERT INTO users VALUES (?, ?)", i+1, mail)
		for key, v := range map[string]string{"first_name": givens[i%len(givens)], "last_name": families[i%len(families)], "billing_email": mail, "billing_phone": fmt.Sprintf("+49 30 555%04d", i), "show_welcome": "1", "locale": "de_DE"} {
			exec("INSERT INTO usermeta (user_id, meta_key, meta_value) VALUES (?, ?, ?)", i+1, key, v)
		}
	}
	a := configured(t, "  shop: {type: sqlite, path: "+file+"}\n")
	if _, err := a.ScanOne(t.Context(), "test", a.Sources["shop"], scanner.Options{Full: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scanner.Relate(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "masked.db")
	mask(t, a, "shop", to, "")
	is := open(t, to)
	dump := strings.ToLower(strings.Join(strs(t, is, "SELECT meta_value FROM usermeta"), " "))
	for _, n := range append(append([]string{"@example.org", "+49 30 5550"}, givens...), families...) {
		if strings.Contains(dump, strings.ToLower(n)) {
			t.Errorf("%q stands in the copy", n)
		}
	}
	for q, want := range map[string]string{
		"SELECT count(*) FROM usermeta m JOIN users u ON u.id=m.user_id WHERE m.meta_key='billing_email' AND m.meta_value=u.user_email": "60",
		"SELECT count(*) FROM usermeta WHERE meta_key='locale' AND meta_value='de_DE'":                                                  "60",
		"SELECT count(*) FROM usermeta WHERE meta_key='show_welcome' AND meta_value='1'":                                                "60",
		"SELECT count(*) FROM usermeta WHERE meta_key='billing_phone' AND meta_value LIKE '+49 30 %'":                                   "60",
	} {
		if got := strs(t, is, q); got[0] != want {
			t.Errorf("%s: %s", q, got[0])
		}
	}
}
