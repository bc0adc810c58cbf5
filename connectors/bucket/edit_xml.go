package bucket

import (
	"bytes"
	"slices"

	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// editElement changes the texts and attributes of an element; what is not changed keeps its bytes.
func editElement(it *decode.Item, changes []pii.Change) ([]byte, error) {
	byValue := map[int][]pii.Change{}
	for _, c := range changes {
		path := pathOf(c)
		i := slices.IndexFunc(it.Values, func(v decode.Value) bool { return v.Path == path || v.Path == "" && v.Name == path })
		switch {
		case c.Member:
			return nil, errkind.New(errkind.Unsupported, "the name of an element cannot be changed")
		case i < 0 && wholeValue(c) && (c.New.Null() || c.New.Len() == 0):
			continue // it is not there, as it was to be
		case i < 0:
			return nil, conflict()
		}
		c.Path = ""
		byValue[i] = append(byValue[i], c)
	}
	var splices []splice
	for i, own := range byValue {
		v := it.Values[i]
		text, null, err := changed(v.Bytes, v.Null, own)
		if err != nil {
			return nil, err
		}
		if null == v.Null && bytes.Equal(text, v.Bytes) {
			continue
		}
		if v.Kind == decode.Fixed {
			return nil, errkind.New(errkind.Unsupported, "an instruction, or an element without a place for a text, cannot be changed")
		}
		if !decode.HoldsXML(text) {
			return nil, errkind.New(errkind.Unsupported, "a text with characters that XML does not have cannot stand in an element")
		}
		splices = append(splices, splice{v.Start, v.End, elementText(it.Raw[v.Start:v.End], v.Kind, text)})
	}
	return apply(it.Raw, splices), nil
}

// elementText writes a value as the one before it was written: as a text, in quotes, or in a comment.
func elementText(was []byte, kind decode.ValueKind, v []byte) []byte {
	switch {
	case kind == decode.Quoted:
		return decode.EscapeXML(v, true)
	case bytes.HasPrefix(was, []byte("<!--")) && bytes.HasSuffix(was, []byte("-->")) && bytes.Count(was, []byte("-->")) == 1:
		text := bytes.ReplaceAll(v, []byte("--"), []byte("- -"))
		return slices.Concat([]byte("<!-- "), text, []byte(" -->"))
	}
	return decode.EscapeXML(v, false)
}

// beginsList tells whether a record is the first tag of a list of records, which cannot go without them.
func beginsList(raw []byte) bool {
	return len(raw) > 2 && raw[0] == '<' && raw[1] != '!' && raw[1] != '?' && bytes.Count(raw, []byte{'<'}) == 1 && !bytes.HasSuffix(raw, []byte("/>"))
}
