package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

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
with plans that were being executed, and keeps the audit log in order. The first start prints the administrator's link. A source that is added
in the catalog is taken up by itself; as a service it reads the configuration anew on SIGHUP (but for where it listens).

Example:
  vestige serve`
}

// Run carries the command out, again from the beginning whenever the configuration is to be read anew. Whoever calls meanwhile waits a moment.
func (serveCmd) Run(c *call) error {
	var kept *door
	defer func() { kept.shut() }()
	for {
		a, done, err := c.open("serve")
		if err != nil {
			return err
		}
		s := stay{call: c, app: a, door: kept, reloads: c.shared == nil}
		again, err := s.up("")
		kept = s.door
		done()
		if err != nil || !again {
			return err
		}
	}
}

// stayUp serves the catalog and the commands beside it until the context ends.
func stayUp(c *call, a *app.App, notice string) error {
	s := stay{call: c, app: a}
	defer func() { s.door.shut() }()
	_, err := s.up(notice)
	return err
}

// stay is one stretch of serving, with one configuration.
type stay struct {
	*call
	app     *app.App
	door    *door
	reloads bool // the configuration can be read anew
}

// up serves until the context ends, or until the configuration is to be read anew.
func (s *stay) up(notice string) (again bool, err error) {
	a := s.app
	ctx, end := context.WithCancel(s.ctx)
	defer end()
	var anew atomic.Bool
	reload := func() { anew.Store(true); end() }
	if s.reloads && !s.tty { // in a terminal it means that the terminal is gone
		defer s.hup(ctx, reload)()
	}
	stop, err := listenLocal(ctx, a)
	if err != nil {
		return false, err
	}
	defer stop()
	cfg := web.Config{Version: thisBuild().Version, Notice: notice, Hosts: a.Config.Hosts, Log: s.logger()}
	if cfg.TLS, err = a.Config.TLS(); err != nil {
		return false, err
	}
	if notice != "" { // of a demo, whose people are invented: whoever sits at this machine may look
		cfg.Anonymous = []accounts.Role{accounts.Viewer}
	}
	pages, err := web.New(cfg, s.services(reload))
	if err != nil {
		return false, err
	}
	if err := s.openDoor(cfg); err != nil {
		return false, err
	}
	if err := s.greet(cfg, notice); err != nil {
		return false, err
	}
	worked := make(chan error, 1)
	go func() { worked <- a.Work(ctx) }()
	err = pages.Serve(ctx, s.door.listener())
	end()
	return anew.Load() && s.ctx.Err() == nil, errors.Join(err, <-worked)
}

// services gives the pages what they show and work with.
func (s *stay) services(reload func()) web.Services {
	a := s.app
	out := web.Services{Catalog: a.Catalog, DB: a.DB, Audit: a.Audit, Accounts: a.Accounts, Plans: a.Engine, Requests: a.Requests, Watch: a.Watch, Later: a.Later,
		Relate: func(ctx context.Context) error { _, err := a.Scanner.Relate(ctx); return err }, Connectors: app.Specs(), Base: a.Config.Base,
		Source: func(name string) *connectors.Source { return a.Sources[name] }, Classifiers: kinds.All()}
	if s.reloads {
		out.AddSource = func(ctx context.Context, by, name, connector string, options map[string]string) error {
			err := a.AddSource(ctx, by, app.Source{Name: name, Type: connector, Options: options})
			if err == nil {
				reload() // what is being answered is answered first
			}
			return err
		}
	}
	return out
}

// openDoor opens the door where it is not open from the stretch before.
func (s *stay) openDoor(cfg web.Config) error {
	if s.door != nil {
		return nil
	}
	l, err := web.Listen(s.ctx, cfg, s.app.Config.Listen)
	if err == nil {
		s.door = newDoor(l)
	}
	return err
}

// greet says where the catalog is, the first time.
func (s *stay) greet(cfg web.Config, notice string) error {
	if s.door.known {
		s.printf("The configuration was read anew: sources: %d.\n", len(s.app.Sources))
		return nil
	}
	s.door.known = true
	at := "http://" + s.door.Addr().String()
	if cfg.TLS != nil {
		at = "https://" + s.door.Addr().String()
	}
	first, err := s.app.Accounts.First(s.ctx)
	if err != nil {
		return err
	}
	if !s.app.Master.Apart() && notice == "" {
		_, _ = fmt.Fprintf(s.err, "%s the master key lies in the data directory: a copy of the directory opens everything (docs/keys.md)\n", s.yellow("warning:"))
	}
	s.printf("The catalog is at %s. Commands beside this one work. Ctrl-C ends it.\n", s.bold(at))
	if first != "" {
		s.printf("Nobody has an account yet. The administrator's, by a link that works once, within a day:\n  %s\n", at+"/welcome/"+first)
	}
	return nil
}

// hup reads the configuration anew on SIGHUP, where it can be read.
func (s *stay) hup(ctx context.Context, reload func()) (stop func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
			}
			if _, err := s.config(); err != nil {
				_, _ = fmt.Fprintf(s.err, "%s %v; the configuration stays as it was\n", s.red("vestige:"), err)
				continue
			}
			reload()
		}
	}()
	return func() { signal.Stop(asked) }
}

// door holds a listener through several stretches of serving: who calls between two of them waits.
type door struct {
	net.Listener
	calls chan net.Conn
	ended chan struct{}
	known bool // it was said where it is
}

// breath is how long the door waits after a call that could not be taken.
const breath = 50 * time.Millisecond

func newDoor(l net.Listener) *door {
	d := &door{Listener: l, calls: make(chan net.Conn), ended: make(chan struct{})}
	go func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // there are too many open files, or the like
				select {
				case <-d.ended:
					return
				case <-time.After(breath):
				}
				continue
			}
			select {
			case d.calls <- conn:
			case <-d.ended:
				_ = conn.Close()
				return
			}
		}
	}()
	return d
}

func (d *door) shut() {
	if d != nil {
		close(d.ended)
		_ = d.Close()
	}
}

// listener gives a listener for one stretch.
func (d *door) listener() net.Listener { return &passage{door: d, left: make(chan struct{})} }

// passage is a door as one stretch of serving has it; closing it leaves the door open.
type passage struct {
	*door
	left   chan struct{}
	closed atomic.Bool
}

// Accept gives the next call.
func (p *passage) Accept() (net.Conn, error) {
	select {
	case conn := <-p.calls:
		return conn, nil
	case <-p.left:
	case <-p.ended:
	}
	return nil, net.ErrClosed
}

// Close ends this stretch.
func (p *passage) Close() error {
	if p.closed.CompareAndSwap(false, true) {
		close(p.left)
	}
	return nil
}
