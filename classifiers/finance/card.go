package finance

import (
	"vestige/classifiers"
	"vestige/pii"
)

// Card is payment card numbers.
func Card() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "card",
		Doc:      "A payment card number of a known issuer's range and length that passes Luhn, bare or in the usual groups. It misses masked ones; one in ten numbers of such a range passes by chance.",
		Category: "finance.card",
		Version:  1,
		Names:    []string{"card number", "credit card", "credit card number", "cc number", "ccnumber", "pan", "card pan", "payment card", "payment card number", "kreditkarte", "kreditkartennummer", "kreditkortanumer", "debit card number", "bank card number", "bank card"},
		Triggers: classifiers.Triggers{Digits: 13, Spots: []classifiers.Spot{{At: "23456", Least: 4, Before: "^ad", After: "^a"}}},
		MaxLen:   23,
		At:       cardAt,
		Chance:   .02,
		Sparse:   true,
	}
}

func cardAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !classifiers.IsDigit(text[i]) || (i > 0 && classifiers.IsWord(text[i-1])) || text[i] < '2' || text[i] > '6' {
		return h, false
	}
	if i > 1 && (text[i-1] == '.' || text[i-1] == '-' || text[i-1] == ' ' || text[i-1] == '/') && classifiers.IsDigit(text[i-2]) {
		return h, false
	}
	var d [19]byte
	n, k, sep := 0, i, byte(0)
	groups, last := 0, i
	for ; k < len(text); k++ {
		c := text[k]
		if classifiers.IsDigit(c) {
			if n == 19 {
				return h, false
			}
			d[n] = c
			n++
			continue
		}
		if (c != ' ' && c != '-') || (sep != 0 && c != sep) || k+1 >= len(text) || !classifiers.IsDigit(text[k+1]) || k-last > 6 || k-last < 4 {
			break
		}
		sep, last = c, k+1
		groups++
	}
	if k < len(text) && (classifiers.IsWord(text[k]) || ((text[k] == '.' || text[k] == ',' || text[k] == '-') && k+1 < len(text) && classifiers.IsDigit(text[k+1]))) {
		return h, false
	}
	if groups > 4 || !issuer(d[:n]) || !luhn(d[:n]) {
		return h, false
	}
	h = classifiers.Hit{Start: i, End: k, Flags: classifiers.Checked}
	if testCard(d[:n]) {
		h.Flags |= classifiers.Example
	}
	return h, true
}

// issuer knows the ranges of Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay and Maestro.
func issuer(d []byte) bool {
	n := len(d)
	if n < 13 {
		return false
	}
	p := int(d[0]-'0')*1000 + int(d[1]-'0')*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case p >= 5100 && p <= 5599, p >= 2221 && p <= 2720:
		return n == 16
	case p/100 == 34, p/100 == 37:
		return n == 15
	case p >= 3000 && p <= 3059, p/100 == 36, p/100 == 38, p/100 == 39:
		return n == 14 || n == 16
	case p == 6011, p >= 6440 && p <= 6599, p >= 3528 && p <= 3589, p/100 == 62:
		return n >= 16
	case p == 5018, p == 5020, p == 5038, p == 5893, p == 6304, p == 6759, p >= 6761 && p <= 6763:
		return n >= 13
	}
	return false
}

func luhn(d []byte) bool {
	sum, double := 0, false
	for k := len(d) - 1; k >= 0; k-- {
		x := int(d[k] - '0')
		if double {
			x *= 2
			if x > 9 {
				x -= 9
			}
		}
		sum += x
		double = !double
	}
	return sum%10 == 0
}

// testCard knows the numbers that payment providers publish for tests.
func testCard(d []byte) bool {
	for _, t := range [...]string{
		"4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "4222222222222", "5555555555554444", "5200828282828210", "5105105105105100", "2223003122003222",
		"378282246310005", "371449635398431", "378734493671000", "30569309025904", "38520000023237", "3056930009020004", "36227206271667", "6011111111111117", "6011000990139424", "3530111333300000", "3566002020360505", "6200000000000005", "4000000000000002", "5425233430109903", "4917610000000000",
	} {
		if string(d) == t {
			return true
		}
	}
	return false
}

// BankAccount is national account numbers.
func BankAccount() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "bank_account",
		Doc:      "A national account number, by the name of its field. Nothing in a value tells it from other numbers.",
		Category: "finance.bank_account",
		Version:  1,
		Names:    []string{"bank account", "bank account number", "account number bank", "bank account id?", "konto nummer", "kontonummer", "account number", "bank number", "routing number", "sort code", "bankverbindung", "bic", "iban or account"},
		MaxLen:   20,
		Whole: func(v []byte) bool {
			digits := 0
			for _, b := range v {
				if classifiers.IsDigit(b) {
					digits++
				} else if b != ' ' && b != '-' && b != '/' {
					return false
				}
			}
			return digits >= 6 && digits <= 17
		},
		Chance: .8,
	}
}

// Salary is what people earn.
func Salary() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "salary",
		Doc:      "What a person earns, by the name of its field and values that are amounts. It misses pay under other names.",
		Category: "employment.salary",
		Version:  1,
		Names:    []string{"salary", "base salary", "annual salary", "monthly salary", "hourly rate?", "salary amount", "gross salary", "net salary", "gross pay", "net pay", "monthly pay", "pay rate", "pay amount", "base gross pay", "base net pay", "yearly salary", "salary month", "salary year", "pay?", "compensation", "bonus amount?"},
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if s.Values == 0 {
				return e
			}
			if s.Num.Min < 0 && s.Num.Max < 1000 {
				e.Nats = append(e.Nats, pii.Nat{Text: "logarithms or changes, below nothing", Nats: -8})
			}
			if s.Share(s.Texture.Digits+s.Texture.Decimals) < .8 {
				e.Nats = append(e.Nats, pii.Nat{Text: "not amounts", Nats: -6})
			} else if s.Named && s.Share(s.Texture.Decimals) > .2 {
				e.Nats = append(e.Nats, pii.Nat{Text: "numbers with a fraction", Nats: 5})
			}
			return e
		},
	}
}
