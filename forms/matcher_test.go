package forms_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"vestige/forms"
	"vestige/pii"
)

// In a text the occurrences stand in brackets: they are what has to be found, and nothing else.
func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category pii.Category
		value    string
		texts    []string
	}{
		{"contact.email", "ann@example.com", []string{
			"[ann@example.com]", "mail [Ann@Example.com].", "<[ann@example.com]>, [ann@example.com]", "u/[ann@example.com]/cv.pdf", "mail=[ann@example.com]&x=1",
			"'[ann@example.com]'", "- [ann@example.com]", "-[ann@example.com]", "joann@example.com", "x.ann@example.com", "ann@example.com.test", "ann+x@example.com",
			"x_ann@example.com", "éann@example.com", "ann@example.comé", "ann@example.co", "ann@example.com-pany.test", "o'ann@example.com", "@@", "[ann@example.com]:[ann@example.com]",
			"ann@example.com@example.org", "[ann@example.com]...", "\"[ann@example.com]\"", "mailto:[ann@example.com]",
		}},
		{"contact.phone", "+14155550100", []string{
			"call [+1 415 555 0100]", "[(415) 555-0100] or [415.555.0100]", "[4155550100]", "[1-415-555-0100]", "+49 415 555 0100", "0049 415 555 0100", "[001 415 555 0100]",
			"415-555-01001", "a415-555-0100", "415-555-0100-2", "id 12-415-555-0100", "2026-11-01 [415-555-0100]", "+49 30 1234567 [415 555 0100]", "415-555-0101", "tel:[+14155550100];x",
			"[415-555-0100], [415-555-0100]", "[415-555-0100]/[415-555-0100]", "550e8400-4155550100", "[4155550100].",
		}},
		{"contact.phone", "+442079460123", []string{
			"[+44 (0)20 7946 0123]", "[020 7946 0123]", "[0044 20 7946 0123]", "[+44 20 7946 0123]", "+1 020 7946 0123", "[+ 44 20 7946 0123]", "[(020) 7946 0123]", "[020\u00a07946\u00a00123]",
		}},
		{"finance.iban", "DE89370400440532013000", []string{"IBAN [DE89 3704 0044 0532 0130 00] please", "[de89370400440532013000]", "DE89 3704 0044 0532 0130 001", "XDE89370400440532013000"}},
		{"finance.card", "4111111111111111", []string{"card [4111 1111 1111 1111]", "[4111-1111-1111-1111], ok", "41111111111111112", "4111 1111 1111 1111-2", "[4111111111111111] 12/27"}},
		{"government_id.us_ssn", "219099999", []string{"ssn [219-09-9999]", "[219 09 9999]", "1-219-09-9999", "219-09-99990", "[219099999]"}},
		{"identity.number", "10042", []string{
			"[10042]", "customer [10042].", "110042", "100421", "10042.5", "5.10042", "10042-3", "2026-10042", "-10042", "#[10042]", "ids [10042],10043", "10043,[10042]", "10042,5", "10042,50",
			"customer-[10042]", "cust_[10042]_x", "K10042", "10042K", "(é10042)", "[10042]: paid", "/users/[10042]/mail",
		}},
		{"identity.customer_number", "K-10042", []string{"no [K-10042]!", "AK-10042", "K-100421", "K-10042-7", "k-10042"}},
		{"identity.name", "ann example", []string{
			"[Ann Example] wrote", "[ann\t EXAMPLE]'s", "Joann Example", "Ann Examples", "Jo-Ann Example", "Ann Example-Test", "[Example, Ann]", "[ANN EXAMPLE]", "[Ann\u00a0Example]", "é[Ann Example", "[Ann Example]—[Ann Example]",
		}},
		{"identity.name", "zoë ångström", []string{"[Zoë Ångström]", "[ZOE\u0308 A\u030angstro\u0308m], yes", "x [Zoë  Ångström]", "Zoë Ångströmé"}},
		{"online.device_id", "550e8400-e29b-41d4-a716-446655440000", []string{
			"dev=[550E8400-E29B-41D4-A716-446655440000]", "{[550e8400-e29b-41d4-a716-446655440000]}", "device-[550e8400-e29b-41d4-a716-446655440000].json", "550e8400-e29b-41d4-a716-4466554400001", "550e8400-e29b-41d4-a716-446655440000-1",
		}},
		{"online.mac", "00:1b:63:84:45:e6", []string{"[00:1B:63:84:45:E6]", "[00-1b-63-84-45-e6] up", "[001b638445e6]", "00:1b:63:84:45:e6:01", "01:00:1b:63:84:45:e6"}},
		{"online.ip", "192.0.2.7", []string{"from [192.0.2.7]:443", "[192.0.2.7].", "192.0.2.77", "1.192.0.2.7", "192.0.2.7.1"}},
		{"demographic.birth_date", "1990-05-13", []string{"born [1990-05-13]", "[1990-05-13]T00:00:00Z", "[13.05.1990],", "[13.5.1990]", "[13 May 1990]", "1990-05-131", "[19900513]", "x-[1990-05-13]", "2-1990-05-13"}},
		{"contact.social", "annex", []string{"@[AnnEx] and [annex]", "@annexe"}},
	} {
		m := forms.Compile(term(pii.Within, c.category, c.value))
		for _, marked := range c.texts {
			text, want := unmark(marked)
			if got := spans(all(m, text)); !slices.Equal(got, want) {
				t.Errorf("%s %s in %q: %v, want %v", c.category, c.value, marked, got, want)
			}
		}
	}
}

