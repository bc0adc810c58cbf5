package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/mysql"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

// each runs a test on every server, with a source over statements that were run first.
func each(t *testing.T, run func(t *testing.T, h *hard), statements ...string) {
	t.Helper()
	for name, database := range servers() {
		t.Run(name, func(t *testing.T) {
			d := database(t)
			h := &hard{Database: d, db: d.Open(t)}
			for _, s := range statements {
				must(t, h.db, strings.ReplaceAll(s, "$DB", d.Name))
			}
			h.Source = h.open(t)
			run(t, h)
		})
	}
}

type hard struct {
	testenv.Database
	*connectors.Source
	db *sql.DB
}

func (h *hard) open(t *testing.T, pairs ...string) *connectors.Source {
	t.Helper()
	s, err := connectors.Open(t.Context(), connectors.Env{}, "hard", mysql.Spec(), with(config(h.Database), pairs...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (h *hard) discover(t *testing.T) map[string]pii.Dataset {
	t.Helper()
	out := map[string]pii.Dataset{}
	for d, err := range h.Source.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[d.Ref.Dataset] = d
	}
	return out
}

// read gives the values of a field, in order.
func (h *hard) read(t *testing.T, d pii.Dataset, field string) (out []string) {
	t.Helper()
	for b, err := range h.Source.Read(t.Context(), connectors.Query{Dataset: d}) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Gap != nil {
			t.Fatalf("a gap %s", b.Gap.Code)
		}
		c := b.Column(field)
		for i := range c.Len() {
			v, _ := c.Value(i)
			if v == nil {
				out = append(out, "NULL")
				continue
			}
			out = append(out, string(v))
		}
	}
	return out
}

func (h *hard) locate(t *testing.T, d pii.Dataset, field, value string) (out []*pii.Found) {
	t.Helper()
	m := pii.Match{Dataset: d, Terms: []pii.Term{{Field: field, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(value)}}}}
	for f, err := range h.Source.Locate(t.Context(), m) {
		if err != nil {
			t.Fatalf("%s: %v", field, err)
		}
		out = append(out, f)
	}
	return out
}

func targets(found []*pii.Found, changes ...pii.Change) (out []pii.Target) {
	for _, f := range found {
		out = append(out, pii.Target{Key: f.Key, Digest: f.Digest, Equals: f.Equals, Changes: changes})
	}
	return out
}

func (h *hard) erase(t *testing.T, acts ...pii.Act) []pii.Receipt {
	t.Helper()
	got, err := h.Source.Erase(t.Context(), pii.Unit{ID: "u", Acts: acts})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *hard) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := h.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTypes reads each type of these servers exactly, finds it by its value, and deletes what it found.
