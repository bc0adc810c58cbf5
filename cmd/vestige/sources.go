package main

import (
	"maps"
	"slices"

	"vestige/catalog"
)

type sourcesCmd struct{}

// Help teaches the command.
func (sourcesCmd) Help() string {
	return `Lists the configured sources, what each can do, and what the catalog counts of it. Secrets are never printed.

Example:
  vestige sources --json | jq '.[] | select(.catalog.unexamined > 0) | .name'`
}

// sourceView is a source as it is listed.
type sourceView struct {
	Name      string             `json:"name"`
	Type      string             `json:"type"`
	Options   map[string]string  `json:"options"`
	Abilities []string           `json:"abilities"`
	ReadOnly  bool               `json:"readOnly"`
	Catalog   catalog.SourceInfo `json:"catalog"`
}

// Run carries the command out.
func (sourcesCmd) Run(c *call) error {
	a, done, err := c.open("sources")
	if err != nil {
		return err
	}
	defer done()
	infos, err := a.Catalog.Sources(c.ctx)
	if err != nil {
		return err
	}
	views := []sourceView{}
	for _, name := range slices.Sorted(maps.Keys(a.Sources)) {
		s, cfg := a.Sources[name], a.Config.Sources[name]
		v := sourceView{Name: name, Type: cfg.Type, Options: cfg.Shown(), Abilities: s.Abilities(), ReadOnly: s.ReadOnly()}
		for _, i := range infos {
			if i.Name == name {
				v.Catalog = i
			}
		}
		views = append(views, v)
	}
	return c.print(views, func() { c.showSources(views) })
}

func (c *call) showSources(views []sourceView) {
	if len(views) == 0 {
		c.printf("No source is configured: name one in %s.\n", c.cli.Config)
		return
	}
	var rows [][]string
	for _, v := range views {
		scanned := when(v.Catalog.Scanned)
		if scanned == "" {
			scanned = c.yellow("never")
		}
		mode := "read and erase"
		if v.ReadOnly {
			mode = "read only"
		}
		rows = append(rows, []string{v.Name, v.Type, mode, scanned, grouped(v.Catalog.Datasets), grouped(v.Catalog.Fields), grouped(v.Catalog.PII), grouped(v.Catalog.Unexamined)})
	}
	c.table([]string{"source", "type", "mode", "scanned", "datasets", "fields", "personal", "unexamined"}, rows)
}
