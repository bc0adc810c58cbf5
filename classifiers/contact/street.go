package contact

import (
	"vestige/classifiers"
)

// Street is street lines with a house number.
func Street() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "street",
		Doc:      "A street with a house number, in the order of German and Dutch (Lindenweg 12a), of English and French (12 Linden Road, 12 rue des Lilas), or of Spanish, Italian, Portuguese and Polish (Calle Mayor 12, ul. Polna 3). It misses streets without a usual ending and lines without a number.",
		Category: "contact.street",
		Version:  1,
		Names:    []string{"street", "street address", "street name", "street house number", "street line", "address line", "address1", "address", "house number", "street number", "apt?", "flat number", "pobox?", "address description"},
		Triggers: classifiers.Triggers{Digits: 1, Spots: []classifiers.Spot{
			{At: "123456789", Most: 5, Before: " ", After: "^a:%_"}, {At: "123456789", Most: 5, Before: "^ -/.:_=ad", After: " ,-/", Undated: true},
			{At: "123456789", Most: 5, Before: "^-/.:_=ad", After: "a", Then: "^ad"}, {At: "0", Least: 3, Most: 5, Before: "^-/.:_=ad", After: " "},
		}},
		MaxLen: 80,
		At:     streetAt,
		Whole:  streetWhole,
		Chance: .02,
		Cover:  .85,
		Sparse: true,
	}
}

// endings are what German and Dutch streets end with, written in one word with the name or behind it.
var endings = []string{"straße", "strasse", "str.", "str", "weg", "platz", "allee", "gasse", "ring", "ufer", "damm", "chaussee", "steig", "stieg", "pfad", "berg", "hof", "markt", "graben", "park", "winkel", "kamp", "anger", "promenade", "wall", "straat", "laan", "gracht", "plein", "kade", "singel", "dijk", "steeg", "dreef", "plantsoen", "baan", "pad", "gatan", "vägen", "gade", "vej", "gata", "veien", "katu"}

// endingsBy are the endings by their last letter.
var endingsBy = func() (by [32][]string) {
	for _, e := range endings {
		by[e[len(e)-1]&31] = append(by[e[len(e)-1]&31], e)
	}
	return by
}()

// types are what English streets end with.
var types = roadSet("street st road rd avenue ave lane ln drive dr court ct boulevard blvd way place pl terrace close crescent square sq parkway pkwy highway hwy circle cir mews gardens grove row walk hill trail rise view green gate park quay broadway")

// streetWhole takes a value that is one street line for most of its length, and one without a number that ends as streets do.
func streetWhole(v []byte) bool {
	if len(v) > 80 {
		return false
	}
	for i, b := range v {
		if !classifiers.IsDigit(b) {
			continue
		}
		if h, ok := streetAt(v, i); ok && h.Start <= 8 && (h.End-h.Start)*3 >= len(v)*2 {
			return true
		}
	}
	end := len(v)
	for i, b := range v {
		if b == '(' || b == ',' {
			end = i
			break
		}
	}
	v = classifiers.Trim(v[:end])
	if len(v) < 7 || classifiers.IsDigit(v[len(v)-1]) || !capital(v, 0) {
		return false
	}
	last := wordBefore(v, len(v))
	if last > 0 && streetType(v[last:]) {
		return true
	}
	for _, e := range endings[:13] {
		if n := len(v) - len(e); n > last+2 && foldEnd(v[n:], e) {
			return true
		}
	}
	return false
}

// Address is whole postal addresses.
func Address() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "address",
		Doc:      "A postal address in one value: a street line with a postal code and a town. It misses addresses without a postal code.",
		Category: "contact.address",
		Version:  1,
		Names:    []string{"address", "full address", "billing address", "shipping address", "customer address", "home address", "postal address", "invoice address", "user address"},
		MaxLen:   200,
		Whole:    addressWhole,
		Chance:   .005,
		Cover:    .85,
	}
}

func addressWhole(v []byte) bool {
	street, code, letters := false, 0, 0
	for _, b := range v {
		if classifiers.IsLetter(b) {
			letters++
		}
	}
	if len(v) < 16 || letters < 6 || letters == len(v) {
		return false
	}
	for i := range v {
		if !street && classifiers.IsDigit(v[i]) {
			h, ok := streetAt(v, i)
			street = ok && (h.End-h.Start)*6 < len(v)*5
		}
		if i > 0 && classifiers.IsDigit(v[i]) && !classifiers.IsWord(v[i-1]) {
			n := i
			for n < len(v) && classifiers.IsWord(v[n]) {
				n++
			}
			if postcodeWhole(v[i:n]) {
				code++
			}
		}
		if !classifiers.IsDigit(v[i]) && (i == 0 || v[i-1] == ' ') && i+5 <= len(v) {
			for n := i + 5; n <= min(len(v), i+8); n++ {
				if british(v[i:n]) && (n == len(v) || !classifiers.IsWord(v[n])) {
					code++
				}
			}
		}
	}
	return street && code > 0
}

