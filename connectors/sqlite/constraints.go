package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/pii"
)

// rules are what a table's rows must satisfy, read once a unit.
type rules struct {
	unique [][]string
	checks []check
	keys   []foreignKey
}

func (w *world) rules(ctx context.Context, r *reader) (*rules, error) {
	if r.rules != nil {
		return r.rules, nil
	}
	out := &rules{}
	if r.l.kind == "table" {
		var err error
		if out.unique, err = uniqueSets(ctx, w.c, r.l); err != nil {
			return nil, err
		}
		if out.keys, err = foreignKeys(ctx, w.c, r.l.schema, r.l.table); err != nil {
			return nil, err
		}
		out.checks = define(r.l.sql).checks
	}
	r.rules = out
	return out, nil
}

// permitted looks whether a row may become what a change makes of it, and follows what other tables' references to it do.
func (w *world) permitted(ctx context.Context, r *reader, at row, ch change) error {
	for name, v := range ch {
		if c := r.l.column(name); v == nil && (c.notNull || r.l.alias(c)) {
			w.constraint(r, "a column that may not be NULL would be")
		}
	}
	for _, look := range []func(context.Context, *reader, row, change) error{w.uniques, w.checks, w.parents, w.dependents} {
		if err := look(ctx, r, at, ch); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) constraint(r *reader, text string) {
	w.trouble = append(w.trouble, trouble{connectors.FindingConstraint, r.dataset(), text, 1})
}

// becomes gives the value that a column has after a change.
func (r *reader) becomes(at row, ch change, name string) driver.Value {
	if v, ok := ch[name]; ok {
		return v
	}
	if p, ok := r.place(name); ok {
		return at.values[p]
	}
	return nil
}

// moves tells whether a change gives any of the columns another value.
func (r *reader) moves(at row, ch change, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		p, ok := r.place(name)
		return ok && !same(at.values[p], r.becomes(at, ch, name))
	})
}

// uniques looks for another row with the values of a unique index.
func (w *world) uniques(ctx context.Context, r *reader, at row, ch change) error {
	rules, err := w.rules(ctx, r)
	if err != nil {
		return err
	}
	for _, set := range rules.unique {
		if !r.moves(at, ch, set) {
			continue
		}
		var where []string
		var args []driver.Value
		for _, name := range set {
			where, args = append(where, quote(name)+" = ?"), append(args, r.becomes(at, ch, name))
		}
		others, err := w.rows(ctx, r, strings.Join(where, " AND "), args...)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(others, func(o row) bool { return o.id != at.id && !w.gone[r.dataset()][o.id] }) {
			w.constraint(r, "another record has the value of a unique column")
		}
		if w.taken(r, at, ch, set) {
			w.constraint(r, "two records would get the same value of a unique column")
		}
	}
	return nil
}

// taken tells whether this unit gives another row the same values.
func (w *world) taken(r *reader, at row, ch change, set []string) bool {
	for id, other := range w.changed[r.dataset()] {
		if id == at.id || w.gone[r.dataset()][id] {
			continue
		}
		if !slices.ContainsFunc(set, func(name string) bool {
			v, ok := other[name]
			return !ok || v == nil || !same(v, r.becomes(at, ch, name))
		}) {
			return true
		}
	}
	return false
}

// uniqueSets gives the columns of a table's unique indexes, its primary key included.
func uniqueSets(ctx context.Context, c *conn, l *layout) ([][]string, error) {
	if l.kind != "table" {
		return nil, nil
	}
	got, err := c.all(ctx, "SELECT name FROM pragma_index_list(?, ?) WHERE \"unique\"=1 AND partial=0", l.table, l.schema)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, g := range got {
		parts, err := c.all(ctx, "SELECT name FROM pragma_index_xinfo(?, ?) WHERE key=1 ORDER BY seqno", asText(g[0]), l.schema)
		if err != nil {
			return nil, err
		}
		var set []string
		for _, p := range parts {
			set = append(set, asText(p[0]))
		}
		if !slices.Contains(set, "") {
			out = append(out, set)
		}
	}
	if p := l.primary(); len(p) == 1 && l.alias(l.column(p[0])) {
		out = append(out, p)
	}
	return out, nil
}

// checks computes the CHECK constraints that name a changed column over the row as it would be. One that cannot be computed so is left to the transaction.
func (w *world) checks(ctx context.Context, r *reader, at row, ch change) error {
	rules, err := w.rules(ctx, r)
	if err != nil {
		return err
	}
	for _, check := range rules.checks {
		if !slices.ContainsFunc(check.names, func(n string) bool { return r.moves(at, ch, []string{n}) }) {
			continue
		}
		var cols []string
		var args []driver.Value
		for _, c := range r.l.columns {
			if !c.generated {
				cols, args = append(cols, "? AS "+quote(c.name)), append(args, r.becomes(at, ch, c.name))
			}
		}
		got, err := w.c.all(ctx, "SELECT ("+check.text+") FROM (SELECT "+strings.Join(cols, ", ")+")", args...)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && len(got) == 1 && got[0][0] != nil && asInt(got[0][0]) == 0 {
			w.constraint(r, "a CHECK constraint would not hold")
		}
	}
	return nil
}

// parents looks whether the row's own references still lead somewhere.
func (w *world) parents(ctx context.Context, r *reader, at row, ch change) error {
	rules, err := w.rules(ctx, r)
	if err != nil {
		return err
	}
	for _, k := range rules.keys {
		if !r.moves(at, ch, k.from) {
			continue
		}
		where := make([]string, len(k.to))
		args := make([]driver.Value, len(k.to))
		null := len(k.to) != len(k.from)
		for i := range min(len(k.to), len(k.from)) {
			where[i], args[i] = quote(k.to[i])+" = ?", r.becomes(at, ch, k.from[i])
			null = null || args[i] == nil
		}
		if null {
			continue
		}
		got, err := w.c.all(ctx, "SELECT 1 FROM "+quote(r.l.schema)+"."+quote(k.table)+" WHERE "+strings.Join(where, " AND ")+" LIMIT 1", args...)
		if err != nil {
			return err
		}
		if len(got) == 0 {
			w.constraint(r, "a reference would lead nowhere")
		}
	}
	return nil
}

// dependents follows the references of other rows to a key that changes.
func (w *world) dependents(ctx context.Context, r *reader, at row, ch change) error {
	rels, err := w.related(ctx, r.l.schema, r.l.table)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		values, ok := r.referred(at, rel.to)
		if !ok || !r.moves(at, ch, rel.to) {
			continue
		}
		if rel.onUpdate == pii.NoAction {
			w.owed = append(w.owed, owed{rel, values})
			continue
		}
		to := make([]driver.Value, len(rel.to))
		for i, name := range rel.to {
			to[i] = r.becomes(at, ch, name)
		}
		cr, kids, err := w.children(ctx, rel, values)
		if err != nil {
			return err
		}
		if err := w.follow(ctx, rel, rel.onUpdate, cr, kids, to); err != nil {
			return err
		}
	}
	return nil
}
