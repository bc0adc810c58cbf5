// Package custom reads classifiers that users define in YAML: a pattern or a file of words, what must stand beside it, a check digit, names of fields, and
// examples and counterexamples, which are run when the file is read. A definition that cannot mean what it says is refused with the reason: a pattern that
// matches nothing, everything or the empty text, one whose cost could grow faster than its text, an example that is not found.
package custom

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/internal/errkind"
	"vestige/pii"

	"github.com/goccy/go-yaml"
)

// Definition is one classifier as it is written.
type Definition struct {
	Name            string   `yaml:"name"`            // of lower-case letters, digits and _
	Doc             string   `yaml:"doc"`             // what it finds, and what it misses
	Category        string   `yaml:"category"`        // of the taxonomy (docs/categories.md)
	Version         int      `yaml:"version"`         // raised when it changes; 1 where it is not said
	Pattern         string   `yaml:"pattern"`         // of a whole candidate, in RE2's syntax
	Words           []string `yaml:"words"`           // one of them stands before a candidate in a text, at most 48 bytes away on its line
	Beside          string   `yaml:"beside"`          // "must" (the default where there are words) or "may"
	Check           string   `yaml:"check"`           // of the letters and digits of a candidate
	Dictionary      string   `yaml:"dictionary"`      // a file with a value on each line, relative to this one
	Names           []string `yaml:"names"`           // of fields, as whole tokens; "?" behind marks a weak one
	Chance          float64  `yaml:"chance"`          // how often another value of its form passes; estimated where it is not said
	ColumnsOnly     bool     `yaml:"columns-only"`    // it is not looked for inside texts
	Examples        []string `yaml:"examples"`        // values, or texts with the value between brackets
	Counterexamples []string `yaml:"counterexamples"` // values and texts in which nothing is found
}

// Values gives the examples without the text around them.
func (d *Definition) Values() (out []string) {
	for _, e := range d.Examples {
		if from, to := strings.IndexByte(e, '['), strings.LastIndexByte(e, ']'); from >= 0 && to > from {
			e = e[from+1 : to]
		}
		out = append(out, e)
	}
	return out
}

// File is what a file of definitions holds.
type File struct {
	Classifiers []Definition `yaml:"classifiers"`
}

// Load reads the files, and gives their classifiers in order.
func Load(files ...string) ([]classifiers.Classifier, error) {
	var out []classifiers.Classifier
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, errkind.New(errkind.NotFound, "classifiers: %s cannot be read", file)
		}
		cs, err := Parse(file, text)
		if err != nil {
			return nil, err
		}
		out = append(out, cs...)
	}
	return out, nil
}

