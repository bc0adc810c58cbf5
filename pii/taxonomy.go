package pii

import (
	"slices"
	"strings"
)

// taxonomy is ordered by category.
var taxonomy = func() []CategoryInfo {
	all := slices.Concat(general, particular, official())
	slices.SortFunc(all, func(a, b CategoryInfo) int { return strings.Compare(string(a.Category), string(b.Category)) })
	return all
}()

// particular are kinds of data that mostly the name of a field tells.
var particular = []CategoryInfo{
	{"biometric.template", "a measure of the body by which a person is recognised: fingerprint, face, iris, voice", 4, true, Attribute, "pd:Biometric", "user.biometric", false},
	{"contact.region", "the state, province or county of an address", 1, false, Attribute, "pd:Region", "user.contact.address.state", false},
	{"criminal.record", "convictions and offences", 4, true, Attribute, "pd:CriminalOffense", "user.criminal_history", false},
	{"demographic.birth_place", "where a person was born", 2, false, Attribute, "pd:BirthPlace", "user.demographic", false},
	{"demographic.ethnicity", "race or ethnic origin", 4, true, Attribute, "pd:Ethnicity", "user.demographic.race_ethnicity", false},
	{"demographic.political_opinion", "a political opinion or party", 4, true, Attribute, "pd:PoliticalAffiliation", "user.demographic.political_opinion", false},
	{"demographic.sexual_orientation", "sexual life or orientation", 4, true, Attribute, "pd:SexualPreference", "user.demographic.sexual_orientation", false},
	{"demographic.trade_union", "membership of a trade union", 4, true, Attribute, "pd:TradeUnionMembership", "user.workplace", false},
	{"education.grade", "a mark or result at school", 2, false, Attribute, "pd:EducationQualification", "user.content", false},
	{"employment.job_title", "a person's profession or position", 1, false, Attribute, "pd:JobTitle", "user.job_title", false},
	{"finance.card_expiry", "when a payment card ends", 3, false, Attribute, "pd:PaymentCardExpiry", "user.financial.credit_card", false},
	{"finance.card_part", "some digits of a payment card number", 2, false, Attribute, "pd:PaymentCard", "user.financial.credit_card", false},
	{"finance.card_security", "the security code of a payment card", 4, false, Attribute, "pd:PaymentCard", "user.financial.credit_card", false},
	{"finance.credit_score", "how creditworthy a person is held to be", 3, false, Attribute, "pd:CreditScore", "user.financial", false},
	{"finance.wallet", "an address of a crypto currency", 3, false, GlobalIdentifier, "pd:FinancialAccountNumber", "user.financial", false},
	{"genetic.data", "inherited characteristics", 4, true, Attribute, "pd:Genetic", "user.genetic", false},
	{"government_id.driver_license", "the number of a driving licence", 3, false, GlobalIdentifier, "pd:DrivingLicenseNumber", "user.government_id.drivers_license_number", true},
	{"government_id.national", "a number by which a state knows a person, of whatever country", 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id.national_identification_number", true},
	{"government_id.visa", "the number of a visa or residence permit", 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id.immigration", true},
	{"health.blood_type", "a blood group", 4, true, Attribute, "pd:BloodType", "user.health_and_medical", false},
	{"health.insurance_number", "the number of a person's health insurance", 4, true, GlobalIdentifier, "pd:HealthInsurance", "user.health_and_medical.insurance_beneficiary_id", true},
	{"health.measurement", "something measured of a person's body", 4, true, Attribute, "pd:PhysicalHealth", "user.health_and_medical", false},
	{"health.medication", "a drug a person takes", 4, true, Attribute, "pd:Prescription", "user.health_and_medical", false},
	{"health.record_number", "the number of a medical record", 4, true, LocalIdentifier, "pd:HealthRecord", "user.health_and_medical.record_id", true},
	{"identity.photo", "a picture of a person", 2, false, Attribute, "pd:Picture", "user.biometric", false},
	{"identity.signature", "a person's signature", 3, false, Attribute, "pd:Signature", "user.biometric", false},
	{"vehicle.plate", "the registration of a vehicle", 2, false, GlobalIdentifier, "pd:VehicleLicense", "user.unique_id", false},
	{"vehicle.vin", "the number of a vehicle's chassis", 2, false, GlobalIdentifier, "pd:VehicleIdentification", "user.unique_id", false},
}

// officialKind is an identifier that a state or an institution of a country gives.
type officialKind struct {
	category Category
	doc      string
}

// official makes the categories of identifiers by country; their Fideslang follows from the group.
func official() (out []CategoryInfo) {
	for _, k := range officialKinds {
		group, _, _ := strings.Cut(string(k.category), ".")
		i := CategoryInfo{k.category, k.doc, 3, false, GlobalIdentifier, "pd:OfficialID", "user.government_id", true}
		switch group {
		case "finance":
			i.DPV, i.Fides, i.Single = "pd:BankAccount", "user.financial.bank_account", false
		case "health":
			i.Sensitivity, i.Article9, i.DPV, i.Fides = 4, true, "pd:HealthRecord", "user.health_and_medical"
		case "vehicle":
			i.DPV, i.Fides, i.Single = "pd:VehicleLicense", "user.unique_id", false
		case "tax":
			i.DPV, i.Fides = "pd:TaxCode", "user.government_id"
		}
		out = append(out, i)
	}
	return out
}
