package mysql

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/connectors/relational"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Methods gives what can be done to a table's records.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	if ds.Gap != nil || ds.Kind != pii.Table {
		return nil
	}
	out := []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Refresh, pii.Purge}
	if ds.Hides() != "" {
		out = append(out, pii.SoftDelete)
	}
	return out
}

// attempts is how often a unit is tried that the server puts off for another transaction.
const attempts = 4

// Erase does a unit in one transaction. What the server does by itself is predicted before each act and must be what the act's Effects say; the rows that are
// counted on are locked until the end.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Do(ctx, u, e) })
}

// Undo takes a soft delete back in one transaction.
func (d *Driver) Undo(ctx context.Context, u pii.Unit, image []byte) ([]pii.Receipt, error) {
	return d.change(ctx, u, func(e *eraser) ([]pii.Receipt, error) { return e.world.Undo(ctx, u, image, e) })
}

// change does something in one transaction, again where the server puts it off for another.
func (d *Driver) change(ctx context.Context, u pii.Unit, do func(*eraser) ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	for n := 1; ; n++ {
		receipts, err := d.attempt(ctx, u, do)
		if code := errkind.Code(err); err == nil || n == attempts || code != "deadlock" && code != "locked" || ctx.Err() != nil {
			return receipts, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(n*n) * 20 * time.Millisecond):
		}
	}
}

func (d *Driver) attempt(ctx context.Context, u pii.Unit, do func(*eraser) ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	c, err := d.take(ctx)
	if err != nil {
		return nil, err
	}
	s := &system{c: c, lock: " FOR UPDATE"}
	e := &eraser{c: c, world: relational.NewWorld(s, d.env.Name, "MySQL")}
	receipts, err := e.transaction(ctx, func() ([]pii.Receipt, error) { return do(e) })
	if err != nil {
		c.drop() // which rolls back
		return nil, err
	}
	defer c.put()
	proof := c.proof(ctx)
	for i := range receipts {
		receipts[i].Proof, receipts[i].At = proof, clock.Micros()
	}
	if slices.ContainsFunc(u.Acts, func(a pii.Act) bool { return a.Method == pii.Purge }) {
		e.stale = e.world.Touched()
		_, err = c.purge(ctx, e.stale)
		return receipts, err
	}
	for _, name := range e.stale {
		if _, err := c.analyse(ctx, name); err != nil {
			return receipts, err
		}
	}
	return receipts, nil
}

// proof is where the server's log stood after the commit.
func (c *conn) proof(ctx context.Context) string {
	got, err := c.all(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current','Innodb_redo_log_current_lsn')")
	if err != nil || len(got) == 0 {
		return "mysql:connection " + strconv.FormatInt(c.id, 10)
	}
	return "mysql:lsn " + asText(got[0][1])
}

// eraser does what a world has planned.
type eraser struct {
	c     *conn
	world *relational.World
	stale []string // datasets whose statistics are made anew after the commit, since that would commit by itself
}

func (e *eraser) transaction(ctx context.Context, do func() ([]pii.Receipt, error)) ([]pii.Receipt, error) {
	for _, begin := range []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"} {
		if _, err := e.c.exec(ctx, begin); err != nil {
			return nil, err
		}
	}
	receipts, err := do()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.c.d.lock+30*time.Second)
	defer cancel()
	_, err = e.c.exec(last, "COMMIT")
	if ended := last.Err(); err != nil && ended != nil {
		err = errkind.Coded(errkind.Transient, "connection", "nobody knows whether the transaction was committed")
	}
	return receipts, err
}

// Refresh notes that a table's statistics are to be made anew.
func (e *eraser) Refresh(_ context.Context, ds pii.Dataset) error {
	e.stale = append(e.stale, ds.Ref.Dataset)
	return nil
}

