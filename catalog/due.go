package catalog

import (
	"context"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// atOnce is how many datasets are judged anew before a command goes on; the rest follow while others work.
const atOnce = 4096

// dueStep is how many datasets are judged anew in one unit of work, so that nobody waits long for it.
const dueStep = 16

// allDue has every dataset judged anew.
func (c *Catalog) allDue(ctx context.Context, tx db.Tx) error {
	tx.AfterCommit(c.wakeUp)
	if _, err := tx.Exec(ctx, "DELETE FROM judge_due"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO judge_due (source, dataset) SELECT source, name FROM dataset")
	return err
}

// setDue has one dataset judged anew.
func (c *Catalog) setDue(ctx context.Context, tx db.Tx, ref pii.Ref) error {
	tx.AfterCommit(c.wakeUp)
	_, err := tx.Exec(ctx, "INSERT INTO judge_due (source, dataset) VALUES ($1, $2) ON CONFLICT (source, dataset) DO NOTHING", ref.Source, ref.Dataset)
	return err
}

// catchUpAll judges anew whatever there is to judge, a step at a time.
func (c *Catalog) catchUpAll(ctx context.Context) error {
	for {
		if some, err := c.anyDue(ctx); err != nil || !some {
			return err
		}
		if err := c.db.Write(ctx, func(tx db.Tx) error { return c.judgeDue(ctx, tx, dueStep) }); err != nil {
			return err
		}
	}
}

// CatchUp judges anew what a decision, a rule or another policy has to do with: up to so many datasets. What is left follows by itself while the
// catalog is open.
func (c *Catalog) CatchUp(ctx context.Context, datasets int) error {
	for datasets > 0 {
		some, err := c.anyDue(ctx)
		if err != nil || !some {
			return err
		}
		n := min(datasets, dueStep)
		if err := c.db.Write(ctx, func(tx db.Tx) error { return c.judgeDue(ctx, tx, n) }); err != nil {
			return err
		}
		datasets -= n
	}
	return nil
}

func (c *Catalog) anyDue(ctx context.Context) (some bool, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		ns, err := collect(ctx, tx, scanInt, "SELECT 1 FROM judge_due UNION ALL SELECT 1 FROM lesson_due LIMIT 1")
		some = len(ns) > 0
		return err
	})
	return some, err
}

func (c *Catalog) judgeDue(ctx context.Context, tx db.Tx, n int) error {
	refs, err := collect(ctx, tx, scanPlace, "SELECT source, dataset FROM judge_due ORDER BY source, dataset LIMIT $1", n)
	if err == nil && len(refs) == 0 {
		refs, err = c.lessonDue(ctx, tx, n)
	}
	for _, ref := range refs {
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, "DELETE FROM judge_due WHERE source = $1 AND dataset = $2", ref.Source, ref.Dataset); err == nil {
			err = c.relay(ctx, tx, ref)
		}
		if errkind.Of(err) == errkind.NotFound {
			err = nil
		}
	}
	return err
}

// lessonDue gives the next datasets with fields of which people have said something new, and remembers how far it is.
func (c *Catalog) lessonDue(ctx context.Context, tx db.Tx, n int) ([]pii.Ref, error) {
	var like int64
	var at pii.Ref
	err := tx.QueryRow(ctx, "SELECT likeness, source, dataset FROM lesson_due ORDER BY likeness LIMIT 1").Scan(&like, &at.Source, &at.Dataset)
	if err != nil {
		if errkind.Of(err) == errkind.NotFound {
			err = nil
		}
		return nil, err
	}
	refs, err := collect(ctx, tx, scanPlace, `SELECT DISTINCT source, dataset FROM field WHERE likeness = $1 AND (source, dataset) > ($2, $3)
		ORDER BY source, dataset LIMIT $4`, like, at.Source, at.Dataset, n)
	if err != nil {
		return nil, err
	}
	if len(refs) < n {
		_, err = tx.Exec(ctx, "DELETE FROM lesson_due WHERE likeness = $1", like)
	} else {
		last := refs[len(refs)-1]
		_, err = tx.Exec(ctx, "UPDATE lesson_due SET source = $1, dataset = $2 WHERE likeness = $3", last.Source, last.Dataset, like)
	}
	return refs, err
}

func scanPlace(row db.Row) (r pii.Ref, err error) { return r, row.Scan(&r.Source, &r.Dataset) }
