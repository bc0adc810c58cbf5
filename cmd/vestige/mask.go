package main

import (
	"os"
	"path/filepath"

	"vestige/internal/app"
	"vestige/masking"
)

type maskCmd struct {
	Source string `arg:"" help:"The source to be copied."`
	To     string `required:"" placeholder:"TARGET" help:"An empty source of the same type in the configuration; or, for SQLite and folders, the path of one that is made."`
	Key    string `placeholder:"SETTING" help:"env:NAME, file:PATH or exec:COMMAND with a key, so that another run gives the same values. Without it the key is forgotten."`
}

// Help teaches the command.
func (maskCmd) Help() string {
	return `Copies a database or folder for tests and analytics so that nobody is to be found in it: every value of a person is replaced, the same one
everywhere, in its own format; references, joins and rules hold. What the scan knows decides what is replaced, so scan with --full first. Says what was
left clear, and why. A run that was stopped, by whatever, is begun again by the same command: what it had left is taken away, and under the same --key the
copy is the one that would have been. The exit code is 1 where something of a person was found in the copy, 3 where a part was left out.

Example:
  vestige mask shop --to shop-test.db
  vestige mask crm --to staging --key env:MASK_KEY --json`
}

// Run carries the command out.
func (x maskCmd) Run(c *call) error {
	a, done, err := c.open("mask")
	if err != nil {
		return err
	}
	defer done()
	to := x.To
	if a.Sources[to] == nil && !filepath.IsAbs(to) {
		if _, err := os.Stat(filepath.Dir(c.path(to))); err == nil {
			to = c.path(to)
		}
	}
	report, err := a.Mask(c.ctx, app.MaskOptions{Source: x.Source, Target: to, Key: x.Key, By: c.by(), Tell: func(part, dataset string, n int64) {
		c.progress("%s %s: %s", part, dataset, grouped(n))
	}})
	if err != nil {
		return err
	}
	if err := c.print(report, func() { c.showMasked(report) }); err != nil {
		return err
	}
	switch {
	case len(report.Residue) > 0:
		return findings()
	case len(report.Left) > 0:
		return incomplete("%s left out", count(int64(len(report.Left)), "part"))
	}
	return nil
}

func (c *call) showMasked(r *masking.Report) {
	var n int64
	for _, d := range r.Datasets {
		n += d.Records
	}
	c.printf("%s of %s copied; events moved back by %d days.\n\n", c.bold(count(n, "record")), count(int64(len(r.Datasets)), "dataset"), r.Days)
	var rows [][]string
	for _, t := range r.Fields {
		rows = append(rows, []string{t.Field.String(), string(t.Way), t.Why})
	}
	c.table([]string{"field", "way", "why"}, rows)
	for _, a := range r.Anonymity {
		c.printf("\n%s: %s in %s by %d quasi-identifiers; the smallest group has %s, %s alone\n", a.Dataset, count(a.Records, "record"), count(int64(a.Groups), "group"), len(a.Fields), grouped(a.Smallest), grouped(a.Alone))
	}
	for _, l := range r.Left {
		c.printf("  %s %s: %s\n", c.yellow("left out"), l.Dataset, l.Why)
	}
	c.printf("\n%s values of the copy were searched for %s of the source's: ", grouped(r.Checked), grouped(int64(r.Learnt)))
	if len(r.Residue) == 0 {
		c.printf("%s\n", c.green("none found"))
		return
	}
	c.printf("%s\n", c.red("found"))
	for _, f := range r.Residue {
		c.printf("  %s %s\n", f.Field, count(f.Values, "value"))
	}
}
