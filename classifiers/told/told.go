// Package told finds what the words of a text tell: values behind a label ("Geburtsdatum: 3.5.1980", {"city": "Leeds"}), behind a phrase of a sentence
// ("lives in Leeds", "souffre d'asthme"), and terms that say something of a person when a person is spoken of ("she has asthma"). Each kind is a line
// of kinds.txt, in eight languages; terms.txt has the terms, cues.txt the words that must stand before them, read.go the ways to read a value.
package told

import (
	_ "embed"
	"strings"
	"sync"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
	"vestige/pii"
)

//go:embed kinds.txt
var kindLines string

//go:embed terms.txt
var termLines string

//go:embed cues.txt
var cueLines string

// most bytes of a label with its value.
const longest = 200

// reach is how far before a term the words that bring a person may stand.
const reach = 90

// kind is one line of the table.
type kind struct {
	labels *classifiers.WordMap[[]label] // by first word
	terms  *classifiers.WordMap[[]term]  // by first word
	cue    *classifiers.WordSet          // nil where terms count behind labels alone
	behind bool                          // the cue follows the term
	stems  uint64                        // a bit for the length of each stem
	back   bool                          // the value may stand before the label
	read   reader
}

// label is a phrase before a value.
type label struct {
	words []string // behind the first
	bare  bool     // a bare space may follow it
	start bool     // it must begin the line, the key or the bracket
	read  reader
}

// term is a word or phrase that is a value.
type term struct {
	text  string
	exact bool // only as written
	open  bool // the ending of its last word is free
	told  bool // it counts behind a label alone
	part  bool // it says nothing of anybody beside a hyphen
}

// All lists the classifiers of this package.
func All() []classifiers.Classifier { return load() }

var load = sync.OnceValue(func() []classifiers.Classifier {
	terms, cues := named(termLines, ", "), named(cueLines, " ")
	var out []classifiers.Classifier
	for l := range strings.Lines(kindLines) {
		f := strings.Split(strings.TrimRight(l, "\n"), "|")
		if strings.HasPrefix(l, "#") || len(f) != 7 {
			continue
		}
		out = append(out, classifier(f, terms, cues))
	}
	return append(out, TownBeside(), PostcodeBeside(), AgeSaid(), LogUser(), ChatUser(), AuditUser(), Mention())
})

// named reads lines of a name, a colon and a list.
func named(lines, sep string) map[string][]string {
	out := map[string][]string{}
	for l := range strings.Lines(lines) {
		if name, list, ok := strings.Cut(strings.TrimSpace(l), ": "); ok && !strings.HasPrefix(l, "#") {
			out[name] = strings.Split(list, sep)
		}
	}
	return out
}

func classifier(f []string, terms, cues map[string][]string) classifiers.Classifier {
	k := &kind{behind: f[5] == "citizen", back: f[2] == "date"}
	of := lists{map[string][]label{}, map[string][]term{}}
	for _, t := range terms[f[6]] {
		k.stems |= of.addTerm(t)
	}
	if f[5] != "" {
		k.cue = set(cues[f[5]])
	}
	k.read = k.reader(f[2])
	for l := range strings.SplitSeq(f[4], ",") {
		of.addLabel(k, l)
	}
	k.labels, k.terms = classifiers.NewWordMap(of.labels), classifiers.NewWordMap(of.terms)
	return classifiers.Classifier{
		Name: f[0], Category: pii.Category(f[1]), Version: 1, Triggers: classifiers.Triggers{Words: k.triggers(of)}, MaxLen: longest, At: k.at,
		Doc:    f[3] + ", in texts. It misses phrases that are not in its list; what a label says of a thing or an organisation is mistaken for one.",
		Chance: .1, Prior: -12, Sparse: true,
	}
}

// lists are labels and terms by their first words.
type lists struct {
	labels map[string][]label
	terms  map[string][]term
}

