package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// system is a transaction as relational.World sees it. Values are canonical texts, nil for NULL. A table's Own is its reader, a column's its *column.
type system struct {
	d       *Driver
	c       *conn
	locking bool
	spelt   map[string]relational.Value // by type and text: what a column makes of it
}

var (
	_ relational.System  = (*system)(nil)
	_ relational.Checker = (*system)(nil)
	_ relational.Keyless = (*system)(nil)

	_ relational.Speller   = (*system)(nil)
	_ relational.Defaulter = (*system)(nil)
	_ relational.Streamer  = (*system)(nil)
	_ relational.Writer    = (*system)(nil)
)

func readerOf(t *relational.Table) *reader { return t.Own.(*reader) }

// Table gives a dataset's table with what its rows must satisfy.
func (s *system) Table(ctx context.Context, ds pii.Dataset) (*relational.Table, error) {
	r, err := s.d.newReader(ctx, s.c, connectors.Query{Dataset: ds})
	if err != nil {
		return nil, err
	}
	r.located()
	r.spans = make([][2]int, len(r.selects)+1)
	t := &relational.Table{Dataset: ds.Ref.Dataset, Key: r.l.key, Own: r, Hides: r.hides, Moments: time.RFC3339}
	for i := range r.l.columns {
		c := &r.l.columns[i]
		t.Columns = append(t.Columns, relational.Column{Name: c.name, NotNull: c.notNull, Generated: c.generated, Own: c})
	}
	if r.l.kind != 'r' && r.l.kind != 'p' {
		t.Refuses = errkind.Coded(errkind.Unsupported, "not-erasable", "records of %s cannot be changed by themselves", t.Dataset)
		return t, nil
	}
	got, err := s.c.often(ctx, "indexes", indexSQL("WHERE i.indrelid=$1"), r.l.id())
	if err != nil {
		return nil, err
	}
	for _, i := range got {
		if is(i[1]) && is(i[3]) && len(i[4]) > 0 {
			t.Unique = append(t.Unique, relational.Unique{Columns: listed(i[4]), NullsEqual: is(i[5])})
		}
	}
	t.References, err = s.keys(ctx, "k.child=$1", r.l)
	return t, err
}

func (l *layout) id() param { return param{[]byte(strconv.FormatUint(uint64(l.oid), 10)), 26} }

// keys reads foreign keys of a condition. Those that can be deferred are, within a unit.
func (s *system) keys(ctx context.Context, where string, l *layout) ([]relational.Reference, error) {
	keys, err := s.d.foreignKeys(ctx, s.c, where, l.id())
	var out []relational.Reference
	for _, k := range keys {
		out = append(out, relational.Reference{Child: display(k.childSchema, k.childTable), Parent: display(k.parentSchema, k.parentTable), From: k.from, To: k.to,
			OnDelete: k.onDelete, OnUpdate: k.onUpdate, Deferred: k.deferrable, Sets: k.sets, Indexed: k.indexed})
	}
	return out, err
}

// Children gives the foreign keys that lead to a table.
func (s *system) Children(ctx context.Context, t *relational.Table) ([]relational.Reference, error) {
	return s.keys(ctx, "k.parent=$1", readerOf(t).l)
}

// Keyed gives the rows with these keys.
func (s *system) Keyed(ctx context.Context, t *relational.Table, keys []pii.Key) ([]relational.Row, error) {
	where, args := readerOf(t).l.keyed(keys)
	if where == "" {
		return nil, nil
	}
	return s.rows(ctx, t, where, args)
}

// Where gives the rows whose columns have one of the tuples' values.
func (s *system) Where(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value) ([]relational.Row, error) {
	where, args := readerOf(t).l.among(columns, tuples)
	if where == "" {
		return nil, nil
	}
	return s.rows(ctx, t, where, args)
}

