package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// world is a unit being done, or being thought through: the tables as they stand on a connection, and what the unit has done to them so far. Erase and Check
// predict with the same code what SQLite will do by itself, so that their counts are equal.
type world struct {
	c         *conn
	d         *Driver
	readers   map[string]*reader               // by dataset
	relations map[string][]relation            // by schema
	gone      map[string]map[string]bool       // by dataset: rows that went, by id
	changed   map[string]map[string]change     // by dataset and row id: what columns became
	was       map[string]map[string]pii.Digest // by dataset and row id: the digest before the unit changed the row
	owed      []owed
	touched   map[string]bool // datasets of which a record went or changed, by cascades too
	effects   map[effect]int64
	trouble   []trouble
	unsure    bool // the count of SQLite's own changes cannot be told beforehand
}

// change is the new values of a row's columns.
type change map[string]driver.Value

// effect is what SQLite does by itself.
type effect struct {
	dataset string
	method  pii.Method
}

// trouble is a reason why a unit cannot be done.
type trouble struct {
	code    string
	dataset string
	text    string
	records int64
}

// relation is a foreign key with its child's table.
type relation struct {
	schema, child string
	foreignKey
}

// owed is a parent's key that nobody may refer to any more when the unit ends.
type owed struct {
	relation
	values []driver.Value
}

// row is a record as it stands, with what names it.
type row struct {
	values []driver.Value
	key    pii.Key
	digest pii.Digest
	id     string
}

func newWorld(d *Driver, c *conn) *world {
	return &world{d: d, c: c, readers: map[string]*reader{}, relations: map[string][]relation{}, gone: map[string]map[string]bool{},
		changed: map[string]map[string]change{}, was: map[string]map[string]pii.Digest{}, touched: map[string]bool{}, effects: map[effect]int64{}}
}

// reader gives the reader of a dataset; that of an act uses the key that the dataset was discovered with.
func (w *world) reader(ctx context.Context, ds pii.Dataset) (*reader, error) {
	if r := w.readers[ds.Ref.Dataset]; r != nil {
		return r, nil
	}
	r, err := w.d.newReader(ctx, w.c, connectors.Query{Dataset: ds})
	if err == nil {
		w.readers[ds.Ref.Dataset] = r
	}
	return r, err
}

// rows reads the rows of a condition.
func (w *world) rows(ctx context.Context, r *reader, where string, args ...driver.Value) ([]row, error) {
	got, err := w.c.all(ctx, r.selects+" WHERE "+where, args...)
	out := make([]row, 0, len(got))
	for _, values := range got {
		out = append(out, row{values, r.keyOf(values), r.digest(values), r.id(values)})
	}
	return out, err
}

// id names a row within its table: by rowid, else by key.
func (r *reader) id(values []driver.Value) string {
	if r.l.rowid != "" {
		return fmt.Sprint(values[r.places[r.l.rowid]])
	}
	return r.keyOf(values).ID()
}

// pick gives the condition that finds exactly this row.
func (r *reader) pick(w row) (string, []driver.Value) {
	if r.l.rowid != "" {
		return r.l.rowid + " = ?", []driver.Value{w.values[r.places[r.l.rowid]]}
	}
	var where []string
	var args []driver.Value
	for _, k := range r.l.key {
		where, args = append(where, quote(k)+" IS ?"), append(args, w.values[r.places[k]])
	}
	return strings.Join(where, " AND "), args
}

// target finds the row of a target: none where it is gone already.
func (w *world) target(ctx context.Context, r *reader, t pii.Target) (*row, error) {
	if t.Key == nil {
		return nil, errkind.Coded(errkind.Unsupported, "no-key", "a record of SQLite is named by a key")
	}
	if len(t.Key) != len(r.l.key) {
		return nil, errkind.New(errkind.Invalid, "a key of %s has %d parts", r.batch.Dataset.Dataset, len(r.l.key))
	}
	where, args := r.l.keyed(t.Key)
	got, err := w.rows(ctx, r, where, args...)
	if err != nil {
		return nil, err
	}
	for i := range got {
		if got[i].key.Equal(t.Key) && !w.gone[r.dataset()][got[i].id] {
			w.overlay(r, &got[i])
			return &got[i], nil
		}
	}
	return nil, nil
}

