package model_test

import (
	"context"
	"fmt"
	"testing"

	"vestige/pii"
	"vestige/plans"
)

// ask plans the erasure of the person of whom something is given, as CATEGORY, VALUE, CATEGORY, VALUE.
func (o *office) ask(request string, given ...string) *plans.Status {
	o.t.Helper()
	a := plans.Ask{Request: request, Kind: plans.Erasure, Regime: "gdpr", By: "olga"}
	for i := 0; i < len(given); i += 2 {
		a.Identifiers = append(a.Identifiers, pii.Identifier{Category: pii.Category(given[i]), Value: pii.NewValue(given[i+1])})
	}
	s, err := o.engine.Plan(context.Background(), a)
	ok(o.t, err)
	return s
}

// answered answers the one question of a plan and gives the plan that follows.
func (o *office) answered(s *plans.Status, code string, v pii.Verdict) *plans.Status {
	o.t.Helper()
	if len(s.Open.Questions) != 1 || s.Open.Questions[0].Code != code || len(s.Open.Steps) > 0 {
		o.t.Fatalf("the plan asks %+v, and has the steps %+v; only %s is wanted", s.Open.Questions, s.Open.Steps, code)
	}
	if a, err := o.engine.Approve(o.t.Context(), s.ID, s.Hash, "olga"); err == nil {
		if r, err := o.engine.Run(o.t.Context(), a.ID, nil); err == nil && r.State == plans.Closed {
			o.t.Fatal("the question was not answered, and the request is closed")
		}
	}
	ok(o.t, o.engine.Answer(o.t.Context(), plans.Answer{Request: s.Request, ID: s.Open.Questions[0].ID, Verdict: v, Reason: "asked her", By: "olga"}))
	s, err := o.engine.Replan(o.t.Context(), s.ID, "olga")
	ok(o.t, err)
	return s
}

// TestSeveralPeople starts from what two customers have: the telephone of a family.
func TestSeveralPeople(t *testing.T) {
	s := newShop(t, "UPDATE customers SET phone = '+1 202 555 0109' WHERE id = 5010",
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), article TEXT)", "INSERT INTO orders VALUES ({i}, {id}, 'tea')")
	phone := []string{"contact.phone", "+12025550109"}
	all := "40|40"
	const counts = "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders)"
	p := s.answered(s.ask("REQ-00000001", phone...), "several-people", pii.Reject)
	if len(p.Open.Steps)+len(p.Open.Questions) > 0 {
		t.Errorf("it is somebody else, and the plan has %+v %+v", p.Open.Steps, p.Open.Questions)
	}
	if r := s.erased(p); r.State != plans.Closed {
		t.Errorf("the run ended %s: %s", r.State, r.Reason)
	}
	s.is(all, counts)
	p = s.answered(s.ask("REQ-00000002", phone...), "several-people", pii.Accept)
	if r := s.erased(p); r.State != plans.Closed {
		t.Errorf("the run ended %s: %s", r.State, r.Reason)
	}
	s.is("39|39", counts)
}

// wards is a shop that is a hospital too: nobody there is known by an address, and a laboratory sends its results under name and date of birth.
func wards(t *testing.T) *shop {
	return newShop(t,
		"CREATE TABLE patients (id INTEGER PRIMARY KEY, last_name TEXT NOT NULL, first_name TEXT NOT NULL, birth_date DATE NOT NULL, mrn TEXT NOT NULL UNIQUE)",
		"INSERT INTO patients SELECT id + 2000, substr(full_name, instr(full_name, ' ') + 1), substr(full_name, 1, instr(full_name, ' ') - 1), date('1950-03-17', ((id - 5000) * 301) || ' days'), 'MRN-' || (id * 7919 % 99991) FROM customers",
		"CREATE TABLE stays (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), ward TEXT)", "INSERT INTO stays VALUES ({i}, {id} + 2000, 'W' || ({i} % 3))",
		"CREATE TABLE lab_results (id INTEGER PRIMARY KEY, patient_name TEXT NOT NULL, date_of_birth DATE NOT NULL, result TEXT)",
		"INSERT INTO lab_results SELECT id, upper(last_name) || ', ' || first_name, birth_date, 'fine' FROM patients",
	)
}

// TestNameAndBirthDate starts from a name and a date of birth, and nothing else.
func TestNameAndBirthDate(t *testing.T) {
	s := wards(t)
	p := s.ask("REQ-00000001", "identity.name", person(her), "demographic.birth_date", "1957-08-16")
	if r := s.erased(p); r.State != plans.Closed {
		t.Errorf("the run ended %s: %s %+v %+v", r.State, r.Reason, p.Open.Questions, p.Open.Gaps)
	}
	s.is("39|39|39", "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM stays), (SELECT count(*) FROM lab_results)")
	s.is("0|0", "SELECT (SELECT count(*) FROM patients WHERE id = 7009), (SELECT count(*) FROM lab_results WHERE id = 7009)")
}

