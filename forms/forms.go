// Package forms says when two spellings are the same value. Each category has a normal form in which its values are compared: e-mail
// addresses in lower case, telephones as digits behind a country, names without regard to case and spaces. Around a normal form stand its
// relatives, the forms in which systems keep copies: digests, encodings, escapes. A Matcher finds thousands of values in all of them in one
// pass over a text, at a cost that does not grow with their number.
//
// A normal form is part of what is stored (fingerprints, sketches), so each change of one raises Version.
package forms

import (
	"bytes"
	"net/netip"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vestige/pii"
)

// Version is that of the normal forms; fingerprints carry it.
const Version = 1

// shape is how values of a category are normalised and found in text.
type shape uint8

const (
	exact   shape = iota // trimmed, else as it is
	email                // lower case
	phone                // + and digits
	compact              // capitals and digits without separators: cards, IBANs, official numbers
	words                // lower case, one space between words: names, streets
	lower                // lower case: device ids
	handle               // lower case, without the leading @
	mac                  // pairs of lower-case hex joined by colons
	ip                   // as netip prints it
	date                 // 2006-01-02
	shapes               // how many there are
)

func shapeOf(c pii.Category) shape {
	switch c {
	case "contact.email":
		return email
	case "contact.phone":
		return phone
	case "contact.social":
		return handle
	case "contact.address", "contact.street", "contact.city", "contact.postcode", "contact.country",
		"identity.name", "identity.given_name", "identity.family_name":
		return words
	case "finance.card", "finance.iban", "finance.tax_id", "finance.bank_account":
		return compact
	case "online.device_id", "online.cookie_id":
		return lower
	case "online.mac":
		return mac
	case "online.ip":
		return ip
	case "demographic.birth_date":
		return date
	}
	if pii.Category("government_id").Covers(c) {
		return compact
	}
	return exact
}

// Exactness tells whether the normal form of a category is the value itself, so that an index of a system finds it. Values with space around
// them are the exception, which the last full read must have excluded (pii.Examination.Normal).
func Exactness(c pii.Category) bool { return shapeOf(c) == exact }

// Normal gives the normal form of a value. ok tells whether the value has the shape of the category; where it has not, the form is the
// value without the space around it. Normal of a normal form is the form itself.
func Normal(c pii.Category, v []byte) ([]byte, bool) { return AppendNormal(nil, c, v) }

// AppendNormal is Normal onto dst.
func AppendNormal(dst []byte, c pii.Category, v []byte) ([]byte, bool) {
	return shapeOf(c).append(dst, v)
}

func (s shape) append(dst, v []byte) ([]byte, bool) {
	v = trim(v)
	if len(v) == 0 {
		return dst, false
	}
	switch s {
	case email:
		return appendEmail(dst, v)
	case phone:
		return appendPhone(dst, v)
	case compact:
		return appendCompact(dst, v)
	case words:
		return appendWords(dst, v), true
	case lower:
		v = bytes.TrimPrefix(appendLower(nil, v), []byte("urn:uuid:"))
		return append(dst, trimBraces(v)...), true
	case handle:
		return appendLower(dst, trimHandle(v)), true
	case mac:
		return appendMAC(dst, v)
	case ip:
		return appendIP(dst, v)
	case date:
		return appendDate(dst, v)
	}
	return append(dst, v...), true
}

func trim(v []byte) []byte {
	if n := len(v); n > 0 && v[0] > ' ' && v[0] < 0x7f && v[n-1] > ' ' && v[n-1] < 0x7f {
		return v
	}
	return bytes.TrimFunc(v, func(r rune) bool {
		return unicode.IsSpace(r) || r == 0xfeff || r == 0x200b || r == 0
	})
}

func trimBraces(v []byte) []byte {
	if n := len(v); n > 2 && v[0] == '{' && v[n-1] == '}' {
		return trimBraces(trim(v[1 : n-1]))
	}
	return v
}

func trimHandle(v []byte) []byte {
	for len(v) > 1 && (v[0] == '@' || v[0] == ' ') {
		v = v[1:]
	}
	return v
}

func ascii(v []byte) bool {
	for _, c := range v {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// appendLower adds v in lower case and in Unicode's composed form.
func appendLower(dst, v []byte) []byte {
	if ascii(v) {
		for _, c := range v {
			dst = append(dst, lowerByte(c))
		}
		return dst
	}
	return norm.NFC.Append(dst, bytes.Map(unicode.ToLower, norm.NFC.Bytes(v))...)
}

func appendEmail(dst, v []byte) ([]byte, bool) {
	if len(v) > 7 && v[6] == ':' && bytes.EqualFold(v[:7], []byte("mailto:")) {
		v = trim(v[7:])
	}
	at := bytes.LastIndexByte(v, '@')
	return appendLower(dst, v), at > 0 && at < len(v)-1
}

func appendWords(dst, v []byte) []byte {
	v = appendLower(nil, v)
	space := false
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		switch {
		case unicode.IsSpace(r):
			space = true
		case space:
			dst = append(dst, ' ')
			fallthrough
		default:
			dst, space = append(dst, v[:n]...), false
		}
		v = v[n:]
	}
	return dst
}

// appendCompact keeps letters and digits; any other character than a separator means that the value is of another kind.
func appendCompact(dst, v []byte) ([]byte, bool) {
	start := len(dst)
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case alnum(c):
			dst = append(dst, upperByte(c))
		case c == ' ' || c == '-' || c == '.' || c == '/':
		case nbsp(v[i:]):
			i++
		default:
			return append(dst[:start], v...), false
		}
	}
	if len(dst) == start {
		return append(dst, v...), false
	}
	return dst, true
}

func nbsp(v []byte) bool { return len(v) > 1 && v[0] == 0xc2 && v[1] == 0xa0 }

func alnum(c byte) bool { return digit(c) || (c|0x20 >= 'a' && c|0x20 <= 'z') }

func digit(c byte) bool { return c >= '0' && c <= '9' }

func upperByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

func appendMAC(dst, v []byte) ([]byte, bool) {
	start, n := len(dst), 0
	for _, c := range v {
		switch {
		case digit(c) || (c|0x20 >= 'a' && c|0x20 <= 'f'):
			if n > 0 && n%2 == 0 {
				dst = append(dst, ':')
			}
			dst = append(dst, lowerByte(c))
			n++
		case c != ':' && c != '-' && c != '.':
			n = -1 << 20
		}
	}
	if n != 12 && n != 16 {
		return append(dst[:start], v...), false
	}
	return dst, true
}

func appendIP(dst, v []byte) ([]byte, bool) {
	a, err := netip.ParseAddr(string(v))
	if err != nil {
		return append(dst, v...), false
	}
	return a.Unmap().AppendTo(dst), true
}

// appendDate reads the usual spellings. A date with slashes is a day first only where it cannot be a month first.
func appendDate(dst, v []byte) ([]byte, bool) {
	if len(v) <= 35 {
		s := string(v)
		if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') && s[4] == '-' {
			s = s[:10]
		}
		for _, layout := range []string{"2006-01-02", "20060102", "2.1.2006", "2006/1/2", "1/2/2006", "2/1/2006", "2-1-2006", "2 January 2006", "January 2, 2006", "2 Jan 2006", "2. January 2006"} {
			if t, err := time.Parse(layout, s); err == nil {
				return t.AppendFormat(dst, "2006-01-02"), true
			}
		}
	}
	return append(dst, v...), false
}
