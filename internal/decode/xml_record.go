package decode

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"strings"

	"vestige/internal/doc"
)

// xmlFrame is an element of a record that is open.
type xmlFrame struct {
	tag        string // as written
	name, path string // of the field, and where they differ the concrete one
	seen       map[string]int
	content    bool // it has had something in it, or attributes
	after      int  // where its tag ends
	run        xmlRun
}

// xmlRun is a text, with the comments and the CDATA in it.
type xmlRun struct {
	start, end int
	text       []byte
	plain      bool // only text
}

// record gives the element of n bytes at the front.
func (x *xmlFile) record(n int) error {
	raw := x.w.data()[:n]
	x.out.begin(x.place(x.w.off), sha256.Sum256(raw), raw, n)
	return x.given(x.values(raw), n)
}

// values gives the values of a record; false where it is not well-formed.
func (x *xmlFile) values(raw []byte) bool {
	var open []*xmlFrame
	for at := 0; at < len(raw); {
		n, kind, ok := safeToken(raw[at:], true)
		if !ok || kind == xmlBad || kind == xmlDoctype || len(open) > xmlDepth {
			return false
		}
		token := raw[at : at+n]
		var top *xmlFrame
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		switch kind {
		case xmlOpen, xmlEmpty:
			f, good := x.opened(top, token, at)
			if !good {
				return false
			}
			if open = append(open, f); kind == xmlEmpty {
				x.shut(f, 0, 0)
				open = open[:len(open)-1]
			}
		case xmlClose:
			if name, _ := elementName(token); top == nil || top.tag != name {
				return false
			}
			x.shut(top, top.after, at)
			open = open[:len(open)-1]
		default:
			if top == nil || !x.content(top, token, at, kind) {
				return false
			}
		}
		at += n
	}
	return len(open) == 0
}

// opened begins an element and gives its attributes.
func (x *xmlFile) opened(top *xmlFrame, tag []byte, at int) (*xmlFrame, bool) {
	name, _ := elementName(tag)
	local := doc.Escape(localName(name))
	f := &xmlFrame{tag: name, name: local, seen: map[string]int{}, after: at + len(tag)}
	if top != nil {
		x.flush(top)
		top.content = true
		f.name, f.path = top.child("."+local, local)
	}
	attrs, ok := attributes(tag)
	if !ok {
		return nil, false
	}
	f.content = len(attrs) > 0
	return f, x.attributes(tag, at, attrs, f.name, f.path, f.seen)
}

// child gives name and path of something in an element; the first of its kind needs no number.
func (f *xmlFrame) child(suffix, kind string) (name, path string) {
	n := f.seen[kind]
	f.seen[kind]++
	name, path = f.name+suffix, f.path
	if path == "" {
		path = f.name
	}
	path += suffix
	if n > 0 {
		path += "[" + strconv.Itoa(n) + "]"
	}
	return name, path
}

// attributes gives the attributes of a tag that stands at an offset.
func (x *xmlFile) attributes(tag []byte, at int, attrs []xmlAttribute, name, path string, seen map[string]int) bool {
	f := &xmlFrame{name: name, path: path, seen: seen}
	for _, a := range attrs {
		text, ok := unescapeXML(nil, tag[a.start:a.end])
		if !ok || bytes.IndexByte(tag[a.start:a.end], '<') >= 0 {
			return false
		}
		if len(text) == 0 {
			text = nil
		}
		local := "@" + doc.Escape(localName(a.name))
		field, where := f.child("."+local, local)
		x.out.value(field, where, Quoted, text, at+a.start, at+a.end)
	}
	return true
}

// content takes a token that is no tag.
func (x *xmlFile) content(f *xmlFrame, token []byte, at int, kind xmlKind) bool {
	r := &f.run
	switch kind {
	case xmlComment, xmlInstruction:
		f.content = true
		x.note(f, token, at, kind)
		r.plain = r.plain && r.text == nil
		return true
	case xmlText:
		if r.text == nil && spaces(token) == len(token) {
			return true
		}
	}
	if r.text == nil {
		*r = xmlRun{start: at, text: []byte{}, plain: kind == xmlText}
	}
	r.plain = r.plain && kind == xmlText && (r.end == 0 || r.end == at)
	r.end = at + len(token)
	if kind == xmlCData {
		r.text = append(r.text, token[9:len(token)-3]...)
		return true
	}
	var ok bool
	r.text, ok = unescapeXML(r.text, token)
	return ok
}

// note gives a comment or an instruction.
func (x *xmlFile) note(f *xmlFrame, token []byte, at int, kind xmlKind) {
	field, v, how := looseComment, bytes.TrimSpace(token[4:max(4, len(token)-3)]), Text
	if kind == xmlInstruction {
		field, v, how = looseInstruction, bytes.TrimSpace(token[2:len(token)-2]), Fixed
	}
	name, path := f.child("."+field, field)
	x.out.value(name, path, how, v, at, at+len(token))
}

