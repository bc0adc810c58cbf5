package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/sqlite"
	"vestige/internal/errkind"
	"vestige/pii"
)

// source makes a database of the statements and opens it.
func source(t *testing.T, cfg connectors.Config, statements ...string) (*connectors.Source, *sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	db := open(t, path)
	for _, s := range statements {
		must(t, db, s)
	}
	all := connectors.Config{"path": pii.NewValue(path)}
	for k, v := range cfg {
		all[k] = v
	}
	s, err := connectors.Open(t.Context(), connectors.Env{Base: filepath.Dir(path)}, "shop", sqlite.Spec(), all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, db, path
}

func discover(t *testing.T, s *connectors.Source) map[string]pii.Dataset {
	t.Helper()
	out := map[string]pii.Dataset{}
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[d.Ref.Dataset] = d
	}
	return out
}

// locate finds a value within every field.
func locate(t *testing.T, s *connectors.Source, d pii.Dataset, value string) []*pii.Found {
	t.Helper()
	var out []*pii.Found
	term := pii.Term{Mode: pii.Within, Category: "contact.email", Values: []pii.Value{pii.NewValue(value)}}
	for f, err := range s.Search(t.Context(), d, pii.Needles{Terms: []pii.Term{term}}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

func unit(acts ...pii.Act) pii.Unit { return pii.Unit{ID: "u", Acts: acts} }

func targets(found []*pii.Found) (out []pii.Target) {
	for _, f := range found {
		out = append(out, pii.Target{Key: f.Key, Digest: f.Digest})
	}
	return out
}

func TestDiscoverTellsWhatSQLiteHas(t *testing.T) {
	s, _, _ := source(t, nil,
		`CREATE TABLE person (id INTEGER PRIMARY KEY, mail TEXT COLLATE NOCASE UNIQUE, born DATE, prefs TEXT CHECK (json_valid(prefs)),
			low TEXT GENERATED ALWAYS AS (lower(mail)) VIRTUAL, boss INTEGER REFERENCES person(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE TABLE tag (name TEXT, of INTEGER REFERENCES person ON DELETE CASCADE, PRIMARY KEY (name, of)) WITHOUT ROWID`,
		`CREATE TABLE tight (a INT, b ANY) STRICT`,
		`CREATE VIEW adults AS SELECT mail, born FROM person JOIN tag ON tag.of = person.id WHERE born < '2000'`,
		`CREATE TABLE log (line TEXT)`,
		`CREATE TRIGGER noted AFTER DELETE ON person BEGIN INSERT INTO log VALUES ('gone'); UPDATE OR IGNORE tight SET a=1; END`,
		`CREATE VIRTUAL TABLE words USING fts5(body)`,
		`CREATE VIRTUAL TABLE bare USING fts5(body, content='')`,
		`CREATE VIEW broken AS SELECT * FROM nowhere`,
		`INSERT INTO log VALUES ('a'), ('b')`)
	ds := discover(t, s)
	names := slices.Sorted(maps.Keys(ds))
	if want := []string{"adults", "bare", "broken", "log", "person", "tag", "tight", "words"}; !slices.Equal(names, want) {
		t.Fatalf("datasets %v, want %v", names, want)
	}
	p, entries := ds["person"], ds["log"]
	checks := map[string]bool{
		"a primary key":         slices.Equal(p.Key, []string{"id"}),
		"NOCASE":                p.Field("mail").NoCase && p.Field("mail").Indexed,
		"a date":                p.Field("born").Type == pii.Time,
		"JSON by CHECK":         p.Field("prefs").Type == pii.JSON,
		"a generated column":    p.Field("low").Generated,
		"a unique index":        len(p.Unique) == 1 && p.Unique[0][0] == "mail",
		"a reference":           len(p.References) == 1 && p.References[0].OnDelete == pii.SetNull && p.References[0].Deferrable,
		"a trigger's writes":    len(p.Writes) == 2,
		"an implied parent key": len(ds["tag"].References) == 1 && slices.Equal(ds["tag"].References[0].ToFields, []string{"id"}),
		"a composite key":       slices.Equal(ds["tag"].Key, []string{"name", "of"}),
		"a rowid for a key":     slices.Equal(ds["log"].Key, []string{"rowid"}) && entries.Field("rowid").Generated,
		"what a view reads":     slices.Contains(ds["adults"].Reads, pii.Ref{Source: "shop", Dataset: "person", Field: "born"}) && slices.Contains(ds["adults"].Reads, pii.Ref{Source: "shop", Dataset: "tag"}),
		"a full-text table":     ds["words"].Kind == pii.Index && ds["words"].Gap == nil,
		"a contentless one":     ds["bare"].Gap != nil && ds["bare"].Gap.Code == "contentless-index",
		"a broken view":         ds["broken"].Gap != nil,
	}
	for what, ok := range checks {
		if !ok {
			t.Errorf("discover does not tell %s", what)
		}
	}
}

func TestFieldsInsideDocuments(t *testing.T) {
	s, db, _ := source(t, nil,
		`CREATE TABLE event (id INTEGER PRIMARY KEY, payload TEXT)`,
		`INSERT INTO event VALUES (1, '{"who": [{"mail":"ann@example.com"}, {"mail":"bob@example.com"}], "n": 1.50}')`,
		`INSERT INTO event VALUES (2, '{"prefs": {"ann@example.com": {"lang": "en"}}}')`,
		`INSERT INTO event VALUES (3, NULL)`)
	d := discover(t, s)["event"]
	if d.Field("payload").Type != pii.JSON {
		t.Fatal("a text column in which every value is a document is not one of documents")
	}
	found := locate(t, s, d, "ann@example.com")
	if len(found) != 2 || len(found[0].Hits) != 1 || found[0].Hits[0].Field != "payload.who[].mail" || found[0].Hits[0].Path != "who[0].mail" {
		t.Fatalf("found %d records; hits %+v", len(found), found[0].Hits)
	}
	if h := found[1].Hits[0]; h.Field != "payload.prefs.{@}" {
		t.Fatalf("the member's name is found as %q", h.Field)
	}
	var acts []pii.Act
	for _, f := range found {
		h := f.Hits[0]
		c := pii.Change{Field: h.Field, Path: h.Path, Old: pii.NewValue("ann@example.com"), Member: strings.HasSuffix(h.Field, "{@}")}
		acts = append(acts, pii.Act{Dataset: d, Method: pii.Redact, Targets: []pii.Target{{Key: f.Key, Digest: f.Digest, Changes: []pii.Change{c}}}})
	}
	if _, err := s.Erase(t.Context(), unit(acts...)); err != nil {
		t.Fatal(err)
	}
	var one, two string
	_ = db.QueryRowContext(t.Context(), "SELECT (SELECT payload FROM event WHERE id=1), (SELECT payload FROM event WHERE id=2)").Scan(&one, &two)
	if one != `{"who": [{}, {"mail":"bob@example.com"}], "n": 1.50}` || two != `{"prefs": {}}` {
		t.Errorf("the documents are %s and %s", one, two)
	}
	for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d, Fields: []string{"payload.who[].mail", "id"}}) {
		if err != nil || len(b.Columns()) != 2 || b.Columns()[0].Len() != 1 || b.Columns()[1].Len() != 3 {
			t.Errorf("a path asked for is not alone in its batch: %v", err)
		}
	}
}

