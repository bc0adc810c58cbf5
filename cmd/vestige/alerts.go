package main

import (
	"vestige/catalog"
	"vestige/internal/app"
	"vestige/watch"
)

type alertsCmd struct {
	List   alertsListCmd   `cmd:"" default:"withargs" help:"What a person should look at."`
	Close  alertsCloseCmd  `cmd:"" help:"Close alerts, with a reason."`
	Snooze alertsSnoozeCmd `cmd:"" help:"Put alerts off until a time, with a reason."`
	Own    alertsOwnCmd    `cmd:"" help:"Say who looks after alerts."`
}

// Help teaches the command.
func (alertsCmd) Help() string {
	return `What a person should look at: new, changed, gone, unmapped, unreachable or contradicted (docs/alerts.md). What no longer holds closes by itself.

Example:
  vestige alerts --code unmapped --exit-code
  vestige alerts snooze unmapped:shop/users --until 7d --reason "the migration ends on Friday"`
}

type alertsListCmd struct {
	Code     string `help:"Only those of a code."`
	Source   string `help:"Only those of a source."`
	Owner    string `help:"Only those that somebody looks after."`
	Closed   bool   `help:"Closed ones too."`
	Snoozed  bool   `help:"Ones that are put off too."`
	ExitCode bool   `help:"End with 1 where there is any, for scripts."`
}

// Run carries the command out.
func (x alertsListCmd) Run(c *call) error {
	a, done, err := c.open("alerts")
	if err != nil {
		return err
	}
	defer done()
	all, _, err := a.Catalog.AlertsBy(c.ctx, catalog.AlertFilter{Code: x.Code, Source: x.Source, Owner: x.Owner, Closed: x.Closed, Snoozed: x.Snoozed})
	if err != nil {
		return err
	}
	if all == nil {
		all = []catalog.Alert{}
	}
	if err := c.print(all, func() { c.showAlerts(all) }); err != nil {
		return err
	}
	if x.ExitCode && len(all) > 0 {
		return findings()
	}
	return nil
}

func (c *call) showAlerts(all []catalog.Alert) {
	var rows [][]string
	for _, a := range all {
		state := a.Owner
		switch {
		case a.Closed != 0:
			state = "closed by " + a.By
		case a.Snoozed != 0:
			state = "until " + when(a.Snoozed)
		}
		rows = append(rows, []string{when(a.Opened), a.ID, a.Text, state})
	}
	c.table([]string{"opened", "alert", "what", ""}, rows)
	if len(all) == 0 {
		c.printf("No alert is open.\n")
	}
}

// handled is what a call that handles alerts prints.
type handled struct {
	Alerts []catalog.Alert `json:"alerts"`
}

// handle does something to alerts and prints them as they are then.
func (c *call) handle(command string, ids []string, do func(a *app.App) error) error {
	a, done, err := c.open("alerts " + command)
	if err != nil {
		return err
	}
	defer done()
	if err := do(a); err != nil {
		return err
	}
	out := handled{Alerts: []catalog.Alert{}}
	for _, id := range ids {
		one, err := a.Catalog.Alert(c.ctx, id)
		if err != nil {
			return err
		}
		out.Alerts = append(out.Alerts, one)
	}
	return c.print(out, func() { c.showAlerts(out.Alerts) })
}

type alertsCloseCmd struct {
	Alert  []string `arg:"" help:"Ids, as the list gives them."`
	Reason string   `required:"" help:"Why."`
}

// Run carries the command out.
func (x alertsCloseCmd) Run(c *call) error {
	return c.handle("close", x.Alert, func(a *app.App) error { return a.Watch.CloseAlerts(c.ctx, c.by(), x.Alert, x.Reason) })
}

type alertsSnoozeCmd struct {
	Alert  []string `arg:"" help:"Ids, as the list gives them."`
	Until  string   `required:"" help:"A day, a time, or a while: 2026-12-24, 3d, 12h."`
	Reason string   `required:"" help:"Why."`
}

// Run carries the command out.
func (x alertsSnoozeCmd) Run(c *call) error {
	until, err := watch.Until(x.Until)
	if err != nil {
		return err
	}
	return c.handle("snooze", x.Alert, func(a *app.App) error { return a.Watch.SnoozeAlerts(c.ctx, c.by(), x.Alert, until, x.Reason) })
}

type alertsOwnCmd struct {
	Alert []string `arg:"" help:"Ids, as the list gives them."`
	Owner string   `required:"" help:"Her name; \"\" for nobody."`
}

// Run carries the command out.
func (x alertsOwnCmd) Run(c *call) error {
	return c.handle("own", x.Alert, func(a *app.App) error { return a.Watch.OwnAlerts(c.ctx, c.by(), x.Alert, x.Owner) })
}
