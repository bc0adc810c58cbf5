package main

import (
	"fmt"
	"time"

	"vestige/catalog"
	"vestige/events"
	"vestige/internal/app"
	"vestige/watch"
)

type runsCmd struct {
	List       runsListCmd       `cmd:"" default:"withargs" help:"The latest scans, and those that wait."`
	Show       runsShowCmd       `cmd:"" help:"A scan, and what it found of each dataset."`
	Ask        runsAskCmd        `cmd:"" help:"Have a running serve scan a source, or a part of it."`
	Pause      runsPauseCmd      `cmd:"" help:"Have a scan stop where it is."`
	Resume     runsResumeCmd     `cmd:"" help:"Let a scan that was paused go on."`
	Cancel     runsCancelCmd     `cmd:"" help:"End a scan; what it found stays."`
	Retry      runsRetryCmd      `cmd:"" help:"Scan again what a scan could not read."`
	Compare    runsCompareCmd    `cmd:"" help:"What is new, changed and gone between two scans."`
	Deliveries runsDeliveriesCmd `cmd:"" help:"What was told to the outside, and what nobody took."`
}

// Help teaches the command.
func (runsCmd) Help() string {
	return `Scans that were done, are done and wait to be done. "vestige serve" does those that wait (docs/scans.md).

Example:
  vestige runs ask shop --include "hr.*"
  vestige runs compare 5f0c1b2a 9d3e4f5a`
}

type runsListCmd struct {
	Source string `help:"Of a source alone."`
	Limit  int    `default:"20" help:"How many."`
}

// Run carries the command out.
func (x runsListCmd) Run(c *call) error {
	a, done, err := c.open("runs")
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Catalog.Runs(c.ctx, x.Source, x.Limit)
	if err != nil {
		return err
	}
	if all == nil {
		all = []catalog.Run{}
	}
	return c.print(all, func() { c.showRuns(all...) })
}

func (c *call) showRuns(all ...catalog.Run) {
	var rows [][]string
	for i := range all {
		r := &all[i]
		state := r.Outcome
		if r.State != catalog.RunEnded {
			state = string(r.State)
		}
		if left := watch.RateOf(r).Remaining; left >= 0 {
			state += ", " + (time.Duration(left) * time.Microsecond).Round(time.Second).String() + " left"
		}
		of := max(r.Progress.Datasets, r.Progress.Expected)
		rows = append(rows, []string{r.ID, r.Source, when(r.Started), state, fmt.Sprintf("%d of %d", r.Progress.Done, of), grouped(r.Progress.Records), bytesOf(r.Progress.Bytes),
			grouped(r.Progress.Personal), grouped(r.Progress.Gaps), r.Origin})
	}
	c.table([]string{"scan", "source", "started", "", "datasets", "records", "read", "personal", "gaps", "asked for by"}, rows)
	if len(all) == 0 {
		c.printf("Nothing has been scanned.\n")
	}
}

// runView is a scan with what it found.
type runView struct {
	catalog.Run
	Rate  watch.Rate     `json:"rate"`
	Items []catalog.Item `json:"items"`
}

type runsShowCmd struct {
	ID    string `arg:"" name:"run" help:"Id of the scan."`
	State string `help:"Only datasets that are: read, gap, gone."`
}

// Run carries the command out.
func (x runsShowCmd) Run(c *call) error {
	a, done, err := c.open("runs show")
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Catalog.Run(c.ctx, x.ID)
	if err != nil {
		return err
	}
	items, err := a.Catalog.Items(c.ctx, r.ID, catalog.ItemFilter{State: x.State})
	if err != nil {
		return err
	}
	v := runView{*r, watch.RateOf(r), append([]catalog.Item{}, items...)}
	return c.print(v, func() {
		c.showRuns(*r)
		var rows [][]string
		for _, it := range items {
			gaps := ""
			for _, g := range it.Gaps {
				gaps += g.Code + " "
			}
			rows = append(rows, []string{it.Dataset, it.State, grouped(it.Records), bytesOf(it.Bytes), (time.Duration(it.Micros) * time.Microsecond).Round(time.Millisecond).String(), gaps})
		}
		c.table([]string{"dataset", "", "records", "read", "took", "gaps"}, rows)
	})
}

type runsAskCmd struct {
	Source  string   `arg:"" help:"What to scan."`
	Include []string `help:"Patterns of datasets, of which one must fit."`
	Exclude []string `help:"Patterns of datasets, of which none may fit."`
	Dataset []string `help:"Names of datasets; these alone are read."`
	Full    bool     `help:"Read every record."`
	Again   bool     `help:"Read what has not changed, too."`
	Preview bool     `help:"Only say which datasets it would be over."`
}

