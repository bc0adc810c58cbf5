package classifiers

import (
	"slices"
	"strings"

	"vestige/pii"
)

// ofWhom reads "director name" and "contact person": what a word for a person, which no phrase of the lexicon has, makes of the name.
func (h *header) ofWhom(l *lexicon, ctx *Context, raw []string) {
	m := len(h.tokens)
	if len(raw) == 0 || m == 0 {
		return
	}
	full := l.named["identity.name"]
	if len(raw) == 1 && raw[0] == "lon" && ctx.Dataset != nil && (h.table == people || h.table == personal) && l.viewOf(ctx.Dataset).first["lat"] == 0 {
		delete(h.nats, "location.coordinates") // lön, wages: no latitude stands beside it
		h.put("employment.salary", 10, "name \"lon\", in a table of people without \"lat\"")
		h.by[l.named["employment.salary"]] = true
	}
	h.ofBodies(l, ctx, raw)
	if m > 1 && h.tokens[m-1] == "name" {
		switch k, _ := tableWord(h.tokens[m-2]); k {
		case things:
			h.put("none.product", 5, "the name of a thing")
		case organisations:
			h.put("none.organisation", 7, "the name of an organisation")
		}
	}
	h.beside(l, ctx, raw)
	switch {
	case m > 1 && h.tokens[m-1] == "name" && h.whose() && h.nats["identity.name"].Nats < 8:
		h.put("identity.name", 8, "the name of a person")
		h.by[full] = true
	case m > 1 && h.tokens[m-1] == "user" && servers[h.tokens[m-2]] && ctx.Field.Type == pii.Text:
		h.put("identity.username", 9, "who signs in to a server")
		h.by[l.named["identity.username"]] = true
	case m > 1 && h.tokens[m-1] == "person" && h.tokens[m-2] == "contact", (h.tokens[m-1] == "role_person" || m > 1 && attending[h.tokens[m-1]] && h.nats["identity.name"].Nats == 0) && ctx.Field.Type == pii.Text && h.flip == "" && !(m > 1 && raw[len(raw)-1] == "principal"):
		h.put("identity.name", 6, "a person")
		h.by[full] = true
	case (h.tokens[m-1] == "name" || h.tokens[m-1] == "kana") && numbered(ctx.Field.Name) == 1:
		h.put("identity.family_name", 8, "the first part of a name")
	case (h.tokens[m-1] == "name" || h.tokens[m-1] == "kana") && numbered(ctx.Field.Name) == 2:
		h.put("identity.given_name", 8, "the second part of a name")
	}
}

// beside reads words that mean one thing or another by what other fields there are: a name beside a surname is a given name, a department beside
// a town is a region, a note in a school a mark.
func (h *header) beside(l *lexicon, ctx *Context, raw []string) {
	if ctx.Dataset == nil || len(h.tokens) == 0 {
		return
	}
	v := l.viewOf(ctx.Dataset)
	say := func(c pii.Category, nats float64, text string) {
		h.put(c, nats, text)
		h.by[l.named[c]] = true
	}
	switch last := raw[len(raw)-1]; {
	case len(h.tokens) == 1 && (h.tokens[0] == "name" || raw[0] == "ad") && v.words["last name"] && !v.words["first name"]:
		say("identity.given_name", 9, "a surname stands beside it")
	case len(h.tokens) == 1 && h.tokens[0] == "name" && v.words["first name"] && !v.words["last name"]:
		say("identity.family_name", 9, "a given name stands beside it")
	case last == "departamento" && v.placed() && !v.words["salary"] && !v.words["job"]:
		delete(h.nats, "none.code")
		say("contact.region", 8, "a department beside a town")
	case last == "estado" && len(raw) == 1 && !v.placed():
		delete(h.nats, "contact.region")
		say("none.code", 6, "a state of things")
	case len(raw) == 1 && (h.tokens[0] == "region" || last == "district") && (h.table == people || v.placed() && h.table == personal):
		delete(h.nats, "none.code")
		say("contact.region", 7, "where people are")
	case len(h.tokens) == 2 && h.tokens[0] == "account" && h.tokens[1] == "name" && (v.words["bank"] || v.words["type"] || v.words["balance"] || v.words["iban"]):
		delete(h.nats, "identity.username")
		if v.words["bank"] || v.words["iban"] {
			say("identity.name", 4, "the holder of an account")
		}
	case marks[last] && len(raw) <= 2 && (v.words["student"] || v.words["teacher"] || v.words["school_subject"]):
		say("education.grade", 5.5, "a mark at school")
	case len(raw) == 2 && len(raw[0]) == 1 && len(raw[1]) == 1 && strings.Contains(" mf fm mw wm hf fh ", " "+raw[0]+raw[1]+" "):
		say("demographic.gender", 8, "male or female")
	case last == "sal" && len(raw) == 1 && v.words["last name"]:
		delete(h.nats, "employment.salary")
		say("demographic.gender", 8, "a salutation beside a surname")
	case last == "line" && len(raw) == 1 && v.placed():
		say("contact.street", 8, "a line of an address")
	case last == "cp" && len(raw) == 1 && v.placed():
		say("contact.postcode", 8, "the code of a post office, beside a place")
	case last == "state" && len(raw) == 1 && ctx.Field.Type == pii.Text && h.table == people && v.placed() && !v.words["status"]:
		delete(h.nats, "none.code")
		say("contact.region", 7, "where people are")
	case last == "party" && len(raw) == 1 && ctx.Field.Type == pii.Text && v.elected():
		say("demographic.political_opinion", 7, "the party of who is elected")
	case len(raw) == 1 && v.words[h.tokens[0]] && h.nats["identity.name"].Nats == 0 && ctx.Field.Type == pii.Text:
		if k, ok := tableWord(h.tokens[0]); ok && k == people && h.tokens[0] != "user" && h.tokens[0] != "account" {
			say("identity.name", 2.5, "somebody")
		}
	}
}

