// Command testrun runs `go test` on the packages and with the flags that it is given, and says afterwards what one wants to know of a long
// run: the slowest tests, what was skipped and why, and at the very end which tests failed with what they wrote, so that the tail of a log is
// enough. It ends as `go test` does.
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

const (
	slowest   = 20  // tests that are named
	ends      = 14  // lines from the beginning, and from the end, of what a failed test wrote that are said again at the very end
	lineLimit = 400 // bytes of each
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

// failure is a test, or a package beside its tests, that failed, with what it wrote.
type failure struct{ key, text string }

// report gathers what a run said.
type report struct {
	out     io.Writer
	output  map[string][]string // by package and test, until it has passed
	ended   []test
	skipped []string
	failed  []failure
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
		r.failed = append(r.failed, failure{key, text})
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
			r.failed = append(r.failed, failure{key + " did not end", strings.Join(lines, "")})
		}
	}
	slices.SortFunc(r.ended, func(a, b test) int { return cmp.Compare(b.seconds, a.seconds) })
	fmt.Fprintln(r.out, "\nThe slowest:")
	for _, t := range r.ended[:min(slowest, len(r.ended))] {
		fmt.Fprintf(r.out, "%8.1f s  %s\n", t.seconds, t.name)
	}
	if len(r.skipped) > 0 {
		fmt.Fprintf(r.out, "\n%d skipped:\n", len(r.skipped))
		for _, s := range r.skipped {
			fmt.Fprintln(r.out, "  "+s)
		}
	}
	fmt.Fprintf(r.out, "\n%d passed, %d skipped, %d failed\n", r.passed, len(r.skipped), len(r.failed))
	for _, f := range r.failed {
		fmt.Fprintf(r.out, "FAIL %s\n%s", strings.TrimSpace(f.key), said(f.text))
	}
}

// said gives the beginning and the end of what a failed test wrote: what it wanted stands there, whatever it has logged in between.
func said(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "=== ") {
			kept = append(kept, "    "+clipped(strings.TrimRight(line, "\n"))+"\n")
		}
	}
	if len(kept) > 2*ends {
		kept = slices.Concat(kept[:ends], []string{"    …\n"}, kept[len(kept)-ends:])
	}
	return strings.Join(kept, "")
}

// clipped keeps a line readable.
func clipped(line string) string { return line[:min(len(line), lineLimit)] }
