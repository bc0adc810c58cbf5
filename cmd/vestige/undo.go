package main

type undoCmd struct {
	Plan   string `arg:"" help:"A plan or a request."`
	Reason string `required:"" help:"Why."`
}

// Help teaches the command.
func (undoCmd) Help() string {
	return `Takes soft deletes back while the cool-down lasts, and cancels the plan. After it nothing can be undone.

Example:
  vestige undo REQ-00000001 --reason "she changed her mind"`
}

// Run carries the command out.
func (x undoCmd) Run(c *call) error {
	a, done, err := c.open("undo")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	r, err := a.Requests.Withdraw(c.ctx, s.Request, c.by(), x.Reason)
	if err != nil {
		return err
	}
	return c.print(r, func() { c.printf("%s is %s; nothing has been erased.\n", r.ID, r.State) })
}
