package plans_test

import (
	"testing"

	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// TestNormaliseWhatIsTyped takes the address out of what a mail program copies, and refuses a sentence around one.
func TestNormaliseWhatIsTyped(t *testing.T) {
	t.Parallel()
	g := (&lineage.Graph{}).Index()
	for in, want := range map[string]string{
		" Ann@Example.com ":                      "ann@example.com",
		"Ann Lee <ann@example.com>":              "ann@example.com",
		"<ann@example.com>":                      "ann@example.com",
		"ann..lee@example.com":                   "ann..lee@example.com",
		"please delete ann@example.com":          "",
		"ann@example.com and bob@example.com":    "",
		"<ann@example.com>, Bob <b@example.com>": "",
	} {
		ids, err := plans.Normalise(g, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(in)}})
		switch {
		case want == "":
			if errkind.Code(err) != "no-such-shape" {
				t.Errorf("%q is taken for an address: %v", in, err)
			}
		case err != nil || ids[0].Value.Reveal() != want:
			t.Errorf("%q: %v", in, err)
		}
	}
}

// TestNumberOfAField takes a number by any field of its value domain, and an address by the field that holds it.
func TestNumberOfAField(t *testing.T) {
	t.Parallel()
	p := &paper{}
	p.table("policies", "mail contact.email", "place contact.city")
	p.nodes[0].Fields[0].Domain = "s/policies#id"
	g := p.input().Graph
	for field, want := range map[string]string{"s/policies#id": "identity.number s/policies#id", "s/policies#mail": "contact.email ", "s/policies#place": "which-domain", "s/policies#none": "no-such-field"} {
		got := ""
		ids, err := plans.Normalise(g, []pii.Identifier{{Category: "identity.number", Value: pii.NewValue("ann7@example.com"), Domain: field}})
		if got = errkind.Code(err); err == nil {
			got = string(ids[0].Category) + " " + ids[0].Domain
		}
		if got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}
