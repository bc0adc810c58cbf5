package model_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"vestige/connectors"
	"vestige/internal/db"
	"vestige/jobs"
	"vestige/jobs/river"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

// her is the customer who is erased, the second of the family Schmidt.
const her = 9

func TestMistake01SharedRow(t *testing.T) {
	s := newShop(t,
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), co_customer_id INTEGER REFERENCES customers (id), total REAL)",
		"INSERT INTO orders VALUES (90{i}, {id}, NULL, 12.5)",
		"INSERT INTO orders VALUES (7001, 5009, 5011, 99.5)",
	)
	s.gone(her)
	s.is("7001|5011|99.5", "SELECT id, customer_id, total FROM orders WHERE id = 7001")
	s.is("39", "SELECT count(*) FROM orders WHERE id <> 7001")
	s.is("39", "SELECT count(*) FROM customers")
}

func TestMistake02CompleteByOmission(t *testing.T) {
	t.Run("no primary key", func(t *testing.T) {
		s := newShop(t, "CREATE TABLE subscriptions (email TEXT, topic TEXT)", "INSERT INTO subscriptions VALUES ('{mail}', 'weekly')", "INSERT INTO subscriptions SELECT email, topic FROM subscriptions WHERE email = '"+mail(her)+"'")
		s.gone(her)
		s.is("39|39", "SELECT count(*), count(DISTINCT email) FROM subscriptions")
	})
	t.Run("a table that is not there any more", func(t *testing.T) {
		s := newShop(t, "CREATE TABLE notes (id INTEGER PRIMARY KEY, email TEXT)", "INSERT INTO notes VALUES ({i}, '{mail}')")
		p := s.plan(plans.Erasure, "REQ-00000001", mail(her))
		s.exec(s.db, "ALTER TABLE notes RENAME TO memos")
		if r := s.erased(p); r.State == plans.Closed {
			t.Error("the request is closed")
		}
	})
	t.Run("a method that does not fit the type", func(t *testing.T) {
		s := newShop(t,
			"CREATE TABLE patients (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL, birth_date DATE NOT NULL CHECK (birth_date LIKE '____-__-__'))",
			"INSERT INTO patients VALUES ({id}, '{mail}', '{name}', '19' || (50 + {i}) || '-03-17')",
			"CREATE TABLE visits (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), referred_by INTEGER NOT NULL REFERENCES patients (id))",
			"INSERT INTO visits VALUES ({i}, {id}, {next})",
		)
		s.gone(her)
		s.is("0", "SELECT count(*) FROM patients WHERE birth_date = '1959-03-17' OR email = '"+mail(her)+"' OR full_name = '"+person(her)+"'")
		s.is("1", "SELECT count(*) FROM patients WHERE id = 5009 AND date(birth_date) IS NOT NULL")
	})
}

func TestMistake03CategoriesByPrefix(t *testing.T) {
	for general, special := range map[pii.Category]pii.Category{"user.name": "user.name_alias", "contact.email": "contact.email_verified", "identity": "identity_theft"} {
		if general.Covers(special) {
			t.Errorf("%s covers %s", general, special)
		}
	}
	if !pii.Category("identity").Covers("identity.name") {
		t.Error("identity does not cover identity.name")
	}
}

func TestMistake04UncategorisedColumnsLeaveTheExport(t *testing.T) {
	s := newShop(t, "ALTER TABLE customers ADD COLUMN zq_17 TEXT", "UPDATE customers SET zq_17 = 'wool ' || id")
	p := s.plan(plans.Export, "REQ-00000001", mail(her))
	p, err := s.engine.Approve(t.Context(), p.ID, p.Hash, "olga")
	ok(t, err)
	id, err := age.GenerateX25519Identity()
	ok(t, err)
	path := filepath.Join(t.TempDir(), "export.age")
	_, err = s.engine.Export(t.Context(), p.ID, plans.ExportTo{Path: path, Recipients: []string{id.Recipient().String()}, By: "olga"})
	ok(t, err)
	if all := unpacked(t, path, id); !strings.Contains(all, "wool 5009") || strings.Contains(all, "wool 5010") {
		t.Error("the archive lacks a column without a category, or has another's")
	}
}

func unpacked(t *testing.T, path string, id age.Identity) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	ok(t, err)
	r, err := age.Decrypt(bytes.NewReader(raw), id)
	ok(t, err)
	plain, err := io.ReadAll(r)
	ok(t, err)
	z, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	ok(t, err)
	var all strings.Builder
	for _, f := range z.File {
		in, err := f.Open()
		ok(t, err)
		_, err = io.Copy(&all, in)
		ok(t, err)
	}
	return all.String()
}

