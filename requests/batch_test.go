package requests_test

import (
	"fmt"
	"strings"
	"testing"

	"vestige/connectors/memory"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
	"vestige/requests"
)

// TestReadBatch reads people from CSV, and refuses what is none by its line, without a value of it.
func TestReadBatch(t *testing.T) {
	parse := func(category, value string) (pii.Identifier, error) {
		if category != "contact.email" && category != "contact.phone" {
			return pii.Identifier{}, errkind.Coded(errkind.Invalid, "no-such-category", "there is no such category")
		}
		return pii.Identifier{Category: pii.Category(category), Value: pii.NewValue(value)}, nil
	}
	out, err := requests.ReadBatch([]byte("\xef\xbb\xbfcontact.email, contact.phone\nann@example.com\n\n ,\"+1 202 555 0101\"\n"), parse)
	if err != nil || len(out) != 2 || out[0][0].Value.Reveal() != "ann@example.com" || out[1][0].Category != "contact.phone" {
		t.Errorf("read %v, %v", out, err)
	}
	for name, c := range map[string]struct{ text, code, line string }{
		"nothing":             {"", "batch", ""},
		"nobody":              {"contact.email\n", "batch", ""},
		"a cell too many":     {"contact.email\nann@example.com,bea@example.com\n", "batch", "line 2 "},
		"a quote in a cell":   {"contact.email\nann\"@example.com\n", "batch", "line 2 "},
		"a quote left open":   {"contact.email\nbea@example.com\n\"ann@example.com\n", "batch", "line 3 "},
		"an empty line of it": {"contact.email,contact.phone\nann@example.com\n,\n", "no-identifier", "line 3 "},
		"an unknown column":   {"shoe.size\nann@example.com\n", "no-such-category", "line 2:"},
	} {
		_, err := requests.ReadBatch([]byte(c.text), parse)
		if errkind.Code(err) != c.code || !strings.Contains(err.Error(), c.line) || strings.Contains(err.Error(), "ann") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEverybodyOfABatchEnds has in a batch a telephone of two people, and somebody whom no system knows: when it has ended, it says of each how far she has come.
func TestEverybodyOfABatchEnds(t *testing.T) {
	family := func(s *memory.System) {
		text := func(n string) pii.Field { return pii.Field{Name: n, Column: n, Type: pii.Text} }
		s.Create(memory.Table{Name: "members", Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id", Type: pii.Int, NotNull: true}, text("full_name"), text("email"), text("phone")}})
		for i := range 24 {
			phone := fmt.Sprintf("+1202555%04d", 100+max(i, 1)) // the first two have one
			s.Insert("members", [][]byte{fmt.Append(nil, 900+7*i), fmt.Appendf(nil, "%s Miller", []string{"Ann", "Bob", "Cleo", "Dan"}[i%4]), fmt.Appendf(nil, "m%d@example.org", i), []byte(phone)})
		}
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		in := requests.Intake{Type: policies.Erasure, By: "olga", Verified: "list"}
		for _, v := range []string{mail(1), mail(2), mail(3), "nobody@nowhere.example"} {
			in.Subjects = append(in.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(v)}})
		}
		in.Subjects = append(in.Subjects, []pii.Identifier{{Category: "contact.phone", Value: pii.NewValue("+12025550101")}})
		r, err := d.service.Intake(t.Context(), in)
		d.must(err)
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		ends := func() string {
			r, err := d.service.Show(t.Context(), r.ID)
			d.must(err)
			own, err := d.service.Own(t.Context(), r.ID)
			d.must(err)
			return fmt.Sprint(requests.Ends(r, p.Open.Batch, own))
		}
		if got := ends(); got != "[{planned false 3} {planned true 1} {scoping false 1}]" {
			t.Errorf("planned: %s", got)
		}
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		res, err := d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		if got := ends(); got != "[{closed false 3} {closed true 1} {planned false 1}]" {
			t.Errorf("%s (%s): %s", res.State, res.Reason, got)
		}
	}, family)
}
