package main

import (
	"strings"
	"time"

	"vestige/internal/app"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

type requestCmd struct {
	New      requestNew      `cmd:"" help:"Take a request in."`
	List     requestList     `cmd:"" default:"1" help:"List requests in the order of the queue."`
	Show     requestShow     `cmd:"" help:"Show one, with its history."`
	Identify requestIdentify `cmd:"" help:"Say how the person's identity was checked."`
	Wait     requestWait     `cmd:"" help:"Stop until something has come."`
	Resume   requestResume   `cmd:"" help:"Go on where wait stopped."`
	Deny     requestDeny     `cmd:"" help:"End it with a refusal."`
	Extend   requestExtend   `cmd:"" help:"Take the longer time that the law allows, once; the person is told why."`
	Withdraw requestWithdraw `cmd:"" help:"The person no longer wants it."`
	Told     requestTold     `cmd:"" help:"Say that a recipient of the data was told of the erasure, and how."`
}

// Help teaches the command.
func (requestCmd) Help() string {
	return `Takes requests in, keeps their clocks, and says where each is (docs/requests.md).

Example:
  vestige request new --type erasure --regime gdpr --email ann@example.com --verified "passport, seen"
  vestige request new --email ann@example.com --verified "passport, seen" --wait --json
  vestige request new --batch expired-consents.csv --verified "list of the consent system"
  vestige request list`
}

type requestNew struct {
	person
	going
	Type     string `default:"erasure" help:"erasure, access, portability, rectification …"`
	Regime   string `default:"gdpr" help:"gdpr, uk_gdpr, ccpa."`
	ID       string `placeholder:"REQ" help:"REQ- and eight digits, where it has a number already."`
	Verified string `help:"How the identity was checked; empty where it is still to be."`
	Export   bool   `help:"An erasure that begins with an export."`
	Batch    string `placeholder:"FILE" help:"Many people at once: CSV, a line each, columns named by category (contact.email …), - for standard input."`
}

// Run carries the command out.
func (x requestNew) Run(c *call) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	in := requests.Intake{ID: x.ID, Type: policies.Type(x.Type), Regime: x.Regime, Verified: x.Verified, Channel: "command line", By: c.by(), Export: x.Export}
	if x.Batch != "" {
		in.Subjects, err = c.batch(x.Batch)
	} else {
		in.Identifiers, err = x.identifiers(c)
	}
	if err != nil {
		return err
	}
	r, err := a.Requests.Intake(c.ctx, in)
	switch {
	case err != nil:
		return err
	case x.Wait:
		return x.takes(c, a, r.ID)
	}
	return c.showRequest(r)
}

// batch reads the people of a batch.
func (c *call) batch(file string) ([][]pii.Identifier, error) {
	text, err := c.read(file)
	if err != nil {
		return nil, err
	}
	return requests.ReadBatch(text, func(category, value string) (pii.Identifier, error) {
		return app.ParseIdentifier(category + "=" + value)
	})
}

func (c *call) showRequest(r *requests.Request) error {
	return c.print(r, func() {
		c.printf("%s  %s under %s, %s, due %s\n", c.bold(r.ID), r.Type, r.Regime, r.State, day(r.Due()))
		if r.Subjects > 0 {
			c.printf("  about %s\n", count(int64(r.Subjects), "person"))
		}
		if r.Joined {
			c.printf("  joined to the open request of the same person\n")
		}
		if r.Reason != "" {
			c.printf("  %s\n", r.Reason)
		}
	})
}

type requestList struct {
	All bool `help:"Those that have ended, too."`
}

// Run carries the command out.
func (x requestList) Run(c *call) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Requests.List(c.ctx, x.All)
	if err != nil {
		return err
	}
	if all == nil {
		all = []*requests.Request{}
	}
	return c.print(all, func() {
		var rows [][]string
		for _, r := range all {
			rows = append(rows, []string{r.ID, string(r.Type), r.Regime, string(r.State), day(r.Received), day(r.Due()), r.Plan})
		}
		c.table([]string{"request", "type", "regime", "state", "received", "due", "plan"}, rows)
		if len(rows) == 0 {
			c.printf("No request is open.\n")
		}
	})
}

type requestShow struct {
	going
	ID string `arg:"" help:"The request."`
}

// requestView is a request with its history.
type requestView struct {
	*requests.Request
	History []requests.Change `json:"history"`
	Batch   *plans.Batch      `json:"batch,omitempty"` // of many: what the plan does of whom
	Own     []requests.Own    `json:"own,omitempty"`   // of many: who have requests of their own instead
	Ends    []requests.Ended  `json:"ends,omitempty"`  // of many: how far everybody has come
	Told    []plans.Told      `json:"told,omitempty"`  // recipients of the data, and how far the telling has come
}

// Run carries the command out.
func (x requestShow) Run(c *call) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	if x.Wait {
		return x.takes(c, a, x.ID)
	}
	view, err := historyOf(c, a, x.ID)
	if err != nil {
		return err
	}
	return c.print(view, func() { view.show(c) })
}

// historyOf reads a request with its history.
func historyOf(c *call, a *app.App, id string) (v requestView, err error) {
	if v.Request, err = a.Requests.Show(c.ctx, id); err != nil {
		return v, err
	}
	if v.History, err = a.Requests.History(c.ctx, id); err != nil {
		return v, err
	}
	return v, v.many(c, a)
}

