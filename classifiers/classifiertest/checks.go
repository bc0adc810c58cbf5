package classifiertest

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"vestige/classifiers"
	"vestige/pii"
)

// balanced: as many counterexamples as examples at least, and no line that is no case.
func (s *suite) balanced(t *testing.T) {
	for _, c := range s.corpora {
		plus, minus := 0, 0
		for _, k := range c.Cases {
			switch {
			case k.Kind == "?":
				t.Errorf("%s: a line is no case: %q", c.Classifier.Name, k.Text)
			case k.positive():
				plus++
			default:
				minus++
			}
		}
		if plus == 0 || minus < plus {
			t.Errorf("%s: %d examples need as many counterexamples, there are %d", c.Classifier.Name, plus, minus)
		}
	}
}

// frames are what can stand around an example.
var frames = [][2]string{
	{"", ""}, {"see ", " there"}, {"\n", "\n"}, {"", "\r\nnext"}, {"\"", "\""}, {"<", ">"}, {"; ", ";"}, {strings.Repeat("lorem ipsum dolor ", 456), "\n"},
}

// examples: each is found with exact bounds, wherever it stands.
func (s *suite) examples(t *testing.T) {
	s.each(t, "+,e", func(t *testing.T, c *classifiers.Classifier, k Case) {
		if whole := k.Start == 0 && k.End == len(k.Text); whole && c.Whole != nil && !c.Whole([]byte(k.Text)) {
			t.Errorf("%s: %q as a whole value is not recognised", c.Name, k.Text)
		}
		if c.At == nil {
			return
		}
		for _, f := range frames {
			got := hits(s.single[c.Name], c.Name, []byte(f[0]+k.Text+f[1]))
			want := classifiers.Hit{Start: len(f[0]) + k.Start, End: len(f[0]) + k.End}
			if len(got) != 1 || got[0].Start != want.Start || got[0].End != want.End {
				t.Errorf("%s: %q between %.9q and %q: got %v, want one at %d-%d", c.Name, k.Text, f[0], f[1], got, want.Start, want.End)
				return
			}
			if k.Kind == "e" && got[0].Flags&classifiers.Example == 0 {
				t.Errorf("%s: %q is not flagged as an example", c.Name, k.Text)
			}
		}
	})
}

// counterexamples: none is found, in a text or as a whole value.
func (s *suite) counterexamples(t *testing.T) {
	s.each(t, "-", func(t *testing.T, c *classifiers.Classifier, k Case) {
		if got := hits(s.single[c.Name], c.Name, []byte(k.Text)); len(got) > 0 {
			t.Errorf("%s: finds %v in the counterexample %q", c.Name, got, k.Text)
		}
		if c.Whole != nil && c.Whole([]byte(k.Text)) {
			t.Errorf("%s: takes the counterexample %q as a whole value", c.Name, k.Text)
		}
	})
}

// others: what is an example of one classifier is not found by another, unless its corpus says so and why.
func (s *suite) others(t *testing.T) {
	for _, corpus := range s.corpora {
		mine := corpus.Classifier
		if mine.At == nil {
			continue
		}
		s.each(t, "+,e", func(t *testing.T, c *classifiers.Classifier, k Case) {
			if c.Name == mine.Name || corpus.Also[c.Name] != "" || k.Start != 0 || k.End != len(k.Text) {
				return
			}
			if got := hits(s.single[mine.Name], mine.Name, []byte(k.Text)); len(got) > 0 {
				t.Errorf("%s: finds %v in %q, an example of %s; if that is right say so by an also line", mine.Name, got, k.Text, c.Name)
			}
		})
	}
}

// columns: names of fields suggest the category, or do not.
func (s *suite) columns(t *testing.T) {
	s.each(t, "column +,column -", func(t *testing.T, c *classifiers.Classifier, k Case) {
		table, field, ok := strings.Cut(k.Text, ".")
		if !ok {
			table, field = "", k.Text
		}
		g := s.set.NewGather(classifiers.Context{Ref: pii.Ref{Source: "s", Dataset: table, Field: field}, Field: pii.Field{Name: field, Column: field}})
		p := s.set.Weigh(g.Stats())
		if suggests := p.Category == c.Category && p.Confidence >= .5; suggests != (k.Kind == "column +") {
			t.Errorf("%s: the name %q suggests %s at %.2f: %v", c.Name, k.Text, p.Category, p.Confidence, p.Nats)
		}
	})
}

