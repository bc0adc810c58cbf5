package plans

import (
	"context"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
)

// JobKind names the job that carries a plan out.
const JobKind = "plan.run"

// Handler carries plans out in the background. A plan that waits for a date or for a system is called again then; one that waits for a person is not.
func (e *Engine) Handler() jobs.Handler {
	return jobs.Handler{Kind: JobKind, Timeout: jobs.Unbounded, Work: func(ctx context.Context, r jobs.Run) error {
		res, err := e.Run(ctx, r.Args["plan"], nil)
		switch {
		case errkind.Code(err) == "fenced":
			return nil // whoever took over goes on
		case err != nil:
			return err
		case res.Again > 0:
			return jobs.Later(min(res.Again, time.Hour))
		}
		return nil
	}}
}

// Enqueue has a plan carried out in the background, once at a time.
func (e *Engine) Enqueue(ctx context.Context, tx db.Tx, q jobs.Queue, id string) (int64, error) {
	return q.Enqueue(ctx, tx, jobs.Job{Kind: JobKind, Key: id, Args: map[string]string{"plan": id}})
}
