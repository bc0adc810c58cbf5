package scanner_test

import (
	"fmt"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
	"vestige/scanner"
)

// TestSorts relates a log that has numbers of two tables in one field, and in another one of which: once by the table's name, once by a word of the application's own.
func TestSorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users("users", 200)
	w.sys.Create(memory.Table{Name: "orders", Key: []string{"no"}, Fields: []pii.Field{number("no"), number("total")}})
	w.sys.Create(memory.Table{Name: "log", Key: []string{"nr"}, Fields: []pii.Field{number("nr"), {Name: "entity", Column: "entity", Type: pii.Text}, number("ref_no")}})
	for i := range 100 {
		w.sys.Insert("orders", [][]byte{fmt.Appendf(nil, "%d", 52_000+i), []byte("7")})
		w.sys.Insert("log", [][]byte{fmt.Appendf(nil, "%d", 900_000+2*i), []byte("Orders"), fmt.Appendf(nil, "%d", 52_000+i)})
		w.sys.Insert("log", [][]byte{fmt.Appendf(nil, "%d", 900_001+2*i), []byte("party"), fmt.Appendf(nil, "%d", 52_000+37*i)})
	}
	w.scan(scanner.Options{})
	w.scanner.Sources = func(string) *connectors.Source { return w.source }
	_, err := w.scanner.Relate(t.Context())
	w.must(err)
	g, err := w.catalog.Graph(t.Context())
	w.must(err)
	got := map[string]string{}
	for _, e := range g.Edges {
		if e.From.Dataset == "log" && e.When != nil {
			got[e.To.Dataset] = fmt.Sprint(e.When.Field, e.When.Values)
		}
	}
	if len(got) != 2 || got["orders"] != "entity[orders]" || got["users"] != "entity[party]" {
		t.Errorf("numbers of two tables in one field refer to %v", got)
	}
}
