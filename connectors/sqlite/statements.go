package sqlite

import (
	"slices"
	"strings"

	"vestige/pii"
)

// Statements shows the SQL of a unit, with ? where values stand: one statement for each set of columns that an act's targets change.
func (d *Driver) Statements(u pii.Unit) []string {
	out := []string{"BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys=ON"}
	for _, act := range u.Acts {
		for _, s := range d.statements(act) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return append(out, "COMMIT")
}

func (d *Driver) statements(act pii.Act) []string {
	schema, table := "main", act.Dataset.Ref.Dataset
	if d != nil {
		schema, table = d.resolve(table)
	}
	name := quote(table)
	if schema != "main" {
		name = quote(schema) + "." + name
	}
	var where []string
	for _, k := range act.Dataset.Key {
		where = append(where, quote(k)+" = ?")
	}
	by := " WHERE " + strings.Join(where, " AND ")
	switch act.Method {
	case pii.Refresh:
		return []string{"ANALYZE " + name}
	case pii.Purge:
		return []string{"PRAGMA " + quote(schema) + ".wal_checkpoint(TRUNCATE)"}
	case pii.Delete:
		return []string{"DELETE FROM " + name + by}
	case pii.SoftDelete:
		return []string{"UPDATE " + name + " SET " + quote(act.Dataset.Hides()) + " = ?" + by}
	}
	var out []string
	for _, t := range act.Targets {
		var set []string
		for _, c := range t.Changes {
			column := c.Field
			if f := act.Dataset.Field(c.Field); f != nil {
				column = f.Column
			} else {
				column = columnOf(act.Dataset, column)
			}
			if s := quote(column) + " = ?"; !slices.Contains(set, s) {
				set = append(set, s)
			}
		}
		slices.Sort(set)
		if s := "UPDATE " + name + " SET " + strings.Join(set, ", ") + by; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// columnOf gives the column in whose documents a field stands.
func columnOf(ds pii.Dataset, field string) string {
	best := field
	for _, f := range ds.Fields {
		if f.Path == "" && len(field) > len(f.Column) && strings.HasPrefix(field, f.Column) && strings.IndexByte(".[", field[len(f.Column)]) >= 0 && (best == field || len(f.Column) > len(best)) {
			best = f.Column
		}
	}
	return best
}
