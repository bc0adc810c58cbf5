package identity

import (
	"slices"

	"vestige/classifiers"
	"vestige/pii"
)

// Username is names to sign in with.
func Username() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "username",
		Doc:      "A name to sign in with: one word of letters, digits, dots and hyphens. Nothing in a value tells it from any other word: the field's name decides.",
		Category: "identity.username",
		Version:  1,
		Names:    []string{"username", "user name", "login name", "login", "account name", "user login", "nick", "nick name", "display username", "user?", "created by?", "updated by?"},
		MaxLen:   64,
		Whole:    username,
		Chance:   .6,
	}
}

func username(v []byte) bool {
	if len(v) < 2 || len(v) > 64 || !classifiers.IsLetter(v[0]) {
		return false
	}
	for _, b := range v {
		if !classifiers.IsWord(b) && b != '.' && b != '-' && b != '_' && b != '@' {
			return false
		}
	}
	return true
}

// numberWhole is what organisations number people by: letters in front, digits, at most two hyphens.
func numberWhole(v []byte) bool {
	digits := 0
	for i, b := range v {
		switch {
		case classifiers.IsDigit(b):
			digits++
		case b == '-' || b == '/' || b == '.' || b == ' ' || b == '_':
			if i == 0 || i == len(v)-1 {
				return false
			}
		case !classifiers.IsLetter(b) || b >= 0x80:
			return false
		}
	}
	return digits >= 3 && len(v) <= 24 && digits*2 >= len(v)
}

// CustomerNumber is numbers that an organisation gives its customers.
func CustomerNumber() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "customer_number",
		Doc:      "The number of a customer, by the name of its field, by a word beside it in a text (customer no. 10042, Kd.-Nr. 10042), or by the letters in front (K-004711). Other numbers with the same letters are mistaken for one.",
		Category: "identity.customer_number",
		Version:  1,
		Names: []string{
			"customer number", "customer id", "customer code?", "customer uuid", "customer", "customer reference", "customer account number", "customer account id", "account number?", "legacy customer number", "crm id", "crm number", "customer email id?", "contract number?", "co customer id", "customer index?", "kunnr",
		},
		Triggers: classifiers.Triggers{Words: []string{"customer", "kunde", "kunden", "kundennummer", "kundennr", "kd", "client", "knr", "kdnr", "customerid", "customerno", "account", "konto"}},
		MaxLen:   56,
		At:       func(text []byte, i int) (classifiers.Hit, bool) { return labelled(text, i, customerWords, true) },
		Whole:    numberWhole,
		Column: func(s *classifiers.Stats) classifiers.Evidence {
			e := prefixed(s, customerPrefixes)
			if ofCustomer(s) {
				e.Nats = append(e.Nats, referring(s).Nats...)
			}
			return e
		},
		Chance: .7,
		Sparse: true,
	}
}

// LoyaltyNumber is the numbers of loyalty cards.
func LoyaltyNumber() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "loyalty_number",
		Doc:      "The number of a loyalty card, by the name of its field, a word beside it in a text, or the letters in front (LY-83920184). Vouchers with the same letters are mistaken for one.",
		Category: "identity.loyalty_number",
		Version:  1,
		Names: []string{
			"loyalty", "loyalty number", "loyalty id", "loyalty card", "loyalty card number", "loyalty code", "bonus number", "membership number?", "card number loyalty", "member card", "member card number", "reward number", "rewards number", "rewards id", "loyalty member", "loyalty member id", "loyalty member number", "loyalty account", "loyalty account number", "miles number", "payback number", "customer card", "customer card number", "loyalty customer number", "ly number", "ly", "ly id",
		},
		Triggers: classifiers.Triggers{Words: []string{"loyalty", "treuekarte", "bonuskarte", "treue", "bonus", "treuenummer", "bonusnummer"}},
		MaxLen:   56,
		At:       func(text []byte, i int) (classifiers.Hit, bool) { return labelled(text, i, loyaltyWords, true) },
		Whole:    numberWhole,
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return prefixed(s, loyaltyPrefixes) },
		Chance:   .7,
		Sparse:   true,
	}
}

