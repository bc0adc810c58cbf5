package lineage

import (
	"crypto/sha256"
	"encoding/hex"

	"vestige/pii"
)

// Flow says that what stands at Output is made from what stands at Input, as somebody told: a file of another catalog, or an event of a pipeline.
// Both ends are datasets, or both are fields.
type Flow struct {
	Input  pii.Ref `json:"input"`
	Output pii.Ref `json:"output"`
	Same   bool    `json:"same,omitempty"` // the values arrive as they are; else nobody said so, or they are changed
	Origin string  `json:"origin"`         // where it was told: dbt, openlineage, csv
	Job    string  `json:"job,omitempty"`  // what makes it, as the origin calls it
	By     string  `json:"by,omitempty"`   // who brought it in
	At     int64   `json:"at,omitempty"`   // when
}

// ID names a flow by its ends: told twice, it is one.
func (f Flow) ID() string {
	h := sha256.Sum256([]byte(f.Input.String() + "\x00" + f.Output.String()))
	return hex.EncodeToString(h[:8])
}

// toldNats is the evidence of being told, and toldAgain how many values must stand at both ends, where they were compared, for it to be believed.
const (
	toldNats  = 5.0
	toldAgain = 0.5
	toldSteps = 16
)

// Told gives the references among flows that were told: those of values that arrive as they are, from a field that tells records apart. A field that
// is told to come from another that is no key refers to what that one refers to. What the values themselves contradict is no reference.
func Told(looks []Look, flows []Flow) (out []Edge) {
	t := teller{at: make(map[pii.Ref]*Look, len(looks)), from: map[pii.Ref][]Flow{}}
	for _, f := range flows {
		if f.Same && f.Input.Field != "" && f.Output.Field != "" {
			t.from[f.Output] = append(t.from[f.Output], f)
		}
	}
	if len(t.from) == 0 {
		return nil
	}
	for i := range looks {
		t.at[looks[i].ref()] = &looks[i]
	}
	for i := range looks {
		c := &looks[i]
		if len(t.from[c.ref()]) == 0 || c.Node.Dataset.Kind == pii.View || !keyLike(c) {
			continue
		}
		seen := map[pii.Ref]bool{c.ref(): true}
		t.parents(c.ref(), toldSteps, seen, func(p *Look, f Flow) {
			if p.Node != c.Node && sameTold(c, p) {
				e := inferred(c, p, []pii.Nat{{Text: f.said(), Nats: toldNats}})
				e.Told = f.Origin
				out = append(out, e)
			}
		})
	}
	return out
}

func (f Flow) said() string {
	text := map[string]string{"dbt": "dbt says", "openlineage": "OpenLineage says"}[f.Origin]
	if text == "" {
		text = "a file says"
	}
	return text + " that its values come from there"
}

type teller struct {
	at   map[pii.Ref]*Look
	from map[pii.Ref][]Flow
}

// parents gives the keys that a field's values come from, through fields that are none.
func (t *teller) parents(at pii.Ref, steps int, seen map[pii.Ref]bool, give func(*Look, Flow)) {
	for _, f := range t.from[at] {
		p := t.at[f.Input]
		if p == nil || seen[f.Input] || steps == 0 {
			continue
		}
		seen[f.Input] = true
		if p.Node.Dataset.Kind != pii.View && keyLike(p) && (soleKey(p) || p.Exam.Unique) {
			give(p, f)
			continue
		}
		for _, r := range p.Node.Dataset.References {
			if len(r.Fields) != 1 || r.Fields[0] != p.Field.Field.Name {
				continue
			}
			if q := t.at[r.To.In(r.ToFields[0])]; q != nil && !seen[q.ref()] {
				seen[q.ref()] = true
				give(q, f)
			}
		}
		t.parents(f.Input, steps-1, seen, give)
	}
}

// sameTold tells whether the values do not contradict what was told.
func sameTold(c, p *Look) bool {
	if c.Sketch == nil || p.Sketch == nil {
		return true
	}
	in, _, both := c.Sketch.Shared(p.Sketch)
	return in < minDistinct || float64(both) >= toldAgain*float64(in)
}
