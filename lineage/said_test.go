package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

func given(cat pii.Category, value string) pii.Identifier {
	return pii.Identifier{Category: cat, Value: pii.NewValue(value)}
}

var (
	named     = given("identity.name", "ann lee")
	born      = given("demographic.birth_date", "1980-02-03")
	shared    = given("contact.phone", "+12025550100")
	annsBirth = []pii.Identifier{named, born}
)

// wards is a hospital in which nobody needs an address: patients, what was done for them, and a laboratory that knows them by name and date of birth alone.
func wards(e *estate) *table {
	tb := e.table("ward/patients", "id identity.number int", "last identity.family_name", "first identity.given_name", "born demographic.birth_date", "email contact.email").
		add(1, "Lee", "Ann", "1980-02-03", "ann@example.com").add(2, "Ray", "Bob", "1980-02-03", "bob@example.com").add(3, "Lee", "Ann", "1991-02-03", "lee@example.org").add(4, "Lee", "Cy", "1980-02-03", nil)
	crowd(tb, 8, func(i int) []any { return []any{i, "Fox", "Di", "1970-01-01", fmt.Sprintf("u%d@example.net", i)} })
	e.table("ward/visits", "id none.key int", "patient_id identity.number int >ward/patients.id").add(11, 1).add(12, 2).add(13, 3).add(14, 4)
	e.table("lab/results", "id none.key int", "name identity.name", "born demographic.birth_date").add(1, "LEE, ANN", "1980-02-03").add(2, "Lee, Ann", "1991-02-03").add(3, "Ray, Bob", "1980-02-03")
	return tb
}

const whomID = "q-several-people"

// TestSaid closes from what is given of a person besides identifiers, or in their place.
func TestSaid(t *testing.T) {
	t.Parallel()
	family := func(e *estate) *table {
		tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone", "born demographic.birth_date").
			add(1, users1, "Ann Lee", "+12025550100", "1980-02-03").add(2, "bob@example.com", "Bob Lee", "+12025550100", "1979-01-01")
		crowd(tb, 8, func(i int) []any {
			return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", fmt.Sprintf("+120255501%02d", i%90+10), "1970-01-01"}
		})
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id").add(1, 1).add(2, 2)
		return tb
	}
	heir := func(e *estate) {
		wards(e)
		tb := e.table("ward/proxies", "id none.key int", "patient_id identity.number int >ward/patients.id", "name identity.name", "born demographic.birth_date", "street contact.street").add(81, 2, "Ann Lee", "1980-02-03", "4 Elm Court").add(82, 4, "Di Fox", "1970-01-01", "5 Elm Court")
		many(tb, 8, func(k, _ int) []any { return []any{k, 3, "Eve Orr", "1960-01-01", "6 Elm Court"} })
	}
	hers := []string{"hers ward/patients 1", "hers ward/visits 11", "hers lab/results 1"}
	for name, c := range map[string]struct {
		make    func(e *estate)
		start   []pii.Identifier
		answers map[string]pii.Verdict
		want    []string
		asked   bool
	}{
		"a name and a date of birth": {make: func(e *estate) { wards(e) }, start: annsBirth, want: hers},
		"a given and a family name":  {make: func(e *estate) { wards(e) }, start: []pii.Identifier{given("identity.given_name", "ann"), given("identity.family_name", "lee"), born}, want: hers},
		"two accounts of one person": {make: func(e *estate) {
			wards(e)
			e.table("portal/logins", "id identity.number int", "mail contact.email", "name identity.name", "born demographic.birth_date").add(71, users1, "Ann Lee", "1980-02-03").add(72, "bob@example.com", "Bob Ray", "1980-02-03")
		}, start: annsBirth, want: append(slices.Clone(hers), "hers portal/logins 71")},
		"two people": {make: func(e *estate) { wards(e).add(5, "Lee", "Ann", "1980-02-03", "lee@example.net") }, start: annsBirth, asked: true,
			want: []string{"unsure ward/patients 1", "unsure ward/patients 5", "unsure ward/visits 11", "unsure lab/results 1"}},
		"two people, who are one": {make: func(e *estate) { wards(e).add(5, "Lee", "Ann", "1980-02-03", "lee@example.net") }, start: annsBirth, answers: map[string]pii.Verdict{whomID: pii.Accept},
			want: append(slices.Clone(hers), "hers ward/patients 5")},
		"two people, and neither is meant": {make: func(e *estate) { wards(e).add(5, "Lee", "Ann", "1980-02-03", "lee@example.net") }, start: annsBirth, answers: map[string]pii.Verdict{whomID: pii.Reject},
			want: []string{"held-by-another ward/patients 1", "held-by-another ward/patients 5", "held-by-another ward/visits 11", "held-by-another lab/results 1"}},
		"whom another named":               {make: heir, start: annsBirth, want: append(slices.Clone(hers), "mentions ward/proxies 81: 1980-02-03, 4 Elm Court, Ann Lee")},
		"nobody":                           {make: func(e *estate) { wards(e) }, start: []pii.Identifier{given("identity.name", "eve orr"), born}},
		"a family's telephone, and a name": {make: func(e *estate) { family(e) }, start: []pii.Identifier{shared, named}, want: []string{anns, "held-by-another shop/users 2", "hers shop/orders 1"}},
		"a family's telephone, and the name of the other": {make: func(e *estate) { family(e) }, start: []pii.Identifier{shared, given("identity.name", "bob lee")}, want: []string{"held-by-another shop/users 1", "hers shop/users 2", "hers shop/orders 2"}},
		"a telephone of two who have nothing else in common": {make: func(e *estate) {
			tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Ray", "+12025550100")
			crowd(tb, 8, func(i int) []any {
				return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", fmt.Sprintf("+120255501%02d", i%90+10)}
			})
			e.table("desk/calls", "id none.key int", "phone contact.phone").add(3, "+12025550100")
		}, start: []pii.Identifier{shared}, asked: true, want: []string{"held-by-another shop/users 2", "unsure shop/users 1", "unsure desk/calls 3"}},
		"father and son, by the telephone": {make: func(e *estate) { family(e).add(3, "lee@example.org", "Ann Lee", "+12025550100", nil) }, start: []pii.Identifier{shared, named}, asked: true,
			want: []string{"held-by-another shop/users 2", "unsure shop/users 1", "unsure shop/users 3", "unsure shop/orders 1"}},
		"father and son, by the telephone and the date of birth": {make: func(e *estate) { family(e).add(3, "lee@example.org", "Ann Lee", "+12025550100", "2004-01-01") }, start: []pii.Identifier{shared, named, born},
			want: []string{anns, "held-by-another shop/users 2", "held-by-another shop/users 3", "hers shop/orders 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			c.make(e)
			got, err := lineage.Close(t.Context(), e.open(), e, limits, c.start, c.answers)
			if err != nil {
				t.Fatal(err)
			}
			same(t, told(got), c.want)
			asked(t, name, got)
			if asked := slices.ContainsFunc(got.Questions, func(q lineage.Question) bool {
				return q.ID == whomID && q.Yes.Records == int64(len(got.Records)-len(heldOf(got)))
			}); asked != c.asked {
				t.Errorf("asked whom is meant: %v, want %v: %+v", asked, c.asked, got.Questions)
			}
		})
	}
}