// TestNothingIsLeftInTheFile erases among many and searches the raw files.
func TestNothingIsLeftInTheFile(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		t.Run(mode, func(t *testing.T) {
			s, db, path := source(t, nil, "PRAGMA journal_mode="+mode,
				`CREATE TABLE person (id INTEGER PRIMARY KEY, mail TEXT, note TEXT)`, `CREATE INDEX by_mail ON person (mail)`,
				`CREATE VIRTUAL TABLE words USING fts5(note, content='person', content_rowid='id')`,
				`CREATE TRIGGER w AFTER INSERT ON person BEGIN INSERT INTO words(rowid, note) VALUES (new.id, new.note); END`,
				`CREATE TRIGGER x AFTER DELETE ON person BEGIN INSERT INTO words(words, rowid, note) VALUES ('delete', old.id, old.note); END`,
				`CREATE VIRTUAL TABLE own USING fts5(body)`)
			must(t, db, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 2999)
				INSERT INTO person(mail, note) SELECT 'qqmark'||i||'zz@example.com', 'seen qqmark'||i||'zz often' FROM n`)
			must(t, db, "INSERT INTO own(body) SELECT note FROM person")
			must(t, db, "ANALYZE")
			ds := discover(t, s)
			u := pii.Unit{ID: "u"}
			for _, name := range []string{"person", "own"} {
				act := pii.Act{Dataset: ds[name], Method: pii.Delete}
				for i := 5; i < 3000; i += 10 {
					act.Targets = append(act.Targets, pii.Target{Key: pii.Key{pii.NewValue(fmt.Sprint(i))}})
				}
				u.Acts = append(u.Acts, act)
			}
			checked, err := s.Check(t.Context(), u)
			if err != nil || slices.ContainsFunc(checked, func(f pii.Finding) bool { return f.Blocking }) {
				t.Fatalf("check: %v %+v", err, checked)
			}
			if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 300 || r[1].Affected != 300 {
				t.Fatalf("erase: %v %+v", err, r)
			}
			if _, err := s.Purge(t.Context(), []pii.Dataset{ds["person"], ds["own"]}); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{path, path + "-wal", path + "-journal"} {
				raw, _ := os.ReadFile(file)
				for i := 4; i < 3000; i += 10 {
					if bytes.Contains(raw, fmt.Appendf(nil, "qqmark%dzz", i)) {
						t.Fatalf("%s still holds what was erased", filepath.Base(file))
					}
				}
			}
			var n int
			if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM own WHERE own MATCH 'qqmark7zz'").Scan(&n); err != nil || n != 1 {
				t.Errorf("the full-text table finds %d of another person: %v", n, err)
			}
			must(t, db, "INSERT INTO words(words) VALUES ('integrity-check')")
		})
	}
}

func TestCascadesArePredicted(t *testing.T) {
	s, db, _ := source(t, nil,
		`CREATE TABLE a (id INTEGER PRIMARY KEY, other INTEGER REFERENCES b(id))`,
		`CREATE TABLE b (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES a(id))`,
		`CREATE TABLE c (id INTEGER PRIMARY KEY, up INTEGER REFERENCES c(id) ON DELETE CASCADE, of INTEGER REFERENCES a(id) ON DELETE CASCADE)`,
		`CREATE TABLE e (id INTEGER PRIMARY KEY, of INTEGER REFERENCES c(id) ON DELETE SET NULL)`,
		`PRAGMA foreign_keys=OFF`,
		`INSERT INTO a VALUES (1, 1), (2, NULL)`, `INSERT INTO b VALUES (1, 1)`,
		`INSERT INTO c VALUES (1, NULL, 1), (2, 1, NULL), (3, 2, 2), (4, NULL, 2)`, `INSERT INTO e VALUES (1, 3), (2, 4)`)
	ds := discover(t, s)
	key := func(n int) []pii.Target { return []pii.Target{{Key: pii.Key{pii.NewValue(fmt.Sprint(n))}}} }
	alone := unit(pii.Act{Dataset: ds["a"], Method: pii.Delete, Targets: key(1)})
	found, err := s.Check(t.Context(), alone)
	if err != nil || !slices.ContainsFunc(found, func(f pii.Finding) bool { return f.Code == connectors.FindingReferred && f.Blocking }) {
		t.Errorf("a record that another refers to may go: %v %+v", err, found)
	}
	u := unit(pii.Act{Dataset: ds["a"], Method: pii.Delete, Targets: key(1)}, pii.Act{Dataset: ds["b"], Method: pii.Delete, Targets: key(1)})
	if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Conflict {
		t.Errorf("cascades that nobody predicted happen: %v", err)
	}
	found, err = s.Check(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Blocking {
			t.Errorf("a cycle is refused: %+v", f)
		}
		if f.Code == connectors.FindingCascade {
			method := pii.Delete
			if f.Dataset == ds["e"].Ref {
				method = pii.Nullify
			}
			u.Acts[0].Effects = append(u.Acts[0].Effects, pii.Effect{Dataset: f.Dataset, Method: method, Records: f.Records})
		}
	}
	if _, err := s.Erase(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	var c, e int
	_ = db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM c), (SELECT count(*) FROM e WHERE of IS NULL)").Scan(&c, &e)
	if c != 1 || e != 1 {
		t.Errorf("%d of c and %d of e, want 1 and 1", c, e)
	}
}

func TestChangesKeepStorageClasses(t *testing.T) {
	s, db, _ := source(t, nil,
		`CREATE TABLE x (id TEXT PRIMARY KEY, n INTEGER CHECK (n > 5), raw BLOB, any_, day DATETIME, note TEXT NOT NULL)`,
		`INSERT INTO x VALUES ('k', 7, x'00ff', 12, '2024-01-02 03:04:05', 'call ann@example.com or ann@example.com'), ('l', 8, NULL, 'a', NULL, '')`)
	d := discover(t, s)["x"]
	found := locate(t, s, d, "ann@example.com")
	if len(found) != 1 || len(found[0].Hits) != 2 {
		t.Fatalf("found %d", len(found))
	}
	target := targets(found)[0]
	for _, h := range found[0].Hits {
		target.Changes = append(target.Changes, pii.Change{Field: h.Field, Start: h.Start, End: h.End, Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[gone]")})
	}
	target.Changes = append(target.Changes, pii.Change{Field: "n", New: pii.NewValue("9")}, pii.Change{Field: "any_", New: pii.NewValue("13")}, pii.Change{Field: "raw", New: pii.NewValue("\x01")})
	u := unit(pii.Act{Dataset: d, Method: pii.Redact, Targets: []pii.Target{target}})
	if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 1 {
		t.Fatal(err)
	}
	var got string
	_ = db.QueryRowContext(t.Context(), "SELECT typeof(n)||n||typeof(any_)||any_||typeof(raw)||hex(raw)||note||(+day) FROM x WHERE id='k'").Scan(&got)
	if got != "integer9integer13blob01call [gone] or [gone]2024-01-02 03:04:05" {
		t.Errorf("the record is %s", got)
	}
	if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 0 || r[0].FoundDone != 1 {
		t.Errorf("again: %v %+v", err, r)
	}
	for _, c := range []pii.Change{{Field: "n", New: pii.NewValue("3")}, {Field: "note"}, {Field: "id", New: pii.NewValue("l")}} {
		bad := unit(pii.Act{Dataset: d, Method: pii.Pseudonymise, Targets: []pii.Target{{Key: target.Key, Changes: []pii.Change{c}}}})
		if f, err := s.Check(t.Context(), bad); err != nil || !slices.ContainsFunc(f, func(f pii.Finding) bool { return f.Code == connectors.FindingConstraint && f.Blocking }) {
			t.Errorf("check of %s: %v %+v", c.Field, err, f)
		}
		if _, err := s.Erase(t.Context(), bad); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a change of %s that breaks a rule: %v", c.Field, err)
		}
	}
}

func TestAttachedFiles(t *testing.T) {
	other := filepath.Join(t.TempDir(), "old.db")
	db := open(t, other)
	must(t, db, "CREATE TABLE person (id INTEGER PRIMARY KEY, mail TEXT)")
	must(t, db, "INSERT INTO person VALUES (1, 'ann@example.com')")
	s, _, _ := source(t, connectors.Config{"attach": pii.NewValue("old=" + other)}, `CREATE TABLE person (id INTEGER PRIMARY KEY)`, `CREATE TABLE "old.x" (a)`)
	ds := discover(t, s)
	if len(ds) != 3 || ds["main.old.x"].Ref.Source == "" {
		t.Fatalf("datasets %d", len(ds))
	}
	found := locate(t, s, ds["old.person"], "ann@example.com")
	if len(found) != 1 {
		t.Fatalf("found %d", len(found))
	}
	if r, err := s.Erase(t.Context(), unit(pii.Act{Dataset: ds["old.person"], Method: pii.Delete, Targets: targets(found)})); err != nil || r[0].Affected != 1 {
		t.Fatal(err)
	}
}

func TestReadOnlyNeverWrites(t *testing.T) {
	s, _, _ := source(t, connectors.Config{"read_only": pii.NewValue("true")}, `CREATE TABLE a (id INTEGER PRIMARY KEY)`, `INSERT INTO a VALUES (1)`)
	d := discover(t, s)["a"]
	u := unit(pii.Act{Dataset: d, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}})
	if _, err := s.Erase(t.Context(), u); errkind.Code(err) != "read-only" || errkind.Of(err) != errkind.Permission {
		t.Errorf("erase: %v", err)
	}
	if _, err := s.Purge(t.Context(), []pii.Dataset{d}); errkind.Of(err) != errkind.Permission {
		t.Errorf("purge: %v", err)
	}
	if f, err := s.Check(t.Context(), u); err != nil || len(f) != 1 || !f[0].Blocking {
		t.Errorf("check: %v %+v", err, f)
	}
}

func TestDamage(t *testing.T) {
	s, db, path := source(t, nil, "PRAGMA page_size=4096", `CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT)`)
	must(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT INTO a(word) SELECT hex(randomblob(40)) FROM n")
	d := discover(t, s)["a"]
	_ = db.Close()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[20*4096:21*4096], strings.Repeat("\xff", 4096))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, err := connectors.Open(t.Context(), connectors.Env{}, "shop", sqlite.Spec(), connectors.Config{"path": pii.NewValue(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fresh.Close() }()
	gaps, records := 0, 0
	for b, err := range fresh.Read(t.Context(), connectors.Query{Dataset: d}) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Gap != nil {
			gaps++
		}
		records += b.Len()
	}
	if gaps != 1 || records < 1900 || records >= 2000 {
		t.Errorf("%d gaps and %d records of 2000 with one damaged page", gaps, records)
	}
}

// A sample has as many records as were asked for, each once, from all of the table; where it is mostly holes, those that are there.
func TestSample(t *testing.T) {
	t.Parallel()
	s, _, _ := source(t, nil,
		`CREATE TABLE tight (id INTEGER PRIMARY KEY, v TEXT)`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000) INSERT INTO tight SELECT i, 'v'||i FROM n`,
		`CREATE TABLE holes (id INTEGER PRIMARY KEY, v TEXT)`, `INSERT INTO holes SELECT id, v FROM tight WHERE id <= 400`, `INSERT INTO holes VALUES (100000000, 'far')`)
	ds := discover(t, s)
	sample := func(table string, seed uint64, bare bool) (ids []string) {
		for b, err := range s.Sample(t.Context(), connectors.Query{Dataset: ds[table], Seed: seed, Bare: bare}, 500) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Len() {
				v, _ := b.Column("id").Value(i)
				ids = append(ids, string(v))
			}
		}
		return ids
	}
	for _, bare := range []bool{false, true} {
		one, other := sample("tight", 1, bare), sample("tight", 2, bare)
		for _, ids := range [][]string{one, other} {
			upper := 0
			for _, id := range ids {
				if n, _ := strconv.Atoi(id); n > 1500 {
					upper++
				}
			}
			if slices.Sort(ids); len(slices.Compact(ids)) < 450 || upper < 100 || upper > 400 {
				t.Errorf("bare %t: %d records, %d of the upper half", bare, len(ids), upper)
			}
		}
		if slices.Equal(one, other) {
			t.Error("two seeds give one sample")
		}
		if got := sample("holes", 1, bare); len(got) != 401 {
			t.Errorf("bare %t: %d of 401 records of a table with holes", bare, len(got))
		}
	}
}