// marks are words for a mark at school that mean another thing elsewhere.
var marks = wordSet("note notes nota notas not puan voto ocena")

// ofBodies reads what a word means where people are measured, treated and employed: weight, reason, position.
func (h *header) ofBodies(l *lexicon, ctx *Context, raw []string) {
	ofPeople := h.table == people || h.table == personal
	say := func(c pii.Category, text string) {
		h.nats = map[pii.Category]pii.Nat{c: {Text: text, Nats: 8}}
		h.flip, h.by[l.named[c]] = "", true
	}
	switch {
	case ofPeople && measured(raw) && (ctx.Dataset == nil || !l.viewOf(ctx.Dataset).goods()):
		say("health.measurement", "a person's weight or height")
	case ctx.Dataset == nil:
	case len(raw) == 1 && (raw[0] == "reason" || raw[0] == "symptom") && ctx.Field.Type == pii.Text && l.viewOf(ctx.Dataset).cared:
		say("health.condition", "why somebody is treated")
	case len(raw) == 1 && (raw[0] == "position" || raw[0] == "role" || raw[0] == "title" || raw[0] == "designation") && ctx.Field.Type == pii.Text && slices.Contains(Tokens(ctx.Dataset.Ref.Dataset), "employee"):
		say("employment.job_title", "what an employee does")
	}
}

// firms tells of the name of a customer, which may be a firm's.
func (h *header) firms() bool {
	m := len(h.tokens)
	return m > 1 && h.tokens[m-1] == "name" && (h.tokens[0] == "customer" || h.tokens[0] == "account")
}

// measured tells of "weight" and "ht", alone or with whose it is.
func measured(raw []string) bool {
	body := 0
	for _, w := range raw {
		one := oneWord(w)
		switch k, ok := tableWord(one); {
		case bodyWords[one] || w == "ht" || w == "wt" || w == "groesse" || w == "koerpergroesse" || w == "taille" || w == "talla" || w == "estatura":
			body++
		case !(ok && k == people) && one != "winner" && one != "loser":
			return false
		}
	}
	return body == 1 && len(raw) <= 2
}

// attending are words for people of whom a record names one: medico_curante, class_teacher.
var attending = wordSet("doctor teacher")

// servers are what programs sign in to.
var servers = wordSet("smtp email database db ldap ftp sftp host proxy http imap server api")

// whose tells whether the name that stands last is that of a person: a word for people before it, and no thing or firm behind that.
func (h *header) whose() bool {
	m := len(h.tokens)
	if p := h.tokens[m-2]; p == "first" || p == "last" || p == "user" || p == "middle" || p == "account" {
		return false
	}
	for i := m - 2; i >= 0; i-- {
		switch k, ok := tableWord(h.tokens[i]); {
		case ok && k == people && h.tokens[i] != "account":
			return true
		case ok && k != personal && h.tokens[i] != "role" || heads[h.tokens[i]] != "":
			return false
		}
	}
	return h.tokens[m-2] == "by"
}
