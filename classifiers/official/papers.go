package official

import "strings"

// papers are the checks of passports, licences, plates, codes of medicine, and what else the states of the table give.
var papers = map[string]func([]byte) bool{
	"gtin":  func(d []byte) bool { return ean(d[2:]) },
	"meid":  func(d []byte) bool { return d[0] >= 'A' && d[0] <= 'F' && hexLuhn(d) },
	"icd10": func(d []byte) bool { return d[0] != 'U' },
	"plate_uk": func(d []byte) bool {
		age := num(d[2:4]) % 50
		return !has(d[:2], "IQZ") && !has(d[4:], "IQ") && age >= 1 && age <= 30
	},
	"plate_tr": func(d []byte) bool { p := num(d[:2]); return p >= 1 && p <= 81 },
	"plate_in": func(d []byte) bool { return indian(d) },
	"ramq":     func(d []byte) bool { m := num(d[6:8]) % 50; return month(m) && day(num(d[8:10])) },
	"ohip":     func(d []byte) bool { return d[0] != '0' && luhn(d[:10]) },
	"eircode": func(d []byte) bool {
		return !has(d[:1], "BGIJLMOQSUZ") && !has(d[3:], "BGIJLMOQSUZ") && hasDigits(d[3:], 1) && !hasDigits(d[3:], 4)
	},
	"depass": func(d []byte) bool { return has(d[:1], "CFGHJK") && !has(d, "AEIOUBDQS") && hasDigits(d, 2) },
	"defs": func(d []byte) bool {
		s := 0
		for i, b := range d[:9] {
			s += base36(b) * (9 - i)
		}
		return !has(d[:1], "0123456789") && hasDigits(d, 3) && "0123456789X"[s%11] == d[9]
	},
	"catastro": func(d []byte) bool {
		return cadastre(d[:7], d[14:18]) == d[18] && cadastre(d[7:14], d[14:18]) == d[19]
	},
	"cups": func(d []byte) bool {
		n := num(d[2:18]) % 529
		const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
		return letters[n/23] == d[18] && letters[n%23] == d[19]
	},
	"onderwijs": func(d []byte) bool {
		return d[0] == '1' && d[1] == '0' && (sum(d, 9, 8, 7, 6, 5, 4, 3, 2)-at(d, 8))%11 == 5
	},
	"nldoc":      func(d []byte) bool { return !has(d, "O") && has(d[:1], "ABCDEFGHIJKLMNPQRSTUVWXYZ") },
	"nlpostcode": func(d []byte) bool { s := string(d[4:6]); return d[0] != '0' && s != "SA" && s != "SD" && s != "SS" },
	"beeid":      func(d []byte) bool { n := num(d[:10]) % 97; return n == num(d[10:]) || n == 0 && num(d[10:]) == 97 },
	"szig": func(d []byte) bool {
		return d[0] >= '1' && d[0] <= '8' && ymd(d[1:]) && (sum(d, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == at(d, 10) || sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11 == at(d, 10))
	},
	"ptcc": func(d []byte) bool {
		s := 0
		for i, b := range d {
			x := base36(b)
			if i%2 == 0 {
				if x *= 2; x > 9 {
					x -= 9
				}
			}
			s += x
		}
		return s%10 == 0
	},
	"uen": func(d []byte) bool {
		if len(d) == 9 {
			return "XMKECAWLJDB"[sum(d, 10, 4, 9, 3, 8, 2, 7, 1)%11] == d[8]
		}
		return "ZKCMDNERGWH"[sum(d, 10, 8, 6, 4, 9, 7, 5, 3, 1)%11] == d[9]
	},
	"cnmobile":   func(d []byte) bool { return d[0] == '1' && d[1] >= '3' },
	"cnpassport": func(d []byte) bool { return has(d[:1], "EGDSPH") },
	"ubn": func(d []byte) bool {
		s := crossed(d, 1, 2, 1, 2, 1, 2, 4, 1)
		return s%5 == 0 || d[6] == '7' && (s+1)%5 == 0
	},
	"veci": func(d []byte) bool { return d[0] == 'V' || d[0] == 'E' },
}

// hexLuhn is Luhn's check over hexadecimal digits.
func hexLuhn(d []byte) bool {
	s := 0
	for i := range d {
		x := base36(d[len(d)-1-i])
		if x > 15 {
			return false
		}
		if i%2 == 1 {
			x *= 2
		}
		s += x/16 + x%16
	}
	return s%16 == 0
}

// cadastre gives the check letter of a half of a Spanish cadastral reference with the number of the property.
func cadastre(half, property []byte) byte {
	const letters, alphabet = "MQWERTYUIOPASDFGHJKLBZX", "ABCDEFGHIJKLMN.OPQRSTUVWXYZ0123456789"
	s := 0
	for i, w := range [...]int{13, 15, 12, 5, 4, 17, 9, 21, 3, 7, 1} {
		b := byte(0)
		if i < 7 {
			b = half[i]
		} else {
			b = property[i-7]
		}
		if b <= '9' {
			s += w * int(b-'0')
			continue
		}
		s += w * (strings.IndexByte(alphabet, b) + 1)
	}
	return letters[s%23]
}

const indianStates = "AN AP AR AS BR CH CG DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK TN TR TS UK UP WB "

// indian tells whether the letters are of an Indian state, as licences and plates begin.
func indian(d []byte) bool {
	i := strings.Index(indianStates, string(d[:2])+" ")
	return i >= 0 && i%3 == 0
}