func TestTypes(t *testing.T) {
	columns := []struct{ name, typ, value, canonical string }{
		{"big", "BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"},
		{"filled", "INT(8) UNSIGNED ZEROFILL", "42", "42"},
		{"bits", "BIT(64)", "b'1000000000000000000000000000000000000000000000000000000000000001'", "9223372036854775809"},
		{"flag", "TINYINT(1)", "2", "2"},
		{"truth", "BOOLEAN", "TRUE", "true"},
		{"era", "YEAR", "1987", "1987"},
		{"never", "YEAR", "0", "0000"},
		{"ratio", "FLOAT", "1.1", "1.1"},
		{"fine", "FLOAT", "16777217.5", "16777218"},
		{"wide", "DOUBLE", "0.1", "0.1"},
		{"price", "DECIMAL(40,10)", "123456789012345678901234567890.1234567890", "123456789012345678901234567890.1234567890"},
		{"zero", "DATE", "'0000-00-00'", "0000-00-00"},
		{"part", "DATE", "'1980-05-00'", "1980-05-00"},
		{"moment", "DATETIME(3)", "'1980-05-06 07:08:09.120'", "1980-05-06T07:08:09.12Z"},
		{"nought", "DATETIME", "'0000-00-00 00:00:00'", "0000-00-00T00:00:00Z"},
		{"stamp", "TIMESTAMP NULL", "'2020-05-06 07:08:09'", "2020-05-06T07:08:09Z"},
		{"span", "TIME", "'-838:59:59'", "-838:59:59"},
		{"mood", "ENUM('sad','happy, so','größe')", "'größe'", "größe"},
		{"tags", "SET('a','b','c')", "'a,c'", "a,c"},
		{"old", "VARCHAR(50) CHARACTER SET latin1", "'Müller'", "Müller"},
		{"kanji", "VARCHAR(50) CHARACTER SET sjis", "'名前'", "名前"},
		{"wider", "VARCHAR(50) CHARACTER SET utf16", "'größe'", "größe"},
		{"bin", "VARBINARY(20)", "x'00ff27'", "\x00\xff'"},
		{"padded", "BINARY(4)", "'ab'", "ab\x00\x00"},
		{"quoted", "TEXT", `'a\\''"b'`, `a\'"b`},
	}
	var declared, values []string
	for _, c := range columns {
		declared, values = append(declared, c.name+" "+c.typ), append(values, c.value)
	}
	create := "SET time_zone='+00:00', sql_mode=''; CREATE TABLE types (id INT PRIMARY KEY, " + strings.Join(declared, ", ") + "); INSERT INTO types VALUES (1, " + strings.Join(values, ", ") + "); INSERT INTO types (id) VALUES (2)"
	each(t, func(t *testing.T, h *hard) {
		ds := h.discover(t)["types"]
		for _, c := range columns {
			if got := h.read(t, ds, c.name); !slices.Equal(got, []string{c.canonical, "NULL"}) {
				t.Errorf("%s %s is read as %q", c.name, c.typ, got)
			}
			if got := h.locate(t, ds, c.name, c.canonical); len(got) != 1 {
				t.Errorf("%s %s: %d found by its value", c.name, c.typ, len(got))
			}
		}
		one := h.locate(t, ds, "id", "1")
		for _, c := range columns[:10] {
			h.erase(t, pii.Act{Dataset: ds, Method: pii.Nullify, Targets: targets(h.locate(t, ds, "id", "1"), pii.Change{Field: c.name, Old: pii.NewValue(c.canonical)})})
		}
		if _, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: targets(one)}}}); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a record that has changed goes: %v", err)
		}
		for _, c := range columns {
			h.erase(t, pii.Act{Dataset: ds, Method: pii.Pseudonymise, Targets: targets(h.locate(t, ds, "id", "2"), pii.Change{Field: c.name, New: pii.NewValue(c.canonical)})})
		}
		for _, c := range columns {
			if got := h.read(t, ds, c.name); got[1] != c.canonical {
				t.Errorf("%s %s is written as %q", c.name, c.typ, got[1])
			}
		}
		if got := h.erase(t, pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "id", "2"))}); got[0].Affected != 1 {
			t.Errorf("the delete affects %d", got[0].Affected)
		}
	}, create)
}

