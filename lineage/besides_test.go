package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// TestNamedOnceMore takes visits for the visitor's alone that name her by her number and by a token of hers, and those that have the token only.
func TestNamedOnceMore(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name", "token none.key")
	visits := e.table("s/visits", "id none.key", "user_id identity.number int >s/users.id", "token none.key ~s/users.token")
	for i := range 60 {
		users.add(i, mailAt(i), fmt.Sprintf("Ann Lee%c%c", 'a'+i%26, 'a'+i/26), fmt.Sprintf("tok%020d", i))
		visits.add(fmt.Sprintf("v%d", i), i, fmt.Sprintf("tok%020d", i))
	}
	visits.add("w7", nil, fmt.Sprintf("tok%020d", 7))
	same(t, told(e.close(e.open(), mail(mailAt(7)))), []string{"hers s/users 7", "hers s/visits v7", "hers s/visits w7"})
}

// TestAnsweredByStaff takes what staff wrote in a ticket of hers for hers, and leaves what other customers wrote there to them.
func TestAnsweredByStaff(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
	staff := e.table("s/staff", "id identity.number int", "email contact.email", "name identity.name")
	tickets := e.table("s/tickets", "id none.key int", "user_id identity.number int >s/users.id")
	messages := e.table("s/messages", "id none.key int", "ticket_id none.key int >s/tickets.id", "author_kind none.code", "author_id identity.number int")
	for i := range 30 {
		users.add(i, mailAt(i), "Ann Lee")
		tickets.add(100+i, i)
		messages.add(1000+i, 100+i, "user", i)
	}
	for i := range 3 {
		staff.add(i, fmt.Sprintf("desk%d@example.net", i), "Tom Lind")
	}
	messages.add(2000, 101, "staff", 1).add(2001, 102, "staff", 1).add(2002, 101, "user", 2)
	for kind, to := range map[string]pii.Ref{"user": users.ref, "staff": staff.ref} {
		messages.guess = append(messages.guess, lineage.Edge{ID: kind, From: messages.ref, Fields: []string{"author_id"}, To: to, ToFields: []string{"id"}, Confidence: 0.99, When: &lineage.When{Field: "author_kind", Values: []string{kind}}})
	}
	same(t, told(e.close(e.open(), mail(mailAt(1)))), []string{"hers s/users 1", "hers s/tickets 101", "hers s/messages 1001", "hers s/messages 2000", "held-by-another s/messages 2002"})
}

// TestArticle leaves an article that she ordered where it is, and the orders of it by others, though it has an address of somebody who sells it.
func TestArticle(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
	articles := e.table("s/articles", "id none.key int", "vendor contact.email")
	orders := e.table("s/orders", "id none.key int", "user_id identity.number int >s/users.id")
	lines := e.table("s/lines", "id none.key int", "order_id none.key int >s/orders.id", "article_id none.key int >s/articles.id")
	for i := range 30 {
		users.add(i, mailAt(i), "Ann Lee")
		articles.add(500+i, fmt.Sprintf("sales%d@example.net", i/3))
		orders.add(100+i, i)
		lines.add(1000+i, 100+i, 500+i%10)
	}
	same(t, told(e.close(e.open(), mail(mailAt(4)))), []string{"hers s/users 4", "hers s/orders 104", "hers s/lines 1004", "shared s/articles 504"})
}

// TestArticleOfAShop is TestArticle where orders have numbers of their own in each shop, and lines refer to shop and number.
func TestArticleOfAShop(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
	articles := e.table("s/articles", "id none.key int", "vendor contact.email")
	orders := e.table("s/orders", "shop none.code", "no none.key int", "user_id identity.number int >s/users.id").keyed(2)
	lines := e.table("s/lines", "id none.key int", "shop none.code", "order_no none.key int", "article_id none.key int >s/articles.id")
	lines.refs = append(lines.refs, pii.Reference{From: lines.ref, Fields: []string{"shop", "order_no"}, To: orders.ref, ToFields: []string{"shop", "no"}})
	for i := range 30 {
		users.add(i, mailAt(i), "Ann Lee")
		articles.add(500+i, fmt.Sprintf("sales%d@example.net", i/3))
		orders.add("north", 100+i, i)
		lines.add(1000+i, "north", 100+i, 500+i%10)
	}
	same(t, told(e.close(e.open(), mail(mailAt(4)))), []string{"hers s/users 4", "hers s/orders north", "hers s/lines 1004", "shared s/articles 504"})
}

