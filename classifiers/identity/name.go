package identity

import (
	"vestige/classifiers"
	"vestige/classifiers/dictionary"
	"vestige/pii"
)

// GivenName is first names.
func GivenName() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "given_name",
		Doc:      "A given name of the dictionary, alone or two joined. It misses rare names, and takes surnames and towns that are also given names (Jordan, Austin) for one where the column does not tell.",
		Category: "identity.given_name",
		Version:  1,
		Names:    []string{"first name", "given name", "firstname", "middle name", "call name", "first?", "given", "customer first name", "preferred name?", "known as", "calling name"},
		MaxLen:   40,
		Whole:    func(v []byte) bool { return each(v, dictionary.Given) },
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return lean(s, "given_name", "family_name") },
		Chance:   .05,
		Cover:    .8,
	}
}

// FamilyName is surnames.
func FamilyName() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "family_name",
		Doc:      "A surname of the dictionary, alone or two joined. It misses rare names, and takes trades and colours (Baker, Brown) for one where the column does not tell.",
		Category: "identity.family_name",
		Version:  1,
		Names:    []string{"last name", "family name", "lastname", "maiden name", "maiden", "last?", "family", "customer last name", "birth name", "name birth", "second last name"},
		MaxLen:   40,
		Whole:    func(v []byte) bool { return each(v, dictionary.Family) },
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return lean(s, "family_name", "given_name") },
		Chance:   .05,
		Cover:    .7,
	}
}

// lean compares how many values are in the list of one kind of names and in that of the other, and asks for the look of names.
func lean(s *classifiers.Stats, mine, theirs string) (e classifiers.Evidence) {
	if s.Values == 0 {
		return e
	}
	a, b := s.Hits[mine].Distinct, s.Hits[theirs].Distinct
	switch {
	case a > b+b/8+1:
		e.Nats = append(e.Nats, pii.Nat{Text: "more of them than of the other kind of names", Nats: 1.5})
	case b > a+a/8+1:
		e.Nats = append(e.Nats, pii.Nat{Text: "fewer of them than of the other kind of names", Nats: -2.5})
	}
	if s.Share(s.Texture.OneWord) > .8 && s.Share(s.Texture.Digits+s.Texture.Mixed) == 0 {
		e.Nats = append(e.Nats, pii.Nat{Text: "single words", Nats: .7})
	}
	if share := s.Share(s.Texture.Digits + s.Texture.Mixed + s.Texture.Codes); share > .2 {
		e.Nats = append(e.Nats, pii.Nat{Text: "digits", Nats: -4})
	}
	return e
}

// FullName is given name and surname together.
func FullName() classifiers.Classifier {
	return classifiers.Classifier{
		Name: "full_name",
		Doc: "A given name and a surname, in either order, with initials, particles and titles between. In texts both have to be in the dictionary, or a form of address stands before. " +
			"It misses names of one word; streets and companies named after people are mistaken for one.",
		Category: "identity.name",
		Version:  1,
		Names: []string{
			"name?", "full name", "fullname", "display name", "real name", "contact name", "customer name", "user full name", "person name", "employee name", "member name", "owner name", "recipient name",
			"sender name", "patient name", "student name", "owner", "recipient", "card owner", "account owner", "contact", "author", "author name", "guest name", "subscriber name", "billing name", "shipping name", "emergency contact", "emergency contact name", "manager?", "first last name", "card name?", "lead name", "contact person", "nome cognome", "nom prenom", "nombre apellido", "nombres apellidos", "vorname nachname", "imie nazwisko", "cognome nome", "apellidos nombres", "nome sobrenome", "first last", "kana?", "common name?", "other names?",
		},
		Triggers: classifiers.Triggers{Title: true},
		MaxLen:   60,
		At:       fullNameAt,
		Whole:    fullName,
		Column:   nameLook,
		Chance:   .02,
		Cover:    .85,
		Sparse:   true,
	}
}

// nameLook takes columns in which every value is two or three capitalised words for names even where the dictionary knows few of them.
func nameLook(s *classifiers.Stats) (e classifiers.Evidence) {
	if s.Values == 0 {
		return e
	}
	hits := s.Hits["full_name"].Distinct
	if s.Share(s.Texture.Titled) > .8 && s.Distinct > 2 && hits*3 > s.Distinct {
		e.Nats = append(e.Nats, pii.Nat{Text: "two or three capitalised words", Nats: 3})
	}
	if others := s.Hits["email"].Distinct + s.Hits["phone"].Distinct; others*4 > s.Distinct {
		e.Nats = append(e.Nats, pii.Nat{Text: "addresses and telephones", Nats: -10})
	}
	if s.Share(s.Texture.Companies) > .1 {
		e.Nats = append(e.Nats, pii.Nat{Text: "legal forms of companies", Nats: -4})
	}
	if s.Share(s.Texture.OneWord+s.Texture.Digits+s.Texture.Mixed) > .5 {
		e.Nats = append(e.Nats, pii.Nat{Text: "not of two words", Nats: -5})
	}
	return e
}

