package outsider_test

import (
	"strings"
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

// perfect erases by the truth and asks the judge.
func perfect(t *testing.T, e *eraser, people ...company.Person) {
	t.Helper()
	e.t, e.pack, e.skip = t, true, func(*company.Record) bool { return false }
	before := take(t, e.c)
	e.erase(people...)
	r := outsider.Judge(before, take(t, e.c), e.c.Truth, people)
	if r.Recall != 1 || len(r.Left) > 0 || len(r.Collateral) > 0 || r.Fragments < 20*len(people) {
		t.Errorf("seed %d", e.c.Options.Seed)
		show(t, r)
	}
}

func TestTheIdealErasureIsPerfect(t *testing.T) {
	for seed := range uint64(20) {
		c := generate(t, company.Options{Seed: seed})
		perfect(t, &eraser{c: c}, c.Walk)
	}
}

func TestAnotherChoiceIsAsGood(t *testing.T) {
	for seed := range uint64(6) {
		c := generate(t, company.Options{Seed: seed, People: 60})
		perfect(t, &eraser{c: c, gentle: true}, c.Walk)
	}
}

// Of a couple, of two buyers, of sender and recipient both may go.
func TestManyAtOnce(t *testing.T) {
	for seed := range uint64(4) {
		c := generate(t, company.Options{Seed: seed, People: 60})
		var people []company.Person
		for i := range 60 {
			if i%3 > 0 || company.Person(i) == c.Walk {
				people = append(people, company.Person(i))
			}
		}
		perfect(t, &eraser{c: c}, people...)
	}
}

func TestAnybody(t *testing.T) {
	for i := range 12 {
		c := generate(t, company.Options{Seed: 9, People: 60})
		perfect(t, &eraser{c: c}, company.Person(i))
	}
}

func TestNothingDoneIsNothingGone(t *testing.T) {
	c := generate(t, company.Options{Seed: 2, People: 60})
	r := outsider.Judge(take(t, c), take(t, c), c.Truth, []company.Person{c.Walk})
	if r.Recall != 0 || r.Gone != 0 || len(r.Left) < 50 || len(r.Collateral) > 0 {
		show(t, r)
		t.Error("an erasure that did not happen was believed")
	}
	for _, l := range r.Left {
		if strings.Contains(l, c.Truth.Subjects[c.Walk].Start.Value) {
			t.Error("a finding holds a value")
		}
	}
}
