package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Discover yields the tables, views and virtual tables of every schema. The tables that a virtual one keeps its content in are its own matter and left out.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		c, err := d.take(ctx, reading)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		defer c.put()
		for _, schema := range d.schemas() {
			cat, err := d.catalog(ctx, c, schema)
			if err != nil {
				yield(pii.Dataset{}, err)
				return
			}
			for _, table := range cat.order {
				ds, err := cat.dataset(ctx, table)
				if !yield(ds, err) || err != nil {
					return
				}
			}
		}
	}
}

// catalog is what one schema's sqlite_schema says.
type catalog struct {
	d        *Driver
	c        *conn
	schema   string
	order    []string
	tables   map[string]string // the real name by the lower-case one
	triggers map[string][]trigger
	version  string
}

type trigger struct{ name, sql string }

func (d *Driver) catalog(ctx context.Context, c *conn, schema string) (*catalog, error) {
	cat := &catalog{d: d, c: c, schema: schema, tables: map[string]string{}, triggers: map[string][]trigger{}, version: fileVersion(d.file(schema))}
	got, err := c.all(ctx, "SELECT type, name, tbl_name, coalesce(sql,'') FROM "+quote(schema)+".sqlite_schema WHERE type IN ('table','view','trigger') ORDER BY name")
	if err != nil {
		return nil, err
	}
	hidden := shadows(got)
	for _, r := range got {
		name := asText(r[1])
		lower := strings.ToLower(name)
		switch {
		case asText(r[0]) == "trigger":
			on := strings.ToLower(asText(r[2]))
			cat.triggers[on] = append(cat.triggers[on], trigger{name, asText(r[3])})
		case strings.HasPrefix(lower, "sqlite_"), hidden[lower]:
		default:
			cat.order = append(cat.order, name)
			cat.tables[lower] = name
		}
	}
	return cat, nil
}

// shadows gives the tables in which full-text and spatial ones keep their content, by the names that their modules give them. Those of a
// module that is not available are tables like others, and the only way to what it keeps.
func shadows(schema [][]driver.Value) map[string]bool {
	suffixes := map[string][]string{
		"fts5":  {"data", "idx", "content", "docsize", "config"},
		"rtree": {"node", "rowid", "parent"},
	}
	suffixes["rtree_i32"] = suffixes["rtree"]
	out := map[string]bool{}
	for _, r := range schema {
		if name, _ := module(asText(r[3])); asText(r[0]) == "table" && strings.Contains(strings.ToUpper(asText(r[3])), "VIRTUAL") {
			for _, s := range suffixes[name] {
				out[strings.ToLower(asText(r[1]))+"_"+s] = true
			}
		}
	}
	return out
}

// dataset describes one table; what cannot be described is a dataset with its gap.
func (cat *catalog) dataset(ctx context.Context, table string) (pii.Dataset, error) {
	ds := pii.Dataset{Ref: cat.d.ref(cat.schema, table), Kind: pii.Table, Records: -1, Bytes: -1}
	l, err := cat.d.layout(ctx, cat.c, ds.Ref.Dataset)
	if err == nil {
		err = cat.describe(ctx, l, &ds)
	}
	if err != nil {
		if errkind.Of(err) == errkind.Canceled || errkind.Of(err) == errkind.Transient {
			return ds, err
		}
		ds.Gap = cat.gap(ds.Ref, err)
	}
	return ds, nil
}

func (cat *catalog) gap(at pii.Ref, err error) *pii.Gap {
	return &pii.Gap{Code: errkind.Code(err), At: at, Text: err.Error(), Records: -1}
}

func (cat *catalog) describe(ctx context.Context, l *layout, ds *pii.Dataset) error {
	def := define(l.sql)
	switch {
	case l.kind == "view":
		ds.Kind = pii.View
		cat.reads(ctx, l.sql, ds)
	case l.fts():
		ds.Kind = pii.Index
		if content := l.args["content"]; content != "" {
			ds.Reads = append(ds.Reads, cat.d.ref(cat.schema, content))
		}
	}
	cat.fields(l, def, ds)
	ds.Key = l.key
	for _, step := range []func(context.Context, *layout, definition, *pii.Dataset) error{cat.indexes, cat.references, cat.constraints, cat.size} {
		if err := step(ctx, l, def, ds); err != nil {
			return err
		}
	}
	relational.Announce(ds, l.hides())
	ds.Schema = l.digest()
	ds.Version = digestOf(ds.Schema, cat.version)
	if l.contentless() {
		ds.Gap = &pii.Gap{Code: "contentless-index", At: ds.Ref, Text: "the full-text table keeps tokens only", Records: -1}
		return nil
	}
	return cat.readable(ctx, l)
}

