package main

import (
	"fmt"
	"os"

	"vestige/internal/demo"
	"vestige/internal/errkind"

	"filippo.io/age"
)

type demoCmd struct {
	Seed   uint64 `default:"1" help:"Which company."`
	People int    `default:"200" help:"How many customers it has."`
	Once   bool   `help:"End when it has ended, at a terminal too."`
	Dir    string `default:"vestige-demo" help:"Where it is made; one from before is replaced."`
}

// Help teaches the command.
func (demoCmd) Help() string {
	return `Makes a small company of invented people in two SQLite databases and a folder of objects, scans it, and walks one person through
find, plan, approve, run, verify and attest, and another through export. It ends by looking from outside: exit code 0 only if nothing is left of
her and nobody else's record has changed.

Example:
  vestige demo --seed 7 --people 500 --once`
}

// Run carries the command out.
func (x demoCmd) Run(c *call) error {
	if c.shared != nil {
		return errkind.New(errkind.Unsupported, "a demo runs on its own")
	}
	a, err := demo.Run(c.ctx, console{c}, demo.Options{Seed: x.Seed, People: x.People, Dir: c.path(x.Dir), Log: c.logger(), NewKey: newKey})
	if a == nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if err != nil || x.Once || !c.tty {
		return err
	}
	a.Config.Listen = "127.0.0.1:0"
	return stayUp(c, a, "Demo: everybody here is invented")
}

// newKey makes a key as age-keygen does.
func newKey(path string) (string, error) {
	k, err := age.GenerateX25519Identity()
	if err != nil {
		return "", errkind.Wrap(errkind.Internal, err, "make a key")
	}
	text := fmt.Sprintf("# public key: %s\n%s\n", k.Recipient(), k)
	return k.Recipient().String(), errkind.Wrap(errkind.Permission, os.WriteFile(path, []byte(text), 0o600), "write a key")
}

// console shows a demo by way of a call.
type console struct{ c *call }

func (o console) Print(format string, args ...any)       { o.c.printf(format, args...) }
func (o console) Progress(format string, args ...any)    { o.c.progress(format, args...) }
func (o console) Table(header []string, rows [][]string) { o.c.table(header, rows) }
func (o console) Bold(s string) string                   { return o.c.bold(s) }
func (o console) Dim(s string) string                    { return o.c.dim(s) }
func (o console) Good(s string) string                   { return o.c.green(s) }
func (o console) Bad(s string) string                    { return o.c.red(s) }
func (o console) Warn(s string) string                   { return o.c.yellow(s) }