// each tells whether a value, or all parts that hyphen or space join, are of the kind.
func each(v []byte, kind dictionary.Kind) bool {
	if dictionary.Find(v).Kinds&kind != 0 {
		return true
	}
	start, parts := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && v[i] != '-' && v[i] != ' ' {
			continue
		}
		w := v[start:i]
		start = i + 1
		if particle(w) || (len(w) == 2 && w[1] == '.') {
			continue
		}
		if dictionary.Find(w).Kinds&kind == 0 {
			return false
		}
		parts++
	}
	return parts >= 1 && parts <= 2
}

// word is one word of a name.
type word struct{ start, end int }

// fullName tells of a whole value whether it is a name: "Ann Lee", "Lee, Ann", "Dr. Ann M. von Lee".
func fullName(v []byte) bool {
	var ws [6]word
	n, comma := 0, false
	for i := 0; i < len(v); {
		if v[i] == ' ' || v[i] == ',' {
			comma = comma || v[i] == ','
			i++
			continue
		}
		j := nameWord(v, i)
		if j == i || n == len(ws) {
			return false
		}
		ws[n] = word{i, j}
		n++
		i = j
	}
	for n > 0 && title(v[ws[0].start:ws[0].end]) {
		copy(ws[:], ws[1:n])
		n--
	}
	if n < 2 {
		return false
	}
	first, last := v[ws[0].start:ws[0].end], v[ws[n-1].start:ws[n-1].end]
	if !comma && afterNames(last) {
		return false
	}
	if comma {
		first, last = last, first
	}
	g, f := each(first, dictionary.Given), each(last, dictionary.Family)
	return (g && f) || (n <= 3 && (g || f) && looks(first) && looks(last) && !dictionaryCity(v)) || (each(last, dictionary.Given) && each(first, dictionary.Family))
}

func dictionaryCity(v []byte) bool { return dictionary.Find(v).Kinds&dictionary.City != 0 }

// looks tells whether a word is written as a name: a capital, then small letters.
func looks(w []byte) bool {
	return len(w) >= 2 && big(w, 0) && (!classifiers.IsUpper(w[1]) || w[1] == '\'')
}

// nameWord gives the end of the word at i: letters with hyphen and apostrophe, and a dot behind an initial or title.
func nameWord(v []byte, i int) int {
	j := i
	for j < len(v) && j-i < 30 && (classifiers.IsLetter(v[j]) || ((v[j] == '-' || v[j] == '\'') && j > i && j+1 < len(v) && classifiers.IsLetter(v[j+1]))) {
		j++
	}
	if j < len(v) && v[j] == '.' && j > i && (j-i == 1 || title(v[i:j])) {
		j++
	}
	return j
}

func big(v []byte, i int) bool {
	return classifiers.IsUpper(v[i]) || (v[i] == 0xC3 && i+1 < len(v) && v[i+1] < 0xA0)
}

var particles = []string{"von", "van", "de", "der", "den", "zu", "vom", "zum", "zur", "del", "della", "di", "da", "la", "le", "ten", "ter", "el", "al", "bin"}

func particle(w []byte) bool {
	if len(w) > 5 {
		return false
	}
	for _, p := range particles {
		if classifiers.EqualFold(w, p) {
			return true
		}
	}
	return false
}

var titles = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "herrn", "frau", "fr", "hr", "dipl", "ing", "rev", "mx"}

func title(w []byte) bool {
	if len(w) > 1 && w[len(w)-1] == '.' {
		w = w[:len(w)-1]
	}
	if len(w) < 2 || len(w) > 5 || titleStarts>>(w[0]&31)&1 == 0 {
		return false
	}
	for _, t := range titles {
		if len(t) == len(w) && classifiers.EqualFold(w, t) {
			return true
		}
	}
	return false
}

// titleStarts has a bit for each letter that a title begins with.
var titleStarts = func() (m uint32) {
	for _, t := range titles {
		m |= 1 << (t[0] & 31)
	}
	return m
}()

