package texts_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/eval/texts"
)

var update = flag.Bool("update", false, "write docs/accuracy-text.md")

// measure scores every part.
func measure(t *testing.T) map[string]*texts.Result {
	t.Helper()
	set, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := texts.Read(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := texts.ReadMarked(os.DirFS("testdata/hand"))
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, second...)
	out := map[string]*texts.Result{}
	for _, p := range texts.Parts() {
		out[p.Name] = texts.Run(set, list, p.Want)
	}
	return out
}

// recorded reads lines of a part, its least F1 of all kinds, and its least F1 of identifiers.
func recorded(t *testing.T) map[string][2]float64 {
	f, err := os.Open("recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string][2]float64{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		name, figures, ok := strings.Cut(sc.Text(), ":")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		var v [2]float64
		if _, err := fmt.Sscan(figures, &v[0], &v[1]); err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	return out
}

// TestEvalTexts fails when a figure falls by more than a point below the recorded one; -v prints them all.
func TestEvalTexts(t *testing.T) {
	floor := recorded(t)
	results := measure(t)
	for _, p := range texts.Parts() {
		r := results[p.Name]
		t.Logf("%s: %d texts, all kinds P %.3f R %.3f F1 %.3f; identifiers P %.3f R %.3f F1 %.3f", p.Name, r.Texts,
			r.All.Precision(), r.All.Recall(), r.All.F1(), r.Identifiers.Precision(), r.Identifiers.Recall(), r.Identifiers.F1())
		want, ok := floor[p.Name]
		if strings.Contains(p.Name, "nobody") {
			if float64(r.All.Wrong) > want[0]+2 {
				t.Errorf("%s: %d spans, recorded are %v", p.Name, r.All.Wrong, want[0])
			}
			continue
		}
		if !ok || r.All.F1() < want[0]-.01 || r.Identifiers.F1() < want[1]-.01 {
			t.Errorf("%s: F1 %.3f and %.3f, recorded are %v", p.Name, r.All.F1(), r.Identifiers.F1(), want)
		}
	}
	if *update {
		if err := os.WriteFile("../../../docs/accuracy-text.md", []byte(texts.Page(results)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
