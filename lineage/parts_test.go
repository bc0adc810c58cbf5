package lineage_test

import (
	"crypto/sha256"
	"fmt"

	"vestige/lineage"
	"vestige/pii"
)

// difficulty is a small estate, what the closure must say of it, and the part of the closure without which it says something else.
type difficulty struct {
	make          func(e *estate)
	start         pii.Identifier
	part          lineage.Part
	want, without []string
}

// crowd adds people who are nobody of the case, so that fields have the figures that they have in life.
func crowd(tb *table, n int, row func(i int) []any) {
	for i := range n {
		tb.add(row(1000 + i)...)
	}
}

func users(e *estate) *table {
	tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name")
	tb.add(1, "ann@example.com", "Ann Lee").add(2, "bob@example.com", "Bob Ray")
	crowd(tb, 8, func(i int) []any {
		return []any{i, fmt.Sprintf("u%d@example.net", i), fmt.Sprintf("Cy Fox%c", 'a'+i%26)}
	})
	return tb
}

// many is a crowd of n records of the people of users.
func many(tb *table, n int, row func(key, user int) []any) {
	for i := range n {
		tb.add(row(5000+i, 1000+i%8)...)
	}
}

const anns, users1 = "hers shop/users 1", "ann@example.com"

var difficulties = map[string]difficulty{
	"a second address leads on": {part: lineage.Extend, make: func(e *estate) {
		e.table("crm/people", "no identity.number int", "mail contact.email", "old contact.email", "name identity.name").
			add(7, users1, "lee@example.org", "Ann Lee").add(8, "bob@example.com", "ray@example.org", "Bob Ray")
		e.table("news/list", "id none.key int", "email contact.email").add(1, "lee@example.org").add(2, "ray@example.org").add(3, users1)
	}, want: []string{"hers crm/people 7", "hers news/list 1", "hers news/list 3"}, without: []string{"hers crm/people 7", "hers news/list 3"}},

	"an address in a text": {part: lineage.Text, make: func(e *estate) {
		users(e)
		e.table("shop/log", "id none.key int", "line none.text").add(1, "sent to ann@example.com today").add(2, "sent to joann@example.com today")
	}, want: []string{anns, "mentions shop/log 1: ann@example.com"}, without: []string{anns}},

	"one element of a list of people": {part: lineage.Members, make: func(e *estate) {
		users(e)
		e.table("shop/firms", "id none.key int", "doc none.other json", "doc.contacts[].mail contact.email path").
			add(1, `{"contacts":[{"mail":"ann@example.com"},{"mail":"bob@example.com"}]}`).add(2, `{"contacts":[{"mail":"bob@example.com"}]}`)
	}, want: []string{anns, "mentions shop/firms 1: ann@example.com"}},

	"two people with one telephone": {part: lineage.Agree, make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").
			add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Ray", "+12025550100").add(3, "cy@example.com", "Cy Fox", "+12025550101")
	}, want: []string{anns, "held-by-another shop/users 2"}, without: []string{anns, "hers shop/users 2"}},

	"an address that is another's now": {part: lineage.Windows, make: func(e *estate) {
		users(e).add(3, "lee@example.com", "Dan Poe")
		e.table("shop/addresses_had", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email", "valid_from none.date", "valid_to none.date").
			add(11, 1, "lee@example.com", "2018-01-01", "2020-01-01").add(12, 3, "lee@example.com", "2021-01-01", nil)
		e.table("news/sent", "id none.key int", "email contact.email", "sent none.date").
			add(21, "lee@example.com", "2019-05-05").add(22, "lee@example.com", "2023-05-05")
	}, want: []string{anns, "hers shop/addresses_had 11", "held-by-another shop/addresses_had 12", "held-by-another shop/users 3", "hers news/sent 21", "held-by-another news/sent 22"},
		without: []string{anns, "hers shop/addresses_had 11", "held-by-another shop/addresses_had 12", "held-by-another shop/users 3", "unsure news/sent 21", "unsure news/sent 22"}},

	"an order of two": {part: lineage.CoOwners, make: func(e *estate) {
		users(e)
		tb := e.table("shop/orders", "id none.key int", "customer_id identity.number int >shop/users.id", "co_customer_id identity.number int >shop/users.id").add(31, 1, nil).add(32, 1, 2).add(33, 2, nil)
		many(tb, 30, func(k, u int) []any { return []any{k, u, nil} })
	}, want: []string{anns, "hers shop/orders 31", "shared shop/orders 32"}, without: []string{anns, "hers shop/orders 31", "hers shop/orders 32"}},

	"an order of two by a join table": {part: lineage.CoOwners, make: func(e *estate) {
		users(e)
		e.table("shop/orders", "id none.key int", "total none.amount").add(31, 5).add(32, 6).add(33, 7)
		tb := e.table("shop/order_customers", "id none.key int", "order_id none.key int >shop/orders.id", "customer_id identity.number int >shop/users.id").add(41, 31, 1).add(42, 32, 1).add(43, 32, 2).add(44, 33, 2)
		crowd(tb, 6, func(i int) []any { return []any{i, i, 1000 + i%6} })
	}, want: []string{anns, "hers shop/order_customers 41", "hers shop/order_customers 42", "hers shop/orders 31", "shared shop/orders 32"},
		without: []string{anns, "hers shop/order_customers 41", "hers shop/order_customers 42", "hers shop/orders 31", "hers shop/orders 32"}},

	"the items of an order": {part: lineage.Follow, make: func(e *estate) {
		users(e)
		e.table("shop/orders", "id none.key int", "customer_id identity.number int >shop/users.id").add(31, 1).add(33, 2)
		e.table("shop/items", "id none.key int", "order_id none.key int >shop/orders.id", "article none.product").add(51, 31, "tea").add(52, 33, "tea").add(53, 31, "cup")
	}, want: []string{anns, "hers shop/orders 31", "hers shop/items 51", "hers shop/items 53"}, without: []string{anns, "hers shop/orders 31"}},

	"digests of addresses": {part: lineage.Hashes, make: func(e *estate) {
		users(e)
		e.table("ads/audience", "id none.key int", "em contact.email form=sha256").add(1, digest(users1)).add(2, digest("bob@example.com"))
	}, want: []string{anns, "hers ads/audience 1"}, without: []string{anns}},

	"her name beside her address": {part: lineage.Names, make: func(e *estate) {
		users(e)
		e.table("shop/tickets", "id none.key int", "customer_id identity.number int >shop/users.id", "body none.text").add(61, 2, "Ann Lee (ann@example.com) told me.").add(62, 2, "Annabel told me.")
	}, want: []string{anns, "mentions shop/tickets 61: Ann Lee, ann@example.com"}, without: []string{anns, "mentions shop/tickets 61: ann@example.com"}},

	"who handles a ticket": {part: lineage.RolesOf, make: func(e *estate) {
		users(e)
		tb := e.table("shop/tickets", "id none.key int", "customer_id identity.number int >shop/users.id", "handled_by identity.number int >shop/users.id").add(61, 1, 2).add(62, 2, 1)
		many(tb, 30, func(k, u int) []any { return []any{k, u, 2} })
	}, want: []string{anns, "hers shop/tickets 61", "mentions shop/tickets 62: 1"}},

	"the address that she refers to": {part: lineage.Upward, make: func(e *estate) {
		e.table("shop/places", "id none.key int", "street contact.street").add(71, "1 Elm Street").add(72, "2 Elm Street")
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "place_id none.key int >shop/places.id").add(1, users1, "Ann Lee", 71).add(2, "bob@example.com", "Bob Ray", 72)
	}, want: []string{anns, "hers shop/places 71"}, without: []string{anns}},

	"equal numbers that mean different people": {make: func(e *estate) {
		users(e)
		e.table("crm/clients", "id identity.number int", "email contact.email", "name identity.name").add(1, "dan@example.com", "Dan Poe").add(2, users1, "Ann Lee")
		e.table("crm/calls", "id none.key int", "client_id identity.number int ~crm/clients.id").add(81, 1).add(82, 2)
	}, want: []string{anns, "hers crm/clients 2", "hers crm/calls 82"}},

	"a number that an old list counts by too": {part: lineage.Domains, make: func(e *estate) {
		users(e)
		e.table("shop/list", "row identity.number int", "email contact.email", "name identity.name").add(1, "bob@example.com", "Bob Ray").add(2, users1, "Ann Lee")
		tb := e.table("shop/tickets", "id none.key int", "customer_id identity.number int >shop/users.id", "body none.text").
			add(61, 2, "I am customer no. 2.").add(62, 1, "I am customer no. 1.").add(63, 2, "Ask customer no. 1.")
		many(tb, 30, func(k, u int) []any { return []any{k, u, "Thanks."} })
		e.table("shop/log", "id none.key int", "line none.text").add(1, "customer 1 called").add(2, "customer 2 called")
	}, want: []string{anns, "hers shop/list 2", "hers shop/tickets 62", "mentions shop/tickets 63: 1", "mentions shop/log 1: 1"}},

	"a telephone of two beside the address of one": {make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").
			add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Ray", "+12025550100").add(3, "cy@example.com", "Cy Fox", "+12025550101")
		e.table("desk/calls", "id none.key int", "phone contact.phone", "email contact.email").
			add(1, "+12025550100", "bob@example.com").add(2, "+12025550100", users1).add(3, "+12025550100", nil).add(4, "+12025550101", nil)
	}, want: []string{anns, "held-by-another shop/users 2", "held-by-another desk/calls 1", "hers desk/calls 2", "unsure desk/calls 3"}},

	"a telephone of a family": {make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").
			add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Lee", "+12025550100").add(3, "cy@example.com", "Cy Fox", "+12025550101")
		e.table("desk/calls", "id none.key int", "phone contact.phone").add(3, "+12025550100").add(4, "+12025550101")
	}, want: []string{anns, "held-by-another shop/users 2", "held-by-another desk/calls 3"}},

	"an address under a key": {part: lineage.Extend, make: func(e *estate) {
		users(e)
		e.table("shop/usermeta", "id none.key int", "user_id identity.number int >shop/users.id", "meta_key none.code", "meta_value text.personal under=meta_key=billing_email=contact.email under=meta_key=friend_email=contact.email").
			add(1, 1, "billing_email", "lee@example.org").add(2, 1, "theme", "dark").add(3, 2, "billing_email", "ray@example.org").
			add(4, 1, "friend_email", "ray@example.net").add(5, 1, "billing_email", "office@example.net").add(6, 2, "billing_email", "office@example.net")
		e.table("news/list", "id none.key int", "email contact.email").add(1, "lee@example.org").add(2, "ray@example.org").add(3, "ray@example.net").add(4, "office@example.net")
	}, want: []string{anns, "hers shop/usermeta 1", "hers shop/usermeta 2", "hers shop/usermeta 4", "hers shop/usermeta 5", "hers news/list 1"}},

	"a namesake": {make: func(e *estate) {
		users(e).add(3, "lee@example.org", "Ann Lee")
		e.table("shop/comments", "id none.key int", "author identity.name", "email contact.email", "user_id identity.number int >shop/users.id").
			add(1, "Ann Lee", users1, 1).add(2, "Ann Lee", "lee@example.org", 3).add(3, "Ann Lee", "lee@example.org", nil).add(4, "Ann Lee", nil, nil)
	}, want: []string{anns, "hers shop/comments 1", "unsure shop/comments 4"}},

	"a telephone of two people, and nothing else": {part: lineage.Agree, start: pii.Identifier{Category: "contact.phone", Value: pii.NewValue("+12025550100")}, make: func(e *estate) {
		tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Lee", "+12025550100")
		crowd(tb, 8, func(i int) []any {
			return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", fmt.Sprintf("+120255501%02d", i%90+10)}
		})
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id").add(1, 1).add(2, 2)
	}, want: []string{"held-by-another shop/users 2", "unsure shop/orders 1", "unsure shop/users 1"}},

	"a telephone of one": {start: pii.Identifier{Category: "contact.phone", Value: pii.NewValue("+12025550100")}, make: func(e *estate) {
		tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").add(1, users1, "Ann Lee", "+12025550100").add(2, "bob@example.com", "Bob Lee", "+12025550199")
		crowd(tb, 8, func(i int) []any {
			return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", fmt.Sprintf("+120255501%02d", i%90+10)}
		})
	}, want: []string{anns}},

	"an account of two people": {make: func(e *estate) {
		e.table("bank/accounts", "id none.key int", "iban finance.iban", "holder identity.name").add(1, "DE89370400440532013000", "Bob Ray").add(2, "DE02120300000000202051", "Cy Fox").add(3, "DE02500105170137075030", "Ann Lee")
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "account_id none.key int >bank/accounts.id").
			add(1, users1, "Ann Lee", 1).add(2, "bob@example.com", "Bob Ray", 1).add(3, "cy@example.com", "Cy Fox", 2)
		many(e.table("shop/orders", "id none.key int", "customer_id identity.number int >shop/users.id").add(1, 1).add(2, 2), 5, func(k, u int) []any { return []any{k, 2} })
	}, want: []string{anns, "hers shop/orders 1", "shared bank/accounts 1", "unsure bank/accounts 3"}},

	"an address in a link": {part: lineage.Hashes, make: func(e *estate) {
		users(e)
		e.table("shop/log", "id none.key int", "line none.text").add(1, "GET /login?email=ann%40example.com 200").add(2, "GET /login?email=joann%40example.com 200")
	}, want: []string{anns, "mentions shop/log 1: ann%40example.com"}, without: []string{anns}},

	"a name with an initial": {make: func(e *estate) {
		users(e)
		e.table("shop/reviews", "id identity.number int", "email contact.email", "author identity.name").add(1, users1, "Ann L.").add(2, "bob@example.com", "Bob R.")
	}, want: []string{anns, "hers shop/reviews 1"}},

	"a member of a group": {make: func(e *estate) {
		users(e)
		tb := e.table("shop/groups", "id none.key int", "doc none.other json", "doc.members[] identity.number path").add(1, `{"members":[2,1]}`).add(2, `{"members":[2]}`)
		tb.guess = append(tb.guess, lineage.Edge{ID: "g", From: tb.ref, Fields: []string{"doc.members[]"}, To: pii.Ref{Source: "shop", Dataset: "users"}, ToFields: []string{"id"}, Confidence: 0.99})
	}, want: []string{anns, "mentions shop/groups 1: 1"}},

	"a reference whose parent another field names": {make: func(e *estate) {
		users(e)
		tb := e.table("shop/addresses", "id none.key int", "owner_type none.code", "owner_id none.key int", "street contact.street").
			add(1, "User", 1, "1 Elm Drive").add(2, "Shop", 1, "2 Elm Drive").add(3, "User", 2, "3 Elm Drive")
		tb.guess = append(tb.guess, lineage.Edge{ID: "k", From: tb.ref, Fields: []string{"owner_id"}, To: pii.Ref{Source: "shop", Dataset: "users"}, ToFields: []string{"id"}, Confidence: 0.99, When: &lineage.When{Field: "owner_type", Values: []string{"user"}}})
	}, want: []string{anns, "hers shop/addresses 1"}},

	"a father and a son of one name": {make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "street contact.street").
			add(1, users1, "Ann Lee", "7 Long Elm Drive").add(2, "lee@example.org", "Ann Lee", "7 Long Elm Drive").add(3, "bob@example.com", "Bob Ray", "9 Long Elm Drive")
		e.table("shop/invoices", "id none.key int", "user_id identity.number int >shop/users.id", "recipient identity.name", "street contact.street").
			add(1, 1, "Ann Lee", "7 Long Elm Drive").add(2, 2, "Ann Lee", "7 Long Elm Drive").add(3, 3, "Ann Lee", "7 Long Elm Drive")
	}, want: []string{anns, "hers shop/invoices 1", "mentions shop/invoices 3: Ann Lee"}},

	"a number of two people in two systems": {make: func(e *estate) {
		users(e)
		many(e.table("shop/orders", "id none.key int", "customer_id identity.number int >shop/users.id"), 5, func(k, u int) []any { return []any{k, u} })
		e.table("crm/people", "id identity.number int", "email contact.email", "name identity.name").add(1, "bob@example.com", "Bob Ray").add(2, "dan@example.com", "Dan Poe")
		many(e.table("crm/deals", "id none.key int", "person_id identity.number int >crm/people.id"), 5, func(k, u int) []any { return []any{k, u} })
		e.table("shop/texts", "id none.key int", "line none.text").add(1, "customer 1 called")
		e.table("crm/texts", "id none.key int", "line none.text").add(1, "customer 1 called")
		e.table("files/texts", "id none.key int", "line none.text").add(1, "customer 1 called").add(2, "customer 1, ann@example.com, called").add(3, "customer 2 called")
	}, want: []string{anns, "mentions shop/texts 1: 1", "unsure files/texts 1", "mentions files/texts 2: 1, ann@example.com"}},

	"a function's address": {start: mail("noreply@example.com"), make: func(e *estate) {
		users(e)
		tb := e.table("shop/mails", "id none.key int", "recipient contact.email", "sender contact.email").add(91, users1, "noreply@example.com")
		many(tb, 50, func(k, u int) []any { return []any{k, fmt.Sprintf("u%d@example.net", u), "noreply@example.com"} })
	}, want: mailsOf("noreply@example.com")},

	"an address within a longer one": {part: lineage.Tokens, make: func(e *estate) {
		users(e)
		e.table("shop/log", "id none.key int", "line none.text").add(1, "sent to ann@example.com today").add(2, "sent to joann@example.com today")
	}, want: []string{anns, "mentions shop/log 1: ann@example.com"}, without: []string{anns, "mentions shop/log 1: ann@example.com", "mentions shop/log 2: ann@example.com"}},

	"an order number with the digits of a telephone": {part: lineage.Codes, make: func(e *estate) {
		e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").
			add(1, users1, "Ann Lee", "+12025550143").add(2, "bob@example.com", "Bob Ray", "+12025550144")
		e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id", "order_no none.code").add(5, 1, "7000000001").add(6, 2, "2025550143")
	}, want: []string{anns, "hers shop/orders 5"}, without: []string{anns, "hers shop/orders 5", "mentions shop/orders 6: 2025550143"}},

	"the telephone of an office": {make: func(e *estate) {
		tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone").add(1, users1, "Ann Lee", "+12025550143")
		crowd(tb, 24, func(i int) []any {
			return []any{i, fmt.Sprintf("u%d@example.net", i), fmt.Sprintf("Cy Fox%c", 'a'+i%26), "+12025550199"}
		})
		calls := e.table("desk/calls", "id none.key int", "caller contact.phone")
		many(calls, 210, func(k, _ int) []any { return []any{k, "+12025550143"} })
		crowd(calls, 200, func(i int) []any { return []any{i, fmt.Sprintf("+1303555%04d", i)} })
	}, want: append([]string{anns}, unsure(210)...)},

	"a record that refers to itself": {make: func(e *estate) {
		users(e)
		e.table("shop/comments", "id none.key int", "user_id identity.number int >shop/users.id", "parent_id none.key int >shop/comments.id").add(1, 1, nil).add(2, 2, 1).add(3, 1, 2)
	}, want: []string{anns, "hers shop/comments 1", "hers shop/comments 3"}},
}

// mailsOf lists the records of a mail log as those that name the sender.
func mailsOf(sender string) []string {
	out := []string{"mentions shop/mails 91: " + sender}
	for i := range 50 {
		out = append(out, fmt.Sprintf("mentions shop/mails %d: %s", 5000+i, sender))
	}
	return out
}

// unsure lists the calls that a question stands about.
func unsure(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("unsure desk/calls %d", 5000+i))
	}
	return out
}

func digest(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