// unmark takes the brackets away; one that is not closed is text.
func unmark(marked string) (text string, want [][2]int) {
	for {
		a := strings.IndexByte(marked, '[')
		b := strings.IndexByte(marked, ']')
		if a < 0 || b < 0 {
			return text + strings.ReplaceAll(marked, "[", ""), want
		}
		text += marked[:a]
		want = append(want, [2]int{len(text), len(text) + b - a - 1})
		text += marked[a+1 : b]
		marked = marked[b+1:]
	}
}

func spans(hits []pii.Hit) (out [][2]int) {
	for _, h := range hits {
		out = append(out, [2]int{h.Start, h.End})
	}
	slices.SortFunc(out, func(a, b [2]int) int { return a[0] - b[0] })
	return out
}

func TestForms(t *testing.T) {
	t.Parallel()
	const digest = "ee8a0f1f3e5bfd4c1ea5a1d2d3f8f8c0"
	m := forms.Compile(term(pii.Within, "contact.email", "ann@example.com", forms.All()...))
	for _, c := range []struct{ form, text string }{
		{"md5", "h=[" + string(forms.Apply("md5", "contact.email", []byte("ann@example.com"))[0]) + "];"},
		{"sha256", "[" + strings.ToUpper(string(forms.Apply("sha256", "contact.email", []byte("ann@example.com"))[0])) + "]"},
		{"sha256-base64", "d: [" + string(forms.Apply("sha256-base64", "contact.email", []byte("ann@example.com"))[0]) + "]"},
		{"", "x" + string(forms.Apply("sha256", "contact.email", []byte("ann@example.com"))[0])},
		{"", digest},
		{"base64", "Basic [QW5uQGV4YW1wbGUuY29tOnNlY3JldA==] x"},
		{"base64", "/q/[YW5uQGV4YW1wbGUuY29t]/y"},
		{"hex", "0a [616E6E406578616d706c652e636f6d]"},
		{"url", "?m=[ann%40example.com]&n=ann%2B1%40example.com"},
		{"url", "?m=[%61nn%40Example.com]+x"},
		{"json", `{"a":"[\u0061nn\u0040example.com]"}`},
		{"html", "<a>[ann&#64;example.com]</a>"},
		{"html", "[ann&#x40;example&period;com]"},
	} {
		text, want := unmark(c.text)
		hits := all(m, text)
		if got := spans(hits); !slices.Equal(got, want) || (len(hits) > 0 && hits[0].Form != c.form) {
			t.Errorf("%s in %q: %v, want %v", c.form, c.text, hits, want)
		}
	}
	if hits := all(forms.Compile(term(pii.Within, "contact.email", "ann@example.com")), "ann%40example.com"); len(hits) != 0 {
		t.Error("a form that is not listed was found")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	m := forms.Compile([]pii.Term{
		{Field: "mail", Category: "contact.email", Forms: []string{"sha256", "base64"}, Values: []pii.Value{pii.NewValue("bob@example.com"), pii.NewValue("ann@example.com")}},
		{Field: "ref", Mode: pii.Exact, Values: []pii.Value{pii.NewValue("A1"), pii.NewValue("")}},
		{Field: "n", Category: "identity.number", Values: []pii.Value{pii.NewValue("42")}},
	})
	for _, c := range []struct{ field, text, want string }{
		{"mail", " ANN@example.com", "0/1/"},
		{"mail", "x ann@example.com", ""},
		{"mail", string(forms.Apply("sha256", "contact.email", []byte("bob@example.com"))[0]), "0/0/sha256"},
		{"mail", "YW5uQGV4YW1wbGUuY29t", "0/1/base64"},
		{"other", "ann@example.com", ""},
		{"ref", "A1", "1/0/"},
		{"ref", "a1", ""},
		{"ref", " A1", ""},
		{"ref", "", "1/1/"},
		{"n", "42", "2/0/"},
		{"n", "42.0", ""},
	} {
		got := ""
		m.Match(c.field, "p", []byte(c.text), func(h pii.Hit) {
			got += fmt.Sprintf("%d/%d/%s", h.Term, h.Value, h.Form)
			if h.Field != c.field || h.Path != "p" || h.Start != 0 || h.End != len(c.text) {
				t.Errorf("%s: %+v", c.text, h)
			}
		})
		if got != c.want {
			t.Errorf("%s of %q: %q, want %q", c.field, c.text, got, c.want)
		}
	}
	m.Match("ref", "", nil, func(pii.Hit) { t.Error("NULL equals nothing") })
}

func TestNear(t *testing.T) {
	t.Parallel()
	m := forms.Compile([]pii.Term{{Mode: pii.Within, Category: "identity.number", Near: []string{"customer", "cust"}, Values: []pii.Value{pii.NewValue("42")}}})
	for text, want := range map[string]int{
		"Customer 42 called": 1, "customer no. 42": 1, "Customers #42": 1, `{"cust_id":42}`: 1, "order 42": 0, "accustomer 42": 0,
		"customer" + strings.Repeat(" ", 50) + "42": 0, "42 of the customers": 0, "customer 7, telephone 030 42 11": 0, "customer +49 42 11": 0,
	} {
		if got := len(all(m, text)); got != want {
			t.Errorf("%q: %d hits", text, got)
		}
	}
	hits := 0
	m.Match("customer_id", "", []byte("42"), func(pii.Hit) { hits++ })
	if hits != 1 {
		t.Error("the field's name is near")
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	b := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "m", Column: "m"}})
	for _, v := range []string{"bob@example.com", "", "ann@example.com"} {
		if v == "" {
			b.Append(0, nil)
		} else {
			b.Append(0, []byte(v))
		}
		b.EndRecord(nil, pii.Digest{})
	}
	var records []int
	forms.Compile(term(pii.Equal, "contact.email", "ann@example.com")).Column(b.Column("m"), func(r int, _ pii.Hit) { records = append(records, r) })
	if !slices.Equal(records, []int{2}) {
		t.Errorf("records %v", records)
	}
}

