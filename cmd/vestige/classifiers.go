package main

import (
	"fmt"
	"strings"

	kinds "vestige/classifiers/all"
	"vestige/internal/errkind"
	"vestige/pii"
)

type classifiersCmd struct {
	List classifiersList `cmd:"" default:"withargs" help:"The classifiers, the categories they stand for, and what they miss."`
	Test classifiersTest `cmd:"" help:"Read classifiers of one's own, run their examples, and try them."`
	Eval classifiersEval `cmd:"" help:"Compare what was proposed with what people decided."`
}

// Help teaches the command.
func (classifiersCmd) Help() string {
	return `Lists the classifiers, the categories they stand for, from which probability on a field is proposed as one (what a miss costs says so), and what they
miss; tries classifiers of one's own (docs/classifier.md).

Example:
  vestige classifiers contact
  vestige classifiers test badges.yaml --dry-run`
}

type classifiersList struct {
	Category string `arg:"" optional:"" help:"Only those of a category and its segments."`
}

// classifierView is a classifier as it is listed.
type classifierView struct {
	Name        string       `json:"name"`
	Category    pii.Category `json:"category"`
	Doc         string       `json:"doc"`
	Sensitivity int          `json:"sensitivity"`
	Article9    bool         `json:"article9,omitempty"`
	Scope       pii.Scope    `json:"scope,omitempty"`
	DPV         string       `json:"dpv,omitempty"`
	Fides       string       `json:"fideslang,omitempty"`
	Version     int          `json:"version"`
	Miss        float64      `json:"miss"`      // what missing it costs, in false alarms
	Threshold   float64      `json:"threshold"` // from which probability on a field is proposed: what follows from that
}

// Run carries the command out.
func (x classifiersList) Run(c *call) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	views := []classifierView{}
	for _, k := range kinds.All() {
		if x.Category == "" || pii.Category(x.Category).Covers(k.Category) {
			info, _ := k.Category.Info()
			views = append(views, classifierView{k.Name, k.Category, k.Doc, info.Sensitivity, info.Article9, info.Scope, info.DPV, info.Fides, k.Version, policy.Cost.Of(k.Category), policy.Cost.Threshold(k.Category)})
		}
	}
	if len(views) == 0 {
		return errkind.New(errkind.NotFound, "no classifier is of the category %q", x.Category)
	}
	return c.print(views, func() {
		var rows [][]string
		for _, v := range views {
			first, _, _ := strings.Cut(v.Doc, "\n")
			rows = append(rows, []string{string(v.Category), string(v.Scope), fmt.Sprint(v.Sensitivity), fmt.Sprintf("%.3f", v.Threshold), first})
		}
		c.table([]string{"category", "scope", "sensitivity", "proposed from", ""}, rows)
	})
}
