package catalog

import (
	"context"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Run gives a run by its id.
func (c *Catalog) Run(ctx context.Context, id string) (*Run, error) {
	var all []Run
	err := c.read(ctx, func(tx db.Tx) (err error) {
		all, err = collect(ctx, tx, scanRun, selectRun+" WHERE id = $1", id)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-run", "there is no run %s", id)
	}
	if err != nil {
		return nil, err
	}
	all[0].c = c
	return &all[0], nil
}

// Share lays down what the run is to examine, in parts; what it had before is replaced.
func (r *Run) Share(ctx context.Context, tx db.Tx, parts [][]pii.Dataset) error {
	if _, err := tx.Exec(ctx, "DELETE FROM run_dataset WHERE run = $1", r.ID); err != nil {
		return err
	}
	for i, part := range parts {
		for _, d := range part {
			doc, err := encode(d)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "INSERT INTO run_dataset (run, part, name, doc) VALUES ($1, $2, $3, $4)", r.ID, int64(i), d.Ref.Dataset, doc)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// left joins what a shared run is not through with yet.
const left = ` FROM run_dataset p LEFT JOIN dataset d ON d.source = $2 AND d.name = p.name WHERE p.run = $1 AND (d.run IS NULL OR d.run <> $1)`

// Part gives the datasets of a part that the run is not through with.
func (r *Run) Part(ctx context.Context, part int64) (out []pii.Dataset, err error) {
	err = r.c.read(ctx, func(tx db.Tx) (err error) {
		out, err = collect(ctx, tx, scanDataset, "SELECT p.doc"+left+" AND p.part = $3 ORDER BY p.name", r.ID, r.Source, part)
		return err
	})
	return out, err
}

// Left gives the parts that the run is not through with, in order; none when all is done.
func (r *Run) Left(ctx context.Context) (parts []int64, err error) {
	err = r.c.read(ctx, func(tx db.Tx) (err error) {
		parts, err = collect(ctx, tx, scanInt, "SELECT DISTINCT p.part"+left+" ORDER BY p.part", r.ID, r.Source)
		return err
	})
	return parts, err
}

// Add adds to the progress that the store has, whoever else adds at the same time.
func (r *Run) Add(ctx context.Context, tx db.Tx, more Progress) error {
	if _, err := tx.Exec(ctx, "UPDATE run SET progress = progress WHERE id = $1", r.ID); err != nil { // the row is this unit's from here on
		return err
	}
	p, err := r.progress(ctx, tx)
	if err != nil {
		return err
	}
	p.Add(more)
	return r.Save(ctx, tx, p)
}

// Add sums two progresses.
func (p *Progress) Add(o Progress) {
	p.Datasets += o.Datasets
	p.Done += o.Done
	p.Skipped += o.Skipped
	p.Fields += o.Fields
	p.Records += o.Records
	p.Values += o.Values
	p.Bytes += o.Bytes
	p.Gaps += o.Gaps
	p.Personal += o.Personal
	p.Expected += o.Expected
	p.Micros += o.Micros
}

func scanDataset(row db.Row) (d pii.Dataset, err error) {
	var doc []byte
	if err = row.Scan(&doc); err == nil {
		err = decode(doc, &d)
	}
	return d, err
}

func scanInt(row db.Row) (n int64, err error) { err = row.Scan(&n); return n, err }
