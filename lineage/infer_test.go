package lineage_test

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// looks makes what inference sees of tables with values; the first field of a table is its key.
type looks struct {
	nodes map[string]*lineage.Node
	all   []lineage.Look
}

func (l *looks) field(table, name string, c pii.Category, values []string) *lineage.Look {
	if l.nodes == nil {
		l.nodes = map[string]*lineage.Node{}
	}
	n := l.nodes[table]
	if n == nil {
		n = &lineage.Node{Dataset: pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: table}, Kind: pii.Table, Key: []string{name}}}
		l.nodes[table] = n
	}
	typ, exam := examine(values)
	f := &lineage.FieldNode{Field: pii.Field{Name: name, Column: name, Type: typ}, Category: c, Confidence: 0.99, Dense: true, Values: exam.Values, Distinct: exam.Distinct, Unique: exam.Unique}
	s := lineage.NewSketcher(sketchKey, 4096)
	for _, v := range values {
		s.Add([]byte(v))
	}
	sk := s.Sketch(n.Dataset.Ref.In(name), "")
	l.all = append(l.all, lineage.Look{Node: n, Field: f, Exam: exam, Sketch: &sk})
	n.Fields = append(n.Fields, *f)
	return &l.all[len(l.all)-1]
}

func examine(values []string) (pii.FieldType, pii.Examination) {
	e := pii.Examination{How: "full", Values: int64(len(values)), Sum: pii.Stats{Min: 1 << 60}}
	seen := map[string]bool{}
	for _, v := range values {
		seen[v] = true
		e.MaxLen = max(e.MaxLen, len(v))
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			e.Sum.Ints++
			e.Sum.Min, e.Sum.Max = min(e.Sum.Min, n), max(e.Sum.Max, n)
		}
	}
	e.Distinct, e.Unique = int64(len(seen)), len(seen) == len(values)
	if e.Sum.Ints == e.Values {
		return pii.Int, e
	}
	return pii.Text, e
}

// every makes n numbers, step apart.
func every(from, step, n int) (out []string) {
	for i := range n {
		out = append(out, strconv.Itoa(from+i*step))
	}
	return out
}

// repeated gives each of the values times.
func repeated(values []string, times int) (out []string) {
	for range times {
		out = append(out, values...)
	}
	return out
}

