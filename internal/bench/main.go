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
	"slices"
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

// scale says how much of everything there is.
type scale uint8

const (
	usual scale = iota
	tenth       // to see that it runs
	whole       // what the usual one has less of, and more rounds
)

// of gives how many of something there are at that scale.
func (z scale) of(n int) int {
	if z == tenth {
		return n / 10
	}
	return n
}

// rounds is how often each of two things is done, in turn.
func (z scale) rounds() int { return map[scale]int{usual: 3, tenth: 1, whole: 5}[z] }

// part is one of the benchmarks.
type part struct {
	name string
	run  func(ctx context.Context, dir string, z scale) ([]figure, error)
}

func parts() []part {
	return []part{
		{"text", text}, {"scan", scan}, {"postgres", postgreSQL}, {"mariadb", mariaDB}, {"elasticsearch", elastic}, {"objects", objects}, {"plan", plan}, {"search", search}, {"pages", pages},
		{"object", object}, {"many", many},
	}
}

func main() {
	decode.Main()
	only := flag.String("only", "", "some of text, scan, postgres, mariadb, elasticsearch, objects, plan, search, object and many, separated by commas; all where empty")
	small := flag.Bool("small", false, "a tenth of the work, to see that it runs; the figures mean nothing")
	full := flag.Bool("full", false, "objects of 2 GB in place of 512 MB, and five rounds in place of three")
	write := flag.Bool("write", false, "put the figures into docs/benchmarks.md")
	keep := flag.String("keep", "", "keep the estate of pages in this folder, and use it again")
	page := flag.String("page", "", "ask pages for those addresses alone that hold one of these, separated by commas")
	isChild := flag.Bool("child", false, "take the steps that the input says; the parts call it")
	profile := flag.String("cpuprofile", "", "write a profile to this file, for go tool pprof; of a part that scans in a process of its own to a second one, with .child")
	flag.Parse()
	z := map[bool]scale{*small: tenth, *full: whole, !*small && !*full: usual}[true]
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx = context.WithValue(context.WithValue(ctx, keptIn{}, *keep), onlyPages{}, *page)
	done, err := profiled(*profile)
	switch {
	case err != nil:
	case *isChild:
		err = child(ctx, os.Stdin, os.Stdout)
	default:
		err = run(withProfile(ctx, *profile), *only, z, *write)
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

// profileOf is the key of the context under which the profile's file is kept for processes of their own.
type profileOf struct{}

func withProfile(ctx context.Context, path string) context.Context {
	return context.WithValue(ctx, profileOf{}, path)
}

func run(ctx context.Context, only string, z scale, write bool) error {
	var all []figure
	for _, p := range parts() {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		fs, err := measure(ctx, p, z)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		all = append(all, fs...)
	}
	if !write || z == tenth || only != "" {
		return nil
	}
	return record("docs/benchmarks.md", all)
}

func measure(ctx context.Context, p part, z scale) ([]figure, error) {
	dir, err := os.MkdirTemp("", "vestige-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	start := clock.Now()
	fs, err := p.run(ctx, dir, z)
	for _, f := range fs {
		fmt.Printf("%-120s %12s   aim %-10s %s\n", f.name, f.value, f.aim, f.verdict())
	}
	fmt.Printf("  (%s took %.0f s, at a load of %s)\n", p.name, clock.Since(start).Seconds(), load())
	runtime.GC()
	return fs, err
}

// load is what else the machine has to do: the mean of programs that run or want to, over one, five and fifteen minutes.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); len(f) > 3 {
		return strings.Join(f[:3], ", ")
	}
	return "unknown"
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
	fmt.Fprintf(&b, "\n%s, %s/%s, %d processors, load %s at the end.\n\n| what | figure | aim | |\n|---|---:|---:|---|\n", clock.Now().Format("2006-01-02"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
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
