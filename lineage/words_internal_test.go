package lineage

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"customer_id": {"customer", "id"}, "customerId": {"customer", "id"}, "CUSTOMER_ID": {"customer", "id"}, "cust2addr": {"cust", "addr"}, "main.users": {"main", "users"},
		"orders/2024-{}.csv": {"orders", "csv"}, "Käufer_Nr": {"kaeufer", "nr"}, "straße": {"strasse"}, "": nil, "__": nil, "x": {"x"},
	} {
		if got := words(name); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestSameWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"user", "users", true}, {"company", "companies", true}, {"address", "addresses", true}, {"kunde", "kunden", true}, {"customer", "custom", true}, {"cust", "customer", false},
		{"user", "uses", false}, {"order", "orders", true}, {"id", "ids", false}, {"card", "cart", false},
	} {
		if sameWord(c.a, c.b) != c.same || sameWord(c.b, c.a) != c.same {
			t.Errorf("%s, %s: %v", c.a, c.b, !c.same)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	const moment = 1_577_934_245_000_000 // 2020-01-02 03:04:05
	for s, want := range map[string]int64{
		"2020-01-02T03:04:05Z": moment, "2020-01-02 03:04:05": moment, "02.01.2020 03:04:05": moment, "1577934245": moment, "1577934245000": moment, "1577934245000000": moment,
		"2020-01-02": 1_577_923_200_000_000, "02.01.2020": 1_577_923_200_000_000,
		"": 0, "4711": 0, "12345678": 0, "hello world": 0, "99999999999999999": 0, "2020-13-02": 0,
	} {
		if got, ok := parseTime(s); ok != (want != 0) || ok && got != want {
			t.Errorf("%q: %d, %v", s, got, ok)
		}
	}
}
