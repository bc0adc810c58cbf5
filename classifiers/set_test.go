package classifiers_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/internal/errkind"
	"vestige/pii"
)

func set(t testing.TB) *classifiers.Set {
	t.Helper()
	s, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stats counts values under a name.
func stats(s *classifiers.Set, dataset, name string, values ...string) *classifiers.Stats {
	g := s.NewGather(classifiers.Context{
		Ref: pii.Ref{Source: "s", Dataset: dataset, Field: name}, Field: pii.Field{Name: name, Column: name, Type: pii.Text},
	})
	for _, v := range values {
		g.Value([]byte(v))
	}
	return g.Stats()
}

func TestText(t *testing.T) {
	s := set(t)
	text := "Dear Ann Lee, we wrote to ann@example.com and called +49 30 23125 123 about customer no. 10042, IBAN DE89 3704 0044 0532 0130 00; she lives in Lindenweg 12a. ip=192.0.2.17 user=4711"
	var got []string
	s.Text([]byte(text), func(c *classifiers.Classifier, h classifiers.Hit) {
		got = append(got, c.Name+"="+text[h.Start:h.End])
	})
	want := []string{
		"full_name=Ann Lee", "email=ann@example.com", "phone=+49 30 23125 123", "customer_number=10042",
		"iban=DE89 3704 0044 0532 0130 00", "street=Lindenweg 12a", "ip=192.0.2.17", "person_number=4711",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextAllocatesNothing(t *testing.T) {
	s, text := set(t), mixed(64<<10)
	n := testing.AllocsPerRun(20, func() { s.Text(text, func(*classifiers.Classifier, classifiers.Hit) {}) })
	if n > 2 {
		t.Errorf("a pass over 64 KiB allocates %v times", n)
	}
}

func TestWeigh(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		dataset, field string
		values         string
		want           pii.Category
		least          float64
	}{
		{"t1", "c7", "ann@example.com|bob@example.org|carl@example.net", "contact.email", .95},
		{"customers", "name", "Ann Lee|Bob Miller|Carl Fischer", "identity.name", .95},
		{"customers", "vorname", "Ann|Bob|Carl", "identity.given_name", .95},
		{"products", "name", "Trail Shoe|Desk Lamp|Chair", "none.product", .5},
		{"users", "email_verified", "1|0|1", "none.meta", .3},
		{"users", "reset_password_sent_at", "2024-01-01 10:00:00|2024-02-01 10:00:00", "none.date", .5},
		{"users", "id", "1001|1007|1012|1040", "identity.number", .95},
		{"products", "id", "1|2|3|4", "none.key", .5},
		{"t1", "c3", "ORD-1001|ORD-1002|ORD-1003|ORD-1004", "none.code", .5},
		{"marketing", "x", strings.Repeat("0123456789abcdef", 4) + "|" + strings.Repeat("fedcba9876543210", 4), "none.hash", .9},
	} {
		p := s.Weigh(stats(s, c.dataset, c.field, strings.Split(c.values, "|")...))
		if p.Category != c.want || p.Confidence < c.least {
			t.Errorf("%s.%s: %s at %.2f, want %s: %v", c.dataset, c.field, p.Category, p.Confidence, c.want, p.Nats)
		}
	}
}

func TestContains(t *testing.T) {
	s := set(t)
	p := s.Weigh(stats(s, "tickets", "body", "The parcel has not arrived yet, please ask.", "I am ann@example.com and would like to know where it is.", "Nothing to add here at all, thanks."))
	if p.Category != "text.personal" || p.Dense || len(p.Contains) != 1 || p.Contains[0].Category != "contact.email" {
		t.Errorf("proposed %s, dense %v, contains %v", p.Category, p.Dense, p.Contains)
	}
}

// TestExamples: without the option a single reserved address in a text is no finding.
func TestExamples(t *testing.T) {
	s, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Weigh(stats(s, "docs", "body", "Use an address such as ann@example.com in the examples you write."))
	if p.Category == "text.personal" {
		t.Errorf("a reserved address alone makes the text %s", p.Category)
	}
	var texts, mails []string
	for _, who := range []string{"ann", "ben", "cora", "dan", "eve"} {
		mails = append(mails, who+"@example.com")
		texts = append(texts, "A parcel has come back, please write to "+who+"@example.com about where it is to go now.")
	}
	for n, want := range map[int]pii.Category{4: "none", 5: "text.personal"} {
		if p := s.Weigh(stats(s, "tickets", "c1", texts[:n]...)); !want.Covers(p.Category) {
			t.Errorf("%d reserved addresses make a text %s", n, p.Category)
		}
	}
	if p := s.Weigh(stats(s, "people", "c1", mails...)); p.Category != "contact.email" {
		t.Errorf("five reserved addresses make a column %s", p.Category)
	}
}

func TestAgain(t *testing.T) {
	s := set(t)
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: "t1"}}
	st := []*classifiers.Stats{
		stats(s, "t1", "c1", "10115", "20095", "04109", "50667"), stats(s, "t1", "c2", "Berlin", "Hamburg", "Leipzig", "Köln"),
		stats(s, "t1", "c3", "Lindenweg 1", "Rosenallee 4", "Hauptstr. 9", "Am Markt 2"),
	}
	var first []pii.Proposal
	for _, x := range st {
		first = append(first, s.Weigh(x))
	}
	second := s.Again(first, st, d)
	if second[0].Category != "contact.postcode" || second[0].Confidence <= first[0].Confidence && first[0].Category == "contact.postcode" {
		t.Errorf("five digits beside town and street: %s at %.2f, before %s at %.2f", second[0].Category, second[0].Confidence, first[0].Category, first[0].Confidence)
	}
}

