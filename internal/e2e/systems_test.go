package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/internal/testenv"
	"vestige/plans"
)

// systems is a company on servers: its shop on PostgreSQL, its customer relations on MariaDB or MySQL, its objects on S3 with versions.
type systems struct {
	*estate
	shop, crm *plot
	bucket    testenv.Bucket
}

func newSystems(t *testing.T, o company.Options, crm testenv.Database) *systems {
	t.Helper()
	e := &estate{t: t, dir: t.TempDir()}
	var err error
	e.company, err = company.Generate(t.Context(), e.dir, o)
	must(t, err)
	dsn := testenv.Postgres(t)
	s := &systems{estate: e, shop: postgresPlot(t, dsn), crm: mariaPlot(t, crm), bucket: testenv.S3(t, testenv.Versioned)}
	s.shop.take(t, filepath.Join(e.dir, company.ShopFile))
	s.crm.take(t, filepath.Join(e.dir, company.CRMFile))
	upload(t, s.bucket, filepath.Join(e.dir, company.ObjectsRoot))
	policy := strings.ReplaceAll(e.company.Policy(), `"shop/`, `"shop/public.`) + "windows: {cool-down: 0s, minimum: 0s, export: 14d}\n"
	config := fmt.Sprintf(`data: ./data
single-approver: true
examples: true
sources:
  shop: {type: postgres, dsn: %q}
  crm: {type: mysql, host: %s, port: "%d", user: %s, password: %q, database: %s}
  files: {type: bucket, bucket: %s, endpoint: %q, region: %s, access_key: %q, secret_key: %q}
policies: [policy.yaml]
`, dsn, crm.Host, crm.Port, crm.User, crm.Password, crm.Name, s.bucket.Name, s.bucket.Endpoint, s.bucket.Region, s.bucket.AccessKey, s.bucket.SecretKey)
	must(t, os.WriteFile(filepath.Join(e.dir, "vestige.yaml"), []byte(config), 0o600))
	must(t, os.WriteFile(filepath.Join(e.dir, "policy.yaml"), []byte(policy), 0o644))
	e.before = s.now()
	return s
}

// now is what the systems hold, read by their own clients.
func (s *systems) now() *outsider.Snapshot {
	s.t.Helper()
	dir := s.t.TempDir()
	s.shop.back(s.t, filepath.Join(dir, company.ShopFile))
	s.crm.back(s.t, filepath.Join(dir, company.CRMFile))
	download(s.t, s.bucket, filepath.Join(dir, company.ObjectsRoot))
	got, err := outsider.Take(dir)
	must(s.t, err)
	return got
}

func (s *systems) judged() outsider.Report {
	s.t.Helper()
	j := outsider.Judge(s.before, s.now(), s.company.Truth, s.erased)
	// The bytes of these files are the mirror's and not the servers', whose own are the matter of their rungs.
	j.Left = slices.DeleteFunc(j.Left, func(place string) bool { return strings.HasSuffix(place, ".db (bytes): contact.email") })
	return j
}

// TestSystems takes people through the product's own path on real servers: nothing of them is left, nothing of anybody else differs.
func TestSystems(t *testing.T) {
	servers := map[string]func(testing.TB) testenv.Database{"mariadb": testenv.MariaDB}
	if !testing.Short() {
		servers["mysql"] = testenv.MySQL
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			s := newSystems(t, company.Options{Seed: 1}, server(t))
			end := s.open(setting{})
			defer end()
			s.scan(setting{})
			who := []company.Person{s.company.Walk}
			for _, sub := range s.company.Truth.Subjects {
				if len(who) < 3 && !slices.Contains(who, sub.ID) {
					who = append(who, sub.ID)
				}
			}
			for _, p := range who {
				s.walk(p)
			}
		})
	}
}

// walk erases one person and looks.
func (s *systems) walk(p company.Person) {
	s.t.Helper()
	plan, err := s.ask(p, "erasure")
	must(s.t, err)
	for _, q := range plan.Open.Questions {
		s.t.Errorf("a question: %s", q.Text)
	}
	for _, g := range plan.Open.Gaps {
		if g.Required {
			s.t.Errorf("a gap: %s at %s: %s", g.Code, g.At, g.Text)
		}
	}
	_, err = s.app.Requests.Approve(s.t.Context(), plan.Request, plan.Hash, me)
	must(s.t, err)
	r, err := s.app.Requests.Run(s.t.Context(), plan.Request, nil)
	must(s.t, err)
	if r.State != plans.Closed {
		s.t.Errorf("the plan is %s: %s", r.State, r.Reason)
	}
	s.erased = append(s.erased, p)
	if j := s.judged(); len(j.Left) > 0 || len(j.Collateral) > 0 {
		s.t.Error("recall and collateral")
		s.show(j)
	}
}
