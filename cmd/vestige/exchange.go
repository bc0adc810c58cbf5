package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"

	"vestige/audit"
	"vestige/catalog"
	"vestige/exchange"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

type exchangeCmd struct {
	In  exchangeInCmd  `cmd:"" help:"Take owners, descriptions, lineage and decisions out of a file."`
	Out exchangeOutCmd `cmd:"" help:"Write what the catalog knows for other tools."`
}

// Help teaches the command.
func (exchangeCmd) Help() string {
	return `Brings in what other tools know of owners, descriptions and lineage, and takes it out again (docs/exchange.md).

Example:
  vestige exchange in target/manifest.json --dry-run
  vestige exchange out owners >owners.csv`
}

type exchangeInCmd struct {
	File      string            `arg:"" help:"A manifest of dbt or the YAML of its sources, events of OpenLineage, CSV; - for what is piped in."`
	DryRun    bool              `help:"Say what would change."`
	Namespace map[string]string `placeholder:"NAMESPACE=SOURCE" help:"Which source the file means."`
}

// Help teaches the command.
func (exchangeInCmd) Help() string {
	return `Reads what another catalog or a pipeline knows. A file is taken whole or not at all; its errors name the row. What it says of datasets
that the catalog does not have is left out, and listed. CSV has the columns dataset,field,owner,description, or input,output,how. Flows of
values that arrive as they are, from a key, become references.

Example:
  vestige exchange in target/manifest.json --dry-run
  vestige exchange in events.ndjson --namespace postgres://db.example:5432=shop`
}

// exchanged is what came of a file.
type exchanged struct {
	DryRun bool `json:"dryRun"`
	*exchange.Changes
}

// Run carries the command out.
func (x exchangeInCmd) Run(c *call) error {
	a, done, err := c.open("exchange")
	if err != nil {
		return err
	}
	defer done()
	text, err := c.read(x.File)
	if err != nil {
		return err
	}
	if exchange.IsDecisions(text) {
		return errkind.New(errkind.Invalid, "%s has decisions alone: vestige decide --file takes them", x.File)
	}
	told, err := exchange.Read(c.ctx, a.Catalog, text, exchange.Options{By: c.by(), Sources: x.Namespace})
	if err != nil {
		return errkind.Wrap(errkind.Of(err), err, "%s", x.File)
	}
	ds, err := decisionsIn(c, a, x.File, told)
	if err != nil {
		return err
	}
	if err := c.print(exchanged{x.DryRun, told}, func() { c.showExchange(told, len(ds), x.DryRun) }); err != nil {
		return err
	}
	if told.Wrong > 0 {
		return errkind.New(errkind.Invalid, "%s: wrong rows: %d; nothing is taken", x.File, told.Wrong)
	}
	if x.DryRun || told.New+len(ds) == 0 {
		return nil
	}
	return takeIn(c, a, told, ds)
}

// decisionsIn gives the decisions of a file that are not made already.
func decisionsIn(c *call, a *app.App, file string, told *exchange.Changes) (out []pii.Decision, err error) {
	var all error
	for _, r := range told.Decisions {
		row := decisionRow{Field: r.Field, Verdict: r.Verdict, Category: r.Category, Reason: r.Reason}
		d, err := row.decision(c.by())
		var e catalog.Entry
		if err == nil {
			e, err = a.Catalog.Field(c.ctx, d.Field)
		}
		switch {
		case err != nil:
			all = errors.Join(all, fmt.Errorf("%s: %s: %w", file, r.Where, err))
		case e.Decision != nil && e.Decision.Verdict == d.Verdict && e.Decision.Reason == d.Reason && (d.Category == "" || e.Decision.Category == d.Category):
		default:
			out = append(out, d)
		}
	}
	return out, errkind.Wrap(errkind.Invalid, all, "nothing was taken")
}

