package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// edgesOf writes the references that are inferred, with what they are of.
func edgesOf(l *looks) (out []string) {
	for _, e := range lineage.Infer(l.all) {
		if e.Confidence >= 0.95 {
			out = append(out, fmt.Sprint(e.From.Dataset, e.Fields, "→", e.To.Dataset, e.ToFields))
		}
	}
	slices.Sort(out)
	return out
}

// padded writes numbers as a system does that fills them up with zeros.
func padded(width int, numbers []string) (out []string) {
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("%0*s", width, n))
	}
	return out
}

// TestSeveral infers references by several fields to tables whose rows are told apart by a set that is no key, by tables without a key, and by keys before which the one
// company stands that a system has.
func TestSeveral(t *testing.T) {
	t.Parallel()
	tenants := repeated([]string{"north", "south", "west", "east", "mid", "far"}, 40)
	var members []string
	for i := range 240 {
		members = append(members, fmt.Sprint(100+i/6))
	}
	for name, c := range map[string]struct {
		make func(l *looks)
		want []string
	}{
		"members whom each tenant counts": {func(l *looks) {
			l.field("people", "person", "identity.number", every(10_000, 37, 240))
			l.field("people", "tenant", "none.code", tenants)
			l.field("people", "member_no", "identity.number", members)
			l.nodes["people"].Dataset.Unique = [][]string{{"tenant", "member_no"}}
			l.field("bookings", "booking", "none.key", every(1, 1, 240))
			l.field("bookings", "tenant", "none.code", tenants)
			l.field("bookings", "member_no", "identity.number", members)
		}, []string{"bookings[member_no tenant]→people[member_no tenant]"}},
		"no line of an order": {func(l *looks) {
			l.field("lines", "order_no", "none.key", members)
			l.field("lines", "line_no", "none.code", tenants)
			l.nodes["lines"].Dataset.Key = []string{"order_no", "line_no"}
			l.field("notes", "note", "none.key", every(5, 3, 240))
			l.field("notes", "line_no", "none.code", tenants)
		}, nil},
		"a table without a key": {func(l *looks) {
			l.field("stud", "fak", "none.code", tenants)
			l.field("stud", "matnr", "none.code", members)
			l.nodes["stud"].Dataset.Key = []string{"fak", "matnr"}
			l.field("fee", "fak", "none.code", tenants)
			l.field("fee", "matnr", "none.code", members)
			l.nodes["fee"].Dataset.Key = nil
		}, []string{"fee[matnr fak]→stud[matnr fak]"}},
		"a client that is always the same": {func(l *looks) {
			l.field("partner", "client", "none.code", repeated([]string{"100"}, 240))
			l.field("partner", "partner", "none.key", padded(10, every(1_000_200, 3, 240)))
			l.nodes["partner"].Dataset.Key = []string{"client", "partner"}
			l.field("taxes", "client", "none.code", repeated([]string{"100"}, 240))
			l.field("taxes", "partner", "none.key", padded(10, every(1_000_200, 6, 120)))
			l.field("taxes", "kind", "none.code", every(1, 1, 120))
			l.nodes["taxes"].Dataset.Key = []string{"client", "partner", "kind"}
		}, []string{"taxes[partner]→partner[partner]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l looks
			c.make(&l)
			if got := edgesOf(&l); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestCounterpart follows nobody from one who called to whom she called, and leaves the calls of others to them.
func TestCounterpart(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.table("net/lines", "msisdn contact.phone", "mail contact.email", "plan none.code").
		add("+493023125001", "ann@example.com", "S").add("+493023125002", "bob@example.com", "L").add("+493023125003", "eve@example.com", "S")
	e.table("net/calls", "id none.key int", "a_number contact.phone", "b_number contact.phone").
		add(1, "+493023125001", "+493023125002").add(2, "+493023125002", "+493023125001").add(3, "+493023125003", "+493023125002")
	same(t, told(e.close(e.open(), mail("ann@example.com"))), []string{"hers net/calls 1", "mentions net/calls 2: +493023125001", "hers net/lines +493023125001"})
}

// TestRegistered takes what holds a telephone alone for hers whose line it is, whoever else of the family gave its number as theirs, and leaves it where nobody's is.
func TestRegistered(t *testing.T) {
	t.Parallel()
	estate := func(lines bool) []string {
		e := newEstate(t)
		e.table("uni/people", "id identity.number int", "name identity.name", "mail contact.email", "phone contact.phone").
			add(1, "Ann Berg", "ann@example.com", "+493023125001").add(2, "Tom Berg", "tom@example.com", "+493023125001").add(3, "Eve Lind", "eve@example.com", "+493023125003")
		if lines {
			e.table("net/lines", "msisdn contact.phone", "contact contact.email").
				add("+493023125001", "ann@example.com").add("+493023125003", "eve@example.com").add("+493023125004", "joe@example.com")
		}
		e.table("net/usage", "id none.key int", "phone contact.phone", "volume none.amount").
			add(1, "+493023125001", "10").add(2, "+493023125001", "20").add(3, "+493023125003", "30")
		return told(e.close(e.open(), mail("ann@example.com")))
	}
	same(t, estate(true), []string{"hers uni/people 1", "held-by-another uni/people 2", "hers net/lines +493023125001", "hers net/usage 1", "hers net/usage 2"})
	same(t, estate(false), []string{"hers uni/people 1", "held-by-another uni/people 2", "held-by-another net/usage 1", "held-by-another net/usage 2"})
}

// TestRegisteredBeside asks about a record with the telephone of a line of hers, or leaves it, where it names somebody, has another identifier, or somebody else has such a line.
func TestRegisteredBeside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		guest, ticket, line any
		hers                bool
	}{"nothing else": {hers: true}, "a family's name": {guest: "Berg"}, "a number of something": {ticket: "T-4711"}, "a line of his too": {line: "tom@example.com"}} {
		e := newEstate(t)
		e.table("uni/people", "id identity.number int", "name identity.name", "mail contact.email", "phone contact.phone").
			add(1, "Ann Berg", "ann@example.com", "+493023125001").add(2, "Tom Berg", "tom@example.com", "+493023125001").add(3, "Eve Lind", "eve@example.com", "+493023125003")
		e.table("net/lines", "msisdn contact.phone", "contact contact.email").
			add("+493023125001", "ann@example.com").add("+493023125003", "eve@example.com").add("+493023125004", "joe@example.com")
		e.table("tel/lines", "msisdn contact.phone", "contact contact.email").add("+493023125001", c.line).add("+493023125003", "eve@example.com").add("+493023125004", "joe@example.com")
		e.table("desk/bookings", "id none.key int", "phone contact.phone", "guest identity.name", "ticket identity.number").
			add(1, "+493023125001", c.guest, c.ticket).add(2, "+493023125003", "Lind", "T-4712")
		if got := told(e.close(e.open(), mail("ann@example.com"))); slices.Contains(got, "hers desk/bookings 1") != c.hers {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestSentByAFirm takes what a firm of two addresses sent to many for a record of those whom it went to, and what one of two people did to the other for the one's.
func TestSentByAFirm(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	people := e.table("crm/people", "id identity.number int", "name identity.name", "mail contact.email")
	log := e.table("news/log", "id none.key int", "from_addr contact.email", "to_addr contact.email")
	for i := range 300 {
		people.add(i, fmt.Sprintf("Ann Lee%c%c", 'a'+i%26, 'a'+i/26), mailAt(i))
	}
	for i := range 600 {
		log.add(9000+i, fmt.Sprintf("news%d@example.net", i%2), mailAt(i%300))
	}
	c := e.close(e.open(), mail(mailAt(7)))
	same(t, told(c), []string{"hers crm/people 7", "hers news/log 9007", "hers news/log 9307"})
	if len(c.Questions) > 0 {
		t.Errorf("%d questions", len(c.Questions))
	}
}

// TestTwoWhoCallMany leaves two people, who called three hundred between them, no firm: a call is the record of who made it, and only names whom it went to.
func TestTwoWhoCallMany(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	lines := e.table("net/lines", "msisdn contact.phone", "mail contact.email")
	calls := e.table("net/calls", "id none.key int", "a_number contact.phone", "b_number contact.phone")
	number := func(i int) string { return fmt.Sprintf("+4930231%05d", 25000+i) }
	for i := range 302 {
		lines.add(number(i), mailAt(i))
	}
	for i := range 600 {
		calls.add(9000+i, number(300+i%2), number(i%300))
	}
	same(t, told(e.close(e.open(), mail(mailAt(7)))), []string{"hers net/lines " + number(7), "mentions net/calls 9007: " + number(7), "mentions net/calls 9307: " + number(7)})
}

// TestRecogniseAPart recognises a field of which some values are telephones of customers, where they are so many that chance is out of the question.
func TestRecogniseAPart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known int
		want  pii.Category
	}{"many": {90, "contact.phone"}, "few": {12, ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l looks
			l.field("lines", "msisdn", "contact.phone", every(493_023_125_000, 7, 300))
			l.field("calls", "b_number", "none.key", slices.Concat(every(493_023_125_000, 7, c.known), every(493_216_800_001, 13, 200)))
			got, _, _, _ := lineage.Recognise(&l.all[1], lineage.KnownIdentifiers(l.all[:1]))
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMemberOfATenant takes a number that each tenant counts for itself for nobody's, alone.
func TestMemberOfATenant(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	people := e.table("crm/people", "id identity.number", "tenant none.code", "member_no identity.number int", "name identity.name", "mail contact.email")
	for i, name := range []string{"Ann Berg", "Tom Lind", "Eve Roth", "Kai Holm"} {
		people.add(fmt.Sprint("p", i), []string{"north", "south"}[i%2], 100+i/2, name, fmt.Sprintf("%c@example.com", name[0]|32))
	}
	g := e.open()
	g.Nodes[0].Dataset.Unique = [][]string{{"tenant", "member_no"}}
	same(t, told(e.close(g, mail("a@example.com"))), []string{"hers crm/people p0"})
}

// TestHalves goes from one half of what is said of a person to the other, where both are told apart by one number that she has nowhere else.
func TestHalves(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	mails, phones := e.table("erp/mails", "addr none.key ~erp/phones.addr", "smtp contact.email"), e.table("erp/phones", "addr none.key", "tel contact.phone")
	for i := range 25 {
		mails.add(fmt.Sprintf("%010d", 30000+i), fmt.Sprintf("u%d@example.com", i))
		phones.add(fmt.Sprintf("%010d", 30000+i), fmt.Sprintf("+4930231250%02d", i))
	}
	same(t, told(e.close(e.open(), mail("u7@example.com"))), []string{"hers erp/mails 0000030007", "hers erp/phones 0000030007"})
}

// TestPartsByWhatTheyHold has two tables that refer to a booking and have a field called as the passenger's number is: in the one stand such numbers, in the other ones others.
func TestPartsByWhatTheyHold(t *testing.T) {
	t.Parallel()
	l := &looks{}
	bookings := every(7_001, 13, 120)
	var twice, pax []string
	for i := range 240 {
		twice, pax = append(twice, bookings[i/2]), append(pax, fmt.Sprint(1+i%2))
	}
	l.field("bookings", "id", "none.key", bookings)
	l.field("passengers", "booking", "none.key", twice)
	l.field("passengers", "no", "none.count", pax)
	l.nodes["passengers"].Dataset.Key = []string{"booking", "no"}
	l.nodes["passengers"].Dataset.References = []pii.Reference{{Fields: []string{"booking"}, To: l.nodes["bookings"].Dataset.Ref, ToFields: []string{"id"}}}
	l.field("services", "id", "none.key", every(1, 1, 240))
	l.field("services", "booking", "none.key", twice)
	l.field("services", "no", "none.count", pax)
	l.field("invoices", "id", "none.key", every(1, 1, 240))
	l.field("invoices", "booking", "none.key", twice)
	l.field("invoices", "no", "none.count", every(90_000, 1, 240))
	var nodes []lineage.Node
	var edges []lineage.Edge
	for _, name := range []string{"bookings", "passengers", "services", "invoices"} {
		nodes = append(nodes, *l.nodes[name])
	}
	for _, name := range []string{"services", "invoices"} {
		from, to := l.nodes[name].Dataset.Ref, l.nodes["bookings"].Dataset.Ref
		edges = append(edges, lineage.Edge{ID: name, From: from, Fields: []string{"booking"}, To: to, ToFields: []string{"id"}, Confidence: 0.99})
	}
	var got []string
	for _, e := range lineage.Parts(nodes, l.all, edges) {
		got = append(got, fmt.Sprint(e.From.Dataset, e.Fields, "→", e.To.Dataset))
	}
	slices.Sort(got)
	if want := "[invoices[booking]→bookings services[booking no]→passengers services[booking]→bookings]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestSeveralOfAJoin has marks that go on from the key of a table that joins two others and has nothing of its own: they are a student's and a course's by one field each.
func TestSeveralOfAJoin(t *testing.T) {
	t.Parallel()
	l := &looks{}
	students, courses := every(10_007, 13, 120), every(500_003, 17, 60)
	var who, what, no []string
	for i := range 240 {
		who, what, no = append(who, students[i/2]), append(what, courses[(i*7)%60]), append(no, fmt.Sprint(1+i%3))
	}
	l.field("students", "id", "identity.number", students)
	l.field("courses", "id", "none.key", courses)
	l.field("enrolments", "student_id", "identity.number", who)
	l.field("enrolments", "course_id", "none.key", what)
	l.nodes["enrolments"].Dataset.Key = []string{"student_id", "course_id"}
	l.field("marks", "student_id", "identity.number", who)
	l.field("marks", "course_id", "none.key", what)
	l.field("marks", "no", "none.count", no)
	l.nodes["marks"].Dataset.Key = []string{"student_id", "course_id", "no"}
	want := "[enrolments[course_id]→courses[id] enrolments[student_id]→students[id] marks[course_id]→courses[id] marks[student_id]→students[id]]"
	if got := edgesOf(l); fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
