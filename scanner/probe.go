package scanner

import (
	"context"
	"slices"
	"time"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
)

// Bounds of probing: how many references are looked into, how many records of a child are read for how many values, and how long one may take.
const (
	mostProbes   = 200
	probeRecords = 500
	probeValues  = 100
	probeTime    = 10 * time.Second
)

// probed looks into the references that sketches cannot show. It runs before anything is held.
func (s *Scanner) probed(ctx context.Context) (looked lookedInto, err error) {
	if s.Sources == nil {
		return looked, nil
	}
	w, err := s.world(ctx)
	if err != nil {
		return looked, err
	}
	w.spread()
	lineage.Persons(w.nodes)
	edges := lineage.Infer(w.looks)
	looked.paired = s.pair(ctx, lineage.Comparable(w.looks))
	if slices.ContainsFunc(w.looks, func(l lineage.Look) bool { return l.Exam.How == "sample" }) {
		looked.probed = s.probe(ctx, lineage.Unproven(w.looks, edges))
	}
	looked.sorted = s.sort(ctx, lineage.Mixed(w.looks, lineage.Kinds(w.looks, edges, s.key)))
	return looked, ctx.Err()
}

// lookedInto is what reading records showed of references that sketches cannot show.
type lookedInto struct {
	probed []lineage.Probed
	paired []lineage.Paired
	sorted []lineage.Sorted
}

// infer gives the references among all fields.
func (l lookedInto) infer(looks []lineage.Look, key []byte) []lineage.Edge {
	return lineage.Sorts(lineage.Kinds(looks, lineage.Agreed(lineage.Proven(lineage.Infer(looks), l.probed), l.paired), key), l.sorted)
}

// probe looks values of the children up in their likely parents, where only samples of these were read. Values are held in memory only. What cannot be
// looked up stays unproven.
func (s *Scanner) probe(ctx context.Context, probes []lineage.Probe) (out []lineage.Probed) {
	for i, p := range probes {
		if i >= mostProbes || ctx.Err() != nil {
			break
		}
		child, parent := s.Sources(p.Child.Node.Dataset.Ref.Source), s.Sources(p.Parent.Node.Dataset.Ref.Source)
		if child == nil || parent == nil {
			continue
		}
		if asked, found, ok := lookUp(ctx, child, parent, p); ok {
			out = append(out, lineage.Probed{Probe: p, Asked: asked, Found: found})
		}
	}
	return out
}

func lookUp(ctx context.Context, child, parent *connectors.Source, p lineage.Probe) (asked, found int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	values, ok := distinct(ctx, child, p.Child)
	if !ok || len(values) == 0 {
		return 0, 0, false
	}
	has := present(ctx, parent, p.Parent, values)
	for _, is := range has {
		if is {
			found++
		}
	}
	return len(values), found, has != nil
}

// distinct gives some values of a field, each once.
func distinct(ctx context.Context, src *connectors.Source, l *lineage.Look) (out []pii.Value, ok bool) {
	seen := map[string]bool{}
	name := l.Field.Field.Name
	for b, err := range src.Sample(ctx, connectors.Query{Dataset: l.Node.Dataset, Fields: []string{name}, Bare: true}, probeRecords) {
		if err != nil {
			return nil, false
		}
		col := b.Column(name)
		if b.Gap != nil || col == nil {
			continue
		}
		for i := range col.Len() {
			if v, _ := col.Value(i); len(v) > 0 && len(out) < probeValues && !seen[string(v)] {
				seen[string(v)] = true
				out = append(out, pii.NewValue(string(v)))
			}
		}
	}
	return out, true
}
