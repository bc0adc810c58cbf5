package identity

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// titles are forms of address and degrees that stand before a surname.
var titles = strings.Fields("mr mrs ms miss mx dr prof sir lady lord rev herr herrn frau hr dipl ing mag monsieur madame mademoiselle mme mlle maître señor señora señorita sr sra srta doña dra " +
	"signor signora signorina sig dott dottor dottoressa avv dhr mevr mw mevrouw meneer heer senhor senhora dona pan pani pana panu panią panem państwo doctor doktor professor officer nurse schwester pfarrer père " +
	"judge justice captain capt lt lieutenant sgt sergeant colonel col cllr councillor senator rabbi imam pastor reverend inspector detective constable headmaster headmistress grandpa grandma granny auntie pat " +
	"aunty uncle tía tío zio zia ciocia wujek tatie tonton juf meester oma opa " +
	"rechtsanwalt rechtsanwältin richter richterin oberstudienrat studienrat oberarzt oberärztin onkel tante docteur maestro avvocato avvocata ingegnere geometra dokter doutor doutora doctora licenciado licenciada mecenas abuelo abuela nonno nonna")

var titleSet = newWordSet(strings.Join(titles, " ") + " m fr pr")

// pointed are titles only with a point.
var pointed = newWordSet("m fr pr hr pat col lt sgt capt")

func title(w []byte) bool {
	if len(w) > 1 && w[len(w)-1] == '.' {
		w = w[:len(w)-1]
	}
	return len(w) >= 2 && titleSet.Has(w)
}

// prepositions stand before people more often than before things with two capitals.
var prepositions = newWordSet("with by from avec par con por met door com od mit von")

// followed tells whether one more capitalised word, or a digit, follows: a title or a product.
func followed(text []byte, k int) bool {
	return k+1 < len(text) && (text[k] == ' ' && (big(text, k+1) || classifiers.IsDigit(text[k+1])) || text[k] == '-' || text[k] == '/' || text[k] == '\'' && text[k+1] != 's')
}

// aged tells whether an age follows: ", 74," or " (74)".
func aged(text []byte, k int) bool {
	if k+4 >= len(text) || !(text[k] == ',' && text[k+1] == ' ' || text[k] == ' ' && text[k+1] == '(') {
		return false
	}
	c := text[k+4]
	return text[k+2]-'1' < 9 && text[k+3]-'0' < 10 && (c == ',' || c == ')' || c == ' ' && k+5 < len(text) && classifiers.IsLetter(text[k+5]))
}

func newWordSet(list string) *classifiers.WordSet {
	return classifiers.NewWordSet(strings.Fields(list))
}

// beforeName is what no name begins behind.
const beforeName = "^-'@._/\\$#&+ad"

// begins tells whether a name can begin at i: nothing before it makes it part of something longer.
func begins(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	switch c := text[i-1]; c {
	case '-', '\'', '@', '.', '_', '/', '\\', '$', '#', '&', '+':
		return false
	default:
		return !classifiers.IsWord(c)
	}
}

// wordBehind gives the word before the one at i where a single space, or a comma and a space, stands between; empty where another sign does.
func wordBehind(text []byte, i int) []byte {
	k := i
	if k > 0 && text[k-1] == ' ' {
		k--
	}
	if k > 0 && text[k-1] == ',' {
		k--
	}
	if k == i {
		return nil
	}
	end, low := k, max(0, k-20)
	for k > low && (classifiers.IsLetter(text[k-1]) || text[k-1] == '\'') {
		k--
	}
	return text[k:end]
}

// introduced tells whether what stands before i brings a person: a preposition, a greeting, a role, or the beginning of a line or a label.
func introduced(text []byte, i int) bool {
	if lineStart(text, i) {
		return true
	}
	k := i - 1
	for k > 0 && text[k] == ' ' && i-k < 3 {
		k--
	}
	switch text[k] {
	case ':', '"', '(', '<', '*', '>', '=', ';', '|':
		return true
	}
	return before.Has(wordBehind(text, i))
}

