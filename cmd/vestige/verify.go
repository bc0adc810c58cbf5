package main

import (
	"vestige/plans"
)

type verifyCmd struct {
	Plan string `arg:"" help:"A plan or a request that is not closed yet."`
}

// Help teaches the command.
func (verifyCmd) Help() string {
	return `Looks at every dataset of every source for the person's identifiers, in all forms, without the plan's map. Run does so by itself; this is for
a request that is blocked. The exit code is 1 where something is left.

Example:
  vestige verify REQ-00000001`
}

// Run carries the command out.
func (x verifyCmd) Run(c *call) error {
	a, done, err := c.open("verify")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	r, err := a.Engine.Verify(c.ctx, s.ID, c.runProgress)
	if err != nil {
		return err
	}
	if err := c.print(r, func() { c.sayEarly(s.State); c.showReport(r) }); err != nil {
		return err
	}
	switch {
	case len(r.Residues) > 0:
		return findings()
	case len(r.Skipped) > 0:
		return &ended{code: exitIncomplete}
	}
	return nil
}

// sayEarly says of a plan that has not begun to erase what its residues are.
func (c *call) sayEarly(s plans.State) {
	if s == plans.Planned || s == plans.Approved || s == plans.Exporting || s == plans.Cooling {
		c.printf("Nothing of this plan has been erased yet: what follows is what there is to erase.\n")
	}
}

func (c *call) showReport(r *plans.Report) {
	c.printf("%s searched, %s found that the plan named.\n", count(int64(r.Searched), "dataset"), count(r.Expected, "record"))
	for _, x := range r.Residues {
		c.printf("  %s %s: %s in %s\n", c.red("residue"), x.At, x.Category, count(x.Records, "record"))
	}
	for _, g := range r.Skipped {
		c.printf("  %s %s: %s\n", c.yellow("not searched, "+g.Code), g.At, g.Text)
	}
}
