package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestige/internal/crash"
	"vestige/internal/demo/company"
	"vestige/internal/testenv"
	"vestige/plans"
)

// approved takes a person's request in and has its plan approved, which has neither a question nor a required gap.
func (s *systems) approved(p company.Person) *plans.Status {
	s.t.Helper()
	plan, err := s.ask(p, "erasure")
	must(s.t, err)
	s.json("the plan", plan)
	for _, q := range plan.Open.Questions {
		s.t.Errorf("person %d: a question: %s", p, q.Text)
	}
	for _, g := range plan.Open.Gaps {
		if g.Required {
			s.t.Errorf("person %d: a gap: %s at %s: %s", p, g.Code, s.named(g.At.String()), g.Text)
		}
	}
	_, err = s.app.Requests.Approve(s.t.Context(), plan.Request, plan.Hash, me)
	must(s.t, err)
	return plan
}

// run carries a plan out, and gives what came of it.
func (s *systems) run(plan *plans.Status, tell func(plans.Event)) plans.Result {
	s.t.Helper()
	r, err := s.app.Requests.Run(s.t.Context(), plan.Request, tell)
	s.error(err)
	must(s.t, err)
	s.json("the result", r)
	return r
}

func (s *systems) closed(p company.Person, r plans.Result) {
	s.t.Helper()
	if r.State != plans.Closed {
		s.t.Errorf("person %d: the plan is %s: %s", p, r.State, r.Reason)
	}
	s.erased = append(s.erased, p)
}

// one erases one person.
func (s *systems) one(p company.Person) {
	s.t.Helper()
	s.closed(p, s.run(s.approved(p), nil))
}

// two erases two people at once: each run goes on for as long as it says that it should be called again.
func (s *systems) two(a, b company.Person) {
	s.t.Helper()
	people := []company.Person{a, b}
	results, errs := make([]plans.Result, 2), make([]error, 2)
	var wait sync.WaitGroup
	for i, plan := range []*plans.Status{s.approved(a), s.approved(b)} {
		wait.Go(func() {
			for results[i], errs[i] = s.app.Requests.Run(s.t.Context(), plan.Request, nil); errs[i] == nil && results[i].Again > 0; {
				must(s.t, s.app.Engine.Wait(s.t.Context(), results[i].Again))
				results[i], errs[i] = s.app.Requests.Run(s.t.Context(), plan.Request, nil)
			}
		})
	}
	wait.Wait()
	for i, p := range people {
		must(s.t, errs[i])
		s.closed(p, results[i])
	}
}

// killed has the real command killed at a place, and started again.
func (s *systems) killed(p company.Person, place string) {
	s.t.Helper()
	plan := s.approved(p)
	must(s.t, s.app.Close())
	_, err := s.command(plan, place)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		s.t.Errorf("the process was not killed at %s: %v", place, err)
	}
	out, err := s.command(plan, "")
	must(s.t, err)
	var r plans.Result
	must(s.t, json.Unmarshal(out, &r))
	s.opened()
	s.closed(p, r)
}