func (v *requestView) show(c *call) {
	var cats []string
	for _, s := range v.Subject {
		cats = append(cats, string(s))
	}
	c.printf("%s  %s under %s, known by %s\n  %s, received %s, due %s\n", c.bold(v.ID), v.Type, v.Regime, strings.Join(cats, ", "), v.State, day(v.Received), day(v.Due()))
	for _, e := range v.History {
		c.printf("  %s  %-12s %s  %s\n", when(e.At), e.State, e.By, c.dim(e.Reason))
	}
	v.showMany(c)
	c.showTold(v.Told)
}

// many adds what a batch says of its subjects.
func (v *requestView) many(c *call, a *app.App) (err error) {
	if v.Plan != "" {
		if v.Told, err = a.Engine.Told(c.ctx, v.Plan); err != nil {
			return err
		}
	}
	if v.Subjects == 0 || v.Plan == "" {
		return nil
	}
	p, err := a.Engine.Show(c.ctx, v.Plan)
	if err != nil {
		return err
	}
	v.Batch = p.Open.Batch
	if v.Own, err = a.Requests.Own(c.ctx, v.ID); err == nil && v.Batch != nil {
		v.Ends = requests.Ends(v.Request, v.Batch, v.Own)
	}
	return err
}

func (v *requestView) showMany(c *call) {
	if b := v.Batch; b != nil {
		c.printf("  %d people: %d planned, nothing found of %d, %d with requests of their own\n", b.Subjects, b.Planned, len(b.Nothing), len(b.Left))
	}
	for _, e := range v.Ends {
		c.printf("    %d %s%s\n", e.Subjects, e.State, map[bool]string{true: ", nothing found"}[e.Nothing])
	}
	for _, o := range v.Own {
		c.printf("    %d  %s  %s  %s\n", o.Subject, o.Request, o.State, c.dim(o.Why))
	}
}

// showTold says of each recipient whether she was told.
func (c *call) showTold(all []plans.Told) {
	var rows [][]string
	for _, t := range all {
		state := c.yellow(t.State)
		if t.State == "told" {
			state = c.green("told " + when(t.At))
		}
		rows = append(rows, []string{t.Recipient, state, t.By, day(t.Due), orElse(t.Text, orElse(t.Code, t.Delivery))})
	}
	if len(rows) > 0 {
		c.table([]string{"recipient", "", "by", "due", ""}, rows)
	}
}

type requestTold struct {
	ID        string `arg:"" help:"The request."`
	Recipient string `arg:"" help:"Who was told, as the policy names them."`
	How       string `required:"" help:"How, or their answer; or why it is impossible."`
}

// Run carries the command out.
func (x requestTold) Run(c *call) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	if err := a.Told(c.ctx, x.ID, x.Recipient, c.by(), x.How); err != nil {
		return err
	}
	r, err := a.Requests.Show(c.ctx, x.ID)
	if err != nil {
		return err
	}
	all, err := a.Engine.Told(c.ctx, r.Plan)
	if err != nil {
		return err
	}
	return c.print(all, func() {
		c.showTold(all)
		c.printf("%s\n", c.dim("vestige run "+x.ID+" goes on once all are told; vestige serve does so by itself"))
	})
}

type requestIdentify struct {
	ID  string `arg:"" help:"The request."`
	How string `arg:"" help:"How: a code by mail, a document seen …"`
}

// Run carries the command out.
func (x requestIdentify) Run(c *call) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Requests.Identify(c.ctx, x.ID, x.How, c.by())
	if err != nil {
		return err
	}
	return c.showRequest(r)
}

// reasoned is a request with a reason to do something about it.
type reasoned struct {
	ID     string `arg:"" help:"The request."`
	Reason string `required:"" help:"Why."`
}

type requestWait struct{ reasoned }
type requestResume struct{ reasoned }
type requestExtend struct{ reasoned }
type requestDeny struct{ reasoned }
type requestWithdraw struct{ reasoned }

// Run carries the command out.
func (x requestWait) Run(c *call) error { return x.do(c, "wait") }

// Run carries the command out.
func (x requestResume) Run(c *call) error { return x.do(c, "resume") }

// Run carries the command out.
func (x requestExtend) Run(c *call) error { return x.do(c, "extend") }

// Run carries the command out.
func (x requestDeny) Run(c *call) error { return x.do(c, "deny") }

// Run carries the command out.
func (x requestWithdraw) Run(c *call) error { return x.do(c, "withdraw") }

func (x reasoned) do(c *call, what string) error {
	a, done, err := c.open("request")
	if err != nil {
		return err
	}
	defer done()
	s := a.Requests
	r, err := map[string]func() (*requests.Request, error){
		"wait":     func() (*requests.Request, error) { return s.Wait(c.ctx, x.ID, c.by(), x.Reason) },
		"resume":   func() (*requests.Request, error) { return s.Resume(c.ctx, x.ID, c.by(), x.Reason) },
		"extend":   func() (*requests.Request, error) { return s.Extend(c.ctx, x.ID, c.by(), x.Reason) },
		"deny":     func() (*requests.Request, error) { return s.Deny(c.ctx, x.ID, c.by(), x.Reason) },
		"withdraw": func() (*requests.Request, error) { return s.Withdraw(c.ctx, x.ID, c.by(), x.Reason) },
	}[what]()
	if err != nil {
		return err
	}
	return c.showRequest(r)
}

// endOf gives the last moment of a day, in microseconds since 1970.
func endOf(d policies.Date) int64 {
	return time.Date(d.Year, d.Month, d.Day, 23, 59, 59, 0, time.UTC).UnixMicro()
}
