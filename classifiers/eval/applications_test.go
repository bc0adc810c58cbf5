package eval_test

import (
	"os"
	"testing"

	"vestige/classifiers/eval"
)

// TestApplications scores the names of columns of real applications, on the development and on the test split.
func TestApplications(t *testing.T) {
	apps, err := eval.Applications(os.DirFS("testdata/applications"))
	if err != nil {
		t.Fatal(err)
	}
	late, err := eval.Applications(os.DirFS("testdata/late"))
	if err != nil {
		t.Fatal(err)
	}
	split := [3][]eval.Application{2: late}
	for _, a := range apps {
		i := 0
		if a.Test() {
			i = 1
		}
		split[i] = append(split[i], a)
	}
	set, floor := newSet(t), recorded(t)
	for i, name := range []string{"development", "test", "late"} {
		r := eval.Names(set, name, split[i])
		t.Log(&r.All)
		figures := map[string]*eval.Tally{name: &r.All, name + ", English": r.Languages["English"], name + ", other languages": r.Languages["other languages"]}
		for what, s := range figures {
			least, ok := floor["names of applications, "+what]
			if !ok || s.F1() < least[0]-.01 || s.PerMille() > least[1]+2 {
				t.Errorf("%s: F1 %.3f and %.1f false alarms in 1,000, recorded are %v", what, s.F1(), s.PerMille(), least)
			}
		}
		for _, s := range eval.Sorted(r.Languages) {
			t.Log(s)
		}
		showFailures(t, name, r)
	}
}