// Run carries the command out.
func (x runsAskCmd) Run(c *call) error {
	a, done, err := c.open("runs ask")
	if err != nil {
		return err
	}
	defer done()
	in := catalog.Scope{Include: x.Include, Exclude: x.Exclude, Datasets: x.Dataset, Full: x.Full, Again: x.Again}
	if x.Preview {
		reach, err := a.Watch.Preview(c.ctx, x.Source, in)
		if err != nil {
			return err
		}
		return c.print(reach, func() {
			c.printf("%d of %d datasets.\n", reach.Fit, reach.All)
			for _, name := range reach.Within {
				c.printf("  %s\n", name)
			}
			for _, p := range reach.Problems {
				c.printf("  %s %s\n", c.yellow("nothing:"), p)
			}
		})
	}
	r, err := a.Watch.Now(c.ctx, c.by(), x.Source, in)
	if err != nil {
		return err
	}
	return c.print(r, func() { c.showRuns(r) })
}

// onRun does something to a run and prints it as it is then.
func (c *call) onRun(command, id string, do func(a *app.App) error) error {
	a, done, err := c.open("runs " + command)
	if err != nil {
		return err
	}
	defer done()
	if err := do(a); err != nil {
		return err
	}
	r, err := a.Catalog.Run(c.ctx, id)
	if err != nil {
		return err
	}
	return c.print(*r, func() { c.showRuns(*r) })
}

type runsPauseCmd struct {
	ID string `arg:"" name:"run" help:"Id of the scan."`
}

// Run carries the command out.
func (x runsPauseCmd) Run(c *call) error {
	return c.onRun("pause", x.ID, func(a *app.App) error { return a.Watch.Pause(c.ctx, c.by(), x.ID) })
}

type runsResumeCmd struct {
	ID string `arg:"" name:"run" help:"Id of the scan."`
}

// Run carries the command out.
func (x runsResumeCmd) Run(c *call) error {
	return c.onRun("resume", x.ID, func(a *app.App) error { return a.Watch.Resume(c.ctx, c.by(), x.ID) })
}

type runsCancelCmd struct {
	ID string `arg:"" name:"run" help:"Id of the scan."`
}

// Run carries the command out.
func (x runsCancelCmd) Run(c *call) error {
	return c.onRun("cancel", x.ID, func(a *app.App) error { return a.Watch.Cancel(c.ctx, c.by(), x.ID) })
}

type runsRetryCmd struct {
	ID string `arg:"" name:"run" help:"Id of the scan."`
}

// Run carries the command out.
func (x runsRetryCmd) Run(c *call) error {
	a, done, err := c.open("runs retry")
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Watch.Retry(c.ctx, c.by(), x.ID)
	if err != nil {
		return err
	}
	return c.print(r, func() { c.showRuns(r) })
}

type runsCompareCmd struct {
	A string `arg:"" help:"Id of a scan."`
	B string `arg:"" help:"Id of another one of the same source."`
}

// Run carries the command out.
func (x runsCompareCmd) Run(c *call) error {
	a, done, err := c.open("runs compare")
	if err != nil {
		return err
	}
	defer done()
	v, err := a.Watch.Compare(c.ctx, x.A, x.B)
	if err != nil {
		return err
	}
	return c.print(v, func() {
		c.printf("%s: %d new, %d changed, %d gone, %d as they were.\n", c.bold(v.Source), v.New, v.Changed, v.Gone, v.Same)
		var rows [][]string
		for _, ch := range v.Changes {
			was, is := itemText(ch.Was), itemText(ch.Is)
			rows = append(rows, []string{ch.How, ch.At.String(), was, is})
		}
		c.table([]string{"", "field", "was", "is"}, rows)
	})
}

func itemText(f *catalog.ItemField) string {
	if f == nil {
		return ""
	}
	if f.Category == "" {
		return f.Type
	}
	return f.Type + " " + string(f.Category)
}

type runsDeliveriesCmd struct {
	State string `help:"Only those that are: waiting, done, dead."`
	Again string `placeholder:"ID" help:"Have one tried again."`
}

// Run carries the command out.
func (x runsDeliveriesCmd) Run(c *call) error {
	a, done, err := c.open("runs deliveries")
	if err != nil {
		return err
	}
	defer done()
	if x.Again != "" {
		if err := a.Watch.TryAgain(c.ctx, c.by(), x.Again); err != nil {
			return err
		}
	}
	all, err := a.Outbox.Deliveries(c.ctx, x.State, 0, 100)
	if err != nil {
		return err
	}
	return c.print(append([]events.Delivery{}, all...), func() {
		var rows [][]string
		for _, d := range all {
			rows = append(rows, []string{d.ID, d.Channel, when(d.Made), fmt.Sprint(d.Count), d.State, fmt.Sprint(d.Attempts), d.Code, when(d.Due)})
		}
		c.table([]string{"delivery", "channel", "made", "alerts", "", "attempts", "last failure", "next"}, rows)
		if len(all) == 0 {
			c.printf("Nothing was to be told.\n")
		}
	})
}
