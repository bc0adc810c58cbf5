package identity

import (
	"vestige/classifiers"
	"vestige/pii"
)

// free tells whether text[start:end] stands alone: no letter, digit or sign that would continue a number beside it.
func free(text []byte, start, end int) bool {
	if !classifiers.Alone(text, start, end) {
		return false
	}
	if start > 1 && joins(text[start-1]) && classifiers.IsWord(text[start-2]) && text[start-1] != ' ' {
		return false
	}
	return end+1 >= len(text) || !joins(text[end]) || !classifiers.IsDigit(text[end+1])
}

func joins(b byte) bool { return b == '-' || b == '.' || b == '/' || b == '_' || b == ' ' || b == ',' }

func groupStart(text []byte, i int) bool {
	return classifiers.IsDigit(text[i]) && (i == 0 || !classifiers.IsDigit(text[i-1]))
}

// digitsAt tells whether n digits stand at i.
func digitsAt(text []byte, i, n int) bool {
	if i+n > len(text) {
		return false
	}
	for _, b := range text[i : i+n] {
		if !classifiers.IsDigit(b) {
			return false
		}
	}
	return true
}

// USSSN is US Social Security numbers.
func USSSN() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "us_ssn",
		Doc:      "A US Social Security number as 123-45-6789. It has no check digit, so nine bare digits are one only where the field says so.",
		Category: "government_id.us_ssn",
		Version:  1,
		Names:    []string{"ssn", "social security number", "social security", "us ssn", "ssn number", "tax social number", "social insurance number"},
		Triggers: classifiers.Triggers{Forms: []string{"999-99-9999"}},
		MaxLen:   11,
		At:       ssnAt,
		Whole:    ssnWhole,
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if s.Values > 0 && s.Len == [2]int{11, 11} && s.Texture.Digits == 0 && s.Hits["us_ssn"].Distinct*10 > s.Judged*9 {
				e.Nats = append(e.Nats, pii.Nat{Text: "grouped 3-2-4", Nats: 3 + min(6, float64(s.Distinct)/2)})
			}
			return e
		},
		Chance: .75,
		Sparse: true,
	}
}

func ssnAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !groupStart(text, i) || !digitsAt(text, i, 3) || i+11 > len(text) || text[i+3] != '-' || text[i+6] != '-' || !digitsAt(text, i+4, 2) || !digitsAt(text, i+7, 4) || !free(text, i, i+11) {
		return h, false
	}
	if !ssnNumber(text[i:i+3], text[i+4:i+6], text[i+7:i+11]) {
		return h, false
	}
	h.Start, h.End = i, i+11
	if v := string(text[i : i+11]); v == "078-05-1120" || v == "219-09-9999" || v == "123-45-6789" {
		h.Flags |= classifiers.Example
	}
	return h, true
}

func ssnNumber(area, group, serial []byte) bool {
	return string(area) != "000" && string(area) != "666" && area[0] != '9' && string(group) != "00" && string(serial) != "0000"
}

func ssnWhole(v []byte) bool {
	if len(v) == 9 {
		return digitsAt(v, 0, 9) && ssnNumber(v[:3], v[3:5], v[5:])
	}
	if len(v) != 11 {
		return false
	}
	_, ok := ssnAt(v, 0)
	return ok
}

// UKNINO is UK National Insurance numbers.
func UKNINO() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "uk_nino",
		Doc:      "A UK National Insurance number: two letters, six digits, a letter from A to D. It has no check digit; product codes of that form are mistaken for one.",
		Category: "government_id.uk_nino",
		Version:  1,
		Names:    []string{"nino", "national insurance number", "national insurance", "ni number", "uk nino", "insurance number?"},
		Triggers: classifiers.Triggers{Forms: []string{"AA999999A", "AA 99 99 99 A", "AA 999999A", "AA 999999 A", "AA999999 A", "AA99 99 99 A", "AA99 99 99A", "AA 99 99 99A"}},
		MaxLen:   13,
		At:       ninoAt,
		Chance:   .01,
		Sparse:   true,
	}
}

func ninoAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i+9 > len(text) || !ninoPrefix(text[i], text[i+1]) {
		return h, false
	}
	k := i + 2
	if text[k] == ' ' {
		k++
	}
	for pair := range 3 {
		if !digitsAt(text, k, 2) {
			return h, false
		}
		k += 2
		if k < len(text) && text[k] == ' ' && (pair == 2 || k+1 < len(text) && classifiers.IsDigit(text[k+1])) {
			k++
		}
	}
	if k >= len(text) || text[k] < 'A' || text[k] > 'D' || !free(text, i, k+1) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: k + 1}, true
}

