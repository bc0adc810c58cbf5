package postgres

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
)

// Spell has the server make of a text what the column would hold of it, and reads that as Read does: 2.5 in a numeric(6,2) is 2.50 from then on.
func (s *system) Spell(ctx context.Context, rc *relational.Column, v relational.Value) (relational.Value, error) {
	c := rc.Own.(*column)
	if v == nil || c.plain() {
		return v, nil
	}
	key := c.native + "\x00" + v.(string)
	if have, ok := s.spelt[key]; ok {
		return have, nil
	}
	out, broken, err := s.tried(ctx, c, v)
	switch {
	case err != nil:
		return nil, err
	case broken:
		return nil, errkind.Coded(errkind.Conflict, connectors.FindingConstraint, "a value does not fit the type of the column %s", c.name)
	}
	if s.spelt == nil || len(s.spelt) >= 4096 {
		s.spelt = map[string]relational.Value{}
	}
	s.spelt[key] = out
	return out, nil
}

// plain tells whether the column keeps every text that it accepts as it is.
func (c *column) plain() bool {
	if c.oid != c.t.oid {
		return false // a domain, which may refuse it
	}
	switch c.t.form {
	case asText:
		return c.t.class != 'e' && !c.t.json || c.t.oid == 114
	case asBytes, asBool, asInt, asOID:
		return true
	}
	return false
}

// tried selects a value as one of the column's own type; broken tells that the type refuses it. What a transaction tries it can take back.
func (s *system) tried(ctx context.Context, c *column, v relational.Value) (out relational.Value, broken bool, err error) {
	expr, arg := c.l.assigned(c, v, 1)
	if expr == "$1" {
		expr = "$1::" + c.native
	}
	sql := "SELECT " + strings.Replace(c.t.read, "%", "("+expr+")", 1)
	if err := s.c.exec(ctx, "SAVEPOINT looking"); err != nil {
		return nil, false, err
	}
	values, oids := bind([]param{*arg})
	got := s.c.pc.ExecParams(ctx, sql, values, oids, nil, []int16{1}).Read()
	if ctx.Err() != nil || s.c.pc.IsClosed() {
		return nil, false, s.c.kind(ctx, got.Err)
	}
	if back := s.c.exec(ctx, "ROLLBACK TO SAVEPOINT looking"); back != nil {
		return nil, false, back
	}
	if got.Err != nil || len(got.Rows) != 1 || got.Rows[0][0] == nil {
		return nil, true, nil
	}
	text, err := appendValue(nil, c.t.form, got.Rows[0][0])
	return string(text), false, err
}

// constant is an expression that gives the same whenever it is computed: a number, a text, with or without a type behind it.
var constant = regexp.MustCompile(`^(NULL|true|false|\(?-?[0-9.]+\)?|'([^']|'')*')(::[a-z_ ."]+(\([0-9,]+\))?(\[\])?)*$`)

// Default computes a column's default, where it is a constant.
func (s *system) Default(ctx context.Context, t *relational.Table, rc *relational.Column) (relational.Value, bool, error) {
	c := rc.Own.(*column)
	got, err := s.c.all(ctx, "SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d WHERE d.adrelid=$1 AND d.adnum=$2::pg_catalog.int2", readerOf(t).l.id(), text(c.num))
	if err != nil {
		return nil, false, err
	}
	if len(got) == 0 {
		return nil, !c.generated, nil
	}
	expr := string(got[0][0])
	if !constant.MatchString(expr) {
		return nil, false, nil
	}
	sql := "SELECT " + strings.Replace(c.t.read, "%", "(("+expr+")::"+c.native+")", 1)
	r := s.c.pc.ExecParams(ctx, sql, nil, nil, nil, []int16{1}).Read()
	if r.Err != nil || len(r.Rows) != 1 {
		return nil, false, s.c.kind(ctx, r.Err)
	}
	if r.Rows[0][0] == nil {
		return nil, true, nil
	}
	text, err := appendValue(nil, c.t.form, r.Rows[0][0])
	return string(text), err == nil, err
}

// Writes tells where a table's triggers and rules may write, by the tables that their text names behind a word that writes.
func (s *system) Writes(ctx context.Context, t *relational.Table) (map[string][]string, error) {
	out := map[string][]string{}
	err := s.c.scribes(ctx, "x.of=$1", []param{readerOf(t).l.id()}, func(_ uint32, trigger, dataset string) {
		if !slices.Contains(out[trigger], dataset) {
			out[trigger] = append(out[trigger], dataset)
		}
	})
	return out, err
}

// writers finds the names behind words that write, in the body of a function or the text of a rule.
var writers = regexp.MustCompile(`(?is)\b(?:insert\s+into|update(?:\s+only)?|delete\s+from(?:\s+only)?|merge\s+into|truncate(?:\s+table)?|copy)\s+((?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))?)`)

// scribes calls found for each table that a trigger of a condition on x(of, name) may write to. A name without a schema is looked for as the function would find it first:
// in the schemas of its search path, then in the trigger's own. What a function builds as a text, and what functions that it calls do, is not seen.
func (c *conn) scribes(ctx context.Context, where string, args []param, found func(of uint32, trigger, dataset string)) error {
	bodies, err := c.all(ctx, `SELECT x.of, x.name, coalesce(p.prosrc, x.text), n.nspname FROM (`+triggersSQL+`) x
		LEFT JOIN pg_catalog.pg_proc p ON p.oid=x.function JOIN pg_catalog.pg_class r ON r.oid=x.of JOIN pg_catalog.pg_namespace n ON n.oid=r.relnamespace WHERE `+where+" ORDER BY 1, 2", args...)
	if err != nil || len(bodies) == 0 {
		return err
	}
	tables, err := c.all(ctx, "SELECT n.nspname, r.relname FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid=r.relnamespace WHERE r.relkind IN ('r','p','v','f') AND "+own)
	if err != nil {
		return err
	}
	known := map[string][]string{} // by name: schemas
	for _, t := range tables {
		known[string(t[1])] = append(known[string(t[1])], string(t[0]))
	}
	for _, b := range bodies {
		for _, m := range writers.FindAllSubmatch(b[2], -1) {
			if schema, table := meant(string(m[1]), string(b[3]), known); schema != "" {
				found(number32(b[0]), string(b[1]), display(schema, table))
			}
		}
	}
	return nil
}

// meant gives the table that a name in a function stands for, "" where there is none.
func meant(name, own string, known map[string][]string) (schema, table string) {
	parts := unquoted(name)
	table = parts[len(parts)-1]
	schemas := known[table]
	switch {
	case len(schemas) == 0:
		return "", ""
	case len(parts) == 2 && slices.Contains(schemas, parts[0]):
		return parts[0], table
	case len(parts) == 2:
		return "", ""
	case slices.Contains(schemas, own):
		return own, table
	case slices.Contains(schemas, "public"):
		return "public", table
	}
	return schemas[0], table
}

// unquoted gives the parts of a name as the catalog has them.
func unquoted(name string) (parts []string) {
	for name = strings.TrimSpace(name); name != ""; {
		if name[0] != '"' {
			part, rest, _ := strings.Cut(name, ".")
			parts, name = append(parts, strings.ToLower(strings.TrimSpace(part))), strings.TrimSpace(rest)
			continue
		}
		end := 1
		for end < len(name) && (name[end] != '"' || end+1 < len(name) && name[end+1] == '"') {
			if name[end] == '"' {
				end++
			}
			end++
		}
		parts = append(parts, strings.ReplaceAll(name[1:min(end, len(name))], `""`, `"`))
		name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name[min(end+1, len(name)):]), "."))
	}
	return parts
}