// flush gives the text that has come to its end.
func (x *xmlFile) flush(f *xmlFrame) {
	r := f.run
	if f.run = (xmlRun{}); r.text == nil {
		return
	}
	text, start, end := r.text, r.start, r.end
	if r.plain {
		a, b := trimmed(x.w.data()[start:end])
		start, end = start+a, start+b
		from, to := trimmed(text)
		text = text[from:to]
	}
	f.content = true
	path := f.path
	if n := f.seen[looseText]; n > 0 {
		if path == "" {
			path = f.name
		}
		path += looseText + "[" + strconv.Itoa(n) + "]"
	}
	f.seen[looseText]++
	x.out.value(f.name, path, Text, text, start, end)
}

// shut ends an element; one without anything in it is NULL, which can be written to only where it has two tags.
func (x *xmlFile) shut(f *xmlFrame, from, to int) {
	x.flush(f)
	if f.content {
		return
	}
	kind := Text
	if to == 0 {
		kind = Fixed
	}
	x.out.value(f.name, f.path, kind, nil, from, to)
}

// pathOf gives the names of the lists that are open and of the element at an offset.
func (x *xmlFile) pathOf(at int) string {
	name, _ := elementName(x.w.data()[at:])
	return strings.Join(x.stack, "/") + "/" + name
}

// isList tells whether the element at an offset, whose tag has n bytes, is a list of records rather than a record. Elements of one path are all
// the same: what the first is decides.
func (x *xmlFile) isList(at, n int, kind xmlKind) bool {
	key := x.pathOf(at)
	if is, known := x.lists[key]; known {
		return is && kind == xmlOpen
	}
	if kind != xmlOpen || len(x.stack) >= xmlDepth || len(x.lists) >= xmlPaths {
		return false
	}
	x.w.atLeast(at + xmlLook)
	data := x.w.data()[at:]
	siblings := xmlSurvey(data[:min(len(data), xmlLook)])
	parent := ""
	if len(x.stack) > 0 {
		parent = localName(x.stack[len(x.stack)-1])
	}
	is := len(siblings) > 0 && siblings[0].list(siblings, parent, len(x.stack))
	x.lists[key] = is
	return is
}

// xmlNode is an element as far as it was looked at.
type xmlNode struct {
	name  string
	attrs bool
	text  bool
	kids  []*xmlNode
}

func (n *xmlNode) simple() bool { return len(n.kids) == 0 && !n.attrs }

// xmlSurvey gives the elements from the front of data on up to the end of the one that they stand in.
func xmlSurvey(data []byte) []*xmlNode {
	top := &xmlNode{}
	open := []*xmlNode{top}
	for len(data) > 1 && len(open) > 0 && len(open) < xmlDepth {
		n, kind, ok := xmlToken(data, false)
		if !ok || kind == xmlBad {
			break
		}
		last := open[len(open)-1]
		switch kind {
		case xmlOpen, xmlEmpty:
			name, _ := elementName(data[:n])
			attrs, _ := attributes(data[:n])
			kid := &xmlNode{name: localName(name), attrs: len(attrs) > 0}
			if last.kids = append(last.kids, kid); kind == xmlOpen {
				open = append(open, kid)
			}
		case xmlClose:
			open = open[:len(open)-1]
		case xmlText, xmlCData:
			last.text = last.text || spaces(data[:n]) != n
		}
		data = data[n:]
	}
	return top.kids
}

// list tells whether an element is a list: all in it is of one name, or more of it is repeated than stands beside that, as the header of an export does.
func (n *xmlNode) list(siblings []*xmlNode, parent string, depth int) bool {
	if n.text || len(n.kids) == 0 || depth > 6 || depth > 0 && oneOf(parent, n.name) || countOf(siblings, n.name) > 1 {
		return false
	}
	first := n.kids[0]
	if countOf(n.kids, first.name) == len(n.kids) {
		return len(n.kids) > 1 || oneOf(n.name, first.name) || !first.simple() && (depth == 0 || first.list(n.kids, n.name, depth+1))
	}
	if depth > 0 && len(siblings) > 1 {
		return false
	}
	simple, items := 0, 0
	for _, kid := range n.kids {
		switch {
		case kid.simple():
			simple++
		case countOf(n.kids, kid.name) > 1:
			items++
		case kid.list(n.kids, n.name, depth+1) && !kid.kids[0].simple():
			items += len(kid.kids)
		}
	}
	return items > 1 && items > simple
}

func countOf(nodes []*xmlNode, name string) (n int) {
	for _, k := range nodes {
		if k.name == name {
			n++
		}
	}
	return n
}

// oneOf tells whether a name is that of one of what the other names many: customers and customer, Kundenliste and Kunde.
func oneOf(many, one string) bool {
	many, one = strings.ToLower(many), strings.ToLower(one)
	return len(one) > 2 && len(many) > len(one) && strings.HasPrefix(many, one[:len(one)-1])
}
