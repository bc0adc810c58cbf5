package main

import (
	"fmt"

	"vestige/internal/app"
)

type serveCmd struct{}

// Help teaches the command.
func (serveCmd) Help() string {
	return `Owns the data directory until it is interrupted: carries out the commands given beside it, goes on with plans that were being
executed, and keeps the audit log in order.

Example:
  vestige serve`
}

// Run carries the command out.
func (serveCmd) Run(c *call) error {
	a, done, err := c.open("serve")
	if err != nil {
		return err
	}
	defer done()
	return stayUp(c, a)
}

// stayUp serves until the context ends.
func stayUp(c *call, a *app.App) error {
	stop, err := listenLocal(a)
	if err != nil {
		return err
	}
	defer stop()
	if !a.Master.Apart() {
		_, _ = fmt.Fprintf(c.err, "%s the master key lies in the data directory: a copy of the directory opens everything (docs/keys.md)\n", c.yellow("warning:"))
	}
	go a.Resume(c.ctx)
	c.printf("Serving %s. Commands beside this one work. Ctrl-C ends it.\n", a.Config.Data)
	a.Audit.Run(c.ctx, nil)
	return nil
}
