package lineage_test

import (
	"fmt"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// hands are difficulties of estates that other hands have made: shops put together of two applications, hospitals, streams of events.
var hands = map[string]difficulty{
	"a number that is an agent's too": {make: func(e *estate) {
		users(e)
		staff := e.table("shop/employees", "id identity.number int", "mail contact.email", "name identity.name").add(1, "dan@example.com", "Dan Poe").add(2, "eve@example.com", "Eve Orr")
		crowd(staff, 5, func(i int) []any { return []any{i, fmt.Sprintf("s%d@example.com", i), "Flo Ash"} })
		e.table("shop/notes", "id none.key int", "user_id identity.number int ~shop/users.id", "email contact.email").add(11, 1, users1).add(12, 2, "bob@example.com")
	}, want: []string{anns, "hers shop/notes 11"}},

	"0 in place of nobody": {make: func(e *estate) {
		users(e)
		e.table("shop/comments", "id none.key int", "user_id identity.number int ~shop/users.id", "email contact.email").add(1, 0, users1).add(2, 0, "bob@example.com").add(3, 1, users1).add(4, 0, nil)
	}, want: []string{anns, "hers shop/comments 1", "hers shop/comments 3"}},

	"whom an order is sent to": {make: func(e *estate) {
		users(e)
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id", "ship_name identity.name").add(31, 1, "Bob Ray").add(32, 2, "Bob Ray").add(33, 2, "Bob Ray")
		e.table("shop/log", "id none.key int", "line none.text").add(1, "Bob Ray called").add(2, "Ann Lee, ann@example.com, called")
	}, want: []string{anns, "hers shop/orders 31", "mentions shop/log 2: Ann Lee, ann@example.com"}},

	"a gift in somebody else's order": {part: lineage.Names, make: func(e *estate) {
		housed(e)
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id", "ship_name identity.name", "ship_street contact.street", "ship_phone contact.phone", "gift_message none.text").
			add(31, 1, "Ann Lee", "7 Long Elm Drive", "+12025550143", nil).
			add(32, 2, "Ann Lee", "7 Long Elm Drive", "+12025550143", "Happy birthday, Ann, says Bob").
			add(33, 2, "Bob Ray", "9 Long Elm Drive", "+12025550144", "for Ann").
			add(34, 2, "Ann Lee", "5 Long Elm Drive", "+12025550199", "hello Ann").
			add(35, 3, "Ann Lee", "7 Long Elm Drive", "+12025550146", "to myself, Ann").
			add(36, 2, "Ann Lee", "7 Long Elm Drive", "+12025550188", nil)
	}, want: []string{anns, "hers shop/orders 31", "mentions shop/orders 32: +12025550143, 7 Long Elm Drive, Ann, Ann Lee", "mentions shop/orders 36: +12025550188, 7 Long Elm Drive, Ann Lee"}},

	"the address of somebody else's order, in a record of its own": {make: func(e *estate) {
		housed(e)
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id").add(31, 1).add(32, 2).add(33, 2).add(34, 3)
		e.table("shop/addresses", "id none.key int", "order_id none.key int >shop/orders.id", "kind none.code", "name identity.name", "street contact.street", "phone contact.phone").
			add(1, 31, "billing", "Ann Lee", "7 Long Elm Drive", "+12025550143").add(2, 32, "shipping", "Ann Lee", "7 Long Elm Drive", "+12025550143").
			add(3, 32, "billing", "Bob Ray", "9 Long Elm Drive", "+12025550144").add(4, 33, "shipping", "Ann Lee", "5 Long Elm Drive", "+12025550199").add(5, 34, "shipping", "Ann Lee", "7 Long Elm Drive", "+12025550146")
	}, want: []string{anns, "hers shop/orders 31", "hers shop/addresses 1", "mentions shop/addresses 2: +12025550143, 7 Long Elm Drive, Ann Lee"}},

	"whom she named to come after her": {make: func(e *estate) {
		users(e)
		tb := e.table("shop/heirs", "id none.key int", "user_id identity.number int >shop/users.id", "who identity.name", "mail contact.email").add(1, 1, "Di Poe", "di@example.com").add(2, 2, "Eve Orr", "eve@example.com")
		many(tb, 30, func(k, u int) []any { return []any{k, u, "Flo Ash", fmt.Sprintf("h%d@example.net", k)} })
		e.table("news/list", "id none.key int", "email contact.email").add(1, "di@example.com").add(2, users1)
	}, want: []string{anns, "hers shop/heirs 1", "hers news/list 2"}},

	"what she sent to somebody else": {make: func(e *estate) {
		housed(e)
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id", "bill_name identity.name", "ship_name identity.name", "ship_street contact.street", "ship_phone contact.phone").
			add(31, 1, "Ann Lee", "Di Poe", "3 Long Elm Drive", "+12025550177").add(32, 2, "Bob Ray", "Bob Ray", "9 Long Elm Drive", "+12025550144")
		e.table("desk/calls", "id none.key int", "caller contact.phone", "note none.text").add(1, "+12025550177", "moved from 3 Long Elm Drive").add(2, "+12025550143", nil)
	}, want: []string{anns, "hers shop/orders 31", "hers desk/calls 2"}},

	"a name to sign in with": {make: func(e *estate) {
		e.table("crm/people", "no identity.number int", "mail contact.email", "name identity.name").add(7, users1, "Ann Lee").add(8, "bob@example.com", "Bob Ray")
		e.table("blog/users", "id identity.number int", "mail contact.email", "display identity.name").add(3, users1, "ann77").add(4, "bob@example.com", "bob_r")
	}, want: []string{"hers blog/users 3", "hers crm/people 7"}},

	"a parent that is no mother": {make: func(e *estate) {
		users(e)
		e.table("shop/addresses", "id none.key int", "parent_id identity.number int >shop/users.id", "name identity.name", "phone contact.phone").add(5, 1, "Ann Lee", "+12025550143").add(6, 2, "Bob Ray", "+12025550144").add(7, 1, "Ann Lee", nil)
	}, want: []string{anns, "hers shop/addresses 5", "hers shop/addresses 7"}},

	"a name and a date of birth alone": {make: func(e *estate) {
		patients(e)
		e.table("lab/results", "id none.key int", "last identity.family_name", "first identity.given_name", "born demographic.birth_date").
			add(1, "LEE", "Ann", "1980-02-03").add(2, "LEE", "Ann", "1981-02-03").add(3, "Ray", "Bob", "1980-02-03")
	}, want: []string{"hers ward/patients 1", "hers lab/results 1"}},

	"two with one name and one date of birth": {make: func(e *estate) {
		patients(e).add(3, "lee@example.com", "Ann", "Lee", "1980-02-03")
		e.table("lab/results", "id none.key int", "last identity.family_name", "first identity.given_name", "born demographic.birth_date").add(1, "Lee", "Ann", "1980-02-03")
	}, want: []string{"hers ward/patients 1", "unsure lab/results 1"}},

	"the transfer that paid an invoice": {make: func(e *estate) {
		users(e)
		e.table("shop/invoices", "id none.key int", "user_id identity.number int >shop/users.id").add(31, 1).add(32, 2)
		e.table("shop/transfers", "id none.key int", "invoice_id none.key int >shop/invoices.id", "iban finance.iban", "sender identity.name").add(41, 31, "DE02120300000000202051", "Lee Ann").add(42, 32, "DE02500105170137075030", "Ray Bob")
	}, want: []string{anns, "hers shop/invoices 31", "hers shop/transfers 41"}},

	"a telephone of two, of the next of kin": {make: func(e *estate) {
		e.table("ward/patients", "id identity.number int", "name identity.name", "born demographic.birth_date", "phone contact.phone", "email contact.email").
			add(1, "Ann Lee", "1980-02-03", "+12025550143", users1).add(2, "Bob Lee", "1979-01-01", "+12025550143", "bob@example.com").add(3, "Cy Fox", "1970-01-01", "+12025550144", "cy@example.com")
		e.table("ward/kin", "id none.key int", "patient_id identity.number int >ward/patients.id", "kin_name identity.name", "kin_phone contact.phone").
			add(11, 3, "Bob Lee", "+12025550143").add(12, 3, "Ann Lee", "+12025550143")
	}, want: []string{"hers ward/patients 1", "held-by-another ward/patients 2", "held-by-another ward/kin 11", "mentions ward/kin 12: +12025550143, Ann Lee"}},

	"a copy, and a payment, of a namesake": {make: func(e *estate) {
		users(e).add(3, "lee@example.org", "Ann Lee")
		e.table("shop/invoices", "id none.key int", "user_id identity.number int >shop/users.id").add(31, 1).add(33, 3)
		e.table("shop/cards", "id none.key int", "invoice_id none.key int >shop/invoices.id", "holder identity.name").add(41, 33, "Ann Lee").add(42, 31, "Ann Lee")
	}, want: []string{anns, "hers shop/invoices 31", "hers shop/cards 42"}},

	"a message of machines": {make: func(e *estate) {
		e.table("ward/patients", "id identity.number int", "email contact.email", "first identity.given_name", "last identity.family_name", "street contact.street").
			add(1, users1, "Ann", "Lee", "1 Elm Street").add(2, "bob@example.com", "Bob", "Ray", "2 Elm Street")
		e.table("ward/feed", "id none.key int", "line contact.address conf=0.7").add(1, "PID|ann@example.com|Lee^Ann|1 Elm Street|").add(2, "PID|bob@example.com|Ray^Bob|2 Elm Street|")
	}, want: []string{"hers ward/patients 1", "mentions ward/feed 1: 1 Elm Street, Lee^Ann, ann@example.com"}},

	"a name of one word": {make: func(e *estate) {
		e.table("blog/users", "id identity.number int", "mail contact.email", "display identity.name", "phone contact.phone").add(3, users1, "Ann", "+12025550143").add(4, "bob@example.com", "Bob", "+12025550144")
		e.table("blog/log", "id none.key int", "line none.text").add(1, "ann@example.com and Ann Ray called").add(2, "Ann Ray, +12025550199")
	}, want: []string{"hers blog/users 3", "mentions blog/log 1: ann@example.com"}},

	"numbers of another table by a reference that is not sure": {make: func(e *estate) {
		users(e)
		tb := e.table("search/orders", "id none.key int", "customer identity.number int ~shop/users.id", "email contact.email").add(1, 1, "bob@example.com").add(2, 1, users1).add(3, 2, "cy@example.net")
		tb.guess[0].Confidence = 0.9
	}, want: []string{anns, "held-by-another search/orders 1", "hers search/orders 2"}},

	"numbers of two tables in one field": {make: func(e *estate) {
		users(e)
		e.table("search/orders", "id none.key int", "customer identity.number int", "email contact.email").add(1, 3, "bob@example.com").add(2, 3, users1).add(3, 3, nil)
	}, want: []string{anns, "held-by-another search/orders 1", "hers search/orders 2", "hers search/orders 3"}},

	"a friend in the key of somebody else's record": {make: func(e *estate) {
		users(e)
		e.table("shop/friends", "user_id identity.number int ~shop/users.id", "friend_id identity.number int ~shop/users.id", "since none.date").keyed(2).add(1, 2, "2020-01-01").add(2, 1, "2020-01-01").add(2, 2, "2021-01-01")
	}, want: []string{anns, "hers shop/friends 1", "shared shop/friends 2"}},

	"what says more than whom its key names": {make: func(e *estate) {
		users(e)
		e.table("shop/checks", "doc none.key int", "approver_id identity.number int ~shop/users.id", "note none.text").keyed(2).add(7, 1, "once more, please").add(7, 2, "fine")
	}, want: []string{anns, "unsure shop/checks 7"}},

	"who paid, by name and postcode": {make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "zip contact.postcode").
			add(1, users1, "Ann Lee", "20095").add(2, "lee@example.org", "Ann Lee", "50667").add(3, "bob@example.com", "Bob Ray", "20095")
		e.table("shop/payments", "id none.key int", "payer identity.name", "payer_zip contact.postcode").
			add(11, "Ann Lee", "20095").add(12, "Ann Lee", "50667").add(13, "Ann Lee", "80331").add(14, "Bob Ray", "20095")
	}, want: []string{anns, "mentions shop/payments 11: Ann Lee", "unsure shop/payments 13"}},

	"a namesake of another faculty": {make: func(e *estate) {
		e.table("uni/students", "fac none.code", "no identity.number int", "mail contact.email", "name identity.name").keyed(2).add("med", 1, users1, "Ann Lee").add("law", 1, "lee@example.org", "Ann Lee").add("law", 2, "bob@example.com", "Bob Ray")
		fees := e.table("uni/fees", "id none.key int", "fac none.code", "no identity.number int", "payer identity.name").add(11, "med", 1, "Ann Lee").add(12, "law", 1, "Ann Lee").add(13, "law", 2, "Bob Ray")
		to := pii.Ref{Source: "uni", Dataset: "students"}
		fees.guess = append(fees.guess, lineage.Edge{ID: "fees", From: fees.ref, Fields: []string{"no", "fac"}, To: to, ToFields: []string{"no", "fac"}, Kind: lineage.Owns, Confidence: 0.99})
	}, want: []string{"hers uni/students med", "hers uni/fees 11"}},

	"settings whose names have her number in them": {make: func(e *estate) {
		e.table("shop/users", "id identity.number", "mail contact.email").add("5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1", users1).add("5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a2", "bob@example.com")
		e.table("shop/others", "name none.product", "value none.code").add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1.plan", "dark").add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a2.plan", "x")
		e.table("shop/settings", "name none.product", "value none.code").add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1.theme", "dark").add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a2.theme", "dark").
			add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a3.theme", "dark").add("user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a4.theme", "dark").
			add("chat/5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1/5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a2", "on").add("mail.ann@example.com.seen", "1")
	}, want: []string{"hers shop/users 5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1", "hers shop/settings user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1.theme", "unsure shop/others user.5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1.plan", "unsure shop/settings chat/5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a1/5f0c41aa-77c1-4c70-9ad1-0b5a31c2f2a2"}},

	"keys that name another one with her": {make: func(e *estate) {
		users(e)
		tb := e.table("shop/threads", "name none.product", "last none.code").add("ann@example.com|bob_ray", "dark").add("invite/ann@example.com/from/bob ray", "x").add("invite/ann@example.com/from/zoe", "x")
		for i := range 5 {
			tb.add(fmt.Sprintf("friend%d@example.net|bob_ray", i), "dark").add(fmt.Sprintf("invite/friend%d@example.net/from/bob ray", i), "x")
		}
	}, want: []string{anns, "unsure shop/threads ann@example.com|bob_ray", "unsure shop/threads invite/ann@example.com/from/bob ray", "unsure shop/threads invite/ann@example.com/from/zoe"}},

	"marks that a teacher gave": {make: func(e *estate) {
		pupils := e.table("uni/students", "id identity.number int", "email contact.email", "name identity.name")
		staff := e.table("uni/teachers", "id identity.number int", "email contact.email", "name identity.name")
		marks := e.table("uni/grades", "student_id identity.number int >uni/students.id", "teacher_id identity.number int >uni/teachers.id", "points none.count int", "passed none.boolean").keyed(2)
		for i := range 40 {
			pupils.add(i, mailAt(i), fmt.Sprintf("Cy %c%c Elm", 'a'+i%26, 'a'+i/26))
			marks.add(i, 500+i%20, i%15, true)
		}
		for i := range 20 {
			staff.add(500+i, fmt.Sprintf("t%d@example.net", i), fmt.Sprintf("Tom %c Fox", 'a'+i))
		}
	}, start: mail("t3@example.net"), want: []string{"hers uni/teachers 503", "unsure uni/grades 3", "unsure uni/grades 23"}},

	"who she was is told by what is left": {make: func(e *estate) {
		patients(e).add(9, "ann@example.net", "Dora", "Lee", "1999-01-01")
		e.table("ward/history", "id none.key int", "email contact.email", "first identity.given_name", "last identity.family_name", "phone contact.phone").add(1, "gone@example.com", "Gil", "Lee", "+12025550143")
		e.table("ward/phones", "id identity.number int", "phone contact.phone", "name identity.name").add(5, "+12025550143", "Dora Lee")
	}, start: mail("gone@example.com"), want: []string{"hers ward/history 1", "held-by-another ward/phones 5"}},
}

