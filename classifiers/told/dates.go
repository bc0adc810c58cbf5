package told

import (
	"strings"

	"vestige/classifiers"
)

// months are the names of months in the languages, with their cases and abbreviations.
var months = set(strings.Fields("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec " +
	"januar jänner februar märz mai juni juli oktober dezember mrz okt dez janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil " +
	"enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre " +
	"januari februari maart mei juni juli augustus oktober janeiro fevereiro março maio junho julho setembro outubro novembro dezembro " +
	"stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"))

// readDate reads a date in figures or with the month in words.
func readDate(text []byte, k int, tied bool) (start, end int, ok bool) {
	e := digits(text, k)
	switch n := e - k; {
	case n == 0:
		return monthFirst(text, k)
	case n == 4:
		if tied && free(text, e) && year(text[k:e]) && (e == len(text) || text[e] != '-' && text[e] != '/' && text[e] != '.' || e+1 == len(text) || text[e+1]-'0' > 9) {
			return k, e, true
		}
		end, ok = figures(text, e, true)
		return k, end, ok && year(text[k:e])
	case n == 8 && tied:
		return k, e, (year(text[k:k+4]) || year(text[k+4:e])) && free(text, e)
	case n > 2:
		return 0, 0, false
	}
	if end, ok = figures(text, e, false); ok {
		return k, end, true
	}
	end, ok = inWords(text, e)
	return k, end, ok
}

// readBorn reads a date, or one behind the town of birth: "Lecce il 3 marzo 1968".
func readBorn(text []byte, k int, tied bool) (start, end int, ok bool) {
	if start, end, ok = readDate(text, k, tied); ok {
		return start, end, true
	}
	at, n := capitals(text, k, 3)
	if n == 0 || at+4 >= len(text) {
		return 0, 0, false
	}
	if text[at] == ',' {
		at++
	}
	if text[at] != ' ' {
		return 0, 0, false
	}
	at++
	if w := word(text, at); w > at && w-at <= 4 && w+1 < len(text) && text[w] == ' ' {
		at = w + 1
	}
	return readDate(text, at, false)
}

var inWordsOfPlace = set(strings.Fields("in a à en em te w at zu"))

// readBornIn reads the town behind a date of birth: "on 3 May 1980 in Lecce".
func readBornIn(text []byte, k int, tied bool) (start, end int, ok bool) {
	_, at, ok := readDate(text, k, tied)
	if !ok || at+5 >= len(text) {
		return 0, 0, false
	}
	if text[at] == ',' {
		at++
	}
	w := word(text, at+1)
	if text[at] != ' ' || !inWordsOfPlace.Has(text[at+1:w]) || w+3 >= len(text) || text[w] != ' ' {
		return 0, 0, false
	}
	end, n := capitals(text, w+1, 3)
	return w + 1, end, n > 0 && end-w > 3 && free(text, end) && closed(text, end)
}

// figures reads the rest of a date behind its first number: month and day, or month and year.
func figures(text []byte, e int, yearFirst bool) (int, bool) {
	if e >= len(text) {
		return 0, false
	}
	sign := text[e]
	if sign != '-' && sign != '.' && sign != '/' {
		return 0, false
	}
	m := digits(text, skip(text, e+1))
	if n := m - skip(text, e+1); n < 1 || n > 2 || m >= len(text) || text[m] != sign {
		return 0, false
	}
	from := skip(text, m+1)
	d := digits(text, from)
	if yearFirst {
		return d, (d-from == 1 || d-from == 2) && free(text, d) || d-from == 2 && d < len(text) && text[d] == 'T'
	}
	return d, (d-from == 4 && year(text[from:d]) || d-from == 2) && free(text, d)
}

// skip passes over the space of "3. 5. 1980".
func skip(text []byte, k int) int {
	if k < len(text) && text[k] == ' ' {
		return k + 1
	}
	return k
}

func year(w []byte) bool {
	return len(w) == 4 && (w[0] == '1' && w[1] == '9' || w[0] == '2' && w[1] == '0' && w[2] < '4' || w[0] == '1' && w[1] == '8' && w[2] > '7')
}

// inWords reads month and year behind the day: "12 March 1980", "3. Mai 1980", "4 de junio de 1985", "1er août 1970".
func inWords(text []byte, e int) (int, bool) {
	for range 3 {
		k := e
		for k < len(text) && (text[k] == '.' || text[k] == ' ' || text[k] == '-' && k == e || text[k] == 0xC2 && k+1 < len(text)) {
			if text[k] == 0xC2 {
				k++
			}
			k++
		}
		w := word(text, k)
		if w == k {
			return 0, false
		}
		if months.Has(text[k:w]) {
			return yearBehind(text, w)
		}
		switch string(text[k:w]) {
		case "de", "th", "st", "nd", "rd", "er", "of":
			e = w
		default:
			return 0, false
		}
	}
	return 0, false
}

func yearBehind(text []byte, w int) (int, bool) {
	k := w
	for n := 0; n < 3 && k < len(text) && (text[k] == ' ' || text[k] == ',' || text[k] == '.' || text[k] == '-' && n == 0); n++ {
		k++
	}
	if k+3 < len(text) && string(text[k:k+3]) == "de " {
		k += 3
	}
	end := digits(text, k)
	return end, end-k == 4 && year(text[k:end]) && free(text, end)
}

// monthFirst reads "March 12, 1980".
func monthFirst(text []byte, k int) (start, end int, ok bool) {
	w := word(text, k)
	if w == k || !months.Has(text[k:w]) {
		return 0, 0, false
	}
	d := w
	for d < len(text) && (text[d] == ' ' || text[d] == '.') && d-w < 2 {
		d++
	}
	e := digits(text, d)
	if n := e - d; n == 4 && year(text[d:e]) {
		return k, e, free(text, e)
	} else if n < 1 || n > 2 {
		return 0, 0, false
	}
	if e+2 < len(text) && classifiers.IsLetter(text[e]) {
		e += 2
	}
	end, ok = yearBehind(text, e)
	return k, end, ok
}

// dateBefore reads the date that ends right before the label at i: "am 3.5.1980 geboren".
func dateBefore(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 8 || text[i-1] != ' ' {
		return h, false
	}
	for s := i - 7; s >= 0 && i-s < 26; s-- {
		if text[s]-'0' > 9 || s > 0 && classifiers.IsWord(text[s-1]) {
			continue
		}
		if _, end, ok := readDate(text, s, false); ok && end == i-1 {
			return classifiers.Hit{Start: s, End: end, Flags: classifiers.Labelled}, true
		}
	}
	return h, false
}
