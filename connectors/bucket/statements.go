package bucket

import (
	"fmt"

	"vestige/pii"
)

// Statements says in words what a unit will do: objects have no statements.
func (d *Driver) Statements(u pii.Unit) []string {
	var out []string
	for _, act := range u.Acts {
		objects := map[string]bool{}
		for _, t := range act.Targets {
			if len(t.Key) > 0 {
				objects[t.Key[0].Reveal()] = true
			}
		}
		records, in := count(len(act.Targets), "record"), ""
		if len(objects) != 1 {
			in = fmt.Sprintf(" in %d objects", len(objects))
		}
		if pattern, old := ofVersions(act.Dataset.Ref.Dataset); old {
			out = append(out, fmt.Sprintf("remove the old versions of %s that hold %s%s, each as a whole", pattern, records, in))
			continue
		}
		if act.Method == pii.Delete {
			out = append(out, fmt.Sprintf("rewrite %s without %s%s; an object without records is removed", act.Dataset.Ref.Dataset, records, in))
			continue
		}
		out = append(out, fmt.Sprintf("rewrite %s with %s changed%s (%s)", act.Dataset.Ref.Dataset, records, in, act.Method))
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
