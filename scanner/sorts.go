package scanner

import (
	"context"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
)

// Bounds of sorting: how many fields are looked into, how many records are read of each, and how many numbers of a sort are looked up.
const (
	mostMixes   = 60
	sortRecords = 2000
	sortValues  = 60
)

// sort reads records of fields that may hold numbers of several datasets, and looks up which of them each sort is of. Values are held in memory only, but for those of the
// field that tells sorts apart, where several records share them and they are written as names are, and the field's name or theirs says that they name a sort.
func (s *Scanner) sort(ctx context.Context, mixes []lineage.Mix) (out []lineage.Sorted) {
	for _, m := range mixes[:min(len(mixes), mostMixes)] {
		src := s.Sources(m.Child.Node.Dataset.Ref.Source)
		if src == nil || ctx.Err() != nil {
			continue
		}
		sorts, ok := sortsOf(ctx, src, m)
		if !ok || len(sorts) < 2 {
			continue
		}
		if so := (lineage.Sorted{Mix: m}); findSorts(ctx, src, sorts, &so) {
			out = append(out, so)
		}
	}
	return out
}

// sortsOf reads which numbers stand beside which value.
func sortsOf(ctx context.Context, src *connectors.Source, m lineage.Mix) (map[string][]pii.Value, bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	sort, number := m.Sort.Field.Field.Name, m.Child.Field.Field.Name
	sorts, seen, records := map[string][]pii.Value{}, map[string]bool{}, map[string]int{}
	for b, err := range src.Sample(ctx, connectors.Query{Dataset: m.Child.Node.Dataset, Fields: []string{sort, number}, Bare: true}, sortRecords) {
		if err != nil {
			return nil, false
		}
		t, c := b.Column(sort), b.Column(number)
		if b.Gap != nil || t == nil || c == nil {
			continue
		}
		for i := range b.Len() {
			kind, okT := only(t, i)
			v, okV := only(c, i)
			if kind = strings.ToLower(strings.TrimSpace(kind)); !okT || !okV || !nameLike([]byte(kind)) || !m.Tells(kind) {
				continue
			}
			if records[kind]++; !seen[kind+"\x00"+v] && len(sorts[kind]) < sortValues {
				seen[kind+"\x00"+v] = true
				sorts[kind] = append(sorts[kind], pii.NewValue(v))
			}
		}
	}
	for kind, n := range records {
		if n < keyRecords {
			delete(sorts, kind)
		}
	}
	return sorts, true
}

// findSorts looks the numbers of each sort up in each parent.
func findSorts(ctx context.Context, src *connectors.Source, sorts map[string][]pii.Value, so *lineage.Sorted) bool {
	var all []pii.Value
	index := map[string]int{}
	for _, vs := range sorts {
		for _, v := range vs {
			if _, had := index[v.Reveal()]; !had {
				index[v.Reveal()] = len(all)
				all = append(all, v)
			}
		}
	}
	has := make([][]bool, len(so.Parents))
	for i, p := range so.Parents {
		if has[i] = present(ctx, src, p, all); has[i] == nil {
			return false
		}
	}
	for kind, vs := range sorts {
		k := lineage.Sort{Value: kind, Asked: len(vs), Found: make([]int, len(so.Parents))}
		for i := range so.Parents {
			for _, v := range vs {
				if has[i][index[v.Reveal()]] {
					k.Found[i]++
				}
			}
		}
		so.Sorts = append(so.Sorts, k)
	}
	slices.SortFunc(so.Sorts, func(a, b lineage.Sort) int { return strings.Compare(a.Value, b.Value) })
	return true
}

// present tells which values a field has, nil where it could not be asked.
func present(ctx context.Context, src *connectors.Source, l *lineage.Look, values []pii.Value) []bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	has := make([]bool, len(values))
	for from := 0; from < len(values); from += probeRecords {
		some := values[from:min(from+probeRecords, len(values))]
		t := pii.Term{Field: l.Field.Field.Name, Mode: pii.Exact, Category: "identity.number", Values: some}
		for f, err := range src.Locate(ctx, pii.Match{Dataset: l.Node.Dataset, Terms: []pii.Term{t}}) {
			if err != nil || f.Gap != nil {
				return nil
			}
			for _, h := range f.Hits {
				has[from+h.Value] = true
			}
		}
	}
	return has
}
