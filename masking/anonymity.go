package masking

import (
	"maps"
	"slices"

	"vestige/pii"
)

// Anonymity says how far quasi-identifiers, which single nobody out alone, do so together in the target.
type Anonymity struct {
	Dataset  pii.Ref  `json:"dataset"`
	Fields   []string `json:"fields"`
	Records  int64    `json:"records"`
	Groups   int      `json:"groups"`            // of records that are equal in these fields
	Smallest int64    `json:"smallest"`          // k: the records of the smallest group
	Alone    int64    `json:"alone"`             // records that are equal to no other
	Few      int64    `json:"few"`               // records in groups below five
	Bounded  bool     `json:"bounded,omitempty"` // there are more groups than were counted
}

// mostGroups bounds the memory of one dataset's groups.
const mostGroups = 1 << 20

// groups counts records that are equal in all quasi-identifiers.
type groups struct {
	fields []string
	by     map[uint64]int64
	more   bool
}

func (g *groups) add(r *run, ts []*Treatment, values [][]byte) {
	var text []byte
	n := 0
	for i, t := range ts {
		if t == nil || !t.Quasi || t.Way == Drawn {
			continue
		}
		n++
		v := values[i]
		if t.Category == "demographic.birth_date" && len(v) > 4 {
			v = year(v)
		}
		text = append(append(text, byte(len(v))), v...)
		if len(g.fields) < n {
			g.fields = append(g.fields, t.field.Name)
		}
	}
	if n < 2 {
		return
	}
	if g.by == nil {
		g.by = map[uint64]int64{}
	}
	h := r.known.hash(text)
	if _, there := g.by[h]; !there && len(g.by) >= mostGroups {
		g.more = true
		return
	}
	g.by[h]++
}

// year gives the four digits of a date that are its year, else the whole of it.
func year(v []byte) []byte {
	run := 0
	for i, b := range v {
		if b < '0' || b > '9' {
			run = 0
			continue
		}
		if run++; run == 4 {
			return v[i-3 : i+1]
		}
	}
	return v
}

func (g *groups) report(ref pii.Ref, to *Report) {
	if len(g.by) == 0 {
		return
	}
	a := Anonymity{Dataset: ref, Fields: g.fields, Groups: len(g.by), Bounded: g.more}
	for _, n := range g.by {
		a.Records += n
		if a.Smallest == 0 || n < a.Smallest {
			a.Smallest = n
		}
		if n == 1 {
			a.Alone++
		}
		if n < 5 {
			a.Few += n
		}
	}
	to.Anonymity = append(to.Anonymity, a)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
