package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	givens    = "Ann,Joann,Felix,Lena,Jürgen,Sofia,Oliver,Grace,Hannah,Tobias,Marta,Nils,Priya,Wilhelm,Elif,Conor,Ingrid,Samuel,Beatrice,Yannick,Ruth,Mehmet,Dora,Malte,Zoe,Anke,Percy,Wanda,Kilian,Orla,Anna-Lena,Ottilie"
	surnames  = "Lee,Miller,Schmidt,Abernathy,Köhler,Okafor,Fischer,Nguyen,Brandt,Whitfield,Hartmann,Novak,Petersen,O'Brien,Rossi,Lindqvist,Kowalski,Yilmaz,Becker,Hughes,Garcia,Zimmermann,Sørensen,Patel,Ackermann,von Stein,Dubois,Walker"
	towns     = "Berlin,Leeds,Köln,Boston,Bremen,Bristol,Wien,Denver,Kiel,York,Mainz,Austin,Jena,Bath,Ulm,Portland,Hull,Trier,Graz,Derby,Salem,Bonn"
	goods     = "Trail Shoe,Desk Lamp,Oak Table,Rain Jacket,Coffee Mug,Steel Bottle,Notebook A5,Wool Scarf,Garden Chair,Travel Bag,Bike Helmet,Wall Clock,Tea Pot,Camping Stove,Yoga Mat,Paper Basket,Picture Frame,Water Filter"
	sentences = "The parcel has not arrived yet.,Please call back before noon.,Die Lieferung war leider beschädigt.,The lid does not close properly.,Wants a refund for two items.,Bitte um Rückmeldung bis Freitag.,No complaints so far this year."
	agents    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/120.0.0.0 Safari/537.36|Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15|Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0|curl/8.5.0"
)

var base = time.Date(2024, 1, 1, 8, 0, 0, 0, time.UTC)

// value makes a value of a kind for record i.
func value(rng *rand.Rand, kind string, i int, p who) string {
	switch kind {
	case "seq":
		return fmt.Sprint(1000 + i*3)
	case "given":
		return p.given
	case "surname":
		return p.surname
	case "name":
		return p.given + " " + p.surname
	case "email":
		return strings.ToLower(strings.NewReplacer(" ", "", "'", "", "ü", "ue", "ö", "oe", "ø", "o").Replace(p.given+"."+p.surname)) + fmt.Sprint(i) + "@" + pick(rng, "example.com,example.org,mail.example")
	case "username":
		return strings.ToLower(p.given[:1]) + "_" + digits(rng, 4)
	case "gender":
		return pick(rng, "m,f,d")
	case "genderword":
		return pick(rng, "male,female,other")
	case "marital":
		return pick(rng, "married,single,divorced,widowed")
	case "faith":
		return pick(rng, "catholic,protestant,muslim,jewish,none")
	case "nation":
		return pick(rng, "German,British,French,Polish,Turkish,American")
	case "birth":
		return fmt.Sprintf("%d-%02d-%02d", 1940+rng.IntN(65), 1+rng.IntN(12), 1+rng.IntN(28))
	}
	if v, ok := contact(rng, kind); ok {
		return v
	}
	if v, ok := code(rng, kind, i); ok {
		return v
	}
	return thing(rng, kind, i)
}

func contact(rng *rand.Rand, kind string) (string, bool) {
	street := []string{
		fmt.Sprintf("%s %d", pick(rng, "Lindenweg,Hauptstraße,Rosenallee,Gartenstr.,Am Ring,Berliner Straße,Marktplatz"), 1+rng.IntN(90)),
		fmt.Sprintf("%d %s", 1+rng.IntN(900), pick(rng, "Main Street,Oak Avenue,Mill Lane,Church Road,Park Drive")),
	}[rng.IntN(2)]
	switch kind {
	case "phone":
		return pick(rng, fmt.Sprintf("+49 30 23125 %s,(212) 555-01%s,+44 20 7946 0%s,030 23125%s", digits(rng, 3), digits(rng, 2), digits(rng, 3), digits(rng, 3))), true
	case "street":
		return street, true
	case "address":
		return street + ", " + fmt.Sprint(10000+rng.IntN(80000)) + " " + pick(rng, towns), true
	case "zip":
		return fmt.Sprintf("%05d", 1000+rng.IntN(90000)), true
	case "ukpost":
		return fmt.Sprintf("%s%d %d%s", pick(rng, "LS,M,BS,SW,E,YO"), 1+rng.IntN(19), rng.IntN(10), pick(rng, "AB,JD,NX,QR")), true
	case "city":
		return pick(rng, towns), true
	case "country":
		return pick(rng, "DE,GB,US,AT"), true
	case "ip":
		return fmt.Sprintf("198.18.%d.%d", rng.IntN(255), rng.IntN(255)), true
	case "mac":
		h := hex(rng, 12)
		return fmt.Sprintf("%s:%s:%s:%s:%s:%s", h[:2], h[2:4], h[4:6], h[6:8], h[8:10], h[10:]), true
	case "ua":
		return strings.Split(agents, "|")[rng.IntN(4)], true
	case "url":
		return "https://" + pick(rng, "blog,www,my") + ".example.com/" + hex(rng, 5), true
	}
	return "", false
}

