package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// column is one column of a table, known in the code by what it is for.
type column struct {
	purpose, name, kind string
	refs, action        string // "users" when it refers to that table's key; the action on delete
	deferred            bool
	notNull, unique     bool
	byDefault           string
	lowerOf             string // generated: lower() of the column with this purpose
	plain, cryptic      bool   // never, or always, with a name that means nothing
}

// table is one table and its rows.
type table struct {
	purpose, name string
	columns       []*column // in the order of the database
	key           []string  // purposes; none is a table without key
	withoutRowid  bool
	strict        bool
	rows          []tableRow
}

type (
	row      map[string]any // by purpose; what the table has no column for is left out
	tableRow struct {
		values row
		rec    *Record
	}
)

// add appends a row and gives its record, to be told whose it is.
func (t *table) add(r row) *Record {
	if len(t.key) == 1 && t.key[0] == "id" {
		if _, given := r["id"]; !given {
			r["id"] = len(t.rows) + 1
		}
	}
	rec := &Record{}
	t.rows = append(t.rows, tableRow{r, rec})
	return rec
}

func (t *table) column(purpose string) *column {
	for _, c := range t.columns {
		if c.purpose == purpose {
			return c
		}
	}
	return nil
}

func (t *table) file() string {
	if strings.HasPrefix(t.purpose, "crm.") {
		return CRMFile
	}
	return ShopFile
}

// place is where a row will be found.
func (t *table) place(ordinal int, r row) Location {
	l := Location{Source: t.file(), Dataset: t.name}
	if len(t.key) == 0 {
		l.Key = fmt.Sprintf("#%d", ordinal)
		return l
	}
	parts := make([]string, len(t.key))
	for i, k := range t.key {
		parts[i] = fmt.Sprint(r[k])
	}
	l.Key = strings.Join(parts, "|")
	return l
}

// shuffle puts the columns in an order of the company's own; a key of one column stays in front, as it mostly does.
func (t *table) shuffle(rng *rand.Rand) {
	from := 0
	if len(t.key) == 1 && t.columns[0].purpose == t.key[0] {
		from = 1
	}
	rest := t.columns[from:]
	rng.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// ddl is the statement that creates the table. parent gives the table for a purpose.
func (t *table) ddl(parent func(string) *table) string {
	var parts []string
	for _, c := range t.columns {
		parts = append(parts, "  "+t.columnDDL(c, parent))
	}
	if len(t.key) > 1 {
		var names []string
		for _, k := range t.key {
			names = append(names, quote(t.column(k).name))
		}
		parts = append(parts, "  PRIMARY KEY ("+strings.Join(names, ", ")+")")
	}
	return fmt.Sprintf("CREATE TABLE %s (\n%s\n)%s", quote(t.name), strings.Join(parts, ",\n"), t.kindDDL())
}

func (t *table) kindDDL() string {
	var kinds []string
	if t.strict {
		kinds = append(kinds, "STRICT")
	}
	if t.withoutRowid {
		kinds = append(kinds, "WITHOUT ROWID")
	}
	if kinds == nil {
		return ""
	}
	return " " + strings.Join(kinds, ", ")
}

func (t *table) columnDDL(c *column, parent func(string) *table) string {
	d := quote(c.name) + " " + c.kind
	if len(t.key) == 1 && t.key[0] == c.purpose {
		d += " PRIMARY KEY"
		if c.kind == "TEXT" {
			d += " NOT NULL"
		}
	}
	if c.notNull {
		d += " NOT NULL"
	}
	if c.unique {
		d += " UNIQUE"
	}
	if c.byDefault != "" {
		d += " DEFAULT " + c.byDefault
	}
	if c.lowerOf != "" {
		d += fmt.Sprintf(" GENERATED ALWAYS AS (lower(%s)) VIRTUAL", quote(t.column(c.lowerOf).name))
	}
	if c.refs == "" {
		return d
	}
	p := parent(c.refs)
	d += fmt.Sprintf(" REFERENCES %s(%s)", quote(p.name), quote(p.column(p.key[0]).name))
	if c.action != "" {
		d += " ON DELETE " + c.action
	}
	if c.deferred {
		d += " DEFERRABLE INITIALLY DEFERRED"
	}
	return d
}

// stored are the columns that a row brings values for.
func (t *table) stored() []*column {
	var out []*column
	for _, c := range t.columns {
		if c.lowerOf == "" {
			out = append(out, c)
		}
	}
	return out
}

func (t *table) insert() string {
	var names, marks []string
	for _, c := range t.stored() {
		names, marks = append(names, quote(c.name)), append(marks, "?")
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", quote(t.name), strings.Join(names, ", "), strings.Join(marks, ", "))
}