func heldOf(c *lineage.Closure) (out []*lineage.Record) {
	for _, r := range c.Records {
		if r.Holding == lineage.HeldByOther {
			out = append(out, r)
		}
	}
	return out
}

// TestSinglesOut says what is enough to look for somebody.
func TestSinglesOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given []pii.Identifier
		want  bool
	}{
		"nothing":                  {nil, false},
		"an address":               {[]pii.Identifier{mail(users1)}, true},
		"a name":                   {[]pii.Identifier{named}, false},
		"a date of birth":          {[]pii.Identifier{born}, false},
		"a name and a date":        {annsBirth, true},
		"one word and a date":      {[]pii.Identifier{given("identity.name", "ann"), born}, false},
		"two words and a date":     {[]pii.Identifier{given("identity.given_name", "ann"), given("identity.family_name", "lee"), born}, true},
		"what describes otherwise": {[]pii.Identifier{named, given("contact.street", "1 elm drive")}, false},
	} {
		if got := lineage.SinglesOut(c.given); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestLeaseOfNamesakes has a lease that names two people of one name and one date of birth by their keys: what is hers alone goes, and of the rest it is asked.
func TestLeaseOfNamesakes(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "born demographic.birth_date").
		add(1, users1, "Ann Lee", "1980-02-03").add(2, "ann2@example.com", "Ann Lee", "1980-02-03").add(3, "bob@example.com", "Bob Ray", "1971-01-01")
	crowd(tb, 8, func(i int) []any { return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", "1990-01-01"} })
	leases := e.table("shop/leases", "id none.key int", "first_user identity.number int >shop/users.id", "second_user identity.number int >shop/users.id", "text none.text").
		add(1, 1, 2, "let to Ann Lee, born 1980-02-03, and Ann Lee").add(2, 1, 3, "let to Ann Lee and Bob Ray").add(3, 2, 3, "let to Ann Lee and Bob Ray")
	many(leases, 30, func(k, u int) []any { return []any{k, u, u, "let"} })
	g := e.open()
	for i := range g.Edges {
		if g.Edges[i].From == leases.ref {
			g.Edges[i].Kind = lineage.Mentions
		}
	}
	for i := range g.Node(leases.ref).Fields {
		if f := &g.Node(leases.ref).Fields[i]; strings.HasSuffix(f.Field.Name, "_user") {
			f.Role = lineage.Mentions
		}
	}
	closed := func(answers map[string]pii.Verdict) (*lineage.Closure, string) {
		c, err := lineage.Close(t.Context(), g, e, limits, []pii.Identifier{mail(users1)}, answers)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, line := range told(c) {
			if strings.Contains(line, "leases") {
				lines = append(lines, line)
			}
		}
		return c, strings.Join(lines, "; ")
	}
	c, got := closed(nil)
	if want := "mentions shop/leases 1: 1; mentions shop/leases 2: 1, Ann Lee"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(c.Questions) != 1 || c.Questions[0].Code != "namesake" || len(c.Questions[0].Places) != 1 || c.Questions[0].Places[0].Records != 1 || len(c.Questions[0].Remember()) != 0 {
		t.Fatalf("asked %+v", c.Questions)
	}
	for verdict, want := range map[pii.Verdict]string{
		pii.Accept: "mentions shop/leases 1: 1, 1980-02-03, Ann Lee; mentions shop/leases 2: 1, Ann Lee", pii.Reject: "mentions shop/leases 1: 1; mentions shop/leases 2: 1, Ann Lee",
	} {
		if c, got := closed(map[string]pii.Verdict{c.Questions[0].Places[0].ID: verdict}); got != want || len(c.Questions) != 0 {
			t.Errorf("after %s: %q, asked %+v", verdict, got, c.Questions)
		}
	}
}
