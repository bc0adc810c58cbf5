package plans

import (
	"encoding/json"
	"fmt"
	"slices"

	"vestige/lineage"
	"vestige/pii"
)

// Difference is one thing that two plans do not have in common.
type Difference struct {
	Code string  `json:"code"` // step-new, step-gone, count, effect-new, effect, route-new, route-gone, owner-new, gap-new, gap-gone, question-new, question-gone, basis
	At   pii.Ref `json:"at"`
	Was  int64   `json:"was,omitempty"`
	Is   int64   `json:"is,omitempty"`
	Text string  `json:"text"`
	// Beyond tells that the difference is outside of what an approval covers.
	Beyond bool `json:"beyond,omitempty"`
}

// Diff says how a plan differs from an older one. Beyond marks what the older one's approval does not cover: a new route, dataset, method, basis
// or co-owner, and a count outside of the tolerance.
func Diff(old, now *Open) (out []Difference) {
	was, is := byStep(old), byStep(now)
	for _, st := range now.Steps {
		o, ok := was[stepKey(st)]
		if !ok {
			out = append(out, Difference{"step-new", st.Dataset, 0, st.Records, fmt.Sprintf("%s of %d records is new", st.Method, st.Records), st.Method != pii.ExportOut || now.Kind == Export})
			continue
		}
		out = append(out, countDiff(old, o, st)...)
		out = append(out, effectDiff(old, o, st)...)
		out = append(out, routeDiff(o, st)...)
	}
	for _, st := range old.Steps {
		if _, ok := is[stepKey(st)]; !ok {
			out = append(out, Difference{"step-gone", st.Dataset, st.Records, 0, fmt.Sprintf("%s of %d records is no longer needed", st.Method, st.Records), !old.Tolerance.Allows(st.Records, 0)})
		}
	}
	out = append(out, placeDiff(old.Held, now.Held)...)
	out = append(out, openDiff(old, now)...)
	return out
}

// Beyond gives those differences that an approval of the older plan does not cover.
func Beyond(ds []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(ds), func(d Difference) bool { return !d.Beyond })
}

func stepKey(s Step) string {
	return s.Dataset.String() + "\x00" + string(s.Method) + "\x00" + s.Basis
}

func byStep(o *Open) map[string]Step {
	out := map[string]Step{}
	for _, s := range o.Steps {
		out[stepKey(s)] = s
	}
	return out
}

func countDiff(o *Open, was, is Step) []Difference {
	if was.Records == is.Records {
		return nil
	}
	return []Difference{{"count", is.Dataset, was.Records, is.Records, fmt.Sprintf("%s of %d records, was %d", is.Method, is.Records, was.Records), !o.Tolerance.Allows(was.Records, is.Records)}}
}

func routeDiff(was, is Step) (out []Difference) {
	for _, r := range is.Why {
		if !hasRoute(was.Why, r) {
			out = append(out, Difference{"route-new", is.Dataset, 0, r.Records, "records are reached by another route", true})
		}
	}
	for _, r := range was.Why {
		if !hasRoute(is.Why, r) {
			out = append(out, Difference{"route-gone", is.Dataset, r.Records, 0, "a route leads nowhere any more", false})
		}
	}
	return out
}

func hasRoute(rs []Route, r Route) bool {
	want, _ := json.Marshal(r.Links)
	return slices.ContainsFunc(rs, func(o Route) bool {
		have, _ := json.Marshal(o.Links)
		return string(have) == string(want)
	})
}

func placeDiff(was, is []Place) (out []Difference) {
	for _, p := range is {
		if !slices.ContainsFunc(was, func(o Place) bool { return o.Dataset == p.Dataset }) {
			out = append(out, Difference{"owner-new", p.Dataset, 0, p.Records, "records turn out to be another person's too", true})
		}
	}
	return out
}

func openDiff(old, now *Open) (out []Difference) {
	gap := func(code string, a, b *Open) {
		for _, g := range a.Gaps {
			if !slices.ContainsFunc(b.Gaps, func(o Gap) bool { return o.ID == g.ID }) {
				out = append(out, Difference{Code: code, At: g.At, Is: g.Records, Text: g.Code})
			}
		}
	}
	question := func(code string, a, b *Open) {
		for _, q := range a.Questions {
			for _, at := range doubts(q) {
				if !slices.ContainsFunc(b.Questions, func(o lineage.Question) bool {
					return slices.ContainsFunc(doubts(o), func(d lineage.Doubt) bool { return d.ID == at.ID })
				}) {
					out = append(out, Difference{Code: code, At: at.Dataset, Is: at.Records, Text: q.Code})
				}
			}
		}
	}
	gap("gap-new", now, old)
	gap("gap-gone", old, now)
	question("question-new", now, old)
	question("question-gone", old, now)
	return out
}

// doubts gives the places that a question asks about: one that is found later is a question too.
func doubts(q lineage.Question) []lineage.Doubt {
	if len(q.Places) == 0 {
		return []lineage.Doubt{{ID: q.ID, Dataset: q.Dataset, Records: q.Yes.Records}}
	}
	return q.Places
}
