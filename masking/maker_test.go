package masking_test

import (
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/internal/app"
	"vestige/internal/demo/company"
	"vestige/internal/errkind"
	"vestige/masking"
	"vestige/pii"
)

func maker(t *testing.T, key string) *masking.Maker {
	t.Helper()
	set, err := classifiers.NewSet(kinds.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	return masking.NewMaker([]byte(key), set)
}

// TestFormatIsKept looks at values of each kind with rules of their own.
func TestFormatIsKept(t *testing.T) {
	m := maker(t, "a key of this test")
	value := func(c pii.Category, v string) string { return string(m.Value(c, []byte(v), 0)) }
	for _, c := range []struct {
		category pii.Category
		value    string
		want     string
	}{
		{"contact.phone", "+49 30 5550-1234", `^\+49 30 \d{4}-\d{4}$`},
		{"contact.phone", "(212) 555-0147", `^\(212\) \d{3}-\d{4}$`},
		{"contact.email", "Ann.Example@example.org", `^[A-Z][a-z0-9]+@example\.com$`},
		{"identity.name", "ANNA von Musterfrau-Beispiel", `^[A-Z]{4} von [A-Z][a-z]{9}-[A-Z][a-z]{7}$`},
		{"contact.street", "Beispielweg 12b", `^\p{Lu}\p{Ll}{10} \d{2}[a-z]$`},
		{"contact.postcode", "SW1A 1AA", `^[A-Z]{2}\d[A-Z] \d[A-Z]{2}$`},
		{"demographic.birth_date", "1980-02-29", `^19(79|80)-\d\d-\d\d$`},
		{"demographic.birth_date", "29.02.1980", `^\d\d\.\d\d\.19(79|80)$`},
		{"online.ip", "192.0.2.17", `^10\.\d+\.\d+\.\d+$`},
		{"online.ip", "2001:db8::1", `^2001:db8:`},
		{"online.mac", "00:00:5E:00:53:AF", `^([0-9A-F]{2}:){5}[0-9A-F]{2}$`},
		{"online.device_id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`},
		{"identity.customer_number", "K-10293", `^[A-Z]-\d{5}$`},
		{"identity.number", "4711", `^[1-9]\d{3}$`},
		{"employment.salary", "51234.50", `^\d{5}\.\d\d$`},
	} {
		got := value(c.category, c.value)
		if !regexp.MustCompile(c.want).MatchString(got) || got == c.value {
			t.Errorf("%s: %q became %q", c.category, c.value, got)
		}
		if again := value(c.category, c.value); again != got {
			t.Errorf("%s: %q became %q and %q", c.category, c.value, got, again)
		}
	}
	iban := value("finance.iban", "DE89 3704 0044 0532 0130 00")
	compact := strings.ReplaceAll(iban, " ", "")
	n, ok := new(big.Int).SetString(compact[4:]+"1314"+compact[2:4], 10)
	if !ok || new(big.Int).Mod(n, big.NewInt(97)).Int64() != 1 || !strings.HasPrefix(iban, "DE") || strings.Count(iban, " ") != 5 {
		t.Errorf("the IBAN became %q", iban)
	}
	if card := value("finance.card", "4242424242424242"); !luhn(card) || card == "4242424242424242" || card[0] != '4' {
		t.Errorf("the card became %q", card)
	}
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return len(s) == 16 && sum%10 == 0
}

// TestSpellingsAgree: what is one value in the source is one in the copy.
func TestSpellingsAgree(t *testing.T) {
	m := maker(t, "a key of this test")
	digits := regexp.MustCompile(`\D`)
	a, b := string(m.Value("contact.phone", []byte("+1 (212) 555-0147"), 0)), string(m.Value("contact.phone", []byte("212.555.0147"), 0))
	if !strings.HasSuffix(digits.ReplaceAllString(a, ""), digits.ReplaceAllString(b, "")) {
		t.Errorf("telephones %q and %q", a, b)
	}
	e, f := string(m.Value("contact.email", []byte("ann@example.org"), 0)), string(m.Value("contact.email", []byte("ANN@example.org"), 0))
	if e == f || !strings.EqualFold(e, f) {
		t.Errorf("addresses %q and %q", e, f)
	}
	whole, given := string(m.Value("identity.name", []byte("Ann Example"), 0)), string(m.Value("identity.given_name", []byte("Ann"), 0))
	if !strings.HasPrefix(whole, given+" ") {
		t.Errorf("names %q and %q", whole, given)
	}
}

// TestNumbersArePermuted: different keys stay different, within the width of their type.
func TestNumbersArePermuted(t *testing.T) {
	m := maker(t, "another key")
	seen := map[string]bool{}
	moved := 0
	for _, from := range []int64{1, 30000, 65000, 2147483000, 4294960000} {
		for i := from; i < from+12000; i++ {
			v := fmt.Sprint(i)
			got := string(m.Value("identity.number", []byte(v), 0))
			if seen[got] || len(got) != len(v) || i <= 32767 && got > "32767" && len(got) == 5 || i <= 2147483647 && len(got) == 10 && got > "2147483647" {
				t.Fatalf("%d became %s", i, got)
			}
			seen[got] = true
			if got != v {
				moved++
			}
		}
	}
	if moved < 59000 {
		t.Errorf("only %d of 60000 numbers moved", moved)
	}
	codes := map[string]bool{}
	for i := range 20000 {
		codes[string(m.Value("identity.customer_number", fmt.Appendf(nil, "KD-%05d", i), 0))] = true
	}
	if len(codes) != 20000 {
		t.Errorf("20000 codes became %d", len(codes))
	}
}

// TestTextIsRedactedBySpans replaces what stands in a text by what stands for it elsewhere.
func TestTextIsRedactedBySpans(t *testing.T) {
	m := maker(t, "a key of this test")
	m.Learn("identity.name", []byte("Berta Musterfrau"))
	m.Learn("contact.email", []byte("berta@example.org"))
	m.Learn("contact.street", []byte("Am Beispielhof 4"))
	m.Learn("demographic.birth_date", []byte("1971-03-04"))
	email := string(m.Value("contact.email", []byte("berta@example.org"), 0))
	text := "Berta Musterfrau (berta@example.org, berta%40example.org, YmVydGFAZXhhbXBsZS5vcmc=) wohnt Am Beispielhof 4, geb. 04.03.1971, Kundennummer 4711. Das Gerät läuft."
	got := string(m.Text([]byte(text)))
	for _, left := range []string{"Berta", "Musterfrau", "berta@", "berta%40", "YmVydGFA", "Beispielhof", "04.03.1971", "4711"} {
		if strings.Contains(got, left) {
			t.Errorf("%q is left in %q", left, got)
		}
	}
	for _, kept := range []string{"(" + email + ", ", strings.ReplaceAll(email, "@", "%40"), " wohnt ", " geb. ", "Kundennummer " + string(m.Value("identity.number", []byte("4711"), 0)), "Das Gerät läuft."} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is not in %q", kept, got)
		}
	}
	json := string(m.Text([]byte(`{"to": "berta@example.org", "n": 1}`)))
	if json != `{"to": "`+email+`", "n": 1}` {
		t.Errorf("the document became %s", json)
	}
}

