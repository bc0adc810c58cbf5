package main

import (
	"slices"
	"strings"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

type answerCmd struct {
	ID      string `arg:"" help:"Of the question, of one of its places, or of the gap."`
	Verdict string `arg:"" enum:"accept,reject,yes,no" help:"accept or yes: it is hers, or the gap is accepted. reject or no: it is not."`
	Reason  string `required:"" help:"Why."`
	Request string `placeholder:"REQ" help:"Of which request, where several have it."`
	Review  string `placeholder:"DATE" help:"Accept a gap for the whole estate, until this day."`

	Remember bool `help:"Make it a decision on the field or the reference: nobody is asked about the same doubt there again, whoever the person is."`
}

// Help teaches the command.
func (answerCmd) Help() string {
	return `Answers a question, or accepts a gap. The plan is made anew with the answer. A gap of the estate, a kind of file that nobody can
rewrite, is accepted once with a day of review. An answer that says something of the field or of the reference, and not of one person,
can be remembered; "vestige decide ID defer" takes that back.

Example:
  vestige answer q-1f3a no --reason "another Ann, says the shop"
  vestige answer q-77b2 no --reason "names of authors stand there" --remember
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
	var kept []string
	if s, err := c.find(a, id); err == nil && x.Remember {
		kept = decisionsOf(&s.Open, x.ID)
	}
	s, err := a.Requests.Answer(c.ctx, plans.Answer{Request: id, ID: x.ID, Verdict: verdict, Reason: x.Reason, By: c.by(), Remember: x.Remember})
	if err != nil {
		return err
	}
	return c.print(s, func() {
		q, g := s.Open.Blocking()
		for _, id := range kept {
			c.printf("Remembered as a decision. To take it back: vestige decide %s defer\n", id)
		}
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
		if q.ID == id || slices.ContainsFunc(q.Places, func(at lineage.Doubt) bool { return at.ID == id }) {
			return true
		}
	}
	return slices.ContainsFunc(o.Gaps, func(g plans.Gap) bool { return g.ID == id })
}

// decisionsOf gives what an answer decides on where it is remembered.
func decisionsOf(o *plans.Open, id string) (out []string) {
	for _, q := range o.Questions {
		for _, at := range q.Places {
			if q.ID == id || at.ID == id {
				out = append(out, at.Decision)
			}
		}
	}
	return out
}
