package sqlite

import (
	"context"
	"database/sql/driver"
	"maps"
	"slices"
	"strings"

	"vestige/connectors"
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
	return []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Refresh, pii.Purge}
}

// Erase does a unit in one transaction. What SQLite does by itself is predicted before each act and must be what the act's Effects say, and what
// the transaction then counts.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, err
	}
	e := &eraser{world: newWorld(d, c)}
	receipts, err := e.transaction(ctx, u)
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
		_, err = d.purge(ctx, c, slices.Collect(maps.Keys(e.touched)))
	}
	return receipts, err
}

func (e *eraser) transaction(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	if _, err := e.c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	receipts, err := e.unit(ctx, u)
	if err == nil {
		_, err = e.c.exec(context.WithoutCancel(ctx), "COMMIT")
	}
	return receipts, err
}

// eraser does a unit, where a world only thinks it through.
type eraser struct {
	*world
	noisy bool // a trigger or a virtual table took part: a full-text index writes to its tables at any later statement of the transaction
}

func (w *world) schemaOf(ref pii.Ref) string {
	schema, _ := w.d.resolve(ref.Dataset)
	return schema
}

func (e *eraser) unit(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	if _, err := e.c.exec(ctx, "PRAGMA defer_foreign_keys=ON"); err != nil {
		return nil, err
	}
	var out []pii.Receipt
	for _, act := range u.Acts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := e.plan(ctx, act)
		if err == nil {
			err = e.do(ctx, act, p)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, pii.Receipt{Unit: u.ID, Dataset: act.Dataset.Ref, Method: act.Method, Affected: int64(len(p.rows)), FoundDone: p.done})
	}
	if err := e.settle(ctx); err != nil {
		return nil, err
	}
	if err := e.refused(); err != nil {
		return nil, err
	}
	return out, e.after(ctx)
}

// planned is what an act will do: the rows, each with what its columns become (nil where it goes), and how many targets are done already.
type planned struct {
	r       *reader
	rows    []row
	changes []change
	done    int64
}

// plan finds an act's rows, compares them with what was found before, and follows what SQLite will do by itself.
func (w *world) plan(ctx context.Context, act pii.Act) (planned, error) {
	w.effects, w.unsure = map[effect]int64{}, false
	switch act.Method {
	case pii.Refresh, pii.Purge:
		w.touched[act.Dataset.Ref.Dataset] = true
		return planned{}, nil
	}
	r, err := w.reader(ctx, act.Dataset)
	if err != nil {
		return planned{}, err
	}
	p := planned{r: r}
	if r.l.kind == "view" || len(r.l.key) == 0 || r.l.fts() && r.l.args["content"] != "" {
		return p, errkind.Coded(errkind.Unsupported, "not-erasable", "records of %s cannot be changed by themselves", r.dataset())
	}
	switch act.Method {
	case pii.Delete:
		return p, w.planDelete(ctx, &p, act)
	case pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Rewrite:
		return p, w.planUpdate(ctx, &p, act)
	}
	return p, errkind.Coded(errkind.Unsupported, "unsupported-method", "SQLite has no method %s", act.Method)
}

func (w *world) planDelete(ctx context.Context, p *planned, act pii.Act) error {
	stale := int64(0)
	for _, t := range act.Targets {
		at, err := w.target(ctx, p.r, t)
		switch {
		case err != nil:
			return err
		case at == nil:
			p.done++
			continue
		case !w.unchanged(p.r, *at, t):
			stale++
			continue
		}
		w.mark(p.r, *at)
		p.rows, p.changes = append(p.rows, *at), append(p.changes, nil)
	}
	w.stale(p.r, stale)
	for _, at := range p.rows {
		if err := w.remove(ctx, p.r, at); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) stale(r *reader, n int64) {
	if n > 0 {
		w.trouble = append(w.trouble, trouble{connectors.FindingConflict, r.dataset(), "records have changed since they were found", n})
	}
}

func (w *world) planUpdate(ctx context.Context, p *planned, act pii.Act) error {
	stale := int64(0)
	for _, t := range act.Targets {
		at, err := w.target(ctx, p.r, t)
		if err != nil {
			return err
		}
		if at == nil {
			p.done++
			continue
		}
		ch, fits, err := p.r.edited(*at, t.Changes)
		switch {
		case err != nil:
			return err
		case fits && len(ch) == 0:
			p.done++
			continue
		case !fits || !w.unchanged(p.r, *at, t):
			stale++
			continue
		}
		if err := w.permitted(ctx, p.r, *at, ch); err != nil {
			return err
		}
		w.note(p.r, *at, ch)
		p.rows, p.changes = append(p.rows, *at), append(p.changes, ch)
	}
	w.stale(p.r, stale)
	return nil
}

// do carries a planned act out and counts.
func (e *eraser) do(ctx context.Context, act pii.Act, p planned) error {
	if err := e.refused(); err != nil {
		return err
	}
	if err := e.surprised(act); err != nil {
		return err
	}
	if act.Method == pii.Refresh {
		return e.refresh(ctx, act.Dataset.Ref.Dataset)
	}
	if len(p.rows) == 0 {
		return nil
	}
	before, err := e.c.number(ctx, "SELECT total_changes()")
	if err != nil {
		return err
	}
	if act.Method == pii.Delete {
		var undone int64
		undone, err = e.deletes(ctx, p)
		before += undone
	} else {
		err = e.updates(ctx, p)
	}
	if err != nil {
		return err
	}
	return e.counted(ctx, p, before)
}

// refused gives the first reason why the unit cannot be done.
func (w *world) refused() error {
	if len(w.trouble) == 0 {
		return nil
	}
	t := w.trouble[0]
	return errkind.Coded(errkind.Conflict, t.code, "%s: %s", t.dataset, t.text)
}

// surprised compares what SQLite will do by itself with what the act says of it.
func (w *world) surprised(act pii.Act) error {
	left := maps.Clone(w.effects)
	for _, f := range act.Effects {
		left[effect{f.Dataset.Dataset, f.Method}] -= f.Records
	}
	for _, n := range left {
		if n != 0 {
			return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "SQLite would change other records by itself than was predicted")
		}
	}
	return nil
}

