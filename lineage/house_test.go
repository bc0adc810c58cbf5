package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// TestNumbersOfTwoHouses has patients whom two houses count from 1, consents that count from 1 as well, and visits that nobody declared to refer to patients: a number that
// is one only with its house refers to nothing by itself, in this system or in another.
func TestNumbersOfTwoHouses(t *testing.T) {
	t.Parallel()
	houses := append(slices.Repeat([]string{"1"}, 100), slices.Repeat([]string{"2"}, 80)...)
	numbers := append(every(1, 1, 100), every(1, 1, 80)...)
	var l looks
	l.field("patients", "house", "none.code", houses).Sketch = nil // of two values none is made
	l.field("patients", "patient_no", "identity.number", numbers)
	l.nodes["patients"].Dataset.Key = []string{"house", "patient_no"}
	l.field("consents", "id", "identity.number", every(1, 1, 180))
	l.field("consents", "house", "none.code", houses).Sketch = nil
	l.field("consents", "patient_no", "identity.number", numbers)
	l.nodes["consents"].Person = 0.6
	l.field("export", "row", "none.key", every(9000, 7, 180))
	l.field("export", "patient_no", "identity.number", numbers)
	l.nodes["export"].Dataset.Ref.Source = "other"
	if got := edgesOf(&l); !slices.Equal(got, []string{"consents[patient_no house]→patients[patient_no house]"}) {
		t.Errorf("inferred %q", got)
	}
}

// TestNumbersOfAnotherHouse has two systems that both number patients, one of them house by house: that takes no reference from the other.
func TestNumbersOfAnotherHouse(t *testing.T) {
	t.Parallel()
	for _, with := range []bool{false, true} {
		var l looks
		if with {
			l.field("patients", "house", "none.code", append(slices.Repeat([]string{"1"}, 100), slices.Repeat([]string{"2"}, 80)...)).Sketch = nil
			l.field("patients", "patient_no", "identity.number", append(every(1, 1, 100), every(1, 1, 80)...))
			l.nodes["patients"].Dataset.Key = []string{"house", "patient_no"}
		}
		persons := every(70_001, 17, 200)
		l.field("persons", "patient_no", "identity.number", persons)
		l.nodes["persons"].Dataset.Ref.Source, l.nodes["persons"].Person = "other", 0.95
		l.field("visits", "id", "none.key", every(9_000_001, 7, 400))
		l.field("visits", "patient_no", "identity.number", slices.Repeat(persons, 2))
		l.nodes["visits"].Dataset.Ref.Source = "other"
		if got := edgesOf(&l); !slices.Equal(got, []string{"visits[patient_no]→persons[patient_no]"}) {
			t.Errorf("beside the other system %v: %q", with, got)
		}
	}
}

// TestFriends has a table whose key of two fields has one that is called as the table: it refers to the users as the other one does.
func TestFriends(t *testing.T) {
	t.Parallel()
	tokens := make([]string, 40)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("%08x-0c1d-4e2f-8a3b-%012x", 2654435761*uint32(i+1), 7919*(i+3))
	}
	for name, ids := range map[string][]string{"tokens": tokens, "numbers": every(1, 1, 40)} {
		var l looks
		l.field("users", "id", "identity.number", ids)
		l.nodes["users"].Person = 0.9
		l.field("friends", "user_id", "identity.number", slices.Repeat(ids[:30], 2))
		l.field("friends", "friend_id", "identity.number", append(slices.Clone(ids[5:35]), ids[10:40]...))
		l.nodes["friends"].Dataset.Key = []string{"user_id", "friend_id"}
		if got := edgesOf(&l); !slices.Equal(got, []string{"friends[friend_id]→users[id]", "friends[user_id]→users[id]"}) {
			t.Errorf("%s: inferred %q", name, got)
		}
	}
}

// TestKindBesideARef has a table of things of which one field says what they belong to and another one which, both called by nothing else.
func TestKindBesideARef(t *testing.T) {
	t.Parallel()
	var l looks
	l.field("employee", "emp_no", "identity.number", every(1000, 1, 80))
	l.field("entity", "entity_id", "none.key", every(300, 1, 100))
	l.field("entity", "kind", "none.code", append(slices.Repeat([]string{"employee"}, 80), slices.Repeat([]string{"room"}, 20)...))
	l.field("entity", "ref_no", "none.key", append(every(1000, 1, 80), every(1000, 1, 20)...))
	es := lineage.Kinds(l.all, nil, sketchKey)
	if len(es) != 1 || es[0].To.Dataset != "employee" || es[0].When == nil || es[0].When.Field != "kind" {
		t.Errorf("kinds: %+v", es)
	}
}