// TestCollations: what a collation takes for equal is not the same name. Keys included.
func TestCollations(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		sets := h.discover(t)
		for _, name := range []string{"people", "latin"} {
			ds := sets[name]
			found := h.locate(t, ds, "name", "muller")
			if len(found) != 1 || found[0].Key[0].Reveal() != "2" {
				t.Fatalf("%s: %d found for muller", name, len(found))
			}
			if got := h.locate(t, ds, "name", "👩 muller"); len(got) != 0 {
				t.Errorf("%s: what the character set cannot write is found %d times", name, len(got))
			}
			h.erase(t, pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(found)})
			if got := h.read(t, ds, "name"); !slices.Equal(got, []string{"Müller", "MULLER", "muller "}) {
				t.Errorf("%s: left are %q", name, got)
			}
		}
		keyed := sets["keyed"]
		if n := len(h.locate(t, keyed, "mail", "ANN@example.com")); n != 0 {
			t.Errorf("another spelling of a key is found %d times", n)
		}
		other := pii.Key{pii.NewValue("ANN@EXAMPLE.COM")}
		if got := h.erase(t, pii.Act{Dataset: keyed, Method: pii.Delete, Targets: []pii.Target{{Key: other}}}); got[0].Affected != 0 || got[0].FoundDone != 1 {
			t.Errorf("another spelling of a key deletes %d", got[0].Affected)
		}
		if got := h.erase(t, pii.Act{Dataset: keyed, Method: pii.Delete, Targets: targets(h.locate(t, keyed, "mail", "ann@example.com"))}); got[0].Affected != 1 {
			t.Errorf("the key itself deletes %d", got[0].Affected)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(50), KEY (name)) COLLATE utf8mb4_unicode_ci`, `INSERT INTO people VALUES (1,'Müller'),(2,'muller'),(3,'MULLER'),(4,'muller ')`,
		`CREATE TABLE latin (id INT PRIMARY KEY, name VARCHAR(50), KEY (name)) CHARACTER SET latin1`, `INSERT INTO latin VALUES (1,'Müller'),(2,'muller'),(3,'MULLER'),(4,'muller ')`,
		`CREATE TABLE keyed (mail VARCHAR(100) COLLATE utf8mb4_general_ci PRIMARY KEY)`, `INSERT INTO keyed VALUES ('ann@example.com'),('bob@example.com')`)
}

// TestKeyless: records of a table without a key are told apart by their values, byte by byte, and go all or none.
func TestKeyless(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		ds := h.discover(t)["visits"]
		if len(ds.Key) != 0 {
			t.Fatalf("the key is %q", ds.Key)
		}
		found := slices.DeleteFunc(h.locate(t, ds, "mail", "ann@example.com"), func(f *pii.Found) bool { return f.Equals != 3 })
		if len(found) != 1 {
			t.Fatalf("%d found", len(found))
		}
		few := targets(found)
		few[0].Equals = 2
		if _, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: few}}}); errkind.Of(err) != errkind.Conflict {
			t.Errorf("another number of equal records goes: %v", err)
		}
		redact := pii.Change{Field: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}
		if got := h.erase(t, pii.Act{Dataset: ds, Method: pii.Redact, Targets: targets(found, redact)}); got[0].Affected != 3 {
			t.Errorf("redacting affects %d", got[0].Affected)
		}
		if got := h.erase(t, pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "mail", "[x]"))}); got[0].Affected != 3 {
			t.Errorf("deleting affects %d", got[0].Affected)
		}
		if got := h.read(t, ds, "mail"); !slices.Equal(got, []string{"ANN@example.com", "bob@example.com", "ann@example.com"}) {
			t.Errorf("left are %q", got)
		}
	}, `CREATE TABLE visits (mail TEXT, ratio FLOAT, page TEXT CHARACTER SET latin1, at DATETIME, raw BLOB)`,
		`INSERT INTO visits VALUES ('ann@example.com',1.1,'é','2020-01-02 03:04:05',x'00ff'),('ann@example.com',1.1,'é','2020-01-02 03:04:05',x'00ff'),('ANN@example.com',1.1,'é','2020-01-02 03:04:05',x'00ff'),
		('bob@example.com',1.1,'é','2020-01-02 03:04:05',x'00ff'),('ann@example.com',1.1,'é','2020-01-02 03:04:05',x'00ff'),('ann@example.com',1.1,'e','2020-01-02 03:04:05',NULL)`)
}

// TestSchemas: foreign keys lead across databases, and what they do by themselves there is foreseen.
func TestSchemas(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		t.Cleanup(func() { must(t, h.db, "DROP DATABASE "+h.Database.Name+"_crm") })
		h.Source = h.open(t, "schemas", h.Database.Name+"_crm")
		sets := h.discover(t)
		child := sets[h.Database.Name+"_crm.calls"]
		if len(child.References) != 1 || child.References[0].To.Dataset != "people" || child.References[0].OnDelete != pii.Cascade {
			t.Fatalf("the references are %v", child.References)
		}
		act := pii.Act{Dataset: sets["people"], Method: pii.Delete, Targets: targets(h.locate(t, sets["people"], "id", "1"))}
		if _, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{act}}); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a cascade into another database that nobody foresaw: %v", err)
		}
		act.Effects = []pii.Effect{{Dataset: child.Ref, Method: pii.Delete, Records: 2}}
		h.erase(t, act)
		if n := h.count(t, "SELECT COUNT(*) FROM "+h.Database.Name+"_crm.calls"); n != 1 {
			t.Errorf("%d calls are left", n)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY)`, `INSERT INTO people VALUES (1),(2)`, `CREATE DATABASE $DB_crm`,
		`CREATE TABLE $DB_crm.calls (id INT PRIMARY KEY, person INT, FOREIGN KEY (person) REFERENCES $DB.people (id) ON DELETE CASCADE)`, `INSERT INTO $DB_crm.calls VALUES (1,1),(2,1),(3,2)`)
}

