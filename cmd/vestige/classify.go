package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/classifiers/custom"
	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

type classifyCmd struct {
	File     []string `arg:"" optional:"" help:"Files; - for standard input, which is read as text; with --redact or --format also as records."`
	Fields   string   `placeholder:"FILE" help:"Read rows of dataset,field,type and sample values instead, and print a proposal for each as a line of JSON."`
	Values   string   `placeholder:"DIR" help:"With --fields: a folder with a CSV of values for each dataset."`
	Format   string   `enum:",csv,tsv,json,ndjson,xml,sql" default:"" placeholder:"FORMAT" help:"What the files are, where neither a name nor what they begin with tells: csv, tsv, json, ndjson, xml or sql."`
	Text     bool     `help:"Search the files as text, whatever they are."`
	Spans    bool     `help:"Print the lines that hold something, with what it is behind each stretch; texts and logs are printed so anyway."`
	Redact   bool     `help:"Print the text with its category in the place of everything personal; of a file with fields, of every value of a personal one too, and [not read] for what nobody can read. What else is to be said goes to standard error."`
	Count    bool     `help:"Print how often each category stands in the text."`
	Examples bool     `negatable:"" default:"true" help:"Count reserved domains, fictional telephones and test cards as real; --no-examples leaves them out."`
	With     []string `placeholder:"FILE" help:"Files of classifiers of one's own, besides the built-in ones."`
	Min      float64  `default:"0.5" help:"The least confidence."`
}

// Help teaches the command.
func (classifyCmd) Help() string {
	return `Reads CSV, NDJSON, JSON, XML, dumps, Parquet and Avro, packed or not, and says of every field what it holds, with the evidence; no value is
printed. Of texts and logs it prints the lines that hold something, as grep does, with what it is behind each stretch. The exit code is 1 where
something personal was found, 3 where a part could not be read, for which a
redacted file has [not read]. With --json a text gives its spans, in bytes from the beginning of the unpacked text.
With --fields the categories are those of docs/categories.md, and the exit code is 0.

Example:
  vestige classify export.csv.gz
  git diff | vestige classify -
  vestige classify --redact support.log > clean.log
  pg_dump shop | vestige classify --redact --format sql - > clean.sql
  vestige classify --fields columns.csv --values tables/`
}

// classified is what a file holds.
type classified struct {
	File    string            `json:"file"`
	Format  string            `json:"format"`
	Records int64             `json:"records"`
	Fields  []classifiedField `json:"fields"`
	Spans   []span            `json:"spans,omitempty"`
	Gaps    []pii.Gap         `json:"gaps"`
}

// classifiedField is what a field of a file, or a text, holds.
type classifiedField struct {
	Field      string          `json:"field"`
	Category   pii.Category    `json:"category"`
	Confidence float64         `json:"confidence"`
	Values     int64           `json:"values"`
	Contains   []pii.Contained `json:"contains,omitempty"`
	Evidence   []pii.Nat       `json:"evidence"`
}

// Run carries the command out.
func (x classifyCmd) Run(c *call) error {
	for i, f := range x.With {
		x.With[i] = c.path(f)
	}
	own, err := custom.Load(x.With...)
	if err != nil {
		return err
	}
	set, err := classifiers.NewSet(append(kinds.All(), own...), classifiers.Options{Examples: x.Examples})
	if err != nil {
		return err
	}
	if x.Fields != "" {
		return x.fields(c, set)
	}
	if len(x.File) == 0 {
		return &ended{exitUsage, "name a file, or - for standard input, or --fields with a list"}
	}
	pool := decode.NewPool(decode.Config{})
	defer func() { _ = pool.Close() }()
	out := []classified{}
	found, gaps := false, false
	for _, f := range x.File {
		r, err := x.one(c, set, pool, f)
		if err != nil {
			return err
		}
		found, gaps = found || len(r.Fields) > 0, gaps || len(r.Gaps) > 0
		out = append(out, r)
	}
	if err := c.print(out, func() {
		for _, r := range out {
			if r.Format != "text" || !x.printsText() || len(r.Gaps) > 0 || len(r.Fields) == 0 && !x.Redact {
				x.report(c).showClassified(r) // the others are printed already
			}
		}
	}); err != nil {
		return err
	}
	switch {
	case gaps:
		return &ended{code: exitIncomplete}
	case found:
		return findings()
	}
	return nil
}