func TestInfer(t *testing.T) {
	t.Parallel()
	gapped, dense := every(10_000, 37, 300), every(1, 1, 300)
	for name, c := range map[string]struct {
		make func(l *looks)
		want []string // "child.field parent.field", of references above a half
	}{
		"keys with gaps, by values alone": {func(l *looks) {
			l.field("people", "pk", "identity.number", gapped)
			l.field("bookings", "pk", "none.key", every(7_000_000, 3, 200))
			l.field("bookings", "x1", "none.key", repeated(gapped[:100], 2))
		}, []string{"bookings.x1 people.pk"}},
		"sequential keys of unrelated tables": {func(l *looks) {
			l.field("people", "id", "identity.number", dense)
			l.field("rooms", "id", "none.key", every(1, 1, 80))
			l.field("prices", "id", "none.key", every(1, 1, 250))
		}, nil},
		"small counts in the range of a sequential key": {func(l *looks) {
			l.field("people", "id", "identity.number", dense)
			l.field("lines", "id", "none.key", every(90_000, 7, 100))
			l.field("lines", "quantity", "none.count", repeated(every(1, 1, 20), 5))
		}, nil},
		"sequential keys, by name": {func(l *looks) {
			l.field("customers", "id", "identity.number", dense)
			l.field("orders", "id", "none.key", every(90_000, 7, 400))
			l.field("orders", "customer_id", "none.key", repeated(dense[:200], 2))
		}, []string{"orders.customer_id customers.id"}},
		"keys of text": {func(l *looks) {
			l.field("cards", "code", "identity.loyalty_number", numbered("LC-77", 100, 300))
			l.field("devices", "pk", "none.key", every(5, 11, 150))
			l.field("devices", "holder", "identity.loyalty_number", numbered("LC-77", 150, 300))
		}, []string{"devices.holder cards.code"}},
		"values that the parent lacks": {func(l *looks) {
			l.field("cards", "code", "identity.loyalty_number", numbered("LC-77", 100, 300))
			l.field("devices", "holder", "identity.loyalty_number", numbered("LC-77", 250, 400))
		}, nil},
		"numbers against text": {func(l *looks) {
			l.field("cards", "code", "identity.loyalty_number", append(gapped[:100:100], "x-1"))
			l.field("devices", "pk", "none.key", every(9_000_000, 13, 100))
			l.field("devices", "holder", "none.key", gapped[:100])
		}, nil},
		"too few values": {func(l *looks) {
			l.field("people", "id", "identity.number", gapped)
			l.field("flags", "person", "none.key", repeated(gapped[:4], 9))
		}, nil},
		"few values, by the name of the parent's table": {func(l *looks) {
			l.field("users", "id", "identity.number", every(3, 1, 24))
			l.field("rooms", "id", "none.key", every(1, 1, 40))
			l.field("badges", "code", "none.code", numbered("B-", 10, 20))
			l.field("badges", "user_id", "none.key", []string{"5", "9"})
		}, []string{"badges.user_id users.id"}},
		"few values that a table so called lacks": {func(l *looks) {
			l.field("users", "id", "identity.number", every(3, 1, 24))
			l.field("badges", "code", "none.code", numbered("B-", 10, 20))
			l.field("badges", "user_id", "none.key", []string{"5", "9", "77"})
		}, nil},
		"few values, by the name of another reference": {func(l *looks) {
			l.field("altkunden", "nr", "identity.customer_number", numbered("K-77", 100, 124))
			l.field("archive", "id", "none.key", every(9_000_000, 7, 60))
			l.field("archive", "altnummer", "identity.customer_number", repeated(numbered("K-77", 100, 120), 3))
			l.field("remarks", "id", "none.key", every(1, 1, 3))
			l.field("remarks", "altnummer", "identity.customer_number", numbered("K-77", 110, 112))
		}, []string{"remarks.altnummer altkunden.nr", "archive.altnummer altkunden.nr"}},
		"a declared reference is not repeated": {func(l *looks) {
			l.field("people", "id", "identity.number", gapped)
			c := l.field("flags", "person", "none.key", repeated(gapped[:40], 3))
			c.Node.Dataset.References = []pii.Reference{{From: c.Node.Dataset.Ref, Fields: []string{"person"}, To: pii.Ref{Source: "s", Dataset: "people"}, ToFields: []string{"id"}}}
		}, nil},
		"all fields of a key, by their names": {func(l *looks) {
			flats(l, "leases", "flat_no", "seq").Dataset.Key = []string{"flat_no", "seq"}
			flats(l, "dwellers", "flat_no", "seq", "line").Dataset.Key = []string{"flat_no", "seq", "line"}
		}, []string{"dwellers.flat_no leases.flat_no"}},
		"all fields of two keys alike": {func(l *looks) {
			flats(l, "leases", "flat_no", "seq").Dataset.Key = []string{"flat_no", "seq"}
			flats(l, "offers", "flat_no", "seq").Dataset.Key = []string{"flat_no", "seq"}
			flats(l, "dwellers", "flat_no", "seq", "line").Dataset.Key = []string{"flat_no", "seq", "line"}
		}, nil},
		"numbers that two count for themselves, of one tenant": {func(l *looks) {
			tenants(l, "orders", "tenant_id", "number").Dataset.Key = []string{"tenant_id", "number"}
			tenants(l, "invoices", "row_id", "tenant_id", "number")
		}, nil},
		"a number that is called by what it counts": {func(l *looks) {
			tenants(l, "orders", "tenant_id", "order_no").Dataset.Key = []string{"tenant_id", "order_no"}
			tenants(l, "parcels", "row_id", "tenant_id", "order_no")
		}, []string{"parcels.order_no orders.order_no"}},
		"a field of a key of which no values are known": {func(l *looks) {
			tenants(l, "orders", "tenant_id", "order_no").Dataset.Key = []string{"tenant_id", "order_no"}
			tenants(l, "parcels", "row_id", "order_no", "tenant_id")
			l.all[len(l.all)-1].Sketch = nil
		}, nil},
		"a key of which one field is missing": {func(l *looks) {
			flats(l, "leases", "flat_no", "seq", "from").Dataset.Key = []string{"flat_no", "seq", "from"}
			flats(l, "dwellers", "flat_no", "seq").Dataset.Key = []string{"flat_no"}
		}, nil},
		"addresses, which are compared everywhere anyway": {func(l *looks) {
			l.field("people", "mail", "contact.email", numbered("a@", 0, 100))
			l.field("list", "mail", "contact.email", numbered("a@", 0, 50))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &looks{}
			c.make(l)
			var got []string
			for _, e := range lineage.Infer(l.all) {
				if e.Confidence >= 0.5 {
					got = append(got, fmt.Sprintf("%s.%s %s.%s", e.From.Dataset, e.Fields[0], e.To.Dataset, e.ToFields[0]))
				}
				if len(e.Evidence) == 0 {
					t.Errorf("%s has no evidence", e.ID)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// flats makes a table of what is told apart by a flat's number and others beside it.
func flats(l *looks, table string, fields ...string) *lineage.Node {
	for _, f := range fields {
		values := repeated(every(1, 3, 60), 2)
		if f != "flat_no" {
			values = repeated(every(1, 1, 2), 60)
		}
		l.field(table, f, "none.key", values)
	}
	return l.nodes[table]
}

// tenants makes a table of what two tenants number, each from 1 on.
func tenants(l *looks, table string, fields ...string) *lineage.Node {
	for _, f := range fields {
		values := repeated(every(1, 1, 100), 2)
		switch f {
		case "tenant_id":
			values = repeated(every(1, 1, 2), 100)
		case "row_id":
			values = every(9_000_000, 7, 200)
		}
		l.field(table, f, "none.key", values)
	}
	return l.nodes[table]
}

// people makes a table of persons with some personal fields.
func (l *looks) people(table string, from, to int) {
	l.field(table, "id", "identity.number", every(1000+37*from, 37, to-from))
	l.field(table, "mail", "contact.email", numbered("a@", from, to))
	l.field(table, "name", "identity.name", numbered("Ann ", from, to))
	l.field(table, "phone", "contact.phone", numbered("+1202555", 1000+from, 1000+to))
	l.nodes[table].Person = 0.95
}

func TestCopies(t *testing.T) {
	t.Parallel()
	l := &looks{}
	l.people("users", 0, 200)
	l.people("tmp_x17", 20, 180)
	l.people("clients", 500, 700)
	got := lineage.Copies(l.all)
	if !slices.ContainsFunc(got, func(e lineage.Edge) bool {
		return e.From.Dataset == "tmp_x17" && e.To.Dataset == "users" && e.Copy && e.Fields[0] == "id" && e.Kind == lineage.Owns
	}) {
		t.Errorf("the copy is not found: %+v", got)
	}
	if slices.ContainsFunc(got, func(e lineage.Edge) bool { return e.From.Dataset == "clients" || e.To.Dataset == "clients" }) {
		t.Error("a table of other people counts as a copy")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	from, to := pii.Ref{Source: "s", Dataset: "a"}, pii.Ref{Source: "s", Dataset: "b"}
	edge := func(field, id string) lineage.Edge {
		return lineage.Edge{ID: id, From: from, Fields: []string{field}, To: to, ToFields: []string{"id"}}
	}
	got := lineage.Merge([]lineage.Edge{edge("x", "1"), edge("x", "2")}, []lineage.Edge{edge("x", "3"), edge("y", "4"), edge("z", "5")}, []lineage.Edge{edge("y", "6")})
	var ids []string
	for _, e := range got {
		ids = append(ids, e.ID)
	}
	if want := []string{"1", "2", "5", "6"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	mails := numbered("user@example", 100, 200)
	var digests, strangers []string
	for i, m := range mails {
		digests = append(digests, fmt.Sprintf("%x", md5.Sum([]byte(m))))
		strangers = append(strangers, fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, i))))
	}
	l := &looks{}
	known := l.field("users", "mail", "contact.email", mails)
	derived := sketch(digests, 4096)
	derived.Form = "md5"
	known.Values = []lineage.Sketch{derived}
	rec := lineage.KnownIdentifiers(l.all)
	for name, c := range map[string]struct {
		values   []string
		category pii.Category
		form     string
		ok       bool
	}{
		"the same addresses":            {mails[:60], "contact.email", "", true},
		"digests of them":               {digests[:60], "contact.email", "md5", true},
		"digests of other things":       {strangers, "", "", false},
		"too few of them":               {append(slices.Clone(digests[:6]), strangers[:20]...), "", "", false},
		"half of them, which is enough": {append(slices.Clone(digests[:40]), strangers[:30]...), "contact.email", "md5", true},
		"names, in a list of both":      {mails[:60], "", "", false},
	} {
		x := (&looks{}).field("x", "f1", "none.code", c.values)
		x.Field.Confidence = 0.3
		if strings.HasPrefix(name, "names") {
			x.Field.Category, x.Field.Confidence = "identity.name", 0.99
		}
		cat, form, nat, ok := lineage.Recognise(x, rec)
		if ok != c.ok || cat != c.category || form != c.form || ok && nat.Nats <= 0 {
			t.Errorf("%s: %s %q %v", name, cat, form, ok)
		}
	}
}
