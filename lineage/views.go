package lineage

import (
	"fmt"
	"strings"

	"vestige/pii"
)

// Views finds from which fields the fields of views are made: of the fields that the system says a view reads, those of its name, and where none has
// it, those that have its values. The closure does not follow these edges, since what a view shows goes with what it reads.
func Views(looks []Look) []Edge {
	at := make(map[pii.Ref]*Look, len(looks))
	for i := range looks {
		at[looks[i].ref()] = &looks[i]
	}
	var out []Edge
	for i := range looks {
		if v := &looks[i]; v.Node.Dataset.Kind == pii.View && v.Field.Field.Path == "" {
			out = append(out, origins(v, at)...)
		}
	}
	return out
}

// origins gives the edges from one field of a view.
func origins(v *Look, at map[pii.Ref]*Look) (named []Edge) {
	var alike []Edge
	for _, r := range v.Node.Dataset.Reads {
		from := at[r]
		if r.Field == "" || from == nil {
			continue
		}
		if strings.EqualFold(r.Field, v.Field.Field.Name) {
			named = append(named, derives(v, from, pii.Nat{Text: "the view reads it and shows it by its name", Nats: 6}))
		} else if share, ok := shown(v, from); ok {
			alike = append(alike, derives(v, from, pii.Nat{Text: fmt.Sprintf("the view reads it, and %.0f %% of its values stand there", 100*share), Nats: 4}))
		}
	}
	if len(named) > 0 {
		return named
	}
	return alike
}

// shown tells which share of a view's values stand in a field that it reads, and whether that is nearly all of them, and enough to tell.
func shown(v, from *Look) (share float64, ok bool) {
	if v.Sketch == nil || from.Sketch == nil || v.Field.Field.Type != from.Field.Field.Type {
		return 0, false
	}
	in, _, both := v.Sketch.Shared(from.Sketch)
	if in < minDistinct {
		return 0, false
	}
	share = float64(both) / float64(in)
	return share, share >= 0.9
}

func derives(v, from *Look, n pii.Nat) Edge {
	e := inferred(v, from, []pii.Nat{n})
	e.Kind, e.Declared = Derives, n.Nats > 5
	return e
}
