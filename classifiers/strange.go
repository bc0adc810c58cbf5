package classifiers

import (
	"math"
	"strings"

	"vestige/pii"
)

// strange is how often a column that the name calls so is written in a way that the verifier does not know: names and towns of a country without
// a dictionary, telephone numbers as bare digits, streets whose number stands in the next field. What cannot be any of them is not.
func strange(c pii.Category, st *Stats) float64 {
	t := &st.Texture
	switch c {
	case "identity.name", "identity.given_name", "identity.family_name", "contact.street", "contact.address", "contact.city":
		if st.Share(t.Digits+t.Decimals) > .9 || st.Len[1] <= 2 {
			return .0005
		}
		return .1
	case "contact.phone", "contact.postcode":
		if st.Share(t.Decimals+t.OneWord+t.Titled+t.Sentences) > .5 || st.Len[1] < 4 {
			return .0005
		}
		return .1
	case "demographic.gender":
		if st.Distinct > 8 || st.Num.Max > 9 && st.Share(t.Digits) > .5 {
			return .0005
		}
		return .1
	case "employment.job_title":
		return .6
	case "identity.username", "contact.country", "demographic.nationality", "demographic.marital_status":
		return .1
	case "contact.region":
		if st.Distinct <= 4 {
			return .0005
		}
		return .03
	case "finance.card":
		return .05
	}
	if strings.HasPrefix(string(c), "government_id.") && st.Len[0] >= 8 && st.Len[1] <= 18 && st.Share(t.Digits+t.Codes) > .9 && !st.Num.Monotone {
		return .05 // numbers that were made up have no check digit
	}
	return .002
}

// surprised softens what values say against a name, by the share of columns whose values no verifier knows: those match as rarely as any others.
func surprised(nats, share float64) float64 { return math.Log((1-share)*math.Exp(nats) + share) }
