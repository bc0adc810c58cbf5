// Command testrun runs `go test` on the packages and with the flags that it is given, and says afterwards what one wants to know of a long
// run: which packages failed with all that they wrote, what was skipped and why, and the ten slowest tests. It ends as `go test` does.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is a line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// test is one that has ended.
type test struct {
	name    string
	seconds float64
}

// report gathers what a run said.
type report struct {
	out     io.Writer
	output  map[string][]string // by package and test, until it has passed
	ended   []test
	skipped []string
	failed  []string
	passed  int
}

func main() {
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	lines, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
		os.Exit(2)
	}
	r := &report{out: os.Stdout, output: map[string][]string{}}
	r.read(lines)
	err = cmd.Wait()
	r.summary()
	if err != nil || len(r.failed) > 0 {
		os.Exit(1)
	}
}

// read follows the run until it ends.
func (r *report) read(lines io.Reader) {
	in := bufio.NewReader(lines)
	for {
		line, err := in.ReadBytes('\n')
		var e event
		switch {
		case len(line) > 0 && json.Unmarshal(line, &e) != nil:
			fmt.Fprintf(r.out, "%s", line)
		case len(line) > 0:
			r.add(e)
		}
		if err != nil {
			return
		}
	}
}

func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "skip", "fail":
		r.end(e, key)
	}
}

// end closes a test, or a package where the event names no test.
func (r *report) end(e event, key string) {
	text := strings.Join(r.output[key], "")
	delete(r.output, key)
	switch {
	case e.Test != "":
		r.ended = append(r.ended, test{e.Package + " " + e.Test, e.Elapsed})
		if e.Action == "pass" {
			r.passed++
		}
		if e.Action == "skip" {
			r.skipped = append(r.skipped, e.Package+" "+e.Test+": "+reason(text))
		}
	case e.Action == "skip":
		return // no tests
	default:
		fmt.Fprintf(r.out, "%-5s %-44s %6.1f s\n", map[string]string{"pass": "ok", "fail": "FAIL"}[e.Action], e.Package, e.Elapsed)
	}
	if e.Action == "fail" {
		r.failed = append(r.failed, key)
		fmt.Fprint(r.out, text)
	}
}

// reason finds why a test was skipped among what it wrote.
func reason(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}

func (r *report) summary() {
	for key, lines := range r.output { // what never ended: a panic, a timeout
		if _, name, _ := strings.Cut(key, " "); name != "" {
			fmt.Fprintf(r.out, "%s did not end:\n%s", key, strings.Join(lines, ""))
		}
	}
	slices.SortFunc(r.ended, func(a, b test) int { return cmp.Compare(b.seconds, a.seconds) })
	fmt.Fprintln(r.out, "\nThe slowest ten:")
	for _, t := range r.ended[:min(10, len(r.ended))] {
		fmt.Fprintf(r.out, "%8.1f s  %s\n", t.seconds, t.name)
	}
	if len(r.skipped) > 0 {
		fmt.Fprintf(r.out, "\n%d skipped:\n", len(r.skipped))
		for _, s := range r.skipped {
			fmt.Fprintln(r.out, "  "+s)
		}
	}
	fmt.Fprintf(r.out, "\n%d passed, %d skipped, %d failed\n", r.passed, len(r.skipped), len(r.failed))
	for _, key := range r.failed {
		fmt.Fprintln(r.out, "  FAIL "+strings.TrimSpace(key))
	}
}
