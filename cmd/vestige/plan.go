package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/pii"
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
	if o.Deadline > 0 {
		c.printf(", due %s", day(o.Deadline))
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
	c.showQuestions(o.Questions)
	for _, f := range o.Lint {
		c.printf("  %s %s: %s\n", c.dim("lint "+f.Code), f.At, f.Text)
	}
	c.nextStep(s)
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

type answerCmd struct {
	ID      string `arg:"" help:"Of the question or the gap."`
	Verdict string `arg:"" enum:"accept,reject,yes,no" help:"accept or yes: it is hers, or the gap is accepted. reject or no: it is not."`
	Reason  string `required:"" help:"Why."`
	Request string `placeholder:"REQ" help:"Of which request, where several have it."`
	Review  string `placeholder:"DATE" help:"Accept a gap for the whole estate, until this day."`
}

// Help teaches the command.
func (answerCmd) Help() string {
	return `Answers a question, or accepts a gap. The plan is made anew with the answer. A gap of the estate, a kind of file that nobody can
rewrite, is accepted once with a day of review.

Example:
  vestige answer q-1f3a no --reason "another Ann, says the shop"
  vestige answer gap-91c0 accept --reason "backups expire in 30 days" --review 2027-05-01`
}

// Run carries the command out.
func (x answerCmd) Run(c *call) error {
	a, done, err := c.open("answer")
	if err != nil {
		return err
	}
	defer done()
	verdict := map[string]pii.Verdict{"accept": pii.Accept, "yes": pii.Accept, "reject": pii.Reject, "no": pii.Reject}[x.Verdict]
	if x.Review != "" {
		return x.estate(c, a, verdict)
	}
	id := x.Request
	if id == "" {
		if id, err = x.whose(c, a); err != nil {
			return err
		}
	}
	s, err := a.Requests.Answer(c.ctx, id, x.ID, verdict, x.Reason, c.by())
	if err != nil {
		return err
	}
	return c.print(s, func() {
		q, g := s.Open.Blocking()
		c.printf("Answered. The new plan %s has %s, %s and %s open.\n", s.ID, count(int64(len(s.Open.Steps)), "step"), count(int64(q), "question"), count(int64(g), "gap"))
		c.nextStep(s)
	})
}

func (x answerCmd) estate(c *call, a *app.App, verdict pii.Verdict) error {
	var d policies.Date
	if err := d.UnmarshalText([]byte(x.Review)); err != nil {
		return errkind.New(errkind.Invalid, "--review: %v", err)
	}
	ans := plans.Answer{ID: x.ID, Verdict: verdict, Reason: x.Reason, By: c.by(), Review: endOf(d)}
	if err := a.Engine.Answer(c.ctx, ans); err != nil {
		return err
	}
	return c.print(ans, func() { c.printf("Kept until %s, for every request. Plans made from now on have it.\n", d) })
}

// whose finds the one open request whose plan has the question.
func (x answerCmd) whose(c *call, a *app.App) (string, error) {
	all, err := a.Requests.List(c.ctx, false)
	if err != nil {
		return "", err
	}
	var have []string
	for _, r := range all {
		if s, err := c.find(a, r.ID); err == nil && asks(&s.Open, x.ID) {
			have = append(have, r.ID)
		}
	}
	switch len(have) {
	case 0:
		return "", errkind.New(errkind.NotFound, "no open request has a question or gap %s", x.ID)
	case 1:
		return have[0], nil
	}
	return "", errkind.New(errkind.Invalid, "several requests have it, name one with --request: %s", strings.Join(have, ", "))
}

func asks(o *plans.Open, id string) bool {
	for _, q := range o.Questions {
		if q.ID == id {
			return true
		}
	}
	return slices.ContainsFunc(o.Gaps, func(g plans.Gap) bool { return g.ID == id })
}

type approveCmd struct {
	Plan string `arg:"" help:"A plan or a request."`
	Hash string `required:"" help:"The hash of the plan that you have read."`
}

// Help teaches the command.
func (approveCmd) Help() string {
	return `Approves a plan by its hash: its routes, methods and bases, and its counts with the policy's tolerance. Another person than the one who
asked for it does so, unless the policy says single-approver.

Example:
  vestige --as eve approve REQ-00000001 --hash 8b2148ae88eea8d6…`
}

// Run carries the command out.
func (x approveCmd) Run(c *call) error {
	a, done, err := c.open("approve")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	if s, err = a.Requests.Approve(c.ctx, s.Request, x.Hash, c.by()); err != nil {
		return err
	}
	return c.print(s, func() {
		c.printf("Approved by %s.\n%s\n", c.by(), c.dim("Next: vestige run "+s.Request))
	})
}

type runCmd struct {
	Plan string `arg:"" help:"A plan or a request."`
}

// Help teaches the command.
func (runCmd) Help() string {
	return `Carries an approved plan out as far as it goes, one journalled state after the other. Interrupted, or started twice, it comes to the
same end. The exit code is 3 where it waits for a date, an answer or a system.

Example:
  vestige run REQ-00000001`
}

// Run carries the command out.
func (x runCmd) Run(c *call) error {
	a, done, err := c.open("run")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	r, err := a.Requests.Run(c.ctx, s.Request, c.runProgress)
	if err != nil {
		return err
	}
	reports, err := a.Engine.Reports(c.ctx, s.ID)
	if err != nil {
		return err
	}
	if err := c.print(r, func() {
		c.showResult(s, r)
		if n := len(reports); n > 0 && r.State == plans.Blocked {
			c.showReport(&reports[n-1])
		}
	}); err != nil {
		return err
	}
	if r.State != plans.Closed {
		return &ended{code: exitIncomplete}
	}
	return nil
}

func (c *call) runProgress(e plans.Event) {
	if e.What == "state" && !c.cli.JSON {
		c.printf("  %s %s\n", c.green("→"), e.State)
		return
	}
	c.progress("%s: %s %s %d of %d", e.State, e.What, orElse(e.At.String(), e.Unit), e.Done, e.Total)
}

func (c *call) showResult(s *plans.Status, r plans.Result) {
	switch {
	case r.State == plans.Closed:
		c.printf("%s  %s\n", c.green("Closed."), c.dim("The proof: vestige attestation show "+s.Request))
	case r.Until > 0:
		c.printf("%s until %s; until then: vestige undo %s\n", c.yellow(string(r.State)), when(r.Until), s.Request)
	default:
		c.printf("%s: %s\n", c.yellow(string(r.State)), orElse(r.Reason, "not done"))
	}
	for _, d := range r.Changes {
		c.printf("  %s %s %s (%d, was %d)\n", c.yellow(d.Code), d.At, d.Text, d.Is, d.Was)
	}
	if r.Next != "" {
		c.printf("  A new plan stands in its place: %s\n", r.Next)
	}
}

type undoCmd struct {
	Plan   string `arg:"" help:"A plan or a request."`
	Reason string `required:"" help:"Why."`
}

// Help teaches the command.
func (undoCmd) Help() string {
	return `Takes soft deletes back while the cool-down lasts, and cancels the plan. After it nothing can be undone.

Example:
  vestige undo REQ-00000001 --reason "she changed her mind"`
}

// Run carries the command out.
func (x undoCmd) Run(c *call) error {
	a, done, err := c.open("undo")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	r, err := a.Requests.Withdraw(c.ctx, s.Request, c.by(), x.Reason)
	if err != nil {
		return err
	}
	return c.print(r, func() { c.printf("%s is %s; nothing has been erased.\n", r.ID, r.State) })
}

type verifyCmd struct {
	Plan string `arg:"" help:"A plan or a request that is not closed yet."`
}

// Help teaches the command.
func (verifyCmd) Help() string {
	return `Looks at every dataset of every source for the person's identifiers, in all forms, without the plan's map. Run does so by itself; this is for
a request that is blocked. The exit code is 1 where something is left.

Example:
  vestige verify REQ-00000001`
}

// Run carries the command out.
func (x verifyCmd) Run(c *call) error {
	a, done, err := c.open("verify")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	r, err := a.Engine.Verify(c.ctx, s.ID, c.runProgress)
	if err != nil {
		return err
	}
	if err := c.print(r, func() { c.showReport(r) }); err != nil {
		return err
	}
	switch {
	case len(r.Residues) > 0:
		return findings()
	case len(r.Skipped) > 0:
		return &ended{code: exitIncomplete}
	}
	return nil
}

func (c *call) showReport(r *plans.Report) {
	c.printf("%s searched, %s found that the plan named.\n", count(int64(r.Searched), "dataset"), count(r.Expected, "record"))
	for _, x := range r.Residues {
		c.printf("  %s %s: %s in %s\n", c.red("residue"), x.At, x.Category, count(x.Records, "record"))
	}
	for _, g := range r.Skipped {
		c.printf("  %s %s: %s\n", c.yellow("not searched, "+g.Code), g.At, g.Text)
	}
}

type exportCmd struct {
	Plan       string   `arg:"" help:"An approved plan of kind export, or its request."`
	Out        string   `default:"export.age" placeholder:"FILE" help:"Where it goes."`
	To         []string `placeholder:"age1…" help:"The person's own key."`
	Passphrase string   `placeholder:"FILE" help:"Read a passphrase from a file, - for standard input."`
}

// Help teaches the command.
func (exportCmd) Help() string {
	return `Writes everything of a person as JSON and CSV into one archive, encrypted with age as it is read. What records say of others is left out.

Example:
  vestige plan --for access --email ann@example.com
  vestige export REQ-00000002 --to age1qyq… --out ann.age`
}

// Run carries the command out.
func (x exportCmd) Run(c *call) error {
	a, done, err := c.open("export")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	to := plans.ExportTo{Path: c.path(x.Out), Recipients: x.To, By: c.by()}
	if x.Passphrase != "" {
		text, err := c.read(x.Passphrase)
		if err != nil {
			return err
		}
		if to.Passphrase = pii.NewValue(strings.TrimRight(string(text), "\r\n")); to.Passphrase.Len() == 0 {
			return errkind.New(errkind.Invalid, "there is no passphrase in %s", x.Passphrase)
		}
	}
	info, err := a.Requests.Export(c.ctx, s.Request, to)
	if err != nil {
		return err
	}
	return c.print(info, func() {
		c.printf("Wrote %s, %s, encrypted; gone after %s.\n", x.Out, bytesOf(info.Bytes), day(info.Expires))
	})
}
