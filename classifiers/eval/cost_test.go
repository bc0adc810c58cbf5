package eval_test

import (
	"os"
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/eval"
	"vestige/policies"
)

// TestCost has the labelled schemas proposed by the stated cost of a miss. The threshold that follows from it must lose less than one half does, on applications
// that the doubt was fitted to and on those that it never saw; else the probabilities are not what the rule takes them for.
func TestCost(t *testing.T) {
	set := newSet(t)
	schemas, err := eval.Applications(os.DirFS("testdata/applications"))
	if err != nil {
		t.Fatal(err)
	}
	late, err := eval.Applications(os.DirFS("testdata/late"))
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string][]eval.Application{"late": late}
	for _, a := range schemas {
		split := map[bool]string{true: "test", false: "development"}[a.Test()]
		sets[split] = append(sets[split], a)
	}
	cost := policies.Default().Cost
	half := policies.Cost{Miss: 1}
	for split, apps := range sets {
		stated, even := lost(set, apps, cost), lost(set, apps, half)
		t.Logf("%-12s proposed at .5: %d alarms, %d misses, lost %.0f; at the threshold of a cost of %g, %.3f: %d alarms, %d misses, lost %.0f", split,
			even.alarms, even.misses, even.cost(cost.Miss), cost.Miss, cost.Threshold("contact"), stated.alarms, stated.misses, stated.cost(cost.Miss))
		if stated.cost(cost.Miss) >= even.cost(cost.Miss) {
			t.Errorf("%s: the threshold of the stated cost loses %.0f, one half loses %.0f", split, stated.cost(cost.Miss), even.cost(cost.Miss))
		}
	}
}

// losses counts mistakes over fields on which the labels are of one mind.
type losses struct{ alarms, misses int }

func (l losses) cost(miss float64) float64 { return float64(l.alarms) + miss*float64(l.misses) }

func lost(set *classifiers.Set, apps []eval.Application, cost policies.Cost) (l losses) {
	for _, a := range apps {
		for _, table := range a.Tables {
			for i, p := range set.Table(table.Dataset, nil) {
				label := table.Labels[i]
				_, put := cost.Proposes(p)
				switch {
				case put && label.Harmless() && len(label) == 1:
					l.alarms++
				case !put && label.Personal():
					l.misses++
				}
			}
		}
	}
	return l
}
