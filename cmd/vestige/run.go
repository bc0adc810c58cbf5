package main

import (
	"vestige/internal/app"
	"vestige/plans"
)

type runCmd struct {
	Plan  string `arg:"" help:"A plan or a request."`
	Later bool   `help:"Have a running serve carry it out, here or on another machine, and do not wait."`
}

// Help teaches the command.
func (runCmd) Help() string {
	return `Carries an approved plan out as far as it goes, one journalled state after the other. Interrupted, or started twice, it comes to the
same end. The exit code is 3 where it waits for a date, an answer or a system.

Example:
  vestige run REQ-00000001`
}

// Run carries the command out.
func (x runCmd) Run(c *call) error {
	a, done, err := c.open("run")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	if x.Later {
		return x.later(c, a, s)
	}
	r, err := a.Requests.Run(c.ctx, s.Request, c.runProgress)
	if err != nil {
		return err
	}
	reports, err := a.Engine.Reports(c.ctx, s.ID)
	if err != nil {
		return err
	}
	if err := c.print(r, func() {
		c.showResult(s, r)
		if n := len(reports); n > 0 && r.State == plans.Blocked {
			c.showReport(&reports[n-1])
		}
	}); err != nil {
		return err
	}
	if r.State != plans.Closed {
		return &ended{code: exitIncomplete}
	}
	return a.Requests.Finish(c.ctx, s.Request, c.by())
}

// later leaves the plan to those that work on the store.
func (x runCmd) later(c *call, a *app.App, s *plans.Status) error {
	if err := a.Later(c.ctx, s.Request); err != nil {
		return err
	}
	return c.print(s, func() { c.printf("%s is for whoever works on the store: vestige request show %s\n", s.ID, s.Request) })
}

func (c *call) runProgress(e plans.Event) {
	if e.What == "state" && !c.cli.JSON {
		c.printf("  %s %s\n", c.green("→"), e.State)
		return
	}
	c.progress("%s: %s %s %d of %d", e.State, e.What, orElse(e.At.String(), e.Unit), e.Done, e.Total)
}

func (c *call) showResult(s *plans.Status, r plans.Result) {
	switch {
	case r.State == plans.Closed:
		c.printf("%s  %s\n", c.green("Closed."), c.dim("The proof: vestige attestation show "+s.Request))
	case r.Until > 0:
		c.printf("%s until %s; until then: vestige undo %s\n", c.yellow(string(r.State)), when(r.Until), s.Request)
	default:
		c.printf("%s: %s\n", c.yellow(string(r.State)), orElse(r.Reason, "not done"))
	}
	for _, d := range r.Changes {
		c.printf("  %s %s %s (%d, was %d)\n", c.yellow(d.Code), d.At, d.Text, d.Is, d.Was)
	}
	if r.Next != "" {
		c.printf("  A new plan stands in its place: %s\n", r.Next)
	}
}