// overlay shows a row with the changes of earlier acts, which a mere check has not written.
func (w *world) overlay(r *reader, at *row) {
	ch := w.changed[r.dataset()][at.id]
	if ch == nil {
		return
	}
	at.values = slices.Clone(at.values)
	for name, v := range ch {
		at.values[r.places[name]] = v
	}
	at.digest = r.digest(at.values)
}

func (r *reader) dataset() string { return r.batch.Dataset.Dataset }

// unchanged tells whether a row is what it was when it was found, but for what this unit did to it.
func (w *world) unchanged(r *reader, at row, t pii.Target) bool {
	before, ours := w.was[r.dataset()][at.id]
	return t.Digest == (pii.Digest{}) || t.Digest == at.digest || ours && t.Digest == before
}

// related gives the foreign keys of a schema that lead to a table.
func (w *world) related(ctx context.Context, schema, parent string) ([]relation, error) {
	if w.relations[schema] == nil {
		list := []relation{}
		got, err := w.c.all(ctx, "SELECT DISTINCT m.name FROM "+quote(schema)+".sqlite_schema m, pragma_foreign_key_list(m.name, ?) WHERE m.type='table'", schema)
		if err != nil {
			return nil, err
		}
		for _, g := range got {
			keys, err := foreignKeys(ctx, w.c, schema, asText(g[0]))
			if err != nil {
				return nil, err
			}
			for _, k := range keys {
				list = append(list, relation{schema, asText(g[0]), k})
			}
		}
		w.relations[schema] = list
	}
	var out []relation
	for _, rel := range w.relations[schema] {
		if strings.EqualFold(rel.table, parent) {
			out = append(out, rel)
		}
	}
	return out, nil
}

// children gives the rows that refer to a parent's key now.
func (w *world) children(ctx context.Context, rel relation, values []driver.Value) (*reader, []row, error) {
	r, err := w.reader(ctx, pii.Dataset{Ref: w.d.ref(rel.schema, rel.child)})
	if err != nil {
		return nil, nil, err
	}
	where := make([]string, len(rel.from))
	for i, name := range rel.from {
		where[i] = quote(name) + " = ?"
	}
	got, err := w.rows(ctx, r, strings.Join(where, " AND "), values...)
	if err != nil {
		return nil, nil, err
	}
	out := got[:0]
	for _, child := range got {
		if !w.gone[r.dataset()][child.id] && !w.left(r, rel, child) {
			out = append(out, child)
		}
	}
	return r, out, nil
}

// left tells whether an earlier act has taken the child away from its parent.
func (w *world) left(r *reader, rel relation, child row) bool {
	ch := w.changed[r.dataset()][child.id]
	return slices.ContainsFunc(rel.from, func(name string) bool {
		v, ok := ch[name]
		return ok && !same(v, child.values[r.places[name]])
	})
}

// values gives a parent's key as a foreign key refers to it; ok is false where a part is NULL, which nobody refers to.
func (r *reader) referred(at row, to []string) (values []driver.Value, ok bool) {
	for _, name := range to {
		place, known := r.place(name)
		if !known || at.values[place] == nil {
			return nil, false
		}
		values = append(values, at.values[place])
	}
	return values, true
}

// place finds a column without regard to case, as foreign keys name them.
func (r *reader) place(name string) (int, bool) {
	if p, ok := r.places[name]; ok {
		return p, true
	}
	for have, p := range r.places {
		if strings.EqualFold(have, name) {
			return p, true
		}
	}
	return 0, false
}

