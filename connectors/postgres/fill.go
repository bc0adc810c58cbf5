package postgres

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

var (
	_ connectors.Copier  = (*Driver)(nil)
	_ connectors.Planter = (*Driver)(nil)
)

// Copy fills an empty database in one transaction: tables, then records by COPY, then keys, rules, indexes, views and triggers.
func (d *Driver) Copy(ctx context.Context, to connectors.Driver, m connectors.Mask) error {
	t, ok := to.(*Driver)
	if !ok {
		return errkind.New(errkind.Invalid, "a copy of PostgreSQL is PostgreSQL")
	}
	from, err := d.take(ctx, reading)
	if err != nil {
		return err
	}
	defer from.put()
	into, err := t.take(ctx, writing)
	if err != nil {
		return err
	}
	defer into.put()
	if err := vacant(ctx, from, into); err != nil {
		return err
	}
	for _, c := range []*conn{from, into} {
		if err := c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		defer func() { _ = c.exec(context.WithoutCancel(ctx), "ROLLBACK") }()
	}
	if err := from.exec(ctx, "SET LOCAL search_path=pg_catalog"); err != nil { // so that definitions name every schema
		return err
	}
	f := &filling{d: d, from: from, into: into, m: m}
	if err := f.all(ctx); err != nil {
		return err
	}
	return into.exec(ctx, "COMMIT")
}

// vacant tells whether the target is another database than the source and holds no relation.
func vacant(ctx context.Context, from, into *conn) error {
	var who [2]string
	for i, c := range []*conn{from, into} {
		got, err := c.all(ctx, "SELECT pg_postmaster_start_time()::text||' '||(SELECT oid FROM pg_database WHERE datname=current_database())::text||' '||coalesce(inet_server_port()::text, '')")
		if err != nil {
			return err
		}
		who[i] = string(got[0][0])
	}
	if who[0] == who[1] {
		return connectors.TargetIsSource()
	}
	got, err := into.all(ctx, "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace WHERE "+own+notOf("pg_class", "c.oid")+" LIMIT 1")
	if err == nil && len(got) > 0 {
		err = connectors.TargetNotEmpty()
	}
	return err
}

// filling is a copy that is under way.
type filling struct {
	d          *Driver
	from, into *conn
	m          connectors.Mask
}

func (f *filling) all(ctx context.Context) error {
	if err := f.into.exec(ctx, "SET LOCAL check_function_bodies=off; SET LOCAL search_path=pg_catalog; SET LOCAL lock_timeout=0; SET LOCAL statement_timeout=0"); err != nil {
		return err
	}
	before, err := f.from.defined(ctx, beforeRecords)
	if err == nil {
		err = f.into.define(ctx, before, f.m)
	}
	if err != nil {
		return err
	}
	tables, err := f.d.layouts(ctx, f.from, true, "c.relkind IN ('r','p','f') AND "+own+notOf("pg_class", "c.oid"))
	if err != nil {
		return err
	}
	for _, l := range tables {
		if l.kind == 'f' {
			f.m.Left(l.dataset(), "a table of another server")
			continue
		}
		if err := f.table(ctx, l); err != nil {
			return errkind.Wrap(errkind.Of(err), err, "fill %s", l.dataset())
		}
	}
	behind, err := f.from.defined(ctx, behindRecords)
	if err == nil {
		err = f.into.define(ctx, behind, f.m)
	}
	return err
}

// table copies the records of one table. Each column is read twice: in canonical form for the mask, and as PostgreSQL writes it, to be carried over where it is left.
func (f *filling) table(ctx context.Context, l *layout) error {
	r, err := newReader(f.from, l, connectors.Query{Dataset: pii.Dataset{Ref: pii.Ref{Dataset: l.dataset()}}, Bare: true})
	if err != nil {
		return err
	}
	var cols []*column
	var names, quoted []string
	var places []int
	for i := range l.columns {
		if c := &l.columns[i]; !c.computed {
			cols, names, quoted, places = append(cols, c), append(names, c.name), append(quoted, quote(c.name)), append(places, r.places[c.name])
		}
	}
	plain := len(r.selects)
	for _, c := range cols {
		r.selects, r.forms = append(r.selects, quote(c.name)+"::pg_catalog.text"), append(r.forms, asText)
	}
	r.spans = make([][2]int, len(r.selects)+1)
	w := &lines{c: f.into, head: "COPY " + l.plain() + " (" + strings.Join(quoted, ", ") + ") FROM STDIN"}
	values, was := make([][]byte, len(cols)), make([][]byte, len(cols))
	var n int64
	err = r.rows(ctx, r.sql(""), nil, func() error {
		for i := range cols {
			was[i] = r.value(places[i])
			values[i] = was[i]
		}
		if err := f.m.Record(l.dataset(), names, values); err != nil {
			return err
		}
		for i, c := range cols {
			text := values[i]
			if text != nil {
				if same := bytes.Equal(was[i], text); same {
					text = r.value(plain + i)
				} else if text, err = c.literal(text); err != nil {
					return err
				}
			}
			w.value(i, text)
		}
		if n++; n%1000 == 0 {
			f.m.Told(l.dataset(), n)
		}
		return w.end(ctx)
	})
	if err == nil {
		err = w.flush(ctx)
	}
	f.m.Told(l.dataset(), n)
	return err
}

