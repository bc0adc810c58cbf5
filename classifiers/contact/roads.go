package contact

import (
	"strings"

	"vestige/classifiers"
)

// roads are the words that streets begin with in the languages that put the kind of street first.
var roads = roadSet("calle c avenida avda avd av plaza plza pza pl paseo pso ronda travesía travesia camino carretera ctra cuesta callejón glorieta rambla carrer " +
	"via viale corso piazza piazzale largo vicolo strada lungomare contrada p.zza v.le " +
	"rua r praça travessa alameda calçada estrada beco ladeira rodovia " +
	"ul ulica ulicy al aleja aleje alei plac placu os osiedle osiedlu " +
	"rue avenue ave boulevard bd bld place chemin allée allee impasse quai route cours square passage sentier rond-point faubourg esplanade villa hameau lieu-dit cité ruelle")

// french are those of them that stand behind the number.
var french = roadSet("rue avenue ave av boulevard bd bld place pl chemin allée allee allées impasse quai route cours square passage sentier rond-point faubourg esplanade cité ruelle villa")

var joints = roadSet("de la le les du des d l del della delle dei degli di da do dos das las los el y e et san santa santo saint sainte sur sous en a au aux of van von der den")

func roadSet(list string) *classifiers.WordSet { return classifiers.NewWordSet(strings.Fields(list)) }

// roadBefore looks for a street whose kind stands first and that ends with the number at i: "Calle Mayor, 12", "ul. Długa 45", "Rua das Flores 12".
func roadBefore(text []byte, i int) (start int, ok bool) {
	k := i
	if k < 5 || text[k-1] != ' ' {
		return 0, false
	}
	k--
	if text[k-1] == ',' {
		if i+5 <= len(text) && five(text[i:i+5]) {
			return 0, false // a postal code
		}
		k--
	} else if w := wordStart(text, k); k-w <= 3 && w > 5 && text[w-1] == ' ' && (text[w-2] == ',' || text[w-2] == ' ') && text[w] == 'n' { // ", n. 12"
		k = w - 1
		if text[k-1] == ',' {
			k--
		}
	}
	names, low := 0, max(0, i-70)
	for n := range 7 {
		s := wordStart(text, k)
		if s == k || n == 0 && classifiers.IsDigit(text[s]) {
			return 0, false
		}
		w := text[s:k]
		if names > 0 && roads.Has(trimEnd(w)) && roadStart(text, s, k) {
			return s, true
		}
		switch {
		case capital(text, s) || classifiers.IsDigit(w[0]):
			names++
		case !joints.Has(trimEnd(w)):
			return 0, false
		}
		if s > 2 && text[s-1] == '/' && (text[s-2] == 'C' || text[s-2] == 'c') && (s == 2 || !classifiers.IsWord(text[s-3])) { // C/Mayor
			return s - 2, true
		}
		if s <= low || text[s-1] != ' ' && text[s-1] != '\'' {
			return 0, false
		}
		k = s - 1
		if k > low && text[k-1] == '/' && k > 1 && (text[k-2] == 'C' || text[k-2] == 'c') && names > 0 { // C/ Mayor
			return k - 2, true
		}
	}
	return 0, false
}

func five(w []byte) bool {
	for _, b := range w {
		if !classifiers.IsDigit(b) {
			return false
		}
	}
	return true
}

// roadStart tells whether a street can begin with the word text[s:k]: abbreviations need their point or a capital.
func roadStart(text []byte, s, k int) bool {
	if k-s <= 2 {
		return text[k-1] == '.' || text[k] == '.'
	}
	return s == 0 || !classifiers.IsWord(text[s-1])
}

func trimEnd(w []byte) []byte {
	if n := len(w); n > 1 && w[n-1] == '.' {
		return w[:n-1]
	}
	return w
}

// wordStart gives the start of the letters, digits, hyphens and points that end at k.
func wordStart(text []byte, k int) int {
	low := max(0, k-30)
	for k > low && (classifiers.IsWord(text[k-1]) || text[k-1] == '-' || text[k-1] == '.') {
		k--
	}
	return k
}

// roadBehind reads a street behind its number, at the space or comma at k: "12 rue de la Paix", "5 bis, avenue Victor Hugo".
func roadBehind(text []byte, k int) (end int, ok bool) {
	for _, more := range [...]string{" bis", " ter", " quater"} {
		if len(text) > k+len(more) && string(text[k:k+len(more)]) == more {
			k += len(more)
		}
	}
	if k < len(text) && text[k] == ',' {
		k++
	}
	if k >= len(text) || text[k] != ' ' {
		return 0, false
	}
	k++
	j := letters(text, k)
	if j == k || !french.Has(text[k:j]) {
		return 0, false
	}
	if j < len(text) && text[j] == '.' {
		j++
	}
	named := false
	for j < len(text) && (text[j] == ' ' || text[j] == '\'') {
		s := j + 1
		e := letters(text, s)
		if e < len(text) && text[e] == '\'' && e-s <= 1 {
			j = e
			continue
		}
		w := text[s:e]
		switch {
		case e == s:
			return end, named
		case capital(text, s) || !named && len(w) > 3 && !joints.Has(w):
			end, named = e, true
		case !joints.Has(w):
			return end, named
		}
		j = e
	}
	return end, named
}

// letters gives the end of letters and hyphens from k.
func letters(text []byte, k int) int {
	for k < len(text) && (classifiers.IsLetter(text[k]) || text[k] == '-' && k+1 < len(text) && classifiers.IsLetter(text[k+1])) {
		k++
	}
	return k
}

var rooms = roadSet("flat apartment apt unit suite")

// flat gives where a street that begins at i begins with the flat before it: "Flat 2, 48 Victoria Avenue".
func flat(text []byte, i int) int {
	if i < 8 || text[i-1] != ' ' || text[i-2] != ',' {
		return i
	}
	s := wordStart(text, i-2)
	if i-2-s > 4 || s < 4 || text[s-1] != ' ' {
		return i
	}
	if r := wordStart(text, s-1); rooms.Has(text[r : s-1]) {
		return r
	}
	return i
}