// A table that is made anew in another form is read in its new form.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	s, db, _ := source(t, nil, `CREATE TABLE p (id INTEGER PRIMARY KEY, mail TEXT)`, `INSERT INTO p VALUES (1, 'a@example.com')`)
	columns := func() (names []string) {
		for b, err := range s.Read(t.Context(), connectors.Query{Dataset: discover(t, s)["p"]}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range b.Columns() {
				names = append(names, c.Field.Name)
			}
		}
		return names
	}
	for _, step := range []struct{ change, want string }{
		{"SELECT 1", "id,mail"}, {"ALTER TABLE p ADD COLUMN phone TEXT", "id,mail,phone"}, {"ALTER TABLE p RENAME COLUMN mail TO email", "id,email,phone"},
	} {
		if must(t, db, step.change); strings.Join(columns(), ",") != step.want {
			t.Errorf("after %s it has %v", step.change, columns())
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database ", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		kind errkind.Kind
	}{{filepath.Join(dir, "none.db"), errkind.NotFound}, {text, errkind.Invalid}, {dir, errkind.Invalid}} {
		s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", sqlite.Spec(), connectors.Config{"path": pii.NewValue(c.path)})
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range s.Discover(t.Context()) {
			break
		}
		if errkind.Of(err) != c.kind {
			t.Errorf("%s: %v of kind %s, want %s", filepath.Base(c.path), err, errkind.Of(err), c.kind)
		}
		_ = s.Close()
	}
}

