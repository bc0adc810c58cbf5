package exchange

import (
	"context"
	"slices"
	"strings"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// places finds what a file names. A namespace that is a source, or was said to be one, is looked in alone; else a dataset is found by its name with
// as many of the words before it (database, schema) as both have, where that is one dataset.
type places struct {
	cat     *catalog.Catalog
	strict  bool // a namespace is a source
	sources map[string]string
	all     map[string][]pii.Ref // by the last word of the name, in lower case
	nodes   map[pii.Ref]*lineage.Node
	found   map[name]place
	inward  map[pii.Ref]map[pii.Ref]bool // what the catalog itself knows a dataset and its fields to be made from
}

type place struct {
	ref pii.Ref
	why string // there is none
}

func newPlaces(ctx context.Context, cat *catalog.Catalog, sources map[string]string) (*places, error) {
	p := &places{cat: cat, sources: map[string]string{}, all: map[string][]pii.Ref{}, nodes: map[pii.Ref]*lineage.Node{}, found: map[name]place{}, inward: map[pii.Ref]map[pii.Ref]bool{}}
	infos, err := cat.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range infos {
		p.sources[s.Name] = s.Name
		names, err := cat.Names(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			k := last(n)
			p.all[k] = append(p.all[k], pii.Ref{Source: s.Name, Dataset: n})
		}
	}
	for namespace, source := range sources {
		if p.sources[source] != source {
			return nil, errkind.Coded(errkind.NotFound, "no-such-source", "the catalog has no source %q", source)
		}
		p.sources[namespace] = source
	}
	return p, nil
}

func last(name string) string {
	name = strings.ToLower(name)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// find gives the place of a name, or why there is none.
func (p *places) find(ctx context.Context, n name) (pii.Ref, string, error) {
	if got, ok := p.found[n]; ok {
		return got.ref, got.why, nil
	}
	ref, why := p.dataset(n)
	if why == "" && n.Field != "" {
		node, err := p.node(ctx, ref)
		if err != nil {
			return ref, "", err
		}
		ref, why = field(node, n.Field)
	}
	p.found[n] = place{ref, why}
	return ref, why, nil
}

// dataset gives the dataset of a name: of those whose name ends alike, the one of which most words are the same.
func (p *places) dataset(n name) (pii.Ref, string) {
	source, pinned := p.sources[n.Namespace], n.Namespace != "" && p.sources[n.Namespace] != ""
	if p.strict && !pinned {
		return pii.Ref{}, "the catalog has no such source: a place is written source/dataset"
	}
	want := strings.ToLower(n.Dataset)
	var best []pii.Ref
	most := 0
	for _, ref := range p.all[last(want)] {
		if pinned && ref.Source != source {
			continue
		}
		if pinned && ref.Dataset == n.Dataset {
			return ref, ""
		}
		switch k := common(want, strings.ToLower(ref.Dataset)); {
		case k > most:
			best, most = []pii.Ref{ref}, k
		case k == most && k > 0:
			best = append(best, ref)
		}
	}
	switch {
	case len(best) == 1:
		return best[0], ""
	case len(best) > 1:
		return pii.Ref{}, "it may be " + best[0].String() + " or " + best[1].String() + ": say which source its namespace is"
	}
	return pii.Ref{}, "the catalog has no such dataset"
}

// common counts the words at the end of two dotted names that are the same; 0 where one is not the end of the other.
func common(a, b string) int {
	if len(a) < len(b) {
		a, b = b, a
	}
	if a != b && !strings.HasSuffix(a, "."+b) {
		return 0
	}
	return 1 + strings.Count(b, ".")
}

func field(n *lineage.Node, want string) (pii.Ref, string) {
	at := n.Dataset.Ref
	if n.Field(want) != nil {
		return at.In(want), ""
	}
	i := slices.IndexFunc(n.Fields, func(f lineage.FieldNode) bool { return strings.EqualFold(f.Field.Name, want) })
	if i < 0 {
		return at, "the dataset has no such field"
	}
	return at.In(n.Fields[i].Field.Name), ""
}

func (p *places) node(ctx context.Context, ref pii.Ref) (*lineage.Node, error) {
	if n := p.nodes[ref]; n != nil {
		return n, nil
	}
	n, err := p.cat.Node(ctx, ref)
	p.nodes[ref] = &n
	return &n, err
}

// known tells whether the catalog knows of a flow by itself: what a view reads, what its fields are made from, what is a copy.
func (p *places) known(ctx context.Context, in, out pii.Ref) (bool, error) {
	set := out.Of()
	if p.inward[set] == nil {
		n, err := p.node(ctx, set)
		if err != nil {
			return false, err
		}
		refs, err := p.cat.References(ctx, set)
		if err != nil {
			return false, err
		}
		edges := make([]*lineage.Edge, 0, len(refs))
		for i := range refs {
			if refs[i].Holds {
				edges = append(edges, &refs[i].Edge)
			}
		}
		p.inward[set] = map[pii.Ref]bool{}
		for _, f := range within(n, edges) {
			p.inward[set][key(f.Input, f.Output)] = true
		}
	}
	return p.inward[set][key(in, out)], nil
}

// key makes one name of two ends; no reference has a source of that form.
func key(in, out pii.Ref) pii.Ref {
	return pii.Ref{Source: in.String(), Dataset: out.String()}
}

// within gives the flows that the catalog knows by itself to end in a dataset, in order: what a view reads, then from which fields its fields are
// made, then what it is a copy of.
func within(n *lineage.Node, edges []*lineage.Edge) (out []lineage.Flow) {
	at, seen := n.Dataset.Ref, map[pii.Ref]bool{}
	for _, r := range n.Dataset.Reads {
		if in := r.Of(); in != at && !seen[in] {
			seen[in] = true
			out = append(out, lineage.Flow{Input: in, Output: at, Origin: "view"})
		}
	}
	for _, e := range edges {
		switch {
		case e.From != at || e.To == at || e.Told != "":
		case e.Kind == lineage.Derives && len(e.Fields) == 1:
			out = append(out, lineage.Flow{Input: e.To.In(e.ToFields[0]), Output: at.In(e.Fields[0]), Origin: "view", Same: true})
		case e.Copy && !seen[e.To]:
			seen[e.To] = true
			out = append(out, lineage.Flow{Input: e.To, Output: at, Origin: "copy"})
		}
	}
	return out
}
