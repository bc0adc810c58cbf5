package main

import (
	"cmp"
	"slices"

	"vestige/catalog"
	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/internal/ddl"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
	"vestige/scanner"
)

type checkCmd struct {
	Schema   string `placeholder:"FILE.sql" help:"A schema; fields are judged by their names."`
	Source   string `placeholder:"NAME" help:"A configured source; it is scanned, and what was decided counts."`
	Baseline string `default:"vestige.lock" placeholder:"FILE" help:"The committed decisions."`
	Update   bool   `help:"Write the baseline as things are now."`
	Format   string `enum:"text,sarif,junit" default:"text" help:"text, sarif, junit."`
	Out      string `placeholder:"FILE" help:"Write the report to a file."`
}

// Help teaches the command.
func (checkCmd) Help() string {
	return `Compares a schema, or a source, with the decisions committed beside the code: a field that seems personal and that nobody has decided is a
finding, and so is one that changed what it seems to hold. The exit code is 1 with findings; for CI of schema changes.

A schema is a dump or a migration as PostgreSQL, MySQL and MariaDB, SQLite, SQL Server or Oracle write it; a statement about a table that is not
understood is told with its line, and the exit code is then 3.

Example:
  vestige check --schema schema.sql --update && git add vestige.lock
  vestige check --schema schema.sql --format sarif --out vestige.sarif`
}

// checkFinding is one field that is not mapped as it should be.
type checkFinding struct {
	Code       string       `json:"code"` // unmapped, changed
	Field      string       `json:"field"`
	Category   pii.Category `json:"category"`
	Was        string       `json:"was,omitempty"`
	Confidence float64      `json:"confidence"`
	File       string       `json:"file,omitempty"`
	Line       int          `json:"line,omitempty"`
}

// checked is the result of a check.
type checked struct {
	Baseline string         `json:"baseline"`
	Fields   int            `json:"fields"`
	Updated  bool           `json:"updated"`
	Findings []checkFinding `json:"findings"`
	Gone     []string       `json:"gone"` // in the baseline and no longer there
	Gaps     []pii.Gap      `json:"gaps"`
}

// seenField is a field as it is now.
type seenField struct {
	name       string
	category   pii.Category // "" for nothing personal
	confidence float64
	decided    bool
	line       int
}

// Run carries the command out.
func (x checkCmd) Run(c *call) error {
	if (x.Schema == "") == (x.Source == "") {
		return errkind.New(errkind.Invalid, "name one of --schema FILE.sql and --source NAME")
	}
	look := x.schema
	if x.Source != "" {
		look = x.source
	}
	fields, gaps, err := look(c)
	if err != nil {
		return err
	}
	was, err := readLock(c.path(x.Baseline))
	if err != nil {
		return err
	}
	out := checked{Baseline: x.Baseline, Fields: len(fields), Gaps: append([]pii.Gap{}, gaps...), Findings: []checkFinding{}, Gone: []string{}}
	if x.Update {
		out.Updated = true
		if err := writeLock(c.path(x.Baseline), x.prefix(), was, fields); err != nil {
			return err
		}
	} else {
		x.compare(&out, was, fields)
	}
	if err := x.show(c, &out); err != nil {
		return err
	}
	switch {
	case len(out.Findings) > 0:
		return findings()
	case len(out.Gaps) > 0:
		return &ended{code: exitIncomplete}
	}
	return nil
}

// prefix is what the names of this check begin with in the baseline.
func (x checkCmd) prefix() string {
	if x.Source != "" {
		return x.Source + "/"
	}
	return "schema/"
}

