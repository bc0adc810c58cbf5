package eval_test

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/eval"
	"vestige/pii"
)

func newSet(t testing.TB) *classifiers.Set {
	t.Helper()
	set, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// recorded gives the least F1 and the most false alarms per mode.
func recorded(t *testing.T) map[string][2]float64 {
	f, err := os.Open("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string][2]float64{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		name, figures, ok := strings.Cut(sc.Text(), ":")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		var v [2]float64
		if _, err := fmt.Sscan(figures, &v[0], &v[1]); err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	return out
}

// TestEval fails when a figure falls below the recorded one; -v prints them all.
func TestEval(t *testing.T) {
	set, floor := newSet(t), recorded(t)
	tables, err := eval.Read(os.DirFS("../testdata/columns"))
	if err != nil {
		t.Fatal(err)
	}
	named := slices.DeleteFunc(slices.Clone(tables), func(t eval.Table) bool {
		return len(t.Names[0]) <= 2 && t.Names[0] != "id" && t.Names[0] != "ts" || t.Names[0] == "fld_01"
	})
	for _, m := range eval.Modes {
		shown := tables
		if m.Rows == 0 {
			shown = named // names that mean nothing say nothing alone
		}
		r := eval.Score(set, shown, m)
		t.Log(r)
		for _, e := range r.Errors {
			t.Log("    " + e)
		}
		want, ok := floor[m.Name]
		if !ok || r.F1() < want[0] || float64(r.FalseAlarm) > want[1] {
			t.Errorf("%s: F1 %.3f with %d false alarms, recorded are %v", m.Name, r.F1(), r.FalseAlarm, want)
		}
	}
}

// labels maps the words of anonymisers' configurations to categories.
var labels = map[string]pii.Category{
	"email": "contact.email", "randomizeEmail": "contact.email", "phoneNumber": "contact.phone", "phone": "contact.phone", "city": "contact.city", "streetAddress": "contact.street",
	"postcode": "contact.postcode", "zipcode": "contact.postcode", "firstName": "identity.given_name", "first_name": "identity.given_name", "firstname": "identity.given_name",
	"lastName": "identity.family_name", "last_name": "identity.family_name", "lastname": "identity.family_name", "ipv4": "online.ip", "faker:ipv4": "online.ip", "remote_ip": "online.ip",
	"password": "online.credential", "username": "identity.username", "country": "contact.country", "name": "identity.name", "company": "none.organisation",
}

// TestData scores names of columns in the folder that VESTIGE_DATA names, which holds what anonymisers are told of real schemas.
func TestData(t *testing.T) {
	folder := os.Getenv("VESTIGE_DATA")
	if folder == "" {
		t.Skip("VESTIGE_DATA names no folder")
	}
	f, err := os.Open(filepath.Join(folder, "anonymizer_configs", "columns.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]*eval.Table{}
	for _, r := range rows[1:] {
		label, ok := labels[r[4]]
		if !ok {
			continue
		}
		key := r[1] + "." + r[2]
		if tables[key] == nil {
			tables[key] = &eval.Table{Name: r[2]}
		}
		tables[key].Names, tables[key].Labels = append(tables[key].Names, r[3]), append(tables[key].Labels, label)
	}
	var list []eval.Table
	for _, x := range tables {
		list = append(list, *x)
	}
	r := eval.Score(newSet(t), list, eval.Mode{Name: "names in real schemas"})
	t.Log(r)
	for _, e := range r.Errors {
		t.Log("    " + e)
	}
}

// TestMeaninglessNames: values alone lift what is clearly an identifier above .95, so that a plan may act on it, and keep what only looks
// like one below .5.
func TestMeaninglessNames(t *testing.T) {
	set := newSet(t)
	tables, err := eval.Read(os.DirFS("../testdata/columns"))
	if err != nil {
		t.Fatal(err)
	}
	clear := []pii.Category{
		"contact.email", "contact.phone", "finance.iban", "identity.loyalty_number", "identity.name", "identity.given_name", "identity.family_name", "online.mac", "online.ip",
		"government_id.us_ssn", "demographic.birth_date", "contact.street", "online.user_agent",
	}
	for _, x := range tables {
		for i, p := range eval.Propose(set, x, eval.Modes[3]) {
			label := x.Labels[i]
			if slices.Contains(clear, label) && (p.Category != label || p.Confidence < .95) {
				t.Errorf("%s.%s is clearly %s, proposed %s at %.2f: %v", x.Name, x.Names[i], label, p.Category, p.Confidence, p.Nats)
			}
			if !label.Personal() && label != "none.text" && x.Names[i] != "image_url" && p.Category.Personal() && p.Confidence >= .5 {
				t.Errorf("%s.%s only looks like %s at %.2f: %v", x.Name, x.Names[i], p.Category, p.Confidence, p.Nats)
			}
		}
	}
}
