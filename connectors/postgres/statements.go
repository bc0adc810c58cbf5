package postgres

import (
	"slices"
	"strconv"
	"strings"

	"vestige/connectors/relational"
	"vestige/pii"
)

// Statements shows the SQL of a unit, with numbered marks where values stand: one statement for each set of columns that an act's targets change.
func (d *Driver) Statements(u pii.Unit) []string {
	out := []string{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "SET CONSTRAINTS ALL DEFERRED"}
	for _, act := range u.Acts {
		for _, s := range statements(act) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return append(out, "SET CONSTRAINTS ALL IMMEDIATE", "COMMIT")
}

func statements(act pii.Act) []string {
	schema, table := resolve(act.Dataset.Ref.Dataset)
	name := quote(schema) + "." + quote(table)
	marks := make([]string, len(act.Dataset.Key))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	by := " WHERE (" + names(act.Dataset.Key) + ") IN ((" + strings.Join(marks, ", ") + "), …)"
	if len(marks) == 0 {
		marks = []string{"$1"}
		by = " WHERE ctid = ANY ($1)"
	}
	switch act.Method {
	case pii.Refresh:
		if act.Dataset.Kind == pii.View {
			return []string{"REFRESH MATERIALIZED VIEW " + name}
		}
		return []string{"ANALYZE " + name}
	case pii.Purge:
		return []string{"VACUUM (ANALYZE) " + name}
	case pii.Delete:
		return []string{"SELECT * FROM " + name + by + " FOR UPDATE", "DELETE FROM " + name + by}
	}
	if act.Method == pii.SoftDelete {
		mark := quote(act.Dataset.Hides()) + " = $" + strconv.Itoa(len(marks)+1)
		return []string{"SELECT * FROM " + name + by + " FOR UPDATE", "UPDATE " + name + " SET " + mark + by}
	}
	t := &relational.Table{}
	for _, f := range act.Dataset.Fields {
		if f.Path == "" {
			t.Columns = append(t.Columns, relational.Column{Name: f.Column})
		}
	}
	out := []string{"SELECT * FROM " + name + by + " FOR UPDATE"}
	for _, target := range act.Targets {
		var columns []string
		for _, c := range target.Changes {
			if column := t.Holder(c.Field); !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
		slices.Sort(columns)
		for i, column := range columns {
			columns[i] = quote(column) + " = $" + strconv.Itoa(len(marks)+i+1)
		}
		if s := "UPDATE " + name + " SET " + strings.Join(columns, ", ") + by; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
