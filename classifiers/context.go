package classifiers

import (
	"strings"

	"vestige/pii"
)

// tableKind is what the records of a dataset are.
type tableKind uint8

const (
	unknownTable tableKind = iota
	people
	personal // records about people that are not themselves people: addresses, subscriptions
	things
	organisations
	happenings // orders, logs, sessions
)

var tableWords = func() map[string]tableKind {
	m := map[string]tableKind{}
	for kind, list := range map[tableKind]string{
		people:        "user customer person employee member patient student contact account owner guest subscriber recipient sender lead author attendee teacher driver applicant candidate passenger",
		personal:      "address profile profil crm newsletter party",
		things:        "product sku category brand country countrys currency city_list warehouse rate flag feature setting config configuration language tax region timezone vehicle room inventory stock price asset menu unit holiday translation file image tag color shop",
		organisations: "company supplier organisation bank school hospital",
		happenings:    "order invoice payment event log session ticket shipping shipment visit login message note comment campaign transaction booking reservation",
	} {
		for _, w := range strings.Fields(list) {
			m[w] = kind
		}
	}
	return m
}()

// tableOf reads the dataset's name and, where that says nothing, the names of the other fields.
func tableOf(ctx *Context) tableKind {
	name := ctx.Ref.Dataset
	if ctx.Dataset != nil {
		name = ctx.Dataset.Ref.Dataset
	}
	kind := unknownTable
	for _, w := range Tokens(parents(ctx) + " " + name) {
		if k, ok := tableWords[w]; ok && (kind == unknownTable || k != happenings) {
			kind = k
		}
	}
	if kind != unknownTable || ctx.Dataset == nil {
		return kind
	}
	return siblings(ctx.Dataset)
}

// parents gives the members of a path above the last.
func parents(ctx *Context) string {
	if ctx.Field.Path == "" {
		return ""
	}
	i := strings.LastIndexByte(ctx.Field.Name, '.')
	if i < 0 {
		return ""
	}
	return ctx.Field.Name[:i]
}

var personWords = wordSet("email phone mobile first last birth gender salutation password username fullname iban ssn marital religion nationality salary")
var thingWords = wordSet("price sku stock weight currency brand barcode")

func siblings(d *pii.Dataset) tableKind {
	person, thing := 0, 0
	for i := range d.Fields {
		for _, w := range Tokens(d.Fields[i].Name) {
			if personWords[w] {
				person++
			}
			if thingWords[w] {
				thing++
			}
		}
	}
	switch {
	case person >= 3:
		return people
	case person == 2 || (person > 0 && thing == 0):
		return personal
	case thing > 0:
		return things
	}
	return unknownTable
}

// personTable tells whether a dataset's name says that its records are people.
func personTable(name string) bool {
	for _, w := range Tokens(name) {
		if tableWords[w] == people {
			return true
		}
	}
	return false
}

// Refers tells of a declared reference of the field: 1 to a table of people, -1 to another, 0 where there is none.
func Refers(ctx *Context) int {
	if ctx.Dataset == nil {
		return 0
	}
	for _, r := range ctx.Dataset.References {
		for _, f := range r.Fields {
			if f != ctx.Field.Name {
				continue
			}
			if personTable(r.To.Dataset) {
				return 1
			}
			return -1
		}
	}
	return 0
}

// KeyOf tells whether the field alone is the key of its dataset.
func KeyOf(ctx *Context) bool {
	return ctx.Dataset != nil && len(ctx.Dataset.Key) == 1 && ctx.Dataset.Key[0] == ctx.Field.Name
}
