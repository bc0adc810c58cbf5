package classifiers

import (
	"slices"
	"strings"

	"vestige/pii"
)

// tableNats is what the kind of dataset says of a category: a name in a table of products is the name of a product.
func tableNats(h *header, c pii.Category, named bool) (float64, string) {
	group, _, _ := strings.Cut(string(c), ".")
	if !h.lone && (h.table == unknownTable || h.table == things) {
		switch c {
		case "contact.country", "contact.region", "contact.city", "location.coordinates":
			return -3, "nothing says that the table is of people"
		}
	}
	switch h.table {
	case aboutPeople, reachable:
		switch {
		case c == "identity.name" && named && slices.Equal(h.tokens, []string{"name"}):
			return -1.5, "the table may be of people"
		case c.Personal() && named:
			return .5, "the table may be of people"
		}
	case people, personal:
		switch {
		case c == "none.product" || c == "none.organisation":
			return -1.5, "the table is of people"
		case c == "identity.number" && h.table == people && h.id:
			return 10, "the key of a table of people"
		case c == "none.key" && h.table == people && h.id:
			return -8, "the key of a table of people"
		case c == "identity.name" && named && slices.Equal(h.tokens, []string{"name"}):
			return 3.5, "the table is of people"
		case named && (c == "contact.region" || c == "location.coordinates" || c == "health.measurement" || c == "demographic.language" || c == "employment.job_title" || c == "identity.photo" || c == "online.url" && (h.nats[c].Nats >= 6 || len(h.tokens) == 1)):
			return 3, "the table is of people"
		case c.Personal():
			return 1, "the table is of people"
		}
	case animals:
		if group == "demographic" || group == "health" || group == "identity" && slices.Equal(h.tokens, []string{"name"}) {
			return -14, "the table is of animals"
		}
	case things:
		switch {
		case c == "demographic.age":
			return -6, "the table is of things"
		case c == "none.product" && named, c == "none.product" && slices.Equal(h.tokens, []string{"name"}):
			return 5, "the table is of things"
		case group == "demographic" && h.nats[c].Nats >= 8:
			return -1, "the table is of things"
		case group == "identity" || group == "demographic" || group == "contact":
			return -3, "the table is of things"
		}
	case organisations:
		switch {
		case c == "none.organisation" && slices.Equal(h.tokens, []string{"name"}):
			return 7, "the table is of organisations"
		case c == "identity.name" || c == "identity.given_name" || c == "identity.family_name":
			return -2, "the table is of organisations"
		case c == "identity.photo" || c == "contact.city" || c == "contact.region" || c == "contact.country" || c == "location.coordinates":
			return -6, "the table is of organisations"
		}
	}
	return 0, ""
}

// friends are categories that stand together in records of people, and how much one speaks for the other.
var friends = map[pii.Category]map[pii.Category]float64{
	"identity.given_name":           {"identity.family_name": 3, "contact.email": 1.5},
	"identity.family_name":          {"identity.given_name": 3, "contact.email": 1.5},
	"identity.name":                 {"contact.email": 2, "contact.phone": 1, "contact.street": 1, "demographic.birth_date": 1},
	"contact.phone":                 {"contact.email": 1.5, "identity.name": 1, "identity.given_name": 1, "identity.family_name": 1, "contact.street": 1},
	"contact.street":                {"contact.city": 2, "contact.postcode": 2},
	"contact.city":                  {"contact.street": 2.5, "contact.postcode": 3, "contact.email": .5, "identity.family_name": 1},
	"contact.postcode":              {"contact.street": 3, "contact.city": 3},
	"contact.country":               {"contact.city": 2, "contact.postcode": 2},
	"demographic.birth_date":        {"identity.given_name": 1.5, "identity.family_name": 1.5, "identity.name": 1.5, "contact.email": 1.5, "demographic.gender": 1.5},
	"demographic.gender":            {"identity.given_name": 1, "identity.family_name": 1, "identity.name": 1, "contact.email": 1, "demographic.birth_date": 1.5},
	"demographic.marital_status":    {"demographic.gender": 1, "demographic.birth_date": 1},
	"identity.username":             {"contact.email": 1.5, "online.credential": 2},
	"identity.loyalty_number":       {"contact.email": 1, "identity.name": .5, "online.device_id": 1},
	"identity.customer_number":      {"contact.email": 1, "identity.name": 1, "identity.family_name": 1},
	"online.device_id":              {"identity.loyalty_number": 1.5, "online.ip": 1, "online.user_agent": 1, "identity.number": .5},
	"finance.iban":                  {"identity.name": 1},
	"contact.region":                {"contact.city": 3, "contact.postcode": 3, "contact.street": 1},
	"location.coordinates":          {"online.ip": 1, "contact.city": 1},
	"employment.job_title":          {"identity.given_name": 1.5, "identity.family_name": 1.5, "identity.name": 1, "contact.email": 1},
	"identity.photo":                {"identity.given_name": 1.5, "identity.username": 1, "contact.email": 1.5},
	"demographic.political_opinion": {"identity.family_name": 2, "identity.name": 2, "demographic.age": 1.5, "demographic.ethnicity": 1.5},
	"contact.social":                {"contact.email": 1.5, "identity.name": 1},
}

