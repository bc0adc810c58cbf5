package postgres

import (
	"context"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
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
		{Name: "views", Reached: "by-purge", Text: "materialised views hold what they were made from until they are refreshed, which the purge of a table does with those that read it; where the role may not, its receipt says which are left"},
		{Name: "wal", Reached: "by-system", Text: "the write-ahead log holds changed records until its segments are reused; an archive of it holds them for as long as the archive is kept"},
		{Name: "slots", Reached: "by-system", Text: "a replication slot, logical ones included, keeps the write-ahead log from before until it is read on; one that nobody reads keeps it for good"},
		{Name: "statistics", Reached: "by-purge", Text: "the planner's statistics hold common values and bounds of histograms until they are made anew, which the purge does; where the role may not, autovacuum does it"},
		{Name: "statement-log", Reached: "unknown", Text: "the server's log holds values where it logs statements or their parameters"},
		{Name: "replicas", Reached: "by-system", Text: "physical and logical replicas follow when they have replayed the transaction; a replica that is paused or cut off does not"},
		{Name: "versions", Reached: "by-system", Text: "older versions of a record stay readable for transactions that began before, and for as long as a replication slot or a prepared transaction holds them"},
		{Name: "backups", Reached: "unknown", Text: "dumps, base backups and snapshots of the disk are made outside of PostgreSQL"},
	}
}

// Purge vacuums and analyses the tables that the role may, and says which it left to autovacuum. Then it makes anew the materialised views that read them, which is where
// deleted records are still to be seen.
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
	done := map[uint32]string{}
	for i, ds := range datasets {
		said, err := d.refreshed(ctx, c, ds, done)
		if err != nil {
			return nil, err
		}
		out[i].Proof += said
	}
	return out, nil
}

// refreshed makes anew the materialised views that read a table, each once, and says which it did and which the role may not.
func (d *Driver) refreshed(ctx context.Context, c *conn, ds pii.Dataset, done map[uint32]string) (said string, err error) {
	views, err := d.copies(ctx, c, ds)
	for _, l := range views {
		if err != nil {
			return "", err
		}
		if _, again := done[l.oid]; !again {
			if done[l.oid], err = d.refresh(ctx, c, l); err != nil {
				return "", err
			}
		}
		said += "; " + done[l.oid] + " " + l.dataset()
	}
	return said, err
}

func (d *Driver) refresh(ctx context.Context, c *conn, l *layout) (string, error) {
	may, err := c.maintains(ctx, l)
	if err != nil || !may {
		return "not refreshed", err
	}
	err = c.exec(ctx, "REFRESH MATERIALIZED VIEW "+l.plain())
	if errkind.Of(err) == errkind.Permission { // its query is run as its owner
		return "not refreshed", nil
	}
	return "refreshed", err
}

// copies gives the materialised views that read a dataset, through other views too, those first that others read.
func (d *Driver) copies(ctx context.Context, c *conn, ds pii.Dataset) ([]*layout, error) {
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return nil, err
	}
	got, err := c.all(ctx, `WITH RECURSIVE reads AS (SELECT DISTINCT w.ev_class AS view, d.refobjid AS of FROM pg_catalog.pg_rewrite w
		JOIN pg_catalog.pg_depend d ON d.classid='pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid=w.oid AND d.refclassid='pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid<>w.ev_class),
		up(oid, depth) AS (SELECT $1::pg_catalog.oid, 0 UNION SELECT t.relid::pg_catalog.oid, 0 FROM pg_catalog.pg_partition_tree($1) t UNION SELECT r.view, up.depth+1 FROM up JOIN reads r ON r.of=up.oid WHERE up.depth<64)
		SELECT n.nspname, c.relname FROM up JOIN pg_catalog.pg_class c ON c.oid=up.oid JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace
		WHERE c.relkind='m' AND c.oid<>$1 AND c.relispopulated GROUP BY 1, 2 ORDER BY max(up.depth), 1, 2`, l.id())
	var out []*layout
	for _, r := range got {
		view, err := d.layout(ctx, c, display(string(r[0]), string(r[1])))
		if err != nil {
			return nil, err
		}
		out = append(out, view)
	}
	return out, err
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
