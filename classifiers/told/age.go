package told

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// AgeSaid is ages in sentences.
func AgeSaid() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "age_in_years",
		Doc:      "An age in a sentence: 34 years old, 34-jährig, 34 ans, or alone behind a name. It misses ages in words; spans of time behind a name are mistaken for one.",
		Category: "demographic.age",
		Version:  1,
		Triggers: classifiers.Triggers{Digits: 1, Spots: []classifiers.Spot{{At: "123456789", Most: 3, Before: " (\n", After: " -),;.\n"}}},
		MaxLen:   20,
		At:       ageAt,
		Chance:   .1, Prior: -12, Sparse: true,
	}
}

var (
	olds  = set(strings.Fields("old jahre jähriger jährige jährigen jährig ans años anni jaar jarige anos lat lata letni letnia yo y/o j"))
	spans = set(strings.Fields("garantía garantie garantia garanzia gwarancji gwarancję warranty for since seit depuis desde hace da per voor sinds há od przez within in innerhalb pendant durante nach después dopo na après vor il fa"))
	aged  = set(strings.Fields("doente paciente patient patiente paziente patiënt pacjent pacjentka utente homme femme hombre mujer uomo donna homem mulher man vrouw mężczyzna kobieta aged age alter âgé âgée edad età leeftijd idade wiek"))
)

// ageAt reads an age whose digits begin at i.
func ageAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i > 0 && text[i-1] != ' ' && text[i-1] != '(' && text[i-1] != '\n' || i == 1 {
		return h, false
	}
	e := i + 1
	for e < len(text) && text[e]-'0' < 10 {
		e++
	}
	if e-i > 3 || e-i == 3 && text[i] != '1' || text[i]-'0' > 9 || text[i] == '0' {
		return h, false
	}
	h = classifiers.Hit{Start: i, End: e}
	if e-i == 2 && turned(text, i, e) {
		return h, true
	}
	if e == len(text) {
		return h, false
	}
	if c := text[e]; c == ' ' || c == '-' {
		w := word(text, e+1)
		if e-i == 2 && w+2 <= len(text) && (string(text[e+1:w+2]) == "y/o" || string(text[e+1:w+2]) == "y.o") {
			return h, true
		}
		if equal(text[e+1:w], "year") || equal(text[e+1:w], "years") {
			return h, w+4 <= len(text) && equal(text[w+1:w+4], "old") || w+1 < len(text) && afterName(text, i)
		}
		if olds.Has(text[e+1 : w]) {
			return h, c == '-' || e-i >= 2 && whose(text, i, w)
		}
		return h, false
	}
	return h, i > 1 && e-i == 2 && (text[e] == ')' && text[i-1] == '(' || text[e] == ',' && text[i-2] == ',' || text[e] == ';' && text[i-2] == ',') && afterFullName(text, i)
}

var (
	pronouns = set(strings.Fields("i he she who"))
	turns    = set(strings.Fields("turned turning turns"))
	beings   = set(strings.Fields("is was am m s"))
)

// turned tells of two digits that end their clause whether somebody is that old: "she turned 21", "he was 92.", "I'm 29 and".
func turned(text []byte, i, e int) bool {
	if e < len(text) && text[e] != '.' && text[e] != ',' && text[e] != '\n' && text[e] != '!' && text[e] != ';' && !(text[e] == ' ' && (joins.Has(text[e+1:word(text, e+1)]) || equal(text[e+1:word(text, e+1)], "on"))) {
		return false
	}
	if e+1 < len(text) && text[e] != ' ' && text[e+1] > ' ' || i < 4 || text[i-1] != ' ' {
		return false
	}
	s := i - 1
	for s > 0 && i-s < 10 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	w := text[s : i-1]
	if turns.Has(w) {
		return !(e < len(text) && text[e] == ' ' && !joins.Has(text[e+1:word(text, e+1)]) && !equal(text[e+1:word(text, e+1)], "on"))
	}
	if !beings.Has(w) || s < 2 || text[s-1] != ' ' && text[s-1] != '\'' {
		return false
	}
	p := s - 1
	for p > 0 && s-p < 10 && classifiers.IsLetter(text[p-1]) {
		p--
	}
	return pronouns.Has(text[p:s-1]) || text[s-1] == ' ' && person(text[p:s-1])
}

