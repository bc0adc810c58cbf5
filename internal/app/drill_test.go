package app_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	_ "modernc.org/sqlite"

	"vestige/catalog"
	"vestige/internal/app"
	"vestige/scanner"
)

// TestDrill plants, finds, erases and verifies; a source that keeps what was erased is an alert, until it does no more.
func TestDrill(t *testing.T) {
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
	exec("CREATE TABLE countries (code TEXT PRIMARY KEY, title TEXT)")
	exec("INSERT INTO countries VALUES ('DE', 'Germany')")
	exec("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, country TEXT NOT NULL REFERENCES countries(code), state TEXT NOT NULL CHECK (state IN ('new','old')))")
	exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), email TEXT NOT NULL)")
	for i := range 40 {
		mail := string(rune('a'+i%26)) + string(rune('a'+i/26)) + "nn@example.org"
		exec("INSERT INTO customers (email, name, country, state) VALUES (?, ?, 'DE', 'new')", mail, []string{"Berta", "Anton", "Cäcilie"}[i%3]+" Musterfrau")
		exec("INSERT INTO orders (customer_id, email) VALUES (?, ?)", i+1, mail)
	}
	config := filepath.Join(dir, "vestige.yaml")
	if err := os.WriteFile(config, []byte("data: ./data\nexamples: true\nsources:\n  shop: {type: sqlite, path: shop.db, drill: true}\n  other: {type: sqlite, path: shop.db}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := app.LoadConfig(config, app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if _, err := a.ScanOne(t.Context(), "test", a.Sources["shop"], scanner.Options{Full: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scanner.Relate(t.Context()); err != nil {
		t.Fatal(err)
	}
	drill := func() (shop, other app.Drilled) {
		t.Helper()
		got, err := a.Drill(t.Context(), "test", nil, func(string, string) {})
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		return got[1], got[0]
	}
	count := func(q string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(context.Background(), q).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	alerts := func() (n int) {
		t.Helper()
		all, err := a.Catalog.Alerts(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if x.Code == "drill" {
				n++
			}
		}
		return n
	}
	shop, other := drill()
	if shop.Outcome != "proven" || shop.Dataset != "customers" || len(shop.Steps) != 4 || other.Outcome != "skipped" || other.Why == "" {
		t.Fatalf("%+v\n%+v", shop, other)
	}
	if count("SELECT count(*) FROM customers") != 40 || count("SELECT count(*) FROM orders") != 40 || alerts() != 0 {
		t.Error("a drill that succeeds leaves something")
	}
	// A table that a trigger fills, and that nobody has scanned, keeps the address.
	exec("CREATE TABLE shadow (id INTEGER PRIMARY KEY, mail TEXT)")
	exec("CREATE TRIGGER copies AFTER INSERT ON customers BEGIN INSERT INTO shadow (mail) VALUES (NEW.email); END")
	shop, _ = drill()
	if shop.Outcome != "failed" || !slices.ContainsFunc(shop.Steps, func(s app.DrillStep) bool { return s.Step == "verify" && !s.OK }) {
		t.Errorf("%+v", shop)
	}
	if count("SELECT count(*) FROM shadow") != 0 || count("SELECT count(*) FROM customers") != 40 || alerts() != 1 {
		t.Errorf("%d copies are left, %d alerts", count("SELECT count(*) FROM shadow"), alerts())
	}
	// What a drill has left that was killed is swept by the next one.
	exec("DROP TRIGGER copies")
	exec("CREATE TRIGGER keeps BEFORE DELETE ON customers WHEN OLD.email LIKE 'vestige-drill-%' BEGIN SELECT RAISE(ABORT, 'no'); END")
	if shop, _ = drill(); shop.Outcome != "failed" || count("SELECT count(*) FROM customers") != 41 || alerts() != 1 {
		t.Errorf("%+v with %d alerts", shop, alerts())
	}
	exec("DROP TRIGGER keeps")
	shop, _ = drill()
	if shop.Outcome != "proven" || shop.Steps[0].Step != "sweep" || count("SELECT count(*) FROM customers") != 40 || alerts() != 0 {
		t.Errorf("%+v with %d alerts", shop, alerts())
	}
	if closed, err := a.Catalog.Alerts(t.Context(), true); err != nil || !slices.ContainsFunc(closed, func(x catalog.Alert) bool { return x.Code == "drill" }) {
		t.Error("the alert is not remembered", err)
	}
}
