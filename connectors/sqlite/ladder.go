package sqlite

import (
	"context"
	"os"

	"vestige/connectors"
	"vestige/pii"
)

var _ connectors.Ladder = (*Driver)(nil)

// Ladder looks at the free pages, the write-ahead log and the samples of statistics.
func (d *Driver) Ladder(ctx context.Context, datasets []pii.Dataset) ([]connectors.Rung, error) {
	var ds pii.Dataset
	if len(datasets) > 0 {
		ds = datasets[0]
	}
	c, err := d.take(ctx, reading)
	if err != nil {
		return nil, err
	}
	defer c.put()
	schema, _ := d.resolve(ds.Ref.Dataset)
	return connectors.LookAt(ctx, d.Rungs(ds), func(r connectors.Rung) (connectors.Rung, error) {
		switch r.Name {
		case "physical":
			return d.lookPhysical(ctx, c, r, schema)
		case "log":
			return d.lookLog(r, schema), nil
		case "statistics":
			return d.lookStatistics(ctx, c, r, schema)
		}
		return r, nil
	})
}

func (d *Driver) lookPhysical(ctx context.Context, c *conn, r connectors.Rung, schema string) (connectors.Rung, error) {
	free, err := c.number(ctx, "PRAGMA "+quote(schema)+".freelist_count")
	if err != nil {
		return r, err
	}
	switch {
	case !d.secure:
		return r.Stands(connectors.RungUnknown, "secure_delete is off, and %d pages are free", free), nil
	case r.Reached == "by-purge" && free == 0:
		return r.Stands(connectors.RungReached, "no page is free, and deleted content was overwritten"), nil
	case r.Reached == "by-purge":
		return r.Stands(connectors.RungReached, "%d pages are free, and overwritten with zeros", free), nil
	}
	return r.Stands(connectors.RungUnknown, "%d pages are free; the file was not rebuilt", free), nil
}

// lookLog looks at the write-ahead log, which is a file beside the database.
func (d *Driver) lookLog(r connectors.Rung, schema string) connectors.Rung {
	for _, end := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(d.file(schema) + end); err == nil && info.Size() > 0 {
			return r.Stands(connectors.RungWaiting, "%d bytes stand in the log beside the file, until the next checkpoint", info.Size())
		}
	}
	return r.Stands(connectors.RungReached, "the log beside the file is empty")
}

func (d *Driver) lookStatistics(ctx context.Context, c *conn, r connectors.Rung, schema string) (connectors.Rung, error) {
	n, err := c.number(ctx, "SELECT count(*) FROM "+quote(schema)+".sqlite_schema WHERE name IN ('sqlite_stat3','sqlite_stat4')")
	if err != nil {
		return r, err
	}
	if n == 0 {
		return r.Stands(connectors.RungReached, "the file keeps no samples"), nil
	}
	return r.Stands(connectors.RungReached, "samples of changed tables were dropped with the change and made anew by the purge"), nil
}
