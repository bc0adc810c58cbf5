package mysql_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestLadderIsWhatTheBinaryLogSays searches the files of a server for a value whose row was erased, with a binary log, after that was purged, and without one.
func TestLadderIsWhatTheBinaryLogSays(t *testing.T) {
	const mail = "qqbinlogmarkqq@example.org"
	for _, with := range []bool{true, false} {
		server := testenv.MariaDB
		if with {
			server = testenv.FoldingMariaDB
		}
		d := server(t)
		h := &hard{Database: d, db: d.Open(t)}
		must(t, h.db, "CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(200)); INSERT INTO people VALUES (1, '"+mail+"'), (2, 'other@example.org')")
		var dir string
		if err := h.db.QueryRowContext(t.Context(), "SELECT @@datadir").Scan(&dir); err != nil {
			t.Fatal(err)
		}
		h.Source = h.open(t)
		ds := h.discover(t)["people"]
		h.erase(t, pii.Act{Dataset: ds, Method: pii.Delete, Targets: targets(h.locate(t, ds, "mail", mail))})
		climbed := func(state string, held bool) {
			t.Helper()
			rungs, err := h.Source.Ladder(t.Context(), []pii.Dataset{ds})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rungs {
				if got := inBinaryLog(t, dir, mail); r.Name == "binary-log" && (r.State != state || got != held || (r.Due > 0) != with) {
					t.Errorf("with a binary log %t: %+v, and it holds the value: %t", with, r, got)
				}
			}
		}
		if !with {
			climbed(connectors.RungUnknown, false)
			continue
		}
		climbed(connectors.RungWaiting, true)
		must(t, h.db, "FLUSH BINARY LOGS")
		var last, do, ignore string
		var size int64
		if err := h.db.QueryRowContext(t.Context(), "SHOW MASTER STATUS").Scan(&last, &size, &do, &ignore); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < 300 && inBinaryLog(t, dir, mail); n++ { // a file goes when the engine has written down what it would need it for
			must(t, h.db, "DO SLEEP(0.1); PURGE BINARY LOGS TO '"+last+"'")
		}
		climbed(connectors.RungWaiting, false)
	}
}

// inBinaryLog tells whether one of the binary logs of a server holds a text.
func inBinaryLog(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*bin*.[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			testenv.Lacking(t, "server-files", "the files of the server may not be read here: "+err.Error())
		}
		if bytes.Contains(raw, []byte(text)) {
			return true
		}
	}
	return false
}
