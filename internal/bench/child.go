package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/connectors/all"
	"vestige/pii"
	"vestige/scanner"
	"vestige/store"
)

// task is what a process of its own does, so that the peak of its memory is that of the scan alone: it opens a source once and takes the steps.
type task struct {
	Connector string
	Config    map[string]string
	Temp      string
	Steps     []step
	Walk      *walk // over the pages of a catalog, in place of a source
}

// step reads the source to nowhere where Data is empty, else it scans into the catalog in that folder, which is made or opened.
type step struct {
	Data    string
	Options scanner.Options
}

// outcome is what the process says: what each step took, and the peak of memory in megabytes, that of its children included.
type outcome struct {
	Steps []took
	Peak  float64

	Pages  []asked
	Static int     // bytes of what belongs to every page
	Anon   float64 // peak of the memory that is no file's
}

// took is how long something was done, in seconds: by the wall, by the processor time of the process and its children, and by that of the server too; and, of a
// scan, what passed until a search saw all of it.
type took struct{ Wall, CPU, All, Seen float64 }

// apart runs the steps in a process of its own. The configuration goes by its input, since arguments can be seen by others.
func apart(ctx context.Context, t task) (out outcome, err error) {
	in, err := json.Marshal(t)
	if err != nil {
		return out, err
	}
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	args := []string{"-child"}
	if path, _ := ctx.Value(profileOf{}).(string); path != "" {
		args = append(args, "-cpuprofile", path+".child")
	}
	cmd := exec.CommandContext(ctx, self, args...)
	var text bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &text, os.Stderr
	if err := cmd.Run(); err != nil {
		return out, err
	}
	return out, json.Unmarshal(text.Bytes(), &out)
}

// child is that process.
func child(ctx context.Context, in io.Reader, to io.Writer) error {
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	peak, anon := make(chan float64, 1), make(chan float64, 1)
	go func() { peak <- watch(watching) }()
	go func() { anon <- follow(watching) }()
	var out outcome
	var err error
	if t.Walk != nil {
		out, err = t.Walk.run(ctx)
	} else {
		out.Steps, err = t.run(ctx)
	}
	stop()
	if err != nil {
		return err
	}
	out.Peak, out.Anon = <-peak, <-anon
	return json.NewEncoder(to).Encode(out)
}

func (t *task) run(ctx context.Context) (out []took, err error) {
	specs := all.All()
	at := slices.IndexFunc(specs, func(s connectors.Spec) bool { return s.Name == t.Connector })
	cfg := connectors.Config{}
	for k, v := range t.Config {
		cfg[k] = pii.NewValue(v)
	}
	src, err := connectors.Open(ctx, connectors.Env{Temp: t.Temp}, "source", specs[at], cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	for _, s := range t.Steps {
		one, err := s.run(ctx, src)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *step) run(ctx context.Context, src *connectors.Source) (took, error) {
	if s.Data == "" {
		return timed(os.Getppid(), func() error { return readAll(ctx, src) })
	}
	return scanInto(ctx, src, s.Data, s.Options)
}

// scanInto scans a source into a catalog. What it takes is counted from the beginning of the scan until all evidence is in the store; opening the catalog, which a
// program does once, is not in it.
func scanInto(ctx context.Context, src *connectors.Source, dir string, o scanner.Options) (t took, err error) {
	s, err := store.Open(ctx, store.Options{Dir: dir, Command: "bench", Schemas: schemas()})
	if err != nil {
		return t, err
	}
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	if err != nil {
		return t, err
	}
	defer func() { _ = c.Close() }()
	set, err := newSet()
	if err != nil {
		return t, err
	}
	t, err = timed(os.Getppid(), func() error {
		r, err := scanner.New(c, s.DB(), set, []byte("a key for sketches"), "bench", quiet()).Scan(ctx, src, o, nil)
		if err == nil && r.Outcome != "done" {
			return fmt.Errorf("the scan is %s, with %d gaps", r.Outcome, len(r.Gaps))
		}
		return err
	})
	if err != nil {
		return t, err
	}
	seen, err := timed(os.Getppid(), func() error {
		_, err := c.Search(ctx, "is:pii", catalog.Page{Limit: 1}) // which waits for the index
		return err
	})
	t.Seen = t.Wall + seen.Wall
	return t, err
}

// contest does something bare and then what is measured beside it, in turn: what else the machine does falls on both.
type contest struct{ bare, ours []took }

func (c *contest) run(n int, bare func(round int) (took, error), ours func(round int) (took, error)) error {
	for i := range n {
		b, err := bare(i)
		if err != nil {
			return err
		}
		o, err := ours(i)
		if err != nil {
			return err
		}
		c.bare, c.ours = append(c.bare, b), append(c.ours, o)
	}
	return nil
}

// ratio is the median of what each round gives.
func ratio(ours, bare []took, of func(took) float64) float64 {
	return ratios(ours, bare, of, of)
}

func ratios(ours, bare []took, of, to func(took) float64) float64 {
	var out []float64
	for i := range ours {
		out = append(out, of(ours[i])/to(bare[i]))
	}
	return median(out)
}

func median[T cmp.Ordered](list []T) (m T) {
	if len(list) == 0 {
		return m
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func walls(list []took) (out []float64) {
	for _, t := range list {
		out = append(out, t.Wall)
	}
	return out
}

func cpus(list []took) (out []float64) {
	for _, t := range list {
		out = append(out, t.CPU)
	}
	return out
}

func wall(t took) float64  { return t.Wall }
func total(t took) float64 { return t.All }
