package main

import (
	"fmt"

	kinds "vestige/classifiers/all"
	"vestige/internal/app"
	"vestige/internal/errkind"
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
	stop, err := listenLocal(a)
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
	go a.Resume(c.ctx)
	go a.Audit.Run(c.ctx, func(err error) { a.Log.Error("keep the log in order", "code", errkind.Code(err)) })
	c.printf("The catalog is at %s, read-only. Commands beside this one work. Ctrl-C ends it.\n", c.bold("http://"+l.Addr().String()))
	return pages.Serve(c.ctx, l)
}
