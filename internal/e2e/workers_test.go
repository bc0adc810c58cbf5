package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/internal/testenv"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
)

// crew are processes that work on one store, each with a data directory of its own.
type crew struct {
	*estate
	bin string
}

func newCrew(t *testing.T, o company.Options, tables int) *crew {
	t.Setenv("VESTIGE_STORE", testenv.Postgres(t))
	t.Setenv("VESTIGE_KEY", fmt.Sprintf("%064x", 4711))
	c := &crew{bin: program(t, ""), estate: newEstate(t, o, setting{})}
	c.widen(tables)
	cfg, err := app.LoadConfig(c.config("here"), app.Specs())
	must(t, err)
	c.app, err = app.Open(t.Context(), cfg, app.Options{Command: "test"})
	must(t, err)
	t.Cleanup(func() { must(t, c.app.Close()) })
	return c
}

// widen adds a source with so many tables.
func (c *crew) widen(tables int) {
	c.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.dir, "wide.sqlite"))
	must(c.t, err)
	defer func() { _ = db.Close() }()
	tx, err := db.Begin()
	must(c.t, err)
	for i := range tables {
		_, err := tx.Exec(fmt.Sprintf(`CREATE TABLE t%04d (id INTEGER PRIMARY KEY, mail TEXT, note TEXT);
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
			INSERT INTO t%04d SELECT i, 'wide' || i || '.%d@example.org', 'row ' || i FROM n`, i, i, i))
		must(c.t, err)
	}
	must(c.t, tx.Commit())
}

// config writes the configuration of one process.
func (c *crew) config(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "vestige.yaml"))
	must(c.t, err)
	more := fmt.Sprintf("store: env:VESTIGE_STORE\nmaster-key: env:VESTIGE_KEY\nlisten: 127.0.0.1:0\ndata: ./data-%s\n", name)
	text = bytes.Replace(text, []byte("data: ./data "), []byte(more+"#"), 1)
	text = bytes.Replace(text, []byte("sources:\n"), []byte("sources:\n  wide: {type: sqlite, path: wide.sqlite}\n"), 1)
	file := filepath.Join(c.dir, name+".yaml")
	must(c.t, os.WriteFile(file, text, 0o644))
	return file
}

// start starts a worker; what it printed is shown where the test fails.
func (c *crew) start(name string) *exec.Cmd {
	c.t.Helper()
	cmd := exec.Command(c.bin, "--config", c.config(name), "serve")
	var log bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &log, &log
	must(c.t, cmd.Start())
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if bytes.Contains(log.Bytes(), []byte("conflict/unique")) {
			c.t.Errorf("%s met another process where it should have waited for it", name)
		}
		if c.t.Failed() {
			c.t.Logf("%s:\n%s", name, log.Bytes())
		}
	})
	return cmd
}

// atWork waits until so many processes say in the store that they work.
func (c *crew) atWork(want int) {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n, until := 0, time.Now().Add(5*time.Minute); n < want; <-tick.C {
		must(c.t, c.app.DB.Read(c.t.Context(), func(tx db.Tx) error {
			return tx.QueryRow(c.t.Context(), "SELECT COUNT(*) FROM worker").Scan(&n)
		}))
		if time.Now().After(until) {
			c.t.Fatalf("%d of %d processes work", n, want)
		}
	}
}

// kill kills one worker after the other, and starts it again, until the context ends; then it gives how many died.
func (c *crew) kill(ctx context.Context, workers []*exec.Cmd, every time.Duration) <-chan int {
	out := make(chan int, 1)
	go func() {
		n := 0
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				out <- n
				return
			case <-t.C:
			}
			i := n % len(workers)
			_ = workers[i].Process.Kill()
			_ = workers[i].Wait()
			workers[i] = c.start(fmt.Sprintf("w%d", i))
			n++
		}
	}()
	return out
}

// wide scans the many tables and tells how long it took.
func (c *crew) wide(tables int) time.Duration {
	c.t.Helper()
	began := time.Now()
	r, err := c.app.ScanOne(c.t.Context(), me, c.app.Sources["wide"], scanner.Options{Full: true, Again: true}, nil)
	must(c.t, err)
	if r.Outcome != "done" || r.Progress.Done != int64(tables) || r.Progress.Records != int64(tables)*50 {
		c.t.Errorf("the scan is %s with %d datasets of %d and %d records of %d", r.Outcome, r.Progress.Done, tables, r.Progress.Records, tables*50)
	}
	return time.Since(began)
}