// mark notes that a row goes.
func (w *world) mark(r *reader, at row) {
	if w.gone[r.dataset()] == nil {
		w.gone[r.dataset()] = map[string]bool{}
	}
	w.gone[r.dataset()][at.id] = true
	w.touched[r.dataset()] = true
}

// remove follows what SQLite does when a row goes that has been marked.
func (w *world) remove(ctx context.Context, r *reader, at row) error {
	rels, err := w.related(ctx, r.l.schema, r.l.table)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		values, ok := r.referred(at, rel.to)
		if !ok {
			continue
		}
		if rel.onDelete == pii.NoAction {
			w.owed = append(w.owed, owed{rel, values})
			continue
		}
		cr, kids, err := w.children(ctx, rel, values)
		if err != nil {
			return err
		}
		if err := w.follow(ctx, rel, rel.onDelete, cr, kids, nil); err != nil {
			return err
		}
	}
	return nil
}

// follow does one action of a foreign key to the children; to is the parent's new key where it was changed.
func (w *world) follow(ctx context.Context, rel relation, act pii.Action, cr *reader, kids []row, to []driver.Value) error {
	if len(kids) == 0 {
		return nil
	}
	if act == pii.Restrict || act == "" {
		w.trouble = append(w.trouble, trouble{connectors.FindingReferred, cr.dataset(), "records refer to one that is to go, and forbid it", int64(len(kids))})
		return nil
	}
	for _, kid := range kids {
		if w.gone[cr.dataset()][kid.id] {
			continue
		}
		if act == pii.Cascade && to == nil {
			w.effects[effect{cr.dataset(), pii.Delete}]++
			w.unsure = w.unsure || w.changed[cr.dataset()][kid.id] != nil
			w.mark(cr, kid)
			if err := w.remove(ctx, cr, kid); err != nil {
				return err
			}
			continue
		}
		method := pii.Nullify
		if act != pii.SetNull {
			method = pii.Rewrite
		}
		w.effects[effect{cr.dataset(), method}]++
		w.rewrite(rel, act, cr, kid, to)
	}
	return nil
}

// rewrite notes that a foreign key's action changes a child's columns.
func (w *world) rewrite(rel relation, act pii.Action, cr *reader, kid row, to []driver.Value) {
	ch := change{}
	for i, name := range rel.from {
		ch[name] = nil
		if act == pii.Cascade {
			ch[name] = to[i]
		}
		if c := cr.l.column(name); act == pii.SetNull && c != nil && c.notNull {
			w.trouble = append(w.trouble, trouble{connectors.FindingConstraint, cr.dataset(), "a reference would become NULL and may not", 1})
		}
	}
	w.note(cr, kid, ch)
}

// note keeps what a row's columns become.
func (w *world) note(r *reader, at row, ch change) {
	if w.changed[r.dataset()] == nil {
		w.changed[r.dataset()], w.was[r.dataset()] = map[string]change{}, map[string]pii.Digest{}
	}
	have := w.changed[r.dataset()][at.id]
	if have == nil {
		have = change{}
		w.changed[r.dataset()][at.id] = have
		w.was[r.dataset()][at.id] = at.digest
	}
	for name, v := range ch {
		have[name] = v
	}
	w.touched[r.dataset()] = true
}

// settle looks, at the end of a unit, for what still refers to records that went.
func (w *world) settle(ctx context.Context) error {
	for _, o := range w.owed {
		cr, kids, err := w.children(ctx, o.relation, o.values)
		if err != nil {
			return err
		}
		if len(kids) > 0 {
			w.trouble = append(w.trouble, trouble{connectors.FindingReferred, cr.dataset(), "records still refer to one that is to go", int64(len(kids))})
		}
	}
	return nil
}

// same compares two values with their storage class.
func same(a, b driver.Value) bool {
	if class(a) != class(b) {
		return false
	}
	return string(appendValue(nil, a)) == string(appendValue(nil, b))
}