func TestTokens(t *testing.T) {
	for name, want := range map[string]string{
		"kundennummer": "customer number", "E_MAIL": "e email", "geburtsdatum": "birth", "userID": "user id", "Straße": "street", "telefonnr": "phone",
		"PAT_LastName2": "pat last name", "accessory": "accessory", "lieferadresse": "shipping address", "customerEmailAddress": "customer email address",
	} {
		if got := strings.Join(classifiers.Tokens(name), " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestStats(t *testing.T) {
	s := set(t)
	g := s.NewGather(classifiers.Context{})
	for i := range 20000 {
		g.Value([]byte("ann" + string(rune('a'+i%26)) + strings.Repeat("x", i%7) + "@example.com"))
	}
	g.Value(nil)
	g.Value([]byte(" "))
	st := g.Stats()
	if st.Values != 20000 || st.Nulls != 1 || st.Empty != 1 || st.Distinct != 182 || st.Hits["email"].Whole == 0 {
		t.Errorf("%d values, %d null, %d empty, %d distinct, %v", st.Values, st.Nulls, st.Empty, st.Distinct, st.Hits)
	}
	many := s.NewGather(classifiers.Context{})
	for i := range 100000 {
		many.Value([]byte(strings.Repeat("k", i%3+1) + string([]byte{byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676%26), byte('a' + i/17576)})))
	}
	if n := many.Stats().Distinct; n < 90000 || n > 110000 {
		t.Errorf("100,000 distinct values are estimated at %d", n)
	}
}

// What stands in a column of one kind is found in its last values too, though few of them are asked about.
func TestRowNearTheEnd(t *testing.T) {
	t.Parallel()
	s := set(t)
	for name, value := range map[string]func(i int) string{
		"numbers": func(i int) string { return strconv.Itoa(i * 7919) },
		"hashes":  func(i int) string { return fmt.Sprintf("%016x", uint64(i)*0x9E3779B97F4A7C15) },
		"dates":   func(i int) string { return time.Unix(int64(i)*86400, 0).UTC().Format(time.DateOnly) },
		"mails":   func(i int) string { return fmt.Sprintf("ann.lee%d@example.com", i) },
	} {
		g := s.NewGather(classifiers.Context{})
		for i := range 2000 {
			g.Value([]byte(value(i)))
		}
		before := g.Stats()
		g.Value([]byte("see the card 4111 1111 1111 1111 of bob@example.com"))
		if st := g.Stats(); st.Within["email"] != 1 || st.Judged != before.Judged+1 || before.Judged > 400 {
			t.Errorf("%s: %v inside, %d and then %d values asked about", name, st.Within, before.Judged, st.Judged)
		}
	}
}

// A column is the same whether its values were met in another one before or not.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := set(t)
	m := s.NewMemory()
	g := s.NewGather(classifiers.Context{})
	column := func(value func(i int) string) *classifiers.Stats {
		g.Reset(classifiers.Context{}, m)
		for i := range 1500 {
			g.Value([]byte(value(i)))
		}
		return g.Stats()
	}
	for name, value := range map[string]func(i int) string{
		"numbers": strconv.Itoa,
		"mails":   func(i int) string { return fmt.Sprintf("ann.lee%d@example.com", i) },
		"texts":   func(i int) string { return fmt.Sprintf("Order %d of bob%d@example.com, +49 30 9018%04d", i, i, i) },
		"places":  func(i int) string { return []string{"Berlin", "Paris", "London", "Lindenweg 1", "10115"}[i%5] },
		"mixed": func(i int) string {
			if i < 200 {
				return strconv.Itoa(i)
			}
			return fmt.Sprintf("Ann Lee, %d", i)
		},
	} {
		first := column(value)
		column(func(i int) string { return value(i*3) + " " })
		if again := column(value); !reflect.DeepEqual(first, again) {
			t.Errorf("%s:\n%+v, and at the second time\n%+v", name, first, again)
		}
	}
}

