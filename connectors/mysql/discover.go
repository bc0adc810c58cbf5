package mysql

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// own are the schemas that the servers keep for themselves.
var own = []string{"information_schema", "mysql", "performance_schema", "sys"}

// Discover yields the tables and views of every schema that is configured. A partitioned table is one dataset.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		c, err := d.take(ctx)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		schemas, err := c.schemas(ctx)
		for _, schema := range schemas {
			if err != nil {
				break
			}
			var found []pii.Dataset
			if found, err = c.schema(ctx, schema); err != nil {
				break
			}
			for _, ds := range found {
				if !yield(ds, nil) {
					c.put()
					return
				}
			}
		}
		if err != nil {
			c.drop()
			yield(pii.Dataset{}, err)
			return
		}
		c.put()
	}
}

// schemas gives the databases to read, spelled as the configuration does where it names them.
func (c *conn) schemas(ctx context.Context) ([]string, error) {
	if (c.d.database != "" || len(c.d.schemas) > 0) && !slices.Contains(c.d.schemas, "*") {
		out := slices.DeleteFunc(append([]string{c.d.database}, c.d.schemas...), func(s string) bool { return s == "" })
		return slices.Compact(out), nil
	}
	got, err := c.all(ctx, "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range got {
		if name := asText(r[0]); !slices.Contains(own, strings.ToLower(name)) {
			out = append(out, name)
		}
	}
	return out, nil
}

// catalog is what is known of one schema.
type catalog struct {
	c      *conn
	schema string
	tables map[string]*layout
	sets   map[string]*pii.Dataset
}

func (c *conn) schema(ctx context.Context, schema string) ([]pii.Dataset, error) {
	tables, err := c.layouts(ctx, schema, "")
	if err != nil {
		return nil, err
	}
	cat := &catalog{c: c, schema: schema, tables: tables, sets: map[string]*pii.Dataset{}}
	order := slices.Sorted(maps.Keys(tables))
	for _, name := range order {
		ds, err := cat.describe(ctx, tables[name])
		if err != nil {
			return nil, err
		}
		cat.sets[name] = &ds
	}
	for _, read := range []func(context.Context) error{cat.sizes, cat.references, cat.checks, cat.triggers, cat.views} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	out := make([]pii.Dataset, 0, len(order))
	for _, name := range order {
		out = append(out, *cat.sets[name])
	}
	return out, nil
}

// describe gives a dataset; what may not be read, and a view over what is gone, is one with its gap.
func (cat *catalog) describe(ctx context.Context, l *layout) (pii.Dataset, error) {
	ds := pii.Dataset{Ref: cat.c.d.ref(l.place), Kind: pii.Table, Records: -1, Bytes: -1, Key: l.key, Schema: l.digest()}
	for i := range l.columns {
		ds.Fields = append(ds.Fields, l.field(&l.columns[i]))
	}
	for _, u := range l.unique {
		if !slices.Equal(u, l.key) {
			ds.Unique = append(ds.Unique, u)
		}
	}
	if l.view {
		ds.Kind = pii.View
	}
	if !l.view && !transactional(l.engine) {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: noTransactions, Text: "the engine " + l.engine + " has no transactions"})
	}
	relational.Announce(&ds, l.hides())
	if l.history {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: keepsHistory, Text: "the table keeps earlier versions of its records (SYSTEM VERSIONING)"})
	}
	cat.c.d.mu.Lock()
	cat.c.d.cache[ds.Ref.Dataset] = l
	cat.c.d.mu.Unlock()
	var err error
	ds.Gap, err = cat.gap(ctx, l, ds.Ref)
	return ds, err
}

// The kinds of constraint that only these servers have.
const (
	noTransactions = "no-transactions"
	keepsHistory   = "history"
)

func transactional(engine string) bool {
	return strings.EqualFold(engine, "InnoDB") || strings.EqualFold(engine, "ROCKSDB") || strings.EqualFold(engine, "TokuDB") || strings.EqualFold(engine, "ndbcluster")
}

func (cat *catalog) gap(ctx context.Context, l *layout, at pii.Ref) (*pii.Gap, error) {
	if !l.readable() && !l.view {
		return &pii.Gap{Code: "permission", At: at, Text: "the credentials do not allow to read the table", Records: -1}, nil
	}
	if !l.view && l.engine != "" {
		return nil, nil
	}
	_, err := cat.c.all(ctx, "SELECT * FROM "+l.name()+" LIMIT 0") // a view whose tables are gone, a table whose engine cannot open it
	if k := errkind.Of(err); err == nil || k == errkind.Canceled || k == errkind.Transient {
		return nil, err
	}
	return &pii.Gap{Code: errkind.Code(err), At: at, Text: err.Error(), Records: -1}, nil
}

