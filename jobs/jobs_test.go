package jobs_test

import (
	"errors"
	"testing"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/store"
	"vestige/store/storetest"
)

func TestFence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		take := func() (token int64) {
			storetest.Write(t, s, func(tx db.Tx) (err error) { token, err = jobs.Acquire(t.Context(), tx, "plan-1"); return err })
			return token
		}
		check := func(token int64) error {
			return s.DB().Write(t.Context(), func(tx db.Tx) error { return jobs.Check(t.Context(), tx, "plan-1", token) })
		}
		if err := check(1); !errors.Is(err, jobs.ErrFenced) {
			t.Errorf("a token nobody gave out: %v", err)
		}
		first := take()
		if err := check(first); err != nil {
			t.Error(err)
		}
		second := take()
		if err := check(first); !errors.Is(err, jobs.ErrFenced) || errkind.Of(err) != errkind.Conflict || second <= first {
			t.Errorf("an old token: %v", err)
		}
		_ = s.DB().Write(t.Context(), func(tx db.Tx) error { _, _ = jobs.Acquire(t.Context(), tx, "plan-1"); return errors.New("no") })
		if err := check(second); err != nil {
			t.Errorf("a takeover that was rolled back: %v", err)
		}
		storetest.Write(t, s, func(tx db.Tx) error { return jobs.Forget(t.Context(), tx, "plan-1") })
		if err := check(second); !errors.Is(err, jobs.ErrFenced) {
			t.Errorf("a forgotten name: %v", err)
		}
	}, jobs.Schema())
}

// TestFenceHoldsUntilCommit checks that nobody takes over between a check and the end of its unit of work.
func TestFenceHoldsUntilCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var token int64
		storetest.Write(t, s, func(tx db.Tx) (err error) { token, err = jobs.Acquire(t.Context(), tx, "n"); return err })
		taken := make(chan struct{})
		storetest.Write(t, s, func(tx db.Tx) error {
			if err := jobs.Check(t.Context(), tx, "n", token); err != nil {
				return err
			}
			go func() {
				defer close(taken)
				_ = s.DB().Write(t.Context(), func(tx db.Tx) error { _, err := jobs.Acquire(t.Context(), tx, "n"); return err })
			}()
			select {
			case <-taken:
				t.Error("taken over within a checked unit of work")
			case <-time.After(200 * time.Millisecond):
			}
			return nil
		})
		<-taken
	}, jobs.Schema())
}

func TestBackoff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 30: 5 * time.Minute} {
		if got := jobs.Backoff(attempt); got != want {
			t.Errorf("after attempt %d: %v, want %v", attempt, got, want)
		}
	}
}
