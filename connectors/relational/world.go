package relational

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// World is a unit being done, or being thought through: the tables as they stand in a transaction, and what the unit has done to them so far.
type World struct {
	sys     System
	source  string
	title   string
	tables  map[string]*Table                // by dataset
	kids    map[string][]Reference           // by parent's dataset
	gone    map[string]map[string]bool       // by dataset: rows that went, by id
	changed map[string]map[string]Change     // by dataset and row id: what columns became
	was     map[string]map[string]pii.Digest // by dataset and row id: the digest before the unit changed the row
	claims  map[string]string                // by dataset, unique set and values: the row of this unit that gets them
	owed    []owed                           // looked at when the unit ends
	now     []owed                           // looked at when the act ends
	expects []expected
	touched map[string]bool
	effects map[effect]int64
	trouble []Trouble
	unsure  bool

	held     int                    // rows of the cascades that are being followed
	defaults map[string]defaultWhat // by dataset and column
}

// defaultWhat is what SET DEFAULT puts into a column.
type defaultWhat struct {
	value Value
	ok    bool
}

// effect is what the system does by itself.
type effect struct {
	dataset string
	method  pii.Method
}

// Trouble is a reason why a unit cannot be done.
type Trouble struct {
	Code    string
	Dataset string
	Text    string
	Records int64
}

// owed is parents' keys that nobody may refer to any more.
type owed struct {
	Reference
	tuples [][]Value
}

// expected is keys that a parent must have when the unit ends.
type expected struct {
	child *Table
	Reference
	tuples [][]Value
}

// NewWorld thinks over one transaction of a source; title is the system's name for people.
func NewWorld(sys System, source, title string) *World {
	return &World{sys: sys, source: source, title: title, tables: map[string]*Table{}, kids: map[string][]Reference{}, gone: map[string]map[string]bool{},
		changed: map[string]map[string]Change{}, was: map[string]map[string]pii.Digest{}, claims: map[string]string{}, touched: map[string]bool{}, effects: map[effect]int64{}, defaults: map[string]defaultWhat{}}
}

// Touched gives the datasets of which a record went or changed, by cascades too, and those of acts without records.
func (w *World) Touched() []string { return slices.Sorted(maps.Keys(w.touched)) }

