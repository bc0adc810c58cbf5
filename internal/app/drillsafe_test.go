package app_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/internal/app"
	"vestige/scanner"
)

// TestDrillTakesNobodyElse drills a table in which a field that a record does not do without singles people out, and in which many have the number that is reserved.
func TestDrillTakesNobodyElse(t *testing.T) {
	db, config := shopWith(t, "customers")
	a := scanned(t, config)
	before := map[string]string{"customers": content(t, db, "customers"), "claims": content(t, db, "claims")}
	got, err := a.Drill(t.Context(), "test", nil, func(string, string) {})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if got[0].Outcome != "proven" {
		t.Errorf("%+v", got[0])
	}
	for table, want := range before {
		if have := content(t, db, table); have != want {
			t.Errorf("%s is not what it was:\n%s\nwant\n%s", table, have, want)
		}
	}
}

// content gives all records of a table.
func content(t *testing.T, db *sql.DB, table string) (out string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, _ := rows.Columns()
	for rows.Next() {
		row, at := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintln(row...)
	}
	return out
}

// TestDrillTakesOnlyWhatIsThere has triggers write the planted address beside what was there before, and into records of its own: the record of another stays
// with what was its, and what holds the planted address alone goes.
func TestDrillTakesOnlyWhatIsThere(t *testing.T) {
	db, config := shopWith(t, "customers",
		"CREATE TABLE state (id INTEGER PRIMARY KEY, last TEXT, sold INTEGER)", "INSERT INTO state VALUES (1, 'nobody', 4711)",
		"CREATE TABLE shadow (id INTEGER PRIMARY KEY, mail TEXT)", "CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT)",
		"CREATE TRIGGER tells AFTER INSERT ON customers BEGIN UPDATE state SET last = NEW.email; INSERT INTO shadow (mail) VALUES (NEW.email); INSERT INTO log (line) VALUES ('added ' || NEW.email || ' today'); END")
	a := scanned(t, config)
	before := content(t, db, "customers")
	got, err := a.Drill(t.Context(), "test", nil, func(string, string) {})
	if err != nil || len(got) != 1 || got[0].Outcome != "failed" {
		t.Fatal(got, err)
	}
	if have := content(t, db, "customers"); have != before {
		t.Errorf("customers are %s", have)
	}
	if s, sh, l := content(t, db, "state"), content(t, db, "shadow"), content(t, db, "log"); s != "1 [drill] 4711\n" || sh != "" || l != "1 added [drill] today\n" {
		t.Errorf("state is %q, shadow %q, log %q", s, sh, l)
	}
}

