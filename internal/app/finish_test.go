package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestige/internal/app"
	"vestige/pii"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
)

// TestWorkFinishesABatch has a process end when a batch has been carried out: whoever works on the store next plans the request of the one whom the batch left out.
func TestWorkFinishesABatch(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.db"))
	must(err)
	t.Cleanup(func() { _ = db.Close() })
	exec := func(q string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), q, args...)
		must(err)
	}
	exec("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, phone TEXT)")
	for i := range 40 {
		exec("INSERT INTO customers (email, name, phone) VALUES (?, ?, ?)", fmt.Sprintf("person%d@example.org", i), fmt.Sprintf("Berta Muster%c%c", 'a'+i%26, 'a'+i/26), fmt.Sprintf("+1202555%04d", 100+max(i, 1)))
	}
	config := filepath.Join(dir, "vestige.yaml")
	must(os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte("windows: {cool-down: 0s, minimum: 0s}\n"), 0o600))
	must(os.WriteFile(config, []byte("data: ./data\nexamples: true\nsingle-approver: true\npolicies: [policy.yaml]\nsources:\n  shop: {type: sqlite, path: shop.db}\n"), 0o600))
	cfg, err := app.LoadConfig(config, app.Specs())
	must(err)
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	must(err)
	t.Cleanup(func() { _ = a.Close() })
	_, err = a.ScanOne(t.Context(), "test", a.Sources["shop"], scanner.Options{Full: true}, nil)
	must(err)
	in := requests.Intake{Type: policies.Erasure, By: "olga", Verified: "list", Subjects: [][]pii.Identifier{
		{{Category: "contact.email", Value: pii.NewValue("person7@example.org")}}, {{Category: "contact.phone", Value: pii.NewValue("+12025550101")}}}}
	r, err := a.Requests.Intake(t.Context(), in)
	must(err)
	p, err := a.Requests.Plan(t.Context(), r.ID, "olga")
	must(err)
	_, err = a.Requests.Approve(t.Context(), r.ID, p.Hash, "olga")
	must(err)
	_, err = a.Requests.Run(t.Context(), r.ID, nil)
	must(err)
	own, err := a.Requests.Own(t.Context(), r.ID)
	must(err)
	if len(own) != 1 || own[0].State != requests.Scoping {
		t.Fatalf("left out are %+v", own)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.Work(ctx) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for own[0].State == requests.Scoping {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("hers is not planned after two minutes")
		}
		own, err = a.Requests.Own(t.Context(), r.ID)
		must(err)
	}
	stop()
	must(<-done)
	if own[0].State != requests.Planned {
		t.Errorf("hers is %s", own[0].State)
	}
}
