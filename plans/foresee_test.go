package plans_test

import (
	"slices"
	"testing"

	"vestige/pii"
	"vestige/plans"
)

// TestForeseen has the systems' own count beside what was located in every step that changes something, approved with the plan.
func TestForeseen(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	s := w.plan(plans.Erasure, mailOf(her))
	for _, st := range s.Open.Steps {
		if st.Method != pii.Retain && (st.Dry == nil || *st.Dry != st.Records) {
			t.Errorf("step %s at %s: located %d, the system counts %v", st.ID, st.Dataset, st.Records, st.Dry)
		}
	}
	if len(s.Open.Steps) == 0 || plans.HashOf(&s.Open) != s.Hash {
		t.Error("the hash that is approved does not cover what was foreseen")
	}
}

// TestEffectsAreApproved has the system do by itself what was not in the approved plan, and more of what was.
func TestEffectsAreApproved(t *testing.T) {
	n := int64(5)
	with := func(es ...pii.Effect) *plans.Open {
		return &plans.Open{Tolerance: plans.Tolerance{Percent: 10, AtLeast: 2}, Steps: []plans.Step{{ID: "s01", Dataset: refOf("a"), Method: pii.Delete, Records: n, Dry: &n, Effects: es}}}
	}
	effect := func(table string, records int64) pii.Effect {
		return pii.Effect{Dataset: refOf(table), Method: pii.Delete, Records: records}
	}
	for name, c := range map[string]struct {
		was, is *plans.Open
		want    []string
	}{
		"the same":      {with(effect("b", 5)), with(effect("b", 5)), nil},
		"a few more":    {with(effect("b", 5)), with(effect("b", 7)), nil},
		"fewer":         {with(effect("b", 50)), with(effect("b", 5)), nil},
		"many more":     {with(effect("b", 5)), with(effect("b", 8)), []string{"effect"}},
		"another":       {with(effect("b", 5)), with(effect("b", 5), effect("c", 1)), []string{"effect-new"}},
		"none foreseen": {with(), with(effect("b", 1)), []string{"effect-new"}},
	} {
		var got []string
		for _, d := range plans.Beyond(plans.Diff(c.was, c.is)) {
			got = append(got, d.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v is beyond the approval, want %v", name, got, c.want)
		}
	}
}