// lines gathers rows in the text format of COPY.
type lines struct {
	c    *conn
	head string
	buf  []byte
}

var copyEscape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func (w *lines) value(i int, v []byte) {
	if i > 0 {
		w.buf = append(w.buf, '\t')
	}
	if v == nil {
		w.buf = append(w.buf, '\\', 'N')
		return
	}
	w.buf = append(w.buf, copyEscape.Replace(string(v))...)
}

func (w *lines) end(ctx context.Context) error {
	w.buf = append(w.buf, '\n')
	if len(w.buf) < 1<<20 {
		return nil
	}
	return w.flush(ctx)
}

func (w *lines) flush(ctx context.Context) error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.c.pc.CopyFrom(ctx, bytes.NewReader(w.buf), w.head)
	w.buf = w.buf[:0]
	return w.c.kind(ctx, err)
}

// literal writes a canonical text as PostgreSQL reads a value of the column.
func (c *column) literal(v []byte) ([]byte, error) {
	switch {
	case c.t.form == asBytes:
		return append([]byte(`\x`), hex.EncodeToString(v)...), nil
	case !c.t.json || c.t.oid == 114 || c.t.oid == 3802:
		return v, nil
	}
	var x any
	dec := json.NewDecoder(bytes.NewReader(v))
	dec.UseNumber()
	if dec.Decode(&x) != nil {
		return nil, errkind.New(errkind.Internal, "a value of %s cannot be written", c.name)
	}
	switch x := x.(type) {
	case []any:
		return arrayLiteral(x), nil
	case map[string]any:
		if c.t.name == "hstore" {
			return hstoreLiteral(x), nil
		}
		return rowLiteral(v)
	}
	return v, nil
}

func arrayLiteral(list []any) []byte {
	out := []byte{'{'}
	for i, x := range list {
		if i > 0 {
			out = append(out, ',')
		}
		switch x := x.(type) {
		case nil:
			out = append(out, "NULL"...)
		case []any:
			out = append(out, arrayLiteral(x)...)
		default:
			out = append(out, quotedIn(scalar(x))...)
		}
	}
	return append(out, '}')
}

func hstoreLiteral(m map[string]any) []byte {
	var parts []string
	for k, x := range m {
		value := "NULL"
		if x != nil {
			value = quotedIn(scalar(x))
		}
		parts = append(parts, quotedIn(k)+"=>"+value)
	}
	return []byte(strings.Join(parts, ","))
}

// rowLiteral writes the members of a document in their order, which is that of the type's columns.
func rowLiteral(v []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(v))
	dec.UseNumber()
	_, err := dec.Token()
	out := []byte{'('}
	for n := 0; err == nil && dec.More(); n++ {
		var x any
		if _, err = dec.Token(); err != nil {
			break
		}
		if n > 0 {
			out = append(out, ',')
		}
		if err = dec.Decode(&x); err == nil && x != nil {
			out = append(out, quotedIn(scalar(x))...)
		}
	}
	if err != nil {
		return nil, errkind.New(errkind.Internal, "a composite value cannot be written")
	}
	return append(out, ')'), nil
}

func quotedIn(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func scalar(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		if x {
			return "true"
		}
		return "false"
	case []any:
		return string(arrayLiteral(x))
	}
	b, err := json.Marshal(x)
	if err != nil {
		return ""
	}
	return string(b)
}

// Plant inserts one record.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	c, err := d.take(ctx, writing)
	if err != nil {
		return err
	}
	defer c.put()
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return err
	}
	var quoted, marks []string
	var args []param
	for i := range l.columns {
		col := &l.columns[i]
		v, ok := values[col.name]
		if !ok || v.Null() || col.generated {
			continue
		}
		text, err := col.literal([]byte(v.Reveal()))
		if err != nil {
			return err
		}
		quoted, args = append(quoted, quote(col.name)), append(args, param{text, col.oid})
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	if len(args) == 0 {
		return errkind.New(errkind.Invalid, "a record to be planted has no value")
	}
	_, err = c.change(ctx, "INSERT INTO "+l.plain()+" ("+strings.Join(quoted, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args)
	return err
}