func (of lists) addLabel(k *kind, l string) {
	phrase, how, _ := strings.Cut(l, ">")
	x := label{read: k.read}
	if how != "" {
		x.read = k.reader(how)
	}
	for strings.HasSuffix(phrase, "+") || strings.HasSuffix(phrase, "^") {
		x.bare, x.start = x.bare || strings.HasSuffix(phrase, "+"), x.start || strings.HasSuffix(phrase, "^")
		phrase = phrase[:len(phrase)-1]
	}
	words := strings.Fields(phrase)
	x.words = words[1:]
	list := of.labels[words[0]]
	at := len(list)
	for i := range list {
		if len(list[i].words) < len(x.words) {
			at = i
			break
		}
	}
	list = append(list, label{})
	copy(list[at+1:], list[at:])
	list[at] = x
	of.labels[words[0]] = list
}

// addTerm adds a term, and gives the bit for its length where it is a stem.
func (of lists) addTerm(t string) (stem uint64) {
	x := term{text: t}
	x.text, x.told = strings.CutPrefix(t, "!")
	x.text, x.part = strings.CutPrefix(x.text, "?")
	x.text, x.open = strings.CutSuffix(x.text, "~")
	x.exact = strings.ToLower(x.text) != x.text
	if x.open {
		stem = 1 << min(63, len(first(x.text)))
	}
	w := first(strings.ToLower(x.text))
	of.terms[w] = append(of.terms[w], x)
	return stem
}

// first gives the letters that a term begins with: where its ending is free that is no whole word, and stems have their own look-up.
func first(t string) string {
	for i := range len(t) {
		if !classifiers.IsLetter(t[i]) {
			return t[:i]
		}
	}
	return t
}

// triggers lists the words where a value, or the label before one, can begin. Stems are given with the endings that they can have.
func (k *kind) triggers(of lists) (out []string) {
	for w := range of.labels {
		out = append(out, w)
	}
	if k.cue == nil {
		return out
	}
	for w, list := range of.terms {
		if leading.Has([]byte(w)) {
			continue
		}
		out = append(out, w)
		for _, t := range list {
			if t.open && first(strings.ToLower(t.text)) == w && len(w) == len(t.text) {
				for _, e := range endings {
					out = append(out, w+e)
				}
			}
		}
	}
	return out
}

// leading are words that terms begin with and that are too usual to be looked at: behind labels alone such terms are read from there.
var leading = set(strings.Fields("die type de la les los a in"))

// endings are those that stems can have.
var endings = strings.Fields("e a o s y i um en in er es is ę ą ów os as ism ismo ina iny inę ine em im ym iem ego ej n ne nes nin innen an e's ka kiem ki ką kę ką ką iczką iką istą istka istką owi u ie ique iques ica ico aine")

func set(words []string) *classifiers.WordSet { return classifiers.NewWordSet(words) }

// at reads the value whose label begins at i, or the term that does.
func (k *kind) at(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i > 0 && classifiers.IsWord(text[i-1]) || !classifiers.IsLetter(text[i]) || limit(text, i) {
		return h, false
	}
	end := word(text, i)
	if end == i || end-i > 32 {
		return h, false
	}
	w := text[i:end]
	labels, labelled := k.labels.Get(w)
	for n := range labels {
		if h, ok := labels[n].at(text, i, end); ok {
			return h, true
		}
	}
	if k.back && len(w) >= 4 && labelled {
		return dateBefore(text, i)
	}
	if k.cue == nil || leading.Has(w) {
		return h, false
	}
	if end, part, ok := k.term(text, i, false); ok && (k.spoken(text, i, end) || headed(text, i)) && !proper(text, i, end) && !(part && compound(text, i, end)) {
		return classifiers.Hit{Start: i, End: end, Flags: classifiers.Labelled}, true
	}
	return h, false
}

// word gives the end of the letters at i; the sign of "n°" is none.
func word(text []byte, i int) int {
	for i < len(text) && classifiers.IsLetter(text[i]) && text[i] != 0xC2 && text[i] != 0xE2 {
		i++
	}
	return i
}

// gap passes over at most two signs that may stand between the words of a label.
func gap(text []byte, i int) int {
	for n := 0; n < 2 && i < len(text); n++ {
		switch c := text[i]; {
		case c == ' ' || c == '_' || c == '-' || c == '.' || c == '\'':
			i++
		case odd(text, i) > 0:
			i += odd(text, i)
		default:
			return i
		}
	}
	return i
}

