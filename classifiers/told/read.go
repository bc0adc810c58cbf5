package told

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// reader reads a value that begins at k; tied says that a sign stands between it and its label.
type reader func(text []byte, k int, tied bool) (start, end int, ok bool)

func (k *kind) reader(name string) reader {
	switch name {
	case "term":
		return k.readTerm
	case "illness":
		return k.readIllness
	case "drug":
		return func(text []byte, at int, tied bool) (int, int, bool) { return k.termOr(text, at, tied, readDrug) }
	case "adjective":
		return func(text []byte, at int, tied bool) (int, int, bool) { return k.termOr(text, at, tied, readAdjective) }
	}
	return readers[name]
}

var readers = map[string]reader{
	"date": readDate, "born": readBorn, "age": readAge, "years": readYears, "cap": readCap, "one": readOne, "name": readName, "city": readCity, "town": readTown, "street": readStreet, "code": readCode,
	"number": readNumber, "amount": readAmount, "phrase": readPhrase, "plate": readPlate, "login": readLogin, "named": readNamed, "account": readAccount,
	"secret": readSecret, "security": readSecurity, "expiry": readExpiry, "carded": readCarded, "driven": readDriven, "indexed": readIndexed, "sent": readSent, "bank": readBank, "blood": readBlood,
	"spoken": readSpoken, "small": readSmall, "bornin": readBornIn, "paren": readParen, "unix": readUnix, "long": readLong, "numbered": readNumbered, "held": readHeld, "lone": readLone, "person": readPerson, "called": readCalled, "known": readKnown, "handle": readHandle, "web": readWeb,
}

func (k *kind) readTerm(text []byte, at int, _ bool) (start, end int, ok bool) {
	at = article(text, at)
	end, _, ok = k.term(text, at, true)
	return at, end, ok
}

// termOr reads a term of the kind, and where there is none what the other reader takes.
func (k *kind) termOr(text []byte, at int, tied bool, other reader) (start, end int, ok bool) {
	if start, end, ok = k.readTerm(text, at, tied); ok {
		return start, end, true
	}
	return other(text, at, tied)
}

// readIllness reads a term, or any phrase behind a sign or where a person is spoken of.
func (k *kind) readIllness(text []byte, at int, tied bool) (start, end int, ok bool) {
	if start, end, ok = k.readTerm(text, at, tied); ok {
		return start, end, true
	}
	if !tied && !k.spoken(text, at, at) {
		return 0, 0, false
	}
	return readPhrase(text, at, tied)
}

var articles = set([]string{"a", "an", "the", "ein", "eine", "einer", "einem", "der", "die", "das", "den", "dem", "le", "la", "les", "un", "une", "de", "d", "du", "l", "el", "los", "una", "il", "lo", "gli", "een", "het", "o", "um", "uma", "na", "chronic"})

// article passes over an article.
func article(text []byte, k int) int {
	for range 2 {
		e := word(text, k)
		if e == k || e-k > 7 || e+1 >= len(text) || text[e] != ' ' && text[e] != '\'' || !articles.Has(text[k:e]) {
			return k
		}
		k = e + 1
	}
	return k
}

func digits(text []byte, k int) int {
	for k < len(text) && text[k]-'0' < 10 {
		k++
	}
	return k
}

// free tells whether nothing goes on at the end of a value.
func free(text []byte, end int) bool {
	return end == len(text) || !classifiers.IsWord(text[end]) && text[end] != '_' && text[end] != '@'
}

func readAge(text []byte, k int, tied bool) (start, end int, ok bool) {
	end = digits(text, k)
	n := end - k
	return k, end, (n == 2 || n == 1 && tied || n == 3 && text[k] == '1' && text[k+1] < '2') && free(text, end) && !(end+1 < len(text) && (text[end] == '.' || text[end] == '-' || text[end] == '/' || text[end] == ',') && text[end+1]-'0' < 10)
}

