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
