package main

import (
	"strings"

	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
)

type exportCmd struct {
	Plan       string   `arg:"" help:"An approved plan of kind export, or its request."`
	Out        string   `default:"export.age" placeholder:"FILE" help:"Where it goes."`
	To         []string `placeholder:"age1…" help:"The person's own key."`
	Passphrase string   `placeholder:"FILE" help:"Read a passphrase from a file, - for standard input."`
}

// Help teaches the command.
func (exportCmd) Help() string {
	return `Writes everything of a person as JSON and CSV into one archive, encrypted with age as it is read. What records say of others is left out.

Example:
  vestige plan --for access --email ann@example.com
  vestige export REQ-00000002 --to age1qyq… --out ann.age`
}

// Run carries the command out.
func (x exportCmd) Run(c *call) error {
	a, done, err := c.open("export")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	to := plans.ExportTo{Path: c.path(x.Out), Recipients: x.To, By: c.by()}
	if x.Passphrase != "" {
		text, err := c.read(x.Passphrase)
		if err != nil {
			return err
		}
		if to.Passphrase = pii.NewValue(strings.TrimRight(string(text), "\r\n")); to.Passphrase.Len() == 0 {
			return errkind.New(errkind.Invalid, "there is no passphrase in %s", x.Passphrase)
		}
	}
	info, err := a.Requests.Export(c.ctx, s.Request, to)
	if err != nil {
		return err
	}
	return c.print(info, func() {
		c.printf("Wrote %s, %s, encrypted; gone after %s.\n", x.Out, bytesOf(info.Bytes), day(info.Expires))
	})
}