// triggers: asking at every byte finds nothing that the trigger pass does not.
func (s *suite) triggers(t *testing.T) {
	for _, corpus := range s.corpora {
		for _, k := range corpus.Cases {
			for _, c := range s.set.All() {
				if c.At != nil {
					s.brute(t, c, []byte(k.Text))
				}
			}
		}
	}
}

func (s *suite) brute(t *testing.T, c *classifiers.Classifier, text []byte) {
	got := hits(s.single[c.Name], c.Name, text)
	for i := range text {
		h, ok := c.At(text, i)
		if !ok {
			continue
		}
		if h.Start < 0 || h.End > len(text) || h.Start >= h.End || h.End-h.Start > c.MaxLen {
			t.Errorf("%s: %v is not a candidate of at most %d bytes in %q", c.Name, h, c.MaxLen, text)
		}
		covered := false
		for _, g := range got {
			covered = covered || (h.Start < g.End && g.Start < h.End)
		}
		if !covered {
			t.Errorf("%s: At finds %v at byte %d of %q, its triggers do not", c.Name, h, i, text)
			return
		}
	}
}

// cuts: a text cut anywhere, with the overlap on either side, gives what the whole text gives.
func (s *suite) cuts(t *testing.T) {
	var all bytes.Buffer
	for _, corpus := range s.corpora {
		for _, k := range corpus.Cases {
			all.WriteString(k.Text + "\nlorem ipsum dolor\n")
		}
	}
	text := all.Bytes()
	text = bytes.Repeat(text, 1+(300<<10)/len(text)) // longer than what the engine takes in one stretch
	want, overlap := s.list(text, 0, 0, len(text)), s.set.Overlap()
	for cut := 1777; cut < len(text); cut += len(text) / 13 {
		left := s.list(text[:min(len(text), cut+overlap)], 0, 0, cut)
		lo := max(0, cut-overlap)
		right := s.list(text[lo:], lo, cut, len(text))
		if got := append(left, right...); !equal(got, want) {
			t.Errorf("cut at %d: %d hits, %d without the cut", cut, len(got), len(want))
		}
	}
}

type named struct {
	name string
	hit  classifiers.Hit
}

// list gives the hits that start from from to to, moved by offset.
func (s *suite) list(text []byte, offset, from, to int) (out []named) {
	s.set.Text(text, func(c *classifiers.Classifier, h classifiers.Hit) {
		h.Start, h.End = h.Start+offset, h.End+offset
		if h.Start >= from && h.Start < to {
			out = append(out, named{c.Name, h})
		}
	})
	return out
}

func equal(a, b []named) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// concurrent: many at once give what one gives.
func (s *suite) concurrent(t *testing.T) {
	var all bytes.Buffer
	s.each(t, "+,e,-", func(_ *testing.T, _ *classifiers.Classifier, k Case) { all.WriteString(k.Text + "\n") })
	want := s.list(all.Bytes(), 0, 0, all.Len())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				if !equal(s.list(all.Bytes(), 0, 0, all.Len()), want) {
					t.Error("another answer beside other goroutines")
				}
			}
		})
	}
	wg.Wait()
}

// synthetic: the corpora hold nobody's data.
func (s *suite) synthetic(t *testing.T) {
	for _, name := range []string{"email", "phone", "card"} {
		one, ok := s.single[name]
		if !ok {
			continue
		}
		for _, corpus := range s.corpora {
			for _, k := range corpus.Cases {
				for _, h := range hits(one, name, []byte(k.Text)) {
					if h.Flags&classifiers.Example == 0 && corpus.Also[name] == "" && (name != "card" || corpus.Classifier.Name == name) {
						t.Errorf("%s: %q holds %s that is of no reserved range", corpus.Classifier.Name, k.Text, name)
					}
				}
			}
		}
	}
}
