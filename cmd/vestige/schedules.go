package main

import (
	"strings"

	"vestige/catalog"
	"vestige/watch"
)

type schedulesCmd struct {
	List   schedulesListCmd   `cmd:"" default:"1" help:"When sources are scanned."`
	Put    schedulesPutCmd    `cmd:"" help:"Make a schedule, or change one."`
	Remove schedulesRemoveCmd `cmd:"" help:"Take a schedule away."`
}

// Help teaches the command.
func (schedulesCmd) Help() string {
	return `When sources are scanned. Schedules stand in vestige.yaml, or in the store, where this command and the catalog's pages change them; a running
"vestige serve" does what is due (docs/scans.md).

Example:
  vestige schedules put nightly "15 2 * * *" --zone Europe/Berlin --quiet "Mon-Fri 08:00-18:00"`
}

type schedulesListCmd struct{}

// Run carries the command out.
func (schedulesListCmd) Run(c *call) error {
	a, done, err := c.open("schedules")
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Watch.Schedules(c.ctx)
	if err != nil {
		return err
	}
	if all == nil {
		all = []watch.Schedule{}
	}
	return c.print(all, func() {
		c.showSchedules(all)
		if len(all) == 0 {
			c.printf("There is no schedule.\n")
		}
	})
}

func (c *call) showSchedules(all []watch.Schedule) {
	var rows [][]string
	for _, x := range all {
		zone, sources, next := x.Zone, strings.Join(x.Sources, " "), when(x.Due)
		if zone == "" {
			zone = "UTC"
		}
		if sources == "" {
			sources = "all"
		}
		if !x.Enabled {
			next = "switched off"
		}
		rows = append(rows, []string{x.Name, x.Cron, zone, sources, x.Scope.Text(), when(x.Last), next})
	}
	c.table([]string{"schedule", "when", "zone", "sources", "scope", "last (UTC)", "next (UTC)"}, rows)
}

type schedulesPutCmd struct {
	Name    string   `arg:"" help:"Of the schedule."`
	Cron    string   `arg:"" help:"Minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly."`
	Zone    string   `help:"Time zone, as in Europe/Berlin; UTC where none is named."`
	Source  []string `help:"Sources; all where none is named."`
	Quiet   []string `sep:";" help:"Maintenance windows, in which no source is read: \"22:00-06:00\", \"Mon-Fri 08:00-18:00\"."`
	Include []string `help:"Patterns of datasets, of which one must fit."`
	Exclude []string `help:"Patterns of datasets, of which none may fit."`
	Full    bool     `help:"Read every record."`
	Off     bool     `help:"Keep it, switched off."`
}

// Run carries the command out.
func (x schedulesPutCmd) Run(c *call) error {
	a, done, err := c.open("schedules put")
	if err != nil {
		return err
	}
	defer done()
	made, err := a.Watch.PutSchedule(c.ctx, c.by(), watch.Schedule{Name: x.Name, Cron: x.Cron, Zone: x.Zone, Sources: x.Source, Quiet: x.Quiet, Enabled: !x.Off,
		Scope: catalog.Scope{Include: x.Include, Exclude: x.Exclude, Full: x.Full}}, -1)
	if err != nil {
		return err
	}
	return c.print(made, func() { c.showSchedules([]watch.Schedule{made}) })
}

type schedulesRemoveCmd struct {
	Name string `arg:"" help:"Of the schedule."`
}

// Run carries the command out.
func (x schedulesRemoveCmd) Run(c *call) error {
	a, done, err := c.open("schedules remove")
	if err != nil {
		return err
	}
	defer done()
	if err := a.Watch.RemoveSchedule(c.ctx, c.by(), x.Name); err != nil {
		return err
	}
	all, err := a.Watch.Schedules(c.ctx)
	if err != nil {
		return err
	}
	return c.print(all, func() { c.showSchedules(all) })
}
