package main

import (
	"encoding/json"
	"time"

	"vestige/internal/app"
	"vestige/internal/clock"
	"vestige/plans"
	"vestige/requests"
)

// going is how far a command takes a request.
type going struct {
	Wait    bool `help:"Go on with it as far as it goes without a person, and say everything of it: the plan, what was done, what was looked for afterwards, the proof."`
	Approve bool `help:"With --wait: approve the plan as it is made, unless something is open; you must be allowed to approve what you asked for."`
}

// goneTo is a request with everything that there is to say of it.
type goneTo struct {
	requestView
	Steps       *plans.Status   `json:"document,omitempty"` // its plan
	Result      *plans.Result   `json:"result,omitempty"`   // of carrying it out
	Reports     []plans.Report  `json:"reports"`            // of the looks afterwards
	Attestation json.RawMessage `json:"attestation,omitempty"`
}

// What a command waits for by itself, and how often a plan that was overtaken is approved anew.
const (
	shortWait = 30 * time.Second
	overtaken = 5
)

// takes has a request go on, and says how far it came. The exit code is 1 where a question or a gap is open, and 3 where it waits.
func (x going) takes(c *call, a *app.App, id string) error {
	var res *plans.Result
	open, err := x.plans(c, a, id)
	if err == nil && !open {
		res, open, err = x.carries(c, a, id)
	}
	if err != nil {
		return err
	}
	out, err := wholeOf(c, a, id)
	if err != nil {
		return err
	}
	out.Result = res
	if err := c.print(out, func() { out.show(c) }); err != nil {
		return err
	}
	switch {
	case out.State == requests.Closed:
		return nil
	case open:
		return findings()
	}
	return &ended{code: exitIncomplete}
}

// plans makes the plan of a request that has none, and approves it where that is asked for; open says that a question or a gap stands in the way.
func (x going) plans(c *call, a *app.App, id string) (open bool, err error) {
	r, err := a.Requests.Show(c.ctx, id)
	if err != nil {
		return false, err
	}
	if r.Plan == "" && r.State == requests.Scoping {
		c.progress("planning …")
		if _, err := a.Requests.Plan(c.ctx, id, c.by()); err != nil {
			return false, err
		}
		if r, err = a.Requests.Show(c.ctx, id); err != nil {
			return false, err
		}
	}
	if r.Plan == "" {
		return false, nil
	}
	s, err := a.Engine.Show(c.ctx, r.Plan)
	if err != nil || s.State != plans.Planned {
		return false, err
	}
	if q, g := s.Open.Blocking(); q+g > 0 {
		return true, nil
	}
	if x.Approve {
		_, err = a.Requests.Approve(c.ctx, id, s.Hash, c.by())
	}
	return false, err
}

// carries carries out what is approved, until it has ended or somebody is needed. A plan that another one took the place of is approved as the first one was.
func (x going) carries(c *call, a *app.App, id string) (*plans.Result, bool, error) {
	var last *plans.Result
	for n := 0; ; {
		r, err := a.Requests.Show(c.ctx, id)
		if err != nil || !carried[r.State] {
			return last, false, err
		}
		res, err := a.Requests.Run(c.ctx, id, c.runProgress)
		if err != nil {
			return last, false, err
		}
		last = &res
		switch {
		case res.State == plans.Closed:
			return last, false, a.Requests.Finish(c.ctx, id, c.by())
		case res.Next != "" && n < overtaken:
			n++
			if open, err := x.plans(c, a, id); open || err != nil {
				return last, open, err
			}
		case res.Again == 0 || res.Again > shortWait:
			return last, false, nil
		default:
			if err := clock.Wait(c.ctx, res.Again); err != nil {
				return last, false, err
			}
		}
	}
}

// carried are the states in which a request goes on when its plan is carried out.
var carried = map[requests.State]bool{requests.Approved: true, requests.Exporting: true, requests.Cooling: true, requests.Executing: true, requests.Checking: true, requests.Attesting: true}

// wholeOf gathers what there is to say of a request.
func wholeOf(c *call, a *app.App, id string) (out goneTo, err error) {
	out.Reports = []plans.Report{}
	if out.requestView, err = historyOf(c, a, id); err != nil || out.Plan == "" {
		return out, err
	}
	if out.Steps, err = a.Engine.Show(c.ctx, out.Plan); err != nil {
		return out, err
	}
	reports, err := a.Engine.Reports(c.ctx, out.Plan)
	if out.Reports = append(out.Reports, reports...); err == nil && out.Steps.State == plans.Closed {
		out.Attestation, err = a.Engine.Attestation(c.ctx, out.Plan)
	}
	return out, err
}

// show prints the request, and of its plan what comes next.
func (g *goneTo) show(c *call) {
	g.requestView.show(c)
	if g.Steps == nil {
		return
	}
	if g.Result == nil {
		c.showPlan(g.Steps)
		return
	}
	c.showResult(g.Steps, *g.Result)
	if n := len(g.Reports); n > 0 {
		c.showReport(&g.Reports[n-1])
	}
}