func streetAt(text []byte, i int) (classifiers.Hit, bool) {
	if i > 0 {
		switch c := text[i-1]; {
		case c == '-' || c == '/' || c == '.' || c == ':' || c == '_' || classifiers.IsWord(c):
			return classifiers.Hit{}, false
		}
	}
	if !classifiers.IsDigit(text[i]) || i > 0 && text[i-1] == '=' {
		return classifiers.Hit{}, false
	}
	if start, end, ok := box(text, i); ok {
		return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
	}
	end, ok := houseNumber(text, i)
	if !ok {
		return classifiers.Hit{}, false
	}
	if start, ok := germanStreet(text, i); ok {
		return classifiers.Hit{Start: start, End: end}, true
	}
	if start, ok := roadBefore(text, i); ok {
		return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
	}
	if end < len(text) && (text[end] == ' ' || text[end] == ',') {
		if stop, ok := roadBehind(text, end); ok {
			return classifiers.Hit{Start: i, End: unit(text, stop), Flags: classifiers.Labelled}, true
		}
	}
	if stop, ok := english(text, i, end); ok {
		return classifiers.Hit{Start: flat(text, i), End: unit(text, stop), Flags: classifiers.Labelled}, true
	}
	return classifiers.Hit{}, false
}

// houseNumber reads 12, 12a, 12-14, 12 a is left at 12.
func houseNumber(text []byte, i int) (int, bool) {
	k := i
	for k < len(text) && classifiers.IsDigit(text[k]) {
		k++
	}
	if k-i > 5 || text[i] == '0' && k-i < 3 {
		return 0, false
	}
	if k < len(text) && classifiers.IsLetter(text[k]) && text[k] < 0x80 && (k+1 == len(text) || !classifiers.IsWord(text[k+1])) {
		k++
	}
	if k+1 < len(text) && (text[k] == '-' || text[k] == '/') && classifiers.IsDigit(text[k+1]) {
		j := k + 1
		for j < len(text) && classifiers.IsDigit(text[j]) {
			j++
		}
		if j-k > 4 {
			return 0, false
		}
		k = j
	}
	if k < len(text) && (classifiers.IsWord(text[k]) || text[k] == ':' || text[k] == '%' || text[k] == '_') {
		return 0, false
	}
	if k+1 < len(text) && (text[k] == '.' || text[k] == ',' || text[k] == '-' || text[k] == '/') && classifiers.IsDigit(text[k+1]) {
		return 0, false
	}
	return k, true
}

// germanStreet looks for a name before the number at i: capitalised, with an ending of streets, up to three words.
func germanStreet(text []byte, i int) (int, bool) {
	if i < 6 || text[i-1] != ' ' || !(classifiers.IsLetter(text[i-2]) || text[i-2] == '.') {
		return 0, false
	}
	start := wordBefore(text, i-1)
	word := text[start : i-1]
	end, found := "", false
	for _, e := range endingsBy[classifiers.Lower(word[len(word)-1])&31] {
		if n := len(word) - len(e); n >= 0 && foldEnd(word[n:], e) {
			end, found = e, true
			break
		}
	}
	if !found && codeFollows(text, i) {
		return placed(text, start)
	}
	if !found || !capital(text, start) {
		return 0, false
	}
	if len(word) > len(end)+2 || dashed(word) {
		for range 2 {
			j := before(text, start)
			if j < 0 || !streetAdjective(text[j:start-1]) {
				break
			}
			start = j
		}
		return start, true
	}
	// The type stands alone: the name is the word before it ("Am Alten Markt 3", "Berliner Straße 5").
	j := before(text, start)
	if j < 0 || !capital(text, j) || start-1-j < 2 {
		return 0, false
	}
	if k := before(text, j); k >= 0 && (streetAdjective(text[k:j-1]) || len(text[k:j-1]) == 2 && capital(text, k)) {
		j = k
	}
	return j, true
}

func dashed(w []byte) bool {
	for _, b := range w {
		if b == '-' {
			return true
		}
	}
	return false
}

var adjectives = roadSet("am an der het oude nieuwe grote im alte alter alten neue neuer neuen zum zur auf dem unter den kleine kleiner obere untere hintere vordere hohe hoher")

// streetAdjective is what stands before a compound: Am, An der, Alte, Neuer, Große …
func streetAdjective(w []byte) bool { return adjectives.Has(w) }

// before gives the start of the word before the one at i, -1 where a line ends or nothing stands there.
func before(text []byte, i int) int {
	if i < 2 || text[i-1] != ' ' || !(classifiers.IsLetter(text[i-2]) || text[i-2] == '-' || text[i-2] == '.') {
		return -1
	}
	return wordBefore(text, i-1)
}

// wordBefore gives the start of the word that ends at i.
func wordBefore(text []byte, i int) int {
	low := max(0, i-30)
	for i > low && (classifiers.IsLetter(text[i-1]) || text[i-1] == '.' || text[i-1] == '-') {
		i--
	}
	return i
}

func capital(text []byte, i int) bool {
	return i < len(text) && classifiers.IsCapital(text, i) && (i == 0 || !classifiers.IsWord(text[i-1]))
}

// foldEnd compares without regard to ASCII case, and takes ß as it is.
func foldEnd(w []byte, e string) bool { return classifiers.EqualFold(w, e) }