func patients(e *estate) *table {
	return e.table("ward/patients", "id identity.number int", "email contact.email", "first identity.given_name", "last identity.family_name", "born demographic.birth_date").
		add(1, users1, "Ann", "Lee", "1980-02-03").add(2, "bob@example.com", "Bob", "Ray", "1970-01-01")
}

func TestHands(t *testing.T) {
	t.Parallel()
	for name, d := range hands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			d.make(e)
			start := d.start
			if start.Value.Null() {
				start = mail(users1)
			}
			same(t, told(e.close(e.open(), start)), d.want)
		})
	}
}

// TestApart does not take what stands beside a reference for hers where it was seen to be others'.
func TestApart(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	tb := e.table("shop/brought", "id none.key int", "user_id identity.number int ~shop/users.id", "email contact.email").add(1, 1, "dan@example.com").add(2, 2, "eve@example.com")
	tb.guess[0].Apart = true
	e.table("news/list", "id none.key int", "email contact.email").add(1, "dan@example.com").add(2, users1)
	same(t, told(e.close(e.open(), mail(users1))), []string{anns, "hers shop/brought 1", "hers news/list 2"})
}

// TestAgreed lets what both records say of their person decide between tables that all count from 1.
func TestAgreed(t *testing.T) {
	t.Parallel()
	l := &looks{}
	ids := every(1, 1, 200)
	l.field("wp_users", "id", "identity.number", ids)
	l.field("wp_users", "mail", "contact.email", numbered("a@example.com", 0, 200))
	l.field("customers", "id", "identity.number", ids)
	l.field("customers", "mail", "contact.email", numbered("b@example.com", 0, 200))
	l.field("quotes", "nr", "none.key", every(9000, 7, 150))
	l.field("quotes", "cid", "none.key", ids[:150])
	l.field("quotes", "mail", "contact.email", numbered("b@example.com", 0, 150))
	for i := range l.all {
		l.all[i].Node.Person = 0
		if n := l.all[i].Node.Dataset.Ref.Dataset; n != "quotes" {
			l.all[i].Node.Person = 0.95
		}
	}
	pairings := lineage.Comparable(l.all)
	if len(pairings) != 2 {
		t.Fatalf("%d pairings, want one with each table of persons", len(pairings))
	}
	var paired []lineage.Paired
	for _, p := range pairings {
		agree := 0
		if p.Parent.Node.Dataset.Ref.Dataset == "customers" {
			agree = 40
		}
		paired = append(paired, lineage.Paired{Pairing: p, Compared: 40, Agree: agree})
	}
	for _, e := range lineage.Agreed(lineage.Infer(l.all), paired) {
		if e.Fields[0] == "cid" && (e.To != pii.Ref{Source: "s", Dataset: "customers"} || e.Confidence < 0.95) {
			t.Errorf("cid refers to %s, %.2f sure", e.To, e.Confidence)
		}
	}
	mixed := lineage.Agreed([]lineage.Edge{{From: paired[0].Child.Node.Dataset.Ref, Fields: []string{"cid"}, To: paired[0].Parent.Node.Dataset.Ref, ToFields: []string{"id"}, Confidence: 0.999, Evidence: []pii.Nat{{Nats: 7}}}},
		[]lineage.Paired{{Pairing: paired[0].Pairing, Compared: 40, Agree: 20}})
	if len(mixed) != 1 || mixed[0].Confidence > 0.8 || !mixed[0].Apart {
		t.Errorf("a field of two sorts of numbers refers to one: %+v", mixed)
	}
}

