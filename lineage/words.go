package lineage

import (
	"slices"
	"strings"
	"unicode"
)

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "è", "e", "ê", "e", "ë", "e", "á", "a", "à", "a", "â", "a", "ã", "a", "å", "a", "í", "i", "ì", "i", "î", "i", "ï", "i",
	"ó", "o", "ò", "o", "ô", "o", "õ", "o", "ø", "o", "ú", "u", "ù", "u", "û", "u", "ç", "c", "ñ", "n", "ý", "y", "ł", "l", "ś", "s", "š", "s", "ż", "z", "ź", "z", "ž", "z", "ć", "c", "č", "c", "ń", "n", "ę", "e", "ą", "a", "ř", "r")

// words splits a name of a field or dataset into its lower-case words: camel case, snake case, digits, dots and slashes part them.
func words(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, umlauts.Replace(strings.ToLower(string(word))))
			word = word[:0]
		}
	}
	var last rune
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(last):
			flush()
			fallthrough
		default:
			word = append(word, r)
		}
		last = r
	}
	flush()
	return out
}

// anyWord tells whether one of the words is in the set.
func anyWord(ws []string, set []string) bool {
	return slices.ContainsFunc(ws, func(w string) bool { return slices.Contains(set, w) })
}

// plurals are what English and German put behind a word for several.
var plurals = []string{"s", "es", "n", "en", "nen", "e", "er"}

// singular drops the plural endings of English and German that table names have.
func singular(w string) string {
	for _, end := range []string{"ies", "sses", "innen", "nen", "en", "s", "n"} {
		if stem, ok := strings.CutSuffix(w, end); ok && len(stem) >= 3 {
			if end == "ies" {
				return stem + "y"
			}
			return stem
		}
	}
	return w
}

// second tells whether one of the words says that there is a first one: co_customer, zweitkunde.
func second(ws []string) bool {
	return slices.ContainsFunc(ws, func(w string) bool {
		return slices.Contains(coWords, w) || strings.HasPrefix(w, "zweit") || strings.HasPrefix(w, "second") || strings.HasPrefix(w, "joint")
	})
}

// sameWord compares two words but for their plural and a shared abbreviation of at least three letters.
func sameWord(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == b {
		return true
	}
	if ending, ok := strings.CutPrefix(b, a); ok && len(a) >= 3 && slices.Contains(plurals, ending) {
		return true
	}
	a, b = singular(a), singular(b)
	return a == b || latin(a, b) || (min(len(a), len(b)) >= 5 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)))
}

// latin compares two words of which one may be the plural of the other by another vowel: documento, documenti; anagrafica, anagrafiche.
func latin(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	const vowels = "aeio"
	switch {
	case n >= 7:
		return len(a) <= 2 && len(b) <= 2 && strings.ContainsAny(a, vowels) && strings.ContainsAny(b, vowels)
	case n >= 4:
		return len(a) == 1 && len(b) == 1 && strings.Contains(vowels, a) && strings.Contains(vowels, b)
	}
	return false
}

// aboutAnother tells whether the words of a name say that it is about another person than the record's. A parent_id is the record above, and no mother.
func aboutAnother(ws []string) bool {
	if bare := trimKeys(ws); len(bare) == 1 && len(ws) > 1 && bare[0] == "parent" {
		return false
	}
	return anyWord(ws, otherWords)
}

