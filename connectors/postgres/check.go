package postgres

import (
	"context"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check thinks a unit through in a read-only transaction, with the code by which Erase predicts, and says what it would meet.
func (d *Driver) Check(ctx context.Context, u pii.Unit) (out []pii.Finding, err error) {
	err = d.think(ctx, func(s *system, w *relational.World) error {
		var rest pii.Unit
		for _, act := range u.Acts {
			found, able, err := d.privileges(ctx, s.c, act)
			if err != nil {
				return err
			}
			if out = append(out, found...); able {
				rest.Acts = append(rest.Acts, act)
			}
		}
		rest.ID = u.ID
		found, err := w.Check(ctx, rest)
		out = append(out, found...)
		return err
	})
	return out, err
}

// Image gives what Undo of a soft delete will need, and changes nothing.
func (d *Driver) Image(ctx context.Context, u pii.Unit) (image []byte, err error) {
	err = d.think(ctx, func(_ *system, w *relational.World) error {
		image, err = w.Image(ctx, u)
		return err
	})
	return image, err
}

// think thinks something through in one read-only transaction.
func (d *Driver) think(ctx context.Context, about func(*system, *relational.World) error) (err error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return err
	}
	defer func() {
		if c.pc.TxStatus() != 'I' && c.exec(context.WithoutCancel(ctx), "ROLLBACK") != nil || err != nil {
			c.drop()
			return
		}
		c.put()
	}()
	if err := c.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return err
	}
	s := &system{d: d, c: c}
	return about(s, relational.NewWorld(s, d.env.Name, "PostgreSQL"))
}

// privileges finds what the role may not do to an act's table, and who holds a lock that would be waited for. able is false where it cannot even be looked at.
func (d *Driver) privileges(ctx context.Context, c *conn, act pii.Act) (out []pii.Finding, able bool, err error) {
	l, err := d.layout(ctx, c, act.Dataset.Ref.Dataset)
	if errkind.Of(err) == errkind.NotFound && err != nil {
		return nil, true, nil // which the world says
	}
	if err != nil {
		return nil, false, err
	}
	lacks := func(text string) {
		out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Dataset: act.Dataset.Ref, Text: text, Records: int64(len(act.Targets)), Blocking: true})
	}
	if _, why := l.closed(); why != "" {
		lacks(why)
		return out, false, nil
	}
	got, err := c.all(ctx, `SELECT pg_catalog.has_table_privilege($1, 'DELETE'), pg_catalog.has_table_privilege($1, 'UPDATE') OR pg_catalog.has_any_column_privilege($1, 'UPDATE'),
		pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool,
		EXISTS (SELECT 1 FROM pg_catalog.pg_locks k WHERE k.relation=$1 AND k.granted AND k.pid<>pg_catalog.pg_backend_pid() AND k.mode IN ('ShareLock','ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock'))`, l.id())
	if err != nil {
		return nil, false, err
	}
	touches := act.Method != pii.Refresh && act.Method != pii.Purge
	if is(got[0][2]) {
		lacks("the server, or the role's sessions, are read-only")
	}
	if touches && !is(got[0][1]) {
		lacks("the role may not lock or change records: UPDATE is missing")
	}
	if act.Method == pii.Delete && !is(got[0][0]) {
		lacks("the role may not delete records: DELETE is missing")
	}
	if touches && act.Method != pii.Delete {
		missing, err := d.unwritable(ctx, c, l, act)
		if err != nil {
			return nil, false, err
		}
		if len(missing) > 0 {
			lacks("the role may not change the columns " + strings.Join(missing, ", "))
		}
	}
	if touches {
		copies, err := d.copies(ctx, c, act.Dataset)
		if err != nil {
			return nil, false, err
		}
		for _, v := range copies {
			out = append(out, pii.Finding{Code: "copied", Dataset: d.ref(v.schema, v.table), Text: "the materialised view holds what it read until it is refreshed, which the purge does"})
		}
	}
	if is(got[0][3]) {
		out = append(out, pii.Finding{Code: "locked", Dataset: act.Dataset.Ref, Text: "another transaction holds a lock on the table"})
	}
	return out, true, nil
}

// unwritable gives the columns of an act's changes that the role may not write.
func (d *Driver) unwritable(ctx context.Context, c *conn, l *layout, act pii.Act) ([]string, error) {
	t := &relational.Table{}
	for i := range l.columns {
		t.Columns = append(t.Columns, relational.Column{Name: l.columns[i].name})
	}
	var columns, out []string
	if mark := act.Dataset.Hides(); act.Method == pii.SoftDelete && l.column(mark) != nil {
		columns = append(columns, mark)
	}
	for _, target := range act.Targets {
		for _, ch := range target.Changes {
			if name := t.Holder(ch.Field); l.column(name) != nil && !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	for _, name := range columns {
		got, err := c.all(ctx, "SELECT pg_catalog.has_column_privilege($1, $2::pg_catalog.int2, 'UPDATE')", l.id(), text(l.column(name).num))
		if err != nil {
			return nil, err
		}
		if !is(got[0][0]) {
			out = append(out, name)
		}
	}
	return out, nil
}