// TestUpwardToThePerson starts from the number of an account, which stands in payments alone, and goes up to the person by the order that names whom the payment names.
func TestUpwardToThePerson(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
	orders := e.table("s/orders", "id none.key int", "user_id identity.number int >s/users.id", "ship_name identity.name")
	payments := e.table("s/payments", "id none.key int", "order_id none.key int >s/orders.id", "iban finance.iban", "holder identity.name")
	name := func(i int) string { return fmt.Sprintf("Ann Lee%c%c", 'a'+i%26, 'a'+i/26) }
	for i := range 30 {
		users.add(i, mailAt(i), name(i))
		orders.add(100+i, i, name(i))
		payments.add(1000+i, 100+i, fmt.Sprintf("DE%020d", i), strings.ToUpper(name(i)))
	}
	from := pii.Identifier{Category: "finance.iban", Value: pii.NewValue(fmt.Sprintf("DE%020d", 3))}
	same(t, told(e.close(e.open(), from)), []string{"hers s/users 3", "hers s/orders 103", "hers s/payments 1003"})
}

// TestUpwardToTwo starts from the number of an account from which a father also pays for his son, who is called as he is: which of them is meant has to be asked.
func TestUpwardToTwo(t *testing.T) {
	t.Parallel()
	for name, born := range map[string]bool{"by their days of birth": true, "by their addresses": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			var users, orders, payments []*table
			for _, shop := range []string{"s", "z"} {
				users = append(users, e.table(shop+"/users", "id identity.number int", "email contact.email", "name identity.name", "born demographic.birth_date"))
				orders = append(orders, e.table(shop+"/orders", "id none.key int", "user_id identity.number int >"+shop+"/users.id", "ship_name identity.name"))
				payments = append(payments, e.table(shop+"/payments", "id none.key int", "order_id none.key int >"+shop+"/orders.id", "iban finance.iban", "holder identity.name"))
			}
			for i := range 60 {
				as, in, day := i, 0, any(nil)
				if i == 33 {
					as = 3
				}
				if born {
					in, day = i/30, fmt.Sprintf("19%d-01-02", 20+i)
				}
				called := fmt.Sprintf("Ann Lee%c%c", 'a'+as%26, 'a'+as/26)
				users[in].add(i, mailAt(i), called, day)
				orders[in].add(100+i, i, called)
				payments[in].add(1000+i, 100+i, fmt.Sprintf("DE%020d", as), called)
			}
			of := map[bool]string{false: "s", true: "z"}[born]
			from := given("finance.iban", fmt.Sprintf("DE%020d", 3))
			c := e.close(e.open(), from)
			same(t, told(c), []string{"unsure s/users 3", "unsure " + of + "/users 33", "unsure s/orders 103", "unsure " + of + "/orders 133", "unsure s/payments 1003", "unsure " + of + "/payments 1033"})
			asked(t, name, c)
			if len(c.Questions) != 1 || c.Questions[0].Code != "several-people" {
				t.Errorf("asked %+v", c.Questions)
			}
		})
	}
}

// TestDevices begins with the token of one machine of somebody who has two.
func TestDevices(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name", "doc none.other json", "doc.tokens[] online.cookie_id path")
	visits := e.table("s/visits", "id none.key int", "token online.cookie_id", "user_id identity.number int ~s/users.id")
	for i := range 30 {
		users.add(i, mailAt(i), "Ann Lee", fmt.Sprintf(`{"tokens":["tok%020d","tok%020d"]}`, i, 500+i))
		visits.add(1000+2*i, fmt.Sprintf("tok%020d", i), i)
		visits.add(1001+2*i, fmt.Sprintf("tok%020d", 500+i), nil)
	}
	from := pii.Identifier{Category: "online.cookie_id", Value: pii.NewValue(fmt.Sprintf("tok%020d", 3))}
	same(t, told(e.close(e.open(), from)), []string{"hers s/users 3", "hers s/visits 1006", "hers s/visits 1007"})
}