// Effects gives what the system will do by itself in the act that was planned last.
func (w *World) Effects() []pii.Effect {
	byName := func(a, b effect) int {
		if a.dataset != b.dataset {
			return compare(a.dataset, b.dataset)
		}
		return compare(string(a.method), string(b.method))
	}
	var out []pii.Effect
	for _, e := range slices.SortedFunc(maps.Keys(w.effects), byName) {
		out = append(out, pii.Effect{Dataset: w.Ref(e.dataset), Method: e.method, Records: w.effects[e]})
	}
	return out
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Troubles gives what stands in the unit's way, so far.
func (w *World) Troubles() []Trouble { return w.trouble }

// Add notes a trouble that the connector found by itself.
func (w *World) Add(t Trouble) { w.trouble = append(w.trouble, t) }

// Refused gives the first trouble as an error.
func (w *World) Refused() error {
	if len(w.trouble) == 0 {
		return nil
	}
	t := w.trouble[0]
	return errkind.Coded(errkind.Conflict, t.Code, "%s: %s", t.Dataset, t.Text)
}

// Ref names a dataset of the source.
func (w *World) Ref(dataset string) pii.Ref { return pii.Ref{Source: w.source, Dataset: dataset} }

// Table gives a dataset's table; that of an act has the key that the dataset was discovered with.
func (w *World) Table(ctx context.Context, d pii.Dataset) (*Table, error) {
	if t := w.tables[d.Ref.Dataset]; t != nil {
		return t, nil
	}
	t, err := w.sys.Table(ctx, d)
	if err != nil {
		return nil, err
	}
	t.index()
	w.tables[d.Ref.Dataset] = t
	return t, nil
}

// Children gives the foreign keys that lead to a table.
func (w *World) Children(ctx context.Context, t *Table) ([]Reference, error) {
	if have, ok := w.kids[t.Dataset]; ok {
		return have, nil
	}
	list, err := w.sys.Children(ctx, t)
	if err == nil {
		w.kids[t.Dataset] = list
	}
	return list, err
}

// where asks in portions and gives every row an id. It leaves out those that the unit has taken away.
func (w *World) where(ctx context.Context, t *Table, columns []string, tuples [][]Value) ([]Row, error) {
	var out []Row
	for part := range slices.Chunk(tuples, Portion) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows, err := w.sys.Where(ctx, t, columns, part)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return w.still(t, named(out)), nil
}

// stream asks in portions for rows one by one, each once, of which only some columns are kept. It leaves out those that the unit has taken away before.
func (w *World) stream(ctx context.Context, t *Table, columns []string, tuples [][]Value, only []string, see func(Row) error) error {
	s, ok := w.sys.(Streamer)
	if !ok || len(t.Key) == 0 {
		rows, err := w.where(ctx, t, columns, tuples)
		for _, r := range rows {
			if err == nil {
				err = see(r)
			}
		}
		return err
	}
	again := len(tuples) > Portion // what one portion gives comes once; two may give the same row, by a collation
	seen := map[string]bool{}
	for part := range slices.Chunk(tuples, Portion) {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.Stream(ctx, t, columns, part, only, func(r Row) error {
			if again && seen[r.ID] {
				return nil
			}
			if again {
				seen[r.ID] = true
			}
			return see(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// named gives rows that only their values tell apart an id of their values and a number.
func named(rows []Row) []Row {
	var seen map[pii.Digest]int
	for i := range rows {
		if rows[i].ID == "" {
			if seen == nil {
				seen = map[pii.Digest]int{}
			}
			n := seen[rows[i].Digest]
			seen[rows[i].Digest]++
			rows[i].ID = string(rows[i].Digest[:]) + "#" + strconv.Itoa(n)
		}
	}
	return rows
}

// still leaves the rows that this unit has not taken away, each once.
func (w *World) still(t *Table, rows []Row) []Row {
	gone, seen := w.gone[t.Dataset], make(map[string]bool, len(rows))
	return slices.DeleteFunc(rows, func(r Row) bool {
		again := seen[r.ID]
		seen[r.ID] = true
		return again || gone[r.ID]
	})
}

// overlay shows a row with the changes of earlier acts, which a mere check has not written.
func (w *World) overlay(t *Table, at Row) Row {
	ch := w.changed[t.Dataset][at.ID]
	if ch == nil {
		return at
	}
	at.Values = t.become(at.Values, ch)
	at.Digest = w.sys.Digest(t, at.Values)
	return at
}

// become gives a row's values after a change.
func (t *Table) become(values []Value, ch Change) []Value {
	out := slices.Clone(values)
	for name, v := range ch {
		if p := t.Place(name); p >= 0 {
			out[p] = v
		}
	}
	return out
}

// unchanged tells whether a row is what it was when it was found, but for what this unit did to it.
func (w *World) unchanged(t *Table, at Row, target pii.Target) bool {
	before, ours := w.was[t.Dataset][at.ID]
	return target.Digest == (pii.Digest{}) || target.Digest == at.Digest || ours && target.Digest == before
}

// mark notes that a row goes.
func (w *World) mark(t *Table, at Row) {
	if w.gone[t.Dataset] == nil {
		w.gone[t.Dataset] = map[string]bool{}
	}
	w.gone[t.Dataset][at.ID] = true
	w.touched[t.Dataset] = true
}

// note keeps what a row's columns become.
func (w *World) note(t *Table, at Row, ch Change) {
	if w.changed[t.Dataset] == nil {
		w.changed[t.Dataset], w.was[t.Dataset] = map[string]Change{}, map[string]pii.Digest{}
	}
	have := w.changed[t.Dataset][at.ID]
	if have == nil {
		have = Change{}
		w.changed[t.Dataset][at.ID] = have
		w.was[t.Dataset][at.ID] = at.Digest
	}
	maps.Copy(have, ch)
	w.touched[t.Dataset] = true
}

// same compares two values of a column byte by byte.
func (w *World) same(c *Column, a, b Value) bool {
	x, y := w.sys.Text(c, a), w.sys.Text(c, b)
	return (x == nil) == (y == nil) && string(x) == string(y)
}

// moves tells whether a change gives any of the columns another value.
func (w *World) moves(t *Table, at Row, ch Change, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		v, ok := ch[name]
		p := t.Place(name)
		return ok && p >= 0 && !w.same(&t.Columns[p], at.Values[p], v)
	})
}

// tuple gives the values of columns; ok is false where one is NULL.
func (t *Table) tuple(values []Value, names []string) (out []Value, ok bool) {
	ok = true
	for _, name := range names {
		p := t.Place(name)
		if p < 0 {
			return nil, false
		}
		ok = ok && values[p] != nil
		out = append(out, values[p])
	}
	return out, ok
}

// fold writes a tuple so that those are equal which the columns cannot tell apart.
func (w *World) fold(t *Table, names []string, tuple []Value) string {
	var b []byte
	for i, name := range names {
		if tuple[i] == nil {
			b = append(b, '-')
			continue
		}
		s := w.sys.Fold(t.Column(name), tuple[i])
		b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
		b = append(b, s...)
	}
	return string(b)
}

func (w *World) constraint(t *Table, text string, n int64) {
	if n > 0 {
		w.Add(Trouble{connectors.FindingConstraint, t.Dataset, text, n})
	}
}