func TestNewSetRefuses(t *testing.T) {
	good := classifiers.Classifier{Name: "x", Doc: "x", Category: "contact.email", Version: 1, Names: []string{"x"}}
	for what, spoil := range map[string]func(*classifiers.Classifier){
		"name": func(c *classifiers.Classifier) { c.Name = "X y" }, "doc": func(c *classifiers.Classifier) { c.Doc = "" },
		"category": func(c *classifiers.Classifier) { c.Category = "contact.telegraph" }, "version": func(c *classifiers.Classifier) { c.Version = 0 },
		"trigger": func(c *classifiers.Classifier) {
			c.At, c.MaxLen = func([]byte, int) (h classifiers.Hit, ok bool) { return h, false }, 10
		},
	} {
		c := good
		spoil(&c)
		if _, err := classifiers.NewSet([]classifiers.Classifier{c}, classifiers.Options{}); errkind.Of(err) != errkind.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := classifiers.NewSet([]classifiers.Classifier{good, good}, classifiers.Options{}); errkind.Of(err) != errkind.Invalid {
		t.Errorf("two of one name: %v", err)
	}
}

// Values that come together count as those that come one by one, in their order, and each that is new is told once.
func TestTogether(t *testing.T) {
	t.Parallel()
	s := set(t)
	m := s.NewMemory()
	g := s.NewGather(classifiers.Context{})
	for name, value := range map[string]func(i int) string{
		"falling": func(i int) string { return strconv.Itoa(-i / 3) },
		"dates":   func(i int) string { return time.Unix(int64(i%400)*86400, 0).UTC().Format(time.DateOnly) },
		"mails":   func(i int) string { return fmt.Sprintf(" ann.lee%d@example.com", i%700) },
		"late":    func(i int) string { return strings.Repeat("x", i/1500) + " " },
	} {
		batch := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "c"}})
		fresh, want := map[string]bool{}, map[string]bool{}
		g.Reset(classifiers.Context{}, m)
		for i := range 2000 {
			var v []byte
			if i%10 != 0 {
				v = []byte(value(i))
			}
			g.Value(v)
			batch.Append(0, v)
			batch.EndRecord(nil, pii.Digest{})
			if trimmed := strings.TrimSpace(string(v)); trimmed != "" {
				want[trimmed] = true
			}
		}
		alone := g.Stats()
		g.Reset(classifiers.Context{}, m)
		g.AddFresh(&batch.Columns()[0], func(values [][]byte) {
			for _, v := range values {
				if fresh[string(v)] {
					t.Errorf("%s: a value is new twice", name)
				}
				fresh[string(v)] = true
			}
		})
		if together := g.Stats(); !reflect.DeepEqual(alone, together) {
			t.Errorf("%s: %+v one by one, %+v together", name, alone, together)
		}
		if !maps.Equal(fresh, want) {
			t.Errorf("%s: %d values are new, want %d", name, len(fresh), len(want))
		}
	}
}

// TestDistinct counts values that stand in a column twice, some beside and some far from one another, exactly up to the limit and nearly behind it.
func TestDistinct(t *testing.T) {
	s := set(t)
	for _, n := range []int{1, 63, 300, 4096, 20_000} {
		batch := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "c"}})
		for i := range 2 * n {
			batch.Append(0, fmt.Appendf(nil, "value %d", (i*7/2)%n))
			batch.EndRecord(nil, pii.Digest{})
		}
		seen := map[string]bool{}
		for i := range 2 * n {
			seen[fmt.Sprint((i*7/2)%n)] = true
		}
		g, fresh := s.NewGather(classifiers.Context{}), 0
		g.AddFresh(&batch.Columns()[0], func(values [][]byte) { fresh += len(values) })
		st, want := g.Stats(), int64(len(seen))
		if off := max(st.Distinct-want, want-st.Distinct); st.Values != int64(2*n) || want <= 4096 && (off != 0 || fresh != int(want)) || off*10 > want || fresh < int(want) {
			t.Errorf("%d values, %d distinct, %d told as new; wanted %d, %d", st.Values, st.Distinct, fresh, 2*n, want)
		}
	}
}

// TestAnchors takes a word that names a number of two kinds, of which one knows it with a digit too ("icd9"): it names both, however the set was made.
func TestAnchors(t *testing.T) {
	t.Parallel()
	for range 8 {
		found := ""
		set(t).Text([]byte("ICD: A99.9 here\n"), func(c *classifiers.Classifier, _ classifiers.Hit) { found = c.Name })
		if found != "icd10" {
			t.Fatalf("found %q, want icd10", found)
		}
	}
}
