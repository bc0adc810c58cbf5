package main

import (
	"strings"
	"time"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/requests"
)

type replayCmd struct {
	Since  string `required:"" placeholder:"TIME" help:"Erasures completed since then are applied again: the time of the backup that was restored, as 2026-11-21 or 2026-11-21T14:00:00Z."`
	Source string `placeholder:"NAME" help:"In this source alone."`
}

// Help teaches the command.
func (replayCmd) Help() string {
	return `After a system was restored from a backup: finds the people in it who were erased since, and erases them again (docs/replay.md). No value
of theirs was kept; they are known by keyed fingerprints. Who came back by herself after her erasure is shown, and never erased by this.
The exit code is 3 where a plan waits for approval, 1 where somebody is only shown.

Example:
  vestige scan shop && vestige replay --since 2026-11-14T02:00:00Z --source shop`
}

// Run carries the command out.
func (x replayCmd) Run(c *call) error {
	since, err := moment(x.Since)
	if err != nil {
		return err
	}
	a, done, err := c.open("replay")
	if err != nil {
		return err
	}
	defer done()
	if x.Source != "" {
		if _, err := a.Source(x.Source); err != nil {
			return err
		}
	}
	r, err := a.Requests.Replay(c.ctx, since, x.Source, c.by(), c.runProgress)
	if err != nil {
		return err
	}
	if err := c.print(r, func() { c.showReplay(r) }); err != nil {
		return err
	}
	switch {
	case len(r.Returns.Skipped) > 0, r.Request != nil && r.Request.State != requests.Closed:
		return &ended{code: exitIncomplete}
	case len(r.Shown) > 0:
		return findings()
	}
	return nil
}

func moment(s string) (int64, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro(), nil
		}
	}
	return 0, errkind.New(errkind.Invalid, "a time is written 2026-11-21 or 2026-11-21T14:00:00Z")
}

func (c *call) showReplay(r *requests.Replayed) {
	c.printf("%s asked in %s; %s came back.\n", count(r.Returns.Values, "value"), count(int64(r.Returns.Searched), "dataset"), c.bold(count(int64(len(r.Returns.People)), "person")))
	var rows [][]string
	for _, p := range r.Returns.Places {
		rows = append(rows, []string{p.Dataset.String(), grouped(p.Restored), grouped(p.Renewed), grouped(p.Returned)})
	}
	if len(rows) > 0 {
		c.table([]string{"dataset", "restored", "renewed", "not told"}, rows)
	}
	for _, p := range r.Shown {
		c.printf("  %s %s, person %d: %s\n", c.yellow("shown"), p.Request, p.N, orElse(map[bool]string{true: "came back by herself"}[p.Renewed > 0], "nothing tells since when"))
	}
	for _, g := range r.Returns.Skipped {
		c.printf("  %s %s: %s\n", c.yellow("gap "+g.Code), g.At, g.Text)
	}
	switch {
	case r.Request == nil:
	case r.Result != nil:
		c.showResult(r.Plan, *r.Result)
	default:
		c.printf("%s erases %s again; it waits for approval:\n  vestige approve %s --hash %s && vestige run %s\n", c.bold(r.Request.ID), count(int64(r.People), "person"), r.Request.ID, r.Plan.Hash, r.Request.ID)
	}
}

type suppressedCmd struct {
	From string `default:"-" placeholder:"FILE" help:"CATEGORY=VALUE lines; standard input where it is not said."`
	Lift string `placeholder:"REASON" help:"Take the suppression of these off: the person came back, and wants to be known."`
}

// Help teaches the command.
func (suppressedCmd) Help() string {
	return `Says of each identifier whether somebody with it was erased or opted out: a line "yes" or "no" for each line read. Values are compared by keyed
fingerprints, and nothing is kept of what is asked. Applications ask POST /api/v1/suppressed. The exit code is 1 where one is.

Example:
  echo contact.email=ann@example.com | vestige suppressed`
}

// suppressedView is the answer.
type suppressedView struct {
	Suppressed []bool `json:"suppressed"`
	Lifted     int64  `json:"lifted,omitempty"`
}

// Run carries the command out.
func (x suppressedCmd) Run(c *call) error {
	a, done, err := c.open("suppressed")
	if err != nil {
		return err
	}
	defer done()
	ids, err := x.identifiers(c)
	if err != nil {
		return err
	}
	var v suppressedView
	if v.Suppressed, err = a.Engine.Suppressed(c.ctx, ids); err != nil {
		return err
	}
	if x.Lift != "" {
		if v.Lifted, err = a.Engine.Unsuppress(c.ctx, ids, x.Lift, c.by()); err != nil {
			return err
		}
	}
	return c.answerSuppressed(v)
}

func (x suppressedCmd) identifiers(c *call) (out []pii.Identifier, err error) {
	text, err := c.read(x.From)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, err := app.ParseIdentifier(line)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

func (c *call) answerSuppressed(v suppressedView) error {
	any := false
	err := c.print(v, func() {
		for _, yes := range v.Suppressed {
			c.printf("%s\n", map[bool]string{true: "yes", false: "no"}[yes])
		}
	})
	for _, yes := range v.Suppressed {
		any = any || yes
	}
	if err == nil && any && v.Lifted == 0 {
		return findings()
	}
	return err
}
