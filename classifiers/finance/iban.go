package finance

import "vestige/classifiers"

// IBAN is international bank account numbers.
func IBAN() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "iban",
		Doc:      "An IBAN of a country that uses them, of that country's length and with a valid check number, bare or in groups of four. It misses masked ones.",
		Category: "finance.iban",
		Version:  1,
		Names:    []string{"iban", "iban number", "bank iban", "account iban", "customer iban"},
		Triggers: classifiers.Triggers{Digits: 2, Spots: []classifiers.Spot{{At: "d", Least: 2, Before: "a"}}},
		MaxLen:   42,
		At:       ibanAt,
		Chance:   .01,
		Sparse:   true,
	}
}

// lengths of IBANs by country.
var lengths = map[[2]byte]int{
	{'A', 'D'}: 24, {'A', 'E'}: 23, {'A', 'L'}: 28, {'A', 'T'}: 20, {'A', 'Z'}: 28, {'B', 'A'}: 20, {'B', 'E'}: 16, {'B', 'G'}: 22, {'B', 'H'}: 22, {'B', 'R'}: 29,
	{'B', 'Y'}: 28, {'C', 'H'}: 21, {'C', 'R'}: 22, {'C', 'Y'}: 28, {'C', 'Z'}: 24, {'D', 'E'}: 22, {'D', 'K'}: 18, {'D', 'O'}: 28, {'E', 'E'}: 20, {'E', 'G'}: 29,
	{'E', 'S'}: 24, {'F', 'I'}: 18, {'F', 'O'}: 18, {'F', 'R'}: 27, {'G', 'B'}: 22, {'G', 'E'}: 22, {'G', 'I'}: 23, {'G', 'L'}: 18, {'G', 'R'}: 27, {'G', 'T'}: 28,
	{'H', 'R'}: 21, {'H', 'U'}: 28, {'I', 'E'}: 22, {'I', 'L'}: 23, {'I', 'Q'}: 23, {'I', 'S'}: 26, {'I', 'T'}: 27, {'J', 'O'}: 30, {'K', 'W'}: 30, {'K', 'Z'}: 20,
	{'L', 'B'}: 28, {'L', 'C'}: 32, {'L', 'I'}: 21, {'L', 'T'}: 20, {'L', 'U'}: 20, {'L', 'V'}: 21, {'L', 'Y'}: 25, {'M', 'C'}: 27, {'M', 'D'}: 24, {'M', 'E'}: 22,
	{'M', 'K'}: 19, {'M', 'R'}: 27, {'M', 'T'}: 31, {'M', 'U'}: 30, {'N', 'L'}: 18, {'N', 'O'}: 15, {'P', 'K'}: 24, {'P', 'L'}: 28, {'P', 'S'}: 29, {'P', 'T'}: 25,
	{'Q', 'A'}: 29, {'R', 'O'}: 24, {'R', 'S'}: 22, {'S', 'A'}: 24, {'S', 'C'}: 31, {'S', 'E'}: 24, {'S', 'I'}: 19, {'S', 'K'}: 24, {'S', 'M'}: 27, {'S', 'T'}: 25,
	{'S', 'V'}: 28, {'T', 'L'}: 23, {'T', 'N'}: 24, {'T', 'R'}: 26, {'U', 'A'}: 29, {'V', 'A'}: 22, {'V', 'G'}: 24, {'X', 'K'}: 20,
}

// ibanAt reads an IBAN whose check number stands at i.
func ibanAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 2 || !classifiers.IsLetter(text[i-1]) || !classifiers.IsDigit(text[i]) || i+1 >= len(text) || !classifiers.IsDigit(text[i+1]) {
		return h, false
	}
	a, b := text[i-2]&^0x20, text[i-1]&^0x20
	if !classifiers.IsUpper(a) || !classifiers.IsUpper(b) || (i > 2 && classifiers.IsWord(text[i-3])) {
		return h, false
	}
	n, known := lengths[[2]byte{a, b}]
	if !known {
		return h, false
	}
	end, rest, ok := ibanRest(text, i, n-2)
	if !ok || (end < len(text) && classifiers.IsWord(text[end])) {
		return h, false
	}
	rest = (rest*100 + int(a-'A'+10)) % 97
	rest = (rest*100 + int(b-'A'+10)) % 97
	rest = (rest*100 + int(text[i]-'0')*10 + int(text[i+1]-'0')) % 97
	if rest != 1 {
		return h, false
	}
	return classifiers.Hit{Start: i - 2, End: end, Flags: classifiers.Checked}, true
}

// ibanRest reads n letters and digits from the check number on, with single spaces, and gives the remainder of those behind it.
func ibanRest(text []byte, i, n int) (end, rest int, ok bool) {
	k := i
	for read := 0; read < n; k++ {
		if k >= len(text) {
			return 0, 0, false
		}
		c := text[k]
		switch {
		case classifiers.IsDigit(c):
			if read >= 2 {
				rest = (rest*10 + int(c-'0')) % 97
			}
		case classifiers.IsLetter(c) && c < 0x80 && read >= 2:
			rest = (rest*100 + int(c&^0x20-'A'+10)) % 97
		case c == ' ' && read >= 2 && text[k-1] != ' ':
			continue
		default:
			return 0, 0, false
		}
		read++
	}
	return k, rest, true
}
