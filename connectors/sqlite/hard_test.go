package sqlite_test

import (
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// TestHardKeys reads by, locates and erases records whose keys SQLite compares in its own ways.
func TestHardKeys(t *testing.T) {
	s, db, _ := source(t, nil,
		`CREATE TABLE folded (k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT)`, `INSERT INTO folded VALUES ('Ann', 'a'), ('joann', 'b'), (NULL, 'c'), (NULL, 'c')`,
		`CREATE TABLE loose (k PRIMARY KEY NOT NULL, v TEXT)`, `INSERT INTO loose VALUES (1, 'int'), ('1', 'text'), (x'31', 'blob'), (1.5, 'real')`,
		`CREATE TABLE pair (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID`, `INSERT INTO pair VALUES ('x', 1, 'a'), ('x', 2, 'b'), ('y', 1, 'c')`)
	ds := discover(t, s)
	if k := ds["folded"].Key; !slices.Equal(k, []string{"rowid"}) {
		t.Errorf("a key that is NULL twice is the key %v", k)
	}
	count := func(d pii.Dataset, keys ...pii.Key) (n int) {
		for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d, Keys: keys}) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.Len()
		}
		return n
	}
	v := pii.NewValue
	if n := count(ds["pair"], pii.Key{v("x"), v("2")}, pii.Key{v("x"), v("3")}, pii.Key{v("x"), v("2")}); n != 1 {
		t.Errorf("%d records of one key", n)
	}
	if k := ds["loose"].Key; !slices.Equal(k, []string{"rowid"}) {
		t.Errorf("values of three classes that are written alike are the key %v", k)
	}
	if n := count(ds["loose"], pii.Key{v("3")}); n != 1 {
		t.Errorf("%d records of one rowid", n)
	}
	var first, all []string
	from := ""
	for range 3 {
		for b, err := range s.Read(t.Context(), connectors.Query{Dataset: ds["pair"], Limit: 1, From: from}) {
			if err != nil {
				t.Fatal(err)
			}
			from = b.Key(0).ID()
			first = append(first, from)
		}
	}
	for b, err := range s.Read(t.Context(), connectors.Query{Dataset: ds["pair"]}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			all = append(all, b.Key(i).ID())
		}
	}
	if !slices.Equal(first, all) {
		t.Error("resuming after each record does not give all of them")
	}
	m := pii.Match{Dataset: ds["folded"], Terms: []pii.Term{{Field: "k", Mode: pii.Exact, Values: []pii.Value{v("ann")}}}}
	for _, err := range s.Locate(t.Context(), m) {
		t.Error("an exact match ignores the case", err)
	}
	var found []*pii.Found
	m.Terms[0].Values[0] = v("Ann")
	for f, err := range s.Locate(t.Context(), m) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, f)
	}
	if len(found) != 1 {
		t.Fatalf("found %d", len(found))
	}
	must(t, db, "UPDATE folded SET v='changed' WHERE k='Ann'")
	if _, err := s.Erase(t.Context(), unit(pii.Act{Dataset: ds["folded"], Method: pii.Delete, Targets: targets(found)})); errkind.Of(err) != errkind.Conflict {
		t.Errorf("a record that has changed since goes: %v", err)
	}
}

// TestExternalContentWithoutTriggers rebuilds a full-text table that nobody keeps up to date, in WAL mode beside a reader.
func TestExternalContentWithoutTriggers(t *testing.T) {
	s, db, _ := source(t, nil, "PRAGMA journal_mode=WAL", `CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)`,
		`CREATE VIRTUAL TABLE words USING fts5(body, content='note', content_rowid='id')`, `INSERT INTO note VALUES (1, 'from ann@example.com'), (2, 'from bob@example.com')`,
		`INSERT INTO words(words) VALUES ('rebuild')`)
	ds := discover(t, s)
	found := locate(t, s, ds["note"], "ann@example.com")
	if _, err := s.Erase(t.Context(), unit(pii.Act{Dataset: ds["note"], Method: pii.Delete, Targets: targets(found)})); err != nil {
		t.Fatal(err)
	}
	var ann, bob int
	_ = db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM words WHERE words MATCH 'ann'), (SELECT count(*) FROM words WHERE words MATCH 'bob')").Scan(&ann, &bob)
	if ann != 0 || bob != 1 {
		t.Errorf("the full-text table finds %d of her and %d of another", ann, bob)
	}
	for _, m := range []pii.Method{pii.Delete, pii.Redact} {
		if slices.Contains(s.Methods(ds["words"]), m) {
			t.Errorf("a table with external content claims to %s", m)
		}
	}
}

// TestVersionFollowsContent: an unchanged table keeps its version, so that it is not read again.
func TestVersionFollowsContent(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		s, db, _ := source(t, nil, "PRAGMA journal_mode="+mode, `CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)`, `INSERT INTO a VALUES (1, 'x')`)
		one, two := discover(t, s)["a"], discover(t, s)["a"]
		if one.Version == "" || one.Version != two.Version {
			t.Errorf("%s: the version changes by itself", mode)
		}
		if p, ok, err := s.Profile(t.Context(), one); err != nil || !ok || p.Version != one.Version {
			t.Errorf("%s: the profile has another version: %v", mode, err)
		}
		must(t, db, "UPDATE a SET v='yy'")
		if three := discover(t, s)["a"]; three.Version == one.Version {
			t.Errorf("%s: an update is not seen", mode)
		}
	}
}
