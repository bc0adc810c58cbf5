package contact

import "vestige/classifiers"

// phoneWords stand before numbers of telephones, at most five words away.
var phoneWords = roadSet("contact kontakt contattare contatto contactar contacter tel telephone phone mobile cell call called ring fax whatsapp text sms handy telefon telefonnummer mobil rufen anrufen ruf erreichen unter téléphone portable appeler appelez joindre rappeler gsm teléfono telefono móvil movil llamar llame llamen llamarnos llamarme  " +
	"chiamare chiami chiamarci chiamato cellulare richiamato telefoon telefoonnummer bel bellen belt bereiken teruggebeld mobiel telefone telemóvel celular ligar ligue liguem telefonu dzwonić telefonować zadzwonić komórka kom mío mio meu mien mijne mój mine msisdn phonenumber phone_number")

// called tells whether a word for telephones stands before i, at most so many words away on its line.
func called(text []byte, i, words int) bool {
	k := i
	for range words {
		for n := 0; k > 0 && !classifiers.IsLetter(text[k-1]); n++ {
			if n > 4 || text[k-1] == '\n' || text[k-1] == ';' || text[k-1]-'0' < 10 {
				return false
			}
			k--
		}
		s := k
		for s > 0 && k-s < 18 && classifiers.IsLetter(text[s-1]) {
			s--
		}
		if s == k {
			return false
		}
		if phoneWords.Has(text[s:k]) {
			return true
		}
		k = s
	}
	return false
}

// said tells whether a number that is not grouped as telephones are is one, because a word before it says so.
func (p *number) said(text []byte) bool {
	if p.n < 8 || p.n > 13 || p.date() || p.g == 3 && p.groups[0] == 3 && p.groups[1] == 2 || p.start > 0 && text[p.start-1] == '=' && p.g == 1 && p.n > 12 {
		return false
	}
	return called(text, p.start, 5)
}
