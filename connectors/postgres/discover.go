package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// own leaves out the system's own schemas; the names that begin so are kept for it.
const own = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"

// Discover yields tables, views, materialised views and foreign tables. The root of a partitioned table stands for all its partitions; a table that others
// inherit from, for its own records alone. It reads the catalog in a few queries, whatever the number of tables.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		c, err := d.take(ctx, reading)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		found, err := d.discover(ctx, c)
		if err != nil {
			c.drop()
			yield(pii.Dataset{}, err)
			return
		}
		c.put()
		for _, ds := range found {
			if ended := ctx.Err(); ended != nil {
				yield(pii.Dataset{}, ended)
				return
			}
			if !yield(ds, nil) {
				return
			}
		}
	}
}

// catalog is what is being read of all tables.
type catalog struct {
	d   *Driver
	c   *conn
	all []pii.Dataset
	at  map[uint32]int // by oid of the table
	ls  []*layout
}

func (d *Driver) discover(ctx context.Context, c *conn) ([]pii.Dataset, error) {
	ls, err := d.layouts(ctx, c, true, own)
	if err != nil {
		return nil, err
	}
	cat := &catalog{d: d, c: c, at: map[uint32]int{}}
	for _, l := range ls {
		if d.schemas == nil || slices.Contains(d.schemas, l.schema) {
			cat.at[l.oid] = len(cat.all)
			cat.all = append(cat.all, d.describe(l))
			cat.ls = append(cat.ls, l)
		}
	}
	for _, step := range []func(context.Context) error{cat.indexes, cat.references, cat.constraints, cat.reads, cat.sizes, cat.probe, cat.largeObjects} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return cat.all, nil
}

// describe gives what stands in the layout.
func (d *Driver) describe(l *layout) pii.Dataset {
	ds := pii.Dataset{Ref: d.ref(l.schema, l.table), Kind: pii.Table, Key: l.key, Records: -1, Bytes: -1, Comment: l.comment}
	if l.kind == 'v' || l.kind == 'm' {
		ds.Kind = pii.View
	}
	parts := []string{string(l.kind), strings.Join(l.key, "\x00")}
	for i := range l.columns {
		c := &l.columns[i]
		ds.Fields = append(ds.Fields, l.described(c))
		parts = append(parts, c.name, c.native, strconv.FormatBool(c.notNull), strconv.FormatBool(c.generated))
	}
	relational.Announce(&ds, l.hides())
	ds.Schema = digestOf(parts...)
	if code, why := l.closed(); code != "" {
		ds.Gap = &pii.Gap{Code: code, At: ds.Ref, Text: why, Records: max(l.rows, -1)}
	}
	return ds
}

// The codes of gaps that only a catalog shows.
const (
	GapPermission   = "permission"
	GapPolicies     = "row-level-security"
	GapLargeObjects = "large-objects"
)

// closed tells why the role cannot read the table, in whole.
func (l *layout) closed() (code, why string) {
	switch {
	case !l.usable:
		return GapPermission, "the role may not use the schema " + l.schema
	case len(l.denied) > 0 && len(l.denied) == len(l.columns):
		return GapPermission, "the role may not read the table"
	case len(l.denied) > 0:
		return GapPermission, "the role may not read the columns " + strings.Join(l.denied, ", ")
	case l.hidden:
		return GapPolicies, "policies hide records from the role, which does not bypass them"
	}
	return "", ""
}

// each reads a query whose first column is the oid of a table.
func (cat *catalog) each(ctx context.Context, sql string, see func(ds *pii.Dataset, l *layout, r [][]byte)) error {
	got, err := cat.c.all(ctx, sql)
	for _, r := range got {
		if i, ok := cat.at[number32(r[0])]; ok {
			see(&cat.all[i], cat.ls[i], r)
		}
	}
	return err
}

// listed reads an array of names, one a line; names may hold anything else.
func listed(b []byte) []string {
	if b == nil {
		return nil
	}
	return strings.Split(string(b), "\x01")
}

// columnsOf is SQL for the names of the columns of an array of numbers.
func columnsOf(table, numbers string) string {
	return "(SELECT pg_catalog.string_agg(a.attname, E'\\x01' ORDER BY nth.ord) FROM pg_catalog.unnest(" + numbers + ") WITH ORDINALITY nth(num, ord) " +
		"JOIN pg_catalog.pg_attribute a ON a.attrelid=" + table + " AND a.attnum=nth.num)"
}

// uniques lists indexes: table, unique, primary, whole (neither partial nor over expressions), its key's columns, NULLs alike.
const uniques = `SELECT i.indrelid, i.indisunique, i.indisprimary, i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid, %,
	coalesce((pg_catalog.to_jsonb(i)->>'indnullsnotdistinct')::pg_catalog.bool, false) FROM pg_catalog.pg_index i `

