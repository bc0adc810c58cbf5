// Command learn trains the weights of classifiers/learned.tsv on the labelled names of the development split, applications and public tables: a logistic regression over the
// traits of a proposal (its words, letters, type and table), which says whether the column is personal. Only traits that three applications
// have are kept. The same labels give the same file. The test split and the late applications are never read.
package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/eval"
)

const (
	rounds  = 16
	settled = 4 // rounds after which the weights are averaged
	step    = .15
	decay   = 3e-3
	leastOf = 3
	either  = .1 // what a column weighs for which either answer is right
	ofTable = .5 // what one of a public table weighs
)

func main() {
	if err := run("testdata/applications", "testdata/tables.csv", "../learned.tsv"); err != nil {
		fmt.Fprintln(os.Stderr, "learn:", err)
		os.Exit(1)
	}
}

// collections gives the names of the public tables of the development split, as applications: tables that were published together are one.
func collections(labels string) (out []eval.Application, err error) {
	f, err := os.Open(labels)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	tables, err := eval.RealTables(f, "")
	if err != nil {
		return nil, err
	}
	for i := range tables {
		if tables[i].Test() {
			continue
		}
		name, _, _ := strings.Cut(tables[i].Name, ".")
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, eval.Application{Name: name})
		}
		a := &out[len(out)-1]
		a.Tables = append(a.Tables, tables[i].Schema())
	}
	return out, nil
}

func run(labels, tables, out string) error {
	apps, err := eval.Applications(os.DirFS(labels))
	if err != nil {
		return err
	}
	set, err := classifiers.NewSet(all.All(), classifiers.Options{Unlearned: true})
	if err != nil {
		return err
	}
	more, err := collections(tables)
	if err != nil {
		return err
	}
	m := &model{index: map[string]int{}}
	for i := range apps {
		if !apps[i].Test() {
			m.gather(set, &apps[i], i, 1)
		}
	}
	for i := range more {
		m.gather(set, &more[i], len(apps)+i, ofTable)
	}
	m.prune()
	m.train()
	return os.WriteFile(out, []byte(m.text()), 0o644)
}

type sample struct {
	traits []trait
	y      float64
	weight float64
}

type trait struct {
	id    int
	value float64
}

type model struct {
	index   map[string]int
	names   []string
	apps    []map[int]bool
	samples []sample
	weights []float64
}

// gather takes the columns of an application, but for those where either answer is right and the proposal is neither.
func (m *model) gather(set *classifiers.Set, a *eval.Application, app int, weight float64) {
	for _, t := range a.Tables {
		ps := set.Table(t.Dataset, nil)
		personal := 0
		for _, p := range ps {
			if p.Category.Personal() {
				personal++
			}
		}
		for j := range ps {
			right := slices.Contains(t.Labels[j], ps[j].Category)
			if t.Labels[j].Harmless() && len(t.Labels[j]) > 1 && !right {
				continue
			}
			s := sample{weight: weight}
			if t.Labels[j].Harmless() && right && ps[j].Category.Personal() {
				s.weight *= either
			}
			if t.Labels[j].Personal() || right {
				s.y = 1
			}
			classifiers.Traits(t.Dataset, &t.Dataset.Fields[j], &ps[j], float64(personal)/float64(len(ps)), func(name string, value float64) {
				if weight == 1 || !strings.HasPrefix(name, "table ") { // files are called as they come
					s.traits = append(s.traits, trait{m.id(name, app), value})
				}
			})
			m.samples = append(m.samples, s)
		}
	}
}

func (m *model) id(name string, app int) int {
	i, ok := m.index[name]
	if !ok {
		i = len(m.names)
		m.index[name], m.names, m.apps = i, append(m.names, name), append(m.apps, map[int]bool{})
	}
	m.apps[i][app] = true
	return i
}

func (m *model) prune() {
	for i := range m.samples {
		m.samples[i].traits = slices.DeleteFunc(m.samples[i].traits, func(t trait) bool { return len(m.apps[t.id]) < leastOf })
	}
}

// train descends the gradient, with steps that shrink per weight (AdaGrad), and takes the mean over its last rounds.
func (m *model) train() {
	m.weights = make([]float64, len(m.names))
	squares := make([]float64, len(m.names))
	random := rand.New(rand.NewPCG(1, 2))
	mean := make([]float64, len(m.names))
	for round := range rounds {
		random.Shuffle(len(m.samples), func(i, j int) { m.samples[i], m.samples[j] = m.samples[j], m.samples[i] })
		for _, s := range m.samples {
			z := 0.0
			for _, t := range s.traits {
				z += m.weights[t.id] * t.value
			}
			d := s.weight * (1/(1+math.Exp(-z)) - s.y)
			for _, t := range s.traits {
				g := d*t.value + decay*m.weights[t.id]
				squares[t.id] += g * g
				m.weights[t.id] -= step * g / math.Sqrt(squares[t.id]+1e-6)
			}
		}
		for i := range mean {
			if round >= settled {
				mean[i] += m.weights[i] / (rounds - settled)
			}
		}
	}
	m.weights = mean
}

// text writes the weights that matter, by name.
func (m *model) text() string {
	var lines []string
	for i, w := range m.weights {
		if math.Abs(w) >= .02 && !strings.ContainsAny(m.names[i], "\t\n") {
			lines = append(lines, fmt.Sprintf("%s\t%.3g\n", m.names[i], w))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return strings.Join(lines, "")
}
