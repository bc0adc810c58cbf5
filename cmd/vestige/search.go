package main

import (
	"fmt"
	"slices"
	"strings"

	"vestige/catalog"
)

type searchCmd struct {
	Query  []string `arg:"" optional:"" help:"Words and keys: is:pii category:contact source:shop conf:>0.8 -schema:tmp."`
	Limit  int      `default:"50" help:"Results of a page."`
	After  string   `placeholder:"NEXT" help:"Go on behind a page."`
	Facets bool     `help:"Count the whole result by source, category, state and type."`
}

// Help teaches the command.
func (searchCmd) Help() string {
	var b strings.Builder
	b.WriteString("Searches fields, or datasets with is:dataset. A minus before a word leaves it out. The keys:\n\n")
	for _, k := range catalog.Keys() {
		fmt.Fprintf(&b, "  %-12s %s\n", k.Name, k.Doc)
	}
	return b.String() + `
Example:
  vestige search 'is:pii category:contact.email source:shop conf:>0.8 -schema:tmp'`
}

// Run carries the command out.
func (x searchCmd) Run(c *call) error {
	a, done, err := c.open("search")
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Catalog.Search(c.ctx, strings.Join(x.Query, " "), catalog.Page{Limit: x.Limit, After: x.After, Facets: x.Facets})
	if err != nil {
		return err
	}
	return c.print(r, func() { c.showSearch(r) })
}

func (c *call) showSearch(r catalog.Result) {
	for _, n := range r.Notes {
		c.printf("%s %s\n", c.yellow("note:"), n)
	}
	var rows [][]string
	for _, h := range r.Hits {
		cat := string(h.Category)
		for _, also := range h.Also {
			cat = strings.TrimPrefix(cat+" +"+string(also), " ")
		}
		conf := ""
		if h.Confidence > 0 {
			conf = percent(h.Confidence)
		}
		rows = append(rows, []string{placeOf(h), h.Type, cat, conf, string(h.State)})
	}
	c.table([]string{"field", "type", "category", "sure", "state"}, rows)
	c.printf("\n%s\n", count(r.Total, "result"))
	for _, f := range r.Facets {
		var parts []string
		for _, v := range f.Values {
			parts = append(parts, fmt.Sprintf("%s %d", v.Value, v.Count))
		}
		c.printf("  %s %s\n", c.dim(f.Name+":"), strings.Join(parts, " · "))
	}
	if r.Next != "" {
		c.printf("%s\n", c.dim("More: --after '"+r.Next+"'"))
	}
}

// placeOf gives the name of a hit as people read it.
func placeOf(h catalog.Hit) string {
	at := h.Ref.Source + "/" + h.Dataset
	if h.Ref.Field != "" {
		at += "." + h.Display
	}
	return at
}

// minus lets the words of a query begin with a minus: a space before it keeps it from being taken for a flag.
func minus(args []string) []string {
	out := slices.Clone(args)
	at := slices.Index(out, "search")
	for i := at + 1; at >= 0 && i < len(out); i++ {
		if w := out[i]; len(w) > 2 && w[0] == '-' && w[1] != '-' && strings.Contains(w, ":") {
			out[i] = " " + w
		}
	}
	return out
}