// PersonNumber is the keys by which systems number people.
func PersonNumber() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "person_number",
		Doc:      "The key of a user, an employee, a member: by the field's name and table, or in texts behind user=, user id, uid. It misses keys whose field says nothing; references lead to those.",
		Category: "identity.number",
		Version:  1,
		Names: []string{
			"user id", "uid", "user", "user number", "user uuid", "user index", "member id", "member number", "employee id", "employee number", "employee", "person id", "person number", "buyer", "buyer id", "contact id", "account id?", "owner id", "author id", "patient id", "patient number", "student id", "student number", "matrikel number", "subscriber id", "recipient id", "sender id", "created by id", "updated by id",
			"lead id", "guest id", "guest number", "profile id", "staff id", "manager id", "assigned to", "assigned", "assigned an", "reports to", "manager", "handled by", "assigned to id", "assignee id", "assignee", "invited by", "invited by id", "referred by", "referrer id", "created by?", "user account id", "account user id", "personal number", "parent user id", "sub?", "matriculation number", "driver id", "actor id", "inviter id", "invitee id", "referred by id", "reporter id", "reviewer id", "approver id", "seller id", "buyer id", "participant id", "teacher id", "usubjid", "subjid", "subject id?", "pernr",
		},
		Triggers: classifiers.Triggers{Words: []string{"user", "uid", "userid", "member", "employee", "mitarbeiter", "benutzer", "mitglied"}},
		MaxLen:   56,
		At: func(text []byte, i int) (h classifiers.Hit, ok bool) {
			h, ok = labelled(text, i, userWords, false)
			return h, ok && !(h.End-h.Start == 1 && text[h.Start] == '0') // that of root
		},
		Whole: keyWhole,
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if !ofCustomer(s) {
				e = referring(s)
			}
			return e
		},
		Chance: .8,
		Sparse: true,
	}
}

// keyWhole is what keys look like: digits, UUIDs, short tokens.
func keyWhole(v []byte) bool {
	digits := 0
	for _, b := range v {
		if classifiers.IsDigit(b) {
			digits++
		} else if !classifiers.IsWord(b) && b != '-' && b != '_' || b >= 0x80 {
			return false
		}
	}
	return digits > 0 && len(v) <= 40
}

// referring gives what a declared reference to a table of people says, or to another.
func referring(s *classifiers.Stats) (e classifiers.Evidence) {
	switch classifiers.Refers(&s.Field) {
	case 1:
		e.Nats = append(e.Nats, pii.Nat{Text: "it refers to a table of people", Nats: 6})
	case -1:
		e.Nats = append(e.Nats, pii.Nat{Text: "it refers to a table that is not of people", Nats: -5})
	}
	if (s.Named || classifiers.Refers(&s.Field) == 1) && s.Share(s.Texture.Digits+s.Texture.UUIDs) > .9 {
		e.Nats = append(e.Nats, pii.Nat{Text: "they look like keys", Nats: 3.5})
	}
	return e
}

// ofCustomer tells whether the field's name speaks of customers.
func ofCustomer(s *classifiers.Stats) bool {
	return slices.Contains(classifiers.Tokens(s.Field.Field.Name), "customer")
}

var customerPrefixes = map[string]float64{"k": 10.5, "kd": 12, "knd": 12, "kdnr": 13, "kunde": 13, "cust": 13, "cus": 12, "cu": 9, "cst": 10, "cn": 7, "kn": 8, "kunr": 12, "kto": 4, "c": 6, "crm": 7}
var loyaltyPrefixes = map[string]float64{"ly": 12, "loy": 13, "lc": 7, "bonus": 12, "loyal": 13, "lp": 7, "tk": 4, "treue": 13, "vip": 7, "bk": 4, "rw": 6, "mbr": 7, "lyl": 13, "fid": 7}

// prefixed gives what the letters in front of all values say.
func prefixed(s *classifiers.Stats, known map[string]float64) (e classifiers.Evidence) {
	p, n := s.Texture.Prefix, 0
	for n < len(p) && classifiers.IsLetter(p[n]) {
		n++
	}
	low := make([]byte, n)
	for i := range n {
		low[i] = classifiers.Lower(p[i])
	}
	nats, ok := known[string(low)]
	if !ok || s.Share(s.Texture.Codes+s.Texture.Mixed) < .9 {
		return e
	}
	if s.Distinct < 10 {
		nats *= .7
	}
	if s.Len[1]-n < 4 {
		nats /= 3
	}
	e.Nats = append(e.Nats, pii.Nat{Text: "the letters in front of every value", Nats: nats})
	return e
}
