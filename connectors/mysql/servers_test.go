package mysql_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/mysql"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

func (h *hard) look(t *testing.T, acts ...pii.Act) []pii.Finding {
	t.Helper()
	got, err := h.Check(t.Context(), pii.Unit{ID: "u", Acts: acts})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func says(list []pii.Finding, code, dataset string) bool {
	return slices.ContainsFunc(list, func(f pii.Finding) bool { return f.Code == code && f.Dataset.Dataset == dataset })
}

func blocked(list []pii.Finding) bool {
	return slices.ContainsFunc(list, func(f pii.Finding) bool { return f.Blocking })
}

// TestCaseOfNames: two tables whose names differ in case alone are two, with keys, children, triggers and checks of their own, where the server tells them apart.
func TestCaseOfNames(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		sets := h.discover(t)
		upper, lower := sets["People"], sets["people"]
		if !slices.Equal(upper.Key, []string{"id"}) || !slices.Equal(lower.Key, []string{"mail"}) || len(sets["calls"].References) != 1 || sets["calls"].References[0].To != upper.Ref {
			t.Fatalf("the keys are %q and %q, the reference leads to %v", upper.Key, lower.Key, sets["calls"].References)
		}
		act := pii.Act{Dataset: lower, Method: pii.Delete, Targets: targets(h.locate(t, lower, "mail", "ann@example.com"))}
		if list := h.look(t, act); blocked(list) || says(list, connectors.FindingCascade, "calls") || says(list, connectors.FindingTrigger, "people") {
			t.Errorf("what belongs to People is said of people: %+v", list)
		}
		if got := h.erase(t, act); got[0].Affected != 1 || h.count(t, "SELECT COUNT(*) FROM People") != 1 || h.count(t, "SELECT COUNT(*) FROM calls") != 1 {
			t.Errorf("deleting from people affects %d", got[0].Affected)
		}
		act = pii.Act{Dataset: upper, Method: pii.Delete, Targets: targets(h.locate(t, upper, "mail", "ann@example.com"))}
		list := h.look(t, act)
		if !says(list, connectors.FindingCascade, "calls") || !says(list, connectors.FindingTrigger, "People") || !says(list, connectors.FindingTrigger, "audit") {
			t.Errorf("the findings are %+v", list)
		}
	}, `CREATE TABLE People (id INT PRIMARY KEY, mail VARCHAR(50))`, `INSERT INTO People VALUES (1,'ann@example.com')`, `CREATE TABLE people (mail VARCHAR(50) PRIMARY KEY, id INT)`, `INSERT INTO people VALUES ('ann@example.com',1)`,
		`CREATE TABLE calls (id INT PRIMARY KEY, person INT, FOREIGN KEY (person) REFERENCES People (id) ON DELETE CASCADE)`, `INSERT INTO calls VALUES (1,1)`, `CREATE TABLE audit (id INT)`,
		`CREATE TRIGGER gone AFTER DELETE ON People FOR EACH ROW INSERT INTO audit VALUES (OLD.id)`)
}

// TestFoldedNames: a server that keeps names in lower case is asked for them in any.
func TestFoldedNames(t *testing.T) {
	d := testenv.FoldingMariaDB(t)
	h := &hard{Database: d, db: d.Open(t)}
	must(t, h.db, "CREATE TABLE People (Id INT PRIMARY KEY, Mail VARCHAR(50)); INSERT INTO PEOPLE VALUES (1,'ann@example.com'); CREATE TABLE Calls (Id INT PRIMARY KEY, Person INT, FOREIGN KEY (Person) REFERENCES People (Id) ON DELETE CASCADE); INSERT INTO Calls VALUES (1,1)")
	for _, name := range []string{d.Name, strings.ToUpper(d.Name)} {
		h.Source = h.open(t, "database", name)
		sets := h.discover(t)
		people := sets["people"]
		if len(sets) != 2 || people.Field("Mail") == nil || len(sets["calls"].References) != 1 || sets["calls"].References[0].To != people.Ref {
			t.Fatalf("%s: the datasets are %v", name, sets)
		}
		act := pii.Act{Dataset: people, Method: pii.Delete, Targets: targets(h.locate(t, people, "Mail", "ann@example.com"))}
		if list := h.look(t, act); blocked(list) || !says(list, connectors.FindingCascade, "calls") {
			t.Errorf("%s: the findings are %+v", name, list)
		}
	}
	people := h.discover(t)["people"]
	act := pii.Act{Dataset: people, Method: pii.Delete, Targets: targets(h.locate(t, people, "Mail", "ann@example.com")), Effects: []pii.Effect{{Dataset: h.discover(t)["calls"].Ref, Method: pii.Delete, Records: 1}}}
	if got := h.erase(t, act); got[0].Affected != 1 || h.count(t, "SELECT COUNT(*) FROM calls") != 0 {
		t.Errorf("deleting affects %d", got[0].Affected)
	}
}

