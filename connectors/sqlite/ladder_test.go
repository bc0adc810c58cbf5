package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"vestige/connectors"
	"vestige/pii"
)

// TestLadderIsWhatTheFileSays searches the file for erased values, where the ladder says that nothing is left and where it says that nobody knows.
func TestLadderIsWhatTheFileSays(t *testing.T) {
	for _, c := range []struct {
		name  string
		cfg   connectors.Config
		state string
		left  bool
	}{
		{"overwritten", nil, connectors.RungReached, false},
		{"kept", connectors.Config{"secure_delete": pii.NewValue("off"), "vacuum": pii.NewValue("off")}, connectors.RungUnknown, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, db, path := source(t, c.cfg, "PRAGMA journal_mode=WAL", "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT)", "CREATE INDEX mails ON people (mail)")
			for i := range 400 {
				must(t, db, fmt.Sprintf("INSERT INTO people VALUES (%d, 'qqladder%dqq@example.org')", i, i))
			}
			must(t, db, "ANALYZE")
			if held(path, 25)+held(path+"-wal", 25) == 0 {
				t.Fatal("the search does not find what is there")
			}
			ds := discover(t, s)["people"]
			act := pii.Act{Dataset: ds, Method: pii.Delete}
			for i := 5; i < 400; i += 10 {
				act.Targets = append(act.Targets, pii.Target{Key: pii.Key{pii.NewValue(fmt.Sprint(i))}})
			}
			if _, err := s.Erase(t.Context(), unit(act)); err != nil {
				t.Fatal(err)
			}
			if rungs, err := s.Ladder(t.Context(), []pii.Dataset{ds}); err != nil || standing(rungs, "log") != connectors.RungWaiting {
				t.Errorf("before the purge: %+v %v", rungs, err)
			}
			if _, err := s.Purge(t.Context(), []pii.Dataset{ds}); err != nil {
				t.Fatal(err)
			}
			rungs, err := s.Ladder(t.Context(), []pii.Dataset{ds})
			if err != nil || standing(rungs, "physical") != c.state || standing(rungs, "log") != connectors.RungReached {
				t.Errorf("%+v %v", rungs, err)
			}
			left := 0
			for i := 5; i < 400; i += 10 {
				left += held(path, i) + held(path+"-wal", i)
			}
			if left > 0 != c.left {
				t.Errorf("%d erased values are in the files", left)
			}
		})
	}
}

func standing(rungs []connectors.Rung, name string) string {
	for _, r := range rungs {
		if r.Name == name {
			return r.State
		}
	}
	return ""
}

// held tells whether a file holds a value.
func held(path string, i int) int {
	raw, _ := os.ReadFile(path)
	return bytes.Count(raw, fmt.Appendf(nil, "qqladder%dqq", i))
}

// TestRegisteredBackups stand in the place of what the connector says of backups in general.
func TestRegisteredBackups(t *testing.T) {
	s, _, _ := source(t, nil, "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT)")
	nightly, err := connectors.ParseBackup("nightly", "35d")
	if err != nil {
		t.Fatal(err)
	}
	yearly, err := connectors.ParseBackup("yearly", "7y")
	if err != nil {
		t.Fatal(err)
	}
	s.Register([]connectors.Backup{nightly, yearly})
	ds := discover(t, s)["people"]
	var before, after []connectors.Rung
	for _, r := range s.Rungs(ds) {
		if r.Name == "backups" {
			before = append(before, r)
		}
	}
	rungs, err := s.Ladder(t.Context(), []pii.Dataset{ds})
	for _, r := range rungs {
		if r.Name == "backups" {
			after = append(after, r)
		}
	}
	if len(before) != 2 || before[0].Reached != "by-expiry" || before[0].Due != 0 || len(after) != 2 || after[0].State != connectors.RungWaiting || after[1].Due-after[0].Due < int64(2500*24*3600*1e6) {
		t.Errorf("%+v\n%+v\n%v", before, after, err)
	}
	for _, bad := range []string{"", "35", "d", "-3d", "0d", "3.5d", "35d5"} {
		if b, err := connectors.ParseBackup("x", bad); err == nil {
			t.Errorf("%q is taken for %v", bad, b.Keep)
		}
	}
}
