package lineage

import "slices"

// key gives the fields that tell a node's records apart: of a key of several, those that have more than one value. The number of a company of which a system has one alone
// stands before every key and tells nothing.
func (n *Node) key() []string {
	if k := n.varying(n.Dataset.Key); len(k) > 0 {
		return k
	}
	return n.Dataset.Key
}

// varying gives those of several fields that have more than one value.
func (n *Node) varying(set []string) (out []string) {
	for _, s := range set {
		if len(set) == 1 || !n.always(s) {
			out = append(out, s)
		}
	}
	return out
}

// always tells whether a field was seen to have one and the same value in many records.
func (n *Node) always(field string) bool {
	f := n.Field(field)
	return f != nil && f.Distinct == 1 && f.Values >= 20
}

// keys gives the sets of several fields that tell a node's records apart, its key first.
func (n *Node) keys() (out [][]string) {
	for _, set := range append([][]string{n.Dataset.Key}, n.Dataset.Unique...) {
		if k := n.varying(set); len(k) > 1 {
			out = append(out, k)
		}
	}
	return out
}

// onlyTogether tells whether a field refers to somebody together with others, and by itself to nobody: the member of a tenant, the owner of a kind.
func onlyTogether(g *Graph, n *Node, f *FieldNode) (several bool) {
	for _, e := range g.Out(n.Dataset.Ref) {
		if slices.Contains(e.Fields, f.Field.Name) {
			if len(e.Fields) == 1 && e.When == nil {
				return false
			}
			several = true
		}
	}
	return several && !soleKeyOf(n, f.Field.Name)
}

// bySet tells whether a number of a person is unique only together with another field, her tenant: alone it is other people's as well.
func bySet(n *Node, f *FieldNode) bool {
	return n.Person >= possible && !nearUnique(f) && slices.ContainsFunc(n.keys(), func(k []string) bool { return slices.Contains(k, f.Field.Name) })
}