// housed are users who have streets and telephones, among them father and son of one name in one house.
func housed(e *estate) {
	e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "street contact.street", "phone contact.phone").
		add(1, users1, "Ann Lee", "7 Long Elm Drive", "+12025550143").add(2, "bob@example.com", "Bob Ray", "9 Long Elm Drive", "+12025550144").
		add(3, "lee@example.org", "Ann Lee", "7 Long Elm Drive", "+12025550146").add(4, "cy@example.com", "Cy Fox", "1 Elm Court", "+12025550147")
}

// TestNamesakesAreLookedUpTogether has a namesake who wrote much: that it is his is found out for all of it at once.
func TestNamesakesAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	looked := func(comments int) int {
		e := newEstate(t)
		housed(e)
		tb := e.table("shop/comments", "id none.key int", "user_id identity.number int >shop/users.id", "author identity.name")
		for i := range comments {
			tb.add(i, 2+i%3, "Ann Lee")
		}
		c := e.close(e.open(), mail(users1))
		if len(c.Records) != 1 {
			t.Errorf("of %d comments of others %d are touched", comments, len(c.Records)-1)
		}
		return c.Looked
	}
	if few, more := looked(3), looked(300); more > few {
		t.Errorf("3 comments take %d looks, 300 take %d", few, more)
	}
}
