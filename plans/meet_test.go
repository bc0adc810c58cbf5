package plans_test

import (
	"fmt"
	"testing"

	"vestige/connectors/memory"
	"vestige/pii"
	"vestige/plans"
)

// TestMeet plans four people at once of whom the first two have one contract together and the last three another: the second is left to a request of her own, and
// of the other two, who still meet each other, only one is planned.
func TestMeet(t *testing.T) {
	e := newEstate(40, "")
	fields := []pii.Field{field("id", pii.Int, true), field("amount", pii.Float, false)}
	var refs []pii.Reference
	for _, name := range []string{"holder_id", "second_holder_id", "third_holder_id"} {
		fields = append(fields, field(name, pii.Int, false))
		refs = append(refs, pii.Reference{To: pii.Ref{Dataset: "customers"}, Fields: []string{name}, ToFields: []string{"id"}, OnDelete: pii.Restrict})
	}
	e.shop.Create(memory.Table{Name: "contracts", Fields: fields, Key: []string{"id"}, References: refs})
	e.shop.Insert("contracts", row(600_001, 10, idOf(11), idOf(12), nil))
	e.shop.Insert("contracts", row(600_002, 20, idOf(12), idOf(13), idOf(14)))
	for i := 20; i < 38; i++ {
		e.shop.Insert("contracts", row(600_000+i, i, idOf(i), idOf(i+1), idOf(i+2)))
	}
	w := newWorld(t, e.sources()...)
	ask := plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, By: "olga"}
	for i := 11; i <= 14; i++ {
		ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}})
	}
	s, err := w.engine.Plan(t.Context(), ask)
	w.must(err)
	if got := fmt.Sprint(s.Open.Batch.Left); got != "[{2 entangled} {4 entangled}]" || s.Open.Batch.Planned != 2 {
		t.Errorf("planned are %d, left %s", s.Open.Batch.Planned, got)
	}
}
