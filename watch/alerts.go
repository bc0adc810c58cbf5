package watch

import (
	"context"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// longestSnooze is for how long an alert can be put off at once.
const longestSnooze = 366 * 24 * time.Hour

// mostAlerts is how many alerts are handled in one call.
const mostAlerts = 1000

// CloseAlerts closes alerts with a reason, all of them or none; what is still so opens them again with the next scan.
func (s *Service) CloseAlerts(ctx context.Context, by string, ids []string, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return errkind.Coded(errkind.Invalid, "no-reason", "say why it is closed")
	}
	return s.each(ctx, by, "alert.close", ids, reason, nil, func(tx db.Tx, id string) error { return s.Catalog.CloseAlert(ctx, tx, id, by, reason) })
}

// SnoozeAlerts puts alerts off until a time, with a reason. A time that is past wakes them.
func (s *Service) SnoozeAlerts(ctx context.Context, by string, ids []string, until time.Time, reason string) error {
	reason = strings.TrimSpace(reason)
	switch now := clock.Now(); {
	case until.After(now) && reason == "":
		return errkind.Coded(errkind.Invalid, "no-reason", "say why it is put off")
	case until.Sub(now) > longestSnooze:
		return errkind.Coded(errkind.Invalid, "bad-end", "an alert is put off for a year at most")
	}
	facts := map[string]any{"until": until.UnixMicro()}
	return s.each(ctx, by, "alert.snooze", ids, reason, facts, func(tx db.Tx, id string) error {
		return s.Catalog.SnoozeAlert(ctx, tx, id, by, reason, until.UnixMicro())
	})
}

// OwnAlerts says who looks after alerts; "" for nobody.
func (s *Service) OwnAlerts(ctx context.Context, by string, ids []string, owner string) error {
	if owner = strings.TrimSpace(owner); len(owner) > 100 {
		return errkind.Coded(errkind.Invalid, "bad-name", "a name has at most 100 bytes")
	}
	return s.each(ctx, by, "alert.own", ids, "", map[string]any{"owner": owner}, func(tx db.Tx, id string) error { return s.Catalog.OwnAlert(ctx, tx, id, owner) })
}

func (s *Service) each(ctx context.Context, by, action string, ids []string, reason string, facts map[string]any, do func(db.Tx, string) error) error {
	switch {
	case len(ids) == 0:
		return errkind.Coded(errkind.Invalid, "no-alert", "name at least one alert")
	case len(ids) > mostAlerts || len(reason) > 1000:
		return errkind.Coded(errkind.Invalid, "too-much", "at most 1,000 alerts at once, with a reason of at most 1,000 bytes")
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		for _, id := range ids {
			if err := do(tx, id); err != nil {
				return err
			}
			if err := s.note(ctx, tx, by, action, id, facts); err != nil {
				return err
			}
		}
		return nil
	})
}

// Until reads the end of a snooze: a day (its end, in UTC), a time, or a while from now (3d, 12h).
func Until(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		text = days + "h"
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return clock.Now().Add(24 * d), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return clock.Now().Add(d), nil
	}
	return time.Time{}, errkind.Coded(errkind.Invalid, "bad-end", "until when is a day (2026-12-24), a time, or a while (3d, 12h)")
}

// TryAgain has a delivery that nobody took tried from the start.
func (s *Service) TryAgain(ctx context.Context, by, id string) error {
	return s.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.Outbox.Again(ctx, tx, id); err != nil {
			return err
		}
		return s.note(ctx, tx, by, "delivery.again", id, nil)
	})
}
