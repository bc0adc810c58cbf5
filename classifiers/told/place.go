package told

import (
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// PostcodeBeside is postal codes beside a town.
func PostcodeBeside() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "postcode_beside",
		Doc:      "A postal code in a text: before or behind a town, behind its label, or in the British form. It misses codes alone; numbers before a capitalised word behind a comma are mistaken for one.",
		Category: "contact.postcode",
		Version:  1,
		Triggers: classifiers.Triggers{Digits: 4, Spots: codeSpots, Forms: britishForms},
		MaxLen:   80,
		At: func(text []byte, i int) (h classifiers.Hit, ok bool) {
			p, ok := readPlace(text, i)
			return classifiers.Hit{Start: p.code[0], End: p.code[1], Flags: classifiers.Labelled}, ok
		},
		Chance: .1, Prior: -12, Sparse: true,
	}
}

// TownBeside is towns beside their postal code.
func TownBeside() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "town_beside",
		Doc:      "A town in a text, before or behind its postal code. It misses towns without one; words beside a number of five digits are mistaken for one.",
		Category: "contact.city",
		Version:  1,
		Triggers: classifiers.Triggers{Digits: 4, Spots: append(slices.Clone(codeSpots), classifiers.Spot{Title: true, Before: " "}), Forms: britishForms, Title: true, Except: dictionary.Plain()},
		MaxLen:   80,
		At:       townAt,
		Chance:   .1, Prior: -12, Sparse: true,
	}
}

func townAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if text[i]-'0' > 9 {
		if start, end, ok := townOfStreet(text, i); ok {
			return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
		}
		if text[i] >= 0x80 || i+4 > len(text) || text[i+1]-'0' > 9 && text[i+2]-'0' > 9 {
			return h, false
		}
	}
	p, ok := readPlace(text, i)
	return classifiers.Hit{Start: p.town[0], End: p.town[1], Flags: classifiers.Labelled}, ok && p.town[1] > p.town[0]
}

var (
	within    = set(strings.Fields("in a à em de te w"))
	townTypes = set(strings.Fields("street st road rd avenue ave lane ln drive dr court ct boulevard blvd way place pl terrace close crescent square gardens grove row walk hill mews rise view parkway pkwy highway parade east west north south quay broadway"))
)

// townOfStreet reads a town of the dictionary at i behind a street: "9 The Crescent, Leeds", "Kerkstraat 3 in Zutphen", "12 rue Pasteur à Dijon".
func townOfStreet(text []byte, i int) (start, end int, ok bool) {
	if i < 8 || text[i-1] != ' ' || text[i-2] != ',' && text[i-3] != ' ' && text[i-4] != ' ' || !classifiers.IsCapital(text, i) {
		return 0, 0, false
	}
	k, comma := i-1, false
	if text[k-1] == ',' {
		k, comma = k-1, true
	} else {
		s := k
		for s > 0 && k-s < 4 && classifiers.IsLetter(text[s-1]) {
			s--
		}
		if s < 4 || text[s-1] != ' ' || !within.Has(text[s:k]) {
			return 0, 0, false
		}
		k = s - 1
		if text[k-1] == ',' {
			k--
		}
	}
	s := k
	for s > 0 && k-s < 12 && classifiers.IsWord(text[s-1]) {
		s--
	}
	w := text[s:k]
	number := len(w) > 0 && len(w) <= 4 && w[0]-'0' < 10 && s > 2 && (text[s-1] == ' ' || text[s-1] == '/') && classifiers.IsLetter(text[s-2])
	if !number && !(comma && townTypes.Has(w) && s > 0 && classifiers.IsCapital(text, s)) {
		return 0, 0, false
	}
	return readTownOf(text, i)
}

// codeSpots are where the figures of a postal code can begin.
var codeSpots = []classifiers.Spot{
	{At: "d", Least: 2, Most: 2, Before: beforeCode, After: "-"}, {At: "d", Least: 4, Most: 4, Before: beforeCode, After: "^_@", Undated: true}, {At: "d", Least: 5, Most: 5, Before: beforeCode, After: "^a_@"}, {At: "d", Least: 6, Most: 6, Before: " ", After: "^a_@-/:="},
}

// beforeCode is what a postal code cannot stand behind.
const beforeCode = "^ad-._=/#$,"

var britishForms = []string{"A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA", "A9A 9A9"}

type place struct{ code, town [2]int }