func lineStart(text []byte, i int) bool { return i == 0 || text[i-1] == '\n' || text[i-1] == '\t' }

// fullNameAt reads a name whose first word, or the title before it, begins at i.
func fullNameAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if text[i] == '/' {
		return boarded(text, i)
	}
	if !begins(text, i) {
		return h, false
	}
	j := nameWord(text, i)
	if h, ok := soleName(text, i); ok {
		return h, true
	}
	if j+1 >= len(text) || text[j] != ' ' && text[j] != ',' && text[j] != '.' {
		return h, false
	}
	first := text[i:j]
	if form := trimDot(first); titleSet.Has(form) && (title(first) && !pointed.Has(form) || text[j] == '.' || len(form) < len(first)) {
		if i > 1 && text[i-1] == ' ' && classifiers.IsDigit(text[i-2]) {
			return h, false // milliseconds
		}
		if h, ok := titled(text, afterTitle(text, j), classifiers.IsUpper(first[0])); ok || len(form) > 2 {
			return h, ok
		}
	}
	if text[j] == '.' || !big(text, i) {
		return h, false
	}
	if text[j] == ',' {
		return surnameFirst(text, i, j)
	}
	if !goesOn(text, j+1) {
		return h, false
	}
	return plain(text, i, j)
}

func trimDot(w []byte) []byte {
	if len(w) > 1 && w[len(w)-1] == '.' {
		return w[:len(w)-1]
	}
	return w
}

// afterTitle gives where the word behind a title begins: "Sig.ra Rossi", "Dott.ssa Conti" have a tail.
func afterTitle(text []byte, j int) int {
	if text[j] == '.' {
		j++
	}
	for _, tail := range [...]string{"ra ", "ssa "} {
		if len(text) > j+len(tail) && string(text[j:j+len(tail)]) == tail && text[j-1] == '.' {
			return j + len(tail)
		}
	}
	if j < len(text) && text[j] == ' ' {
		j++
	}
	return j
}