// TestFamilysTelephone is given somebody's address and the telephone of her family, of whom a table that knows other addresses lists another one first.
func TestFamilysTelephone(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	old := e.table("a/clients", "no identity.customer_number", "name identity.name", "phone contact.phone", "mail contact.email")
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone")
	name := func(i int) string {
		return fmt.Sprintf("%s Lee%c%c", []string{"Ann", "Tom"}[i%2], 'a'+i/2%26, 'a'+i/52)
	}
	for i := range 30 {
		phone := fmt.Sprintf("+1202555%04d", 100+i/2)
		old.add(fmt.Sprintf("K%05d", 7*(i^1)), name(i^1), phone, fmt.Sprintf("old%d@example.org", i^1))
		users.add(i, mailAt(i), name(i), phone)
	}
	c, err := lineage.Close(t.Context(), e.open(), e, limits, []pii.Identifier{mail(mailAt(4)), {Category: "contact.phone", Value: pii.NewValue("+12025550102")}}, nil)
	if err != nil || len(c.Questions) > 0 {
		t.Fatalf("asked %+v, %v", c.Questions, err)
	}
	if got := told(c); !slices.Contains(got, "hers s/users 4") || !slices.Contains(got, "held-by-another s/users 5") {
		t.Errorf("got %q", got)
	}
}

// TestFamilysTelephoneElsewhere leaves the telephone of a family in the address of the other one, whose account does not have it.
func TestFamilysTelephoneElsewhere(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name", "phone contact.phone")
	homes := e.table("s/homes", "id none.key int", "user_id identity.number int >s/users.id", "name identity.name", "phone contact.phone")
	for i := range 30 {
		name := fmt.Sprintf("%s Lee%c", []string{"Ann", "Tom"}[i%2], 'a'+i/2)
		phone := fmt.Sprintf("+1202555%04d", 100+i/2)
		users.add(i, mailAt(i), name, map[bool]any{true: phone}[i%2 == 0])
		homes.add(100+i, i, name, phone)
	}
	same(t, told(e.close(e.open(), mail(mailAt(4)))), []string{"hers s/users 4", "hers s/homes 104", "held-by-another s/homes 105"})
}

// TestTelephoneOfTwoAccounts has two accounts with one telephone, an address each, and no names, or names that have figures in them: it leads from the one to the other no more
// than a family's does, and by itself it says of neither that it is meant.
func TestTelephoneOfTwoAccounts(t *testing.T) {
	t.Parallel()
	for name, called := range map[string]func(i int) any{"no names": func(int) any { return nil }, "figures": func(i int) any { return fmt.Sprintf("Ann Example%d", i) }} {
		e := newEstate(t)
		users := e.table("s/users", "id identity.number int", "email contact.email", "phone contact.phone", "name identity.name")
		orders := e.table("s/orders", "id none.key int", "user_id identity.number int >s/users.id")
		for i := range 40 {
			phone := fmt.Sprintf("+1202555%04d", 100+i)
			if i == 19 {
				phone = "+12025550118"
			}
			users.add(i, mailAt(i), phone, called(i))
			orders.add(100+i, i)
		}
		g := e.open()
		if got := told(e.close(g, mail(mailAt(19)))); !slices.Contains(got, "hers s/orders 119") || slices.Contains(got, "hers s/users 18") || slices.Contains(got, "hers s/orders 118") {
			t.Errorf("%s: by her address: %q", name, got)
		}
		c := e.close(g, pii.Identifier{Category: "contact.phone", Value: pii.NewValue("+12025550118")})
		if len(c.Questions) != 1 || c.Questions[0].Code != "several-people" {
			t.Errorf("%s: by the telephone: %+v, %q", name, c.Questions, told(c))
		}
	}
}

// TestLinesOfAJoinedOrder has orders that a table joins to those who gave them, and lines of them for articles that nobody owns: they are the order's.
func TestLinesOfAJoinedOrder(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
	orders := e.table("s/orders", "id none.key int", "status none.code")
	parties := e.table("s/parties", "order_id none.key int >s/orders.id", "user_id identity.number int >s/users.id").keyed(2)
	articles := e.table("s/articles", "id none.key int", "title none.other")
	lines := e.table("s/lines", "id none.key int", "order_id none.key int >s/orders.id", "article_id none.key int >s/articles.id")
	for i := range 30 {
		users.add(i, mailAt(i), "Ann Lee")
		articles.add(700+i, fmt.Sprintf("lamp %d", i))
		orders.add(500+i, "done")
		parties.add(500+i, i)
		lines.add(900+i, 500+i, 700+i/3)
	}
	same(t, told(e.close(e.open(), mail(mailAt(4)))), []string{"hers s/lines 904", "hers s/orders 504", "hers s/parties 504", "hers s/users 4"})
}
