package main

import (
	"fmt"

	"vestige/internal/app"
)

type drillCmd struct {
	Source []string `arg:"" optional:"" help:"Sources to be drilled; all that the configuration lets be drilled where none is named."`
}

// Help teaches the command.
func (drillCmd) Help() string {
	return `Plants a marked person in each source that allows it (drill: true, or drill: DATASET in its configuration), and proves that she is found, erased, and
found no more. What was planted is removed whatever happens. A source that fails is an alert, and then the exit code is 1.

Example:
  vestige drill
  vestige drill shop --json`
}

// Run carries the command out.
func (x drillCmd) Run(c *call) error {
	a, done, err := c.open("drill")
	if err != nil {
		return err
	}
	defer done()
	out, err := a.Drill(c.ctx, c.by(), x.Source, func(source, step string) { c.progress("%s: %s", source, step) })
	if err != nil {
		return err
	}
	if err := c.print(out, func() { c.showDrilled(out) }); err != nil {
		return err
	}
	for _, d := range out {
		if d.Outcome == "failed" {
			return findings()
		}
	}
	return nil
}

func (c *call) showDrilled(all []app.Drilled) {
	var rows [][]string
	for _, d := range all {
		outcome := c.dim(d.Outcome)
		switch d.Outcome {
		case "proven":
			outcome = c.green(d.Outcome)
		case "failed":
			outcome = c.red(d.Outcome)
		}
		steps := d.Why
		for _, s := range d.Steps {
			if d.Outcome == "proven" {
				steps += fmt.Sprintf("%s %d  ", s.Step, s.Records)
			}
		}
		rows = append(rows, []string{d.Source, d.Dataset, outcome, steps})
	}
	c.table([]string{"source", "dataset", "drill", ""}, rows)
}