// plain reads a name without a title, of the word text[i:j] and those behind it.
func plain(text []byte, i, j int) (h classifiers.Hit, ok bool) {
	first := text[i:j]
	if initial(first) {
		return initials(text, i, j)
	}
	if articles.Has(first) || institutions.Has(first) || housed(text, i) {
		return h, false
	}
	if len(first) > 2 && first[1] == '\'' && !classifiers.IsUpper(first[2]) {
		return h, false // l'élève
	}
	e := dictionary.Find(first)
	known := e.Kinds&dictionary.Given != 0 || contains(first, '-') && each(first, dictionary.Given)
	if !known && (e.Kinds&(dictionary.Common|dictionary.City) != 0 || e.Kinds == 0 && (noun(first) || len(first) < 3 || !looks(first))) || known && e.Kinds&dictionary.Common != 0 && e.Given < 3 {
		return h, false
	}
	r := readRest(text, j)
	if r.n == 0 || r.bad || streetish(text, r.end) || firms.Has(text[i:r.end]) || partners(text, r.end) {
		return h, false
	}
	strong := e.Given >= 2 || e.Given == 0 && known
	switch {
	case known && e.Kinds&dictionary.Common != 0 && (e.Given < 3 || r.family < 3):
		return h, false
	case capitalBefore(text, i) && (e.Given < 4 || e.Family > e.Given):
		return h, false
	case known && e.City > e.Given && r.family < 2:
		return h, false
	case known && e.Given == 1 && e.Family >= 1 && r.family <= 1 && capitalBefore(text, i):
		return h, false
	case known && r.family > 0 && (strong || r.family >= 2 || !capitalBefore(text, i)):
	case known && strong && (r.unknown || r.given > 0) && !things.Has(wordBehind(text, i)) && !capitalBefore(text, i):
	case e.Family >= 1 && e.Kinds&(dictionary.Common|dictionary.City) == 0 && r.words == 1 && r.given >= 4 && r.family < e.Family && !capitalBefore(text, i):
	case e.Kinds == 0 && r.family >= 2 && looks(first) && len(first) >= 3 && !noun(first) && introduced(text, i) && (!r.town || roles.Has(wordBehind(text, i))):
	case e.Kinds == 0 && r.family >= 1 && looks(first) && len(first) >= 4 && !noun(first) && (roles.Has(wordBehind(text, i)) || prepositions.Has(wordBehind(text, i)) || aged(text, r.end)):
	case known && r.unknown && !r.town && !capitalBefore(text, i) && (roles.Has(wordBehind(text, i)) || prepositions.Has(wordBehind(text, i)) || aged(text, r.end)):
	case e.Kinds == 0 && r.unknown && r.words == 1 && !r.town && !inner(first) && looks(first) && len(first) >= 4 && !noun(first) && prepositions.Has(wordBehind(text, i)) && !followed(text, r.end):
	case e.Kinds == 0 && r.unknown && r.words == 1 && looks(first) && len(first) >= 4 && !noun(first) && (roles.Has(wordBehind(text, i)) || aged(text, r.end)):
	case e.Kinds == 0 && r.family >= 1 && r.words >= 2 && looks(first) && !noun(first) && introduced(text, i) && !r.town:
	case e.Family >= 4 && e.Kinds&(dictionary.Common|dictionary.City) == 0 && r.given >= 3 && !r.common && !r.town && !capitalBefore(text, i):
	case r.words <= 2 && !r.common && !r.town && (e.Kinds == 0 || known) && len(first) >= 3 && looks(first) && !noun(first) && !inner(first) && !capitalBefore(text, i) && deed(text, r.end) == 2:
	case r.words <= 2 && !r.common && !r.town && known && !capitalBefore(text, i) && deed(text, r.end) == 1:
	case r.words <= 2 && !r.common && (e.Kinds == 0 || known) && len(first) >= 3 && looks(first) && !noun(first) && (mailed(text, r.end) || qualified(text, r.end)):
	default:
		return h, false
	}
	return classifiers.Hit{Start: i, End: r.end}, true
}

var articles = newWordSet("el los las il gli les die das the")

// initial tells whether a word is one initial or several: "J.", "R.M.".
func initial(w []byte) bool {
	if len(w) < 2 || len(w)%2 != 0 || len(w) > 6 {
		return false
	}
	for k := 0; k < len(w); k += 2 {
		if !classifiers.IsUpper(w[k]) || w[k+1] != '.' {
			return false
		}
	}
	return true
}

// initials reads "J. Smith" and "A. M. Kowalski".
func initials(text []byte, i, j int) (h classifiers.Hit, ok bool) {
	if capitalBefore(text, i) {
		return h, false
	}
	r := readRest(text, j)
	if r.n == 0 || r.bad || r.common || r.family == 0 && !(r.unknown && (introduced(text, i) || qualified(text, r.end))) || streetish(text, r.end) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: r.end}, true
}

// surnameFirst reads "Kowalski, Anna" and "VAN DER MEER, Johannes".
func surnameFirst(text []byte, i, j int) (h classifiers.Hit, ok bool) {
	if j+3 >= len(text) || text[j+1] != ' ' || !big(text, j+2) || capitalBefore(text, i) {
		return h, false
	}
	k := nameWord(text, j+2)
	w := text[i:j]
	f, g := dictionary.Find(w), dictionary.Find(text[j+2:k])
	if f.Kinds&(dictionary.Given|dictionary.Common|dictionary.City) != 0 && f.Family < 5 || g.Given < 3 || g.Kinds&dictionary.Common != 0 || g.City > g.Given || k+1 < len(text) && text[k] == ' ' && big(text, k+1) && !alone1(text, k+1) {
		return h, false
	}
	if f.Family == 0 && !slavic(w) && !(f.Kinds == 0 && opened(text, i) && ended(text, k) && !noun(w) && !inner(w) && len(w) >= 4) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: k}, true
}