// TestHistory: a table of MariaDB that keeps its history is read as it is now, and the plan and the ladder say that what is deleted stays in its history.
func TestHistory(t *testing.T) {
	d := testenv.MariaDB(t)
	h := &hard{Database: d, db: d.Open(t)}
	must(t, h.db, "CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(50)) WITH SYSTEM VERSIONING; CREATE TABLE named (id INT PRIMARY KEY, mail VARCHAR(50), since TIMESTAMP(6) GENERATED ALWAYS AS ROW START, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(since, till)) WITH SYSTEM VERSIONING")
	for _, name := range []string{"people", "named"} {
		must(t, h.db, "INSERT INTO "+name+" (id, mail) VALUES (1,'ann@example.com'),(2,'bob@example.com'); UPDATE "+name+" SET mail='zoe@example.com' WHERE id=2")
	}
	h.Source = h.open(t)
	for name, ds := range h.discover(t) {
		if got := h.read(t, ds, "mail"); !slices.Equal(got, []string{"ann@example.com", "zoe@example.com"}) || ds.Kind != pii.Table {
			t.Errorf("%s holds %q", name, got)
		}
		act := pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "mail", "ann@example.com"))}
		if list := h.look(t, act); !says(list, "history", name) {
			t.Errorf("%s: the findings are %+v", name, list)
		}
		redact := pii.Act{Dataset: ds, Method: pii.Redact, Targets: targets(h.locate(t, ds, "id", "2"), pii.Change{Field: "mail", New: pii.NewValue("[x]")})}
		if got := h.erase(t, act, redact); got[0].Affected != 1 || got[1].Affected != 1 {
			t.Errorf("%s: erasing affects %v", name, got)
		}
		if got := h.read(t, ds, "mail"); !slices.Equal(got, []string{"[x]"}) || h.count(t, "SELECT COUNT(*) FROM "+name+" FOR SYSTEM_TIME ALL") != 4 {
			t.Errorf("%s: left is %q", name, got)
		}
		for _, r := range h.Rungs(ds) {
			if r.Name == "versions" && r.Reached != "never" {
				t.Errorf("%s: the ladder says %+v of its history", name, r)
			}
		}
	}
}

