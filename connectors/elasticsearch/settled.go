package elasticsearch

import (
	"cmp"
	"slices"
	"strings"

	"vestige/internal/doc"
	"vestige/pii"
)

// settled tells whether a document is already as the changes leave it.
func settled(source []byte, changes []pii.Change) bool {
	byPath := map[string][]pii.Change{}
	for _, c := range changes {
		byPath[c.Path] = append(byPath[c.Path], c)
	}
	for path, own := range byPath {
		if !settledAt(source, path, own) {
			return false
		}
	}
	return len(changes) > 0
}

func settledAt(source []byte, path string, changes []pii.Change) bool {
	if c := changes[0]; c.New.Null() && whole(c) && !c.Old.Null() && strings.HasSuffix(path, "]") {
		return !holds(source, doc.Generic(path), c.Old.Reveal()) // elements move up when one goes
	}
	var value []byte
	here, inside, member := false, false, changes[0].Member
	_ = doc.Walk(source, func(l doc.Leaf) bool {
		switch {
		case (l.Kind == doc.Member) != member:
		case l.Path == path && l.Kind != doc.Null && !here:
			value, here = slices.Clone(l.Value), true
		case strings.HasPrefix(l.Path, path) && len(l.Path) > len(path) && (l.Path[len(path)] == '.' || l.Path[len(path)] == '['):
			inside = true
		}
		return true
	})
	slices.SortFunc(changes, func(a, b pii.Change) int { return cmp.Compare(a.Start, b.Start) })
	shift := 0
	for _, c := range changes {
		text := c.New.Reveal()
		if whole(c) {
			if (here || inside) == c.New.Null() || here && string(value) != text {
				return false
			}
			continue
		}
		from := c.Start + shift
		if !here || from < 0 || from+len(text) > len(value) || string(value[from:from+len(text)]) != text {
			return false
		}
		shift += len(text) - (c.End - c.Start)
	}
	return true
}

func whole(c pii.Change) bool { return c.Start == 0 && c.End == 0 }

// holds tells whether some element of a field has the value.
func holds(source []byte, name, value string) (yes bool) {
	_ = doc.Walk(source, func(l doc.Leaf) bool {
		yes = yes || l.Name == name && l.Kind != doc.Null && string(l.Value) == value
		return !yes
	})
	return yes
}