// readYears reads an age behind "age", which headers of the web also use for seconds.
func readYears(text []byte, k int, tied bool) (start, end int, ok bool) {
	if k > 5 && (text[k-5] == '-' || text[k-6] == '-') {
		return 0, 0, false
	}
	return readAge(text, k, tied)
}

// capitals reads capitalised words with particles between, at most n.
func capitals(text []byte, k, n int) (end, words int) {
	ends, words := capitalEnds(text, k, n)
	if words == 0 {
		return k, 0
	}
	return ends[words-1], words
}

// mostCapitals is how many capitalised words anybody reads in a row.
const mostCapitals = 5

// capitalEnds is capitals with the end of each of the words.
func capitalEnds(text []byte, k, n int) (ends [mostCapitals]int, words int) {
	for i := k; i < len(text); {
		e := classifiers.Letters(text, i)
		for e > i && e+1 < len(text) && (text[e] == '-' || text[e] == '\'') && classifiers.IsLetter(text[e+1]) {
			e = classifiers.Letters(text, e+1)
		}
		w := text[i:e]
		switch {
		case e == i:
			return ends, words
		case classifiers.IsCapital(text, i):
			ends[words], words = e, words+1
			if words == n {
				return ends, words
			}
		case !particles.Has(w):
			return ends, words
		}
		if e < len(text) && text[e] == '.' && e-i <= 3 && words > 0 {
			e++
		}
		if e+1 >= len(text) || text[e] != ' ' {
			return ends, words
		}
		i = e + 1
	}
	return ends, words
}

var particles = set([]string{"von", "van", "de", "der", "den", "zu", "zur", "del", "della", "di", "da", "do", "dos", "das", "la", "le", "les", "ten", "ter", "el", "al", "am", "an", "im", "in", "upon", "sur", "en", "sous", "aan", "bei", "d", "y", "e"})

func common(w []byte) bool { return dictionary.Find(w).Kinds&dictionary.Common != 0 }

func readCap(text []byte, k int, tied bool) (start, end int, ok bool) {
	end, n := capitals(text, k, 4)
	if n == 0 && tied && text[k-1] == '"' {
		end = word(text, k)
		return k, end, end-k >= 2 && end < len(text) && text[end] == '"'
	}
	return k, end, n > 0 && end-k >= 2 && free(text, end) && !common(text[k:end]) && closed(text, end)
}

// closed tells whether the value ends where a sentence, a line, a field or the next word does, and is no part of a path, an address or a call.
func closed(text []byte, end int) bool {
	if end == len(text) {
		return true
	}
	switch text[end] {
	case '(', '/', '\\', '@', '=', '_', '[', '{', '$', '%':
		return false
	case '&': // the next part of a query
		e := word(text, end+1)
		return e > end+1 && e < len(text) && text[e] == '='
	}
	return true
}

// readOne reads a name of one or two parts where the label also stands before other things.
func readOne(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readCap(text, k, tied)
	if !ok {
		return 0, 0, false
	}
	e := dictionary.Find(text[k:word(text, k)])
	return start, end, e.Kinds&(dictionary.Given|dictionary.Family) != 0 || e.Kinds == 0 && tied && givenBelow(text, end) || text[k-1] == '"' && e.Kinds == 0
}

var givenLabels = set(strings.Fields("prénom prénoms prenom prenoms vorname vornamen nome nombre imię first given forename forenames voornaam voornamen nomi nomes"))

// givenBelow tells whether the label of a given name begins the line below end.
func givenBelow(text []byte, end int) bool {
	for k := end; k < len(text) && k-end < 3; k++ {
		if text[k] == '\n' && k+1 < len(text) {
			return givenLabels.Has(text[k+1 : word(text, k+1)])
		}
	}
	return false
}

