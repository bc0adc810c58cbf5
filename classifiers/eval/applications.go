package eval

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

// Application is the labelled schema of a real application: names and types, no values. docs/labelling.md has the rules.
type Application struct {
	Name     string
	Language string
	Tables   []Schema
}

// Schema is one table of an application.
type Schema struct {
	Dataset *pii.Dataset
	Labels  []Label
}

// Label is the categories that are right for a column, the first is preferred; "none" among them stands for every harmless class. Where none
// and a category are right, either answer is, and neither counts.
type Label []pii.Category

// Harmless tells whether no proposal of a category is right, too.
func (l Label) Harmless() bool { return slices.Contains(l, "none") }

// Personal tells whether only a category is right.
func (l Label) Personal() bool { return !l.Harmless() }

// Test tells whether the application belongs to the test split, which nothing is tuned on: by a hash of its name.
func (a *Application) Test() bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.Name))
	return h.Sum32()%5 < 2
}

// Applications reads labelled schemas: a file each, of lines "language, table, column, type, label".
func Applications(files fs.FS) ([]Application, error) {
	names, err := fs.Glob(files, "*.csv")
	if err != nil {
		return nil, err
	}
	var out []Application
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
			return nil, fmt.Errorf("%s: no labelled schema: %w", name, err)
		}
		a := Application{Name: strings.TrimSuffix(path.Base(name), ".csv"), Language: rows[1][0]}
		for _, r := range rows[1:] {
			if err := a.add(r); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

func (a *Application) add(r []string) error {
	i := slices.IndexFunc(a.Tables, func(s Schema) bool { return s.Dataset.Ref.Dataset == r[1] })
	if i < 0 {
		i = len(a.Tables)
		a.Tables = append(a.Tables, Schema{Dataset: &pii.Dataset{Ref: pii.Ref{Source: a.Name, Dataset: r[1]}}})
	}
	t := &a.Tables[i]
	t.Dataset.Fields = append(t.Dataset.Fields, pii.Field{Name: r[2], Column: r[2], Type: classifiers.TypeOf(r[3]), Native: r[3]})
	label, err := labelOf(r[4])
	if err != nil {
		return err
	}
	t.Labels = append(t.Labels, label)
	return nil
}

// Tally counts over columns. A personal column of the wrong type counts twice, as wrong and as missed.
type Tally struct {
	Name    string
	Columns int
	Right   int
	Wrong   int
	Missed  int
	Alarms  int // harmless columns that were proposed as personal
	bins    [10]bin
}

// F1 is the harmonic mean of precision and recall, by type.
func (s *Tally) F1() float64 { return ratio(2*s.Right, 2*s.Right+s.Wrong+s.Missed) }

// Precision is the share of proposals that are right.
func (s *Tally) Precision() float64 { return ratio(s.Right, s.Right+s.Wrong) }

// Recall is the share of personal columns found with their type.
func (s *Tally) Recall() float64 { return ratio(s.Right, s.Right+s.Missed) }

// PerMille is false alarms in a thousand columns.
func (s *Tally) PerMille() float64 { return 1000 * float64(s.Alarms) / max(1, float64(s.Columns)) }

// ECE is how far the stated confidence is from the share that is right, over all columns, harmless ones too.
func (s *Tally) ECE() (ece float64) {
	n := 0.0
	for _, b := range s.bins {
		n += b.n
		ece += math.Abs(b.sum - b.right)
	}
	return ece / max(n, 1)
}

// String gives the figures in one line.
func (s *Tally) String() string {
	return fmt.Sprintf("%-28s %5d columns  precision %.3f  recall %.3f  F1 %.3f  false alarms %5.1f in 1,000  ECE %.3f",
		s.Name, s.Columns, s.Precision(), s.Recall(), s.F1(), s.PerMille(), s.ECE())
}

// add counts one column.
func (s *Tally) add(want Label, got pii.Category, confidence float64) {
	s.Columns++
	hit := slices.Contains(want, got)
	switch {
	case hit && want.Personal():
		s.Right++
	case want.Personal():
		s.Missed++
		if got != "none" {
			s.Wrong++
		}
	case got != "none" && !hit:
		s.Wrong, s.Alarms = s.Wrong+1, s.Alarms+1
	}
	b := &s.bins[min(9, int(confidence*10))]
	b.n, b.sum = b.n+1, b.sum+confidence
	if hit {
		b.right++
	}
}

// Report is the scores of a set of applications.
type Report struct {
	All        Tally
	Languages  map[string]*Tally
	Categories map[pii.Category]*Tally
	Failures   []Failure
}

// Failure is one column that was not recognised, or was taken for something else.
type Failure struct {
	Application string
	Field       pii.Ref
	Type        string
	Want        Label
	Got         pii.Proposal
}

// Names scores names and types alone.
func Names(set *classifiers.Set, name string, apps []Application) *Report {
	r := newReport(name)
	for i := range apps {
		for _, t := range apps[i].Tables {
			for j, p := range set.Table(t.Dataset, nil) {
				r.add(&apps[i], &t.Dataset.Fields[j], t.Labels[j], p)
			}
		}
	}
	return r
}

func newReport(name string) *Report {
	return &Report{All: Tally{Name: name}, Languages: map[string]*Tally{}, Categories: map[pii.Category]*Tally{}}
}

func (r *Report) add(a *Application, f *pii.Field, want Label, p pii.Proposal) {
	got := p.Category
	if !got.Personal() || got == "text.personal" && !slices.Contains(want, got) {
		got = "none"
	}
	r.All.add(want, got, p.Confidence)
	group := "other languages"
	if a.Language == "en" {
		group = "English"
	}
	for _, l := range []string{group, a.Language} {
		score(r.Languages, l).add(want, got, p.Confidence)
	}
	if want.Personal() {
		score(r.Categories, want[0]).add(want, got, p.Confidence)
	}
	if got != "none" && !slices.Contains(want, got) {
		c := score(r.Categories, got)
		c.Wrong++
	}
	if !slices.Contains(want, got) {
		r.Failures = append(r.Failures, Failure{a.Name, p.Field, f.Native, want, p})
	}
}

func score[K ~string](m map[K]*Tally, k K) *Tally {
	if m[k] == nil {
		m[k] = &Tally{Name: string(k)}
	}
	return m[k]
}

// Sorted gives the scores, those with most to find first.
func Sorted[K cmp.Ordered](m map[K]*Tally) []*Tally {
	out := slices.Collect(maps.Values(m))
	slices.SortFunc(out, func(a, b *Tally) int {
		return cmp.Or(cmp.Compare(b.Right+b.Missed, a.Right+a.Missed), cmp.Compare(a.Name, b.Name))
	})
	return out
}
