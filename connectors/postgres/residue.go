package postgres

import (
	"context"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/pii"
)

// Rungs tells what an erasure leaves behind.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	physical := connectors.Rung{Name: "physical", Reached: "by-system", Text: "the purge (VACUUM) frees the space of deleted records and makes the statistics anew, which hold values; the freed bytes stay in their pages until these are written to again, and in files that the file system has let go. Where the role may not vacuum, autovacuum does it later. With vacuum: full the purge writes the table's files anew"}
	if d != nil && d.vacuum == "full" {
		physical.Reached, physical.Text = "by-purge", "the purge (VACUUM FULL) writes the table and its indexes to new files and makes the statistics anew"
	}
	if d != nil && d.vacuum == "off" {
		physical.Text = "autovacuum frees the space of deleted records, and their pages are written to again some day"
	}
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the transaction is committed"},
		physical,
		{Name: "wal", Reached: "by-system", Text: "the write-ahead log holds changed records until its segments are reused; an archive of it holds them for as long as the archive is kept"},
		{Name: "replicas", Reached: "by-system", Text: "physical and logical replicas follow when they have replayed the transaction; a replica that is paused or cut off does not"},
		{Name: "versions", Reached: "by-system", Text: "older versions of a record stay readable for transactions that began before, and for as long as a replication slot or a prepared transaction holds them"},
		{Name: "backups", Reached: "unknown", Text: "dumps, base backups and snapshots of the disk are made outside of PostgreSQL"},
	}
}

// Purge vacuums and analyses the tables that the role may, and says which it left to autovacuum.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, err
	}
	defer c.put()
	var out []pii.Receipt
	for _, ds := range datasets {
		proof, err := d.purge(ctx, c, ds)
		if err != nil {
			return nil, err
		}
		out = append(out, pii.Receipt{Dataset: ds.Ref, Method: pii.Purge, Proof: proof, At: clock.Micros()})
	}
	return out, nil
}

func (d *Driver) purge(ctx context.Context, c *conn, ds pii.Dataset) (string, error) {
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return "", err
	}
	may, err := c.maintains(ctx, l)
	switch {
	case err != nil:
		return "", err
	case d.vacuum == "off" || !may || l.kind == 'v' || l.kind == 'f':
		return "left to autovacuum", nil
	}
	how, proof := "VACUUM (ANALYZE) ", "vacuumed"
	if d.vacuum == "full" {
		how, proof = "VACUUM (FULL, ANALYZE) ", "rewritten"
	}
	if err := c.exec(ctx, how+l.plain()); err != nil {
		return "", err
	}
	got, err := c.all(ctx, "SELECT pg_catalog.pg_current_wal_lsn()")
	if err != nil {
		return "", err
	}
	return proof + ":" + string(got[0][0]), nil
}
