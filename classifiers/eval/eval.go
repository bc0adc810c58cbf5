// Package eval measures the classifiers over labelled columns: precision, recall and F1 by type, and whether a confidence means what it says.
// A file of columns is a CSV table whose second line is the category of each column. `make eval` prints the figures; the test fails when one falls
// below those recorded in testdata/recorded.txt.
package eval

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

//go:generate go run ./gen
//go:generate go run ../../internal/build/learn

// Table is labelled columns of one dataset.
type Table struct {
	Name   string
	Names  []string
	Labels []pii.Category
	Rows   [][]string
}

// Mode is what the classifiers are shown.
type Mode struct {
	Name   string
	Rows   int  // values per column at most
	Hidden bool // fields and tables are called c1, c2 …
}

// Modes are the ways in which columns are shown.
var Modes = []Mode{{"names and values", 1 << 20, false}, {"names and three values", 3, false}, {"names alone", 0, false}, {"values alone", 1 << 20, true}}

// Result is the score of one mode.
type Result struct {
	Mode       string
	Right      int // personal columns with the right category
	Wrong      int // columns proposed as personal that are not, or are of another category
	Missed     int // personal columns without the right category
	Negatives  int // columns of competing classes
	FalseAlarm int // of them, proposed as personal
	ECE        float64
	Errors     []string
	bins       [10]bin
}

type bin struct{ n, sum, right float64 }

// Precision, Recall and F1 are of types: a column of the wrong type counts twice, as wrong and as missed.
func (r *Result) Precision() float64 { return ratio(r.Right, r.Right+r.Wrong) }

// Recall is the share of personal columns that were found with their type.
func (r *Result) Recall() float64 { return ratio(r.Right, r.Right+r.Missed) }

// F1 is the harmonic mean of both.
func (r *Result) F1() float64 { return ratio(2*r.Right, 2*r.Right+r.Wrong+r.Missed) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// String gives the figures in one line.
func (r *Result) String() string {
	return fmt.Sprintf("%-24s precision %.3f  recall %.3f  F1 %.3f  false alarms %d of %d  ECE %.3f", r.Mode, r.Precision(), r.Recall(), r.F1(), r.FalseAlarm, r.Negatives, r.ECE)
}

// Read reads the tables of a folder.
func Read(files fs.FS) ([]Table, error) {
	names, err := fs.Glob(files, "*.csv")
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, name := range names {
		f, err := files.Open(name)
		if err != nil {
			return nil, err
		}
		rows, err := csv.NewReader(f).ReadAll()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil || len(rows) < 2 {
			return nil, fmt.Errorf("%s: not a labelled table: %w", name, err)
		}
		t := Table{Name: strings.TrimSuffix(path.Base(name), ".csv"), Names: rows[0], Rows: rows[2:]}
		for _, l := range rows[1] {
			if _, ok := pii.Category(l).Info(); !ok {
				return nil, fmt.Errorf("%s: a label is in no taxonomy", name)
			}
			t.Labels = append(t.Labels, pii.Category(l))
		}
		out = append(out, t)
	}
	return out, nil
}

// Score weighs all columns in one mode, both passes.
func Score(set *classifiers.Set, tables []Table, m Mode) *Result {
	r := &Result{Mode: m.Name}
	for _, t := range tables {
		for i, p := range Propose(set, t, m) {
			r.count(t, i, p, m)
		}
	}
	total := 0.0
	for _, b := range r.bins {
		total += b.n
	}
	for _, b := range r.bins {
		r.ECE += math.Abs(b.sum-b.right) / max(total, 1)
	}
	return r
}

// Propose weighs the columns of one table.
func Propose(set *classifiers.Set, t Table, m Mode) []pii.Proposal {
	d := &pii.Dataset{Ref: pii.Ref{Source: "eval", Dataset: t.Name}}
	if m.Hidden {
		d.Ref.Dataset = "t1"
	}
	for i, n := range t.Names {
		if m.Hidden {
			n = fmt.Sprintf("c%d", i+1)
		}
		d.Fields = append(d.Fields, pii.Field{Name: n, Column: n, Type: pii.Text})
	}
	var stats []*classifiers.Stats
	var first []pii.Proposal
	for i, f := range d.Fields {
		g := set.NewGather(classifiers.Context{Ref: d.Ref.In(f.Name), Field: f, Dataset: d})
		for _, row := range t.Rows[:min(len(t.Rows), m.Rows)] {
			g.Value([]byte(row[i]))
		}
		stats = append(stats, g.Stats())
		first = append(first, set.Weigh(stats[i]))
	}
	return set.Again(first, stats, d)
}

// nameless are categories that nothing in a value tells: they are not asked for where names are hidden.
var nameless = []pii.Category{
	"identity.number", "identity.customer_number", "identity.username", "employment.salary", "government_id.passport", "online.cookie_id", "online.device_id",
	"contact.country", "contact.postcode", "demographic.nationality", "demographic.gender", "finance.bank_account", "online.credential", "online.url",
	"demographic.age", "health.measurement", "education.grade", "finance.card_part",
}

func (r *Result) count(t Table, i int, p pii.Proposal, m Mode) {
	want, got := t.Labels[i], p.Category
	if !got.Personal() || p.Confidence < .5 || got == "text.personal" {
		got = "none"
	}
	if m.Hidden && slices.Contains(nameless, want) && got != want {
		return
	}
	if !want.Personal() {
		r.Negatives++
	}
	switch {
	case want.Personal() && got == want:
		r.Right++
	case want.Personal():
		r.Missed++
		if got != "none" {
			r.Wrong++
		}
	case got != "none":
		r.FalseAlarm++
		r.Wrong++
	}
	right := 0.0
	if p.Category == want || (!want.Personal() && !p.Category.Personal()) || (!want.Personal() && p.Category == "text.personal") {
		right = 1
	} else {
		r.Errors = append(r.Errors, fmt.Sprintf("%s.%s is %s, proposed %s at %.2f: %v", t.Name, t.Names[i], want, p.Category, p.Confidence, p.Nats))
	}
	if p.Category.Personal() {
		b := &r.bins[min(9, int(p.Confidence*10))]
		b.n, b.sum, b.right = b.n+1, b.sum+p.Confidence, b.right+right
	}
}
