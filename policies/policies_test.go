package policies_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
)

func TestGoodFilesAreRead(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.good.yaml")
	if len(files) < 4 {
		t.Fatal("the files are missing")
	}
	for _, file := range files {
		if _, err := policies.Load(file); err != nil {
			t.Error(err)
		}
	}
}

func TestBadFilesAreRefusedWhereTheyAreWrong(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.bad.yaml")
	if len(files) < 15 {
		t.Fatal("the files are missing")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		want := strings.TrimPrefix(first, "# want: ")
		_, err = policies.Load(file)
		if errkind.Of(err) != errkind.Invalid || err == nil || !strings.HasPrefix(err.Error(), file) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
	if _, err := policies.Load("testdata/nowhere.yaml"); errkind.Of(err) != errkind.NotFound {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestFilesAddUpOverTheDefault(t *testing.T) {
	p := policies.Default()
	for _, text := range []string{
		"retain: [{basis: a, months: 1, match: {dataset: s/a}}]\nact: {find: 0.3}\nholidays: [2026-12-25]\n",
		"retain: [{basis: b, months: 1, match: {dataset: s/b}}]\nwindows: {cool-down: 2d}\nholidays: [2026-12-26]\n",
	} {
		if err := p.Add("x.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.Retain) != 2 || len(p.Holidays) != 2 || p.Act.Find != 0.3 || p.Act.Change != 0.95 || p.Tolerance.Percent != 10 ||
		time.Duration(p.Windows.CoolDown) != 48*time.Hour || time.Duration(p.Windows.Minimum) != 24*time.Hour {
		t.Errorf("the policy is %+v", p)
	}
	before := *p
	if err := p.Add("bad.yaml", []byte("limits: {hub: 1}\nnonsense: 1\n")); err == nil || p.Limits != before.Limits {
		t.Errorf("a refused file changed the policy: %v", err)
	}
}

func TestBasis(t *testing.T) {
	p := policies.Default()
	text := `
retain:
  - {basis: invoices, months: 120, match: {dataset: "shop/inv*"}}
  - {basis: archive, months: 0, match: {dataset: "files/**/archive/*"}}
  - {basis: short, months: 12, match: {source: shop}}
  - {basis: money, months: 72, match: {category: finance}}
  - {basis: payer, months: 24, match: {source: crm, dataset: "*", field: "payer.*"}}
  - {basis: tagged, months: 6, match: {tag: "hold/*"}}
  - {basis: same length, months: 120, match: {dataset: "shop/invoices"}}
`
	if err := p.Add("p.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at         string
		categories []pii.Category
		tags       []string
		want       string
	}{
		{"shop/invoices", nil, nil, "invoices"},
		{"shop/users", nil, nil, "short"},
		{"shop/sub/invoices", nil, nil, "short"},
		{"crm/invoices", nil, nil, ""},
		{"crm/invoices", []pii.Category{"contact.email", "finance.iban"}, nil, "money"},
		{"crm/invoices", []pii.Category{"financeable.x"}, nil, ""},
		{"crm/invoices#payer.name", nil, nil, "payer"},
		{"crm/invoices#payer.name.first", nil, nil, ""},
		{"crm/invoices#payername", nil, nil, ""},
		{"crm/invoices", nil, []string{"other", "hold/2026"}, "tagged"},
		{"files/archive/x.csv", nil, nil, "archive"},
		{"files/a/b/archive/x.csv", nil, nil, "archive"},
		{"files/a/archive/b/x.csv", nil, nil, ""},
	} {
		ref, err := pii.ParseRef(c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.Basis(ref, c.categories, c.tags...); got.Text != c.want || ok != (c.want != "") {
			t.Errorf("%s %v %v is kept by %q, want %q", c.at, c.categories, c.tags, got.Text, c.want)
		}
	}
}

func TestThresholdsOfTheMostSpecialCategory(t *testing.T) {
	p, err := policies.Load("testdata/full.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for category, want := range map[pii.Category][2]float64{
		"contact.phone": {0.6, 0.99}, "contact.email": {0.4, 0.97}, "identity.name": {0.4, 0.9}, "contactless": {0.4, 0.9},
	} {
		if f, c := p.Find(category), p.Change(category); f != want[0] || c != want[1] {
			t.Errorf("%s: %v and %v, want %v", category, f, c, want)
		}
	}
}

func TestUntil(t *testing.T) {
	from := time.Date(2024, 2, 29, 10, 0, 0, 0, time.UTC)
	if got := (policies.Basis{Months: 12}).Until(from); got.Format(time.DateOnly) != "2025-02-28" {
		t.Errorf("a year after a leap day is %v", got)
	}
	if got := (policies.Basis{}).Until(from); !got.IsZero() {
		t.Errorf("without end is %v", got)
	}
}