// Words that say whose an identifier in a record is. They are English, German, French, Spanish, Dutch, Italian and Portuguese, without their accents; a newcomer adds a
// language by adding words.
var (
	ownerWords = []string{
		"customer", "client", "user", "usr", "uid", "member", "account", "owner", "patient", "person", "buyer", "subscriber", "sender", "author", "actor", "acteur", "akteur", "ator", "attore", "requester", "reporter", "holder",
		"participant", "student", "guest", "contact", "cust", "kunde", "kunden", "kundin", "kd", "benutzer", "nutzer", "mitglied", "kaeufer", "besteller", "absender", "inhaber", "verfasser", "autor", "konto",
		"cliente", "utente", "usuario", "utilisateur", "paciente", "paziente", "alumno", "aluno", "eleve", "studente", "estudiante", "socio", "membro", "membre", "miembro", "persona", "personne", "pessoa", "titular", "titolare", "versicherungsnehmer", "vn", "antragsteller", "melder", "policyholder", "insured", "assure", "asegurado", "assicurato", "segurado", "verzekerde", "anagrafica", "adherent", "inscrit",
		"gebruiker", "klant", "lid", "leerling", "uzytkownik", "klient", "pacjent", "uczen", "anvandare", "kund", "medlem", "elev", "bruker", "asiakas", "henkilo", "jasen", "oppilas", "kayttaja", "hasta", "ogrenci", "musteri", "uye", "siswa", "pelanggan", "pengguna",
		"usager", "abonne", "titulaire", "compte", "acheteur", "demandeur", "clientes", "comprador", "solicitante", "cuenta", "klanten", "abonnee", "houder", "rekeninghouder", "koper", "aanvrager", "patiente", "socia", "intestatario", "assinante",
	}
	otherWords = []string{
		"agent", "assigned", "assignee", "assign", "handler", "handled", "operator", "support", "staff", "employee", "approver", "approved", "approve", "reviewer", "reviewed", "created", "updated", "modified", "deleted",
		"editor", "manager", "supervisor", "boss", "recipient", "receiver", "to", "referrer", "referred", "referral", "invited", "inviter", "invitee", "parent", "sponsor", "nominee", "heir", "emergency", "gift", "friend", "partner", "kin", "relative", "spouse", "guardian", "rep", "clerk", "owner_agent",
		"bearbeiter", "sachbearbeiter", "zugewiesen", "betreuer", "mitarbeiter", "empfaenger", "an", "geworben", "eingeladen", "werber", "vorgesetzter", "geschenk", "notfall", "erstellt", "geaendert", "freigegeben", "arzt", "lehrer",
		"gegner", "unfallgegner", "opponent", "counterparty", "adversary", "adversaire", "counter", "counterpart", "payee", "zahlungsempfaenger", "gegenkonto", "attorney", "proxy", "bevollmaechtigter", "bevollmaechtigte", "mandataire", "apoderado", "procuratore", "procurador", "gemachtigde", "contraparte", "wederpartij", "tegenpartij", "erbe", "erben", "heritier", "heredero", "erede", "erfgenaam", "beneficiary", "beguenstigter", "bezugsberechtigter", "beneficiaire", "beneficiario", "begunstigde", "witness", "zeuge", "temoin", "testigo", "testimone",
		"doctor", "teacher", "agente", "tecnico", "medico", "docente", "professor", "profesor", "responsable", "responsabile", "empleado", "dipendente", "funcionario", "employe", "medecin", "enseignant", "medewerker", "docent", "pracownik", "lekarz", "nauczyciel",
		"lakare", "larare", "laege", "laerer", "opettaja", "laakari", "ogretmen", "doktor", "guru", "pegawai", "creado", "criado", "cree", "creato", "aangemaakt", "skapad",
		"destinataire", "agent", "conseiller", "gestionnaire", "parrain", "parraine", "invite", "valideur", "modifie", "urgence", "conjoint", "destinatario", "gestor", "referido", "invitado", "padrino", "modificado", "emergencia", "ontvanger", "behandelaar", "aangebracht", "uitgenodigd", "gewijzigd", "noodcontact", "beheerder", "incaricato", "operatore", "invitato", "modificato", "convidado", "alterado",
	}
	coWords     = []string{"co", "joint", "second", "secondary", "spouse", "mit", "zweit", "zweiter", "partner", "conjoint", "conyuge", "echtgenoot", "tweede", "segundo", "second", "deuxieme"}
	peopleWords = []string{"contacts", "members", "participants", "attendees", "people", "persons", "guests", "passengers", "cc", "bcc", "recipients", "kontakte", "mitglieder", "teilnehmer", "personen", "ansprechpartner", "gaeste", "membres", "participantes", "asistentes", "miembros", "deelnemers", "leden", "destinataires", "destinatarios"}
	byWords     = []string{"by", "to", "for", "an", "von", "durch", "fuer", "at", "par", "pour", "por", "para", "door", "voor", "da", "per"} // behind a verb: whom something was done by, or for
	tableWords  = []string{"tbl", "tab", "table", "t", "tb", "tabelle", "stamm", "dim", "fact"}
	toWords     = []string{"to", "recipient", "receiver", "empfaenger", "an", "destinataire", "destinatario", "ontvanger", "aan"}
	startWords  = []string{"from", "since", "start", "begin", "valid_from", "ab", "von", "seit", "beginn", "du", "depuis", "debut", "desde", "inicio", "vanaf", "dal", "inizio"}
	endWords    = []string{"to", "until", "till", "end", "expires", "bis", "ende", "au", "jusqu", "fin", "hasta", "tot", "einde", "al", "fine", "ate", "fim"}
	// selfWords are in the names of references to records of the same kind.
	selfWords = []string{
		"parent", "previous", "next", "original", "origin", "duplicate", "copy", "root", "ancestor", "predecessor", "successor", "reverse", "replaced", "replaces", "merged", "superseded", "vorgaenger", "nachfolger", "eltern", "ober", "uebergeordnet",
		"padre", "pere", "pai", "madre", "sostituto", "precedente", "genitore", "rodzic", "nadrazeny", "superior", "ust", "forelder", "foraelder", "ouder", "hoofd",
	}
	enumWords = []string{"type", "status", "kind", "state", "flag", "index", "count"} // end the names of enumerations
	// measureWords end the names of quantities, which refer to nothing.
	measureWords = []string{
		"count", "counter", "duration", "threshold", "total", "sum", "size", "length", "quantity", "qty", "amount", "position", "weight", "score", "height", "width", "rating", "level", "year", "days", "hours", "minutes", "age",
		"anzahl", "menge", "betrag", "dauer", "groesse", "summe", "hoehe", "stand", "nombre", "montant", "duree", "quantite", "taille", "cantidad", "importe", "duracion", "quantita", "importo", "aantal", "bedrag", "antal", "maara", "liczba", "ilosc", "kwota",
	}
	keyWords = []string{"id", "nr", "no", "num", "number", "nummer", "key", "ref", "code", "fk", "pk", "uid", "guid", "numero", "identifiant", "codigo", "clave", "codice", "cle"}
)
