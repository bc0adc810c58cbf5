package contact

import (
	"vestige/classifiers"
	"vestige/pii"
)

// Postcode is postal codes of Germany, the United States and the United Kingdom.
func Postcode() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "postcode",
		Doc:      "A postal code: five digits (DE, US), ZIP+4, or the British form. Five digits alone are also a number of anything: the field's name or the town beside it decides.",
		Category: "contact.postcode",
		Version:  1,
		Names:    []string{"postcode", "post code", "postal code", "postcode code", "postcode number"},
		Triggers: classifiers.Triggers{Digits: 1},
		MaxLen:   10,
		Whole:    postcodeWhole,
		Column:   postcodeColumn,
		Chance:   .6,
	}
}

func postcodeWhole(v []byte) bool {
	switch {
	case len(v) == 5:
		return digits(v) && string(v) >= "00500" && string(v) < "99999"
	case len(v) == 4:
		return digits(v) && v[0] >= '1'
	case len(v) == 10 && v[5] == '-':
		return digits(v[:5]) && digits(v[6:])
	}
	return british(v)
}

// postcodeColumn tells codes from counts: they keep their zeros, all have one length, and do not rise with the key.
func postcodeColumn(s *classifiers.Stats) (e classifiers.Evidence) {
	t := &s.Texture
	if s.Values == 0 {
		return e
	}
	add := func(n float64, text string) { e.Nats = append(e.Nats, pii.Nat{Text: text, Nats: n}) }
	if s.Share(t.Digits) < .1 && s.Share(t.Codes) > .8 {
		add(4, "letters and digits as in a British postcode")
		return e
	}
	if t.Zeros > 0 && s.Fixed() {
		add(2, "zeros in front are kept")
	}
	if !s.Fixed() && s.Share(t.Digits) > .9 {
		add(-3, "numbers of different length")
	}
	if s.Num.Monotone && s.Values > 5 {
		add(-4, "rising numbers")
	}
	return e
}

func digits(v []byte) bool {
	for _, b := range v {
		if !classifiers.IsDigit(b) {
			return false
		}
	}
	return len(v) > 0
}

// british is A9 9AA, A99 9AA, AA9 9AA, AA99 9AA, A9A 9AA, AA9A 9AA; the space may be missing.
func british(v []byte) bool {
	n := len(v)
	if n < 5 || n > 8 || !classifiers.IsDigit(v[n-3]) || !letter(v[n-2]) || !letter(v[n-1]) {
		return false
	}
	out := v[:n-3]
	if out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	if len(out) < 2 || len(out) > 4 || !letter(out[0]) {
		return false
	}
	k := 1
	if letter(out[1]) {
		k = 2
	}
	if k >= len(out) || !classifiers.IsDigit(out[k]) {
		return false
	}
	return k+1 == len(out) || (k+2 == len(out) && classifiers.IsWord(out[k+1]))
}

func letter(b byte) bool { return classifiers.IsLetter(b) && b < 0x80 }