// Delete deletes the planned rows: many by one statement, but one by one where they refer to one another.
func (e *eraser) Delete(ctx context.Context, p relational.Planned) (int64, error) {
	r := readerOf(p.Table)
	switch {
	case len(r.keys) == 0:
		return e.equals(ctx, p, func(at relational.Row) string { return "DELETE FROM " + r.l.name() + " WHERE " + r.same(at) })
	case slices.ContainsFunc(p.Table.References, func(ref relational.Reference) bool { return ref.Parent == p.Table.Dataset }):
		if err := e.untie(ctx, p.Table, p.Rows[p.Knot:]); err != nil {
			return 0, err
		}
		n, left, err := e.singly(ctx, r, p.Rows)
		if err != nil || len(left) == 0 {
			return n, err
		}
		if err := e.untie(ctx, p.Table, left); err != nil { // those that a collation takes for referring to one another
			return 0, err
		}
		more, left, err := e.singly(ctx, r, left)
		if err == nil && len(left) > 0 {
			err = errkind.Coded(errkind.Conflict, "referred-to", "%s: other records refer to the record", p.Table.Dataset)
		}
		return n + more, err
	}
	total := int64(0)
	for part := range slices.Chunk(p.Rows, keysPerQuery) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := e.c.exec(ctx, "DELETE FROM "+r.l.name()+" WHERE "+r.anyOf(part))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// anyOf gives the condition that finds exactly these rows by their keys.
func (r *reader) anyOf(rows []relational.Row) string {
	tuples := make([]string, len(rows))
	for i, at := range rows {
		tuples[i], _ = r.l.tuple(at.Key)
	}
	return "(" + r.l.exprs(r.l.key) + ") IN (" + strings.Join(tuples, ", ") + ")"
}

// untie empties the references among rows that go and that refer to one another in a circle: InnoDB looks at a reference with every row, and has no way to put that off.
func (e *eraser) untie(ctx context.Context, t *relational.Table, rows []relational.Row) error {
	if len(rows) == 0 {
		return nil
	}
	r := readerOf(t)
	for _, ref := range t.References {
		if ref.Parent != t.Dataset {
			continue
		}
		i := slices.IndexFunc(ref.From, func(name string) bool { return !r.l.column(name).notNull })
		if i < 0 {
			return errkind.Coded(errkind.Conflict, "referred-to", "%s: records refer to one another in a circle that cannot be opened", t.Dataset)
		}
		for part := range slices.Chunk(rows, keysPerQuery) {
			if _, err := e.c.exec(ctx, "UPDATE "+r.l.name()+" SET "+quote(ref.From[i])+" = NULL WHERE "+r.anyOf(part)); err != nil {
				return err
			}
		}
	}
	return nil
}

// singly deletes row by row; one that another of the rows still refers to is put back until that one is gone. It gives those that are left.
func (e *eraser) singly(ctx context.Context, r *reader, waiting []relational.Row) (total int64, left []relational.Row, err error) {
	for {
		left = nil
		for _, at := range waiting {
			if err := ctx.Err(); err != nil {
				return 0, nil, err
			}
			n, err := e.c.exec(ctx, "DELETE FROM "+r.l.name()+" WHERE "+r.pick(at))
			switch {
			case err != nil && errkind.Code(err) == "referred-to":
				left = append(left, at)
			case err != nil:
				return 0, nil, err
			}
			total += n
		}
		if len(left) == 0 || len(left) == len(waiting) {
			return total, left, nil
		}
		waiting = left
	}
}

// equals does a statement once for all rows that are equal, and as often as there are such.
func (e *eraser) equals(ctx context.Context, p relational.Planned, statement func(relational.Row) string) (int64, error) {
	count := map[pii.Digest]int{}
	var rows []relational.Row
	for _, at := range p.Rows {
		if count[at.Digest]++; count[at.Digest] == 1 {
			rows = append(rows, at)
		}
	}
	total := int64(0)
	for _, at := range rows {
		n, err := e.c.exec(ctx, statement(at)+" LIMIT "+strconv.Itoa(count[at.Digest]))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// Update changes each row by one statement.
func (e *eraser) Update(ctx context.Context, p relational.Planned) (int64, error) {
	r := readerOf(p.Table)
	total := int64(0)
	for i, at := range p.Rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		query := "UPDATE " + r.l.name() + " SET " + r.assignments(p.Changes[i]) + " WHERE " + r.pick(at)
		if len(r.keys) == 0 {
			query += " LIMIT 1"
		}
		n, err := e.c.exec(ctx, query)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// assignments writes a change for SQL. Columns that the server would set to the time of the change keep what they have.
func (r *reader) assignments(ch relational.Change) string {
	var set []string
	for _, name := range slices.Sorted(maps.Keys(ch)) {
		lit := "NULL"
		if v := ch[name]; v != nil {
			lit, _ = r.l.column(name).literal(string(v.(exact)))
		}
		set = append(set, quote(name)+" = "+lit)
	}
	for i := range r.l.columns {
		if c := &r.l.columns[i]; c.clock && !contains(slices.Collect(maps.Keys(ch)), c.name) {
			set = append(set, quote(c.name)+" = "+quote(c.name))
		}
	}
	return strings.Join(set, ", ")
}