// whose tells whether the years at i are somebody's.
func whose(text []byte, i, end int) bool {
	if end+4 <= len(text) && (equal(text[end+1:min(len(text), end+4)], "alt") || end+5 <= len(text) && equal(text[end+1:end+5], "alte")) {
		return true
	}
	if i < 2 {
		return false
	}
	k := i - 1
	for k > 0 && text[k-1] == ' ' {
		k--
	}
	if k == 0 {
		return false
	}
	if text[k-1] == ',' || text[i-1] == '(' {
		return afterName(text, i)
	}
	s := k
	for s > 0 && k-s < 16 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	switch w := text[s:k]; {
	case spans.Has(w):
		return false
	case aged.Has(w):
		return true
	case equal(w, "de") || equal(w, "di") || equal(w, "van"):
		if s < 3 {
			return false
		}
		if text[s-2] == ',' {
			return afterName(text, s)
		}
		b := s - 1
		for b > 0 && s-b < 16 && classifiers.IsLetter(text[b-1]) {
			b--
		}
		return aged.Has(text[b:s-1]) || person(text[b:s-1])
	case equal(w, "ist") || equal(w, "ha") || equal(w, "tiene") || equal(w, "tem") || equal(w, "ma") || equal(w, "is") || equal(w, "a") || equal(w, "am") || equal(w, "m") || equal(w, "was") || equal(w, "bin") || equal(w, "ben") || equal(w, "sou") || equal(w, "mam"):
		return true
	}
	return false
}

// afterName tells whether a name stands before the comma or bracket at which the text before i ends.
func afterName(text []byte, i int) bool {
	k := i
	for n := 0; n < 3 && k > 0 && (text[k-1] == ' ' || text[k-1] == ',' || text[k-1] == '('); n++ {
		k--
	}
	s := k
	for s > 0 && k-s < 30 && (classifiers.IsLetter(text[s-1]) || text[s-1] == '-' || text[s-1] == '\'') {
		s--
	}
	if s == k || !classifiers.IsCapital(text, s) {
		return false
	}
	e := dictionary.Find(text[s:k])
	return e.Kinds&dictionary.Common == 0 || e.Family >= 3
}

// afterFullName tells whether a given name and a surname stand there.
func afterFullName(text []byte, i int) bool {
	k := i
	for n := 0; n < 3 && k > 0 && (text[k-1] == ' ' || text[k-1] == ',' || text[k-1] == '('); n++ {
		k--
	}
	s := k
	for s > 0 && k-s < 30 && (classifiers.IsLetter(text[s-1]) || text[s-1] == '-' || text[s-1] == '\'') {
		s--
	}
	if s < 2 || s == k || !classifiers.IsCapital(text, s) || text[s-1] != ' ' {
		return false
	}
	if givenBefore(text, s-1) {
		return true
	}
	return particleBefore(text, s-1)
}

// givenBefore tells whether the word that ends at k is a given name.
func givenBefore(text []byte, k int) bool {
	s := k
	for s > 0 && k-s < 20 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	return dictionary.Find(text[s:k]).Given >= 2
}

// particleBefore tells whether a given name stands before the particles that end at k: "Anna van den Berg", "Rui da Rocha".
func particleBefore(text []byte, k int) bool {
	for range 3 {
		s := k
		for s > 0 && k-s < 5 && classifiers.IsLetter(text[s-1]) {
			s--
		}
		if s < 3 || text[s-1] != ' ' || !particles.Has(text[s:k]) {
			return false
		}
		k = s - 1
		if givenBefore(text, k) {
			return true
		}
	}
	return false
}
