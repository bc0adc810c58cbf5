package sqlite

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// vacuumLimit is how large a file is rebuilt without being asked to.
const vacuumLimit = 512 << 20

// Rungs tells what an erasure leaves in the file.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	physical := connectors.Rung{Name: "physical", Reached: "by-purge", Text: "deleted content is overwritten with zeros; the purge empties the write-ahead log and rebuilds the file where no rowid can change by that"}
	if d != nil && d.vacuum == "off" {
		physical.Reached, physical.Text = "unknown", "deleted content is overwritten with zeros and the write-ahead log emptied, but unused parts of pages may keep copies until the file is rebuilt"
	}
	if d != nil && !d.secure {
		physical.Reached, physical.Text = "unknown", "secure_delete is off: deleted content stays in the file until its space is used again"
	}
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the transaction is committed"},
		physical,
		{Name: "log", Reached: "by-purge", Text: "the write-ahead log beside the file keeps changed pages until a checkpoint, which the purge does"},
		{Name: "statistics", Reached: "by-erase", Text: "samples of sqlite_stat4, which are values, are dropped with the change and made anew by the purge"},
		{Name: "versions", Reached: "by-erase", Text: "SQLite keeps no earlier versions of a record"},
		{Name: "backups", Reached: "unknown", Text: "copies of the file are made outside of SQLite"},
	}
}

// Purge makes statistics anew, empties the write-ahead log and, as the configuration says, rebuilds the file.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, err
	}
	defer c.put()
	var names []string
	for _, ds := range datasets {
		names = append(names, ds.Ref.Dataset)
	}
	proofs, err := d.purge(ctx, c, names)
	if err != nil {
		return nil, err
	}
	var out []pii.Receipt
	for _, ds := range datasets {
		schema, _ := d.resolve(ds.Ref.Dataset)
		out = append(out, pii.Receipt{Dataset: ds.Ref, Method: pii.Purge, Proof: proofs[schema], At: clock.Micros()})
	}
	return out, nil
}

// purge gives, by schema, what was done and the file's version after it.
func (d *Driver) purge(ctx context.Context, c *conn, datasets []string) (map[string]string, error) {
	proofs := map[string]string{}
	e := newEraser(d, c)
	for _, name := range datasets {
		schema, _ := d.resolve(name)
		proofs[schema] = ""
		if err := e.refresh(ctx, name); err != nil {
			return nil, err
		}
	}
	for _, schema := range slices.Sorted(maps.Keys(proofs)) {
		rebuilt, err := d.rebuild(ctx, c, schema)
		if err != nil {
			return nil, err
		}
		got, err := c.all(ctx, "PRAGMA "+quote(schema)+".wal_checkpoint(TRUNCATE)")
		if err != nil {
			return nil, err
		}
		if len(got) > 0 && asInt(got[0][0]) != 0 {
			return nil, errkind.Coded(errkind.Transient, "locked", "a reader of an older snapshot keeps the write-ahead log of %s", schema)
		}
		proofs[schema] = "checkpoint:" + fileVersion(d.file(schema))
		if rebuilt {
			proofs[schema] = "rebuilt:" + fileVersion(d.file(schema))
		}
	}
	return proofs, nil
}

// rebuild runs VACUUM where the configuration wants it. secure_delete overwrites what is deleted, but not the copies that moving rows about left in unused
// parts of pages; only a rebuilt file is free of them.
func (d *Driver) rebuild(ctx context.Context, c *conn, schema string) (bool, error) {
	if d.vacuum == "off" {
		return false, nil
	}
	if d.vacuum == "auto" {
		pages, err := c.number(ctx, "PRAGMA "+quote(schema)+".page_count")
		if err != nil {
			return false, err
		}
		size, err := c.number(ctx, "PRAGMA "+quote(schema)+".page_size")
		if err != nil || pages*size > vacuumLimit {
			return false, err
		}
	}
	held, err := d.hold(ctx, c, schema)
	if err == nil {
		_, err = c.exec(ctx, "VACUUM "+quote(schema))
	}
	return err == nil, errors.Join(err, d.release(ctx, c, schema, held))
}

// holding is how the indexes are named that keep rowids during a rebuild.
const holding = "vestige_holds_rowids_of_"

