// Command gen writes the labelled columns of classifiers/testdata/columns: tables of synthetic values under names as they stand in real
// schemas. The first line of a file is the names, the second the category of each column. Run it by `go generate ./classifiers/eval`.
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// column is a name, its category and the kind of its values.
type column struct{ name, category, kind string }

// tables are written as "table: name category kind; …".
var tables = []string{
	"customers: id identity.number seq; first_name identity.given_name given; last_name identity.family_name surname; email contact.email email; phone contact.phone phone; street contact.street street; postal_code contact.postcode zip; city contact.city city; country contact.country country; date_of_birth demographic.birth_date birth; email_verified none.meta bool; created_at none.date moment; newsletter none.boolean bool",
	"kunden: kunden_id identity.customer_number seq; vorname identity.given_name given; nachname identity.family_name surname; emailadresse contact.email email; telefonnr contact.phone phone; strasse contact.street street; plz contact.postcode zip; ort contact.city city; geburtsdatum demographic.birth_date birth; geschlecht demographic.gender gender; kundennummer identity.customer_number kdnr; umsatz none.amount amount; angelegt_am none.date moment",
	"employees: employee_id identity.number seq; full_name identity.name name; workEmail contact.email email; salary employment.salary pay; ssn government_id.us_ssn ssn; marital_status demographic.marital_status marital; religion demographic.religion faith; nationality demographic.nationality nation; iban finance.iban iban; department none.code dept; manager_id identity.number seq; hired_on none.date recent",
	"t1: c1 identity.name name; c2 contact.email email; c3 contact.phone phone; c4 none.key seq; c5 none.date moment; c6 contact.street street; c7 online.ip ip; c8 none.amount amount; c9 finance.iban iban; c10 none.code sku; c11 demographic.birth_date birth; c12 identity.loyalty_number loyalty",
	"x_dump: fld_01 identity.given_name given; fld_02 identity.family_name surname; fld_03 none.hash sha; fld_04 none.code order; fld_05 none.date date; fld_06 none.code version; fld_07 none.count count; fld_08 none.product ean; fld_09 online.credential bcrypt; fld_10 online.mac mac; fld_11 government_id.us_ssn ssn; fld_12 online.user_agent ua; fld_13 identity.customer_number kdnr; fld_14 finance.card card; fld_15 none.date epoch",
	"products: id none.key seq; name none.product product; sku none.code sku; price none.amount amount; ean none.code ean; stock none.count count; description none.text text; created_at none.date moment; image_url none.other imageurl; weight none.amount amount",
	"orders: id none.key seq; order_number none.code order; customer_id identity.customer_number seq; status none.code status; total none.amount amount; ordered_at none.date moment; shipping_address contact.address address; tracking_number none.code order; item_count none.count count; currency none.code currency",
	"sessions: id none.key uuid; user_id identity.number seq; device_id online.device_id uuids; ip_address online.ip ip; user_agent online.user_agent ua; started_at none.date moment; token online.credential hex; cookie_id online.cookie_id uuid",
	"users: id identity.number seq; username identity.username username; password_hash online.credential bcrypt; email contact.email email; reset_password_sent_at none.date moment; phone_type none.meta phonetype; last_login_at none.date moment; first_name_length none.meta count; show_email none.boolean bool; login_count none.count count; display_name identity.name name; timezone none.code tz; website online.url url; email_hash none.hash sha",
	"companies: id none.key seq; name none.organisation company; vat_number none.code vat; website online.url url; created none.date date",
	"warehouses: id none.key seq; code none.code whcode; capacity none.count count; temperature none.amount amount",
	"events: ts none.date epoch; event none.code status; payload_size none.count count; request_id none.key uuid; version none.code version; duration none.amount amount; error_code none.code status",
	"mitarbeiter: personalnummer identity.number seq; name identity.name name; gehalt employment.salary pay; familienstand demographic.marital_status marital; konfession demographic.religion faith; steuer_id government_id.de_steuer_id steuer; mobilnr contact.phone phone; abteilung none.code dept; reisepass government_id.passport passport; eintritt none.date recent",
	"zz_old: k1 contact.postcode ukpost; k2 contact.city city; k3 contact.street street; k4 none.text text; k5 none.product product; k6 none.organisation company; k7 none.key uuid; k8 none.boolean bool; k9 none.code currency; k10 none.amount amount; k11 demographic.gender genderword; k12 none.code status; k13 none.count count; k14 none.date recent; k15 contact.email email; k16 none.key seq",
	"lieferadressen: id none.key seq; kunde_id identity.customer_number seq; empfaenger identity.name name; anschrift contact.address address; land contact.country country; hinweis none.text text",
	"patients: nhs_number government_id.uk_nhs nhs; ni_number government_id.uk_nino nino; surname identity.family_name surname; forename identity.given_name given; dob demographic.birth_date birth; sex demographic.gender gender; postcode contact.postcode ukpost; mobile contact.phone phone; gp_code none.code whcode",
}

const rows = 60

func main() {
	for _, t := range tables {
		name, list, _ := strings.Cut(t, ":")
		var cs []column
		for c := range strings.SplitSeq(list, ";") {
			f := strings.Fields(c)
			cs = append(cs, column{f[0], f[1], f[2]})
		}
		if err := write(filepath.Join("..", "testdata", "columns", name+".csv"), name, cs); err != nil {
			log.Fatal(err)
		}
	}
}

func write(file, name string, cs []column) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	names, labels := []string{}, []string{}
	for _, c := range cs {
		names, labels = append(names, c.name), append(labels, c.category)
	}
	out := [][]string{names, labels}
	for i := range rows {
		rng := rand.New(rand.NewPCG(uint64(len(name)), uint64(i)))
		p := person(rng)
		var r []string
		for _, c := range cs {
			r = append(r, value(rng, c.kind, i, p))
		}
		out = append(out, r)
	}
	if err := w.WriteAll(out); err != nil {
		return err
	}
	return f.Close()
}

// who is one synthetic person.
type who struct{ given, surname string }

func person(rng *rand.Rand) who {
	return who{pick(rng, givens), pick(rng, surnames)}
}

func pick(rng *rand.Rand, list string) string {
	words := strings.Split(list, ",")
	return words[rng.IntN(len(words))]
}

func digits(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprint(&b, rng.IntN(10))
	}
	return b.String()
}

func hex(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "%x", rng.IntN(16))
	}
	return b.String()
}
