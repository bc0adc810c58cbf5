package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/internal/app"
	"vestige/internal/clock"
	"vestige/internal/testenv"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
)

// crowd is a table of people of whom many are erased at once.
type crowd struct {
	rows, subjects int
	c              *pgconn.PgConn
	app            *app.App
}

// many measures a batch: so many people of one large table as one request, beside one hand-written DELETE … USING of the same rows.
func many(ctx context.Context, dir string, z scale) ([]figure, error) {
	return with(ctx, "PostgreSQL", func(t *stand) ([]figure, error) {
		w := &crowd{rows: map[scale]int{tenth: 20_000, usual: 200_000, whole: 10_000_000}[z], subjects: z.of(10_000)}
		dsn := testenv.Postgres(t)
		var err error
		if w.c, err = pgconn.Connect(ctx, dsn); err != nil {
			return nil, err
		}
		defer func() { _ = w.c.Close(ctx) }()
		if err := w.fill(ctx); err != nil {
			return nil, err
		}
		one, err := w.bare(ctx, z)
		if err != nil {
			return nil, err
		}
		if err := w.open(ctx, dir, dsn); err != nil {
			return nil, err
		}
		defer func() { _ = w.app.Close() }()
		return w.measure(ctx, dsn, one)
	})
}

func (w *crowd) exec(ctx context.Context, sql string) error { return w.c.Exec(ctx, sql).Close() }

func mailOf(i int) string { return fmt.Sprintf("person%d@example.com", i) }

// fill makes the table, and one for the list of the statement that it is compared with.
func (w *crowd) fill(ctx context.Context) error {
	err := w.exec(ctx, fmt.Sprintf(`CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, city text, spent numeric(12,2), created timestamptz NOT NULL);
		INSERT INTO customers SELECT i, 'person'||i||'@example.com', 'Person '||md5(i::text), 'city'||i%%97, i%%1000*0.5, '2024-01-01Z'::timestamptz+i*interval '3 s' FROM generate_series(1, %d) i;
		CREATE TABLE whom (email text NOT NULL)`, w.rows))
	if err != nil {
		return err
	}
	return w.exec(ctx, "VACUUM ANALYZE customers")
}

const manyConfig = `sources:
  shop:
    type: postgres
    dsn: %q
single-approver: true
examples: true
policies: [policy.yaml]
`

const manyPolicy = "windows:\n  cool-down: 0\n  minimum: 0\n"

// open has Vestige read the table.
func (w *crowd) open(ctx context.Context, dir, dsn string) error {
	err := errors.Join(os.WriteFile(filepath.Join(dir, "vestige.yaml"), fmt.Appendf(nil, manyConfig, dsn), 0o600), os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(manyPolicy), 0o600))
	if err != nil {
		return err
	}
	cfg, err := app.LoadConfig(filepath.Join(dir, "vestige.yaml"), app.Specs())
	if err != nil {
		return err
	}
	if w.app, err = app.Open(ctx, cfg, app.Options{Command: "bench", Log: quiet()}); err != nil {
		return err
	}
	if _, err = w.app.ScanOne(ctx, "bench", w.app.Sources["shop"], scanner.Options{}, nil); err == nil {
		_, err = w.app.Scanner.Relate(ctx)
	}
	return err
}

// bare measures the statement that does no more than delete, and commits as the act does; each round deletes
// the rows that lie beside those of the batch.
func (w *crowd) bare(ctx context.Context, z scale) (float64, error) {
	var bare []float64
	for round := range z.rounds() {
		err := w.exec(ctx, fmt.Sprintf("TRUNCATE whom; INSERT INTO whom SELECT 'person'||i*%d-%d||'@example.com' FROM generate_series(1, %d) i; ANALYZE whom", w.rows/w.subjects, round+1, w.subjects))
		if err != nil {
			return 0, err
		}
		start := clock.Now()
		if err := w.exec(ctx, "DELETE FROM customers c USING whom w WHERE c.email = w.email"); err != nil {
			return 0, err
		}
		bare = append(bare, clock.Since(start).Seconds())
	}
	slices.Sort(bare)
	return bare[len(bare)/2], w.exec(ctx, "DROP TABLE whom")
}