// readable finds out what makes every read fail: a module or function that is missing, a view over a table that is gone.
func (cat *catalog) readable(ctx context.Context, l *layout) error {
	_, err := cat.c.all(ctx, "SELECT * FROM "+l.name()+" LIMIT 0")
	if err == nil && len(l.columns) == 0 {
		return errkind.Coded(errkind.Unsupported, "no-columns", "the table's columns cannot be read")
	}
	return err
}

func (cat *catalog) fields(l *layout, def definition, ds *pii.Dataset) {
	if len(l.key) == 1 && l.column(l.key[0]) == nil {
		ds.Fields = append(ds.Fields, l.field(&pii.Dataset{}, l.key[0]))
	}
	for _, c := range l.columns {
		f := l.field(&pii.Dataset{}, c.name)
		f.Default = c.dflt
		f.NotNull = f.NotNull || l.alias(&c) || l.withoutRowid && c.pk > 0
		f.NoCase = def.collations[c.name] == "NOCASE"
		for _, check := range def.checks {
			if strings.EqualFold(check.json, c.name) {
				f.Type = pii.JSON
			}
		}
		f.Indexed = l.alias(&c) || c.pk == 1
		ds.Fields = append(ds.Fields, f)
	}
}

func (cat *catalog) indexes(ctx context.Context, l *layout, _ definition, ds *pii.Dataset) error {
	if l.kind != "table" {
		return nil
	}
	got, err := cat.c.all(ctx, "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?, ?)", l.table, l.schema)
	if err != nil {
		return err
	}
	for _, r := range got {
		parts, err := cat.c.all(ctx, "SELECT name FROM pragma_index_xinfo(?, ?) WHERE key=1 ORDER BY seqno", asText(r[0]), l.schema)
		if err != nil {
			return err
		}
		var fields []string
		for _, p := range parts {
			fields = append(fields, asText(p[0]))
		}
		if asInt(r[3]) != 0 || len(fields) == 0 || slices.Contains(fields, "") {
			continue
		}
		if f := ds.Field(fields[0]); f != nil {
			f.Indexed = true
		}
		if asInt(r[1]) != 0 && asText(r[2]) != "pk" {
			ds.Unique = append(ds.Unique, fields)
		}
		if asText(r[2]) == "pk" && !slices.Equal(fields, ds.Key) && !slices.Equal(l.primary(), ds.Key) {
			ds.Unique = append(ds.Unique, fields)
		}
	}
	return nil
}

func (cat *catalog) references(ctx context.Context, l *layout, def definition, ds *pii.Dataset) error {
	if l.kind != "table" {
		return nil
	}
	keys, err := foreignKeys(ctx, cat.c, l.schema, l.table)
	if err != nil {
		return err
	}
	for _, k := range keys {
		ref := pii.Reference{From: ds.Ref, Fields: k.from, To: cat.d.ref(l.schema, cat.real(k.table)), ToFields: k.to, OnDelete: k.onDelete, OnUpdate: k.onUpdate}
		ref.Deferrable = k.id < len(def.deferred) && def.deferred[k.id]
		ds.References = append(ds.References, ref)
	}
	return nil
}

// real gives a table's name as its own CREATE wrote it.
func (cat *catalog) real(table string) string {
	if name, ok := cat.tables[strings.ToLower(table)]; ok {
		return name
	}
	return table
}

// foreignKey is one of a table's foreign keys; id counts them in the order of the CREATE TABLE.
type foreignKey struct {
	id                 int
	table              string
	from, to           []string
	onDelete, onUpdate pii.Action
}

