package pii

import (
	"slices"
	"strings"
)

// Category is a kind of personal data, dotted, most general first: "contact.email". Categories are compared by segment, never by prefix of the string.
// A category "none.…" is a class that competes: what a field holds that is nobody's data.
type Category string

// Covers tells whether c is d or one of its ancestors: "contact" covers "contact.email", and "contact.em" covers nothing.
func (c Category) Covers(d Category) bool {
	return c == d || (len(d) > len(c) && strings.HasPrefix(string(d), string(c)) && d[len(c)] == '.')
}

// Personal tells whether the category is one of personal data.
func (c Category) Personal() bool { return c != "" && !Category("none").Covers(c) }

// Info gives what is known of the category; ok is false for one that is not in the taxonomy.
func (c Category) Info() (CategoryInfo, bool) {
	i, ok := slices.BinarySearchFunc(taxonomy, c, func(i CategoryInfo, c Category) int {
		return strings.Compare(string(i.Category), string(c))
	})
	if !ok {
		return CategoryInfo{}, false
	}
	return taxonomy[i], true
}

// Identifier tells whether values of the category single out a person.
func (c Category) Identifier() bool {
	s := scopes[c]
	return s == GlobalIdentifier || s == LocalIdentifier
}

// Global tells whether it is an identifier that means the same everywhere.
func (c Category) Global() bool { return scopes[c] == GlobalIdentifier }

// scopes answers what is asked of every field in every walk through a graph.
var scopes = func() map[Category]Scope {
	m := make(map[Category]Scope, len(taxonomy))
	for _, i := range taxonomy {
		m[i.Category] = i.Scope
	}
	return m
}()

// Categories gives the taxonomy, ordered by name.
func Categories() []CategoryInfo { return slices.Clone(taxonomy) }

// Scope tells identifiers from attributes, and where identifiers may be compared.
type Scope string

// The scopes.
const (
	Attribute        Scope = "attribute"
	GlobalIdentifier Scope = "global" // the same everywhere
	LocalIdentifier  Scope = "local"  // means something only inside its value domain
)

// CategoryInfo is what is known of a category.
type CategoryInfo struct {
	Category    Category `json:"category"`
	Doc         string   `json:"doc"`
	Sensitivity int      `json:"sensitivity"` // 1 low … 4 very high
	Article9    bool     `json:"article9"`    // special category by GDPR article 9 (or article 10)
	Scope       Scope    `json:"scope"`
	DPV         string   `json:"dpv"`       // W3C Data Privacy Vocabulary, personal data extension
	Fides       string   `json:"fideslang"` // Fideslang data category
	Single      bool     `json:"single"`    // by law or nature one value belongs to one person (an e-mail is often, a telephone less so)
}

