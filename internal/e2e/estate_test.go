package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"vestige/internal/app"
	"vestige/internal/decode"
	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
)

const me = "tester"

func TestMain(m *testing.M) {
	decode.Main()
	code := m.Run()
	built.Range(func(dir, _ any) bool { return os.RemoveAll(dir.(string)) == nil })
	os.Exit(code)
}

// test are the tags of a program that can be killed at each place, and whose clock can be moved.
const test = "crashtest,testclock"

// built are the folders of programs, to be removed at the end.
var built sync.Map

// programs are the builds of the command that tests drive, each made once.
var programs = map[string]func() (string, error){
	"":   sync.OnceValues(func() (string, error) { return build("") }),
	test: sync.OnceValues(func() (string, error) { return build(test) }),
}

func build(tags string) (string, error) {
	dir, err := os.MkdirTemp("", "e2e-program-")
	if err != nil {
		return "", err
	}
	built.Store(dir, true)
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "vestige")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-tags", tags, "-o", path, "vestige/cmd/vestige").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
}

// program gives the path of the real command.
func program(t *testing.T, tags string) string {
	t.Helper()
	path, err := programs[tags]()
	must(t, err)
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// estate is a company with the product beside it.
type estate struct {
	t       *testing.T
	dir     string
	company *company.Company
	before  *outsider.Snapshot
	app     *app.App
	erased  []company.Person
}

// setting changes an estate before the product is opened on it, or just after.
type setting struct {
	config func(string) string
	policy func(string) string
	opened func(*app.App)
	log    *slog.Logger
	graph  func(context.Context, *app.App) error // after the scan
}

// newEstate makes a company and its configuration.
func newEstate(t *testing.T, o company.Options, s setting) *estate {
	t.Helper()
	e := &estate{t: t, dir: t.TempDir()}
	var err error
	e.company, err = company.Generate(t.Context(), e.dir, o)
	must(t, err)
	config := e.company.Config() + "examples: true\n"
	policy := e.company.Policy() + "windows: {cool-down: 0s, minimum: 0s, export: 14d}\n"
	if s.config != nil {
		config = s.config(config)
	}
	if s.policy != nil {
		policy = s.policy(policy)
	}
	must(t, os.WriteFile(filepath.Join(e.dir, "vestige.yaml"), []byte(config), 0o644))
	must(t, os.WriteFile(filepath.Join(e.dir, "policy.yaml"), []byte(policy), 0o644))
	e.before = e.take()
	return e
}

func (e *estate) take() *outsider.Snapshot {
	e.t.Helper()
	s, err := outsider.Take(e.dir)
	must(e.t, err)
	return s
}

// open opens the App as the commands do. The function given back closes it.
func (e *estate) open(s setting) func() {
	e.t.Helper()
	cfg, err := app.LoadConfig(filepath.Join(e.dir, "vestige.yaml"), app.Specs())
	must(e.t, err)
	e.app, err = app.Open(e.t.Context(), cfg, app.Options{Command: "test", Log: s.log})
	must(e.t, err)
	if s.opened != nil {
		s.opened(e.app)
	}
	return func() { must(e.t, e.app.Close()) }
}

// scan scans every source and relates them, as the command does.
func (e *estate) scan(s setting) {
	e.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(e.app.Sources)) {
		r, err := e.app.ScanOne(e.t.Context(), me, e.app.Sources[name], scanner.Options{}, nil)
		must(e.t, err)
		for _, g := range r.Gaps {
			e.t.Errorf("scan of %s: gap %s at %s: %s", name, g.Code, g.At, g.Text)
		}
	}
	_, err := e.app.Scanner.Relate(e.t.Context())
	must(e.t, err)
	if s.graph != nil {
		must(e.t, s.graph(e.t.Context(), e.app))
	}
}

func (e *estate) subject(p company.Person) company.Subject {
	for _, s := range e.company.Truth.Subjects {
		if s.ID == p {
			return s
		}
	}
	e.t.Fatalf("no subject %d", p)
	return company.Subject{}
}

// ask takes a request in and has it planned.
func (e *estate) ask(p company.Person, kind policies.Type) (*plans.Status, error) {
	s := e.subject(p)
	r, err := e.app.Requests.Intake(e.t.Context(), requests.Intake{Type: kind, Regime: "gdpr", Verified: "invented", Channel: "test", By: me,
		Identifiers: []pii.Identifier{{Category: pii.Category(s.Start.Category), Value: pii.NewValue(s.Start.Value)}}})
	if err != nil {
		return nil, err
	}
	return e.app.Requests.Plan(e.t.Context(), r.ID, me)
}

// outcome is what one walk came to.
type outcome struct {
	plan   *plans.Status
	result plans.Result
	judged outsider.Report
}

// erase takes one person from request to attestation, and has the outsider judge.
func (e *estate) erase(p company.Person) (o outcome, err error) {
	ctx := e.t.Context()
	if o.plan, err = e.ask(p, policies.Erasure); err != nil {
		return o, err
	}
	if _, err = e.app.Requests.Approve(ctx, o.plan.Request, o.plan.Hash, me); err != nil {
		return o, err
	}
	if o.result, err = e.app.Requests.Run(ctx, o.plan.Request, nil); err != nil {
		return o, err
	}
	e.erased = append(e.erased, p)
	o.judged = e.judge()
	return o, nil
}

func (e *estate) judge() outsider.Report {
	e.t.Helper()
	return outsider.Judge(e.before, e.take(), e.company.Truth, e.erased)
}

// named tells tables of this company by what they are for, so that a failure can be read.
func (e *estate) named(place string) string {
	for purpose, table := range e.company.Tables {
		if strings.Contains(place, "/"+table+" ") || strings.Contains(place, "/"+table+":") || strings.HasSuffix(place, "/"+table) {
			return place + " [" + purpose + "]"
		}
	}
	return place
}

// show lists what a judgement found, each place once.
func (e *estate) show(r outsider.Report) {
	e.t.Helper()
	e.t.Logf("seed %d: recall %.4f (%d of %d), %d left, %d collateral", e.company.Options.Seed, r.Recall, r.Gone, r.Fragments, len(r.Left), len(r.Collateral))
	for what, places := range map[string][]string{"left": r.Left, "collateral": r.Collateral} {
		for i, p := range places {
			if i < 12 {
				e.t.Logf("%s: %s", what, e.named(p))
			}
		}
	}
}
