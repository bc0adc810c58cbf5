package elasticsearch

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
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
	byTerm        // keyword, the keyword beside a text, or the root of a flattened object
	byNumber
	byAddress // of the network, in any spelling
	byPhrase  // of a text, confirmed on the document
)

// leaf is a field of the mapping that may stand in documents.
type leaf struct {
	path    string // dotted
	kind    string // the system's own type
	way     way
	ask     string   // the field to be asked
	longest int      // values with more characters may not be in the index; 0 for no limit
	limited bool     // by ignore_above: longer values are in documents all the same
	spelled bool     // the index has the value as it is written, or in lower case: patterns of it can be asked for
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
	Malformed   any `json:"ignore_malformed"`
	CopyTo      any `json:"copy_to"`
	Normalizer  string
	Options     string `json:"index_options"`
	Search      string `json:"search_analyzer"`
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
		Runtime    map[string]any
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
	for name := range m.Runtime { // queries see it in place of the field
		if l, ok := x.leaves[name]; ok {
			l.way = byReading
			x.leaves[name] = l
		}
	}
	return nil
}

// ignoreAbove is the length over which an index ignores the keywords of fields that set none; 0 for none.
func (x *index) ignoreAbove() int {
	n, _ := strconv.Atoi(x.setting("index.mapping.ignore_above"))
	return n
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
			x.leaves[p] = leafOf(p, nested, n, x.ignoreAbove())
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

// leafOf tells how an index may be asked for a field; usual is the length over which it ignores values where the field says nothing.
func leafOf(p string, nested []string, n node, usual int) leaf {
	l := leaf{path: p, kind: n.Type, nested: nested}
	term := func(ask string, n node) {
		above := cmp.Or(n.IgnoreAbove, usual)
		l.way, l.ask, l.longest, l.limited = byTerm, ask, luceneLimit, above > 0
		if above > 0 {
			l.longest = min(above, luceneLimit)
		}
		l.spelled = n.Normalizer == "" || n.Normalizer == "lowercase"
	}
	switch {
	case no(n.Index):
	case n.Type == "keyword":
		term(p, n)
	case n.Type == "flattened" && n.IgnoreAbove == 0 && usual == 0: // what it ignores it does not tell
		term(p, n)
	case slices.Contains([]string{"long", "integer", "short", "byte"}, n.Type):
		l.way, l.ask = byNumber, p
	case n.Type == "ip":
		l.way, l.ask = byAddress, p
	case n.Type == "text":
		for name, f := range n.Fields {
			if f.Type == "keyword" && f.Normalizer == "" && !no(f.Index) {
				term(p+"."+name, f)
			}
		}
		if l.way == byReading && n.Search == "" && (n.Options == "" || n.Options == "positions" || n.Options == "offsets") {
			l.way, l.ask = byPhrase, p
		}
	}
	return l
}

// leafAt gives the leaf that a field's values are in: its own, or the flattened object around it.
func (x *index) leafAt(field string) (leaf, bool) {
	if l, ok := x.leaves[dotted(field)]; ok {
		return l, true
	}
	segments, literal := doc.Split(field)
	var p string
	for i, s := range segments {
		if !literal[i] {
			if s == "[]" {
				continue
			}
			break
		}
		if p += s; x.leaves[p].kind == "flattened" {
			return x.leaves[p], true
		}
		p += "."
	}
	return leaf{}, false
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
