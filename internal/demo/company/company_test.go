package company_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vestige/internal/demo/company"
)

func TestASeedIsOneCompany(t *testing.T) {
	a, b := newProbe(t, company.Options{Seed: 7}), newProbe(t, company.Options{Seed: 7})
	if len(a.objects) != len(b.objects) {
		t.Fatalf("%d objects and %d", len(a.objects), len(b.objects))
	}
	for key, text := range a.objects {
		if b.objects[key] != text {
			t.Errorf("object %s differs", key)
		}
		one, err := os.Stat(filepath.Join(a.c.Dir, company.ObjectsRoot, key))
		if err != nil {
			t.Fatal(err)
		}
		two, err := os.Stat(filepath.Join(b.c.Dir, company.ObjectsRoot, key))
		if err != nil {
			t.Fatal(err)
		}
		if one.Mode() != two.Mode() || !one.ModTime().Equal(two.ModTime()) {
			t.Errorf("object %s has another mode or time", key)
		}
	}
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		if plain(t, filepath.Join(a.c.Dir, file)) != plain(t, filepath.Join(b.c.Dir, file)) {
			t.Errorf("%s differs", file)
		}
	}
}

func TestAnotherSeedIsAnotherCompany(t *testing.T) {
	names, people, layouts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for seed := range uint64(10) {
		p := newProbe(t, company.Options{Seed: seed, People: 40})
		names[p.c.Tables["users"]+p.c.Tables["orders"]+p.c.Columns["users.phone"]+p.c.Columns["orders.shipping"]] = true
		people[p.walk.Name] = true
		for key := range p.objects {
			if strings.HasPrefix(key, "events/") {
				layouts[regexp.MustCompile(`\d+`).ReplaceAllString(key, "0")] = true
			}
		}
	}
	if len(names) < 8 || len(people) < 8 || len(layouts) < 2 {
		t.Errorf("%d namings, %d walk subjects, %d layouts in ten companies", len(names), len(people), len(layouts))
	}
}

func TestSizes(t *testing.T) {
	for seed := range uint64(10) {
		p := newProbe(t, company.Options{Seed: seed})
		tables := p.count("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'")
		info, err := os.Stat(filepath.Join(p.c.Dir, company.ShopFile))
		if err != nil {
			t.Fatal(err)
		}
		if tables < 25 || tables > 35 || len(p.objects) < 25 || len(p.objects) > 42 || info.Size() < 1<<20 || info.Size() > 5<<20 {
			t.Errorf("seed %d: %d tables, %d objects, %d bytes", seed, tables, len(p.objects), info.Size())
		}
	}
}

// Everybody is invented: what could reach or charge somebody is kept for documentation, fiction or tests.
func TestNothingCanReachAnybody(t *testing.T) {
	reserved := regexp.MustCompile(`@([\w-]+\.)*(example\.(com|org|net)|[\w-]+\.example|[\w-]+\.test)$`)
	fiction := regexp.MustCompile(`^(\+1 \d{3}-555-01\d\d|\+44 (20 7946 0|161 496 0|113 496 0|117 496 0|131 496 0|7700 900 )\d{3}|\+49 (30 23125|69 90009|40 66969|221 4710|89 99998) \d{3})$`)
	benchmark := regexp.MustCompile(`^(198\.1[89]\.\d+\.\d+|192\.0\.2\.\d+)$`)
	p := newProbe(t, company.Options{Seed: 3})
	allowed := map[string]*regexp.Regexp{"contact.email": reserved, "contact.phone": fiction, "online.ip": benchmark}
	seen := map[string]int{}
	for _, s := range p.c.Truth.Subjects {
		for _, id := range append(s.Identifiers, s.Attributes...) {
			seen[id.Category]++
			if kept := allowed[id.Category]; kept != nil && !kept.MatchString(id.Value) {
				t.Errorf("a %s of subject %d may be somebody's", id.Category, s.ID)
			}
		}
	}
	for category := range allowed {
		if seen[category] < 200 {
			t.Errorf("only %d of %s", seen[category], category)
		}
	}
	for key, text := range p.objects {
		for _, mail := range regexp.MustCompile(`[\w.+-]+@[\w.-]*\w`).FindAllString(text, -1) {
			if !reserved.MatchString(mail) {
				t.Errorf("an address in %s is at a domain that is not reserved", key)
			}
		}
	}
	cards := "'4242424242424242', '4111111111111111', '5555555555554444', '378282246310005', '6011111111111117', '5105105105105100'"
	if n := p.count("SELECT count(*) FROM {payments} WHERE {payments.card} NOT IN (" + cards + ")"); n > 0 {
		t.Errorf("%d cards are no test cards", n)
	}
}

func TestIdentifiersThatAreSingleAreNobodyElses(t *testing.T) {
	for seed := range uint64(20) {
		p := newProbe(t, company.Options{Seed: seed})
		owner := map[string]company.Person{}
		for _, s := range p.c.Truth.Subjects {
			for _, id := range s.Identifiers {
				if other, taken := owner[id.Value]; id.Single && taken && other != s.ID {
					t.Errorf("seed %d: a %s of subject %d is also subject %d's", seed, id.Category, s.ID, other)
				}
				if len(id.Value) > 7 {
					owner[id.Value] = s.ID
				}
			}
		}
	}
}

func TestTheTruthPointsAtRecordsOnce(t *testing.T) {
	p := newProbe(t, company.Options{Seed: 11})
	seen := map[company.Location]bool{}
	for _, r := range p.c.Truth.Records {
		if seen[r.At] {
			t.Errorf("two records at one place in %s", r.At)
		}
		seen[r.At] = true
		if r.At.Source == "" || r.At.Dataset == "" || len(r.Expect) == 0 {
			t.Errorf("a record without place or fate in %s", r.At)
		}
		for _, owner := range r.Owners {
			if len(r.Owners) > 1 && !slices.Contains([]company.Fate{company.Detached, company.Stays}, r.Expect[owner]) {
				t.Errorf("a record of two in %s would go with one", r.At)
			}
		}
	}
	if len(p.c.Truth.HeldByAnother(p.c.Walk)) == 0 {
		t.Error("nothing of the walk subject's is held by another")
	}
}

func TestConfigAndPolicy(t *testing.T) {
	p := newProbe(t, company.Options{Seed: 1, People: 24})
	if !strings.Contains(p.c.Config(), "policies: [policy.yaml]") || !strings.Contains(p.c.Policy(), `dataset: "shop/`+p.c.Tables["invoices"]+`"`) {
		t.Error(p.c.Config(), p.c.Policy())
	}
	p = newProbe(t, company.Options{Seed: 1, People: 24, Without: []company.Difficulty{company.KeptInvoices}})
	if p.c.Policy() != "retain: []\n" {
		t.Error(p.c.Policy())
	}
}

func TestGenerateDoesNotOverwrite(t *testing.T) {
	p := newProbe(t, company.Options{Seed: 1, People: 24})
	if _, err := company.Generate(context.Background(), p.c.Dir, company.Options{}); err == nil {
		t.Error("a second company over the first")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := company.Generate(ctx, t.TempDir(), company.Options{}); err == nil {
		t.Error("a cancelled context is not noticed")
	}
}
