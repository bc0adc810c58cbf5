package lineage

import (
	"slices"
)

// parties are words by which a record of what one did to the other calls the two, the one whose record it is first.
var parties = [][2]string{{"a", "b"}, {"from", "to"}, {"calling", "called"}, {"caller", "callee"}, {"caller", "called"}, {"orig", "dest"}, {"orig", "term"}, {"originating", "terminating"}, {"origin", "destination"}, {"source", "target"}, {"src", "dst"}, {"src", "dest"}, {"sender", "receiver"}, {"sender", "recipient"}, {"von", "nach"}, {"rufend", "gerufen"}, {"anrufer", "angerufener"}, {"absender", "empfaenger"}}

// counterpart tells whether a record names by a field the other one of two: whom she called.
func counterpart(n *Node, f *FieldNode) bool {
	return ofParties(n, f, func(other, own []string) [2]string { return differing(other, own) })
}

// party tells whether a record of what one did to the other names one of the two by a field: it stands for neither.
func party(n *Node, f *FieldNode) bool {
	return counterpart(n, f) || ofParties(n, f, func(other, own []string) [2]string { return differing(own, other) })
}

// firms tells whether a field names a few addresses of mail that far more are named beside: a firm's letters are those of whom they went to. Of telephones figures do not say that:
// two people call many.
func firms(few, many *FieldNode) bool {
	return few.Category == "contact.email" && few.Values >= 20 && few.Distinct > 0 && perValue(few) > 20*perValue(many)
}

func ofParties(n *Node, f *FieldNode, pair func(other, own []string) [2]string) bool {
	return f.Category.Identifier() && slices.ContainsFunc(n.Fields, func(o FieldNode) bool {
		return o.Category == f.Category && o.Dense && !firms(&o, f) && slices.Contains(parties, pair(words(o.Field.Name), words(f.Field.Name)))
	})
}

// differing gives the one word in which two names differ.
func differing(a, b []string) (pair [2]string) {
	for i := 0; len(a) == len(b) && i < len(a); i++ {
		switch {
		case a[i] == b[i]:
		case pair[0] != "":
			return [2]string{}
		default:
			pair = [2]string{a[i], b[i]}
		}
	}
	return pair
}