// neighbourNats is what the other fields of the dataset say of a category.
func neighbourNats(around []pii.Category, c pii.Category) (float64, string) {
	sum, of := 0.0, friends[c]
	if of == nil {
		return 0, ""
	}
	for _, n := range around {
		sum += of[n]
	}
	return min(sum, 4), "what stands beside it"
}

// ofSomebody tells of what only people have.
func ofSomebody(c pii.Category) bool {
	switch c {
	case "contact.email", "contact.phone", "contact.street", "contact.address", "online.ip", "online.credential", "online.user_agent", "online.device_id":
		return true
	}
	switch c {
	case "employment.salary", "education.grade", "health.measurement", "demographic.political_opinion", "criminal.record":
		return false // said of towns and states as well
	}
	group, _, _ := strings.Cut(string(c), ".")
	return group != "none" && group != "contact" && group != "location" && group != "online" && c != "demographic.language" && c != "demographic.nationality" && c != "identity.photo" && c != "text.personal"
}

// Again weighs the fields of a dataset a second time, with what the first pass found in the fields beside each: first with last name,
// street with town. The proposals and stats are of the same fields in the same order; both are left as they are.
func (s *Set) Again(proposals []pii.Proposal, stats []*Stats, d *pii.Dataset) []pii.Proposal {
	out := make([]pii.Proposal, len(stats))
	for i, st := range stats {
		second := *st
		if second.Field.Dataset == nil {
			second.Field.Dataset = d
		}
		second.Field.Neighbour = nil
		for j, p := range proposals {
			if j != i && p.Dense && p.Confidence >= .5 && p.Category.Personal() && !slices.Contains(second.Field.Neighbour, p.Category) {
				second.Field.Neighbour = append(second.Field.Neighbour, p.Category)
			}
		}
		second.nobody = d != nil && len(d.Fields) > 2 && named(d.Ref.Dataset) != people && !slices.Contains(Tokens(d.Ref.Dataset), "address") && !slices.ContainsFunc(second.Field.Neighbour, ofSomebody)
		if len(second.Field.Neighbour) == 0 && len(st.Field.Neighbour) == 0 && st.Field.Dataset != nil && !(second.nobody && (ofPlaces(proposals[i].Category) || proposals[i].Category == "demographic.birth_date" || proposals[i].Category == "employment.salary")) {
			out[i] = proposals[i]
			continue
		}
		if w := st.weighed; w == nil || w.Set != s || st.Field.Dataset == nil || len(st.Field.Neighbour) > 0 {
			second.weighed = s.weigh(&second)
		}
		out[i] = second.weighed.propose(&second)
		examined := out[i].Examined
		out[i].Examined = proposals[i].Examined
		if examined.Values != out[i].Examined.Values {
			out[i].Examined = examined
		}
		out[i].Form = proposals[i].Form
	}
	s.believe(out, d)
	return out
}
