package eval_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/pii"
)

// TestNames scores names and types alone over fields of usual platforms and languages. The list was at hand when the words were written: it tells
// when something that was known is lost, and nothing of schemas that nobody has seen.
func TestNames(t *testing.T) {
	set, floor := newSet(t), recorded(t)["names of platforms"]
	f, err := os.Open("testdata/names.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	right, wrong, missed, alarms := 0, 0, 0, 0
	for _, table := range tablesOf(rows[1:]) {
		for i, p := range set.Table(table.dataset, nil) {
			got := p.Category
			if !got.Personal() || p.Confidence < .5 {
				got = "none"
			}
			switch want := table.labels[i]; {
			case got == want && want != "none":
				right++
			case got == want:
			case want == "none":
				wrong, alarms = wrong+1, alarms+1
				t.Logf("%s is proposed %s: %v", p.Field.Field, got, p.Nats)
			default:
				missed++
				if got != "none" {
					wrong++
				}
				t.Logf("%s is %s, proposed %s at %.2f: %v", p.Field.Field, want, p.Category, p.Confidence, p.Nats)
			}
		}
	}
	f1 := float64(2*right) / float64(2*right+wrong+missed)
	t.Logf("names of platforms: F1 %.3f, %d right, %d wrong, %d missed, %d false alarms", f1, right, wrong, missed, alarms)
	if f1 < floor[0]-.01 || float64(alarms) > floor[1] {
		t.Errorf("F1 %.3f with %d false alarms, recorded are %v", f1, alarms, floor)
	}
}

type labelled struct {
	dataset *pii.Dataset
	labels  []pii.Category
}

// tablesOf puts rows of one dataset together.
func tablesOf(rows [][]string) (out []*labelled) {
	by := map[string]*labelled{}
	for _, r := range rows {
		if by[r[0]] == nil {
			by[r[0]] = &labelled{dataset: &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: r[0]}}}
			out = append(out, by[r[0]])
		}
		d := by[r[0]].dataset
		f := pii.Field{Name: r[1], Column: r[1], Type: classifiers.TypeOf(r[2]), Native: r[2]}
		if column, path, ok := strings.Cut(r[1], "."); ok {
			f.Column, f.Path = column, path
		}
		d.Fields = append(d.Fields, f)
		by[r[0]].labels = append(by[r[0]].labels, pii.Category(r[3]))
	}
	return out
}
