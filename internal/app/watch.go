package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"vestige/events"
	"vestige/internal/errkind"
	"vestige/scanner"
	"vestige/watch"
)

// openWatch makes what looks after sources: the outbox with its channels, and the schedules of the configuration.
func (a *App) openWatch(ctx context.Context, _ Options) error {
	var channels []events.Channel
	for _, name := range slices.Sorted(maps.Keys(a.Config.Notify)) {
		c, err := a.channel(ctx, a.Config.Notify[name])
		if err != nil {
			return errkind.Wrap(errkind.Of(err), err, "notify %s", name)
		}
		channels = append(channels, c)
	}
	a.Outbox = events.New(a.DB, channels)
	if a.Engine.Outbox = a.Outbox; a.reachable() != nil {
		return a.reachable()
	}
	a.Watch = watch.New(watch.Deps{
		DB: a.DB, Catalog: a.Catalog, Audit: a.Audit, Outbox: a.Outbox, Stale: a.Config.Stale, Log: a.Log,
		Sources: func() []string { return slices.Sorted(maps.Keys(a.Sources)) },
		Scan:    a.scanRun,
		Listen: func(ctx context.Context, source string, tell func(string)) error {
			s, err := a.Source(source)
			if err != nil {
				return err
			}
			return s.Watch(ctx, tell)
		},
		Relate: func(ctx context.Context) error { _, err := a.Scanner.Relate(ctx); return err },
	})
	return a.Watch.Adopt(ctx, a.Config.Schedules)
}

// scanRun does a run that was asked for. One of a schedule ends with a drill, where the source lets itself be drilled.
func (a *App) scanRun(ctx context.Context, by, source, run string) (scanner.Report, error) {
	s, err := a.Source(source)
	if err != nil {
		return scanner.Report{}, err
	}
	r, err := a.ScanOne(ctx, by, s, scanner.Options{Run: run}, nil)
	if err == nil && strings.HasPrefix(by, "schedule ") && a.Config.Sources[source].Drill != "" {
		if _, e := a.Drill(ctx, by, []string{source}, func(string, string) {}); e != nil && ctx.Err() == nil {
			a.failed("drill " + source)(e)
		}
	}
	return r, err
}

// channel opens one way to the outside, with its secret.
func (a *App) channel(ctx context.Context, n Notify) (c events.Channel, err error) {
	c = events.Channel{Name: n.Name, Kind: n.Type, Codes: n.Codes, Sources: n.Sources}
	secret, err := a.Config.setting(ctx, n.Secret)
	if err != nil {
		return c, err
	}
	switch n.Type {
	case "mail":
		c.Sender = &events.Mail{Server: n.Server, From: n.From, To: n.To, User: n.User, Password: secret, TLS: n.TLS, Address: a.Config.Address}
	case "webhook":
		c.Sender = &events.Webhook{URL: n.URL, Secret: secret}
	case "command":
		c.Sender = &events.Command{Run: n.Run, Dir: a.Config.Base}
	}
	c.Sender = teller{c.Sender, a}
	return c, nil
}
