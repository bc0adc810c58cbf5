package identity

import (
	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// MentionedName is given names alone in a text.
func MentionedName() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "mentioned_name",
		Doc:      "A given name that stands alone in a text, behind a greeting, a preposition or a role, or below a letter. It misses rare names elsewhere; things named after people are mistaken for one.",
		Category: "identity.given_name",
		Version:  1,
		Triggers: classifiers.Triggers{Title: true, Spots: mentionSpots, Except: dictionary.Plain()},
		MaxLen:   40,
		At:       mentionedAt,
		Chance:   .05,
		Prior:    -12,
		Sparse:   true,
	}
}

// capitals are those of ASCII.
const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// mentionSpots are where a name can stand alone: no other goes on behind it.
var mentionSpots = []classifiers.Spot{
	{Title: true, Before: beforeName, After: "^ -.'_@(/=ad", Small: true}, {Title: true, Before: beforeName, After: " ", Then: "^" + capitals, Small: true},
	{Title: true, Before: beforeName, After: ".", Then: "^a", Small: true}, {Title: true, Before: beforeName, After: "-'", Then: "a", Small: true},
}

const greetingWords = "dear hi hello hey hallo liebe lieber moin bonjour salut coucou cher chère hola querido querida ciao caro cara hoi hee lieve beste olá oi cześć hej kochana kochany droga drogi estimado estimada gentile"

var greetings = newWordSet(greetingWords)

// leading are words behind which names are taken that no list has.
var leading = newWordSet(greetingWords + " " + kinWords)

// joined tells whether what stands behind a word at j makes it part of more: an identifier, an address, a longer name.
func joined(text []byte, j int) bool {
	if j == len(text) {
		return false
	}
	switch c := text[j]; c {
	case '-', '_', '@', '(', '/', '=':
		return true
	case '\'':
		return j+1 == len(text) || text[j+1] != 's'
	case ' ':
		return j+1 < len(text) && big(text, j+1)
	case '.':
		return j+1 < len(text) && classifiers.IsLetter(text[j+1])
	default:
		return classifiers.IsWord(c)
	}
}

// inner tells whether a capital stands inside a word, as in identifiers.
func inner(w []byte) bool {
	for k, b := range w[1:] {
		if classifiers.IsUpper(b) && w[k] != '-' && w[k] != '\'' {
			return true
		}
	}
	return false
}

// mentionedAt reads one capitalised word.
func mentionedAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !big(text, i) || i+1 < len(text) && classifiers.IsUpper(text[i+1]) || !begins(text, i) {
		return h, false
	}
	j := nameWord(text, i)
	if j-i < 3 || j-i > 20 || j-i == len(text) || text[j-1] == '.' || joined(text, j) {
		return h, false
	}
	e, ends := dictionary.Find(text[i:j]), j == len(text) || text[j] == ',' || text[j] == '!' || text[j] == '\n' || text[j] == ':'
	if e.Kinds&dictionary.Common != 0 || e.City > e.Given && e.City >= 4 || e.Given < 2 && (i == 0 || text[i-1] != ' ') {
		return h, false
	}
	if e.City > 0 && placed(text, i) || calendar(text, i, j) || partners(text, j) {
		return h, false
	}
	if h, ok := soleName(text, i); ok {
		return h, true
	}
	if actor(text, i, j, e) {
		return classifiers.Hit{Start: i, End: j}, true
	}
	behind := wordBehind(text, i)
	if e.Given < 2 && !leading.Has(behind) && !(e.Family >= 4 && asked.Has(behind)) {
		return h, false
	}
	if housed(text, i) || firm(text, i, j) || streetish(text, j) {
		return h, false
	}
	if e.Family >= 4 && asked.Has(behind) && e.City < e.Family && !alone.Has(text[i:j]) && !noun(text[i:j]) {
		return classifiers.Hit{Start: i, End: j}, true
	}
	if greetings.Has(behind) && (ends || lineStart(text, i-1-len(behind))) && e.City < 4 && !title(text[i:j]) {
		return classifiers.Hit{Start: i, End: j, Flags: classifiers.Labelled}, true
	}
	if e.Kinds&^dictionary.Given == 0 && kin.Has(behind) && text[i-1] == ' ' && text[i-2] != ',' && j-i >= 4 && !inner(text[i:j]) && !noun(text[i:j]) {
		return classifiers.Hit{Start: i, End: j}, true
	}
	if e.Given < 2 || e.City > e.Given || things.Has(behind) || title(text[i:j]) || capitalBefore(text, i) && !before.Has(behind) {
		return h, false
	}
	plain := e.Kinds&dictionary.Word == 0 && !(j+1 < len(text) && text[j] == ' ' && classifiers.IsDigit(text[j+1])) && !inner(text[i:j])
	switch {
	case plain && e.City == 0 && !alone.Has(text[i:j]) && paired(text, j), before.Has(behind) && !inner(text[i:j]), plain && e.Given >= 4 && e.Family < e.Given && !alone.Has(text[i:j]), plain && lineStart(text, i) && ends && !alone.Has(text[i:j]), e.Given >= 7 && lineStart(text, i) && j < len(text) && text[j] == ':', plain && j == len(text) && i > 2 && text[i-2] == ',', i > 1 && text[i-1] == '(' && j < len(text) && text[j] == ')':
		return classifiers.Hit{Start: i, End: j}, true
	}
	return h, false
}
