package mysql

import (
	"context"
	"regexp"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

var (
	_ connectors.Copier  = (*Driver)(nil)
	_ connectors.Planter = (*Driver)(nil)
)

// unfinished is a table that stands in a database while a copy is being written to it: statements that define cannot be taken back, so that one that was stopped is
// known by it, and may be taken away.
const unfinished = "vestige_unfinished_copy"

// Copy fills an empty database: tables, records, then views and triggers.
func (d *Driver) Copy(ctx context.Context, to connectors.Driver, m connectors.Mask) error {
	t, ok := to.(*Driver)
	if !ok {
		return errkind.New(errkind.Invalid, "a copy of MySQL or MariaDB is one of those")
	}
	for _, x := range []*Driver{d, t} {
		if x.database == "" || len(x.schemas) > 0 {
			return errkind.Coded(errkind.Unsupported, "one-database", "databases are masked one by one: name it as database, without schemas")
		}
	}
	from, err := d.take(ctx)
	if err != nil {
		return err
	}
	into, err := t.take(ctx)
	if err != nil {
		from.put()
		return err
	}
	f := &filling{from: from, into: into, m: m}
	err = f.all(ctx)
	into.drop() // its settings are those of a copy
	from.release(ctx, err)
	return err
}

// filling is a copy that is under way.
type filling struct {
	from, into *conn
	m          connectors.Mask
	buf        []byte
	head       string
}

func (f *filling) all(ctx context.Context) error {
	if err := f.vacant(ctx); err != nil {
		return err
	}
	if _, err := f.into.exec(ctx, "SET SESSION foreign_key_checks=0"); err != nil {
		return err
	}
	if _, err := f.into.exec(ctx, "CREATE TABLE "+quote(unfinished)+" (id INT PRIMARY KEY)"); err != nil {
		return err
	}
	err := f.fill(ctx)
	if err == nil {
		_, err = f.into.exec(ctx, "DROP TABLE "+quote(unfinished))
	}
	if err != nil {
		_ = f.clear(context.WithoutCancel(ctx))
	}
	return err
}

// vacant tells whether the target is another database than the source and holds nothing but what a stopped copy has left, which it takes away.
func (f *filling) vacant(ctx context.Context) error {
	var who [2]string
	for i, c := range []*conn{f.from, f.into} {
		got, err := c.all(ctx, "SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir, DATABASE())")
		if err != nil {
			return err
		}
		who[i] = asText(got[0][0])
	}
	if who[0] == who[1] {
		return connectors.TargetIsSource()
	}
	got, err := f.into.all(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema=DATABASE()")
	if err != nil || len(got) == 0 {
		return err
	}
	for _, r := range got {
		if asText(r[0]) == unfinished {
			return f.clear(ctx)
		}
	}
	return connectors.TargetNotEmpty()
}

// clear takes away what a copy has made, the sign of it last.
func (f *filling) clear(ctx context.Context) error {
	got, err := f.into.all(ctx, "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema=DATABASE() ORDER BY table_name="+text(unfinished)+", table_type='BASE TABLE'")
	if err == nil {
		_, err = f.into.exec(ctx, "SET SESSION foreign_key_checks=0")
	}
	for _, r := range got {
		if err != nil {
			return err
		}
		kind := "TABLE"
		if asText(r[1]) == "VIEW" {
			kind = "VIEW"
		}
		_, err = f.into.exec(ctx, "DROP "+kind+" IF EXISTS "+quote(asText(r[0])))
	}
	return err
}

func (f *filling) fill(ctx context.Context) error {
	tables, err := f.from.layouts(ctx, f.from.d.database, "")
	if err != nil {
		return err
	}
	got, err := f.from.all(ctx, "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema=DATABASE() ORDER BY table_type, table_name")
	if err != nil {
		return err
	}
	var names, views []string
	for _, r := range got {
		switch name := asText(r[0]); {
		case strings.Contains(asText(r[1]), "VIEW"):
			views = append(views, name)
		case tables[name] == nil:
			f.m.Left(name, "no table of rows ("+strings.ToLower(asText(r[1]))+")")
		default:
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := f.make(ctx, name); err != nil {
			return err
		}
	}
	if err := f.from.snapshot(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := f.records(ctx, tables[name]); err != nil {
			return errkind.Wrap(errkind.Of(err), err, "fill %s", name)
		}
	}
	if err := f.whole(ctx); err != nil {
		return err
	}
	return f.rest(ctx, views)
}

var (
	counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	definer = regexp.MustCompile("DEFINER=(`[^`]*`|\\S+?)@(`[^`]*`|\\S+) ")
)

// make makes a table as SHOW CREATE TABLE tells it, with its indexes and rules.
func (f *filling) make(ctx context.Context, name string) error {
	got, err := f.from.all(ctx, "SHOW CREATE TABLE "+quote(name))
	if err != nil {
		return err
	}
	sql := counter.ReplaceAllString(asText(got[0][1]), "")
	if !f.m.Definition(sql) {
		return errkind.Coded(errkind.Conflict, "definition-holds-data", "the definition of the table %s holds something of a person (in a default, a rule, an enum or a comment)", name)
	}
	_, err = f.into.exec(ctx, sql)
	return errkind.Wrap(errkind.Of(err), err, "make the table %s", name)
}

// records copies the records of a table.
func (f *filling) records(ctx context.Context, l *layout) error {
	dataset := f.from.d.display(l.place)
	r, err := f.from.readerOf(l, connectors.Query{Dataset: pii.Dataset{Ref: pii.Ref{Dataset: dataset}}, Bare: true})
	if err != nil {
		return err
	}
	if len(r.denied) > 0 {
		return errkind.Coded(errkind.Permission, "permission", "the credentials do not allow to read the column %s", r.denied[0])
	}
	var cols []*column
	var places []int
	var names, quoted []string
	for i, c := range r.cols {
		if !c.generated {
			cols, places, names, quoted = append(cols, c), append(places, i), append(names, c.name), append(quoted, quote(c.name))
		}
	}
	f.head = "INSERT INTO " + quote(l.table) + " (" + strings.Join(quoted, ", ") + ") VALUES "
	rs, err := f.from.query(ctx, r.selects)
	if err != nil {
		return err
	}
	defer rs.close()
	values := make([][]byte, len(cols))
	for n := int64(0); ; n++ {
		ok, err := rs.next()
		if err == nil && !ok {
			f.m.Told(dataset, n)
			return f.flush(ctx)
		}
		if err != nil {
			return err
		}
		for i, at := range places {
			values[i] = nil
			if v := rs.values[at]; v != nil {
				values[i] = cols[i].sort.append([]byte{}, v)
			}
		}
		if err := f.m.Record(dataset, names, values); err != nil {
			return err
		}
		if err := f.row(cols, values); err != nil {
			return err
		}
		if len(f.buf) > 512<<10 {
			if err := f.flush(ctx); err != nil {
				return err
			}
			f.m.Told(dataset, n+1)
		}
	}
}

func (f *filling) row(cols []*column, values [][]byte) error {
	if len(f.buf) > 0 {
		f.buf = append(f.buf, ',')
	}
	f.buf = append(f.buf, '(')
	for i, c := range cols {
		if i > 0 {
			f.buf = append(f.buf, ',')
		}
		if values[i] == nil {
			f.buf = append(f.buf, "NULL"...)
			continue
		}
		lit, ok := c.literal(string(values[i]))
		if !ok {
			return unfit(c)
		}
		f.buf = append(f.buf, lit...)
	}
	f.buf = append(f.buf, ')')
	return nil
}

func (f *filling) flush(ctx context.Context) error {
	if len(f.buf) == 0 {
		return nil
	}
	_, err := f.into.exec(ctx, f.head+string(f.buf))
	f.buf = f.buf[:0]
	return err
}

// whole compares, for each foreign key, how many records refer to nothing.
func (f *filling) whole(ctx context.Context) error {
	keys, err := f.from.foreignKeys(ctx, "k.table_schema="+text(f.from.d.database))
	if err != nil {
		return err
	}
	for _, k := range keys {
		var on, set []string
		for i := range k.from {
			on = append(on, "c."+quote(k.from[i])+"=p."+quote(k.to[i]))
			set = append(set, "c."+quote(k.from[i])+" IS NOT NULL")
		}
		sql := "SELECT COUNT(*) FROM " + quote(k.child.table) + " c LEFT JOIN " + quote(k.parent.table) + " p ON " + strings.Join(on, " AND ") + " WHERE " + strings.Join(set, " AND ") + " AND p." + quote(k.to[0]) + " IS NULL"
		var n [2]int64
		for i, c := range []*conn{f.from, f.into} {
			got, err := c.all(ctx, sql)
			if err != nil {
				return err
			}
			n[i] = asInt(got[0][0])
		}
		if n[0] != n[1] {
			return errkind.Coded(errkind.Conflict, "references-broken", "%d references of %s lead nowhere in the copy, %d in the source", n[1], k.child.table, n[0])
		}
	}
	return nil
}

// rest makes views and triggers, and names what is left out.
func (f *filling) rest(ctx context.Context, views []string) error {
	for range 8 { // a view may read another one
		var open []string
		for _, v := range views {
			if err := f.shown(ctx, "VIEW", v, 1, false); err != nil {
				open = append(open, v)
			}
		}
		if len(open) == 0 || len(open) == len(views) {
			views = open
			break
		}
		views = open
	}
	for _, v := range views {
		if err := f.shown(ctx, "VIEW", v, 1, true); err != nil {
			return err
		}
	}
	got, err := f.from.all(ctx, "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema=DATABASE() ORDER BY event_object_table, action_order")
	for _, r := range got {
		if err == nil {
			err = f.shown(ctx, "TRIGGER", asText(r[0]), 2, true)
		}
	}
	if err != nil {
		return err
	}
	got, err = f.from.all(ctx, "SELECT routine_name FROM information_schema.routines WHERE routine_schema=DATABASE() UNION ALL SELECT event_name FROM information_schema.events WHERE event_schema=DATABASE()")
	for _, r := range got {
		f.m.Left(asText(r[0]), "a routine or event: not copied")
	}
	return err
}

// shown makes an object as SHOW CREATE tells it, for whoever makes the copy. At last what cannot be made is left out.
func (f *filling) shown(ctx context.Context, kind, name string, column int, last bool) error {
	got, err := f.from.all(ctx, "SHOW CREATE "+kind+" "+quote(name))
	if err != nil {
		return err
	}
	sql := definer.ReplaceAllString(asText(got[0][column]), "")
	sql = strings.ReplaceAll(sql, quote(f.from.d.database)+".", "")
	if !f.m.Definition(sql) {
		f.m.Left(name, "the "+strings.ToLower(kind)+"'s definition holds something of a person")
		return nil
	}
	if _, err = f.into.exec(ctx, sql); err == nil || !last {
		return err
	}
	if k := errkind.Of(err); k == errkind.Canceled || k == errkind.Transient {
		return err
	}
	f.m.Left(name, "the "+strings.ToLower(kind)+" cannot be made here")
	return nil
}

// Plant inserts one record.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	c, err := d.take(ctx)
	if err != nil {
		return err
	}
	defer c.put()
	l, err := c.known(ctx, &ds)
	if err != nil {
		return err
	}
	var quoted, literals []string
	for i := range l.columns {
		col := &l.columns[i]
		v, ok := values[col.name]
		if !ok || v.Null() || col.generated {
			continue
		}
		lit, ok := col.literal(v.Reveal())
		if !ok {
			return unfit(col)
		}
		quoted, literals = append(quoted, quote(col.name)), append(literals, lit)
	}
	if len(quoted) == 0 {
		return errkind.New(errkind.Invalid, "a record to be planted has no value")
	}
	_, err = c.exec(ctx, "INSERT INTO "+l.name()+" ("+strings.Join(quoted, ", ")+") VALUES ("+strings.Join(literals, ", ")+")")
	return err
}
