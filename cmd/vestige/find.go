package main

import (
	"slices"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// person is how a command names a person.
type person struct {
	Identifier []string `arg:"" optional:"" placeholder:"CATEGORY=VALUE" help:"What is known of the person, for example contact.email=ann@example.com."`
	Email      string   `placeholder:"ADDRESS" help:"The same as contact.email=ADDRESS."`
	Name       string   `placeholder:"NAME" help:"Her full name, the same as identity.name=NAME. With --birth-date it is enough."`
	BirthDate  string   `placeholder:"YYYY-MM-DD" help:"The same as demographic.birth_date=YYYY-MM-DD."`
	From       string   `placeholder:"FILE" help:"Read CATEGORY=VALUE lines from a file, - for standard input, so that they are not kept in the shell's history."`
}

// identifiers gathers what the command line and the file say.
func (p person) identifiers(c *call) (out []pii.Identifier, err error) {
	words := p.Identifier
	for category, value := range map[string]string{"contact.email": p.Email, "identity.name": p.Name, "demographic.birth_date": p.BirthDate} {
		if value != "" {
			words = append(words, category+"="+value)
		}
	}
	slices.Sort(words)
	if p.From != "" {
		text, err := c.read(p.From)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				words = append(words, line)
			}
		}
	}
	for _, w := range words {
		id, err := app.ParseIdentifier(w)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	if len(out) == 0 {
		return nil, errkind.New(errkind.Invalid, "name the person: --email ADDRESS, CATEGORY=VALUE, --name NAME --birth-date DATE or --from FILE")
	}
	return out, nil
}

type findCmd struct{ person }

// Help teaches the command.
func (findCmd) Help() string {
	return `Starts with the identifiers given and follows them through every source: which datasets hold the person, by which route, and
where nobody can tell. Nothing is stored of her. The exit code is 1 where she was found, 0 where not, 3 where a place could not be looked at.

Example:
  vestige find --email ann@example.com
  vestige find --name "Ann Lee" --birth-date 1980-02-03
  vestige find 'crm/policies#policy_no=LV-77004'
  echo online.device_id=3F2504E0-4F89-41D3-9A0C-0305E82C3301 | vestige find --from -`
}

// Run carries the command out.
func (x findCmd) Run(c *call) error {
	a, done, err := c.open("find")
	if err != nil {
		return err
	}
	defer done()
	ids, err := x.identifiers(c)
	if err != nil {
		return err
	}
	c.progress("looking …")
	w, err := a.Find(c.ctx, c.by(), ids)
	if err != nil {
		return err
	}
	if err := c.print(w, func() { c.showFound(w) }); err != nil {
		return err
	}
	switch {
	case len(w.Gaps) > 0:
		return incomplete("%s could not be looked at", count(int64(len(w.Gaps)), "place"))
	case w.Records > 0:
		return findings()
	}
	return nil
}

func (c *call) showFound(w *app.Whereabouts) {
	if w.Records == 0 {
		c.printf("Nothing was found.\n")
	} else {
		c.printf("%s in %s, %s.\n\n", c.bold(count(w.Records, "record")), count(int64(len(w.Places)), "place"), count(int64(w.Looks), "look"))
	}
	var rows [][]string
	for _, p := range w.Places {
		rows = append(rows, []string{p.Name, grouped(p.Records), c.holding(p.Holding), p.Route})
	}
	c.table([]string{"dataset", "records", "holding", "route"}, rows)
	if len(w.Known) > 0 {
		c.printf("\n%s\n", c.bold("Identifiers"))
	}
	for _, k := range w.Known {
		text := "single her out"
		if !k.Single {
			text = "not hers alone: " + k.Why
		}
		c.printf("  %d × %s  %s\n", k.Count, k.Category, c.dim(text))
	}
	c.showQuestions(w.Questions)
	for _, g := range append(w.Gaps, w.Undecided...) {
		c.printf("  %s %s: %s (%s)\n", c.yellow("gap "+g.Code), g.At, g.Text, count(g.Records, "record"))
	}
}

func (c *call) holding(h lineage.Holding) string {
	switch h {
	case lineage.Hers:
		return c.green("hers")
	case lineage.Joint:
		return c.yellow("shared")
	case lineage.HeldByOther:
		return c.dim("another's")
	case lineage.Unsure:
		return c.red("unsure")
	}
	return string(h)
}

func (c *call) showQuestions(qs []lineage.Question) {
	for _, q := range qs {
		c.printf("\n%s %s  %s\n", c.yellow("Question"), q.ID, q.Text)
		c.printf("    yes: %s (%s)\n    no:  %s (%s)\n", q.Yes.Text, count(q.Yes.Records, "record"), q.No.Text, count(q.No.Records, "record"))
		for _, at := range q.Places {
			c.printf("    %s %s: %s\n", c.dim("at "+at.ID), at.Dataset.In(at.Field), count(at.Records, "record"))
		}
	}
}