// takeIn writes what was read, all of it or none.
func takeIn(c *call, a *app.App, told *exchange.Changes, ds []pii.Decision) error {
	err := a.DB.Write(c.ctx, func(tx db.Tx) error {
		if err := told.Apply(c.ctx, tx, a.Catalog); err != nil {
			return err
		}
		for _, d := range ds {
			if err := writeDecision(c, a, tx, d); err != nil {
				return err
			}
		}
		facts := audit.Facts(map[string]any{"rows": told.New, "left": told.Left})
		return a.Audit.Append(c.ctx, tx, audit.Entry{Actor: c.by(), Action: "catalog.import", Object: told.Format, Facts: facts})
	})
	if err == nil {
		_, err = a.Scanner.Relate(c.ctx)
	}
	return err
}

func (c *call) showExchange(told *exchange.Changes, decisions int, dry bool) {
	var rows [][]string
	for _, r := range told.Shown() {
		does := r.Does
		switch {
		case r.Error != "":
			does = c.red("wrong: ") + r.Error
		case r.Left != "":
			does = c.dim("left out: " + r.Left)
		}
		rows = append(rows, []string{r.Where, r.Name, r.What, strings.Join(strings.Fields(r.Was), " "), strings.Join(strings.Fields(r.Then), " "), does})
	}
	if len(rows) > 0 {
		c.table([]string{"where", "place", "what", "was", "then", ""}, rows)
	}
	c.printf("%d to be written, %d so already, %d about what the catalog does not have, %d wrong, %d decisions\n", told.New, told.Same, told.Left, told.Wrong, decisions)
	if dry {
		c.printf("%s\n", c.dim("Nothing was written: --dry-run."))
	}
}

type exchangeOutCmd struct {
	Form   string `arg:"" enum:"owners,flows,dbt,openlineage" help:"owners, flows, dbt or openlineage."`
	Source string `placeholder:"NAME" help:"Of this source alone; OpenLineage always has all."`
}

// Help teaches the command.
func (exchangeOutCmd) Help() string {
	return `Writes to the output, in a form that "vestige exchange in" reads again: where it is read, nothing changes.

Example:
  vestige exchange out openlineage > events.ndjson
  vestige exchange out dbt --source shop > sources.yml`
}

// Run carries the command out.
func (x exchangeOutCmd) Run(c *call) error {
	a, done, err := c.open("exchange")
	if err != nil {
		return err
	}
	defer done()
	of := pii.Ref{Source: x.Source}
	cards, err := a.Catalog.Cards(c.ctx, of)
	if err != nil {
		return err
	}
	flows, err := a.Catalog.Flows(c.ctx, of)
	if err != nil {
		return err
	}
	switch x.Form {
	case "owners":
		err = writeSheet(c, exchange.CardColumns, cards, exchange.CardRow)
	case "flows":
		err = writeSheet(c, exchange.FlowColumns, flows, exchange.FlowRow)
	case "dbt":
		err = exchange.DBT(c.out, cards, func(visit func([]catalog.Entry) error) error {
			return a.Catalog.Each(c.ctx, catalog.Filter{Source: x.Source, States: exchange.States()}, visit)
		})
	default:
		err = writeEvents(c, a)
	}
	if err != nil {
		return err
	}
	return a.Record(c.ctx, audit.Entry{Actor: c.by(), Action: "web.export", Object: x.Form})
}

func writeEvents(c *call, a *app.App) error {
	g, err := a.Catalog.Outline(c.ctx)
	if err != nil {
		return err
	}
	cards, err := a.Catalog.Cards(c.ctx, pii.Ref{})
	if err != nil {
		return err
	}
	var flows []lineage.Flow
	if flows, err = a.Catalog.Flows(c.ctx, pii.Ref{}); err != nil {
		return err
	}
	infos, err := a.Catalog.Sources(c.ctx)
	if err != nil {
		return err
	}
	return exchange.OpenLineage(c.out, g, flows, cards, exchange.Scanned(infos))
}

// writeSheet writes CSV.
func writeSheet[T any](c *call, head []string, all []T, row func(T) []string) error {
	w := csv.NewWriter(c.out)
	if err := w.Write(head); err != nil {
		return err
	}
	for _, x := range all {
		if err := w.Write(row(x)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
