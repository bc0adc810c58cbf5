package classifiers

import (
	"strings"

	"vestige/pii"
)

// typeNats is what the type of a field says of a category: an e-mail address is no boolean and no time.
func typeNats(f *pii.Field, c pii.Category, seen bool) (float64, string) {
	against := -10.0
	if seen {
		against = -3 // the values tell more
	}
	const text = "the type of the field"
	switch f.Type {
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
		return numberType(f.Type, c, against), text
	case pii.Bytes:
		if c == "identity.name" || c == "identity.given_name" || c == "identity.family_name" || c == "contact.city" || c == "contact.email" || c == "contact.phone" {
			return against / 2, text
		}
	}
	if small(f.Native) && (c == "contact.email" || c == "contact.street" || c == "identity.name" || c == "online.url" || c == "online.user_agent") {
		return against / 2, "the length of the field"
	}
	return 0, ""
}

// numberType is for whole numbers and numbers with a fraction.
func numberType(t pii.FieldType, c pii.Category, against float64) float64 {
	switch c {
	case "identity.given_name", "identity.family_name", "identity.name", "contact.email", "contact.street", "contact.address", "contact.city", "online.url", "online.user_agent", "online.mac",
		"identity.photo", "identity.signature", "contact.social", "text.personal", "demographic.birth_date", "finance.iban", "demographic.birth_place", "employment.job_title":
		return against
	case "identity.username", "contact.country", "contact.region", "online.credential", "demographic.nationality", "none.text", "none.product", "none.organisation", "none.hash", "health.medication", "online.cookie_id", "contact.social_":
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

// small tells whether a type holds a few letters at most.
func small(native string) bool {
	_, n, ok := strings.Cut(native, "(")
	return ok && (strings.HasPrefix(n, "1)") || strings.HasPrefix(n, "2)") || strings.HasPrefix(n, "3)"))
}