// TestKinds: views, generated columns, documents, partitions, spatial values, engines without transactions, triggers, clocks.
func TestKinds(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		sets := h.discover(t)
		people := sets["people"]
		if v := sets["names"]; v.Kind != pii.View || !slices.Contains(v.Reads, people.Ref.In("mail")) || len(h.read(t, v, "mail")) != 2 || len(h.Methods(v)) != 0 {
			t.Errorf("the view is %v", v)
		}
		if f := people.Field("lower_mail"); !f.Generated || !people.Field("domain").Generated || people.Field("doc").Type != pii.JSON {
			t.Error("generated columns or documents are not told")
		}
		if got := h.read(t, people, "place")[0]; got != "POINT(1 2)" {
			t.Errorf("a place is read as %q", got)
		}
		if got := h.read(t, sets["parts"], "mail"); len(got) != 3 {
			t.Errorf("a partitioned table has %q", got)
		}
		ann := h.locate(t, people, "id", "1")
		findings, err := h.Check(t.Context(), pii.Unit{Acts: []pii.Act{{Dataset: people, Method: pii.Delete, Targets: targets(ann)}, {Dataset: sets["isam"], Method: pii.Delete, Targets: targets(h.locate(t, sets["isam"], "id", "1"))}}})
		if err != nil {
			t.Fatal(err)
		}
		codes := map[string]bool{}
		for _, f := range findings {
			codes[f.Code] = true
		}
		if !codes["trigger"] || !codes["no-transactions"] {
			t.Errorf("the findings are %v", findings)
		}
		redact := pii.Change{Field: "doc", Path: "contact[0].mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}
		h.erase(t, pii.Act{Dataset: people, Method: pii.Redact, Targets: targets(ann, redact)})
		if got := h.erase(t, pii.Act{Dataset: people, Method: pii.Redact, Targets: targets(ann, redact)}); got[0].FoundDone != 1 {
			t.Error("redacting again does not find it done")
		}
		if h.count(t, "SELECT COUNT(*) FROM people WHERE id=1 AND doc LIKE '%[x]%' AND changed='2001-01-01 00:00:00'") != 1 {
			t.Error("the document is not redacted, or the time of the last change is another")
		}
		h.erase(t, pii.Act{Dataset: people, Method: pii.Delete, Targets: targets(h.locate(t, people, "id", "1"))}, pii.Act{Dataset: sets["isam"], Method: pii.Delete, Targets: targets(h.locate(t, sets["isam"], "id", "1"))},
			pii.Act{Dataset: people, Method: pii.Refresh}, pii.Act{Dataset: people, Method: pii.Purge})
		if n := h.count(t, "SELECT (SELECT COUNT(*) FROM people) + (SELECT COUNT(*) FROM isam) + (SELECT COUNT(*) FROM audit)"); n != 3 {
			t.Errorf("%d records are left, the trigger's own among them, want 3", n)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(100), lower_mail VARCHAR(100) AS (LOWER(mail)) VIRTUAL, domain VARCHAR(100) AS (SUBSTRING_INDEX(mail,'@',-1)) STORED, doc JSON, place POINT,
		changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)`,
		`INSERT INTO people (id, mail, doc, place, changed) VALUES (1,'ann@example.com','{"contact":[{"mail":"ann@example.com"}]}',ST_GeomFromText('POINT(1 2)'),'2001-01-01 00:00:00'),(2,'bob@example.com',NULL,NULL,'2001-01-01 00:00:00')`,
		`CREATE VIEW names AS SELECT id, mail FROM people`, `CREATE TABLE isam (id INT PRIMARY KEY) ENGINE=MyISAM`, `INSERT INTO isam VALUES (1),(2)`,
		`CREATE TABLE parts (id INT, mail VARCHAR(50), PRIMARY KEY (id)) PARTITION BY HASH(id) PARTITIONS 3`, `INSERT INTO parts VALUES (1,'a'),(2,'b'),(3,'c')`,
		`CREATE TABLE audit (what TEXT)`, `CREATE TRIGGER gone AFTER DELETE ON people FOR EACH ROW INSERT INTO audit VALUES ('gone')`)
}

// TestScanUser: with the rights of a scan everything is read and nothing can be changed, which the preflight says.
func TestScanUser(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		u := user(t, h.db, h.Database, "scan", "*")
		h.Source = h.open(t, "user", u["user"].Reveal(), "password", u["password"].Reveal())
		ds := h.discover(t)["people"]
		act := pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "id", "1"))}
		findings, err := h.Check(t.Context(), pii.Unit{Acts: []pii.Act{act}})
		if err != nil || !slices.ContainsFunc(findings, func(f pii.Finding) bool { return f.Code == connectors.FindingPrivilege && f.Blocking }) {
			t.Errorf("the findings are %v, %v", findings, err)
		}
		if _, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{act}}); errkind.Of(err) != errkind.Permission {
			t.Errorf("erasing ends with %v", err)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY)`, `INSERT INTO people VALUES (1)`)
}

