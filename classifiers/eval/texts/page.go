package texts

import (
	"fmt"
	"slices"
	"strings"
)

// Part is a selection of texts with its name.
type Part struct {
	Name string
	Want func(Text) bool
}

// Parts are the selections that are measured.
func Parts() []Part {
	of := func(split string, log bool) func(Text) bool {
		return func(t Text) bool { return t.Split == split && (t.Genre == "log") == log }
	}
	return []Part{
		{"texts, development", of("dev", false)}, {"texts, test", of("test", false)}, {"log lines, development", of("dev", true)}, {"log lines, test", of("test", true)},
		{"texts with nobody in them", func(t Text) bool { return t.Lang == "none" }},
	}
}

// Page writes the results for people, in Markdown.
func Page(results map[string]*Result) string {
	var b strings.Builder
	b.WriteString(head)
	for _, p := range Parts() {
		r := results[p.Name]
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", p.Name, r.Texts, figures(r.All), figures(r.Identifiers))
	}
	r := results["texts, test"]
	b.WriteString("\n## By language, test\n\n| language | precision | recall | F1 |\n|---|---|---|---|\n")
	table(&b, r.Lang)
	b.WriteString("\n## By kind, test\n\n| kind | precision | recall | F1 |\n|---|---|---|---|\n")
	table(&b, r.Kind)
	b.WriteString("\n## What goes wrong, development\n\nThe errors on the texts of development, in full; those of the test split are not looked at.\n\n")
	for _, e := range slices.Compact(slices.Sorted(slices.Values(results["texts, development"].Errors))) {
		fmt.Fprintf(&b, "- `%s`\n", strings.ReplaceAll(e, "`", "'"))
	}
	return b.String()
}

func figures(s Score) string {
	if s.Found+s.Missed+s.Right+s.Wrong == 0 {
		return "– | – | –"
	}
	return fmt.Sprintf("%.3f | %.3f | %.3f", s.Precision(), s.Recall(), s.F1())
}

func table(b *strings.Builder, of map[string]Score) {
	var keys []string
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(b, "| `%s` | %s |\n", k, figures(of[k]))
	}
}

const head = `# How right texts are

Written by ` + "`go generate ./classifiers/eval/texts`" + `. The corpus is in classifiers/eval/texts/testdata: mails, chats, tickets, notes, medical notes, CVs, JSON and
key=value lines in English, German, French, Spanish, Italian, Dutch, Portuguese and Polish, lines of logs, and texts with nobody in them: source code,
stack traces, products, news of organisations. Templates are filled four times; some texts are composed freely. Development and test differ in template
and in vocabulary: the names, streets, towns, diseases of the test split were chosen without the dictionaries and are in no list that was tuned, and its
errors are not looked at. Both splits were written by the same hands, though, so that texts of others are harder than these figures say.

A span is right when at least half of its letters are covered by spans of the same kind on the other side. Given name, surname and full name are one kind,
as are passports of all countries, and street and whole address. Every internet address counts in lines of logs. Identifiers are what its form or check
digits tell: e-mail, telephone, IBAN, card, internet address, numbers of states.

| part | texts | precision | recall | F1 | identifiers: precision | recall | F1 |
|---|---|---|---|---|---|---|---|
`
