package texts

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"unicode"

	"vestige/pii"
)

// vocabulary is the words by language, slot and split.
type vocabulary map[string][]string

func readWords(files fs.FS) (vocabulary, error) {
	all, err := fs.ReadFile(files, "vocabulary.txt")
	if err != nil {
		return nil, err
	}
	v := vocabulary{}
	for line := range strings.Lines(string(all)) {
		key, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		v[key] = strings.Split(list, "; ")
	}
	return v, nil
}

// slots are the kinds of what stands in a slot.
var slots = map[string]pii.Category{
	"name": "identity.name", "given": "identity.name", "family": "identity.name", "street": "contact.street", "city": "contact.city", "postcode": "contact.postcode",
	"phone": "contact.phone", "email": "contact.email", "dob": "demographic.birth_date", "age": "demographic.age", "iban": "finance.iban", "card": "finance.card",
	"ip": "online.ip", "user": "identity.username", "condition": "health.condition", "medication": "health.medication", "religion": "demographic.religion",
	"party": "demographic.political_opinion", "union": "demographic.trade_union", "criminal": "criminal.record", "orientation": "demographic.sexual_orientation",
	"nationality": "demographic.nationality", "salary": "employment.salary", "marital": "demographic.marital_status", "plate": "vehicle.plate", "empno": "identity.number",
	"passport": "government_id.passport", "ssn": "government_id.us_ssn", "nhs": "government_id.uk_nhs", "nino": "government_id.uk_nino", "steuerid": "government_id.de_steuer_id",
	"kvnr": "health.de_kvnr", "nir": "government_id.fr_nir", "dni": "government_id.es_dni", "cf": "government_id.it_cf", "bsn": "government_id.nl_bsn", "nif": "tax.pt_nif",
	"cpf": "government_id.br_cpf", "pesel": "government_id.pl_pesel",
}

// filler fills the slots of one text.
type filler struct {
	words       vocabulary
	lang, split string
	rng         *rand.Rand
}

func (f *filler) fill(form string) (t Text, err error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(form, "{")
		b.WriteString(before)
		if !ok {
			break
		}
		slot, after, closed := strings.Cut(rest, "}")
		name, value, literal := strings.Cut(slot, ":")
		cat, known := slots[name]
		if !closed || !known {
			b.WriteByte('{')
			form = rest
			continue
		}
		if !literal {
			if value = f.value(name); value == "" {
				return t, fmt.Errorf("nothing fills %s %s of %s", f.lang, name, f.split)
			}
		}
		t.Gold = append(t.Gold, Span{b.Len(), b.Len() + len(value), kindOf(cat)})
		b.WriteString(value)
		form = after
	}
	t.Body = []byte(b.String())
	return t, nil
}

func (f *filler) value(slot string) string {
	switch slot {
	case "name":
		return f.pick("given") + " " + f.pick("family")
	case "email":
		return f.user(".") + "@" + one(f.rng, "example.com", "example.org", "mail.example.net", "shop.example")
	case "user":
		return f.user(one(f.rng, ".", "_", "")) + fmt.Sprint(f.rng.IntN(90)+10)
	case "dob":
		return f.date()
	case "age":
		return fmt.Sprint(19 + f.rng.IntN(75))
	case "ip":
		return fmt.Sprintf("%s.%d", one(f.rng, "192.0.2", "198.51.100", "203.0.113"), 1+f.rng.IntN(254))
	case "empno":
		return fmt.Sprint(10000 + f.rng.IntN(80000))
	case "passport":
		return one(f.rng, "C01X00T47", "X1234567", "925076473", "L9876543", "YA0054321")
	}
	if make, ok := numbers[slot]; ok {
		return make(f.rng)
	}
	return f.pick(slot)
}

func (f *filler) pick(slot string) string {
	list := f.words[f.lang+" "+slot+" "+f.split]
	if len(list) == 0 {
		return ""
	}
	return list[f.rng.IntN(len(list))]
}

// user makes a name to sign in with: letters without marks.
func (f *filler) user(sep string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(f.pick("given") + sep + strings.Fields(f.pick("family"))[0]) {
		if r < unicode.MaxASCII && r != '\'' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var months = map[string][]string{
	"en": {"January", "March", "May", "August", "October", "December"}, "de": {"Januar", "März", "Mai", "August", "Oktober", "Dezember"},
	"fr": {"janvier", "mars", "mai", "août", "octobre", "décembre"}, "es": {"enero", "marzo", "mayo", "agosto", "octubre", "diciembre"},
	"it": {"gennaio", "marzo", "maggio", "agosto", "ottobre", "dicembre"}, "nl": {"januari", "maart", "mei", "augustus", "oktober", "december"},
	"pt": {"janeiro", "março", "maio", "agosto", "outubro", "dezembro"}, "pl": {"stycznia", "marca", "maja", "sierpnia", "października", "grudnia"},
}

func (f *filler) date() string {
	d, m, y := 1+f.rng.IntN(28), 1+f.rng.IntN(12), 1935+f.rng.IntN(70)
	month := months[f.lang][f.rng.IntN(6)]
	switch f.rng.IntN(4) {
	case 0:
		return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	case 1:
		of := map[string]string{"es": " de ", "pt": " de "}[f.lang]
		if of == "" {
			of = " "
		}
		dot := map[string]string{"de": "."}[f.lang]
		return fmt.Sprintf("%d%s%s%s%s%d", d, dot, of, month, of, y)
	case 2:
		if f.lang == "en" {
			return fmt.Sprintf("%s %d, %d", month, d, y)
		}
	}
	return fmt.Sprintf(map[string]string{"de": "%02d.%02d.%d", "pl": "%02d.%02d.%d", "nl": "%02d-%02d-%d"}[f.lang]+map[bool]string{true: "%02d/%02d/%d"}[!strings.Contains("de pl nl", f.lang)], d, m, y)
}

func one(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }
