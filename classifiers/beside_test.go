package classifiers_test

import (
	"slices"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/pii"
)

// proposed gives what the name of a field of a table suggests beside the other fields, before any value is seen.
func proposed(s *classifiers.Set, typ pii.FieldType, table string, fields ...string) string {
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: table}}
	for _, f := range fields {
		d.Fields = append(d.Fields, pii.Field{Name: f, Column: f, Type: typ})
	}
	p := s.Weigh(s.NewGather(classifiers.Context{Ref: pii.Ref{Source: "s", Dataset: table, Field: fields[0]}, Field: d.Fields[0], Dataset: d}).Stats())
	if p.Confidence < .5 {
		return ""
	}
	return string(p.Category)
}

// TestNamesBeside: what a name says with its type and its neighbours. The first field is the one that is asked for.
func TestNamesBeside(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		typ          pii.FieldType
		table, names string
		want, never  string
	}{
		{pii.Int, "pessoas", "num_pis", "government_id", ""},
		{pii.Text, "pessoas", "num_pis", "government_id", ""},
		{pii.Text, "pessoas", "num_telefones", "contact.phone", ""},
		{pii.Int, "pessoas", "num_nis", "government_id", ""},
		{pii.Int, "families", "num_children", "", "contact"},
		{pii.Text, "boats", "pephone pename colour length mast crew", "", "contact"},
		{pii.Text, "sens", "devage devphone model board chip clock", "", "demographic"},
		{pii.Text, "kunden", "restrasse replz reort betrag summe datum", "contact.street", ""},
		{pii.Text, "leads", "state phone notes owner stage score", "", "contact"},
		{pii.Text, "leads", "state city postcode owner stage score", "contact.region", ""},
		{pii.Text, "nets", "ip_pool_name mask gateway vlan site rack", "", "online"},
		{pii.Text, "comptes", "ip_connexion login date langue theme statut", "online.ip", ""},
		{pii.Text, "ratios", "salary_to_age a b c d e", "demographic.age", ""},
		{pii.Text, "houses", "bld street_no floor roof year owner", "", "health"},
	} {
		got := proposed(s, c.typ, c.table, strings.Fields(c.names)...)
		if !strings.HasPrefix(got, c.want) || c.never != "" && strings.HasPrefix(got, c.never) {
			t.Errorf("%s.%s: %q", c.table, c.names, got)
		}
	}
}

// TestNumbersBehindLetters: a number behind letters and a low line is somebody's where its check digit says so, and a program's block is not.
func TestNumbersBehindLetters(t *testing.T) {
	s := set(t)
	for text, want := range map[string][]string{
		"card_4242424242424242 used":                 {"card=4242424242424242"},
		"pan_4111111111111111 used":                  {"card=4111111111111111"},
		"customer_card_5500005555555559 used":        {"card=5500005555555559"},
		"received blk_4702182334423810 of block":     nil,
		"received blk_-1608999687919862906 of block": nil,
	} {
		var got []string
		s.Text([]byte(text), func(c *classifiers.Classifier, h classifiers.Hit) { got = append(got, c.Name+"="+text[h.Start:h.End]) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
