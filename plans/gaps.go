package plans

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
)

// gaps lists every place that the plan does not cover: what could not be looked at, what nobody examined, what nobody decided, what no method reaches.
func (b *builder) gaps(o *Open) {
	var all []pii.Gap
	all = append(all, b.in.Closure.Gaps...)
	for i := range b.in.Graph.Nodes {
		n := &b.in.Graph.Nodes[i]
		if n.Gone == 0 {
			all = append(all, n.Gaps...)
			if n.Dataset.Gap != nil {
				all = append(all, *n.Dataset.Gap)
			}
		}
	}
	for at, records := range b.in.Closure.Undecided {
		all = append(all, pii.Gap{Code: "undecided-field", At: at, Records: records, Text: lineage.ToDecide(b.in.Graph, at)})
	}
	if b.in.Kind == Erasure {
		all = append(all, b.noMethod(o)...)
	}
	o.Gaps = []Gap{}
	seen := map[string]bool{}
	for _, g := range all {
		if id := GapID(g); !seen[id] {
			seen[id] = true
			o.Gaps = append(o.Gaps, Gap{Gap: g, ID: id, Required: b.in.Accepted[id] == "", Accepted: b.in.Accepted[id]})
		}
	}
	slices.SortFunc(o.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.At.String(), b.At.String()), cmp.Compare(a.Text, b.Text))
	})
}

// GapID gives the stable name by which a gap is accepted: the same for the same kind of gap at the same place. Of what a source cannot do each method is a gap of its own.
func GapID(g pii.Gap) string {
	of := g.Code + "\x00" + g.At.String()
	if g.Code == noEraser {
		of += "\x00" + g.Text
	}
	h := sha256.Sum256([]byte(of))
	return "g-" + hex.EncodeToString(h[:6])
}

const noEraser = "no-eraser"

// missing is a method that a dataset's connector does not have.
type missing struct {
	at     pii.Ref
	method pii.Method
}

func (m missing) gap(records int64) pii.Gap {
	return pii.Gap{Code: noEraser, At: m.at, Records: records, Text: fmt.Sprintf("the source cannot %s records of this dataset", m.method)}
}

// noMethod gives a gap for every step whose dataset's connector cannot do it, and for every one that is left out since that was accepted.
func (b *builder) noMethod(o *Open) (out []pii.Gap) {
	for m, records := range b.left {
		out = append(out, m.gap(int64(len(records))))
	}
	for _, st := range o.Steps {
		if st.Method != pii.Retain && !b.able(st.Dataset, st.Method) {
			out = append(out, missing{st.Dataset, st.Method}.gap(st.Records))
		}
	}
	return out
}

// able tells whether a dataset's connector has a method for it.
func (b *builder) able(at pii.Ref, m pii.Method) bool {
	return b.in.Methods == nil || slices.Contains(b.in.Methods(b.in.Graph.Node(at).Dataset), m)
}

// beyond leaves what no method reaches, and what was reached over a field that nobody decided, once somebody has accepted that: it stays as what a basis keeps does, and the
// rest goes on, what belongs to it included. It tells whether there was any.
func (b *builder) beyond() (changed bool) {
	if len(b.in.Accepted) == 0 {
		return false
	}
	for i, r := range b.recs {
		if why := b.undecided(i, r); why != "" {
			b.fate[i], b.basis[i], changed = kept, Basis{Text: "nobody decided what leads to it, which was accepted: " + why}, true
		}
		if b.fate[i] == untouched || b.fate[i] == kept {
			continue
		}
		if why := b.leaves(missing{r.Dataset, methodOf[b.fate[i]]}, recordID(r.Dataset, r.Key, r.Digest)); why != "" {
			b.fate[i], b.basis[i], changed = kept, Basis{Text: "no method reaches it, which was accepted: " + why}, true
		}
	}
	return changed
}

// leaves gives the reason for which it was accepted that a method is missing, and counts the record among what is left for it.
func (b *builder) leaves(m missing, record string) string {
	if b.in.Kind != Erasure || b.able(m.at, m.method) {
		return ""
	}
	why := b.in.Accepted[GapID(m.gap(0))]
	if why != "" {
		if b.left[m] == nil {
			b.left[m] = map[string]bool{}
		}
		b.left[m][record] = true
	}
	return why
}

// undecided gives the reason for which it was accepted that a record is left that only an undecided field leads to. It holds in every later look, also where that starts from
// more than the first one did and seems to be surer of the record, for as long as nobody decides the field.
func (b *builder) undecided(i int, r *lineage.Record) string {
	stands := r.Holding == lineage.Hers || r.Holding == lineage.Joint || r.Holding == lineage.Mention
	if b.in.Kind != Erasure || b.fate[i] == kept || !stands || len(r.Via) == 0 {
		return ""
	}
	last := r.Via[len(r.Via)-1]
	at := last.Dataset.In(last.Field)
	if r.Confidence >= b.in.Change(last.Category) && !b.unsure(at, last.Category) {
		return ""
	}
	return b.in.Accepted[GapID(pii.Gap{Code: "undecided-field", At: at})]
}

// unsure tells whether a field, or the reference that it is, is too unsure to act on, and nobody has decided it.
func (b *builder) unsure(at pii.Ref, cat pii.Category) bool {
	n := b.in.Graph.Node(at)
	if n == nil || n.Field(at.Field) == nil {
		return false
	}
	refers := false
	for _, e := range b.in.Graph.Out(at) {
		if len(e.Fields) == 1 && e.Fields[0] == at.Field {
			if refers = true; e.Declared || e.Decided || e.Confidence >= b.in.Change(cat) {
				return false
			}
		}
	}
	f := n.Field(at.Field)
	return refers || !f.Decided && f.Confidence < b.in.Change(cat)
}

// rungs says of each source that the plan touches what remains of erased data there.
func (b *builder) rungs(o *Open) {
	o.Rungs = []SourceRungs{}
	seen := map[string]bool{}
	for _, st := range o.Steps {
		if seen[st.Dataset.Source] || st.Method == pii.Retain || b.in.Rungs == nil || b.in.Kind == Export {
			continue
		}
		seen[st.Dataset.Source] = true
		rungs := b.in.Rungs(b.in.Graph.Node(st.Dataset).Dataset)
		o.Rungs = append(o.Rungs, SourceRungs{st.Dataset.Source, append([]connectors.Rung{}, rungs...)})
	}
}

// Blocking counts the open questions and required gaps, which keep a request from completing.
func (o *Open) Blocking() (questions, gaps int) {
	for _, q := range o.Questions {
		if q.Answer == "" {
			questions++
		}
	}
	for _, g := range o.Gaps {
		if g.Required {
			gaps++
		}
	}
	return questions, gaps
}