// TestColumnRights: a column that may not be read is a gap of its own, beside the others.
func TestColumnRights(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		name := "c_" + h.Database.Name
		must(t, h.db, fmt.Sprintf("CREATE USER '%[1]s'@'%%' IDENTIFIED BY 'p'; GRANT REFERENCES ON %[2]s.* TO '%[1]s'@'%%'; GRANT SELECT (id, mail) ON %[2]s.people TO '%[1]s'@'%%'", name, h.Database.Name))
		t.Cleanup(func() { must(t, h.db, "DROP USER '"+name+"'@'%'") })
		h.Source = h.open(t, "user", name, "password", "p")
		gaps, records := 0, 0
		for b, err := range h.Source.Read(t.Context(), connectors.Query{Dataset: h.discover(t)["people"]}) {
			if err != nil {
				t.Fatal(err)
			}
			if b.Gap != nil && b.Gap.Code == "permission" && b.Gap.At.Field == "salary" {
				gaps++
			}
			records += b.Len()
		}
		if gaps != 1 || records != 1 {
			t.Errorf("%d gaps and %d records", gaps, records)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY, mail TEXT, salary INT)`, `INSERT INTO people VALUES (1,'ann@example.com',5)`)
}

// TestTLS: a certificate is looked at where that is asked for, and passwords reach a server that asks for caching_sha2_password with encryption and without.
func TestTLS(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, []byte(h.CA), 0o600); err != nil {
			t.Fatal(err)
		}
		look := func(pairs ...string) error {
			for _, err := range h.open(t, pairs...).Discover(t.Context()) {
				if err != nil {
					return err
				}
			}
			return nil
		}
		for _, mode := range []string{"off", "preferred", "required"} {
			if err := look("tls", mode); err != nil {
				t.Errorf("%s: %v", mode, err)
			}
		}
		if err := look("tls", "verify"); errkind.Of(err) != errkind.Permission {
			t.Errorf("a certificate that nobody has signed: %v", err)
		}
		// MySQL's own certificates name no address.
		if err := look("tls", "verify", "tls_ca", ca); h.Server == "mariadb" && err != nil {
			t.Errorf("a certificate that may be trusted: %v", err)
		}
	})
}

// TestVersion: an unchanged table keeps its version, so that a second scan does not read it; a changed one has another.
func TestVersion(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		must(t, h.db, "DO SLEEP(1.1)")
		for _, name := range []string{"one", "isam", "parts"} {
			before, again := h.discover(t)[name].Version, h.discover(t)[name].Version
			if before == "" || before != again {
				t.Errorf("%s: the version changes by itself", name)
			}
			if p, ok, err := h.Profile(t.Context(), h.discover(t)[name]); err != nil || !ok || p.Version != before {
				t.Errorf("%s: the profile has another version: %v", name, err)
			}
			must(t, h.db, "UPDATE "+name+" SET v='b'")
			if after := h.discover(t)[name].Version; after == before {
				t.Errorf("%s: an update is not seen", name)
			}
			must(t, h.db, "DO SLEEP(1.1)")
			if after := h.discover(t)[name].Version; after == before || after == "" {
				t.Errorf("%s: an update is not seen later", name)
			}
		}
	}, `CREATE TABLE one (id INT PRIMARY KEY, v TEXT)`, `INSERT INTO one VALUES (1,'a')`, `CREATE TABLE isam (id INT PRIMARY KEY, v TEXT) ENGINE=MyISAM`, `INSERT INTO isam VALUES (1,'a')`,
		`CREATE TABLE parts (id INT PRIMARY KEY, v TEXT) PARTITION BY HASH(id) PARTITIONS 2`, `INSERT INTO parts VALUES (1,'a')`)
}

// TestDeadlock: a unit that the server gives up for another transaction is done at the next try.
func TestDeadlock(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		ds := h.discover(t)["t"]
		first, second := h.locate(t, ds, "id", "1"), h.locate(t, ds, "id", "2")
		tx, err := h.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "UPDATE t SET v=v+1 WHERE id=2"); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		acts := []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: targets(first)}, {Dataset: ds, Method: pii.Delete, Targets: targets(second)}}
		go func() {
			_, err := h.Source.Erase(context.WithoutCancel(t.Context()), pii.Unit{Acts: acts})
			done <- err
		}()
		for h.count(t, "SELECT COUNT(*) FROM information_schema.innodb_trx") < 2 {
			must(t, h.db, "DO SLEEP(0.2)") // the server makes this table anew only when nobody has looked for a while
		}
		_, _ = tx.ExecContext(t.Context(), "UPDATE t SET v=v+1 WHERE id=1") // one of the two is given up here
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("erasing ends with %v", err)
		}
		if n := h.count(t, "SELECT COUNT(*) FROM t"); n != 1 {
			t.Errorf("%d are left", n)
		}
	}, `CREATE TABLE t (id INT PRIMARY KEY, v INT)`, `INSERT INTO t VALUES (1,0),(2,0),(3,0)`)
}

// TestResume: a read goes on behind a record, whatever the key is made of.
func TestResume(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		sets := h.discover(t)
		for _, name := range []string{"pair", "named", "mooded"} {
			from, got := "", []string{}
			for range 4 {
				for b, err := range h.Source.Read(t.Context(), connectors.Query{Dataset: sets[name], Limit: 1, From: from}) {
					if err != nil {
						t.Fatal(err)
					}
					from = b.Key(0).ID()
					got = append(got, from)
				}
			}
			if slices.Sort(got); len(slices.Compact(got)) != 3 {
				t.Errorf("%s: resuming gives %d records of 3", name, len(got))
			}
		}
	}, `CREATE TABLE pair (a VARCHAR(10), b BIGINT UNSIGNED, PRIMARY KEY (a, b))`, `INSERT INTO pair VALUES ('x',18446744073709551615),('x',2),('y',1)`,
		`CREATE TABLE named (name VARCHAR(10) PRIMARY KEY) COLLATE utf8mb4_general_ci`, `INSERT INTO named VALUES ('b'),('Ä'),('C')`,
		`CREATE TABLE mooded (mood ENUM('z','a','m') PRIMARY KEY)`, `INSERT INTO mooded VALUES ('a'),('z'),('m')`)
}
