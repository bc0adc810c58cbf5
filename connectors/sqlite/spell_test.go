package sqlite_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// TestSpelling: what a column's affinity makes of a value is known the second time.
func TestSpelling(t *testing.T) {
	s, _, _ := source(t, nil, `CREATE TABLE spelt (id INTEGER PRIMARY KEY, price REAL, whole NUMERIC, n INTEGER, word TEXT, open)`, `INSERT INTO spelt (id) VALUES (1)`)
	d := discover(t, s)["spelt"]
	for field, to := range map[string]string{"price": "2.50", "whole": " 1e2", "n": "7.0", "word": "2.50", "open": "2.50"} {
		u := unit(pii.Act{Dataset: d, Method: pii.Pseudonymise, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}, Changes: []pii.Change{{Field: field, New: pii.NewValue(to)}}}}})
		if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 1 {
			t.Errorf("%s: %v %+v", field, err, r)
		}
		if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 0 || r[0].FoundDone != 1 {
			t.Errorf("%s again: %v %+v", field, err, r)
		}
	}
}

// TestDefaultsArePredicted: what ON DELETE SET DEFAULT puts into a column is foreseen, where it leads to nobody too; so is where triggers write.
func TestDefaultsArePredicted(t *testing.T) {
	s, db, _ := source(t, nil, `CREATE TABLE people (id INTEGER PRIMARY KEY)`, `INSERT INTO people VALUES (0), (1), (2)`, `CREATE TABLE audit (id)`,
		`CREATE TABLE calls (id INTEGER PRIMARY KEY, of INTEGER DEFAULT 0 REFERENCES people(id) ON DELETE SET DEFAULT)`, `INSERT INTO calls VALUES (1, 1), (2, 1)`,
		`CREATE TABLE mails (id INTEGER PRIMARY KEY, of INTEGER DEFAULT 99 REFERENCES people(id) ON DELETE SET DEFAULT)`, `INSERT INTO mails VALUES (1, 2)`,
		`CREATE TRIGGER gone AFTER DELETE ON people BEGIN INSERT INTO audit VALUES (OLD.id); END`)
	ds := discover(t, s)
	deletes := func(id int) pii.Unit {
		return unit(pii.Act{Dataset: ds["people"], Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue(fmt.Sprint(id))}}}})
	}
	for id, blocks := range map[int]bool{1: false, 2: true} {
		u := deletes(id)
		found, err := s.Check(t.Context(), u)
		if err != nil || slices.ContainsFunc(found, func(f pii.Finding) bool { return f.Blocking }) != blocks {
			t.Errorf("person %d: %v %+v", id, err, found)
		}
		if !slices.ContainsFunc(found, func(f pii.Finding) bool { return f.Code == connectors.FindingTrigger && f.Dataset == ds["audit"].Ref }) {
			t.Errorf("where the trigger writes is not said: %+v", found)
		}
		for _, f := range found {
			if f.Code == connectors.FindingCascade {
				u.Acts[0].Effects = append(u.Acts[0].Effects, pii.Effect{Dataset: f.Dataset, Method: f.Method, Records: f.Records})
			}
		}
		if _, err := s.Erase(t.Context(), u); (errkind.Of(err) == errkind.Conflict && err != nil) != blocks || err != nil && !blocks {
			t.Errorf("person %d: %v", id, err)
		}
	}
	n := 0
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM calls WHERE of=0").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d calls are of nobody, want 2: %v", n, err)
	}
}