// hold makes VACUUM keep the rowids of tables without a column that is the rowid: it numbers those anew that have no index, so they get an empty one. One that an
// earlier purge was stopped with is used again.
func (d *Driver) hold(ctx context.Context, c *conn, schema string) (held []string, err error) {
	cat, err := d.catalog(ctx, c, schema)
	if err != nil {
		return nil, err
	}
	for _, table := range cat.order {
		l, err := d.layout(ctx, c, d.display(schema, table))
		if err != nil || l.kind != "table" || l.withoutRowid || len(l.columns) == 0 {
			continue // what cannot be read as a table has no rowids to keep
		}
		if p := l.primary(); len(p) == 1 && l.alias(l.column(p[0])) {
			continue
		}
		name := holding + table
		sql := "CREATE INDEX IF NOT EXISTS " + quote(schema) + "." + quote(name) + " ON " + quote(table) + "(" + quote(l.columns[0].name) + ") WHERE 0"
		if _, err := c.exec(ctx, sql); err != nil {
			return held, err
		}
		held = append(held, name)
	}
	return held, nil
}

func (d *Driver) release(ctx context.Context, c *conn, schema string, held []string) error {
	for _, name := range held {
		if _, err := c.exec(context.WithoutCancel(ctx), "DROP INDEX IF EXISTS "+quote(schema)+"."+quote(name)); err != nil {
			return err
		}
	}
	return nil
}

// refresh makes the statistics of a dataset anew, whose samples hold values, and tidies full-text tables.
func (e *eraser) refresh(ctx context.Context, dataset string) error {
	schema, table := e.d.resolve(dataset)
	stats, err := e.c.number(ctx, "SELECT count(*) FROM "+quote(schema)+".sqlite_schema WHERE type='table' AND name LIKE 'sqlite_stat%'")
	if err != nil {
		return err
	}
	l, err := e.d.layout(ctx, e.c, dataset)
	if err != nil {
		return err
	}
	if stats > 0 && l.kind == "table" {
		if _, err := e.c.exec(ctx, "ANALYZE "+quote(schema)+"."+quote(table)); err != nil {
			return err
		}
	}
	if l.fts() {
		return e.command(ctx, schema, table, tidy(l))
	}
	return nil
}

// tidy is the full-text command after which nothing is left of what was deleted.
func tidy(l *layout) string {
	if l.args["content"] != "" {
		return "rebuild"
	}
	return "optimize"
}

func (e *eraser) command(ctx context.Context, schema, table, command string) error {
	_, err := e.c.exec(ctx, "INSERT INTO "+quote(schema)+"."+quote(table)+"("+quote(table)+") VALUES(?)", command)
	return err
}

// after does, within the transaction, what the changed tables' copies need: samples of statistics are dropped, full-text tables lose their tokens.
func (e *eraser) after(ctx context.Context) error {
	schemas := map[string][]string{}
	for _, name := range e.world.Touched() {
		schema, table := e.d.resolve(name)
		schemas[schema] = append(schemas[schema], table)
	}
	for schema, tables := range schemas {
		got, err := e.c.all(ctx, "SELECT name, coalesce(sql,'') FROM "+quote(schema)+".sqlite_schema WHERE type='table' AND (name IN ('sqlite_stat3','sqlite_stat4') OR sql LIKE 'CREATE VIRTUAL%')")
		if err != nil {
			return err
		}
		for _, g := range got {
			if err := e.copies(ctx, schema, asText(g[0]), asText(g[1]), tables); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *eraser) copies(ctx context.Context, schema, name, sql string, tables []string) error {
	if strings.HasPrefix(name, "sqlite_stat") {
		for _, table := range tables {
			if _, err := e.c.exec(ctx, "DELETE FROM "+quote(schema)+"."+quote(name)+" WHERE tbl=?", table); err != nil {
				return err
			}
		}
		return nil
	}
	mod, args := module(sql)
	if !strings.HasPrefix(mod, "fts") {
		return nil
	}
	is := func(other string) bool { return strings.EqualFold(other, name) }
	follows := slices.ContainsFunc(tables, is)
	for _, table := range tables {
		triggers, err := e.triggers(ctx, e.d.display(schema, table))
		if err != nil {
			return err
		}
		for _, t := range triggers {
			follows = follows || slices.ContainsFunc(writes(t.sql), is)
		}
	}
	switch content := args["content"]; {
	case follows:
		return e.command(ctx, schema, name, "optimize")
	case content != "" && slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, content) }):
		return e.command(ctx, schema, name, "rebuild")
	}
	return nil
}
