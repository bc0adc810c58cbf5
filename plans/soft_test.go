package plans_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/sqlite"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/store/storetest"
)

// hiders is a shop that hides what it deletes: by a time, with a view that respects it, and by a flag. A ticket is another's, and mentions people.
const hiders = `CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, first_name TEXT, last_name TEXT, deleted_at DATETIME);
CREATE VIEW live_customers AS SELECT id, email, first_name, last_name FROM customers WHERE deleted_at IS NULL;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), amount REAL, is_deleted BOOLEAN NOT NULL DEFAULT 0);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, requester_email TEXT, body TEXT, deleted_at DATETIME);`

// hidersShop makes the shop of n people, of whom the second was deleted by the shop before, and gives a client and its source.
func hidersShop(t *testing.T, n int) (*sql.DB, *connectors.Source) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	client, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := client.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	do(hiders)
	for i := range n {
		var gone any
		if i == 2 {
			gone = "2025-03-01 08:00:00"
		}
		do("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", idOf(i), mailOf(i), given[i%len(given)], family[i%len(family)], gone)
		do("INSERT INTO orders VALUES (?, ?, ?, 0), (?, ?, ?, 0)", 900_000+10*i, idOf(i), 19.5, 900_001+10*i, idOf(i), 7.25)
		do("INSERT INTO tickets VALUES (?, ?, ?, NULL)", 70_000+i, mailOf((i+1)%n), "A friend, "+mailOf(i)+", has told me of the shop.")
	}
	src, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", sqlite.Spec(), connectors.Config{"path": pii.NewValue(path)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return client, src
}

// shelves gives all rows of the shop, with how each value is stored.
func shelves(t *testing.T, client *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT quote(id)||quote(email)||quote(first_name)||quote(last_name)||quote(+deleted_at) FROM customers ORDER BY id",
		"SELECT quote(id)||quote(customer_id)||quote(amount)||quote(is_deleted) FROM orders ORDER BY id",
		"SELECT quote(id)||quote(requester_email)||quote(body)||quote(+deleted_at) FROM tickets ORDER BY id",
	} {
		rows, err := client.QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, line)
		}
		_ = rows.Close()
	}
	return b.String()
}

func counted(t *testing.T, client *sql.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := client.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// windowed is a world over the shop in which plans cool down for a week.
func windowed(t *testing.T, src *connectors.Source) *world {
	t.Helper()
	w := newWorld(t, src)
	day := policies.Days(24 * 3600 * 1e9)
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 7*day, day
	return w
}

// erasing plans and approves the erasure of a person by a request, and runs it to its cool-down.
func (w *world) erasing(request string, i int) *plans.Status {
	w.t.Helper()
	s, err := w.engine.Plan(w.t.Context(), plans.Ask{Request: request, Kind: plans.Erasure, Regime: "gdpr", By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}}})
	w.must(err)
	for _, f := range s.Open.Lint {
		if f.Code == "VL101" {
			w.t.Errorf("lint says that records of %s go for good", f.At)
		}
	}
	for _, st := range s.Open.Steps {
		says := strings.Contains(strings.Join(st.Statements, "\n"), "deleted\" = ?") || strings.Contains(strings.Join(st.Statements, "\n"), "deleted_at\" = ?")
		if says != (st.Method == pii.Delete) || says != (st.Undo == "until the cool-down ends") {
			w.t.Errorf("the step %s of %s, to be undone %s, runs %q", st.Method, st.Dataset, st.Undo, st.Statements)
		}
	}
	w.approve(s)
	if r := w.run(s.ID); r.State != plans.Cooling {
		w.t.Fatalf("with a window the run ended %s: %s", r.State, r.Reason)
	}
	return w.show(s.ID)
}

// over has the window of a plan end.
func (w *world) over(id string) {
	w.t.Helper()
	w.must(w.store.DB().Write(w.t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(w.t.Context(), "UPDATE plan SET cool = $1 WHERE id = $2", clock.Micros()-1, id)
		return err
	}))
}

// TestSoftDeleteAndUndo hides her where the shop can hide, and nobody else's records; undo gives back every byte.
func TestSoftDeleteAndUndo(t *testing.T) {
	client, src := hidersShop(t, 40)
	w := windowed(t, src)
	before := shelves(t, client)
	s := w.erasing("REQ-00000001", her)
	for _, u := range s.Units {
		if u.Kind != "soft" || u.State != "done" {
			t.Errorf("the unit %s %s is %s: %s", u.Kind, u.ID, u.State, u.Reason)
		}
	}
	for query, want := range map[string]int{
		"live_customers WHERE id = ?": 0, "customers WHERE deleted_at IS NOT NULL AND id = ?": 1, "orders WHERE is_deleted = 1 AND customer_id = ?": 2,
		"live_customers WHERE id <> ?": 38, "orders WHERE is_deleted = 0 AND customer_id <> ?": 78,
	} {
		if got := counted(t, client, query, idOf(her)); got != want {
			t.Errorf("there are %d of %s, want %d", got, query, want)
		}
	}
	if got := counted(t, client, "tickets WHERE deleted_at IS NOT NULL AND requester_email <> ?", mailOf(her)); got != 0 {
		t.Errorf("%d tickets of others are hidden", got)
	}
	w.must(w.engine.Undo(t.Context(), s.ID, "olga", "the person has thought better of it"))
	if after := shelves(t, client); after != before {
		t.Error("undo did not bring everything back")
	}
	destroyed(t, w, s.Request)
}

