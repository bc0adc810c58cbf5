package postgres

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// attempts is how often a unit is tried that PostgreSQL gives up in favour of another transaction.
const attempts = 4

// Methods gives what can be done to a dataset's records.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	switch {
	case ds.Gap != nil || ds.Kind == pii.Objects:
		return nil
	case ds.Kind == pii.View && ds.Version != "":
		return []pii.Method{pii.Refresh, pii.Purge} // materialised
	case ds.Kind == pii.View || ds.Bytes < 0 && ds.Version == "" && ds.Schema != "":
		return nil // a view, or the table of another server
	}
	out := []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Refresh, pii.Purge}
	if ds.Hides() != "" {
		out = append(out, pii.SoftDelete)
	}
	return out
}

// Erase does a unit in one transaction, with deferrable constraints deferred. What PostgreSQL does by itself is predicted before each act, must be what the act's
// Effects say, and is counted.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Do(ctx, u, e) })
}

// Undo takes a soft delete back in one transaction.
func (d *Driver) Undo(ctx context.Context, u pii.Unit, image []byte) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Undo(ctx, u, image, e) })
}

// change does something in one transaction, again where PostgreSQL gives it up in favour of another.
func (d *Driver) change(ctx context.Context, u pii.Unit, do func(*eraser) ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	for left := attempts; ; left-- {
		receipts, purge, err := d.attempt(ctx, u, do)
		if code := errkind.Code(err); err == nil || left == 1 || code != "deadlock" && code != "serialization" {
			if err == nil && len(purge) > 0 {
				_, err = d.Purge(ctx, purge)
			}
			return receipts, err
		}
	}
}

func (d *Driver) attempt(ctx context.Context, u pii.Unit, do func(*eraser) ([]pii.Receipt, error)) (receipts []pii.Receipt, purge []pii.Dataset, err error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			c.drop() // which rolls back
			return
		}
		c.put()
	}()
	if err := c.exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET CONSTRAINTS ALL DEFERRED"); err != nil {
		return nil, nil, err
	}
	e := &eraser{system: &system{d: d, c: c, locking: true}}
	e.world = relational.NewWorld(e.system, d.env.Name, "PostgreSQL")
	if receipts, err = do(e); err != nil {
		return nil, nil, err
	}
	proof, err := c.all(ctx, "SELECT pg_catalog.pg_current_xact_id_if_assigned()")
	if err == nil {
		err = c.exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE")
	}
	if err == nil {
		err = c.exec(context.WithoutCancel(ctx), "COMMIT")
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range receipts {
		receipts[i].Proof, receipts[i].At = "xid:"+string(proof[0][0]), clock.Micros()
		if u.Acts[i].Method == pii.Purge {
			purge = append(purge, u.Acts[i].Dataset)
		}
	}
	c.told(ctx)
	return receipts, purge, nil
}

// told has the counts of changed records reach the statistics at once, by which versions are told apart. Servers before 15 do it within seconds.
func (c *conn) told(ctx context.Context) {
	if major, _, _ := strings.Cut(c.pc.ParameterStatus("server_version"), "."); len(major) == 2 && major >= "15" {
		_, _ = c.all(context.WithoutCancel(ctx), "SELECT pg_catalog.pg_stat_force_next_flush()")
	}
}

// eraser does what a world has planned.
type eraser struct {
	*system
	world *relational.World
}

// Delete deletes the planned rows in portions; those that refer to one another in a circle by one statement, whose end is when PostgreSQL looks.
func (e *eraser) Delete(ctx context.Context, p relational.Planned) (int64, error) {
	before, err := e.tally(ctx, p)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	portions := slices.Collect(slices.Chunk(p.Rows[:p.Knot], relational.Portion))
	if p.Knot < len(p.Rows) {
		portions = append(portions, p.Rows[p.Knot:])
	}
	for _, part := range portions {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		where, args := pick(readerOf(p.Table).l, part)
		done, err := e.c.change(ctx, "DELETE FROM "+readerOf(p.Table).l.name()+" WHERE "+where, args)
		if n += done; err != nil {
			return n, err
		}
	}
	return n, e.counted(ctx, p, before)
}

// Take deletes rows by their keys and reads what they were, in one statement.
func (e *eraser) Take(ctx context.Context, t *relational.Table, keys []pii.Key) (out []relational.Row, err error) {
	r := readerOf(t)
	where, args := r.l.keyed(keys)
	if where == "" {
		return nil, nil
	}
	err = r.rows(ctx, "DELETE FROM "+r.l.name()+" WHERE "+where+" RETURNING "+strings.Join(r.selects, ", "), args, func() error {
		key := r.key()
		out = append(out, relational.Row{Key: key, Digest: r.digest(), ID: key.ID()})
		return nil
	})
	return out, err
}