// among gives the condition that columns have one of the tuples' values; none where no tuple can be one of theirs.
func (l *layout) among(columns []string, tuples [][]relational.Value) (string, []param) {
	var lists []string
	var args []param
	for _, tuple := range tuples {
		var marks []string
		fits := true
		for i, v := range tuple {
			c := l.column(columns[i])
			value := pii.NewValue(v.(string))
			fits = fits && c.accepts(value)
			marks = append(marks, "$"+strconv.Itoa(len(args)+i+1))
		}
		if !fits {
			continue
		}
		for i, v := range tuple {
			args = append(args, l.column(columns[i]).bound(v.(string)))
		}
		lists = append(lists, "("+strings.Join(marks, ",")+")")
	}
	if len(lists) == 0 {
		return "", nil
	}
	return "(" + names(columns) + ") IN (" + strings.Join(lists, ",") + ")", args
}

// rows reads the rows of a condition, and locks them where the transaction is one of an erasure.
func (s *system) rows(ctx context.Context, t *relational.Table, where string, args []param) (out []relational.Row, err error) {
	r := readerOf(t)
	err = r.rows(ctx, s.locked(r.sql(" WHERE "+where)), args, func() error {
		out = append(out, r.row())
		return nil
	})
	return out, err
}

func (s *system) locked(sql string) string {
	if s.locking {
		return sql + " FOR UPDATE"
	}
	return sql
}

// Stream is Where for rows of which only some columns are kept.
func (s *system) Stream(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value, only []string, see func(relational.Row) error) error {
	r := readerOf(t)
	where, args := r.l.among(columns, tuples)
	if where == "" {
		return nil
	}
	keep := make([]bool, len(r.l.columns))
	for _, name := range only {
		keep[t.Place(name)] = true
	}
	return r.rows(ctx, s.locked(r.sql(" WHERE "+where)), args, func() error {
		row := relational.Row{Values: make([]relational.Value, len(keep)), Digest: r.digest(), ID: r.key().ID()}
		for i, yes := range keep {
			if v := r.value(i); yes && v != nil {
				row.Values[i] = string(v)
			}
		}
		return see(row)
	})
}

// row copies the row that was decoded last.
func (r *reader) row() relational.Row {
	at := string(r.value(r.ctid))
	row := relational.Row{Values: make([]relational.Value, len(r.l.columns)), Key: r.key(), Digest: r.digest(), Own: at, ID: at}
	for i := range r.l.columns {
		if v := r.value(i); v != nil {
			row.Values[i] = string(v)
		}
	}
	if row.Key != nil {
		row.ID = row.Key.ID()
	}
	return row
}

// Digested finds the rows of a table without a key by reading it. Those that were found are then locked and looked at once more.
func (s *system) Digested(ctx context.Context, t *relational.Table, want map[pii.Digest]bool) ([]relational.Row, error) {
	r := readerOf(t)
	var out []relational.Row
	err := r.rows(ctx, r.sql(""), nil, func() error {
		if want[r.digest()] {
			out = append(out, r.row())
		}
		return nil
	})
	if err != nil || !s.locking {
		return out, err
	}
	var locked []relational.Row
	for part := range slices.Chunk(out, relational.Portion) {
		where, args := places(part)
		rows, err := s.rows(ctx, t, where, args)
		if err != nil {
			return nil, err
		}
		locked = append(locked, slices.DeleteFunc(rows, func(row relational.Row) bool { return !want[row.Digest] })...)
	}
	return locked, nil
}

// places gives the condition that finds rows by where they lie.
func places(rows []relational.Row) (string, []param) {
	var marks []string
	var args []param
	for _, row := range rows {
		table, tid, _ := strings.Cut(row.Own.(string), "(")
		n := strconv.Itoa(len(args) + 1)
		m := strconv.Itoa(len(args) + 2)
		marks = append(marks, "(tableoid=$"+n+" AND ctid=$"+m+")")
		args = append(args, param{[]byte(table), 26}, param{[]byte("(" + tid), 27})
	}
	return strings.Join(marks, " OR "), args
}

// Digest is that of Read.
func (s *system) Digest(t *relational.Table, values []relational.Value) pii.Digest {
	var b []byte
	for i, v := range values {
		if r := readerOf(t); r.covers(&r.l.columns[i]) {
			b = appendHashed(b, s.Text(nil, v))
		}
	}
	return sha256.Sum256(b)
}