func indexSQL(where string) string {
	return strings.Replace(uniques, "%", columnsOf("i.indrelid", "(i.indkey::pg_catalog.int2[])[0:i.indnkeyatts-1]"), 1) + where + " ORDER BY i.indexrelid"
}

func (cat *catalog) indexes(ctx context.Context) error {
	return cat.each(ctx, indexSQL(""), func(ds *pii.Dataset, _ *layout, r [][]byte) {
		fields := listed(r[4])
		if !is(r[3]) || len(fields) == 0 {
			return
		}
		if f := ds.Field(fields[0]); f != nil {
			f.Indexed = true
		}
		if is(r[1]) && !slices.Equal(fields, ds.Key) {
			ds.Unique = append(ds.Unique, fields)
		}
	})
}

func (cat *catalog) references(ctx context.Context) error {
	keys, err := cat.d.foreignKeys(ctx, cat.c, "true")
	for _, k := range keys {
		if i, ok := cat.at[k.child]; ok {
			cat.all[i].References = append(cat.all[i].References, pii.Reference{From: cat.all[i].Ref, Fields: k.from, To: cat.d.ref(k.parentSchema, k.parentTable), ToFields: k.to,
				OnDelete: k.onDelete, OnUpdate: k.onUpdate, Deferrable: k.deferrable})
		}
	}
	return err
}

// foreignKey is one of a table's foreign keys, of the root where a partition has it.
type foreignKey struct {
	child, parent             uint32
	childSchema, childTable   string
	parentSchema, parentTable string
	from, to, sets            []string
	onDelete, onUpdate        pii.Action
	deferrable, indexed       bool
}

var actions = map[string]pii.Action{"a": pii.NoAction, "r": pii.Restrict, "c": pii.Cascade, "n": pii.SetNull, "d": pii.SetDefault}

// foreignKeys reads those of a condition on k, the constraint with its child and parent.
func (d *Driver) foreignKeys(ctx context.Context, c *conn, where string, args ...param) ([]foreignKey, error) {
	got, err := c.often(ctx, "keys "+where, `SELECT k.child, k.parent, cn.nspname, cc.relname, pn.nspname, pc.relname, `+columnsOf("k.conrelid", "k.conkey")+`, `+columnsOf("k.confrelid", "k.confkey")+`,
		k.confdeltype, k.confupdtype, k.condeferrable, `+columnsOf("k.conrelid", "k.sets")+`,
		EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid=k.child AND i.indpred IS NULL AND i.indisvalid AND (i.indkey::pg_catalog.int2[])[0]=ANY(k.conkey))
		FROM (SELECT o.*, coalesce(pg_catalog.pg_partition_root(o.conrelid)::pg_catalog.oid, o.conrelid) AS child, coalesce(pg_catalog.pg_partition_root(o.confrelid)::pg_catalog.oid, o.confrelid) AS parent,
			(SELECT pg_catalog.array_agg(e::pg_catalog.int2) FROM pg_catalog.jsonb_array_elements_text(nullif(pg_catalog.to_jsonb(o)->'confdelsetcols', 'null')) e) AS sets
			FROM pg_catalog.pg_constraint o WHERE o.contype='f' AND o.conparentid=0) k
		JOIN pg_catalog.pg_class cc ON cc.oid=k.child JOIN pg_catalog.pg_namespace cn ON cn.oid=cc.relnamespace
		JOIN pg_catalog.pg_class pc ON pc.oid=k.parent JOIN pg_catalog.pg_namespace pn ON pn.oid=pc.relnamespace WHERE `+where+" ORDER BY cn.nspname, cc.relname, k.oid", args...)
	var out []foreignKey
	for _, r := range got {
		out = append(out, foreignKey{child: number32(r[0]), parent: number32(r[1]), childSchema: string(r[2]), childTable: string(r[3]), parentSchema: string(r[4]), parentTable: string(r[5]),
			from: listed(r[6]), to: listed(r[7]), onDelete: actions[string(r[8])], onUpdate: actions[string(r[9])], deferrable: is(r[10]), sets: listed(r[11]), indexed: is(r[12])})
	}
	return out, err
}

// triggersSQL lists what runs by itself: triggers that somebody made, on partitions too, and rules that are no views.
const triggersSQL = `SELECT coalesce(pg_catalog.pg_partition_root(t.tgrelid)::pg_catalog.oid, t.tgrelid) AS of, t.tgname AS name, pg_catalog.pg_get_triggerdef(t.oid) AS text, t.tgfoid AS function
	FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled IN ('O','A') AND (pg_catalog.to_jsonb(t)->>'tgparentid')='0'
	UNION ALL SELECT w.ev_class, w.rulename, pg_catalog.pg_get_ruledef(w.oid), 0 FROM pg_catalog.pg_rewrite w WHERE w.rulename<>'_RETURN'`