// TestPurges: a purge makes statistics anew, which hold values, and rebuilds the table as the option says, under the rights of the documentation.
func TestPurges(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		kept := func() bool {
			if h.Server == "mariadb" {
				return h.count(t, "SELECT COUNT(*) FROM mysql.column_stats WHERE db_name=DATABASE() AND min_value LIKE '%aaron%'") > 0
			}
			return h.count(t, "SELECT COUNT(*) FROM information_schema.column_statistics WHERE schema_name=DATABASE() AND CAST(histogram AS CHAR) LIKE CONCAT('%', TO_BASE64('aaron@example.com'), '%')") > 0
		}
		analyse := map[string]string{"mariadb": "ANALYZE TABLE people PERSISTENT FOR ALL", "mysql": "ANALYZE TABLE people UPDATE HISTOGRAM ON mail, rare WITH 1024 BUCKETS"}[h.Server]
		if must(t, h.db, analyse); !kept() {
			t.Fatal("the statistics hold no value")
		}
		u := user(t, h.db, h.Database, "erase", "*")
		h.Source = h.open(t, "user", u["user"].Reveal(), "password", u["password"].Reveal())
		ds := h.discover(t)["people"]
		if p, ok, err := h.Profile(t.Context(), ds); err != nil || !ok || p.Records < 1 || p.Fields["id"].Distinct < 1 || h.Server == "mysql" && (p.Fields["rare"].Distinct != 1 || p.Fields["rare"].Nulls < 1) {
			t.Errorf("the profile is %+v: %v", p, err)
		}
		h.erase(t, pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "mail", "aaron@example.com"))})
		for mode, want := range map[string]string{"off": "analysed", "auto": "rebuilt", "on": "rebuilt"} {
			s := h.open(t, "user", u["user"].Reveal(), "password", u["password"].Reveal(), "rebuild", mode)
			got, err := s.Purge(t.Context(), []pii.Dataset{ds})
			if err != nil || len(got) != 1 || !strings.HasPrefix(got[0].Proof, want+" ") {
				t.Errorf("a purge with rebuild %s: %v %+v", mode, err, got)
			}
		}
		if h.Server == "mariadb" { // which keeps them where the user may not look
			if blind, err := h.Purge(t.Context(), []pii.Dataset{ds}); err != nil || !strings.Contains(blind[0].Proof, "without its persistent statistics") {
				t.Errorf("a purge that cannot see says %+v, %v", blind, err)
			}
			_, rest, _ := strings.Cut(mysql.Spec().Doc, "GRANT SELECT ON mysql.column_stats TO")
			grant, _, _ := strings.Cut(rest, ";")
			must(t, h.db, "GRANT SELECT ON mysql.column_stats TO"+strings.Replace(grant, "vestige_erase", u["user"].Reveal(), 1))
			if seeing, err := h.Purge(t.Context(), []pii.Dataset{ds}); err != nil || strings.Contains(seeing[0].Proof, "without") {
				t.Errorf("a purge that sees says %+v, %v", seeing, err)
			}
		}
		if kept() {
			t.Error("the statistics hold the value of a record that is gone")
		}
		if n := h.count(t, "SELECT COUNT(*) FROM people"); n != 200 {
			t.Errorf("%d records are left", n)
		}
	}, `CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, mail VARCHAR(50), rare VARCHAR(5))`, `INSERT INTO people (mail) VALUES ('aaron@example.com')`,
		`INSERT INTO people (mail, rare) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i+1 FROM n WHERE i<200) SELECT CONCAT('person',i,'@example.com'), IF(i%4=0,'x',NULL) FROM n`)
}

// TestSpelling: what a column writes in its own way is known the second time; what it cannot hold, or a CHECK forbids, is foreseen.
func TestSpelling(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		ds := h.discover(t)["spelt"]
		pseudonymise := func(field, to string) pii.Act {
			return pii.Act{Dataset: ds, Method: pii.Pseudonymise, Targets: targets(h.locate(t, ds, "id", "1"), pii.Change{Field: field, New: pii.NewValue(to)})}
		}
		for field, values := range map[string][2]string{"price": {"2.505", "2.51"}, "debt": {"-0.004", "0.00"}, "ratio": {"0.10000000149", "0.1"}, "moment": {"2024-01-01T23:59:59.96Z", "2024-01-02T00:00:00Z"}, "at": {"2024-01-01T00:00:00.5Z", "2024-01-01T00:00:01Z"},
			"span": {"1:02:03.25", "01:02:03.3"}, "tags": {"c,a", "a,c"}, "mood": {"größe", "größe"}, "code": {"ab  ", "ab"}, "raw": {"ab", "ab\x00\x00"}, "yes": {"1", "true"}, "doc": {`{"b": 1,"a":2}`, `{"b": 1,"a":2}`},
			"place": {"POINT( 1  2)", "POINT(1 2)"}, "era": {"1999", "1999"}, "bits": {"5", "5"}, "zero": {"0000-00-00", "0000-00-00"}} {
			act := pseudonymise(field, values[0])
			if list := h.look(t, act); blocked(list) {
				t.Errorf("%s: %+v", field, list)
			}
			if got := h.erase(t, act); got[0].Affected != 1 {
				t.Errorf("%s: affects %d", field, got[0].Affected)
			}
			want := values[1]
			if field == "doc" && h.Server == "mysql" {
				want = `{"a": 2, "b": 1}`
			}
			if got := h.read(t, ds, field); got[0] != want {
				t.Errorf("%s is kept as %q", field, got[0])
			}
			if got := h.erase(t, act); got[0].Affected != 0 || got[0].FoundDone != 1 {
				t.Errorf("%s again: %+v", field, got)
			}
		}
		for field, bad := range map[string]string{"tags": "a,z", "era": "abcd", "bits": "-1", "mail": "nobody", "price": "x", "place": "nowhere"} {
			act := pseudonymise(field, bad)
			if list := h.look(t, act); !blocked(list) {
				t.Errorf("%s takes what it cannot hold, says Check: %+v", field, list)
			}
			if _, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{act}}); errkind.Of(err) != errkind.Conflict {
				t.Errorf("%s takes what it cannot hold: %v", field, err)
			}
		}
	}, `CREATE TABLE spelt (id INT PRIMARY KEY, price DECIMAL(10,2), debt DECIMAL(10,2), ratio FLOAT, moment DATETIME(1), at TIMESTAMP NULL, span TIME(1), tags SET('a','b','c'), mood ENUM('sad','größe'), code CHAR(6), raw BINARY(4), yes BOOLEAN, doc JSON,
		place POINT, era YEAR, bits BIT(8), zero DATE, mail VARCHAR(50), CONSTRAINT mailed CHECK (mail LIKE '%@%' AND CHAR_LENGTH(mail) > 3))`, `INSERT INTO spelt (id) VALUES (1)`)
}

