package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/policies"
	"vestige/store"

	"github.com/alecthomas/kong"
)

// The exit codes.
const (
	exitDone       = 0
	exitFindings   = 1
	exitUsage      = 2
	exitIncomplete = 3
	exitFailed     = 4
)

// call is one command line being carried out.
type call struct {
	ctx    context.Context
	in     io.Reader
	out    io.Writer
	err    io.Writer
	dir    string // where relative paths start from
	args   []string
	tty    bool
	colour bool
	width  int
	shared *app.App // of serve: the App that is open already
	user   string   // of a remote one: who gave it
	cli    *cli
	fresh  bool // the last line is one of progress, to be overwritten
}

// ended is an error that is no failure: the command did its work, and says by its exit code what came of it.
type ended struct {
	code int
	text string
}

// Error gives the text, which may be empty.
func (e *ended) Error() string { return e.text }

func findings() error { return &ended{code: exitFindings} }

func incomplete(format string, args ...any) error {
	return &ended{exitIncomplete, fmt.Sprintf(format, args...)}
}

// stopped is what kong's Exit throws, since a command line may be another process's.
type stopped int

// run carries out one command line and gives its exit code.
func run(c *call) (code int) {
	defer func() {
		if r := recover(); r != nil {
			s, ok := r.(stopped)
			if !ok {
				panic(r)
			}
			code = int(s)
		}
	}()
	c.cli = &cli{}
	k, err := parser(c)
	if err != nil {
		return c.fail(err, exitFailed)
	}
	args := minus(c.args)
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help": // "vestige help scan" is what people type
		args = append(args[1:], "--help")
	}
	parsed, err := k.Parse(args)
	if err != nil {
		fmt.Fprintf(c.err, "vestige: %v\nRun \"vestige --help\", or \"vestige COMMAND --help\" for an example.\n", err)
		return exitUsage
	}
	err = parsed.Run(c)
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return c.beside(held)
	}
	return c.fail(err, codeOf(err))
}

func parser(c *call) (*kong.Kong, error) {
	return kong.New(c.cli, kong.Name("vestige"), kong.Description(description), kong.Writers(c.out, c.err), kong.Bind(c),
		kong.Exit(func(code int) { panic(stopped(min(code, exitUsage))) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}))
}

const description = `Finds every vestige of a person across your databases and files, erases it, and proves that it is gone.

Exit codes: 0 done, 1 done with findings, 2 usage, 3 incomplete, 4 failed.`

// codeOf gives the exit code of an error.
func codeOf(err error) int {
	var e *ended
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return e.code
	case errkind.Of(err) == errkind.Invalid:
		return exitUsage
	}
	return exitFailed
}

// fail prints an error on one line and gives the code.
func (c *call) fail(err error, code int) int {
	c.clear()
	if err == nil || err.Error() == "" {
		return code
	}
	text := strings.TrimSpace(err.Error())
	if errkind.Of(err) == errkind.Canceled && c.ctx.Err() != nil {
		text = "interrupted; nothing is lost, run it again to go on"
	}
	fmt.Fprintf(c.err, "%s %s\n", c.red("vestige:"), text)
	return code
}

// path gives a path of the command line as this process understands it.
func (c *call) path(p string) string {
	if p == "" || p == "-" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// config reads the configuration that the command line names.
func (c *call) config() (*app.Config, error) {
	if c.shared != nil {
		return c.shared.Config, nil
	}
	cfg, err := app.LoadConfig(c.path(c.cli.Config), app.Specs())
	if err != nil {
		return nil, shorter(err, c.dir)
	}
	return cfg, nil
}

// policy reads the policy of the configuration; without a configuration there is the default one.
func (c *call) policy() (*policies.Policy, error) {
	cfg, err := c.config()
	if errkind.Of(err) == errkind.NotFound {
		return policies.Default(), nil
	}
	if err != nil {
		return nil, err
	}
	return policies.Load(cfg.Policies...)
}

// shorter names files as the user does.
func shorter(err error, dir string) error {
	text := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	return errkind.Coded(errkind.Of(err), errkind.Code(err), "%s", text)
}

// open opens the App. A command does so before it reads or prints anything, since another process may have to do it all.
func (c *call) open(command string) (*app.App, func(), error) {
	if c.shared != nil {
		return c.shared, func() {}, nil
	}
	cfg, err := c.config()
	if err != nil {
		return nil, nil, err
	}
	a, err := app.Open(c.ctx, cfg, app.Options{Command: "vestige " + command, Log: c.logger()})
	if err != nil {
		return nil, nil, err
	}
	return a, func() {
		if err := a.Close(); err != nil {
			fmt.Fprintf(c.err, "vestige: closing: %v\n", err)
		}
	}, nil
}

// by names who gives the command.
func (c *call) by() string {
	if c.cli.As != "" {
		return c.cli.As
	}
	if c.user != "" {
		return c.user
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// print writes the result: as JSON where that is asked for, else as text.
func (c *call) print(v any, text func()) error {
	c.clear()
	if !c.cli.JSON {
		text()
		return nil
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return errkind.Wrap(errkind.Internal, e.Encode(v), "write JSON")
}

// read gives the text of a file, "-" for what is piped in.
func (c *call) read(p string) ([]byte, error) {
	if p == "-" {
		b, err := io.ReadAll(io.LimitReader(c.in, 64<<20))
		return b, errkind.Wrap(errkind.Transient, err, "read the input")
	}
	b, err := os.ReadFile(c.path(p))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errkind.New(errkind.NotFound, "no file %s", p)
	}
	return b, errkind.Wrap(errkind.Permission, err, "read %s", p)
}
