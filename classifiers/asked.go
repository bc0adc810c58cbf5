package classifiers

import (
	"slices"
	"strings"

	"vestige/pii"
)

// counted tells whether a field of whole numbers may count what its name says behind "num": num_children. In other languages the word stands before an
// identifier, of which the last letter is no plural (num_nis), and before a telephone: nothing is counted there.
func (l *lexicon) counted(ctx *Context, raw []string) bool {
	n := len(raw)
	if n < 2 || raw[0] != "num" || ctx.Field.Type == pii.Text || !strings.HasSuffix(raw[n-1], "s") || strings.HasSuffix(raw[n-1], "ss") {
		return false
	}
	rest, _ := tokens(raw[1:])
	return !slices.ContainsFunc(l.match(rest), func(x match) bool { return x.cat.Personal() && !x.entity() && identifies(x.cat) })
}

// identifies tells whether what is of the category has a number or reaches somebody.
func identifies(c pii.Category) bool {
	room, _, _ := strings.Cut(string(c), ".")
	switch room {
	case "government_id", "contact", "finance", "online", "identity", "vehicle":
		return true
	}
	return c == "health.insurance_number" || c == "health.record_number"
}

// asksWhether tells whether a question is answered by yes or no: "Found photo?" and "Haben Sie Kinder?" are, "What is your e-mail address?" and "Phone number?" are
// not. Behind a participle the name may still be what is asked for: "Sent to e-mail?".
func (l *lexicon) asksWhether(raw []string) bool {
	if questions[raw[0]] {
		return true
	}
	if !participles[raw[0]] {
		return false
	}
	rest, _ := tokens(raw[1:])
	return !slices.ContainsFunc(l.match(rest), func(x match) bool { return x.end == len(rest) && x.cat.Personal() })
}

// askedFor leaves out how a question begins that asks for a thing: "What is your date of birth?".
func askedFor(raw []string) []string {
	n := len(raw)
	if n < 2 || !interrogatives[raw[0]] && !(raw[0] == "was" && (raw[1] == "ist" || raw[1] == "sind")) {
		return raw
	}
	i := 1
	for i < n-1 && (asking[raw[i]] || interrogatives[raw[i]]) {
		i++
	}
	return raw[i:]
}

var (
	interrogatives = wordSet("what which your wie welche welcher welches welchen ihr ihre ihren dein deine quel quelle quels quelles votre vos cual cuales su sus")
	asking         = wordSet("is are was were the of these ist sind lautet lauten est sont es son ton ta tu el la le l")
)

// questions are words that begin a question of yes or no, besides the auxiliaries; participles do where nothing personal is at the end.
var (
	questions = wordSet("are am were have had could would shall found haben hast habt hatte hatten sind bist seid war waren wird wurde werden kann koennen konnen sollen mochten moechten wollen " +
		"avez ont est sont etes peut pouvez voulez souhaitez tiene tienen tienes esta estan es eres puede puedes desea deseas acepta quiere")
	participles = wordSet("sent paid got received done made taken seen read signed returned completed approved accepted attended contacted informed verified vaccinated " +
		"bezahlt gesendet versendet erhalten gelesen bestatigt bestaetigt paye envoye recu pagado enviado recibido leido")
)
