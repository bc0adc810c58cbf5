package mysql

import (
	"slices"
	"strings"

	"vestige/pii"
)

// Statements shows the SQL of a unit, with ? where values stand: one statement for each set of columns that an act's targets change.
func (d *Driver) Statements(u pii.Unit) []string {
	out := []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"}
	var after []string
	for _, act := range u.Acts {
		name := d.resolve(act.Dataset.Ref.Dataset).name()
		switch act.Method {
		case pii.Refresh:
			after = append(after, "ANALYZE TABLE "+name)
		case pii.Purge:
			after = append(after, "ANALYZE TABLE "+name, "OPTIMIZE TABLE "+name)
		default:
			out = append(out, statements(act, name)...)
		}
	}
	out = append(append(out, "COMMIT"), after...)
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(s string) bool { again := seen[s]; seen[s] = true; return again })
}

func statements(act pii.Act, name string) []string {
	names := act.Dataset.Key
	if len(names) == 0 {
		for _, f := range act.Dataset.Fields {
			if f.Path == "" && !f.Generated {
				names = append(names, f.Name)
			}
		}
	}
	where := make([]string, len(names))
	for i, k := range names {
		where[i] = quote(k) + " = ?"
	}
	by := " WHERE " + strings.Join(where, " AND ")
	if len(act.Dataset.Key) == 0 {
		by += " LIMIT ?"
	}
	if act.Method == pii.Delete {
		return []string{"DELETE FROM " + name + by}
	}
	if act.Method == pii.SoftDelete {
		return []string{"UPDATE " + name + " SET " + quote(act.Dataset.Hides()) + " = ?" + by}
	}
	var out []string
	for _, t := range act.Targets {
		var set []string
		for _, c := range t.Changes {
			if s := quote(columnOf(act.Dataset, c.Field)) + " = ?"; !slices.Contains(set, s) {
				set = append(set, s)
			}
		}
		slices.Sort(set)
		out = append(out, "UPDATE "+name+" SET "+strings.Join(set, ", ")+by)
	}
	return out
}

// columnOf gives the column in whose documents a field stands.
func columnOf(ds pii.Dataset, field string) string {
	if f := ds.Field(field); f != nil {
		return f.Column
	}
	best := field
	for _, f := range ds.Fields {
		if f.Path == "" && len(field) > len(f.Column) && strings.HasPrefix(field, f.Column) && strings.IndexByte(".[", field[len(f.Column)]) >= 0 && (best == field || len(f.Column) > len(best)) {
			best = f.Column
		}
	}
	return best
}
