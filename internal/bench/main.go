// Command bench measures what docs/benchmarks.md tells, each figure beside its aim: `make bench`, or one part of it with -only text. The
// estates are made up on the spot, in a temporary folder. Times of work are processor time of this process (other programs on the machine
// do not count), times of answers are what a user waits. -write puts the figures into docs/benchmarks.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/internal/clock"
	"vestige/internal/decode"
)

// figure is one thing that was measured.
type figure struct {
	name, value, aim string
	met              bool
}

// part is one of the benchmarks; small asks for a tenth of the work, to see that it runs.
type part struct {
	name string
	run  func(ctx context.Context, dir string, small bool) ([]figure, error)
}

func parts() []part {
	return []part{{"text", text}, {"scan", scan}, {"plan", plan}, {"search", search}, {"object", object}}
}

func main() {
	decode.Main()
	only := flag.String("only", "", "text, scan, plan, search or object; all where empty")
	small := flag.Bool("small", false, "a tenth of the work, to see that it runs; the figures mean nothing")
	write := flag.Bool("write", false, "put the figures into docs/benchmarks.md")
	within := flag.String("within", "", "scan this folder as one source and print the peak of memory; the object part calls it")
	profile := flag.String("cpuprofile", "", "write a profile to this file, for go tool pprof")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	done, err := profiled(*profile)
	switch {
	case err != nil:
	case *within != "":
		err = scanWithin(ctx, *within)
	default:
		err = run(ctx, *only, *small, *write)
	}
	done()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profiled begins a profile where a file is named for it; done ends it.
func profiled(path string) (done func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return func() {}, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return func() {}, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

func run(ctx context.Context, only string, small, write bool) error {
	var all []figure
	for _, p := range parts() {
		if only != "" && only != p.name {
			continue
		}
		fs, err := measure(ctx, p, small)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		all = append(all, fs...)
	}
	if !write || small || only != "" {
		return nil
	}
	return record("docs/benchmarks.md", all)
}

func measure(ctx context.Context, p part, small bool) ([]figure, error) {
	dir, err := os.MkdirTemp("", "vestige-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	start := clock.Now()
	fs, err := p.run(ctx, dir, small)
	for _, f := range fs {
		fmt.Printf("%-72s %22s   aim %-10s %s\n", f.name, f.value, f.aim, f.verdict())
	}
	fmt.Printf("  (%s took %.0f s)\n", p.name, clock.Since(start).Seconds())
	runtime.GC()
	return fs, err
}

func (f figure) verdict() string {
	switch {
	case f.aim == "":
		return ""
	case f.met:
		return "met"
	}
	return "MISSED"
}

const begin, end = "<!-- figures: written by make bench -->", "<!-- end of figures -->"

// record replaces the table between the marks of a document.
func record(path string, fs []figure) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the figures", path)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %s/%s, %d processors.\n\n| what | figure | aim | |\n|---|---:|---:|---|\n", clock.Now().Format("2006-01-02"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, f := range fs {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.name, f.value, f.aim, f.verdict())
	}
	b.WriteString("\n")
	return os.WriteFile(path, []byte(head+begin+b.String()+end+tail), 0o644)
}

func newSet() (*classifiers.Set, error) {
	return classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// atMost makes a figure that should not be larger than the aim.
func atMost(name string, value, aim float64, unit string) figure {
	return figure{name, fmt.Sprintf("%.4g%s", value, unit), fmt.Sprintf("≤ %g%s", aim, unit), value <= aim}
}

// atLeast makes a figure that should not be smaller than the aim.
func atLeast(name string, value, aim float64, unit string) figure {
	return figure{name, fmt.Sprintf("%.4g%s", value, unit), fmt.Sprintf("≥ %g%s", aim, unit), value >= aim}
}

// plain makes a figure without an aim.
func plain(name string, value float64, unit string) figure {
	return figure{name: name, value: fmt.Sprintf("%.4g%s", value, unit)}
}
