package main

type approveCmd struct {
	Plan string `arg:"" help:"A plan or a request."`
	Hash string `required:"" help:"The hash of the plan that you have read."`
}

// Help teaches the command.
func (approveCmd) Help() string {
	return `Approves a plan by its hash: its routes, methods and bases, and its counts with the policy's tolerance. Another person than the one who
asked for it does so, unless the policy says single-approver.

Example:
  vestige --as eve approve REQ-00000001 --hash 8b2148ae88eea8d6…`
}

// Run carries the command out.
func (x approveCmd) Run(c *call) error {
	a, done, err := c.open("approve")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	if s, err = a.Requests.Approve(c.ctx, s.Request, x.Hash, c.by()); err != nil {
		return err
	}
	return c.print(s, func() {
		c.printf("Approved by %s.\n%s\n", c.by(), c.dim("Next: vestige run "+s.Request))
	})
}
