package official

import "strings"

// more are the checks of countries beyond Europe.
var more = map[string]func([]byte) bool{
	"atin": func(d []byte) bool { return d[0] == '9' && string(d[3:5]) == "93" },
	"lnch": func(d []byte) bool { return sum(d, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == at(d, 9) },
	"lumat": func(d []byte) bool {
		y := num(d[:4])
		var v [12]byte
		copy(v[:], d[:11])
		v[11] = d[12]
		return y >= 1900 && y < 2040 && month(num(d[4:6])) && day(num(d[6:8])) && luhn(d[:12]) && verhoeff(v[:])
	},
	"mtid":  func(d []byte) bool { return has(d[len(d)-1:], "MGAPLHBZ") && num(d[:len(d)-1]) > 0 },
	"cytic": cyTIC,
	"frtva": func(d []byte) bool {
		return d[0] == 'F' && d[1] == 'R' && (12+3*(num(d[4:])%97))%97 == num(d[2:4]) && luhn(d[4:])
	},
	"krfrn": func(d []byte) bool {
		return ymd(d) && d[6] >= '5' && d[6] <= '8' && (13-sum(d, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == at(d, 12)
	},
	"crced": func(d []byte) bool { return d[0] >= '1' && d[0] <= '8' },
	"lanr":  func(d []byte) bool { return (10-sum(d, 4, 9, 4, 9, 4, 9)%10)%10 == at(d, 6) },
	"nzbank": func(d []byte) bool {
		b := num(d[:2])
		return b >= 1 && b <= 38
	},
	"nokonto": func(d []byte) bool { return (11-sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == at(d, 10) },
	"ptnif":   func(d []byte) bool { return d[0] != '0' && (11-sum(d, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == at(d, 8) },
	"niss": func(d []byte) bool {
		return (d[0] == '1' || d[0] == '2') && 9-sum(d, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2)%10 == at(d, 10)
	},
	"tckn":   tckn,
	"vkn":    vkn,
	"inn":    inn,
	"snils":  func(d []byte) bool { return sum(d, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == num(d[9:]) },
	"rnokpp": func(d []byte) bool { s := sum(d, -1, 5, 7, 9, 4, 6, 10, 5, 7); return ((s%11)+11)%11%10 == at(d, 9) },
	"iin": func(d []byte) bool {
		c := sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
		if c == 10 {
			c = sum(d, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
		}
		return ymd(d) && c == at(d, 11)
	},
	"eid":     func(d []byte) bool { return string(d[:3]) == "784" && luhn(d) },
	"said":    func(d []byte) bool { return (d[0] == '1' || d[0] == '2') && luhn(d) },
	"egnid":   func(d []byte) bool { return (d[0] == '2' || d[0] == '3') && ymd(d[1:]) },
	"zaid":    func(d []byte) bool { return ymd(d) && d[10] <= '2' && luhn(d) },
	"kepin":   func(d []byte) bool { return d[0] == 'A' || d[0] == 'P' },
	"ghcard":  func(d []byte) bool { return string(d[:3]) == "GHA" },
	"aadhaar": func(d []byte) bool { return d[0] >= '2' && verhoeff(d) },
	"pan":     func(d []byte) bool { return strings.IndexByte("PCHFATBLJG", d[3]) >= 0 && string(d[5:9]) != "0000" },
	"gstin":   func(d []byte) bool { n := num(d[:2]); return n >= 1 && n <= 38 && gstin(d) },
	"ifsc":    func(d []byte) bool { return hasDigits(d, 2) },
	"cnic":    func(d []byte) bool { return d[0] >= '1' && d[0] <= '7' && d[12] != '0' },
	"lknic": func(d []byte) bool {
		if len(d) == 12 { // the year of birth, then the day of the year
			n := num(d[4:7])
			return num(d[:4]) >= 1900 && num(d[:4]) < 2100 && n%500 >= 1 && n%500 <= 366
		}
		n := num(d[2:5])
		return n%500 >= 1 && n%500 <= 366 && (d[9] == 'V' || d[9] == 'X')
	},
	"nik": func(d []byte) bool {
		n := num(d[6:8]) % 40
		return num(d[:2]) >= 11 && num(d[:2]) <= 94 && day(n) && month(num(d[8:10]))
	},
	"mykad":  func(d []byte) bool { return ymd(d) && d[6] != '0' || ymd(d) && d[7] != '0' },
	"sgnric": sgNRIC,
	"thpin": func(d []byte) bool {
		return d[0] != '0' && (11-sum(d, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == at(d, 12)
	},
	"cccd": func(d []byte) bool { return num(d[:3]) >= 1 && num(d[:3]) <= 96 && d[3] <= '3' },
	"ric":  ric,
	"uscc": uscc,
	"hkid": hkid,
	"twid": twid,
	"krrn": func(d []byte) bool { return ymd(d) && d[6] >= '1' && d[6] <= '8' },
	"brn": func(d []byte) bool {
		s := sum(d, 1, 3, 7, 1, 3, 7, 1, 3, 5) + at(d, 8)*5/10
		return (10-s%10)%10 == at(d, 9)
	},
	"mynumber": func(d []byte) bool {
		s := sum(d, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
		return s <= 1 && d[11] == '0' || s > 1 && 11-s == at(d, 11)
	},
	"jpcorp": func(d []byte) bool { return 9-sum(d[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == at(d, 0) },
	"tfn": func(d []byte) bool {
		return len(d) == 9 && sum(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
	},
	"aumed": func(d []byte) bool {
		return d[0] >= '2' && d[0] <= '6' && sum(d, 1, 3, 7, 9, 1, 3, 7, 9)%10 == at(d, 8)
	},
	"abn":  func(d []byte) bool { return (sum(d, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0 && d[0] != '0' },
	"acn":  func(d []byte) bool { return (10-sum(d, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == at(d, 8) },
	"ird":  ird,
	"nhi":  func(d []byte) bool { return !has(d[:3], "IO") && nhi(d) },
	"cpf":  func(d []byte) bool { return br(d, 9, 10) && br(d, 10, 11) },
	"cnpj": func(d []byte) bool { return cnpj(d) },
	"pis":  func(d []byte) bool { return (11-sum(d, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == at(d, 10) },
	"titulo": func(d []byte) bool {
		a := sum(d, 2, 3, 4, 5, 6, 7, 8, 9) % 11 % 10
		return num(d[8:10]) >= 1 && num(d[8:10]) <= 28 && a == at(d, 10) && (sum(d[8:], 7, 8)+9*a)%11%10 == at(d, 11)
	},
	"cns": func(d []byte) bool {
		return strings.IndexByte("12789", d[0]) >= 0 && sum(d, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	},
	"curp":  curp,
	"rfc":   func(d []byte) bool { n := len(d) - 9; return ymd(d[n:]) },
	"clabe": func(d []byte) bool { return clabe(d) },
	"cuit": func(d []byte) bool {
		p := num(d[:2])
		return (p >= 20 && p <= 27 || p == 30 || p == 33 || p == 34) && (11-sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == at(d, 10)
	},
	"cbu": func(d []byte) bool {
		return (10-sum(d, 7, 1, 3, 9, 7, 1, 3)%10)%10 == at(d, 7) && (10-sum(d[8:], 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3)%10)%10 == at(d, 21)
	},
	"rut": rut,
	"nit": func(d []byte) bool {
		s := sum(d, 41, 37, 29, 23, 19, 17, 13, 7, 3) % 11
		return s < 2 && s == at(d, 9) || s >= 2 && 11-s == at(d, 9)
	},
	"ruc": func(d []byte) bool {
		p := num(d[:2])
		return (p == 10 || p == 15 || p == 17 || p == 20) && (11-sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == at(d, 10)
	},
	"uyci": func(d []byte) bool { return (10-sum(d, 2, 9, 8, 7, 6, 3, 4)%10)%10 == at(d, 7) },
	"rif":  rif,
	"ecci": func(d []byte) bool {
		p := num(d[:2])
		return p >= 1 && p <= 24 && d[2] < '6' && (10-crossedNine(d[:9])%10)%10 == at(d, 9)
	},
	"cui": func(d []byte) bool {
		return sum(d, 2, 3, 4, 5, 6, 7, 8, 9)%11 == at(d, 8) && num(d[9:11]) >= 1 && num(d[9:11]) <= 22
	},
	"imei":   func(d []byte) bool { return d[0] != '0' && luhn(d) },
	"iccid":  func(d []byte) bool { return string(d[:2]) == "89" && luhn(d) },
	"vin":    vin,
	"snomed": func(d []byte) bool { return verhoeff(d) && d[0] != '0' },
}

func tckn(d []byte) bool {
	odd, even := at(d, 0)+at(d, 2)+at(d, 4)+at(d, 6)+at(d, 8), at(d, 1)+at(d, 3)+at(d, 5)+at(d, 7)
	return d[0] != '0' && ((odd*7-even)%10+10)%10 == at(d, 9) && (odd+even+at(d, 9))%10 == at(d, 10)
}

func vkn(d []byte) bool {
	s := 0
	for i := range 9 {
		x := (at(d, i) + 9 - i) % 10
		if x == 0 {
			continue
		}
		y := x << (9 - i) % 9
		if y == 0 {
			y = 9
		}
		s += y
	}
	return (10-s%10)%10 == at(d, 9)
}

func inn(d []byte) bool {
	if len(d) == 10 {
		return sum(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == at(d, 9)
	}
	return sum(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == at(d, 10) && sum(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == at(d, 11)
}

var verhoeffD, verhoeffP = verhoeffTables()

func verhoeffTables() (m [10][10]byte, p [8][10]byte) {
	for a := range 10 {
		for b := range 10 {
			switch {
			case a < 5 && b < 5:
				m[a][b] = byte((a + b) % 5)
			case a < 5:
				m[a][b] = byte((a+b-5)%5 + 5)
			case b < 5:
				m[a][b] = byte((a-5-b+5)%5 + 5)
			default:
				m[a][b] = byte((a - b + 5) % 5)
			}
		}
	}
	p[1] = [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for i := range 10 {
		p[0][i] = byte(i)
	}
	for k := 2; k < 8; k++ {
		for i := range 10 {
			p[k][i] = p[k-1][p[1][i]]
		}
	}
	return m, p
}

func verhoeff(d []byte) bool {
	c := byte(0)
	for i := range d {
		c = verhoeffD[c][verhoeffP[i%8][d[len(d)-1-i]-'0']]
	}
	return c == 0
}

const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func gstin(d []byte) bool {
	s := 0
	for i, b := range d[:14] {
		x := base36(b) * (1 + i%2)
		s += x/36 + x%36
	}
	return alnum[(36-s%36)%36] == d[14]
}

func sgNRIC(d []byte) bool {
	s := sum(d[1:], 2, 7, 6, 5, 4, 3, 2)
	switch d[0] {
	case 'S':
		return "JZIHGFEDCBA"[s%11] == d[8]
	case 'T':
		return "JZIHGFEDCBA"[(s+4)%11] == d[8]
	case 'F':
		return "XWUTRQPNMLK"[s%11] == d[8]
	case 'G':
		return "XWUTRQPNMLK"[(s+4)%11] == d[8]
	case 'M':
		return "KLJNPQRTUWX"[10-(s+3)%11] == d[8]
	}
	return false
}

func ric(d []byte) bool {
	p := num(d[:2])
	return p >= 11 && p <= 82 && month(num(d[10:12])) && day(num(d[12:14])) && "10X98765432"[sum(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] == d[17]
}

func uscc(d []byte) bool {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	s, w := 0, 1
	for _, b := range d[:17] {
		i := strings.IndexByte(letters, b)
		if i < 0 {
			return false
		}
		s += i * w
		w = w * 3 % 31
	}
	return letters[(31-s%31)%31] == d[17]
}

func hkid(d []byte) bool {
	s, w := 0, 8
	if len(d) == 8 {
		s = 36 * 9
	} else {
		w = 9
	}
	for _, b := range d[:len(d)-1] {
		s += base36(b) * w
		w--
	}
	c := (11 - s%11) % 11
	return d[len(d)-1] == "0123456789A"[c]
}

func twid(d []byte) bool {
	n := strings.IndexByte("ABCDEFGHJKLMNPQRSTUVXYWZIO", d[0]) + 10
	return strings.IndexByte("1289", d[1]) >= 0 && (n/10+n%10*9+sum(d[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
}

func ird(d []byte) bool {
	var w [9]byte
	copy(w[:], "000000000")
	copy(w[9-len(d):], d)
	c := (11 - sum(w[:], 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 10 {
		c = (11 - sum(w[:], 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11
	}
	n := num(w[:])
	return n > 10_000_000 && n < 150_000_000 && c == at(w[:], 8)
}

func nhi(d []byte) bool {
	s := 0
	for i, b := range d[:6] {
		n := int(b - '0')
		if b > '9' {
			n = strings.IndexByte("ABCDEFGHJKLMNPQRSTUVWXYZ", b) + 1
		}
		s += n * (7 - i)
	}
	return s%11 != 0 && (11-s%11)%10 == at(d, 6)
}

// br checks the Brazilian digit at i, with weights that begin at top.
func br(d []byte, i, top int) bool {
	s := 0
	for k := range i {
		s += at(d, k) * (top - k)
	}
	c := s * 10 % 11 % 10
	return c == at(d, i)
}

func cnpj(d []byte) bool {
	check := func(weights ...int) int {
		r := sum(d, weights...) % 11
		if r < 2 {
			return 0
		}
		return 11 - r
	}
	return check(5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == at(d, 12) && check(6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == at(d, 13)
}

func curp(d []byte) bool {
	s := 0
	for i, b := range d[:17] {
		n := base36(b)
		if n > 23 { // Ñ stands between N and O
			n++
		}
		s += n * (18 - i)
	}
	return ymd(d[4:]) && (d[10] == 'H' || d[10] == 'M' || d[10] == 'X') && (10-s%10)%10 == at(d, 17)
}

func clabe(d []byte) bool {
	s := 0
	for i, b := range d[:17] {
		s += int(b-'0') * [...]int{3, 7, 1}[i%3] % 10
	}
	return (10-s%10)%10 == at(d, 17)
}

func rut(d []byte) bool {
	s, w := 0, 2
	for i := len(d) - 2; i >= 0; i-- {
		s += at(d, i) * w
		if w++; w == 8 {
			w = 2
		}
	}
	return "0K987654321"[s%11] == d[len(d)-1]
}

func rif(d []byte) bool {
	k := strings.IndexByte("VEJPG", d[0])
	if k < 0 {
		return false
	}
	s := (k + 1) * 4
	s += sum(d[1:], 3, 2, 7, 6, 5, 4, 3, 2)
	return "00987654321"[s%11] == d[9]
}

func crossedNine(d []byte) (s int) {
	for i := range d {
		x := at(d, i) * (2 - i%2)
		if x > 9 {
			x -= 9
		}
		s += x
	}
	return s
}

func vin(d []byte) bool {
	s := 0
	for i, b := range d {
		v := 0
		if b <= '9' {
			v = int(b - '0')
		} else if k := strings.IndexByte("ABCDEFGH_JKLMN_P_R__STUVWXYZ", b); k >= 0 {
			v = [...]int{1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 0, 0, 2, 3, 4, 5, 6, 7, 8, 9}[k]
		} else {
			return false
		}
		s += v * [...]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}[i]
	}
	return d[8] == "0123456789X"[s%11] && hasDigits(d, 4)
}

// cyTIC adds digits in even places and what the table makes of those in odd ones; the letter is the remainder.
func cyTIC(d []byte) bool {
	odd := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}
	s := 0
	for i := range 8 {
		if i%2 == 0 {
			s += odd[at(d, i)]
		} else {
			s += at(d, i)
		}
	}
	return int(d[8]-'A') == s%26
}