// general are the kinds of data that are everywhere.
var general = []CategoryInfo{
	{"contact.address", "a postal address, whole", 2, false, Attribute, "pd:PhysicalAddress", "user.contact.address", false},
	{"contact.city", "the town of an address", 1, false, Attribute, "pd:City", "user.contact.address.city", false},
	{"contact.country", "the country of an address", 1, false, Attribute, "pd:Country", "user.contact.address.country", false},
	{"contact.email", "an e-mail address", 2, false, GlobalIdentifier, "pd:EmailAddress", "user.contact.email", true},
	{"contact.phone", "a telephone number", 2, false, GlobalIdentifier, "pd:TelephoneNumber", "user.contact.phone_number", false},
	{"contact.postcode", "a postal code", 1, false, Attribute, "pd:PostalCode", "user.contact.address.postal_code", false},
	{"contact.social", "a handle in a social network", 2, false, GlobalIdentifier, "pd:SocialMediaAccount", "user.social", true},
	{"contact.street", "a street with a house number", 2, false, Attribute, "pd:StreetAddress", "user.contact.address.street", false},
	{"demographic.age", "an age in years", 1, false, Attribute, "pd:Age", "user.demographic.age_range", false},
	{"demographic.birth_date", "a date of birth", 2, false, Attribute, "pd:BirthDate", "user.demographic.date_of_birth", false},
	{"demographic.gender", "gender or sex", 2, false, Attribute, "pd:Gender", "user.demographic.gender", false},
	{"demographic.language", "a person's language", 1, false, Attribute, "pd:Language", "user.demographic.language", false},
	{"demographic.marital_status", "marital status", 2, false, Attribute, "pd:MaritalStatus", "user.demographic.marital_status", false},
	{"demographic.nationality", "a nationality", 2, false, Attribute, "pd:Nationality", "user.demographic.nationality", false},
	{"demographic.religion", "a religion or belief", 4, true, Attribute, "pd:Religion", "user.demographic.religious_belief", false},
	{"employment.salary", "what a person earns", 3, false, Attribute, "pd:Salary", "user.workplace", false},
	{"finance.bank_account", "a national bank account number", 3, false, LocalIdentifier, "pd:BankAccount", "user.financial.bank_account", false},
	{"finance.card", "a payment card number", 4, false, GlobalIdentifier, "pd:PaymentCardNumber", "user.financial.credit_card", true},
	{"finance.iban", "an international bank account number", 3, false, GlobalIdentifier, "pd:BankAccount", "user.financial.bank_account", false},
	{"finance.tax_id", "a tax number", 3, false, GlobalIdentifier, "pd:TaxCode", "user.government_id", true},
	{"government_id.de_steuer_id", "the German tax identification number", 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id", true},
	{"government_id.passport", "a passport number", 3, false, GlobalIdentifier, "pd:Passport", "user.government_id.passport_number", true},
	{"government_id.uk_nhs", "the NHS number", 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id", true},
	{"government_id.uk_nino", "the UK National Insurance number", 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id", true},
	{"government_id.us_ssn", "the US Social Security number", 4, false, GlobalIdentifier, "pd:SocialSecurityNumber", "user.government_id", true},
	{"health.condition", "a diagnosis or state of health", 4, true, Attribute, "pd:HealthRecord", "user.health_and_medical", false},
	{"identity.customer_number", "a number that an organisation gives a customer", 2, false, LocalIdentifier, "pd:AccountIdentifier", "user.unique_id", true},
	{"identity.family_name", "a surname", 2, false, Attribute, "pd:FamilyName", "user.name.last", false},
	{"identity.given_name", "a given name", 2, false, Attribute, "pd:GivenName", "user.name.first", false},
	{"identity.loyalty_number", "the number of a loyalty card", 2, false, LocalIdentifier, "pd:LoyaltyIdentifier", "user.unique_id", true},
	{"identity.name", "a full name", 2, false, Attribute, "pd:Name", "user.name", false},
	{"identity.number", "a local number that singles out a person (a user's or an employee's key)", 2, false, LocalIdentifier, "pd:Identifier", "user.unique_id", true},
	{"identity.username", "a name to sign in with", 2, false, LocalIdentifier, "pd:Username", "user.account.username", true},
	{"location.coordinates", "where a person is or was", 3, false, Attribute, "pd:GPSCoordinate", "user.location.precise", false},
	{"none.amount", "an amount or measure", 0, false, Attribute, "", "system.operations", false},
	{"none.boolean", "yes or no", 0, false, Attribute, "", "system.operations", false},
	{"none.code", "a code of a list", 0, false, Attribute, "", "system.operations", false},
	{"none.count", "a count", 0, false, Attribute, "", "system.operations", false},
	{"none.date", "a date or time of an event", 0, false, Attribute, "", "system.operations", false},
	{"none.hash", "a hash or opaque token of a thing", 0, false, Attribute, "", "system.operations", false},
	{"none.key", "a key of a record that is no person", 0, false, Attribute, "", "system.operations", false},
	{"none.meta", "something about another field (its length, its state, its time)", 0, false, Attribute, "", "system.operations", false},
	{"none.organisation", "the name or number of an organisation", 0, false, Attribute, "", "system.operations", false},
	{"none.other", "nothing personal that has a class of its own", 0, false, Attribute, "", "system.operations", false},
	{"none.product", "the name or number of a product", 0, false, Attribute, "", "system.operations", false},
	{"none.text", "text without personal data seen in it", 0, false, Attribute, "", "system.operations", false},
	{"online.cookie_id", "the identifier of a browser", 2, false, GlobalIdentifier, "pd:CookieIdentifier", "user.device.cookie_id", true},
	{"online.credential", "a password, its hash, or a token", 4, false, Attribute, "pd:Password", "user.authorization.credentials", false},
	{"online.device_id", "the identifier of a device", 2, false, GlobalIdentifier, "pd:DeviceIdentifier", "user.device.device_id", true},
	{"online.ip", "an internet address", 2, false, Attribute, "pd:IPAddress", "user.device.ip_address", false},
	{"online.mac", "a network card's address", 2, false, GlobalIdentifier, "pd:MACAddress", "user.device", false},
	{"online.url", "a web address of a person", 1, false, Attribute, "pd:URL", "user.contact.url", false},
	{"online.user_agent", "the name of a browser", 1, false, Attribute, "pd:UserAgent", "user.device", false},
	{"text.personal", "text in which persons occur", 2, false, Attribute, "pd:UserGeneratedContent", "user.content", false},
}
