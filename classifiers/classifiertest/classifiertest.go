// Package classifiertest defines what a classifier is: the checks that each has to pass over its corpus, testdata/<name>.txt. A line of
// a corpus is a case:
//
//   - 219-09-9998                        found, and nothing else of the line
//   - His number is [219-09-9998], he said.  found exactly between the brackets
//   - [10:02] [[ann_b]]: hello           the same, in a text with brackets
//     e 078-05-1120                        found, and flagged as a known example
//   - 000-12-3456                        not found
//     column + ssn                         the name of a field, or table.field, suggests it before any value is seen
//     column - session                     it does not
//     also uk_nhs: reason                  finds examples of that other classifier too, and why that is right
//
// Lines that begin with # are comments. Where a package has many classifiers alike, testdata/many.txt has all their corpora, each behind a line
// "== name".
package classifiertest

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"vestige/classifiers"
)

// Case is one line of a corpus.
type Case struct {
	Kind  string // "+", "e", "-", "column +", "column -"
	Text  string
	Start int // of the hit, in Text
	End   int
}

// Corpus is the cases of one classifier.
type Corpus struct {
	Classifier *classifiers.Classifier
	Cases      []Case
	Also       map[string]string // other classifiers whose examples it finds, with the reason
}

type suite struct {
	set     *classifiers.Set
	single  map[string]*classifiers.Set
	corpora []*Corpus
}

// Run checks every classifier over its corpus, which is <name>.txt at the root of the files or in any testdata below it.
func Run(t *testing.T, cs []classifiers.Classifier, files fs.FS) {
	t.Helper()
	s := &suite{single: map[string]*classifiers.Set{}}
	set, err := classifiers.NewSet(cs, classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	s.set = set
	for _, c := range set.All() {
		one, err := classifiers.NewSet([]classifiers.Classifier{*c}, classifiers.Options{Examples: true})
		if err != nil {
			t.Fatal(err)
		}
		s.single[c.Name] = one
		corpus, err := Read(files, c)
		if err != nil {
			t.Errorf("%s: %v: write testdata/%s.txt", c.Name, err, c.Name)
			continue
		}
		s.corpora = append(s.corpora, corpus)
	}
	for _, check := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"corpus", s.balanced}, {"examples", s.examples}, {"counterexamples", s.counterexamples}, {"others", s.others}, {"columns", s.columns},
		{"triggers", s.triggers}, {"cuts", s.cuts}, {"concurrent", s.concurrent}, {"worst", s.worst}, {"synthetic", s.synthetic},
	} {
		t.Run(check.name, check.run)
	}
}

// Read reads a corpus.
func Read(files fs.FS, c *classifiers.Classifier) (*Corpus, error) {
	name := c.Name + ".txt"
	if found, _ := fs.Glob(files, "*/testdata/"+name); len(found) > 0 {
		name = found[0]
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		if text = shared(files, c.Name); text == nil {
			return nil, err
		}
	}
	corpus := &Corpus{Classifier: c, Also: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "also "); ok {
			other, why, _ := strings.Cut(rest, ":")
			corpus.Also[other] = strings.TrimSpace(why)
			continue
		}
		corpus.Cases = append(corpus.Cases, parse(line))
	}
	return corpus, nil
}

// shared gives the part of a corpus of many classifiers, testdata/many.txt, that stands behind the line "== name".
func shared(files fs.FS, name string) (text []byte) {
	found, _ := fs.Glob(files, "*/testdata/many.txt")
	if own, _ := fs.Glob(files, "many.txt"); len(own) > 0 {
		found = append(found, own...)
	}
	for _, file := range found {
		all, err := fs.ReadFile(files, file)
		if err != nil {
			continue
		}
		if _, rest, ok := strings.Cut("\n"+string(all), "\n== "+name+"\n"); ok {
			part, _, _ := strings.Cut(rest, "\n== ")
			return []byte(part)
		}
	}
	return nil
}

func parse(line string) Case {
	for _, kind := range []string{"column +", "column -", "+", "e", "-"} {
		if text, ok := strings.CutPrefix(line, kind+" "); ok {
			c := Case{Kind: kind, Text: strings.ReplaceAll(text, `\n`, "\n")}
			c.End = len(c.Text)
			i, j := strings.IndexByte(c.Text, '['), strings.IndexByte(c.Text, ']')
			if n := strings.Index(c.Text, "[["); n >= 0 { // where the text has brackets of its own
				c.Text = c.Text[:n] + strings.Replace(c.Text[n+1:], "]]", "]", 1)
				i, j = n, n+strings.IndexByte(c.Text[n:], ']')
			}
			if (kind == "+" || kind == "e") && i >= 0 && j > i {
				c.Text, c.Start, c.End = c.Text[:i]+c.Text[i+1:j]+c.Text[j+1:], i, j-1
			}
			return c
		}
	}
	return Case{Kind: "?", Text: line}
}

func (c Case) positive() bool { return c.Kind == "+" || c.Kind == "e" || c.Kind == "column +" }

// hits gives what a set finds in a text, of one classifier.
func hits(s *classifiers.Set, name string, text []byte) (out []classifiers.Hit) {
	s.Text(text, func(c *classifiers.Classifier, h classifiers.Hit) {
		if c.Name == name {
			out = append(out, h)
		}
	})
	return out
}

// each calls f for the cases of those kinds.
func (s *suite) each(t *testing.T, kinds string, f func(t *testing.T, c *classifiers.Classifier, k Case)) {
	for _, corpus := range s.corpora {
		for _, k := range corpus.Cases {
			if slices.Contains(strings.Split(kinds, ","), k.Kind) {
				f(t, corpus.Classifier, k)
			}
		}
	}
}
