package bucket

import (
	"cmp"
	"slices"

	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/pii"
)

// settled tells whether a record is already as the changes leave it.
func settled(info *decode.Info, it *decode.Item, changes []pii.Change) bool {
	places := map[[2]string][]pii.Change{}
	for _, c := range changes {
		at := placeOf(info, c)
		places[at] = append(places[at], c)
	}
	for at, own := range places {
		value, here := valueAt(info, it, at, own[0].Member)
		if info.Format == decode.XML && !here && wholeValue(own[0]) && !own[0].New.Null() && own[0].New.Len() == 0 {
			continue // an empty text is none
		}
		if !settledValue(value, here, own) {
			return false
		}
	}
	return len(changes) > 0
}

// placeOf gives the field and the path that a change is about; of a record that is a document the path says all.
func placeOf(info *decode.Info, c pii.Change) [2]string {
	switch {
	case tabular(info.Format) && c.Field == "":
		return [2]string{c.Path, ""}
	case tabular(info.Format):
		return [2]string{c.Field, c.Path}
	case c.Path == "" && c.Field != rootField && info.Format != decode.Log:
		return [2]string{"", c.Field}
	}
	return [2]string{"", c.Path}
}

// valueAt gives the value at a place of a record; here is false where there is none, or NULL.
func valueAt(info *decode.Info, it *decode.Item, at [2]string, member bool) (value []byte, here bool) {
	for _, v := range it.Values {
		path := v.Path
		switch {
		case tabular(info.Format):
			path = ""
		case path == "" && v.Name != rootField && (info.Format != decode.Log || v.Name != "line"):
			path = v.Name
		}
		switch {
		case v.Null || (v.Kind == decode.Member) != member:
		case tabular(info.Format) && v.Name == at[0] && at[1] != "":
			return insideCell(v.Bytes, at[1], member)
		case tabular(info.Format) && v.Name != at[0], path != at[1]:
		default:
			return v.Bytes, true
		}
	}
	return nil, false
}

// insideCell gives the value at a path of a document that a cell holds.
func insideCell(cell []byte, path string, member bool) (value []byte, here bool) {
	_ = doc.Walk(cell, func(l doc.Leaf) bool {
		if l.Path == path && (l.Kind == doc.Member) == member && l.Kind != doc.Null {
			value, here = slices.Clone(l.Value), true
		}
		return !here
	})
	return value, here
}

// settledValue tells whether a value is as its changes leave it. Spans count bytes of the value before any of them was replaced.
func settledValue(value []byte, here bool, changes []pii.Change) bool {
	changes = slices.SortedFunc(slices.Values(changes), func(a, b pii.Change) int { return cmp.Compare(a.Start, b.Start) })
	shift := 0
	for _, c := range changes {
		text := c.New.Reveal()
		if wholeValue(c) {
			if here == c.New.Null() || here && string(value) != text {
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