// naive finds values one by one with a regular expression; it is slow and plain.
func naive(c pii.Category, value, text string) (out [][2]int) {
	body, before, after := regexp.QuoteMeta(value), `(?:^|[^0-9A-Za-z])`, `(?:$|[^0-9A-Za-z])`
	if c == "contact.email" {
		body, before, after = "(?i:"+body+")", `(?:^|[ ,;<>="/])`, `(?:$|[ ,;<>="/]|[.-]+(?:$|[ ,;<>="/]))`
	}
	if c == "identity.name" {
		body = "(?i:" + strings.ReplaceAll(body, " ", " +") + ")"
	}
	re := regexp.MustCompile(body)
	for at := 0; at < len(text); {
		loc := re.FindStringIndex(text[at:])
		if loc == nil {
			break
		}
		from, to := at+loc[0], at+loc[1]
		if regexp.MustCompile(before+"$").MatchString(text[:from]) && regexp.MustCompile("^"+after).MatchString(text[to:]) {
			out = append(out, [2]int{from, to})
		}
		at = from + 1
	}
	return out
}

// One pass for many values agrees with a naive search for each of them, on texts made of their pieces.
func TestMatcherAgreesWithNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]pii.Category{"contact.email", "identity.number", "identity.name"}).Draw(t, "category")
		pool := map[pii.Category][]string{
			"contact.email":   {"ann@example.com", "joann@example.com", "ann@example.com.test", "a@b.test"},
			"identity.number": {"42", "4242", "10042", "142"},
			"identity.name":   {"ann example", "ann", "jo ann", "example test"},
		}[c]
		values := rapid.SliceOfNDistinct(rapid.SampledFrom(pool), 1, 4, rapid.ID[string]).Draw(t, "values")
		separators := []string{" ", ", ", ";", "/", "<", "x", "", "4", "  "}
		if c == "identity.name" {
			separators = []string{" ", " / ", ";", "/", "<", "x", "", "4", "  "} // ", " would make the reversed spelling
		}
		if c == "contact.email" {
			separators = []string{" ", ",", ";", "/", "<", "=", "x", "", ".", "."}
		}
		var text string
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			piece := rapid.SampledFrom(pool).Draw(t, "piece")
			if rapid.Bool().Draw(t, "upper") {
				piece = strings.ToUpper(piece)
			}
			text += piece + rapid.SampledFrom(separators).Draw(t, "separator")
		}
		terms := []pii.Term{{Mode: pii.Within, Category: c}}
		for _, v := range values {
			terms[0].Values = append(terms[0].Values, pii.NewValue(v))
		}
		got := make([][][2]int, len(values))
		forms.Compile(terms).Match("f", "", []byte(text), func(h pii.Hit) { got[h.Value] = append(got[h.Value], [2]int{h.Start, h.End}) })
		for i, v := range values {
			slices.SortFunc(got[i], func(a, b [2]int) int { return a[0] - b[0] })
			if want := naive(c, v, text); !slices.Equal(got[i], want) {
				t.Fatalf("%s in %q: %v, want %v", v, text, got[i], want)
			}
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"ann@example.com", "+44 (0)20 7946 0123", `\u0061\ud83d`, "%4", "&#64", "é\xff@", "4111 1111 1111 1111", "+(+ 1", "QQ==", "\x00", "(0)(0)+1"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, text string) {
		var terms []pii.Term
		for _, info := range pii.Categories() {
			for _, mode := range []pii.Mode{pii.Equal, pii.Within, pii.Exact} {
				terms = append(terms, pii.Term{Mode: mode, Category: info.Category, Forms: forms.All(), Values: []pii.Value{pii.NewValue(value), pii.NewValue("ann@example.com")}})
			}
		}
		m := forms.Compile(terms)
		for _, text := range []string{text, text + value, value + " " + text} {
			m.Match("f", "", []byte(text), func(h pii.Hit) {
				if h.Start < 0 || h.End < h.Start || h.End > len(text) || (h.Start == h.End && text != "") {
					t.Fatalf("span %d to %d of %d", h.Start, h.End, len(text))
				}
			})
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	line := []byte(`2026-11-01T10:00:00Z INFO user=4711 mail=someone.else@example.org ip=192.0.2.17 call +1 212 555 0142 "Ticket by Joanna Example about order 2026-000123"` + "\n")
	text := bytes.Repeat(line, 100)
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("values=%d", n), func(b *testing.B) {
			terms := []pii.Term{
				{Mode: pii.Within, Category: "contact.email", Forms: forms.All()}, {Mode: pii.Within, Category: "contact.phone"},
				{Mode: pii.Within, Category: "identity.name"}, {Mode: pii.Within, Category: "identity.customer_number"},
			}
			for i := range n {
				for j, v := range []string{fmt.Sprintf("person%d@example.com", i), fmt.Sprintf("+1212555%04d", i), fmt.Sprintf("ann%d example", i), fmt.Sprintf("K-%06d", i)} {
					terms[j].Values = append(terms[j].Values, pii.NewValue(v))
				}
			}
			m := forms.Compile(terms)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				m.Match("f", "", text, func(pii.Hit) {})
			}
		})
	}
}

func BenchmarkNormal(b *testing.B) {
	for _, c := range []struct{ category, value string }{{"contact.email", "Ann@Example.com"}, {"contact.phone", "(415) 555-0100"}, {"contact.phone", "+44 20 7946 0123"}, {"identity.name", "Ann Example"}} {
		b.Run(c.category, func(b *testing.B) {
			var dst []byte
			for b.Loop() {
				dst, _ = forms.AppendNormal(dst[:0], pii.Category(c.category), []byte(c.value))
			}
		})
	}
}

func TestMatcherIsSharedByMany(t *testing.T) {
	t.Parallel()
	m := forms.Compile(term(pii.Within, "contact.email", "ann@example.com", forms.All()...))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if n := len(all(m, "a ann@example.com ann%40example.com YW5uQGV4YW1wbGUuY29t")); n != 3 {
					t.Errorf("%d hits", n)
				}
			}
		})
	}
	wg.Wait()
}
