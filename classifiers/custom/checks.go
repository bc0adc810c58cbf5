package custom

import (
	"maps"
	"slices"
)

// checks verify the letters and digits of a candidate.
var checks = map[string]func([]byte) bool{"luhn": luhn, "verhoeff": verhoeff, "mod97": mod97, "mod11": mod11, "mod11-10": mod1110, "ean": ean}

// chances are how often a value of the form passes a check.
var chances = map[string]float64{"luhn": .1, "verhoeff": .1, "mod97": .01, "mod11": .09, "mod11-10": .1, "ean": .1}

// Checks lists the checks that a definition can name.
func Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// passes checks the letters and digits without what stands between them.
func (m *matcher) passes(v []byte) bool {
	var buf [most]byte
	n := 0
	for _, b := range v {
		if b-'0' < 10 || b-'A' < 26 {
			buf[n] = b
			n++
		} else if b-'a' < 26 {
			buf[n] = b - 'a' + 'A'
			n++
		}
	}
	return n >= 2 && m.check(buf[:n])
}

func digitsOnly(d []byte) bool {
	for _, b := range d {
		if b-'0' > 9 {
			return false
		}
	}
	return true
}

// luhn doubles every second digit from the right.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
			n = n/10 + n%10
		}
		sum += n
	}
	return digitsOnly(d) && sum%10 == 0
}

// ean weighs digits by 3 and 1 from the right.
func ean(d []byte) bool {
	sum := 0
	for i := range d {
		sum += int(d[len(d)-1-i]-'0') * (1 + 2*(i%2))
	}
	return digitsOnly(d) && sum%10 == 0
}

// mod97 is ISO 7064 mod 97,10 with letters as two digits: the last two digits are the check.
func mod97(d []byte) bool {
	r := 0
	for _, b := range d {
		if b >= 'A' {
			r = (r*100 + int(b-'A') + 10) % 97
		} else {
			r = (r*10 + int(b-'0')) % 97
		}
	}
	return r == 1
}

// mod11 weighs digits by 2, 3, 4 … from the right; X stands for ten at the end.
func mod11(d []byte) bool {
	sum := 0
	for i := range d {
		b := d[len(d)-1-i]
		n := int(b - '0')
		if i == 0 && b == 'X' {
			n = 10
		} else if b-'0' > 9 {
			return false
		}
		sum += n * (i + 1)
	}
	return sum%11 == 0
}

// mod1110 is ISO 7064 mod 11,10.
func mod1110(d []byte) bool {
	if !digitsOnly(d) {
		return false
	}
	p := 10
	for _, b := range d[:len(d)-1] {
		s := (int(b-'0') + p) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return (p+int(d[len(d)-1]-'0'))%10 == 1
}

var turns = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}

var products = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}

// verhoeff is the check of the dihedral group.
func verhoeff(d []byte) bool {
	if !digitsOnly(d) {
		return false
	}
	c := byte('0')
	for i := range d {
		c = products[c-'0'][turns[i%8][d[len(d)-1-i]-'0']-'0']
	}
	return c == '0'
}