// readName reads a name of which the dictionary knows a part.
func readName(text []byte, k int, _ bool) (start, end int, ok bool) {
	end, n := capitals(text, k, 5)
	if n == 0 || n > 4 || !free(text, end) || !closed(text, end) {
		return 0, 0, false
	}
	known, bad := 0, false
	for i := k; i < end; {
		e := word(text, i)
		if e == i {
			i++
			continue
		}
		x := dictionary.Find(text[i:e])
		if x.Kinds&(dictionary.Given|dictionary.Family) != 0 && x.Kinds&dictionary.Common == 0 {
			known++
		}
		bad = bad || x.Kinds&dictionary.Common != 0 && x.Family < 3 && !particles.Has(text[i:e])
		i = e
	}
	return k, end, !bad && (known >= 2 || known == 1 && n >= 2 || known == 1 && dictionary.Find(text[k:end]).Given >= 3)
}

func readCity(text []byte, k int, tied bool) (start, end int, ok bool) {
	end, n := capitals(text, k, 3)
	if n == 0 {
		return 0, 0, false
	}
	if n > 1 && dictionary.Find(text[k:end]).City == 0 {
		if w := word(text, k); dictionary.Find(text[k:w]).City > 0 {
			end = w
		}
	}
	if end+1 < len(text) && text[end] == ' ' && text[end+1]-'0' < 10 && (end+5 >= len(text) || text[end+4]-'0' > 9) {
		return 0, 0, false // a street
	}
	return k, end, end-k >= 3 && free(text, end) && closed(text, end) && (tied || !common(text[k:end]))
}

// readTown reads a town that the dictionary knows.
func readTown(text []byte, k int, _ bool) (start, end int, ok bool) {
	ends, most := capitalEnds(text, k, 3)
	for n := most; n > 0; n-- {
		end := ends[n-1]
		e := dictionary.Find(text[k:end])
		if e.City > 0 && e.City >= e.Given && e.City >= e.Family && e.Kinds&dictionary.Common == 0 && free(text, end) && closed(text, end) {
			return k, end, !(end+1 < len(text) && text[end] == ' ' && classifiers.IsCapital(text, end+1))
		}
	}
	return 0, 0, false
}

// readStreet reads up to the comma, the bracket or the end of the line, and the number behind a comma.
func readStreet(text []byte, k int, tied bool) (start, end int, ok bool) {
	if !tied {
		return 0, 0, false
	}
	letters, number, space := 0, false, false
	for end = k; end < len(text) && end-k < 70; end++ {
		c := text[end]
		if c == ',' && end+2 < len(text) && text[end+1] == ' ' && text[end+2]-'0' < 10 && !number && digits(text, end+2)-end-2 <= 4 {
			continue
		}
		if c == ',' && number && letters == 0 {
			continue
		}
		if c == '\n' || c == ',' || c == ';' || c == '"' || c == '<' || c == '|' || c == '(' || c == '{' || c == '@' || c == '=' || c == ':' {
			break
		}
		if classifiers.IsLetter(c) {
			letters++
		}
		number, space = number || c-'0' < 10, space || c == ' '
	}
	for end > k && (text[end-1] == ' ' || text[end-1] == '.' || text[end-1] == '\r') {
		end--
	}
	return k, end, letters >= 4 && space && (number || text[k-1] == '"')
}

// readCode reads a token of capitals and digits, with two digits at least.
func readCode(text []byte, k int, _ bool) (start, end int, ok bool) {
	n, d := 0, 0
	for end = k; end < len(text) && end-k < 30; end++ {
		c := text[end]
		if c-'0' < 10 {
			d++
		} else if c-'A' > 25 {
			if (c == '-' || c == '/' || c == '.' || c == ' ' && d > 0 && n < 12) && end+1 < len(text) && text[end+1]-'0' < 10 && end > k && text[end-1]-'0' < 10 {
				continue
			}
			break
		}
		n++
	}
	for end > k && text[end-1] == ' ' {
		end--
	}
	return k, end, d >= 2 && n >= 4 && n <= 20 && free(text, end) && !date(text, k)
}

// date tells whether a date stands at k.
func date(text []byte, k int) bool {
	_, _, ok := readDate(text, k, false)
	return ok
}