// TestNameAndBirthDateLookedForAfterwards has a table that no scan has seen: a record in it that has her name and her date of birth is found after the erasure, and those of a
// namesake and of somebody born on her day are not taken for it.
func TestNameAndBirthDateLookedForAfterwards(t *testing.T) {
	s := wards(t)
	p := s.ask("REQ-00000001", "identity.name", person(her), "demographic.birth_date", "1957-08-16")
	s.exec(s.db, "CREATE TABLE late (id INTEGER PRIMARY KEY, family TEXT, given TEXT, born TEXT)")
	for _, row := range [][2]string{{given0[her%8], "1957-08-16"}, {given0[her%8], "1957-08-17"}, {"Somebody", "1957-08-16"}} {
		s.exec(s.db, fmt.Sprintf("INSERT INTO late (family, given, born) VALUES ('%s', '%s', '%s')", family0[her/8], row[0], row[1]))
	}
	if r := s.erased(p); r.State != plans.Blocked {
		t.Fatalf("the run ended %s: %s", r.State, r.Reason)
	}
	reps, err := s.engine.Reports(t.Context(), p.ID)
	ok(t, err)
	if rs := reps[len(reps)-1].Residues; len(rs) != 1 || rs[0].Records != 1 || rs[0].At.Dataset != "late" {
		t.Errorf("residues: %+v", rs)
	}
}

// TestNameAndBirthDateOfTwo starts from them where two patients have them: nothing is done before somebody says who is meant.
func TestNameAndBirthDateOfTwo(t *testing.T) {
	s := wards(t)
	s.exec(s.db, fmt.Sprintf("UPDATE patients SET first_name = '%s', birth_date = '1957-08-16' WHERE id = 7017", given0[her%8]))
	s.exec(s.db, "UPDATE patients SET last_name = (SELECT last_name FROM patients WHERE id = 7009) WHERE id = 7017")
	p := s.ask("REQ-00000001", "identity.given_name", given0[her%8], "identity.family_name", family0[her/8], "demographic.birth_date", "1957-08-16")
	p = s.answered(p, "several-people", pii.Reject)
	if r := s.erased(p); r.State != plans.Closed {
		t.Errorf("the run ended %s: %s", r.State, r.Reason)
	}
	s.is("40|40|40", "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM stays), (SELECT count(*) FROM lab_results)")
}

// TestGiftInAnothersOrder has others send something to her: what they wrote of her goes, as one, and their orders stay.
func TestGiftInAnothersOrder(t *testing.T) {
	s := newShop(t,
		"ALTER TABLE customers ADD COLUMN street TEXT", "UPDATE customers SET street = (id % 89 + 1) || ' Long Elm Drive'",
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), ship_name TEXT NOT NULL, ship_street TEXT NOT NULL, ship_phone TEXT, gift_message TEXT)",
		"INSERT INTO orders SELECT id - 5000, id, full_name, street, phone, NULL FROM customers",
		"UPDATE orders SET (ship_name, ship_street, ship_phone, gift_message) = (SELECT full_name, street, phone, 'All the best, Bruno, from all of us' FROM customers WHERE id = 5009) WHERE id = 20",
		"CREATE TABLE order_addresses (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), kind TEXT, full_name TEXT NOT NULL, street TEXT NOT NULL, phone TEXT)",
		"INSERT INTO order_addresses SELECT o.id * 10, o.id, 'billing', c.full_name, c.street, c.phone FROM orders o JOIN customers c ON c.id = o.customer_id",
		"INSERT INTO order_addresses SELECT id * 10 + 1, id, 'shipping', ship_name, ship_street, ship_phone FROM orders",
	)
	s.gone(her)
	s.is("39|78", "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_addresses)")
	const hers = " full_name = 'Bruno Schmidt' OR street = '26 Long Elm Drive' OR phone LIKE '%0109'"
	s.is("0", "SELECT count(*) FROM order_addresses WHERE"+hers)
	s.is("0", "SELECT count(*) FROM orders WHERE ship_name = 'Bruno Schmidt' OR ship_street = '26 Long Elm Drive' OR ship_phone LIKE '%0109' OR gift_message LIKE '%Bruno%'")
	s.is("5020|Elena_Weber|20|1", "SELECT customer_id, full_name, order_id, gift_message LIKE 'All the best%' FROM orders JOIN order_addresses a ON order_id = orders.id AND kind = 'billing' WHERE orders.id = 20")
	s.is("38|38", "SELECT (SELECT count(*) FROM orders o JOIN customers c ON c.id = customer_id AND full_name = ship_name AND c.street = ship_street), (SELECT count(*) FROM order_addresses a JOIN orders o ON o.id = order_id JOIN customers c ON c.id = customer_id AND c.full_name = a.full_name WHERE kind = 'shipping')")
}
