package told

import (
	"strings"

	"vestige/classifiers"
)

// readBank reads the number of an account behind a word that a bill has too: nine digits, or eight that are no date behind a sign.
func readBank(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readNumber(text, k, tied)
	n := 0
	for _, c := range text[start:end] {
		if c-'0' < 10 {
			n++
		}
	}
	ymd := end-start == 8 && (text[k] == '1' && text[k+1] == '9' || text[k] == '2' && text[k+1] == '0') && text[k+4] < '2' && text[k+6] < '4'
	return start, end, ok && (n > 8 || n == 8 && tied && !ymd)
}

// readDriven reads a registration behind a word that much else has too: behind a sign, or where a vehicle is spoken of.
func readDriven(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readPlate(text, k, tied)
	return start, end, ok && (tied || near(text, k, vehicles))
}

// readIndexed reads a registration where a vehicle is spoken of, behind a word that programs tie to all they have.
func readIndexed(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readPlate(text, k, tied)
	return start, end, ok && near(text, k, vehicles)
}

var vehicles = set(strings.Fields("car cars van vehicle lorry truck motorcycle motorbike scooter caravan plate taxi toyota ford volkswagen vw bmw audi mercedes renault peugeot fiat opel skoda nissan honda hyundai kia volvo tesla transit sprinter passat corsa fiesta clio octavia corolla yaris civic auto fahrzeug wagen pkw lkw motorrad voiture véhicule camion moto coche vehículo carro veículo veicolo macchina furgone voertuig bestelwagen samochód pojazd"))

// readSent reads a street that something is sent to, which is also sent to "Building 7".
func readSent(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readNumbered(text, k, tied)
	e := word(text, k)
	return start, end, ok && !(e+1 < len(text) && text[e+1]-'0' < 10 && rooms.Has(text[k:e]))
}

// rooms are words for what is numbered within a site, of which no street is called: "Building 7".
var rooms = set(strings.Fields("building room floor gate dock unit warehouse hall bay desk door store terminal locker zone area office suite booth ward station platform level shelf rack depot container gebäude raum etage tor lager halle rampe zimmer lagerhalle bâtiment salle étage porte quai entrepôt hangar bureau edificio edifício sala planta puerta muelle almacén nave oficina magazzino piano stanza ufficio porto gebouw zaal verdieping poort kamer kantoor hal sala piso armazém cais budynek pokój piętro brama magazyn hala biuro"))

// readCarded reads when a card ends behind a word that offers have too: behind a sign, or where a card is spoken of.
func readCarded(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readExpiry(text, k, tied)
	return start, end, ok && (tied || near(text, k, cards))
}

var cards = set(strings.Fields("card cards visa mastercard maestro amex discover debit credit cvv cvc karte kreditkarte bankkarte girocard carte tarjeta carta kaart creditcard bankpas cartão cartao karta karty kartą kartę member membership"))

// near tells whether one of the words stands before k, at most reach bytes.
func near(text []byte, k int, words *classifiers.WordSet) bool {
	for i := max(0, k-reach); i < k; i++ {
		if !classifiers.IsLetter(text[i]) {
			continue
		}
		e := word(text, i)
		if e > i && words.Has(text[i:min(e, k)]) && (i == 0 || !classifiers.IsLetter(text[i-1])) {
			return true
		}
		i = max(i, e-1)
	}
	return false
}