func (x classifyCmd) one(c *call, set *classifiers.Set, pool *decode.Pool, file string) (out classified, err error) {
	out = classified{File: file, Fields: []classifiedField{}, Gaps: []pii.Gap{}}
	var f io.ReadSeeker
	if file == "-" {
		in := bufio.NewReaderSize(c.in, headSize)
		if x.Format == "" && (!x.redacts(c) || isText(c, pool, in)) {
			return out, x.text(c, set, in, &out)
		}
		if f, err = held(in); err != nil {
			return out, err
		}
	} else {
		opened, err := openFile(c.path(file), file)
		if err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, opened.Close()) }()
		f = opened
	}
	return out, x.read(c, set, pool, f, file, &out)
}

// read reads a file as what it is.
func (x classifyCmd) read(c *call, set *classifiers.Set, pool *decode.Pool, f io.ReadSeeker, file string, out *classified) error {
	if x.redacts(c) {
		if done, err := x.redactFields(c, set, pool, f, file, out); done || err != nil {
			return err
		}
	}
	if x.asText() {
		return x.packed(c, set, pool, f, out)
	}
	g := &gathered{set: set, file: file, by: map[string]*classifiers.Gather{}, paths: map[string]bool{}}
	sum, err := pool.Decode(c.ctx, x.options(file), f, g.item)
	switch {
	case errors.Is(err, errIsText):
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return errkind.Wrap(errkind.Transient, err, "read %s", file)
		}
		return x.packed(c, set, pool, f, out)
	case err != nil:
		return errkind.Wrap(errkind.Transient, err, "read %s", file)
	}
	out.Format, out.Records = sum.Info.Format, sum.Records
	out.Gaps = append(append(out.Gaps, g.gaps...), cutShort(file, sum)...)
	out.Fields = append(out.Fields, unnamed(g.fields(x.Min), g.keyed(x.Min))...)
	return nil
}

// options say how a file is to be read, by its name.
func (x classifyCmd) options(file string) decode.Options {
	if x.Format != "" {
		return decode.Options{Ext: "." + x.Format}
	}
	return decode.Options{Ext: filepath.Ext(strings.TrimSuffix(file, ".gz"))}
}

// openFile opens a file, with the name that the caller gave it in the errors.
func openFile(path, name string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errkind.New(errkind.NotFound, "no file %s", name)
	}
	if err != nil {
		return nil, errkind.New(errkind.Permission, "%s cannot be read", name)
	}
	if at, err := f.Stat(); err == nil && at.IsDir() {
		_ = f.Close()
		return nil, errkind.New(errkind.Invalid, "%s is a folder: name files, or make a source of it (vestige init)", name)
	}
	return f, nil
}

// cutShort is the gap of a file whose rest cannot be read.
func cutShort(file string, sum decode.Summary) []pii.Gap {
	if sum.Gap == "" {
		return nil
	}
	return []pii.Gap{{Code: sum.Gap, At: pii.Ref{Source: "file", Dataset: file}, Text: "the rest of the file cannot be read", Records: -1}}
}

// errIsText stops the reading of fields: what has none is read as text.
var errIsText = errors.New("it is a text")

// gathered is the counts of a file's fields, in the order in which they came.
type gathered struct {
	set   *classifiers.Set
	file  string
	names []string
	by    map[string]*classifiers.Gather
	paths map[string]bool // of values, what is alike in them once
	gaps  []pii.Gap
	dump  bool // fields are named by their table, a point and their column
}