// shopWith makes a shop of forty customers and what else is said, with a configuration that has it drilled.
func shopWith(t *testing.T, drill string, more ...string) (db *sql.DB, config string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.db"))
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
	exec("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, ssn TEXT NOT NULL, phone TEXT NOT NULL)")
	exec("CREATE TABLE claims (id INTEGER PRIMARY KEY, ssn TEXT NOT NULL, amount INTEGER)")
	for i := range 40 {
		ssn := fmt.Sprintf("%03d-%02d-%04d", 212+i, 20+i, 3100+7*i)
		exec("INSERT INTO customers (email, ssn, phone) VALUES (?, ?, ?)", fmt.Sprintf("%c%cnn@example.org", 'a'+i%26, 'a'+i/26), ssn, fmt.Sprintf("+1 202-555-01%02d", i%20))
		exec("INSERT INTO claims (ssn, amount) VALUES (?, ?)", ssn, 100+i)
	}
	for _, q := range more {
		exec(q)
	}
	config = filepath.Join(dir, "vestige.yaml")
	if err := os.WriteFile(config, []byte("data: ./data\nexamples: true\nsources:\n  shop: {type: sqlite, path: shop.db, drill: "+drill+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return db, config
}

// scanned opens the product and scans all sources.
func scanned(t *testing.T, config string) *app.App {
	t.Helper()
	cfg, err := app.LoadConfig(config, app.Specs())
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
	return a
}

// TestDrillOfFiles drills folders: one of objects of a pattern, where somebody is planted in an object of her own, and one of single files, where she is a line of
// one. Every file is what it was. What a drill has left that was killed is gone after the next one.
func TestDrillOfFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		must(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for part := range 3 {
		var b strings.Builder
		for i := range 20 {
			n := part*20 + i
			fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"%s Musterfrau\",\"email\":\"%c%cnn@example.org\",\"contact\":{\"phone\":\"+1 202-555-01%02d\"}}\n", n, []string{"Berta", "Anton", "Clara"}[n%3], 'a'+n%26, 'a'+n/26, n)
		}
		write(fmt.Sprintf("events/people/part-%04d.ndjson", part), b.String())
	}
	var b strings.Builder
	b.WriteString("id,email,name,city\n")
	for n := range 40 {
		fmt.Fprintf(&b, "%d,%c%cnn@example.org,%s Musterfrau,Berlin\n", n, 'a'+n%26, 'a'+n/26, []string{"Berta", "Anton", "Clara"}[n%3])
	}
	write("tables/customers.csv", b.String())
	var elements, lines strings.Builder
	for n := range 40 {
		fmt.Fprintf(&elements, "  <customer><id>%d</id><email>%c%cnn@example.org</email><city>Berlin</city></customer>\n", n, 'a'+n%26, 'a'+n/26)
		fmt.Fprintf(&lines, "2026-03-01T00:00:%02dZ INFO mail sent email=%c%cnn@example.org id=%d\n", n, 'a'+n%26, 'a'+n/26, n)
	}
	write("elements/customers.xml", "<customers>\n"+elements.String()+"</customers>\n")
	write("lines/mail.log", lines.String())
	config := filepath.Join(dir, "vestige.yaml")
	must(t, os.WriteFile(config, []byte("data: ./data\nexamples: true\nsources:\n  events: {type: bucket, path: events, drill: true}\n  tables: {type: bucket, path: tables, drill: customers.csv}\n"+
		"  elements: {type: bucket, path: elements, drill: true}\n  lines: {type: bucket, path: lines, drill: true}\n"), 0o644))
	folders := []string{"events", "tables", "elements", "lines"}
	proven := func(got []app.Drilled) bool {
		return len(got) == 4 && !slices.ContainsFunc(got, func(d app.Drilled) bool { return d.Outcome != "proven" })
	}
	a := scanned(t, config)
	before := files(t, dir, folders...)
	for round := range 2 {
		got, err := a.Drill(t.Context(), "test", nil, func(_, step string) {
			if here := files(t, dir, folders...); step == "plant" && maps.Equal(here, before) {
				t.Error("nothing is planted")
			}
		})
		if err != nil || !proven(got) {
			t.Fatalf("%+v %v", got, err)
		}
		if after := files(t, dir, folders...); !maps.Equal(after, before) {
			t.Errorf("after drill %d the files are %q", round, after)
		}
	}
	// What a drill has left that was killed is what stands there after its planting.
	left := map[string]string{}
	_, err := a.Drill(t.Context(), "test", nil, func(_, step string) {
		if step == "plant" {
			for path, text := range files(t, dir, folders...) {
				if text != before[path] {
					left[path] = text
				}
			}
		}
	})
	must(t, err)
	for path, text := range left {
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	if got, err := a.Drill(t.Context(), "test", nil, func(string, string) {}); err != nil || !proven(got) || slices.ContainsFunc(got, func(d app.Drilled) bool { return d.Steps[0].Step != "sweep" }) {
		t.Fatalf("%+v %v", got, err)
	}
	if after := files(t, dir, folders...); !maps.Equal(after, before) {
		t.Errorf("after what was left was swept the files are %q", after)
	}
}

// files gives the content of all files of folders.
func files(t *testing.T, dir string, folders ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range folders {
		must(t, filepath.WalkDir(filepath.Join(dir, f), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			out[path] = string(text)
			return err
		}))
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
