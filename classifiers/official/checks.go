package official

import (
	"maps"
	"strings"
)

// checks verify the letters and digits of a candidate, of which the form is right already.
var checks = merged(europe, more, papers)

func merged(lists ...map[string]func([]byte) bool) map[string]func([]byte) bool {
	all := map[string]func([]byte) bool{}
	for _, l := range lists {
		maps.Copy(all, l)
	}
	return all
}

// europe are the checks of Europe and North America.
var europe = map[string]func([]byte) bool{
	"any":   func([]byte) bool { return true },
	"never": func([]byte) bool { return false },
	"luhn":  luhn,
	"itin": func(d []byte) bool {
		g := num(d[3:5])
		return d[0] == '9' && (g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94)
	},
	"ein": func(d []byte) bool { p := num(d[:2]); return p > 0 && p < 100 && p != 7 && p != 8 && p != 9 && p != 17 },
	"npi": func(d []byte) bool { return (d[0] == '1' || d[0] == '2') && (luhnSum(d)+24)%10 == 0 },
	"dea": func(d []byte) bool { return (at(d, 2)+at(d, 4)+at(d, 6)+2*(at(d, 3)+at(d, 5)+at(d, 7)))%10 == at(d, 8) },
	"mbi": func(d []byte) bool { return d[0] != '0' && !has(d, "SLOIBZ") },
	"aba": func(d []byte) bool {
		p := num(d[:2])
		return (p <= 12 || p >= 21 && p <= 32 || p >= 61 && p <= 72) && p > 0 && sum(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	},
	"ptin": func(d []byte) bool { return d[0] == 'P' },
	"sin":  func(d []byte) bool { return d[0] != '0' && d[0] != '8' && luhn(d) },
	"phn": func(d []byte) bool {
		r := 11 - sum(d[1:], 2, 4, 8, 5, 10, 9, 7, 3)%11
		return d[0] == '9' && r == at(d, 9)
	},
	"utr": func(d []byte) bool { return "21987654321"[sum(d[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == d[0] },
	"chi": func(d []byte) bool { return dmy(d) && (11-sum(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11 == at(d, 9) },
	"upn": func(d []byte) bool {
		return "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(d[1:], 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)%23] == d[0]
	},
	"ukdl": ukDriver,
	"ukvat": func(d []byte) bool {
		s := sum(d[2:], 8, 7, 6, 5, 4, 3, 2) + num(d[9:11])
		return string(d[:2]) == "GB" && (s%97 == 0 || (s+55)%97 == 0)
	},
	"pps": func(d []byte) bool {
		s := sum(d, 8, 7, 6, 5, 4, 3, 2)
		if len(d) == 9 && d[8] != 'W' {
			s += 9 * int(d[8]-'A'+1)
		}
		return "WABCDEFGHIJKLMNOPQRSTUV"[s%23] == d[7]
	},
	"svnr": func(d []byte) bool { return day(num(d[2:4])) && month(num(d[4:6])) && svnr(d) },
	"kvnr": func(d []byte) bool {
		var w [11]byte
		n := int(d[0]-'A') + 1
		w[0], w[1] = byte('0'+n/10), byte('0'+n%10)
		copy(w[2:], d[1:])
		return crossed(w[:10], 1, 2)%10 == at(d, 9)
	},
	"mrz1":  func(d []byte) bool { return mrz(d[:9]) == at(d, 9) && !has(d, "AEIOUQ") },
	"ustid": func(d []byte) bool { return string(d[:2]) == "DE" && iso1110(d[2:]) },
	"atsvnr": func(d []byte) bool {
		return d[0] != '0' && day(num(d[4:6])) && month(num(d[6:8])) && (sum(d, 3, 7, 9)+sum(d[4:], 5, 8, 4, 2, 1, 6))%11 == at(d, 3)
	},
	"ahv": func(d []byte) bool { return string(d[:3]) == "756" && ean(d) },
	"chuid": func(d []byte) bool {
		return string(d[:3]) == "CHE" && (11-sum(d[3:], 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == at(d, 11)
	},
	"nir":   nir,
	"spi":   func(d []byte) bool { return d[0] <= '3' && num(d[:10])%511 == num(d[10:]) },
	"siret": func(d []byte) bool { return luhn(d) && luhn(d[:9]) },
	"cni":   func(d []byte) bool { return len(d) == 12 || hasDigits(d, 3) },
	"dni":   func(d []byte) bool { return "TRWAGMYFPDXBNJZSQVHLCKE"[num(d[:8])%23] == d[8] },
	"nie": func(d []byte) bool {
		return d[0] >= 'X' && d[0] <= 'Z' && "TRWAGMYFPDXBNJZSQVHLCKE"[(int(d[0]-'X')*10000000+num(d[1:8]))%23] == d[8]
	},
	"cif": cif,
	"nss": func(d []byte) bool { return (num(d[:2])*100000000+num(d[2:10]))%97 == num(d[10:]) },
	"ccc": func(d []byte) bool {
		return ccc(d[:8], 4, 8, 5, 10, 9, 7, 3, 6) == at(d, 8) && ccc(d[10:], 1, 2, 4, 8, 5, 10, 9, 7, 3, 6) == at(d, 9)
	},
	"cf": codice,
	"iva": func(d []byte) bool {
		return len(d) == 11 && luhn(d) || len(d) == 13 && string(d[:2]) == "IT" && luhn(d[2:])
	},
	"bsn": func(d []byte) bool {
		if len(d) == 8 {
			return (sum(d, 8, 7, 6, 5, 4, 3, 2)+10*at(d, 7))%11 == 0
		}
		return (sum(d, 9, 8, 7, 6, 5, 4, 3, 2)+10*at(d, 8))%11 == 0
	},
	"rrn": func(d []byte) bool {
		n, c := num(d[:9]), num(d[9:])
		m := num(d[2:4]) % 20
		return m <= 12 && (97-n%97 == c || 97-(2000000000+n)%97 == c)
	},
	"pesel": func(d []byte) bool {
		m := num(d[2:4]) % 20
		return month(m) && day(num(d[4:6])) && (10-sum(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == at(d, 10)
	},
	"nip":   func(d []byte) bool { return sum(d, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == at(d, 9) },
	"regon": func(d []byte) bool { return sum(d, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 == at(d, 8) },
	"dowod": func(d []byte) bool {
		s := 0
		for i, w := range [...]int{7, 3, 1, 0, 7, 3, 1, 7, 3} {
			s += w * base36(d[i])
		}
		return s%10 == at(d, 3)
	},
	"rc": func(d []byte) bool {
		m := num(d[2:4]) % 50
		return (month(m) || month(m-20)) && day(num(d[4:6])) && (len(d) == 9 && d[0] < '6' || len(d) == 10 && (num(d)%11 == 0 || num(d[:9])%11 == 10 && d[9] == '0'))
	},
	"ico": func(d []byte) bool { return (11-sum(d, 8, 7, 6, 5, 4, 3, 2)%11)%10 == at(d, 7) },
	"taj": func(d []byte) bool { return sum(d, 3, 7, 3, 7, 3, 7, 3, 7)%10 == at(d, 8) },
	"cnp": func(d []byte) bool {
		return d[0] != '0' && ymd(d[1:]) && sum(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11%10 == at(d, 12) || d[12] == '1' && d[0] != '0' && ymd(d[1:]) && sum(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11 == 10
	},
	"egn": func(d []byte) bool {
		return month(num(d[2:4])%20) && day(num(d[4:6])) && sum(d, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == at(d, 9)
	},
	"amka": func(d []byte) bool { return dmy(d) && luhn(d) },
	"afm":  func(d []byte) bool { return sum(d, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == at(d, 8) },
	"oib":  iso1110,
	"jmbg": func(d []byte) bool {
		return day(num(d[:2])) && month(num(d[2:4])) && (d[4] == '9' || d[4] == '0') && (11-sum(d, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11%10 == at(d, 12)
	},
	"balt": func(d []byte) bool {
		c := sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
		if c == 10 {
			c = sum(d, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
		}
		return d[0] >= '1' && d[0] <= '8' && ymd(d[1:]) && c == at(d, 10)
	},
	"lvpk": func(d []byte) bool {
		return (string(d[:2]) == "32" || dmy(d)) && (1101-sum(d, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))%11%10 == at(d, 10)
	},
	"sepnr": func(d []byte) bool {
		d = d[len(d)-10:]
		n := num(d[4:6])
		return month(num(d[2:4])) && (day(n) || day(n-60)) && luhn(d)
	},
	"seorg": func(d []byte) bool { return d[2] >= '2' && luhn(d) },
	"fnr": func(d []byte) bool {
		return day(num(d[:2])%40) && month(num(d[2:4])%40) && sum(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	},
	"cpr": func(d []byte) bool { return dmy(d) },
	"hetu": func(d []byte) bool {
		n := len(d)
		return dmy(d) && "0123456789ABCDEFHJKLMNPRSTUVWXY"[(num(d[:6])*1000+num(d[n-4:n-1]))%31] == d[n-1]
	},
	"kt": func(d []byte) bool {
		return day(num(d[:2])%40) && month(num(d[2:4])) && (11-sum(d, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == at(d, 8)
	},
}

// num reads digits; letters make no sense of it.
func num(d []byte) (n int) {
	for _, b := range d {
		n = n*10 + int(b-'0')
	}
	return n
}

func at(d []byte, i int) int { return int(d[i] - '0') }

// sum weighs the first digits.
func sum(d []byte, weights ...int) (s int) {
	for i, w := range weights {
		s += w * int(d[i]-'0')
	}
	return s
}

func has(d []byte, letters string) bool { return strings.ContainsAny(string(d), letters) }

func hasDigits(d []byte, n int) bool {
	for _, b := range d {
		if b-'0' < 10 {
			n--
		}
	}
	return n <= 0
}

func day(n int) bool     { return n >= 1 && n <= 31 }
func month(n int) bool   { return n >= 1 && n <= 12 }
func dmy(d []byte) bool  { return day(num(d[:2])) && month(num(d[2:4])) }
func ymd(d []byte) bool  { return month(num(d[2:4])) && day(num(d[4:6])) }
func luhn(d []byte) bool { return luhnSum(d)%10 == 0 }

func luhnSum(d []byte) (s int) {
	for i := range d {
		x := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			x *= 2
			if x > 9 {
				x -= 9
			}
		}
		s += x
	}
	return s
}

// crossed weighs by turns and adds the digits of each product.
func crossed(d []byte, weights ...int) (s int) {
	for i := range d {
		x := int(d[i]-'0') * weights[i%len(weights)]
		s += x/10 + x%10
	}
	return s
}

// iso1110 is ISO 7064 mod 11,10.
func iso1110(d []byte) bool {
	p := 10
	for _, b := range d[:len(d)-1] {
		p = (int(b-'0') + p) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11-p)%10 == at(d, len(d)-1)
}

func ean(d []byte) bool {
	s := 0
	for i := range d {
		s += int(d[len(d)-1-i]-'0') * (1 + 2*(i%2))
	}
	return s%10 == 0
}

func base36(b byte) int {
	if b <= '9' {
		return int(b - '0')
	}
	return int(b-'A') + 10
}

// mrz is the check digit of machine-readable documents.
func mrz(d []byte) (s int) {
	for i, b := range d {
		s += base36(b) * [...]int{7, 3, 1}[i%3]
	}
	return s % 10
}

func ukDriver(d []byte) bool {
	for _, b := range d[5:11] {
		if b > '9' {
			return false
		}
	}
	return d[0] > '9' && month(num(d[6:8])%50) && day(num(d[8:10]))
}

func svnr(d []byte) bool {
	var w [12]byte
	n := int(d[8]-'A') + 1
	copy(w[:8], d[:8])
	w[8], w[9] = byte('0'+n/10), byte('0'+n%10)
	copy(w[10:], d[9:11])
	return crossed(w[:], 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)%10 == at(d, 11)
}

func nir(d []byte) bool {
	n := 0
	for i, b := range d[:13] {
		if i == 6 && b > '9' {
			if b != 'A' && b != 'B' || d[5] != '2' {
				return false
			}
			n = (n-1)*10 + 9 - int(b-'A') // 2A counts as 19, 2B as 18
			continue
		}
		if b > '9' {
			return false
		}
		n = n*10 + int(b-'0')
	}
	m := num(d[3:5])
	return (d[0] == '1' || d[0] == '2' || d[0] == '7' || d[0] == '8') && (month(m) || m >= 20 && m <= 42 || m >= 50) && 97-n%97 == num(d[13:])
}

func cif(d []byte) bool {
	if !strings.ContainsRune("ABCDEFGHJNPQRSUVW", rune(d[0])) {
		return false
	}
	s := crossed(d[1:8], 2, 1)
	c := (10 - s%10) % 10
	return d[8] == byte('0'+c) || d[8] == "JABCDEFGHI"[c]
}

func ccc(d []byte, weights ...int) int {
	c := 11 - sum(d, weights...)%11
	if c >= 10 {
		c = 11 - c
	}
	return c
}

// codice is the check letter of the Italian fiscal code; digits may be letters where two people share one.
func codice(d []byte) bool {
	odd := [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	s := 0
	for i, b := range d[:15] {
		n := base36(b)
		if b > '9' {
			n -= 10
		}
		if i%2 == 0 {
			n = odd[n]
		}
		s += n
	}
	return strings.IndexByte("ABCDEHLMPRST", d[8]) >= 0 && byte('A'+s%26) == d[15]
}
