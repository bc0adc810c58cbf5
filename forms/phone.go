package forms

import (
	"bytes"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Regions gives the regions whose national spelling is understood where a number names no country, the first that fits.
// A Matcher does not need them: it knows the country from the number it looks for.
func Regions() []string { return []string{"US", "DE", "GB"} }

// maxPhone is how many digits a number has at most, prefixes included.
const maxPhone = 17

// phoneDigits reads a telephone number: its digits, behind a plus where it names its country. ok is false where anything but a number,
// its separators and an extension is there.
func phoneDigits(dst, v []byte) ([]byte, bool) {
	start := len(dst)
	if len(v) > 4 && v[3] == ':' && bytes.EqualFold(v[:4], []byte("tel:")) {
		v = trim(v[4:])
	}
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case digit(c):
			dst = append(dst, c)
		case c == '+' && len(dst) == start:
			dst = append(dst, c)
		case c == '(' && optionalTrunk(v[i:]) && len(dst) > start && dst[start] == '+':
			i += 2
		case c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')':
		case c >= 0x80 && separatorLen(v[i:]) > 0:
			i += separatorLen(v[i:]) - 1
		case (c|0x20 == 'x' || c|0x20 == 'e') && extension(v[i:]) && len(dst)-start >= 7:
			i = len(v)
		default:
			return dst[:start], false
		}
	}
	if d := dst[start:]; len(d) > 9 && d[0] == '0' && d[1] == '0' && d[2] != '0' {
		dst = append(append(dst[:start], '+'), d[2:]...)
	}
	n := len(dst) - start
	return dst, n >= 3 && n <= maxPhone
}

// optionalTrunk tells whether "(0)" is at the front, which one dials only inside the country.
func optionalTrunk(v []byte) bool { return len(v) > 2 && v[1] == '0' && v[2] == ')' }

// separatorLen gives the length of a separator beyond ASCII: a no-break space, a hyphen, a dash.
func separatorLen(v []byte) int {
	switch {
	case nbsp(v):
		return 2
	case len(v) > 2 && v[0] == 0xe2 && v[1] == 0x80 && (v[2] >= 0x90 && v[2] <= 0x95 || v[2] == 0xaf):
		return 3
	}
	return 0
}

// extension tells whether v is "x12", "ext. 12".
func extension(v []byte) bool {
	v = bytes.TrimLeft(bytes.ToLower(v), "ext. ")
	for _, c := range v {
		if !digit(c) {
			return false
		}
	}
	return len(v) > 0 && len(v) <= 6
}

func appendPhone(dst, v []byte) ([]byte, bool) {
	start := len(dst)
	dst, ok := phoneDigits(dst, v)
	d := dst[start:]
	switch {
	case !ok:
		return append(dst[:start], v...), false
	case d[0] == '+':
		return dst, len(d) >= 8
	case american(d):
		return slices.Insert(dst, start, '+', '1'), true
	case len(d) == 11 && d[0] == '1' && american(d[1:]):
		return slices.Insert(dst, start, '+'), true
	}
	if full := resolve(string(d)); full != "" && slices.ContainsFunc(phoneKeys([]byte(full)), func(k []byte) bool { return bytes.Equal(k, d) }) {
		return append(dst[:start], full...), true
	}
	return dst, len(d) >= 7
}

// american tells whether ten digits can be a number of North America's plan.
func american(d []byte) bool {
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2'
}

// resolve finds the country of national digits, "" where none fits.
func resolve(d string) string {
	if len(d) < 9 {
		return ""
	}
	if mobile, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimPrefix(d, "0"), "44"), "7700900"); ok && len(mobile) == 3 {
		return "+447700900" + mobile // kept for fiction, so that the metadata calls them invalid, and a German town fits them
	}
	if d[0] != '0' {
		if n, err := phonenumbers.Parse("+"+d, ""); err == nil && len(d) >= 11 && phonenumbers.IsValidNumber(n) {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
		return ""
	}
	for _, region := range Regions() {
		if n, err := phonenumbers.Parse(d, region); err == nil && phonenumbers.IsValidNumberForRegion(n, region) {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return ""
}

// phoneKeys gives the digits in which a normal number is written: with plus, with the country's digits alone, with the prefix of calls within
// the country, and without it where that is not taken for an American number.
func phoneKeys(normal []byte) [][]byte {
	if len(normal) < 8 || normal[0] != '+' {
		return [][]byte{normal}
	}
	code, trunk := country(normal[1:])
	national := normal[1+code:]
	keys := [][]byte{normal, normal[1:]}
	if string(normal[1:1+code]) == "1" {
		if american(national) {
			keys = append(keys, national)
		}
		return keys
	}
	if trunk != "" && national[0] != '0' { // else it would begin like a call abroad
		keys = append(keys, append([]byte(trunk), national...))
	}
	if len(national) >= 8 && !american(national) {
		keys = append(keys, national)
	}
	return keys
}

// country gives the length of the country code of international digits, and the prefix of calls within that country.
func country(d []byte) (code int, trunk string) {
	switch d[0] {
	case '1':
		return 1, "1"
	case '7':
		return 1, "8"
	}
	switch two := string(d[:2]); two {
	case "30", "34", "39", "45", "47":
		return 2, "" // written the same at home
	case "36":
		return 2, "06"
	case "20", "27", "31", "32", "33", "40", "41", "43", "44", "46", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58",
		"60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98":
		return 2, "0"
	}
	return 3, "0"
}
