package river

import (
	"context"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// beat is how often a process says that it lives, and silence how long it may be quiet before the others take its jobs: fences keep one that was
// only slow from acting any more.
const (
	beat    = 2 * time.Second
	silence = 8 * time.Second
)

// live says that this process lives until ctx ends, and takes over from those that do not. On SQLite there are no others.
func (q *queue[T]) live(ctx context.Context) {
	if q.db.Dialect() == db.SQLite {
		<-ctx.Done()
		return
	}
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		if err := q.say(ctx); err != nil && ctx.Err() == nil {
			q.log.Warn("the store does not answer the queue", "code", errkind.Code(err))
		}
		select {
		case <-ctx.Done():
			q.leave(context.WithoutCancel(ctx))
			return
		case <-t.C:
		}
	}
}

// silent are the processes that have not been heard of, as a part of a statement.
const silent = "(SELECT id FROM worker WHERE at < $1)"

// say notes that this process lives, and frees what silent ones were running.
func (q *queue[T]) say(ctx context.Context) error {
	now := clock.Micros()
	return q.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO worker (id, at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET at = excluded.at", q.id, now)
		if err != nil {
			return err
		}
		before := now - silence.Microseconds()
		const theirs = " WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] IN " + silent
		for _, sql := range []string{
			"UPDATE river_job SET state = 'cancelled', finalized_at = now()" + theirs + " AND metadata ->> 'cancel_attempted_at' IS NOT NULL",
			"UPDATE river_job SET state = 'available', scheduled_at = now()" + theirs,
			"DELETE FROM river_leader WHERE leader_id IN " + silent,
			"DELETE FROM worker WHERE at < $1",
		} {
			if _, err := tx.Exec(ctx, sql, before); err != nil {
				return err
			}
		}
		return nil
	})
}

// leave takes the process off the list when it ends in good order.
func (q *queue[T]) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	_ = q.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM worker WHERE id = $1", q.id)
		return err
	})
}
