package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestige/internal/app"
	"vestige/internal/decode"
	"vestige/internal/demo/company"
	"vestige/store"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	decode.Main()
	testscript.Main(m, map[string]func(){"vestige": main})
}

// TestScripts runs the command as its users do. Beside testscript's own commands there are:
//
//	company DIR [config line …]   makes a company of 24 people, sets $WALK, $OTHER, $USERS, $MAIL, $INVOICES
//	code N command …              runs a command that has to end with this exit code
//	hold DIR                      owns a data directory until the script ends
//	await FILE                    waits until a file is there
//	flip FILE TEXT                changes one bit of the text in a file
//	until TEXT command …          runs a command again until it prints the text
//	lines FILE line …              appends lines to a file
//	field NAME VAR                puts a member of the JSON on the last standard output into a variable
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("VESTIGE_USER", "ada")
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"company": makeCompany, "code": withCode, "hold": hold, "await": await, "flip": flip, "lines": lines, "field": field, "until": until,
		},
	})
}

func makeCompany(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	c, err := company.Generate(context.Background(), dir, company.Options{Seed: 5, People: 24})
	ts.Check(err)
	config := c.Config() + "examples: true\n" + strings.Join(args[1:], "\n") + "\n"
	ts.Check(os.WriteFile(filepath.Join(dir, "vestige.yaml"), []byte(config), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(c.Policy()+"windows: {cool-down: 0s, minimum: 0s, export: 14d}\n"), 0o644))
	for _, s := range c.Truth.Subjects {
		if s.ID == c.Walk {
			ts.Setenv("WALK", s.Start.Value)
		} else if s.Start.Single && !s.Agent {
			ts.Setenv("OTHER", s.Start.Value)
		}
	}
	ts.Setenv("USERS", c.Tables["users"])
	ts.Setenv("MAIL", c.Columns["users.email"])
	ts.Setenv("INVOICES", c.Tables["invoices"])
}

func withCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func hold(ts *testscript.TestScript, _ bool, args []string) {
	s, err := store.Open(context.Background(), store.Options{Dir: ts.MkAbs(args[0]), Command: "a long scan", Schemas: app.Schemas()})
	ts.Check(err)
	ts.Defer(func() { _ = s.Close() })
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	tick, end := time.NewTicker(20*time.Millisecond), time.After(5*time.Minute)
	defer tick.Stop()
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("%s did not come", args[0])
		}
	}
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	tick, end := time.NewTicker(200*time.Millisecond), time.After(5*time.Minute)
	defer tick.Stop()
	for {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("%s did not come", args[0])
		}
	}
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	b, err := os.ReadFile(file)
	ts.Check(err)
	i := strings.Index(string(b), args[1])
	if i < 0 {
		ts.Fatalf("%s does not stand in %s", args[1], args[0])
	}
	b[i] ^= 1
	ts.Check(os.WriteFile(file, b, 0o644))
}

func field(ts *testscript.TestScript, _ bool, args []string) {
	out := ts.ReadFile("stdout")
	_, rest, ok := strings.Cut(out, fmt.Sprintf("\n  %q: \"", args[0]))
	value, _, end := strings.Cut(rest, `"`)
	if !ok || !end {
		ts.Fatalf("no member %s", args[0])
	}
	ts.Setenv(args[1], value)
}

// lines appends its arguments to a file, a line each.
func lines(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = f.WriteString(strings.Join(args[1:], "\n") + "\n")
	ts.Check(errors.Join(err, f.Close()))
}
