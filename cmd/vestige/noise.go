package main

import (
	"fmt"

	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
)

type noiseCmd struct {
	List  noiseListCmd  `cmd:"" default:"1" help:"The rules, those of policy files among them."`
	Try   noiseTryCmd   `cmd:"" help:"Say what a rule would do to the fields as they are."`
	Write noiseWriteCmd `cmd:"" help:"Write a rule."`
	End   noiseEndCmd   `cmd:"" help:"End a rule."`
}

// Help teaches the command.
func (noiseCmd) Help() string {
	return `Rules that take proposals for something harmless (docs/deciding.md). They are shown as evidence, touch no decision, and can end on a day.

Example:
  vestige noise try --source etl --field '*_checksum' --kind none.hash --reason "sums of files"
  vestige noise write --source etl --field '*_checksum' --kind none.hash --reason "sums of files" --until 2027-06-30`
}

// noiseFlags say what a rule is about.
type noiseFlags struct {
	Source   string  `help:"Of a source; * stands for any part."`
	Dataset  string  `help:"Of datasets named so, as source/dataset where no source is given."`
	Field    string  `help:"Fields named so."`
	Category string  `help:"Proposed as this kind."`
	Below    float64 `help:"Only below this confidence."`
	Kind     string  `default:"none.other" help:"What they are taken for: none.code, none.hash …"`
	Reason   string  `required:"" help:"Why."`
	Until    string  `placeholder:"DAY" help:"The last day of the rule, as 2027-06-30."`
}

func (x noiseFlags) rule() (policies.Noise, error) {
	n := policies.Noise{Match: policies.Match{Source: x.Source, Dataset: x.Dataset, Field: x.Field, Category: pii.Category(x.Category)}, Below: x.Below, As: pii.Category(x.Kind), Reason: x.Reason}
	if x.Until != "" {
		if err := n.Until.UnmarshalText([]byte(x.Until)); err != nil {
			return n, errkind.New(errkind.Invalid, "until: %v", err)
		}
	}
	return n, n.Validate()
}

type noiseListCmd struct{}

// Run carries the command out.
func (noiseListCmd) Run(c *call) error {
	a, done, err := c.open("noise")
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Catalog.Noise(c.ctx)
	if err != nil {
		return err
	}
	return c.print(append([]catalog.NoiseRule{}, all...), func() {
		var rows [][]string
		for _, r := range all {
			state := "holds"
			switch {
			case r.Ended != 0:
				state = "ended"
			case r.Over():
				state = "over"
			case r.Until != policies.Date{}:
				state = "until " + r.Until.String()
			}
			rows = append(rows, []string{r.ID, r.Text(), r.Reason, state, orElse(r.By, "policy file")})
		}
		c.table([]string{"rule", "what", "why", "", "by"}, rows)
		if len(all) == 0 {
			c.printf("There is no rule for noise.\n")
		}
	})
}

type noiseTryCmd struct {
	noiseFlags
}

// Run carries the command out.
func (x noiseTryCmd) Run(c *call) error {
	n, err := x.rule()
	if err != nil {
		return err
	}
	a, done, err := c.open("noise try")
	if err != nil {
		return err
	}
	defer done()
	t, err := a.Catalog.TryNoise(c.ctx, n)
	if err != nil {
		return err
	}
	return c.print(t, func() {
		c.printf("%s: %d fields, of which %d would no longer be proposed.\n", n.Text(), t.Fields, t.Silenced)
		if t.Against+t.Agreed > 0 {
			c.printf("People have decided %d of them to be personal, which they stay, and %d to be harmless.\n", t.Against, t.Agreed)
		}
		for _, e := range append(t.Contrary, t.Some...) {
			c.printf("  %-9s %s %s\n", e.State, e.Ref, e.Category)
		}
	})
}

type noiseWriteCmd struct {
	noiseFlags
}

// Run carries the command out.
func (x noiseWriteCmd) Run(c *call) error {
	n, err := x.rule()
	if err != nil {
		return err
	}
	return c.changeNoise("write", func(a *app.App, tx db.Tx) (catalog.NoiseRule, error) { return a.Catalog.PutNoise(c.ctx, tx, n, c.by()) })
}

type noiseEndCmd struct {
	Rule string `arg:"" help:"Its id, as the list gives it."`
}

// Run carries the command out.
func (x noiseEndCmd) Run(c *call) error {
	return c.changeNoise("end", func(a *app.App, tx db.Tx) (catalog.NoiseRule, error) {
		return a.Catalog.EndNoise(c.ctx, tx, x.Rule, c.by())
	})
}

// changeNoise writes or ends a rule, with its entry in the log.
func (c *call) changeNoise(what string, f func(*app.App, db.Tx) (catalog.NoiseRule, error)) error {
	a, done, err := c.open("noise " + what)
	if err != nil {
		return err
	}
	defer done()
	var r catalog.NoiseRule
	err = a.DB.Write(c.ctx, func(tx db.Tx) (err error) {
		if r, err = f(a, tx); err != nil {
			return err
		}
		facts := audit.Facts(map[string]any{"rule": r.Text(), "until": fmt.Sprint(r.Until)})
		return a.Audit.Append(c.ctx, tx, audit.Entry{Actor: c.by(), Action: "catalog.noise." + what, Object: r.ID, Facts: facts})
	})
	if err == nil {
		err = a.Catalog.CatchUp(c.ctx, likeFields)
	}
	if err != nil {
		return err
	}
	return c.print(r, func() { c.printf("%s %s\n", r.ID, r.Text()) })
}