// pick gives the condition that finds exactly these rows.
func pick(l *layout, rows []relational.Row) (string, []param) {
	if len(l.key) == 0 {
		return places(rows)
	}
	keys := make([]pii.Key, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	return l.keyed(keys)
}

// Update changes each row by one statement; a portion of them travels at once.
func (e *eraser) Update(ctx context.Context, p relational.Planned) (int64, error) {
	before, err := e.tally(ctx, p)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for from := 0; from < len(p.Rows); from += relational.Portion {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		to := min(from+relational.Portion, len(p.Rows))
		done, err := e.updates(ctx, readerOf(p.Table).l, p.Rows[from:to], p.Changes[from:to])
		if n += done; err != nil {
			return n, err
		}
	}
	return n, e.counted(ctx, p, before)
}

func (e *eraser) updates(ctx context.Context, l *layout, rows []relational.Row, changes []relational.Change) (n int64, err error) {
	batch := &pgconn.Batch{}
	for i, row := range rows {
		where, args := pick(l, rows[i:i+1])
		_ = row
		var set []string
		for _, name := range slices.Sorted(maps.Keys(changes[i])) {
			expr, arg := l.assigned(l.column(name), changes[i][name], len(args)+1)
			if arg != nil {
				args = append(args, *arg)
			}
			set = append(set, quote(name)+" = "+expr)
		}
		values, oids := bind(args)
		batch.ExecParams("UPDATE "+l.name()+" SET "+strings.Join(set, ", ")+" WHERE "+where, values, oids, nil, nil)
	}
	results := e.c.pc.ExecBatch(ctx, batch)
	for results.NextResult() {
		tag, err := results.ResultReader().Close()
		if err != nil {
			_ = results.Close()
			return n, e.c.kind(ctx, err)
		}
		n += tag.RowsAffected()
	}
	return n, e.c.kind(ctx, results.Close())
}

// tally is how many rows of each table the transaction has deleted and changed, by dataset.
type tally map[string][2]int64

// tally reads the transaction's own counts of the tables that change by themselves; nil where triggers may add to them.
func (e *eraser) tally(ctx context.Context, p relational.Planned) (tally, error) {
	effects := e.world.Effects()
	if len(effects) == 0 || p.Unsure {
		return nil, nil
	}
	out := tally{}
	for _, f := range append(effects, pii.Effect{Dataset: p.Act.Dataset.Ref}) {
		t, err := e.world.Table(ctx, pii.Dataset{Ref: f.Dataset})
		if err != nil {
			return nil, err
		}
		triggers, err := e.Triggers(ctx, t)
		if err != nil || len(triggers) > 0 {
			return nil, err
		}
		got, err := e.c.all(ctx, `SELECT sum(pg_catalog.pg_stat_get_xact_tuples_deleted(x.relid)), sum(pg_catalog.pg_stat_get_xact_tuples_updated(x.relid))
			FROM (SELECT $1::pg_catalog.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree($1)) x`, readerOf(t).l.id())
		if err != nil {
			return nil, err
		}
		out[f.Dataset.Dataset] = [2]int64{number(got[0][0]), number(got[0][1])}
	}
	return out, nil
}

// counted compares what the transaction counts with what was predicted of it.
func (e *eraser) counted(ctx context.Context, p relational.Planned, before tally) error {
	if before == nil {
		return nil
	}
	after, err := e.tally(ctx, p)
	if err != nil {
		return err
	}
	want := maps.Clone(before)
	own := 1
	if p.Act.Method == pii.Delete {
		own = 0
	}
	add := func(dataset string, which int, n int64) {
		t := want[dataset]
		t[which] += n
		want[dataset] = t
	}
	add(p.Table.Dataset, own, int64(len(p.Rows)))
	for _, f := range e.world.Effects() {
		which := 1
		if f.Method == pii.Delete {
			which = 0
		}
		add(f.Dataset.Dataset, which, f.Records)
	}
	if !maps.Equal(want, after) {
		return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "PostgreSQL changed another number of records by itself than was predicted")
	}
	return nil
}

// Refresh makes statistics or a materialised view anew.
func (e *eraser) Refresh(ctx context.Context, ds pii.Dataset) error {
	l, err := e.d.layout(ctx, e.c, ds.Ref.Dataset)
	if err != nil {
		return err
	}
	if l.kind == 'm' {
		return e.c.exec(ctx, "REFRESH MATERIALIZED VIEW "+l.plain())
	}
	may, err := e.c.maintains(ctx, l)
	if err != nil || !may {
		return err
	}
	return e.c.exec(ctx, "ANALYZE "+l.plain())
}

// maintains tells whether the role may analyse and vacuum a table: as its owner, or from 17 on by MAINTAIN.
func (c *conn) maintains(ctx context.Context, l *layout) (bool, error) {
	sql := "SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE')"
	if n, _ := strconv.Atoi(strings.SplitN(c.pc.ParameterStatus("server_version"), ".", 2)[0]); n >= 17 {
		sql += " OR pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')"
	}
	got, err := c.all(ctx, sql+" FROM pg_catalog.pg_class c WHERE c.oid=$1", l.id())
	return err == nil && len(got) > 0 && is(got[0][0]), err
}