func (g *gathered) item(it *decode.Item) error {
	switch it.Kind {
	case decode.Start:
		if it.Info.Format == decode.Log {
			return errIsText
		}
		g.dump = it.Info.Format == decode.SQL
	case decode.Gap:
		if n := len(g.gaps); n > 0 && g.gaps[n-1].Code == it.Code {
			g.gaps[n-1].Records++
			return nil
		}
		g.gaps = append(g.gaps, pii.Gap{Code: it.Code, At: pii.Ref{Source: "file", Dataset: g.file}, Text: "a record cannot be read", Records: 1})
	case decode.Record:
		for _, v := range it.Values {
			switch {
			case v.Name == decode.More:
				g.paths[doc.Generic(v.Path)] = true
			case g.by[v.Name] == nil:
				g.paths[v.Name] = true
			}
			g.of(v.Name).Value(valueOf(v))
		}
	}
	return nil
}

func valueOf(v decode.Value) []byte {
	if v.Null {
		return nil
	}
	if v.Bytes == nil {
		return []byte{}
	}
	return v.Bytes
}

func (g *gathered) of(name string) *classifiers.Gather {
	if g.by[name] == nil {
		g.names = append(g.names, name)
		dataset, field := g.placeOf(name)
		g.by[name] = g.set.NewGather(classifiers.Context{Ref: pii.Ref{Source: "file", Dataset: dataset, Field: field}, Field: pii.Field{Name: field, Column: field, Type: pii.Text}})
	}
	return g.by[name]
}

// placeOf gives the dataset of a field, which of a dump is its table, and the field's name in it.
func (g *gathered) placeOf(name string) (dataset, field string) {
	if i := strings.LastIndexByte(name, '.'); g.dump && i > 0 {
		return name[:i], name[i+1:]
	}
	return g.file, name
}

func (g *gathered) fields(least float64) (out []classifiedField) {
	for left := g.names; len(left) > 0; {
		dataset, _ := g.placeOf(left[0])
		n := 1
		for n < len(left) {
			if d, _ := g.placeOf(left[n]); d != dataset {
				break
			}
			n++
		}
		out, left = append(out, g.fieldsOf(dataset, left[:n], least)...), left[n:]
	}
	return out
}

// fieldsOf weighs the fields of one dataset beside each other.
func (g *gathered) fieldsOf(dataset string, names []string, least float64) (out []classifiedField) {
	d := &pii.Dataset{Ref: pii.Ref{Source: "file", Dataset: dataset}, Kind: pii.Objects}
	var ps []pii.Proposal
	var ss []*classifiers.Stats
	for _, n := range names {
		s := g.by[n].Stats()
		ps, ss = append(ps, g.set.Weigh(s)), append(ss, s)
	}
	for i, p := range g.set.Again(ps, ss, d) {
		if p.Confidence >= least && p.Category.Personal() || len(p.Contains) > 0 {
			out = append(out, classifiedField{names[i], p.Category, p.Confidence, ss[i].Values, p.Contains, p.Nats})
		}
	}
	return out
}

func (c *call) showClassified(r classified) {
	c.printf("%s  %s, %s\n", c.bold(r.File), r.Format, count(r.Records, "record"))
	var rows [][]string
	for _, f := range r.Fields {
		what := string(f.Category)
		for _, k := range f.Contains {
			what += " +" + string(k.Category)
		}
		why := ""
		for i, e := range f.Evidence {
			if i < 2 {
				why = strings.TrimPrefix(why+"; "+e.Text, "; ")
			}
		}
		rows = append(rows, []string{f.Field, what, percent(f.Confidence), grouped(f.Values), c.dim(why)})
	}
	c.table([]string{"field", "holds", "sure", "values", "evidence"}, rows)
	if len(rows) == 0 && len(r.Gaps) == 0 {
		c.printf("  nothing personal\n")
	}
	for _, g := range r.Gaps {
		c.printf("  %s %s (%s)\n", c.yellow("gap "+g.Code), g.Text, count(g.Records, "record"))
	}
}