func TestMistake05SelfReferencesAndWhatIsFoundOnTheWay(t *testing.T) {
	s := newShop(t,
		"ALTER TABLE customers ADD COLUMN private_email TEXT", "UPDATE customers SET private_email = 'p' || id || '@example.org'",
		"CREATE TABLE comments (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), parent_id INTEGER REFERENCES comments (id), body TEXT)",
		"INSERT INTO comments VALUES ({i}, {id}, nullif({i} - 1, -1), 'fine')",
		"CREATE TABLE letters (id INTEGER PRIMARY KEY, email TEXT NOT NULL)", "INSERT INTO letters VALUES ({i}, 'p' || {id} || '@example.org')",
	)
	s.gone(her)
	s.is("39|0", "SELECT count(*), sum(customer_id = 5009) FROM comments")
	s.is("10|5010|NULL", "SELECT id, customer_id, parent_id FROM comments WHERE id = 10")
	s.is("39|0", "SELECT count(*), sum(email = 'p5009@example.org') FROM letters")
}

// TestMistake06OneBadReference has a reference to a table that never was, in the database, and one to a dataset that nobody knows, in the catalog.
func TestMistake06OneBadReference(t *testing.T) {
	s := newShop(t, "CREATE TABLE stock (id INTEGER PRIMARY KEY, shelf_id INTEGER REFERENCES shelves (id))", "INSERT INTO stock VALUES ({i}, {i})",
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, shelf_id INTEGER)", "INSERT INTO orders VALUES ({i}, {id}, {i})")
	g, err := s.catalog.Graph(t.Context())
	ok(t, err)
	from, to := pii.Ref{Source: "shop", Dataset: "orders"}, pii.Ref{Source: "shop", Dataset: "shelves"}
	bad := lineage.Edge{ID: lineage.EdgeID(from, []string{"shelf_id"}, to, []string{"id"}), From: from, Fields: []string{"shelf_id"}, To: to, ToFields: []string{"id"}, Kind: lineage.Owns, Confidence: 1}
	ok(t, s.store.DB().Write(t.Context(), func(tx db.Tx) error {
		return s.catalog.PutEdges(t.Context(), tx, "", append(slices.Clone(g.Edges), bad))
	}))
	s.gone(her)
	s.is("39|0", "SELECT count(*), sum(customer_id = 5009) FROM orders")
}

// TestMistake07QuadraticPlanning plans over ten times as many datasets; twenty times the work is allowed, and a hundred times would be quadratic.
func TestMistake07QuadraticPlanning(t *testing.T) {
	allocations := func(n int) float64 {
		g, c := wide(n)
		in := plans.Input{
			Request: "REQ-00000001", Kind: plans.Erasure, Graph: g, Closure: c, Change: func(pii.Category) float64 { return 0.95 }, Salt: bytes.Repeat([]byte{7}, 16),
			Basis:   func(pii.Ref, []pii.Category) (plans.Basis, bool) { return plans.Basis{}, false },
			Methods: func(pii.Dataset) []pii.Method { return []pii.Method{pii.Delete, pii.Nullify} }, Rungs: func(pii.Dataset) []connectors.Rung { return nil },
		}
		return testing.AllocsPerRun(1, func() {
			_, err := plans.Build(in)
			ok(t, err)
		})
	}
	if few, more := allocations(200), allocations(2000); more > 20*few {
		t.Errorf("200 datasets take %.0f allocations, 2,000 take %.0f", few, more)
	}
}

