package main

import (
	"context"
	"errors"
	"fmt"

	"vestige/accounts"
	kinds "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/internal/app"
	"vestige/web"
)

type serveCmd struct{}

// Help teaches the command.
func (serveCmd) Help() string {
	return `Owns the data directory until it is interrupted: shows the catalog in which people work, carries out the commands given beside it, goes on
with plans that were being executed, and keeps the audit log in order. The first start prints the administrator's link.

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
	cfg := web.Config{Version: thisBuild().Version, Notice: notice, Hosts: a.Config.Hosts, Log: c.logger()}
	if cfg.TLS, err = a.Config.TLS(); err != nil {
		return err
	}
	if notice != "" { // of a demo, whose people are invented: whoever sits at this machine may look
		cfg.Anonymous = []accounts.Role{accounts.Viewer}
	}
	pages, err := web.New(cfg, web.Services{Catalog: a.Catalog, DB: a.DB, Audit: a.Audit, Accounts: a.Accounts, Plans: a.Engine, Requests: a.Requests, Watch: a.Watch, Later: a.Later,
		Relate: func(ctx context.Context) error { _, err := a.Scanner.Relate(ctx); return err }, Connectors: app.Specs(), Base: a.Config.Base, Source: func(name string) *connectors.Source { return a.Sources[name] }, Classifiers: kinds.All()})
	if err != nil {
		return err
	}
	l, err := web.Listen(c.ctx, cfg, a.Config.Listen)
	if err != nil {
		return err
	}
	at := "http://" + l.Addr().String()
	if cfg.TLS != nil {
		at = "https://" + l.Addr().String()
	}
	first, err := a.Accounts.First(c.ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if !a.Master.Apart() && notice == "" {
		_, _ = fmt.Fprintf(c.err, "%s the master key lies in the data directory: a copy of the directory opens everything (docs/keys.md)\n", c.yellow("warning:"))
	}
	work, ended := context.WithCancel(c.ctx)
	defer ended()
	worked := make(chan error, 1)
	go func() { worked <- a.Work(work) }()
	c.printf("The catalog is at %s. Commands beside this one work. Ctrl-C ends it.\n", c.bold(at))
	if first != "" {
		c.printf("Nobody has an account yet. The administrator's, by a link that works once, within a day:\n  %s\n", at+"/welcome/"+first)
	}
	err = pages.Serve(c.ctx, l)
	ended()
	return errors.Join(err, <-worked)
}
