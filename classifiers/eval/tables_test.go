package eval_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/pii"
)

// TestTables proposes for the CSV files of the folder that VESTIGE_TABLES names, names shown and hidden, and lists what is taken for personal: over
// public statistics each of them is a false alarm to be read.
func TestTables(t *testing.T) {
	folder := os.Getenv("VESTIGE_TABLES")
	if folder == "" {
		t.Skip("VESTIGE_TABLES names no folder")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	set := newSet(t)
	for _, hidden := range []bool{false, true} {
		columns, found := 0, 0
		for _, name := range files {
			rows := readTable(t, name)
			if len(rows) < 3 {
				continue
			}
			for i, p := range proposeTable(set, name, rows, hidden) {
				columns++
				if p.Category.Personal() {
					found++
					t.Logf("%s.%s (hidden %v) is proposed %s at %.2f: %v %v", filepath.Base(name), rows[0][i], hidden, p.Category, p.Confidence, p.Contains, p.Nats)
				}
			}
		}
		t.Logf("hidden %v: %d of %d columns of %d tables are proposed", hidden, found, columns, len(files))
	}
}

func readTable(t *testing.T, name string) [][]string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Logf("%s is left out: it is no CSV", filepath.Base(name))
		return nil
	}
	return rows
}

func proposeTable(set *classifiers.Set, name string, rows [][]string, hidden bool) []pii.Proposal {
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: strings.TrimSuffix(filepath.Base(name), ".csv")}}
	if hidden {
		d.Ref.Dataset = "t"
	}
	for i, n := range rows[0] {
		if hidden {
			n = fmt.Sprintf("c%d", i)
		}
		d.Fields = append(d.Fields, pii.Field{Name: n, Column: n, Type: pii.Text})
	}
	return set.Table(d, func(field int, yield func([]byte)) {
		for _, r := range rows[1:] {
			if field < len(r) {
				yield([]byte(r[field]))
			}
		}
	})
}