// wide is a graph of n datasets of which each refers to one of people, and a closure with a record of each.
func wide(n int) (*lineage.Graph, *lineage.Closure) {
	g, c := &lineage.Graph{}, &lineage.Closure{}
	root := pii.Ref{Source: "s", Dataset: "t0"}
	for i := range n {
		ref := pii.Ref{Source: "s", Dataset: fmt.Sprint("t", i)}
		d := pii.Dataset{Ref: ref, Kind: pii.Table, Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id"}, {Name: "of", Column: "of"}}}
		if i > 0 {
			d.References = []pii.Reference{{From: ref, Fields: []string{"of"}, To: root, ToFields: []string{"id"}, OnDelete: pii.Restrict}}
		}
		node := lineage.Node{Dataset: d}
		for _, f := range d.Fields {
			node.Fields = append(node.Fields, lineage.FieldNode{Field: f, Category: "identity.number", Confidence: 1, Dense: true})
		}
		g.Nodes = append(g.Nodes, node)
		seven := []pii.Located{{Value: pii.NewValue("7")}}
		c.Records = append(c.Records, &lineage.Record{Dataset: ref, Key: pii.Key{seven[0].Value}, Holding: lineage.Hers, Confidence: 1, Owner: -1, Equals: 1, Fields: map[string][]pii.Located{"id": seven, "of": seven}})
	}
	g.Edges = lineage.Declared(g.Nodes)
	return g.Index(), c
}

func TestMistake08RowByRow(t *testing.T) {
	s := newShop(t, "CREATE TABLE visits (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), page TEXT)", "INSERT INTO visits VALUES ({i}, {id}, 'home')",
		"WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 399) INSERT INTO visits SELECT i, 5009, 'shop' FROM n")
	p := s.gone(her)
	units, affected := 0, int64(0)
	for _, u := range p.Units {
		if u.Kind != "erase" {
			continue
		}
		units++
		for _, r := range u.Receipts {
			affected += r.Affected
		}
		if u.Expected != affected {
			t.Errorf("%d were expected and %d affected", u.Expected, affected)
		}
	}
	if units != 1 || affected != 302 {
		t.Errorf("%d records went in %d transactions", affected, units)
	}
}

func TestMistake09UnboundedLists(t *testing.T) {
	s := newShop(t, "CREATE TABLE visits (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), page TEXT)", "INSERT INTO visits VALUES ({i}, {id}, 'home')",
		"WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 3599) INSERT INTO visits SELECT i, 5009, 'shop' FROM n")
	p := s.gone(her)
	for _, u := range p.Units {
		n := 0
		for _, part := range u.Parts {
			n += part.To - part.From
		}
		if n > 1000 {
			t.Errorf("a unit is of %d records", n)
		}
	}
	s.is("39|0", "SELECT count(*), sum(customer_id = 5009) FROM visits")
}

func TestMistake10NullWhereNoneMayBe(t *testing.T) {
	s := newShop(t,
		"CREATE TABLE staff (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL)", "INSERT INTO staff VALUES ({id}, '{mail}', '{name}')",
		"CREATE TABLE repairs (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), handled_by INTEGER NOT NULL REFERENCES staff (id))", "INSERT INTO repairs VALUES ({i}, {id}, 5000 + {i} % 3)")
	for _, i := range []int{0, 1} {
		s.gone(i)
	}
	s.is("2|2|2", "SELECT count(*), count(DISTINCT email), count(full_name) FROM staff WHERE id IN (5000, 5001)")
	s.is("0", "SELECT count(*) FROM staff WHERE email IN ('"+mail(0)+"', '"+mail(1)+"') OR full_name IN ('"+person(0)+"', '"+person(1)+"')")
	s.is("0", "SELECT count(*) FROM repairs WHERE handled_by NOT IN (SELECT id FROM staff)")
}

func TestMistake11CopiesInTheToolsOwnDatabase(t *testing.T) {
	s := newShop(t)
	cancelled := s.plan(plans.Erasure, "REQ-00000001", mail(her))
	ok(t, s.engine.Cancel(t.Context(), cancelled.ID, "olga", "asked again"))
	s.gone(her)
	for _, text := range []string{mail(her), person(her), "555 0109", "5550109"} {
		if files := s.holding("store", text); len(files) > 0 {
			t.Errorf("what she is known by stands in %v", files)
		}
	}
}

// TestMistake12QueueAndTruthApart has a unit of work fail after a plan was approved in it and put into the queue: neither is there.
func TestMistake12QueueAndTruthApart(t *testing.T) {
	s := newShop(t)
	q, err := river.Open(t.Context(), s.store.DB(), river.Options{Handlers: []jobs.Handler{s.engine.Handler()}})
	ok(t, err)
	p := s.plan(plans.Erasure, "REQ-00000001", mail(her))
	var job int64
	failed := fmt.Errorf("the machine goes down here")
	err = s.store.DB().Write(t.Context(), func(tx db.Tx) (err error) {
		if job, err = s.engine.Enqueue(t.Context(), tx, q, p.ID); err != nil {
			return err
		}
		return failed
	})
	if err == nil {
		t.Fatal("the unit of work did not fail")
	}
	ok(t, s.store.DB().Read(t.Context(), func(tx db.Tx) error {
		if st, err := q.Status(t.Context(), tx, job); err == nil {
			t.Errorf("the job is there: %+v", st)
		}
		return nil
	}))
}

// TestMistake13EmptyForFailed has a folder that was scanned not be there any more.
func TestMistake13EmptyForFailed(t *testing.T) {
	s := newShop(t)
	folder := filepath.Join(s.dir, "files")
	ok(t, os.Mkdir(folder, 0o755))
	var list strings.Builder
	for i := range customers {
		fmt.Fprintf(&list, "%s\n", mail(i))
	}
	ok(t, os.WriteFile(filepath.Join(folder, "list.csv"), []byte("email\n"+list.String()), 0o644))
	s.open("files", "bucket", "path", "files")
	s.scan()
	ok(t, os.Rename(folder, folder+".away"))
	s.open("files", "bucket", "path", "files") // what was open stays readable, as files do
	p := s.plan(plans.Erasure, "REQ-00000001", mail(her))
	if _, gaps := p.Open.Blocking(); gaps == 0 {
		t.Error("a system that does not answer is no gap")
	}
	if r := s.erased(p); r.State == plans.Closed {
		t.Error("the request is closed")
	}
}

func TestMistake14ThirtyDays(t *testing.T) {
	regimes, err := policies.Regimes()
	ok(t, err)
	i := slices.IndexFunc(regimes, func(r *policies.Regime) bool { return r.Name == "uk_gdpr" })
	d, err := policies.Due(regimes[i], policies.Erasure, time.Date(2027, 1, 31, 15, 0, 0, 0, time.UTC))
	ok(t, err)
	if got := d.Respond.Format(time.DateOnly); got != "2027-03-01" {
		t.Errorf("a request of 31 January is due on %s", got)
	}
}
