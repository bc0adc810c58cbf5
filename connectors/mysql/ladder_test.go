package mysql_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestLadderIsWhatTheTablespaceSays searches the file of a table for erased values, rebuilt and not, and compares the binary log's rung with the server's settings.
func TestLadderIsWhatTheTablespaceSays(t *testing.T) {
	d := testenv.MariaDB(t)
	h := &hard{Database: d, db: d.Open(t)}
	must(t, h.db, "CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(200), note TEXT) CHARACTER SET latin1")
	var rows []string
	for i := range 600 {
		mark := "others"
		if i%10 == 3 {
			mark = "qqladdermarkqq"
		}
		rows = append(rows, fmt.Sprintf("(%d,'%s%d@example.org','%s')", i, mark, i, strings.Repeat(mark+" ", 20)))
	}
	must(t, h.db, "INSERT INTO people VALUES "+strings.Join(rows, ","))
	var dir, logs string
	if err := h.db.QueryRowContext(t.Context(), "SELECT @@datadir, @@log_bin").Scan(&dir, &logs); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, d.Name, "people.ibd")
	held := func() int {
		must(t, h.db, "FLUSH TABLES people FOR EXPORT") // so that its pages are in the file
		must(t, h.db, "UNLOCK TABLES")
		raw, err := os.ReadFile(file)
		if err != nil {
			testenv.Lacking(t, "server-files", "the files of the server may not be read here: "+err.Error())
		}
		return bytes.Count(raw, []byte("qqladdermarkqq"))
	}
	if held() == 0 {
		t.Fatal("the search does not find what is there")
	}
	h.Source = h.open(t, "rebuild", "off")
	ds := h.discover(t)["people"]
	act := pii.Act{Dataset: ds, Method: pii.Delete}
	for i := 3; i < 600; i += 10 {
		act.Targets = append(act.Targets, pii.Target{Key: pii.Key{pii.NewValue(fmt.Sprint(i))}})
	}
	h.erase(t, act)
	h.climbs(t, h.Source, ds, connectors.RungUnknown, true, held, logs)
	h.climbs(t, h.open(t, "rebuild", "on"), ds, connectors.RungReached, false, held, logs)
}

// climbs purges and compares the rungs with the file.
func (h *hard) climbs(t *testing.T, s *connectors.Source, ds pii.Dataset, state string, left bool, held func() int, logs string) {
	t.Helper()
	if _, err := s.Purge(t.Context(), []pii.Dataset{ds}); err != nil {
		t.Fatal(err)
	}
	rungs, err := s.Ladder(t.Context(), []pii.Dataset{ds})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]connectors.Rung{}
	for _, r := range rungs {
		by[r.Name] = r
	}
	if n := held(); by["physical"].State != state || n > 0 != left {
		t.Errorf("%+v, and the file holds what was erased %d times", by["physical"], n)
	}
	if r := by["binary-log"]; (logs == "0") != (r.State == connectors.RungUnknown) {
		t.Errorf("log_bin is %s: %+v", logs, r)
	}
}
