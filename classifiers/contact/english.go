package contact

import "vestige/classifiers"

// softTypes are words that English streets end with, and much else as well.
var softTypes = roadSet("alley annex arcade bayou beach bend bluff bluffs bottom branch brae brook brooks burg bypass camp canyon cape causeway center centre centers chase cliff cliffs club common commons copse corner corners course courts cove coves creek cross crossing crossroad curve dale dam dene divide drives esplanade estate estates " +
	"expressway extension extensions fall falls ferry field fields flat flats ford fords forest forge fork forks fort freeway garden gateway glen glens greens groves harbor harbors haven heights hills hollow inlet island islands isle junction key keys knoll knolls lake lakes land landing light lights loaf lock locks lodge loop mall manor manors mead meadow meadows " +
	"marg mill mills mission motorway mount mountain mountains nagar neck orchard oval overpass paddock parade parks parkways pass passage path pike pine pines plain plains plaza point points port ports prairie race radial ramp ranch rapid rapids rest ridge ridges river roads route run salai shoal shoals shore shores side skyway spring springs spur spurs squares station stravenue stream streets summit throughway trace track " +
	"trafficway tunnel turnpike underpass union unions valley valleys via viaduct views village villages ville vista walks wall ways well wells wharf wood woods wynd yard")

// compass are the directions that stand before and behind the name of a street.
var compass = roadSet("n s e w ne nw se sw north south east west northeast northwest southeast southwest")

// english reads the street behind the number text[i:end].
func english(text []byte, i, end int) (stop int, ok bool) {
	if end >= len(text) || text[end] != ' ' && text[end] != ',' {
		return 0, false
	}
	comma := text[end] == ','
	if comma {
		if end++; end >= len(text) || text[end] != ' ' || end-i > 6 || !opens(text, i) {
			return 0, false
		}
	}
	stop, soft := englishStreet(text, end+1)
	switch {
	case stop == 0 || comma && soft, text[i] == '0' && !soft && end-i < 4:
		return 0, false
	case !soft:
		return stop, true
	}
	return stop, softly(text, i, end, stop)
}

// softly tells whether the words behind a number are a street although their last says little: what stands around tells.
func softly(text []byte, i, end, stop int) bool {
	if unit(text, stop) > stop {
		return true
	}
	closed := stop == len(text) || text[stop] == ',' || text[stop] == '\n' || text[stop] == '"' || text[stop] == ';' || text[stop] == '.' && (stop+1 == len(text) || text[stop+1] <= ' ')
	if stop < len(text) && !closed && (text[stop] != ' ' || capital(text, stop+1) || classifiers.IsDigit(text[min(stop+1, len(text)-1)])) {
		return false
	}
	year := end-i == 4 && (text[i] == '1' && text[i+1] == '9' || text[i] == '2' && text[i+1] == '0')
	return (opens(text, i) || end-i >= 3 && !year) && (closed || at(text, i))
}

// opens tells whether a line, a value or a part of an address begins at i.
func opens(text []byte, i int) bool {
	if i == 0 || text[i-1] != ' ' {
		return i == 0 || text[i-1] == '\n' || text[i-1] == '\t' || text[i-1] == '"'
	}
	if i > 1 && (text[i-2] == ',' || text[i-2] == ':' || text[i-2] == '.') {
		return text[i-2] != '.' || i > 3 && (text[i-3] == 'o' || text[i-3] == 'r')
	}
	return at(text, i)
}

var places = roadSet("at to from in is of leaving near address addy live lives living")

// at tells whether a word for a place stands before i.
func at(text []byte, i int) bool {
	if i < 3 || text[i-1] != ' ' {
		return false
	}
	return places.Has(text[wordBefore(text, i-1) : i-1])
}

// englishStreet reads up to five words from i, capitalised, in figures (48th) or a direction, of which the last is a type of street; soft tells of one that is much else as well.
func englishStreet(text []byte, i int) (best int, soft bool) {
	for n := 0; n < 5 && i < len(text); n++ {
		j := i
		for j < len(text) && j-i < 24 && (classifiers.IsWord(text[j]) || (text[j] == '\'' || text[j] == '-') && j+1 < len(text) && classifiers.IsLetter(text[j+1])) {
			j++
		}
		w := text[i:j]
		if j == i || !capital(text, i) && !ordinal(w) {
			break
		}
		more := best > 0 && !soft && compass.Has(w)
		switch {
		case n > 0 && (streetType(w) || more):
			best, soft = j, false
		case n > 0 && softTypes.Has(w):
			best, soft = j, true
		}
		if j < len(text) && text[j] == '.' && (best == j && j-i <= 4 || j-i == 1) {
			if j++; best == j-1 {
				best = j
			}
		}
		if j+1 >= len(text) || text[j] != ' ' {
			break
		}
		i = j + 1
	}
	return best, soft
}

