package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// layout is how a table stands in the server.
type layout struct {
	place
	view    bool
	engine  string
	history bool // it keeps earlier versions of its rows by itself
	columns []column
	key     []string
	unique  [][]string // the key's first, where there is one
	indexed []string   // first columns of indexes
	options string
}

type column struct {
	name      string
	native    string
	sort      sort
	notNull   bool
	dflt      bool
	generated bool
	clock     bool // the server sets it to the time of a change
	denied    bool // the credentials do not allow to read it
	collation string
	length    int
	comment   string
}

func (l *layout) column(name string) *column {
	for i := range l.columns {
		if l.columns[i].name == name {
			return &l.columns[i]
		}
	}
	return nil
}

// readable tells whether any column may be read.
func (l *layout) readable() bool {
	return slices.ContainsFunc(l.columns, func(c column) bool { return !c.denied })
}

// digest is that of the structure alone.
func (l *layout) digest() string {
	parts := []string{l.engine, l.options, strings.Join(l.key, "\x00")}
	for _, c := range l.columns {
		parts = append(parts, c.name, c.native, c.collation, yes(c.notNull), yes(c.generated), yes(c.denied))
	}
	for _, u := range l.unique {
		parts = append(parts, strings.Join(u, "\x00"))
	}
	return digestOf(parts...)
}

func yes(b bool) string {
	if b {
		return "y"
	}
	return "n"
}

func digestOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.LittleEndian, int64(len(p)))
		_, _ = h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// layouts reads the tables of a schema, or one of them.
