package classifiers

import (
	"strings"

	"vestige/pii"
)

// typing is what the type of a field says, as far as it is the same for every category.
type typing struct {
	typ     pii.FieldType
	told    string // the category that the system's own word tells
	small   bool   // it holds a few letters at most
	against float64
}

func typingOf(f *pii.Field, seen bool) typing {
	t := typing{f.Type, toldType(f.Native), small(f.Native), -10}
	if t.told == "" && ofEntity(f) {
		t.told = "reference"
	}
	if seen {
		t.against = -3 // the values tell more
	}
	return t
}

// nats is what the type of a field says of a category: an e-mail address is no boolean and no time.
func (t *typing) nats(c pii.Category) (float64, string) {
	const text = "the type of the field"
	against := t.against
	if told := t.told; told != "" {
		switch {
		case told == "reference" && c == "none.key":
			return 3, text
		case told == "reference" && (c == "identity.number" || c == "identity.customer_number"):
			return 0, ""
		case told == "reference" && attribute(c):
			return 2, text
		case told == "reference" && c.Personal():
			return -7, text
		case told == "online.ip" && strings.HasPrefix(string(c), "contact."):
			return -7, text
		case told == string(c):
			return 4, text
		}
	}
	switch t.typ {
	case pii.Bool:
		switch {
		case c == "none.boolean":
			return 7, text
		case c == "demographic.gender" || c == "health.condition":
			return -3, text
		}
		return against, text
	case pii.Time:
		switch {
		case c == "none.date":
			return 5, text
		case c == "demographic.birth_date" || c == "finance.card_expiry":
			return 0, ""
		case c == "none.meta" || c == "none.other":
			return 0, ""
		}
		return against, text
	case pii.Int, pii.Float:
		return numberType(t.typ, c, against), text
	case pii.Bytes:
		if c == "identity.name" || c == "identity.given_name" || c == "identity.family_name" || c == "contact.city" || c == "contact.email" || c == "contact.phone" {
			return against / 2, text
		}
	}
	if t.small && (c == "contact.email" || c == "contact.street" || c == "identity.name" || c == "online.url" || c == "online.user_agent") {
		return against / 2, "the length of the field"
	}
	return 0, ""
}

// attribute tells of kinds that a record may point to in a list: a country, a gender.
func attribute(c pii.Category) bool {
	switch c {
	case "contact.city", "contact.country", "contact.region", "employment.job_title":
		return true
	}
	return strings.HasPrefix(string(c), "demographic.")
}

// numberType is for whole numbers and numbers with a fraction.
func numberType(t pii.FieldType, c pii.Category, against float64) float64 {
	switch c {
	case "identity.given_name", "identity.family_name", "identity.name", "contact.email", "contact.street", "contact.address", "contact.city", "online.url", "online.user_agent", "online.mac",
		"identity.photo", "identity.signature", "contact.social", "text.personal", "demographic.birth_date", "finance.iban", "demographic.birth_place", "employment.job_title":
		return against
	case "identity.username":
		return against * .6
	case "contact.country", "contact.region", "online.credential", "demographic.nationality", "none.text", "none.product", "none.organisation", "none.hash", "health.medication", "online.cookie_id", "contact.social_":
		return against / 4
	case "none.date":
		return -2
	}
	if t == pii.Float && c.Identifier() {
		return against / 2
	}
	if t == pii.Float && c == "none.amount" {
		return 2.5
	}
	return 0
}

// ofEntity tells of a field whose type is another record's, by whose name it is called: "doctor Doctor", "myUser MyUser".
func ofEntity(f *pii.Field) bool {
	if f.Native == "" || len(f.Native) < 4 || !strings.HasSuffix(strings.ToLower(f.Name), strings.ToLower(f.Native)) {
		return false
	}
	for _, w := range Tokens(f.Native) {
		if k, ok := tableWord(w); ok && k == people {
			return true
		}
	}
	return false
}

// small tells whether a type holds a few letters at most.
func small(native string) bool {
	_, n, ok := strings.Cut(native, "(")
	return ok && (strings.HasPrefix(n, "1)") || strings.HasPrefix(n, "2)") || strings.HasPrefix(n, "3)"))
}

// toldType gives the category that a system's own word for a type tells, "reference" for a link to another record, "" for all others.
func toldType(native string) string {
	n := strings.ToLower(native)
	for _, t := range [...][2]string{
		{"email", "contact.email"}, {"inet", "online.ip"}, {"cidr", "online.ip"}, {"ipaddress", "online.ip"}, {"macaddr", "online.mac"},
		{"phone", "contact.phone"}, {"urlfield", "online.url"}, {"geography(point", "location.coordinates"}, {"geometry(point", "location.coordinates"},
		{"foreignkey", "reference"}, {"onetoone", "reference"}, {"manytoone", "reference"}, {"link", "reference"}, {"belongs_to", "reference"}, {"references", "reference"},
	} {
		if strings.HasPrefix(n, t[0]) || t[1] == "online.ip" && strings.Contains(n, t[0]) {
			return t[1]
		}
	}
	return ""
}
