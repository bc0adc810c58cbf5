package plans_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/catalog"
	"vestige/connectors"
	allconnectors "vestige/connectors/all"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/internal/testenv"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

// erasedCompany erases the person of the demo company who has every difficulty, and gives a copy of the company as it was before.
func erasedCompany(t *testing.T) (dir, backup string, c *company.Company, w *world, before *outsider.Snapshot) {
	t.Helper()
	dir, backup = t.TempDir(), t.TempDir()
	c, err := company.Generate(t.Context(), dir, company.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if before, err = outsider.Take(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, companySources(t, dir)...)
	w.must(w.policy.Add("policy.yaml", []byte(c.Policy())))
	w.policy.Windows.CoolDown, w.policy.Windows.Minimum = 0, 0
	s := w.approve(w.plan(plans.Erasure, c.Truth.Subjects[c.Walk].Start.Value))
	finish(t, w, s.ID)
	return dir, backup, c, w, before
}

// restored puts files of a system back as they were, while nothing has them open.
func (w *world) restored(from, to string, names ...string) {
	t := w.t
	t.Helper()
	for _, s := range w.sources {
		w.must(s.Close())
	}
	defer func() {
		for _, s := range companySources(t, to) {
			w.sources[s.Name()] = s
		}
	}()
	for _, name := range names {
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(filepath.Join(to, name+suffix))
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) alerts(code plans.Verdict) (out []catalog.Alert) {
	w.t.Helper()
	all, err := w.catalog.Alerts(w.t.Context(), false)
	w.must(err)
	for _, a := range all {
		if a.Code == string(code) {
			out = append(out, a)
		}
	}
	return out
}

// TestRestored erases somebody, has her come back by herself, then restores a database from a copy made before: both are known without a value of hers that was
// kept; the first is shown, the second is erased again, and nobody else is touched.
func TestRestored(t *testing.T) {
	dir, backup, c, w, before := erasedCompany(t)
	yes, err := w.engine.Suppressed(t.Context(), []pii.Identifier{
		{Category: pii.Category(c.Truth.Subjects[c.Walk].Start.Category), Value: pii.NewValue(c.Truth.Subjects[c.Walk].Start.Value)}, {Category: "contact.email", Value: pii.NewValue("nobody@nowhere.example")}, {Category: "contact.email", Value: pii.NewValue("no address")},
	})
	w.must(err)
	if !yes[0] || yes[1] || yes[2] {
		t.Errorf("suppressed: %v", yes)
	}
	back, err := w.engine.Returned(t.Context(), "", 0)
	w.must(err)
	for _, p := range back.Places {
		t.Errorf("nothing was restored, and yet %+v", p)
	}

	w.register(dir, c)
	service := requests.New(w.engine)
	r, err := service.Replay(t.Context(), 0, "", "olga", nil)
	w.must(err)
	if r.People != 0 || len(r.Shown) != 1 || r.Request != nil || len(w.alerts(plans.Renewed)) != 1 {
		t.Errorf("one who came back by herself is not merely shown: %+v", r)
	}

	w.restored(backup, dir, "shop.db")
	back, err = w.engine.Returned(t.Context(), "", 0)
	w.must(err)
	for _, p := range back.Places {
		if p.Renewed+p.Returned > 0 || p.Dataset.Source != "shop" {
			t.Errorf("what was restored is %+v", p)
		}
	}
	if len(back.People) != 1 || !back.People[0].Again() {
		t.Fatalf("of one erased person %+v came back", back.People)
	}
	if len(w.alerts(plans.Restored)) != len(back.Places) || len(w.alerts(plans.Renewed)) > 0 {
		t.Errorf("alerts: %+v", w.alerts(plans.Restored))
	}
	if r, err = service.Replay(t.Context(), back.At, "", "olga", nil); err != nil || r.Request != nil {
		t.Errorf("an erasure from before the backup is applied again: %+v, %v", r, err)
	}

	w.policy.Restored = policies.EraseAgain
	r, err = service.Replay(t.Context(), 0, "shop", "olga", nil)
	w.must(err)
	if r.Result == nil || r.Result.State != plans.Closed || r.Request.State != requests.Closed {
		t.Fatalf("the replay came to %+v, %+v", r.Result, r.Plan.Open.Gaps)
	}
	now, err := outsider.Take(dir)
	w.must(err)
	if j := outsider.Judge(before, now, c.Truth, []company.Person{c.Walk}); j.Recall < 1 || len(j.Collateral) > 0 {
		t.Errorf("after the replay: recall %.4f, left %.400q, collateral %.400q", j.Recall, j.Left, j.Collateral)
	}
	back, err = w.engine.Returned(t.Context(), "", 0)
	w.must(err)
	if len(back.Places)+len(w.alerts(plans.Restored)) > 0 {
		t.Errorf("after the replay %+v and %+v", back.Places, w.alerts(plans.Restored))
	}
}

// register has the erased person come back by herself: she has a new account, under the address that she had.
func (w *world) register(dir string, c *company.Company) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "shop.db"))
	w.must(err)
	defer func() { w.must(db.Close()) }()
	users, mail, created := c.Tables["users"], c.Columns["users.email"], c.Columns["users.created"]
	who := c.Truth.Subjects[c.Walk].Start
	if who.Category != "contact.email" || mail == "" || created == "" {
		w.t.Fatalf("the walk starts from a %s, in %q with %q", who.Category, mail, created)
	}
	rows, err := db.Query("SELECT name FROM pragma_table_info(?) WHERE pk = 0", users)
	w.must(err)
	var names, values []string
	for rows.Next() {
		var name string
		w.must(rows.Scan(&name))
		value := `"` + name + `"`
		switch name {
		case mail:
			value = "'" + who.Value + "'"
		case created:
			value = "'" + time.Now().UTC().Add(-time.Millisecond).Format("2006-01-02T15:04:05.999Z") + "'"
		case c.Columns["users.phone"], c.Columns["users.invited_by"]:
			value = "NULL"
		}
		names, values = append(names, `"`+name+`"`), append(values, value)
	}
	w.must(rows.Err())
	w.must(rows.Close())
	_, err = db.Exec(`INSERT INTO "` + users + `" (` + strings.Join(names, ",") + `) SELECT ` + strings.Join(values, ",") + ` FROM "` + users + `" WHERE "` + mail + `" IS NOT NULL LIMIT 1`)
	w.must(err)
}

// TestRestoredRows puts rows of a PostgreSQL back that have no times of their own: those that were erased are known as they were; what holds her address otherwise, and
// by which load nobody can tell, is shown and left alone.
func TestRestoredRows(t *testing.T) {
	dsn := testenv.Postgres(t)
	c, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	exec := func(sql string) {
		t.Helper()
		if err := c.Exec(t.Context(), sql).Close(); err != nil {
			t.Fatal(err)
		}
	}
	const people = "INSERT INTO people SELECT i, 'person'||i||'@example.com', 'Person '||chr(65+i%%26)||' Number'||i FROM generate_series(%d, %d) i;"
	const wishes = "INSERT INTO wishes SELECT i*10+k, i, 'thing '||k FROM generate_series(%d, %d) i, generate_series(1, 3) k;"
	exec("CREATE TABLE people (id bigint PRIMARY KEY, email text NOT NULL, name text NOT NULL); CREATE TABLE wishes (id bigint PRIMARY KEY, person_id bigint NOT NULL REFERENCES people(id) ON DELETE CASCADE, thing text);" +
		fmt.Sprintf(people+wishes, 1, 200, 1, 200))
	env := connectors.Env{Log: slog.New(slog.DiscardHandler), Base: t.TempDir(), Temp: t.TempDir()}
	i := slices.IndexFunc(allconnectors.All(), func(s connectors.Spec) bool { return s.Name == "postgres" })
	src, err := connectors.Open(t.Context(), env, "shop", allconnectors.All()[i], connectors.Config{"dsn": pii.NewValue(dsn)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	w := newWorld(t, src)
	s := w.approve(w.plan(plans.Erasure, "person77@example.com"))
	finish(t, w, s.ID)

	exec(fmt.Sprintf(people+wishes, 77, 77, 77, 77))
	back, err := w.engine.Returned(t.Context(), "shop", 0)
	w.must(err)
	if len(back.Places) != 2 || len(back.People) != 1 || back.People[0].Restored != 4 || !back.People[0].Again() {
		t.Errorf("of four restored rows %+v %+v", back.Places, back.People)
	}
	w.policy.Restored = policies.EraseAgain
	service := requests.New(w.engine)
	r, err := service.Replay(t.Context(), 0, "shop", "olga", nil)
	w.must(err)
	if r.Result == nil || r.Result.State != plans.Closed {
		t.Errorf("the replay came to %+v", r.Result)
	}
	rest := c.ExecParams(t.Context(), "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM wishes), (SELECT count(*) FROM people WHERE id = 77)", nil, nil, nil, nil).Read()
	if got := fmt.Sprintf("%s", rest.Rows[0]); got != "[199 597 0]" {
		t.Errorf("after the replay there are %s rows", got)
	}

	exec("INSERT INTO people VALUES (900, 'person77@example.com', 'Person Z')")
	r, err = service.Replay(t.Context(), 0, "shop", "olga", nil)
	w.must(err)
	if len(r.Shown) != 1 || r.Shown[0].Returned != 1 || r.Request != nil || len(w.alerts(plans.Returned)) != 1 {
		t.Errorf("what nothing tells of is not merely shown: %+v", r)
	}
}
