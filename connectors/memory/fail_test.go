package memory_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/internal/errkind"
	"vestige/pii"
)

// shop is a system with one table of two records.
func shop(f memory.Faults) *memory.System {
	sys := memory.New(f)
	sys.Create(memory.Table{Name: "users", Key: []string{"id"}, Fields: []pii.Field{
		{Name: "id", Column: "id", Type: pii.Int}, {Name: "mail", Column: "mail", Type: pii.Text},
	}})
	sys.Insert("users", [][]byte{[]byte("1"), []byte("ann@example.com")}, [][]byte{[]byte("2"), []byte("bob@example.com")})
	return sys
}

func open(t *testing.T, sys *memory.System) *connectors.Source {
	t.Helper()
	s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", sys.Spec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// last gives the number of datasets and the error that discovering ends with.
func last(s *connectors.Source) (n int, err error) {
	for _, e := range s.Discover(context.Background()) {
		if e != nil {
			return n, e
		}
		n++
	}
	return n, nil
}

func TestPlantedErrorsComeInTheirOrder(t *testing.T) {
	down := errkind.New(errkind.Transient, "the system is down")
	sys := shop(memory.Faults{Fail: map[string][]error{"Discover": {down, nil, down}, "Profile": {down}}})
	s := open(t, sys)
	for i, want := range []bool{true, false, true, false} {
		n, err := last(s)
		if failed := errors.Is(err, down); failed != want || (!failed && n != 1) {
			t.Errorf("call %d gives %d datasets and the error %v", i, n, err)
		}
	}
	if left := sys.Exhausted(); !slices.Equal(left, []string{"Profile"}) {
		t.Errorf("the errors of %q were not met, want those of Profile", left)
	}
	sys.FailNext("Discover", down)
	if _, err := last(s); errkind.Of(err) != errkind.Transient {
		t.Errorf("an error that is planted later gives %v", err)
	}
}

func TestErrorBeforeErasingChangesNothing(t *testing.T) {
	sys := shop(memory.Faults{Fail: map[string][]error{"Erase": {errkind.New(errkind.Transient, "the system is down")}}})
	s := open(t, sys)
	ds := pii.Dataset{}
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ds = d
	}
	u := pii.Unit{ID: "u", Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}}}}
	if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Transient || len(sys.Rows("users")) != 2 {
		t.Errorf("the first try ends with %v and %d records", err, len(sys.Rows("users")))
	}
	if _, err := s.Erase(t.Context(), u); err != nil || len(sys.Rows("users")) != 1 {
		t.Errorf("the second try ends with %v and %d records", err, len(sys.Rows("users")))
	}
}
