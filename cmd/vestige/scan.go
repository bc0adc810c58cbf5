package main

import (
	"errors"
	"maps"
	"slices"
	"time"

	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/scanner"
)

type scanCmd struct {
	Source  []string      `arg:"" optional:"" help:"Sources to read; all where none is named."`
	Full    bool          `help:"Read every record, not a sample of large datasets."`
	Again   bool          `help:"Read what has not changed, too."`
	Sample  int           `placeholder:"N" help:"Records of a sample (10,000)."`
	Workers int           `placeholder:"N" help:"Datasets read at once (4)."`
	Timeout time.Duration `placeholder:"TIME" help:"For each dataset (5m in a sample)."`
	Seed    uint64        `placeholder:"N" help:"Of the samples."`
}

// Help teaches the command.
func (scanCmd) Help() string {
	return `Discovers datasets, reads some or all of each, says what every field holds, and infers references and copies. What has not
changed is skipped, what was interrupted goes on. What could not be read is a gap, and then the exit code is 3.

Example:
  vestige scan shop --full`
}

// scanned is the result of a scan.
type scanned struct {
	Sources  []scanner.Report `json:"sources"`
	Failed   []sourceFailure  `json:"failed"`
	Related  scanner.Related  `json:"related"`
	Personal int64            `json:"personal"` // fields
}

// sourceFailure is a source that could not be read at all.
type sourceFailure struct {
	Source string `json:"source"`
	Code   string `json:"code"`
	Text   string `json:"text"`
}

// Run carries the command out.
func (x scanCmd) Run(c *call) error {
	a, done, err := c.open("scan")
	if err != nil {
		return err
	}
	defer done()
	out, err := x.scan(c, a)
	if err != nil {
		return err
	}
	if err := c.print(out, func() { c.showScan(a, out) }); err != nil {
		return err
	}
	gaps := 0
	for _, r := range out.Sources {
		gaps += len(r.Gaps)
	}
	switch {
	case len(out.Failed) > 0:
		return &ended{code: exitFailed, text: "a source could not be read"}
	case gaps > 0:
		return &ended{code: exitIncomplete}
	}
	return nil
}

func (x scanCmd) scan(c *call, a *app.App) (*scanned, error) {
	names := x.Source
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(a.Sources))
	}
	var sources []*connectors.Source
	for _, n := range names {
		s, err := a.Source(n)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	if len(sources) == 0 {
		return nil, errkind.New(errkind.Invalid, "no source is configured: name one in %s", c.cli.Config)
	}
	out := &scanned{Sources: []scanner.Report{}, Failed: []sourceFailure{}}
	opt := scanner.Options{Full: x.Full, Again: x.Again, Sample: x.Sample, Workers: x.Workers, Timeout: x.Timeout, Seed: x.Seed}
	for _, s := range sources {
		r, err := a.ScanOne(c.ctx, c.by(), s, opt, func(e scanner.Event) { c.scanProgress(s.Name(), e) })
		if err != nil && c.ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			out.Failed = append(out.Failed, sourceFailure{s.Name(), errkind.Code(err), err.Error()})
			continue
		}
		out.Sources = append(out.Sources, r)
	}
	c.progress("looking at all sources together …")
	var err error
	if out.Related, err = a.Scanner.Relate(c.ctx); err != nil {
		return nil, err
	}
	if err := a.Watch.Tell(c.ctx); err != nil {
		return nil, err
	}
	infos, err := a.Catalog.Sources(c.ctx)
	for _, i := range infos {
		out.Personal += i.PII
	}
	return out, errors.Join(err, a.Record(c.ctx, audit.Entry{Actor: c.by(), Action: "catalog.relate", Facts: audit.Facts(map[string]any{
		"references": out.Related.References, "inferred": out.Related.Inferred, "copies": out.Related.Copies})}))
}

func (c *call) scanProgress(source string, e scanner.Event) {
	switch e.Stage {
	case "discovering", "relating":
		c.progress("%s: %s …", source, e.Stage)
	default:
		c.progress("%s: %d of %d datasets, %s, %s   %s", source, e.Done, e.Datasets, count(e.Records, "record"), bytesOf(e.Bytes), e.Dataset.Dataset)
	}
}

func (c *call) showScan(a *app.App, out *scanned) {
	var rows [][]string
	for _, r := range out.Sources {
		p := r.Progress
		rows = append(rows, []string{r.Source, r.Outcome, grouped(p.Datasets), grouped(p.Skipped), grouped(p.Fields), grouped(p.Records), bytesOf(p.Bytes), grouped(int64(len(r.Gaps)))})
	}
	c.table([]string{"source", "outcome", "datasets", "unchanged", "fields", "records", "read", "gaps"}, rows)
	for _, f := range out.Failed {
		c.printf("  %s %s\n", c.red("failed"), f.Text)
	}
	c.printf("\n%s hold personal data; %s, %d of them inferred, and %s.\n", c.bold(count(out.Personal, "field")),
		count(int64(out.Related.References), "reference"), out.Related.Inferred, count(int64(out.Related.Copies), "copy"))
	for _, r := range out.Sources {
		for _, g := range r.Gaps {
			c.printf("  %s %s: %s\n", c.yellow("gap "+g.Code), g.At, g.Text)
		}
	}
	if n := len(out.Related.Islands); n > 0 {
		c.printf("%s: no identifier leads to %s\n", c.yellow("islands"), list(out.Related.Islands, 5))
	}
	c.printf("%s\n", c.dim("Next: vestige search is:pii · vestige find --email …"))
}

// list names some places and counts the rest.
func list(refs []pii.Ref, most int) string {
	out := ""
	for i, r := range refs {
		if i == most {
			return out + ", and " + count(int64(len(refs)-most), "more")
		}
		if i > 0 {
			out += ", "
		}
		out += r.String()
	}
	return out
}