// sizes takes the servers' estimates, and the time of the last change. While a table changes within this very second its version cannot tell what comes later in it.
func (cat *catalog) sizes(ctx context.Context) error {
	states, err := cat.c.states(ctx, cat.schema, "")
	for name, s := range states {
		if ds := cat.sets[name]; ds != nil {
			ds.Records, ds.Bytes, ds.Comment = s.records, s.bytes, s.comment
			if s.version != "" {
				ds.Version = digestOf(ds.Schema, s.version)
			}
		}
	}
	return err
}

func (cat *catalog) references(ctx context.Context) error {
	refs, err := cat.c.foreignKeys(ctx, "k.table_schema="+text(cat.schema))
	for _, r := range refs {
		if ds := cat.sets[r.child.table]; ds != nil {
			ds.References = append(ds.References, pii.Reference{From: ds.Ref, Fields: r.from, To: cat.c.d.ref(cat.c.d.spelled(r.parent)), ToFields: r.to, OnDelete: r.onDelete, OnUpdate: r.onUpdate})
		}
	}
	return err
}

// spelled gives a schema's name as the configuration writes it, where the server writes it in lower case.
func (d *Driver) spelled(p place) place {
	for _, s := range append([]string{d.database}, d.schemas...) {
		if strings.EqualFold(s, p.schema) {
			p.schema = s
		}
	}
	return p
}

func (cat *catalog) checks(ctx context.Context) error {
	got, err := cat.c.clauses(ctx, cat.schema, "")
	for _, k := range got {
		ds := cat.sets[k.table]
		if ds == nil {
			continue
		}
		one := pii.Constraint{Kind: "check", Text: k.clause}
		for _, f := range ds.Fields {
			if strings.Contains(k.clause, quote(f.Name)) {
				one.Fields = append(one.Fields, f.Name)
			}
		}
		ds.Constraints = append(ds.Constraints, one)
	}
	return err
}

// clause is a CHECK constraint.
type clause struct{ table, clause string }

func (c *conn) clauses(ctx context.Context, schema, table string) (out []clause, err error) {
	query := "SELECT table_name, check_clause, constraint_name FROM information_schema.check_constraints WHERE constraint_schema=" + text(schema)
	if !c.mariadb {
		query = `SELECT t.table_name, k.check_clause, k.constraint_name FROM information_schema.check_constraints k JOIN information_schema.table_constraints t
			ON t.constraint_schema=k.constraint_schema AND t.constraint_name=k.constraint_name AND t.constraint_type='CHECK' WHERE k.constraint_schema=` + text(schema)
	}
	if table != "" {
		query += " HAVING " + c.is("table_name", table)
	}
	got, err := c.all(ctx, query)
	for _, r := range got {
		out = append(out, clause{asText(r[0]), asText(r[1])})
	}
	return out, err
}

func (cat *catalog) triggers(ctx context.Context) error {
	got, err := cat.c.all(ctx, "SELECT event_object_table, action_statement FROM information_schema.triggers WHERE event_object_schema="+text(cat.schema)+" ORDER BY trigger_name")
	for _, r := range got {
		ds := cat.sets[asText(r[0])]
		if ds == nil {
			continue
		}
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: "trigger", Text: asText(r[1])})
		for name, other := range cat.sets {
			if other != ds && mentions(asText(r[1]), name) {
				ds.Writes = append(ds.Writes, other.Ref)
			}
		}
		slices.SortFunc(ds.Writes, func(a, b pii.Ref) int { return strings.Compare(a.Dataset, b.Dataset) })
		ds.Writes = slices.Compact(ds.Writes)
	}
	return err
}

// views gives what each view is made from, as far as its text names it.
func (cat *catalog) views(ctx context.Context) error {
	got, err := cat.c.all(ctx, "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema="+text(cat.schema))
	for _, r := range got {
		ds, sql := cat.sets[asText(r[0])], asText(r[1])
		if ds == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(cat.sets)) {
			other := cat.sets[name]
			if other == ds || !mentions(sql, name) {
				continue
			}
			ds.Reads = append(ds.Reads, other.Ref)
			for _, f := range other.Fields {
				if mentions(sql, f.Name) {
					ds.Reads = append(ds.Reads, other.Ref.In(f.Name))
				}
			}
		}
	}
	return err
}

// mentions tells whether SQL names something, quoted or as a word.
func mentions(sql, name string) bool {
	if strings.Contains(sql, quote(name)) {
		return true
	}
	low, name := strings.ToLower(sql), strings.ToLower(name)
	for at := 0; ; {
		i := strings.Index(low[at:], name)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(name)
		if (start == 0 || !wordly(low[start-1])) && (end == len(low) || !wordly(low[end])) {
			return true
		}
		at = start + 1
	}
}

func wordly(b byte) bool {
	return b == '_' || b == '$' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 0x80
}