// TestWorkers has four processes scan a hundred tables and erase people from one store, while one of them is killed again and again: nothing is lost and
// nothing is done twice. The long run is two thousand tables and two hundred people.
func TestWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("five processes take half a minute")
	}
	tables, people, every, o := 100, 3, 8*time.Second, company.Options{Seed: 3}
	if deep() {
		tables, people, every, o.People = 2000, 200, time.Minute, 600
	}
	c := newCrew(t, o, tables)
	alone := c.wide(tables)
	c.scan(setting{})
	c.eraseAlone(c.persons(people)[people:])
	var workers []*exec.Cmd
	for i := range 4 {
		workers = append(workers, c.start(fmt.Sprintf("w%d", i)))
	}
	c.atWork(len(workers))
	ctx, stop := context.WithCancel(t.Context())
	killed := c.kill(ctx, workers, every)
	together := c.wide(tables)
	c.eraseMany(people)
	stop()
	t.Logf("%d tables by one process %v, by five %v; %d processes were killed", tables, alone.Round(time.Millisecond), together.Round(time.Millisecond), <-killed)
}

// eraseAlone has this process erase people, one after the other, while no other one works.
func (c *crew) eraseAlone(people []company.Person) {
	c.t.Helper()
	for _, p := range people {
		began := time.Now()
		plan, err := c.ask(p, policies.Erasure)
		must(c.t, err)
		if q, g := plan.Open.Blocking(); q+g > 0 {
			continue
		}
		_, err = c.app.Requests.Approve(c.t.Context(), plan.Request, plan.Hash, me)
		must(c.t, err)
		planned := time.Since(began)
		res, err := c.app.Requests.Run(c.t.Context(), plan.Request, nil)
		must(c.t, err)
		if res.State != plans.Closed {
			c.t.Fatalf("an erasure by one process is %s: %s", res.State, res.Reason)
		}
		c.erased = append(c.erased, p)
		c.t.Logf("an erasure by one process in %v, of which %v were for planning", time.Since(began).Round(time.Millisecond), planned.Round(time.Millisecond))
	}
}

// eraseMany approves erasures, and waits until the workers have carried them out. A plan that asks something is a person's, and is left.
func (c *crew) eraseMany(people int) {
	c.t.Helper()
	began := time.Now()
	asked := map[company.Person]*plans.Status{}
	for _, p := range c.persons(people)[:people] {
		plan, err := c.ask(p, policies.Erasure)
		must(c.t, err)
		if c.later(plan) {
			asked[p] = plan
		}
	}
	approved, alone := time.Since(began), len(c.erased)
	c.closeAll(asked, time.Now().Add(10*time.Minute+time.Duration(people)*30*time.Second))
	done := len(c.erased) - alone
	c.t.Logf("%d of %d erasures by the workers in %v, during whose first %v all were planned; the others ask something", done, people,
		time.Since(began).Round(time.Second), approved.Round(time.Second))
	if done*10 < people*8 {
		c.t.Errorf("only %d of %d people are erased", done, people)
	}
	if j := c.judge(); j.Recall < 1 || len(j.Collateral) > 0 {
		c.t.Error("recall and collateral")
		c.show(j)
	}
}

// later approves a plan and has it carried out, unless it asks something.
func (c *crew) later(plan *plans.Status) bool {
	c.t.Helper()
	if q, g := plan.Open.Blocking(); q+g > 0 {
		return false
	}
	_, err := c.app.Requests.Approve(c.t.Context(), plan.Request, plan.Hash, me)
	must(c.t, err)
	must(c.t, c.app.Later(c.t.Context(), plan.Request))
	return true
}

// closeAll waits until plans are closed. One that took the place of another, since what others erased has changed what there is to do, is approved anew as a person
// would; one that asks something before anything is done is left.
func (c *crew) closeAll(open map[company.Person]*plans.Status, until time.Time) {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; len(open) > 0; <-tick.C {
		for p, plan := range open {
			s, err := c.app.Engine.Show(c.t.Context(), plan.ID)
			must(c.t, err)
			switch {
			case s.State == plans.Closed:
				c.erased = append(c.erased, p)
				delete(open, p)
			case s.State == plans.Superseded && s.Next != "":
				open[p] = &plans.Status{ID: s.Next}
			case s.State == plans.Planned && c.followed(s) && !c.later(s), s.State == plans.Blocked && s.Resume == plans.Approved:
				delete(open, p)
			case s.State.Terminal() || s.State == plans.Blocked || time.Now().After(until):
				c.t.Fatalf("a plan is %s: %s", s.State, s.Reason)
			}
		}
	}
}

// followed says that the request knows of the plan that took the place of its first.
func (c *crew) followed(s *plans.Status) bool {
	c.t.Helper()
	r, err := c.app.Requests.Show(c.t.Context(), s.Request)
	must(c.t, err)
	return r.Plan == s.ID && r.State == requests.Planned
}
