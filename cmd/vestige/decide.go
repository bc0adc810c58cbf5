package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/policies"
)

type decideCmd struct {
	Field    string `arg:"" optional:"" help:"source/dataset#field, or the id of a reference or of an answer that was remembered."`
	Verdict  string `arg:"" optional:"" help:"accept, reject, change or defer."`
	Category string `placeholder:"CATEGORY" help:"What it holds, where that is changed or accepted as another."`
	Kind     string `placeholder:"KIND" help:"Of a reference: owns, mentions, shared, derives."`
	Reason   string `help:"Why; a rejection needs one."`
	File     string `placeholder:"FILE" help:"Decisions as CSV (field,verdict,category,reason) or YAML."`
	DryRun   bool   `help:"Say what would be decided."`
}

// Help teaches the command.
func (decideCmd) Help() string {
	return `Writes what a person says of a field or a reference. No scan overwrites it. A file is written whole or not at all; its errors name
the row.

Example:
  vestige decide 'shop/users#mail' accept
  vestige decide 'shop/users#code' reject --reason "codes of products"
  vestige decide --file decisions.csv --dry-run`
}

// decided is what was decided, or would be.
type decided struct {
	DryRun    bool           `json:"dryRun"`
	Decisions []pii.Decision `json:"decisions"`
}

// Run carries the command out.
func (x decideCmd) Run(c *call) error {
	a, done, err := c.open("decide")
	if err != nil {
		return err
	}
	defer done()
	ds, err := x.decisions(c)
	if err == nil {
		err = checkDecisions(c, a, ds)
	}
	if err != nil {
		return err
	}
	out := decided{x.DryRun, ds}
	if !x.DryRun {
		if err := writeDecisions(c, a, ds); err != nil {
			return err
		}
		if _, err := a.Scanner.Relate(c.ctx); err != nil {
			return err
		}
	}
	return c.print(out, func() {
		for _, d := range ds {
			c.printf("%-8s %s %s\n", d.Verdict, orElse(d.Field.String(), d.Edge+d.Question), d.Category)
		}
		if x.DryRun {
			c.printf("%s\n", c.dim("Nothing was written: --dry-run."))
		}
	})
}

func (x decideCmd) decisions(c *call) ([]pii.Decision, error) {
	if x.File == "" {
		row := decisionRow{Field: x.Field, Verdict: x.Verdict, Category: x.Category, Kind: x.Kind, Reason: x.Reason}
		d, err := row.decision(c.by())
		return []pii.Decision{d}, err
	}
	text, err := c.read(x.File)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(x.File, text)
	if err != nil {
		return nil, err
	}
	var out []pii.Decision
	var all error
	for _, r := range rows {
		d, err := r.decision(c.by())
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s:%d: %w", x.File, r.line, err))
		}
		out = append(out, d)
	}
	return out, errkind.Wrap(errkind.Invalid, all, "nothing was decided")
}

// decisionRow is one decision of a file.
type decisionRow struct {
	Field    string `yaml:"field"`
	Verdict  string `yaml:"verdict"`
	Category string `yaml:"category"`
	Kind     string `yaml:"kind"`
	Reason   string `yaml:"reason"`
	line     int
}

func readRows(file string, text []byte) ([]decisionRow, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		var rows []decisionRow
		err := policies.Decode(file, text, &rows)
		for i := range rows {
			rows[i].line = i + 1
		}
		return rows, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	head, err := r.Read()
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "%s: no header: write field,verdict,category,reason", file)
	}
	known := []string{"field", "verdict", "category", "kind", "reason"}
	for _, h := range head {
		if !slices.Contains(known, h) {
			return nil, errkind.New(errkind.Invalid, "%s:1: no column is named %q; there are %s", file, h, strings.Join(known, ", "))
		}
	}
	var rows []decisionRow
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, errkind.New(errkind.Invalid, "%s: %v", file, err)
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, rowOf(head, rec, line))
	}
}

func rowOf(head, rec []string, line int) decisionRow {
	row := decisionRow{line: line}
	for i, h := range head {
		*map[string]*string{"field": &row.Field, "verdict": &row.Verdict, "category": &row.Category, "kind": &row.Kind, "reason": &row.Reason}[h] = strings.TrimSpace(rec[i])
	}
	return row
}

func (r decisionRow) decision(by string) (pii.Decision, error) {
	d := pii.Decision{Verdict: pii.Verdict(r.Verdict), Kind: r.Kind, Reason: r.Reason, By: by}
	if r.Field == "" {
		return d, errkind.New(errkind.Invalid, "name a field: source/dataset#field")
	}
	switch d.Verdict {
	case pii.Accept, pii.Changed, pii.Defer:
	case pii.Reject:
		if r.Reason == "" {
			return d, errkind.New(errkind.Invalid, "a rejection needs a reason")
		}
	default:
		return d, errkind.New(errkind.Invalid, "no verdict is named %q: accept, reject, change, defer", r.Verdict)
	}
	if r.Category != "" {
		if _, ok := pii.Category(r.Category).Info(); !ok {
			return d, errkind.New(errkind.Invalid, "no category is named %q", r.Category)
		}
		d.Category = pii.Category(r.Category)
	}
	if d.Verdict == pii.Changed && d.Category == "" && d.Kind == "" {
		return d, errkind.New(errkind.Invalid, "a change needs a category")
	}
	switch ref, err := pii.ParseRef(r.Field); {
	case err == nil && ref.Field != "":
		d.Field = ref
	case lineage.IsDoubt(r.Field):
		d.Question = r.Field
	default:
		d.Edge = r.Field
	}
	return d, nil
}

// checkDecisions finds what is decided about, so that a file is refused before anything of it is written.
func checkDecisions(c *call, a *app.App, ds []pii.Decision) error {
	var all error
	for i, d := range ds {
		if d.Question != "" {
			if ds, err := a.Catalog.Decisions(c.ctx, catalog.Query{Target: "question:" + d.Question}); err != nil || len(ds) == 0 {
				all = errors.Join(all, err, errkind.New(errkind.NotFound, "decision %d: no answer was remembered as %s", i+1, d.Question))
			}
		}
		if d.Field.Field == "" {
			continue
		}
		if _, err := a.Catalog.Field(c.ctx, d.Field); err != nil {
			all = errors.Join(all, fmt.Errorf("decision %d: %w", i+1, err))
		}
	}
	return errkind.Wrap(errkind.NotFound, all, "nothing was decided")
}

func writeDecisions(c *call, a *app.App, ds []pii.Decision) error {
	err := a.DB.Write(c.ctx, func(tx db.Tx) error {
		for _, d := range ds {
			if err := writeDecision(c, a, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.Catalog.CatchUp(c.ctx, likeFields)
}

// writeDecision writes one, with its entry of the log.
func writeDecision(c *call, a *app.App, tx db.Tx, d pii.Decision) error {
	if err := a.Catalog.Decide(c.ctx, tx, d); err != nil {
		return err
	}
	target, err := catalog.Target(d)
	if err != nil {
		return err
	}
	facts := audit.Facts(map[string]any{"verdict": d.Verdict, "category": d.Category, "kind": d.Kind})
	return a.Audit.Append(c.ctx, tx, audit.Entry{Actor: d.By, Action: "catalog.decide", Object: target, Facts: facts})
}

// likeFields is how many datasets with fields like those decided are judged anew before a command ends; the next one goes on with the rest.
const likeFields = 4096