// command carries a plan out by the real command.
func (s *systems) command(plan *plans.Status, place string) ([]byte, error) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program(s.t, test), "run", plan.Request, "--json")
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), crash.Variable+"="+place)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	s.text("what the command said", append(stdout.Bytes(), stderr.Bytes()...))
	if err != nil && place == "" {
		s.t.Logf("%s%s", stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes(), err
}

// shaken takes a server away in the middle of its first step, again and again, each time a little later, then leaves it alone. The run that meets it ends
// as if nothing had been.
func (s *systems) shaken(p company.Person, source string) {
	s.t.Helper()
	plan, met := s.approved(p), 0
	limits := []string{"300", "1000", "4000"}
	tell := func(e plans.Event) {
		switch {
		case e.What == "unit" && met == 0 && s.sourceOf(plan, e.Unit) == source:
			s.limit(source, limits[0])
			met = 1
		case e.What == "retry" && met > 0 && met < len(limits):
			s.limit(source, limits[met])
			met++
		case met > 0 && (e.What == "retry" || e.What == "done" || e.What == "stuck"):
			s.healed(source)
		}
	}
	r := s.run(plan, tell)
	s.healed(source)
	if met < 2 {
		s.t.Errorf("person %d: %s was not missed: %d", p, source, met)
	}
	s.closed(p, s.finish(plan, r))
}

// away takes a server away in its step for as long as the run goes on: everything else is done, and the next run does the rest.
func (s *systems) away(p company.Person, source string) {
	s.t.Helper()
	plan, gone := s.approved(p), false
	r := s.run(plan, func(e plans.Event) {
		if e.What == "unit" && !gone && s.sourceOf(plan, e.Unit) == source {
			s.lines[source].Stop()
			gone = true
		}
	})
	if !gone || r.State != plans.Executing || r.Again <= 0 || !strings.HasPrefix(r.Reason, source+": ") {
		s.t.Errorf("person %d: without %s (%v) the plan is %s: %s", p, source, gone, r.State, r.Reason)
	}
	now, err := s.app.Engine.Show(s.t.Context(), plan.ID)
	must(s.t, err)
	for _, u := range now.Units {
		if done := u.State == "done"; u.Source != source && !done {
			s.t.Errorf("person %d: without %s the unit %s at %s is %s", p, source, u.ID, u.Source, u.State)
		}
	}
	must(s.t, s.lines[source].Start())
	s.closed(p, s.finish(plan, r))
}

// crashed has a server itself killed while it does its step, and started again on its data when the run has given up, or has ended without it.
func (s *systems) crashed(p company.Person, source string) {
	s.t.Helper()
	plan := s.approved(p)
	var back func()
	r := s.run(plan, func(e plans.Event) {
		if e.What == "unit" && back == nil && s.sourceOf(plan, e.Unit) == source {
			back = testenv.Outage(s.t, servers[source])
		}
	})
	if back == nil {
		s.t.Errorf("person %d: nothing is done at %s", p, source)
	} else {
		back()
	}
	s.closed(p, s.finish(plan, r))
}

// servers are what the sources are on.
var servers = map[string]string{"shop": "postgres", "mailing": "mariadb", "crm": "mysql", "search": "elasticsearch", "objects": "s3"}

// at gives the next person of whom something goes at a source.
func (s *systems) at(source string, people *[]company.Person) company.Person {
	s.t.Helper()
	for i, p := range *people {
		if slices.ContainsFunc(s.company.Truth.Of(p), func(r *company.Record) bool { return r.Expect[p] == company.Gone && s.source(r.At) == source }) {
			*people = slices.Delete(*people, i, i+1)
			return p
		}
	}
	s.t.Fatalf("nobody is left who is at %s", source)
	return 0
}

// source gives the source that a place of the company has become.
func (s *systems) source(at company.Location) string {
	if at.Source == company.ObjectsRoot {
		where, _ := shelf(at.Dataset)
		return map[string]string{"search": "search", "bucket": "objects", "folder": "exports"}[where]
	}
	for where := range apart {
		if s.share(where)(at.Dataset) {
			return where
		}
	}
	return map[string]string{company.ShopFile: "shop", company.CRMFile: "crm"}[at.Source]
}

// finish runs a plan again for as long as it says that it should be, or once more where it waits for somebody to have mended something.
func (s *systems) finish(plan *plans.Status, r plans.Result) plans.Result {
	s.t.Helper()
	for n := 0; n < 5 && (r.Again > 0 || r.State == plans.Blocked); n++ {
		r = s.run(plan, nil)
	}
	return r
}

func (s *systems) sourceOf(plan *plans.Status, unit string) string {
	now, err := s.app.Engine.Show(s.t.Context(), plan.ID)
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(now.Units, func(u plans.UnitInfo) bool { return u.ID == unit })
	if i < 0 {
		return ""
	}
	return now.Units[i].Source
}

// limit cuts each connection to a server after so many bytes.
func (s *systems) limit(source, bytes string) {
	line := s.lines[source]
	line.Toxics.ResetToxics(s.t.Context())
	if _, err := line.Toxics.AddToxicJson(strings.NewReader(`{"type":"limit_data","stream":"upstream","attributes":{"bytes":` + bytes + `}}`)); err != nil {
		s.t.Errorf("a line that is cut: %v", err)
	}
}

func (s *systems) healed(source string) { s.lines[source].Toxics.ResetToxics(s.t.Context()) }

// timed tells how long something took.
func (s *systems) timed(what string, do func()) {
	began := time.Now()
	do()
	s.t.Logf("%s: %v", what, time.Since(began).Round(10*time.Millisecond))
}

// TestSystems takes people through the product's own path in a company of seven systems: one after another, two at once, by a process that is killed, with a server
// that is cut off in its step. Nothing of them is left, nothing of anybody else differs, and nothing of anybody is in what the product keeps and says. The long run
// has two thousand people.
func TestSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("five servers take most of a minute")
	}
	o := company.Options{Seed: 1}
	if deep() {
		o.People = 2000
	}
	s := newSystems(t, o)
	shut := s.opened()
	s.timed("scan", func() { s.scan(setting{}) })
	if deep() {
		shut()
		s.long()
		return
	}
	defer func() { must(t, s.app.Close()) }()
	people := s.persons(4)
	s.timed("one", func() { s.one(people[0]) })
	s.look("one")
	s.timed("two at once", func() { s.two(people[1], people[2]) })
	s.timed("one with a server that goes away", func() { s.shaken(people[3], "shop") })
	s.timed("one with a process that dies", func() { s.killed(people[4], "act:after#3") })
	s.look("five")
	s.silent("five")
}

