package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// accounts are customers of whom the first gave up an address that the second has now.
func accounts(e *estate, closed any) *table {
	tb := e.table("shop/users", "id identity.number int", "email contact.email", "name identity.name", "opened none.date", "closed none.date").
		add(1, "lee@example.com", "Ann Lee", "2015-01-01", closed).add(2, "lee@example.com", "Bob Ray", "2021-01-01", nil)
	crowd(tb, 40, func(i int) []any {
		return []any{i, fmt.Sprintf("u%d@example.net", i), "Di Poe", "2018-01-01", nil}
	})
	e.table("shop/orders", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email").add(11, 1, "lee@example.com").add(12, 2, "lee@example.com")
	e.table("news/sent", "id none.key int", "email contact.email", "sent none.date").add(21, "lee@example.com", "2017-05-05").add(22, "lee@example.com", "2023-05-05").add(23, "lee@example.com", "2020-05-05")
	e.table("news/list", "id none.key int", "email contact.email").add(31, "lee@example.com")
	return tb
}

// TestAccountsTellWhoseAnAddressWas has an address of two accounts, one after the other or both at once.
func TestAccountsTellWhoseAnAddressWas(t *testing.T) {
	t.Parallel()
	address := mail("lee@example.com")
	for name, c := range map[string]struct {
		closed  any
		start   []pii.Identifier
		answers map[string]pii.Verdict
		want    []string
	}{
		"who has it now": {closed: "2019-01-01", start: []pii.Identifier{address},
			want: []string{"hers shop/users 2", "held-by-another shop/users 1", "hers shop/orders 12", "held-by-another shop/orders 11", "held-by-another news/sent 21", "hers news/sent 22", "hers news/sent 23", "hers news/list 31"}},
		"who had it": {closed: "2019-01-01", start: []pii.Identifier{address, named},
			want: []string{"hers shop/users 1", "held-by-another shop/users 2", "hers shop/orders 11", "held-by-another shop/orders 12", "hers news/sent 21", "held-by-another news/sent 22", "unsure news/sent 23", "held-by-another news/list 31"}},
		"who may have given it up": {closed: nil, start: []pii.Identifier{address, named},
			want: []string{"hers shop/users 1", "held-by-another shop/users 2", "hers shop/orders 11", "held-by-another shop/orders 12", "hers news/sent 21", "unsure news/sent 22", "hers news/sent 23", "unsure news/list 31"}},
		"two at once": {closed: nil, start: []pii.Identifier{address}, answers: map[string]pii.Verdict{whomID: pii.Reject}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			accounts(e, c.closed)
			got, err := lineage.Close(t.Context(), e.open(), e, limits, c.start, c.answers)
			if err != nil {
				t.Fatal(err)
			}
			if c.answers == nil {
				same(t, told(got), c.want)
				return
			}
			for _, r := range got.Records {
				if r.Holding != lineage.HeldByOther && r.Holding != lineage.Unsure {
					t.Errorf("%s is %s", r.Dataset, r.Holding)
				}
			}
		})
	}
}

// TestTicketOfAPassenger has a booking for two: each has a ticket by a reference of two fields, whose first alone leads to the booking.
func TestTicketOfAPassenger(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("air/bookings", "id none.key", "booked_by identity.number int ~shop/users.id").add("A", 1).add("B", 2)
	pax := e.table("air/passengers", "id none.key", "booking none.key >air/bookings.id", "no none.count int", "name identity.name").
		add("A1", "A", 1, "Ann Lee").add("A2", "A", 2, "Bob Ray").add("B1", "B", 1, "Bob Ray")
	many(pax, 30, func(k, _ int) []any { return []any{k, nil, 1, "Di Poe"} })
	tickets := e.table("air/tickets", "id none.key int", "booking none.key ~air/bookings.id", "no none.count int", "fare none.amount").add(1, "A", 1, 5).add(2, "A", 2, 5).add(3, "B", 1, 5)
	tickets.refs = append(tickets.refs, pii.Reference{From: tickets.ref, Fields: []string{"booking", "no"}, To: pax.ref, ToFields: []string{"booking", "no"}, OnDelete: pii.Restrict})
	g := e.open()
	g.Edges = lineage.Merge(lineage.Declared(g.Nodes), tickets.guess, nil)
	g.Edges = append(g.Edges, e.tables[1].guess...)
	for i := range g.Edges {
		if g.Edges[i].From == pax.ref {
			g.Edges[i].Kind = lineage.Mentions
		}
	}
	lineage.Assign(g.Nodes, g.Edges)
	for i := range g.Edges {
		if g.Edges[i].From == pax.ref {
			g.Edges[i].Kind = lineage.Mentions // as where passengers have numbers of members too
		}
	}
	same(t, told(e.close(g.Index(), mail(users1))), []string{anns, "hers air/bookings A", "hers air/passengers A1", "hers air/tickets 1"})
}