func ninoPrefix(a, b byte) bool {
	bad := func(c byte) bool {
		return !classifiers.IsUpper(c) || c == 'D' || c == 'F' || c == 'I' || c == 'Q' || c == 'U' || c == 'V'
	}
	if bad(a) || bad(b) || b == 'O' {
		return false
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return true
}

// UKNHS is NHS numbers.
func UKNHS() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "uk_nhs",
		Doc:      "An NHS number with a valid check digit, written 943 476 5919, in texts behind the letters NHS; bare digits in columns only. One in eleven numbers of ten digits passes by chance.",
		Category: "government_id.uk_nhs",
		Version:  1,
		Names:    []string{"nhs", "nhs number", "nhs id", "patient nhs number"},
		Triggers: classifiers.Triggers{Behind: []string{"999 999 9999", "999-999-9999", "9999999999"}, Words: []string{"nhs", "nhsno", "nhsnr", "nhsid", "nhsnumber"}},
		MaxLen:   12,
		At:       nhsAt,
		Whole: func(v []byte) bool {
			if len(v) == 10 && digitsAt(v, 0, 10) {
				return nhs(v)
			}
			if len(v) != 12 {
				return false
			}
			_, ok := nhsAt(v, 0)
			return ok
		},
		Chance: .09,
		Sparse: true,
	}
}

func nhsAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !groupStart(text, i) || i+12 > len(text) || text[i+3] != ' ' && text[i+3] != '-' || text[i+7] != text[i+3] || !free(text, i, i+12) {
		return h, false
	}
	if !digitsAt(text, i, 3) || !digitsAt(text, i+4, 3) || !digitsAt(text, i+8, 4) {
		return h, false
	}
	var d [10]byte
	copy(d[:], text[i:i+3])
	copy(d[3:], text[i+4:i+7])
	copy(d[6:], text[i+8:i+12])
	if !nhs(d[:]) || (i > 0 && !nhsBefore(text, i)) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: i + 12, Flags: classifiers.Checked | classifiers.Labelled}, true
}

// nhsBefore tells whether the letters NHS stand shortly before: without them ten digits in such groups are a telephone number more often.
func nhsBefore(text []byte, i int) bool {
	for k := max(0, i-24); k+3 < i; k++ {
		if classifiers.EqualFold(text[k:k+3], "nhs") {
			return true
		}
	}
	return false
}

// nhs checks modulo 11 with weights 10 to 2.
func nhs(d []byte) bool {
	sum, same := 0, true
	for k := range 9 {
		sum += int(d[k]-'0') * (10 - k)
		same = same && d[k] == d[0]
	}
	return !same && (11-sum%11)%11 == int(d[9]-'0')
}

// DESteuerID is the German tax identification number.
func DESteuerID() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "de_steuer_id",
		Doc:      "A German tax identification number of eleven digits with a valid check digit and the rule of repeated digits, bare or as 12 345 678 901. Three in a thousand numbers of that length pass by chance.",
		Category: "government_id.de_steuer_id",
		Version:  1,
		Names:    []string{"steuerliche identifikationsnummer", "tax id?", "steueridnr", "steueridentifikationsnummer", "german tax id"},
		Triggers: classifiers.Triggers{Forms: []string{"99999999999", "99 999 999 999"}},
		MaxLen:   14,
		At:       steuerAt,
		Chance:   .003,
		Sparse:   true,
	}
}

func steuerAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !groupStart(text, i) || text[i] == '0' {
		return h, false
	}
	var d [11]byte
	n, k := 0, i
	for k < len(text) && n < 11 {
		if classifiers.IsDigit(text[k]) {
			d[n] = text[k]
			n++
		} else if text[k] != ' ' || (n != 2 && n != 5 && n != 8) {
			break
		}
		k++
	}
	if n < 11 || (k-i != 11 && k-i != 14) || !free(text, i, k) || !steuer(d[:]) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: k, Flags: classifiers.Checked}, true
}

// steuer checks ISO 7064 mod 11,10, and that among the first ten exactly one digit stands twice or three times.
func steuer(d []byte) bool {
	var count [10]int
	p := 10
	for _, b := range d[:10] {
		x := int(b - '0')
		count[x]++
		s := (x + p) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	many := 0
	for _, c := range count {
		if c > 3 {
			return false
		}
		if c > 1 {
			many++
		}
	}
	return many == 1 && (11-p)%10 == int(d[10]-'0')
}

// Passport is passport and identity card numbers.
func Passport() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "passport",
		Doc:      "A passport or identity card number, by the name of its field: eight or nine capitals and digits. Nothing in a value tells it from other codes.",
		Category: "government_id.passport",
		Version:  1,
		Names:    []string{"passport", "passport number", "passport id", "passport code?", "identity card number", "id card number", "passport card number"},
		MaxLen:   12,
		Whole: func(v []byte) bool {
			digits := 0
			for _, b := range v {
				if classifiers.IsDigit(b) {
					digits++
				} else if !classifiers.IsUpper(b) {
					return false
				}
			}
			return len(v) >= 7 && len(v) <= 10 && digits >= 3
		},
		Chance: .5,
	}
}
