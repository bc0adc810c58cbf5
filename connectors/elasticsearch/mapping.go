package elasticsearch

import (
	"encoding/json"
	"slices"
	"strings"

	"vestige/internal/doc"
	"vestige/pii"
)

// sourceState says whether documents come back as they were written.
type sourceState string

// The states besides "": whole.
const (
	sourceDisabled  sourceState = "disabled"
	sourceExcluded  sourceState = "excluded"
	sourceSynthetic sourceState = "synthetic"
)

// way is how an index may be asked for a whole value of a field.
type way uint8

// The ways. Whether one works is shown by a trial.
const (
	byReading way = iota
	byTerm        // keyword, or the keyword beside a text
	byNumber
	byPhrase // of a text, confirmed on the document
)

// leaf is a field of the mapping that may stand in documents.
type leaf struct {
	path    string // dotted
	kind    string // the system's own type
	way     way
	ask     string   // the field to be asked
	longest int      // values with more characters are not in the index; 0 for no limit
	nested  []string // the nested objects around it, the outermost first
}

// node is a part of a mapping.
type node struct {
	Type        string
	Properties  map[string]node
	Fields      map[string]node
	Enabled     any
	Index       any
	DocValues   any `json:"doc_values"`
	IgnoreAbove int `json:"ignore_above"`
	CopyTo      any `json:"copy_to"`
	Normalizer  string
	Options     string `json:"index_options"`
}

// mapped takes a mapping in.
func (x *index) mapped(raw json.RawMessage) error {
	var m struct {
		Source struct {
			Enabled  any
			Mode     string
			Includes []string
			Excludes []string
		} `json:"_source"`
		Properties map[string]node
	}
	if err := decoded(raw, &m); len(raw) > 0 && err != nil {
		return err
	}
	x.leaves, x.copies = map[string]leaf{}, map[string]bool{}
	switch {
	case no(m.Source.Enabled) || m.Source.Mode == "disabled":
		x.source = sourceDisabled
	case len(m.Source.Includes)+len(m.Source.Excludes) > 0:
		x.source = sourceExcluded
	case m.Source.Mode == "synthetic" || x.setting("index.mapping.source.mode") == "synthetic":
		x.source = sourceSynthetic
	}
	x.walk("", nil, m.Properties)
	return nil
}

func no(v any) bool { return v == false || v == "false" }

func (x *index) walk(prefix string, nested []string, properties map[string]node) {
	for name, n := range properties {
		p := prefix + name
		switch {
		case n.Type == "alias":
			continue
		case n.Type == "nested":
			x.walk(p+".", append(slices.Clip(nested), p), n.Properties)
		case n.Properties != nil || n.Type == "object":
			if no(n.Enabled) || len(n.Properties) == 0 {
				x.leaves[p] = leaf{path: p, kind: "object", nested: nested}
			}
			x.walk(p+".", nested, n.Properties)
		default:
			x.leaves[p] = leafOf(p, nested, n)
		}
		switch to := n.CopyTo.(type) {
		case string:
			x.copies[to] = true
		case []any:
			for _, t := range to {
				if s, ok := t.(string); ok {
					x.copies[s] = true
				}
			}
		}
	}
}

// luceneLimit is the characters that surely fit into one term.
const luceneLimit = 8191

func leafOf(p string, nested []string, n node) leaf {
	l := leaf{path: p, kind: n.Type, nested: nested}
	limit := func(n node) int {
		if n.IgnoreAbove > 0 {
			return min(n.IgnoreAbove, luceneLimit)
		}
		return luceneLimit
	}
	switch n.Type {
	case "keyword":
		if !no(n.Index) {
			l.way, l.ask, l.longest = byTerm, p, limit(n)
		}
	case "long", "integer", "short", "byte":
		if !no(n.Index) {
			l.way, l.ask = byNumber, p
		}
	case "text":
		for name, f := range n.Fields {
			if f.Type == "keyword" && f.Normalizer == "" && !no(f.Index) {
				l.way, l.ask, l.longest = byTerm, p+"."+name, limit(f)
			}
		}
		if l.way == byReading && !no(n.Index) && (n.Options == "" || n.Options == "positions" || n.Options == "offsets") {
			l.way, l.ask = byPhrase, p
		}
	}
	return l
}

// typeOf says what kind of values a type of the system has in documents.
func (l leaf) typeOf() pii.FieldType {
	switch l.kind {
	case "long", "integer", "short", "byte", "unsigned_long":
		return pii.Int
	case "double", "float", "half_float", "scaled_float":
		return pii.Float
	case "boolean":
		return pii.Bool
	case "date", "date_nanos":
		return pii.Time
	case "object", "flattened", "flat_object", "":
		return pii.AnyOne
	}
	return pii.Text
}

// name gives the field's name by the mapping alone, which does not know arrays. Where a member's name is a value itself, what stands below is one field.
func (l leaf) name() string {
	var b strings.Builder
	for i, s := range strings.Split(l.path, ".") {
		if i > 0 {
			b.WriteByte('.')
		}
		if doc.Dynamic(s) {
			b.WriteString("{}")
			return b.String()
		}
		b.WriteString(doc.Escape(s))
	}
	return b.String()
}

// dotted gives the path in the mapping of a field's name; "" where its members' names are values, which no path covers.
func dotted(name string) string {
	segments, literal := doc.Split(name)
	var parts []string
	for i, s := range segments {
		switch {
		case literal[i]:
			parts = append(parts, s)
		case s != "[]":
			return ""
		}
	}
	return strings.Join(parts, ".")
}