// Parse reads the text of a file; its name is what errors call it, and where the paths of dictionaries start from.
func Parse(file string, text []byte) ([]classifiers.Classifier, error) {
	f, err := Read(file, text)
	if err != nil {
		return nil, err
	}
	var out []classifiers.Classifier
	for i := range f.Classifiers {
		c, err := f.Classifiers[i].Build(filepath.Dir(file))
		if err != nil {
			return nil, errkind.Coded(errkind.Invalid, "classifiers", "%s: classifier %q: %v", file, f.Classifiers[i].Name, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Read reads the definitions of a file without building them.
func Read(file string, text []byte) (f File, err error) {
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&f); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return f, errkind.Coded(errkind.Invalid, "classifiers", "%s:%d:%d: %s", file, p.Line, p.Column, at.GetMessage())
		}
		return f, errkind.Coded(errkind.Invalid, "classifiers", "%s: it is no list of classifiers", file)
	}
	if len(f.Classifiers) == 0 {
		return f, errkind.Coded(errkind.Invalid, "classifiers", "%s: it defines no classifier", file)
	}
	return f, nil
}

// Build makes the classifier, and runs its examples; base is the folder that its dictionary is relative to.
func (d *Definition) Build(base string) (classifiers.Classifier, error) {
	m, err := d.matcher(base)
	if err != nil {
		return classifiers.Classifier{}, err
	}
	c := classifiers.Classifier{
		Name: d.Name, Doc: d.Doc, Category: pii.Category(d.Category), Version: max(1, d.Version), Names: d.Names, Chance: d.chance(m), Prior: -6,
	}
	if c.Doc == "" {
		c.Doc = "A kind that this installation defines."
	}
	if m != nil {
		c.Whole, c.At, c.MaxLen, c.Triggers, c.Sparse = m.whole, m.at, most, m.triggers(), !d.ColumnsOnly
	}
	set, err := classifiers.NewSet([]classifiers.Classifier{c}, classifiers.Options{Examples: true})
	if err != nil {
		return c, plainly(err)
	}
	return c, d.run(set, m)
}

// plainly drops the name that the caller names already.
func plainly(err error) error {
	_, what, ok := strings.Cut(err.Error(), `": `)
	if !ok {
		return err
	}
	return errors.New(what)
}

func (d *Definition) matcher(base string) (*matcher, error) {
	m := &matcher{check: checks[d.Check], must: len(d.Words) > 0 && d.Beside != "may"}
	switch {
	case d.Pattern != "" && d.Dictionary != "":
		return nil, errors.New("it has a pattern and a dictionary: make two of it")
	case d.Pattern == "" && d.Dictionary == "" && len(d.Names) == 0:
		return nil, errors.New("it has no pattern, no dictionary and no names: nothing can ever suggest it")
	case d.Pattern == "" && d.Dictionary == "":
		return nil, nil
	case d.Check != "" && m.check == nil:
		return nil, errors.New("no check is named so; there are " + strings.Join(Checks(), ", "))
	case d.Beside != "" && d.Beside != "must" && d.Beside != "may":
		return nil, errors.New(`beside is "must" or "may"`)
	case len(d.Examples) == 0 || len(d.Counterexamples) == 0:
		return nil, errors.New("it needs an example and a counterexample at least")
	}
	var words []string
	for _, w := range d.Words {
		words = append(words, strings.ToLower(w))
	}
	m.words = classifiers.NewWordSet(words)
	if d.Dictionary != "" {
		return m, m.readDictionary(base, d.Dictionary)
	}
	return m, m.compile(d.Pattern)
}

// chance estimates how often another value of the form passes.
func (d *Definition) chance(m *matcher) float64 {
	switch {
	case d.Chance > 0:
		return d.Chance
	case m == nil:
		return .3
	case d.Check != "":
		return chances[d.Check]
	case m.entries != nil:
		return .02
	}
	return max(.01, m.share)
}

// run tries the examples and the counterexamples.
func (d *Definition) run(set *classifiers.Set, m *matcher) error {
	if m == nil {
		return nil
	}
	for i, e := range d.Examples {
		if err := m.example(set, e); err != nil {
			return errors.New(ordinal("example", i) + " " + err.Error())
		}
	}
	for i, e := range d.Counterexamples {
		found := m.whole([]byte(e)) && !m.must
		set.Text([]byte(e), func(*classifiers.Classifier, classifiers.Hit) { found = true })
		if found {
			return errors.New(ordinal("counterexample", i) + " is found")
		}
	}
	return nil
}

// example tries one: a value, or a text with the value between brackets.
func (m *matcher) example(set *classifiers.Set, e string) error {
	from, to := strings.IndexByte(e, '['), strings.LastIndexByte(e, ']')
	if from < 0 || to < from {
		if !m.whole([]byte(e)) {
			return errors.New("is not found")
		}
		return nil
	}
	text := []byte(e[:from] + e[from+1:to] + e[to+1:])
	var got []classifiers.Hit
	set.Text(text, func(_ *classifiers.Classifier, h classifiers.Hit) { got = append(got, h) })
	if !slices.ContainsFunc(got, func(h classifiers.Hit) bool { return h.Start == from && h.End == to-1 }) {
		return errors.New("is not found between its brackets")
	}
	return nil
}

func ordinal(what string, i int) string {
	return what + " " + string(rune('1'+i%9)) + map[bool]string{true: " (counted in nines)"}[i > 8]
}