func (c *conn) layouts(ctx context.Context, schema, table string) (map[string]*layout, error) {
	where := "table_schema=" + text(schema)
	if table != "" {
		where += " AND " + c.is("table_name", table)
	}
	got, err := c.all(ctx, "SELECT table_name, table_type, COALESCE(engine,''), COALESCE(create_options,'') FROM information_schema.tables WHERE "+where)
	if err != nil {
		return nil, err
	}
	out := map[string]*layout{}
	for _, r := range got {
		kind := asText(r[1])
		if kind == "SEQUENCE" || kind == "TEMPORARY" {
			continue
		}
		out[asText(r[0])] = &layout{place: place{schema, asText(r[0])}, view: strings.Contains(kind, "VIEW"), engine: asText(r[2]), history: kind == "SYSTEM VERSIONED", options: asText(r[3])}
	}
	for _, read := range []func(context.Context, string, map[string]*layout) error{c.columns, c.indexes, c.documents} {
		if err := read(ctx, where, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *conn) columns(ctx context.Context, where string, into map[string]*layout) error {
	got, err := c.all(ctx, `SELECT table_name, column_name, column_type, is_nullable, column_default IS NOT NULL, extra, COALESCE(collation_name,''),
		COALESCE(character_maximum_length,0), column_comment, privileges FROM information_schema.columns WHERE `+where+" ORDER BY table_name, ordinal_position")
	if err != nil {
		return err
	}
	for _, r := range got {
		l := into[asText(r[0])]
		if l == nil {
			continue
		}
		extra := strings.ToUpper(asText(r[5]))
		col := column{name: asText(r[1]), native: asText(r[2]), notNull: asText(r[3]) == "NO", dflt: asInt(r[4]) != 0 || strings.Contains(extra, "AUTO_INCREMENT"),
			collation: asText(r[6]), length: int(min(asInt(r[7]), 1<<31-1)), comment: asText(r[8])}
		col.generated = strings.Contains(extra, "VIRTUAL GENERATED") || strings.Contains(extra, "STORED GENERATED") || strings.Contains(extra, "PERSISTENT")
		col.clock = strings.Contains(extra, "ON UPDATE")
		col.denied = !strings.Contains(asText(r[9]), "select")
		col.sort = sortOf(col.native)
		l.columns = append(l.columns, col)
	}
	return nil
}

// index is one index of a table.
type index struct {
	name    string
	columns []string
	unique  bool
	partial bool // of prefixes or expressions
}

func (c *conn) indexes(ctx context.Context, where string, into map[string]*layout) error {
	got, err := c.all(ctx, "SELECT table_name, index_name, COALESCE(column_name,''), non_unique, sub_part IS NOT NULL, index_type FROM information_schema.statistics WHERE "+where+" ORDER BY table_name, index_name='PRIMARY' DESC, index_name, seq_in_index")
	if err != nil {
		return err
	}
	list := map[string][]index{}
	for _, r := range got {
		table, name := asText(r[0]), asText(r[1])
		have := list[table]
		if kind := asText(r[5]); kind == "FULLTEXT" || kind == "SPATIAL" || kind == "RTREE" {
			continue
		}
		if len(have) == 0 || have[len(have)-1].name != name {
			have = append(have, index{name: name, unique: asInt(r[3]) == 0})
		}
		last := &have[len(have)-1]
		last.columns = append(last.columns, asText(r[2]))
		last.partial = last.partial || asText(r[2]) == "" || name != "PRIMARY" && asInt(r[4]) != 0
		list[table] = have
	}
	for table, have := range list {
		if l := into[table]; l != nil {
			l.take(have)
		}
	}
	return nil
}

// take chooses the key: the primary one, else the first unique index without NULLs.
func (l *layout) take(list []index) {
	for _, i := range list {
		if i.columns[0] != "" && !slices.Contains(l.indexed, i.columns[0]) {
			l.indexed = append(l.indexed, i.columns[0])
		}
		if !i.unique || i.partial {
			continue
		}
		l.unique = append(l.unique, i.columns)
		whole := !slices.ContainsFunc(i.columns, func(name string) bool {
			c := l.column(name)
			return c == nil || !c.notNull || c.denied
		})
		if l.key == nil && whole {
			l.key = i.columns
		}
	}
}

// documents finds the columns that MariaDB keeps JSON in: texts with a check.
func (c *conn) documents(ctx context.Context, where string, into map[string]*layout) error {
	query := "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE " + strings.Replace(where, "table_schema", "constraint_schema", 1)
	if !c.mariadb {
		query = `SELECT t.table_name, k.check_clause FROM information_schema.check_constraints k JOIN information_schema.table_constraints t
			ON t.constraint_schema=k.constraint_schema AND t.constraint_name=k.constraint_name AND t.constraint_type='CHECK' WHERE ` + strings.NewReplacer("table_schema", "t.table_schema", "table_name", "t.table_name").Replace(where)
	}
	got, err := c.all(ctx, query)
	if err != nil {
		return err
	}
	for _, r := range got {
		l := into[asText(r[0])]
		clause := strings.Trim(strings.ToLower(asText(r[1])), "() ")
		inside, ok := strings.CutPrefix(clause, "json_valid(")
		if l == nil || !ok {
			continue
		}
		for i := range l.columns {
			if name := strings.ToLower(l.columns[i].name); inside == quote(name) || inside == name {
				l.columns[i].sort = jsonSort
			}
		}
	}
	return nil
}

// layout reads how a dataset's table stands now.
func (c *conn) layout(ctx context.Context, dataset string) (*layout, error) {
	p := c.d.resolve(dataset)
	got, err := c.layouts(ctx, p.schema, p.table)
	if err != nil {
		return nil, err
	}
	for _, l := range got {
		l.place = p
		return l, nil
	}
	return nil, errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no table %s", dataset)
}

// known gives a table as it was discovered, while the asker knows it so too; else as it stands now.
func (c *conn) known(ctx context.Context, ds *pii.Dataset) (*layout, error) {
	c.d.mu.Lock()
	l := c.d.cache[ds.Ref.Dataset]
	c.d.mu.Unlock()
	if l != nil && ds.Schema != "" && l.digest() == ds.Schema {
		return l, nil
	}
	return c.layout(ctx, ds.Ref.Dataset)
}

// field describes a column.
func (l *layout) field(c *column) pii.Field {
	f := pii.Field{Name: c.name, Column: c.name, Type: c.sort.fieldType(), Native: c.native, NotNull: c.notNull, Generated: c.generated, Default: c.dflt, Length: c.length, Comment: c.comment}
	f.Indexed = slices.Contains(l.indexed, c.name)
	f.NoCase = strings.HasSuffix(c.collation, "_ci") || strings.Contains(c.collation, "_ci_")
	return f
}

// hides gives the field by which the table's rows are soft-deleted, nil where there is none.
func (l *layout) hides() *pii.Field {
	var fields []pii.Field
	for i := range l.columns {
		if c := &l.columns[i]; !l.view && !c.denied && relational.Marks(c.name) {
			fields = append(fields, l.field(c))
		}
	}
	return relational.HiddenBy(l.key, fields)
}