// fullNameAt reads a name whose first word begins at i.
func fullNameAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !big(text, i) || (i > 0 && (classifiers.IsWord(text[i-1]) || text[i-1] == '-' || text[i-1] == '\'' || text[i-1] == '@' || text[i-1] == '.')) {
		return h, false
	}
	j := nameWord(text, i)
	if j+1 >= len(text) || text[j] != ' ' || !classifiers.IsLetter(text[j+1]) {
		return h, false
	}
	if !goesOn(text, j+1) {
		return h, false
	}
	first := text[i:j]
	if title(first) {
		return titled(text, j+1)
	}
	g := dictionary.Find(first)
	if g.Kinds&dictionary.Given == 0 && !(contains(first, '-') && each(first, dictionary.Given)) {
		return h, false
	}
	end, surname, n := nameRest(text, j)
	if n == 0 || !each(surname, dictionary.Family) || streetish(text, end) {
		return h, false
	}
	if g.Given == 1 && capitalBefore(text, i) {
		return h, false
	}
	if g.Given == 1 && dictionary.Find(surname).Family == 1 && g.Kinds&dictionary.City != 0 {
		return h, false
	}
	return classifiers.Hit{Start: i, End: end}, true
}

// goesOn tells, at a glance, whether the word at i can belong to a name: a capital, a letter with a point, or the first letter of a particle.
func goesOn(text []byte, i int) bool {
	c := text[i]
	const particles = 1<<('a'&31) | 1<<('b'&31) | 1<<('d'&31) | 1<<('e'&31) | 1<<('l'&31) | 1<<('t'&31) | 1<<('v'&31) | 1<<('z'&31)
	return c < 'a' || c > 'z' || particles>>(c&31)&1 != 0 || i+1 < len(text) && text[i+1] == '.'
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
	return big(text, k)
}

// titled reads the name behind a form of address: "Frau Dr. Lee" gives Lee, known or not.
func titled(text []byte, i int) (h classifiers.Hit, ok bool) {
	for k := 0; k < 3 && i < len(text); k++ {
		j := nameWord(text, i)
		if j == i || !title(text[i:j]) || j == len(text) || text[j] != ' ' {
			break
		}
		i = j + 1
	}
	if i >= len(text) || !big(text, i) {
		return h, false
	}
	j := nameWord(text, i)
	if j-i < 2 || !looks(text[i:j]) {
		return h, false
	}
	w := dictionary.Find(text[i:j])
	end, _, n := nameRest(text, j)
	if n == 0 && w.Kinds&dictionary.Family == 0 {
		return h, false
	}
	if n > 0 && w.Kinds == 0 {
		end = j
	}
	return classifiers.Hit{Start: i, End: end, Flags: classifiers.Labelled}, true
}

// nameRest reads initials, particles and further capitalised words behind a given name: the last of them is the surname.
func nameRest(text []byte, j int) (end int, surname []byte, n int) {
	end = j
	for range 4 {
		if j+1 >= len(text) || text[j] != ' ' || !classifiers.IsLetter(text[j+1]) {
			break
		}
		k := nameWord(text, j+1)
		w := text[j+1 : k]
		switch {
		case particle(w):
		case len(w) == 2 && w[1] == '.':
		case big(w, 0) && len(w) >= 2:
			if n > 0 && dictionary.Find(w).Kinds&dictionary.Family == 0 {
				return end, surname, n
			}
			end, surname, n = k, w, n+1
		default:
			return end, surname, n
		}
		if n == 2 {
			break
		}
		j = k
	}
	if end < len(text) && classifiers.IsWord(text[end]) {
		return end, nil, 0
	}
	return end, surname, n
}

// streetish tells whether what follows makes the name one of a street or company.
func streetish(text []byte, end int) bool {
	if end+2 >= len(text) || (text[end] != ' ' && text[end] != '-') {
		return false
	}
	j := end + 1
	for j < len(text) && j-end < 12 && classifiers.IsLetter(text[j]) {
		j++
	}
	return afterNames(text[end+1 : j])
}

// afterNames tells whether a word behind a name makes it that of a street or company.
func afterNames(word []byte) bool {
	for _, w := range [...]string{"street", "road", "avenue", "lane", "drive", "gmbh", "ltd", "inc", "ag", "str", "straße", "strasse", "platz", "weg", "allee", "airport", "university", "foundation", "school", "schule", "stiftung", "square", "boulevard", "llc", "kg"} {
		if classifiers.EqualFold(word, w) {
			return true
		}
	}
	return false
}

func contains(w []byte, c byte) bool {
	for _, b := range w {
		if b == c {
			return true
		}
	}
	return false
}