func (w *crowd) measure(ctx context.Context, dsn string, one float64) (fs []figure, err error) {
	locks, stop := watchLocks(ctx, dsn)
	took, err := w.erase(ctx)
	stop()
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d people erased at once from a PostgreSQL table of %d rows", w.subjects, w.rows)
	look, act, check := took[plans.Planned]+took[plans.Approved], took[plans.Executing], took[plans.Checking]
	return []figure{
		plain("one DELETE … USING of the same rows", one, " s"),
		atMost(what+": the act alone, beside one DELETE … USING", act/one, 2, " ×"),
		atMost("look, act and verification together, beside it", (took[plans.Approved]+act+check)/one, 5, " ×"),
		plain("of that the plan and the last look", look, " s"), plain("the act", act, " s"), plain("the verification", check, " s"),
		atMost("the longest transaction that wrote", float64(locks.Load())/1e6, 1, " s"),
		plain("memory that it took at most", highWater("self"), " MB"),
	}, nil
}

// erase takes the people in as one request and brings it to its end. It gives how long each state took.
func (w *crowd) erase(ctx context.Context) (map[plans.State]float64, error) {
	in := requests.Intake{Type: policies.Erasure, By: "bench", Verified: "list", Channel: "bench"}
	for i := range w.subjects {
		in.Subjects = append(in.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf((i + 1) * (w.rows / w.subjects)))}})
	}
	r, err := w.app.Requests.Intake(ctx, in)
	if err != nil {
		return nil, err
	}
	took, state, at := map[plans.State]float64{}, plans.Planned, clock.Now()
	next := func(to plans.State) {
		took[state] += clock.Since(at).Seconds()
		state, at = to, clock.Now()
	}
	p, err := w.app.Requests.Plan(ctx, r.ID, "bench")
	if err != nil {
		return nil, err
	}
	for _, g := range p.Open.Gaps {
		if g.Required {
			return nil, fmt.Errorf("a gap is open: %s at %s: %s", g.Code, g.At, g.Text)
		}
	}
	if b := p.Open.Batch; b.Planned != w.subjects {
		return nil, fmt.Errorf("%d of %d people are planned, %d left", b.Planned, w.subjects, len(b.Left))
	}
	if _, err = w.app.Requests.Approve(ctx, r.ID, p.Hash, "bench"); err != nil {
		return nil, err
	}
	next(plans.Approved)
	res, err := w.app.Requests.Run(ctx, r.ID, func(e plans.Event) {
		if e.What == "state" {
			next(e.State)
		}
	})
	if err == nil && res.State != plans.Closed {
		err = fmt.Errorf("it came to %s: %s", res.State, res.Reason)
	}
	next(plans.Closed)
	return took, err
}

// watchLocks looks every few milliseconds how long the oldest transaction has written, and keeps the longest, in microseconds.
func watchLocks(ctx context.Context, dsn string) (longest *atomic.Int64, stop func()) {
	longest = &atomic.Int64{}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := pgconn.Connect(ctx, dsn)
		if err != nil {
			return
		}
		defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
		t := time.NewTicker(10 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			res := c.ExecParams(ctx, "SELECT (extract(epoch FROM max(clock_timestamp()-xact_start))*1000000)::bigint FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database() AND query NOT LIKE 'VACUUM%'", nil, nil, nil, nil).Read()
			if res.Err != nil || len(res.Rows) == 0 || res.Rows[0][0] == nil {
				continue
			}
			var us int64
			_, _ = fmt.Sscan(string(res.Rows[0][0]), &us)
			if us > longest.Load() {
				longest.Store(us)
			}
		}
	}()
	return longest, func() { cancel(); <-done }
}
