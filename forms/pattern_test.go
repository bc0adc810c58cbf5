package forms_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"vestige/forms"
	"vestige/pii"
)

// written gives a pattern as a regular expression.
func written(ps []forms.Pattern) *regexp.Regexp {
	var out []string
	for _, p := range ps {
		var b strings.Builder
		for _, s := range p {
			set := "."
			if len(s.Set) > 0 {
				set = "["
				for _, r := range s.Set {
					set += fmt.Sprintf(`\x{%x}`, r)
				}
				set += "]"
			}
			if s.Max < 0 {
				fmt.Fprintf(&b, "(?:%s){%d,}", set, s.Min)
			} else {
				fmt.Fprintf(&b, "(?:%s){%d,%d}", set, s.Min, s.Max)
			}
		}
		out = append(out, b.String())
	}
	return regexp.MustCompile(`(?s)^(?:` + strings.Join(out, "|") + `)$`)
}

// respelled changes a value in ways that a normal form may undo.
func respelled(rng *rand.Rand, v string) string {
	insert := func(what ...string) {
		i := rng.IntN(len(v) + 1)
		v = v[:i] + what[rng.IntN(len(what))] + v[i:]
	}
	for range rng.IntN(5) {
		switch rng.IntN(12) {
		case 0:
			v = strings.ToUpper(v)
		case 1:
			v = norm.NFD.String(v)
		case 2:
			v = []string{" ", "\t\n", "\ufeff", "\x00", "\u3000"}[rng.IntN(5)] + v
		case 3:
			v += []string{" ", "\r\n", "\u200b", "\u00a0", "="}[rng.IntN(5)]
		case 4:
			v = []string{"mailto:", "MAILTO: ", "tel:", "Tel: ", "urn:uuid:", "{", "@", "00", "+", "0", "(", "sha256:", "a:"}[rng.IntN(13)] + v
		case 5:
			insert(" ", "-", ".", "/", "(", ")", ":", "\u00a0", "\u2011", "\u202f", "(0)", "0", "  ")
		case 6:
			v = strings.NewReplacer("k", "\u212a", "i", []string{"İ", "I\u0307"}[rng.IntN(2)]).Replace(v)
		case 7:
			v += []string{" x12", " ext. 7", "}", " }", "x"}[rng.IntN(5)]
		case 8:
			v = strings.NewReplacer("+49", []string{"0", "0049", "49", "+49(0)", "(+49) "}[rng.IntN(5)], "+1", []string{"", "1", "001", "(1) "}[rng.IntN(4)]).Replace(v)
		case 9:
			v = strings.NewReplacer(" ", "\u2003\t", ";", "\u037e").Replace(v)
		case 10:
			v = strings.Title(v) //nolint:staticcheck // a spelling like others
		case 11:
			v = strings.NewReplacer(":", "-", "-", "", "+", "-", "/", "_").Replace(v)
		}
	}
	return v
}

// TestPatternsCoverWhatIsEqual: whatever a matcher takes for equal, the patterns cover.
func TestPatternsCoverWhatIsEqual(t *testing.T) {
	values := map[pii.Category][]string{
		"contact.email": {"ann.kirk@example.com", "müller+tag@example.org", "Ïk;`i@example.net", "ann"}, "contact.phone": {"+12025550101", "+4930901820", "+442079460018", "12", "2025550101", "+1-x"},
		"contact.social": {"@annkirk"}, "identity.name": {"Ann Kirk", "Zoë  Müller-Ließ", "q\u0323\u0308x"}, "finance.card": {"4111 1111 1111 1111", "a,b"}, "finance.iban": {"DE89 3704 0044 0532 0130 00"},
		"online.device_id": {"{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}", "kiki"}, "online.mac": {"00:00:5E:00:53:0a", "none"}, "government_id.us_ssn": {"900-12-3456"}, "identity.number": {"K-7 i"},
	}
	equal, other := 0, 0
	rng := rand.New(rand.NewPCG(3, 14))
	for _, c := range slices.Sorted(maps.Keys(values)) { // in one order, so that the same spellings are tried each time
		for _, v := range values[c] {
			term := pii.Term{Field: "f", Mode: pii.Equal, Category: c, Forms: []string{forms.SHA256, forms.MD5, forms.SHA256Base64}, Values: []pii.Value{pii.NewValue(v)}}
			m := forms.Compile([]pii.Term{term})
			ps, ok := forms.Patterns(term, []byte(v))
			if !ok {
				t.Errorf("%s has no patterns", c)
				continue
			}
			expr := written(ps)
			normal, _ := forms.Normal(c, []byte(v))
			bases := []string{v, string(normal)}
			for _, f := range append(term.Forms, forms.Plain) {
				for _, s := range forms.Apply(f, c, normal) {
					bases = append(bases, string(s))
				}
			}
			for range 3000 {
				text, hit := respelled(rng, bases[rng.IntN(len(bases))]), false
				m.Match("f", "", []byte(text), func(pii.Hit) { hit = true })
				if hit {
					equal++
				} else {
					other++
				}
				if hit && !expr.MatchString(text) {
					t.Fatalf("%s: the spelling %q of %q is equal, and no pattern covers it", c, text, v)
				}
			}
		}
	}
	if equal < 10_000 || other < 10_000 {
		t.Errorf("%d spellings were equal and %d were not: the test tries too little", equal, other)
	}
}

func TestPatternsOfWhatNoneCovers(t *testing.T) {
	for _, term := range []pii.Term{{Mode: pii.Exact}, {Mode: pii.Within, Category: "contact.email"}, {Category: "online.ip"}, {Category: "demographic.birth_date"}, {Category: "contact.email", Forms: []string{forms.Base64}}} {
		if _, ok := forms.Patterns(term, []byte("192.0.2.1")); ok {
			t.Errorf("%v has patterns", term)
		}
	}
}