func foreignKeys(ctx context.Context, c *conn, schema, table string) ([]foreignKey, error) {
	got, err := c.all(ctx, "SELECT id, \"table\", \"from\", coalesce(\"to\",''), on_delete, on_update FROM pragma_foreign_key_list(?, ?) ORDER BY id DESC, seq", table, schema)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	top := asInt(got[0][0])
	var out []foreignKey
	for _, r := range got {
		id := int(top - asInt(r[0]))
		if len(out) <= id {
			out = append(out, foreignKey{id: id, table: asText(r[1]), onDelete: action(asText(r[4])), onUpdate: action(asText(r[5]))})
		}
		k := &out[len(out)-1]
		k.from = append(k.from, asText(r[2]))
		k.to = append(k.to, asText(r[3]))
	}
	for i := range out {
		if out[i].to[0] == "" {
			if out[i].to, err = primaryOf(ctx, c, schema, out[i].table); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func primaryOf(ctx context.Context, c *conn, schema, table string) ([]string, error) {
	got, err := c.all(ctx, "SELECT name FROM pragma_table_xinfo(?, ?) WHERE pk>0 ORDER BY pk", table, schema)
	var out []string
	for _, r := range got {
		out = append(out, asText(r[0]))
	}
	return out, err
}

func action(s string) pii.Action { return pii.Action(strings.ToLower(s)) }

func (cat *catalog) constraints(_ context.Context, l *layout, def definition, ds *pii.Dataset) error {
	for _, c := range def.checks {
		k := pii.Constraint{Kind: "check", Text: c.text}
		for _, name := range c.names {
			for _, col := range l.columns {
				if strings.EqualFold(col.name, name) && !slices.Contains(k.Fields, col.name) {
					k.Fields = append(k.Fields, col.name)
				}
			}
		}
		ds.Constraints = append(ds.Constraints, k)
	}
	for _, t := range cat.triggers[strings.ToLower(l.table)] {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: "trigger", Text: t.sql})
		for _, name := range writes(t.sql) {
			if to := cat.d.ref(cat.schema, cat.real(name)); to != ds.Ref && !slices.Contains(ds.Writes, to) {
				ds.Writes = append(ds.Writes, to)
			}
		}
	}
	return nil
}

// reads gives what a view is made from: the datasets, and of these the fields that its text names.
func (cat *catalog) reads(ctx context.Context, sql string, ds *pii.Dataset) {
	names, words := sources(sql)
	all := slices.Contains(words, "*")
	for _, name := range names {
		schema, table := cat.schema, name
		if s, t, ok := strings.Cut(name, "."); ok {
			schema, table = s, t
		}
		real, ok := cat.tables[strings.ToLower(table)]
		if !ok && schema == cat.schema || table == "" {
			continue
		}
		if schema != cat.schema {
			real = table
		}
		of := cat.d.ref(schema, real)
		if of == ds.Ref || slices.Contains(ds.Reads, of) {
			continue
		}
		ds.Reads = append(ds.Reads, of)
		cols, err := cat.c.all(ctx, "SELECT name FROM pragma_table_xinfo(?, ?)", real, schema)
		for _, col := range cols {
			if err == nil && (all || slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, asText(col[0])) })) {
				ds.Reads = append(ds.Reads, of.In(asText(col[0])))
			}
		}
	}
}

// size takes the count of the last ANALYZE, else the width of the rowid's range, which is never less than the count.
func (cat *catalog) size(ctx context.Context, l *layout, _ definition, ds *pii.Dataset) error {
	ds.Records = estimate(ctx, cat.c, l)
	return nil
}

func estimate(ctx context.Context, c *conn, l *layout) int64 {
	if l.kind != "table" {
		return -1
	}
	if rows, err := c.all(ctx, "SELECT stat FROM "+quote(l.schema)+".sqlite_stat1 WHERE tbl=? ORDER BY idx IS NOT NULL LIMIT 1", l.table); err == nil && len(rows) > 0 {
		var n int64
		if _, err := fmt.Sscan(asText(rows[0][0]), &n); err == nil {
			return n
		}
	}
	if l.rowid == "" {
		return -1
	}
	rows, err := c.all(ctx, "SELECT (SELECT min("+l.rowid+") FROM "+l.name()+"), (SELECT max("+l.rowid+") FROM "+l.name()+")")
	switch {
	case err != nil || len(rows) == 0:
		return -1
	case rows[0][0] == nil:
		return 0
	}
	if width := uint64(asInt(rows[0][1])) - uint64(asInt(rows[0][0])) + 1; width < 1<<31 {
		return int64(width)
	}
	return -1
}

// fileVersion changes with every commit to a file, or in WAL mode beside it. The file is not opened for it: closing it again would release the
// locks that other connections of this process hold on it.
func fileVersion(path string) string {
	var state []string
	for _, p := range []string{path, path + "-wal"} {
		if info, err := os.Stat(p); err == nil && info.Size() > 0 {
			state = append(state, fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
		}
	}
	return digestOf(state...)
}

func digestOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.LittleEndian, int64(len(p)))
		_, _ = h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