func (cat *catalog) constraints(ctx context.Context) error {
	err := cat.each(ctx, `SELECT o.conrelid, o.contype, pg_catalog.pg_get_constraintdef(o.oid), `+columnsOf("o.conrelid", "o.conkey")+
		` FROM pg_catalog.pg_constraint o WHERE o.contype IN ('c','x') ORDER BY o.oid`, func(ds *pii.Dataset, _ *layout, r [][]byte) {
		kind := "check"
		if string(r[1]) == "x" {
			kind = "exclude"
		}
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: kind, Fields: listed(r[3]), Text: string(r[2])})
	})
	if err != nil {
		return err
	}
	err = cat.each(ctx, `SELECT a.attrelid, a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid=a.atttypid WHERE t.typtype='e' AND a.attnum>0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`, func(ds *pii.Dataset, _ *layout, r [][]byte) {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: "enum", Fields: []string{string(r[1])}})
	})
	if err != nil {
		return err
	}
	err = cat.each(ctx, triggersSQL, func(ds *pii.Dataset, _ *layout, r [][]byte) {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: "trigger", Text: string(r[2])})
	})
	if err != nil {
		return err
	}
	return cat.c.scribes(ctx, "true", nil, func(of uint32, _, dataset string) {
		i, ok := cat.at[of]
		to := pii.Ref{Source: cat.d.env.Name, Dataset: dataset}
		if ok && cat.all[i].Ref != to && !slices.Contains(cat.all[i].Writes, to) {
			cat.all[i].Writes = append(cat.all[i].Writes, to)
		}
	})
}

// reads gives what views are made from: the datasets and their fields.
func (cat *catalog) reads(ctx context.Context) error {
	return cat.each(ctx, `SELECT DISTINCT w.ev_class, n.nspname, c.relname, coalesce(a.attname, '') FROM pg_catalog.pg_rewrite w
		JOIN pg_catalog.pg_depend d ON d.classid='pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid=w.oid AND d.refclassid='pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid<>w.ev_class
		JOIN pg_catalog.pg_class c ON c.oid=d.refobjid AND c.relkind IN ('r','p','v','m','f') JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid=c.oid AND a.attnum=d.refobjsubid AND d.refobjsubid>0 ORDER BY 1,2,3,4`, func(ds *pii.Dataset, l *layout, r [][]byte) {
		if l.kind != 'v' && l.kind != 'm' {
			return
		}
		of := cat.d.ref(string(r[1]), string(r[2]))
		if !slices.Contains(ds.Reads, of) {
			ds.Reads = append(ds.Reads, of)
		}
		if len(r[3]) > 0 {
			ds.Reads = append(ds.Reads, of.In(string(r[3])))
		}
	})
}

// probe finds out what makes every read of a view or a foreign table fail: a function, a privilege of its owner, a server that is away.
func (cat *catalog) probe(ctx context.Context) error {
	for i, l := range cat.ls {
		if l.kind == 'r' || l.kind == 'p' || cat.all[i].Gap != nil {
			continue
		}
		limit := "0"
		if l.kind == 'f' {
			limit = "1"
		}
		_, err := cat.c.all(ctx, "SELECT 1 FROM "+l.plain()+" LIMIT "+limit)
		switch {
		case err == nil:
		case ctx.Err() != nil || cat.c.pc.IsClosed():
			return err
		default:
			cat.all[i].Gap = &pii.Gap{Code: errkind.Code(err), At: cat.all[i].Ref, Text: err.Error(), Records: -1}
		}
	}
	return nil
}

// largeObjects adds the dataset that stands for large objects, where there are any: they have no fields, and are read by their own functions only.
func (cat *catalog) largeObjects(ctx context.Context) error {
	got, err := cat.c.all(ctx, "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata")
	if err != nil || number(got[0][0]) == 0 || cat.d.schemas != nil && !slices.Contains(cat.d.schemas, "pg_catalog") {
		return err
	}
	n := number(got[0][0])
	ref := cat.d.ref("pg_catalog", "pg_largeobject")
	cat.all = append(cat.all, pii.Dataset{Ref: ref, Kind: pii.Objects, Records: n, Bytes: -1,
		Gap: &pii.Gap{Code: GapLargeObjects, At: ref, Text: "large objects are not read", Records: n}})
	return nil
}

func digestOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.LittleEndian, int64(len(p)))
		_, _ = h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
