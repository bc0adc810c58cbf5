package memory

import (
	"strings"

	"vestige/pii"
)

// Statements shows a unit in words like those of SQL, one statement an act. It may be asked of a nil driver.
func (d *Driver) Statements(u pii.Unit) []string {
	var out []string
	for _, a := range u.Acts {
		out = append(out, statement(a)+d.shown(a))
	}
	return out
}

func statement(a pii.Act) string {
	where := "every field = ?"
	if len(a.Dataset.Key) > 0 {
		where = strings.Join(a.Dataset.Key, " = ? and ") + " = ?"
	}
	switch a.Method {
	case pii.Delete:
		return "delete from " + a.Dataset.Ref.Dataset + " where " + where
	case pii.SoftDelete:
		return "update " + a.Dataset.Ref.Dataset + " set " + a.Dataset.Hides() + " = ? where " + where
	}
	var sets []string
	seen := map[string]bool{}
	for _, target := range a.Targets {
		for _, c := range target.Changes {
			if !seen[c.Field] {
				seen[c.Field] = true
				sets = append(sets, c.Field+" = ?")
			}
		}
	}
	return "update " + a.Dataset.Ref.Dataset + " set " + strings.Join(sets, ", ") + " where " + where
}