// Text writes a value as Read does.
func (s *system) Text(_ *relational.Column, v relational.Value) []byte {
	if v == nil {
		return nil
	}
	return append([]byte{}, v.(string)...)
}

// Store refuses what the column cannot hold; the server makes the same of it otherwise.
func (s *system) Store(rc *relational.Column, _ relational.Value, text []byte) (relational.Value, error) {
	c := rc.Own.(*column)
	switch {
	case c.t.json && !json.Valid(text), !c.t.json && !c.accepts(pii.NewValue(string(text))):
		return nil, errkind.Coded(errkind.Conflict, connectors.FindingConstraint, "a value does not fit the type of the column %s", c.name)
	case c.length > 0 && len([]rune(string(text))) > c.length:
		return nil, errkind.Coded(errkind.Conflict, connectors.FindingConstraint, "a value is too long for the column %s", c.name)
	}
	return string(text), nil
}

// Fold is the text, without what a type's comparison leaves out.
func (s *system) Fold(rc *relational.Column, v relational.Value) string {
	text := v.(string)
	switch c := rc.Own.(*column); {
	case c.t.name == "citext" || c.folded:
		return strings.ToLower(text)
	case c.t.form == asNumeric && strings.Contains(text, "."):
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Triggers names what runs by itself: triggers and rules.
func (s *system) Triggers(ctx context.Context, t *relational.Table) ([]string, error) {
	got, err := s.c.often(ctx, "triggers", "SELECT x.name FROM ("+triggersSQL+") x WHERE x.of=$1 ORDER BY 1", readerOf(t).l.id())
	var out []string
	for _, g := range got {
		out = append(out, string(g[0]))
	}
	return out, err
}

// Broken computes the CHECK constraints that name a changed column over the rows as they would be. One that cannot be computed so is left to the transaction.
func (s *system) Broken(ctx context.Context, t *relational.Table, before, after [][]relational.Value) (int64, error) {
	l := readerOf(t).l
	got, err := s.c.all(ctx, "SELECT pg_catalog.pg_get_expr(o.conbin, o.conrelid), "+columnsOf("o.conrelid", "o.conkey")+
		" FROM pg_catalog.pg_constraint o WHERE o.contype='c' AND o.conrelid=$1", l.id())
	if err != nil || len(got) == 0 {
		return 0, err
	}
	n := int64(0)
	for i := range after {
		for _, check := range got {
			moved := slices.ContainsFunc(listed(check[1]), func(name string) bool {
				p := t.Place(name)
				return p >= 0 && before[i][p] != after[i][p]
			})
			if !moved {
				continue
			}
			broken, err := s.broken(ctx, l, string(check[0]), after[i])
			if err != nil {
				return 0, err
			}
			if broken {
				n++
				break
			}
		}
	}
	return n, nil
}

func (s *system) broken(ctx context.Context, l *layout, check string, values []relational.Value) (bool, error) {
	var cols []string
	var args []param
	for i := range l.columns {
		c := &l.columns[i]
		expr, arg := l.assigned(c, values[i], len(args)+1)
		if arg != nil {
			args = append(args, *arg)
			if expr == "$"+strconv.Itoa(len(args)) {
				expr += "::" + quote(c.t.schema) + "." + quote(c.t.name)
			}
		} else {
			expr += "::" + quote(c.t.schema) + "." + quote(c.t.name)
		}
		cols = append(cols, expr+" AS "+quote(c.name))
	}
	if err := s.c.exec(ctx, "SAVEPOINT looking"); err != nil {
		return false, err
	}
	got, err := s.c.all(ctx, "SELECT ("+check+") IS FALSE FROM (SELECT "+strings.Join(cols, ", ")+") AS x", args...)
	if ctx.Err() != nil || s.c.pc.IsClosed() {
		return false, err
	}
	if back := s.c.exec(ctx, "ROLLBACK TO SAVEPOINT looking"); back != nil {
		return false, back
	}
	return err == nil && len(got) == 1 && is(got[0][0]), nil
}