// TestStaffOfTheirOwn has a payroll, whose records are the staff's, and a shop in which the same staff write on what is the customers'.
func TestStaffOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		customers bool
		want      lineage.Role
	}{"payroll": {false, lineage.Owns}, "shop": {true, lineage.Mentions}} {
		e := newEstate(t)
		staff := e.table("s/employee", "emp_no identity.number int", "mail contact.email", "name identity.name")
		pay := e.table("s/record", "id none.key int", "emp_no none.key int >s/employee.emp_no", "approved_by none.key int >s/employee.emp_no")
		for i := range 40 {
			staff.add(i, mailAt(i), fmt.Sprintf("Ann Lee %d", i))
			pay.add(9000+7*i, i, i%3)
		}
		if c.customers {
			people := e.table("s/customers", "id identity.customer_number int", "mail contact.email", "name identity.name")
			orders := e.table("s/orders", "id none.key int", "customer_id none.key int >s/customers.id")
			for i := range 40 {
				people.add(500+i, mailAt(1000+i), fmt.Sprintf("Bea Fox %d", i))
				orders.add(i, 500+i)
			}
		}
		n := e.open().Node(pii.Ref{Source: "s", Dataset: "record"})
		if got := n.Field("emp_no").Role; got != c.want {
			t.Errorf("%s: emp_no is %q, want %q", name, got, c.want)
		}
		if got := n.Field("approved_by").Role; got != lineage.Mentions {
			t.Errorf("%s: approved_by is %q", name, got)
		}
	}
}

// TestTheOtherPartyOfAnAccount has entries of accounts that a table joins with people: whose number stands on the other side is mentioned, and leads nowhere. A tenant that
// has a name is no person to whom all others belong.
func TestTheOtherPartyOfAnAccount(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	houses := e.table("s/houses", "id identity.number int", "name identity.name").add(1, "North House").add(2, "South House")
	people := e.table("s/customers", "id identity.customer_number int", "mail contact.email", "name identity.name", "house none.key int >s/houses.id", "born demographic.birth_date")
	accounts := e.table("s/accounts", "id none.key int", "iban finance.iban")
	holders := e.table("s/holders", "id none.key int", "account_id none.key int >s/accounts.id", "customer_id none.key int >s/customers.id")
	entries := e.table("s/entries", "id none.key int", "account_id none.key int >s/accounts.id", "counter_iban finance.iban")
	for i := range 80 {
		people.add(500+i, mailAt(i), fmt.Sprintf("Ann Lee %d", i), 1+i%2, fmt.Sprintf("19%d-01-02", 10+i))
		accounts.add(i, fmt.Sprint("DE", i))
		holders.add(7000+i, i, 500+i)
		entries.add(90_000+3*i, i, fmt.Sprint("DE", (i*7+1)%80))
	}
	_ = houses
	g := e.open()
	if f := g.Node(pii.Ref{Source: "s", Dataset: "entries"}).Field("counter_iban"); f.Role != lineage.Mentions {
		t.Errorf("counter_iban is %q", f.Role)
	}
	if n := g.Node(pii.Ref{Source: "s", Dataset: "customers"}); n.Person < 0.9 || n.Field("house").Role != lineage.Mentions {
		t.Errorf("customers are persons by %v, and of their house %q", n.Person, n.Field("house").Role)
	}
}

// TestAgentOfADocument has documents whose member agent.name is not their caller's: nobody is called so in other texts.
func TestAgentOfADocument(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	calls := e.table("s/calls", "id none.key int", "caller.mail contact.email", "caller.name identity.name", "agent.name identity.name")
	notes := e.table("s/notes", "id none.key int", "text identity.name")
	calls.add(1, "ann@example.com", "Ann Lee", "Bob Fox")
	notes.add(1, "Bob Fox").add(2, "Cid Ray")
	for i := range 30 {
		calls.add(10+i, mailAt(i), fmt.Sprintf("Eve Kay %c", 'A'+i), "Bob Fox")
	}
	for _, r := range e.close(e.open(), mail("ann@example.com")).Records {
		if r.Dataset.Dataset == "notes" {
			t.Errorf("a note of her agent is %s", r.Holding)
		}
	}
}

// TestNameBesideATelephone has people whom an employee named for an emergency, by name and telephone: one who is known herself is redacted with both.
func TestNameBesideATelephone(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	staff := e.table("s/employee", "emp_no identity.number int", "mail contact.email", "name identity.name")
	contacts := e.table("s/contacts", "id none.key int", "emp_no none.key int >s/employee.emp_no", "contact_name identity.name", "contact_phone contact.phone")
	patients := e.table("other/patients", "nr identity.customer_number int", "mail contact.email", "name identity.name", "phone contact.phone")
	for i := range 40 {
		staff.add(i, mailAt(i), fmt.Sprintf("Ann Lee %c%d", 'A'+i%20, i))
		contacts.add(9000+7*i, i, fmt.Sprintf("Bea Fox %c", 'A'+i%26), fmt.Sprintf("+1555010%03d", i))
		patients.add(500+i, mailAt(100+i), fmt.Sprintf("Bea Fox %c", 'A'+i%26), fmt.Sprintf("+1555010%03d", i))
	}
	for _, r := range e.close(e.open(), mail(mailAt(103))).Records {
		if r.Dataset.Dataset != "contacts" || r.Key[0].Reveal() != "9021" {
			continue
		}
		named := func(field string) bool {
			return slices.ContainsFunc(r.Hits, func(h pii.Hit) bool { return h.Field == field })
		}
		if r.Holding != lineage.Mention || !named("contact_phone") || !named("contact_name") {
			t.Errorf("the contact is %s, of it %+v", r.Holding, r.Hits)
		}
		return
	}
	t.Error("the contact is not found")
}