// deletes deletes row by row. A row that another of the act still refers to is put back until that one is gone. It gives how many changes SQLite
// counts of statements that it took back.
func (e *eraser) deletes(ctx context.Context, p planned) (undone int64, err error) {
	waiting := p.rows
	for len(waiting) > 0 {
		var refused []row
		var last error
		for _, at := range waiting {
			if err := ctx.Err(); err != nil {
				return undone, err
			}
			before, err := e.c.number(ctx, "SELECT total_changes()")
			if err != nil {
				return undone, err
			}
			where, args := p.r.pick(at)
			_, err = e.c.exec(ctx, "DELETE FROM "+p.r.l.name()+" WHERE "+where, args...)
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
func (e *eraser) updates(ctx context.Context, p planned) error {
	for i, at := range p.rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		set, args := assignments(p.changes[i])
		where, pick := p.r.pick(at)
		if _, err := e.c.exec(ctx, "UPDATE "+p.r.l.name()+" SET "+set+" WHERE "+where, append(args, pick...)...); err != nil {
			return err
		}
	}
	return nil
}

func assignments(ch change) (string, []driver.Value) {
	var set []string
	var args []driver.Value
	for _, name := range slices.Sorted(maps.Keys(ch)) {
		set, args = append(set, quote(name)+" = ?"), append(args, ch[name])
	}
	return strings.Join(set, ", "), args
}

// counted compares the changes that the transaction counts with the act's own and its cascades. Where triggers or virtual tables
// add changes of their own, each row is looked at instead.
func (e *eraser) counted(ctx context.Context, p planned, before int64) error {
	now, err := e.c.number(ctx, "SELECT total_changes()")
	if err != nil {
		return err
	}
	expected := int64(len(p.rows))
	for _, n := range e.effects {
		expected += n
	}
	exact, err := e.countable(ctx, p)
	if err != nil {
		return err
	}
	if exact && now-before != expected {
		return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "SQLite changed another number of records than was predicted")
	}
	for i, at := range p.rows {
		if exact || p.changes[i] != nil {
			break
		}
		where, args := p.r.pick(at)
		if left, err := e.c.all(ctx, "SELECT 1 FROM "+p.r.l.name()+" WHERE "+where, args...); err != nil || len(left) > 0 {
			return cmpErr(err, errkind.Coded(errkind.Conflict, "trigger", "a trigger keeps a record that was to go"))
		}
	}
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// countable tells whether nothing but foreign keys adds to an act's changes.
func (e *eraser) countable(ctx context.Context, p planned) (bool, error) {
	if e.noisy || e.unsure || p.r.l.kind != "table" {
		e.noisy = true
		return false, nil
	}
	names := []string{p.r.dataset()}
	for f := range e.effects {
		names = append(names, f.dataset)
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

// triggers gives the triggers of a dataset's table.
func (w *world) triggers(ctx context.Context, dataset string) ([]trigger, error) {
	schema, table := w.d.resolve(dataset)
	got, err := w.c.all(ctx, "SELECT name, coalesce(sql,'') FROM "+quote(schema)+".sqlite_schema WHERE type='trigger' AND lower(tbl_name)=lower(?) ORDER BY name", table)
	var out []trigger
	for _, r := range got {
		out = append(out, trigger{asText(r[0]), asText(r[1])})
	}
	return out, err
}
