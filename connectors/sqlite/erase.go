package sqlite

import (
	"context"
	"database/sql/driver"
	"maps"
	"slices"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Methods gives what can be done to a table's records, and to those of a full-text table that keeps its own content.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	own := ds.Kind == pii.Table || ds.Kind == pii.Index && len(ds.Reads) == 0
	if ds.Gap != nil || ds.Kind == pii.View {
		return nil
	}
	if !own || len(ds.Key) == 0 {
		return []pii.Method{pii.Refresh, pii.Purge}
	}
	out := []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Refresh, pii.Purge}
	if ds.Hides() != "" {
		out = append(out, pii.SoftDelete)
	}
	return out
}

// Erase does a unit in one transaction. What SQLite does by itself is predicted before each act and must be what the act's Effects say, and what
// the transaction then counts.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Do(ctx, u, e) })
}

// Undo takes a soft delete back in one transaction.
func (d *Driver) Undo(ctx context.Context, u pii.Unit, image []byte) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Undo(ctx, u, image, e) })
}

// Image gives what Undo of a soft delete will need, and changes nothing.
func (d *Driver) Image(ctx context.Context, u pii.Unit) (image []byte, err error) {
	err = d.think(ctx, func(w *relational.World) error {
		image, err = w.Image(ctx, u)
		return err
	})
	return image, err
}

// change does something in one transaction.
func (d *Driver) change(ctx context.Context, u pii.Unit, do func(*eraser) ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, err
	}
	e := newEraser(d, c)
	receipts, err := e.transaction(ctx, do)
	if err != nil {
		c.drop() // which rolls back
		return nil, err
	}
	defer c.put()
	for i := range receipts {
		receipts[i].Proof = "sqlite:" + fileVersion(d.file(e.schemaOf(receipts[i].Dataset)))
		receipts[i].At = clock.Micros()
	}
	if slices.ContainsFunc(u.Acts, func(a pii.Act) bool { return a.Method == pii.Purge }) {
		_, err = d.purge(ctx, c, e.world.Touched())
	}
	return receipts, err
}

// eraser does what a world has planned.
type eraser struct {
	*system
	world *relational.World
	noisy bool // a trigger or a virtual table took part: a full-text index writes to its tables at any later statement of the transaction
}

func newEraser(d *Driver, c *conn) *eraser {
	s := newSystem(d, c)
	return &eraser{system: s, world: relational.NewWorld(s, d.env.Name, "SQLite")}
}

func (s *system) schemaOf(ref pii.Ref) string {
	schema, _ := s.d.resolve(ref.Dataset)
	return schema
}

func (e *eraser) transaction(ctx context.Context, do func(*eraser) ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	for _, begin := range []string{"BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys=ON"} {
		if _, err := e.c.exec(ctx, begin); err != nil {
			return nil, err
		}
	}
	receipts, err := do(e)
	if err == nil {
		err = e.after(ctx)
	}
	if err != nil {
		return nil, err
	}
	_, err = e.c.exec(context.WithoutCancel(ctx), "COMMIT")
	return receipts, err
}

// Refresh makes anew what SQLite derives from a table.
func (e *eraser) Refresh(ctx context.Context, ds pii.Dataset) error {
	return e.refresh(ctx, ds.Ref.Dataset)
}

// Delete deletes the planned rows.
func (e *eraser) Delete(ctx context.Context, p relational.Planned) (int64, error) {
	before, err := e.c.number(ctx, "SELECT total_changes()")
	if err != nil {
		return 0, err
	}
	undone, err := e.deletes(ctx, p)
	if err != nil {
		return 0, err
	}
	return e.counted(ctx, p, before+undone)
}

// Update changes each row by one statement.
func (e *eraser) Update(ctx context.Context, p relational.Planned) (int64, error) {
	before, err := e.c.number(ctx, "SELECT total_changes()")
	if err != nil {
		return 0, err
	}
	if err := e.updates(ctx, p); err != nil {
		return 0, err
	}
	return e.counted(ctx, p, before)
}

// deletes deletes row by row. A row that another of the act still refers to is put back until that one is gone. It gives how many changes SQLite
// counts of statements that it took back.
func (e *eraser) deletes(ctx context.Context, p relational.Planned) (undone int64, err error) {
	waiting := p.Rows
	for len(waiting) > 0 {
		var refused []relational.Row
		var last error
		for _, at := range waiting {
			if err := ctx.Err(); err != nil {
				return undone, err
			}
			before, err := e.c.number(ctx, "SELECT total_changes()")
			if err != nil {
				return undone, err
			}
			where, args := readerOf(p.Table).pick(at)
			_, err = e.c.exec(ctx, "DELETE FROM "+readerOf(p.Table).l.name()+" WHERE "+where, args...)
			switch code := errkind.Code(err); {
			case err != nil && (code == "referred-to" || code == "trigger"):
				now, counted := e.c.number(ctx, "SELECT total_changes()")
				if counted != nil {
					return undone, counted
				}
				undone += now - before
				refused, last = append(refused, at), err
			case err != nil:
				return undone, err
			}
		}
		if len(refused) == len(waiting) {
			return undone, last
		}
		waiting = refused
	}
	return undone, nil
}

// updates changes each row by one statement.
func (e *eraser) updates(ctx context.Context, p relational.Planned) error {
	for i, at := range p.Rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		set, args := assignments(p.Changes[i])
		where, pick := readerOf(p.Table).pick(at)
		if _, err := e.c.exec(ctx, "UPDATE "+readerOf(p.Table).l.name()+" SET "+set+" WHERE "+where, append(args, pick...)...); err != nil {
			return err
		}
	}
	return nil
}

func assignments(ch relational.Change) (string, []driver.Value) {
	var set []string
	var args []driver.Value
	for _, name := range slices.Sorted(maps.Keys(ch)) {
		set, args = append(set, quote(name)+" = ?"), append(args, ch[name])
	}
	return strings.Join(set, ", "), args
}

// counted gives the changes that the transaction counts, less what SQLite was to do by itself. Where triggers or virtual tables
// add changes of their own, each row is looked at instead.
func (e *eraser) counted(ctx context.Context, p relational.Planned, before int64) (int64, error) {
	now, err := e.c.number(ctx, "SELECT total_changes()")
	if err != nil {
		return 0, err
	}
	exact, err := e.countable(ctx, p)
	if err != nil {
		return 0, err
	}
	if exact {
		for _, f := range e.world.Effects() {
			before += f.Records
		}
		return now - before, nil
	}
	for i, at := range p.Rows {
		if p.Changes[i] != nil {
			break
		}
		where, args := readerOf(p.Table).pick(at)
		left, err := e.c.all(ctx, "SELECT 1 FROM "+readerOf(p.Table).l.name()+" WHERE "+where, args...)
		if err != nil {
			return 0, err
		}
		if len(left) > 0 {
			return 0, errkind.Coded(errkind.Conflict, "trigger", "a trigger keeps a record that was to go")
		}
	}
	return int64(len(p.Rows)), nil
}

// countable tells whether nothing but foreign keys adds to an act's changes.
func (e *eraser) countable(ctx context.Context, p relational.Planned) (bool, error) {
	if e.noisy || p.Unsure || readerOf(p.Table).l.kind != "table" {
		e.noisy = true
		return false, nil
	}
	names := []string{p.Table.Dataset}
	for _, f := range e.world.Effects() {
		names = append(names, f.Dataset.Dataset)
	}
	for _, name := range names {
		got, err := e.triggers(ctx, name)
		if err != nil || len(got) > 0 {
			e.noisy = true
			return false, err
		}
	}
	return true, nil
}