// odd gives the length of the degree or ordinal sign, the hard space or the curly apostrophe at i; 0 where none stands.
func odd(text []byte, i int) int {
	switch {
	case i+2 < len(text) && text[i] == 0xC2 && (text[i+1] == 0xB0 || text[i+1] == 0xBA || text[i+1] == 0xA0):
		return 2
	case i+3 < len(text) && text[i] == 0xE2 && text[i+1] == 0x80 && text[i+2] == 0x99:
		return 3
	}
	return 0
}

// at reads the value behind the label whose first word is text[i:end].
func (l *label) at(text []byte, i, end int) (h classifiers.Hit, ok bool) {
	for _, w := range l.words {
		k := gap(text, end)
		e := word(text, k)
		if k == end || !equal(text[k:e], w) {
			return h, false
		}
		end = e
	}
	if l.start && !starts(text, i) {
		return h, false
	}
	k, tied, ok := tie(text, end)
	if !ok || !tied && (!l.bare || sentence(text, end, k)) || k >= len(text) {
		return h, false
	}
	from, to, ok := l.read(text, k, tied)
	if !ok || from >= to || to-i > longest {
		return h, false
	}
	return classifiers.Hit{Start: from, End: to, Flags: classifiers.Labelled}, true
}

// sentence tells whether the label ends a sentence: a point behind a word, and a capital behind that.
func sentence(text []byte, end, k int) bool {
	return text[end] == '.' && k == end+2 && text[end+1] == ' ' && classifiers.IsCapital(text, k) && end > 5 && classifiers.IsLetter(text[end-4]) && classifiers.IsLetter(text[end-5]) && classifiers.IsLetter(text[end-3]) && classifiers.IsLetter(text[end-2])
}

// equal compares without regard to case, of ASCII and Latin-1.
func equal(text []byte, word string) bool {
	return len(text) <= 40 && classifiers.EqualWord(text, word)
}

// starts tells whether a label at i begins a line, a key or a bracket.
func starts(text []byte, i int) bool {
	for k := i - 1; k >= 0 && i-k < 4; k-- {
		switch text[k] {
		case ' ', '"', '\'', '*', '<':
			continue
		case '\n', '\t', '\r', '{', ',', ';', '|', '(', '[', '&', '?', '.', '>':
			return true
		default:
			return false
		}
	}
	return i < 4 || text[i-1] != ' '
}

var ties = set(strings.Fields("number no nr num numer numero número nummer id is was ist war lautet est es è era é jest to zijn luidt são the a an einem einer le la l el il lo op het de d di du des den dem der un une una uno um uma o os as w na z po po: am em dnia dal in code"))

// tie passes over what stands between a label and its value: signs, and a few words. It tells where the value begins and whether a sign ties them.
func tie(text []byte, k int) (at int, tied, ok bool) {
	for range 4 {
		n := 0
		for ; k < len(text) && n < 8; n++ {
			switch c := text[k]; {
			case c == ':' || c == '=' || c == '>' || c == '#' || c == '\t':
				tied = true
			case c == ' ' || c == '"' || c == '.' || c == '(' || c == '\'' || c == '_' || c == '-' && !tied || c == '*' || c == '/' && !tied:
			case c == '\n' && tied:
			case c == '\\' && k+1 < len(text) && text[k+1] == '"':
			case odd(text, k) > 0:
				k += odd(text, k) - 1
			default:
				n = 99
			}
			if n == 99 {
				break
			}
			k++
		}
		if n < 99 || k >= len(text) {
			return k, tied, false
		}
		e := word(text, k)
		if e == k || e-k > 8 || e >= len(text) || text[k] <= 'Z' {
			return k, tied, true
		}
		if !ties.Has(text[k:e]) || classifiers.IsWord(text[e]) || text[e] == '@' {
			return k, tied, true
		}
		k = e
	}
	return k, tied, true
}

// term reads a term of the kind that begins at i, the longest; part is one that says nothing where a hyphen makes it a part of a word.
func (k *kind) term(text []byte, i int, behindLabel bool) (end int, part, ok bool) {
	e := word(text, i)
	if e == i || e-i > 32 {
		return 0, false, false
	}
	for n := e - i; n >= 1 && n >= e-i-7; n-- {
		if n < e-i && k.stems>>n&1 == 0 {
			continue
		}
		terms, _ := k.terms.Get(text[i : i+n])
		for x := range terms {
			t := &terms[x]
			if n < e-i && !(t.open && len(t.text) == n) || t.told && !behindLabel {
				continue
			}
			if stop, hit := t.at(text, i); hit && stop > end {
				end, part, ok = stop, t.part, true
			}
		}
	}
	return end, part, ok
}

