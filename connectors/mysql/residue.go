package mysql

import (
	"context"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// rebuildLimit is how large a table is rebuilt without being asked to.
const rebuildLimit = 512 << 20

// Rungs tells what an erasure leaves in the server.
func (d *Driver) Rungs(ds pii.Dataset) []connectors.Rung {
	physical := connectors.Rung{Name: "physical", Reached: "by-purge", Text: "InnoDB overwrites deleted rows when it uses their space again; the purge makes the statistics anew and rebuilds the table"}
	if d != nil && d.rebuild == "off" {
		physical.Reached, physical.Text = "unknown", "InnoDB overwrites deleted rows when it uses their space again; the table is not rebuilt"
	}
	versions := connectors.Rung{Name: "versions", Reached: "by-system", Text: "undo logs go when no snapshot needs them"}
	if slices.ContainsFunc(ds.Constraints, func(k pii.Constraint) bool { return k.Kind == keepsHistory }) {
		versions.Reached, versions.Text = "never", "the table keeps its history (SYSTEM VERSIONING) until somebody deletes it: DELETE HISTORY"
	}
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the transaction is committed"},
		physical, versions,
		{Name: "redo-log", Reached: "by-system", Text: "the redo log and the doublewrite buffer hold changes of pages until they are written over"},
		{Name: "statistics", Reached: "by-purge", Text: "histograms and persistent statistics hold values until they are made anew, which the purge does"},
		{Name: "binary-log", Reached: "by-system", Text: "binary logs and relay logs keep rows as they were until they expire"},
		{Name: "replicas", Reached: "by-system", Text: "replicas follow when they have read the binary log"},
		{Name: "statement-log", Reached: "unknown", Text: "the general log and that of slow statements hold values of statements from when they were on, until somebody removes them"},
		{Name: "backups", Reached: "unknown", Text: "dumps, copies of the files and replicas that lag are made outside of the connector"},
	}
}

// Purge makes statistics anew, whose histograms hold values, and rebuilds tables as the configuration says.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	c, err := d.take(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, ds := range datasets {
		names = append(names, ds.Ref.Dataset)
	}
	proofs, err := c.purge(ctx, names)
	if err != nil {
		c.drop()
		return nil, err
	}
	defer c.put()
	var out []pii.Receipt
	for _, ds := range datasets {
		out = append(out, pii.Receipt{Dataset: ds.Ref, Method: pii.Purge, Proof: proofs[ds.Ref.Dataset], At: clock.Micros()})
	}
	return out, nil
}

// purge gives, by dataset, what was done and where the log stood after it.
func (c *conn) purge(ctx context.Context, names []string) (map[string]string, error) {
	proofs := map[string]string{}
	for _, name := range names {
		blind, err := c.analyse(ctx, name)
		if err != nil {
			return nil, err
		}
		p := c.d.resolve(name)
		states, err := c.states(ctx, p.schema, p.table)
		if err != nil {
			return nil, err
		}
		what := "analysed"
		if s := states[p.table]; c.d.rebuild == "on" || c.d.rebuild == "auto" && s.bytes <= rebuildLimit {
			what = "rebuilt"
			if err := c.maintain(ctx, "OPTIMIZE TABLE "+p.name()); err != nil {
				return nil, err
			}
		}
		if blind {
			what += " without its persistent statistics (SELECT on mysql.column_stats is missing)"
		}
		proofs[name] = what + " " + c.proof(ctx)
	}
	return proofs, nil
}

// analyse makes a table's statistics anew, and its histograms where it has some. blind tells that the user may not see whether MariaDB keeps some.
func (c *conn) analyse(ctx context.Context, dataset string) (blind bool, err error) {
	p := c.d.resolve(dataset)
	if c.mariadb {
		got, err := c.all(ctx, "SELECT 1 FROM mysql.column_stats WHERE db_name="+text(p.schema)+" AND "+c.is("table_name", p.table)+" LIMIT 1")
		if k := errkind.Of(err); err != nil && (k == errkind.Canceled || k == errkind.Transient) {
			return false, err
		}
		if len(got) > 0 {
			return false, c.maintain(ctx, "ANALYZE TABLE "+p.name()+" PERSISTENT FOR ALL")
		}
		return errkind.Of(err) == errkind.Permission && err != nil, c.maintain(ctx, "ANALYZE TABLE "+p.name())
	}
	if err := c.maintain(ctx, "ANALYZE TABLE "+p.name()); err != nil {
		return false, err
	}
	got, err := c.all(ctx, "SELECT column_name FROM information_schema.column_statistics WHERE schema_name="+text(p.schema)+" AND "+c.is("table_name", p.table))
	if err != nil || len(got) == 0 {
		return false, err
	}
	names := make([]string, len(got))
	for i, r := range got {
		names[i] = quote(asText(r[0]))
	}
	return false, c.maintain(ctx, "ANALYZE TABLE "+p.name()+" UPDATE HISTOGRAM ON "+strings.Join(names, ", "))
}

// maintain runs a statement that tells of its errors in its result.
func (c *conn) maintain(ctx context.Context, query string) error {
	got, err := c.all(ctx, query)
	for _, r := range got {
		if len(r) > 2 && strings.EqualFold(asText(r[2]), "error") {
			return errkind.Coded(errkind.Permission, "permission", "the server refuses to maintain a table")
		}
	}
	return err
}
