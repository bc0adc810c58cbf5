package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// typed makes notes that belong to users or to invoices, as their type says in lower case.
func typed(l *looks, kinds ...string) {
	l.field("users", "id", "identity.number", every(1, 1, 200))
	l.field("invoice_lines", "id", "none.key", every(1, 1, 300))
	l.field("notes", "id", "none.key", every(1, 1, 100))
	l.field("notes", "owner_id", "none.key", repeated(every(1, 3, 50), 2))
	l.field("notes", "owner_type", "none.code", repeated(kinds, 100/len(kinds)))
}

func TestKindsNameWhatAReferenceLeadsTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds []string
		want  string
	}{
		"classes":         {[]string{"user", "invoiceline"}, "users[user] invoice_lines[invoiceline]"},
		"tables":          {[]string{"users", "invoice_lines"}, "users[users] invoice_lines[invoice_lines]"},
		"namespaces":      {[]string{`app\models\user`, "other"}, `users[app\models\user]`},
		"kinds of a note": {[]string{"private", "public"}, ""},
	} {
		var l looks
		typed(&l, c.kinds...)
		var got []string
		for _, e := range lineage.Kinds(l.all, nil, sketchKey) {
			got = append(got, fmt.Sprintf("%s[%s]", e.To.Dataset, strings.Join(e.When.Values, " ")))
			other := map[string][]pii.Located{"owner_type": {{Value: pii.NewValue("Else")}}}
			same := map[string][]pii.Located{"owner_type": {{Value: pii.NewValue(strings.ToUpper(e.When.Values[0]))}}}
			if e.Fields[0] != "owner_id" || e.Holds(other) || !e.Holds(same) {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestKindsStandInPlaceOfWhatWasInferred(t *testing.T) {
	t.Parallel()
	var l looks
	typed(&l, "user", "invoiceline")
	n := l.nodes["notes"]
	wrong := lineage.Edge{ID: "x", From: n.Dataset.Ref, Fields: []string{"owner_id"}, To: pii.Ref{Source: "s", Dataset: "invoice_lines"}, ToFields: []string{"id"}}
	other := wrong
	other.ID, other.Fields = "y", []string{"id"}
	for _, e := range lineage.Kinds(l.all, []lineage.Edge{wrong, other}, sketchKey) {
		if e.ID == "x" {
			t.Errorf("the inferred reference stays beside those of kinds")
		}
		if e.ID == "y" {
			return
		}
	}
	t.Errorf("an inferred reference of another field is lost")
}

// TestKindBesideItsNumber reads what a number is of from a field that is called like it: entity, beside entity_id.
func TestKindBesideItsNumber(t *testing.T) {
	t.Parallel()
	var l looks
	l.field("users", "id", "identity.number", every(1, 1, 200))
	l.field("orders", "id", "none.key", every(1, 1, 300))
	l.field("log", "id", "none.key", every(1, 1, 100))
	l.field("log", "entity_id", "none.key", repeated(every(1, 3, 50), 2))
	l.field("log", "entity", "none.code", repeated([]string{"user", "order"}, 50))
	if got := lineage.Kinds(l.all, nil, sketchKey); len(got) != 2 || got[0].When == nil || got[0].When.Field != "entity" || !lineage.NamesKind("entity") {
		t.Errorf("got %+v", got)
	}
}

// TestKindSaysNothingOfANumber has a type beside numbers that are called by nothing: its own number, and one whose values do not stand in what the type names.
func TestKindSaysNothingOfANumber(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(l *looks){
		"its own": func(l *looks) { l.field("booking", "ref_no", "none.key", every(1, 1, 60)) },
		"other values": func(l *looks) {
			l.field("booking", "id", "none.key", every(9000, 1, 300))
			l.field("booking", "ref_no", "none.key", every(700_001, 37, 300))
		},
		"a category": func(l *looks) {
			l.field("booking", "id", "none.key", every(9000, 1, 300))
			l.field("booking", "kind_id", "none.key", every(1, 1, 300))
		},
	} {
		var l looks
		l.field("customer", "id", "none.key", every(1, 1, 80))
		add(&l)
		l.field("booking", "kind", "none.code", append(slices.Repeat([]string{"customer"}, 200), slices.Repeat([]string{"agent"}, 100)...))
		if got := lineage.Kinds(l.all, nil, sketchKey); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestSortsLeft has a log of which reading has shown one sort: what was inferred of the field stays for the other one alone, also where it leads to the same dataset.
func TestSortsLeft(t *testing.T) {
	t.Parallel()
	var l looks
	l.field("customers", "id", "none.key", every(1000, 3, 300))
	l.field("orders", "id", "none.key", every(50_000, 7, 300))
	l.field("log", "n", "none.key", every(1, 1, 300))
	l.field("log", "table_name", "none.code", slices.Repeat([]string{"o", "c"}, 150))
	l.field("log", "record_id", "none.key", every(1000, 3, 300))
	customers, orders, sort, child := &l.all[0], &l.all[1], &l.all[3], &l.all[4]
	mix := lineage.Mix{Child: child, Sort: sort, Parents: []*lineage.Look{orders, customers}}
	for name, c := range map[string]struct {
		few  lineage.Sort
		to   *lineage.Look
		want string
	}{
		"another dataset":   {lineage.Sort{Value: "c", Asked: 4, Found: []int{0, 4}}, customers, "customers[c] orders[o]"},
		"the same one":      {lineage.Sort{Value: "c", Asked: 4, Found: []int{4, 0}}, orders, "orders[c] orders[o]"},
		"not of its values": {lineage.Sort{Value: "c", Asked: 4, Found: []int{4, 0}}, customers, "orders[o]"},
	} {
		had := lineage.Edge{From: child.Node.Dataset.Ref, Fields: []string{"record_id"}, To: c.to.Node.Dataset.Ref, ToFields: []string{"id"}, Confidence: .85}
		had.ID = lineage.EdgeID(had.From, had.Fields, had.To, had.ToFields)
		var got []string
		ids := map[string]bool{}
		for _, e := range lineage.Sorts([]lineage.Edge{had}, []lineage.Sorted{{Mix: mix, Sorts: []lineage.Sort{{Value: "o", Asked: 60, Found: []int{60, 0}}, c.few}}}) {
			got, ids[e.ID] = append(got, fmt.Sprint(e.To.Dataset, e.When.Values)), true
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want || len(ids) != len(got) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	for value, want := range map[string]bool{"customer": true, "ord": true, "anna_lee": false} {
		owner := *sort
		field := *sort.Field
		field.Field.Name = "record_owner"
		owner.Field = &field
		if m := (lineage.Mix{Child: child, Sort: &owner, Parents: mix.Parents}); m.Tells(value) != want || !mix.Tells(value) {
			t.Errorf("%s beside a number: %v", value, !want)
		}
	}
}

// TestTicket leads from visits by the links in mails to whom the mail was sent, by the token that lets in, and from no key to a copy of it.
func TestTicket(t *testing.T) {
	t.Parallel()
	var tokens []string
	for i := range 200 {
		tokens = append(tokens, fmt.Sprintf("n%023x", uint64(i+1)*0x9e3779b97f4a7c15))
	}
	var l looks
	l.field("readers", "email", "contact.email", every(1, 1, 200))
	l.field("readers", "token", "online.credential", tokens)
	l.field("opened", "id", "none.key", every(1, 1, 300))
	l.field("opened", "token", "online.credential", repeated(tokens[:150], 2))
	l.field("copy", "id", "none.key", every(5000, 7, 100))
	l.field("copy", "token", "online.credential", tokens[:100])
	var got []string
	for _, e := range lineage.Infer(l.all) {
		got = append(got, e.From.Dataset+"."+e.Fields[0]+" "+e.To.Dataset)
	}
	if len(got) != 1 || got[0] != "opened.token readers" {
		t.Errorf("got %v", got)
	}
}

func TestTokensOfSeveralSorts(t *testing.T) {
	t.Parallel()
	token := func(kind string, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("%s-%016x", kind, uint64(i+1)*0x9e3779b97f4a7c15))
		}
		return out
	}
	users, devices := token("u", 200), token("d", 150)
	var l looks
	l.field("users", "uuid", "identity.number", users)
	l.field("devices", "token", "none.hash", devices)
	l.field("events", "id", "none.key", every(1, 1, 240))
	l.field("events", "who", "none.key", append(append(repeated(users[:100], 1), repeated(devices[:80], 1)...), repeated(users[:60], 1)...))
	found := map[string]bool{}
	for _, e := range lineage.Infer(l.all) {
		found[e.From.Dataset+"."+e.Fields[0]+" "+e.To.Dataset] = e.Confidence > 0.9
	}
	if !found["events.who users"] || !found["events.who devices"] || len(found) != 2 {
		t.Errorf("found %v", found)
	}
}
