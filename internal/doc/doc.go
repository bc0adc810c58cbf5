// Package doc reads and changes JSON documents as bytes. Walk visits every scalar with the name of its field, in which what is alike
// has one name ("contact[].mail"), and with its concrete path ("contact[2].mail"). Edit changes single values and leaves every other
// byte as it was: whitespace, the order of members, the spelling of numbers and escapes.
//
// Names follow the grammar of pii.Field: members joined by dots, [] for the elements of an array, {} for the members of an object
// whose names are values themselves (see Dynamic), {@} for those names. JSON inside a JSON string is text.
package doc

import (
	"unicode/utf8"

	"vestige/internal/errkind"
)

// MaxDepth is how deep containers may be nested; a deeper document is invalid, so that a hostile one cannot exhaust the stack.
const MaxDepth = 500

// Kind is what a leaf is.
type Kind uint8

// The kinds of leaf.
const (
	String Kind = iota
	Number
	Bool
	Null
	Member // the name of a dynamic member, which is a value itself
)

// Leaf is one scalar of a document, or the name of a dynamic member.
type Leaf struct {
	Name string // of the field: "contact[].mail", "prefs.{}.lang", "prefs.{@}"
	// Path is concrete: "contact[2].mail", `prefs.ann\@example\.com.lang`. That of a Member is the path of the member it names.
	Path  string
	Value []byte // decoded; numbers as written; nil for null. Valid until the next leaf
	Start int    // of the token in the document, quotes included
	End   int
	Kind  Kind
}

// Walk visits the leaves in document order until yield returns false. Members with the same name are all visited. The error is
// errkind.Invalid where the bytes are not one JSON value; leaves before the fault have been visited by then.
func Walk(doc []byte, yield func(Leaf) bool) error {
	var w Walker
	return w.Walk(doc, yield)
}

// Valid tells whether the bytes are one JSON object or array, which is what makes a text column a column of documents.
func Valid(doc []byte) bool {
	s := scanner{doc: doc}
	s.space()
	if c := s.peek(); c != '{' && c != '[' {
		return false
	}
	return Walk(doc, func(Leaf) bool { return true }) == nil
}

// Walker is a Walk that remembers the names it has made, for many documents of one shape. It is not safe for concurrent use.
type Walker struct {
	names map[string]string
	value []byte
	at    [2][]byte // the memory of name and path between documents
}

// Walk is as the function Walk.
func (w *Walker) Walk(doc []byte, yield func(Leaf) bool) error {
	if w.names == nil || len(w.names) > 4096 {
		w.names = map[string]string{}
	}
	if w.value == nil {
		w.value = []byte{} // an empty value is not a null one
	}
	v := visitor{scanner: scanner{doc: doc}, w: w, yield: yield, name: w.at[0][:0], path: w.at[1][:0]}
	err := v.document()
	w.at = [2][]byte{v.name, v.path}
	if v.stopped {
		return nil
	}
	return err
}

func (w *Walker) intern(b []byte) string {
	if s, ok := w.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(w.names) <= 4096 {
		w.names[s] = s
	}
	return s
}

// visitor keeps the name and the concrete path of where it stands.
type visitor struct {
	scanner
	w          *Walker
	yield      func(Leaf) bool
	stopped    bool
	name, path []byte
	depth      int
}

func (v *visitor) document() error {
	if err := v.any(); err != nil {
		return err
	}
	v.space()
	if v.pos != len(v.doc) {
		return v.fault()
	}
	return nil
}

// any visits the value at hand.
func (v *visitor) any() error {
	v.space()
	switch v.peek() {
	case '{':
		return v.nested(v.object)
	case '[':
		return v.nested(v.array)
	}
	start := v.pos
	kind, err := v.scalar()
	if err != nil {
		return err
	}
	raw := v.doc[start:v.pos]
	value := raw
	switch kind {
	case String:
		v.w.value = appendDecoded(v.w.value[:0], raw[1:len(raw)-1])
		value = v.w.value
	case Null:
		value = nil
	}
	return v.emit(Leaf{Value: value, Start: start, End: v.pos, Kind: kind})
}

func (v *visitor) nested(f func() error) error {
	if v.depth++; v.depth > MaxDepth {
		return errkind.Coded(errkind.Invalid, "json-too-deep", "the document is nested deeper than %d levels", MaxDepth)
	}
	v.pos++
	err := f()
	v.depth--
	return err
}

func (v *visitor) emit(l Leaf) error {
	l.Name = v.w.intern(v.name)
	if l.Path = l.Name; string(v.path) != l.Name {
		l.Path = v.w.intern(v.path)
	}
	if !v.yield(l) {
		v.stopped = true
		return errStopped
	}
	return nil
}

func (v *visitor) object() error {
	name, path := len(v.name), len(v.path)
	err := v.members(func(start int) error {
		v.name, v.path = v.name[:name], v.path[:path]
		return v.member(start)
	})
	v.name, v.path = v.name[:name], v.path[:path]
	return err
}

// member visits one member, whose name begins at start and has been read.
func (v *visitor) member(start int) error {
	v.w.value = appendDecoded(v.w.value[:0], v.doc[start+1:v.pos-1])
	end := v.pos
	v.path = appendMember(v.path, v.w.value)
	if len(v.name) > 0 {
		v.name = append(v.name, '.')
	}
	if Dynamic(v.w.value) {
		at := len(v.name)
		v.name = append(v.name, "{@}"...)
		if err := v.emit(Leaf{Value: v.w.value, Start: start, End: end, Kind: Member}); err != nil {
			return err
		}
		v.name = append(v.name[:at], "{}"...)
	} else {
		v.name = appendEscaped(v.name, v.w.value)
	}
	if err := v.colon(); err != nil {
		return err
	}
	return v.any()
}

func (v *visitor) array() error {
	name, path := len(v.name), len(v.path)
	v.name = append(v.name, "[]"...)
	err := v.elements(func(i int) error {
		v.path = appendIndex(v.path[:path], i)
		v.name = v.name[:name+2]
		return v.any()
	})
	v.name, v.path = v.name[:name], v.path[:path]
	return err
}

// Dynamic tells whether a member's name is a value rather than the name of a field: it holds an at sign, or five digits and
// more, or a long run of hex, or is not like a word. The rule looks at the name alone, so that one document is read like another.
func Dynamic[T string | []byte](member T) bool {
	if len(member) == 0 || len(member) > 80 {
		return true
	}
	digits, hex, letters, run := 0, 0, 0, 0
	for i := 0; i < len(member); i++ {
		c := member[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
			hex++
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			letters++
			hex++
		case c|0x20 > 'f' && c|0x20 <= 'z', c >= utf8.RuneSelf:
			letters++
			hex = 0
		case c == '-':
			continue // groups of a UUID are one run
		case c == '_' || c == ' ' || c == '.' || c == '$' || c == ':' || c == '/':
			hex = 0
		default:
			return true
		}
		run = max(run, hex)
	}
	return digits >= 5 || (run >= 16 && digits > 0) || letters == 0
}
