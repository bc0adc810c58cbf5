package outsider_test

import (
	"testing"

	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
)

func take(t *testing.T, c *company.Company) *outsider.Snapshot {
	t.Helper()
	s, err := outsider.Take(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func show(t *testing.T, r outsider.Report) {
	t.Helper()
	t.Logf("%d fragments, %d gone, recall %.4f", r.Fragments, r.Gone, r.Recall)
	for i, l := range append(r.Left, r.Collateral...) {
		if i < 40 {
			t.Log(l)
		}
	}
}

func TestTheIdealErasureIsPerfect(t *testing.T) {
	for seed := range uint64(20) {
		c := generate(t, company.Options{Seed: seed})
		before := take(t, c)
		erase(t, c, c.Walk)
		r := outsider.Judge(before, take(t, c), c.Truth, []company.Person{c.Walk})
		if r.Recall != 1 || len(r.Left) > 0 || len(r.Collateral) > 0 || r.Fragments < 100 {
			t.Errorf("seed %d", seed)
			show(t, r)
		}
	}
}
