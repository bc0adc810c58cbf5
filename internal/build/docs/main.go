// Command docs writes the pages of the documentation that the code knows best: docs/connectors/ from the connectors' specifications,
// docs/categories.md from the taxonomy, docs/classifiers.md from the list of classifiers, docs/accuracy.md from what they reach, docs/search.md from the keys of the query
// language. With -check it fails if one of them is stale, and writes nothing.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestige/catalog"
	kinds "vestige/classifiers/all"
	"vestige/connectors"
	systems "vestige/connectors/all"
	"vestige/pii"
)

const note = "<!-- Written by `go run ./internal/build/docs`. -->\n\n"

func main() {
	check := flag.Bool("check", false, "fail if a page is stale, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	pages := map[string]string{"categories.md": categories(), "classifiers.md": classifierList(), "search.md": searchKeys(), "connectors/README.md": connectorList()}
	page, err := accuracy()
	if err != nil {
		return err
	}
	pages["accuracy.md"] = page
	for _, s := range systems.All() {
		pages["connectors/"+s.Name+".md"] = connector(s)
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		path := filepath.Join("docs", filepath.FromSlash(name))
		old, _ := os.ReadFile(path)
		if bytes.Equal(old, []byte(pages[name])) {
			continue
		}
		if check {
			return fmt.Errorf("%s is stale: make generate", path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(pages[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// abilities are the words that specifications use, in the order in which they are shown.
var abilities = map[string]string{
	"discover": "lists datasets with their fields, keys and references", "read": "reads records in a stable order",
	"sample": "spreads a sample over the dataset", "profile": "asks the system's own statistics", "locate": "finds records by the system's own means",
	"search": "searches all fields itself", "export": "exports by itself", "erase": "changes and deletes records", "undo": "takes a soft delete back",
	"check": "looks beforehand at what an act would meet", "statements": "shows the statements that will run", "residue": "knows what deleted data leaves behind, and purges it", "ladder": "looks afterwards at how far the ladder was climbed", "copy": "fills an empty system of its kind with a masked copy", "plant": "adds a record, for the drill",
}

func connectorList() string {
	var b strings.Builder
	b.WriteString(note + "# Connectors\n\nWhat Vestige reaches. A new one is a folder and a line: see [Writing a connector](../connector.md).\n\n| name | reaches | by itself |\n|---|---|---|\n")
	for _, s := range systems.All() {
		fmt.Fprintf(&b, "| [`%s`](%s.md) | %s | %s |\n", s.Name, s.Name, s.Title, strings.Join(s.Abilities(), ", "))
	}
	b.WriteString("\nWhat a connector does not do by itself is done for it in a general way: it reads everything and compares. Only erasing cannot be done for it; each of its datasets is then a gap [`no-eraser`](../gaps.md).\n")
	return b.String()
}

func connector(s connectors.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n```yaml\nsources:\n  mine:\n    type: %s\n", note, s.Title, s.Name)
	for _, o := range s.Options {
		if o.Required {
			fmt.Fprintf(&b, "    %s: %s\n", o.Name, o.Example)
		}
	}
	b.WriteString("```\n\n## Options\n\n| option | what it is | default | example |\n|---|---|---|---|\n")
	for _, o := range s.Options {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Name, cell(o.Doc+marks(o)), quoted(o.Default), quoted(o.Example))
	}
	b.WriteString("\n## What it does by itself\n\n")
	for _, a := range s.Abilities() {
		if text := abilities[a]; text != "" {
			fmt.Fprintf(&b, "- **%s**: %s\n", a, text)
		} else {
			fmt.Fprintf(&b, "- **%s**\n", a)
		}
	}
	if s.Transactional {
		b.WriteString("\nA unit of several acts is done as a whole or not at all.\n")
	} else {
		b.WriteString("\nThe system has no transactions: each act of a unit stands alone, and a run that was stopped resumes behind the last one.\n")
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(s.Doc))
	return b.String()
}

func marks(o connectors.Option) string {
	var out []string
	if o.Required {
		out = append(out, "required")
	}
	if o.Secret {
		out = append(out, "secret: write `env:`, `file:` or `exec:`")
	}
	if o.PerRole {
		out = append(out, "may differ under `scan:`, `erase:`, `export:`")
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

// cell makes text fit into one cell of a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "|", "\\|")
}

func categories() string {
	var b strings.Builder
	b.WriteString(note + `# Categories

A category is a kind of personal data, dotted, most general first. It is compared by segment: ` + "`contact`" + ` covers ` + "`contact.email`" + `, and
` + "`email`" + ` covers nothing. An *identifier* singles out a person: a global one is the same everywhere, a local one means something only inside a
value domain. Art. 9 are the special categories of the GDPR. DPV is the W3C Data Privacy Vocabulary, Fideslang that of Fides.

| category | what it is | identifier | sensitivity | art. 9 | DPV | Fideslang |
|---|---|---|---:|---|---|---|
`)
	for _, c := range pii.Categories() {
		identifier := ""
		if c.Category.Identifier() {
			identifier = "local"
			if c.Category.Global() {
				identifier = "global"
			}
		}
		nine := ""
		if c.Article9 {
			nine = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d | %s | %s | %s |\n", c.Category, cell(c.Doc), identifier, c.Sensitivity, nine, quoted(c.DPV), quoted(c.Fides))
	}
	return b.String()
}

func classifierList() string {
	var b strings.Builder
	b.WriteString(note + "# Classifiers\n\nEach says of one kind of data what it finds, what it misses and what it mistakes for it. A new one is a file, a corpus and a line: see [Writing a classifier](classifier.md).\n\n| name | category | inside texts | what it finds |\n|---|---|---|---|\n")
	for _, c := range kinds.All() {
		inside := ""
		if c.Sparse {
			inside = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", c.Name, c.Category, inside, cell(c.Doc))
	}
	return b.String()
}

func searchKeys() string {
	var b strings.Builder
	b.WriteString(note + "# Searching the catalog\n\n" + `The same language in ` + "`vestige search`" + `, on the search page and in the API. Words are looked for in names, comments and categories; a key narrows:

    is:pii category:contact.email source:shop conf:>0.8 -schema:tmp

Conditions are joined by *and*; ` + "`OR`" + ` between two, ` + "`-`" + ` before one, parentheses around several. "Several words" stand together in quotes. A category
covers its segments: ` + "`category:contact`" + ` finds ` + "`contact.email`" + `, and ` + "`category:email`" + ` finds nothing and says so.

| key | what it narrows to | values |
|---|---|---|
`)
	for _, k := range catalog.Keys() {
		values := k.Values
		if len(values) > 12 {
			values = append(slices.Clone(values[:12]), "…")
		}
		text := strings.Join(values, ", ")
		if k.Ordered {
			text = strings.TrimSpace(text + " `<` `<=` `>` `>=`")
		}
		if k.Stars {
			text = strings.TrimSpace(text + " `abc*`")
		}
		fmt.Fprintf(&b, "| `%s:` | %s | %s |\n", k.Name, cell(k.Doc), cell(text))
	}
	return b.String()
}
