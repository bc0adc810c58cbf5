package postgres

import (
	"strconv"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/doc"
)

// assigned writes a column's new value as SQL, with its parameter; none for NULL. Arrays and composite values, which are read as JSON, are made of it by the server with
// the table's own type of row, so that every element gets the type that it has.
func (l *layout) assigned(c *column, v relational.Value, n int) (string, *param) {
	if v == nil {
		return "NULL", nil
	}
	s, mark := v.(string), "$"+strconv.Itoa(n)
	switch {
	case c.t.name == "hstore" && c.t.json:
		return mark, &param{[]byte(hstore(s)), c.t.oid}
	case c.t.json && c.t.oid != 114 && c.t.oid != 3802:
		return "(pg_catalog.jsonb_populate_record(NULL::" + l.plain() + ", pg_catalog.jsonb_build_object(" + literal(c.name) + ", " + mark + "::pg_catalog.jsonb)))." + quote(c.name),
			&param{[]byte(s), 3802}
	}
	p := c.bound(s)
	return mark, &p
}

func literal(s string) string {
	if strings.Contains(s, `\`) {
		return " E'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// hstore writes a flat JSON object as PostgreSQL reads an hstore.
func hstore(object string) string {
	var parts []string
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	_ = doc.Walk([]byte(object), func(leaf doc.Leaf) bool {
		segments, _ := doc.Split(leaf.Path)
		if leaf.Kind == doc.Member || len(segments) == 0 {
			return true
		}
		value := "NULL"
		if leaf.Value != nil {
			value = `"` + quoted.Replace(string(leaf.Value)) + `"`
		}
		parts = append(parts, `"`+quoted.Replace(segments[0])+`"=>`+value)
		return true
	})
	return strings.Join(parts, ", ")
}
