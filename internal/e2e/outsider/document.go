package outsider

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// node is a JSON value that remembers the order of its members.
type node struct {
	kind    byte // '{', '[' or 'v'
	names   []string
	members []node // of an object, in the order of names, or of an array
	scalar  any
}

var errDocument = errors.New("not one JSON document")

func parseJSON(text string) (node, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	n, err := parseNode(d)
	if err != nil {
		return n, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return n, errDocument
	}
	return n, nil
}

func parseNode(d *json.Decoder) (node, error) {
	t, err := d.Token()
	if err != nil {
		return node{}, err
	}
	open, composite := t.(json.Delim)
	if !composite {
		return node{kind: 'v', scalar: t}, nil
	}
	n := node{kind: byte(open)}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return n, err
			}
			n.names = append(n.names, name.(string))
		}
		member, err := parseNode(d)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member)
	}
	_, err = d.Token()
	return n, err
}

// isDocument says whether a text is a JSON object or array.
func isDocument(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) > 1 && (s[0] == '{' && s[len(s)-1] == '}' || s[0] == '[' && s[len(s)-1] == ']')
}

// readDocument cuts a JSON document into its records: the elements of an array, or the members of an object and of the
// objects that are members of it, each by its path and with its very bytes.
func readDocument(plain []byte) (out []record, keyed bool, err error) {
	d := json.NewDecoder(bytes.NewReader(plain))
	first, err := d.Token()
	if err != nil {
		return nil, false, err
	}
	if first == json.Delim('[') {
		for d.More() {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return nil, false, err
			}
			out = append(out, record{cells: []any{string(raw)}})
		}
		return out, false, closing(d)
	}
	if first != json.Delim('{') {
		return nil, false, errDocument
	}
	out, err = readMembers(d, "", true)
	if err != nil {
		return nil, true, err
	}
	return out, true, closing(d)
}

func readMembers(d *json.Decoder, path string, deeper bool) ([]record, error) {
	var out []record
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, err
		}
		at := path + "/" + name.(string)
		if deeper && len(raw) > 0 && raw[0] == '{' {
			inner := json.NewDecoder(bytes.NewReader(raw))
			if _, err := inner.Token(); err != nil {
				return nil, err
			}
			members, err := readMembers(inner, at, false)
			if err != nil {
				return nil, err
			}
			out = append(out, members...)
			continue
		}
		out = append(out, record{name: at, cells: []any{string(raw)}})
	}
	return out, nil
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errDocument
	}
	return nil
}
