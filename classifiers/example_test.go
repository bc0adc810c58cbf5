package classifiers_test

import (
	"fmt"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/pii"
)

func ExampleSet_Text() {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := []byte("Please write to ann@example.com or call 020 7946 0123.")
	set.Text(text, func(c *classifiers.Classifier, h classifiers.Hit) {
		fmt.Println(c.Category, h.Start, h.End)
	})
	// Output:
	// contact.email 16 31
	// contact.phone 40 53
}

func ExampleSet_Weigh() {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	g := set.NewGather(classifiers.Context{Field: pii.Field{Name: "fld_03", Column: "fld_03"}})
	for _, v := range []string{"ann@example.com", "bob@example.org", "carl@example.net"} {
		g.Value([]byte(v))
	}
	p := set.Weigh(g.Stats())
	fmt.Println(p.Category, p.Dense, p.Confidence > .95)
	// Output:
	// contact.email true true
}
