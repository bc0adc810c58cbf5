package requests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vestige/audit"
	"vestige/events"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/policies"
)

// Sign says how near a deadline is.
type Sign string

// The signs of a deadline. One that has ended has none to keep.
const (
	Far  Sign = "far"
	Near Sign = "near" // within ten days
	Soon Sign = "soon" // within three
	Late Sign = "late"
	Over Sign = "over"
)

// How long before its deadline a request is near it, and soon to miss it.
const (
	nearBefore = 10 * 24 * time.Hour
	soonBefore = 3 * 24 * time.Hour
)

// Due is when the answer is owed, in microseconds since 1970: within the regime's time, and within the longer one where somebody has extended the request.
func (r *Request) Due() int64 { return r.set() + r.stood() }

// set is the deadline without what the request is waiting now.
func (r *Request) set() int64 {
	if r.Prolonged > 0 {
		return r.Extended
	}
	return r.Respond
}

// stood is for how long the clock of a request that waits has stood, where its regime lets it.
func (r *Request) stood() int64 {
	if r.State != Waiting || r.Waits == 0 {
		return 0
	}
	if regime, err := policies.FindRegime(r.Regime); err != nil || !regime.Pause {
		return 0
	}
	return clock.Micros() - r.Waits
}

// Sign says how near the deadline is now.
func (r *Request) Sign() Sign {
	left := time.Duration(r.Due()-clock.Micros()) * time.Microsecond
	switch {
	case r.State.Terminal():
		return Over
	case left < 0:
		return Late
	case left < soonBefore:
		return Soon
	case left < nearBefore:
		return Near
	}
	return Far
}

// Extend moves the deadline to the end that the regime allows, once, with a reason that the person is told in time: before the first deadline is over (GDPR
// art. 12(3), 11 CCR 7021(b)).
func (s *Service) Extend(ctx context.Context, id, by, reason string) (r *Request, err error) {
	if strings.TrimSpace(reason) == "" || by == "" {
		return nil, errkind.Coded(errkind.Invalid, "reason", "an extension has a reason, which the person is told")
	}
	return r, s.db.Write(ctx, func(tx db.Tx) error {
		if r, err = held(ctx, tx, id); err != nil {
			return err
		}
		now := clock.Micros()
		switch {
		case r.State.Terminal():
			return errkind.Coded(errkind.Conflict, "request-ended", "the request is %s", r.State)
		case r.Extended == 0:
			return errkind.Coded(errkind.Conflict, "no-extension", "%s has no extension for a request of the type %s", r.Regime, r.Type)
		case r.Prolonged > 0:
			return errkind.Coded(errkind.Conflict, "extended", "the request was extended already")
		case now > r.Inform+r.stood():
			return errkind.Coded(errkind.Conflict, "too-late", "the person would have had to be told of an extension before the first deadline")
		}
		if _, err := tx.Exec(ctx, "UPDATE request SET prolonged = $1, updated = $1 WHERE id = $2", now, id); err != nil {
			return err
		}
		r.Prolonged, r.Updated = now, now
		if err := s.engine.Extended(ctx, tx, id, r.Due()); err != nil {
			return err
		}
		return s.note(ctx, tx, r, r.State, by, "extended: "+reason)
	})
}

// Remind tells by the outbox of each request that is soon to miss its deadline or has missed it, and of each recipient of the data who was not told in time: once
// each. It gives how many it told of.
func (s *Service) Remind(ctx context.Context) (n int, err error) {
	if s.engine.Outbox == nil {
		return 0, nil
	}
	open, err := s.List(ctx, false)
	if err != nil {
		return 0, err
	}
	done, err := s.reminded(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range open {
		told, e := s.remind(ctx, r, done)
		n, err = n+told, errors.Join(err, e)
	}
	return n, err
}

// reminded gives what somebody was reminded of, of the requests that are open.
func (s *Service) reminded(ctx context.Context) (map[reminder]bool, error) {
	out := map[reminder]bool{}
	return out, s.db.Read(ctx, func(tx db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT m.request, m.code, m.what, m.due FROM request_reminded m JOIN request r ON r.id = m.request WHERE r.state NOT IN ($1, $2, $3)",
			string(Closed), string(Denied), string(Withdrawn))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var x reminder
			if err := rows.Scan(&x.request, &x.code, &x.what, &x.due); err != nil {
				return err
			}
			out[x] = true
		}
		return rows.Err()
	})
}

func (s *Service) remind(ctx context.Context, r *Request, done map[reminder]bool) (n int, err error) {
	all := map[reminder]string{}
	if sign := r.Sign(); sign == Soon || sign == Late {
		all[reminder{r.ID, "deadline", string(sign), r.set()}] = r.dueText(sign)
	}
	if r.State == Attesting { // where a plan waits until its recipients have been told
		told, err := s.engine.Told(ctx, r.Plan)
		if err != nil {
			return 0, err
		}
		for _, t := range told {
			if t.Late && t.At == 0 {
				all[reminder{r.ID, "recipient-late", t.Recipient, t.Due}] = fmt.Sprintf("%s: %s was to be told of the erasure by %s, and has not been: %s", r.ID, t.Recipient, day(t.Due), t.State)
			}
		}
	}
	for x, text := range all {
		if done[x] {
			continue
		}
		told, e := s.tell(ctx, x, text)
		n, err = n+told, errors.Join(err, e)
	}
	return n, err
}

// reminder is one thing that somebody is reminded of.
type reminder struct {
	request, code, what string
	due                 int64
}

// tell lays a reminder down for the outside, unless another process has.
func (s *Service) tell(ctx context.Context, x reminder, text string) (n int, err error) {
	return n, s.db.Write(ctx, func(tx db.Tx) error {
		k, err := tx.Exec(ctx, "INSERT INTO request_reminded (request, code, what, due, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (request, code, what, due) DO NOTHING",
			x.request, x.code, x.what, x.due, clock.Micros())
		if err != nil || k == 0 {
			return err
		}
		n = 1
		if err := s.engine.Outbox.Put(ctx, tx, events.Event{Type: "request.due", Code: x.code, Where: x.request, Text: text}); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Subject: x.request, Action: "request.remind", Object: x.request, Facts: audit.Facts(map[string]any{"code": x.code, "what": x.what, "due": x.due})})
	})
}

func (r *Request) dueText(sign Sign) string {
	if sign == Late {
		return fmt.Sprintf("%s (%s, %s) was to be answered by %s, and is %s", r.ID, r.Type, r.Regime, day(r.Due()), r.State)
	}
	return fmt.Sprintf("%s (%s, %s) is to be answered by %s, and is %s", r.ID, r.Type, r.Regime, day(r.Due()), r.State)
}

func day(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.DateOnly) }
