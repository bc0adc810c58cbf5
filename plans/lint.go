package plans

import (
	"fmt"

	"vestige/pii"
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
	return out
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
