package relational_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/pii"
)

// shelf is a system of tables whose values are strings, the first column the key. It counts how often it is asked.
type shelf struct {
	tables map[string]*relational.Table
	rows   map[string][][]relational.Value
	asked  int
}

func (s *shelf) Table(_ context.Context, d pii.Dataset) (*relational.Table, error) {
	return s.tables[d.Ref.Dataset], nil
}

func (s *shelf) Children(_ context.Context, t *relational.Table) (out []relational.Reference, _ error) {
	for _, name := range []string{"people", "orders"} {
		for _, r := range s.tables[name].References {
			if r.Parent == t.Dataset {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func (s *shelf) row(t *relational.Table, values []relational.Value) relational.Row {
	key := pii.Key{pii.NewValue(values[0].(string))}
	return relational.Row{Values: values, Key: key, Digest: s.Digest(t, values), ID: key.ID()}
}

func (s *shelf) Keyed(_ context.Context, t *relational.Table, keys []pii.Key) (out []relational.Row, _ error) {
	s.asked++
	want := map[string]bool{}
	for _, k := range keys {
		want[k.ID()] = true
	}
	for _, values := range s.rows[t.Dataset] {
		if r := s.row(t, values); want[r.ID] {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *shelf) Where(_ context.Context, t *relational.Table, columns []string, tuples [][]relational.Value) (out []relational.Row, _ error) {
	s.asked++
	want := map[string]bool{}
	for _, tuple := range tuples {
		want[fmt.Sprintf("%q", tuple)] = true
	}
	for _, values := range s.rows[t.Dataset] {
		var tuple []relational.Value
		for _, c := range columns {
			tuple = append(tuple, values[t.Place(c)])
		}
		if want[fmt.Sprintf("%q", tuple)] {
			out = append(out, s.row(t, values))
		}
	}
	return out, nil
}

func (s *shelf) Digest(_ *relational.Table, values []relational.Value) pii.Digest {
	return sha256.Sum256(fmt.Appendf(nil, "%q", values))
}

func (s *shelf) Text(_ *relational.Column, v relational.Value) []byte {
	if v == nil {
		return nil
	}
	return []byte(v.(string))
}

func (s *shelf) Store(_ *relational.Column, _ relational.Value, text []byte) (relational.Value, error) {
	return string(text), nil
}

func (s *shelf) Fold(_ *relational.Column, v relational.Value) string { return v.(string) }

func (s *shelf) Triggers(context.Context, *relational.Table) ([]string, error) { return nil, nil }

// library has people, of whom one may be the boss of another, and their orders.
func library(people int, onDelete, onUpdate pii.Action, deferred bool) *shelf {
	s := &shelf{tables: map[string]*relational.Table{}, rows: map[string][][]relational.Value{}}
	for name, columns := range map[string][]string{"people": {"id", "mail", "boss"}, "orders": {"no", "of"}} {
		t := &relational.Table{Dataset: name, Key: columns[:1], Unique: []relational.Unique{{Columns: columns[:1]}}}
		for _, c := range columns {
			t.Columns = append(t.Columns, relational.Column{Name: c, NotNull: c == columns[0]})
		}
		s.tables[name] = t
	}
	p, o := s.tables["people"], s.tables["orders"]
	p.Unique = append(p.Unique, relational.Unique{Columns: []string{"mail"}})
	p.References = []relational.Reference{{Child: "people", Parent: "people", From: []string{"boss"}, To: []string{"id"}, OnDelete: pii.NoAction, OnUpdate: pii.NoAction, Deferred: true, Indexed: true}}
	o.References = []relational.Reference{{Child: "orders", Parent: "people", From: []string{"of"}, To: []string{"id"}, OnDelete: onDelete, OnUpdate: onUpdate, Deferred: deferred, Indexed: true}}
	for i := range people {
		id := fmt.Sprintf("p%d", i)
		s.rows["people"] = append(s.rows["people"], []relational.Value{id, fmt.Sprintf("person%d@example.com", i), nil})
		s.rows["orders"] = append(s.rows["orders"], []relational.Value{fmt.Sprintf("o%d", i), id})
	}
	return s
}

func act(table string, m pii.Method, targets ...pii.Target) pii.Act {
	return pii.Act{Dataset: pii.Dataset{Ref: pii.Ref{Source: "shop", Dataset: table}}, Method: m, Targets: targets}
}

func target(id string, changes ...pii.Change) pii.Target {
	return pii.Target{Key: pii.Key{pii.NewValue(id)}, Changes: changes}
}

func change(field, to string) pii.Change { return pii.Change{Field: field, New: pii.NewValue(to)} }

// look gives the counts of what a unit would meet, by code and dataset.
func look(t *testing.T, s *shelf, acts ...pii.Act) map[string]int64 {
	t.Helper()
	got, err := relational.NewWorld(s, "shop", "the shelf").Check(t.Context(), pii.Unit{Acts: acts})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, f := range got {
		out[f.Code+" "+f.Dataset.Dataset] += f.Records
	}
	return out
}

func TestManyTargetsAreAskedForInPortions(t *testing.T) {
	const n = 4000
	s := library(n, pii.Cascade, pii.Cascade, false)
	a := act("people", pii.Delete)
	for i := range n {
		a.Targets = append(a.Targets, target(fmt.Sprintf("p%d", i)))
	}
	got := look(t, s, a)
	if got[connectors.FindingAffected+" people"] != n || got[connectors.FindingCascade+" orders"] != n {
		t.Errorf("deleting %d people with an order each meets %v", n, got)
	}
	if most := 3*n/relational.Portion + 4; s.asked > most {
		t.Errorf("the system is asked %d times, want %d at most", s.asked, most)
	}
}

func TestActionsOnDeletion(t *testing.T) {
	for action, want := range map[pii.Action]string{pii.Cascade: "cascade orders", pii.SetNull: "cascade orders", pii.Restrict: "referred-to orders", pii.NoAction: "referred-to orders"} {
		got := look(t, library(3, action, pii.NoAction, false), act("people", pii.Delete, target("p1")))
		if got[want] != 1 {
			t.Errorf("on delete %s: %v, want one %s", action, got, want)
		}
	}
}

func TestKeyAndReferenceChangeInOneUnit(t *testing.T) {
	s := library(3, pii.NoAction, pii.NoAction, true)
	person, order := act("people", pii.Pseudonymise, target("p1", change("id", "x"))), act("orders", pii.Pseudonymise, target("o1", change("of", "x")))
	for _, unit := range [][]pii.Act{{person, order}, {order, person}} {
		if got := look(t, s, unit...); got["constraint orders"] != 0 || got["referred-to orders"] != 0 {
			t.Errorf("a deferred reference that follows its key meets %v", got)
		}
	}
	if got := look(t, s, person); got["referred-to orders"] != 1 {
		t.Errorf("a key that is left alone meets %v", got)
	}
	if got := look(t, s, order); got["constraint orders"] != 1 {
		t.Errorf("a reference to nobody meets %v", got)
	}
}

func TestUniqueValuesOfOthersAndOfEachOther(t *testing.T) {
	s := library(4, pii.Cascade, pii.Cascade, false)
	for name, c := range map[string]struct {
		acts []pii.Act
		want int64
	}{
		"another's value":        {[]pii.Act{act("people", pii.Pseudonymise, target("p0", change("mail", "person1@example.com")))}, 1},
		"one for two":            {[]pii.Act{act("people", pii.Pseudonymise, target("p0", change("mail", "x")), target("p1", change("mail", "x")))}, 1},
		"one of its own":         {[]pii.Act{act("people", pii.Pseudonymise, target("p0", change("mail", "x")), target("p1", change("mail", "y")))}, 0},
		"of one who went before": {[]pii.Act{act("people", pii.Delete, target("p1")), act("people", pii.Pseudonymise, target("p0", change("mail", "person1@example.com")))}, 0},
		"left by an earlier act": {[]pii.Act{act("people", pii.Pseudonymise, target("p1", change("mail", "y"))), act("people", pii.Pseudonymise, target("p0", change("mail", "person1@example.com")))}, 0},
	} {
		if got := look(t, s, c.acts...); got["constraint people"] != c.want {
			t.Errorf("%s meets %v, want %d constraints", name, got, c.want)
		}
	}
}

func TestRowsThatReferToOthersGoFirst(t *testing.T) {
	s := library(5, pii.Cascade, pii.Cascade, false)
	for child, boss := range map[int]string{1: "p0", 2: "p1", 3: "p4", 4: "p3"} {
		s.rows["people"][child][2] = boss
	}
	p, err := relational.NewWorld(s, "shop", "the shelf").Plan(t.Context(), act("people", pii.Delete, target("p0"), target("p1"), target("p2"), target("p3"), target("p4")))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range p.Rows {
		order = append(order, r.Values[0].(string))
	}
	if want := []string{"p2", "p1", "p0", "p3", "p4"}; !slices.Equal(order, want) || p.Knot != 3 {
		t.Errorf("the rows go in the order %q with a circle from %d, want %q from 3", order, p.Knot, want)
	}
}
