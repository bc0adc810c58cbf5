package all_test

import (
	"os"
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/classifiertest"
)

// TestClassifiers runs the suite over all groups at once: no classifier may find the examples of another group's.
func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, all.All(), os.DirFS(".."))
}

func FuzzAt(f *testing.F) {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range set.All() {
		corpus, err := classifiertest.Read(os.DirFS(".."), c)
		if err != nil {
			f.Fatal(err)
		}
		for _, k := range corpus.Cases {
			f.Add([]byte(k.Text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, c := range set.All() {
			for i := range text {
				if c.At == nil {
					break
				}
				if h, ok := c.At(text, i); ok && (h.Start < 0 || h.End > len(text) || h.Start >= h.End || h.End-h.Start > c.MaxLen) {
					t.Fatalf("%s: candidate %v in %d bytes", c.Name, h, len(text))
				}
			}
		}
		last := 0
		set.Text(text, func(c *classifiers.Classifier, h classifiers.Hit) {
			if h.Start < last {
				t.Fatalf("%s: %v overlaps the hit before, which ends at %d", c.Name, h, last)
			}
			last = h.End
		})
		g := set.NewGather(classifiers.Context{})
		g.Value(text)
		if p := set.Weigh(g.Stats()); p.Confidence < 0 || p.Confidence > 1 {
			t.Fatalf("confidence %v", p.Confidence)
		}
	})
}