// ordinal is 5th, 48th, 3rd.
func ordinal(w []byte) bool {
	n := len(w)
	if n < 3 || n > 5 || !digits(w[:n-2]) {
		return false
	}
	switch string(w[n-2:]) {
	case "st", "nd", "rd", "th":
		return true
	}
	return false
}

func streetType(w []byte) bool { return types.Has(w) }

var units = roadSet("flat apartment apt suite ste unit room rm floor fl bldg building apto bât")

// unit gives the end of the flat or suite behind a street that ends at k: "Apt 12B", ", Suite 771", " #5".
func unit(text []byte, k int) int {
	i := k
	if i < len(text) && text[i] == ',' {
		i++
	}
	if i+2 >= len(text) || text[i] != ' ' {
		return k
	}
	i++
	if text[i] != '#' {
		e := letters(text, i)
		if e == i || !units.Has(text[i:e]) {
			return k
		}
		if e < len(text) && text[e] == '.' {
			e++
		}
		if e >= len(text) || text[e] != ' ' {
			return k
		}
		i = e
	}
	e := i + 1
	for e < len(text) && e-i < 7 && (classifiers.IsWord(text[e]) || text[e] == '-' || text[e] == '#') {
		e++
	}
	if e == i+1 || !classifiers.IsDigit(text[i+1]) && e-i > 2 && text[i+1] != '#' {
		return k
	}
	return e
}

// boxes are what stands before the number of a box at a post office.
var boxes = [...]string{"p.o. box ", "po box ", "p o box ", "p.o.box ", "postfach ", "apartado ", "apartado de correos ", "boîte postale ", "casella postale ", "postbus ", "caixa postal ", "skr. poczt. "}

// box reads a box at a post office whose number begins at i, or one of a field post office.
func box(text []byte, i int) (start, end int, ok bool) {
	if i < 7 || text[i-1] != ' ' {
		return 0, 0, false
	}
	for end = i; end < len(text) && end-i < 8 && classifiers.IsDigit(text[end]); end++ {
	}
	if end < len(text) && (classifiers.IsWord(text[end]) || text[end] == '.' && end+1 < len(text) && classifiers.IsDigit(text[end+1])) {
		return 0, 0, false
	}
	switch text[i-2] {
	case 'x', 'X', 'h', 'o', 's', 'e', 'l', '.':
	default:
		return 0, 0, false
	}
	for _, b := range boxes {
		if s := i - len(b); s >= 0 && classifiers.EqualFold(text[s:i], b) && (s == 0 || !classifiers.IsWord(text[s-1])) {
			return s, end, true
		}
	}
	if i > 10 && string(text[i-4:i]) == "Box " { // "PSC 4417, Box 2281", "Unit 12 Box 8"
		k := i - 5
		if text[k] == ',' {
			k--
		}
		for k > 0 && classifiers.IsDigit(text[k]) {
			k--
		}
		for _, w := range [...]string{"PSC", "Unit", "CMR"} {
			if s := k - len(w); s >= 0 && text[k] == ' ' && string(text[s:k]) == w {
				return s, end, true
			}
		}
	}
	return 0, 0, false
}

// codeFollows tells whether a comma or a new line and a postal code of five digits stand behind the house number at i.
func codeFollows(text []byte, i int) bool {
	for i < len(text) && classifiers.IsWord(text[i]) {
		i++
	}
	if i+2 >= len(text) || text[i] != ',' && text[i] != '\n' {
		return false
	}
	i++
	if text[i] == ' ' {
		i++
	}
	return i+6 <= len(text) && digits(text[i:i+5]) && text[i+5] == ' '
}

var prepositions = roadSet("am an der die das dem den im in auf unter zum zur hinter vor bei beim")

// placed reads a German street of a preposition and what it lies at: "Hinter den Höfen 3". Its last word begins at start.
func placed(text []byte, start int) (int, bool) {
	if !capital(text, start) {
		return 0, false
	}
	from := -1
	for range 2 {
		j := before(text, start)
		if j < 0 || !prepositions.Has(text[j:start-1]) {
			break
		}
		if start = j; capital(text, j) {
			from = j
		}
	}
	return from, from >= 0
}
