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
		Names:    []string{"first name", "given name", "firstname", "middle name", "call name", "first?", "given", "name first", "customer first name", "preferred name?", "known as", "calling name"},
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
		Names:    []string{"last name", "family name", "lastname", "maiden name", "maiden", "last?", "family", "name last", "customer last name", "birth name", "name birth", "second last name"},
		MaxLen:   40,
		Whole:    func(v []byte) bool { return each(v, dictionary.Family) },
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return lean(s, "family_name", "given_name") },
		Chance:   .05,
		Cover:    .5,
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
		Doc: "A given name and a surname, in either order, with initials, particles and titles between. In texts one of them has to be in the dictionary and the other look like a name, or a form of address stands before. " +
			"It misses names of one word; streets and companies named after people are mistaken for one.",
		Category: "identity.name",
		Version:  1,
		Names: []string{
			"name?", "full name", "fullname", "display name", "real name", "contact name", "customer name", "user full name", "person name", "employee name", "member name", "owner name", "recipient name",
			"sender name", "patient name", "student name", "owner", "recipient", "card owner", "account owner", "contact", "author", "author name", "guest name", "subscriber name", "billing name", "shipping name", "emergency contact", "emergency contact name", "manager?", "first last name", "card name?", "lead name", "contact person", "nome cognome", "nom prenom", "nombre apellido", "nombres apellidos", "vorname nachname", "imie nazwisko", "cognome nome", "apellidos nombres", "nome sobrenome", "first last", "kana?", "common name?", "other names?",
		},
		Triggers: classifiers.Triggers{Title: true, Bytes: "/", Spots: nameSpots, Except: dictionary.Plain(), Words: titles},
		MaxLen:   80,
		At:       fullNameAt,
		Whole:    fullName,
		Column:   nameLook,
		Chance:   .02,
		Cover:    .85,
		Sparse:   true,
	}
}

// nameSpots are where a name can begin: what can go on in one follows. Of small letters those that particles begin with can.
var nameSpots = []classifiers.Spot{
	{Title: true, Before: beforeName, After: " ", Then: "^cfghijkmnopqrsuwy"}, {Title: true, Before: beforeName, After: ",", Then: " "},
	{Title: true, Before: beforeName, After: "-'", Then: "a"}, {Title: true, Before: beforeName, After: "."},
	{At: "/", Before: capitals, After: capitals},
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
	if s.Share(s.Texture.OneWord+s.Texture.Digits+s.Texture.Mixed) > .5 && hits*2 < s.Distinct {
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
		if len(w) == len(v) {
			return false // it was looked up already
		}
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

// fullName tells of a whole value whether it is a name: "Ann Lee", "Lee, Ann", "Dr. Ann M. von Lee", and as machines write it "LEE/ANN" and "Lee^Ann", of which both
// words have to be known.
func fullName(v []byte) bool {
	var ws [6]word
	n, comma, machine := 0, false, false
	for i := 0; i < len(v); {
		if n > 0 && (v[i] == '/' || v[i] == '^') {
			comma, machine = true, true
			i++
			continue
		}
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
	if !comma && institutions.Has(last) {
		return false
	}
	if comma {
		first, last = last, first
	}
	g, f := each(first, dictionary.Given) && !townish(first), each(last, dictionary.Family)
	if machine {
		return g && f
	}
	return (g && f) || (n <= 3 && (g || f) && (looks(first) || loud(first)) && (looks(last) || loud(last)) && !dictionaryCity(v)) || (each(last, dictionary.Given) && each(first, dictionary.Family))
}

func dictionaryCity(v []byte) bool { return dictionary.Find(v).Kinds&dictionary.City != 0 }

// looks tells whether a word is written as a name: a capital, then small letters.
func looks(w []byte) bool {
	return len(w) >= 2 && big(w, 0) && (!classifiers.IsUpper(w[1]) || w[1] == '\'')
}

// loud tells whether a word of a name is written in capitals.
func loud(w []byte) bool {
	for _, b := range w {
		if b < 0x80 && !classifiers.IsUpper(b) {
			return false
		}
	}
	return len(w) >= 3
}

// nameWord gives the end of the word at i: letters with hyphen and apostrophe, and a dot behind an initial or title.
func nameWord(v []byte, i int) int {
	near := v[:min(len(v), i+31)]
	j := classifiers.Letters(near, i)
	for j > i && j+1 < len(near) && (v[j] == '-' || v[j] == '\'' && !(near[j+1] == 's' && (j+2 == len(near) || !classifiers.IsLetter(near[j+2])))) && classifiers.IsLetter(v[j+1]) {
		j = classifiers.Letters(near, j+1)
	}
	j = min(j, i+30)
	if j < len(v) && v[j] == '.' && j > i && (j-i == 1 || title(v[i:j])) {
		j++
		for j-i < 6 && (j-i)%2 == 0 && j+1 < len(v) && classifiers.IsUpper(v[j]) && v[j+1] == '.' && classifiers.IsUpper(v[i]) {
			j += 2
		}
	}
	return j
}

func big(v []byte, i int) bool { return classifiers.IsCapital(v, i) }

var particles = newWordSet("von van de der den zu vom zum zur del della di da la le ten ter el al bin")

func particle(w []byte) bool { return particles.Has(w) }

func contains(w []byte, c byte) bool {
	for _, b := range w {
		if b == c {
			return true
		}
	}
	return false
}