// readNumber reads digits with spaces, hyphens and slashes between, five at least.
func readNumber(text []byte, k int, _ bool) (start, end int, ok bool) {
	n, last := 0, k
	for i := k; i < len(text) && i-k < 34; i++ {
		c := text[i]
		if c-'0' < 10 {
			n, last = n+1, i+1
		} else if c != ' ' && c != '-' && c != '/' && c != '.' || i+1 < len(text) && text[i+1]-'0' > 9 {
			break
		}
	}
	return k, last, n >= 5 && n <= 28 && free(text, last)
}

// readLong reads a number of eight digits at least that a sign ties to its label.
func readLong(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readNumber(text, k, tied)
	return start, end, ok && tied && end-start >= 8
}

// readNumbered reads a street that a sentence names, of up to five words, the number before or behind them.
func readNumbered(text []byte, k int, _ bool) (start, end int, ok bool) {
	number, words, capital := false, 0, false
	end = k
	for i := k; i < len(text) && words < 6 && i-k < 60; words++ {
		e := i
		for e < len(text) && (classifiers.IsWord(text[e]) || text[e] == '\'' || text[e] == '-' || text[e] == '/' || text[e] == '.' && e-i < 4) {
			e++
		}
		if e == i {
			break
		}
		digit := text[i]-'0' < 10
		if digit && (number || e-i > 6) || !digit && words > 0 && stops.Has(text[i:e]) {
			break
		}
		number, capital, end = number || digit, capital || classifiers.IsCapital(text, i), e
		if e+1 >= len(text) || text[e] != ' ' || number && words > 0 && digit {
			break
		}
		i = e + 1
	}
	return k, end, number && capital && words > 0 && end-k >= 6 && text[k] != '0' && free(text, end) && closed(text, end) && !date(text, k) && (text[k]-'0' < 10 || classifiers.IsCapital(text, k))
}

// readPlate reads up to three groups of letters and digits, both in it.
func readPlate(text []byte, k int, _ bool) (start, end int, ok bool) {
	l, d, end := 0, 0, k
	for g := 0; g < 4 && end < len(text); g++ {
		e := end
		for e < len(text) && (text[e]-'0' < 10 || classifiers.IsCapital(text, e) && text[e] < 0x80) {
			if text[e]-'0' < 10 {
				d++
			} else {
				l++
			}
			e++
		}
		if e == end || e < len(text) && classifiers.IsLetter(text[e]) {
			break
		}
		k2 := e
		end = e
		if e+1 < len(text) && (text[e] == ' ' || text[e] == '-') && (text[e+1]-'0' < 10 || text[e+1]-'A' < 26) && l+d < 8 {
			end = k2 + 1
			continue
		}
		break
	}
	if end > k && (text[end-1] == ' ' || text[end-1] == '-') {
		end--
	}
	return k, end, l >= 1 && d >= 1 && l+d >= 4 && l+d <= 10 && l <= 7 && free(text, end)
}

func readSecurity(text []byte, k int, _ bool) (start, end int, ok bool) {
	end = digits(text, k)
	return k, end, (end-k == 3 || end-k == 4) && free(text, end)
}

func readExpiry(text []byte, k int, _ bool) (start, end int, ok bool) {
	m := digits(text, k)
	if m-k != 2 || m >= len(text) || text[m] != '/' || text[k] > '1' {
		return 0, 0, false
	}
	end = digits(text, m+1)
	return k, end, (end-m == 3 || end-m == 5) && free(text, end) && !(end < len(text) && text[end] == '/')
}

func readBlood(text []byte, k int, _ bool) (start, end int, ok bool) {
	end = k
	for end < len(text) && (text[end] == 'A' || text[end] == 'B' || text[end] == 'O' || text[end] == '0') {
		end++
	}
	if end == k || end-k > 2 {
		return 0, 0, false
	}
	if end < len(text) && (text[end] == '+' || text[end] == '-') {
		end++
	}
	return k, end, free(text, end)
}