// TestTwoKeysAreUnlinkable: copies made under one key are the same, and under two have no value of a person in common.
func TestTwoKeysAreUnlinkable(t *testing.T) {
	co, a := scanned(t, company.Options{Seed: 3, People: 30})
	files := map[string]string{}
	for name, key := range map[string]string{"a": "the first key of these runs", "b": "the first key of these runs", "c": "the second key of these runs"} {
		files[name] = filepath.Join(co.Dir, name+".db")
		mask(t, a, "shop", files[name], key)
	}
	all := func(file string) []string {
		return strs(t, open(t, file), `SELECT lower("`+co.Columns["users.email"]+`") FROM "`+co.Tables["users"]+`" ORDER BY 1`)
	}
	x, y, z := all(files["a"]), all(files["b"]), all(files["c"])
	if !slices.Equal(x, y) || len(x) < 20 {
		t.Error("two runs with one key differ")
	}
	for _, v := range x {
		if v != "" && slices.Contains(z, v) {
			t.Error("two runs with two keys share an address")
		}
	}
}

// TestTargetsAreRefused: neither the source nor anything that holds something is written to.
func TestTargetsAreRefused(t *testing.T) {
	co, a := scanned(t, company.Options{Seed: 3, People: 24})
	before := strs(t, open(t, filepath.Join(co.Dir, "shop.db")), `SELECT count(*) FROM "`+co.Tables["users"]+`"`)
	for to, code := range map[string]string{"shop": "target-is-source", "crm": "target-not-empty", filepath.Join(co.Dir, "shop.db"): "target-is-source", "files": "other-type"} {
		_, err := a.Mask(t.Context(), app.MaskOptions{Source: "shop", Target: to, By: "test"})
		if errkind.Code(err) != code {
			t.Errorf("%s as the target: %v", to, err)
		}
	}
	if after := strs(t, open(t, filepath.Join(co.Dir, "shop.db")), `SELECT count(*) FROM "`+co.Tables["users"]+`"`); after[0] != before[0] {
		t.Error("the source has changed")
	}
}
