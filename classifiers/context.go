package classifiers

import (
	"slices"
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
	happenings  // orders, logs, sessions
	aboutPeople // something about people that the name does not say
	reachable   // somebody or some place that can be reached
	animals     // sex, age and weight of what is no person
)

var tableWords = func() map[string]tableKind {
	m := map[string]tableKind{}
	for kind, list := range map[tableKind]string{
		people: "user customer person employee member patient student contact account owner guest subscriber recipient sender lead author attendee teacher driver applicant candidate passenger " +
			"role_person doctor parent_person buyer referrer visitor",
		personal: "signature address profile profil crm newsletter party signature_of",
		things: "token oauth oidc saml ldap smtp imap api mailbox webhook product sku category brand country currency city_list warehouse rate flag feature setting config configuration language tax region timezone vehicle room inventory stock price asset menu unit holiday translation file image tag color " +
			"type status field template level permission option relation code kind reason source role group device page plugin server attribute format index table column document version job site project city province model task title rank row preference policy criterion thing_ park stadium award game book film movie song episode car aircraft airport flight crop plant tree hurricane storm coin penny location district area zone territory",
		animals:       "animal pet dog cat horse cattle pig bird chick penguin fish mouse mice rat species breed litter genus taxon mascota",
		organisations: "shop company supplier organisation bank school hospital facility department university college clinic club center office branch agency restaurant hotel library",
		happenings:    "order invoice payment event log session ticket shipping shipment visit login message note comment campaign transaction booking reservation grade",
	} {
		for _, w := range strings.Fields(list) {
			m[w] = kind
		}
	}
	return m
}()

// tableOf reads the dataset's name and, where that says nothing, the names of the other fields.
func (l *lexicon) tableOf(ctx *Context) tableKind {
	name := ctx.Ref.Dataset
	if ctx.Dataset != nil {
		name = ctx.Dataset.Ref.Dataset
	}
	kind := named(parents(ctx) + " " + name)
	if ctx.Dataset == nil || ctx.Field.Path != "" {
		return kind
	}
	v := l.viewOf(ctx.Dataset)
	switch {
	case v.kind == animals && kind != things && kind != organisations:
		return animals
	case kind == unknownTable, kind == people && v.ledger:
		return v.kind
	}
	return kind
}

// ledger tells of a table of accounts that nobody signs in to and nobody is named in: those of books, or of firms.
func ledger(d *pii.Dataset) bool {
	for _, w := range Tokens(d.Ref.Dataset) {
		if k, ok := tableWord(w); ok && k == people && w != "account" {
			return false
		}
	}
	return !slices.ContainsFunc(d.Fields, func(f pii.Field) bool {
		return slices.ContainsFunc(Tokens(f.Name), func(w string) bool { return personWords[w] || w == "email" || w == "password" })
	})
}

// named reads the name of a table: its last word that is known decides, unless it is of what happens; of fields, types and settings of people
// it says things, and of another word behind people, records about them.
func named(name string) (kind tableKind) {
	words := Tokens(name)
	for i, w := range words {
		k, ok := tableWord(w)
		switch {
		case w == "account" && i > 0 && kind != people: // of a bank, of a mail server
		case ok && (kind == unknownTable || k != happenings):
			kind = k
		case !ok && i == len(words)-1 && kind == people && i > 0:
			kind = aboutPeople
		}
	}
	return kind
}

// happened tells whether a table's name has a word for what happens: its records are visits of customers, not customers.
func happened(name string) bool {
	return slices.ContainsFunc(Tokens(name), func(w string) bool { k, ok := tableWord(w); return ok && k == happenings || w == "activity" })
}

// tableWord looks a word up, in the singular too.
func tableWord(w string) (tableKind, bool) {
	if k, ok := tableWords[w]; ok {
		return k, true
	}
	if one, ok := strings.CutSuffix(w, "ies"); ok {
		if k, ok := tableWords[one+"y"]; ok {
			return k, true
		}
	}
	k, ok := tableWords[strings.TrimSuffix(w, "s")]
	return k, ok
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

var personWords = wordSet("first last birth gender salutation username fullname ssn marital religion nationality middlename maiden blood personnummer national_id firstname lastname")
var reachWords = wordSet("email phone mobile password fax iban salary")
var thingWords = wordSet("price sku stock currency brand barcode mileage horsepower cylinders engine tree plot")
var bodyWords = wordSet("weight height") // of a parcel as of a person
var traitWords = wordSet("age bmi ethnicity race")
var beastWords = wordSet("species breed litter genus taxon especie animal bird horse sheep lamb pig cow mouse")
var firmWords = wordSet("vat website capacity opening company")

// siblings reads the fields of a table whose name says nothing: what only people have makes it one of people; how to reach somebody does not.
func siblings(d *pii.Dataset) tableKind {
	person, reach, thing, firm, body, trait := 0, 0, 0, 0, 0, 0
	for i := range d.Fields {
		seen := 0
		for _, w := range Tokens(d.Fields[i].Name) {
			switch {
			case seen > 0:
			case personWords[w]:
				person, seen = person+1, 1
			case reachWords[w]:
				reach, seen = reach+1, 1
			case thingWords[w]:
				thing, seen = thing+1, 1
			case firmWords[w]:
				firm, seen = firm+1, 1
			case bodyWords[w]:
				body = 1
			case traitWords[w]:
				trait = 1
			case beastWords[w] && len(d.Fields) > 2:
				return animals
			}
		}
	}
	switch {
	case person == 0 && trait > 0 && body > 0:
		person = 1
	case person == 0:
		thing += body
	}
	switch {
	case person >= 3 || person == 2 && reach > 0:
		return people
	case person > 0 && thing == 0:
		return personal
	case reach > 0 && thing == 0:
		return reachable
	case thing > 0:
		return things
	}
	return unknownTable
}

// personTable tells whether a dataset's name says that its records are people.
func personTable(name string) bool {
	return named(name) == people
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