func TestLockedIsTransient(t *testing.T) {
	s, db, _ := source(t, connectors.Config{"busy_timeout": pii.NewValue("10ms")}, `CREATE TABLE a (id INTEGER PRIMARY KEY)`, `INSERT INTO a VALUES (1)`)
	d := discover(t, s)["a"]
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Erase(t.Context(), unit(pii.Act{Dataset: d, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}}))
	if errkind.Of(err) != errkind.Transient {
		t.Errorf("erase of a locked database: %v", err)
	}
}

// A read of values alone, which takes them from where the engine holds them, gives what any other read gives, whatever a cell holds.
func TestBareCells(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"UTF-8", "UTF-16le"} {
		s, _, _ := source(t, nil, "PRAGMA encoding = '"+encoding+"'", "CREATE TABLE c (id INTEGER PRIMARY KEY, r REAL, n NUMERIC, t TEXT, b BLOB, x)",
			"INSERT INTO c (r, n, t, b, x) VALUES (1, 1, 'Zoë', x'00ff', NULL), (.5, '2e3', '', x'', ''), ('ann', 'bob', 7, zeroblob(5), zeroblob(3000)), (-0.0, -9223372036854775807, NULL, 'text', 1e300), (9007199254740993, 1e18, char(0) || 'a', 1.5, x'41')",
			"INSERT INTO c (r, n, t, b, x) VALUES (3, 4, hex(zeroblob(9000)), randomblob(9000), replace(hex(zeroblob(5000)), '0', 'ü'))",
			"ALTER TABLE c ADD COLUMN late TEXT DEFAULT 'was not there'")
		for d, err := range s.Discover(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			var got [2][]string
			for i := range got {
				for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d, Bare: i == 1}) {
					if err != nil {
						t.Fatal(err)
					}
					for _, c := range b.Columns() {
						for k := range c.Len() {
							v, _ := c.Value(k)
							got[i] = append(got[i], fmt.Sprintf("%s %d %t %q", c.Field.Name, k, v == nil, v))
						}
					}
				}
			}
			if len(got[0]) != 6*7 || !slices.Equal(got[0], got[1]) {
				t.Errorf("%s: %.2000v and bare %.2000v", encoding, got[0], got[1])
			}
		}
	}
}
