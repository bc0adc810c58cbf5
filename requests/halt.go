package requests

import (
	"context"
	"errors"
	"time"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/plans"
)

// Halt is a stop that a person has ordered.
type Halt struct {
	Request string `json:"request,omitempty"` // empty for all
	By      string `json:"by"`
	Reason  string `json:"reason"`
	Made    int64  `json:"made"`
}

// look is how often one who carries a plan out looks whether it was stopped meanwhile.
const look = 500 * time.Millisecond

// Stop has nothing more of a request carried out, or of any where it is empty, on any machine: what is being done ends behind the unit that it is at,
// and nothing begins. What was done stays in the journal, and goes on from there once it may.
func (s *Service) Stop(ctx context.Context, request, by, reason string) error {
	if by == "" || reason == "" {
		return errkind.Coded(errkind.Invalid, "no-reason", "say why it is stopped")
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if request != "" {
			if _, err := load(ctx, tx, request); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO request_halt (request, actor, reason, made) VALUES ($1, $2, $3, $4) ON CONFLICT (request) DO UPDATE SET
			actor = excluded.actor, reason = excluded.reason, made = excluded.made`, request, by, reason, clock.Micros()); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: request, Action: "request.stop", Facts: audit.Facts(map[string]any{"all": request == ""})})
	})
}

// Release takes a stop off.
func (s *Service) Release(ctx context.Context, request, by string) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM request_halt WHERE request = $1", request)
		if err != nil || n == 0 {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: request, Action: "request.release", Facts: audit.Facts(map[string]any{"all": request == ""})})
	})
}

// Halted gives the stop that holds a request, or the one of all; nil where there is none.
func (s *Service) Halted(ctx context.Context, request string) (h *Halt, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		var x Halt
		err := tx.QueryRow(ctx, "SELECT request, actor, reason, made FROM request_halt WHERE request = '' OR request = $1 ORDER BY request LIMIT 1", request).Scan(&x.Request, &x.By, &x.Reason, &x.Made)
		if errkind.Of(err) == errkind.NotFound && err != nil {
			return nil
		}
		h = &x
		return err
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

var errHalted = errkind.Coded(errkind.Conflict, "halted", "a person has stopped it; it goes on where it was once the stop is taken off")

// Guarded carries something out unless it is stopped, and ends it where it is stopped meanwhile.
func (s *Service) Guarded(ctx context.Context, request string, do func(context.Context) (plans.Result, error)) (plans.Result, error) {
	h, err := s.Halted(ctx, request)
	if err != nil {
		return plans.Result{}, err
	}
	if h != nil {
		return plans.Result{}, errHalted
	}
	run, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(run, request, stop)
	}()
	res, err := do(run)
	halted := errors.Is(context.Cause(run), errHalted)
	stop(nil)
	<-watched
	if err != nil && halted {
		return res, errHalted
	}
	return res, err
}

// watch ends what runs once it was stopped.
func (s *Service) watch(ctx context.Context, request string, stop context.CancelCauseFunc) {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if h, err := s.Halted(ctx, request); err == nil && h != nil {
				stop(errHalted)
				return
			}
		}
	}
}