// compare finds the fields that the baseline does not know as they are.
func (x checkCmd) compare(out *checked, was map[string]string, fields []seenField) {
	there := map[string]bool{}
	for _, f := range fields {
		there[f.name] = true
		old, known := was[f.name]
		if f.category == "" || f.decided || (known && old == string(f.category)) {
			continue
		}
		finding := checkFinding{Code: "unmapped", Field: f.name, Category: f.category, Confidence: f.confidence, File: x.Schema, Line: f.line}
		if known {
			finding.Code, finding.Was = "changed", old
		}
		out.Findings = append(out.Findings, finding)
	}
	for name := range was {
		if !there[name] && len(name) > len(x.prefix()) && name[:len(x.prefix())] == x.prefix() {
			out.Gone = append(out.Gone, name)
		}
	}
	slices.Sort(out.Gone)
}

// source scans a configured source and gives what the catalog knows of it.
func (x checkCmd) source(c *call) ([]seenField, []pii.Gap, error) {
	a, done, err := c.open("check")
	if err != nil {
		return nil, nil, err
	}
	defer done()
	s, err := a.Source(x.Source)
	if err != nil {
		return nil, nil, err
	}
	r, err := a.ScanOne(c.ctx, c.by(), s, scanner.Options{}, func(e scanner.Event) { c.scanProgress(x.Source, e) })
	if err != nil {
		return nil, nil, err
	}
	if _, err := a.Scanner.Relate(c.ctx); err != nil {
		return nil, nil, err
	}
	es, err := a.Catalog.Proposals(c.ctx, catalog.Filter{Source: x.Source})
	return seenOf(es), r.Gaps, err
}

func seenOf(es []catalog.Entry) (out []seenField) {
	for _, e := range es {
		if e.State == catalog.Gone {
			continue
		}
		f := seenField{name: e.Ref.String(), confidence: e.Confidence, decided: e.State == catalog.Accepted || e.State == catalog.Rejected}
		if e.Category.Personal() && (e.State == catalog.Accepted || e.State == catalog.Proposed || e.State == catalog.Deferred) {
			f.category = e.Category
		}
		out = append(out, f)
	}
	return out
}

// schema has the fields of the tables that a text of statements makes judged by their names; a statement that is not understood is a gap.
func (x checkCmd) schema(c *call) (fields []seenField, gaps []pii.Gap, err error) {
	text, err := c.read(x.Schema)
	if err != nil {
		return nil, nil, err
	}
	set, err := classifiers.NewSet(kinds.All(), classifiers.Options{})
	if err != nil {
		return nil, nil, err
	}
	policy, err := c.policy()
	if err != nil {
		return nil, nil, err
	}
	made := ddl.Read("schema", string(text))
	for _, line := range made.Unread {
		gaps = append(gaps, pii.Gap{Code: "unsupported-statement", At: pii.Ref{Source: "schema", Dataset: x.Schema}, Text: "line " + grouped(int64(line)) + ": the statement is not understood", Records: -1})
	}
	if len(made.Tables) == 0 && len(gaps) == 0 {
		return nil, nil, errkind.New(errkind.Invalid, "%s creates no table", x.Schema)
	}
	for _, t := range made.Tables {
		fields = append(fields, byName(set, policy.Cost, t)...)
	}
	slices.SortFunc(fields, func(a, b seenField) int { return cmp.Compare(a.name, b.name) })
	return fields, gaps, nil
}

// byName judges the fields of a table without looking at a value.
func byName(set *classifiers.Set, cost policies.Cost, t *ddl.Table) (out []seenField) {
	var ps []pii.Proposal
	var ss []*classifiers.Stats
	for i := range t.Fields {
		t.Fields[i].Type = classifiers.TypeOf(t.Fields[i].Native)
	}
	for _, f := range t.Fields {
		st := set.NewGather(classifiers.Context{Ref: t.Ref.In(f.Name), Field: f, Dataset: &t.Dataset}).Stats()
		ps, ss = append(ps, set.Weigh(st)), append(ss, st)
	}
	for i, p := range set.Again(ps, ss, &t.Dataset) {
		f := seenField{name: t.Ref.In(t.Fields[i].Name).String(), confidence: p.Confidence, line: t.Lines[i]}
		if kind, ok := cost.Proposes(p); ok {
			f.category = kind
		}
		out = append(out, f)
	}
	return out
}
