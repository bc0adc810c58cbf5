package main

import (
	"context"
	"errors"
	"fmt"

	kinds "vestige/classifiers/all"
	"vestige/internal/app"
	"vestige/web"
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
	return stayUp(c, a, "")
}

// stayUp serves the catalog and the commands beside it until the context ends.
func stayUp(c *call, a *app.App, notice string) error {
	stop, err := listenLocal(c.ctx, a)
	if err != nil {
		return err
	}
	defer stop()
	pages, err := web.New(web.Config{Version: thisBuild().Version, Notice: notice, Log: c.logger()},
		web.Services{Catalog: a.Catalog, Plans: a.Engine, Connectors: app.Specs(), Classifiers: kinds.All()})
	if err != nil {
		return err
	}
	l, err := web.Listen(c.ctx, web.Config{}, a.Config.Listen)
	if err != nil {
		return err
	}
	if !a.Master.Apart() && notice == "" {
		_, _ = fmt.Fprintf(c.err, "%s the master key lies in the data directory: a copy of the directory opens everything (docs/keys.md)\n", c.yellow("warning:"))
	}
	work, ended := context.WithCancel(c.ctx)
	defer ended()
	worked := make(chan error, 1)
	go func() { worked <- a.Work(work) }()
	c.printf("The catalog is at %s, read-only. Commands beside this one work. Ctrl-C ends it.\n", c.bold("http://"+l.Addr().String()))
	err = pages.Serve(c.ctx, l)
	ended()
	return errors.Join(err, <-worked)
}
