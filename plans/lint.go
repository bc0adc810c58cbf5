package plans

import (
	"fmt"
	"slices"
	"strings"

	"vestige/lineage"
	"vestige/pii"
	"vestige/policies"
)

// lint reads a plan for what an approver would want to know. Each code has a section in docs/lint.md.
func lint(o *Open, b *builder) []Finding {
	out := []Finding{}
	for _, st := range o.Steps {
		if st.Method == pii.Retain || o.Kind == Export {
			continue
		}
		n := b.in.Graph.Node(st.Dataset)
		if st.Method == pii.Delete && n.Soft == "" {
			out = append(out, Finding{"VL101", st.Dataset, st.ID, "records go for good: the dataset has no soft delete"})
		}
		if n.Dataset.Records > 100 && st.Records*2 > n.Dataset.Records {
			out = append(out, Finding{"VL102", st.Dataset, st.ID, fmt.Sprintf("the step is about %d of about %d records", st.Records, n.Dataset.Records)})
		}
		if len(n.Dataset.Key) == 0 {
			out = append(out, Finding{"VL103", st.Dataset, st.ID, "nothing tells records apart but all of their values: equal ones go together"})
		}
		out = append(out, b.lintChildren(st)...)
	}
	if o.Kind == Erasure {
		out = append(out, b.lintRules()...)
	}
	return out
}

// lintRules names rules that were to keep something and are about no place that any scan found: a slip in a pattern would have gone what the law keeps.
func (b *builder) lintRules() (out []Finding) {
	for _, r := range b.in.Retain {
		m := r.Match
		m.Category, m.Tag = "", ""
		if (m.Source != "" || m.Dataset != "" || m.Field != "") && !slices.ContainsFunc(b.in.Graph.Nodes, func(n lineage.Node) bool { return about(m, &n) }) {
			out = append(out, Finding{"VL106", pii.Ref{}, "", fmt.Sprintf("the rule %q keeps nothing: no dataset or field is called as its match says (%s)", r.Basis, strings.Trim(m.Source+" "+m.Dataset+" "+m.Field, " "))})
		}
	}
	return out
}

// about tells whether a dataset, or a field of it, is called as a match says.
func about(m policies.Match, n *lineage.Node) bool {
	ref := n.Dataset.Ref
	return m.Field == "" && m.Matches(ref, nil, nil) || slices.ContainsFunc(n.Fields, func(f lineage.FieldNode) bool { return m.Matches(ref.In(f.Field.Name), nil, nil) })
}

// lintChildren names references to a dataset whose deletion has to read all of the child, since no index helps.
func (b *builder) lintChildren(st Step) (out []Finding) {
	if st.Method != pii.Delete {
		return nil
	}
	for _, e := range b.in.Graph.In(st.Dataset) {
		n := b.in.Graph.Node(e.From)
		if f := n.Field(e.Fields[0]); e.Declared && f != nil && !f.Field.Indexed {
			out = append(out, Finding{"VL104", e.From, st.ID, fmt.Sprintf("no index on %s, which refers to what is deleted: the system reads all of it", e.Fields[0])})
		}
	}
	return out
}
