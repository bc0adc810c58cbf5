package identity

import "vestige/classifiers"

// Words that may stand before a number, with what has to follow where the word alone is too usual.
var (
	customerWords = []string{"customerid", "customerno", "customer", "kundennummer", "kundennr", "kunden", "kunde", "kdnr", "knr", "kd", "client", "account", "konto"}
	loyaltyWords  = []string{"loyalty", "treuekarte", "treuenummer", "bonuskarte", "bonusnummer", "treue", "bonus"}
	userWords     = []string{"userid", "uid", "user", "member", "employee", "mitarbeiter", "benutzer", "mitglied"}
)

// connectors are words between the label and the number.
var connectors = []string{"number", "nummer", "card", "karte", "num", "nr", "no", "id", "account", "konto", "code", "ref", "is", "lautet", "ist"}

// labelled reads a number behind a label that begins at i: "customer no. 10042", "Kd.-Nr.: 10042", "user_id=42", "loyalty card LY-83920184". The
// hit is the number alone. Loose labels also take a bare space before the number.
func labelled(text []byte, i int, words []string, loose bool) (h classifiers.Hit, ok bool) {
	if i > 0 && classifiers.IsWord(text[i-1]) {
		return h, false
	}
	k := wordEnd(text, i)
	if !oneOf(text[i:k], words) {
		return h, false
	}
	joined, signed := false, false // a sign or a word ties label and number together
	for range 4 {
		next, sign := separators(text, k)
		joined, signed = joined || sign, signed || sign
		e := wordEnd(text, next)
		if e == next || !oneOf(text[next:e], connectors) {
			k = next
			break
		}
		joined = true
		k = e
	}
	if !joined && !(loose && !oneOf(text[i:wordEnd(text, i)], []string{"account", "konto", "kunde", "kunden"})) || k == i {
		return h, false
	}
	end, digits := token(text, k)
	if k-i <= 4 && classifiers.EqualFold(text[i:min(len(text), i+3)], "uid") && digits < 6 {
		return h, false // of a process
	}
	if end < len(text) && text[end] == '#' || end-k > 4 && string(text[k:k+4]) == "CVE-" {
		return h, false // left out, or of a flaw
	}
	if digits == 0 || (digits < 3 && !signed) || end-k > 24 || end-i > 56 {
		return h, false
	}
	return classifiers.Hit{Start: k, End: end, Flags: classifiers.Labelled}, true
}

func wordEnd(text []byte, i int) int {
	for i < len(text) && classifiers.IsLetter(text[i]) {
		i++
	}
	return i
}

// separators passes over signs between words; sign tells whether one of them ties (=, :, #).
func separators(text []byte, k int) (int, bool) {
	sign := false
	for n := 0; k < len(text) && n < 5; n++ {
		switch text[k] {
		case '#':
			sign = sign || text[k-1] != '(' && text[k-1] != '['
		case '=', ':':
			sign = true
		case ' ', '.', '-', '_', '"', '\'', '/', '(', '[':
		default:
			return k, sign
		}
		k++
	}
	return k, sign
}

func oneOf(w []byte, words []string) bool {
	for _, s := range words {
		if classifiers.EqualFold(w, s) {
			return true
		}
	}
	return false
}

// token reads capitals, digits and hyphens between them.
func token(text []byte, k int) (end, digits int) {
	for end = k; end < len(text) && end-k < 40; end++ {
		b := text[end]
		if classifiers.IsDigit(b) {
			digits++
			continue
		}
		if classifiers.IsUpper(b) || (b == '-' && end > k && end+1 < len(text) && classifiers.IsWord(text[end+1])) {
			continue
		}
		break
	}
	if end < len(text) && (classifiers.IsWord(text[end]) || text[end] == '@' || text[end] == '_' || (text[end] == '.' || text[end] == ':' || text[end] == ',') && end+1 < len(text) && classifiers.IsDigit(text[end+1])) {
		return end, 0
	}
	return end, digits
}
