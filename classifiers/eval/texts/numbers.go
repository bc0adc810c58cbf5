package texts

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
)

// numbers makes identifiers with valid check digits, of no known person: drawn at random, cards of the ranges for tests.
var numbers = map[string]func(*rand.Rand) string{
	"card": func(r *rand.Rand) string {
		return one(r, "4111 1111 1111 1111", "4242424242424242", "5555 5555 5555 4444", "378282246310005", "5105-1051-0510-5100", "4000 0566 5566 5556")
	},
	"iban": iban, "ssn": func(r *rand.Rand) string {
		return fmt.Sprintf("%03d-%02d-%04d", 100+r.IntN(500), 10+r.IntN(80), 1000+r.IntN(8000))
	},
	"nhs": func(r *rand.Rand) string {
		for {
			d := digits(r, 9)
			if c := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11; c != 10 {
				s := d + fmt.Sprint(c%11)
				return s[:3] + " " + s[3:6] + " " + s[6:]
			}
		}
	},
	"nino":     func(r *rand.Rand) string { return "AB" + digits(r, 6) + one(r, "A", "B", "C", "D") },
	"steuerid": taxID,
	"kvnr": func(r *rand.Rand) string {
		d := "01" + digits(r, 8)[:8] // the letter A counts as 01
		sum := 0
		for i := range d {
			n := int(d[i]-'0') * (1 + i%2)
			sum += n/10 + n%10
		}
		return "A" + d[2:] + fmt.Sprint(sum%10)
	},
	"nir": func(r *rand.Rand) string {
		d := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+r.IntN(2), 40+r.IntN(59), 1+r.IntN(12), 1+r.IntN(19), 1+r.IntN(500), 1+r.IntN(500))
		n, _ := new(big.Int).SetString(d, 10)
		key := 97 - new(big.Int).Mod(n, big.NewInt(97)).Int64()
		if r.IntN(2) == 0 {
			return fmt.Sprintf("%s%02d", d, key)
		}
		return fmt.Sprintf("%s %s %s %s %s %s %02d", d[:1], d[1:3], d[3:5], d[5:7], d[7:10], d[10:], key)
	},
	"dni": func(r *rand.Rand) string {
		n := 10000000 + r.IntN(80000000)
		return fmt.Sprintf("%08d%c", n, "TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
	},
	"cf": codiceFiscale,
	"bsn": func(r *rand.Rand) string {
		for {
			d := "1" + digits(r, 7)
			if c := weighted(d, 9, 8, 7, 6, 5, 4, 3, 2) % 11; c != 10 {
				return d + fmt.Sprint(c)
			}
		}
	},
	"nif": func(r *rand.Rand) string {
		d := "2" + digits(r, 7)
		c := 11 - weighted(d, 9, 8, 7, 6, 5, 4, 3, 2)%11
		if c > 9 {
			c = 0
		}
		return d + fmt.Sprint(c)
	},
	"cpf": func(r *rand.Rand) string {
		d := digits(r, 9)
		for range 2 {
			sum := 0
			for i := range d {
				sum += int(d[i]-'0') * (len(d) + 1 - i)
			}
			d += fmt.Sprint((sum * 10 % 11) % 10)
		}
		return d[:3] + "." + d[3:6] + "." + d[6:9] + "-" + d[9:]
	},
	"pesel": func(r *rand.Rand) string {
		d := fmt.Sprintf("%02d%02d%02d", 40+r.IntN(59), 1+r.IntN(12), 1+r.IntN(28)) + digits(r, 4)
		return d + fmt.Sprint((10-weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
	},
}

func digits(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	return b.String()
}

func weighted(d string, by ...int) (sum int) {
	for i := range d {
		sum += int(d[i]-'0') * by[i]
	}
	return sum
}

func iban(r *rand.Rand) string {
	country := one(r, "DE", "NL", "FR", "ES", "IT", "PL", "GB")
	bban := map[string]string{
		"DE": "37040044" + digits(r, 10), "NL": "ABNA" + digits(r, 10), "FR": "20041010050" + digits(r, 10) + "02", "ES": "2100" + digits(r, 16),
		"IT": "X0542811101" + digits(r, 12), "PL": "10901014" + digits(r, 16), "GB": "WEST123456" + digits(r, 8),
	}[country]
	var n strings.Builder
	for _, c := range bban + country + "00" {
		if c >= 'A' {
			fmt.Fprint(&n, int(c-'A')+10)
		} else {
			n.WriteRune(c)
		}
	}
	v, _ := new(big.Int).SetString(n.String(), 10)
	all := fmt.Sprintf("%s%02d%s", country, 98-new(big.Int).Mod(v, big.NewInt(97)).Int64(), bban)
	if r.IntN(2) == 0 {
		return all
	}
	var b strings.Builder
	for i := range all {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(all[i])
	}
	return b.String()
}

// taxID is a German tax number: one digit twice, the check digit of ISO 7064 mod 11,10.
func taxID(r *rand.Rand) string {
	p := r.Perm(10)
	if p[0] == 0 {
		p[0], p[9] = p[9], p[0]
	}
	var d []int
	d = append(d, p[:9]...)
	d = append(d, d[r.IntN(8)])
	product := 10
	for _, n := range d {
		sum := (n + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	check := 11 - product
	if check == 10 {
		check = 0
	}
	s := ""
	for _, n := range append(d, check) {
		s += fmt.Sprint(n)
	}
	return s
}

func codiceFiscale(r *rand.Rand) string {
	s := fmt.Sprintf("%s%s%02d%c%02d%c%03d", one(r, "RSS", "BNC", "FRR"), one(r, "MRA", "LCU", "GLI"), 40+r.IntN(59), "ABCDEHLMPRST"[r.IntN(12)], 1+r.IntN(28), "ABCDEFGHL"[r.IntN(9)], 100+r.IntN(800))
	odd := []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range s {
		n := int(s[i] - 'A')
		if s[i] <= '9' {
			n = int(s[i] - '0')
		}
		if i%2 == 0 {
			sum += odd[n]
		} else {
			sum += n
		}
	}
	return s + string(rune('A'+sum%26))
}
