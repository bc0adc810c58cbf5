package main

import (
	"fmt"
	"maps"
	"slices"

	"vestige/catalog"
	"vestige/pii"
)

type classifiersEval struct {
	Against string `default:"decisions" enum:"decisions" help:"What is held to be true: decisions."`
	Source  string `help:"Only the fields of one source."`
}

// Help teaches the command.
func (classifiersEval) Help() string {
	return `Says of each category how often people accepted what was proposed, and what they made of the rest. Deferred fields do not count.

Example:
  vestige classifiers eval --against decisions`
}

// judgedView is what people made of the proposals of one category.
type judgedView struct {
	Category  pii.Category   `json:"category"`
	Proposed  int            `json:"proposed"`  // fields on which somebody decided
	Accepted  int            `json:"accepted"`  // as what they were proposed
	Rejected  int            `json:"rejected"`  // hold nothing personal
	Changed   map[string]int `json:"changed"`   // into which categories
	Missed    int            `json:"missed"`    // were proposed as something else, and are of this one
	Precision float64        `json:"precision"` // accepted of proposed
	Recall    float64        `json:"recall"`    // accepted of accepted and missed
}

// Run carries the command out.
func (x classifiersEval) Run(c *call) error {
	a, done, err := c.open("classifiers eval")
	if err != nil {
		return err
	}
	defer done()
	ds, err := a.Catalog.Decisions(c.ctx, catalog.Query{Source: x.Source})
	if err != nil {
		return err
	}
	views := judge(ds)
	return c.print(views, func() {
		if len(views) == 0 {
			c.printf("Nobody has decided on a field yet.\n")
			return
		}
		var rows [][]string
		for _, v := range views {
			rows = append(rows, []string{string(v.Category), fmt.Sprint(v.Proposed), fmt.Sprint(v.Accepted), fmt.Sprint(v.Rejected), fmt.Sprint(v.Missed), percent(v.Precision), percent(v.Recall)})
		}
		c.table([]string{"category", "decided", "accepted", "rejected", "missed", "precision", "recall"}, rows)
	})
}

// judge counts the decisions on fields by what was proposed.
func judge(ds []catalog.Decision) []judgedView {
	by := map[pii.Category]*judgedView{}
	of := func(c pii.Category) *judgedView {
		if by[c] == nil {
			by[c] = &judgedView{Category: c, Changed: map[string]int{}}
		}
		return by[c]
	}
	for _, d := range ds {
		if d.Field.Field == "" || d.Verdict == pii.Defer {
			continue
		}
		right := d.Category == d.Proposed || d.Verdict == pii.Reject && !d.Proposed.Personal()
		if d.Proposed.Personal() {
			v := of(d.Proposed)
			v.Proposed++
			switch {
			case right:
				v.Accepted++
			case d.Verdict == pii.Reject || !d.Category.Personal():
				v.Rejected++
			default:
				v.Changed[string(d.Category)]++
			}
		}
		if !right && d.Category.Personal() {
			of(d.Category).Missed++
		}
	}
	out := []judgedView{}
	for _, c := range slices.Sorted(maps.Keys(by)) {
		v := by[c]
		v.Precision, v.Recall = part(v.Accepted, v.Proposed), part(v.Accepted, v.Accepted+v.Missed)
		out = append(out, *v)
	}
	return out
}

func part(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}
