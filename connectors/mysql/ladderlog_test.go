package mysql_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestLadderIsWhatTheStatementLogSays searches the server's log of statements for a value that was looked for and erased, while the log is on and while it is off.
func TestLadderIsWhatTheStatementLogSays(t *testing.T) {
	d := testenv.MariaDB(t)
	h := &hard{Database: d, db: d.Open(t)}
	must(t, h.db, "CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(200), KEY (mail))")
	for i := range 20 {
		must(t, h.db, fmt.Sprintf("INSERT INTO people VALUES (%d, 'qqlogmark%dqq@example.org')", i, i))
	}
	var dir, was string
	if err := h.db.QueryRowContext(t.Context(), "SELECT @@datadir, @@general_log_file").Scan(&dir, &was); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, q := range []string{"SET GLOBAL general_log = OFF", "SET GLOBAL general_log_file = '" + was + "'"} {
			_, _ = h.db.ExecContext(context.Background(), q)
		}
	})
	h.Source = h.open(t, "rebuild", "off")
	ds := h.discover(t)["people"]
	for i, c := range []struct {
		log, state string
		held       bool
	}{{"ON", connectors.RungUnknown, true}, {"OFF", connectors.RungUnknown, false}} {
		file := filepath.Join(dir, d.Name, fmt.Sprintf("statements%d.log", i))
		must(t, h.db, "SET GLOBAL general_log = OFF")
		must(t, h.db, "SET GLOBAL general_log_file = '"+file+"'")
		must(t, h.db, "SET GLOBAL general_log = "+c.log)
		act := pii.Act{Dataset: ds, Method: pii.Delete}
		mail := pii.NewValue(fmt.Sprintf("qqlogmark%dqq@example.org", i))
		for f, err := range h.Source.Locate(t.Context(), pii.Match{Dataset: ds, Terms: []pii.Term{{Field: "mail", Mode: pii.Exact, Category: "contact.email", Values: []pii.Value{mail}}}}) {
			if err != nil {
				t.Fatal(err)
			}
			act.Targets = append(act.Targets, pii.Target{Key: f.Key, Digest: f.Digest})
		}
		h.erase(t, act)
		rungs, err := h.Source.Ladder(t.Context(), []pii.Dataset{ds})
		if err != nil {
			t.Fatal(err)
		}
		state, proof := "", ""
		for _, r := range rungs {
			if r.Name == "statement-log" {
				state, proof = r.State, r.Proof
			}
		}
		if c.log == "OFF" && !strings.Contains(proof, file) {
			t.Errorf("where what was logged may still stand is not said: %s", proof)
		}
		raw, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			testenv.Lacking(t, "server-files", "the files of the server may not be read here: "+err.Error())
		}
		if held := bytes.Contains(raw, []byte(mail.Reveal())); len(act.Targets) != 1 || state != c.state || held != c.held {
			t.Errorf("the log is %s: %d records are erased, the rung is %s, and the file holds the value: %t", c.log, len(act.Targets), state, held)
		}
	}
}