// readPlace reads a postal code at i and the town beside it.
func readPlace(text []byte, i int) (p place, ok bool) {
	if i > 0 && (classifiers.IsWord(text[i-1]) || text[i-1] == '-' || text[i-1] == '.' || text[i-1] == '_' || text[i-1] == '=' || text[i-1] == '/' || text[i-1] == '#' || text[i-1] == '$') {
		return p, false
	}
	if i > 0 && text[i-1] == ',' {
		return p, false
	}
	end, british := postcode(text, i)
	if end == 0 || !free(text, end) || end+1 < len(text) && (text[end] == '-' || text[end] == '.' || text[end] == '/' || text[end] == ':' || text[end] == ',') && text[end+1]-'0' < 10 {
		return p, false
	}
	p.code = [2]int{i, end}
	if start, stop, ok := townBehind(text, i, end); ok && free(text, stop) {
		p.town = [2]int{start, stop}
		return p, true
	}
	if start, stop, ok := townBefore(text, i); ok && !(end-i == 4 && stop == i-1 && year(text[i:end])) { // "Ada 2022"
		p.town = [2]int{start, stop}
		return p, true
	}
	polish := end-i == 6 && text[i+2] == '-' && i > 3 && text[i-1] == ' ' && text[i-2] == ',' && text[i-3]-'0' < 10
	return p, british || polish || labelled(text, i)
}

// postcode gives the end of what can be a postal code at i.
func postcode(text []byte, i int) (end int, british bool) {
	if text[i]-'A' < 26 {
		if canadian(text, i) {
			return i + 7, true
		}
		return britishCode(text, i), true
	}
	e := digits(text, i)
	switch n := e - i; {
	case n == 2 && e+4 <= len(text) && text[e] == '-' && digits(text, e+1) == e+4: // Polish
		return e + 4, false
	case n == 4 && e+3 <= len(text): // Dutch, Portuguese, Austrian …
		k := e
		if text[k] == ' ' {
			k++
		}
		if k+2 <= len(text) && text[k]-'A' < 26 && text[k+1]-'A' < 26 && free(text, k+2) {
			return k + 2, false
		}
		if text[e] == '-' && digits(text, e+1) == e+4 {
			return e + 4, false
		}
		return e, false
	case n == 4:
		return e, false
	case n == 6: // Indian and Singaporean ones, of towns that are known
		if town, _, ok := townBefore(text, i); ok && dictionary.Find(text[town:townEnd(text, i)]).City > 0 && (e == len(text) || text[e] == '\n' || text[e] == ',' || text[e] == '.' || text[e] == '"') {
			return e, false
		}
		return 0, false
	case n == 5:
		if e < len(text) && text[e] == '-' {
			if d := digits(text, e+1); d-e-1 == 3 || d-e-1 == 4 {
				return d, false
			}
		}
		return e, false
	}
	return 0, false
}

// canadian tells whether a Canadian code stands at i: K1A 0A6.
func canadian(text []byte, i int) bool {
	if i+7 > len(text) || text[i+3] != ' ' || i+7 < len(text) && classifiers.IsWord(text[i+7]) {
		return false
	}
	for n, c := range text[i : i+7] {
		switch n {
		case 0, 2, 5:
			if c-'A' > 25 || c == 'D' || c == 'F' || c == 'I' || c == 'O' || c == 'Q' || c == 'U' {
				return false
			}
		case 1, 4, 6:
			if c-'0' > 9 {
				return false
			}
		}
	}
	return true
}

func britishCode(text []byte, i int) int {
	k, l := i, 0
	for k < len(text) && text[k]-'A' < 26 {
		k, l = k+1, l+1
	}
	d := digits(text, k)
	if l < 1 || l > 2 || d-k < 1 || d-k > 2 {
		return 0
	}
	if d < len(text) && text[d]-'A' < 26 {
		d++
	}
	if d+4 > len(text) || text[d] != ' ' || text[d+1]-'0' > 9 || text[d+2]-'A' > 25 || text[d+3]-'A' > 25 || !area(text[i:i+l]) {
		return 0
	}
	return d + 4
}

// areas are the letters that British postcodes begin with.
var areas = set(strings.Fields(strings.ToLower("AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE")))

func area(w []byte) bool { return areas.Has(w) }

// townBehind reads the town behind a code: one that the dictionary knows, or any capitalised word where a street stands before.
func townBehind(text []byte, i, end int) (start, stop int, ok bool) {
	k := end
	if k < len(text) && text[k] == ',' {
		k++
	}
	if k+2 >= len(text) || text[k] != ' ' || !classifiers.IsCapital(text, k+1) {
		return 0, 0, false
	}
	k++
	if start, stop, ok = readTownOf(text, k); ok {
		return start, stop, true
	}
	stop, n := capitals(text, k, 1)
	if n == 0 || stop-k < 4 || !free(text, stop) || common(text[k:stop]) || end-i < 5 {
		return 0, 0, false
	}
	return k, stop, i > 2 && text[i-1] == ' ' && (text[i-2] == ',' || text[i-2] == 'n' && text[i-3] == 'i') || i > 0 && text[i-1] == '\n'
}