// proper tells whether the term is a part of a proper name: it and the next word have a capital ("Catholic Church", "Christian Weber").
func proper(text []byte, i, end int) bool {
	return classifiers.IsCapital(text, i) && end+1 < len(text) && text[end] == ' ' && classifiers.IsCapital(text, end+1)
}

var limits = set(strings.Fields("max min maximum minimum avg average cache mean median total"))

// limit tells whether what is named at i is a limit or a mean rather than somebody's: "max_age", "min-salary"; or a request of troff.
func limit(text []byte, i int) bool {
	if i < 1 || text[i-1] != '_' && text[i-1] != '-' && text[i-1] != '.' {
		return false
	}
	s := i - 1
	for s > 0 && i-s < 10 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	return text[i-1] != '.' && limits.Has(text[s:i-1]) || text[i-1] == '.' && (i == 1 || text[i-2] == '\n')
}

// compound tells whether a hyphen makes the term a part of a longer word: "OS-agnostic", "straight-forward". "HIV-positiv" and "gay-rights" say what they say.
func compound(text []byte, i, end int) bool {
	return i > 1 && text[i-1] == '-' && classifiers.IsLetter(text[i-2]) || end+1 < len(text) && text[end] == '-' && classifiers.IsLetter(text[end+1])
}

// at tells whether the term stands at i, and where it ends.
func (t *term) at(text []byte, i int) (end int, ok bool) {
	end = i + len(t.text)
	if end > len(text) || t.exact && string(text[i:end]) != t.text || !t.exact && !equal(text[i:end], t.text) {
		return 0, false
	}
	if t.open {
		e := word(text, end)
		if e-end > 7 {
			return 0, false
		}
		end = e
	}
	return end, end == len(text) || !classifiers.IsWord(text[end]) && text[end] != '_'
}

// heads are labels of lists of what somebody has or takes.
var heads = set(strings.Fields("diagnosis diagnoses diagnose diagnosen diagnostic diagnostics diagnóstico diagnósticos diagnosi rozpoznanie rozpoznania choroby conditions history pmh vorerkrankungen antécédents antecedentes meds medication medications medikation medikamente medicatie medicijnen medicación medicação médicaments farmaci leki allergies allergien alergias allergie"))

// headed tells whether the term at i is in a list behind such a label and a colon.
func headed(text []byte, i int) bool {
	for k := i; k > 1 && i-k < reach && text[k-1] != '\n' && text[k-1] != '.'; k-- {
		if text[k-1] != ':' {
			continue
		}
		s := k - 1
		for s > 0 && k-s < 20 && classifiers.IsLetter(text[s-1]) {
			s--
		}
		return heads.Has(text[s : k-1])
	}
	return false
}

// spoken tells whether a word of the cue, or a name, stands before the term on its line.
func (k *kind) spoken(text []byte, i, end int) bool {
	if k.behind {
		if predicate(text, i, end) {
			return true
		}
		if end+1 >= len(text) || text[end] != ' ' {
			return false
		}
		return k.cue.Has(text[end+1 : word(text, end+1)])
	}
	low := max(0, i-reach)
	for e := i; e > low; {
		for e > low && !classifiers.IsLetter(text[e-1]) {
			if text[e-1] == '\n' && (e < 2 || text[e-2] == '\n') {
				return false
			}
			e--
		}
		s := e
		for s > low && classifiers.IsLetter(text[s-1]) {
			s--
		}
		if s == e || s == low && low > 0 {
			break
		}
		if k.cue.Has(text[s:e]) || person(text[s:e]) {
			return true
		}
		e = s
	}
	return false
}

// person tells whether a word is a given name that is nothing else.
func person(w []byte) bool {
	if len(w) < 3 || !classifiers.IsCapital(w, 0) {
		return false
	}
	e := dictionary.Find(w)
	return e.Given >= 3 && e.Kinds&dictionary.Common == 0 && e.City <= e.Given
}
