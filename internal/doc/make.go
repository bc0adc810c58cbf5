package doc

import (
	"encoding/json"
	"slices"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Make writes a new document that holds the values at their fields: members, and lists of one element. Numbers and truth values are written as such where
// the field's type says so. A field below a member whose name is a value has no place in it, and is left out.
func Make(fields []pii.Field, values map[string]pii.Value) ([]byte, error) {
	var root any
	for _, f := range fields {
		v, ok := values[f.Name]
		if segments, literal := Split(f.Path); ok && !v.Null() && len(segments) > 0 {
			root = put(root, segments, literal, json.RawMessage(Encode(kindOf(f.Type), []byte(v.Reveal()))))
		}
	}
	if root == nil {
		return nil, errkind.New(errkind.Invalid, "a document to be made has no value")
	}
	out, err := json.Marshal(root)
	if err != nil {
		return nil, errkind.New(errkind.Internal, "a document could not be made")
	}
	return out, nil
}

func kindOf(t pii.FieldType) Kind {
	switch t {
	case pii.Int, pii.Float:
		return Number
	case pii.Bool:
		return Bool
	}
	return String
}

// put puts a value in at a path, and gives what stands there then. What is in the way stays.
func put(at any, segments []string, literal []bool, v json.RawMessage) any {
	if len(segments) == 0 {
		if at == nil {
			return v
		}
		return at
	}
	switch {
	case literal[0]:
		m, ok := at.(map[string]any)
		if at != nil && !ok {
			return at
		}
		inner := put(m[segments[0]], segments[1:], literal[1:], v)
		if inner == nil {
			return at
		}
		if m == nil {
			m = map[string]any{}
		}
		m[segments[0]] = inner
		return m
	case segments[0] == "[]":
		list, ok := at.([]any)
		if at != nil && !ok {
			return at
		}
		inner := put(slices.Concat(list, []any{nil})[0], segments[1:], literal[1:], v)
		if inner == nil {
			return at
		}
		return []any{inner}
	}
	return at
}
