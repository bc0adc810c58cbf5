package texts_test

import (
	"os"
	"testing"
	"fmt"
	"sort"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/eval/texts"
)

func TestHandDev(t *testing.T) {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := texts.ReadMarked(os.DirFS("testdata/hand"))
	if err != nil {
		t.Fatal(err)
	}
	ab := os.Getenv("SPLITS")
	if ab == "" { ab = "a" }
	for _, split := range []string{"a", "b"} {
		for _, p := range []string{"text", "none", "log"} {
			r := texts.Run(set, list, func(x texts.Text) bool {
				k := "text"
				if x.Genre == "log" { k = "log" } else if x.Genre == "none" { k = "none" }
				return x.Split == split && k == p
			})
			fmt.Printf("%s %s: %d texts P %.3f R %.3f F1 %.3f wrong %d; ids P %.3f R %.3f F1 %.3f\n", split, p, r.Texts, r.All.Precision(), r.All.Recall(), r.All.F1(), r.All.Wrong, r.Identifiers.Precision(), r.Identifiers.Recall(), r.Identifiers.F1())
			var ks []string
			for k := range r.Kind { ks = append(ks, k) }
			sort.Strings(ks)
			for _, k := range ks { s := r.Kind[k]; fmt.Printf("   %-36s P %.2f R %.2f  (%d wrong, %d missed of %d)\n", k, s.Precision(), s.Recall(), s.Wrong, s.Missed, s.Missed+s.Found) }
			if split == "a" {
				for _, e := range r.Errors { fmt.Println("   ", e) }
			}
		}
	}
}
