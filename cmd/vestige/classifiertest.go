package main

import (
	"io"
	"os"
	"slices"

	"vestige/catalog"
	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/classifiers/custom"
	"vestige/internal/errkind"
	"vestige/pii"
)

type classifiersTest struct {
	File   string `arg:"" help:"A file of classifiers."`
	Text   string `placeholder:"FILE" help:"Search this text with them alone, - for standard input, and print the lines found."`
	DryRun bool   `help:"Say which fields of the catalog they would change, from the evidence that is stored. Nothing is read and nothing changed."`
}

// Help teaches the command.
func (classifiersTest) Help() string {
	return `Reads a file of classifiers and runs their examples and counterexamples. A pattern that is empty, matches everything or could cost without bound is
refused with the reason. With --dry-run it says of the fields of the catalog, by their names and the shapes of their values, which the new ones would touch.

Example:
  vestige classifiers test badges.yaml --text support.log
  vestige classifiers test badges.yaml --dry-run`
}

// testedView is the classifiers of a file and what they would do.
type testedView struct {
	File        string        `json:"file"`
	Classifiers []testedKind  `json:"classifiers"`
	Found       []span        `json:"found"`
	Fields      []touchedView `json:"fields"`
}

// testedKind is one of them.
type testedKind struct {
	Name            string       `json:"name"`
	Category        pii.Category `json:"category"`
	Examples        int          `json:"examples"`
	Counterexamples int          `json:"counterexamples"`
	Chance          float64      `json:"chance"` // how often another value of its form passes
}

// touchedView is a field that a classifier would be evidence for.
type touchedView struct {
	Field      string       `json:"field"`
	Now        pii.Category `json:"now"`
	Classifier string       `json:"classifier"`
	ByName     bool         `json:"byName"`  // its name suggests it
	ByShape    float64      `json:"byShape"` // the share of its values that have the shape of an example
	Decided    bool         `json:"decided"` // somebody decided on it, and that stays
}

// Run carries the command out.
func (x classifiersTest) Run(c *call) error {
	text, err := os.ReadFile(c.path(x.File))
	if err != nil {
		return errkind.New(errkind.NotFound, "no file %s", x.File)
	}
	file, err := custom.Read(c.path(x.File), text)
	if err != nil {
		return err
	}
	own, err := custom.Parse(c.path(x.File), text)
	if err != nil {
		return err
	}
	if _, err := classifiers.NewSet(append(kinds.All(), own...), classifiers.Options{}); err != nil {
		return err
	}
	set, err := classifiers.NewSet(own, classifiers.Options{Examples: true})
	if err != nil {
		return err
	}
	v := testedView{File: x.File, Classifiers: []testedKind{}, Found: []span{}, Fields: []touchedView{}}
	for i, k := range own {
		d := &file.Classifiers[i]
		v.Classifiers = append(v.Classifiers, testedKind{k.Name, k.Category, len(d.Examples), len(d.Counterexamples), k.Chance})
	}
	if x.Text != "" {
		if err := x.search(c, set, &v); err != nil {
			return err
		}
	}
	if x.DryRun {
		if err := x.dry(c, set, file, &v); err != nil {
			return err
		}
	}
	return c.print(v, func() { x.show(c, v) })
}

// search finds in a text.
func (x classifiersTest) search(c *call, set *classifiers.Set, v *testedView) error {
	in := c.in
	if x.Text != "-" {
		f, err := os.Open(c.path(x.Text))
		if err != nil {
			return errkind.New(errkind.NotFound, "no file %s", x.Text)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 64<<20))
	if err != nil {
		return err
	}
	set.Text(text, func(k *classifiers.Classifier, h classifiers.Hit) {
		v.Found = append(v.Found, span{Start: int64(h.Start), End: int64(h.End), Category: k.Category, Confidence: confidence(k, h)})
	})
	return nil
}

// dry looks at the names and shapes that the catalog keeps.
func (x classifiersTest) dry(c *call, set *classifiers.Set, file custom.File, v *testedView) error {
	a, done, err := c.open("classifiers test")
	if err != nil {
		return err
	}
	defer done()
	fields, err := a.Catalog.Proposals(c.ctx, catalog.Filter{})
	if err != nil {
		return err
	}
	for i := range fields {
		for k := range file.Classifiers {
			if t, ok := touched(set, &fields[i], &file.Classifiers[k]); ok {
				v.Fields = append(v.Fields, t)
			}
		}
	}
	return nil
}

// touched tells whether a classifier would be evidence for a field: by its name, or because values have the shape of an example.
func touched(set *classifiers.Set, e *catalog.Entry, d *custom.Definition) (t touchedView, ok bool) {
	t = touchedView{Field: e.Ref.String(), Now: e.Category, Classifier: d.Name, Decided: e.Decision != nil}
	g := set.NewGather(classifiers.Context{Ref: e.Ref, Field: pii.Field{Name: e.Ref.Field, Column: e.Ref.Field, Type: e.Type}})
	p := set.Weigh(g.Stats())
	t.ByName = len(d.Names) > 0 && p.Category == pii.Category(d.Category) && p.Confidence >= catalog.Find
	var shapes []string
	for _, value := range d.Values() {
		shapes = append(shapes, classifiers.ShapeOf([]byte(value)))
	}
	for _, s := range e.Proposal.Examined.Shapes {
		if slices.Contains(shapes, s.Name) {
			t.ByShape += s.Share
		}
	}
	return t, t.ByName || t.ByShape > .5 && d.Dictionary == ""
}

func (x classifiersTest) show(c *call, v testedView) {
	for _, k := range v.Classifiers {
		c.printf("%s  %s, %d examples and %d counterexamples are as they should be\n", c.bold(k.Name), k.Category, k.Examples, k.Counterexamples)
	}
	for _, s := range v.Found {
		c.printf("  %d-%d  %s\n", s.Start, s.End, s.Category)
	}
	if x.DryRun && len(v.Fields) == 0 {
		c.printf("No field of the catalog has such a name or such values.\n")
	}
	var rows [][]string
	for _, f := range v.Fields {
		why := "values of the shape: " + percent(f.ByShape)
		if f.ByName {
			why = "its name"
		}
		if f.Decided {
			why += ", decided: it stays"
		}
		rows = append(rows, []string{f.Field, string(f.Now), f.Classifier, why})
	}
	if len(rows) > 0 {
		c.table([]string{"field", "now", "classifier", "because of"}, rows)
	}
}