func code(rng *rand.Rand, kind string, i int) (string, bool) {
	switch kind {
	case "kdnr":
		return fmt.Sprintf("K-%06d", 4000+rng.IntN(90000)), true
	case "loyalty":
		return "LY-" + digits(rng, 8), true
	case "order":
		return fmt.Sprintf("ORD-2024-%05d", 300+i), true
	case "sku":
		return fmt.Sprintf("SKU-%05d", rng.IntN(99999)), true
	case "ean":
		return "40" + digits(rng, 11), true
	case "whcode":
		return pick(rng, "A,B,C") + fmt.Sprint(10+rng.IntN(80)), true
	case "vat":
		return "DE" + digits(rng, 9), true
	case "ssn":
		return fmt.Sprintf("%03d-%02d-%04d", 100+rng.IntN(500), 1+rng.IntN(98), 1+rng.IntN(9998)), true
	case "nino":
		return "AB" + digits(rng, 6) + pick(rng, "A,B,C,D"), true
	case "nhs":
		return nhs(rng), true
	case "steuer":
		return pick(rng, "86095742719,47036892816,65929970489,57549285017,25768131411"), true
	case "passport":
		return "C" + digits(rng, 2) + "X" + digits(rng, 2) + "T" + digits(rng, 2), true
	case "iban":
		return iban(rng), true
	case "card":
		return pick(rng, "4111111111111111,5555555555554444,378282246310005,4012888888881881,6011111111111117,5105105105105100"), true
	case "bcrypt":
		return "$2b$12$" + strings.Repeat(hex(rng, 1), 1) + hex(rng, 26) + hex(rng, 26), true
	case "sha":
		return hex(rng, 64), true
	case "hex":
		return hex(rng, 40), true
	case "uuid", "uuids":
		if kind == "uuids" {
			rng = rand.New(rand.NewPCG(7, uint64(i/4)))
		}
		h := hex(rng, 32)
		return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:], true
	case "version":
		return fmt.Sprintf("%d.%d.%d", rng.IntN(9), rng.IntN(20), rng.IntN(9)), true
	}
	return "", false
}

func thing(rng *rand.Rand, kind string, i int) string {
	at := base.Add(time.Duration(i*7919+rng.IntN(5000)) * time.Second)
	switch kind {
	case "bool":
		return pick(rng, "0,1")
	case "moment":
		return at.Format("2006-01-02 15:04:05")
	case "date":
		return at.AddDate(0, 0, i).Format("2006-01-02")
	case "recent":
		return base.AddDate(0, -rng.IntN(60), rng.IntN(27)).Format("2006-01-02")
	case "epoch":
		return fmt.Sprint(at.Unix())
	case "amount":
		return fmt.Sprintf("%d.%02d", rng.IntN(900), rng.IntN(100))
	case "pay":
		return fmt.Sprint(30000 + 100*rng.IntN(700))
	case "count":
		return fmt.Sprint(rng.IntN(25))
	case "status":
		return pick(rng, "open,shipped,paid,cancelled")
	case "dept":
		return pick(rng, "sales,it,support,finance")
	case "phonetype":
		return pick(rng, "mobile,home,work")
	case "tz":
		return pick(rng, "Europe/Berlin,Europe/London,America/New_York")
	case "currency":
		return pick(rng, "EUR,USD,GBP")
	case "product":
		return pick(rng, goods)
	case "company":
		return pick(rng, "Nordwind,Blue Harbour,Kessler & Co,Alpine Tools,Redstone") + " " + pick(rng, "GmbH,Ltd,Inc,AG")
	case "text":
		return pick(rng, sentences) + " " + pick(rng, sentences)
	case "imageurl":
		return fmt.Sprintf("https://cdn.example.com/p/%d.png", i)
	}
	panic("no such kind: " + kind)
}

func nhs(rng *rand.Rand) string {
	for {
		d, sum := "9"+digits(rng, 8), 0
		for k, c := range d {
			sum += int(c-'0') * (10 - k)
		}
		if c := (11 - sum%11) % 11; c < 10 {
			return d + fmt.Sprint(c)
		}
	}
}

// iban makes a German one of a bank code that no bank has.
func iban(rng *rand.Rand) string {
	account, rest := "00000000"+digits(rng, 10), 0
	for _, c := range account + "131400" {
		rest = (rest*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-rest, account)
}