// TestLockWait: a lock that is not had in time is waited for again.
func TestLockWait(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		h.Source = h.open(t, "lock_timeout", "3s")
		ds := h.discover(t)["t"]
		found := targets(h.locate(t, ds, "id", "1"))
		tx, err := h.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "UPDATE t SET v=v WHERE id=1"); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "SELECT * FROM t WHERE id=1 FOR UPDATE"); err != nil {
			t.Fatal(err)
		}
		const waits = "SELECT variable_value FROM %s.global_status WHERE variable_name='Innodb_row_lock_waits'"
		query := fmt.Sprintf(waits, map[string]string{"mariadb": "information_schema", "mysql": "performance_schema"}[h.Server])
		before := h.count(t, query)
		done := make(chan error, 1)
		go func() {
			_, err := h.Source.Erase(t.Context(), pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: found}}})
			done <- err
		}()
		for h.count(t, query) < before+2 {
			must(t, h.db, "DO SLEEP(0.02)")
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || h.count(t, "SELECT COUNT(*) FROM t") != 1 {
			t.Errorf("erasing ends with %v", err)
		}
	}, `CREATE TABLE t (id INT PRIMARY KEY, v INT)`, `INSERT INTO t VALUES (1,0),(2,0)`)
}

// TestTimeLimit: a statement that the server ends for its time goes on behind the last record, in the same snapshot.
func TestTimeLimit(t *testing.T) {
	each(t, func(t *testing.T, h *hard) {
		h.Source = h.open(t, "statement_timeout", "1s")
		ds := h.discover(t)["big"]
		seen, slow := map[string]bool{}, 0
		for b, err := range h.Source.Read(t.Context(), connectors.Query{Dataset: ds}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Len() {
				if id := b.Key(i).ID(); seen[id] {
					t.Fatalf("a record comes twice")
				} else {
					seen[id] = true
				}
			}
			if slow++; slow < 7 {
				must(t, h.db, "DELETE FROM big WHERE id=3900; DO SLEEP(0.3)") // in all more than the statement may take
			}
		}
		if len(seen) != 4000 {
			t.Errorf("%d records are read of 4000", len(seen))
		}
	}, `CREATE TABLE big (id INT PRIMARY KEY, pad TEXT)`, `INSERT INTO big WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i+1 FROM n WHERE i<1000) SELECT i, REPEAT('p',4000) FROM n`,
		`INSERT INTO big SELECT id+1000, pad FROM big`, `INSERT INTO big SELECT id+2000, pad FROM big`)
}