// alone1 tells whether a capital alone stands at k: a second initial.
func alone1(text []byte, k int) bool { return k+1 == len(text) || text[k+1] == '.' || text[k+1] == '"' }

// opened tells whether a value begins at i: of a line, a field, a quotation, or behind a label.
func opened(text []byte, i int) bool {
	return lineStart(text, i) || text[i-1] == '"' || text[i-1] == ';' || text[i-1] == '|' || text[i-1] == ',' || i > 1 && text[i-1] == ' ' && text[i-2] == ':'
}

// ended tells whether a value ends at k.
func ended(text []byte, k int) bool {
	return k == len(text) || text[k] == '"' || text[k] == '\n' || text[k] == ';' || text[k] == '|' || text[k] == '\t' || text[k] == ',' || text[k] == '.' && k+1 == len(text)
}

// goesOn tells, at a glance, whether the word at i can belong to a name: a capital, a letter with a point, or a particle.
func goesOn(text []byte, i int) bool {
	c := text[i]
	return c < 'a' || c > 'z' || i+1 < len(text) && text[i+1] == '.' || particle(text[i:classifiers.Letters(text, i)])
}

// capitalBefore tells whether the word before the one at i begins with a capital and no sentence ends between.
func capitalBefore(text []byte, i int) bool {
	if i < 2 || text[i-1] != ' ' || !classifiers.IsLetter(text[i-2]) {
		return false
	}
	k := i - 2
	for k > 0 && i-k < 20 && classifiers.IsLetter(text[k-1]) {
		k--
	}
	return big(text, k) && !before.Has(text[k:i-1]) && !roles.Has(text[k:i-1]) && !title(text[k:i-1])
}

// titled reads the name behind a form of address: "Frau Dr. Lee" gives Lee, known or not.
func titled(text []byte, i int, capital bool) (h classifiers.Hit, ok bool) {
	for range 3 {
		j := nameWord(text, i)
		if j == i || !titleSet.Has(trimDot(text[i:j])) || j+1 >= len(text) || text[j] != ' ' && text[j] != '.' {
			break
		}
		i = afterTitle(text, j)
	}
	if h, ok := quiet(text, i); ok {
		return h, true
	}
	r := readRest(text, i-1)
	if i == 0 || i >= len(text) || r.n == 0 || r.start != i || r.bad {
		return h, false
	}
	if r.common && r.words == 1 && (r.family < 2 || !capital) || !capital && r.family == 0 && r.given == 0 && !r.unknown {
		return h, false
	}
	return classifiers.Hit{Start: r.start, End: r.end, Flags: classifiers.Labelled}, true
}

// quiet reads a name of the dictionary in small letters behind a form of address: "mr kapoor".
func quiet(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i >= len(text) || text[i]-'a' > 25 {
		return h, false
	}
	j := nameWord(text, i)
	e := dictionary.Find(text[i:j])
	if j-i < 3 || e.Kinds&(dictionary.Common|dictionary.Word) != 0 || max(e.Family, e.Given) < 2 || e.City > max(e.Family, e.Given) || joined(text, j) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: j, Flags: classifiers.Labelled}, true
}

// rest is the part of a name behind its first word.
type rest struct {
	start, end    int
	n, words      int   // capitalised words that belong to it, and those seen
	family, given uint8 // how usual the best of them is
	unknown       bool  // one of them is in no list
	common        bool  // one is a word of any text
	town          bool
	bad           bool // a word among them makes it the name of a street or a company
}

