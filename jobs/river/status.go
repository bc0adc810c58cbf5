package river

import (
	"context"
	"encoding/json"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"

	"github.com/riverqueue/river/rivertype"
)

func (q *queue[T]) Status(ctx context.Context, tx db.Tx, id int64) (jobs.Status, error) {
	native, err := q.native(tx)
	if err != nil {
		return jobs.Status{}, err
	}
	row, err := q.client.JobGetTx(ctx, native, id)
	if err != nil {
		return jobs.Status{}, strip(ctx, err)
	}
	s := statusOf(row)
	err = tx.QueryRow(ctx, "SELECT done, total FROM job_progress WHERE job = $1", id).Scan(&s.Done, &s.Total)
	if errkind.Of(err) == errkind.NotFound {
		err = nil
	}
	return s, err
}

func statusOf(row *rivertype.JobRow) jobs.Status {
	var a args
	_ = json.Unmarshal(row.EncodedArgs, &a) // the engine's own encoding
	s := jobs.Status{ID: row.ID, Kind: row.Kind, Key: a.Key, State: stateOf(row), Attempt: row.Attempt, MaxAttempts: row.MaxAttempts, RunAt: row.ScheduledAt.UTC()}
	if n := len(row.Errors); n > 0 {
		s.Error = strings.TrimPrefix(row.Errors[n-1].Error, "JobCancelError: ")
	}
	return s
}

// stateOf tells a job that was told to stop by its own handler from one that somebody cancelled: River has one state for both.
func stateOf(row *rivertype.JobRow) jobs.State {
	switch row.State {
	case rivertype.JobStateCompleted:
		return jobs.Done
	case rivertype.JobStateRunning:
		return jobs.Running
	case rivertype.JobStateRetryable:
		return jobs.Retrying
	case rivertype.JobStateScheduled, rivertype.JobStatePending:
		return jobs.Scheduled
	case rivertype.JobStateDiscarded:
		return jobs.Failed
	case rivertype.JobStateCancelled:
		var meta struct {
			At string `json:"cancel_attempted_at"`
		}
		if json.Unmarshal(row.Metadata, &meta) == nil && meta.At == "" {
			return jobs.Failed
		}
		return jobs.Cancelled
	}
	return jobs.Waiting
}
