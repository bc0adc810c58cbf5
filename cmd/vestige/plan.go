package main

import (
	"encoding/json"
	"os"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

type planCmd struct {
	person
	Request string `placeholder:"REQ" help:"Plan this request (again), and open none."`
	For     string `enum:"erasure,access,portability" default:"erasure" help:"What a new request is for: erasure, access, portability."`
	Regime  string `default:"gdpr" help:"The law whose clocks hold: gdpr, uk_gdpr, ccpa."`
	Export  bool   `help:"An erasure that begins with an export."`
	Out     string `placeholder:"FILE" help:"Write the plan as JSON, too."`
}

// Help teaches the command.
func (planCmd) Help() string {
	return `Finds everything of a person and makes a plan: which statements run where, on how many records, in which order, what is kept and why,
and what nobody can tell. Opens a request where none is named. Nothing is changed. The exit code is 1 where questions or gaps are open.

Example:
  vestige plan --email ann@example.com --out plan.json
  vestige plan --request REQ-00000001`
}

// Run carries the command out.
func (x planCmd) Run(c *call) error {
	a, done, err := c.open("plan")
	if err != nil {
		return err
	}
	defer done()
	id := x.Request
	if id == "" {
		ids, err := x.identifiers(c)
		if err != nil {
			return err
		}
		r, err := a.Requests.Intake(c.ctx, requests.Intake{Type: policies.Type(x.For), Regime: x.Regime, Identifiers: ids, Verified: "by " + c.by(), Channel: "command line", By: c.by(), Export: x.Export})
		if err != nil {
			return err
		}
		id = r.ID
	}
	c.progress("planning …")
	s, err := a.Requests.Plan(c.ctx, id, c.by())
	if err != nil {
		return err
	}
	if err := x.write(c, s); err != nil {
		return err
	}
	if err := c.print(s, func() { c.showPlan(s) }); err != nil {
		return err
	}
	if q, g := s.Open.Blocking(); q+g > 0 {
		return findings()
	}
	return nil
}

func (x planCmd) write(c *call, s *plans.Status) error {
	if x.Out == "" {
		return nil
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "write the plan")
	}
	return errkind.Wrap(errkind.Permission, os.WriteFile(c.path(x.Out), append(b, '\n'), 0o644), "write %s", x.Out)
}

func (c *call) showPlan(s *plans.Status) {
	o := &s.Open
	c.printf("%s  %s of %s, %s", c.bold(s.ID), s.Kind, s.Request, s.State)
	if due := s.Deadline(); due > 0 {
		c.printf(", due %s", day(due))
	}
	c.printf("\n%s\n", c.dim("hash "+s.Hash))
	for _, st := range o.Steps {
		c.showStep(st)
	}
	for _, p := range o.Held {
		c.printf("  %s %s of %s: %s\n", c.dim("untouched"), count(p.Records, "record"), p.Dataset, p.Why)
	}
	for _, g := range o.Gaps {
		need := "open"
		if g.Accepted != "" {
			need = "accepted: " + g.Accepted
		} else if !g.Required {
			need = "not required"
		}
		c.printf("  %s %s  %s: %s (%s, %s)\n", c.yellow("gap "+g.Code), g.ID, g.At, g.Text, count(g.Records, "record"), need)
	}
	for _, t := range o.Tell {
		c.printf("  %s %s by %s: %s of %s were given\n", c.dim("to be told"), t.Recipient, t.By, count(t.Records, "record"), count(int64(len(t.Datasets)), "dataset"))
	}
	c.showLadder("What erased data leaves behind", o.Rungs)
	c.showQuestions(o.Questions)
	for _, d := range o.Decided {
		c.printf("  %s %s %s at %s: %s, %s on %s by %s\n", c.dim("not asked"), d.Decision, d.Code, d.Dataset.In(d.Field), count(d.Records, "record"), d.Verdict, day(d.At), d.By)
	}
	c.showLint(o.Lint)
	c.nextStep(s)
}

// showLadder says of each source what is left of erased data, and until when.
func (c *call) showLadder(title string, all []plans.SourceRungs) {
	var rows [][]string
	for _, s := range all {
		for _, r := range s.Rungs {
			stands, due := orElse(r.State, r.Reached), ""
			if r.Due > 0 {
				due = day(r.Due)
			}
			rows = append(rows, []string{s.Source, r.Name, stands, due, orElse(r.Proof, r.Text)})
		}
	}
	if len(rows) > 0 {
		c.printf("\n%s\n", c.bold(title))
		c.table([]string{"source", "rung", "state", "due", ""}, rows)
	}
}

// showLint says each thing once, with all places that it is true of.
func (c *call) showLint(lint []plans.Finding) {
	at := map[string][]string{}
	for _, f := range lint {
		at[f.Code+f.Text] = append(at[f.Code+f.Text], f.At.String())
	}
	for _, f := range lint {
		places := at[f.Code+f.Text]
		if places == nil {
			continue
		}
		delete(at, f.Code+f.Text)
		c.printf("  %s %s", c.dim("lint "+f.Code), f.Text)
		if f.At.Source != "" {
			c.printf(": %s", strings.Join(places, ", "))
		}
		c.printf("\n")
	}
}

func (c *call) showStep(st plans.Step) {
	c.printf("\n%s %s %s of %s", c.bold(st.ID), st.Method, count(st.Records, "record"), c.bold(st.Dataset.String()))
	if len(st.Fields) > 0 {
		c.printf(" (%s)", strings.Join(st.Fields, ", "))
	}
	c.printf("\n")
	if st.Basis != "" {
		until := ""
		if st.Until > 0 {
			until = ", until " + day(st.Until)
		}
		c.printf("    kept: %s%s\n", st.Basis, until)
	}
	for _, why := range st.Why {
		c.printf("    %s\n", c.dim(grouped(why.Records)+" by "+app.Route(nil, why.Links)))
	}
	if st.Dry != nil {
		c.printf("    %s\n", c.dim(grouped(*st.Dry)+" counted by the system itself"))
	}
	for _, e := range st.Effects {
		c.printf("    %s %s of %s\n", c.yellow("the system itself: "+string(e.Method)), count(e.Records, "record"), e.Dataset)
	}
	for _, line := range st.Statements {
		c.printf("    %s\n", line)
	}
}

func (c *call) nextStep(s *plans.Status) {
	if s.State != plans.Planned {
		return
	}
	if q, g := s.Open.Blocking(); q+g > 0 {
		c.printf("\n%s and %s are open: vestige answer ID accept|reject --reason …\n", count(int64(q), "question"), count(int64(g), "gap"))
		return
	}
	c.printf("\n%s\n", c.dim("Next: vestige approve "+s.Request+" --hash "+s.Hash))
}

// find gives the plan that an id means: its own, or that of a request.
func (c *call) find(a *app.App, id string) (*plans.Status, error) {
	if !strings.HasPrefix(id, "REQ-") {
		return a.Engine.Show(c.ctx, id)
	}
	r, err := a.Requests.Show(c.ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Plan == "" && r.Export == "" {
		return nil, errkind.New(errkind.Conflict, "%s has no plan yet: vestige plan --request %s", id, id)
	}
	s, err := a.Engine.Show(c.ctx, orElse(r.Plan, r.Export))
	for err == nil && s.State == plans.Superseded && s.Next != "" {
		s, err = a.Engine.Show(c.ctx, s.Next)
	}
	return s, err
}

func orElse(s, t string) string {
	if s != "" {
		return s
	}
	return t
}