// TestSoftDeleteThenErasure hides people at the start of the window, and erases them after it: one of them was deleted by the shop before.
func TestSoftDeleteThenErasure(t *testing.T) {
	client, src := hidersShop(t, 40)
	w := windowed(t, src)
	for k, who := range []int{her, 2} {
		request := fmt.Sprintf("REQ-0000000%d", k+1)
		s := w.erasing(request, who)
		w.scan() // what is hidden is no drift
		w.over(s.ID)
		_, err := w.engine.Run(t.Context(), s.ID, func(ev plans.Event) {
			if ev.State != plans.Executing {
				return
			}
			storetest.Read(t, w.store, func(tx db.Tx) error {
				if _, err := (keys.Table{}).GetKey(t.Context(), tx, keys.ID(keys.Undo, request)); errkind.Of(err) != errkind.NotFound {
					t.Errorf("the window is over, and the undo key is there: %v", err)
				}
				return nil
			})
		})
		w.must(err)
		s = w.show(s.ID)
		if s.State != plans.Closed || s.Round > 1 {
			t.Fatalf("the plan ended %s in round %d: %s", s.State, s.Round, s.Reason)
		}
		if left := counted(t, client, "customers WHERE id = ?", idOf(who)) + counted(t, client, "orders WHERE customer_id = ?", idOf(who)); left > 0 {
			t.Errorf("%d of her records are left", left)
		}
		if strings.Contains(shelves(t, client), mailOf(who)) {
			t.Error("her address is left")
		}
		destroyed(t, w, request)
	}
	if got := counted(t, client, "tickets WHERE deleted_at IS NOT NULL"); got > 0 {
		t.Errorf("%d tickets are hidden at the end", got)
	}
}

// TestWhatCannotBeHiddenIsErasedAllTheSame goes on where a table refuses to hide a record, hides the others, and erases all of them after the window.
func TestWhatCannotBeHiddenIsErasedAllTheSame(t *testing.T) {
	client, src := hidersShop(t, 40)
	if _, err := client.ExecContext(t.Context(), "CREATE TRIGGER keep BEFORE UPDATE OF deleted_at ON customers BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
		t.Fatal(err)
	}
	w := windowed(t, src)
	s := w.erasing("REQ-00000001", her)
	blocked := 0
	for _, u := range s.Units {
		if u.State == "blocked" && u.Reason != "" {
			blocked++
		}
	}
	if blocked != 1 {
		t.Errorf("%d soft deletes are blocked with a reason, want that of the customers", blocked)
	}
	if got := counted(t, client, "orders WHERE is_deleted = 1 AND customer_id = ?", idOf(her)); got != 2 {
		t.Errorf("%d of her orders are hidden, want 2", got)
	}
	w.over(s.ID)
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("the run ended %s: %s", r.State, r.Reason)
	}
	if strings.Contains(shelves(t, client), mailOf(her)) {
		t.Error("her address is left")
	}
}

// TestUndoOfWhatWasHiddenBefore leaves hidden what the shop itself had hidden.
func TestUndoOfWhatWasHiddenBefore(t *testing.T) {
	client, src := hidersShop(t, 40)
	w := windowed(t, src)
	before := shelves(t, client)
	s := w.erasing("REQ-00000001", 2)
	w.must(w.engine.Cancel(t.Context(), s.ID, "olga", "the person has thought better of it"))
	if after := shelves(t, client); after != before {
		t.Error("undo did not bring everything back as it was")
	}
}

// TestNothingIsHiddenWithoutAWindow erases at once.
func TestNothingIsHiddenWithoutAWindow(t *testing.T) {
	client, src := hidersShop(t, 40)
	w := newWorld(t, src)
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("the run ended %s: %s", r.State, r.Reason)
	}
	if slices.ContainsFunc(w.show(s.ID).Units, func(u plans.UnitInfo) bool { return u.Kind == "soft" }) {
		t.Error("something was hidden first")
	}
	if strings.Contains(shelves(t, client), mailOf(her)) {
		t.Error("her address is left")
	}
}
