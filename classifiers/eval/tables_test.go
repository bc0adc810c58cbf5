package eval_test

import (
	"os"
	"slices"
	"testing"

	"vestige/classifiers/eval"
)

// TestTables scores public tables with values, names shown and hidden, from the folder that VESTIGE_TABLES names, on the development and on the test
// split. The values are fetched (go run ./internal/build/schemas -tables) and not committed; without them only the names are scored.
func TestTables(t *testing.T) {
	folder := os.Getenv("VESTIGE_TABLES")
	labels, err := os.Open("testdata/tables.csv")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := eval.RealTables(labels, folder)
	if closeErr := labels.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	set, floor := newSet(t), recorded(t)
	for _, m := range eval.Modes {
		if m.Rows == 3 || m.Rows > 0 && folder == "" {
			continue
		}
		for _, split := range []string{"development", "test"} {
			mine := slices.DeleteFunc(slices.Clone(tables), func(r eval.RealTable) bool { return r.Test() != (split == "test") })
			name := split + ", " + m.Name
			r := eval.Real(set, name, mine, m)
			t.Log(&r.All)
			least, ok := floor["tables, "+name]
			if ok && (r.All.F1() < least[0]-.01 || r.All.PerMille() > least[1]+2) {
				t.Errorf("%s: F1 %.3f and %.1f false alarms in 1,000, recorded are %v", name, r.All.F1(), r.All.PerMille(), least)
			}
			harmless := eval.Real(set, name+", of nobody", slices.DeleteFunc(mine, func(r eval.RealTable) bool { return r.People() }), m)
			t.Log(&harmless.All)
			showFailures(t, name, r)
		}
	}
}

// showFailures lists what was not recognised of the split and mode that VESTIGE_EVAL names.
func showFailures(t *testing.T, name string, r *eval.Report) {
	if os.Getenv("VESTIGE_EVAL") != name {
		return
	}
	for _, s := range eval.Sorted(r.Categories) {
		t.Log(s)
	}
	for _, f := range r.Failures {
		t.Logf("FAIL %s.%s is %v, proposed %s %.2f %v", f.Application, f.Field.Field, f.Want, f.Got.Category, f.Got.Confidence, f.Got.Nats)
	}
}