// TestServiceForAPassenger has services that nobody declared to be for a passenger: they have the fields of a passenger's key by the same names, or only the booking's.
func TestServiceForAPassenger(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("air/bookings", "id none.key", "booked_by identity.number int ~shop/users.id").add("A", 1).add("B", 2)
	pax := e.table("air/passengers", "booking none.key >air/bookings.id", "no none.count int", "name identity.name").add("A", 1, "Ann Lee").add("A", 2, "Bob Ray").add("B", 1, "Bob Ray")
	services := e.table("air/services", "id none.key int", "booking none.key ~air/bookings.id", "no none.count int", "what none.code").add(1, "A", 1, "meal").add(2, "A", 2, "meal").add(3, "A", nil, "seats").add(4, "B", 1, "meal")
	g := e.open()
	n := g.Node(pax.ref)
	n.Dataset.Key = []string{"booking", "no"}
	var got []string
	edges := lineage.Parts(g.Nodes, nil, services.guess)
	for _, e := range edges {
		got = append(got, fmt.Sprint(e.Fields, " ", e.To))
	}
	slices.Sort(got)
	same(t, got, []string{"[booking] air/bookings", "[booking no] air/passengers"})
	g.Edges = append(lineage.Merge(lineage.Declared(g.Nodes), edges, nil), e.tables[1].guess...)
	lineage.Assign(g.Nodes, g.Edges)
	for _, line := range told(e.close(g.Index(), mail(users1))) {
		if strings.HasPrefix(line, "hers air/services") {
			got = append(got, line)
		}
	}
	same(t, got[2:], []string{"hers air/services 1", "hers air/services 3"})
}

// TestMentionedBeforeItWasHers has records that name somebody by an address: those from before it was hers are about whoever had it then.
func TestMentionedBeforeItWasHers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who  string
		want []string
	}{
		"who has it now": {"bob@example.com", []string{"hers shop/users 2", "held-by-another desk/calls 1", "mentions desk/calls 2: lee@example.com", "mentions desk/calls 3: lee@example.com", "held-by-another desk/notes 1", "mentions desk/notes 2: lee@example.com"}},
		"who had it":     {users1, []string{anns, "mentions desk/calls 1: lee@example.com", "held-by-another desk/calls 2", "held-by-another desk/calls 3"}}, // what has no time is of now
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			users(e)
			e.table("shop/addresses_had", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email", "valid_from none.date", "valid_to none.date").
				add(11, 1, "lee@example.com", "2018-01-01", "2020-01-01").add(12, 2, "lee@example.com", "2021-01-01", nil)
			calls := e.table("desk/calls", "id none.key int", "user_id identity.number int >shop/users.id", "referred_by_email contact.email", "at none.date").
				add(1, 1003, "lee@example.com", "2019-05-05").add(2, 1004, "lee@example.com", "2023-05-05").add(3, 1005, "lee@example.com", nil)
			crowd(calls, 8, func(i int) []any { return []any{i, i, nil, "2022-01-01"} })
			e.table("desk/notes", "id none.key int", "body none.text", "at none.date").add(1, "write to lee@example.com", "2019-05-05").add(2, "write to lee@example.com", "2023-05-05")
			g := e.open()
			for i := range g.Node(calls.ref).Fields {
				if f := &g.Node(calls.ref).Fields[i]; f.Field.Name == "referred_by_email" {
					f.Role = lineage.Mentions
				}
			}
			var got []string
			for _, line := range told(e.close(g, mail(c.who))) {
				if !strings.Contains(line, "addresses_had") && !strings.Contains(line, "users 1 ") {
					got = append(got, line)
				}
			}
			same(t, got, c.want)
		})
	}
}

// TestDayOfALetter has letters without a time of their own, with an address that was somebody else's before: the day at their head says whose it was, and what has none, or names another
// day only, is asked about.
func TestDayOfALetter(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("shop/addresses_had", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email", "valid_from none.date", "valid_to none.date").
		add(11, 1, "lee@example.com", "2018-01-01", "2020-01-01").add(12, 2, "lee@example.com", "2021-01-01", nil)
	e.table("desk/letters", "id none.key int", "body none.text").add(1, "03.04.2019: write to lee@example.com").add(2, "3.4.2023: write to lee@example.com").add(3, "write to lee@example.com").
		add(4, "write to Bob Ray, lee@example.com").add(5, "3.4.2023, as said on 3.4.2019: lee@example.com").
		add(6, "the contract of 03.04.2019 of lee@example.com ends").add(7, "lee@example.com asks about the law of 2019-05-01").add(8, "the contract of lee@example.com ends on 03.04.2029").
		add(9, "Subject: refund\nDate: 2019-05-01\nwrite to lee@example.com")
	var got []string
	for _, line := range told(e.close(e.open(), mail("bob@example.com"))) {
		if strings.Contains(line, "letters") {
			got = append(got, line)
		}
	}
	same(t, got, []string{"held-by-another desk/letters 1", "mentions desk/letters 2: lee@example.com", "unsure desk/letters 3", "mentions desk/letters 4: Bob Ray, lee@example.com", "unsure desk/letters 5",
		"unsure desk/letters 6", "unsure desk/letters 7", "unsure desk/letters 8", "held-by-another desk/letters 9"})
}