// readRest reads initials, particles and capitalised words from the space at j on, as long as they can be of a name.
func readRest(text []byte, j int) (r rest) {
	r.end, r.start = j, j+1
	linked := false
	for range 6 {
		if j+1 >= len(text) || j >= 0 && text[j] != ' ' || !classifiers.IsLetter(text[j+1]) {
			break
		}
		k := nameWord(text, j+1)
		w := text[j+1 : k]
		switch {
		case particle(w):
			linked = true
		case initial(w):
			if r.n > 0 {
				return r
			}
		case big(w, 0) && len(w) >= 2:
			if !r.word(w, linked, afterNames(text, j+1, k)) {
				return r
			}
			r.end, linked = k, false
			if k < len(text) && (classifiers.IsWord(text[k]) || text[k] == '_' || text[k] == '@' || text[k] == '(') {
				return rest{}
			}
		default:
			return r
		}
		j = k
	}
	return r
}

// word takes one more capitalised word, which may be one of a house; false ends the name before it.
func (r *rest) word(w []byte, linked, house bool) bool {
	if house || title(w) {
		r.bad = true
		return false
	}
	e := dictionary.Find(w)
	family, given := e.Family, e.Given
	if family == 0 && (slavic(w) || contains(w, '-') && eachAny(w)) {
		family = 2
	}
	known := family > 0 || given > 0
	unknown := !known && looks(w) && (linked || e.Kinds&^dictionary.City == 0 && !noun(w) && e.City <= 2)
	switch {
	case r.n >= 4 || !known && !unknown, r.n > 0 && e.Kinds&dictionary.Common != 0 && family < 3 && !linked:
		return false
	case r.n > 0 && unknown && !linked && (r.family > 0 || r.unknown):
		return false
	}
	r.n, r.words = r.n+1, r.words+1
	r.family, r.given = max(r.family, family), max(r.given, given)
	r.unknown = r.unknown || unknown
	r.common = r.common || e.Kinds&dictionary.Common != 0 && !linked
	r.town = r.town || e.City > family
	if e.Kinds&dictionary.Common != 0 && family < 3 && !linked {
		r.family, r.unknown, r.given = 0, false, 0
	}
	return true
}

// eachAny tells whether a part of a hyphenated word is a name.
func eachAny(w []byte) bool {
	start := 0
	for i := 0; i <= len(w); i++ {
		if i == len(w) || w[i] == '-' {
			if dictionary.Find(w[start:i]).Kinds&(dictionary.Family|dictionary.Given) != 0 {
				return true
			}
			start = i + 1
		}
	}
	return false
}

var slavics = byLast("ski", "ska", "cki", "cka", "dzki", "skiego", "skiej", "skim", "skiemu", "ską", "ckiego", "ckiej", "ckim", "wicz", "wicza", "wiczem", "czyk", "czyka", "ović", "ić", "vic", "ová", "enko", "czuk")

// slavic tells whether a word ends as Polish, Czech and Serbian surnames do, in their cases.
func slavic(w []byte) bool { return len(w) >= 6 && ends(w, &slavics, 2) }

// byLast sorts endings by their last letter.
func byLast(endings ...string) (by [32][]string) {
	for _, e := range endings {
		by[e[len(e)-1]&31] = append(by[e[len(e)-1]&31], e)
	}
	return by
}

// ends tells whether a word has one of the endings, behind least bytes.
func ends(w []byte, by *[32][]string, least int) bool {
	for _, e := range by[w[len(w)-1]&31] {
		if n := len(w) - len(e); n >= least && string(w[n:]) == e {
			return true
		}
	}
	return false
}

// nouns are how nouns of things end in languages that write them with a capital, or in English.
var nouns = byLast("ung", "ungen", "heit", "keit", "schaft", "tion", "tionen", "tät", "ment", "nis", "ismus", "ness", "tions", "ments", "ware", "straße", "bank", "werk", "haus", "zeug", "stelle", "zimmer", "gesetz", "vertrag", "termin")

// noun tells whether a word ends as nouns of things do.
func noun(w []byte) bool { return ends(w, &nouns, 2) }

func townish(w []byte) bool {
	e := dictionary.Find(w)
	return e.City > e.Given
}