// silent looks for values of people in what the product keeps and hands on: its store, its index, its files, its log, the audit log and the attestations.
func (s *systems) silent(after string) {
	s.t.Helper()
	out := filepath.Join(s.dir, "out", after)
	must(s.t, os.MkdirAll(out, 0o700))
	_, err := s.app.Audit.Export(s.t.Context(), filepath.Join(out, "audit"))
	must(s.t, err)
	all, err := s.app.Engine.Plans(s.t.Context(), "")
	must(s.t, err)
	signed := 0
	for _, p := range all {
		if file, err := s.app.Engine.Attestation(s.t.Context(), p.ID); err == nil {
			s.text("an attestation", file)
			signed++
		}
	}
	if signed < len(s.erased) {
		s.t.Errorf("%s: %d attestations of %d", after, signed, len(s.erased))
	}
	s.clean(after)
}

// long is the whole of it, in parts that can also be run by themselves, each with people of its own.
func (s *systems) long() {
	people := s.persons(20 + 8 + len(places()) + 4*len(servers))
	share := func(n int) []company.Person { own := people[:n:n]; people = people[n:]; return own }
	s.part("one", share(20), s.oneByOne)
	s.part("two", share(8), func(people []company.Person) {
		for i := 0; i < len(people); i += 2 {
			s.timed("two at once", func() { s.two(people[i], people[i+1]) })
			s.look("two at once")
		}
	})
	s.part("killed", share(len(places())), func(people []company.Person) {
		for i, place := range places() {
			s.timed("killed at "+place, func() { s.killed(people[i], place) })
			s.look("killed at " + place)
		}
	})
	s.part("outages", people, s.outages)
}

// part does a part of the test as one of its own, with the product opened for it, and then looks for values in what that has kept.
func (s *systems) part(name string, people []company.Person, do func([]company.Person)) {
	whole := s.t
	whole.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = whole }()
		s.opened()
		defer func() { must(t, s.app.Close()) }()
		do(people)
		s.silent(name)
	})
}

// oneByOne erases people one after the other, the first of them with the search server's deleted documents merged away.
func (s *systems) oneByOne(people []company.Person) {
	s.expunge()
	for i, p := range people {
		s.timed("one", func() { s.one(p) })
		s.timed("look", func() { s.look("one") })
		if i == 4 {
			s.silent("five")
			s.keep()
		}
	}
}

// outages takes each server away, in each way.
func (s *systems) outages(people []company.Person) {
	for _, source := range slices.Sorted(maps.Keys(servers)) {
		for what, do := range map[string]func(company.Person, string){"shaken": s.shaken, "away": s.away, "crashed": s.crashed} {
			s.timed(source+" "+what, func() { do(s.at(source, &people), source) })
			s.look(source + " " + what)
		}
	}
}

// expunge has the search server merge what was deleted, which it takes half a minute for; keep does not.
func (s *systems) expunge() { s.again("off", "on") }
func (s *systems) keep()    { s.again("on", "off") }

// again opens the product with another setting.
func (s *systems) again(was, is string) {
	s.t.Helper()
	must(s.t, s.app.Close())
	file := filepath.Join(s.dir, "vestige.yaml")
	text, err := os.ReadFile(file)
	must(s.t, err)
	must(s.t, os.WriteFile(file, bytes.Replace(text, []byte(`expunge: "`+was), []byte(`expunge: "`+is), 1), 0o600))
	s.opened()
}