// readTownOf reads the longest town that the dictionary knows at k.
func readTownOf(text []byte, k int) (start, stop int, ok bool) {
	ends, most := capitalEnds(text, k, 4)
	for n := most; n > 0; n-- {
		stop := ends[n-1]
		if dictionary.Find(text[k:stop]).City > 0 && free(text, stop) && closed(text, stop) || n == 2 && cut(text, k, stop) {
			return k, stop, true
		}
	}
	return 0, 0, false
}

// cut tells whether the first word is a town and the next a part of its name (Frankfurt am Main, Bad Homburg).
func cut(text []byte, k, stop int) bool {
	return stop-k > 8 && (string(text[k:k+4]) == "Bad " || string(text[k:k+3]) == "St ")
}

// states are those of the United States, Canada and Australia as they stand before a postal code.
var states = set(strings.Fields(strings.ToLower("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR GU VI AS MP FM MH PW AA AE AP AB BC MB NB NL NS NT NU ON PE QC SK YT NSW VIC QLD WA SA TAS ACT")))

// townEnd gives where the town before the code at i ends; behind it may stand a state, a comma, a bracket or a dash.
func townEnd(text []byte, i int) int {
	k, _ := stateBefore(text, i)
	return k
}

// stateBefore passes over what stands between a town and its code at i, and tells whether that is a state.
func stateBefore(text []byte, i int) (k int, state bool) {
	k = i
	if k > 0 && text[k-1] == '(' {
		k--
	}
	if k < 4 || text[k-1] != ' ' {
		return k, false
	}
	for n := 0; n < 2 && k > 3 && text[k-1] == ' '; n++ {
		k--
	}
	if k > 3 && text[k-1] == '-' && text[k-2] == ' ' {
		k -= 2
	}
	s := k
	for s > 0 && k-s < 4 && text[s-1]-'A' < 26 {
		s--
	}
	if n := k - s; s > 2 && (n == 2 || n == 3) && text[s-1] == ' ' && states.Has(text[s:k]) {
		k, state = s-1, true
	} else if n == 2 && s > 2 && text[s-1] == ' ' {
		k = s - 1
	}
	if k > 0 && text[k-1] == ',' {
		k--
	}
	return k, state
}

// townBefore reads the town before a code: "Leeds LS2 9JT", "Boston, MA 02115", "Lyon (69002)"; before a state, and on a line of its own, also one that no list has.
func townBefore(text []byte, i int) (start, stop int, ok bool) {
	if i > 3 && text[i-1] == '\n' && text[i]-'A' < 26 {
		return ownLine(text, i-1)
	}
	k, state := stateBefore(text, i)
	if k == i || k < 3 {
		return 0, 0, false
	}
	for n, from := 0, k; n < 3; n++ {
		for from > 0 && k-from < 36 && (classifiers.IsLetter(text[from-1]) || text[from-1] == '-' || text[from-1] == '\'' || text[from-1] == '.') {
			from--
		}
		if from < k && classifiers.IsCapital(text, from) {
			if e := dictionary.Find(text[from:k]); e.City > 0 || (state || text[i]-'A' < 26 && e.Kinds == 0) && k-from > 2 && (from == 0 || text[from-1] == '\n' || from > 1 && text[from-1] == ' ' && text[from-2] == ',') {
				start, stop, ok = from, k, true
			}
		}
		if from < 2 || text[from-1] != ' ' || !classifiers.IsLetter(text[from-2]) {
			break
		}
		from--
	}
	return start, stop, ok
}

// ownLine reads a town that is the line that ends at k.
func ownLine(text []byte, k int) (start, stop int, ok bool) {
	s := k
	for s > 0 && k-s < 40 && text[s-1] != '\n' {
		if !classifiers.IsLetter(text[s-1]) && text[s-1] != ' ' && text[s-1] != '-' && text[s-1] != '\'' && text[s-1] != '.' {
			return 0, 0, false
		}
		s--
	}
	return s, k, s > 0 && text[s-1] == '\n' && k-s >= 3 && classifiers.IsCapital(text, s)
}

var postcodeWords = set(strings.Fields("postcode zip zipcode postal plz postleitzahl cp cap cep código kod postcode pocztowy code"))

// labelled tells whether a word for postal codes stands right before i.
func labelled(text []byte, i int) bool {
	k := i
	for n := 0; n < 5 && k > 0 && !classifiers.IsLetter(text[k-1]); n++ {
		if text[k-1]-'0' < 10 || text[k-1] == '\n' {
			return false
		}
		k--
	}
	end, sign := k, false
	for k < i {
		sign = sign || text[k] == ':' || text[k] == '='
		k++
	}
	s := end
	for s > 0 && end-s < 20 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	if !postcodeWords.Has(text[s:end]) {
		return false
	}
	if equal(text[s:end], "code") || equal(text[s:end], "kod") && !sign || equal(text[s:end], "cap") && !sign || equal(text[s:end], "código") {
		return s > 7 && (equal(text[s-7:s-1], "postal") || text[s-1] == '"' && equal(text[s:end], "kod"))
	}
	return true
}
