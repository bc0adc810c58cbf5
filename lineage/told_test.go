package lineage_test

import (
	"strings"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// TestTold: a flow of values as they are is a reference to the key that they come from, through fields that are none; what changes them, and what the
// values themselves contradict, is none.
func TestTold(t *testing.T) {
	nodes := map[string]*lineage.Node{}
	looks := map[string]*lineage.Look{}
	field := func(at string, key bool, category pii.Category, hashes ...uint64) {
		ref, err := pii.ParseRef(at)
		if err != nil {
			t.Fatal(err)
		}
		n := nodes[ref.Of().String()]
		if n == nil {
			n = &lineage.Node{Dataset: pii.Dataset{Ref: ref.Of(), Kind: pii.Table}}
			nodes[ref.Of().String()] = n
		}
		if key {
			n.Dataset.Key = []string{ref.Field}
		}
		l := &lineage.Look{Node: n, Field: &lineage.FieldNode{Field: pii.Field{Name: ref.Field, Type: pii.Int}, Category: category, Confidence: .99, Dense: true}}
		if len(hashes) > 0 {
			l.Sketch = &lineage.Sketch{Cut: 1 << 60, Hashes: hashes}
		}
		looks[at] = l
	}
	field("s/customers#id", true, "identity.customer_number", 1, 2, 3, 4, 5, 6)
	field("s/orders#id", true, "none.number")
	field("s/orders#customer_id", false, "none.number", 1, 2, 3, 4, 5)
	nodes["s/orders"].Dataset.References = []pii.Reference{{From: nodes["s/orders"].Dataset.Ref, Fields: []string{"customer_id"}, To: nodes["s/customers"].Dataset.Ref, ToFields: []string{"id"}}}
	field("s/shown#id", false, "identity.customer_number")
	nodes["s/shown"].Dataset.Kind = pii.View
	field("l/facts#customer", false, "none.number", 1, 2, 3, 4, 5)
	field("l/dim#customer", false, "none.number")
	field("l/dim#country", false, "none.number")
	field("l/other#customer", false, "none.number", 11, 12, 13, 14, 15, 16)
	field("s/customers#country", false, "none.number")
	field("s/customers#mail", false, "contact.email")
	field("l/dim#mail", false, "contact.email")
	var all []lineage.Look
	for _, l := range looks {
		all = append(all, *l)
	}
	flow := func(in, out string, same bool) lineage.Flow {
		a, _ := pii.ParseRef(in)
		b, _ := pii.ParseRef(out)
		return lineage.Flow{Input: a, Output: b, Same: same, Origin: "dbt"}
	}
	for _, x := range []struct {
		what  string
		flows []lineage.Flow
		want  string
	}{
		{"from a key", []lineage.Flow{flow("s/customers#id", "l/dim#customer", true)}, "l/dim(customer)→s/customers(id)"},
		{"changed on the way", []lineage.Flow{flow("s/customers#id", "l/dim#customer", false)}, ""},
		{"between datasets", []lineage.Flow{flow("s/customers", "l/dim", true)}, ""},
		{"by way of a reference", []lineage.Flow{flow("s/orders#customer_id", "l/facts#customer", true)}, "l/facts(customer)→s/customers(id)"},
		{"by way of a view", []lineage.Flow{flow("s/customers#id", "s/shown#id", true), flow("s/shown#id", "l/dim#customer", true)}, "l/dim(customer)→s/customers(id)"},
		{"by way of a field that is no key", []lineage.Flow{flow("s/customers#id", "l/facts#customer", true), flow("l/facts#customer", "l/dim#customer", true)},
			"l/dim(customer)→s/customers(id) l/facts(customer)→s/customers(id)"},
		{"in a ring", []lineage.Flow{flow("l/facts#customer", "l/dim#customer", true), flow("l/dim#customer", "l/facts#customer", true)}, ""},
		{"from what tells nothing apart", []lineage.Flow{flow("s/customers#country", "l/dim#country", true)}, ""},
		{"of what is compared everywhere", []lineage.Flow{flow("s/customers#mail", "l/dim#mail", true)}, ""},
		{"against the values", []lineage.Flow{flow("s/customers#id", "l/other#customer", true)}, ""},
		{"from what there is not", []lineage.Flow{flow("s/nothing#id", "l/dim#customer", true)}, ""},
	} {
		var got []string
		for _, e := range lineage.Told(all, x.flows) {
			got = append(got, e.From.String()+"("+e.Fields[0]+")→"+e.To.String()+"("+e.ToFields[0]+")")
			if e.Told != "dbt" || e.Declared || e.Confidence < .95 || len(e.Evidence) != 1 {
				t.Errorf("%s: the reference is %+v", x.what, e)
			}
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s: %v, want %s", x.what, got, x.want)
		}
	}
}
