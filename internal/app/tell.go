package app

import (
	"context"
	"slices"

	"vestige/events"
	"vestige/internal/errkind"
	"vestige/policies"
)

// teller puts into a message to a recipient whom it is about, when it is sent: the outbox holds no value of anybody's.
type teller struct {
	events.Sender
	a *App
}

// Send sends the message.
func (t teller) Send(ctx context.Context, m events.Message) error {
	m.Events = slices.Clone(m.Events)
	for i, e := range m.Events {
		if e.Type != events.Erased {
			continue
		}
		data, err := t.a.Engine.Notice(ctx, e.Where, e.Source)
		if err != nil {
			return errkind.Wrap(errkind.Of(err), err, "whom the message is about")
		}
		m.Events[i].Data = data
	}
	return t.Sender.Send(ctx, m)
}

// reachable refuses a register of recipients that names a channel which there is not.
func (a *App) reachable() error {
	for _, r := range a.Policy.Recipients {
		if r.Tell != policies.Manual && a.Config.Notify[r.Tell].Type == "" {
			return errkind.Coded(errkind.Invalid, "no-such-channel", "recipient %s: the configuration has no channel %s under notify", r.Name, r.Tell)
		}
	}
	return nil
}

// Told says that a recipient was told of a request's erasure, or has answered, and how.
func (a *App) Told(ctx context.Context, request, recipient, by, how string) error {
	r, err := a.Requests.Show(ctx, request)
	if err != nil {
		return err
	}
	return a.Engine.Confirm(ctx, r.Plan, recipient, by, how)
}
