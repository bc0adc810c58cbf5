package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/pii"
)

// said is a query with what it means, told by looking at every field.
type said struct {
	text string
	of   func(catalog.Entry) bool
}

// TestSearchFindsWhatLookingAtAllFinds asks made-up queries of a made-up catalog, and compares what is found with what is found by looking at every field.
func TestSearchFindsWhatLookingAtAllFinds(t *testing.T) {
	b := open(t)
	r := rand.New(rand.NewPCG(5, 9)) //nolint:gosec // the same fields each time
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for i := range 40 {
		var fields []string
		for j := range 1 + r.IntN(6) {
			fields = append(fields, fmt.Sprintf("%s_%s_%d %s .%d %s", pick("mail", "name", "phone", "total"), pick("home", "work", "old"), j, pick("contact.email", "contact.phone", "identity.name", "none.key", "-"), 1+r.IntN(9), pick("text", "int", "json")))
		}
		b.put(fmt.Sprintf("%s/%s.%s_%d", pick("shop", "crm", "etl"), pick("raw", "core"), pick("users", "orders", "mail"), i), fields...)
	}
	all, err := b.Proposals(b.ctx, catalog.Filter{})
	b.must(err)
	for range 400 {
		q := query(r, 3)
		var want []string
		for _, e := range all {
			if q.of(e) {
				want = append(want, e.Ref.String())
			}
		}
		got := strings.Fields(b.names(q.text))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s finds %d fields, and %d by looking at all:\n%v\n%v", q.text, len(got), len(want), got, want)
		}
	}
}

// query makes a query of some depth.
func query(r *rand.Rand, deep int) said {
	if deep == 0 || r.IntN(3) == 0 {
		return atom(r)
	}
	x, y := query(r, deep-1), query(r, deep-1)
	switch r.IntN(3) {
	case 0:
		return said{"-(" + x.text + ")", func(e catalog.Entry) bool { return !x.of(e) }}
	case 1:
		return said{"(" + x.text + " OR " + y.text + ")", func(e catalog.Entry) bool { return x.of(e) || y.of(e) }}
	}
	return said{"(" + x.text + " " + y.text + ")", func(e catalog.Entry) bool { return x.of(e) && y.of(e) }}
}

func atom(r *rand.Rand) said {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("_./", c) })
	}
	switch r.IntN(8) {
	case 0:
		v := pick("contact", "contact.email", "identity", "none")
		return said{"category:" + v, func(e catalog.Entry) bool { return e.Category != "" && pii.Category(v).Covers(e.Category) }}
	case 1:
		v := pick("shop", "crm", "etl", "nowhere")
		return said{"source:" + v, func(e catalog.Entry) bool { return e.Ref.Source == v }}
	case 2:
		v := pick("text", "int", "json", "time")
		return said{"type:" + v, func(e catalog.Entry) bool { return string(e.Type) == v }}
	case 3:
		v := float64(r.IntN(10)) / 10
		return said{fmt.Sprintf("conf:>=%.1f", v), func(e catalog.Entry) bool { return e.Confidence > v-.0001 }}
	case 4:
		v := pick("mail", "name", "work", "old")
		return said{"field:" + v, func(e catalog.Entry) bool { return slices.Contains(words(e.Ref.Field), v) }}
	case 5:
		v := pick("mail", "ma", "na", "tot")
		return said{"name:" + v + "*", func(e catalog.Entry) bool { return strings.HasPrefix(e.Ref.Field, v) }}
	case 6:
		v := pick("proposed", "clean", "unexamined")
		return said{"is:" + v, func(e catalog.Entry) bool { return string(e.State) == v }}
	}
	v := pick("mail", "users", "raw", "shop", "phone", "nothing")
	return said{v, func(e catalog.Entry) bool {
		return slices.Contains(words(e.Ref.Field+"/"+e.Ref.Dataset+"/"+e.Ref.Source), v)
	}}
}
